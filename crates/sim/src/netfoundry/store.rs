//! The objects, with the indexes that keep a request from walking over all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::kind::Kind;

/// Where an object is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Life {
    /// Accepted; its execution has not finished.
    Building,
    /// Real.
    Ready,
    /// Its deletion was accepted.
    Leaving,
    /// Deleted.
    Gone,
}

/// Who an object belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Owner {
    /// Made by a client.
    User,
    /// Made by the platform with every network.
    BuiltIn,
    /// Made by the platform for the object of that id, and gone with it.
    MadeFor(String),
}

/// The former state, which reads still show for a moment after a change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Former {
    /// The first moment at which reads show the new body.
    pub until: u64,
    /// The old body.
    pub body: Map<String, Value>,
}

/// One object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Object {
    /// The platform's id.
    pub id: String,
    /// The kind as which it is stored.
    pub kind: Kind,
    /// The network it belongs to.
    pub network: Option<String>,
    /// The overlay's id, once it is real.
    pub ziti: Option<String>,
    /// The status, for kinds that show one.
    pub status: Option<String>,
    /// The fields of the read form that are the kind's own; mentions are kept as `@<id>`.
    pub body: Map<String, Value>,
    /// The part that reads do not show: fields that can only be written, and notes of the simulator.
    pub hidden: Map<String, Value>,
    /// Who it belongs to.
    pub owner: Owner,
    /// Where it is in its life.
    pub life: Life,
    /// When it was created.
    pub created: u64,
    /// When it was last changed.
    pub updated: u64,
    /// When it was deleted.
    pub deleted: Option<u64>,
    /// The first moment at which it can be read by id.
    pub readable: u64,
    /// The first moment at which lists show it.
    pub listed: u64,
    /// The state that reads still show after a change.
    pub former: Option<Former>,
    /// How often it was changed.
    pub changes: u64,
}

impl Object {
    /// The object's name; empty for kinds without one.
    pub(crate) fn name(&self) -> &str {
        self.body.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// The body that reads show at that moment.
    pub(crate) fn body_at(&self, now: u64) -> &Map<String, Value> {
        match &self.former {
            Some(former) if now < former.until => &former.body,
            _ => &self.body,
        }
    }

    /// Says whether it can be written to and mentioned.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.life, Life::Building | Life::Ready)
    }

    /// A text field of the body.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }

    /// A flag of the body.
    pub(crate) fn flag(&self, field: &str) -> bool {
        self.body.get(field).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Inside what names are unique: the network, and for networks the network group (netfoundry.md#requests).
    fn scope(&self) -> String {
        self.network.clone().or_else(|| self.text("networkGroupId").map(str::to_owned)).unwrap_or_default()
    }
}

/// Names are compared by their compatibility decomposition and without case (netfoundry.md#requests).
pub(super) fn fold(name: &str) -> String {
    // Through upper case, so that `ß` and `ss` are the same, as with full case folding.
    name.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// All objects.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Object>", into = "Vec<Object>")]
pub(super) struct Store {
    /// By order of creation, which is the order of unsorted lists.
    objects: BTreeMap<u64, Object>,
    next: u64,
    by_id: HashMap<String, u64>,
    by_kind: HashMap<Kind, BTreeSet<u64>>,
    by_network: HashMap<String, BTreeSet<u64>>,
    /// Names in use: of objects that are not gone.
    by_name: HashMap<(Kind, String, String), u64>,
}

impl Clone for Store {
    fn clone(&self) -> Store {
        Store::from(self.objects.values().cloned().collect::<Vec<_>>())
    }
}

impl From<Vec<Object>> for Store {
    fn from(objects: Vec<Object>) -> Store {
        let mut store = Store::default();
        objects.into_iter().for_each(|object| store.insert(object));
        store
    }
}

impl From<Store> for Vec<Object> {
    fn from(store: Store) -> Vec<Object> {
        store.objects.into_values().collect()
    }
}

impl Store {
    /// Adds an object.
    pub(crate) fn insert(&mut self, object: Object) {
        let serial = self.next;
        self.next += 1;
        self.by_id.insert(object.id.clone(), serial);
        self.by_kind.entry(object.kind).or_default().insert(serial);
        if let Some(network) = &object.network {
            self.by_network.entry(network.clone()).or_default().insert(serial);
        }
        if object.life != Life::Gone {
            self.by_name.insert((object.kind, object.scope(), fold(object.name())), serial);
        }
        self.objects.insert(serial, object);
    }

    /// The object with that id, whatever became of it.
    pub(crate) fn get(&self, id: &str) -> Option<&Object> {
        self.objects.get(self.by_id.get(id)?)
    }

    /// Changes an object and keeps the indexes true.
    pub(crate) fn update(&mut self, id: &str, change: impl FnOnce(&mut Object)) {
        let Some(serial) = self.by_id.get(id).copied() else { return };
        let Some(object) = self.objects.get_mut(&serial) else { return };
        let before = (object.kind, object.scope(), fold(object.name()));
        change(object);
        let after = (object.kind, object.scope(), fold(object.name()));
        let in_use = object.life != Life::Gone;
        if (before != after || !in_use) && self.by_name.get(&before) == Some(&serial) {
            self.by_name.remove(&before);
        }
        if in_use {
            self.by_name.insert(after, serial);
        }
    }

    /// The objects of a kind, oldest first.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.by_kind.get(&kind).into_iter().flatten().filter_map(|serial| self.objects.get(serial))
    }

    /// The objects of a network, oldest first.
    pub(crate) fn in_network(&self, network: &str) -> impl Iterator<Item = &Object> {
        self.by_network.get(network).into_iter().flatten().filter_map(|serial| self.objects.get(serial))
    }

    /// The object that holds a name inside a network (or network group).
    pub(crate) fn named(&self, kind: Kind, scope: &str, name: &str) -> Option<&Object> {
        self.objects.get(self.by_name.get(&(kind, scope.to_owned(), fold(name)))?)
    }

    /// The ids of what the platform made for an object.
    pub(crate) fn made_for(&self, id: &str) -> Vec<String> {
        let Some(network) = self.get(id).and_then(|object| object.network.as_deref()) else { return Vec::new() };
        self.in_network(network)
            .filter(|object| object.life != Life::Gone && matches!(&object.owner, Owner::MadeFor(maker) if maker == id))
            .map(|object| object.id.clone())
            .collect()
    }

    /// A live object of a client's that refers to one of these ids, and so keeps them from being deleted.
    pub(crate) fn referrer(&self, network: &str, ids: &[&str]) -> Option<&Object> {
        self.in_network(network).find(|object| {
            object.is_live()
                && object.owner == Owner::User
                && !ids.contains(&object.id.as_str())
                && object.body.values().any(|value| refers(value, ids))
        })
    }
}

fn refers(value: &Value, ids: &[&str]) -> bool {
    match value {
        Value::String(text) => ids.contains(&text.strip_prefix('@').unwrap_or(text)),
        Value::Array(items) => items.iter().any(|item| refers(item, ids)),
        Value::Object(map) => map.values().any(|item| refers(item, ids)),
        _ => false,
    }
}
