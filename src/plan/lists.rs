//! Lists that a step writes, as they are before it does.

use crate::attr::Attr;
use crate::diff::Diff;
use crate::diff::list::live_items;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::Decision;
use crate::plan::calls::is_sequence;
use crate::spec::{Field, Kind, TypeSlot, keep_undeclared, read};
use crate::state::live::Live;
use crate::topology::{ITEMS, Resource};

/// Puts into declared fields that are sent what is live within them and nobody declares. What is cleared stays clear.
pub(super) fn keep_live(kind: &Kind, live: &Live, declared: &ResolvedFields, fields: &mut ResolvedFields) {
    for (name, value) in fields.iter_mut().filter(|(name, _)| declared.contains_key(*name)) {
        if let Some(field) = kind.field(name).filter(|field| field.is_read_back()) {
            keep_undeclared(TypeSlot::of(field), value, &read(field, &live.raw));
        }
    }
}

/// The live lists of a resource that is written or adopted: what stands in them was there before.
pub(super) fn live_lists(diff: &Diff<'_>, resource: &Resource) -> ResolvedFields {
    let at = diff.verdicts.binary_search_by(|verdict| verdict.address.cmp(&resource.address)).ok();
    let moves = |at: &usize| matches!(diff.verdicts[*at].decision, Decision::Update { .. } | Decision::Adopt);
    let Some(live) = at.filter(moves).and_then(|_| diff.index.live(&resource.address)) else {
        return ResolvedFields::new();
    };
    if is_sequence(resource.kind) {
        return [(ITEMS.to_owned(), Attr::List(live_items(resource.kind, live)))].into();
    }
    let lists = resource.fields.keys().filter_map(|name| resource.kind.field(name));
    let value = |field: &Field| (field.name.to_owned(), live.value(resource.kind, field.name));
    lists.map(value).filter(|(_, value)| matches!(value, Attr::List(items) if !items.is_empty())).collect()
}
