//! From lines to what is owned. Each change of the ledger that a run makes is told by one of these, whether the run makes it
//! now or a journal tells of it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::io;

use super::{Doubt, JournalLine};
use crate::address::Address;
use crate::plan::Verb;
use crate::state::base::{Base, Basis, Claim, Entry, Stored};

/// Folds one line of a run that is under way into what is owned. Says whether it is about to make what was not owned.
///
/// # Errors
/// It is no line of a journal.
pub(crate) fn follow(text: &str, base: &mut Base) -> io::Result<bool> {
    let line: JournalLine = serde_json::from_str(text)?;
    let is_news = matches!(&line, JournalLine::Call { address, claim: Some(_), .. } if base.entry(address).is_none());
    fold(line, 0, base, &mut BTreeMap::new());
    Ok(is_news)
}

pub(super) fn fold(line: JournalLine, run: usize, base: &mut Base, doubts: &mut BTreeMap<(usize, u64), Doubt>) {
    match line {
        JournalLine::Run { number, .. } => base.run = Some(number).filter(|number| *number > 0),
        JournalLine::End { .. } => {}
        JournalLine::Call { n, address, verb, method, path, claim: claimed, origin: _ } => {
            if let Some(claimed) = claimed {
                let run = base.run;
                claim(base, address.clone(), claimed, run);
            }
            if verb == Verb::ReplaceRemove.as_str() {
                base.vacated.insert(address.clone());
            }
            doubts.insert((run, n), Doubt { address, method, path });
        }
        JournalLine::Answer { n, .. } => {
            doubts.remove(&(run, n));
        }
        JournalLine::Relabeled(relabels) => base.relabel(&relabels),
        JournalLine::Made { address, id, identity, ours } => {
            let run = base.run;
            take_ownership(base, address, id, identity, ours, run);
        }
        JournalLine::Done { address, entry } => record(base, address, *entry),
        JournalLine::Removed { address, id } => remove(base, &address, &id),
        JournalLine::Proofs { target, installation } => drop(base.targets.insert(target, *installation)),
    }
}

/// The ledger when an object is about to be made: if it shows later on, it is ours, whatever the answer was. What is owned
/// there already is no other object. Says whether anything was taken down.
pub(crate) fn claim(base: &mut Base, address: Address, claim: Claim, run: Option<u64>) -> bool {
    let Slot::Vacant(place) = base.entries.entry(address) else { return false };
    let Claim { identity, carries } = claim;
    let ahead = carries.keys().cloned().collect();
    let fields = carries.into_iter().map(|(name, value)| (name, Stored::new(value, Basis::Applied))).collect();
    place.insert(Entry { identity: Some(identity), made: true, run, fields, ahead, ..Entry::default() });
    true
}

/// The ledger after an object is made: it is ours from then on, whatever becomes of the rest of its step.
/// `ours`: a call of ours made it; `run` is the run that did, where one did.
pub(crate) fn take_ownership(
    base: &mut Base,
    address: Address,
    id: String,
    identity: Option<String>,
    ours: bool,
    run: Option<u64>,
) {
    base.vacated.remove(&address);
    let entry = base.entries.entry(address).or_default();
    entry.run = run.or(entry.run);
    if entry.id != id {
        if !entry.id.is_empty() && is_content(identity.as_deref(), &id) {
            entry.leftovers.insert(std::mem::take(&mut entry.id));
        }
        entry.id = id;
    }
    entry.made |= ours;
    entry.identity = identity.or(entry.identity.take());
}

/// Says whether an object is content, whose id is what tells it apart: only of such does an earlier id prove anything. What
/// has no identity written down may be.
fn is_content(identity: Option<&str>, id: &str) -> bool {
    identity.is_none_or(|identity| identity == id)
}

/// The ledger after a step that made or changed an object.
pub(crate) fn record(base: &mut Base, address: Address, mut entry: Entry) {
    if let Some(before) = base.entries.remove(&address) {
        entry.leftovers.extend(before.leftovers);
        if before.id != entry.id && !before.id.is_empty() && is_content(entry.identity.as_deref(), &entry.id) {
            entry.leftovers.insert(before.id);
        }
    }
    entry.leftovers.remove(&entry.id);
    base.vacated.remove(&address);
    base.entries.insert(address, entry);
}

/// The ledger after an object is removed: its address is free, unless a newer object has it.
pub(crate) fn remove(base: &mut Base, address: &Address, id: &str) {
    if let Some(entry) = base.entries.get_mut(address) {
        if entry.id == id || id.is_empty() {
            base.entries.remove(address);
        } else {
            entry.leftovers.remove(id);
        }
        return;
    }
    forget_leftover(base, address, id);
}

/// A leftover goes by an address of its own; its owner, beside it, remembers the id.
pub(crate) fn forget_leftover(base: &mut Base, address: &Address, id: &str) {
    let is_beside = |owner: &Address| owner.kind() == address.kind() && owner.parent() == address.parent();
    let here = base.entries.iter_mut().filter(|(owner, _)| owner.target() == address.target() && is_beside(owner));
    for (_, entry) in here {
        entry.leftovers.remove(id);
    }
}
