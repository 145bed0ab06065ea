//! States of networks and edge routers: what is held, with the platform's words and what to do.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

/// The platform with the walk-through applied.
fn applied(sim: &Sim) -> Bench {
    let bench = Bench::example("netfoundry-appwan", sim);
    bench.apply();
    bench
}

fn set_state(sim: &Sim, kind: &str, name: &str, state: &str) {
    let change = json!({ "set": { "kind": kind, "name": name, "fields": { "status": state } } });
    sim.side_door("POST", "/netfoundry/nf/console", &change);
}

/// What a plan leaves alone, and why.
fn holds(plan: &Value) -> Vec<(String, String)> {
    let hold = |hold: &Value| (hold["address"].as_str().unwrap().into(), hold["reason"].as_str().unwrap().into());
    plan["holds"].as_array().unwrap().iter().map(hold).collect()
}

#[test]
fn what_is_broken_or_suspended_is_held_even_if_it_does_not_differ() {
    let sim = Sim::start();
    let bench = applied(&sim);
    set_state(&sim, "edge-routers", "branch", "ERROR");
    let branch = "nf/networks/acme/edge-routers/branch".to_owned();
    assert_eq!(holds(&bench.plan()), [(branch.clone(), "it is in state `ERROR`".into())]);
    bench.run(&["plan"]).says("remove it and create it again, as the vendor advises");
    set_state(&sim, "edge-routers", "branch", "PROVISIONED");
    set_state(&sim, "networks", "acme", "SUSPENDED");
    assert_eq!(holds(&bench.plan()), [("nf/networks/acme".into(), "it is in state `SUSPENDED`".into())]);

    // Nothing is written to what lives in it.
    bench.edit("netfoundry.yaml", r##"attributes: ["#staff"]"##, r##"attributes: ["#staff", "#apps"]"##);
    let plan = bench.plan();
    assert_eq!(plan["steps"], json!([]));
    let (address, why) = &holds(&plan)[1];
    assert_eq!(address, "nf/networks/acme/endpoints/laptop-ana");
    assert_eq!(why, "it lives in `nf/networks/acme`, which takes no change now");
    set_state(&sim, "networks", "acme", "PROVISIONED");
    bench.apply();
    bench.run(&["plan", "--exit-code"]).expect(0);
}

#[test]
fn what_is_about_to_go_is_not_as_wanted() {
    let sim = Sim::start();
    let bench = applied(&sim);
    set_state(&sim, "edge-routers", "branch", "DELETING");
    let [(_, why)] = &holds(&bench.plan())[..] else { panic!("one hold") };
    assert_eq!(why, "the controller is still at work on it: state `DELETING`");
}

/// A network takes no change: what differs is told, and never made anew.
#[test]
fn a_network_is_neither_changed_nor_removed_unless_that_is_meant() {
    let sim = Sim::start();
    let bench = applied(&sim);
    for (from, to, field) in [
        ("size: medium", "size: small", "size"),
        ("region: us-east-2\n        size", "region: us-east-1\n        size", "region"),
        ("provider: AWS\n        region", "provider: OCI\n        region", "provider"),
    ] {
        bench.edit("netfoundry.yaml", from, to);
        let plan = bench.plan();
        assert_eq!(plan["steps"], json!([]), "{field}");
        let why = format!("`{field}` can't be changed after create");
        assert_eq!(holds(&plan), [("nf/networks/acme".into(), why)]);
        bench.edit("netfoundry.yaml", to, from);
    }
    // The example protects it as well.
    bench.edit("trueup.yaml", "  protect: [nf/networks/acme]\n", "");
    bench.edit("trueup.yaml", "max-deletes: 5", "max-deletes: 50");
    let file = std::fs::read_to_string(bench.path().join("netfoundry.yaml")).unwrap();
    bench.write("netfoundry.yaml", file.split_once("    networks:").unwrap().0);
    let network = |plan: &Value| holds(plan).into_iter().find(|(address, _)| address == "nf/networks/acme");
    let (_, why) = network(&bench.plan()).unwrap();
    assert!(why.starts_with("removing it destroys everything in it"), "{why}");
    bench.run(&["plan"]).says("run with `--allow destroy=nf/networks/acme`");
    let meant = ["--allow", "destroy=nf/networks/acme", "--allow", "deletes=50"];
    bench.run(&[&["apply", "--yes", "--quiet"], &meant[..]].concat()).expect(0);
    let state = sim.side_door("GET", "/netfoundry/nf/state", &Value::Null);
    let left = state["store"].as_array().unwrap().iter().filter(|object| object["life"] != "gone");
    let left: Vec<&Value> = left.filter(|object| object["kind"] != "execution").collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What lives in a network of product 8 is kept by its own controller: nothing is written to it, whichever way it is declared.
#[test]
fn a_network_of_product_8_is_told_and_left_alone() {
    let sim = Sim::start();
    let bench = applied(&sim);
    let set = json!({ "set": { "kind": "networks", "name": "acme", "fields": { "productVersion": "8.1.2" } } });
    sim.side_door("POST", "/netfoundry/nf/console", &set);
    let of_network =
        |plan: &Value| holds(plan).into_iter().find(|(address, _)| address == "nf/networks/acme").unwrap().1;
    assert_eq!(of_network(&bench.plan()), "it is in state `product 8 or later`");
    bench.run(&["plan"]).says("leave it out of the files");
    bench.edit("netfoundry.yaml", r##"attributes: ["#staff"]"##, r##"attributes: ["#staff", "#apps"]"##);
    let plan = bench.plan();
    assert_eq!(plan["steps"], json!([]));
    assert!(holds(&plan).iter().any(|(address, why)| {
        address == "nf/networks/acme/endpoints/laptop-ana" && why.contains("which takes no change now")
    }));
    sim.side_door("DELETE", "/requests", &json!(null));
    bench.run(&["apply", "--yes"]);
    let log = sim.side_door("GET", "/requests", &json!(null));
    let wrote = |entry: &&Value| entry["method"] != "GET" && entry["path"] != "/oauth2/token";
    assert_eq!(log.as_array().unwrap().iter().find(wrote), None);
    // Nor is one made.
    let fresh = Sim::start();
    let bench = Bench::example("netfoundry-appwan", &fresh);
    bench.edit("netfoundry.yaml", "region: us-east-2", "region: us-east-2\n        productVersion: 8.0.1");
    let why = "what lives in networks of product 8 and later is kept by their own controllers, which are out of reach";
    let plan = bench.plan();
    assert_eq!((of_network(&plan), &plan["steps"]), (why.to_owned(), &json!([])));
    bench.run(&["apply", "--yes"]);
    let log = fresh.side_door("GET", "/requests", &json!(null));
    assert_eq!(log.as_array().unwrap().iter().find(wrote), None);
}
