//! Role attributes and mentions (netfoundry.md#roles-and-mentions).
//!
//! A mention is stored as `@<id>`, as the overlay does, so a rename shows in every policy at once and a mention of an
//! object that vanished vanishes too. Reads show `@<name>`, in what the platform made itself `@<zitiId>`.

use serde_json::{Map, Value};

use super::kind::Kind;
use super::shape::Reader;
use super::store::{Object, Owner, Store};

/// The fields that hold mentions, at the top of policies and inside a service's `model`.
const HOLDERS: [&str; 5] = [
    "endpointAttributes",
    "edgeRouterAttributes",
    "serviceAttributes",
    "postureCheckAttributes",
    "bindEndpointAttributes",
];

/// Reads the role attributes of an object itself: `#tag` only, kept as a set.
pub(super) fn tags(reader: &mut Reader, items: &[Value], place: &str) -> Value {
    let mut kept: Vec<String> = Vec::new();
    for item in items {
        match item.as_str().filter(|text| is_tag(text)) {
            Some("#all") => reader.complaints.push(format!("`{place}`: `#all` is reserved")),
            Some(tag) => kept.push(tag.to_owned()),
            None => reader.complaints.push(format!("`{place}`: {item} must be `#` and a word")),
        }
    }
    set(kept)
}

/// Reads role attributes and mentions of objects of that kind, kept as a set.
pub(super) fn mentions(reader: &mut Reader, kind: Kind, items: &[Value], place: &str) -> Value {
    let mut kept: Vec<String> = Vec::new();
    for item in items {
        let text = item.as_str().unwrap_or_default();
        match text.strip_prefix('@') {
            Some(name) => match find(reader.store, kind, reader.network, name) {
                Some(object) => kept.push(format!("@{}", object.id)),
                None => {
                    reader.complaints.push(format!("`{place}`: `{text}` names no {} of this network", kind.title()))
                }
            },
            None if is_tag(text) => kept.push(text.to_owned()),
            None => reader.complaints.push(format!("`{place}`: {item} must be a `#tag` or a `@name`")),
        }
    }
    if kept.len() > 1 && kept.iter().any(|text| text == "#all") {
        reader.complaints.push(format!("`{place}`: `#all` must be the only entry"));
    }
    set(kept)
}

/// A second `#`, or an `@`, is refused by the overlay (netfoundry.md#roles-and-mentions).
fn is_tag(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|tag| !tag.trim().is_empty() && !tag.contains(['#', '@']))
}

/// Keeps each once; the order of the request is lost, as sets lose it (netfoundry.md#values).
fn set(mut texts: Vec<String>) -> Value {
    texts.sort();
    texts.dedup();
    texts.into()
}

/// The live object that a mention names: by name, else by either id.
pub(super) fn find<'a>(store: &'a Store, kind: Kind, network: &str, word: &str) -> Option<&'a Object> {
    let by_name = store.named(kind, network, word);
    let by_id = || store.get(word).filter(|object| object.kind == kind && object.network.as_deref() == Some(network));
    let by_ziti =
        || store.in_network(network).find(|object| object.kind == kind && object.ziti.as_deref() == Some(word));
    by_name.or_else(by_id).or_else(by_ziti).filter(|object| object.is_live())
}

/// Puts names (or overlay ids) in the place of stored mentions.
pub(super) fn show(store: &Store, object: &Object, body: &mut Map<String, Value>) {
    for holder in HOLDERS {
        let in_model = body.get_mut("model").and_then(Value::as_object_mut).and_then(|model| model.get_mut(holder));
        if let Some(list) = in_model {
            *list = shown_list(store, object, list);
        }
        if let Some(list) = body.get_mut(holder) {
            *list = shown_list(store, object, list);
        }
    }
}

fn shown_list(store: &Store, object: &Object, list: &Value) -> Value {
    let Some(items) = list.as_array() else { return list.clone() };
    let mut texts: Vec<String> = items.iter().filter_map(|item| shown(store, object, item.as_str()?)).collect();
    texts.sort();
    texts.into()
}

fn shown(store: &Store, object: &Object, text: &str) -> Option<String> {
    let Some(id) = text.strip_prefix('@') else { return Some(text.to_owned()) };
    let named = store.get(id).filter(|named| named.life != super::store::Life::Gone)?;
    Some(match (&object.owner, &named.ziti) {
        (Owner::MadeFor(_) | Owner::BuiltIn, Some(ziti)) => format!("@{ziti}"),
        _ => format!("@{}", named.name()),
    })
}
