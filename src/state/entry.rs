//! What is remembered of one owned object: a row of the ledger.
//!
//! Each field says how its value came there, because what was given can be taken back, and what was found can't: a value
//! that Trueup sent is `applied`, one that file and controller agreed on is `agreed`, one that nobody could look at and the
//! user vouched for is `assumed`. In a file the fields stand in a map for each of these words.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::topology::ItemPlace;

/// How a remembered value came to be at the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Trueup sent it, and it was accepted.
    Applied,
    /// It was there already when the files came to say the same.
    Agreed,
    /// The user says so of what the API never shows.
    Assumed,
}

/// A value as it is remembered; secrets in it are fingerprints.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The value.
    pub value: Value,
    /// How it came there.
    pub basis: Basis,
    /// Parts of it that came there otherwise, by JSON pointer: `/0` for the first item of a list, `/site` for a label.
    pub items: BTreeMap<String, Basis>,
    /// The declaration of the fabric that it came from, as in `fabric/vpns/offices`.
    pub origin: Option<String>,
}

impl Stored {
    /// A value that came there as a whole, from the files themselves.
    pub(crate) fn new(value: Value, basis: Basis) -> Stored {
        Stored { value, basis, items: BTreeMap::new(), origin: None }
    }

    /// How the part at a JSON pointer came there: as the nearest part around it that is told of.
    pub(crate) fn basis_at(&self, pointer: &str) -> Basis {
        let mut at = pointer;
        loop {
            match (self.items.get(at), at.rfind('/')) {
                (Some(basis), _) => return *basis,
                (None, Some(end)) if end > 0 => at = &at[..end],
                (None, _) => return self.basis,
            }
        }
    }
}

/// One owned object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EntryRow", into = "EntryRow")]
pub struct Entry {
    /// The provider's id.
    pub id: String,
    /// What told it from the others of its collection when it was last applied, as in `["0","10.0.0.0/8"]`.
    pub identity: Option<String>,
    /// Says whether a call of ours made it. What was there before is only taken over, and may be the system's.
    pub made: bool,
    /// The declared fields as they were last seen to be right.
    pub fields: BTreeMap<String, Stored>,
    /// The fields whose value came from other resources, with the expression that gave it.
    pub expressions: BTreeMap<String, String>,
    /// The addresses that it depended on.
    pub after: BTreeSet<Address>,
    /// What the list said about the object's age when it was applied, where that saves a read.
    pub stamp: Option<String>,
    /// Ids of earlier objects of this address that are still to be removed.
    pub leftovers: BTreeSet<String>,
    /// The commit that was applied.
    pub commit: Option<String>,
    /// The number of the run that last wrote it.
    pub run: Option<u64>,
    /// The declaration of the fabric that it came from, as in `fabric/sites/lyon`.
    pub origin: Option<String>,
    /// The number of the rule by which its content was packed; content packed by another rule has another digest.
    pub packing: Option<u32>,
    /// The fields of which only the remembered items are ours, with where these stand among those of others.
    pub partial: BTreeMap<String, ItemPlace>,
    /// The fields that a step of ours left other than it was meant to: their values are what was there after it.
    pub left: BTreeSet<String>,
    /// The fields that a create carried of which nobody heard that it was done: the object has them if it is there.
    pub ahead: BTreeSet<String>,
}

impl Entry {
    /// Says whether anything is known of the object but that a call was to make it, and with what.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.fields.keys().any(|name| !self.ahead.contains(name))
    }

    /// The value of a field.
    pub(crate) fn value(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).map(|stored| &stored.value)
    }

    /// Says whether nothing is known of the object but its id, from no run that is known: version 0.1 took it into ownership,
    /// and was not asked to make anything true since.
    pub(crate) fn is_blank(&self) -> bool {
        self.fields.is_empty() && self.identity.is_none() && self.run.is_none()
    }
}

/// What a create is about to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Claim {
    /// The identity that tells it from the others of its collection.
    pub identity: String,
    /// The fields that it carries and that the API never shows, as they are kept; secrets are fingerprints.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub carries: BTreeMap<String, Value>,
}

/// An [`Entry`] as files spell it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct EntryRow {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    made: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    applied: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    agreed: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    assumed: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    items: BTreeMap<String, BTreeMap<String, Basis>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    origins: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    expressions: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    after: BTreeSet<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    leftovers: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packing: Option<u32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    partial: BTreeMap<String, ItemPlace>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    left: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    ahead: BTreeSet<String>,
}

impl From<Entry> for EntryRow {
    fn from(entry: Entry) -> EntryRow {
        let Entry {
            id,
            identity,
            made,
            fields,
            expressions,
            after,
            stamp,
            leftovers,
            commit,
            run,
            origin,
            packing,
            partial,
            left,
            ahead,
        } = entry;
        let (mut applied, mut agreed, mut assumed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut items, mut origins) = (BTreeMap::new(), BTreeMap::new());
        for (name, stored) in fields {
            if !stored.items.is_empty() {
                items.insert(name.clone(), stored.items);
            }
            origins.extend(stored.origin.map(|origin| (name.clone(), origin)));
            let fields = match stored.basis {
                Basis::Applied => &mut applied,
                Basis::Agreed => &mut agreed,
                Basis::Assumed => &mut assumed,
            };
            fields.insert(name, stored.value);
        }
        EntryRow {
            id,
            identity,
            made,
            applied,
            agreed,
            assumed,
            items,
            origins,
            expressions,
            after,
            stamp,
            leftovers,
            commit,
            run,
            origin,
            packing,
            partial,
            left,
            ahead,
        }
    }
}

impl TryFrom<EntryRow> for Entry {
    type Error = String;

    fn try_from(row: EntryRow) -> Result<Entry, String> {
        let EntryRow {
            id,
            identity,
            made,
            applied,
            agreed,
            assumed,
            items,
            origins,
            expressions,
            after,
            stamp,
            leftovers,
            commit,
            run,
            origin,
            packing,
            partial,
            left,
            ahead,
        } = row;
        let mut fields = BTreeMap::new();
        for (basis, values) in [(Basis::Applied, applied), (Basis::Agreed, agreed), (Basis::Assumed, assumed)] {
            for (name, value) in values {
                if fields.insert(name.clone(), Stored::new(value, basis)).is_some() {
                    return Err(format!("field `{name}` is given twice"));
                }
            }
        }
        let no_field = |name: &str| format!("there is no field `{name}`, of which more is said");
        for (name, items) in items {
            fields.get_mut(&name).ok_or_else(|| no_field(&name))?.items = items;
        }
        for (name, origin) in origins {
            fields.get_mut(&name).ok_or_else(|| no_field(&name))?.origin = Some(origin);
        }
        if let Some(name) = left.iter().chain(&ahead).find(|name| !fields.contains_key(*name)) {
            return Err(no_field(name));
        }
        Ok(Entry {
            id,
            identity,
            made,
            fields,
            expressions,
            after,
            stamp,
            leftovers,
            commit,
            run,
            origin,
            packing,
            partial,
            left,
            ahead,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_that_a_row_says_comes_back() {
        let row = json!({
            "id": "7", "identity": "[\"10.0.0.0/8\"]", "made": true, "applied": { "cidr": "10.0.0.0/8", "tags": ["a", "b"] },
            "agreed": { "description": "" }, "assumed": { "psk": { "$fingerprint": "00" } },
            "items": { "tags": { "/1": "agreed" } }, "origins": { "cidr": "fabric/sites/lyon" },
            "expressions": { "cidr": "\"${a/b/c.d}\"" }, "after": ["a/b/c"], "stamp": "1", "leftovers": ["6"],
            "commit": "3f2a", "run": 3, "origin": "fabric/sites/lyon", "packing": 1,
            "partial": { "tags": { "after": "x" } }, "left": ["cidr"], "ahead": ["psk"],
        });
        let entry: Entry = serde_json::from_value(row.clone()).unwrap();
        assert_eq!(entry.fields["tags"].items["/1"], Basis::Agreed);
        assert_eq!(entry.fields["psk"].basis, Basis::Assumed);
        assert_eq!(serde_json::to_value(entry).unwrap(), row);
    }

    #[test]
    fn what_contradicts_itself_is_no_row() {
        for (row, why) in [
            (json!({ "id": "7", "applied": { "a": 1 }, "agreed": { "a": 1 } }), "field `a` is given twice"),
            (json!({ "id": "7", "items": { "a": {} } }), "there is no field `a`"),
            (json!({ "id": "7", "left": ["a"] }), "there is no field `a`"),
            (json!({ "id": "7", "ahead": ["a"] }), "there is no field `a`"),
            (json!({ "id": "7", "fields": {} }), "unknown field `fields`"),
            (json!({ "applied": {} }), "missing field `id`"),
        ] {
            let error = serde_json::from_value::<Entry>(row).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
