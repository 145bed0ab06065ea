//! What can't be made anew because something that stays refers to it: no server removes what is in use.
//!
//! The new object often takes the old one's name, and so can't come before that has gone. What refers to it only for a
//! while, because it goes or is made anew itself, or lets go of it in the same plan, is not in the way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::Address;
use crate::diff::companions;
use crate::diff::index::Index;
use crate::diff::removals::referred_by;
use crate::diff::verdict::{Decision, Hold, ReplaceOrder, Verdict};
use crate::spec::Kind;
use crate::state::live::Live;
use crate::topology::Topology;
use crate::topology::references::{References, Why};

/// The code of what is held because it would be made anew while something refers to it.
pub(crate) const IN_USE: &str = "in-use";

/// The hold on something that would be made anew while `user` refers to it.
pub(in crate::diff) fn hold(user: &Address) -> Hold {
    let hold = Hold::new(IN_USE, format!("it would have to be removed first, and `{user}` refers to it"));
    hold.help(format!(
        "declare the new one beside it under another name, and move `{user}` over; or let `{user}` go of it first"
    ))
}

/// The resources that would be removed to be made anew, each with something that refers to it, or to what lives in it, all
/// the while.
pub(in crate::diff) fn in_use(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    verdicts: &[Verdict],
    removals: &[Verdict],
) -> BTreeMap<Address, Address> {
    let is_made_anew =
        |decision: &Decision| matches!(decision, Decision::Replace { order: ReplaceOrder::DeleteFirst, .. });
    // Of content whose id tells it, everybody who refers to it moves over.
    let gives_way = |verdict: &&Verdict| {
        is_made_anew(&verdict.decision)
            || matches!(verdict.decision, Decision::Replace { .. }) && verdict.kind.identity.is_labelled_content()
    };
    let by_address: BTreeMap<&Address, &Decision> =
        verdicts.iter().chain(removals).map(|verdict| (&verdict.address, &verdict.decision)).collect();
    let anew: BTreeSet<&Address> = verdicts.iter().filter(gives_way).map(|verdict| &verdict.address).collect();
    let mut found = BTreeMap::new();
    if anew.is_empty() {
        return found;
    }
    for (address, live) in index.all() {
        let decision = by_address.get(address).copied();
        let goes = decision.is_some_and(|decision| is_made_anew(decision) || matches!(decision, Decision::Delete(_)));
        let Some(kind) = kind_of(topology, address).filter(|_| !goes) else { continue };
        if decision.is_none() && (live.foreign.is_some() || !kind.is_declarative()) {
            // The controller's own objects come and go with what they are for.
            continue;
        }
        for used in
            referred_by(topology, index, address, kind, live).into_iter().chain(read(topology, references, address))
        {
            let Some(top) = top_made_anew(topology, index, &anew, &used) else { continue };
            let is_within = std::iter::successors(address.parent(), Address::parent).any(|parent| parent == *top);
            let still = || still_refers(topology, index, (address, kind, live), decision, &used);
            if !is_within && (!lets_go(topology, references, address, decision, &used) || still()) {
                found.entry(top.clone()).or_insert_with(|| address.clone());
            }
        }
    }
    found
}

/// What content names: all that was read when it was made.
fn read(topology: &Topology, references: &References<'_>, address: &Address) -> BTreeSet<Address> {
    let resource = topology.resources.get(address).filter(|resource| resource.kind.identity.is_content());
    resource.into_iter().flat_map(|resource| references.of(resource)).map(|reference| reference.to).collect()
}

/// The outermost object that is made anew, of an object, the one that it comes along with, and those that they live in.
fn top_made_anew<'a>(
    topology: &Topology,
    index: &Index<'_>,
    anew: &BTreeSet<&'a Address>,
    used: &Address,
) -> Option<&'a Address> {
    let first = companions::made_by(topology, index, used).unwrap_or_else(|| used.clone());
    let around = std::iter::successors(Some(first), Address::parent);
    around.filter_map(|address| anew.get(&address).copied()).last()
}

/// Says whether something that changes in this plan refers to another no more after that, or comes with it.
fn lets_go(
    topology: &Topology,
    references: &References<'_>,
    address: &Address,
    decision: Option<&Decision>,
    used: &Address,
) -> bool {
    let Some(resource) = topology.resources.get(address) else { return false };
    let mut still = references.of(resource).into_iter().filter(|reference| reference.to == *used);
    match decision {
        Some(Decision::Update { .. }) => {
            !still.any(|reference| matches!(reference.why, Why::Names(_) | Why::Mentions(_) | Why::Takes { .. }))
        }
        _ => still.any(|reference| reference.why == Why::ComesWith),
    }
}

/// Says whether something that is updated goes on referring to another by a field that the update leaves as it is, be it that
/// the files do not give it any more.
fn still_refers(
    topology: &Topology,
    index: &Index<'_>,
    (address, kind, live): (&Address, &Kind, &Live),
    decision: Option<&Decision>,
    used: &Address,
) -> bool {
    let Some(Decision::Update { fields, .. }) = decision else { return false };
    let mut rest = live.clone();
    for change in fields {
        match change.field {
            Some(field) => take_out(&mut rest.raw, field.read_path()),
            // The whole list is written.
            None => return false,
        }
    }
    referred_by(topology, index, address, kind, &rest).contains(used)
}

/// Takes what stands under keys joined by dots out of an object.
fn take_out(object: &mut Value, path: &str) {
    match path.split_once('.') {
        Some((key, rest)) => object.get_mut(key).into_iter().for_each(|within| take_out(within, rest)),
        None => drop(object.as_object_mut().and_then(|map| map.remove(path))),
    }
}

fn kind_of(topology: &Topology, address: &Address) -> Option<&'static Kind> {
    topology.targets.get(address.target())?.provider.kind(address.kind())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::diff::verdict::Decision;
    use crate::plan::testing::{World, address};
    use crate::state::base::Basis;

    const ENDPOINT: &str = "east/endpoints/a";
    const GROUP: &str = "east/groups/g";

    fn endpoint(mode: &str) -> Value {
        json!({ "address": "192.0.2.1", "mode": mode })
    }

    /// An endpoint that is to be made anew, as it was applied.
    fn anew() -> World {
        World::lab()
            .wants(ENDPOINT, endpoint("aggressive"))
            .applied(ENDPOINT, "1", endpoint("main"))
            .shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.1", "mode": "main" }))
    }

    /// A group as it was applied, that refers to the endpoint in this.
    fn group(world: World, refers: &Value) -> World {
        let mut shown = refers.clone();
        shown["id"] = json!("7");
        shown["name"] = json!("g");
        if shown["leader"] == "a" {
            shown["leader"] = json!("1");
        }
        let mut applied = shown.clone();
        ["id", "name"].iter().for_each(|key| drop(applied.as_object_mut().unwrap().remove(*key)));
        world.applied(GROUP, "7", applied).shows("east/groups", shown)
    }

    #[test]
    fn what_stays_and_refers_to_it_keeps_it() {
        for refers in [json!({ "leader": "a" }), json!({ "note": "via a" })] {
            let there = || group(anew(), &refers);
            let mut of_others = there();
            of_others.base.entries.remove(&address(GROUP));
            let wants = |fields: Value| there().wants(GROUP, fields);
            let mut more = refers.clone();
            more["size"] = json!(7);
            for (world, of_the_endpoint, of_the_group) in [
                (wants(refers.clone()), "hold in-use", "same"),
                // It goes on referring to it.
                (wants(refers.clone()).protects(GROUP), "hold in-use", "same"),
                // Others' objects do, too.
                (of_others, "hold in-use", "-"),
                // It lets go of it in the same plan, or goes itself.
                (wants(json!({ "note": "none" })), "replace mode: change", "update"),
                (there(), "replace mode: change", "delete: not declared any more"),
            ] {
                assert_eq!(world.verdict(ENDPOINT), of_the_endpoint, "{refers}");
                let found = world.verdict(GROUP);
                assert!(found.starts_with(of_the_group), "{refers}: {found}");
            }
        }
        assert_eq!(anew().verdict(ENDPOINT), "replace mode: change", "nothing refers to it");
    }

    #[test]
    fn what_is_updated_and_keeps_its_reference_keeps_what_it_refers_to() {
        for refers in [json!({ "leader": "a" }), json!({ "note": "via a" })] {
            for (basis, expected) in [
                // What came from here is taken back in the same plan; what was there before stays.
                (Basis::Applied, "replace mode: change"),
                (Basis::Agreed, "hold in-use"),
                (Basis::Assumed, "hold in-use"),
            ] {
                let mut world = group(anew(), &refers)
                    .wants(GROUP, json!({ "route": "r" }))
                    .wants("east/routes/r", json!({ "cidr": "10.1.0.0/16", "gateway": "192.0.2.1" }));
                let entry = world.base.entries.get_mut(&address(GROUP)).unwrap();
                entry.fields.values_mut().for_each(|stored| stored.basis = basis);
                assert!(world.verdict(GROUP).starts_with("update"), "{refers}: {}", world.verdict(GROUP));
                assert_eq!(world.verdict(ENDPOINT), expected, "{refers} {basis:?}");
            }
        }
    }

    const ROUTE: &str = "east/routes/r";
    const CONFIG: &str = "east/config";

    /// Routes that have to go while the controller changes, one of them with a description that is to change as well.
    fn forced() -> World {
        let route = |n: u8| json!({ "cidr": format!("10.{n}.0.0/16"), "gateway": "192.0.2.1", "description": "old" });
        let shown = |n: u8| {
            let mut shown = route(n);
            shown["id"] = json!(n.to_string());
            shown
        };
        let mut changed = route(2);
        changed["description"] = json!("new");
        World::lab()
            .wants(CONFIG, json!({ "mtu": 1400 }))
            .applied(CONFIG, "", json!({ "mtu": 1500 }))
            .wants(ROUTE, route(1))
            .applied(ROUTE, "1", route(1))
            .shows("east/routes", shown(1))
            .wants("east/routes/s", changed)
            .applied("east/routes/s", "2", route(2))
            .shows("east/routes", shown(2))
    }

    #[test]
    fn what_has_to_go_for_anothers_change_and_is_in_use_keeps_that_change() {
        let led = |id: &str| {
            forced()
                .applied(GROUP, "7", json!({ "route": id }))
                .shows("east/groups", json!({ "id": "7", "name": "g", "route": id }))
        };
        for (route, id) in [("r", "1"), ("s", "2")] {
            let wants = |fields| led(id).wants(GROUP, fields);
            let mut of_others = led(id);
            of_others.base.entries.remove(&address(GROUP));
            for world in [wants(json!({ "route": route })), of_others] {
                let verdicts = world.verdicts();
                let reason = verdicts.iter().find_map(|verdict| match &verdict.decision {
                    Decision::Hold(hold) => Some(hold.reason.clone()),
                    _ => None,
                });
                let expected = format!("`east/routes/{route}` has to go while it changes, and `{GROUP}` refers to it");
                assert_eq!(reason.as_deref(), Some(expected.as_str()));
                assert_eq!(world.verdict(CONFIG), "hold in-the-way");
                // Nothing has to go any more, and what can be changed while it stays is.
                assert_eq!(world.verdict(ROUTE), "same", "{route}");
                assert_eq!(world.verdict("east/routes/s"), "update description: change", "{route}");
            }
            // Who lets go of it, or goes, is in nobody's way.
            for (n, world) in [wants(json!({ "note": "none" })), led(id), forced()].into_iter().enumerate() {
                assert_eq!(world.verdict(CONFIG), "update mtu: change", "{n} {}", world.verdict(GROUP));
                assert_eq!(world.verdict(ROUTE), "replace");
                assert_eq!(world.verdict("east/routes/s"), "replace description: change");
            }
        }
    }

    #[test]
    fn nothing_follows_from_what_is_kept() {
        let world = group(anew(), &json!({ "leader": "a" }))
            .wants(GROUP, json!({ "leader": "a" }))
            .wants("east/endpoints/a/peers/169.254.0.2", json!({ "ip": "169.254.0.2", "asn": 65_000 }));
        assert_eq!(world.verdict(ENDPOINT), "hold in-use");
        assert_eq!(world.verdict(GROUP), "same", "its leader stays");
        let peer = world.verdict("east/endpoints/a/peers/169.254.0.2");
        assert_eq!(peer, "create: change", "the endpoint is there");
    }

    #[test]
    fn every_provider_keeps_what_its_own_objects_refer_to() {
        let of_vns3 = |rule: &str| {
            World::of(
                "vns3",
                "t",
                &format!(
                    "firewall-fwsets: {{ s: {{ type: list, entries: [] }} }}\nfirewall-rules: [{{ rule: '{rule}' }}]"
                ),
            )
            .applied("t/firewall-fwsets/s", "s", json!({ "type": "net", "entries": [] }))
            .shows("t/firewall-fwsets", json!({ "name": "s", "type": "net", "entries": [] }))
            .applied("t/firewall-rules", "", json!([{ "rule": rule }]))
            .shows("t/firewall-rules", json!({ "id": 1, "rule": rule, "position": 0 }))
        };
        let named = of_vns3("FORWARD_CUST -m set --match-set s src -j DROP");
        assert_eq!(named.verdict("t/firewall-fwsets/s"), "hold in-use");
        let not_named = of_vns3("FORWARD_CUST -m set --match-set s2 src -j DROP").verdict("t/firewall-fwsets/s");
        assert!(not_named.starts_with("replace"), "{not_named}");
        let association = |dn: &str| {
            World::of(
                "cloudify",
                "t",
                &format!(
                    "user-groups: {{ g: {{ ldap_group_dn: {dn} }} }}\n\
                     tenants: {{ n: {{ tenant-user-groups: {{ g: {{ role: user }} }} }} }}"
                ),
            )
            .applied("t/user-groups/g", "g", json!({ "ldap_group_dn": "old" }))
            .shows("t/user-groups", json!({ "name": "g", "ldap_dn": "old" }))
            .applied("t/tenants/n", "n", json!({}))
            .shows("t/tenants", json!({ "name": "n" }))
            .applied("t/tenants/n/tenant-user-groups/g", "g", json!({ "group_name": "g", "role": "user" }))
            .shows("t/tenants/n/tenant-user-groups", json!({ "group_name": "g", "role": "user" }))
        };
        // What only ties it to something else is made anew with it.
        let world = association("new");
        assert_eq!(world.verdict("t/user-groups/g"), "replace ldap_group_dn: change");
        let told = world.verdict("t/tenants/n/tenant-user-groups/g");
        assert!(told.starts_with("replace"), "{told}");
    }
}
