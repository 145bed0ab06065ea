//! What comes along with something else: nobody makes it, it shows a while after what it belongs to.
//!
//! | what becomes of the maker | its companion | so the plan |
//! |---|---|---|
//! | it is made, or begins to make one | comes, under the maker's name | holds it while another object has that name; one that goes, goes first |
//! | it goes, or makes none any more | goes | holds it while files declare or name the companion; who lets go of that does so first |
//! | it is made anew | goes, and comes anew | holds it while something names the companion, and sets what is declared of that again |

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::compare::compare;
use crate::diff::index::Index;
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::verdict::{Decision, FieldChange, Hold, Verdict};
use crate::spec::{Change, Identity, Kind};
use crate::state::live::{Live, named};
use crate::topology::references::{References, Why, maker, maker_at};
use crate::topology::{Resource, Topology};

/// What a decision on something does to one of its companions.
#[derive(Debug, Clone)]
pub(crate) struct CompanionChange {
    /// The companion, declared or not.
    pub companion: Address,
    /// Says whether the one that is there goes.
    pub goes: bool,
    /// Says whether one comes.
    pub comes: bool,
}

/// What a verdict does to the companions of what it is on.
pub(crate) fn changes<'v>(
    topology: &'v Topology,
    index: &'v Index<'_>,
    verdict: &'v Verdict,
) -> impl Iterator<Item = CompanionChange> + 'v {
    of_kind(verdict.kind).filter_map(move |(kind, switch)| {
        let has = index.live(&verdict.address).is_some_and(|live| is_on(&live.value(verdict.kind, switch)));
        let wants = || {
            let resource = topology.resources.get(&verdict.address);
            resource.and_then(|resource| resource.fields.get(switch)).is_some_and(is_on)
        };
        let (goes, comes) = match &verdict.decision {
            Decision::Create(_) => (false, wants()),
            Decision::Replace { .. } => (has, wants()),
            Decision::Delete(_) => (has, false),
            Decision::Update { fields, .. } => {
                let will =
                    fields.iter().find(|change| change.name == switch).map_or(has, |change| is_on(&change.after));
                (has && !will, will && !has)
            }
            Decision::Same | Decision::Adopt | Decision::Release(_) | Decision::Hold(_) => return None,
        };
        let companion = verdict.address.sibling(kind, verdict.address.name());
        (goes || comes).then_some(CompanionChange { companion, goes, comes })
    })
}

/// The kinds of a kind's companions, each with the field that switches them on.
fn of_kind(kind: &'static Kind) -> impl Iterator<Item = (&'static str, &'static str)> {
    kind.creates().filter_map(|(made, sign)| Some((made, sign.namesake_switch()?)))
}

fn is_on(value: &Attr) -> bool {
    *value == Attr::Bool(true)
}

/// Says whether the one that a resource comes along with is there and makes room for a new one, so that the resource itself
/// comes anew.
pub(crate) fn comes_anew(
    topology: &Topology,
    index: &Index<'_>,
    resource: &Resource,
    is_made_anew: &dyn Fn(&Address) -> bool,
) -> bool {
    maker(topology, resource).is_some_and(|maker| index.live(&maker.address).is_some() && is_made_anew(&maker.address))
}

/// Says whether something comes along with what is declared, or is about to.
pub(crate) fn is_to_come(
    topology: &Topology,
    index: &Index<'_>,
    companion: &Address,
    held: &BTreeSet<Address>,
) -> bool {
    maker_at(topology, companion)
        .is_some_and(|maker| !held.contains(&maker.address) || has_one(index, maker, companion))
}

/// Says whether a live object makes a companion.
fn has_one(index: &Index<'_>, maker: &Resource, companion: &Address) -> bool {
    let Some(live) = index.live(&maker.address) else { return false };
    of_kind(maker.kind).any(|(made, switch)| made == companion.kind() && is_on(&live.value(maker.kind, switch)))
}

/// What comes along with something declared, and does not show yet or comes anew: what it comes along with.
pub(crate) fn awaited<'t>(
    topology: &'t Topology,
    index: &Index<'_>,
    companion: &Address,
    is_made_anew: &dyn Fn(&Address) -> bool,
) -> Option<&'t Resource> {
    let maker = maker_at(topology, companion).filter(|_| !topology.resources.contains_key(companion))?;
    (index.live(companion).is_none() || is_made_anew(&maker.address)).then_some(maker)
}

/// The one that something comes along with, if it was not made by itself.
pub(crate) fn made_by(topology: &Topology, index: &Index<'_>, companion: &Address) -> Option<Address> {
    index.live(companion)?.foreign?;
    let kinds = topology.targets.get(companion.target())?.provider.kinds.iter();
    kinds.flat_map(|kind| of_kind(kind).map(|(made, switch)| (*kind, made, switch))).find_map(|(kind, made, switch)| {
        let maker = companion.sibling(kind.name, companion.name());
        let has_one = made == companion.kind() && is_on(&index.live(&maker)?.value(kind, switch));
        has_one.then_some(maker)
    })
}

/// Holds what would take a companion along that is declared or named, or could not get one. Says whether there is any such.
pub(crate) fn hold(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    verdicts: &mut [Verdict],
) -> bool {
    let all: Vec<(usize, CompanionChange)> = verdicts
        .iter()
        .enumerate()
        .flat_map(|(n, verdict)| changes(topology, index, verdict).map(move |change| (n, change)))
        .collect();
    let gone: BTreeSet<&Address> =
        all.iter().filter(|(_, change)| change.goes && !change.comes).map(|(_, change)| &change.companion).collect();
    let named = if gone.is_empty() { BTreeMap::new() } else { referrers(topology, references, &gone) };
    let removed = |verdict: &&Verdict| matches!(verdict.decision, Decision::Delete(_));
    let removed: BTreeSet<Address> = verdicts.iter().filter(removed).map(|verdict| verdict.address.clone()).collect();
    let mut any = false;
    for (n, change) in &all {
        let hold = match (change.goes, change.comes) {
            (false, true) if !removed.contains(&change.companion) => in_the_way(topology, index, &change.companion),
            (true, false) => taken_along(topology, &change.companion, &named),
            _ => None,
        };
        if let Some(hold) = hold {
            verdicts[*n].hold(hold);
            any = true;
        }
    }
    any
}

/// The hold on what could not make a companion, because another object has the name.
fn in_the_way(topology: &Topology, index: &Index<'_>, companion: &Address) -> Option<Hold> {
    let is_another = index.live(companion).is_some_and(|live| live.foreign.is_none());
    let hold =
        || Hold::new("in-the-way", format!("it makes `{companion}` for itself, and another object has that name"));
    let help = match topology.resources.contains_key(companion) {
        true => {
            format!("take `{companion}` out of the files first; declared again after that, it is the one that comes")
        }
        false => "remove that at the controller, or give it another name".to_owned(),
    };
    is_another.then(|| hold().help(help))
}

/// The hold on what would take a companion along that somebody counts on.
fn taken_along(topology: &Topology, companion: &Address, named: &BTreeMap<Address, (Address, String)>) -> Option<Hold> {
    if topology.resources.contains_key(companion) {
        let hold = Hold::new("companion", format!("`{companion}` would go with it, and is declared"));
        let help =
            format!("take `{companion}` out of the files first; declared again after that, it is one of its own");
        return Some(hold.help(help));
    }
    let (referrer, field) = named.get(companion)?;
    let hold =
        Hold::new("companion", format!("`{companion}` would go with it, and `{referrer}` still names it in `{field}`"));
    Some(hold.help(format!("take it out of `{referrer}` first")))
}

/// What the files name of these: who does, and in which field.
fn referrers(
    topology: &Topology,
    references: &References<'_>,
    these: &BTreeSet<&Address>,
) -> BTreeMap<Address, (Address, String)> {
    let mut found = BTreeMap::new();
    for resource in topology.resources.values() {
        for reference in references.of(resource).into_iter().filter(|reference| these.contains(&reference.to)) {
            if let Why::Names(field) | Why::Mentions(field) | Why::Takes { field, .. } = reference.why {
                found.entry(reference.to).or_insert_with(|| (resource.address.clone(), field));
            }
        }
    }
    found
}

/// What becomes of a resource that comes along and is not there yet: it is taken when it shows, and what is declared of it
/// is set then.
pub(crate) fn taken(resolver: &Resolver<'_>, resource: &Resource, resolved: &ResolvedFields) -> Decision {
    let mut fields = compare(resolver, resource, resolved, &expected(resource), &Default::default()).changes;
    fields.retain(|change| can_be_set(change) && !is_name(resource, change));
    if fields.is_empty() { Decision::Adopt } else { Decision::Update { fields, adopt: true } }
}

/// What comes along, as far as it is known before it shows: its name, which it has from its maker.
pub(crate) fn expected(resource: &Resource) -> Live {
    Live::new(resource.kind, named(resource.kind, resource.address.name()))
}

/// Says whether a change can be made to what is there already.
fn can_be_set(change: &FieldChange) -> bool {
    let change = change.field.map(|field| field.change);
    matches!(change, Some(Change::InPlace | Change::DedicatedCall(_) | Change::Switch { .. }))
}

fn is_name(resource: &Resource, change: &FieldChange) -> bool {
    matches!(resource.kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == change.name)
}

/// The parent that something built in comes with, which is about to be made.
pub(crate) fn parent_to_come(
    topology: &Topology,
    index: &Index<'_>,
    address: &Address,
    is_made: &dyn Fn(&Address) -> bool,
) -> Option<Address> {
    let kind = topology.targets.get(address.target())?.provider.kind(address.kind())?;
    let parent = address.parent().filter(|_| kind.is_built_in(address.name().unwrap_or_default()))?;
    let is_to_come = index.live(&parent).is_none() || is_made(&parent);
    (is_to_come && topology.resources.contains_key(&parent)).then_some(parent)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::Verb;
    use crate::plan::testing::World;
    use crate::spec::Disruption;

    const ROUTER: &str = "nf/networks/n/edge-routers/paris";
    const TWIN: &str = "nf/networks/n/endpoints/paris";
    const POLICY: &str = "nf/networks/n/app-wans/w";
    const SERVICE: &str = "nf/networks/n/services/s";

    /// A network in which these kinds are declared.
    fn wants(kinds: &str) -> World {
        let kinds: String = kinds.lines().map(|line| format!("        {line}\n")).collect();
        let credentials = "{ clientId: a, password: '${var.pw}', authenticationUrl: 'https://login.example/token' }";
        World::reading(&format!(
            "netfoundry:\n  nf:\n    at: https://nf.example\n    credentials: {credentials}\n    networks:\n      n:\n        \
             networkGroupId: g\n        provider: AWS\n        region: us-east-1\n        size: small\n{kinds}"
        ))
        .applied("nf/networks/n", "1", json!({}))
        .shows("nf/networks", json!({ "id": "1", "name": "n", "networkGroupId": "g", "provider": "AWS", "region": "us-east-1", "size": "small" }))
        .shows("nf/network-groups", json!({ "id": "g", "name": "g" }))
    }

    /// The router is there, as it was applied, with its tunneler on or off.
    fn router(world: World, tunneler: bool) -> World {
        let shown = json!({ "id": "r", "name": "paris", "provider": "CUSTOMER", "tunnelerEnabled": tunneler });
        let world = world
            .applied(ROUTER, "r", json!({ "name": "paris", "tunnelerEnabled": tunneler }))
            .shows("nf/networks/1/edge-routers", shown);
        if tunneler { endpoint(world, "Router") } else { world }
    }

    fn endpoint(world: World, sort: &str) -> World {
        world.shows("nf/networks/1/endpoints", json!({ "id": "e", "name": "paris", "attributes": [], "typeId": sort }))
    }

    /// Our endpoint of that name is there.
    fn device(world: World) -> World {
        endpoint(world, "Device").applied(TWIN, "e", json!({ "name": "paris" }))
    }

    fn policy(world: World, mentions: &Value) -> World {
        let fields = json!({ "name": "w", "endpointAttributes": mentions, "serviceAttributes": ["#a"] });
        let mut shown = fields.clone();
        shown["id"] = json!("p");
        world.applied(POLICY, "p", fields).shows("nf/networks/1/app-wans", shown)
    }

    const ON: &str = "edge-routers: { paris: { tunnelerEnabled: true } }\n";
    const OFF: &str = "edge-routers: { paris: { tunnelerEnabled: false } }\n";
    const LEFT_OUT: &str = "edge-routers: { paris: {} }\n";
    const GONE: &str = "";
    const DECLARED: &str = "endpoints: { paris: {} }\n";
    const NAMED: &str = "app-wans: { w: { endpointAttributes: ['@paris'], serviceAttributes: ['#a'] } }\n";
    const NOT_NAMED: &str = "app-wans: { w: { endpointAttributes: ['#b'], serviceAttributes: ['#a'] } }\n";
    const BIND: &str = "services: { s: { modelType: TunnelerToSdk, model: { clientIngress: { host: a, port: 1 }, \
        bindEndpointAttributes: ['BOUND'], edgeRouterAttributes: ['@paris'] } } }\n";

    #[test]
    fn what_the_files_declare_or_name_is_not_taken_along() {
        for to in [OFF, LEFT_OUT, GONE] {
            let there = |rest: &str| policy(router(wants(&[to, rest].concat()), true), &json!(["@paris"]));
            let done = if to == GONE { "delete: not declared any more" } else { "update tunnelerEnabled" };
            for (rest, of_the_router) in
                [(DECLARED, "hold companion"), (NAMED, "hold companion"), (NOT_NAMED, done), ("", done)]
            {
                let found = there(rest).verdict(ROUTER);
                assert!(found.starts_with(of_the_router), "{to} {rest}: {found}");
            }
            assert_eq!(there(&[DECLARED, NAMED].concat()).verdict(POLICY), "same", "{to}");
            // It goes with the router, and is nobody's loss.
            let twin = there("").applied(TWIN, "e", json!({ "name": "paris" })).verdict(TWIN);
            assert!(twin.starts_with("release"), "{to}: {twin}");
        }
        assert_eq!(router(wants(ON), true).verdict(ROUTER), "same");
    }

    #[test]
    fn what_goes_along_counts_with_what_its_removal_would_do_to_traffic() {
        let disruption = |world: World| world.plan().steps.iter().map(|step| step.disruption).max().unwrap();
        for (to, was_on, expected) in [
            (OFF, true, Disruption::Outage),
            (LEFT_OUT, true, Disruption::Outage),
            (GONE, true, Disruption::Outage),
            (ON, false, Disruption::None),
        ] {
            assert_eq!(disruption(router(wants(to), was_on)), expected, "{to}");
        }
        // A change that leaves it where it is takes nothing.
        let open = "edge-routers: { paris: { tunnelerEnabled: true, noTraversal: true } }\n";
        assert_eq!(disruption(router(wants(open), true)), Disruption::None);
    }

    #[test]
    fn a_name_that_another_object_has_is_waited_for() {
        for there in [false, true] {
            let has_router = |world: World| if there { router(world, false) } else { world };
            let on = |rest: &str| has_router(wants(&[ON, rest].concat()));
            let free = if there { "update tunnelerEnabled: change" } else { "create: change" };
            assert_eq!(on(DECLARED).verdict(ROUTER), free);
            assert_eq!(on(DECLARED).verdict(TWIN), "adopt", "it comes with the router");
            // Ours, and still declared; that of others; ours, and still named.
            assert_eq!(device(on(DECLARED)).verdict(ROUTER), "hold in-the-way");
            assert_eq!(endpoint(on(""), "Device").verdict(ROUTER), "hold in-the-way");
            let named = policy(device(on(NAMED)), &json!(["@paris"]));
            assert_eq!(
                (named.verdict(TWIN).as_str(), named.verdict(ROUTER).as_str()),
                ("hold named", "hold in-the-way")
            );
            // Ours, and given up: it goes first.
            let given_up = device(on(""));
            assert_eq!(given_up.verdict(ROUTER), free);
            let verb = if there { "update" } else { "create" };
            assert!(given_up.arrows().contains(&format!("delete {TWIN} > {verb} {ROUTER}")), "{:?}", given_up.arrows());
        }
        // The router's own is in nobody's way.
        assert_eq!(endpoint(router(wants(ON), false), "Router").verdict(ROUTER), "update tunnelerEnabled: change");
    }

    #[test]
    fn who_lets_go_of_it_does_so_first() {
        for (to, word) in [(OFF, "update"), (GONE, "delete")] {
            let world = policy(router(wants(&[to, NOT_NAMED].concat()), true), &json!(["@paris"]));
            assert!(world.arrows().contains(&format!("update {POLICY} > {word} {ROUTER}")), "{:?}", world.arrows());
        }
        // What needs the router for something else can't come before it.
        let bind = |to: &str| [OFF, &BIND.replace("BOUND", to)].concat();
        let model = |to: &str| {
            json!({ "clientIngress": { "host": "a", "port": 1 }, "bindEndpointAttributes": [to],
                    "edgeRouterAttributes": ["@paris"] })
        };
        let fields = json!({ "name": "s", "modelType": "TunnelerToSdk", "model": model("@paris") });
        let mut shown = fields.clone();
        shown["id"] = json!("s");
        let world =
            router(wants(&bind("#b")), true).applied(SERVICE, "s", fields).shows("nf/networks/1/services", shown);
        assert!(world.arrows().contains(&format!("update {ROUTER} > update {SERVICE}")), "{:?}", world.arrows());
    }

    #[test]
    fn who_names_it_waits_until_it_shows() {
        for (there, verb) in [(false, "create"), (true, "update")] {
            let has_router = |world: World| if there { router(world, false) } else { world };
            let world = has_router(wants(&[ON, NAMED].concat()));
            let arrows = world.arrows();
            for arrow in [format!("{verb} {ROUTER} > find {TWIN}"), format!("find {TWIN} > create {POLICY}")] {
                assert!(arrows.contains(&arrow), "{arrow}: {arrows:?}");
            }
            // Nothing brings it.
            let never = has_router(wants(&[OFF, NAMED].concat()));
            assert_eq!(never.verdict(POLICY), "hold missing-reference");
            let held = endpoint(world, "Device");
            assert_eq!(
                (held.verdict(ROUTER).as_str(), held.verdict(POLICY).as_str()),
                match there {
                    true => ("hold in-the-way", "create: change"),
                    false => ("hold in-the-way", "hold waits"),
                }
            );
        }
        assert!(!router(wants(&[ON, NAMED].concat()), true).arrows().iter().any(|arrow| arrow.contains("find")));
    }

    #[test]
    fn what_comes_anew_is_set_again() {
        let anew = "edge-routers: { paris: { tunnelerEnabled: true, provider: AWS, locationCode: us-east-1 } }\n";
        let declared = "endpoints: { paris: { attributes: ['#hosts'] } }\n";
        let world = |rest: &str| {
            let mut world = router(wants(&[anew, rest].concat()), true).applied(
                TWIN,
                "e",
                json!({ "name": "paris", "attributes": ["#hosts"] }),
            );
            world.live.get_mut("nf/networks/1/endpoints").unwrap()[0]["attributes"] = json!(["#hosts"]);
            world
        };
        let set = world(declared);
        let made_anew = set.verdict(ROUTER);
        assert!(made_anew.starts_with("replace"), "{made_anew}");
        assert_eq!(set.verdict(TWIN), "adopt, update attributes: change");
        assert!(set.arrows().contains(&format!("remake {ROUTER} > update {TWIN}")), "{:?}", set.arrows());
        let plan = set.plan();
        let step = plan.steps.iter().find(|step| step.verb == Verb::Update).unwrap();
        assert_eq!((step.id.as_deref(), step.relies_on.is_none()), (None, true), "the one that is there goes");
        let named = policy(world(&[declared, NAMED].concat()), &json!(["@paris"]));
        assert_eq!(named.verdict(ROUTER), "hold in-use", "the policy would lose it");
    }
}
