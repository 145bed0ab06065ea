//! What a plan relies on: whether a live object moved since the plan was made is told by a digest of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::attr::Attr;
use crate::diff::list::as_read;
use crate::plan::calls::is_sequence;
use crate::secret::FingerprintKey;
use crate::spec::{Identity, Kind, Type, canonical, lookup, read};
use crate::state::base::Base;
use crate::state::live::Live;
use crate::topology::ITEMS;

/// How many digits of a field's digest are kept: enough that no two values look alike by chance.
const DIGITS: usize = 16;

/// What a plan relies on in a live object: its writable fields, as digests by their names, and the id under the empty one.
/// Outputs such as counters move all the time.
///
/// They are keyed, for a plan is shown: who sees it can't try what they may be the digests of. Without a key there are none.
pub(super) fn prints(kind: &Kind, live: &Live, key: &FingerprintKey) -> BTreeMap<String, String> {
    if key.is_empty() {
        return BTreeMap::new();
    }
    let base = Base { key: key.clone(), ..Base::default() };
    let print = |text: &str| key.print(text).chars().take(DIGITS).collect();
    let mut prints = BTreeMap::from([(String::new(), print(&live.id))]);
    if is_sequence(kind) {
        prints.insert(ITEMS.to_owned(), print(&live.raw.to_string()));
    }
    for field in kind.fields.iter().filter(|field| field.is_read_back()) {
        let value = canonical(&field.ty, &read(field, &live.raw));
        prints.insert(field.name.to_owned(), print(&base.stored(&value).to_string()));
    }
    prints
}

/// One digest of all these.
pub(super) fn digest(prints: &BTreeMap<String, String>, key: &FingerprintKey) -> String {
    key.print(&prints.iter().map(|(name, print)| format!("{name}={print}\n")).collect::<String>())
}

/// What others share of an object, at one time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SharedContent {
    /// The fields that others share; none for a list that is one resource.
    fields: BTreeSet<String>,
    values: SharedValues,
}

/// The values of what others share.
#[derive(Debug, Clone, PartialEq)]
enum SharedValues {
    /// As they were seen in this run. They are neither shown nor kept.
    Seen(Vec<Attr>),
    /// As a plan file holds them: their keyed digest.
    Printed(String),
}

impl SharedContent {
    /// The content of these fields or, of a list that is one resource, of all its items.
    pub(super) fn of(kind: &Kind, live: Option<&Live>, fields: BTreeSet<String>) -> SharedContent {
        let values = match (kind.identity, live) {
            (Identity::Sequence { id, .. }, live) => {
                let items = live.into_iter().flat_map(|live| live.items(kind)).map(|(item, _)| item);
                let id = |item| lookup(item, id).filter(|_| !id.is_empty()).map_or(Attr::Null, Attr::from_json);
                items.flat_map(|item| [id(item), canonical(&Type::Object(kind.fields), &as_read(kind, item))]).collect()
            }
            (_, Some(live)) => fields.iter().map(|field| live.value(kind, field)).collect(),
            (_, None) => Vec::new(),
        };
        SharedContent { fields, values: SharedValues::Seen(values) }
    }

    /// The same as a plan file gives it back.
    pub(super) fn from_print(fields: BTreeSet<String>, print: &str) -> SharedContent {
        SharedContent { fields, values: SharedValues::Printed(print.to_owned()) }
    }

    /// The same for a plan file: the fields, and a keyed digest of their values.
    pub(super) fn printed(&self, key: &FingerprintKey) -> (BTreeSet<String>, String) {
        let print = match &self.values {
            SharedValues::Printed(print) => print.clone(),
            SharedValues::Seen(values) => {
                let base = Base { key: key.clone(), ..Base::default() };
                key.print(&values.iter().map(|value| format!("{}\n", base.stored(value))).collect::<String>())
            }
        };
        (self.fields.clone(), print)
    }

    /// Says whether it is so still. The key is that of digests in plan files.
    pub(crate) fn is_still(&self, kind: &Kind, live: Option<&Live>, key: &FingerprintKey) -> bool {
        let now = SharedContent::of(kind, live, self.fields.clone());
        match &self.values {
            SharedValues::Seen(_) => *self == now,
            SharedValues::Printed(print) => now.printed(key).1 == *print,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::{Type, field};

    static TUNNELS: Kind = Kind { fields: &[field("psk", Type::Text, "What both ends know")], ..Kind::NEW };

    #[test]
    fn nobody_without_the_key_can_try_what_it_is_the_digest_of() {
        let of = |psk: &str, key: &str| {
            prints(&TUNNELS, &Live::new(&TUNNELS, json!({ "id": "7", "psk": psk })), &key.into())
        };
        assert_eq!(of("hunter2", "k"), of("hunter2", "k"));
        assert_ne!(of("hunter2", "k"), of("hunter3", "k"));
        assert_ne!(of("hunter2", "k"), of("hunter2", "l"));
        assert!(of("hunter2", "").is_empty());
    }
}
