//! How long it takes to find that nothing is to do, and how much memory: `cargo bench`.
//!
//! A plain program that prints a table; no test runs it. The controllers are simulated ones behind real sockets, each of
//! whose answers takes 50 ms, as over a wide area network.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sim::{Options, Server, serve};

/// How far away the controllers are.
const LATENCY: Duration = Duration::from_millis(50);

/// What a run of the program cost.
struct Cost {
    wall: Duration,
    /// Largest memory in use, in megabytes; nothing where the system does not tell.
    peak: Option<f64>,
    requests: u64,
}

#[tokio::main]
async fn main() {
    println!("{:<58} {:>9} {:>9} {:>9}", "", "requests", "seconds", "MB");
    let folder = tempfile::tempdir().expect("a folder");
    workspace(folder.path(), 1_000);
    let state = folder.path().join("state");
    let server = start(&state, Duration::ZERO).await;
    show("apply 2,000 new objects, no latency", &run(folder.path(), &server, &["apply", "--yes", "--quiet"]).await);
    server.stop().await.expect("a state that can be written");
    let server = start(&state, LATENCY).await;
    for _ in 0..3 {
        let cost = run(folder.path(), &server, &["plan", "--exit-code"]).await;
        show("plan 2,000 objects, nothing to do, 50 ms latency", &cost);
    }
    server.stop().await.expect("a state that can be written");

    let folder = tempfile::tempdir().expect("a folder");
    workspace(folder.path(), 5_000);
    let server = start(&folder.path().join("state"), Duration::ZERO).await;
    show("validate 10,000 objects", &run(folder.path(), &server, &["validate"]).await);
    show("plan 10,000 new objects, no latency", &run(folder.path(), &server, &["plan", "--format", "json"]).await);
}

fn show(what: &str, cost: &Cost) {
    let peak = cost.peak.map_or_else(|| "?".into(), |peak| format!("{peak:.1}"));
    println!("{what:<58} {:>9} {:>9.3} {peak:>9}", cost.requests, cost.wall.as_secs_f64());
}

async fn start(state: &Path, latency: Duration) -> Server {
    let options = Options { state: Some(state.to_owned()), latency, ..Options::default() };
    serve(options).await.expect("a server")
}

/// So many routes at a VNS3 controller, and so many endpoints in a NetFoundry network.
fn workspace(folder: &Path, count: usize) {
    let mut routes = String::from(
        "vns3:\n  site:\n    at: https://203.0.113.30:8000/api\n    credentials: { password: \"${secret.word}\" }\n    \
         routes:\n",
    );
    let mut endpoints = String::from(
        "netfoundry:\n  nf:\n    at: https://gateway.production.netfoundry.io\n    credentials:\n      clientId: client\n      \
         password: \"${secret.word}\"\n      authenticationUrl: https://netfoundry.auth.example/oauth2/token\n    \
         networks:\n      acme:\n        networkGroupId: ACME Group\n        region: us-east-1\n        endpoints:\n",
    );
    for n in 0..count {
        let (high, low) = (n / 256, n % 256);
        let _ = writeln!(routes, "      r{n}: {{ cidr: 10.{high}.{low}.0/24, interface: eth0, advertise: true }}");
        let _ = writeln!(endpoints, "          e{n}: {{ enrollmentMethod: {{ ott: true }} }}");
    }
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file that can be written");
    write("trueup.yaml", "workspace: bench\nsecrets: { word: { command: [echo, stand-in] } }\n");
    write("vns3.yaml", &routes);
    write("netfoundry.yaml", &endpoints);
}

/// Runs the program in the workspace and waits for its end.
async fn run(folder: &Path, server: &Server, arguments: &[&str]) -> Cost {
    let before = requests(server).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.current_dir(folder).args(arguments).arg(format!("--sim=http://{}", server.address));
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program");
    let mut peak = None;
    let status = loop {
        // The high-water mark goes with the process: the last one that was seen counts.
        peak = high_water(child.id()).or(peak);
        match child.try_wait().expect("a child") {
            Some(status) => break status,
            None => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    };
    let wall = started.elapsed();
    assert!(status.success(), "{arguments:?} ended with {status}");
    Cost { wall, peak, requests: requests(server).await - before }
}

/// The largest memory that a process has had in use, in megabytes.
fn high_water(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

/// The requests that the simulators have answered so far.
async fn requests(server: &Server) -> u64 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(server.address).await.expect("the server");
    let head = b"GET /_sim/requests?summary=1 HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n";
    stream.write_all(head).await.expect("the server");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let body = answer.split_once("\r\n\r\n").map_or("[]", |(_, body)| body);
    let lines: Vec<serde_json::Value> = serde_json::from_str(body).expect("JSON");
    lines.iter().filter_map(|line| line["count"].as_u64()).sum()
}
