//! What is wrong with a fabric, and where that is told.

use super::{lab, lines};

/// Two sites of ours, and what follows.
fn two(rest: &str) -> String {
    format!(
        "
  sites:
    london: {{ on: london, id: 1, asn: 65001, networks: [10.1.0.0/16] }}
    paris: {{ on: paris, id: 2, asn: 65002, networks: [10.2.0.0/16] }}
{rest}"
    )
}

const PSK: &str = "psk: { derive: '${secret.vpn}' }, profile: strong";

/// The findings of a fabric at `london`, `paris` and `oslo`, as `line:column code`, with all that is told.
fn found(fabric: &str, more: &[(&str, &str)]) -> String {
    match lab(&["london", "paris", "oslo"], fabric, more) {
        Ok(loaded) => lines(&loaded.findings),
        Err(findings) => lines(&findings),
    }
}

/// The same without the warning of two ways to one network that nothing prefers: it is about the routes themselves.
fn besides_equal_ways(fabric: &str) -> String {
    let told = found(fabric, &[]);
    told.lines().filter(|line| !line.contains(" overlapping-networks: ")).collect::<Vec<_>>().join("\n")
}

/// Says of each fabric that one finding is told, and nothing besides.
fn each_tells(samples: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (fabric, wanted) in samples {
        let told = found(fabric, &[]);
        if !told.contains(wanted) || told.lines().count() != 1 {
            wrong.push(format!("`{wanted}`, and nothing else, is not told of\n{fabric}\nbut\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn two_sites_that_fit_are_no_finding() {
    let good = two(&format!("  vpns: {{ core: {{ between: [london, paris], routing: bgp, {PSK} }} }}\n"));
    assert_eq!(found(&good, &[]), "");
}

#[test]
fn words_that_are_none() {
    let core = format!("  vpns: {{ core: {{ between: [london, paris], {PSK} }} }}\n");
    each_tells(&[
        (
            &two(&format!("{core}  meshs: {{}}\n")),
            "unknown-key: unknown key `meshs` of a fabric; did you mean `meshes`?",
        ),
        (
            &two(&core.replace("between:", "betwen: [], between:")),
            "unknown-field: unknown key `betwen`; did you mean `between`?",
        ),
        (
            &two(&core.replace("between:", "bgp: { pasword: x }, between:")),
            "unknown key `pasword`; did you mean `password`?",
        ),
        (&two(&core.replace("between:", "routing: ospf, between:")), "wrong-value: `ospf` is none of `static`, `bgp`"),
        (
            &two(&core.replace("between:", "connections: { london-paris: { psf: true } }, between:")),
            "did you mean `pfs`?",
        ),
        (&two(&core.replace("between:", "connections: { london-pari: {} }, between:")), "did you mean `london-paris`?"),
        (
            &two(&core.replace("profile: strong", "profile: strng")),
            "unknown-profile: there is no profile `strng`; did you mean `strong`?",
        ),
        (
            &two(&core.replace("[london, paris]", "[london, pariss, paris]")),
            "unknown-site: there is no site `pariss`; did you mean `paris`?",
        ),
        (
            &two(&core.replace("[london, paris]", "[london, paris, london]")),
            "duplicate-site: site `london` is named twice",
        ),
        (&two(&core.replace("derive: '${secret.vpn}'", "derive: vpn")), "`derive` takes one secret"),
        (
            &two(&core.replace("between:", "translate: { oslo: {} }, between:")),
            "`oslo` is shown as another, and not in `core`",
        ),
        (
            &two(&core.replace("between:", "translate: { london: { 10.1.0.0/16: 10.91.0.0/24 } }, between:")),
            "is not as large as",
        ),
        (
            &two(&core.replace("between:", "connections: { london-paris: { inner: 10.0.0.1/24 } }, between:")),
            "`inner` takes a /30",
        ),
        (
            &two(&core).replace("10.1.0.0/16", "10.1.0.1/16"),
            "`10.1.0.1/16` is an address within a network; the network is `10.1.0.0/16`",
        ),
        (&two(&core).replace("10.1.0.0/16", "ten"), "`ten` is no network"),
        (&two(&core).replace("id: 2,", "id: two,"), "expected a whole number"),
        (
            &two(&core.replace("between:", "bgp: 5, between:")),
            "wrong-type: expected the fields of a neighbour, found a number",
        ),
        (
            &two(&core.replace("between:", "connections: [a], between:")),
            "wrong-type: expected names of connections, found a list",
        ),
        (&two(&core).replace("    paris:", "    oslo: 5\n    paris:"), "wrong-value: expected a map, found `5`"),
        (&two(&core).replace("id: 2,", ""), "missing-field: site `paris` gives its controller no `id`"),
        (&two(&core).replace("id: 2,", "id: 0,"), "`paris` has the id 0"),
        (
            &two(&core).replace("on: paris", "on: pariss"),
            "unknown-target: there is no target `pariss`; did you mean `paris`?",
        ),
        (
            &two(&core).replace("on: london, id: 1", "on: london, id: 1, gateways: { a: { address: 192.0.2.1 } }"),
            "bad-site: site `london` has controllers, and",
        ),
        (
            &two(&core).replace("london:", "'a/b': { on: oslo, id: 9 }\n    london:"),
            "bad-name: `a/b` is no name for a site",
        ),
        (
            &two(&core).replace("london:", "'x': { each: [a, b], on: oslo, id: 9 }\n    london:"),
            "each-name: `x` would be the name of 2 sites",
        ),
        (
            &two(&core).replace("london:", "'${var.none}': { on: oslo, id: 9 }\n    london:"),
            "unknown-variable: there is no variable `none`",
        ),
    ]);
}

#[test]
fn numbers_names_and_roots() {
    let core = format!("  vpns: {{ core: {{ between: [london, paris], routing: bgp, {PSK} }} }}\n");
    let mesh = "  meshes: { m: { members: [london, paris], root: london, token: '${secret.bgp}', peers: none } }\n";
    each_tells(&[
        (&two(&core).replace("id: 2,", "id: 1,"), "duplicate-id: `london` and `paris` have the id 1"),
        (&two(&core).replace("on: paris", "on: london"), "duplicate-controller: `london` is in two sites"),
        (&two(&core).replace("asn: 65002,", ""), "no-asn: site `paris` has no `asn`"),
        (&two(&core).replace("65002", "65001"), "duplicate-asn: sites `london` and `paris` have the ASN 65001"),
        (
            &two(&core.replace("between: [london, paris]", "spokes: [london, paris]")),
            "no-hub: vpn `core` has spokes and no hub",
        ),
        (
            &two(&core.replace("between: [london, paris]", "hubs: [london, paris]")),
            "no-hub: vpn `core` has hubs and no spoke",
        ),
        (
            &two(&format!("{core}{}", mesh.replace("root: london", "root: londom"))),
            "no-root: `londom` is the root of mesh `m`, and no controller in it; did you mean `london`?",
        ),
        (
            &two(&core).replace("    paris:", "    oslo: { on: oslo, id: 3 }\n    paris:"),
            "unreached-site: nothing reaches site `oslo`",
        ),
        (
            &two(&format!("{core}{}", mesh.replace(", peers: none", ""))),
            "peered-already: `london` and `paris` are peers",
        ),
    ]);
    let fetched = found(&two(&format!("{core}{mesh}")), &[("london", "keyset: { source: 192.0.2.1 }")]);
    assert!(fetched.contains("no-root: `london` makes the keys of mesh `m`, and fetches them"), "{fetched}");
}

#[test]
fn networks_in_two_places() {
    let core = format!("  vpns: {{ core: {{ between: [london, paris], {PSK} }} }}\n");
    each_tells(&[
        (
            &two(&core).replace("[10.2.0.0/16]", "[10.2.0.0/16, 10.1.7.0/24]"),
            "overlap: 10.1.7.0/24 of site `paris` overlaps 10.1.0.0/16 of site `london`",
        ),
        (
            &two(&core).replace("[10.2.0.0/16]", "[10.0.0.0/8]"),
            "overlap: 10.1.0.0/16 of site `london` overlaps 10.0.0.0/8 of site `paris`",
        ),
        (
            &two(&format!("  pool: 10.1.128.0/20\n{core}")),
            "overlap: the pool 10.1.128.0/20 overlaps 10.1.0.0/16 of site `london`",
        ),
        (
            &two(&core.replace("between:", "translate: { london: { 10.1.0.0/16: 10.2.0.0/16 } }, between:")),
            "as which site `london` is shown,",
        ),
    ]);
    // Two networks of one site may, and one that is shown as another may be another's.
    for good in [
        two(&core).replace("[10.2.0.0/16]", "[10.2.0.0/16, 10.2.7.0/24]"),
        two(&core.replace("between:", "translate: { london: { 10.1.0.0/16: 10.91.0.0/16 } }, between:"))
            .replace("[10.2.0.0/16]", "[10.2.0.0/16, 10.1.0.0/16]"),
    ] {
        assert_eq!(besides_equal_ways(&good), "");
    }
    let mesh = "  meshes: { m: { members: [london], root: london, token: '${secret.bgp}' } }\n";
    let granted = "license-parameters: { default: false, subnet: 10.2.3.0/26, managers: [10.2.3.1], asns: ['65001'], clients: [10.2.3.9], my_manager_vip: 10.2.3.62 }";
    let told = found(&two(&format!("{core}{mesh}")), &[("london", granted)]);
    assert!(
        told.contains("overlap: the overlay 10.2.3.0/26 of mesh `m` overlaps 10.2.0.0/16 of site `paris`"),
        "{told}"
    );
}

#[test]
fn halves_that_can_not_agree_or_share() {
    let core = format!("  vpns: {{ core: {{ between: [london, paris], {PSK} }} }}\n");
    let gateway = |more: &str| {
        two(&format!(
            "    far: {{ asn: 65009, networks: [10.9.0.0/16], gateways: {{ {more} }} }}
  vpns:
    core: {{ between: [london, paris], {PSK} }}
    far: {{ between: [london, far], {PSK} }}
"
        ))
    };
    each_tells(&[
        (&two(&core.replace("psk: { derive: '${secret.vpn}' }, ", "")), "no-key: connection `london-paris` has no key"),
        (&two(&core.replace("between:", "vpn_type: policy, routing: bgp, between:")), "bgp-by-policy: connection `london-paris` is policy-based"),
        (&two(&format!("  pool: 172.16.0.0/30\n{core}")).replace("id: 2,", "id: 9,"), "pool-too-small: the pool 172.16.0.0/30 has no /30"),
        (&two(&core.replace(", profile: strong", ", ike_version: 2")), "no-proposal: `core` leaves it to the gateways which `phase1`"),
        (&two(&core.replace(", profile: strong", ", phase1: aes256-sha2_256-dh14")), "ikev1: connections of `core` use IKEv1"),
        (&two(&core.replace(", profile: strong", ", profile: strong, ike_version: 1")), "ikev1: connections of `core` use IKEv1"),
        (&gateway("a: { address: 192.0.2.9 }"), "no-inner: gateway `a` has no address in the tunnel of `far-london`"),
        (
            &gateway("a: { address: 192.0.2.9, inner: 169.254.9.0/30 }").replace("far: { between", "far: { vpn_type: policy, between"),
            "`169.254.9.0/30` is no address of a /30",
        ),
        (
            &gateway("a: { address: 192.0.2.9 }, b: { address: 192.0.2.10 }").replace("far: { between", "far: { vpn_type: policy, between"),
            "shared-selectors: `far-far-a` and `far-far-b` both take 10.1.0.0/16 to 10.9.0.0/16 on `london`",
        ),
        (
            &gateway("a: { address: 192.0.2.9, inner: 169.254.0.5/30 }"),
            "duplicate-inner: connection `london-paris` of `core` and `far-london` of `far` would both have 169.254.0.4/30",
        ),
        (
            &two(&format!("  vpns:\n    core: {{ between: [london, paris], {PSK} }}\n    other: {{ between: [paris, london], {PSK} }}\n")).replace("other: { between: [paris, london], psk: { derive: '${secret.vpn}' }", "other: { between: [paris, london], psk: '${secret.bgp}'"),
            "duplicate-inner: connection `london-paris` of `core` and `london-paris` of `other` would both have 169.254.0.4/30",
        ),
    ]);
    let shared = two(&core
        .replace("[london, paris]", "[london, paris, oslo]")
        .replace("psk: { derive: '${secret.vpn}' }", "psk: '${secret.vpn}'"))
    .replace("    paris:", "    oslo: { on: oslo, id: 3 }\n    paris:");
    let told = found(&shared, &[]);
    assert!(
        told.contains("shared-key: connections `london-oslo` and `london-paris`, and 1 more have one key"),
        "{told}"
    );
    // A vpn with a pool of its own may join the same two controllers.
    let twice = two(&format!(
        "  vpns:\n    core: {{ between: [london, paris], {PSK} }}\n    other: {{ between: [london, paris], pool: 169.254.128.0/17, psk: '${{secret.bgp}}', profile: strong }}\n"
    ));
    assert_eq!(besides_equal_ways(&twice), "");
    let all = two(&format!(
        "    far: {{ networks: [10.9.0.0/16], gateways: {{ a: {{ address: 192.0.2.9 }} }} }}\n  vpns:\n    core: {{ between: [london, paris], {PSK} }}\n    far: {{ between: [london, far], vpn_type: policy, {PSK} }}\n"
    ))
    .replace("networks: [10.2.0.0/16]", "networks: [10.2.0.0/16], offers: [0.0.0.0/0]");
    let told = found(&all, &[]);
    assert!(
        told.contains("offer-of-all: `paris` offers all networks to `london`, where `far-far` is policy-based"),
        "{told}"
    );
}

#[test]
fn what_is_opened_behind_a_rule_that_decides() {
    let core = two(&format!("  vpns: {{ core: {{ between: [london, paris], firewall: open, {PSK} }} }}\n"));
    let rules = "firewall-rules:\n  - { rule: FORWARD_CUST -j DROP }\n  - fabric: vpns";
    let told = found(&core, &[("london", rules)]);
    assert!(
        told.contains("targets.yaml:6:11 opened-too-late: `FORWARD_CUST -j DROP` decides before what `core` opens"),
        "{told}"
    );
    let late = "firewall-rules:\n  - fabric: vpns\n  - { rule: FORWARD_CUST -j DROP }";
    assert_eq!(found(&core, &[("london", late)]), "");
}

/// Findings under `each` are told once.
#[test]
fn a_mistake_in_an_each_is_told_once() {
    let fabric = format!(
        "
  sites:
    london: {{ on: london, id: 1, networks: [10.1.0.0/16] }}
    '${{each.key}}': {{ each: '${{var.branches}}', on: '${{each.key}}', id: '${{each.value.id}}', netwoks: ['${{each.value.lan}}'] }}
  vpns: {{ core: {{ hubs: [london], spokes: {{ each: '${{var.branches}}' }}, {PSK} }} }}
"
    );
    let told = match lab(&["london", "b1", "b2"], &fabric, &[]) {
        Ok(_) => String::new(),
        Err(findings) => lines(&findings),
    };
    assert_eq!(told.matches("unknown key `netwoks`").count(), 1, "{told}");
}

/// Every file may hold a part, and no name two of them.
#[test]
fn a_name_stands_in_one_file() {
    let twice = "
  sites:
    london: { on: london, id: 1 }
    london: { on: london, id: 2 }
";
    let told = found(twice, &[]);
    assert!(told.contains("duplicate-key: `london` is given twice"), "{told}");
}
