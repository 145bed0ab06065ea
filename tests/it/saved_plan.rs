//! A plan that was written down is carried out as it was read, or not at all.

use serde_json::json;

use crate::bench::{Bench, SITE};
use crate::support::Sim;

const WORKSPACE: [(&str, &str); 2] = [("trueup.yaml", "workspace: site\n"), SITE];

#[test]
fn it_is_carried_out() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
    // From elsewhere, the workspace is named.
    bench.edit("vns3.yaml", "site-one", "site-two");
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let away = tempfile::tempdir().unwrap();
    let plan = bench.path().join("p.json");
    let arguments = ["apply", plan.to_str().unwrap(), "--yes", "--workspace", bench.path().to_str().unwrap()];
    let output = bench.command(&arguments).current_dir(away.path()).output().unwrap();
    assert!(output.status.success(), "{}", crate::bench::Ran::from(output).all());
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_moved_in_between_is_held_and_the_rest_goes_on() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.apply();
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.32/28");
    bench.edit("vns3.yaml", "198.51.100.16/28", "198.51.100.48/28");
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let moved = json!({ "set": { "kind": "system-variables", "name": "lab", "fields": { "value": "10.9.9.0/24" } } });
    sim.side_door("POST", "/vns3/site/console", &moved);
    bench.run(&["apply", "p.json", "--yes"]).expect(5).says("hold: `site/system-variables/lab` is not as it was");
    let plan = bench.plan();
    let left: Vec<&str> = plan["steps"].as_array().unwrap().iter().map(|s| s["address"].as_str().unwrap()).collect();
    assert_eq!(left, ["site/system-variables/lab"]);
    // Planned anew, it is done.
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_was_not_planned_is_not_done() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    // All of it is done already: nothing is left, and nothing fails.
    bench.run(&["apply", "p.json", "--yes"]).expect(0);
    // Somebody removes an object: the plan said nothing of making it once more.
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    let gone = json!({ "remove": { "kind": "system-variables", "name": "lab" } });
    sim.side_door("POST", "/vns3/site/console", &gone);
    bench.run(&["apply", "p.json", "--yes"]).expect(1).says("`site/system-variables/lab` is not as it was");
    bench.run(&["plan", "--exit-code"]).expect(4);
}

#[test]
fn what_is_held_by_now_is_told_and_not_taken_for_done() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.edit("vns3.yaml", "    config:", "    peering-self: { id: 1 }\n    config:");
    let meant = ["--allow", "irreversible=site/peering-self"];
    bench.run(&["plan", "--out", "p.json", meant[0], meant[1]]).expect(0);
    // Whoever carries it out has to mean it, too. What needs nobody's word is done.
    let ran = bench.run(&["apply", "p.json", "--yes"]).expect(5);
    ran.says("hold: `site/peering-self` is held now").says("run with `--allow irreversible=site/peering-self`");
    bench.run(&["apply", "p.json", "--yes"]).expect(1).says("hold: `site/peering-self` is held now");
    bench.run(&["apply", "p.json", "--yes", meant[0], meant[1]]).expect(0);
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn other_files_refuse_it() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    bench.run(&["plan", "--out", "p.json"]).expect(0);
    bench.edit("vns3.yaml", "site-one", "site-two");
    let refused = bench.run(&["apply", "p.json", "--yes"]).expect(1);
    refused.says("the workspace's files are not the ones that the plan was made from").says("plan again");
    let other = [("trueup.yaml", "workspace: elsewhere\n"), SITE];
    let elsewhere = Bench::of(&other, &sim);
    let plan = bench.path().join("p.json");
    let refused = elsewhere.run(&["apply", plan.to_str().unwrap(), "--yes"]).expect(1);
    refused.says("the plan is for workspace `site`, this is `elsewhere`");
}

#[test]
fn what_is_no_plan_is_said_so() {
    let sim = Sim::start();
    let bench = Bench::of(&WORKSPACE, &sim);
    for text in ["", "hello", "{}", "[]", r#"{"format": 99}"#, r#"{"format": 1, "workspace": "site"}"#] {
        bench.write("p.json", text);
        bench.run(&["apply", "p.json", "--yes"]).expect(1).says("could not read the plan `p.json`");
    }
    bench.run(&["apply", "vns3.yaml", "--yes"]).expect(1).says("could not read the plan `vns3.yaml`");
    bench.run(&["apply", "nowhere", "--yes"]).expect(1).says("nowhere");
    bench.run(&["plan", "--out", "no/such/folder/p.json"]).expect(1).says("could not write `no/such/folder/p.json`");
}
