//! A resource that is a whole ordered list against the live one: one change, told as the smallest edit.

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::base::{Base, Entry};
use crate::diff::compare::{Comparison, narrow};
use crate::diff::items::{item_key, redact_edits, redact_items};
use crate::diff::live::Live;
use crate::diff::others::{OthersItems, deleted, is_ours};
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::sequence::{agrees, script};
use crate::diff::take_back::{NO_WAY, with_taken_back};
use crate::diff::verdict::{Cause, FieldChange};
use crate::spec::{Kind, Type, canonical, read};
use crate::topology::{ITEMS, Resource};

/// An ordered list, wanted, remembered and live.
pub(super) struct ListCase<'c> {
    pub resolver: &'c Resolver<'c>,
    pub resource: &'c Resource,
    pub resolved: &'c ResolvedFields,
    pub live: &'c Live,
    /// The item's field that tells items apart.
    pub key: &'static str,
    pub base: &'c Base,
    pub entry: Option<&'c Entry>,
}

impl ListCase<'_> {
    /// What comparing the two gives.
    pub(super) fn compare(&self) -> Comparison {
        let ListCase { resolver, resource, resolved, live, key, base, entry } = *self;
        let mut found = Comparison::default();
        let declared = wanted_items(resource.kind, resolved);
        let old = Attr::List(live_items(resource.kind, live));
        let stored = entry.and_then(|entry| entry.fields.get(ITEMS));
        let ty = Type::Table(resource.kind.fields, key);
        let mut stays = |at: &str| found.notes.let_go.push((at.trim_start_matches('/').replace('/', "."), NO_WAY));
        let full = resolved.get(ITEMS).and_then(|items| with_taken_back(&ty, items, stored, &old, &mut stays));
        let Attr::List(old) = old else { return found };
        let to = |new: &[Attr]| script(&old, new, &|item| item_key(item, key), &agrees);
        let new = match &full {
            Some(Attr::List(items)) => {
                items.iter().map(|item| canonical(&Type::Object(resource.kind.fields), item)).collect()
            }
            _ => declared.clone(),
        };
        let script = to(&new);
        if script.edits.is_empty() {
            return found;
        }
        let before = redact_items(resolver, base, entry, (&old, &new), &script.counterparts);
        let only_taken_back = full.is_some() && to(&declared).edits.is_empty();
        let edits = redact_edits(script.edits, &before, &script.counterparts);
        let go = if is_ours(entry, ITEMS) { Vec::new() } else { deleted(&edits, key) };
        let others = OthersItems { go, stay: 0 };
        let (wanted, live) = (Attr::List(declared), Attr::List(old));
        let cause = match stored.map(|stored| &stored.value) {
            _ if only_taken_back => Cause::Undeclared,
            Some(kept) if base.matches_stored(&wanted, kept) => Cause::Drift,
            Some(kept) if !base.matches_stored(&narrow(&live, kept), kept) => Cause::Conflict,
            _ if entry.is_some_and(|entry| entry.left.contains(ITEMS)) => Cause::Left,
            _ => Cause::Change,
        };
        found.taken_back.extend(full.map(|full| (ITEMS.to_owned(), full)));
        let (name, before, after) = (ITEMS.to_owned(), Attr::List(before), Attr::List(new));
        found.changes.push(FieldChange { field: None, name, before, after, edits, cause, others });
        found
    }
}

/// The wanted items of a sequence, in the form in which they are compared.
pub(crate) fn wanted_items(kind: &Kind, resolved: &ResolvedFields) -> Vec<Attr> {
    let Some(Attr::List(items)) = resolved.get(ITEMS) else { return Vec::new() };
    items.iter().map(|item| canonical(&Type::Object(kind.fields), item)).collect()
}

/// The live items of a sequence that are the user's to declare, in the form in which they are compared.
pub(crate) fn live_items(kind: &Kind, live: &Live) -> Vec<Attr> {
    managed_items(kind, live)
        .map(|item| {
            let fields =
                kind.fields.iter().map(|field| (field.name.to_owned(), canonical(&field.ty, &read(field, item))));
            Attr::Map(fields.collect())
        })
        .collect()
}

/// The raw live items of a sequence that are the user's to declare.
pub(crate) fn managed_items<'l>(kind: &'l Kind, live: &'l Live) -> impl Iterator<Item = &'l Value> {
    live.items(kind).filter(|(_, is_managed)| *is_managed).map(|(item, _)| item)
}
