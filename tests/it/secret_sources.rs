//! Secrets from Vault and encrypted with age: each looked up once and before anything is asked of a controller, and what
//! `trueup secrets` says of all of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;

use age::secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::bench::{Bench, Ran};
use crate::support::Sim;

const TOKEN: &str = "hvs.canary-token";
const VALUE: &str = "canary-value-1";

/// A request as the stand-in got it.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    line: String,
    token: Option<String>,
    namespace: Option<String>,
    body: String,
}

type Answers = dyn Fn(&Asked) -> (u16, Vec<u8>) + Send + Sync;

/// What stands in for Vault: the shapes of its HTTP API, as it documents them.
struct Vault {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Vault {
    fn answering(answer: impl Fn(&Asked) -> (u16, Vec<u8>) + Send + Sync + 'static) -> Vault {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let vault = Vault { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let (asked, answer): (_, Arc<Answers>) = (vault.asked.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (asked, answer) = (asked.clone(), answer.clone());
                thread::spawn(move || serve(stream, &asked, &*answer));
            }
        });
        vault
    }

    /// One that holds these fields at `secret/data/wan`, for the token.
    fn holding(fields: Value) -> Vault {
        Vault::answering(move |asked| match (asked.token.as_deref(), asked.line.as_str()) {
            (Some(TOKEN), "GET /v1/secret/data/wan") => (200, kv(&fields, 3)),
            (Some(TOKEN), "GET /v1/secret/data/wan?version=2") => (200, kv(&json!({ "psk": "canary-older" }), 2)),
            (Some(TOKEN), _) => (404, br#"{"errors":[]}"#.to_vec()),
            _ => (403, br#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#.to_vec()),
        })
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// An answer of KV version 2.
fn kv(fields: &Value, version: u64) -> Vec<u8> {
    let metadata = json!({
        "created_time": "2026-03-01T09:00:00.5Z", "custom_metadata": null, "deletion_time": "", "destroyed": false,
        "version": version
    });
    json!({ "request_id": "r", "lease_id": "", "data": { "data": fields, "metadata": metadata } })
        .to_string()
        .into_bytes()
}

fn serve(stream: TcpStream, asked: &Mutex<Vec<Asked>>, answer: &Answers) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut request =
        Asked { line: line.rsplit_once(' ').unwrap().0.to_owned(), token: None, namespace: None, body: String::new() };
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(':') else { break };
        let value = value.trim().to_owned();
        match name.to_ascii_lowercase().as_str() {
            "x-vault-token" => request.token = Some(value),
            "x-vault-namespace" => request.namespace = Some(value),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.body = String::from_utf8(body).unwrap();
    asked.lock().unwrap().push(request.clone());
    let (status, body) = answer(&request);
    let location =
        if status == 307 { format!("Location: {}\r\n", String::from_utf8_lossy(&body)) } else { String::new() };
    let head = format!(
        "HTTP/1.1 {status} x\r\n{location}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = reader.into_inner();
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body);
}

/// A manager at a simulator, with a secret of its own for each of these.
fn workspace(sim: &Sim, secrets: &str, kinds: &str) -> Bench {
    let text = format!(
        "workspace: w\nsecrets:\n  pw: {{ env: PW }}\n{secrets}cloudify:\n  m:\n    at: {}\n    tenant: default_tenant\n    \
         credentials: {{ username: admin, password: '${{secret.pw}}' }}\n    secrets:\n{kinds}",
        sim.base_url("cloudify", "m")
    );
    Bench::real(&[("trueup.yaml", &text)])
}

const FROM_VAULT: &str = "  psk: { vault: { path: secret/data/wan, field: psk } }\n";
const ONE: &str = "      key: { value: '${secret.psk}' }\n";

fn run(bench: &Bench, vault: &Vault, arguments: &[&str]) -> Ran {
    let mut command = bench.command(arguments);
    command.env("PW", "admin").env("VAULT_ADDR", vault.url()).env("VAULT_TOKEN", TOKEN);
    for name in ["VAULT_NAMESPACE", "VAULT_CACERT", "VAULT_ROLE_ID", "VAULT_SECRET_ID"] {
        command.env_remove(name);
    }
    let ran: Ran = command.output().unwrap().into();
    assert!(!ran.all().contains("canary"), "{arguments:?} shows a secret: {}", ran.all());
    for (path, bytes) in bench.files().iter().filter(|(path, _)| path.starts_with(".trueup")) {
        assert!(!String::from_utf8_lossy(bytes).contains("canary"), "`{}` holds a secret", path.display());
    }
    ran
}

fn writes(sim: &Sim) -> usize {
    let log = sim.side_door("GET", "/requests", &Value::Null);
    log.as_array().unwrap().iter().filter(|entry| entry["method"] != "GET").count()
}

#[test]
fn what_vault_holds_is_asked_for_once_and_sent() {
    let sim = Sim::start();
    let vault = Vault::holding(json!({ "psk": VALUE, "port": 8443, "on": true }));
    let secrets = format!(
        "{FROM_VAULT}  port: {{ vault: {{ path: /secret/data/wan/, field: port }} }}\n  \
         old: {{ vault: {{ path: secret/data/wan, field: psk, version: 2 }} }}\n  \
         idle: {{ vault: {{ path: secret/data/idle, field: x }} }}\n"
    );
    let kinds =
        format!("{ONE}      port: {{ value: '${{secret.port}}' }}\n      old: {{ value: '${{secret.old}}' }}\n");
    let bench = workspace(&sim, &secrets, &kinds);
    run(&bench, &vault, &["apply", "--yes"]).expect(0);
    assert_eq!(vault.lines(), ["GET /v1/secret/data/wan", "GET /v1/secret/data/wan?version=2"]);
    for (name, value) in [("key", VALUE), ("port", "8443"), ("old", "canary-older")] {
        let held = sim.call(("cloudify", "m"), "admin:admin", "GET", &format!("/secrets/{name}"), &Value::Null);
        assert_eq!(held["value"], value);
    }
    run(&bench, &vault, &["plan", "--exit-code"]).expect(0).says("nothing to do");
    let listed: Value =
        serde_json::from_str(&run(&bench, &vault, &["secrets", "--format", "json"]).expect(0).out).unwrap();
    let of = |name: &str| listed["secrets"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
    let psk = of("psk");
    assert_eq!(psk["written"], "2026-03-01T09:00:00.5Z");
    assert_eq!((&psk["sort"], &psk["used"]), (&json!("vault"), &json!(true)));
    assert_eq!((&psk["uses"][0]["at"], &psk["uses"][0]["state"]), (&json!("m/secrets/key"), &json!("matches")));
    assert_eq!(psk["uses"][0]["run"], 1);
    assert!(psk["uses"][0]["when"].as_str().unwrap().ends_with('Z'), "{psk}");
    assert_eq!((&of("idle")["used"], &of("idle")["uses"]), (&json!(false), &json!([])));
    assert_eq!(of("pw")["uses"][0]["at"], "credentials of `m`");
    let text = run(&bench, &vault, &["secrets"]).expect(0);
    let text = text
        .says("w: 5 secrets, 1 unused")
        .says("m/secrets/key: value  matches what run 1 applied (")
        .says("idle  Vault");
    assert!(text.all().contains("nothing refers to it"), "{}", text.all());
}

#[test]
fn a_secret_that_was_rotated_differs_until_it_is_applied() {
    let sim = Sim::start();
    let first = Vault::holding(json!({ "psk": VALUE }));
    let bench = workspace(&sim, FROM_VAULT, ONE);
    run(&bench, &first, &["secrets"]).expect(0).says("m/secrets/key: value  never applied");
    run(&bench, &first, &["apply", "--yes"]).expect(0);
    let rotated = Vault::holding(json!({ "psk": "canary-value-2" }));
    run(&bench, &rotated, &["secrets"]).expect(0).says("m/secrets/key: value  differs from what run 1 applied");
    run(&bench, &rotated, &["apply", "--yes"]).expect(0).says("1 to update");
    run(&bench, &rotated, &["secrets"]).expect(0).says("matches what run 2 applied");
}

#[test]
fn all_are_looked_up_before_a_controller_is_asked_for_anything() {
    let sim = Sim::start();
    let vault = Vault::holding(json!({ "psk": VALUE }));
    let secrets = format!(
        "{FROM_VAULT}  none: {{ vault: {{ path: secret/data/none, field: x }} }}\n  gone: {{ file: gone.txt }}\n"
    );
    let kinds =
        format!("{ONE}      none: {{ value: '${{secret.none}}' }}\n      gone: {{ value: '${{secret.gone}}' }}\n");
    let bench = workspace(&sim, &secrets, &kinds);
    for command in [&["plan"][..], &["apply", "--yes"], &["drift"]] {
        let ran = run(&bench, &vault, command).expect(1).says("there is nothing at `secret/data/none`");
        ran.says("can't be read from `gone.txt`");
        assert_eq!(sim.side_door("GET", "/requests", &Value::Null), json!([]), "{command:?}");
    }
    // Who asks for the list is told of those that are there, too.
    let listed = run(&bench, &vault, &["secrets"]).expect(1).says("w: 4 secrets, 2 can't be had");
    listed
        .says("it is not in Vault: there is nothing at")
        .says("m/secrets/none: value  not known")
        .says("m/secrets/key: value  never");
    assert_eq!(writes(&sim), 0);
}

#[test]
fn a_refusal_is_told_with_its_remedy_and_a_token_goes_nowhere_else() {
    let sim = Sim::start();
    let bench = workspace(&sim, FROM_VAULT, ONE);
    let elsewhere = Arc::new(Vault::holding(json!({ "psk": VALUE })));
    let target = elsewhere.url();
    let huge = || (200, format!("{{\"data\":\"{}\"}}", "canary".repeat(1 << 19)).into_bytes());
    type Made = Box<dyn Fn(&Asked) -> (u16, Vec<u8>) + Send + Sync>;
    let text = |status: u16, body: &'static str| -> Made { Box::new(move |_| (status, body.as_bytes().to_vec())) };
    let cases: Vec<(Made, Vec<&str>)> = vec![
        (text(403, r#"{"errors":["permission denied"]}"#), vec!["refuses to show `secret/data/wan`", "needs `read`"]),
        (text(403, r#"{"errors":["hvs.canary-token is bad"]}"#), vec!["refuses to show"]),
        (text(503, r#"{"errors":["Vault is sealed"]}"#), vec!["is sealed", "vault operator unseal"]),
        (text(404, r#"{"errors":[]}"#), vec!["there is nothing at `secret/data/wan`"]),
        (text(200, "<html>canary</html>"), vec!["is no secret of KV version 2"]),
        (text(200, r#"{"data":{"data":{"psk":["canary"]},"metadata":{}}}"#), vec!["is no text"]),
        (text(200, r#"{"data":{"data":{"other":"canary"},"metadata":{}}}"#), vec!["has no field `psk`"]),
        (Box::new(move |_| huge()), vec!["more than 2097152 bytes"]),
        (
            Box::new(move |asked| (307, format!("{target}{}", asked.line.trim_start_matches("GET ")).into_bytes())),
            vec!["where no token goes"],
        ),
    ];
    for (answer, says) in cases {
        let vault = Vault::answering(answer);
        let ran = run(&bench, &vault, &["plan"]).expect(1);
        assert!(says.iter().all(|words| ran.all().contains(words)), "{says:?}: {}", ran.all());
        assert_eq!(vault.lines(), ["GET /v1/secret/data/wan"]);
    }
    assert_eq!(elsewhere.asked(), []);
    // Nobody there.
    let gone =
        Vault { address: TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), asked: Arc::default() };
    run(&bench, &gone, &["plan"]).expect(1).says("connection refused").says("check that it is up");
    // In clear, a token goes to this machine alone: nobody is asked.
    let mut command = bench.command(&["plan"]);
    command.env("PW", "admin").env("VAULT_TOKEN", TOKEN).env("VAULT_ADDR", "http://192.0.2.1:8200");
    let ran: Ran = command.output().unwrap().into();
    ran.expect(1).says("would get the token and the secrets in clear");
    assert_eq!(sim.side_door("GET", "/requests", &Value::Null), json!([]));
}

#[test]
fn a_role_logs_in_once_and_a_namespace_goes_along() {
    let sim = Sim::start();
    let vault = Vault::answering(|asked| match (asked.line.as_str(), asked.token.as_deref()) {
        ("POST /v1/auth/approle/login", None) => match asked.body.contains("\"secret_id\":\"canary-proof\"") {
            true => (200, br#"{"auth":{"client_token":"canary-given","lease_duration":3600}}"#.to_vec()),
            false => (400, br#"{"errors":["invalid secret id canary-wrong"]}"#.to_vec()),
        },
        ("GET /v1/kv/data/a", Some("canary-given")) => (200, kv(&json!({ "x": VALUE }), 1)),
        ("GET /v1/kv/data/b%20c", Some("canary-given")) => (200, kv(&json!({ "x": VALUE }), 1)),
        _ => (403, br#"{"errors":["permission denied"]}"#.to_vec()),
    });
    let secrets = "  a: { vault: { path: kv/data/a, field: x, namespace: team/net } }\n  b: { vault: { path: kv/data/b c, field: x, namespace: team/net } }\n";
    let kinds = "      a: { value: '${secret.a}' }\n      b: { value: '${secret.b}' }\n";
    let bench = workspace(&sim, secrets, kinds);
    let with = |proof: &str| -> Ran {
        let mut command = bench.command(&["apply", "--yes"]);
        command.env("PW", "admin").env("VAULT_ADDR", vault.url()).env_remove("VAULT_TOKEN");
        command.env("VAULT_ROLE_ID", "role").env("VAULT_SECRET_ID", proof).output().unwrap().into()
    };
    let refused = with("canary-wrong").expect(1).says("gives the role no token").says("may have been used up");
    assert!(!refused.all().contains("canary"), "{}", refused.all());
    vault.asked();
    with("canary-proof").expect(0);
    let asked = vault.asked();
    let lines: Vec<&str> = asked.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(lines, ["POST /v1/auth/approle/login", "GET /v1/kv/data/a", "GET /v1/kv/data/b%20c"]);
    assert!(asked.iter().all(|asked| asked.namespace.as_deref() == Some("team/net")), "{asked:?}");
    // The token that `vault login` leaves does, too.
    let kept = Vault::holding(json!({ "psk": VALUE }));
    let bench = workspace(&sim, FROM_VAULT, ONE);
    let plain = |bench: &Bench| -> Ran {
        let mut command = bench.command(&["plan"]);
        command.env("PW", "admin").env("VAULT_ADDR", kept.url()).env_remove("VAULT_TOKEN").output().unwrap().into()
    };
    plain(&bench).expect(1).says("there is no token").says("vault login");
    crate::bench::write(&bench.home().join(".vault-token"), &format!("{TOKEN}\n"));
    plain(&bench).expect(0).says("1 to create");
}

#[test]
fn a_rehearsal_and_a_look_at_the_files_ask_nobody() {
    let sim = Sim::start();
    let vault = Vault::holding(json!({ "psk": VALUE }));
    let secrets = format!("{FROM_VAULT}  ran: {{ command: [touch, ran] }}\n");
    let kinds = format!("{ONE}      ran: {{ value: '${{secret.ran}}' }}\n");
    let bench = workspace(&sim, &secrets, &kinds).rehearsed();
    for command in [&["plan"][..], &["apply", "--yes"], &["secrets"], &["validate"]] {
        run(&bench, &vault, command).expect(0);
    }
    assert_eq!(vault.asked(), []);
    assert!(!bench.path().join("ran").exists());
    // What is plainly wrong is found without asking, too.
    for (from, to, says) in [
        ("secret/data/wan", "secret/data/../wan", "is no path of Vault's"),
        ("secret/data/../wan", "v1/secret/data/wan", "holds the API's version"),
        ("field: psk", "field: psk, address: 'http://vault.example:8200'", "in clear"),
        ("field: psk", "field: psk, more: 1", "more"),
    ] {
        bench.edit("trueup.yaml", from, to);
        run(&bench, &vault, &["validate"]).expect(3).says(says);
    }
    assert_eq!(vault.asked(), []);
}

#[test]
fn what_is_encrypted_in_the_files_is_read_by_whom_it_is_for() {
    let sim = Sim::start();
    let identity = age::x25519::Identity::generate();
    let (key, recipient) = (identity.to_string(), identity.to_public().to_string());
    let bench = workspace(&sim, "  psk:\n    age: |\n      LATER\n", ONE);
    let mut encrypting = bench.command(&["secrets", "encrypt", "--recipient", &recipient]);
    let mut encrypting = encrypting.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    encrypting.stdin.take().unwrap().write_all(VALUE.as_bytes()).unwrap();
    let output = encrypting.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{text}");
    let vault = Vault::holding(json!({}));
    run(&bench, &vault, &["validate"]).expect(3).says("is not encrypted with age");
    bench.edit("trueup.yaml", "LATER", text.trim_end().replace('\n', "\n      ").as_str());
    run(&bench, &vault, &["validate"]).expect(0);
    run(&bench, &vault, &["plan"]).expect(1).says("the identity can't be read from").says("TRUEUP_AGE_IDENTITY");
    let with = |name: &str, value: &str, arguments: &[&str]| -> Ran {
        let mut command = bench.command(arguments);
        command.env("PW", "admin").env(name, value).output().unwrap().into()
    };
    let other = age::x25519::Identity::generate().to_string();
    with("TRUEUP_AGE_IDENTITY", other.expose_secret(), &["plan"]).expect(1).says("it is for others than the identity");
    with("TRUEUP_AGE_IDENTITY", key.expose_secret(), &["apply", "--yes"]).expect(0);
    let held = sim.call(("cloudify", "m"), "admin:admin", "GET", "/secrets/key", &Value::Null);
    assert_eq!(held["value"], VALUE);
    bench.write("keys.txt", &format!("# a comment\n{}\n", key.expose_secret()));
    let path = bench.path().join("keys.txt").display().to_string();
    let listed = with("SOPS_AGE_KEY_FILE", &path, &["secrets"]).expect(0).says("encrypted with age in `trueup.yaml`");
    assert!(listed.says("matches what run 1 applied").all().find("canary").is_none());
    let refused: Ran = bench.command(&["secrets", "encrypt", "--recipient", "age1nobody"]).output().unwrap().into();
    refused.expect(1);
}
