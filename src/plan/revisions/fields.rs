//! One resource in two revisions, field by field, in the form in which values are compared.

use std::collections::BTreeSet;

use crate::attr::Attr;
use crate::diff::items::item_key;
use crate::diff::sequence::{Edit, script};
use crate::diff::verdict::{Cause, FieldChange};
use crate::spec::{Identity, Type, canonical};
use crate::topology::{ITEMS, Resource, list_type};

/// The fields of a new resource.
pub(super) fn given(resource: &Resource) -> Vec<FieldChange> {
    let name = match resource.kind.identity {
        Identity::Name(name) | Identity::CaselessName(name) => Some(name),
        _ => None,
    };
    let told = resource.fields.iter().filter(|(field, _)| Some(field.as_str()) != name);
    told.map(|(name, value)| FieldChange::given(resource.kind.field(name), name, value)).collect()
}

/// The fields that differ.
pub(super) fn changes(before: &Resource, after: &Resource) -> Vec<FieldChange> {
    let names: BTreeSet<&String> = before.fields.keys().chain(after.fields.keys()).collect();
    names.into_iter().filter_map(|name| change(before, after, name)).collect()
}

/// One field, if it differs.
fn change(before: &Resource, after: &Resource, name: &str) -> Option<FieldChange> {
    let field = after.kind.field(name);
    let (old, new) = (value(before, name), value(after, name));
    if old == new {
        return None;
    }
    let edits = edits(after, name, &old, &new);
    let change = FieldChange::given(field, name, &new);
    let before = FieldChange::given(field, name, &old).after;
    Some(FieldChange { before, edits, cause: Cause::Change, ..change })
}

/// What a resource gives a field: of content its digest, of all else the form in which values are compared. What is known
/// only later is the expression that it stands as.
fn value(resource: &Resource, name: &str) -> Attr {
    if let Some(content) = resource.files.get(name) {
        return Attr::Text(content.stamp());
    }
    match (resource.fields.get(name), list_type(resource.kind, name)) {
        (None, _) => Attr::Null,
        (Some(value), _) if value.is_later() => value.clone(),
        (Some(Attr::List(items)), Some(Type::Table(fields, _))) if name == ITEMS => {
            Attr::List(items.iter().map(|item| canonical(&Type::Object(fields), item)).collect())
        }
        (Some(value), Some(ty)) => canonical(&ty, value),
        (Some(value), None) => value.clone(),
    }
}

/// The smallest edit of a list that is one resource.
fn edits(resource: &Resource, name: &str, old: &Attr, new: &Attr) -> Vec<Edit> {
    match (resource.kind.identity, old, new) {
        (Identity::Sequence { key, .. }, Attr::List(old), Attr::List(new)) if name == ITEMS => {
            script(old, new, &|item| item_key(item, key), &|old, new| old == new).edits
        }
        _ => Vec::new(),
    }
}
