//! What objects made for themselves: it shows among what users declare, and is not theirs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diff::live::{Collection, Live, Seen, text};
use crate::spec::{Identity, Kind, lookup};

/// What the objects of some collections say that they made: by kind, the ids; of sequences, the items' keys.
type Made = BTreeMap<&'static str, BTreeSet<String>>;

/// Marks what other objects of these collections made for themselves.
///
/// Whose an item of a sequence is can't be told without its makers: a sequence beside makers that could not be looked at
/// counts as not seen either, since writing it would wipe out what they made.
pub(super) fn mark(collections: &mut [Collection]) {
    let mut made = Made::new();
    let mut blind: BTreeMap<&'static str, String> = BTreeMap::new();
    for collection in collections.iter() {
        for (kind, place) in collection.kind.makes {
            match &collection.seen {
                Seen::Objects(objects) => {
                    let shown = objects.iter().filter_map(|live| lookup(&live.raw, place));
                    made.entry(kind)
                        .or_default()
                        .extend(shown.flat_map(|value| words(value, kind_of(collections, kind))));
                }
                Seen::Unseen(why) => {
                    blind.insert(kind, format!("`{}`: {why}", collection.kind.name));
                }
            }
        }
    }
    for collection in collections {
        let Seen::Objects(objects) = &mut collection.seen else { continue };
        let kind = collection.kind;
        if let (Identity::Sequence { .. }, Some(why)) = (kind.identity, blind.get(kind.name)) {
            collection.seen = Seen::Unseen(why.clone());
        } else if let Some(made) = made.get(kind.name) {
            objects.iter_mut().for_each(|live| mark_one(kind, live, made));
        }
    }
}

fn kind_of(collections: &[Collection], name: &str) -> Option<&'static Kind> {
    collections.iter().map(|collection| collection.kind).find(|kind| kind.name == name)
}

fn mark_one(kind: &Kind, live: &mut Live, made: &BTreeSet<String>) {
    if let Identity::Sequence { key, .. } = kind.identity {
        let items = live.raw.as_array().into_iter().flatten().enumerate();
        let of_others = items.filter(|(_, item)| lookup(item, key).is_some_and(|word| made.contains(&text(word))));
        live.strangers = of_others.map(|(n, _)| n).collect();
    } else if made.contains(&live.id) {
        live.foreign = live.foreign.or(Some("another object made it for itself"));
    }
}

/// The words in a value: one, a list, or the values of a map. An item of a sequence stands there as an object with its key.
fn words(value: &Value, kind: Option<&'static Kind>) -> Vec<String> {
    let word = |value: &Value| match (kind.map(|kind| kind.identity), value) {
        (Some(Identity::Sequence { key, .. }), Value::Object(_)) => lookup(value, key).map(text).unwrap_or_default(),
        _ => text(value),
    };
    match value {
        Value::Array(items) => items.iter().map(word).collect(),
        Value::Object(map) => map.values().map(word).collect(),
        Value::Null => Vec::new(),
        one => vec![word(one)],
    }
}
