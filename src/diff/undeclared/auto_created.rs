//! What objects make for themselves among the objects of other kinds, by the words that their own replies show.

use serde_json::Value;

use crate::spec::{AutoCreated, Identity, Kind, lookup};
use crate::state::live::{Live, text};

/// The ids of what an object made of a kind; of a sequence, the keys of its items.
pub(crate) fn auto_created_by(maker: &Kind, live: &Live, made: &Kind) -> Vec<String> {
    let ways = maker.creates().filter(|(kind, _)| *kind == made.name);
    ways.flat_map(|(_, way)| listed(way, live, made)).collect()
}

/// Those that an object shows in one way.
pub(crate) fn listed(way: &AutoCreated, live: &Live, made: &Kind) -> Vec<String> {
    match way {
        AutoCreated::Listed { at, .. } => lookup(&live.raw, at).map(|value| words(value, made)).unwrap_or_default(),
        AutoCreated::Named { .. } => Vec::new(),
    }
}

/// The words in a value: one, a list, or the values of a map. An item of a sequence stands there as an object with its key.
fn words(value: &Value, made: &Kind) -> Vec<String> {
    let word = |value: &Value| match (made.identity, value) {
        (Identity::Sequence { key, .. }, Value::Object(_)) => lookup(value, key).map(text).unwrap_or_default(),
        _ => text(value),
    };
    match value {
        Value::Array(items) => items.iter().map(word).collect(),
        Value::Object(map) => map.values().map(word).collect(),
        Value::Null => Vec::new(),
        one => vec![word(one)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::Relation;

    #[test]
    fn what_is_made_is_told_by_ids_or_by_the_keys_of_items() {
        static MAKER: Kind = Kind {
            relations: &[
                Relation::Creates("lists", AutoCreated::Listed { at: "rules", goes_if_set: None }),
                Relation::Creates("configs", AutoCreated::Listed { at: "ids", goes_if_set: None }),
            ],
            ..Kind::NEW
        };
        static LIST: Kind =
            Kind { name: "lists", identity: Identity::Sequence { key: "rule", id: "", position: "" }, ..Kind::NEW };
        static CONFIG: Kind = Kind { name: "configs", ..Kind::NEW };
        let live =
            Live::new(&MAKER, json!({"rules": [{"rule": "a", "port": 1}, "b"], "ids": {"first": 7, "second": "x"}}));
        assert_eq!(auto_created_by(&MAKER, &live, &LIST), ["a", "b"]);
        assert_eq!(auto_created_by(&MAKER, &live, &CONFIG), ["7", "x"]);
        assert_eq!(auto_created_by(&LIST, &live, &CONFIG), [""; 0]);
    }
}
