//! What the ledger remembers of what was taken back: what it remembered before, so that the files of before find nothing to do.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::compare::narrow;
use crate::state::base::{Base, Entry, Stored};
use crate::undo::PastChange;

/// Gives rows back that the ledger had before what was taken back now. `done` are the addresses that are as they were.
pub(crate) fn give_back(base: &mut Base, changes: &[PastChange], done: &BTreeSet<Address>) {
    for change in changes.iter().filter(|change| done.contains(&change.address)) {
        let Some(now) = base.entries.get(&change.address) else { continue };
        match change.row.as_ref().filter(|_| change.before.is_some()) {
            Some(before) => {
                let row = as_before(before, now);
                base.entries.insert(change.address.clone(), row);
            }
            // It was there, and nobody's.
            None if change.before.is_some() => drop(base.entries.remove(&change.address)),
            None => {}
        }
    }
}

fn as_before(before: &Entry, now: &Entry) -> Entry {
    let known = before.fields.iter().filter_map(|(name, stored)| Some((name, stored, now.fields.get(name)?)));
    let fields = known.map(|(name, stored, given)| {
        // An id may be another one now. What nobody looked after within a value, nobody does now.
        let value = narrow(&Attr::from_json(&given.value), &stored.value).to_shown();
        (name.clone(), Stored { value, ..stored.clone() })
    });
    Entry {
        fields: fields.collect(),
        expressions: before.expressions.clone(),
        after: before.after.clone(),
        origin: before.origin.clone(),
        // Where its content and its expressions stand.
        commit: before.commit.clone(),
        partial: before.partial.clone(),
        ..now.clone()
    }
}
