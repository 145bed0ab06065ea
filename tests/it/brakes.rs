//! So many removals at once have to be meant, in the plan that a reviewer sees and in the apply; a destroy says its number.

use std::fmt::Write;

use serde_json::Value;

use crate::bench::{Bench, Ran};
use crate::support::Sim;

const ENVELOPE: &str = "workspace: braked\n";

/// A controller with so many routes.
fn routes(count: usize) -> String {
    let head = "vns3:\n  site:\n    at: https://203.0.113.30:8000/api\n    \
                credentials: { username: api, password: stand-in }\n    config: {}\n";
    let mut text = head.to_owned();
    for n in 0..count {
        let kind = if n == 0 { "    routes:\n" } else { "" };
        writeln!(text, "{kind}      r{n}: {{ cidr: 10.{n}.0.0/16, interface: eth0 }}").unwrap();
    }
    text
}

/// A workspace in which so many routes were applied, and so many are left in the files.
fn shrunk(sim: &Sim, from: usize, to: usize) -> Bench {
    let bench = Bench::of(&[("trueup.yaml", ENVELOPE), ("vns3.yaml", &routes(from))], sim);
    bench.apply();
    bench.write("vns3.yaml", &routes(to));
    bench
}

fn has_written(sim: &Sim) -> bool {
    let asked = sim.side_door("GET", "/requests", &Value::Null);
    asked.as_array().unwrap().iter().any(|request| request["method"] != "GET")
}

#[test]
fn the_reviewer_sees_the_brake_and_nothing_is_written() {
    let sim = Sim::start();
    for (from, to, why) in [
        (13, 9, "4 of 13 `site/routes` would go, more than 30 %"),
        (2, 0, "both `site/routes` would go"),
        (6, 0, "all 6 `site/routes` would go"),
    ] {
        sim.side_door("POST", "/reset", &Value::Null);
        let bench = shrunk(&sim, from, to);
        sim.side_door("DELETE", "/requests", &Value::Null);
        let number = format!("deletes={}", from - to);
        let shown = |ran: Ran| assert!(ran.out.contains(why) && ran.out.contains(&number), "{}", ran.all());
        shown(bench.run(&["plan"]).expect(16));
        shown(bench.run(&["plan", "--exit-code"]).expect(2 + 16));
        shown(bench.run(&["plan", "--format", "markdown"]).expect(16));
        let json: Value = serde_json::from_str(&bench.run(&["plan", "--format", "json"]).expect(16).out).unwrap();
        assert_eq!(json["body"]["broken"]["limits"], serde_json::json!([why]));
        assert_eq!(json["body"]["broken"]["allow"], *number);
        bench.run(&["apply", "--yes"]).expect(16).says(why).says(&number);
        let fewer = format!("deletes={}", from - to - 1);
        bench.run(&["apply", "--yes", "--allow", &fewer]).expect(16).says(why);
        assert!(!has_written(&sim));
        // Drift is about the controllers.
        bench.run(&["drift"]).expect(0);
        let plan = bench.run(&["plan", "--allow", &number]).expect(0);
        assert!(!plan.out.contains("policy broken"), "{}", plan.all());
        bench.run(&["apply", "--yes", "--allow", &number]).expect(0);
        bench.run(&["plan", "--exit-code"]).expect(0);
    }
}

#[test]
fn the_change_says_so_itself_and_is_told_when_nothing_needs_it_any_more() {
    let sim = Sim::start();
    let bench = shrunk(&sim, 10, 3);
    bench.write("trueup.yaml", &format!("{ENVELOPE}policy: {{ allow: {{ deletes: 7 }} }}\n"));
    let plan = bench.run(&["plan", "--exit-code"]).expect(2);
    assert!(!plan.err.contains("allows-nothing"), "{}", plan.all());
    bench.apply();
    bench.run(&["plan"]).expect(0).says("trueup.yaml:2:").says("`deletes=7` allows nothing");
    bench.write("trueup.yaml", ENVELOPE);
    let plan = bench.run(&["plan"]).expect(0);
    assert!(!plan.err.contains("allows-nothing"), "{}", plan.all());
}

#[test]
fn what_goes_is_told_with_what_it_cuts() {
    let sim = Sim::start();
    let bench = shrunk(&sim, 3, 2);
    for format in ["text", "markdown"] {
        bench.run(&["plan", "--format", format]).expect(0).says("traffic: 1 outage");
    }
}

#[test]
fn a_destroy_has_no_brake_and_says_its_number() {
    let sim = Sim::start();
    let bench = shrunk(&sim, 6, 6);
    sim.side_door("DELETE", "/requests", &Value::Null);
    // What the files let through is meant for another plan.
    bench.write("trueup.yaml", &format!("{ENVELOPE}policy: {{ allow: {{ deletes: 100 }} }}\n"));
    for flags in [&[][..], &["--yes"], &["--yes", "--allow", "deletes=5"]] {
        let ran = bench.run(&[&["destroy"], flags].concat()).expect(1).says("6 to delete");
        let ran = ran.says("run `trueup destroy --yes --allow deletes=6`");
        assert!(!ran.all().contains("trueup apply"), "{}", ran.all());
    }
    assert!(!has_written(&sim));
    bench.run(&["destroy", "--yes", "--allow", "deletes=6"]).expect(0).says("6 steps done");
    bench.run(&["destroy", "--yes"]).expect(0);
}
