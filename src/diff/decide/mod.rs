//! From differences to decisions: what may be done to whom.
//!
//! * `guards`: what holds a decision until somebody means it; `in_use`, `emptied`, `halves`: what can't be done as it is
//! * `propagate_holds`: what is held along with what; `overwritten`: what another kind's write undoes
//! * `renamed`: what has another name now; `other_content`: content that takes the place of other content
//! * `call_options`: what rides along with a call
//! * `live_schemas`: data that the schema of something at the controller does not take

pub(crate) mod call_options;
pub(crate) mod emptied;
pub(crate) mod guards;
pub(in crate::diff) mod halves;
pub(in crate::diff) mod in_use;
mod live_schemas;
mod other_content;
pub(in crate::diff) mod overwritten;
pub(in crate::diff) mod propagate_holds;
pub(in crate::diff) mod renamed;
use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::companions;
use crate::diff::compare::{Comparison, compare};
use crate::diff::external;
use crate::diff::guards::GuardCase;
use crate::diff::index::{Index, Placement};
use crate::diff::left_out::HeldFirst;
use crate::diff::overwritten::set_again;
use crate::diff::planned::PlannedValues;
use crate::diff::propagate_holds::{hold_back, hold_unknown_names, hold_used};
use crate::diff::removals::is_let_go;
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::shared::SharedWrite;
use crate::diff::verdict::{Cause, Decision, FieldChange, Hold, ReplaceOrder, UNSEEN, Verdict};
use crate::spec::Change;
use crate::state::base::{Base, Entry};
use crate::state::live::Live;
use crate::topology::references::{References, maker};
use crate::topology::{Resource, Topology};

/// The verdicts on everything declared.
pub(crate) fn declared(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    base: &Base,
    (planned, first): (&PlannedValues, HeldFirst<'_>),
) -> Decided {
    let resolver = Resolver { topology, index, planned };
    let (mut resolved, mut taken_back, mut shared) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut verdicts = Vec::with_capacity(topology.resources.len());
    for resource in topology.resources.values() {
        let fields = resolver.resolve(resource);
        let (verdict, sent) = one(&resolver, resource, &fields, base);
        verdicts.push(verdict);
        if !sent.taken_back.is_empty() {
            taken_back.insert(resource.address.clone(), sent.taken_back);
        }
        shared.extend(sent.shared.map(|write| (resource.address.clone(), write)));
        resolved.insert(resource.address.clone(), fields);
    }
    first.hold_all(&mut verdicts);
    force_rebuilds(&resolver, &mut verdicts);
    set_again(&resolved, &mut verdicts);
    hold_used(topology, index, &resolved, &mut verdicts);
    hold_unknown_names(topology, references, index, &mut verdicts);
    hold_back(topology, references, index, &resolved, &mut verdicts);
    Decided { verdicts, resolved, taken_back, shared }
}

/// What is decided on everything declared.
pub(crate) struct Decided {
    pub verdicts: Vec<Verdict>,
    /// The fields as they go to the wire.
    pub resolved: BTreeMap<Address, ResolvedFields>,
    /// What an update sends besides, to take back what the files no longer give.
    pub taken_back: BTreeMap<Address, ResolvedFields>,
    /// How lists that others share are written.
    pub shared: BTreeMap<Address, SharedWrite>,
}

/// What an update sends besides what the files give.
#[derive(Default)]
struct SentBeside {
    /// Values that take back what the files no longer give, and leave others what is theirs.
    taken_back: ResolvedFields,
    /// The whole list, where the resource is one that others share.
    shared: Option<SharedWrite>,
}

/// The verdict on one resource, with what its update sends besides what the files give.
fn one(resolver: &Resolver<'_>, resource: &Resource, resolved: &ResolvedFields, base: &Base) -> (Verdict, SentBeside) {
    let entry = base.entry(&resource.address);
    let compared = |decision, id: Option<&str>, comparison: Comparison| {
        let Comparison { changes: _, held: _, unverified, notes, taken_back, shared } = comparison;
        let verdict = Verdict { unverified, notes, ..Verdict::of(resource, decision, id) };
        (verdict, SentBeside { taken_back, shared })
    };
    let verdict = |decision, id: Option<&str>| compared(decision, id, Comparison::default());
    if let Some(hold) = unwritable(resolver, resource, resolved) {
        return verdict(Decision::Hold(hold), None);
    }
    let case = resolver.case(resource);
    // What goes now, and comes again along with what is made anew, is as good as not there.
    let is_made_anew = |address: &Address| resolver.planned.is_anew(address);
    let comes_anew =
        !resource.external && companions::comes_anew(resolver.topology, resolver.index, resource, &is_made_anew);
    let live = match resolver.index.declared.get(&resource.address).filter(|_| !comes_anew) {
        Some(Placement::Present(live)) => *live,
        Some(Placement::Unseen(why)) => return verdict(Decision::Hold(Hold::unseen(why)), None),
        Some(Placement::Ambiguous) => return verdict(Decision::Hold(ambiguous()), None),
        Some(Placement::Duplicate(first)) => {
            let hold = Hold::new("duplicate-identity", format!("it is the same object as `{first}`, as it turns out"));
            return verdict(Decision::Hold(hold.help("declare it once")), None);
        }
        Some(Placement::Absent) | None if resource.external => return verdict(external::absent(), None),
        Some(Placement::Absent) | None => {
            let decision = absent(resolver, resource, resolved, base);
            let decision = other_content::beside_what_is_in_use(resolver, resource, decision);
            let old = entry.filter(|_| matches!(decision, Decision::Replace { .. })).map(|entry| entry.id.as_str());
            return verdict(live_schemas::unless_broken(resolver, resource, case.guard(decision)), old);
        }
    };
    if resource.external {
        return verdict(external::present(entry), Some(&live.id));
    }
    if resource.address.parent().is_some_and(|parent| resolver.planned.is_anew(&parent)) {
        let because = Some("its parent is replaced".to_owned());
        let order = ReplaceOrder::DeleteFirst;
        let fields = of_new_child(compare(resolver, resource, resolved, live, base));
        return verdict(Decision::Replace { fields, order, because }, Some(&live.id));
    }
    let mut comparison = compare(resolver, resource, resolved, live, base);
    if let Some(hold) = comparison.held.take() {
        return compared(Decision::Hold(hold), Some(&live.id), comparison);
    }
    let decision = decide(resolver, resource, live, &mut comparison, entry);
    let decision = live_schemas::unless_broken(resolver, resource, case.guard(decision));
    let decision = unless_in_use(resolver, resource, decision);
    let is_held = || matches!(decision, Decision::Hold(_));
    let decision = case.never_sent(&decision).filter(|_| !is_held()).map(Decision::Hold).unwrap_or(decision);
    compared(decision, Some(&live.id), comparison)
}

/// What is different about an object that is made anew along with the one that it lives in. What only follows from that is not
/// told.
fn of_new_child(mut comparison: Comparison) -> Vec<FieldChange> {
    comparison.changes.retain(|change| !change.after.is_later());
    comparison.notes.of_new_object(comparison.changes)
}

/// Holds what no call can be written for.
fn unwritable(resolver: &Resolver<'_>, resource: &Resource, resolved: &ResolvedFields) -> Option<Hold> {
    let held = read_only(resource).or_else(|| dangling(resolver, resolved));
    held.or_else(|| emptied::hold(resource, resolved))
}

/// Holds what can only be read.
fn read_only(resource: &Resource) -> Option<Hold> {
    let hold = || Hold::new("read-only", format!("`{}` can only be read", resource.kind.name));
    (!resource.kind.is_declarative()).then(hold)
}

fn ambiguous() -> Hold {
    let hold = Hold::new("ambiguous", "several objects there have this name, and nothing tells which one is meant");
    hold.help("rename all but one of them at the controller")
}

impl Resolver<'_> {
    /// What the rules look at.
    fn case<'c>(&'c self, resource: &'c Resource) -> GuardCase<'c> {
        GuardCase {
            topology: self.topology,
            address: &resource.address,
            kind: resource.kind,
            resource: Some(resource),
            live: self.index.live(&resource.address),
            foreign: self.index.live(&resource.address).and_then(|live| self.index.foreign(&resource.address, live)),
            owned: self.index.owned.contains(&resource.address),
            version: self.version(resource.address.target()),
        }
    }
}

/// A reference to something that nothing declares has to be live: without it, no call can be written.
fn dangling(resolver: &Resolver<'_>, resolved: &ResolvedFields) -> Option<Hold> {
    let mut missing = None;
    for attr in resolved.values() {
        attr.for_each_output(&mut |output| {
            let known = resolver.topology.resources.contains_key(&output.address)
                || resolver.index.live(&output.address).is_some()
                || companions::parent_to_come(resolver.topology, resolver.index, &output.address, &|parent| {
                    resolver.planned.is_anew(parent)
                })
                .is_some();
            if !known {
                missing.get_or_insert(&output.address);
            }
        });
    }
    let address = missing?;
    if resolver.index.is_unseen(address) {
        let why = format!("could not be looked at: it refers to `{address}`, which was not seen");
        return Some(Hold::new(UNSEEN, why));
    }
    let hold = Hold::new("missing-reference", format!("`{address}` is neither declared nor at the controller"));
    let others: Vec<String> = resolver
        .index
        .undeclared
        .keys()
        .filter(|other| other.kind() == address.kind() && other.target() == address.target())
        .filter_map(|other| Some(format!("`{}`", other.name()?)))
        .take(5)
        .collect();
    Some(if others.is_empty() { hold } else { hold.help(format!("at the controller there are {}", others.join(", "))) })
}

/// What becomes of a resource that is not there.
fn absent(resolver: &Resolver<'_>, resource: &Resource, resolved: &ResolvedFields, base: &Base) -> Decision {
    if maker(resolver.topology, resource).is_some() {
        return companions::taken(resolver, resource, resolved);
    }
    let (kind, entry) = (resource.kind, base.entry(&resource.address));
    // It was ours to replace, and the one half of that is done.
    let is_vacated = base.vacated.contains(&resource.address);
    if let Some(fields) = entry.and_then(|entry| other_content::changes(resolver, resource, resolved, entry)) {
        // Other content under the same name: the old object stays until everybody has moved over.
        return Decision::Replace { fields, order: ReplaceOrder::CreateFirst, because: None };
    }
    if kind.api.create.is_empty() {
        let hold = Hold::new("missing", "the API does not show it, and has no call that makes one")
            .help("check that the product's licence or set-up includes it");
        return Decision::Hold(hold);
    }
    // What was begun and never finished is no drift: nothing is remembered of it but its id, and what it was to have.
    let was_there = entry.is_some_and(Entry::is_confirmed);
    Decision::Create(match (is_vacated, was_there) {
        (true, _) => Cause::Left,
        (false, true) => Cause::Drift,
        (false, false) => Cause::Change,
    })
}

/// A replacement, or the hold that takes its place where something refers to the object.
fn unless_in_use(resolver: &Resolver<'_>, resource: &Resource, decision: Decision) -> Decision {
    match resolver.planned.user_of(&resource.address) {
        Some(user) if matches!(decision, Decision::Replace { .. }) => {
            Decision::Hold(in_use::hold(user).instead_of(decision))
        }
        _ => decision,
    }
}

/// What differences between a resource and its live object lead to.
fn decide(
    resolver: &Resolver<'_>,
    resource: &Resource,
    live: &Live,
    comparison: &mut Comparison,
    entry: Option<&Entry>,
) -> Decision {
    let fields = std::mem::take(&mut comparison.changes);
    // What is ours stays so, whatever id it has by now. The id of content is what tells it apart.
    let is_content = resource.kind.identity.file_in_id().is_some();
    let adopt = entry.is_none_or(|entry| entry.id != live.id && is_content);
    if fields.is_empty() {
        return if adopt { Decision::Adopt } else { Decision::Same };
    }
    if fields.iter().any(|change| change.replaces(resource.kind)) {
        let fields = comparison.notes.of_new_object(fields);
        return Decision::Replace { fields, order: ReplaceOrder::DeleteFirst, because: None };
    }
    if let Some(because) = renamed::made_anew(resource, &fields) {
        let fields = comparison.notes.of_new_object(fields);
        return Decision::Replace { fields, order: ReplaceOrder::DeleteFirst, because: Some(because) };
    }
    if let Some(because) = fields.iter().find_map(|change| refers_to_what_is_made_anew(resolver, resource, change)) {
        let fields = comparison.notes.of_new_object(fields);
        return Decision::Replace { fields, order: ReplaceOrder::DeleteFirst, because: Some(because) };
    }
    Decision::Update { fields, adopt }
}

/// Why a resource is made anew with another one: that is made anew, and what refers to it can't be changed.
fn refers_to_what_is_made_anew(resolver: &Resolver<'_>, resource: &Resource, change: &FieldChange) -> Option<String> {
    let is_fixed = change.field.is_some_and(|field| matches!(field.change, Change::Fixed)) && !change.before.is_null();
    let mut anew = None;
    resource.fields.get(&change.name).filter(|_| is_fixed && change.after.is_later())?;
    change.after.for_each_output(&mut |output| {
        let is_anew = resolver.planned.is_anew(&output.address) && resolver.index.live(&output.address).is_some();
        anew = anew.take().or_else(|| is_anew.then(|| format!("`{}` is made anew", output.address)));
    });
    anew
}

/// Resources that have to go while a field of another one changes are replaced with it. What goes in the same plan is not
/// in the way.
fn force_rebuilds(resolver: &Resolver<'_>, verdicts: &mut [Verdict]) {
    let mut forced: BTreeMap<(String, &str), String> = BTreeMap::new();
    for verdict in verdicts.iter_mut() {
        let Decision::Update { fields, .. } = &verdict.decision else { continue };
        let target = verdict.address.target();
        let Some(provider) = resolver.topology.targets.get(target).map(|target| target.provider) else { continue };
        let changed = fields.iter().filter(|change| !change.before.is_null());
        let kinds: BTreeSet<&str> =
            changed.flat_map(|change| provider.in_the_way_of(verdict.kind, &change.name)).collect();
        match kinds.iter().find_map(|kind| in_the_way(resolver, target, kind)) {
            Some(hold) => verdict.hold(hold),
            None => forced.extend(kinds.iter().map(|kind| ((target.to_owned(), *kind), verdict.address.to_string()))),
        }
    }
    for verdict in verdicts.iter_mut() {
        let root = root_kind(&verdict.address);
        let Some(by) = forced.get(&(verdict.address.target().to_owned(), root.as_str())) else { continue };
        if matches!(verdict.decision, Decision::Create(_) | Decision::Hold(_)) {
            continue;
        }
        let Some(resource) = resolver.topology.resources.get(&verdict.address) else { continue };
        let because = Some(format!("`{by}` can't change while it exists"));
        let fields = verdict.notes.of_new_object(verdict.decision.fields().to_vec());
        let decision = Decision::Replace { fields, order: ReplaceOrder::DeleteFirst, because };
        verdict.decision = resolver.case(resource).guard(decision);
    }
}

/// The hold on what can't change while any of a kind exists, where one of them can't go and come again.
fn in_the_way(resolver: &Resolver<'_>, target: &str, kind: &str) -> Option<Hold> {
    let is_of_kind = |resource: &&Resource| resource.address.target() == target && root_kind(&resource.address) == kind;
    let declared = || resolver.topology.resources.values().filter(is_of_kind);
    let undeclared = resolver.index.undeclared.iter().find(|(address, (its, live))| {
        let is_one = address.target() == target && address.kind() == kind;
        is_one && !is_let_go(resolver.topology, resolver.index, address, its, live)
    });
    let hold = |address: &Address, why: &str| {
        Hold::new("in-the-way", format!("`{address}` has to go while it changes, and {why}"))
    };
    let declare = "declare it, so that it is made again afterwards, or remove it, and let go of it before";
    if let Some((address, _)) = undeclared {
        return Some(hold(address, "is not declared").help(declare));
    }
    if let Some(resource) = declared().find(|resource| resource.external) {
        return Some(hold(&resource.address, "is somebody else's").help("have it removed while it changes"));
    }
    let in_use = |resource: &Resource| Some((resource.address.clone(), resolver.planned.user_of(&resource.address)?));
    let (address, user) = declared().find_map(in_use)?;
    Some(hold(&address, &format!("`{user}` refers to it")).help(format!("let `{user}` go of it first")))
}

/// The kind of the resource's outermost parent.
fn root_kind(address: &Address) -> String {
    let mut top = address.clone();
    while let Some(parent) = top.parent() {
        top = parent;
    }
    top.kind().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::attr::Attr;
    use crate::journal;
    use crate::plan::Verb;
    use crate::plan::testing::{Fate, World, address};
    use crate::secret::Secret;
    use crate::state::base::Basis;
    use crate::state::base::Claim;

    /// An endpoint with a peer in it; its mode can't be changed in place.
    fn wants(world: World, mode: &str) -> World {
        world
            .wants("east/endpoints/a", json!({ "name": "a", "address": "192.0.2.1", "mode": mode }))
            .wants("east/endpoints/a/peers/169.254.0.2", json!({ "ip": "169.254.0.2", "asn": 65_000 }))
    }

    #[test]
    fn a_replacement_of_which_the_first_half_is_done_was_left_so_and_is_nobodys_drift() {
        let mut world = wants(World::lab(), "main");
        assert_eq!(world.carry_out(&world.plan(), &|_| Fate::Done), Vec::<String>::new());
        let world = wants(world, "aggressive");
        let plan = world.plan();
        let is = |n: usize, verb: Verb| plan.steps[n].verb == verb && plan.steps[n].address.kind() == "endpoints";
        let after = |verb: Verb, fate: Fate| {
            let mut world = world.clone();
            world.carry_out(&plan, &|n| if is(n, verb) { fate } else { Fate::Done });
            world
        };
        for (verb, fate) in [
            (Verb::ReplaceCreate, Fate::Refused),
            (Verb::ReplaceRemove, Fate::Killed),
            (Verb::ReplaceRemove, Fate::Unheard),
        ] {
            let mut half = after(verb, fate);
            assert_eq!(half.verdict("east/endpoints/a"), "create: left", "{verb:?} {fate:?}");
            assert_eq!(half.verdict("east/endpoints/a/peers/169.254.0.2"), "create: left", "{verb:?} {fate:?}");
            // The files give it up: nothing is missing.
            let mut given_up = half.clone();
            given_up.topology.resources.retain(|at, _| at.target() != "east" || at.kind() == "config");
            given_up.carry_out(&given_up.plan(), &|_| Fate::Done);
            assert_eq!(wants(given_up, "main").verdict("east/endpoints/a"), "create: change");
            // It is made: who takes it away now is somebody else.
            half.carry_out(&half.plan(), &|_| Fate::Done);
            assert_eq!(half.verdict("east/endpoints/a"), "same");
            half.live.retain(|at, _| at != "east/endpoints");
            half = half.shows("east/endpoints", json!({ "id": "9", "name": "other", "address": "192.0.2.9" }));
            assert_eq!(half.verdict("east/endpoints/a"), "create: drift", "{verb:?} {fate:?}");
        }
        // Not even the first half was done.
        let refused = after(Verb::ReplaceRemove, Fate::Refused);
        assert_eq!(refused.verdict("east/endpoints/a"), "replace mode: change");
        assert!(!refused.base.vacated.contains(&address("east/endpoints/a")));
    }

    #[test]
    fn what_a_child_loses_is_told_when_it_is_made_anew_with_its_parent() {
        let peer = "east/endpoints/a/peers/169.254.0.2";
        let there = |basis| {
            World::lab()
                .applied("east/endpoints/a", "1", json!({ "name": "a", "address": "192.0.2.1", "mode": "main" }))
                .shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.1", "mode": "main" }))
                .applied(peer, "2", json!({ "ip": "169.254.0.2", "asn": 65_000 }))
                .remembers(peer, "2", json!({ "note": "theirs" }), basis)
                .shows(
                    "east/endpoints/1/peers",
                    json!({ "id": "2", "ip": "169.254.0.2", "asn": 65_000, "note": "theirs" }),
                )
        };
        let given = json!({ "ip": "169.254.0.2", "asn": 65_000, "note": "theirs" });
        for basis in [Basis::Agreed, Basis::Assumed, Basis::Applied] {
            let anew = wants(there(basis), "aggressive");
            assert_eq!(anew.verdict(peer), "replace note: undeclared", "{basis:?}");
            let lost = anew.verdicts().into_iter().find(|verdict| verdict.address == address(peer)).unwrap();
            assert_eq!(lost.decision.fields()[0].before, Attr::text("theirs"));
            // What the files give comes again, and what they change is told.
            let again = wants(there(basis), "aggressive").wants(peer, given.clone());
            assert_eq!(again.verdict(peer), "replace");
            let changed = wants(there(basis), "aggressive")
                .wants(peer, json!({ "ip": "169.254.0.2", "asn": 65_001, "note": "theirs" }));
            assert_eq!(changed.verdict(peer), "replace asn: change");
        }
    }

    #[test]
    fn what_shows_under_a_claim_is_ours_and_has_what_the_create_carried() {
        let at = "east/endpoints/a";
        let object = json!({ "name": "a", "address": "192.0.2.1", "networks": ["10.1.0.0/16", "10.2.0.0/16"] });
        let secret = |value: &str| Attr::Secret(Secret::new("secret.psk", value));
        let claimed = |wanted: &str| {
            let mut world =
                World::lab().wants(at, json!({ "name": "a", "address": "192.0.2.1", "networks": ["10.1.0.0/16"] }));
            let resource = world.topology.resources.get_mut(&address(at)).unwrap();
            resource.fields.insert("secret".into(), secret(wanted));
            let carries = [("secret".to_owned(), world.base.stored(&secret("canary")))].into();
            let claim = Claim { identity: "a".into(), carries };
            assert!(journal::claim(&mut world.base, address(at), claim.clone(), Some(1)));
            assert!(!journal::claim(&mut world.base, address(at), claim, Some(2)), "it is claimed already");
            world
        };
        // Nothing shows: it is still to be made, and nobody took it away.
        assert_eq!(claimed("canary").verdict(at), "create: change");
        let shows = |world: World| {
            let mut object = object.clone();
            object["id"] = json!("7");
            world.shows("east/endpoints", object)
        };
        // Items that came with it are no others'; the secret that it carried is there, and another one is not.
        assert_eq!(shows(claimed("canary")).verdict(at), "update networks: change");
        assert_eq!(shows(claimed("rotated")).verdict(at), "update secret: change, networks: change");
        let mut given_up = shows(claimed("canary"));
        given_up.topology.resources.remove(&address(at));
        assert_eq!(given_up.verdict(at), "delete: not declared any more");
        given_up.topology.is_given_up = true;
        assert_eq!(given_up.verdict(at), "delete: all that is owned goes");
    }
}
