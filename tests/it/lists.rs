//! Long lists: complete at every border of a page, at one request for each page.

use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::support::Sim;

/// Objects of a page, as these servers cap it.
const PAGE: usize = 1000;

/// One object of each collection that is to grow long, so that it is looked at.
const FILE: &str = "
workspace: long
PROVIDER:
  mgr:
    at: https://203.0.113.40/api/v3.1
    tenant: default_tenant
    credentials: { username: admin, password: stand-in }
    blueprints: { empty: { source: empty } }
    secrets: { ours: { value: stand-in } }
    deployments: { ours: { blueprint_id: empty } }
";

const BLUEPRINT: &str = "tosca_definitions_version: cloudify_dsl_1_3\nnode_templates: {}\n";

#[test]
fn of_managers_of_any_version() {
    thread::scope(|scope| {
        // How pages follow each other is the same for all; the newest is asked at every border, the others at one.
        let every: &[usize] = &[1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE];
        for (provider, version, counts) in [
            ("cloudify", "4.0", &[PAGE + 1] as &[usize]),
            ("cloudify", "4.5", &[PAGE + 1]),
            ("cloudify", "7.1", every),
            ("f5-vnfm", "1.3", &[1, PAGE + 1]),
        ] {
            scope.spawn(move || of_a_manager(provider, version, counts));
        }
    });
}

fn of_a_manager(provider: &str, version: &str, counts: &[usize]) {
    let sim = Sim::of(provider, Some(version));
    let manager = Manager { sim: &sim, provider };
    let file = FILE.replace("PROVIDER", provider);
    let bench = Bench::of(&[("trueup.yaml", &file), ("empty/blueprint.yaml", BLUEPRINT)], &sim);
    bench.apply();
    let ledger: Value = serde_json::from_slice(&bench.files()[Path::new(".trueup/sim/ledger.json")]).unwrap();
    let blueprint = &ledger["entries"]["mgr/blueprints/empty"]["id"];
    let mut there = 1;
    for &count in counts {
        for n in there..count {
            manager.add("secrets", json!({ "key": format!("s{n}"), "value": "stand-in" }));
            manager.add("deployments", json!({ "id": format!("d{n}"), "blueprint_id": blueprint }));
        }
        there = count;
        for (kind, seen, pages) in manager.looks(&bench) {
            assert_eq!(seen + 1, count, "{provider} {version} {kind}: objects");
            assert_eq!(pages, count.div_ceil(PAGE), "{provider} {version} {kind}: requests for {count}");
        }
    }
}

struct Manager<'s> {
    sim: &'s Sim,
    provider: &'s str,
}

impl Manager<'_> {
    /// Adds an object at the console.
    fn add(&self, kind: &str, fields: Value) {
        let change = json!({ "add": { "kind": kind, "fields": fields } });
        self.sim.side_door("POST", &format!("/{}/mgr/console", self.provider), &change);
    }

    /// Plans. Gives for each kind the number of objects that are not ours, and of requests for its list.
    fn looks(&self, bench: &Bench) -> Vec<(&'static str, usize, usize)> {
        self.sim.side_door("DELETE", "/requests", &Value::Null);
        let plan = bench.plan();
        assert_eq!(plan["summary"]["same"], 3, "{plan:#}");
        let requests = self.sim.side_door("GET", "/requests", &Value::Null);
        let count = |list: &Value, counts: &dyn Fn(&Value) -> bool| {
            list.as_array().unwrap().iter().filter(|item| counts(item)).count()
        };
        let kinds = ["secrets", "deployments"].into_iter();
        kinds
            .map(|kind| {
                let unmanaged = |it: &Value| it.as_str().unwrap().starts_with(&format!("mgr/{kind}/"));
                let list = |it: &Value| it["path"].as_str().unwrap().ends_with(&format!("/{kind}"));
                (kind, count(&plan["unmanaged"], &unmanaged), count(&requests, &list))
            })
            .collect()
    }
}
