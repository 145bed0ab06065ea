//! What is owned, or pruned, and not declared: what may be removed, and what has to stay.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::Address;
use crate::diff::guards::GuardCase;
use crate::diff::index::{Adrift, Index, Placement};
use crate::diff::list::{items_on_the_wire, live_items};
use crate::diff::mentions;
use crate::diff::shared::{SharedList, SharedWrite};
use crate::diff::verdict::{Decision, DeleteCause, Hold, UNDECLARED_TARGET, UNKNOWN_KIND, Verdict};
use crate::spec::{Identity, Kind, ReferenceForm, read, swap_references};
use crate::state::base::{Base, Entry};
use crate::state::live::{Live, Observed, Seen};
use crate::state::relabel::Relabel;
use crate::topology::{ITEMS, Target, Topology, list_type};

/// The verdicts on what is owned, or pruned, and not declared.
pub(crate) fn undeclared(topology: &Topology, observed: &Observed, index: &Index<'_>, base: &Base) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (address, entry) in base.entries.iter().filter(|(address, _)| !topology.resources.contains_key(address)) {
        let look = OwnedCase { topology, observed, index, address, entry };
        verdicts.push(look.verdict());
    }
    verdicts.extend(taken_over(topology, index, base));
    verdicts.extend(pruned(topology, index, base));
    verdicts
}

/// The verdicts on what others made where the files speak for every object. What stands in something goes with that.
fn pruned(topology: &Topology, index: &Index<'_>, base: &Base) -> Vec<Verdict> {
    let kinds: BTreeMap<&str, (&Target, BTreeSet<&str>)> = topology
        .targets
        .values()
        .map(|target| (target.name.as_str(), (target, topology.pruned_kinds(target))))
        .filter(|(_, (_, kinds))| !kinds.is_empty())
        .collect();
    let one = |(address, (kind, live)): (&Address, &(&'static Kind, &Live))| {
        let (target, kinds) = kinds.get(address.target())?;
        let is_here = address.parent().is_none_or(|parent| topology.resources.contains_key(&parent));
        let is_pruned = kinds.contains(kind.name) && is_here && is_of_users(target, kind, live);
        if !is_pruned || base.entry(address).is_some() {
            return None;
        }
        let decision = match unknown_maker(target, index, kind) {
            Some(maker) => Decision::Hold(Hold::unseen(&format!("`{maker}`, which may have made it"))),
            None => removal(topology, index, address, kind, live, DeleteCause::Pruned),
        };
        Some(verdict(address, kind, decision, Some(&live.id)))
    };
    index.undeclared.iter().filter_map(one).collect()
}

/// Says whether an object was put there by a user: it is nobody else's, and not what the target itself stands on. Of a
/// list, it is the items.
fn is_of_users(target: &Target, kind: &Kind, live: &Live) -> bool {
    match kind.identity {
        Identity::Sequence { .. } => live.items(kind).any(|(_, is_managed)| is_managed),
        Identity::Name(field) | Identity::CaselessName(field) => {
            live.foreign.is_none()
                && !live.value(kind, field).to_text().is_some_and(|name| target.stands_on(kind, &name))
        }
        Identity::Singleton | Identity::Natural(_) | Identity::Content(..) => live.foreign.is_none(),
    }
}

/// The kind that may have made an object for itself, and was not seen.
fn unknown_maker(target: &Target, index: &Index<'_>, kind: &Kind) -> Option<&'static str> {
    let makes = |maker: &&&Kind| maker.creates().any(|(made, _)| made == kind.name);
    let mut makers = target.provider.kinds.iter().filter(makes);
    makers.find(|maker| index.is_dark(&target.name, maker.name)).map(|maker| maker.name)
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
        origin: None,
    }
}

/// Says whether a live object is owned, not declared any more, and removed for that.
pub(crate) fn is_let_go(topology: &Topology, index: &Index<'_>, address: &Address, kind: &Kind, live: &Live) -> bool {
    index.owned.contains(address)
        && matches!(removal(topology, index, address, kind, live, without(topology, address)), Decision::Delete(_))
}

/// Why something that is owned and not among the resources goes.
fn without(topology: &Topology, address: &Address) -> DeleteCause {
    match topology.targets.get(address.target()) {
        _ if topology.is_given_up => DeleteCause::GivenUp,
        Some(target) if target.retired => DeleteCause::Retired,
        _ => DeleteCause::Undeclared,
    }
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
    if !kind.is_removable() {
        return Decision::Release("the API can't remove it: it stays as it is, and is not owned any more".into());
    }
    if let Some(why) = index.foreign(address, live) {
        return Decision::Release(format!("it was there before it was declared, and is not ours any more: {why}"));
    }
    restrained(topology, address, kind, live, cause)
}

/// The removal, or the hold that takes its place.
fn restrained(topology: &Topology, address: &Address, kind: &Kind, live: &Live, cause: DeleteCause) -> Decision {
    let case = GuardCase {
        topology,
        address,
        kind,
        resource: None,
        live: Some(live),
        foreign: None,
        owned: true,
        version: None,
    };
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
    let kind = Kind { removed_by_address: false, ..*kind };
    restrained(topology, address, &kind, live, without(topology, address))
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
                    None => removal(topology, index, address, kind, live, without(topology, address)),
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
            "declare the target again with `retired: true`, and a run removes all that is owned there; or {}",
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
        let is_content = kind.identity.file_in_id().is_some();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::testing::World;
    use crate::topology::Prune;

    fn pruning(mut world: World, prune: Prune) -> World {
        world.topology.targets.values_mut().for_each(|target| target.prune = prune.clone());
        world
    }

    fn named(kinds: &[&str]) -> Prune {
        Prune::Kinds(kinds.iter().map(|kind| (*kind).to_owned()).collect())
    }

    /// A provider's target, the collection in which others made something, and that; and the address that it has.
    fn of_others() -> Vec<(World, &'static str, serde_json::Value, &'static str)> {
        let of = |provider, kinds| World::of(provider, "t", kinds);
        vec![
            (World::lab(), "east/groups", json!({ "id": "7", "name": "g" }), "east/groups/g"),
            (of("vns3", ""), "t/ipsec-endpoints", json!({ "id": 1, "name": "x" }), "t/ipsec-endpoints/x"),
            (of("vns3", ""), "t/firewall-fwsets", json!({ "name": "s", "type": "net" }), "t/firewall-fwsets/s"),
            (of("cloudify", ""), "t/users", json!({ "username": "eve" }), "t/users/eve"),
            (of("f5-vnfm", ""), "t/secrets", json!({ "key": "eve" }), "t/secrets/eve"),
        ]
    }

    #[test]
    fn a_collection_is_spoken_for_although_nothing_in_it_is_declared() {
        for (world, collection, object, at) in of_others() {
            let kind = collection.rsplit('/').next().unwrap();
            let world = world.shows(collection, object);
            for (prune, verdict) in [
                (Prune::All, "delete: not declared, and the collection is pruned"),
                (named(&[kind]), "delete: not declared, and the collection is pruned"),
                (named(&["blueprints"]), "-"),
                (Prune::Nothing, "-"),
            ] {
                assert_eq!(pruning(world.clone(), prune.clone()).verdict(at), verdict, "{at} {prune:?}");
            }
            let protected = pruning(world.clone(), Prune::All).protects(at);
            assert_eq!(protected.verdict(at), "hold protected", "{at}");
        }
    }

    #[test]
    fn one_of_two_views_speaks_for_the_objects_that_both_show() {
        let files = |files: &str| {
            World::of("vns3", "t", files)
                .shows("t/firewall-fwsets", json!({ "name": "s", "type": "net" }))
                .shows("t/firewall-v1-fwsets", json!({ "name": "s", "type": "net" }))
        };
        let pruned = |world: World, prune: Prune| {
            let verdicts = pruning(world, prune).verdicts();
            let of_s = verdicts.iter().filter(|verdict| verdict.address.name() == Some("s"));
            of_s.map(|verdict| verdict.address.kind().to_owned()).collect::<Vec<_>>()
        };
        let old = "firewall-v1-fwsets: { NETS_o: { entries: [10.0.0.0/8] } }";
        let new = "firewall-fwsets: { n: { type: net, entries: [] } }";
        let both = || named(&["firewall-fwsets", "firewall-v1-fwsets"]);
        for (declared, prune, expected) in [
            ("", Prune::All, "firewall-fwsets"),
            ("", both(), "firewall-fwsets"),
            ("", named(&["firewall-v1-fwsets"]), "firewall-v1-fwsets"),
            (new, Prune::All, "firewall-fwsets"),
            (new, both(), "firewall-fwsets"),
            (old, Prune::All, "firewall-v1-fwsets"),
            (old, both(), "firewall-v1-fwsets"),
        ] {
            assert_eq!(pruned(files(declared), prune.clone()), [expected], "{declared} {prune:?}");
        }
    }

    #[test]
    fn what_is_nobodys_to_remove_is_not_pruned() {
        let of = |kinds: &str, collection: &str, object| World::of("cloudify", "t", kinds).shows(collection, object);
        let user = |name: &str| of("", "t/users", json!({ "username": name }));
        let tenant = |name: &str| of("", "t/tenants", json!({ "name": name }));
        for (world, prune, at, verdict) in [
            // The account that logs in, whatever its case; the one that is built in; the tenant that is looked at.
            (user("API"), Prune::All, "t/users/API", "-"),
            (user("admin"), Prune::All, "t/users/admin", "-"),
            (tenant("default_tenant"), named(&["tenants"]), "t/tenants/default_tenant", "-"),
            // What is so much that each removal needs its address is not meant by all.
            (tenant("theirs"), Prune::All, "t/tenants/theirs", "-"),
            (tenant("theirs"), named(&["tenants"]), "t/tenants/theirs", "hold precious"),
            (
                of("tenants: { ours: {} }", "t/tenants", json!({ "name": "theirs" })),
                Prune::All,
                "t/tenants/theirs",
                "hold precious",
            ),
        ] {
            assert_eq!(pruning(world, prune.clone()).verdict(at), verdict, "{at} {prune:?}");
        }
        // What the API can't remove, and a list without items of users.
        let vns3 = |collection: &str, object| World::of("vns3", "t", "").shows(collection, object);
        let pack = vns3("t/clientpacks", json!({ "name": "100_64_0_1" }));
        assert_eq!(pruning(pack, Prune::All).verdict("t/clientpacks/100_64_0_1"), "-");
        assert_eq!(pruning(World::of("vns3", "t", ""), Prune::All).verdict("t/firewall-rules"), "-");
        let rules = vns3("t/firewall-rules", json!({ "id": 1, "rule": "FORWARD_CUST -j DROP", "position": 0 }));
        assert_eq!(pruning(rules, Prune::All).verdict("t/firewall-rules"), "hold precious");
    }

    #[test]
    fn what_may_be_made_by_something_that_was_not_seen_is_not_pruned() {
        let rules =
            || World::of("vns3", "t", "").shows("t/firewall-rules", json!({ "id": 1, "rule": "FORWARD_CUST -j DROP" }));
        let world = pruning(rules().hides("t/plugin-instances"), Prune::All);
        assert_eq!(world.verdict("t/firewall-rules"), "hold unseen");
    }
}
