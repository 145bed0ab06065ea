//! The way back: what a run touched, as it was before it, as something to be wanted.
//!
//! It is no second planner: what was recorded takes the place of what the files say at those addresses, and the
//! comparison and the plan do the rest. What can't be as it was, or was touched since, is left alone, each with its reason.
//!
//! * `wanted`: a resource as it was, from what was recorded and from whoever still has its secrets and its content
//! * `since`: what a later run or a hand has touched
//! * `ahead`: the way back from a plan of which nothing is done yet
//! * `rows`: what the ledger remembers once the way is gone

mod ahead;
mod rows;
mod since;
#[cfg(test)]
mod tests;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::Address;
use crate::diff::Diff;
use crate::diff::index::Index;
use crate::diff::verdict::{Decision, DeleteCause, Hold, Verdict};
use crate::plan::Verb;
use crate::plan::file::SecretsByPrint;
use crate::spec::Kind;
use crate::state::base::{Base, Entry};
use crate::topology::Topology;

pub(crate) use ahead::{StepBack, ahead};
pub(crate) use rows::give_back;
pub(crate) use since::since;

/// What a run did at one address.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PastChange {
    /// The address.
    pub address: Address,
    /// The last thing that was done there.
    pub verb: Verb,
    /// What was there before, by the fields that can be declared; `None` where nothing was.
    pub before: Option<BTreeMap<String, Value>>,
    /// The row that the ledger had.
    pub row: Option<Entry>,
    /// The fields that changed.
    pub changed: BTreeSet<String>,
    /// Says whether the ledger had it afterwards.
    pub left_owned: bool,
    /// Says whether it was let go of: if it is there, nothing has to come back.
    pub let_go: bool,
}

impl PastChange {
    /// Says whether it left no object.
    fn removed(&self) -> bool {
        self.verb.removes()
    }
}

/// Who may still have what a record does not hold.
pub(crate) struct Givers<'g> {
    /// The secrets, by their fingerprints.
    pub secrets: &'g SecretsByPrint,
    /// The workspace as it is, and as it was at the commits that the rows name: their content and expressions.
    pub workspaces: Vec<&'g Topology>,
    /// What is there now, by what others call it; `None` before anybody has looked.
    pub index: Option<&'g Index<'g>>,
}

/// A way back, to be compared and planned like anything that is wanted.
#[derive(Debug)]
pub(crate) struct WayBack {
    /// The files' wishes, with what was recorded in their place.
    pub topology: Topology,
    /// The addresses that it is about.
    pub about: BTreeSet<Address>,
    /// What is left alone, each with the reason.
    pub held: BTreeMap<Address, Hold>,
    /// What will not be as it was, although its object is.
    pub stays: Vec<(Address, String)>,
}

/// The code of what is not taken back because somebody touched it since.
pub(crate) const SINCE: &str = "touched-since";

/// The code of what can't be as it was.
pub(crate) const NO_WAY_BACK: &str = "no-way-back";

/// The way back from what a run did. `held` is left alone.
pub(crate) fn way_back(
    files: &Topology,
    changes: &[PastChange],
    givers: &Givers<'_>,
    base: &Base,
    mut held: BTreeMap<Address, Hold>,
) -> WayBack {
    let mut topology = files.clone();
    let mut stays = Vec::new();
    let mut about: BTreeSet<Address> = changes.iter().map(|change| change.address.clone()).collect();
    let mut wanted = BTreeMap::new();
    for change in changes.iter().filter(|change| change.before.is_some()) {
        if held.contains_key(&change.address) {
            continue;
        }
        match wanted::resource(files, change, givers) {
            Ok((resource, left)) => {
                stays.extend(left.into_iter().map(|why| (change.address.clone(), why)));
                wanted.insert(change.address.clone(), resource);
            }
            Err(hold) => drop(held.insert(change.address.clone(), *hold)),
        }
    }
    hold_around(changes, base, &about, &mut held);
    for change in changes.iter().filter(|change| !held.contains_key(&change.address)) {
        match wanted.remove(&change.address) {
            Some(resource) => drop(topology.resources.insert(change.address.clone(), resource)),
            None => drop(topology.resources.remove(&change.address)),
        }
    }
    about.extend(held.keys().cloned());
    WayBack { topology, about, held, stays }
}

/// Holds what can't go because something that stays lives in it, and what can't come because what it lives in does not.
fn hold_around(changes: &[PastChange], base: &Base, about: &BTreeSet<Address>, held: &mut BTreeMap<Address, Hold>) {
    let goes = |change: &&PastChange| change.before.is_none();
    for change in changes.iter().filter(goes) {
        let lives_in = |address: &&Address| address.is_below(&change.address);
        let within = base.entries.keys().filter(lives_in).find(|it| !about.contains(*it) || held.contains_key(*it));
        if let Some(within) = within {
            let why = format!("`{within}` lives in it, and is not part of what is taken back");
            held.entry(change.address.clone()).or_insert_with(|| Hold::new(SINCE, why));
        }
    }
    for change in changes.iter().filter(|change| change.removed()) {
        let mut around = std::iter::successors(change.address.parent(), Address::parent);
        if let Some(parent) = around.find(|parent| held.contains_key(parent)) {
            let why = format!("`{parent}`, in which it lived, is left alone");
            held.entry(change.address.clone()).or_insert_with(|| Hold::new(NO_WAY_BACK, why));
        }
    }
}

impl WayBack {
    /// Leaves of a comparison what the way is about. What took the place of content that comes again goes with it.
    pub(crate) fn narrow(&self, diff: &mut Diff<'_>, base: &Base) {
        diff.verdicts.retain(|verdict| self.about.contains(&verdict.address) || self.is_leftover(verdict, base));
        for verdict in &mut diff.verdicts {
            match (self.held.get(&verdict.address), &mut verdict.decision) {
                (Some(hold), decision) => *decision = Decision::Hold(hold.clone()),
                (None, Decision::Delete(cause @ (DeleteCause::Undeclared | DeleteCause::Retired))) => {
                    *cause = DeleteCause::TakenBack
                }
                (None, _) => {}
            }
        }
        let decided: BTreeSet<&Address> = diff.verdicts.iter().map(|verdict| &verdict.address).collect();
        let untold = self.held.iter().filter(|(address, _)| !decided.contains(address));
        let untold: Vec<Verdict> =
            untold.filter_map(|(address, hold)| Some(held(address, self.kind(address)?, hold))).collect();
        diff.verdicts.extend(untold);
        diff.verdicts.sort_by(|a, b| a.address.cmp(&b.address));
        diff.unmanaged.clear();
    }

    fn kind(&self, address: &Address) -> Option<&'static Kind> {
        self.topology.targets.get(address.target())?.provider.kind(address.kind())
    }

    fn is_leftover(&self, verdict: &Verdict, base: &Base) -> bool {
        let Decision::Delete(DeleteCause::Leftover) = verdict.decision else { return false };
        let Some(id) = verdict.address.name() else { return false };
        let had = |entry: &Entry| entry.id == id || entry.leftovers.contains(id);
        self.about.iter().any(|address| {
            address.sibling(address.kind(), Some(id)) == verdict.address && base.entry(address).is_some_and(had)
        })
    }
}

fn held(address: &Address, kind: &'static Kind, hold: &Hold) -> Verdict {
    Verdict {
        address: address.clone(),
        kind,
        decision: Decision::Hold(hold.clone()),
        id: None,
        unverified: Vec::new(),
        notes: Default::default(),
        place: None,
        origin: None,
    }
}
