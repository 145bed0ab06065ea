//! What NetFoundry does after a call has been answered: it is waited for in every form, and told about.

use serde_json::Value;

use crate::bench::Bench;
use crate::support::Sim;

/// Five changes of one object: their replies link an execution as an object, as a list, and not at all.
#[test]
fn changes_are_waited_for_in_every_form() {
    let sim = Sim::start();
    let bench = Bench::example("netfoundry-appwan", &sim);
    bench.apply();
    let patches = || {
        let log = sim.side_door("GET", "/requests", &Value::Null);
        log.as_array().unwrap().iter().filter(|entry| entry["method"] == "PATCH").count()
    };
    let before = patches();
    let mut tags = r##"attributes: ["#staff"]"##.to_owned();
    for change in 0..5 {
        let changed = format!(r##"attributes: ["#staff", "#change-{change}"]"##);
        bench.edit("netfoundry.yaml", &tags, &changed);
        bench.apply();
        bench.run(&["plan", "--exit-code"]).expect(0);
        tags = changed;
    }
    assert_eq!(patches() - before, 5, "each change is sent once");
}

/// A network takes minutes: whoever waits for it is told what it is at.
#[test]
fn a_long_provisioning_is_told_while_it_lasts() {
    let sim = Sim::start();
    let bench = Bench::example("netfoundry-appwan", &sim);
    bench.run(&["apply", "--yes"]).expect(0).says("nf/networks/acme: PROVISIONING");
}
