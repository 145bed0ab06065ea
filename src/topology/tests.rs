//! Workspaces in, topologies or findings out.

use insta::assert_snapshot;

use super::testing::{EAST, east, indented, told, try_load};
use super::{ITEMS, Prune, Topology};
use crate::address::Address;
use crate::attr::Attr;

/// The shown value of a field, by address and name.
fn field(topology: &Topology, address: &str, name: &str) -> String {
    let found = topology.resources.iter().find(|(own, _)| own.to_string() == address);
    let resource = found.unwrap_or_else(|| panic!("{address} is not there")).1;
    resource.fields.get(name).unwrap_or_else(|| panic!("{name} is not there")).to_shown().to_string()
}

#[test]
fn a_workspace_becomes_a_topology() {
    let loaded = try_load(&[
        ("trueup.yaml", "workspace: acme\nvars: { pw: { default: x } }\npolicy: { max-deletes: 5, protect: [east/*] }\nledger: { git: { ref: refs/trueup/acme } }\n"),
        ("a/east.yaml", &format!("{EAST}{}", indented("tenant: t\nprune: [routes]\nconfig: { controller_name: gw }\nendpoints:\n  to-west:\n    address: 192.0.2.1\n    peers:\n      169.254.1.2: { asn: 65001 }\n    health: { interval: 5 }\nrules:\n- { rule: accept }\n- { rule: drop, comment: rest }"))),
        ("b/more.yml", "lab: { east: { routes: { r: { cidr: 10.0.0.0/8 } } } }\nx-notes: [anything]\n"),
    ])
    .unwrap_or_else(|findings| panic!("{}", told(Err(findings))));
    let topology = loaded.topology;
    assert_eq!(told(Ok(super::Loaded { topology: topology.clone(), findings: loaded.findings })), "");
    assert_eq!(topology.workspace, "acme");
    assert_eq!(topology.policy.max_deletes, Some(5));
    let addresses: Vec<String> = topology.resources.keys().map(Address::to_string).collect();
    assert_eq!(
        addresses,
        [
            "east/config",
            "east/endpoints/to-west",
            "east/endpoints/to-west/health",
            "east/endpoints/to-west/peers/169.254.1.2",
            "east/routes/r",
            "east/rules",
        ]
    );
    assert_eq!(field(&topology, "east/endpoints/to-west", "name"), "\"to-west\"");
    assert_eq!(field(&topology, "east/endpoints/to-west/peers/169.254.1.2", "ip"), "\"169.254.1.2\"");
    assert_eq!(field(&topology, "east/rules", ITEMS), r#"[{"rule":"accept"},{"comment":"rest","rule":"drop"}]"#);
    let target = &topology.targets["east"];
    assert_eq!((target.at.as_str(), target.settings["tenant"].as_text()), ("https://east.example/api", Some("t")));
    assert!(matches!(&target.prune, Prune::Kinds(kinds) if kinds == &["routes"]));
    assert!(matches!(target.credentials["password"], Attr::Secret(_)));
}

#[test]
fn expressions_keep_types_and_know_what_files_say() {
    let loaded = try_load(&[
        ("trueup.yaml", "workspace: acme\nvars:\n  pw: { default: x }\n  site: { default: { mtu: 1400, nets: [10.0.0.0/8] } }\nsecrets: { s: { command: [echo, canary] } }\n"),
        ("east.yaml", &format!("{EAST}{}", indented("config: { controller_name: \"gw-${var.site.mtu}\", mtu: \"${var.site.mtu}\" }\nendpoints:\n  a:\n    address: \"${east/config.public_ip}\"\n    secret: \"${secret.s}\"\n    networks: \"${var.site.nets}\"\n    inputs:\n      plain: $${x}\n      name: \"${east/config.controller_name}/x\"\n      both: \"${east/endpoints/a/peers/169.254.1.2.asn} ${east/endpoints/a/peers/169.254.1.2.uptime}\"\n      url: \"u:${secret.s}@h\"\n      region: \"${east/regions/eu.provider}\"\n      label: \"${east/endpoints/b.name}\"\n    peers: { 169.254.1.2: { asn: 65001 } }\n  b: { address: 192.0.2.1, secret: \"${east/endpoints/a.secret}\", inputs: \"${east/endpoints/a.inputs.plain}\" }"))),
    ])
    .unwrap_or_else(|findings| panic!("{}", told(Err(findings))));
    let topology = loaded.topology;
    assert_eq!(field(&topology, "east/config", "mtu"), "1400");
    assert_eq!(field(&topology, "east/config", "controller_name"), "\"gw-1400\"");
    assert_eq!(field(&topology, "east/endpoints/a", "address"), "\"${east/config.public_ip}\"");
    assert_eq!(field(&topology, "east/endpoints/a", "networks"), r#"["10.0.0.0/8"]"#);
    assert_eq!(field(&topology, "east/endpoints/b", "secret"), "\"(secret secret.s)\"");
    assert_eq!(field(&topology, "east/endpoints/b", "inputs"), "\"${x}\"");
    assert_snapshot!(field(&topology, "east/endpoints/a", "inputs"), @r#"
    {"both":"65001 ${east/endpoints/a/peers/169.254.1.2.uptime}","label":"b","name":"gw-1400/x","plain":"${x}","region":"${east/regions/eu.provider}","url":"(secret u:${secret.s}@h)"}
    "#);
    assert!(!format!("{topology:?}").contains("canary"));
}

/// The bad inputs that a reconciler must survive, each told where it is.
#[test]
fn what_is_wrong_is_told_where_it_is() {
    assert_snapshot!(told(east("endponts: {}\nroutes:\n  a: { cidr: 10.0.0.0/33, gatway: 10.0.0.1 }\n  b: { cidr: [1], gateway: 1.2.3 }\n  c: { description: x }\nconfig: { mtu: lots, public_ip: 192.0.2.1 }\nregions: { eu: {} }\npeers: { 1.2.3.4: {} }")), @r#"
    east.yaml:5:5 <endponts> unknown-kind: unknown kind or key `endponts`; did you mean `endpoints`?
    east.yaml:7:18 <10.0.0.0/33> wrong-value: expected network in CIDR form, found `10.0.0.0/33`; as in `10.1.0.0/16` or `2001:db8::/32`
    east.yaml:7:31 <gatway> unknown-field: unknown field `gatway`; did you mean `gateway`?
    east.yaml:8:19 <1> wrong-value: expected network in CIDR form, found `a list`; as in `10.1.0.0/16` or `2001:db8::/32`
    east.yaml:8:32 <1.2.3> wrong-value: expected IP address, found `1.2.3`; as in `203.0.113.10` or `2001:db8::1`
    east.yaml:9:7 <c> missing-field: `east/routes/c` lacks `cidr`; add `cidr: …` — The destination (network in CIDR form)
    east.yaml:10:20 <lots> wrong-value: expected whole number, found `lots`; -
    east.yaml:10:26 <public_ip> provider-chosen: `public_ip` is chosen by the provider; remove it; others can refer to it as an output
    east.yaml:11:5 <regions> read-only-kind: `regions` can be referred to, not declared; the provider keeps these; use them in references and outputs
    east.yaml:12:5 <peers> unknown-kind: unknown kind or key `peers`; `peers` lives in `endpoints`: move it below one of those
    "#);
}
