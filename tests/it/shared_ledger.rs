//! A ledger that machines share: one run at a time, and whatever becomes of a machine, the next one goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, Ran, every_line};
use crate::chance::Chance;
use crate::shared_store::SharedStore;
use crate::support::Sim;

/// The time between two signs of life of a lease, in milliseconds.
const BEAT: &str = "1000";

/// The same for a run that nobody needs to catch at it.
const SOON: &str = "250";

/// Two checkouts of one workspace, and the store that they share.
pub(crate) struct Lab {
    pub sim: Sim,
    shared: SharedStore,
    pub machines: [Bench; 2],
}

impl Lab {
    /// A lab for each store that machines can share.
    pub(crate) fn of_each(variables: usize) -> impl Iterator<Item = Lab> {
        SharedStore::of_each().into_iter().map(move |shared| Lab::new(shared, variables))
    }

    pub(crate) fn new(shared: SharedStore, variables: usize) -> Lab {
        Lab::with(shared, variables, "")
    }

    /// With more at the controller.
    fn with(shared: SharedStore, variables: usize, more: &str) -> Lab {
        let sim = Sim::start();
        let workspace = format!(
            "workspace: lab\nledger:\n{}  key: \"${{secret.ledger}}\"\n\
             secrets: {{ ledger: {{ env: LEDGER_KEY }}, pw: {{ env: PW }}, db: {{ env: LEDGER_DB }} }}\n",
            shared.setting()
        );
        let named: String = (0..variables).map(|n| format!("      v{n}: {{ value: 198.51.100.{n} }}\n")).collect();
        let site = format!(
            "vns3:\n  site:\n    at: {}\n    credentials: {{ username: api, password: \"${{secret.pw}}\" }}\n    \
             config: {{ controller_name: one }}\n    system-variables:\n{named}{more}",
            sim.base_url("vns3", "site")
        );
        let machines = [(); 2].map(|()| {
            let bench = Bench::real(&[("trueup.yaml", &workspace), ("vns3.yaml", &site)]);
            shared.join(bench.path());
            bench
        });
        Lab { sim, shared, machines }
    }

    pub(crate) fn command(&self, machine: usize, arguments: &[&str]) -> Command {
        let mut command = self.machines[machine].command(arguments);
        command.env("LEDGER_KEY", "0123456789abcdef0123456789abcdef").env("PW", "stand-in");
        command.env("TRUEUP_LEASE_BEAT_MS", BEAT).envs(self.shared.variables());
        command
    }

    pub(crate) fn run(&self, machine: usize, arguments: &[&str]) -> Ran {
        self.command(machine, arguments).output().unwrap().into()
    }

    fn begin(&self, machine: usize, arguments: &[&str]) -> Child {
        self.command(machine, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The names of all variables at the controller, those that nobody made but the system left out.
    pub(crate) fn variables(&self) -> Vec<String> {
        let found = self.sim.call(("vns3", "site"), "api:stand-in", "GET", "/system/variables", &json!(null));
        let found = serde_json::to_string(&found).unwrap();
        let mut names: Vec<String> =
            (0..100).map(|n| format!("v{n}")).filter(|name| found.contains(&format!("\"custom_{name}\""))).collect();
        names.sort();
        names
    }

    /// Waits until so many variables are there.
    fn wait_for(&self, count: usize) {
        for _ in 0..1_500 {
            if self.variables().len() >= count {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("there are only {:?}", self.variables());
    }

    /// What is in a file of the store.
    pub(crate) fn stored(&self, file: &str) -> Value {
        serde_json::from_str(&self.shared.text(file)).unwrap()
    }
}

#[test]
fn what_one_machine_did_the_other_one_knows() {
    for lab in Lab::of_each(3) {
        lab.run(0, &["apply", "--yes"]).expect(0).says("4 requests sent");
        assert!(!lab.machines[0].path().join(".trueup/ledger.json").exists(), "it is in the store alone");
        lab.run(1, &["plan", "--exit-code"]).expect(0).says("nothing to do");
        lab.run(1, &["drift"]).expect(0);
        lab.machines[1].edit("vns3.yaml", "      v2: { value: 198.51.100.2 }\n", "");
        lab.run(1, &["apply", "--yes"]).expect(0).says("1 to delete");
        assert_eq!(lab.variables(), ["v0", "v1"]);
        lab.machines[0].edit("vns3.yaml", "      v2: { value: 198.51.100.2 }\n", "");
        lab.run(0, &["plan", "--exit-code"]).expect(0).says("nothing to do");
        assert_eq!(lab.stored("leases.json")["leases"], json!([]), "what is over holds nothing");
        let ledger = lab.stored("ledgers/lab.json").to_string();
        assert!(!ledger.contains("stand-in") && !ledger.contains("0123456789abcdef"), "{ledger}");
        assert!(lab.stored("ledgers/lab.json").get("open").is_none());
    }
}

#[test]
fn one_run_at_a_time_and_whoever_waits_comes_next() {
    for lab in Lab::of_each(40) {
        lab.sim.side_door("POST", "/faults", &json!([{ "method": "POST", "delay_ms": 60 }]));
        let first = lab.begin(0, &["apply", "--yes"]);
        lab.wait_for(1);
        lab.run(1, &["apply", "--yes"]).expect(1).says("another run holds the lease").says("--wait-for-lease");
        // Who only looks needs none.
        lab.run(1, &["plan"]).expect(0);
        let second = lab.run(1, &["apply", "--yes", "--wait-for-lease", "2m"]);
        second.expect(0).says("waiting for").says("nothing to do");
        let first: Ran = first.wait_with_output().unwrap().into();
        first.expect(0);
        assert_eq!(lab.variables().len(), 40);
    }
}

/// A run is killed after some line of its journal, and its machine is lost, or comes back. The other machine goes on.
#[test]
fn a_machine_that_is_lost_loses_nothing() {
    let all = [(2, false), (5, true), (9, false), (14, true), (20, false)];
    let mut chance = Chance::new();
    for (lines, comes_back) in all.into_iter().skip(if every_line() { 0 } else { 3 }) {
        for lab in Lab::of_each(6) {
            let killed =
                lab.command(0, &["apply", "--yes"]).env("TRUEUP_CRASH_AFTER_LINES", lines.to_string()).output();
            assert_ne!(killed.unwrap().status.code(), Some(0), "{lines} lines are more than it has");
            if !comes_back {
                fs::remove_dir_all(lab.machines[0].path().join(".trueup")).unwrap();
            }
            // The files moved on: what the lost run made and nobody declares any more goes, too.
            let gone = chance.below(6);
            let line = format!("      v{gone}: {{ value: 198.51.100.{gone} }}\n");
            lab.machines[1].edit("vns3.yaml", &line, "");
            let next = lab.run(1, &["apply", "--yes", "--wait-for-lease", "2m"]);
            let told = next.all();
            next.expect(0).says("its lease is taken over");
            let remembers = lab.shared.keeps_journals();
            assert_eq!(told.contains("what its journal tells so far is taken over"), remembers, "{told}");
            assert_eq!(lab.shared.lines(), 0, "what is over is folded in");
            let expected: Vec<String> = (0..6).filter(|n| *n != gone).map(|n| format!("v{n}")).collect();
            assert_eq!(lab.variables(), expected, "{lines} lines: {told}");
            lab.run(1, &["plan", "--exit-code"]).expect(0).says("nothing to do");
            // What the first machine remembers of its run is history.
            lab.machines[0].edit("vns3.yaml", &line, "");
            let back = lab.run(0, &["plan", "--exit-code"]);
            back.expect(0).says("nothing to do");
            lab.run(0, &["apply", "--yes"]).expect(0);
            lab.run(1, &["destroy", "--yes", "--allow", "deletes=100"]);
            assert_eq!(lab.variables(), [""; 0], "{lines} lines: all of it was owned");
        }
    }
}

/// Four routes through an interface that is called so only when it is made.
fn late_routes() -> String {
    let route = |n| {
        let name = "${site/edge-gre-interfaces/plant.name}";
        format!("      r{n}: {{ cidr: 10.9.{n}.0/24, interface: \"{name}\", gateway: 10.0.0.{n} }}\n")
    };
    let plant = "{ remote_connection_ip: 203.0.113.9, ip_internal: 10.0.0.9, mask_bits: 24 }";
    let routes: String = (1..=4).map(route).collect();
    format!("    edge-gre-interfaces: {{ plant: {plant} }}\n    routes:\n{routes}")
}

impl Lab {
    /// The gateways of the routes that somebody made.
    fn gateways(&self) -> Vec<String> {
        let found = self.sim.call(("vns3", "site"), "api:stand-in", "GET", "/routes", &json!(null)).to_string();
        (1..=4).map(|n| format!("10.0.0.{n}")).filter(|gateway| found.contains(&format!("\"{gateway}\""))).collect()
    }
}

/// What is known only after something else was made is in the shared document before it is made itself: a disk that is lost
/// with the journal loses nothing.
#[test]
fn what_is_known_late_is_shared_before_it_is_made() {
    let whole = Lab::with(SharedStore::git(), 1, &late_routes());
    whole.run(0, &["apply", "--yes"]).expect(0);
    assert_eq!(whole.gateways().len(), 4);
    let mut had_some = 0;
    for lines in (4..30).filter(|lines| every_line() || lines % 5 == 4) {
        let lab = Lab::with(SharedStore::git(), 1, &late_routes());
        let mut command = lab.command(0, &["apply", "--yes"]);
        command.env("TRUEUP_CRASH_AFTER_LINES", lines.to_string()).env("TRUEUP_LEASE_BEAT_MS", SOON);
        if command.output().unwrap().status.code() == Some(0) {
            break;
        }
        fs::remove_dir_all(lab.machines[0].path().join(".trueup")).unwrap();
        let made = lab.gateways();
        had_some += usize::from(!made.is_empty());
        let owned = lab.stored("ledgers/lab.json")["entries"].to_string();
        for gateway in &made {
            assert!(owned.contains(gateway), "after {lines} lines, {gateway} is nobody's: {owned}");
        }
        // Nobody declares them any more.
        let none = fs::read_to_string(lab.machines[1].path().join("vns3.yaml")).unwrap();
        lab.machines[1].write("vns3.yaml", &none[..none.find("    edge-gre").unwrap()]);
        let wait = ["apply", "--yes", "--wait-for-lease", "2m", "--allow", "deletes=10"];
        let next = lab.run(1, &wait);
        assert_eq!(lab.gateways(), [""; 0], "after {lines} lines: {}", next.all());
    }
    assert!(had_some > 0);
}

/// With each sign of life the shared document tells how far the run has come.
#[test]
fn a_run_keeps_checkpoints() {
    let lab = Lab::new(SharedStore::git(), 60);
    lab.sim.side_door("POST", "/faults", &json!([{ "method": "POST", "delay_ms": 150 }]));
    let mut first = lab.begin(0, &["apply", "--yes"]);
    let done = || {
        let entries = lab.stored("ledgers/lab.json")["entries"].clone();
        entries.as_object().unwrap().values().filter(|entry| entry["id"] != "").count()
    };
    lab.wait_for(20);
    // The document was last written at most a beat and a swap ago.
    for _ in 0..500 {
        if done() > 10 {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let seen = done();
    assert!(seen > 10 && seen < 60, "{seen} are told as done");
    assert_eq!(
        lab.stored("ledgers/lab.json")["entries"].as_object().unwrap().len(),
        61,
        "all are told that may be made"
    );
    first.kill().unwrap();
    first.wait().unwrap();
    fs::remove_dir_all(lab.machines[0].path().join(".trueup")).unwrap();
    lab.run(1, &["apply", "--yes", "--wait-for-lease", "2m"]).expect(0).says("its lease is taken over");
    assert_eq!(lab.variables().len(), 60);
    lab.run(1, &["plan", "--exit-code"]).expect(0);
}

/// What a controller is asked to do by hand waits for runs, too; who only reads does not.
#[test]
fn actions_wait_for_runs() {
    let lab = Lab::new(SharedStore::git(), 40);
    lab.sim.side_door("POST", "/faults", &json!([{ "method": "POST", "delay_ms": 60 }]));
    let first = lab.begin(0, &["apply", "--yes"]);
    lab.wait_for(1);
    lab.run(1, &["run", "site", "reboot", "--yes"]).expect(1).says("another run holds the lease");
    let first: Ran = first.wait_with_output().unwrap().into();
    first.expect(0);
    lab.run(1, &["run", "site", "reboot", "--yes"]).expect(0);
}

/// A run that sleeps for longer than its lease finds that it has none, and writes nothing any more.
#[test]
fn a_run_that_slept_too_long_writes_nothing_any_more() {
    for lab in Lab::of_each(40) {
        lab.sim.side_door("POST", "/faults", &json!([{ "method": "POST", "delay_ms": 60 }]));
        let first = lab.begin(0, &["apply", "--yes"]);
        lab.wait_for(3);
        let signal = |name: &str| {
            let sent = Command::new("kill").args([name, &first.id().to_string()]).status().unwrap();
            assert!(sent.success());
        };
        signal("-STOP");
        let second = lab.run(1, &["apply", "--yes", "--wait-for-lease", "2m"]);
        second.expect(0).says("its lease is taken over");
        let writes = || {
            let log = lab.sim.side_door("GET", "/requests", &json!(null));
            log.as_array().unwrap().iter().filter(|request| request["method"] != "GET").count()
        };
        let before = writes();
        signal("-CONT");
        let first: Ran = first.wait_with_output().unwrap().into();
        let first = first.expect(5).says("the lease of this run is lost");
        assert_eq!(writes(), before, "{}", first.err);
        lab.run(0, &["plan", "--exit-code"]).expect(0).says("nothing to do");
        assert_eq!(lab.variables().len(), 40);
    }
}

#[test]
fn a_ledger_moves_from_a_file_to_a_shared_store_and_is_freed_by_hand() {
    for lab in Lab::of_each(2) {
        let shared = fs::read_to_string(lab.machines[0].path().join("trueup.yaml")).unwrap();
        let own = shared.replace(lab.shared.setting(), "");
        lab.machines[0].write("trueup.yaml", &own);
        lab.run(0, &["apply", "--yes"]).expect(0);
        lab.machines[0].write("trueup.yaml", &shared);
        lab.run(0, &["plan"]).expect(1).says("`trueup ledger move` takes it there");
        lab.run(0, &["ledger", "move"]).expect(0).says("3 resources moved from");
        lab.run(0, &["plan", "--exit-code"]).expect(0).says("nothing to do");
        lab.run(1, &["plan", "--exit-code"]).expect(0).says("nothing to do");
        lab.run(1, &["ledger", "show"]).expect(0).says(&lab.shared.name()).says("3 resources");
        // Its history came along, for every machine.
        let history = lab.run(1, &["history", "--format", "json"]).expect(0);
        let runs: Value = serde_json::from_str(&history.out).unwrap();
        assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1), "{runs}");
        lab.run(0, &["ledger", "move"]).expect(1).says("there is no ledger in");
        // A machine that died holds what it had, until somebody says that it is gone.
        lab.machines[0].edit("vns3.yaml", "198.51.100.1 }", "198.51.100.9 }");
        let killed = lab.command(0, &["apply", "--yes"]).env("TRUEUP_CRASH_AFTER_LINES", "2").output().unwrap();
        assert_ne!(killed.status.code(), Some(0));
        lab.run(1, &["apply", "--yes"]).expect(1).says("another run holds the lease");
        lab.run(1, &["ledger", "show"]).expect(0).says("held by").says("has not ended");
        lab.run(1, &["ledger", "unlock"]).expect(0).says("taken away");
        lab.run(1, &["apply", "--yes"]).expect(0);
        lab.run(1, &["ledger", "unlock"]).expect(0).says("nobody holds a lease");
    }
}

/// A `git` that has the program which runs it killed, before or after it did what it was asked for.
const DEADLY: &str = r#"#!/bin/sh
count=$(cat "$DEADLY/count")
echo $((count + 1)) >"$DEADLY/count"
[ "$count $WHEN" = "$STOP before" ] && { kill -9 $PPID; exit 1; }
PATH=${PATH#*:} git "$@"
code=$?
[ "$count $WHEN" = "$STOP after" ] && kill -9 $PPID
exit $code
"#;

/// A run is killed between any two steps of its store: the store has the one state or the next, and another one goes on.
#[test]
fn a_run_that_is_killed_at_any_step_of_its_store_leaves_one_that_goes_on() {
    let mut chance = Chance::new();
    let (mut step, mut is_over) = (if every_line() { 0 } else { chance.below(4) }, false);
    while !is_over {
        for when in ["before", "after"] {
            let lab = Lab::new(SharedStore::git(), 3);
            let deadly = tempfile::tempdir().unwrap();
            let folder = deadly.path().to_str().unwrap();
            fs::write(deadly.path().join("count"), "0").unwrap();
            fs::write(deadly.path().join("git"), DEADLY).unwrap();
            fs::set_permissions(deadly.path().join("git"), fs::Permissions::from_mode(0o700)).unwrap();
            let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
            let mut command = lab.command(0, &["apply", "--yes"]);
            command.env("PATH", path).env("DEADLY", folder).env("STOP", step.to_string()).env("WHEN", when);
            let killed: Ran = command.output().unwrap().into();
            is_over = killed.code.is_some();
            lab.run(1, &["ledger", "unlock"]).expect(0);
            lab.run(1, &["apply", "--yes"]).expect(0);
            assert_eq!(lab.variables(), ["v0", "v1", "v2"], "{step} {when}");
            for machine in [0, 1] {
                lab.run(machine, &["plan", "--exit-code"]).expect(0).says("nothing to do");
            }
            lab.run(0, &["destroy", "--yes", "--allow", "deletes=100"]);
            assert_eq!(lab.variables(), [""; 0], "{step} {when}: all of it was owned");
        }
        step += if every_line() { 1 } else { 5 };
    }
}
