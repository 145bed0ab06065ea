//! Stop means stop: after the first signal, or the end of the time, no write begins; and nothing that was done is lost.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use sim::Options;
use trueup::parts::CATALOGUE;

use crate::bench::{Bench, Ran};
use crate::support::Sim;

/// How long each answer takes: long enough for a signal to come between two requests.
const LATENCY: Duration = Duration::from_millis(120);

/// The provider and the example that is about it.
const EXAMPLES: [(&str, &str); 4] = [
    ("vns3", "vns3-site"),
    ("netfoundry", "netfoundry-appwan"),
    ("cloudify", "cloudify-router"),
    ("f5-vnfm", "f5-vnf"),
];

fn slow() -> Sim {
    Sim::start_with(Options { latency: LATENCY, ..Options::default() })
}

/// The requests with an effect that the simulators got.
fn writes(sim: &Sim) -> usize {
    let Value::Array(requests) = sim.side_door("GET", "/requests", &Value::Null) else { unreachable!() };
    let is_write = |request: &&Value| {
        let path = request["path"].as_str().unwrap();
        request["method"] != "GET" && !path.contains("oauth2") && !path.ends_with("/cancel")
    };
    requests.iter().filter(is_write).count()
}

fn signal(name: &str, child: &Child) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Reads what a process says on stderr until it has said some words.
fn until(child: &mut Child, words: &str) -> (String, BufReader<std::process::ChildStderr>) {
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    while !told.contains(words) {
        assert_ne!(reader.read_line(&mut told).unwrap(), 0, "the run is over: {told}");
    }
    (told, reader)
}

/// Waits for the rest that a process says, and for its end.
fn ended(mut child: Child, (mut err, mut reader): (String, BufReader<std::process::ChildStderr>)) -> Ran {
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    reader.read_to_string(&mut err).unwrap();
    Ran { code: child.wait().unwrap().code(), out, err }
}

/// A run of an example that is asked to stop after its first few writes. What was under way ends; nothing else begins.
fn stopped(provider: &str, example: &str, name: &str) {
    let what = format!("{example} by {name}");
    let sim = slow();
    // The run is at one of its writes for as long as a busy machine may take to bring the signal.
    let late = |method| json!({ "method": method, "nth": 3, "delay_ms": 2_000 });
    sim.side_door("POST", "/faults", &json!([late("POST"), late("PUT")]));
    let bench = Bench::example(example, &sim);
    let mut child = bench.command(&["apply", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while writes(&sim) < 2 {
        assert!(child.try_wait().unwrap().is_none(), "{what}: it was over before it could be stopped");
    }
    signal(name, &child);
    let told = until(&mut child, "stopping: nothing new begins");
    let begun = writes(&sim);
    let ran = ended(child, told);
    // What was on its way arrived: as many as may write at once.
    let writers = CATALOGUE.iter().find(|known| known.name == provider).unwrap().dialect.writers;
    assert!(writes(&sim) <= begun + writers, "{what}: {begun} writes became {}: {}", writes(&sim), ran.all());
    let ran = ran.expect(5);
    assert!(ran.out.contains(" not tried"), "{what}: {}", ran.all());
    sim.side_door("POST", "/faults", &json!([]));
    sim.side_door("DELETE", "/requests", &Value::Null);
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn nothing_begins_after_the_first_signal_at_any_provider() {
    for (provider, example) in EXAMPLES {
        stopped(provider, example, "-INT");
    }
}

#[test]
fn every_signal_that_asks_for_an_end_is_heeded() {
    for name in ["-TERM", "-HUP"] {
        stopped("vns3", "vns3-site", name);
    }
}

/// Many small objects at one controller, which takes one write at a time.
fn variables(count: usize) -> String {
    let variables: String = (0..count).map(|n| format!("      v{n}: {{ value: 10.0.{n}.0/24 }}\n")).collect();
    format!(
        "vns3:\n  site:\n    at: https://203.0.113.30:8000/api\n    credentials: {{ username: api, password: stand-in }}\n    \
         system-variables:\n{variables}"
    )
}

#[test]
fn what_waits_in_the_queue_of_its_target_has_not_begun() {
    let sim = slow();
    let bench = Bench::of(&[("trueup.yaml", "workspace: site\n"), ("vns3.yaml", &variables(40))], &sim);
    let mut child = bench.command(&["apply", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while writes(&sim) < 3 {}
    signal("-INT", &child);
    let told = until(&mut child, "stopping:");
    let ran = ended(child, told).expect(5);
    let sent = writes(&sim);
    assert!(sent < 10, "{sent} of 40 were written: {}", ran.all());
    assert!(ran.out.contains(&format!("{sent} steps done, {} not tried", 40 - sent)), "{}", ran.all());
    bench.apply();
    assert_eq!(writes(&sim), 40, "each once");
}

#[test]
fn a_command_ends_when_its_time_is_over() {
    let sim = slow();
    let bench = Bench::of(&[("trueup.yaml", "workspace: site\n"), ("vns3.yaml", &variables(40))], &sim);
    let ran = bench.run(&["apply", "--yes", "--timeout", "2s"]).expect(5);
    let ran = ran.says("the time is over (`--timeout 2s`)").says(" not tried");
    assert!(writes(&sim) < 40, "{}", ran.all());
    // What only looks has nothing to lose, and nothing to report.
    sim.side_door("POST", "/faults", &json!([{ "method": "GET", "delay_ms": 20_000 }]));
    for command in [&["plan"][..], &["drift"], &["adopt", "--all"], &["apply", "--yes"]] {
        let arguments: Vec<&str> = command.iter().copied().chain(["--timeout", "400ms"]).collect();
        bench.run(&arguments).expect(1).says("not done within 400ms; nothing was changed");
    }
    bench.run(&["plan", "--timeout", "soon"]).expect(64).says("`soon` is no time");
}

/// The ledger's place becomes one that can't be written to, in the middle of a run.
#[test]
fn a_ledger_that_can_not_be_written_costs_no_report() {
    for command in [&["apply", "--yes"][..], &["destroy", "--yes", "--allow", "deletes=8"]] {
        let sim = slow();
        let bench = Bench::of(&[("trueup.yaml", "workspace: site\n"), ("vns3.yaml", &variables(8))], &sim);
        if command[0] == "destroy" {
            bench.apply();
            sim.side_door("DELETE", "/requests", &Value::Null);
        }
        let child = bench.command(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while writes(&sim) < 2 {}
        let ledger = bench.path().join(".trueup/sim/ledger.json");
        let kept = fs::read(&ledger).unwrap();
        fs::remove_file(&ledger).unwrap();
        fs::create_dir(&ledger).unwrap();
        let ran: Ran = child.wait_with_output().unwrap().into();
        let ran = ran.expect(5).says("8 steps done").says("the ledger could not be written");
        let ran = ran.says("the journal has all of it");
        assert_eq!(writes(&sim), 8, "{}", ran.all());
        fs::remove_dir(&ledger).unwrap();
        fs::write(&ledger, kept).unwrap();
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        let expected = if command[0] == "destroy" { 16 } else { 8 };
        assert_eq!(writes(&sim), expected, "what the journal has is not done twice");
    }
}

/// No file may grow beyond some kilobytes, as on a disk that fills up: the journal breaks off wherever that is.
#[test]
fn a_disk_that_fills_up_stops_the_run_and_loses_nothing() {
    let mut begun = 0;
    for blocks in [2, 16, 22, 29, 34] {
        let sim = Sim::start();
        let names: Vec<String> = (0..40).map(|n| format!("größe-zürich-{n}")).collect();
        let routes: String = (0..40).map(|n| format!("      {}: {{ cidr: 10.0.{n}.0/24 }}\n", names[n])).collect();
        let files = variables(1).replace("system-variables:\n", &format!("routes:\n{routes}    system-variables:\n"));
        let bench = Bench::of(&[("trueup.yaml", "workspace: site\n"), ("vns3.yaml", &files)], &sim);
        // The ledger of this version is there before the disk is full.
        bench.run(&["adopt", "--all"]).expect(0);
        let mut limited = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let program = bench.command(&["apply", "--yes"]);
        limited.args(["-c", &script, "sh"]).arg(program.get_program()).args(program.get_args());
        limited.current_dir(bench.path()).env("HOME", bench.home()).stdin(Stdio::null());
        let ran: Ran = limited.output().unwrap().into();
        if ran.code == Some(1) {
            // Not even what it is about to do could be written down.
            assert_eq!(writes(&sim), 0, "{blocks}: {}", ran.all());
            ran.says("could not write");
        } else {
            begun += 1;
            let ran = ran.expect(5).says("stopped: could not write").says(" not tried");
            assert!(writes(&sim) < 41, "{blocks}: {}", ran.all());
        }
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        let routes = sim.call(("vns3", "site"), "api:stand-in", "GET", "/routes", &Value::Null);
        let made = routes["response"]
            .as_object()
            .unwrap()
            .values()
            .filter(|route| route["cidr"].as_str().is_some_and(|cidr| cidr.starts_with("10.0.")));
        assert_eq!(made.count(), 40, "{blocks}: none is there twice, none is missing");
    }
    assert!(begun > 1, "the journal broke off {begun} times");
}
