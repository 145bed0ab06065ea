//! How commands end: each code of the table, by a command that ends so.

use std::fs;

use serde_json::json;

use crate::bench::{Bench, SITE};
use crate::support::Sim;

const WORKSPACE: [(&str, &str); 2] = [("trueup.yaml", "workspace: site\npolicy: { max-deletes: 0 }\n"), SITE];

fn somebody_sets(sim: &Sim, name: &str, value: &str) {
    let change = json!({ "set": { "kind": "system-variables", "name": name, "fields": { "value": value } } });
    sim.side_door("POST", "/vns3/site/console", &change);
}

#[test]
fn zero_when_nothing_is_to_do_or_all_is_done() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["validate"]).expect(0);
    bench.run(&["plan"]).expect(0);
    bench.run(&["apply", "--yes"]).expect(0);
    bench.run(&["apply", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.run(&["drift"]).expect(0);
    bench.run(&["--help"]).expect(0);
    bench.run(&["--version"]).expect(0);
}

#[test]
fn one_when_it_failed_and_nothing_was_changed() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    // Nobody is there to be asked.
    bench.run(&["apply"]).expect(1).says("nobody is here to ask");
    // The first write is refused, and it was the only one.
    bench.write("vns3.yaml", &SITE.1.replace("      lab: { value: 198.51.100.16/28 }\n", ""));
    sim.side_door("POST", "/faults", &json!([{ "method": "GET", "path": "/api/config", "status": 500 }]));
    bench.run(&["plan"]).expect(1);
    bench.run(&["plan", "--exit-code"]).expect(1);
    bench.run(&["drift"]).expect(1);
    // A workspace that can't be read is no usage error, and no finding of `validate`.
    bench.write("vns3.yaml", "vns3: [");
    bench.run(&["plan"]).expect(1);
    bench.run(&["apply", "--yes"]).expect(1);
    bench.run(&["drift"]).expect(1);
}

#[test]
fn bits_add_up() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--exit-code"]).expect(2);
    bench.apply();
    somebody_sets(&sim, "noc", "10.0.0.0/8");
    bench.run(&["plan", "--exit-code"]).expect(4);
    bench.run(&["drift"]).expect(4);
    // The files move, too: elsewhere, then at the same place.
    bench.edit("vns3.yaml", "site-one", "site-two");
    bench.run(&["plan", "--exit-code"]).expect(2 + 4);
    bench.run(&["drift"]).expect(4);
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.32/28");
    bench.run(&["plan", "--exit-code"]).expect(2 + 8);
    bench.run(&["drift"]).expect(8);
    somebody_sets(&sim, "lab", "10.0.0.0/8");
    bench.run(&["plan", "--exit-code"]).expect(2 + 4 + 8);
    bench.run(&["drift"]).expect(4 + 8);
    // Without the flag, what is pending is no failure.
    bench.run(&["plan"]).expect(0);
}

#[test]
fn drift_that_must_not_be_healed_is_drift_all_the_same() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.edit("trueup.yaml", "max-deletes: 0", "max-deletes: 0, protect: [\"site/routes/*\"]");
    bench.edit(
        "vns3.yaml",
        "    system-variables:",
        "    routes: { out: { cidr: 10.9.0.0/16, gateway: 192.0.2.1, metric: 3 } }\n    system-variables:",
    );
    bench.apply();
    // Only a new route could have the wanted metric, and the policy keeps the old one.
    let change = json!({ "set": { "kind": "routes", "name": "10.9.0.0/16", "fields": { "metric": 5 } } });
    sim.side_door("POST", "/vns3/site/console", &change);
    bench.run(&["plan", "--exit-code"]).expect(4).says("`site/routes/*` protects it").says("metric: 5 → 3");
    bench.run(&["drift"]).expect(4).says("an apply leaves it alone").says("metric: 5 → 3");
}

#[test]
fn sixteen_when_a_policy_is_broken() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.apply();
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }\n", "");
    bench.run(&["plan", "--exit-code"]).expect(2 + 16).says("`policy.max-deletes` is 0");
    bench.run(&["apply", "--yes"]).expect(1).says("`policy.max-deletes` is 0");
    bench.edit("trueup.yaml", "max-deletes: 0", "max-deletes: 1");
    bench.run(&["plan", "--exit-code"]).expect(2);
    bench.run(&["apply", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn three_when_validate_finds_something() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.edit("vns3.yaml", "topology_name", "topologyname");
    bench.run(&["validate"]).expect(3).says("topologyname");
    bench.write("vns3.yaml", "vns3: [");
    bench.run(&["validate"]).expect(3);
    fs::remove_file(bench.path().join("trueup.yaml")).unwrap();
    bench.run(&["validate"]).expect(3);
}

#[test]
fn five_when_an_apply_came_only_part_of_the_way() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    sim.side_door("POST", "/faults", &json!([{ "method": "POST", "status": 422, "nth": 1 }]));
    bench.run(&["apply", "--yes"]).expect(5);
    bench.run(&["apply", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn sixty_four_for_a_command_line_that_means_nothing() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["play"]).expect(64);
    bench.run(&["plan", "--no-such-option"]).expect(64);
    bench.run(&["plan", "--format", "paper"]).expect(64);
    bench.run(&["plan", "--var", "no-value"]).expect(64);
    bench.run(&["apply", "--parallel", "many"]).expect(64);
    bench.run(&[]).expect(64);
}
