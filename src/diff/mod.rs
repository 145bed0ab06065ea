//! The comparison: what is wanted, what was applied last, and what is there become one verdict for each address.
//!
//! Pure and synchronous: the same three inputs give the same verdicts.
//!
//! * `installations`: which targets may be touched at all
//! * `matching`: which live object is which resource
//! * `compare`: what differs
//! * `undeclared`: what the files do not say, and what is somebody else's
//! * `decide`: what is done about it; `left_out`: what is not to be done; `verdict` is the result
//! * `origins`: which declaration of a fabric it is about
//! * `connections`: what is wrong with connections and meshes of the fabric
//! * `export`, `write_back`: the other way; `secret_uses`: which secrets go where

pub(crate) mod compare;
pub(crate) mod connections;
mod decide;
pub(crate) mod export;
mod installations;
pub(crate) mod left_out;
pub(crate) mod matching;
mod origins;
pub(crate) mod secret_uses;
mod undeclared;
pub(crate) mod verdict;
pub(crate) mod write_back;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::decide::Decided;
use crate::diff::index::Index;
use crate::diff::left_out::{HeldFirst, LeftOut};
use crate::diff::one_installation::Doubles;
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::ResolvedFields;
use crate::diff::shared::SharedWrite;
use crate::diff::verdict::{Decision, Hold, Verdict};
use crate::secret::FingerprintKey;
use crate::state::base::Base;
use crate::state::live::Observed;
use crate::topology::Topology;
use crate::topology::references::References;

// Each goes by its own name, whatever folder it is in: `diff::live`.
use compare::content;
pub(crate) use compare::{items, kept_secrets, list, mentions, planned, resolve, sequence};
pub(crate) use decide::{call_options, emptied, guards};
use decide::{halves, in_use, overwritten, propagate_holds, renamed};
use installations::one_installation;
pub(crate) use installations::standing;
use matching::placing;
pub(crate) use matching::{content_ids, index, naming, ownership, relabel};
pub(crate) use undeclared::{auto_created, companions, external, others, removals, shared, take_back};

/// The outcome of a comparison.
#[derive(Debug)]
pub struct Diff<'a> {
    /// One verdict for each declared and each owned address, in order.
    pub verdicts: Vec<Verdict>,
    /// The live objects by address.
    pub index: Index<'a>,
    /// The declared resources' fields as they go to the wire; of what is removed, those that ride along with that.
    pub resolved: BTreeMap<Address, ResolvedFields>,
    /// What an update sends besides, to take back what the files no longer give.
    pub taken_back: BTreeMap<Address, ResolvedFields>,
    /// How lists that others share are written.
    pub shared: BTreeMap<Address, SharedWrite>,
    /// Live objects that are neither declared nor owned nor anybody else's.
    pub unmanaged: Vec<Address>,
    /// What the changed and removed resources depended on when they were last applied.
    pub(crate) after: BTreeMap<Address, BTreeSet<Address>>,
    /// What content that stays was made with, where other content took the place of that.
    pub(crate) made_with: BTreeMap<Address, BTreeSet<Address>>,
    /// The key of the ledger's fingerprints, for digests of what is live.
    pub(crate) key: FingerprintKey,
}

/// Compares what is wanted with what was applied last and with what is there.
pub fn diff<'a>(topology: &Topology, observed: &'a Observed, base: &Base) -> Diff<'a> {
    diff_without(topology, observed, base, &LeftOut::default())
}

/// The same, where some changes are not to be made: what follows from their not being made is decided with that.
pub(crate) fn diff_without<'a>(
    topology: &Topology,
    observed: &'a Observed,
    base: &Base,
    left_out: &LeftOut,
) -> Diff<'a> {
    let index = matching::index(topology, observed, base);
    let relabelled = (!index.relabels.is_empty()).then(|| {
        let mut relabelled = base.clone();
        relabelled.relabel(&index.relabels);
        relabelled
    });
    let base = relabelled.as_ref().unwrap_or(base);
    kept_secrets::learn(topology, &index, base);
    let references = References::new(topology);
    let doubles = Doubles::of(topology, observed, &index, base);
    let first = HeldFirst { doubles: &doubles, left_out };
    let mut removals = removals::undeclared(topology, observed, &index, base);
    left_out.hold(&mut removals);
    let mut in_use = BTreeMap::new();
    // Of what is in use nothing moves: all that followed from its replacement is decided anew. Each round holds at least one
    // more, so this ends.
    loop {
        let decided = decided(topology, &references, &index, base, (&in_use, first));
        let mut more = in_use::in_use(topology, &references, &index, &decided.verdicts, &removals);
        more.retain(|address, _| !in_use.contains_key(address));
        if more.is_empty() {
            return finish(topology, &references, observed, base, (index, first), (decided, removals));
        }
        in_use.extend(more);
    }
}

/// What is decided on everything declared, where these are in use.
fn decided(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    base: &Base,
    (in_use, first): (&BTreeMap<Address, Address>, HeldFirst<'_>),
) -> Decided {
    let mut planned = PlannedValues::where_in_use(in_use);
    // Replacing one resource changes the ids that others refer to, which may replace those in turn, and what is changed
    // may change whoever takes it. Each round adds at least one value, so this ends; two or three rounds are what real
    // topologies need.
    loop {
        let decided = decide::declared(topology, references, index, base, (&planned, first));
        if !planned.grow(&|target| Some(topology.targets.get(target)?.provider), &decided.verdicts) {
            return decided;
        }
    }
}

fn finish<'a>(
    topology: &Topology,
    references: &References<'_>,
    observed: &'a Observed,
    base: &Base,
    (mut index, first): (Index<'a>, HeldFirst<'_>),
    (decided, removals): (Decided, Vec<Verdict>),
) -> Diff<'a> {
    let Decided { mut verdicts, mut resolved, taken_back, mut shared } = decided;
    verdicts.extend(removals);
    let mut leftovers = removals::leftovers(topology, observed, &index, base);
    first.left_out.hold(&mut leftovers);
    verdicts.extend(leftovers);
    call_options::remember(&index, base, &mut verdicts, &mut resolved);
    shared.extend(removals::of_shares(&index, base, &verdicts));
    propagate_holds::hold_within(&mut verdicts);
    propagate_holds::keep_what_is_named(topology, references, &index, &mut verdicts);
    propagate_holds::keep_what_is_needed(topology, &index, base, &mut verdicts);
    if companions::hold(topology, references, &index, &mut verdicts) {
        propagate_holds::hold_back(topology, references, &index, &resolved, &mut verdicts);
        propagate_holds::keep_what_is_needed(topology, &index, base, &mut verdicts);
    }
    propagate_holds::tell_of_homes(topology, references, &mut verdicts);
    hold_elsewhere(observed, &mut verdicts);
    first.hold_all(&mut verdicts);
    halves::hold(topology, &mut verdicts);
    first.left_out.hold_targets(&mut verdicts);
    origins::remember(base, &mut verdicts);
    renamed::keep_rows(topology, &mut index, &mut verdicts);
    verdicts.sort_by(|a, b| a.address.cmp(&b.address));
    let decided: BTreeSet<&Address> = verdicts.iter().map(|verdict| &verdict.address).collect();
    let unmanaged = index
        .undeclared
        .iter()
        .filter(|(address, (kind, live))| {
            kind.is_declarative() && live.foreign.is_none() && !kind.identity.is_single() && !decided.contains(address)
        })
        .map(|(address, _)| address.clone())
        .collect();
    let (after, made_with) = (depended(base, &verdicts), made_with(topology, base, &verdicts));
    Diff { verdicts, index, resolved, taken_back, shared, unmanaged, after, made_with, key: base.key.clone() }
}

/// What content that stays was made with: what took the place of that since is not in it.
fn made_with(topology: &Topology, base: &Base, verdicts: &[Verdict]) -> BTreeMap<Address, BTreeSet<Address>> {
    let stays = |verdict: &&Verdict| {
        let is_kept = matches!(verdict.decision, Decision::Same | Decision::Update { .. } | Decision::Hold(_));
        is_kept && verdict.kind.identity.is_content()
    };
    let decided: BTreeMap<&Address, &Verdict> = verdicts.iter().map(|verdict| (&verdict.address, verdict)).collect();
    let displaced = |address: &Address| {
        let verdict = decided.get(address).filter(|verdict| verdict.kind.identity.is_labelled_content())?;
        let entry = base.entry(address).filter(|entry| !entry.id.is_empty())?;
        matches!(verdict.decision, Decision::Create(_)).then(|| address.sibling(address.kind(), Some(&entry.id)))
    };
    let of = |verdict: &Verdict| {
        let after = &base.entry(&verdict.address)?.after;
        let is_left = |address: &&Address| !topology.resources.contains_key(address) && base.entry(address).is_some();
        let before: BTreeSet<Address> =
            after.iter().filter(is_left).cloned().chain(after.iter().filter_map(displaced)).collect();
        (!before.is_empty()).then(|| (verdict.address.clone(), before))
    };
    verdicts.iter().filter(stays).filter_map(of).collect()
}

/// Nothing is done, and nothing is judged, at a target that is another installation than the one that was applied to.
fn hold_elsewhere(observed: &Observed, verdicts: &mut [Verdict]) {
    let holds: BTreeMap<&str, Hold> = observed
        .targets
        .iter()
        .filter_map(|(target, view)| Some((target.as_str(), standing::hold(target, &view.standing)?)))
        .collect();
    for verdict in verdicts {
        if let Some(hold) = holds.get(verdict.address.target()) {
            verdict.decision = Decision::Hold(hold.clone());
        }
    }
}

/// What the resources that change or go depended on, where anything goes at all, be it to come back.
fn depended(base: &Base, verdicts: &[Verdict]) -> BTreeMap<Address, BTreeSet<Address>> {
    let goes = |verdict: &Verdict| matches!(verdict.decision, Decision::Delete(_) | Decision::Replace { .. });
    if !verdicts.iter().any(goes) {
        return BTreeMap::new();
    }
    let moves = |verdict: &&Verdict| goes(verdict) || matches!(verdict.decision, Decision::Update { .. });
    let entries = verdicts.iter().filter(moves).filter_map(|verdict| base.entries.get_key_value(&verdict.address));
    entries.filter(|(_, entry)| !entry.after.is_empty()).map(|(at, entry)| (at.clone(), entry.after.clone())).collect()
}

impl Diff<'_> {
    /// The number of verdicts that change something at a controller.
    pub fn changes(&self) -> usize {
        self.verdicts
            .iter()
            .filter(|verdict| {
                matches!(
                    verdict.decision,
                    Decision::Create(_) | Decision::Update { .. } | Decision::Replace { .. } | Decision::Delete(_)
                )
            })
            .count()
    }
}
