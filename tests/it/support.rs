//! What several tests need: simulated controllers behind real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sim::{Options, Server, serve};
use tokio::runtime::{Builder, Runtime};

/// A simulator server on a port of its own, with threads of its own: a test may block, or be asynchronous itself.
pub(crate) struct Sim {
    server: Option<Server>,
    runtime: Option<Runtime>,
}

impl Sim {
    /// Starts a server as it is by default.
    pub(crate) fn start() -> Sim {
        Sim::start_with(Options::default())
    }

    /// Starts a server whose installations of a provider are of a version; none is the newest.
    pub(crate) fn of(provider: &str, version: Option<&str>) -> Sim {
        let versions = version.map(|version| (provider.to_owned(), version.to_owned()));
        Sim::start_with(Options { versions: versions.into_iter().collect(), ..Options::default() })
    }

    /// Starts a server with these options. After a reset its installations are the very ones that they were.
    pub(crate) fn start_with(options: Options) -> Sim {
        Sim::start_as_told(Options { births: options.births.or(Some(1)), ..options })
    }

    /// Starts a server with these options. An installation whose state is gone is another one, as a real one is.
    pub(crate) fn start_as_told(options: Options) -> Sim {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = wait(&runtime, serve(options)).unwrap();
        Sim { server: Some(server), runtime: Some(runtime) }
    }

    /// The base URL of an installation, as a workspace's `at` says it.
    pub(crate) fn base_url(&self, provider: &str, installation: &str) -> String {
        self.server().base_url(provider, installation)
    }

    /// The URL of all installations, as `--sim=URL` takes it.
    pub(crate) fn root(&self) -> String {
        format!("http://{}", self.server().address)
    }

    /// Sends a request to an installation past the program, as this `user:password`.
    pub(crate) fn call(&self, at: (&str, &str), login: &str, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.send_as(login, method, &self.path(at, path), "application/json", body.to_string().as_bytes());
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Sends a request to an installation that takes tokens, past the program, as this `client:password`.
    pub(crate) fn call_with_token(
        &self,
        at: (&str, &str),
        login: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Value {
        let form = b"grant_type=client_credentials";
        let issued =
            self.send_as(login, "POST", &self.path(at, "/oauth2/token"), "application/x-www-form-urlencoded", form);
        let issued: Value = serde_json::from_str(issued.split_once("\r\n\r\n").unwrap().1).unwrap();
        let token = issued["access_token"].as_str().unwrap();
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        let answer = self.send(method, &self.path(at, path), &headers, body.to_string().as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 20"), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap_or_default()
    }

    /// Uploads a file to an installation past the program, as this `user:password`.
    pub(crate) fn upload(&self, at: (&str, &str), login: &str, (method, path): (&str, &str), file: &[u8]) {
        let answer = self.send_as(login, method, &self.path(at, path), "application/octet-stream", file);
        assert!(answer.starts_with("HTTP/1.1 20"), "{path}: {answer}");
    }

    /// The path on the server of a path in an installation.
    fn path(&self, (provider, installation): (&str, &str), path: &str) -> String {
        let url = self.base_url(provider, installation);
        format!("/{}{path}", url.splitn(4, '/').nth(3).unwrap())
    }

    fn send_as(&self, login: &str, method: &str, path: &str, content_type: &str, body: &[u8]) -> String {
        let login = STANDARD.encode(login);
        let headers =
            format!("Authorization: Basic {login}\r\nTenant: default_tenant\r\nContent-Type: {content_type}\r\n");
        self.send(method, path, &headers, body)
    }

    /// Sends a request to the side door: `side_door("POST", "/reset", &Value::Null)`.
    pub(crate) fn side_door(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_side_door(method, path, body).unwrap_or_else(|answer| panic!("{method} {path}: {answer}"))
    }

    /// Sends a request to the side door; what it answers to one that it does not take is an error.
    pub(crate) fn try_side_door(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let content_type = "Content-Type: application/json\r\n";
        let answer = self.send(method, &format!("/_sim{path}"), content_type, body.to_string().as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        if head.starts_with("HTTP/1.1 200 ") { Ok(serde_json::from_str(body).unwrap()) } else { Err(answer) }
    }

    /// The clock of the installation behind a target's URL.
    pub(crate) fn clock(&self, at: &str) -> SimClock {
        let place: Vec<&str> = at.split('/').skip(3).take(2).collect();
        let clock = SimClock {
            address: self.server().address,
            path: format!("/_sim/{}/clock", place.join("/")),
            now: AtomicU64::new(0),
        };
        clock.advance(0);
        clock
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> String {
        send(self.server().address, method, path, headers, body)
    }

    /// Stops the server and waits until its state is written.
    pub(crate) fn stop(mut self) {
        if let (Some(server), Some(runtime)) = (self.server.take(), &self.runtime) {
            wait(runtime, server.stop()).unwrap();
        }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }
}

/// Sends a request, and gives the whole answer.
fn send(to: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n{headers}");
    write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The clock of one installation: whoever sleeps by it lets its time pass.
pub(crate) struct SimClock {
    address: SocketAddr,
    path: String,
    now: AtomicU64,
}

impl SimClock {
    /// Milliseconds since the installation was made, as it said last.
    pub(crate) fn millis(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, millis: u64) {
        let body = json!({ "advance_ms": millis }).to_string();
        let answer = send(self.address, "POST", &self.path, "Content-Type: application/json\r\n", body.as_bytes());
        let told: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        self.now.fetch_max(told["clock_ms"].as_u64().unwrap(), Ordering::Relaxed);
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // Unlike a plain drop, this is allowed in an asynchronous test.
        if let Some(runtime) = self.runtime.take() {
            // From a thread of its own: whoever drops it may be asynchronous. Threads that are let go of while they end
            // are not safe with every C library.
            let _ = thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(1))).join();
        }
    }
}

/// Runs a future on the runtime's own threads and blocks until it is done, wherever it is called from.
fn wait<T: Send + 'static>(runtime: &Runtime, future: impl Future<Output = T> + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    runtime.spawn(async move { done.send(future.await) });
    result.recv().unwrap()
}

/// A wagon that holds a version of a plugin's package with these wheels.
pub(crate) fn wagon(package: &str, version: &str, wheels: &[&str]) -> Vec<u8> {
    let about = json!({
        "package_name": package, "package_version": version, "archive_name": format!("{package}-{version}.wgn"),
        "package_source": package, "supported_platform": "any", "build_server_os_properties": {}, "wheels": wheels
    });
    wagon_of(&about.to_string())
}

/// A wagon that says this about itself.
pub(crate) fn wagon_of(about: &str) -> Vec<u8> {
    let mut wagon = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(about.len() as u64);
    wagon.append_data(&mut header, "wagon/package.json", about.as_bytes()).unwrap();
    wagon.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_simulator_starts_answers_and_stops() {
    let sim = Sim::start();
    assert!(sim.base_url("vns3", "east").starts_with("http://127.0.0.1:"));
    assert_eq!(sim.side_door("GET", "/requests", &Value::Null), json!([]));
    let faults = json!([{"provider": "vns3", "status": 503, "times": 2}]);
    assert_eq!(sim.side_door("POST", "/faults", &faults)[0]["hits"], 0);
    sim.stop();
}

#[tokio::test]
async fn a_simulator_starts_in_an_asynchronous_test() {
    let sim = Sim::start();
    assert_eq!(sim.side_door("GET", "/installations", &Value::Null), json!([]));
}
