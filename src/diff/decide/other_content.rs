//! Content that takes the place of other content: what differs, and what becomes of the old one.

use crate::attr::Attr;
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::verdict::{Cause, Decision, FieldChange};
use crate::spec::{Identity, canonical};
use crate::state::base::Entry;
use crate::topology::{FileContent, Resource};

/// What differs about content that takes the place of what the ledger remembers, where it does.
pub(super) fn changes(
    resolver: &Resolver<'_>,
    resource: &Resource,
    resolved: &ResolvedFields,
    entry: &Entry,
) -> Option<Vec<FieldChange>> {
    let kind = resource.kind;
    let Identity::Content(file, told_by) = kind.identity else { return None };
    if told_by.is_empty() {
        return with_another_id(resource, resolved, entry, file);
    }
    resolver.index.by_id(&resource.address, &[kind.name], &entry.id)?;
    let changes = told_by.iter().filter_map(|name| {
        let (before, after) = (entry.value(name).map(Attr::from_json)?, resolved.get(*name)?.clone());
        let field = kind.field(name)?;
        let is_same = canonical(&field.ty, &before) == canonical(&field.ty, &after);
        (!is_same).then(|| content_change(resource, name, before, after))
    });
    Some(changes.collect()).filter(|changes: &Vec<FieldChange>| !changes.is_empty())
}

/// What differs about content whose id tells it.
fn with_another_id(
    resource: &Resource,
    resolved: &ResolvedFields,
    entry: &Entry,
    file: &'static str,
) -> Option<Vec<FieldChange>> {
    let id = resource.content_id().filter(|id| *id != entry.id)?;
    let mut change = content_change(resource, file, Attr::text(entry.id.as_str()), Attr::Text(id));
    if !resource.files.get(file).is_some_and(|content| is_as_applied(content, file, entry)) {
        return Some(vec![change]);
    }
    // What only a new object takes brought it the other id; what nobody here changed drifted.
    let others = resource.kind.fields.iter().filter(|field| field.is_writable() && field.name != file);
    let because = others.filter_map(|field| {
        let before = entry.value(field.name).map_or_else(|| field.default_value(), Attr::from_json);
        let after = resolved.get(field.name).cloned().unwrap_or_else(|| field.default_value());
        let is_other = canonical(&field.ty, &before) != canonical(&field.ty, &after);
        let change = content_change(resource, field.name, before, after);
        (is_other && change.replaces(resource.kind)).then_some(change)
    });
    let mut changes: Vec<FieldChange> = because.collect();
    if changes.is_empty() {
        change.cause = Cause::Drift;
    }
    changes.push(change);
    Some(changes)
}

fn is_as_applied(content: &FileContent, file: &str, entry: &Entry) -> bool {
    let applied = entry.value(file).and_then(|value| value.as_str());
    applied.is_some_and(|word| content.is_remembered_as(word, entry.packing))
}

fn content_change(resource: &Resource, name: &str, before: Attr, after: Attr) -> FieldChange {
    FieldChange {
        field: resource.kind.field(name),
        name: name.to_owned(),
        before,
        after,
        edits: Vec::new(),
        cause: Cause::Change,
        others: Default::default(),
    }
}

/// Other content beside what something that stays was made with: that one goes once nothing needs it any more.
pub(super) fn beside_what_is_in_use(resolver: &Resolver<'_>, resource: &Resource, decision: Decision) -> Decision {
    match resolver.planned.user_of(&resource.address) {
        Some(_) if matches!(decision, Decision::Replace { .. }) => Decision::Create(Cause::Change),
        _ => decision,
    }
}
