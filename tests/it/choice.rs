//! A part of the changes: what is chosen is made with what it needs, the rest is left, listed, and made by the next run.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bench::{Bench, SITE};
use crate::examples::{EXAMPLES, SECRETS};
use crate::support::Sim;

/// The program's JSON.
fn told(bench: &Bench, arguments: &[&str], code: i32) -> Value {
    let mut command = bench.command(arguments);
    for name in SECRETS {
        command.env(name, format!("made-up-{name}"));
    }
    let ran = crate::bench::Ran::from(command.output().unwrap()).expect(code);
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.all()))
}

fn texts<'v>(items: &'v Value, key: &str) -> BTreeSet<&'v str> {
    items.as_array().into_iter().flatten().filter_map(|item| item[key].as_str()).collect()
}

#[test]
fn a_part_is_made_with_what_it_needs_and_the_rest_by_the_next_run() {
    for example in EXAMPLES {
        let sim = Sim::start();
        let bench = Bench::example(example, &sim).rehearsed();
        let whole = told(&bench, &["plan", "--format", "json"], 0);
        let steps = &whole["body"]["steps"];
        let all = texts(steps, "address");
        // The one that waits for most, but not for all.
        let is_made = |step: &&Value| step["verb"] == "create";
        let mut made: Vec<&Value> = steps.as_array().unwrap().iter().filter(is_made).collect();
        made.sort_by_key(|step| std::cmp::Reverse(step["after"].as_array().map_or(0, Vec::len)));
        let part = |chosen: &str| told(&bench, &["plan", "--only", chosen, "--format", "json"], 0);
        let (chosen, part) = made
            .iter()
            .map(|step| step["address"].as_str().unwrap())
            .map(|chosen| (chosen, part(chosen)))
            .find(|(_, part)| (2..all.len()).contains(&texts(&part["body"]["steps"], "address").len()))
            .unwrap();
        let also = texts(&part["body"]["choice"]["also"], "address");
        let mut meant: BTreeSet<&str> = also.clone();
        meant.insert(chosen);
        assert_eq!(texts(&part["body"]["steps"], "address"), meant, "{example}: {chosen}");
        assert!(!also.is_empty(), "{example}: {chosen} needs nothing");
        let left: BTreeSet<&str> = all.difference(&meant).copied().collect();
        let held = part["body"]["holds"].as_array().unwrap().iter().filter(|hold| hold["code"] == "not-chosen");
        let held: BTreeSet<&str> = held.filter_map(|hold| hold["address"].as_str()).collect();
        assert!(left.is_subset(&held), "{example}: {left:?} is not in {held:?}");

        let done = told(&bench, &["apply", "--only", chosen, "--yes", "--format", "json"], 0);
        assert_eq!(texts(&done["steps"], "address"), meant, "{example}");
        let rest = told(&bench, &["plan", "--format", "json"], 0);
        assert_eq!(texts(&rest["body"]["steps"], "address"), left, "{example}");
        told(&bench, &["apply", "--yes", "--format", "json"], 0);
        let left = told(&bench, &["plan", "--exit-code", "--format", "json"], 0);
        assert_eq!(left["body"]["steps"], json!([]), "{example}");
    }
}

#[test]
fn one_target_is_changed_and_what_it_takes_from_others_is_looked_at() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    let whole = told(&bench, &["plan", "--format", "json"], 0);
    let targets = texts(&whole["body"]["steps"], "target");
    assert!(targets.len() > 2, "{targets:?}");
    told(&bench, &["apply", "--yes", "--format", "json"], 0);
    for target in targets {
        let part = told(&bench, &["plan", "--only-target", target, "--exit-code", "--format", "json"], 2);
        assert_eq!(part["body"]["steps"], json!([]), "{target}: others' values are what they were");
        let held = part["body"]["holds"].as_array().unwrap();
        assert!(held.iter().all(|hold| hold["code"] == "not-chosen"), "{target}: {held:?}");
    }
    bench.run(&["plan", "--only-target", "nowhere"]).expect(1).says("no target `nowhere` is declared");
}

#[test]
fn what_matches_nothing_is_told_with_what_may_be_meant() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), SITE], &sim);
    for (arguments, meant) in [
        (["--only", "site/system-variables/nco"], "did you mean `site/system-variables/noc`?"),
        (["--only", "site"], "all that is there is `site/**`"),
        (["--exclude", "site/system-variables"], "is `site/system-variables/**`"),
        (["--exclude", "elsewhere/**"], "name what `trueup plan` shows"),
    ] {
        for command in ["plan", "apply", "drift"] {
            let ran = bench.run(&[&[command], &arguments[..]].concat()).expect(1);
            ran.says("matches nothing that is declared or owned").says(meant);
        }
    }
    bench.run(&["plan", "--exit-code"]).expect(2);
}

#[test]
fn what_is_left_out_stays_and_is_counted() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), SITE], &sim);
    bench.run(&["apply", "--yes", "--exclude", "site/system-variables/*"]).expect(0);
    let left = bench.run(&["plan", "--exclude", "site/system-variables/*", "--exit-code"]).expect(2);
    left.says("a part of all: `--exclude 'site/system-variables/*'`").says("(2 resources)");
    bench.apply();
    // A removal and a change: with `create-update` the change alone is made.
    bench.edit("vns3.yaml", "      lab: { value: 198.51.100.16/28 }\n", "");
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.64/28");
    let ran = bench.run(&["apply", "--yes", "--mode", "create-update", "--exit-code"]).expect(2);
    ran.says("deferred: `--mode create-update` removes nothing");
    bench.run(&["plan"]).expect(0).says("1 to delete").says("0 to update");
    // What is not chosen is not removed either.
    bench.run(&["apply", "--yes", "--only", "site/config"]).expect(0);
    bench.run(&["plan"]).expect(0).says("1 to delete");
    bench.run(&["apply", "--yes", "--only", "site/system-variables/lab"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    bench.run(&["destroy", "--yes", "--only", "site/system-variables/noc", "--allow", "deletes=1"]).expect(0);
    bench.run(&["plan"]).expect(0).says("1 to create");
}

#[test]
fn who_approves_up_to_a_class_is_not_asked_and_the_rest_waits() {
    let sim = Sim::start();
    let bench = Bench::example("vns3-site", &sim);
    let plan = told(&bench, &["plan", "--format", "json"], 0);
    let of = |step: &Value| step["disruption"].as_str().unwrap().to_owned();
    let classes: BTreeSet<String> = plan["body"]["steps"].as_array().unwrap().iter().map(of).collect();
    assert!(classes.contains("none"), "{classes:?}");
    let done = told(&bench, &["apply", "--auto-approve-up-to", "none", "--format", "json"], 0);
    assert!(done["summary"]["done"].as_u64() > Some(0), "{done}");
    let ran = bench.run(&["apply", "--auto-approve-up-to", "everything"]).expect(64);
    ran.says("tunnel-bounce").says("irreversible");
}

#[test]
fn a_kept_plan_of_a_part_is_a_smaller_plan() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), SITE], &sim);
    bench.run(&["plan", "--only", "site/system-variables/noc", "--out", "part.json"]).expect(0);
    let told = bench.run(&["show", "part.json"]).expect(0);
    told.says("--only site/system-variables/noc").says("left alone");
    let refused = bench.run(&["apply", "part.json", "--yes", "--only", "site/config"]).expect(1);
    refused.says("a plan that was kept is carried out as it is");
    bench.run(&["apply", "part.json", "--yes"]).expect(0);
    let rest = bench.plan();
    assert!(!texts(&rest["steps"], "address").contains("site/system-variables/noc"), "{rest}");
    assert!(texts(&rest["steps"], "address").contains("site/system-variables/lab"), "{rest}");
}

#[test]
fn drift_of_a_part_is_told_by_itself() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), SITE], &sim);
    bench.apply();
    bench.edit("vns3.yaml", "198.51.100.16/28", "198.51.100.32/28");
    bench.apply();
    let change =
        json!({ "set": { "kind": "system-variables", "name": "noc", "fields": { "value": "203.0.113.0/28" } } });
    sim.side_door("POST", "/vns3/site/console", &change);
    bench.run(&["drift"]).expect(4).says("site/system-variables/noc");
    bench.run(&["drift", "--only", "site/system-variables/lab"]).expect(0);
    bench.run(&["drift", "--exclude", "site/system-variables/noc"]).expect(0);
    bench.run(&["drift", "--only", "site/system-variables/*"]).expect(4).says("site/system-variables/noc");
}
