//! A controller with every kind in use: what looking at all of it costs.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use trueup::parts::CATALOGUE;

use crate::drill::samples::{merge, read};
use crate::support::Sim;
use crate::world::World;

/// Kinds that show what other kinds show in a newer way: a target declares one of the two.
const OLDER_VIEWS: [&str; 5] =
    ["container-images", "containers", "firewall-v1-fwsets", "firewall-v1-subgroups", "firewall-v1-rules"];

/// One declaration that uses every kind: the drill's samples, put into one.
fn every_kind() -> Map<String, Value> {
    let provider = CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
    let samples = read("vns3");
    let mut whole = samples.around.clone();
    for kind in provider.kinds.iter().filter(|kind| kind.is_declarative() && !OLDER_VIEWS.contains(&kind.name)) {
        let sample = &samples.of(kind)[0];
        merge(&mut whole, &sample.around);
        let mut place = &mut whole;
        for key in sample.place.iter().flat_map(|place| place.split('/')) {
            place = place.entry(key).or_insert_with(|| Value::Object(Map::new())).as_object_mut().unwrap();
        }
        let first = Map::from_iter([(kind.name.to_owned(), sample.first.clone())]);
        merge(place, &first);
    }
    whole
}

/// What sets all clientpacks sets those anew that declare something else: in the same apply they get it back.
#[test]
fn what_single_clientpacks_declare_outlives_what_all_are_set_to() {
    let sim = Sim::start();
    let world = World::new(&sim);
    let provider = *CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
    let declare = |collections: Value| world.declare(provider, "here", "here", collections.as_object().unwrap());
    let own = json!({ "10_9_8_1": { "enabled": true, "compression": "off" }, "10_9_8_2": { "compression": "on" } });
    declare(json!({ "clientpacks": own }));
    world.converge().unwrap();
    declare(json!({ "clientpacks": own, "clientpack-defaults": { "enabled": false, "compression": "on" } }));
    let applied = world.converge().unwrap();
    let steps: Vec<String> = applied.plan.steps.iter().map(|step| step.address.to_string()).collect();
    assert_eq!(steps, ["here/clientpack-defaults", "here/clientpacks/10_9_8_1"]);
    declare(json!({ "clientpacks": own, "clientpack-defaults": { "enabled": true, "compression": "on" } }));
    let applied = world.converge().unwrap();
    assert_eq!(applied.plan.steps.len(), 1, "what is the same everywhere is not set again");
}

/// However many objects there are: each list is asked for once, and lists inside an object once for each such object.
#[test]
fn a_plan_of_a_controller_that_uses_every_kind_asks_each_list_once() {
    let sim = Sim::of("vns3", Some("fresh"));
    let world = World::new(&sim);
    world.write("trueup.yaml", "workspace: whole\nexclude: [files]\n");
    for (path, text) in &read("vns3").files {
        world.write(&format!("files/{path}"), text);
    }
    let provider = *CATALOGUE.iter().find(|provider| provider.name == "vns3").unwrap();
    world.declare(provider, "here", "here", &every_kind());
    world.converge().unwrap();

    let used: BTreeSet<&str> = world.topology().resources.values().map(|resource| resource.kind.name).collect();
    let kinds = provider.kinds.iter().filter(|kind| kind.is_declarative()).map(|kind| kind.name);
    let unused: Vec<&str> = kinds.filter(|kind| !used.contains(kind)).collect();
    assert_eq!(unused, OLDER_VIEWS);

    world.requests();
    assert!(world.plan().plan.steps.is_empty());
    let asked: Vec<String> = world
        .requests()
        .iter()
        .map(|request| format!("{} {} {}", request["method"], request["path"], request["query"]).replace('"', ""))
        .collect();
    let distinct: BTreeSet<&String> = asked.iter().collect();
    assert_eq!(distinct.len(), asked.len(), "nothing is asked twice: {asked:#?}");
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:#?}");
    assert!(asked.len() <= used.len(), "kinds share lists, and none has more than one: {asked:#?}");
}
