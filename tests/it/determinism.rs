//! The same inputs give the same bytes, however answers overtake each other.

use serde_json::json;

use crate::bench::{Bench, every_line};
use crate::support::Sim;

/// Runs of each form with one thread, and as many with several; in CI twenty in all.
const RUNS: (usize, usize) = (4, 10);

#[test]
fn the_plan_of_an_empty_world_is_the_same_every_time() {
    let sim = Sim::start();
    same_every_time(&sim, &Bench::example("acme-wan", &sim));
}

#[test]
fn so_is_the_plan_of_changes_and_drift() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    bench.apply();
    bench.edit("netfoundry.yaml", r##"["#branch", "#europe"]"##, r##"["#branch", "#emea"]"##);
    bench.edit("vns3/west.yaml", "topology_name: acme-wan", "topology_name: acme-network");
    let moved = json!({ "set": { "kind": "config", "name": "", "fields": { "controller_name": "somebody's" } } });
    sim.side_door("POST", "/vns3/east/console", &moved);
    same_every_time(&sim, &bench);
}

fn same_every_time(sim: &Sim, bench: &Bench) {
    let text = bench.run(&["plan", "--calls", "--all"]).expect(0).out;
    let json = bench.run(&["plan", "--format", "json"]).expect(0).out;
    assert!(text.contains(" to update"), "there is nothing to plan:\n{text}");
    // Answers now come late, each by another while: they overtake each other.
    let late = |share: f64, ms: u64| json!({ "probability": share, "delay_ms": ms });
    sim.side_door("POST", "/faults", &json!([late(0.2, 30), late(0.3, 10), late(0.5, 2)]));
    for run in 0..if every_line() { RUNS.1 } else { RUNS.0 } {
        for threads in ["1", "8"] {
            let again = |arguments: &[&str]| {
                let output = bench.command(arguments).env("TOKIO_WORKER_THREADS", threads).output().unwrap();
                String::from_utf8(output.stdout).unwrap()
            };
            assert_eq!(again(&["plan", "--calls", "--all"]), text, "run {run} with {threads} threads");
            assert_eq!(again(&["plan", "--format", "json"]), json, "run {run} with {threads} threads");
        }
    }
}
