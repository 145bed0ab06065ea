//! What is owned, or pruned, and not declared: what may be removed, and what has to stay.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::Address;
use crate::diff::base::{Base, Entry};
use crate::diff::guards::GuardCase;
use crate::diff::index::{Adrift, Index, Placement};
use crate::diff::list::{items_on_the_wire, live_items};
use crate::diff::live::{Live, Observed, Seen};
use crate::diff::mentions;
use crate::diff::relabel::Relabel;
use crate::diff::shared::{SharedList, SharedWrite};
use crate::diff::verdict::{Decision, DeleteCause, Hold, UNDECLARED_TARGET, UNKNOWN_KIND, Verdict};
use crate::spec::{Destroys, Identity, Kind, ReferenceForm, read, swap_references};
use crate::topology::{ITEMS, Topology, list_type};

/// The verdicts on what is owned, or pruned, and not declared.
pub(crate) fn undeclared(topology: &Topology, observed: &Observed, index: &Index<'_>, base: &Base) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (address, entry) in base.entries.iter().filter(|(address, _)| !topology.resources.contains_key(address)) {
        let look = OwnedCase { topology, observed, index, address, entry };
        verdicts.push(look.verdict());
    }
    verdicts.extend(taken_over(topology, index, base));
    let declared: BTreeSet<(&str, &str)> =
        topology.resources.values().map(|resource| (resource.address.target(), resource.kind.name)).collect();
    for (address, (kind, live)) in &index.undeclared {
        let pruned = topology.targets.get(address.target()).is_some_and(|target| target.prune.includes(kind.name))
            && declared.contains(&(address.target(), kind.name));
        if pruned && live.foreign.is_none() && kind.is_declarative() && base.entry(address).is_none() {
            let decision = removal(topology, index, address, kind, live, DeleteCause::Pruned);
            verdicts.push(verdict(address, kind, decision, Some(&live.id)));
        }
    }
    verdicts
}

/// The verdicts on addresses that the files gave up, and whose objects others have by now, or nobody.
fn taken_over(topology: &Topology, index: &Index<'_>, base: &Base) -> Vec<Verdict> {
    let is_declared = |address: &Address| topology.resources.contains_key(address);
    let given_up =
        index.relabels.iter().filter(|relabel| !is_declared(&relabel.from) && base.entry(&relabel.from).is_none());
    let verdict = |relabel: &Relabel| {
        let why = match &relabel.to {
            Some(to) if is_declared(to) && to.parent() == relabel.from.parent() => format!("it is `{to}` now"),
            // What lives in something that moved has its verdict there.
            Some(_) => return None,
            None => "it is gone already".to_owned(),
        };
        let kind = known_kind(topology, &relabel.from).ok()?;
        Some(verdict(&relabel.from, kind, Decision::Release(why), Some(&relabel.now)))
    };
    given_up.filter_map(verdict).collect()
}

fn verdict(address: &Address, kind: &'static Kind, decision: Decision, id: Option<&str>) -> Verdict {
    Verdict {
        address: address.clone(),
        kind,
        decision,
        id: id.map(str::to_owned),
        unverified: Vec::new(),
        notes: Default::default(),
        place: None,
    }
}

/// Says whether a live object is owned, not declared any more, and removed for that.
pub(crate) fn is_let_go(topology: &Topology, index: &Index<'_>, address: &Address, kind: &Kind, live: &Live) -> bool {
    index.owned.contains(address)
        && matches!(removal(topology, index, address, kind, live, DeleteCause::Undeclared), Decision::Delete(_))
}

/// What becomes of a live object that should not be there any more. What we made is ours, even if it looks like the
/// system's.
fn removal(
    topology: &Topology,
    index: &Index<'_>,
    address: &Address,
    kind: &Kind,
    live: &Live,
    cause: DeleteCause,
) -> Decision {
    if kind.on_delete == Destroys::Nothing || kind.api.remove.is_empty() {
        return Decision::Release("the API can't remove it: it stays as it is, and is not owned any more".into());
    }
    if let Some(why) = index.foreign(address, live) {
        return Decision::Release(format!("it was there before it was declared, and is not ours any more: {why}"));
    }
    restrained(topology, address, kind, live, cause)
}

/// The removal, or the hold that takes its place.
fn restrained(topology: &Topology, address: &Address, kind: &Kind, live: &Live, cause: DeleteCause) -> Decision {
    let case = GuardCase { topology, address, kind, resource: None, live: Some(live), foreign: None, version: None };
    case.guard(Decision::Delete(cause))
}

/// How our share of lists is removed that others share: theirs stay.
pub(crate) fn of_shares(index: &Index<'_>, base: &Base, verdicts: &[Verdict]) -> BTreeMap<Address, SharedWrite> {
    let goes = |verdict: &&Verdict| matches!(verdict.decision, Decision::Delete(_));
    let write = |verdict: &Verdict| {
        let (entry, live) = (base.entry(&verdict.address)?, index.live(&verdict.address)?);
        Some((verdict.address.clone(), share(verdict.kind, live, entry)?))
    };
    verdicts.iter().filter(goes).filter_map(write).collect()
}

/// The removal of our share of a list; `None` where the list is ours as a whole, or is none.
fn share(kind: &Kind, live: &Live, entry: &Entry) -> Option<SharedWrite> {
    let (among, list) = (entry.partial.get(ITEMS)?, list_type(kind, ITEMS)?);
    let items = live_items(kind, live);
    let parted = SharedList::part(&list, &[], entry.fields.get(ITEMS), &items, among).ok()?;
    Some(parted.without_ours(&items, &items_on_the_wire(kind, live)))
}

/// The removal of our share of a list that others share, or the hold that takes its place.
fn our_share(topology: &Topology, address: &Address, kind: &Kind, live: &Live) -> Decision {
    // Theirs stay: it destroys nothing but itself.
    let kind = Kind { on_delete: Destroys::Itself, ..*kind };
    restrained(topology, address, &kind, live, DeleteCause::Undeclared)
}

/// Something owned that nothing declares.
struct OwnedCase<'c> {
    topology: &'c Topology,
    observed: &'c Observed,
    index: &'c Index<'c>,
    address: &'c Address,
    entry: &'c Entry,
}

impl OwnedCase<'_> {
    fn verdict(&self) -> Verdict {
        let OwnedCase { topology, index, address, entry, .. } = *self;
        let kind = match known_kind(topology, address) {
            Ok(kind) => kind,
            Err(hold) => return verdict(address, &UNKNOWN, Decision::Hold(*hold), Some(&entry.id)),
        };
        match index.undeclared.get(address).filter(|_| index.owned.contains(address)) {
            Some((kind, live)) => {
                let decision = match share(kind, live, entry) {
                    None => removal(topology, index, address, kind, live, DeleteCause::Undeclared),
                    Some(write) if write.edits.is_empty() => Decision::Release("nothing of ours is left in it".into()),
                    Some(_) => our_share(topology, address, kind, live),
                };
                verdict(address, kind, decision, Some(&live.id))
            }
            None => verdict(address, kind, self.unlocated(), Some(&entry.id)),
        }
    }

    /// Its object was not found: it is gone, or can't be told from others, or its collection was not looked at.
    fn unlocated(&self) -> Decision {
        match self.index.adrift.get(self.address) {
            Some(Adrift::Overtaken(by)) => return Decision::Release(format!("it is `{by}` now")),
            Some(Adrift::Unproven) => {
                let why = "an object there has its id, which proves nothing: it stays, and is not owned any more";
                return Decision::Release(why.into());
            }
            Some(Adrift::Several) => {
                let hold = Hold::new("ambiguous", "several objects there could be it, and nothing tells which one is");
                return Decision::Hold(hold.help("remove it at the controller, or all of them but one"));
            }
            None => {}
        }
        match missing(self.observed, self.index, self.address) {
            Ok(()) => Decision::Release("it is gone already".into()),
            Err(why) => Decision::Hold(Hold::unseen(&why)),
        }
    }
}

/// Makes sure that an object that does not show is gone: its collection was seen, or its parent is gone.
fn missing(observed: &Observed, index: &Index<'_>, address: &Address) -> Result<(), String> {
    let Some(view) = observed.targets.get(address.target()) else {
        return Err(observed.why_unseen(address.target()));
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

/// Stands for a kind of which nothing is known.
static UNKNOWN: Kind = Kind::NEW;

/// The kind of an owned address, or why it is not known: files or catalogue do not know its target or one of its kinds any
/// more.
fn known_kind(topology: &Topology, address: &Address) -> Result<&'static Kind, Box<Hold>> {
    let forget = |pattern: String| format!("`trueup adopt --forget '{pattern}'` lets go of it");
    let Some(target) = topology.targets.get(address.target()) else {
        let name = address.target();
        let hold =
            Hold::new(UNDECLARED_TARGET, format!("target `{name}` is not declared any more: it was not looked at"));
        return Err(Box::new(hold.help(format!(
            "declare the target again, and remove all that is owned there with `trueup destroy --only-target {name}`; or {}",
            forget(format!("{name}/**"))
        ))));
    };
    let mut last = None;
    for (name, own) in address.steps() {
        last = target.provider.kind(name).filter(|kind| kind.identity.is_single() == own.is_none());
        if last.is_none() {
            let hold =
                Hold::new(UNKNOWN_KIND, format!("this version has no kind `{name}` there: it was not looked at"));
            return Err(Box::new(
                hold.help(format!("use the version of Trueup that made it; {}", forget(address.to_string()))),
            ));
        }
    }
    last.ok_or_else(|| Box::new(Hold::new(UNKNOWN_KIND, "it has no kind")))
}

/// Earlier content of replaced addresses that is still there: its id is its identity.
///
/// Ids that old ledgers have of other kinds prove nothing: what has one of them by now is told, and let go of.
pub(crate) fn leftovers(topology: &Topology, observed: &Observed, index: &Index<'_>, base: &Base) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let may_have_some = |(address, entry): &(&Address, &Entry)| {
        let kind = known_kind(topology, address).ok()?;
        let is_content = matches!(kind.identity, Identity::Content(_));
        (is_content || !entry.leftovers.is_empty()).then_some((kind, is_content))
    };
    let owners: Vec<_> = base.entries.iter().filter_map(|it| Some((it, may_have_some(&it)?))).collect();
    let taken = if owners.is_empty() { BTreeSet::new() } else { accounted_for(index) };
    for ((address, entry), (kind, is_content)) in owners {
        let Some(view) = observed.targets.get(address.target()) else { continue };
        // A run may have been stopped between making other content and taking that down.
        let is_present = matches!(index.declared.get(address), Some(Placement::Present(_)));
        let left = |live: &&Live| {
            let is_earlier = entry.leftovers.contains(&live.id) || is_content && is_present && entry.id == live.id;
            is_earlier && !taken.contains(&(address.target(), kind.name, live.id.as_str()))
        };
        for live in view.all(kind.name).into_iter().filter(left) {
            let own = address.sibling(kind.name, Some(&live.id));
            let decision = match is_content {
                true => restrained(topology, &own, kind, live, DeleteCause::Leftover),
                false => Decision::Release(format!("`{address}` had its id before, which proves nothing: it stays")),
            };
            if is_content || base.entry(&own).is_none() && !index.declared.contains_key(&own) {
                verdicts.push(verdict(&own, kind, decision, Some(&live.id)));
            }
        }
    }
    verdicts
}

/// The objects that are declared, or owned under an address of their own: target, kind and id.
fn accounted_for<'i>(index: &'i Index<'_>) -> BTreeSet<(&'i str, &'i str, &'i str)> {
    let declared = index.declared.iter().filter_map(|(address, place)| match place {
        Placement::Present(live) => Some((address, *live)),
        Placement::Absent | Placement::Ambiguous | Placement::Duplicate(_) | Placement::Unseen(_) => None,
    });
    let owned = index.owned.iter().filter_map(|address| Some((address, index.undeclared.get(address)?.1)));
    declared.chain(owned).map(|(address, live)| (address.target(), address.kind(), live.id.as_str())).collect()
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
