//! The removals of a run, held against what shows afterwards.
//!
//! A removal that was accepted is no proof: whoever answered may have been a proxy, and a controller may accept what it
//! does not do. What still shows is ours as it was before, so that the next run removes it again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::Address;
use crate::apply::{Outcome, Report};
use crate::diff::index::Index;
use crate::diff::list::live_items;
use crate::diff::sequence::agrees;
use crate::plan::Plan;
use crate::spec::{Identity, Kind, Until, lookup};
use crate::state::base::{Base, Basis, Entry};
use crate::state::live::{Collection, Live, Observed};
use crate::topology::{ITEMS, Topology};
use crate::verify::Contradiction;

/// The objects that a run removed.
#[derive(Debug, Default)]
pub(super) struct Removals(Vec<ClaimedRemoval>);

/// One of them.
#[derive(Debug)]
struct ClaimedRemoval {
    address: Address,
    kind: &'static Kind,
    id: String,
    /// The ledger's row of the address before the run.
    row: Option<Entry>,
    /// The address whose row knows it as an earlier object.
    owner: Option<Address>,
}

impl Removals {
    /// The objects that a run's steps removed, with what the ledger said of them before it.
    pub(super) fn of(topology: &Topology, plan: &Plan, report: &Report, before: &Base) -> Removals {
        let owners = owners(before);
        let removal = |address: &Address, kind: &'static Kind, id: &str| {
            let key = (address.target(), address.kind(), id);
            let row = before.entry(address).filter(|row| row.id == id || id.is_empty());
            let owner = owners.get(&key).map(|owner| (*owner).clone());
            ClaimedRemoval { address: address.clone(), kind, id: id.to_owned(), row: row.cloned(), owner }
        };
        let mut removals = Vec::new();
        let done = plan.steps.iter().zip(&report.outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Done));
        for (step, _) in done.filter(|(step, _)| step.verb.removes()) {
            removals.push(removal(&step.address, step.kind, step.id.as_deref().unwrap_or_default()));
            let provider = topology.targets.get(step.address.target()).map(|target| target.provider);
            for (left, id) in &step.leaves {
                let kind = provider.and_then(|provider| provider.kind(left.kind()));
                removals.extend(kind.map(|kind| removal(left, kind, id)));
            }
        }
        Removals(removals)
    }

    /// Where they were.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.0.iter().map(|removal| &removal.address)
    }

    /// The ledger as it is to be looked with: what was removed is looked for once more.
    pub(super) fn put_back(&self, base: &Base) -> Base {
        let mut base = base.clone();
        for removal in &self.0 {
            if let Some(row) = &removal.row {
                base.entries.entry(removal.address.clone()).or_insert_with(|| row.clone());
            }
        }
        base
    }

    /// Those that still show. Each is owned again as it was.
    pub(super) fn still_there(&self, observed: &Observed, index: &Index<'_>, base: &mut Base) -> Vec<Contradiction> {
        let taken: BTreeSet<(Option<Address>, String, String, String)> =
            base.entries.iter().map(|(address, entry)| place(address, &entry.id)).collect();
        let mut found = Vec::new();
        for removal in &self.0 {
            let Some(collection) = collection(observed, index, &removal.address) else { continue };
            let shows = match removal.kind.identity {
                Identity::Sequence { .. } => collection.objects().iter().any(|live| removal.shows_items(live, base)),
                _ if taken.contains(&place(&removal.address, &removal.id)) => false,
                _ => collection.objects().iter().any(|live| removal.shows_as(live)),
            };
            if shows {
                found.push(Contradiction {
                    address: removal.address.clone(),
                    field: String::new(),
                    planned: "gone".into(),
                    found: "still there".into(),
                    said: None,
                });
                removal.own_again(base);
            }
        }
        found
    }
}

impl ClaimedRemoval {
    /// Says whether an object is the one that was removed, and neither gone nor about to go.
    fn shows_as(&self, live: &Live) -> bool {
        let is_content = self.kind.identity.file_in_id().is_some();
        let applied = self.row.as_ref().filter(|_| !is_content).and_then(|row| row.identity.as_deref());
        let is_it = live.id == self.id
            && applied.is_none_or(|applied| live.identity(self.kind).is_some_and(|key| key.to_string() == applied));
        is_it && !live.is_gone(self.kind) && !self.is_going(live)
    }

    /// Says whether an object shows the signs for which its removal waits, or those of being about to go.
    fn is_going(&self, live: &Live) -> bool {
        let polls = self.kind.api.remove.iter().flat_map(|call| call.wait);
        let shows = |key: &str, words: &[&str]| {
            let value = lookup(&live.raw, key).filter(|value| !key.is_empty() && !value.is_null());
            value.is_some_and(|value| words.contains(&"*") || words.iter().any(|word| Some(*word) == value.as_str()))
        };
        let has_sign =
            polls.into_iter().any(|poll| matches!(poll.until, Until::Gone { key, words } if shows(key, words)));
        has_sign || self.kind.api.states.is_some_and(|states| live.is_in(self.kind, states.leaving))
    }

    /// Says whether a list still holds an item that was applied.
    fn shows_items(&self, live: &Live, base: &Base) -> bool {
        let items = live_items(self.kind, live);
        let stored =
            self.row.as_ref().filter(|row| row.partial.contains_key(ITEMS)).and_then(|row| row.fields.get(ITEMS));
        // Of what others share, what we brought was removed, and no more.
        let is_removed = |n: usize| stored.is_none_or(|stored| stored.basis_at(&format!("/{n}")) == Basis::Applied);
        let applied = self.row.as_ref().and_then(|row| row.value(ITEMS)).and_then(Value::as_array);
        match applied {
            None => !items.is_empty(),
            Some(applied) => applied.iter().enumerate().filter(|(n, _)| is_removed(*n)).any(|(_, kept)| {
                match Base::from_stored(kept) {
                    Some(kept) => items.iter().any(|item| agrees(item, &kept)),
                    // A secret is part of it, of which the fingerprint alone is known.
                    None => items.iter().any(|item| base.matches_stored(item, kept)),
                }
            }),
        }
    }

    fn own_again(&self, base: &mut Base) {
        let owner = self.owner.as_ref().unwrap_or(&self.address);
        match (base.entries.get_mut(owner), &self.row) {
            (Some(entry), _) if !self.id.is_empty() => drop(entry.leftovers.insert(self.id.clone())),
            (None, Some(row)) => drop(base.entries.insert(self.address.clone(), row.clone())),
            (Some(_) | None, _) => {}
        }
    }
}

/// The addresses that know earlier objects: by target, kind and id of those.
fn owners(base: &Base) -> BTreeMap<(&str, &str, &str), &Address> {
    let mut owners = BTreeMap::new();
    for (address, entry) in &base.entries {
        owners.extend(entry.leftovers.iter().map(|id| ((address.target(), address.kind(), id.as_str()), address)));
    }
    owners
}

/// The key of an object of the ledger for the API: where it is, its kind and its id.
fn place(address: &Address, id: &str) -> (Option<Address>, String, String, String) {
    (address.parent(), address.target().to_owned(), address.kind().to_owned(), id.to_owned())
}

/// The collection in which an address would be, where it could be looked at. `None` where its parent is gone, too.
fn collection<'o>(observed: &'o Observed, index: &Index<'o>, address: &Address) -> Option<&'o Collection> {
    match address.parent() {
        None => observed.targets.get(address.target())?.collection(address.kind()),
        Some(parent) => index.live(&parent)?.collection(address.kind()),
    }
}
