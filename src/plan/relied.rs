//! What a plan relies on: whether a live object moved since the plan was made is told by a digest of it.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::attr::Attr;
use crate::diff::base::Base;
use crate::diff::list::as_read;
use crate::diff::live::Live;
use crate::digest::hex;
use crate::plan::calls::is_sequence;
use crate::secret::FingerprintKey;
use crate::spec::{Flow, Identity, Kind, Type, canonical, lookup, read};

/// Digest of what a plan relies on in a live object: its writable fields. Outputs such as counters move all the time.
///
/// It is keyed, for a plan is shown: who sees it can't try what it may be the digest of. Without a key there is none.
pub(super) fn digest(kind: &Kind, live: &Live, key: &FingerprintKey) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    let base = Base { key: key.clone(), ..Base::default() };
    let mut hash = Sha256::new();
    hash.update(live.id.as_bytes());
    if is_sequence(kind) {
        hash.update(live.raw.to_string().as_bytes());
    }
    for field in kind.fields.iter().filter(|field| field.flow == Flow::Both) {
        hash.update(field.name.as_bytes());
        let value = canonical(&field.ty, &read(field, &live.raw));
        hash.update(base.stored(&value).to_string().as_bytes());
    }
    Some(key.print(&hex(&hash.finalize())))
}

/// What others share of an object, at one time. It is compared within a run alone, and neither shown nor kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SharedContent {
    /// The fields that others share; none for a list that is one resource.
    fields: BTreeSet<String>,
    values: Vec<Attr>,
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
        SharedContent { fields, values }
    }

    /// Says whether it is so still.
    pub(crate) fn is_still(&self, kind: &Kind, live: Option<&Live>) -> bool {
        *self == SharedContent::of(kind, live, self.fields.clone())
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
            digest(&TUNNELS, &Live::new(&TUNNELS, json!({ "id": "7", "psk": psk })), &key.into())
        };
        assert_eq!(of("hunter2", "k"), of("hunter2", "k"));
        assert_ne!(of("hunter2", "k"), of("hunter3", "k"));
        assert_ne!(of("hunter2", "k"), of("hunter2", "l"));
        assert_eq!(of("hunter2", ""), None);
    }
}
