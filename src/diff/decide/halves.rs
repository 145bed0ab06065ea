//! The two halves of a connection: one secret that two targets take, and nobody else, or what a fabric declares as one. Where
//! one of them can't be given the new value, the other is not given it either: between the two the connection would be down.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::verdict::{Decision, Hold, Verdict};
use crate::spec::{Disruption, Field};
use crate::topology::{Resource, Topology};

/// Words of secrets are compared with each other only, within one run.
const WITHIN_A_RUN: &[u8] = b"halves";

/// A field that takes a secret.
type Taker = (Address, &'static str);

/// Holds each half whose other half is held, with its new secret.
pub(in crate::diff) fn hold(topology: &Topology, verdicts: &mut [Verdict]) {
    let mut halves = halves(topology);
    halves.extend(agreeing(topology));
    if halves.is_empty() {
        return;
    }
    let places: BTreeMap<Address, usize> =
        verdicts.iter().enumerate().map(|(n, verdict)| (verdict.address.clone(), n)).collect();
    // What is held for its other half may be half of another connection: one round is what real topologies need.
    loop {
        let mut is_done = true;
        for (one, other) in &halves {
            let (Some(&n), Some(&m)) = (places.get(&one.0), places.get(&other.0)) else { continue };
            if let Some(hold) = waits((&verdicts[n], one.1), (&verdicts[m], other.1)) {
                verdicts[n].hold(hold);
                is_done = false;
            }
        }
        if is_done {
            return;
        }
    }
}

/// The hold on a half that would be given a new secret while the other one is not.
fn waits((verdict, field): (&Verdict, &str), (other, other_field): (&Verdict, &str)) -> Option<Hold> {
    let changes = |decision: &Decision, field: &str| decision.fields().iter().any(|change| change.name == field);
    let Decision::Hold(held) = &other.decision else { return None };
    // What is held for something else may have the new secret already.
    let has_it = held.instead_of.as_deref().is_some_and(|instead| !changes(instead, other_field));
    if matches!(verdict.decision, Decision::Hold(_)) || !changes(&verdict.decision, field) || has_it {
        return None;
    }
    let reason = format!(
        "`{}` takes the same new `{field}` and is held: with one of the two alone the connection would be down",
        other.address
    );
    let through = match &held.allow {
        Some(allow) => format!("`{}`", allow.flag()),
        None => held.help.clone().unwrap_or_else(|| held.reason.clone()),
    };
    Some(Hold::new("waits", reason).help(format!(
        "what lets `{}` through lets both: {through}; or give one of the two a secret of its own",
        other.address
    )))
}

/// The pairs of fields that alone take one secret, at two targets, where a change of it interrupts something; each both ways.
fn halves(topology: &Topology) -> Vec<(Taker, Taker)> {
    let mut takers: BTreeMap<String, BTreeSet<Taker>> = BTreeMap::new();
    for (resource, field) in topology.resources.values().flat_map(interrupting) {
        let Some(value) = resource.fields.get(field.name) else { continue };
        value.for_each_secret(&mut |secret| {
            let taker = (resource.address.clone(), field.name);
            takers.entry(secret.fingerprint(WITHIN_A_RUN)).or_default().insert(taker);
        });
    }
    let pair = |takers: BTreeSet<Taker>| {
        let (one, other) = (takers.first()?.clone(), takers.last()?.clone());
        let is_pair = takers.len() == 2 && one.0.target() != other.0.target();
        is_pair.then(|| [(one.clone(), other.clone()), (other, one)])
    };
    takers.into_values().filter_map(pair).flatten().collect()
}

/// The pairs of fields in which both halves of a connection of a fabric agree; each both ways.
fn agreeing(topology: &Topology) -> Vec<(Taker, Taker)> {
    let mut found: BTreeMap<(&str, Option<&str>, &str), Vec<&Resource>> = BTreeMap::new();
    for resource in topology.resources.values().filter(|resource| !resource.external) {
        if let Some(origin) = resource.origin.as_deref().filter(|origin| origin.half.is_some()) {
            found.entry((&origin.name, origin.vpn.as_deref(), resource.kind.name)).or_default().push(resource);
        }
    }
    let pairs = found.into_values().filter_map(|members| match members[..] {
        [one, other] if one.address.target() != other.address.target() => Some((one, other)),
        _ => None,
    });
    let of_pair = |(one, other): (&Resource, &Resource)| {
        let table = topology.targets.get(one.address.target()).and_then(|target| target.provider.halves.as_ref());
        let agreed = table.map_or(&[][..], |table| table.agreed(one.kind.name));
        let both = agreed.iter().filter(|field| [one, other].iter().all(|half| half.fields.contains_key(**field)));
        let takers = both.map(|field| ((one.address.clone(), *field), (other.address.clone(), *field)));
        takers.flat_map(|(one, other)| [(one.clone(), other.clone()), (other, one)]).collect::<Vec<_>>()
    };
    pairs.flat_map(of_pair).collect()
}

/// The fields of a resource whose change interrupts something that comes back.
fn interrupting(resource: &Resource) -> impl Iterator<Item = (&Resource, &'static Field)> {
    let interrupts = |field: &&Field| !matches!(field.disruption, Disruption::None | Disruption::Irreversible);
    let fields = resource.kind.fields.iter().filter(interrupts).filter(|_| !resource.external);
    fields.map(move |field| (resource, field))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::attr::Attr;
    use crate::plan::testing::{World, address};
    use crate::secret::Secret;

    const EAST: &str = "east/ipsec-endpoints/to-west";
    const WEST: &str = "west/ipsec-endpoints/to-east";

    /// Two controllers with the two halves of a connection, as it was applied; the files have a new key for each.
    fn connected(east: &str, west: &str) -> World {
        let of = |n: u8, kinds: &str| {
            let login = "credentials: { username: api, password: '${var.pw}' }";
            format!("    at: https://203.0.113.{n}:8000/api\n    {login}\n    ipsec-endpoints: {{ {kinds} }}\n")
        };
        let half = |name: &str| format!("{name}: {{ ipaddress: 198.51.100.7, secret: '${{var.pw}}' }}");
        let east_ones = format!("{}, {}", half("to-west"), half("other"));
        let text = format!("vns3:\n  east:\n{}  west:\n{}", of(1, &east_ones), of(2, &half("to-east")));
        let mut world = World::reading(&text);
        for (at, key) in [(EAST, east), (WEST, west), ("east/ipsec-endpoints/other", "third")] {
            let name = address(at).name().unwrap().to_owned();
            let shown = json!({ "id": 1, "name": name, "ipaddress": "198.51.100.7", "psk": "old" });
            let shown = if name == "other" {
                json!({ "id": 2, "name": name, "ipaddress": "198.51.100.7", "psk": "third" })
            } else {
                shown
            };
            world.topology.resources.get_mut(&address(at)).unwrap().fields.insert("secret".into(), key_of(key));
            let id = shown["id"].to_string();
            world = world
                .applied(at, &id, json!({ "ipaddress": "198.51.100.7" }))
                .shows(&format!("{}/ipsec-endpoints", address(at).target()), shown);
        }
        world
    }

    fn key_of(text: &str) -> Attr {
        Attr::Secret(Secret::new("secret.psk", text))
    }

    /// Others have something in a list of that half, which the files take over: it is held until that is meant.
    fn taking_over(mut world: World, at: &str) -> World {
        let collection = format!("{}/ipsec-endpoints", address(at).target());
        world.live.get_mut(&collection).unwrap()[0]["extra_config"] = json!("phase1=theirs");
        let half = world.topology.resources.get_mut(&address(at)).unwrap();
        half.fields.insert("extra_config".into(), Attr::List(vec![Attr::text("phase1=ours")]));
        world
    }

    #[test]
    fn one_half_is_not_given_a_new_key_where_the_other_is_held() {
        const UPDATE: &str = "update secret: change";
        let new = || connected("new", "new");
        let already = || {
            let mut world = new();
            world.live.get_mut("west/ipsec-endpoints").unwrap()[0]["psk"] = json!("new");
            world
        };
        let shared = || {
            let mut world = new();
            let third = world.topology.resources.get_mut(&address("east/ipsec-endpoints/other")).unwrap();
            third.fields.insert("secret".into(), key_of("new"));
            world
        };
        for (world, east, west) in [
            (new(), UPDATE, UPDATE),
            (taking_over(new(), WEST), "hold waits", "hold take-over"),
            (taking_over(new(), EAST), "hold take-over", "hold waits"),
            (new().hides("west/ipsec-endpoints"), "hold waits", "hold unseen"),
            (new().hides("east/ipsec-endpoints"), "hold unseen", "hold waits"),
            // The other half has it already, and is held for something else.
            (taking_over(already(), WEST), UPDATE, "hold take-over"),
            // Each has a key of its own, or there are others that take it.
            (taking_over(connected("new", "newer"), WEST), UPDATE, "hold take-over"),
            (taking_over(shared(), WEST), UPDATE, "hold take-over"),
        ] {
            assert_eq!((world.verdict(EAST).as_str(), world.verdict(WEST).as_str()), (east, west));
        }
    }

    #[test]
    fn a_fabric_says_which_halves_agree_in_more_than_a_secret() {
        let of_fabric = |is_declared: bool, hidden: &str| {
            let mut world = connected("old", "old").hides(hidden);
            for at in [EAST, WEST] {
                let resource = world.topology.resources.get_mut(&address(at)).unwrap();
                resource.fields.insert("pfs".into(), Attr::Bool(false));
                let half = format!("fabric/vpns/core/east-west/{}", address(at).target());
                world = if is_declared { world.comes_from(at, &half) } else { world };
            }
            world
        };
        let unseen = "west/ipsec-endpoints";
        assert_eq!(of_fabric(true, unseen).verdict(EAST), "hold waits");
        assert_eq!(of_fabric(true, "east/ipsec-endpoints").verdict(WEST), "hold waits");
        assert_eq!(of_fabric(true, "west/routes").verdict(EAST), "update pfs: change");
        assert_eq!(of_fabric(false, unseen).verdict(EAST), "update pfs: change");
    }

    #[test]
    fn the_hold_says_what_lets_both_through() {
        let held = |world: World| {
            let verdicts = world.verdicts();
            let one = verdicts.into_iter().find(|verdict| verdict.address == address(EAST)).unwrap();
            let crate::diff::verdict::Decision::Hold(hold) = one.decision else { panic!("it is not held") };
            (hold.reason, hold.help.unwrap_or_default())
        };
        let (reason, help) = held(taking_over(connected("new", "new"), WEST));
        assert!(reason.contains(WEST) && help.contains(&format!("--allow take-over={WEST}")), "{reason}: {help}");
        let (reason, help) = held(connected("new", "new").hides("west/ipsec-endpoints"));
        assert!(reason.contains(WEST) && help.contains("503"), "{reason}: {help}");
    }
}
