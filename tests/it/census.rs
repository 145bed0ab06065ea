//! What simulated installations hold, counted: two worlds with the same census hold the same things, whatever their ids.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::Sim;

/// The number of things in each collection of each installation, and the names among them.
pub(crate) type Census = BTreeMap<String, usize>;

/// What grows with time and with every attempt; a second attempt at something is no second thing.
const HISTORY: [&str; 9] = ["executions", "updates", "runs", "events", "agenda", "tokens", "door", "tasks", "mint"];

/// Counts all that the server's installations hold.
pub(crate) fn census(sim: &Sim) -> Census {
    let mut found = Census::new();
    for place in sim.side_door("GET", "/installations", &Value::Null).as_array().unwrap() {
        let word = |key: &str| place[key].as_str().unwrap();
        let name = format!("{}/{}", word("provider"), word("installation"));
        count(&sim.side_door("GET", &format!("/{name}/state"), &Value::Null), &name, &mut found);
    }
    found
}

fn count(value: &Value, path: &str, found: &mut Census) {
    match value {
        Value::Object(map) => {
            // The keys of a collection are ids, or names: what they say is no part of the path.
            let collection = !map.is_empty() && map.values().all(|value| value.is_object() || value.is_array());
            if collection {
                *found.entry(path.to_owned()).or_default() += map.len();
            }
            for (key, value) in map.iter().filter(|(key, _)| !HISTORY.contains(&key.as_str())) {
                let is_id = collection && key.contains(|letter: char| letter.is_ascii_digit());
                count(value, &format!("{path}/{}", if is_id { "*" } else { key }), found);
            }
        }
        Value::Array(items) => {
            *found.entry(path.to_owned()).or_default() += items.len();
            items.iter().for_each(|item| count(item, &format!("{path}/*"), found));
        }
        Value::String(text) if path.ends_with("/name") => {
            *found.entry(format!("{path} {text}")).or_default() += 1;
        }
        _ => {}
    }
}

/// What differs between two worlds, a line each; empty if nothing does.
pub(crate) fn differences(wanted: &Census, found: &Census) -> Vec<String> {
    let mut keys: Vec<&String> = wanted.keys().chain(found.keys()).collect();
    keys.sort();
    keys.dedup();
    let number = |census: &Census, key: &String| census.get(key).copied().unwrap_or(0);
    keys.into_iter()
        .filter(|key| number(wanted, key) != number(found, key))
        .map(|key| format!("{key}: {} wanted, {} there", number(wanted, key), number(found, key)))
        .collect()
}
