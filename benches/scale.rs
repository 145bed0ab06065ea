//! Large cases, each with one program beside another: `TRUEUP_BEFORE=/path/to/an/older/trueup cargo bench --bench scale`.
//!
//! A plain program that prints a table; no test runs it. Every case is run with the older program and then with this one,
//! each on a workspace and on simulated controllers of its own behind real sockets. Processor time is the program's own,
//! without the controllers'. `TRUEUP_AFTER` names another program than the one that was built for this.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sim::{Options, Server, serve};

/// How often what changes nothing is measured; the cheapest run counts, as the one that was disturbed least.
const RUNS: usize = 3;

/// Clock ticks of a second, in which Linux counts processor time whatever the machine.
const TICKS: f64 = 100.0;

/// What a run of a program cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

impl Cost {
    fn least(costs: impl Iterator<Item = Cost>) -> Cost {
        costs.min_by(|a, b| a.cpu.total_cmp(&b.cpu)).expect("a run")
    }
}

#[tokio::main]
async fn main() {
    let before = std::env::var_os("TRUEUP_BEFORE").map(PathBuf::from);
    let after = std::env::var_os("TRUEUP_AFTER").map_or_else(|| env!("CARGO_BIN_EXE_trueup").into(), PathBuf::from);
    let programs: Vec<(&str, PathBuf)> =
        before.map(|before| ("before", before)).into_iter().chain([("after", after)]).collect();
    println!("{:<62} {:<7} {:>9} {:>9}", "", "", "seconds", "CPU s");
    for (name, program) in &programs {
        show("plan of 10,000 objects on 1,000 targets, nothing to do", name, nothing_to_do(program).await);
    }
    for (name, program) in &programs {
        show("apply of 5,000 objects on 100 controllers, 20 ms latency", name, apply(program).await);
    }
    for (name, program) in &programs {
        show("validate of 100,000 secrets with 50,000 warnings", name, validate(program));
    }
    for (name, program) in &programs {
        show("validate of 10,000 resources by all rules", name, validate_network(program));
    }
    for (name, program) in &programs {
        show("validate of 1,000 mistakes", name, validate_mistakes(program));
    }
}

fn show(what: &str, program: &str, cost: Cost) {
    println!("{what:<62} {program:<7} {:>9.2} {:>9.2}", cost.wall, cost.cpu);
}

async fn nothing_to_do(program: &Path) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    controllers(folder.path(), 1_000, 10);
    let server = start(Duration::ZERO).await;
    run(program, folder.path(), Some(&server), &["apply", "--yes", "--quiet"]);
    let plan = || run(program, folder.path(), Some(&server), &["plan", "--exit-code"]);
    Cost::least((0..RUNS).map(|_| plan()))
}

async fn apply(program: &Path) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    controllers(folder.path(), 100, 50);
    let server = start(Duration::from_millis(20)).await;
    run(program, folder.path(), Some(&server), &["apply", "--yes", "--quiet"])
}

fn validate(program: &Path) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    secrets(folder.path(), 100_000);
    Cost::least((0..RUNS).map(|_| run(program, folder.path(), None, &["validate"])))
}

/// Controllers that are peers of each other, with networks, sets and rules: every rule has something to look at.
fn validate_network(program: &Path) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    network(folder.path(), 100, 33);
    Cost::least((0..RUNS).map(|_| run(program, folder.path(), None, &["validate"])))
}

fn validate_mistakes(program: &Path) -> Cost {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::from(
        "vns3:\n  east:\n    at: https://203.0.113.9:8000/api\n    credentials: { username: u, password: '${secret.word}' }\n    routes:\n",
    );
    for n in 0..1_000 {
        let wrong = ["cidr: 10.0.0.0/33", "cidr: 10.1.0.0/16, gatway: 10.0.0.1", "interface: eth0"][n % 3];
        let _ = writeln!(text, "      r{n}: {{ {wrong} }}");
    }
    write(folder.path(), "trueup.yaml", "workspace: bench\nsecrets: { word: { env: WORD } }\n");
    write(folder.path(), "vns3.yaml", &text);
    Cost::least((0..RUNS).map(|_| run_to(program, folder.path(), None, &["validate"], Some(3))))
}

async fn start(latency: Duration) -> Server {
    serve(Options { latency, ..Options::default() }).await.expect("a server")
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("a file that can be written");
}

/// So many VNS3 controllers with so many routes each.
fn controllers(folder: &Path, count: usize, routes: usize) {
    let mut text = String::from("vns3:\n");
    for n in 0..count {
        let _ = write!(
            text,
            "  site{n}:\n    at: https://203.0.{}.{}:8000/api\n    credentials: {{ password: \"${{secret.word}}\" }}\n    \
             routes:\n",
            n / 250,
            n % 250
        );
        for route in 0..routes {
            let cidr = format!("10.{}.{}.0/24", route / 256, route % 256);
            let _ = writeln!(text, "      r{route}: {{ cidr: {cidr}, interface: eth0, advertise: true }}");
        }
    }
    write(folder, "trueup.yaml", "workspace: bench\nsecrets: { word: { env: WORD } }\n");
    write(folder, "vns3.yaml", &text);
}

/// So many controllers in a ring, each with so many routes, sets and rules, and one rule for each set.
fn network(folder: &Path, count: usize, each: usize) {
    let mut text = String::from("vns3:\n");
    for n in 0..count {
        let _ = write!(
            text,
            "  site{n}:\n    at: https://site{n}.example:8000/api\n    credentials: {{ password: \"${{secret.word}}\" }}\n    peers:\n"
        );
        for other in [(n + 1) % count, (n + count - 1) % count] {
            let _ = writeln!(text, "      p{other}: {{ id: {}, name: site{other}.example }}", other + 1);
        }
        text.push_str("    routes:\n");
        for route in 0..each * 2 {
            let cidr = format!("{}.{}.{route}.0/24", 10 + n / 250, n % 250);
            let _ = writeln!(text, "      r{route}: {{ cidr: {cidr}, interface: eth0, advertise: true }}");
        }
        text.push_str("    firewall-fwsets:\n");
        for set in 0..each {
            let _ = writeln!(text, "      s{set}: {{ type: net, entries: [{{ entry: 10.{set}.0.0/16 }}] }}");
        }
        text.push_str("    firewall-rules:\n");
        for set in 0..each {
            let _ = writeln!(text, "      - {{ rule: FORWARD_CUST -p tcp -m set --match-set s{set} src -j ACCEPT }}");
        }
    }
    write(folder, "trueup.yaml", "workspace: bench\nsecrets: { word: { env: WORD } }\n");
    write(folder, "vns3.yaml", &text);
}

/// A workspace of so many secrets, of which a manager is given the first half.
fn secrets(folder: &Path, count: usize) {
    let mut declared = String::from("workspace: bench\nsecrets:\n");
    let mut given = String::from(
        "cloudify:\n  cfy:\n    at: https://203.0.113.9\n    credentials: { username: admin, password: \
         \"${secret.s0}\" }\n    secrets:\n",
    );
    for n in 0..count {
        let _ = writeln!(declared, "  s{n}: {{ env: WORD }}");
        if n < count / 2 {
            let _ = writeln!(given, "      k{n}: {{ value: \"${{secret.s{n}}}\" }}");
        }
    }
    write(folder, "trueup.yaml", &declared);
    write(folder, "cloudify.yaml", &given);
}

/// Runs a program in a workspace and waits for its end, which is success.
fn run(program: &Path, folder: &Path, server: Option<&Server>, arguments: &[&str]) -> Cost {
    run_to(program, folder, server, arguments, Some(0))
}

/// Runs a program in a workspace and waits for its end with that code.
fn run_to(program: &Path, folder: &Path, server: Option<&Server>, arguments: &[&str], code: Option<i32>) -> Cost {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments).env("WORD", "stand-in");
    command.args(server.map(|server| format!("--sim=http://{}", server.address)));
    let started = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program");
    let cpu = cpu(&mut child);
    let wall = started.elapsed().as_secs_f64();
    let status = child.wait().expect("a child");
    assert!(status.code() == code, "{} {arguments:?} ended with {status}", program.display());
    Cost { wall, cpu }
}

/// The processor time of a child that has ended: what the system keeps of it until somebody waits for it.
fn cpu(child: &mut Child) -> f64 {
    loop {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("Linux");
        // The name in parentheses may hold anything; behind it come the state and ten numbers before the two times.
        let words: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        if words.first() == Some(&"Z") {
            let ticks = |at: usize| words.get(at).and_then(|word| word.parse::<f64>().ok()).expect("a number of ticks");
            return (ticks(11) + ticks(12)) / TICKS;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
