//! A resource that is a whole ordered list against the live one: one change, told as the smallest edit.

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::compare::{Comparison, narrow};
use crate::diff::items::{item_key, redact_edits, redact_items};
use crate::diff::others::{OthersItems, deleted, deleted_within, is_ours, own_words};
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::sequence::{Edit, agrees};
use crate::diff::shared::{SharedList, SharedWrite};
use crate::diff::take_back::{NO_WAY, with_taken_back};
use crate::diff::verdict::{Cause, FieldChange};
use crate::spec::{Kind, Type, canonical, item_words, read};
use crate::state::base::{Base, Entry};
use crate::state::live::Live;
use crate::topology::{ITEMS, Resource};

/// An ordered list, wanted, remembered and live.
pub(in crate::diff) struct ListCase<'c> {
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
    pub(in crate::diff) fn compare(&self) -> Comparison {
        let ListCase { resolver, resource, resolved, live, key, base, entry } = *self;
        let mut found = Comparison::default();
        let declared = wanted_items(resource.kind, resolved);
        let old = live_items(resource.kind, live);
        let stored = entry.and_then(|entry| entry.fields.get(ITEMS));
        let ty = Type::Table(resource.kind.fields, key);
        let shared =
            match resource.partial.get(ITEMS).map(|among| SharedList::part(&ty, &declared, stored, &old, among)) {
                Some(Ok(shared)) => shared,
                Some(Err(hold)) => return Comparison { held: Some(*hold), ..found },
                None => SharedList::whole(&old),
            };
        let ours = Attr::List(shared.ours(&old));
        let mut stays = |at: &str| found.notes.let_go.push((at.trim_start_matches('/').replace('/', "."), NO_WAY));
        let full = resolved.get(ITEMS).and_then(|items| with_taken_back(&ty, items, stored, &ours, &mut stays));
        let to = |ours: &[Attr]| shared.script(&old, ours, &|item| item_key(item, key), &agrees);
        let wanted = full.as_ref().map_or_else(|| declared.clone(), |full| comparable(resource.kind, full));
        let (new, script) = to(&wanted);
        if script.edits.is_empty() {
            return found;
        }
        let only_taken_back = full.is_some() && to(&declared).1.edits.is_empty();
        let cause = match stored.map(|stored| &stored.value) {
            _ if only_taken_back => Cause::Undeclared,
            Some(kept) if base.matches_stored(&Attr::List(declared), kept) && !self.has_other_place() => Cause::Drift,
            Some(kept) if !base.matches_stored(&narrow(&ours, kept), kept) => Cause::Conflict,
            _ if entry.is_some_and(|entry| entry.left.contains(ITEMS)) => Cause::Left,
            _ => Cause::Change,
        };
        if resource.partial.contains_key(ITEMS) {
            let sent = full.as_ref().or_else(|| resolved.get(ITEMS));
            let ours = if let Some(Attr::List(items)) = sent { items.clone() } else { Vec::new() };
            let items = shared.among(ours, shared.theirs(&items_on_the_wire(resource.kind, live)));
            let (counterparts, edits) = (script.counterparts.clone(), script.edits.clone());
            found.shared = Some(SharedWrite { items, counterparts, edits });
        } else {
            found.taken_back.extend(full.map(|full| (ITEMS.to_owned(), full)));
        }
        let before = redact_items(
            resolver,
            base,
            entry,
            (&Type::Object(resource.kind.fields), &old, &new),
            &script.counterparts,
        );
        let edits = redact_edits(script.edits, &before, &script.counterparts);
        let go = self.others_going(&ty, &old, &edits);
        let others = OthersItems { go, stay: shared.theirs(&old).len() };
        let (name, before, after) = (ITEMS.to_owned(), Attr::List(before), Attr::List(new));
        found.changes.push(FieldChange { field: None, name, before, after, edits, cause, others });
        found
    }

    /// Says whether the files came to say another place for ours, or that others have a part in the list.
    fn has_other_place(&self) -> bool {
        self.entry.and_then(|entry| entry.partial.get(ITEMS)) != self.resource.partial.get(ITEMS)
    }

    /// The items of others that go, as they are told. Of a list that others shared, they are those that were not ours.
    fn others_going(&self, ty: &Type, old: &[Attr], edits: &[Edit]) -> Vec<Attr> {
        let is_partial = self.resource.partial.contains_key(ITEMS);
        if is_partial || is_ours(self.entry, ITEMS) {
            return Vec::new();
        }
        let kept = own_words(ty, self.entry, ITEMS);
        let words = item_words(ty, old);
        let is_theirs = |at: usize| words.get(at).is_none_or(|word| !kept.contains(word));
        let whole = deleted(edits, self.key).into_iter().filter(|(at, _)| is_theirs(*at)).map(|(_, item)| item);
        let is_ours = |item: &Attr| item_words(ty, std::slice::from_ref(item)).iter().any(|word| kept.contains(word));
        whole.chain(deleted_within(edits, &Type::Object(self.resource.kind.fields), &is_ours)).collect()
    }
}

/// The wanted items of a sequence, in the form in which they are compared.
pub(crate) fn wanted_items(kind: &Kind, resolved: &ResolvedFields) -> Vec<Attr> {
    resolved.get(ITEMS).map_or_else(Vec::new, |items| comparable(kind, items))
}

/// Items in the form in which they are compared.
fn comparable(kind: &Kind, items: &Attr) -> Vec<Attr> {
    let Attr::List(items) = items else { return Vec::new() };
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

/// The same items as they are written back: what can be written of them, as it is live.
pub(crate) fn items_on_the_wire(kind: &Kind, live: &Live) -> Vec<Attr> {
    managed_items(kind, live).map(|item| as_read(kind, item)).collect()
}

/// The fields of a live item that can be written.
pub(crate) fn as_read(kind: &Kind, raw: &Value) -> Attr {
    let fields = kind.fields.iter().filter(|field| field.is_writable());
    let values = fields.map(|field| (field.name.to_owned(), read(field, raw)));
    Attr::Map(values.filter(|(_, value)| !value.is_null()).collect())
}

/// The raw live items of a sequence that are the user's to declare.
pub(crate) fn managed_items<'l>(kind: &'l Kind, live: &'l Live) -> impl Iterator<Item = &'l Value> {
    live.items(kind).filter(|(_, is_managed)| *is_managed).map(|(item, _)| item)
}
