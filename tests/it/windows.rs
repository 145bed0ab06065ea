//! Windows and freezes: what is outside of its window is left, listed and made by the next run within. The time is that of a
//! rehearsal.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use trueup::parts::CATALOGUE;

use crate::bench::{Bench, Ran, SITE};
use crate::examples::EXAMPLES;
use crate::support::Sim;
use crate::world::World;

/// A Wednesday, a Saturday morning within the window, and half an hour before it closes for a week.
const BEFORE: &str = "2026-12-02T12:00:00Z";
const WITHIN: &str = "2026-12-05T02:30:00Z";

/// A workspace whose changes that do this to traffic wait for Saturday morning.
fn bench(files: &[(&str, &str)], rules: &str, sim: &Sim) -> Bench {
    let envelope = format!("workspace: w\npolicy:\n{rules}");
    let mut all = vec![("trueup.yaml", envelope.as_str())];
    all.extend(files);
    Bench::of(&all, sim).rehearsed()
}

fn saturday(more: &str) -> String {
    format!("  windows: [{{ {more}open: \"0 2 * * 6\", for: 4h, zone: Europe/Berlin }}]\n")
}

fn at(bench: &Bench, time: &str, arguments: &[&str]) -> Ran {
    bench.run(&[arguments, &["--sim-time", time]].concat())
}

fn body(ran: &Ran) -> Value {
    let mut plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.all()));
    plan["body"].take()
}

#[test]
fn what_is_deferred_is_made_in_its_window_and_not_before() {
    let sim = Sim::start();
    for example in EXAMPLES {
        let bench = Bench::example(example, &sim).rehearsed();
        bench.edit("trueup.yaml", "policy:\n", &format!("policy:\n{}", saturday("")));
        let plan = body(&at(&bench, BEFORE, &["plan", "--format", "json"]).expect(0));
        assert_eq!(plan["steps"], json!([]), "{example}");
        let holds = plan["holds"].as_array().unwrap();
        let deferred: Vec<&Value> = holds.iter().filter(|hold| hold["code"] == "deferred").collect();
        assert!(!deferred.is_empty(), "{example}: {holds:?}");
        for hold in deferred {
            let told = hold["reason"].as_str().unwrap();
            let (until, with) = ("deferred until Sat 2026-12-05 02:00 Europe/Berlin", ", which is deferred");
            assert!(told.contains(until) || told.ends_with(with), "{example}: {hold}");
        }
        at(&bench, BEFORE, &["plan", "--exit-code"]).expect(2);
        at(&bench, BEFORE, &["apply", "--yes", "--exit-code"]).expect(2).says("deferred until Sat 2026-12-05 02:00");
        at(&bench, BEFORE, &["apply", "--yes"]).expect(0);
        let plan = body(&at(&bench, WITHIN, &["plan", "--format", "json"]).expect(0));
        let steps = plan["steps"].as_array().unwrap();
        let closes: BTreeSet<&str> = steps.iter().filter_map(|step| step["not_after"].as_str()).collect();
        assert_eq!(closes, ["2026-12-05T05:00:00Z"].into(), "{example}");
        at(&bench, WITHIN, &["apply", "--yes", "--quiet"]).expect(0);
        at(&bench, WITHIN, &["plan", "--exit-code"]).expect(0);
    }
}

/// A controller with a tunnel, whose name is harmless and whose address is not.
const TUNNEL: &str = r#"
vns3:
  site:
    at: https://203.0.113.30:8000/api
    credentials: { username: api, password: stand-in }
    system-variables: { noc: { value: 198.51.100.0/28 } }
    ipsec-endpoints:
      to-west: { ipaddress: 198.51.100.7, secret: made-up-stand-in, description: one }
"#;

#[test]
fn what_is_harmless_goes_and_what_is_meant_goes_too() {
    let sim = Sim::start();
    let bench = bench(&[("vns3.yaml", TUNNEL)], &saturday("targets: [site], disruption: tunnel-bounce, "), &sim);
    at(&bench, BEFORE, &["apply", "--yes", "--quiet"]).expect(0);
    at(&bench, BEFORE, &["plan", "--exit-code"]).expect(0);
    bench.edit("vns3.yaml", "198.51.100.7", "198.51.100.8");
    bench.edit("vns3.yaml", "198.51.100.0/28", "198.51.100.64/28");
    let plan = at(&bench, BEFORE, &["plan"]).expect(0).says("deferred until Sat 2026-12-05 02:00 Europe/Berlin");
    plan.says("--allow window=site/ipsec-endpoints/to-west");
    at(&bench, BEFORE, &["apply", "--yes", "--quiet", "--exit-code"]).expect(2);
    let left = body(&at(&bench, BEFORE, &["plan", "--format", "json"]).expect(0));
    assert_eq!(left["steps"], json!([]), "the variable is changed");
    at(&bench, BEFORE, &["apply", "--yes", "--quiet", "--allow", "window=site/**"]).expect(0);
    at(&bench, BEFORE, &["plan", "--exit-code"]).expect(0);
}

#[test]
fn a_freeze_says_why_and_holds_what_no_window_does() {
    let sim = Sim::start();
    let rules = "  freezes: [{ from: 2026-12-01, until: 2026-12-04, reason: the fair, zone: Europe/Berlin }]\n";
    let bench = bench(&[SITE], rules, &sim);
    let told = at(&bench, BEFORE, &["apply", "--yes", "--exit-code"]).expect(2);
    told.says("deferred until Fri 2026-12-04 00:00 Europe/Berlin: frozen, the fair");
    at(&bench, WITHIN, &["apply", "--yes", "--quiet"]).expect(0);
    at(&bench, WITHIN, &["plan", "--exit-code"]).expect(0);
}

#[test]
fn a_kept_plan_heeds_the_windows_of_the_time_at_which_it_is_carried_out() {
    let sim = Sim::start();
    let bench = bench(&[SITE], &saturday(""), &sim);
    at(&bench, WITHIN, &["plan", "--out", "plan.json"]).expect(0);
    for time in [BEFORE, "2026-12-05T05:00:00Z"] {
        let told = at(&bench, time, &["apply", "plan.json", "--yes", "--exit-code"]).expect(2);
        told.says("deferred until Sat 2026-12");
    }
    at(&bench, WITHIN, &["apply", "plan.json", "--yes"]).expect(0);
    at(&bench, WITHIN, &["plan", "--exit-code"]).expect(0);
}

#[test]
fn an_undo_heeds_them_as_well() {
    let sim = Sim::start();
    let bench = bench(&[SITE], &saturday(""), &sim);
    at(&bench, WITHIN, &["apply", "--yes", "--quiet"]).expect(0);
    let told = at(&bench, BEFORE, &["undo", "--yes", "--exit-code", "--allow", "deletes=9"]).expect(2);
    told.says("system-variables/noc`: deferred until Sat 2026-12-05 02:00");
    at(&bench, WITHIN, &["plan", "--exit-code"]).expect(0);
    at(&bench, WITHIN, &["undo", "1", "--yes", "--quiet", "--allow", "deletes=9"]).expect(0);
    at(&bench, WITHIN, &["plan"]).expect(0).says("to create");
}

#[test]
fn the_time_is_set_in_rehearsals_alone() {
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), SITE], &sim);
    let real = Bench::real(&[("trueup.yaml", "workspace: w\n"), SITE]);
    real.run(&["plan", "--sim-time", BEFORE]).expect(64);
    at(&bench, "soon", &["plan"]).expect(64);
}

#[test]
fn no_step_begins_once_its_window_has_closed() {
    let sim = Sim::start();
    let provider = *CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
    let collections = json!({ "system-variables": {
        "a": { "value": "198.51.100.0/28" }, "b": { "value": "198.51.100.16/28" }, "c": { "value": "198.51.100.32/28" },
    } });
    for begun in 0..4 {
        let mut world = World::new(&sim);
        world.declare(provider, "site", &format!("site-{begun}"), collections.as_object().unwrap());
        world.closes_after = Some(begun);
        let applied = world.apply();
        assert_eq!(applied.report.done(), begun);
        assert!(applied.report.is_complete(), "what was deferred did not fail");
        assert_eq!(applied.report.is_late(), begun < 3);
        world.closes_after = None;
        assert_eq!(world.plan().plan.steps.len(), 3 - begun, "the next run makes the rest");
        world.converge().unwrap();
    }
}
