//! What is owned, or pruned, and not declared: what may be removed, and what has to stay.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::address::Address;
use crate::diff::base::{Base, Entry};
use crate::diff::guards::GuardCase;
use crate::diff::index::{Index, Placement};
use crate::diff::live::{Live, Observed, Seen};
use crate::diff::mentions;
use crate::diff::verdict::{Decision, DeleteCause, Hold, Verdict};
use crate::spec::{Destroys, Identity, Kind, ReferenceForm, read, swap_references};
use crate::topology::Topology;

/// The verdicts on what is owned, or pruned, and not declared.
pub(crate) fn undeclared(topology: &Topology, observed: &Observed, index: &Index<'_>, base: &Base) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (address, entry) in &base.entries {
        match index.undeclared.get(address) {
            Some((kind, live)) => {
                let decision = removal(topology, address, kind, live, DeleteCause::Undeclared);
                verdicts.push(verdict(address, kind, decision, Some(&live.id)));
            }
            None => verdicts.extend(unlocated(topology, observed, index, address, entry)),
        }
    }
    let declared: BTreeSet<(&str, &str)> =
        topology.resources.values().map(|resource| (resource.address.target(), resource.kind.name)).collect();
    for (address, (kind, live)) in &index.undeclared {
        let pruned = topology.targets.get(address.target()).is_some_and(|target| target.prune.includes(kind.name))
            && declared.contains(&(address.target(), kind.name));
        if pruned && live.foreign.is_none() && kind.is_declarative() && base.entry(address).is_none() {
            let decision = removal(topology, address, kind, live, DeleteCause::Pruned);
            verdicts.push(verdict(address, kind, decision, Some(&live.id)));
        }
    }
    verdicts
}

fn verdict(address: &Address, kind: &'static Kind, decision: Decision, id: Option<&str>) -> Verdict {
    Verdict { address: address.clone(), kind, decision, id: id.map(str::to_owned), unverified: Vec::new(), place: None }
}

/// Says whether a live object is owned, not declared any more, and removed for that.
pub(crate) fn is_let_go(topology: &Topology, base: &Base, address: &Address, kind: &Kind, live: &Live) -> bool {
    base.entry(address).is_some()
        && matches!(removal(topology, address, kind, live, DeleteCause::Undeclared), Decision::Delete(_))
}

/// What becomes of a live object that should not be there any more.
fn removal(topology: &Topology, address: &Address, kind: &Kind, live: &Live, cause: DeleteCause) -> Decision {
    if kind.on_delete == Destroys::Nothing || kind.api.remove.is_empty() {
        return Decision::Release("the API can't remove it: it stays as it is, and is not owned any more".into());
    }
    if let Some(why) = live.foreign {
        return Decision::Release(format!("it is not ours any more: {why}"));
    }
    restrained(topology, address, kind, live, cause)
}

/// The removal, or the hold that takes its place.
fn restrained(topology: &Topology, address: &Address, kind: &Kind, live: &Live, cause: DeleteCause) -> Decision {
    let case = GuardCase { topology, address, kind, resource: None, live: Some(live), version: None };
    case.guard(Decision::Delete(cause))
}

/// An owned address that was not found among the live objects: gone, or its collection was not looked at.
fn unlocated(
    topology: &Topology,
    observed: &Observed,
    index: &Index<'_>,
    address: &Address,
    entry: &Entry,
) -> Option<Verdict> {
    let kind = known_kind(topology, address)?;
    if topology.resources.contains_key(address) {
        return None;
    }
    let decision = match missing(observed, index, address) {
        Ok(()) => Decision::Release("it is gone already".into()),
        Err(why) => Decision::Hold(Hold::new("unseen", format!("could not be looked at: {why}"))),
    };
    Some(verdict(address, kind, decision, Some(&entry.id)))
}

/// Makes sure that an object that does not show is gone: its collection was seen, or its parent is gone.
fn missing(observed: &Observed, index: &Index<'_>, address: &Address) -> Result<(), String> {
    let Some(view) = observed.targets.get(address.target()) else {
        return Err(format!("target `{}` was not looked at", address.target()));
    };
    let collection = match address.parent() {
        None => view.collection(address.kind()),
        Some(parent) => match index.live(&parent) {
            Some(live) => live.collection(address.kind()),
            None => return missing(observed, index, &parent),
        },
    };
    match collection.map(|collection| &collection.seen) {
        Some(Seen::Objects(_)) => Ok(()),
        Some(Seen::Unseen(why)) => Err(why.clone()),
        None => Err(format!("`{}` was not looked at", address.kind())),
    }
}

/// The kind of an owned address. `None` when files or catalogue do not know its target or one of its kinds any more.
fn known_kind(topology: &Topology, address: &Address) -> Option<&'static Kind> {
    let provider = topology.targets.get(address.target())?.provider;
    let mut last = None;
    for (kind, name) in address.steps() {
        last = Some(provider.kind(kind).filter(|kind| kind.identity.is_single() == name.is_none())?);
    }
    last
}

/// Earlier objects of replaced addresses that are still there.
///
/// An id that has been handed out anew to something else is none of them.
pub(crate) fn leftovers(topology: &Topology, observed: &Observed, index: &Index<'_>, base: &Base) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let taken: BTreeSet<(&str, &str, &str)> = index
        .declared
        .iter()
        .filter_map(|(address, place)| match place {
            Placement::Present(live) => Some((address.target(), address.kind(), live.id.as_str())),
            Placement::Absent | Placement::Ambiguous | Placement::Unseen(_) => None,
        })
        .collect();
    for (address, entry) in &base.entries {
        let Some(kind) = known_kind(topology, address) else { continue };
        if entry.leftovers.is_empty() && !matches!(kind.identity, Identity::Content(_)) {
            continue;
        }
        let Some(view) = observed.targets.get(address.target()) else { continue };
        // A run may have been stopped between making other content and taking that down.
        let is_present = matches!(index.declared.get(address), Some(Placement::Present(_)));
        let is_overtaken = matches!(kind.identity, Identity::Content(_)) && is_present;
        let left = |live: &&Live| {
            let is_earlier = entry.leftovers.contains(&live.id) || is_overtaken && entry.id == live.id;
            is_earlier && !taken.contains(&(address.target(), kind.name, live.id.as_str()))
        };
        for live in view.all(kind.name).into_iter().filter(left) {
            let own = address.sibling(kind.name, Some(&live.id));
            let decision = restrained(topology, &own, kind, live, DeleteCause::Leftover);
            verdicts.push(verdict(&own, kind, decision, Some(&live.id)));
        }
    }
    verdicts
}

/// What a live object refers to now.
pub(crate) fn referred_by(
    topology: &Topology,
    index: &Index<'_>,
    address: &Address,
    kind: &Kind,
    live: &Live,
) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let Some(target) = topology.targets.get(address.target()) else { return found };
    let objects = match (kind.identity, &live.raw) {
        (Identity::Sequence { .. }, Value::Array(items)) => items.iter().collect(),
        (_, raw) => vec![raw],
    };
    for (field, object) in objects.iter().flat_map(|object| kind.fields.iter().map(move |field| (field, object))) {
        swap_references(&field.ty, &read(field, object), &mut |reference, kinds, id| {
            found.extend(index.by_id(address, kinds, id).cloned());
            if let ReferenceForm::Mention = reference {
                let named = |kind| topology.referred(address, target.provider, &[kind], id);
                found.extend(kinds.iter().filter_map(|kind| named(kind)));
            }
            None
        });
    }
    found.extend(mentions::of_live(index, address, kind, &live.raw));
    found
}
