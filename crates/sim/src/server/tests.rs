//! The server over real sockets, in front of an installation that tells what it was asked.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::{Console, Gateway, Installation, Now, Setup};

/// Answers with what it was asked; counts the writes.
struct Echo {
    setup: Setup,
    state: Value,
}

/// Two requests must be inside at once to get past.
static MEETING: Barrier = Barrier::new(2);

impl Installation for Echo {
    fn date(&self, now: Now) -> u64 {
        now.0 / 1000
    }

    fn handle(&mut self, request: &Request, now: Now) -> Response {
        match request.path() {
            "/api/panic" => panic!("out of cheese"),
            "/api/meet" => _ = MEETING.wait(),
            "/api/framing" => return Response::text(200, "text/plain", "abc").header("Content-Length", "7"),
            _ => {}
        }
        if request.method != Method::Get {
            self.state["writes"] = json!(self.state["writes"].as_u64().unwrap() + 1);
        }
        Response::json(
            200,
            &json!({
                "name": self.setup.name, "seed": self.setup.seed, "version": self.setup.version,
                "method": request.method, "url": request.url, "host": request.header_value("Host"),
                "prefix": request.header_value("X-Forwarded-Prefix"),
                "body": String::from_utf8_lossy(&request.body), "now": now.0, "state": self.state,
            }),
        )
        .header("X-Echo", "1")
    }

    fn console(&mut self, change: Console) -> Result<Value, String> {
        match change {
            Console::Set { kind, fields, .. } if kind == "echo" => {
                self.state["console"] = json!(fields);
                Ok(self.state.clone())
            }
            change => Err(format!("no such thing: {change:?}")),
        }
    }

    fn workers(&self) -> Option<usize> {
        (self.setup.name == "two-workers").then_some(2)
    }

    fn holds_worker(&self, request: &Request) -> bool {
        request.path() == "/api/hold"
    }

    fn gave_up(&self, _done: Response) -> (Response, u64) {
        (Response::empty(500), 120_000)
    }

    fn is_silent(&self, _now: Now) -> bool {
        self.setup.name == "asleep"
    }

    fn save(&self) -> Value {
        self.state.clone()
    }
}

fn new_echo(setup: Setup) -> Box<dyn Installation> {
    Box::new(Echo { setup, state: json!({"writes": 0}) })
}

fn load_echo(setup: Setup, state: Value) -> Result<Box<dyn Installation>, String> {
    if state["writes"].is_u64() { Ok(Box::new(Echo { setup, state })) } else { Err("no `writes` in the state".into()) }
}

/// A gateway that gives up within a test.
const IMPATIENT: Gateway =
    Gateway { patience: Duration::from_millis(400), gives_up: || Response::json(503, &json!({"message": "too late"})) };

static ECHOES: &[Maker] = &[
    Maker { provider: "echo", new: new_echo, load: load_echo, base: "/api", gateway: None, hear_each_other: false },
    Maker {
        provider: "echo-2",
        new: new_echo,
        load: load_echo,
        base: "",
        gateway: Some(IMPATIENT),
        hear_each_other: false,
    },
];

fn options() -> Options {
    Options { makers: ECHOES, seed: 42, ..Options::default() }
}

async fn start() -> Server {
    serve(options()).await.unwrap()
}

async fn start_with(faults: Value) -> Server {
    serve(Options { faults: serde_json::from_value(faults).unwrap(), ..options() }).await.unwrap()
}

/// The reply.
#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends one request on a connection of its own and reads until the server closes it.
async fn call(server: &Server, method: &str, url: &str, body: &str) -> io::Result<Reply> {
    call_patiently(server, method, url, body, Duration::from_secs(20)).await
}

async fn call_patiently(server: &Server, method: &str, url: &str, body: &str, patience: Duration) -> io::Result<Reply> {
    let address = server.address;
    let sent = format!(
        "{method} {url} HTTP/1.1\r\nHost: sim.test\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(sent.as_bytes())?;
        let mut received = String::new();
        stream.read_to_string(&mut received)?;
        let (head, body) = received.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        Ok(Reply { status, head: head.to_owned(), body: body.to_owned() })
    })
    .await
    .unwrap()
}

async fn get(server: &Server, url: &str) -> Reply {
    call(server, "GET", url, "").await.unwrap()
}

async fn post(server: &Server, url: &str, body: &Value) -> Reply {
    call(server, "POST", url, &body.to_string()).await.unwrap()
}

/// How often the installation `echo/a` was written to, asked without a request to it.
async fn writes(server: &Server) -> Value {
    let change = json!({"set": {"kind": "echo", "name": "", "fields": {}}});
    post(server, "/_sim/echo/a/console", &change).await.json()["writes"].clone()
}

#[tokio::test]
async fn an_installation_sees_its_own_url_space() {
    let server = serve(Options { versions: [("echo".into(), "7.1".into())].into(), ..options() }).await.unwrap();
    assert_eq!(server.base_url("echo", "a"), format!("http://{}/echo/a/api", server.address));
    assert_eq!(server.base_url("echo-2", "a"), format!("http://{}/echo-2/a", server.address));

    let reply = call(&server, "PUT", "/echo/a/api/x%2Fy/?q=1&r=%20", "hello").await.unwrap();
    assert_eq!((reply.status, reply.header("x-echo")), (200, Some("1")));
    let told = json!({
        "name": "a", "seed": 42, "version": "7.1", "method": "PUT", "url": "/api/x%2Fy/?q=1&r=%20",
        "host": "sim.test", "prefix": "/echo/a", "body": "hello", "now": 250, "state": {"writes": 1},
    });
    assert_eq!(reply.json(), told);

    assert_eq!(get(&server, "/echo/a").await.json()["url"], "/");
    assert_eq!(get(&server, "/echo/a?x=1").await.json()["url"], "/?x=1");
    assert_eq!(get(&server, "/echo-2/a/").await.json()["state"], json!({"writes": 0}), "another provider's own a");
    assert_eq!(get(&server, "/echo-2/a/").await.json()["version"], Value::Null);
    assert_eq!(get(&server, "/echo/a/api/framing").await.body, "abc");
}

#[tokio::test]
async fn what_is_nowhere_is_404_and_what_is_no_verb_is_405() {
    let server = start().await;
    let lost = get(&server, "/vns4/a/api").await;
    assert_eq!(
        (lost.status, lost.json()["error"].as_str()),
        (404, Some("no provider `vns4`; there are `echo`, `echo-2`"))
    );
    assert_eq!(get(&server, "/").await.status, 404);
    assert_eq!(get(&server, "/echo").await.status, 404);
    assert_eq!(get(&server, "/echo/..%2f..%2fetc/x").await.status, 404);
    assert_eq!(get(&server, "/echo/../x").await.status, 404);
    assert_eq!(get(&server, "/_sim/nothing").await.status, 404);
    assert_eq!(call(&server, "OPTIONS", "/echo/a/", "").await.unwrap().status, 405);
    assert_eq!(get(&server, "/_sim/installations").await.json(), json!([]));
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let refused = serve(Options { listen: "0.0.0.0:0".parse().unwrap(), ..options() }).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    let refused = serve(Options { faults: vec![Fault::default()], ..options() }).await.unwrap_err();
    assert!(refused.to_string().starts_with("fault 1 does nothing"), "{refused}");
}

#[tokio::test]
async fn the_log_keeps_order_and_no_bodies() {
    let server = start_with(json!([{"method": "DELETE", "reset_after": true}])).await;
    get(&server, "/echo/a/api/x?page=2").await;
    post(&server, "/echo/a/api/x", &json!({"password": "tuna"})).await;
    get(&server, "/echo/b/api/x").await;
    get(&server, "/echo/a/api/x").await;
    call(&server, "DELETE", "/echo/a/api/x", "").await.unwrap_err();

    let reply = get(&server, "/_sim/requests").await;
    assert!(!reply.body.contains("tuna"));
    let entry = |installation, n, method, query: Value, status: Value, body_sha256: Value| {
        json!({
            "provider": "echo", "installation": installation, "n": n, "method": method, "path": "/api/x",
            "query": query, "status": status, "body_sha256": body_sha256,
        })
    };
    let digest = json!("4478f5e0af8f47957d3ee785f13e31772c7ab67eb055b952edf307ea57c121a9");
    assert_eq!(
        reply.json(),
        json!([
            entry("a", 1, "GET", json!("page=2"), json!(200), Value::Null),
            entry("a", 2, "POST", Value::Null, json!(200), digest),
            entry("b", 1, "GET", Value::Null, json!(200), Value::Null),
            entry("a", 3, "GET", Value::Null, json!(200), Value::Null),
            entry("a", 4, "DELETE", Value::Null, Value::Null, Value::Null),
        ])
    );
    let count = |installation, method, count| json!({"provider": "echo", "installation": installation, "method": method, "path": "/api/x", "count": count});
    assert_eq!(
        get(&server, "/_sim/requests?summary=1").await.json(),
        json!([count("a", "GET", 2), count("a", "POST", 1), count("a", "DELETE", 1), count("b", "GET", 1)])
    );
    call(&server, "DELETE", "/_sim/requests", "").await.unwrap();
    assert_eq!(get(&server, "/_sim/requests").await.json(), json!([]));
}

#[tokio::test]
async fn the_console_changes_things_past_the_api() {
    let server = start().await;
    let url = "/_sim/echo/a/console";
    let change = |kind| json!({"set": {"kind": kind, "name": "", "fields": {"x": 1}}});
    assert_eq!(post(&server, url, &change("echo")).await.json(), json!({"writes": 0, "console": {"x": 1}}));
    let refused = post(&server, url, &change("other")).await;
    assert_eq!(refused.status, 404);
    assert!(refused.json()["error"].as_str().unwrap().starts_with("no such thing"));
    assert_eq!(post(&server, url, &json!({"set": {}})).await.status, 400);
    assert_eq!(get(&server, "/_sim/requests").await.json(), json!([]), "the console is no request");
}

#[tokio::test]
async fn time_is_logical_and_each_installations_own() {
    let server = serve(Options { step: 10, ..options() }).await.unwrap();
    get(&server, "/echo/a/").await;
    get(&server, "/echo/a/").await;
    get(&server, "/echo/b/").await;
    assert_eq!(post(&server, "/_sim/clock", &json!({"advance_ms": 1000})).await.status, 200);
    assert_eq!(get(&server, "/echo/a/").await.json()["now"], 1030);
    assert_eq!(get(&server, "/echo/c/").await.json()["now"], 10);
    let shown = get(&server, "/_sim/installations").await.json();
    assert_eq!(shown[0], json!({"provider": "echo", "installation": "a", "base": "/echo/a/api", "clock_ms": 1030}));
    assert_eq!(shown[1]["clock_ms"], 1010);
}

#[tokio::test]
async fn a_panic_is_answered_and_forgotten() {
    let server = start().await;
    let reply = get(&server, "/echo/a/api/panic").await;
    assert_eq!((reply.status, &reply.json()), (500, &json!({"error": "the simulator panicked: out of cheese"})));
    assert_eq!(get(&server, "/echo/a/").await.status, 200);
}

#[tokio::test]
async fn installations_work_in_parallel() {
    let server = start().await;
    let (a, b) = tokio::join!(get(&server, "/echo/a/api/meet"), get(&server, "/echo/b/api/meet"));
    assert_eq!((a.status, b.status), (200, 200));
}

#[tokio::test]
async fn latency_is_waited_outside_the_lock() {
    let latency = Duration::from_millis(500);
    let server = serve(Options { latency, ..options() }).await.unwrap();
    let begin = Instant::now();
    tokio::join!(get(&server, "/echo/a/"), get(&server, "/echo/a/"), get(&server, "/echo/a/"));
    assert!(begin.elapsed() >= latency);
    assert!(begin.elapsed() < 3 * latency, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_status_comes_before_or_after_the_effect() {
    let server = start_with(json!([
        {"method": "POST", "nth": 1, "status": 503, "headers": {"Retry-After": "2"}, "body": "<h1>Busy</h1>"},
        {"method": "POST", "nth": 2, "status_after": 502},
    ]))
    .await;
    let busy = post(&server, "/echo/a/", &json!({})).await;
    assert_eq!((busy.status, busy.header("retry-after"), &*busy.body), (503, Some("2"), "<h1>Busy</h1>"));
    assert_eq!(busy.header("content-type"), Some("text/html"));
    assert_eq!(writes(&server).await, 0);
    let lost = post(&server, "/echo/a/", &json!({})).await;
    assert_eq!((lost.status, &*lost.body), (502, ""));
    assert_eq!(writes(&server).await, 1);
    assert_eq!(post(&server, "/echo/a/", &json!({})).await.status, 200);
}

#[tokio::test]
async fn a_silence_lasts_until_the_client_gives_up_or_the_limit() {
    let server = start_with(json!([
        {"path": "/before", "timeout_before": 0},
        {"path": "/after", "timeout_after": 0},
        {"path": "/limit", "timeout_after": 50},
    ]))
    .await;
    let patience = Duration::from_millis(300);
    for (url, effect) in [("/echo/a/before", 0), ("/echo/a/after", 1)] {
        let given_up = call_patiently(&server, "POST", url, "", patience).await.unwrap_err();
        assert!(matches!(given_up.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{given_up}");
        assert_eq!(writes(&server).await, effect);
    }
    let broken = call(&server, "POST", "/echo/a/limit", "").await.unwrap_err();
    assert_eq!(broken.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(writes(&server).await, 2);
}

#[tokio::test]
async fn a_reset_comes_before_or_after_the_effect() {
    let server = start_with(json!([
        {"method": "POST", "nth": 1, "reset_before": true},
        {"method": "POST", "nth": 2, "reset_after": true},
    ]))
    .await;
    for effect in [0, 1] {
        let broken = call(&server, "POST", "/echo/a/", "x").await.unwrap_err();
        assert_eq!(broken.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(writes(&server).await, effect);
    }
}

#[tokio::test]
async fn a_truncated_body_is_seen_by_its_length_or_not_at_all() {
    let server = start_with(json!([
        {"path": "/long", "truncate": 20},
        {"path": "/none", "truncate": 0},
        {"path": "/short", "truncate": 20, "short_length": true},
        {"path": "/enough", "truncate": 100_000},
    ]))
    .await;
    let announced = |reply: &Reply| reply.header("content-length").unwrap().parse::<usize>().unwrap();
    let cut = get(&server, "/echo/a/long").await;
    assert_eq!(cut.body.len(), 20);
    assert!(announced(&cut) > 100, "{cut:?}");
    let cut = get(&server, "/echo/a/none").await;
    assert_eq!(cut.body.len(), 0);
    assert!(announced(&cut) > 100, "{cut:?}");
    let cut = get(&server, "/echo/a/short").await;
    assert_eq!((cut.body.len(), announced(&cut)), (20, 20));
    let whole = get(&server, "/echo/a/enough").await;
    assert_eq!(whole.body.len(), announced(&whole));
    assert_eq!(whole.json()["name"], "a");
}

#[tokio::test]
async fn an_inflated_body_means_the_same() {
    let server = start_with(json!([{"inflate": 5000}])).await;
    let reply = get(&server, "/echo/a/").await;
    assert_eq!((reply.body.len(), &reply.json()["name"]), (5000, &json!("a")));
}

#[tokio::test]
async fn a_delay_is_waited() {
    let server = start_with(json!([{"delay_ms": 200, "nth": 2}])).await;
    get(&server, "/echo/a/").await;
    let begin = Instant::now();
    assert_eq!(get(&server, "/echo/a/").await.status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_gateway_gives_up_after_the_effect() {
    let server = start_with(json!([{"delay_ms": 60_000, "times": 1}])).await;
    let late = post(&server, "/echo-2/a/", &json!({})).await;
    assert_eq!((late.status, late.json()), (503, json!({"message": "too late"})));
    assert_eq!(get(&server, "/echo-2/a/").await.json()["state"], json!({"writes": 1}), "it was done all the same");
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_done() {
    let server = start().await;
    assert!(call(&server, "POST", "/echo/asleep/", "").await.is_err());
    assert_eq!(get(&server, "/_sim/echo/asleep/state").await.json(), json!({"writes": 0}));
}

#[tokio::test]
async fn faults_are_exchanged_at_run_time() {
    let server = start().await;
    let armed = post(&server, "/_sim/faults", &json!([{"installation": "a", "status": 500}])).await;
    assert_eq!(armed.json(), json!([{"installation": "a", "status": 500, "seen": 0, "hits": 0}]));
    assert_eq!(get(&server, "/echo/a/").await.status, 500);
    assert_eq!(get(&server, "/echo/b/").await.status, 200);
    assert_eq!(post(&server, "/_sim/faults", &json!([{"every": 0, "status": 500}])).await.status, 400);
    assert_eq!(post(&server, "/_sim/faults", &json!([{"statuss": 500}])).await.status, 400);
    assert_eq!(get(&server, "/_sim/faults").await.json()[0]["hits"], 1, "nonsense leaves the old ones armed");
    post(&server, "/_sim/faults", &json!([])).await;
    assert_eq!(get(&server, "/echo/a/").await.status, 200);
}

#[tokio::test]
async fn state_outlives_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { state: Some(folder.path().join("deep/state")), ..options() };
    let file = folder.path().join("deep/state/echo--a.json");

    let server = serve(options()).await.unwrap();
    post(&server, "/echo/a/", &json!({})).await;
    let begin = Instant::now();
    while !file.exists() {
        assert!(begin.elapsed() < Duration::from_secs(10), "a write is saved before the server stops");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    get(&server, "/echo/a/").await;
    server.stop().await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let server = serve(options()).await.unwrap();
    let told = get(&server, "/echo/a/").await.json();
    assert_eq!((&told["now"], &told["state"]), (&json!(750), &json!({"writes": 1})));
    post(&server, "/echo-2/b/", &json!({})).await;
    let kept = folder.path().join("deep/state/notes--mine.json");
    std::fs::write(&kept, "{}").unwrap();
    assert_eq!(post(&server, "/_sim/reset", &Value::Null).await.json(), json!([]));
    assert!(!file.exists());
    server.stop().await.unwrap();
    let left: Vec<_> =
        std::fs::read_dir(folder.path().join("deep/state")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [kept], "what is not a state file stays");
}

#[tokio::test]
async fn a_state_file_that_cannot_be_read_is_never_reset() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(Options { state: Some(folder.path().to_owned()), ..options() }).await.unwrap();
    let file = folder.path().join("echo--a.json");
    for (text, why) in
        [("{\"clock_ms\": 1", "can't read the state file"), ("{\"clock_ms\": 1, \"state\": {}}", "no `writes`")]
    {
        std::fs::write(&file, text).unwrap();
        let reply = post(&server, "/echo/a/", &json!({})).await;
        assert_eq!(reply.status, 500);
        assert!(reply.json()["error"].as_str().unwrap().contains(why), "{reply:?}");
    }
    server.stop().await.unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"clock_ms\": 1, \"state\": {}}");
}

#[tokio::test]
async fn a_stop_waits_for_no_silence_and_no_idle_connection() {
    let server = start_with(json!([{"timeout_before": 0}])).await;
    let idle = TcpStream::connect(server.address).unwrap();
    let address = server.address;
    let waiting = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /echo/a/ HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new())
    });
    while get(&server, "/_sim/requests").await.json() == json!([]) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begin = Instant::now();
    server.stop().await.unwrap();
    assert!(begin.elapsed() < GRACE, "{:?}", begin.elapsed());
    assert_eq!(waiting.await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    drop(idle);
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let server = start().await;
    let address = server.address;
    let count = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /echo/a/1 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.write_all(b"GET /echo/a/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        received.matches("HTTP/1.1 200 OK").count()
    });
    assert_eq!(count.await.unwrap(), 2);
}

#[tokio::test]
async fn requests_that_hold_all_workers_give_up_and_take_effect_all_the_same() {
    let server = start().await;
    let hold = || call(&server, "PUT", "/echo/two-workers/api/hold", "x");
    let alone = hold().await.unwrap();
    assert_eq!((alone.status, alone.json()["state"]["writes"].clone()), (200, json!(1)));
    let (first, second) = tokio::join!(hold(), hold());
    // When one has given up, its worker may be what the other one waits for.
    let statuses = [first.unwrap().status, second.unwrap().status];
    assert!(statuses.contains(&500), "{statuses:?}");
    let after = call(&server, "GET", "/echo/two-workers/api/x", "").await.unwrap().json();
    assert_eq!(after["state"]["writes"], 3);
    assert!(after["now"].as_u64().unwrap() > 120_000, "{after}");
    // What holds none goes on beside one that does.
    let (held, read) = tokio::join!(hold(), call(&server, "GET", "/echo/two-workers/api/x", ""));
    assert_eq!((held.unwrap().status, read.unwrap().status), (200, 200));
    server.stop().await.unwrap();
}
