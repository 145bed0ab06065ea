//! What a write changes in lists, over generated ones: what the plan shows, and nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{all_done, for_all, nothing_left};
use crate::plan::testing::World;

/// An item as the files declare it, and as it is live: which of the words tells it apart, and what is said of it.
#[derive(Debug, Clone, Copy)]
struct Item {
    word: u8,
    wanted: Option<u8>,
    live: Option<u8>,
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let item = (0u8..8, prop::option::of(0u8..3), prop::option::of(0u8..3));
    prop::collection::vec(item.prop_map(|(word, wanted, live)| Item { word, wanted, live }), 0..6).prop_map(
        |mut items| {
            items.sort_by_key(|item| item.word);
            items.dedup_by_key(|item| item.word);
            items
        },
    )
}

/// The fields by which items of the lab's lists are told apart, and the one that is said of them besides.
const LISTS: [(&str, &str, &str); 2] = [("rules", "rule", "comment"), ("tunnels", "subnet", "label")];

fn item(list: usize, word: u8, said: Option<u8>) -> Value {
    let (_, key, other) = LISTS[list];
    let mut item = json!({ key: format!("10.{word}.0.0/16") });
    // Nothing is said of every third.
    if let Some(said) = said.filter(|said| *said > 0) {
        item[other] = json!(format!("said {said}"));
    }
    item
}

/// A world in which one list is declared so, and holds that.
fn world(list: usize, wanted: &[Value], live: &[Value]) -> World {
    match list {
        0 => live.iter().enumerate().fold(World::lab().wants("east/rules", json!(wanted)), |world, (n, item)| {
            let mut item = item.clone();
            item["id"] = json!(format!("r{n}"));
            world.shows("east/rules", item)
        }),
        _ => World::lab()
            .wants("east/endpoints/a", json!({ "address": "192.0.2.1", "tunnels": wanted }))
            .shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.1", "tunnels": live })),
    }
}

/// What is said of each live item by now.
fn said(world: &World, list: usize) -> BTreeMap<String, Value> {
    let (_, key, other) = LISTS[list];
    let items = match list {
        0 => world.live.get("east/rules").cloned().unwrap_or_default(),
        _ => world.live["east/endpoints"][0]["tunnels"].as_array().cloned().unwrap_or_default(),
    };
    items.iter().map(|item| (item[key].as_str().unwrap().to_owned(), item[other].clone())).collect()
}

#[test]
fn what_nobody_declares_of_an_item_stays_as_it_is() {
    for_all((0usize..2, items(), any::<bool>()), |(list, items, is_partial)| {
        // Sequences have no part that is ours.
        let is_partial = is_partial && list > 0;
        let wanted: Vec<Value> =
            items.iter().filter(|item| item.wanted.is_some()).map(|it| item(list, it.word, it.wanted)).collect();
        let live: Vec<Value> =
            items.iter().filter(|item| item.live.is_some()).map(|it| item(list, it.word, it.live)).collect();
        let at = if list == 0 { "east/rules" } else { "east/endpoints/a" };
        let mut world = world(list, &wanted, &live);
        if is_partial {
            world = world.partial(at, "tunnels");
        }
        let before = said(&world, list);
        let goes = |item: &Item| item.live.is_some() && item.wanted.is_none();
        let must_ask = !is_partial && items.iter().any(goes);
        if (world.verdict(at) == "hold take-over") != must_ask {
            return Err(format!("asked wrongly: {}", world.verdict(at)));
        }
        let mut world = world.allows(&format!("take-over={at}"));
        all_done(&mut world)?;
        nothing_left(&world)?;
        let after = said(&world, list);
        for item in &items {
            let name = format!("10.{}.0.0/16", item.word);
            let expected = match (item.wanted, item.live) {
                (Some(said), _) if said > 0 => Some(json!(format!("said {said}"))),
                (Some(_), Some(_)) => before.get(&name).cloned(),
                (Some(_), None) => Some(Value::Null),
                (None, Some(_)) if is_partial => before.get(&name).cloned(),
                (None, _) => None,
            };
            if after.get(&name) != expected.as_ref() {
                return Err(format!("{name}: {:?}, and not {expected:?}", after.get(&name)));
            }
        }
        Ok(())
    });
}
