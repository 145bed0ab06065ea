//! How commands end: each code of the table, by a command that ends so.

use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, SITE};
use crate::hostile::nobody;
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
    // A workspace that can't be read is no usage error, and no finding of `validate`.
    bench.write("vns3.yaml", "vns3: [");
    for command in [&["plan"][..], &["plan", "--exit-code"], &["apply", "--yes"], &["drift"], &["destroy", "--yes"]] {
        bench.run(command).expect(1);
    }
}

/// Makes requests to read a path fail; an empty one means all.
fn hide(sim: &Sim, path: &str) {
    let fault = json!({ "method": "GET", "path": path, "status": 500 });
    sim.side_door("POST", "/faults", &json!([fault]));
}

fn show(sim: &Sim) {
    sim.side_door("POST", "/faults", &json!([]));
}

#[test]
fn one_with_a_headline_when_no_target_could_be_looked_at() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.apply();
    hide(&sim, "/api/*");
    let headline = "could not look at 1 of 1 target";
    for command in [&["plan"][..], &["plan", "--exit-code"], &["drift"], &["plan", "--format", "markdown"]] {
        let ran = bench.run(command).expect(1);
        assert!(ran.out.contains(headline) && !ran.out.contains("nothing to do"), "{}", ran.all());
    }
    for command in [&["apply", "--yes"][..], &["destroy", "--yes"], &["adopt", "--all"]] {
        bench.run(command).expect(1).says(headline);
    }
    bench.run(&["export", "site", "--out", "exported"]).expect(1).says(headline);
    show(&sim);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

/// Two controllers, `one` and `two`, which hold the same.
fn two(at: impl Fn(&str) -> String) -> String {
    let target = |name: &str| {
        let credentials = "credentials: { username: api, password: stand-in }";
        let variable = "system-variables: { noc: { value: 198.51.100.0/28 } }";
        format!("  {name}:\n    at: {}\n    {credentials}\n    {variable}\n", at(name))
    };
    format!("vns3:\n{}{}", target("one"), target("two"))
}

#[test]
fn one_where_nobody_listens() {
    let files = two(|_| format!("{}/api", nobody()));
    let bench = Bench::real(&[("trueup.yaml", "workspace: two\n"), ("vns3.yaml", &files)]);
    bench.run(&["apply", "--yes"]).expect(1).says("could not look at 2 of 2 targets");
}

#[test]
fn thirty_two_where_one_of_two_answers() {
    let sim = Sim::start();
    let files = two(|name| format!("https://{name}.example:8000/api"));
    let bench = Bench::of(&[("trueup.yaml", "workspace: two\n"), ("vns3.yaml", &files)], &sim);
    let hidden = |targets: &[&str]| {
        let fault = |name: &&str| json!({ "method": "GET", "installation": name, "reset_before": true });
        sim.side_door("POST", "/faults", &targets.iter().map(fault).collect());
    };
    hidden(&["one", "two"]);
    for command in [&["plan"][..], &["plan", "--exit-code"], &["drift"], &["apply", "--yes"]] {
        bench.run(command).expect(1).says("could not look at 2 of 2 targets");
    }
    hidden(&["two"]);
    bench.run(&["plan"]).expect(32);
    bench.run(&["plan", "--exit-code"]).expect(2 + 32);
    bench.run(&["drift"]).expect(32);
    // What could be reached is done: that is part of the way. After it, nothing more can be.
    bench.run(&["apply", "--yes"]).expect(5);
    bench.run(&["apply", "--yes"]).expect(32);
    // Of the other target nothing is owned: there is nothing to remove, and nothing to look at.
    bench.destroy(&[]).expect(0);
    // Once something is, it is missed.
    hidden(&[]);
    bench.apply();
    hidden(&["two"]);
    bench.destroy(&[]).expect(5);
    bench.destroy(&[]).expect(1).says("could not look at 1 of 1 target");
}

#[test]
fn thirty_two_is_added_to_what_was_found() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.apply();
    somebody_sets(&sim, "noc", "10.0.0.0/8");
    hide(&sim, "/api/config");
    bench.run(&["plan"]).expect(32);
    bench.run(&["plan", "--exit-code"]).expect(4 + 32);
    bench.run(&["drift"]).expect(4 + 32);
    bench.run(&["adopt", "--all"]).expect(5);
    bench.run(&["export", "site", "--out", "exported"]).expect(5);
    // What was exported is no part of the workspace.
    fs::remove_dir_all(bench.path().join("exported")).unwrap();
    // A policy is broken besides: both are told, and an apply says by its code that this is why nothing is written.
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }\n", "");
    bench.run(&["plan"]).expect(16 + 32);
    bench.run(&["apply", "--yes"]).expect(16).says("`policy.max-deletes` is 0");
    bench.run(&["drift"]).expect(4 + 32);
    show(&sim);
    bench.run(&["plan", "--exit-code"]).expect(2 + 4 + 16);
}

#[test]
fn two_if_asked_when_something_is_deferred_on_purpose() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.edit("trueup.yaml", "max-deletes: 0", "protect: [\"site/system-variables/lab\"]");
    bench.apply();
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }\n", "");
    bench.run(&["plan"]).expect(0).says("protects it");
    bench.run(&["plan", "--exit-code"]).expect(2);
    bench.run(&["drift"]).expect(0);
    bench.run(&["apply", "--yes"]).expect(0);
    bench.run(&["apply", "--yes", "--exit-code"]).expect(2);
    bench.destroy(&["--exit-code"]).expect(2);
    bench.destroy(&[]).expect(0);
    // Without the policy nothing is deferred.
    bench.write("trueup.yaml", WORKSPACE[0].1);
    bench.destroy(&["--exit-code"]).expect(0);
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
    // Without the flag, what is pending is no failure; nor is drift, nor a conflict.
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
    bench.run(&["plan"]).expect(16).says("`policy.max-deletes` is 0");
    bench.run(&["plan", "--exit-code"]).expect(2 + 16).says("`policy.max-deletes` is 0");
    bench.run(&["drift"]).expect(0);
    sim.side_door("DELETE", "/requests", &Value::Null);
    bench.run(&["apply", "--yes"]).expect(16).says("`policy.max-deletes` is 0");
    let asked = sim.side_door("GET", "/requests", &Value::Null);
    assert!(asked.as_array().unwrap().iter().all(|request| request["method"] == "GET"), "{asked}");
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
fn five_or_one_when_steps_of_a_saved_plan_have_moved() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.apply();
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.32/28");
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    somebody_sets(&sim, "noc", "10.0.0.0/8");
    bench.run(&["apply", "p.json", "--yes"]).expect(1).says("`site/system-variables/noc` is not as it was");
    bench.edit("vns3.yaml", "198.51.100.16/28", "198.51.100.48/28");
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    somebody_sets(&sim, "noc", "10.0.0.0/9");
    bench.run(&["apply", "p.json", "--yes"]).expect(5).says("`site/system-variables/noc` is not as it was");
}

#[test]
fn the_table_is_explained() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    let told = bench.run(&["explain", "exit-codes"]).expect(0);
    for line in
        ["  32  bit: not everything could be known", "  plan --exit-code", "    part-way               3 findings"]
    {
        assert!(told.out.lines().any(|told| told == line), "{}", told.all());
    }
    bench.run(&["explain", "exit-code"]).expect(1).says("did you mean `exit-codes`?");
}

#[test]
fn what_the_system_refuses_is_told_with_the_act_and_the_file() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    for (command, told) in [
        (&["export", "site", "--out", "/dev/null/x"][..], "could not make the folder `/dev/null/x`: "),
        (&["demo", "--keep", "/dev/null/z"], "could not make the folder `/dev/null/z/"),
        (&["sim", "--state", "/dev/null/q"], "with the state in `/dev/null/q`: "),
        (&["sim", "--faults", "/dev/null/f"], "could not read the faults in `/dev/null/f`: "),
    ] {
        let ran = bench.run(command).expect(1).says(told);
        assert!(ran.err.contains("error: could not "), "{}", ran.all());
    }
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
