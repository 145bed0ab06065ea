//! For the tests of kinds: reads a reply as the engine does, and shows what came out.

use serde_json::{Map, Value};

use crate::spec::{Envelope, Identity, Kind, List, by_first_word, canonical, lookup, read};

/// The objects of a list's reply, as [`shown`] shows them.
pub(crate) fn listed(kind: &Kind, reply: &Value) -> Vec<Value> {
    let List::Call { at, .. } = kind.api.list else { panic!("`{}` has no list call", kind.name) };
    let found = lookup(reply, at.place());
    if let Identity::Sequence { .. } = kind.identity {
        let mut list = found.cloned().unwrap_or_default();
        if let Some(hook) = kind.read {
            hook(&mut list);
        }
        return members(&list).map(|item| told(kind, "id", item)).collect();
    }
    match (at, found) {
        (Envelope::One(_), Some(object)) => vec![shown(kind, object)],
        (Envelope::Lines(_), Some(Value::Array(lines))) => {
            by_first_word(lines).unwrap().iter().map(|object| shown(kind, object)).collect()
        }
        (_, Some(found)) => members(found).map(|object| shown(kind, object)).collect(),
        (_, None) => Vec::new(),
    }
}

/// The objects inside an object of the parent kind, as [`shown`] shows them.
pub(crate) fn inside(kind: &Kind, parent: &Value) -> Vec<Value> {
    let List::Inside(key) = kind.api.list else { panic!("`{}` is not listed inside its parent", kind.name) };
    lookup(parent, key).into_iter().flat_map(members).map(|object| shown(kind, object)).collect()
}

/// One live object: its id, every field that has a value, in the form in which values are compared, and under `foreign`
/// why it is not the user's to declare, under `state` its state. Keys of nested objects that are not declared stay.
pub(crate) fn shown(kind: &Kind, object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(hook) = kind.read {
        hook(&mut object);
    }
    told(kind, kind.api.id, &object)
}

fn told(kind: &Kind, id: &str, object: &Value) -> Value {
    let mut shown = Map::new();
    if !id.is_empty()
        && let Some(id) = lookup(object, id)
    {
        shown.insert("id".into(), id.clone());
    }
    for field in kind.fields {
        let value = canonical(&field.ty, &read(field, object));
        if !value.is_null() {
            shown.insert(field.name.into(), value.to_shown());
        }
    }
    if let Some(reason) = kind.foreign.and_then(|hook| hook(object)) {
        shown.insert("foreign".into(), reason.into());
    }
    if let Some(state) = kind.api.states.and_then(|states| lookup(object, states.key)) {
        shown.insert("state".into(), state.clone());
    }
    Value::Object(shown)
}

fn members(found: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match found {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(map) => Box::new(map.values()),
        _ => Box::new(std::iter::empty()),
    }
}
