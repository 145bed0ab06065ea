//! What Trueup applied last: the third side of the comparison.
//!
//! Nothing in here is secret: secrets are kept as keyed fingerprints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::address::Address;
use crate::attr::Attr;
use crate::secret::FingerprintKey;

pub(crate) use crate::state::entry::{Basis, Claim, Entry, Stored};
use crate::state::installation::Installation;

/// The key under which a fingerprint stands where a secret would.
const PRINT: &str = "$fingerprint";

/// Everything that Trueup owns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Base {
    /// The key of the fingerprints. An empty one stands for none: nothing was fingerprinted yet.
    pub key: FingerprintKey,
    /// The number of the run that is under way.
    pub run: Option<u64>,
    /// What proves which installation is behind each target.
    pub(crate) targets: BTreeMap<String, Installation>,
    /// What is owned, by address.
    pub entries: BTreeMap<Address, Entry>,
    /// The addresses whose object a run of ours set out to replace, and at which none was seen since: if nothing is there,
    /// nobody else took it away.
    pub vacated: BTreeSet<Address>,
}

impl Base {
    /// The entry of an address.
    pub fn entry(&self, address: &Address) -> Option<&Entry> {
        self.entries.get(address)
    }

    /// The part of it that is about one target.
    pub(crate) fn part_of(&self, target: &str) -> Base {
        let entries = self.owned_at(target).map(|(address, entry)| (address.clone(), entry.clone())).collect();
        let vacated = self.vacated.iter().filter(|address| address.target() == target).cloned().collect();
        Base { key: self.key.clone(), run: self.run, targets: self.targets.clone(), entries, vacated }
    }

    /// What is owned at a target, in order.
    pub(crate) fn owned_at<'b>(&'b self, target: &'b str) -> impl Iterator<Item = (&'b Address, &'b Entry)> {
        let from = self.entries.range(Address::first_of(target)..);
        from.take_while(move |(address, _)| address.target() == target)
    }

    /// What is owned of a kind that lives in `parent`, with all that lives in that, in order.
    pub(crate) fn owned_within<'b>(
        &'b self,
        target: &'b str,
        parent: Option<&'b Address>,
        kind: &'b str,
    ) -> impl Iterator<Item = (&'b Address, &'b Entry)> {
        let first = parent.map_or_else(|| Address::new(target, kind, None), |parent| parent.child(kind, None));
        self.entries.range(first..).take_while(move |(address, _)| address.is_within(target, parent, kind))
    }

    /// A value in the form in which it is kept: secrets as fingerprints.
    pub fn stored(&self, attr: &Attr) -> Value {
        match attr {
            Attr::Secret(secret) => json!({ PRINT: self.key.fingerprint(secret) }),
            Attr::List(items) => Value::Array(items.iter().map(|item| self.stored(item)).collect()),
            Attr::Map(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), self.stored(value))).collect()),
            other => other.to_shown(),
        }
    }

    /// The fingerprints of secrets in a value that was kept.
    pub(crate) fn fingerprints(kept: &Value) -> BTreeSet<&str> {
        match kept {
            Value::Object(map) => match map.get(PRINT).and_then(Value::as_str) {
                Some(print) => BTreeSet::from([print]),
                None => map.values().flat_map(Base::fingerprints).collect(),
            },
            Value::Array(items) => items.iter().flat_map(Base::fingerprints).collect(),
            _ => BTreeSet::new(),
        }
    }

    /// The value that was kept; none where a secret was part of it, of which only the fingerprint is known.
    pub fn from_stored(kept: &Value) -> Option<Attr> {
        fn is_whole(kept: &Value) -> bool {
            match kept {
                Value::Object(map) => !map.contains_key(PRINT) && map.values().all(is_whole),
                Value::Array(items) => items.iter().all(is_whole),
                _ => true,
            }
        }
        is_whole(kept).then(|| Attr::from_json(kept))
    }

    /// Says whether a value is the one that was kept. A plain value equals a fingerprint when it would have that one.
    pub fn matches_stored(&self, attr: &Attr, kept: &Value) -> bool {
        match (attr, kept) {
            (Attr::List(items), Value::Array(kept)) => {
                items.len() == kept.len() && items.iter().zip(kept).all(|(item, kept)| self.matches_stored(item, kept))
            }
            (Attr::Map(map), Value::Object(kept)) if !kept.contains_key(PRINT) => {
                map.len() == kept.len()
                    && map.iter().all(|(key, value)| kept.get(key).is_some_and(|kept| self.matches_stored(value, kept)))
            }
            (Attr::Secret(secret), Value::Object(kept)) => {
                kept.get(PRINT).and_then(Value::as_str) == Some(self.key.fingerprint(secret).as_str())
            }
            (Attr::Secret(_), _) => false,
            (plain, Value::Object(kept)) if kept.contains_key(PRINT) => {
                let print = plain.to_text().map(|text| self.key.print(&text));
                kept.get(PRINT).and_then(Value::as_str) == print.as_deref()
            }
            (plain, kept) => plain.to_shown() == *kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_secret_is_kept_as_a_fingerprint_and_recognised() {
        let base = Base { key: "k".into(), ..Base::default() };
        let secret = Attr::Map([("psk".to_owned(), Attr::Secret(Secret::new("secret.psk", "canary")))].into());
        let kept = base.stored(&secret);
        assert!(!kept.to_string().contains("canary"));
        assert!(base.matches_stored(&secret, &kept));
        assert_eq!(Base::from_stored(&kept), None);
        assert_eq!(
            Base::from_stored(&json!({"deep": [1, "two"]})),
            Some(Attr::from_json(&json!({"deep": [1, "two"]})))
        );
        let plain = |text: &str| Attr::Map([("psk".to_owned(), Attr::text(text))].into());
        assert!(base.matches_stored(&plain("canary"), &kept));
        assert!(!base.matches_stored(&plain("other"), &kept));
    }
}
