//! The way back over a world in memory.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::verdict::Hold;
use crate::plan::Verb;
use crate::plan::file::SecretsByPrint;
use crate::plan::testing::{World, address};
use crate::secret::{FingerprintKey, Secret};
use crate::undo::{Givers, NO_WAY_BACK, PastChange, SINCE, WayBack, give_back, way_back};

fn change(at: &str, verb: Verb, before: Option<Value>, row: Option<Value>, changed: &[&str]) -> PastChange {
    PastChange {
        address: address(at),
        verb,
        before: before.map(|fields| serde_json::from_value(fields).unwrap()),
        row: row.map(|row| serde_json::from_value(row).unwrap()),
        changed: changed.iter().map(|name| (*name).to_owned()).collect(),
        left_owned: true,
        let_go: false,
    }
}

fn back(world: &World, changes: &[PastChange], secrets: &SecretsByPrint) -> WayBack {
    let givers = Givers { secrets, workspaces: vec![&world.topology], index: None };
    way_back(&world.topology, changes, &givers, &world.base, BTreeMap::new())
}

fn value(way: &WayBack, at: &str, field: &str) -> Option<Attr> {
    way.topology.resources.get(&address(at))?.fields.get(field).cloned()
}

fn codes(way: &WayBack) -> Vec<(String, &str)> {
    way.held.iter().map(|(address, hold): (&Address, &Hold)| (address.to_string(), hold.code)).collect()
}

#[test]
fn what_was_made_goes_what_changed_is_as_it_was_and_what_went_comes_again() {
    let world = World::lab()
        .wants("east/endpoints/a", json!({ "name": "a", "address": "192.0.2.9" }))
        .wants("east/endpoints/new", json!({ "name": "new", "address": "192.0.2.7" }));
    let row = json!({ "id": "1", "applied": { "name": "a", "address": "192.0.2.1" } });
    let changes = [
        change("east/endpoints/new", Verb::Create, None, None, &["name", "address"]),
        change(
            "east/endpoints/a",
            Verb::Update,
            Some(json!({ "name": "a", "address": "192.0.2.1", "inputs": { "by": "hand" } })),
            Some(row.clone()),
            &["address"],
        ),
        change(
            "east/endpoints/gone",
            Verb::Delete,
            Some(json!({ "name": "gone", "address": "192.0.2.3" })),
            Some(
                json!({ "id": "3", "applied": { "name": "gone", "address": "192.0.2.3" }, "origin": "fabric/sites/lyon" }),
            ),
            &[],
        ),
    ];
    let way = back(&world, &changes, &SecretsByPrint::default());
    assert_eq!(codes(&way), []);
    assert_eq!(value(&way, "east/endpoints/new", "name"), None);
    assert_eq!(value(&way, "east/endpoints/a", "address"), Some(Attr::text("192.0.2.1")));
    assert_eq!(value(&way, "east/endpoints/a", "inputs"), None, "nobody changed it, and nobody looks after it");
    assert_eq!(value(&way, "east/endpoints/gone", "address"), Some(Attr::text("192.0.2.3")));
    assert_eq!(way.about.len(), 3);
    let origin = |at: &str| way.topology.resources[&address(at)].origin.as_ref().map(ToString::to_string);
    assert_eq!((origin("east/endpoints/gone").as_deref(), origin("east/endpoints/a")), (Some("site lyon"), None));
}

#[test]
fn a_secret_is_found_by_its_fingerprint_or_named() {
    let world = World::lab();
    let key = FingerprintKey::from("k");
    let print = key.fingerprint(&Secret::new("secret.psk", "canary-1"));
    let inputs = json!({ "inputs": { "psk": { "$secret": "psk", "print": print } } });
    let before = json!({ "name": "a", "address": "192.0.2.1", "inputs": inputs["inputs"] });
    let row = json!({ "id": "1", "applied": { "name": "a", "address": "192.0.2.1", "inputs": { "psk": { "$fingerprint": print } } } });
    let changes = [change("east/endpoints/a", Verb::Delete, Some(before), Some(row), &[])];
    let mut secrets = SecretsByPrint::new(key);
    secrets.learn_secret(&Secret::new("secret.psk", "canary-2"));
    assert_eq!(codes(&back(&world, &changes, &secrets)), [("east/endpoints/a".to_owned(), NO_WAY_BACK)]);
    secrets.learn_secret(&Secret::new("secret.psk", "canary-1"));
    let way = back(&world, &changes, &secrets);
    assert_eq!(codes(&way), []);
    let given = value(&way, "east/endpoints/a", "inputs").unwrap();
    assert!(given.has_secret() && !given.to_shown().to_string().contains("canary"), "{given:?}");
}

#[test]
fn what_somebody_elses_lives_in_stays() {
    let mut world = World::lab();
    world.base.entries.insert("east/endpoints/a/parts/theirs".parse().unwrap(), Default::default());
    let changes = [change("east/endpoints/a", Verb::Create, None, None, &[])];
    assert_eq!(codes(&back(&world, &changes, &SecretsByPrint::default())), [("east/endpoints/a".to_owned(), SINCE)]);
}

#[test]
fn the_ledger_remembers_what_it_did_before() {
    let mut world = World::lab();
    let now = json!({ "id": "9", "made": true, "applied": { "address": "192.0.2.1", "note": "x", "name": "a" }, "run": 4, "commit": "new" });
    let before = json!({ "id": "1", "agreed": { "name": "a" }, "applied": { "address": "192.0.2.1" }, "run": 2, "commit": "old" });
    for at in ["east/endpoints/a", "east/endpoints/b", "east/endpoints/c"] {
        world.base.entries.insert(address(at), serde_json::from_value(now.clone()).unwrap());
    }
    let image = || Some(json!({ "name": "a" }));
    let changes = [
        change("east/endpoints/a", Verb::Update, image(), Some(before.clone()), &[]),
        change("east/endpoints/b", Verb::Update, image(), None, &[]),
        change("east/endpoints/c", Verb::Update, image(), Some(before), &[]),
    ];
    let done: BTreeSet<Address> = ["east/endpoints/a", "east/endpoints/b"].map(address).into();
    give_back(&mut world.base, &changes, &done);
    let row = |at: &str| world.base.entry(&address(at)).map(|row| serde_json::to_value(row).unwrap());
    let a = row("east/endpoints/a").unwrap();
    assert_eq!((&a["id"], &a["run"], &a["commit"]), (&json!("9"), &json!(4), &json!("old")));
    assert_eq!((&a["agreed"], &a["applied"]), (&json!({ "name": "a" }), &json!({ "address": "192.0.2.1" })));
    assert_eq!(row("east/endpoints/b"), None, "it was there, and nobody's");
    assert_eq!(row("east/endpoints/c"), Some(now), "what is not as it was keeps its row");
}
