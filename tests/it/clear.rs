//! All clear means that all was seen and compared; one fact is told once.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

const SITE: &str = "
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    config: {}
    routes: { a: { cidr: 10.1.0.0/16, interface: eth0 }, b: { cidr: 10.2.0.0/16, interface: eth0 } }
";

fn bench(sim: &Sim) -> Bench {
    Bench::of(&[("trueup.yaml", "workspace: clear\n"), ("vns3.yaml", SITE)], sim)
}

fn somebody_adds(sim: &Sim, net: u8) {
    let route = json!({ "cidr": format!("172.16.{net}.0/24"), "interface": "eth0" });
    sim.side_door("POST", "/vns3/site/console", &json!({ "add": { "kind": "routes", "fields": route } }));
}

#[test]
fn nothing_is_clear_before_something_was_applied() {
    let sim = Sim::start();
    let bench = bench(&sim);
    let note = "1 of 3 declared are at the controllers as the files say";
    bench.run(&["plan"]).expect(0).says(note);
    for format in ["text", "markdown", "json"] {
        bench.run(&["drift", "--format", format]).expect(32).says(note);
    }
    bench.apply();
    bench.run(&["drift"]).expect(0);
    // Without the ledger nothing is known of it.
    bench.forget();
    bench.run(&["drift"]).expect(32).says("3 of 3 declared are at the controllers as the files say");
}

#[test]
fn nothing_is_clear_where_nothing_is_declared() {
    let sim = Sim::start();
    let bench = bench(&sim);
    bench.write("vns3.yaml", SITE.split("    config").next().unwrap());
    for command in [&["plan"][..], &["plan", "--exit-code"], &["drift"]] {
        let ran = bench.run(command).expect(32).says("the files declare nothing");
        assert!(!ran.out.contains("nothing to do\n") && !ran.out.contains("no drift\n"), "{}", ran.all());
    }
}

#[test]
fn objects_of_others_are_a_line_and_drift_where_the_files_speak_for_all() {
    let sim = Sim::start();
    let bench = bench(&sim);
    bench.apply();
    somebody_adds(&sim, 1);
    bench.run(&["drift"]).expect(0).says("1 of others among the routes at `site`");
    somebody_adds(&sim, 2);
    bench.run(&["drift"]).expect(0).says("2 routes of others at `site`");
    bench.run(&["drift", "--strict"]).expect(4);
    bench.edit("vns3.yaml", "    config: {}", "    prune: all\n    config: {}");
    let ran = bench.run(&["drift"]).expect(4).says("2 resources drifted");
    assert_eq!(ran.out.matches("added at the controller").count(), 2, "{}", ran.all());
    bench.run(&["plan", "--exit-code"]).says("2 of them are drift");
}

#[test]
fn what_was_not_seen_is_one_line_for_a_target_and_never_absent() {
    let sim = Sim::start();
    let bench = bench(&sim);
    bench.apply();
    sim.side_door("POST", "/faults", &json!([{ "method": "GET", "path": "/api/routes", "status": 401 }]));
    for command in [&["plan"][..], &["plan", "--format", "markdown"], &["drift"]] {
        let ran = bench.run(command).expect(32).says("2 resources not looked at");
        assert_eq!(ran.out.matches("answered 401").count(), 1, "{}", ran.all());
        assert!(!ran.out.contains("nothing to do\n") && !ran.out.contains("no drift\n"), "{}", ran.all());
    }
    // For programs, each has its own.
    let json: Value = serde_json::from_str(&bench.run(&["plan", "--format", "json"]).out).unwrap();
    assert_eq!((json["body"]["holds"].as_array().unwrap().len(), &json["body"]["summary"]["unseen"]), (2, &json!(2)));
}
