//! Items of others in lists, sets and tables: which of them a write would take away, and which a partial list leaves.
//!
//! A list is ours once the ledger remembers it. Before that, what stands in it was put there by others: a first apply that
//! takes the list over tells which of their items go, and waits until that is meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::attr::Attr;
use crate::diff::sequence::Edit;
use crate::diff::shared::remembered;
use crate::spec::{ItemWord, Shape, Type, item_key_field, item_words};
use crate::state::base::Entry;

/// What a change means to the items of others in a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OthersItems {
    /// Those that go, each as what tells it from the others.
    pub go: Vec<Attr>,
    /// How many stay, where ours are only a part.
    pub stay: usize,
}

/// Says whether the items of a field are ours to remove: the ledger remembers it, or a run made the object and was stopped
/// before it took down with what.
pub(in crate::diff) fn is_ours(entry: Option<&Entry>, field: &str) -> bool {
    entry.is_some_and(|entry| {
        // Of a list that others shared only the row's own items are.
        if entry.partial.contains_key(field) {
            return false;
        }
        let is_unfinished = entry.made && !entry.is_confirmed();
        is_unfinished || entry.value(field).is_some_and(|value| !value.is_null())
    })
}

/// What tells the items apart that are ours in a list that others shared, as far as the ledger remembers.
pub(in crate::diff) fn own_words(list: &Type, entry: Option<&Entry>, field: &str) -> BTreeSet<ItemWord> {
    let shared = entry.filter(|entry| entry.partial.contains_key(field));
    let stored = shared.and_then(|entry| entry.fields.get(field));
    item_words(list, &remembered(stored)).into_iter().collect()
}

/// The live items that go with a write of a whole value, each as what tells it from the others. What is known only later is
/// given as it is now, where there is such a thing.
pub(in crate::diff) fn going(ty: &Type, wanted: &Attr, live: &Attr) -> Vec<Attr> {
    match (ty.shape(), wanted, live) {
        (Shape::Members(fields), Attr::Map(wanted), Attr::Map(live)) => {
            let fields = fields.iter().filter(|field| field.is_read_back());
            let pairs = fields.filter_map(|field| Some((field, wanted.get(field.name)?, live.get(field.name)?)));
            pairs.flat_map(|(field, wanted, live)| going(&field.ty, wanted, live)).collect()
        }
        (Shape::Entries(item), Attr::Map(wanted), Attr::Map(live)) => {
            let pairs = wanted.iter().filter_map(|(key, wanted)| Some((wanted, live.get(key)?)));
            pairs.flat_map(|(wanted, live)| going(&item, wanted, live)).collect()
        }
        // Words of the product's own are a choice, and belong to nobody.
        (Shape::Items(Type::Enum(_) | Type::OpenEnum(_)), ..) => Vec::new(),
        (Shape::Items(item), Attr::List(wanted), Attr::List(live)) => items_going(ty, &item, wanted, live),
        // Nobody knows yet what will be there, so that nothing is known to stay.
        (Shape::Items(_), wanted, Attr::List(live)) if wanted.is_later() => {
            live.iter().map(|live| label(ty, live)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whole items, and what goes within those that stay. An item that is known only later is none of those that are there.
fn items_going(ty: &Type, item: &Type, wanted: &[Attr], live: &[Attr]) -> Vec<Attr> {
    let staying: BTreeMap<ItemWord, &Attr> = item_words(ty, wanted).into_iter().zip(wanted).collect();
    let (mut whole, mut within) = (Vec::new(), Vec::new());
    for (word, live) in item_words(ty, live).into_iter().zip(live) {
        match staying.get(&word) {
            Some(wanted) => within.extend(going(item, wanted, live)),
            None => whole.push(label(ty, live)),
        }
    }
    whole.extend(within);
    whole
}

/// What tells an item from the others.
fn label(ty: &Type, item: &Attr) -> Attr {
    item_key_field(ty).and_then(|key| item.get(key.name)).unwrap_or(item).clone()
}

/// The items of others that edits take out of the items of an ordered list that stay, where these are no items of ours.
pub(in crate::diff) fn deleted_within(edits: &[Edit], item: &Type, is_ours: &dyn Fn(&Attr) -> bool) -> Vec<Attr> {
    let within = |edit: &Edit| match edit {
        Edit::Change { before, after, .. } if !is_ours(before) => going(item, after, before),
        Edit::Change { .. } | Edit::Delete { .. } | Edit::Insert { .. } | Edit::Move { .. } => Vec::new(),
    };
    edits.iter().flat_map(within).collect()
}

/// The items that edits take out of an ordered list, each by its place, with what tells it from the others.
pub(in crate::diff) fn deleted(edits: &[Edit], key: &str) -> Vec<(usize, Attr)> {
    let deleted = |edit: &Edit| match edit {
        Edit::Delete { at, item } => Some((*at, item.get(key).unwrap_or(item).clone())),
        Edit::Insert { .. } | Edit::Move { .. } | Edit::Change { .. } => None,
    };
    edits.iter().filter_map(deleted).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::Payload;
    use crate::plan::testing::{World, address};
    use crate::state::base::{Basis, Entry};

    /// How many items of others a world's plan takes out of lists.
    fn taken_over(world: &World) -> usize {
        world.plan().verdicts.iter().map(|verdict| verdict.decision.takes_over().count()).sum()
    }

    /// A world of the product with one target, what its files declare, and what is live in one collection.
    fn product(provider: &str, files: &str, collection: &str, live: &[Value]) -> World {
        let world = World::of(provider, "t", files);
        live.iter().fold(world, |world, object| world.shows(collection, object.clone()))
    }

    /// A posture check of a NetFoundry network, wanted and live.
    fn posture_check(wanted: Value, live: Value) -> World {
        let account = "clientId: c, password: '${var.pw}', authenticationUrl: 'https://issuer.example/oauth2/token'";
        let check = format!("os: {{ typeId: OS, operatingSystems: {wanted} }}");
        let network = format!("{{ networkGroupId: g, region: r, posture-checks: {{ {check} }} }}");
        let at = "at: https://gateway.production.netfoundry.io";
        let text = format!(
            "netfoundry:\n  t:\n    {at}\n    credentials: {{ {account} }}\n    networks: {{ n: {network} }}\n"
        );
        World::reading(&text)
            .shows("t/network-groups", json!({ "id": "7", "name": "g" }))
            .shows(
                "t/networks",
                json!({ "id": "1", "name": "n", "networkGroupId": "7", "region": "r", "status": "PROVISIONED" }),
            )
            .shows(
                "t/networks/1/posture-checks",
                json!({ "id": "2", "name": "os", "typeId": "OS", "operatingSystems": live }),
            )
    }

    /// Lists of all sorts, of all providers that have them: the address, and a world in which its first apply would take out
    /// what others have put in.
    fn lists() -> Vec<(&'static str, World)> {
        let endpoint = |field: &str, wanted: Value, live: Value| {
            let shown = json!({ "id": "1", "name": "a", "address": "192.0.2.1", field: live });
            World::lab()
                .wants("east/endpoints/a", json!({ "address": "192.0.2.1", field: wanted }))
                .shows("east/endpoints", shown)
        };
        let rules = |rules: &[&str]| -> Vec<Value> {
            let rule = |(n, rule): (usize, &&str)| json!({ "id": n.to_string(), "rule": rule, "position": n });
            rules.iter().enumerate().map(rule).collect()
        };
        let vns3 = |files: &str, collection: &str, live: &[Value]| product("vns3", files, collection, live);
        let entries = json!([{ "entry": "10.0.0.0/8", "created_at": "2026" }, { "entry": "10.9.0.0/16" }]);
        let pair = json!([{ "name": "X-Theirs", "value": "k3y" }, { "name": "X-Ours", "value": "v" }]);
        vec![
            ("east/endpoints/a", endpoint("tunnels", json!([]), json!([{ "subnet": "10.1.0.0/16" }]))),
            ("east/endpoints/a", endpoint("networks", json!(["10.2.0.0/16"]), json!(["10.1.0.0/16", "10.2.0.0/16"]))),
            ("east/endpoints/a", endpoint("attributes", json!(["#a"]), json!(["#a", "#b"]))),
            ("east/endpoints/a", endpoint("options", json!(["a=1"]), json!("a=1 b=2"))),
            (
                "east/rules",
                World::lab()
                    .wants("east/rules", json!([{ "rule": "drop all" }]))
                    .shows("east/rules", json!({ "id": "7", "rule": "accept theirs" })),
            ),
            (
                "t/firewall-rules",
                vns3(
                    "firewall-rules: [{ rule: FORWARD_CUST -j DROP }]",
                    "t/firewall-rules",
                    &rules(&["INPUT_CUST -j DROP"]),
                ),
            ),
            (
                "t/firewall-v1-rules",
                vns3(
                    "firewall-v1-rules: [{ rule: FORWARD_CUST -j DROP }]",
                    "t/firewall-v1-rules",
                    &[json!(["INPUT_CUST -j DROP", 0])],
                ),
            ),
            (
                "t/firewall-fwsets/s",
                vns3(
                    "firewall-fwsets: { s: { type: net, entries: [{ entry: 10.0.0.0/8 }] } }",
                    "t/firewall-fwsets",
                    &[json!({ "name": "s", "type": "net", "entries": entries })],
                ),
            ),
            (
                "t/firewall-subtables/s",
                vns3(
                    "firewall-subtables: { s: { type: forward, rules: [{ rule: s -j DROP }] } }",
                    "t/firewall-subtables",
                    &[json!({ "name": "s", "type": "forward", "rules": rules(&["s -j DROP", "s -j ACCEPT"]) })],
                ),
            ),
            (
                "t/firewall-rules",
                vns3(
                    "firewall-rule-groups: { g: {} }\nfirewall-rules: [{ rule: INPUT_CUST -j DROP, groups: [g] }]",
                    "t/firewall-rules",
                    &[json!({ "id": "1", "rule": "INPUT_CUST -j DROP", "position": 0, "groups": ["g", "theirs"] })],
                ),
            ),
            ("t/networks/n/posture-checks/os", {
                let system = |versions: Value| json!([{ "type": "Windows", "versions": versions }]);
                posture_check(system(json!(["10"])), system(json!(["10", "11"])))
            }),
            (
                "t/webhooks/pager",
                vns3(
                    "webhooks: { pager: { headers: [{ name: X-Ours, value: v }] } }",
                    "t/webhooks",
                    &[json!({ "id": 1, "name": "pager", "events": ["tunnel_up"], "headers": pair })],
                ),
            ),
        ]
    }

    #[test]
    fn what_others_made_is_not_made_anew_until_that_is_meant() {
        let lab = |mode: &str| {
            World::lab()
                .wants("east/endpoints/e", json!({ "address": "192.0.2.1", "mode": "aggressive" }))
                .shows("east/endpoints", json!({ "id": "1", "name": "e", "address": "192.0.2.1", "mode": mode }))
        };
        let route = || {
            World::of("vns3", "t", "routes: { r: { cidr: 10.9.0.0/16, interface: eth0, description: ours } }").shows(
                "t/routes",
                json!({ "id": 1, "cidr": "10.9.0.0/16", "interface": "eth0", "gateway": "", "description": "theirs" }),
            )
        };
        let group = || {
            World::of("cloudify", "t", "user-groups: { g: { ldap_group_dn: ours } }")
                .shows("t/user-groups", json!({ "name": "g", "ldap_dn": "theirs" }))
        };
        for (world, at) in [(lab("main"), "east/endpoints/e"), (route(), "t/routes/r"), (group(), "t/user-groups/g")] {
            assert_eq!(world.verdict(at), "hold take-over", "{at}");
            let meant = world.allows(&format!("take-over={at}")).verdict(at);
            assert!(meant.starts_with("replace"), "{at}: {meant}");
        }
        let ours = lab("main").applied("east/endpoints/e", "1", json!({ "mode": "main" }));
        assert_eq!(ours.verdict("east/endpoints/e"), "replace mode: change");
    }

    #[test]
    fn what_others_have_in_a_list_waits_until_it_is_meant_to_go() {
        for (at, world) in lists() {
            let held = world.verdict(at);
            assert_eq!(held, "hold take-over", "{at}");
            let allowed = world.clone().allows(&format!("take-over={at}"));
            let verdict = allowed.verdict(at);
            assert!(verdict.starts_with("adopt, update"), "{at}: {verdict}");
            assert!(taken_over(&allowed) > 0, "{at}");
            assert_eq!(taken_over(&world), 0, "{at}: nothing of what is held counts");
            assert_eq!(allowed.protects(at).verdict(at), "hold protected", "{at}");
        }
    }

    #[test]
    fn a_list_that_the_ledger_knows_is_ours_and_what_was_added_is_drift() {
        for basis in [Basis::Applied, Basis::Agreed] {
            let world = World::lab()
                .wants("east/rules", json!([{ "rule": "drop all" }]))
                .remembers("east/rules", "", json!([{ "rule": "drop all" }]), basis)
                .shows("east/rules", json!({ "id": "7", "rule": "drop all" }))
                .shows("east/rules", json!({ "id": "8", "rule": "accept theirs" }));
            assert_eq!(world.verdict("east/rules"), "update items: drift", "{basis:?}");
        }
        // Taken into ownership as it was, or made by a run that was stopped.
        for (made, verdict) in [(false, "hold take-over"), (true, "update items: change")] {
            let mut world = World::lab()
                .wants("east/rules", json!([]))
                .shows("east/rules", json!({ "id": "8", "rule": "accept theirs" }));
            world.base.entries.insert(address("east/rules"), Entry { made, ..Entry::default() });
            assert_eq!(world.verdict("east/rules"), verdict);
        }
    }

    #[test]
    fn nothing_of_others_goes_where_only_ours_comes_or_changes() {
        let world = |wanted: Value| {
            World::lab()
                .wants("east/rules", wanted)
                .shows("east/rules", json!({ "id": "8", "rule": "accept theirs", "comment": "" }))
        };
        let theirs = json!({ "rule": "accept theirs", "comment": "told" });
        for wanted in [json!([{ "rule": "drop all" }, theirs]), json!([theirs])] {
            assert_eq!(world(wanted).verdict("east/rules"), "adopt, update items: change");
        }
    }

    #[test]
    fn what_is_known_only_later_hides_nothing_that_goes() {
        let later = "=west/endpoints/n.state";
        let world = |field: &str, wanted: Value, live: Value| {
            World::lab()
                .wants("west/endpoints/n", json!({ "address": "192.0.2.9" }))
                .wants("east/endpoints/a", json!({ "address": "192.0.2.1", field: wanted }))
                .shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.1", field: live }))
        };
        let (ours, theirs, other) = ("10.1.0.0/16", "10.8.0.0/16", "10.9.0.0/16");
        let row = |subnet: &str, label: &str| json!({ "subnet": subnet, "label": label });
        for (field, wanted, live, gone) in [
            ("networks", json!([later]), json!([theirs]), 1),
            ("networks", json!([ours, later]), json!([ours, theirs, other]), 2),
            ("networks", json!([later, later]), json!([theirs, other]), 2),
            ("networks", json!(later), json!([theirs, other]), 2),
            ("options", json!(["a=1", later]), json!("a=1 b=2"), 1),
            // What tells the item apart is known.
            ("tunnels", json!([row(ours, later)]), json!([row(ours, "x"), row(theirs, "y")]), 1),
            ("tunnels", json!([row(later, "x")]), json!([row(theirs, "x")]), 1),
            ("tunnels", json!([row(ours, later)]), json!([row(ours, "x")]), 0),
            ("networks", json!([ours, later]), json!([ours]), 0),
        ] {
            let world = world(field, wanted.clone(), live);
            let held = world.verdict("east/endpoints/a");
            assert_eq!(held == "hold take-over", gone > 0, "{field} {wanted}: {held}");
            assert_eq!(taken_over(&world.allows("take-over=east/endpoints/a")), gone, "{field} {wanted}");
        }
    }

    #[test]
    fn what_makes_room_for_something_new_is_nobody_elses() {
        let world = |live: &str| {
            World::lab()
                .wants("west/endpoints/n", json!({ "address": "192.0.2.9", "mode": "aggressive" }))
                .applied("west/endpoints/n", "7", json!({ "address": "192.0.2.9", "mode": "main" }))
                .shows("west/endpoints", json!({ "id": "7", "name": "n", "address": "192.0.2.9", "mode": "main" }))
                .wants("east/endpoints/a", json!({ "address": "192.0.2.1", "options": ["=west/endpoints/n.id"] }))
                .shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.1", "options": live }))
        };
        assert_eq!(world("7").verdict("east/endpoints/a"), "adopt, update options: change");
        assert_eq!(world("7 8").verdict("east/endpoints/a"), "hold take-over");
    }

    /// What an update sends for a field of the endpoint `a`.
    fn sent(world: &World, field: &str) -> Option<Value> {
        let plan = world.plan();
        plan.steps.iter().flat_map(|step| &step.calls).find_map(|call| match &call.body {
            Payload::Json(body) => Some(body.to_shown()[field].clone()),
            _ => None,
        })
    }

    #[test]
    fn of_a_partial_list_only_our_items_are_compared_and_written() {
        let world = |field: &str, wanted: Value, applied: Value, live: Value| {
            let world = World::lab()
                .wants("east/endpoints/a", json!({ "address": "192.0.2.1", field: wanted }))
                .shows("east/endpoints", json!({ "id": "1", "name": "a", "address": "192.0.2.1", field: live }));
            let world = match applied.is_null() {
                true => world,
                false => world.applied("east/endpoints/a", "1", json!({ "address": "192.0.2.1", field: applied })),
            };
            world.partial("east/endpoints/a", field)
        };
        let (ours, other, theirs) = (json!("10.1.0.0/16"), json!("10.2.0.0/16"), json!("10.9.0.0/16"));
        let row = |subnet: &Value, label: &str| json!({ "subnet": subnet, "label": label });
        // Wanted, applied, live; what is sent.
        for (field, wanted, applied, live, expected) in [
            ("networks", json!([ours]), json!(null), json!([theirs]), Some(json!([ours, theirs]))),
            ("networks", json!([ours]), json!([ours]), json!([theirs, ours]), None),
            ("networks", json!([ours]), json!(null), json!([theirs, ours]), None),
            ("networks", json!([]), json!([ours]), json!([theirs, ours]), Some(json!([theirs]))),
            ("networks", json!([other]), json!([ours]), json!([ours, theirs]), Some(json!([other, theirs]))),
            ("networks", json!([ours]), json!([ours]), json!([theirs]), Some(json!([ours, theirs]))),
            (
                "tunnels",
                json!([row(&ours, "new")]),
                json!([row(&ours, "old")]),
                json!([row(&theirs, "x"), row(&ours, "old")]),
                Some(json!([row(&ours, "new"), row(&theirs, "x")])),
            ),
            ("attributes", json!(["#a"]), json!(["#a", "#b"]), json!(["#a", "#b", "#c"]), Some(json!(["#a", "#c"]))),
        ] {
            let told = format!("{field} {wanted} {applied} {live}");
            let world = world(field, wanted, applied, live);
            assert_eq!(sent(&world, field), expected, "{told}: {}", world.verdict("east/endpoints/a"));
        }
    }

    #[test]
    fn a_write_of_another_field_leaves_what_others_have_in_a_partial_list() {
        let webhook = json!({
            "id": 1, "name": "pager", "url": "https://old.example", "events": ["tunnel_up", "theirs"], "headers": []
        });
        let files = "webhooks: { pager: { url: 'https://new.example', events: [tunnel_up], partial: [events] } }";
        let world = product("vns3", files, "t/webhooks", &[webhook]);
        assert_eq!(world.verdict("t/webhooks/pager"), "adopt, update url: change");
        assert_eq!(sent(&world, "events"), Some(json!(["tunnel_up", "theirs"])));
    }

    #[test]
    fn what_is_unmanaged_is_neither_compared_nor_taken_back() {
        let world = World::lab()
            .wants("east/groups/g", json!({}))
            .applied("east/groups/g", "1", json!({ "note": "mine" }))
            .shows("east/groups", json!({ "id": "1", "name": "g", "note": "mine" }));
        assert_eq!(world.verdict("east/groups/g"), "update note: undeclared");
        let left = world.unmanaged("east/groups/g", "note");
        assert_eq!(left.verdict("east/groups/g"), "same");
        assert!(left.verdicts().iter().all(|verdict| verdict.notes.let_go.is_empty()));
    }
}
