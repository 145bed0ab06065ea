//! Objects that other objects made for themselves: they are not the user's to declare.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diff::base::Base;
use crate::diff::live::{Collection, Live, Seen, text};
use crate::spec::{Identity, Made, lookup};
use crate::topology::fold;

/// What gives away that an object was made: its kind, and a word.
type Marks = BTreeSet<(&'static str, Mark)>;

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// It has this id.
    Id(String),
    /// It names this object, and no other, in this field.
    Naming(&'static str, String),
}

/// Marks what objects of some of the collections made in others.
pub fn mark(collections: &mut [Collection], base: &Base) {
    let marks = marks(collections);
    if marks.is_empty() {
        return;
    }
    let owned: BTreeSet<&str> = base.entries.values().map(|entry| entry.id.as_str()).collect();
    for collection in collections {
        let kind = collection.kind.name;
        let fields: BTreeSet<&'static str> = marks.iter().filter(|(of, _)| *of == kind).filter_map(naming).collect();
        let Seen::Objects(objects) = &mut collection.seen else { continue };
        for live in objects.iter_mut().filter(|live| live.foreign.is_none()) {
            // Naming is a guess: who wrote it down knows better.
            let names = |field: &&'static str| {
                let only = only_mention(live, field).map(|name| (kind, Mark::Naming(field, fold(name))));
                only.is_some_and(|mark| marks.contains(&mark)) && !owned.contains(live.id.as_str())
            };
            if marks.contains(&(kind, Mark::Id(live.id.clone()))) || fields.iter().any(names) {
                live.foreign = Some("another object made it for itself");
            }
        }
    }
}

fn marks(collections: &[Collection]) -> Marks {
    let mut marks = Marks::new();
    for collection in collections {
        for (kind, made) in collection.kind.makes {
            for live in collection.objects() {
                match made {
                    Made::Listed(place) => {
                        let ids = lookup(&live.raw, place).map(ids_in).unwrap_or_default();
                        marks.extend(ids.into_iter().map(|id| (*kind, Mark::Id(id))));
                    }
                    Made::Naming { field, where_set } => {
                        if lookup(&live.raw, where_set).is_some_and(|value| !value.is_null()) {
                            let names = names(collection, live).into_iter();
                            marks.extend(names.map(|name| (*kind, Mark::Naming(field, fold(&name)))));
                        }
                    }
                }
            }
        }
    }
    marks
}

fn naming((_, mark): &(&'static str, Mark)) -> Option<&'static str> {
    match mark {
        Mark::Naming(field, _) => Some(field),
        Mark::Id(_) => None,
    }
}

/// All that others may call an object.
fn names(collection: &Collection, live: &Live) -> Vec<String> {
    let kind = collection.kind;
    let own = match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => live.value(kind, field).to_text(),
        _ => None,
    };
    let aliases = kind.api.aliases.iter().filter_map(|place| lookup(&live.raw, place)).map(text);
    aliases.chain(own).chain([live.id.clone()]).collect()
}

/// The one object that a field of roles names, if it names nothing else.
fn only_mention<'l>(live: &'l Live, field: &str) -> Option<&'l str> {
    match lookup(&live.raw, field)?.as_array()?.as_slice() {
        [one] => one.as_str()?.strip_prefix('@'),
        _ => None,
    }
}

/// The ids in a value: one, a list, or the values of a map.
fn ids_in(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::Object(map) => map.values().map(text).collect(),
        Value::Null => Vec::new(),
        one => vec![text(one)],
    }
}
