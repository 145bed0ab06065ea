//! What tells an object from the others of its collection.

use std::fmt;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::attr::Attr;
use crate::spec::{Field, Identity, Kind, canonical};

/// A name in the one form in which names that ignore case are compared. Upper case comes first: some letters are two of
/// them, and some that look alike at the end of a word are one.
pub(crate) fn fold(name: &str) -> String {
    name.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// A text in the one Unicode form in which texts that mind case are compared: `é` is one letter, or `e` with an accent.
pub(crate) fn composed(text: &str) -> String {
    // Most texts are in that form as they are.
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}

/// What tells an object from the others of its collection: two with the same key are the same object.
///
/// As in `["10.1.0.0/16","192.0.2.1"]` for a route that is told apart by network and gateway. Files, ledger, live objects
/// and the replies of calls all make it here, so that they agree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IdentityKey(String);

impl fmt::Display for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl IdentityKey {
    /// The key that a kind's object has with these values; `id` is its id, which tells content apart. `None` where that is
    /// not known, while a value is known only later, and where one is secret: nothing that is shown equals it.
    pub(crate) fn of(
        kind: &'static Kind,
        id: Option<&str>,
        value: &dyn Fn(&'static Field) -> Attr,
    ) -> Option<IdentityKey> {
        Some(IdentityKey(composed(&spelt(kind, id, value, &|_| true)?)))
    }

    /// Says whether an object with these values has this key. Most objects of a long list have another one, and show it
    /// with the first value or two.
    pub(crate) fn is_of(&self, kind: &'static Kind, id: &str, value: &dyn Fn(&'static Field) -> Attr) -> bool {
        let may_be = |begin: &str| !begin.is_ascii() || self.0.starts_with(begin);
        spelt(kind, Some(id), value, &may_be).is_some_and(|text| composed(&text) == self.0)
    }

    /// The key as the ledger wrote it down.
    pub(crate) fn recorded(text: &str) -> IdentityKey {
        IdentityKey(composed(text))
    }

    /// The key of what is wanted with these values by the names of fields: a missing one has its default.
    pub(crate) fn wanted(
        kind: &'static Kind,
        id: Option<&str>,
        value: &dyn Fn(&str) -> Option<Attr>,
    ) -> Option<IdentityKey> {
        IdentityKey::of(kind, id, &|field| value(field.name).unwrap_or_else(|| field.default_value()))
    }

    /// The key of what is called so, for kinds whose objects are told apart by one name.
    pub(crate) fn called(kind: &'static Kind, name: &str) -> Option<IdentityKey> {
        match kind.identity {
            Identity::Name(_) | Identity::CaselessName(_) => IdentityKey::of(kind, None, &|_| Attr::text(name)),
            Identity::Singleton | Identity::Natural(_) | Identity::Content(..) | Identity::Sequence { .. } => None,
        }
    }
}

/// A key's text, spelt from left to right as long as `goes_on` says of what there is of it. `None` where it does not, where
/// a value is known only later, and where one is secret.
fn spelt(
    kind: &'static Kind,
    id: Option<&str>,
    value: &dyn Fn(&'static Field) -> Attr,
    goes_on: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let one = |name: &str| {
        let Some(field) = kind.field(name) else { return Some(Value::Null) };
        let value = canonical(&field.ty, &value(field));
        (!value.is_later() && !value.has_secret()).then(|| value.to_shown())
    };
    match kind.identity {
        Identity::Singleton | Identity::Sequence { .. } => Some(String::new()),
        Identity::Content(_, []) => id.map(str::to_owned),
        Identity::Name(name) => Some(as_word(one(name)?)),
        Identity::CaselessName(name) => Some(fold(&as_word(one(name)?))),
        Identity::Natural(names) | Identity::Content(_, names) => {
            let mut text = String::from("[");
            for (n, name) in names.iter().enumerate() {
                text.push_str(if n == 0 { "" } else { "," });
                text.push_str(&one(name)?.to_string());
                if !goes_on(&text) {
                    return None;
                }
            }
            text.push(']');
            Some(text)
        }
    }
}

/// A scalar as a word.
pub(crate) fn as_word(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
