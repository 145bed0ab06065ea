//! Identity: no two declared resources may mean the same object, whatever their names in YAML.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::address::Address;
use crate::attr::Attr;
use crate::finding::Finding;
use crate::spec::{Field, Identity, Kind, canonical};
use crate::topology::Resource;

/// A name in the one form in which names that ignore case are compared. Upper case comes first: some letters are two of
/// them, and some that look alike at the end of a word are one.
pub(crate) fn fold(name: &str) -> String {
    name.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
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
        let one = |name: &str| {
            let Some(field) = kind.field(name) else { return Some(Value::Null) };
            let value = canonical(&field.ty, &value(field));
            (!value.is_later() && !value.has_secret()).then(|| value.to_shown())
        };
        let text = match kind.identity {
            Identity::Singleton | Identity::Sequence { .. } => String::new(),
            Identity::Content(_) => id?.to_owned(),
            Identity::Name(name) => as_word(one(name)?),
            Identity::CaselessName(name) => fold(&as_word(one(name)?)),
            Identity::Natural(names) => {
                let parts: Option<Vec<Value>> = names.iter().map(|name| one(name)).collect();
                Value::Array(parts?).to_string()
            }
        };
        Some(IdentityKey(text))
    }

    /// The key as the ledger wrote it down.
    pub(crate) fn recorded(text: &str) -> IdentityKey {
        IdentityKey(text.to_owned())
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
            Identity::Singleton | Identity::Natural(_) | Identity::Content(_) | Identity::Sequence { .. } => None,
        }
    }

    /// The key of a declared resource as the files spell it: references are names.
    pub(crate) fn declared(resource: &Resource) -> Option<IdentityKey> {
        let named = match resource.kind.identity {
            Identity::Name(name) | Identity::CaselessName(name) => Some(name),
            _ => None,
        };
        IdentityKey::wanted(resource.kind, resource.content_id().as_deref(), &|name| {
            let given = resource.fields.get(name).cloned();
            given.or_else(|| resource.address.name().filter(|_| named == Some(name)).map(Attr::text))
        })
    }
}

/// A scalar as a word.
fn as_word(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Finds resources that mean the same object, and names that contradict the field that they stand for.
pub(crate) fn check<'r>(resources: impl Iterator<Item = &'r Resource>, findings: &mut Vec<Finding>) {
    let mut seen: HashMap<(&str, Option<Address>, &str, IdentityKey), &Resource> = HashMap::new();
    for resource in resources {
        contradiction(resource, findings);
        // What lacks a part that it needs has a finding of its own.
        let Some(key) = IdentityKey::declared(resource).filter(|_| !lacks_a_part(resource)) else { continue };
        let key = (resource.address.target(), resource.address.parent(), resource.kind.name, key);
        if let Some(first) = seen.get(&key) {
            let why = why_same(resource.kind);
            let message = format!("`{}` is the same object as `{}`", resource.address, first.address);
            let finding = Finding::error("duplicate-identity", message).help(why);
            findings.push(finding.at(&resource.place).also(&first.place, "declared here first"));
        } else {
            seen.insert(key, resource);
        }
    }
}

fn lacks_a_part(resource: &Resource) -> bool {
    let Identity::Natural(names) = resource.kind.identity else { return false };
    let is_missing = |name: &&str| {
        let field = resource.kind.field(name);
        field.is_none_or(|field| field.required && resource.fields.get(*name).is_none_or(Attr::is_null))
    };
    names.iter().any(is_missing)
}

fn why_same(kind: &Kind) -> String {
    match kind.identity {
        Identity::Natural(names) => {
            format!("objects of `{}` are told apart by `{}` alone", kind.name, names.join("`, `"))
        }
        Identity::Name(name) => {
            format!("objects of `{}` are told apart by `{name}` alone, however it is spelt", kind.name)
        }
        _ => format!("`{}` compares names without case and in one Unicode form", kind.name),
    }
}

/// The field that the name stands for may be given too, but not differently.
fn contradiction(resource: &Resource, findings: &mut Vec<Finding>) {
    let (Identity::Name(name) | Identity::CaselessName(name)) = resource.kind.identity else { return };
    let (Some(field), Some(label)) = (resource.kind.field(name), resource.address.name()) else { return };
    let given = resource.fields.get(name).map(|value| canonical(&field.ty, value));
    let same = match (&given, resource.kind.identity) {
        (None | Some(Attr::Later(_)), _) => true,
        (Some(value), Identity::CaselessName(_)) => value.to_text().is_some_and(|text| fold(&text) == fold(label)),
        (Some(value), _) => *value == canonical(&field.ty, &Attr::text(label)),
    };
    if !same {
        let shown = given.map_or_else(String::new, |value| value.to_shown().to_string());
        let message = format!("`{}` has `{name}` {shown}", resource.address);
        let help = format!("the name in YAML is the value of `{name}`: leave the field out, or rename the resource");
        let place = resource.place.below(name);
        findings.push(Finding::error("name-differs", message).help(help).at(&place));
    }
}
