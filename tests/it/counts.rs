//! Looking is cheap: what a plan that finds nothing to do asks of each controller, to the request.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bench::Bench;
use crate::support::Sim;

#[test]
fn a_plan_that_finds_nothing_asks_each_list_once() {
    let sim = Sim::start();
    let bench = Bench::example("acme-wan", &sim);
    bench.apply();
    // The first plan after an apply may read details that the apply could not know yet.
    bench.run(&["plan", "--exit-code"]).expect(0);
    sim.side_door("DELETE", "/requests", &Value::Null);
    bench.run(&["plan", "--exit-code"]).expect(0);

    let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in sim.side_door("GET", "/requests", &Value::Null).as_array().unwrap() {
        let word = |key: &str| entry[key].as_str().unwrap_or_default();
        let line = format!("{} {}?{}", word("method"), word("path"), word("query"));
        asked.entry(word("installation").to_owned()).or_default().push(line);
    }
    for (target, lines) in &asked {
        let mut distinct = lines.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), lines.len(), "`{target}` was asked the same twice: {lines:#?}");
    }
    // All: one read that tells which installation it is. cfy: its version, three lists, the node instances, the schedules and
    // the executions under way, and the outputs that another target takes from a deployment. vnfm: the same without version,
    // schedules and outputs.
    // east and west: what they declare, and the plugins, which may have rules in the firewall. nf: a login, two lists above
    // the network, seven in it.
    let expected = [("cfy", 9), ("east", 12), ("nf", 11), ("vnfm", 6), ("west", 12)];
    let counts: Vec<(&str, usize)> = asked.iter().map(|(target, lines)| (target.as_str(), lines.len())).collect();
    assert_eq!(counts, expected, "{asked:#?}");
}

/// What makes these addresses answers nothing, not even an id: the list tells it, for many at once.
#[test]
fn objects_that_no_reply_shows_are_looked_for_together() {
    let addresses: String =
        (0..320).map(|n| format!("          192.0.{}.{}: {{ label: a{n} }}\n", 4 + n / 200, 1 + n % 200)).collect();
    let files = format!(
        "vns3:\n  site:\n    at: https://203.0.113.30:8000/api\n    credentials: {{ username: api, password: stand-in }}\n    \
         system-interfaces:\n      eth0:1:\n        ip_internal: 192.0.2.1\n        mask_bits: 24\n        \
         interface-addresses:\n{addresses}"
    );
    let sim = Sim::start();
    let bench = Bench::of(&[("trueup.yaml", "workspace: w\n"), ("vns3.yaml", &files)], &sim);
    let requests = || {
        let log = sim.side_door("GET", "/requests", &Value::Null);
        let is_of_them = |entry: &&Value| entry["path"].as_str().is_some_and(|path| path.ends_with("/addresses"));
        let methods = log.as_array().unwrap().iter().filter(is_of_them).map(|entry| entry["method"].clone());
        let (writes, reads): (Vec<Value>, Vec<Value>) = methods.partition(|method| *method == "POST");
        (writes.len(), reads.len())
    };
    bench.apply();
    let (writes, reads) = requests();
    assert_eq!(writes, 320);
    assert!(writes + reads <= 330, "{reads} reads");
    bench.run(&["plan", "--exit-code"]).expect(0);
}
