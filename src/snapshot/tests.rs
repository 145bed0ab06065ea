use serde_json::{Value, json};

use super::*;
use crate::attr::Attr;
use crate::plan::testing::World;
use crate::secret::Secret;

fn taken(world: &World) -> Snapshot {
    Snapshot::of(&world.topology, &world.observed(), &world.base, "2026-03-01T09:00:00Z")
}

fn read(text: &str, world: &World) -> Result<Snapshot, String> {
    let read = Snapshot::read(text.as_bytes(), "look.json", &world.topology.workspace, &world.base.key.id());
    read.map_err(|error| error.to_string())
}

/// A network with a secret that the API shows, something in something else, and what could not be looked at.
fn network() -> World {
    World::lab()
        .shows(
            "east/endpoints",
            json!({ "id": "2", "name": "b", "address": "192.0.2.1", "primary": { "psk": "canary" } }),
        )
        .shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.2", "unheard_of": "canary" }))
        .shows("east/endpoints/1/peers", json!({ "id": "p", "ip": "192.0.2.9", "asn": 65001 }))
        .hides("west/routes")
}

#[test]
fn a_snapshot_is_read_as_it_was_written_and_holds_no_secret() {
    let world = network();
    let snapshot = taken(&world);
    let text = snapshot.text().unwrap();
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(read(&text, &world), Ok(snapshot));
    let value: Value = serde_json::from_str(&text).unwrap();
    let collections = value["targets"]["east"]["collections"].as_array().unwrap();
    let endpoints = collections.iter().find(|it| it["kind"] == "endpoints").unwrap();
    let names: Vec<&Value> =
        endpoints["objects"].as_array().unwrap().iter().map(|object| &object["fields"]["name"]).collect();
    assert_eq!(names, ["a", "b"], "by their ids, in whatever order the API gives them");
    assert_eq!(endpoints["objects"][0]["collections"][0]["objects"][0]["fields"]["asn"], 65001);
    assert!(endpoints["objects"][1]["fields"]["primary"]["psk"]["$fingerprint"].is_string(), "{endpoints:#}");
}

#[test]
fn what_was_sent_as_a_secret_is_one_though_no_file_gives_it_any_more() {
    for (live, is_known) in [("canary-7731", true), ("somebody-elses", false)] {
        let world = World::lab();
        let kept = world.base.stored(&Attr::Secret(Secret::new("secret.psk", "canary-7731")));
        let world = world
            .applied("east/endpoints/a", "1", json!({ "name": "a", "address": "192.0.2.1", "inputs": { "key": kept } }))
            .shows(
                "east/endpoints",
                json!({ "id": "1", "name": "a", "address": "192.0.2.1", "inputs": { "key": live } }),
            )
            .shows("east/groups", json!({ "id": "2", "name": "g", "note": format!("key={live}") }));
        let text = taken(&world).text().unwrap();
        assert_eq!(text.contains(live), !is_known, "{text}");
    }
}

#[test]
fn an_object_is_the_same_under_another_id_and_another_one_under_its_id() {
    let route = |id: &str, net: u8| json!({ "id": id, "cidr": format!("10.{net}.0.0/16"), "gateway": "192.0.2.1" });
    let look = |ids: [&str; 2], nets: [u8; 2]| {
        let (one, other) = (route(ids[0], nets[0]), route(ids[1], nets[1]));
        taken(&World::lab().shows("east/routes", one).shows("east/routes", other))
    };
    let before = look(["1", "2"], [1, 2]);
    assert_eq!(Difference::between(&before, &look(["2", "1"], [1, 2])), Difference::default());
    assert_eq!(Difference::between(&before, &look(["1", "2"], [1, 3])), Difference { came: 1, went: 1, changed: 0 });
}

#[test]
fn what_could_not_be_looked_at_says_why_and_is_not_gone() {
    let (seen, unseen) =
        (taken(&World::lab().shows("west/routes", json!({ "id": "r", "cidr": "10.0.0.0/8" }))), taken(&network()));
    let text = unseen.text().unwrap();
    assert!(text.contains("\"unseen\""), "{text}");
    let back = Difference::between(&unseen, &seen);
    assert_eq!(Difference::between(&seen, &unseen), Difference { came: 3, went: 0, changed: 0 });
    assert_eq!(back, Difference { came: 0, went: 3, changed: 0 });
}

#[test]
fn what_came_went_and_changed_is_counted() {
    let route = |id: &str, note: &str| json!({ "id": id, "cidr": format!("10.{id}.0.0/16"), "description": note });
    let before = World::lab().shows("east/routes", route("1", "a")).shows("east/routes", route("2", "a"));
    let after = World::lab().shows("east/routes", route("2", "b")).shows("east/routes", route("3", "a"));
    let difference = Difference::between(&taken(&before), &taken(&after));
    assert_eq!(difference.to_string(), "1 came, 1 went, 1 changed");
    assert_eq!(Difference::between(&taken(&after), &taken(&after)), Difference::default());
}

#[test]
fn what_this_version_can_not_use_is_refused_by_name() {
    let world = network();
    let snapshot: Value = serde_json::from_str(&taken(&world).text().unwrap()).unwrap();
    let with = |pointer: &str, key: &str, value: Value| {
        let mut changed = snapshot.clone();
        changed.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
        read(&changed.to_string(), &world).unwrap_err()
    };
    assert_eq!(with("", "format", json!(2)), "`look.json` was written by a later version of Trueup (format 2)");
    assert_eq!(with("", "workspace", json!("other")), "`look.json` is a snapshot of workspace `other`");
    assert!(with("", "key_id", json!("other")).contains("another key"));
    for pointer in ["", "/targets/east", "/targets/east/collections/0", "/targets/east/collections/0/objects/0"] {
        let refused = with(pointer, "surprise", json!(1));
        assert!(refused.contains("unknown field `surprise`"), "{pointer}: {refused}");
    }
    assert!(read("[]", &world).unwrap_err().contains("is no snapshot"));
}

#[test]
fn the_documented_example_is_read() {
    let text = include_str!("../../docs/FORMATS.md");
    let example = text.split("```json snapshot\n").nth(1).and_then(|rest| rest.split("\n```").next()).unwrap();
    let snapshot = Snapshot::read(example.as_bytes(), "doc", "acme-wan", "d1f2a3b4c5d6e7f8").unwrap();
    let (again, documented): (Value, Value) =
        (serde_json::to_value(&snapshot).unwrap(), serde_json::from_str(example).unwrap());
    assert_eq!(again["format"], documented["format"]);
    assert_eq!(again["targets"]["east"]["collections"], documented["targets"]["east"]["collections"]);
    assert_eq!(again["targets"], documented["targets"]);
}
