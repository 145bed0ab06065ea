use serde_json::{Value, json};

use super::judge;
use crate::attr::Attr;
use crate::plan::testing::{World, address};
use crate::secret::Secret;

const LONDON: &str = "london/ipsec-endpoints/core-paris";
const PARIS: &str = "paris/ipsec-endpoints/core-london";

/// The halves as they were applied and are there; `touch` is what somebody does to a live object of a collection, who may
/// take it away.
fn found(touch: &dyn Fn(&str, &mut Value) -> bool) -> Vec<String> {
    let mut world = connected();
    for (collection, objects) in &mut world.live {
        objects.retain_mut(|object| touch(collection, object));
    }
    let observed = world.observed();
    let diff = crate::diff::diff(&world.topology, &observed, &world.base);
    judge(&world.topology, &diff).into_iter().map(|finding| finding.words).collect()
}

/// A policy-based connection with BGP besides: all that a half can be.
fn connected() -> World {
    let login = "credentials: { username: api, password: '${var.pw}' }";
    let of = |n: u8, name: &str| format!("  {name}:\n    at: https://203.0.113.{n}:8000/api\n    {login}\n");
    let world = World::reading(&format!("vns3:\n{}{}", of(1, "london"), of(2, "paris")));
    let world = half(world, LONDON, ["10.1.0.0/16", "10.2.0.0/16"]);
    half(world, PARIS, ["10.2.0.0/16", "10.1.0.0/16"])
}

fn half(world: World, at: &str, [near, far]: [&str; 2]) -> World {
    let half = address(at);
    let (target, name) = (half.target().to_owned(), half.name().unwrap().to_owned());
    let shown = json!({ "id": 1, "name": name, "ipaddress": "198.51.100.7", "psk": "key", "ike_version": 2,
        "pfs": true, "nat_t_enabled": true, "vpn_type": "policy", "extra_config": ["phase1=a", "phase2=b"] });
    let endpoint =
        json!({ "ipaddress": "198.51.100.7", "ike_version": 2, "pfs": true, "extra_config": ["phase1=a", "phase2=b"] });
    let pair = json!({ "local_subnet": near, "remote_subnet": far });
    let lines = json!([format!("in permit {far}"), format!("out permit {near}")]);
    let peer = json!({ "asn": 65001, "access_list": lines });
    let route = json!({ "cidr": far, "interface": "eth0" });
    let places = [format!("{at}/tunnels/t"), format!("{at}/ebgp-peers/169.254.0.1"), format!("{target}/routes/way")];
    let mut world = world.wants(at, endpoint.clone()).applied(at, "1", endpoint);
    for (place, (id, fields)) in places.iter().zip([("7", &pair), ("8", &peer), ("9", &route)]) {
        world = world.wants(place, fields.clone()).applied(place, id, fields.clone());
    }
    let with = |mut fields: Value, more: Value| {
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let peer_shown = json!({ "id": 8, "ipaddress": "169.254.0.1", "access_list": lines.as_array().unwrap().iter()
        .map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n") });
    world = world
        .shows(&format!("{target}/ipsec-endpoints"), shown)
        .shows(&format!("{target}/ipsec-endpoints/1/tunnels"), with(pair, json!({ "id": 7, "enabled": true })))
        .shows(&format!("{target}/ipsec-endpoints/1/ebgp-peers"), with(peer, peer_shown))
        .shows(&format!("{target}/routes"), with(route, json!({ "id": 9, "enabled": true, "table": "main" })));
    let key = Attr::Secret(Secret::new("secret.psk", "key"));
    let stored = world.base.stored(&key);
    let entry = world.base.entries.get_mut(&half).unwrap();
    entry.fields.insert("secret".into(), crate::state::base::Stored::new(stored, crate::state::base::Basis::Applied));
    world.topology.resources.get_mut(&half).unwrap().fields.insert("secret".into(), key);
    for place in std::iter::once(at).chain(places.iter().map(String::as_str)) {
        world = world.comes_from(place, &format!("fabric/vpns/core/london-paris/{target}"));
    }
    world
}

#[test]
fn as_declared_nothing_is_told() {
    assert_eq!(found(&|_, _| true), Vec::<String>::new());
}

#[test]
fn whatever_is_broken_by_hand_names_the_connection_and_what_is_wrong() {
    let gone = |what: &'static str| move |at: &str, _: &mut Value| at != what && !at.starts_with(&format!("{what}/"));
    let set = |what: &'static str, field: &'static str, value: Value| {
        move |at: &str, object: &mut Value| {
            if at == what {
                object[field] = value.clone();
            }
            true
        }
    };
    type Touch = Box<dyn Fn(&str, &mut Value) -> bool>;
    let halves = |name: &'static str| -> (&'static str, &'static str) {
        if name == "london" { ("london", "paris") } else { ("paris", "london") }
    };
    for at in ["london", "paris"] {
        let (half, other) = halves(at);
        let of = |kind: &str| -> &'static str { Box::leak(format!("{half}/{kind}").into_boxed_str()) };
        let (own, far) = if half == "london" { ("10.1.0.0/16", "10.2.0.0/16") } else { ("10.2.0.0/16", "10.1.0.0/16") };
        let (endpoints, routes) = (of("ipsec-endpoints"), of("routes"));
        let (tunnels, peers) = (of("ipsec-endpoints/1/tunnels"), of("ipsec-endpoints/1/ebgp-peers"));
        let cases: Vec<(Touch, String)> = vec![
            (Box::new(gone(endpoints)), format!("half-open connection NAME: missing on {half}")),
            (Box::new(set(endpoints, "psk", json!("other"))), "connection NAME: the halves differ: secret".into()),
            (Box::new(set(endpoints, "pfs", json!(false))), "connection NAME: the halves differ: pfs".into()),
            (
                Box::new(set(endpoints, "ike_version", json!(1))),
                "connection NAME: the halves differ: ike_version".into(),
            ),
            (
                Box::new(set(endpoints, "extra_config", json!(["phase1=z", "phase2=b"]))),
                "connection NAME: the halves differ: phase1".into(),
            ),
            (
                Box::new(set(endpoints, "ipaddress", json!("198.51.100.9"))),
                format!("connection NAME: changed on {half}: ipaddress"),
            ),
            (Box::new(gone(tunnels)), format!("connection NAME: not mirrored: {far} to {own} only on {other}")),
            (Box::new(gone(routes)), format!("connection NAME: no way back: {half} has no route to {far}")),
            (Box::new(gone(peers)), format!("connection NAME: no way back: {half} has no ebgp-peers 169.254.0.1")),
            (
                Box::new(set(peers, "access_list", json!(format!("out permit {own}")))),
                format!("connection NAME: no way back: {half} has no route to {far}"),
            ),
            (
                Box::new(set(peers, "access_list", json!(format!("in permit {far}")))),
                format!("connection NAME: no way back: {other} has no route to {own}"),
            ),
            (
                Box::new(set(peers, "asn", json!(65009))),
                format!("connection NAME: changed on {half}: asn of ebgp-peers 169.254.0.1"),
            ),
        ];
        for (touch, words) in cases {
            assert_eq!(found(&*touch), [words.replace("NAME", "london-paris (core)")], "{half}");
        }
    }
}

#[test]
fn what_somebody_added_to_one_half_is_not_mirrored() {
    let pair = |id: u8, near: &str, far: &str| json!({ "id": id, "local_subnet": near, "remote_subnet": far, "enabled": true });
    let told =
        |world: &World| world.plan().fabric_findings.into_iter().map(|finding| finding.words).collect::<Vec<_>>();
    let one = connected().shows("paris/ipsec-endpoints/1/tunnels", pair(70, "10.2.0.0/16", "10.3.0.0/16"));
    let words = "connection london-paris (core): not mirrored: 10.2.0.0/16 to 10.3.0.0/16 only on paris";
    assert_eq!(told(&one), [words]);
    let both = one.shows("london/ipsec-endpoints/1/tunnels", pair(71, "10.3.0.0/16", "10.2.0.0/16"));
    assert_eq!(told(&both), Vec::<String>::new());
}

#[test]
fn what_both_halves_have_by_now_is_no_difference_between_them() {
    let both = |at: &str, object: &mut Value| {
        if at.ends_with("ipsec-endpoints") {
            object["pfs"] = json!(false);
        }
        true
    };
    let told = ["london", "paris"].map(|at| format!("connection london-paris (core): changed on {at}: pfs"));
    assert_eq!(found(&both), told);
    let none = |at: &str, _: &mut Value| !at.contains("ipsec-endpoints");
    assert_eq!(found(&none), ["connection london-paris (core): missing on both halves"]);
}

#[test]
fn what_a_finding_explains_are_the_resources_that_moved() {
    let mut world = connected();
    world.live.retain(|at, _| !at.starts_with("paris/ipsec-endpoints"));
    let plan = world.plan();
    let explained: Vec<String> = plan.fabric_findings[0].explains.iter().map(ToString::to_string).collect();
    let gone = [PARIS.to_owned(), format!("{PARIS}/ebgp-peers/169.254.0.1"), format!("{PARIS}/tunnels/t")];
    assert_eq!(explained, gone);
}

#[test]
fn a_mesh_tells_peers_and_keys() {
    let login = "credentials: { username: api, password: '${var.pw}' }";
    let of = |n: u8, name: &str| format!("  {name}:\n    at: https://203.0.113.{n}:8000/api\n    {login}\n");
    let all = format!("vns3:\n{}{}{}", of(1, "london"), of(2, "oslo"), of(3, "paris"));
    let names = ["london", "oslo", "paris"];
    let meshed = |touch: &dyn Fn(&str, &mut Value) -> bool| {
        let mut world = World::reading(&all);
        for (n, at) in names.iter().enumerate() {
            let mut peers = Vec::new();
            for (m, to) in names.iter().enumerate().filter(|(m, _)| *m != n) {
                let (place, id) = (format!("{at}/peers/{to}"), (m + 1).to_string());
                let fields = json!({ "id": m + 1, "name": format!("203.0.113.{m}"), "overlay_mtu": 1500 });
                world = world.wants(&place, fields.clone()).applied(&place, &id, fields);
                world = world.comes_from(&place, "fabric/meshes/core");
                peers.push(json!({ "id": m + 1, "address": format!("203.0.113.{m}"), "mtu": 1500 }));
            }
            let keyset = format!("{at}/keyset");
            let fields = if n == 0 { json!({}) } else { json!({ "checksum": "5f2c" }) };
            world = world.wants(&keyset, fields.clone()).applied(&keyset, "", fields);
            world = world.comes_from(&keyset, "fabric/meshes/core");
            for mut peer in peers {
                if touch(&format!("{at}/peers"), &mut peer) {
                    world = world.shows(&format!("{at}/peers"), peer);
                }
            }
            let mut keys = json!({ "keyset_present": true, "checksum": "5f2c", "uuid": "u" });
            touch(&keyset, &mut keys);
            world = world.shows(&keyset, keys);
        }
        let observed = world.observed();
        let diff = crate::diff::diff(&world.topology, &observed, &world.base);
        judge(&world.topology, &diff).into_iter().map(|finding| finding.words).collect::<Vec<_>>()
    };
    let change = |place: &'static str, field: &'static str, value: Value| {
        move |at: &str, object: &mut Value| {
            if at == place {
                object[field] = value.clone();
            }
            true
        }
    };
    assert_eq!(meshed(&|_, _| true), Vec::<String>::new());
    let lost = |at: &str, peer: &mut Value| at != "london/peers" || peer["id"] != json!(2);
    assert_eq!(meshed(&lost), ["one-sided peer london, oslo: missing on london"]);
    let lost = |at: &str, peer: &mut Value| {
        !(at == "london/peers" && peer["id"] == json!(2) || at == "oslo/peers" && peer["id"] == json!(1))
    };
    assert_eq!(meshed(&lost), ["mesh core: london and oslo have lost each other"]);
    assert_eq!(meshed(&change("oslo/keyset", "checksum", json!("77ab"))), ["mesh core: oslo has other keys"]);
    let told = meshed(&change("paris/peers", "mtu", json!(1400)));
    assert_eq!(told, ["mesh core: changed on paris: overlay_mtu of peers london, overlay_mtu of peers oslo"]);
}
