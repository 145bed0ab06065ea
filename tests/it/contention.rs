//! Two machines apply the same workspace at once, again and again; runs are killed, frozen for longer than their lease, and
//! lose their folder. By the controller's own log no two of them wrote in overlapping times, and in the end nothing is
//! there twice, and nothing is lost.

use std::collections::BTreeMap;
use std::fs;
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::bench::Ran;
use crate::chance::Chance;
use crate::shared_ledger::Lab;

/// Time between two signs of life of a lease, in milliseconds: one lasts for fourteen of them.
const BEAT: u64 = 150;

/// Variables at the controller.
const VARIABLES: usize = 4;

/// What befalls a run.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    Nothing,
    /// It ends like a killed one after so many lines of its journal.
    KilledAfterLines(u64),
    /// It is killed after so many milliseconds, whatever it is at: a swap, a look, a write.
    KilledAfter(u64),
    /// It is frozen after so many milliseconds, for longer than its lease lasts.
    FrozenAfter(u64),
}

impl Mishap {
    fn any(chance: &mut Chance) -> Mishap {
        match chance.below(6) {
            0 | 1 => Mishap::Nothing,
            2 | 3 => Mishap::KilledAfterLines(1 + chance.below(16)),
            4 => Mishap::KilledAfter(chance.below(900)),
            _ => Mishap::FrozenAfter(chance.below(900)),
        }
    }
}

/// The value that a run gives a variable: no other run gives it.
fn value(run: u64, variable: usize) -> String {
    format!("10.{}.{}.{variable}", run / 250, run % 250)
}

fn signal(child: &Child, name: &str) {
    // One that is over hears nothing.
    let _ = std::process::Command::new("kill").args([name, &child.id().to_string()]).output();
}

/// Begins a run of a machine whose files want new values, and lets something befall it.
fn one(lab: &Lab, machine: usize, run: u64, mishap: Mishap, chance: &mut Chance) -> Ran {
    let named: String = (0..VARIABLES).map(|n| format!("      v{n}: {{ value: {} }}\n", value(run, n))).collect();
    let bench = &lab.machines[machine];
    let text = fs::read_to_string(bench.path().join("vns3.yaml")).unwrap();
    let head = &text[..text.find("      v0:").unwrap()];
    bench.write("vns3.yaml", &format!("{head}{named}"));
    let mut command = lab.command(machine, &["apply", "--yes", "--wait-for-lease", "5m"]);
    command.env("TRUEUP_LEASE_BEAT_MS", BEAT.to_string());
    if let Mishap::KilledAfterLines(lines) = mishap {
        command.env("TRUEUP_CRASH_AFTER_LINES", lines.to_string());
    }
    let piped = std::process::Stdio::piped;
    let child = command.stdout(piped()).stderr(piped()).spawn().unwrap();
    match mishap {
        Mishap::Nothing | Mishap::KilledAfterLines(_) => {}
        Mishap::KilledAfter(time) => {
            thread::sleep(Duration::from_millis(time));
            signal(&child, "-KILL");
        }
        Mishap::FrozenAfter(time) => {
            thread::sleep(Duration::from_millis(time));
            signal(&child, "-STOP");
            thread::sleep(Duration::from_millis(BEAT * 20));
            signal(&child, "-CONT");
        }
    }
    let ran: Ran = child.wait_with_output().unwrap().into();
    if ran.code.is_none() && chance.below(2) == 0 {
        // The machine's disk is gone; its checkout is made anew.
        let _ = fs::remove_dir_all(bench.path().join(".trueup"));
    }
    ran
}

/// The runs whose values arrived at the controller, in the order of the requests.
fn writers(lab: &Lab, runs: u64) -> Vec<u64> {
    let body = |run, n| {
        let digest = Sha256::digest(json!({ "value": value(run, n) }).to_string());
        digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let known: BTreeMap<String, u64> =
        (1..=runs).flat_map(|run| (0..VARIABLES).map(move |n| (body(run, n), run))).collect();
    let log = lab.sim.side_door("GET", "/requests", &json!(null));
    let writes = log.as_array().unwrap().iter().filter(|request| request["method"] == "PUT");
    writes.filter_map(|request| known.get(request["body_sha256"].as_str()?).copied()).collect()
}

#[test]
fn whatever_befalls_them_two_machines_write_in_turn() {
    let long = std::env::var("TRUEUP_TEST_LONG").is_ok_and(|word| word == "1");
    Lab::of_each(VARIABLES).for_each(|lab| contend(&lab, if long { 500 } else { 24 }));
}

/// Lets two machines do so many runs between them.
fn contend(lab: &Lab, all: u64) {
    lab.run(0, &["apply", "--yes"]).expect(0);
    lab.sim.side_door("POST", "/faults", &json!([{ "method": "PUT", "delay_ms": 40 }]));
    let (last, told) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for machine in 0..2 {
            let (last, told) = (&last, &told);
            scope.spawn(move || {
                let mut chance = Chance::new();
                (0..machine * 7).for_each(|_| assert!(chance.below(2) < 2));
                loop {
                    let run = last.fetch_add(1, Ordering::Relaxed) + 1;
                    if run > all {
                        return;
                    }
                    let mishap = Mishap::any(&mut chance);
                    let ran = one(lab, machine, run, mishap, &mut chance);
                    let (code, words) = (ran.code, ran.all());
                    told.lock().unwrap().push(format!("run {run} at {machine}, {mishap:?}: {words}"));
                    // One that another one took over from has no place any more, and nothing else goes wrong.
                    let is_well = match code {
                        Some(0) | None => true,
                        _ => words.contains("lease of this run is lost") || words.contains("changed by another run"),
                    };
                    assert!(is_well, "run {run} at {machine}, {mishap:?}: {words}");
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    let order = writers(lab, all);
    let mut turns = order.clone();
    turns.dedup();
    let mut once = turns.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(turns.len(), once.len(), "two runs wrote at the same time: {order:?}\n{}", told.join("\n"));
    assert!(turns.len() as u64 > all / 4, "too few came to anything: {turns:?}");
    // Whoever comes last makes it whole.
    for machine in [1, 0] {
        one(lab, machine, all + 1, Mishap::Nothing, &mut Chance::new()).expect(0);
    }
    lab.run(1, &["plan", "--exit-code"]).expect(0).says("nothing to do");
    assert_eq!(lab.variables().len(), VARIABLES);
    let owned = lab.stored("ledgers/lab.json");
    assert_eq!(owned["entries"].as_object().unwrap().len(), VARIABLES + 1, "{owned}");
    assert_eq!(lab.stored("leases.json")["leases"], json!([]));
}
