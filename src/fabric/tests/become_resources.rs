//! What is declared, and the resources that it becomes.

use super::{fields, lab, lines, origins, topology};

/// Three sites, of which one has two controllers.
const SITES: &str = "
  sites:
    london: { on: { london-a: 1, london-b: 2 }, asn: 65001, networks: [10.1.0.0/16], offers: [10.0.0.0/8] }
    paris: { on: { paris: 3 }, asn: 65003, networks: [10.2.0.0/16, { cidr: 10.12.0.0/16, interface: eth1, gateway: 10.12.0.1 }] }
    oslo: { on: oslo, id: 4, asn: 65004, networks: [10.3.0.0/16, { cidr: 10.13.0.0/16, connected: true }] }
";

#[test]
fn a_full_mesh_with_static_routes() {
    let fabric = format!(
        "{SITES}  vpns:\n    core: {{ between: [oslo, paris], routing: static, profile: strong, psk: '${{secret.psk-london-paris}}' }}\n    \
         rest: {{ between: [london, paris], profile: strong, psk: {{ derive: '${{secret.vpn}}' }} }}\n"
    );
    let topology = topology(&["london-a", "london-b", "paris", "oslo"], &fabric, &[]);
    assert_eq!(
        fields(&topology, "oslo/ipsec-endpoints/core-paris"),
        r#"{"description":"core: oslo to paris","extra_config":["phase1=aes256-sha2_256-dh14","phase2=aes256-sha2_256"],"ike_version":2,"ipaddress":"${paris/config.public_ipaddress}","name":"core-paris","nat_t_enabled":true,"pfs":true,"private_ipaddress":"${paris/config.private_ipaddress}","route_based_int_address":"169.254.0.26/30","route_based_local":"0.0.0.0/0","route_based_remote":"0.0.0.0/0","secret":"(secret secret.psk-london-paris)","vpn_type":"vti"}"#
    );
    let inner = r#""route_based_int_address":"169.254.0.25/30""#;
    assert!(fields(&topology, "paris/ipsec-endpoints/core-oslo").contains(inner), "the lower id has the first address");
    assert_eq!(
        fields(&topology, "oslo/ipsec-endpoints/core-paris/tunnels/auto"),
        r#"{"local_subnet":"0.0.0.0/0","remote_subnet":"0.0.0.0/0"}"#
    );
    assert_eq!(
        fields(&topology, "oslo/routes/core-paris-10.12.0.0-16"),
        r#"{"advertise":false,"cidr":"10.12.0.0/16","description":"core: oslo to paris","metric":0,"tunnel":"core-paris/auto"}"#
    );
    assert_eq!(
        fields(&topology, "paris/routes/site-10.12.0.0-16"),
        r#"{"advertise":false,"cidr":"10.12.0.0/16","description":"site paris","gateway":"10.12.0.1","interface":"eth1"}"#
    );
    assert!(!origins(&topology, "oslo/routes").iter().any(|own| own.contains("10.13")), "it is the controller's own");
    // The second controller of a site is further away, on both sides.
    let second = fields(&topology, "paris/routes/rest-london-b-10.1.0.0-16");
    assert!(second.contains(r#""metric":1"#) && second.contains("rest-london-b/auto"), "{second}");
    assert!(fields(&topology, "london-b/routes/rest-paris-10.2.0.0-16").contains(r#""metric":1"#));
    let key = fields(&topology, "london-b/ipsec-endpoints/rest-paris");
    assert!(key.contains(r#"(secret derive(secret.vpn, \"london-b-paris\"))"#), "{key}");
    assert_eq!(
        origins(&topology, "london-a/ipsec-endpoints"),
        [
            "london-a/ipsec-endpoints/rest-paris of connection london-a-paris (rest)",
            "london-a/ipsec-endpoints/rest-paris/tunnels/auto of connection london-a-paris (rest)",
        ]
    );
    let origin = topology.resources[&"london-a/ipsec-endpoints/rest-paris".parse().unwrap()].origin.clone().unwrap();
    assert_eq!(origin.half.as_deref(), Some("london-a"));
    assert_eq!(origins(&topology, "oslo/routes/site")[0], "oslo/routes/site-10.3.0.0-16 of site oslo");
}

#[test]
fn hubs_and_spokes_by_bgp_with_an_aggregate() {
    let fabric = "
  sites:
    london: { on: london, id: 1, asn: 65001, networks: [10.1.0.0/16], offers: [10.0.0.0/8] }
    paris: { on: paris, id: 2, asn: 65002, networks: [10.2.0.0/16], offers: [10.0.0.0/8] }
    '${each.key}': { each: '${var.branches}', on: { '${each.key}': '${each.value.id}' }, asn: '${each.value.asn}', networks: ['${each.value.lan}'] }
  vpns:
    branches:
      hubs: [london, paris]
      spokes: { each: '${var.branches}' }
      routing: bgp
      profile: strong
      psk: { derive: '${secret.vpn}' }
      bgp: { password: '${secret.bgp}', keepalive_interval: 10, hold_time: 30 }
      firewall: open
";
    let found = topology(&["london", "paris", "b1", "b2"], fabric, &[]);
    assert_eq!(
        fields(&found, "b1/ipsec-endpoints/branches-paris/ebgp-peers/169.254.0.189"),
        r#"{"access_list":["in permit 10.0.0.0/8","in permit 10.2.0.0/16","out permit 10.101.0.0/16"],"add_network_distance":true,"add_network_distance_direction":"in","add_network_distance_hops":1,"asn":65002,"bgp_password":"(secret secret.bgp)","hold_time":30,"ipaddress":"169.254.0.189","keepalive_interval":10,"local_asn_alias":65011}"#
    );
    let preferred = fields(&found, "b1/ipsec-endpoints/branches-london/ebgp-peers/169.254.0.185");
    assert!(!preferred.contains("distance"), "{preferred}");
    assert_eq!(
        fields(&found, "london/routes/offer-10.0.0.0-8"),
        r#"{"advertise":false,"cidr":"10.0.0.0/8","description":"offer of site london","interface":"eth0"}"#
    );
    assert!(fields(&found, "b2/routes/site-10.102.0.0-16").contains(r#""advertise":true"#));
    assert!(!origins(&found, "b1/ipsec-endpoints").iter().any(|own| own.contains("tunnels")), "BGP knows the way");
    assert_eq!(
        fields(&found, "london/firewall-fwsets/fab-branches-own"),
        r#"{"entries":[{"entry":"10.0.0.0/8"},{"entry":"10.1.0.0/16"}],"name":"fab-branches-own","type":"net"}"#
    );
    assert_eq!(
        fields(&found, "b1/firewall-rules"),
        r#"{"items":[{"comment":"vpn branches: to london","rule":"FORWARD_CUST -m set --match-set fab-branches-own src -m set --match-set fab-branches-london dst -j ACCEPT"},{"comment":"vpn branches: from london","rule":"FORWARD_CUST -m set --match-set fab-branches-london src -m set --match-set fab-branches-own dst -j ACCEPT"},{"comment":"vpn branches: to paris","rule":"FORWARD_CUST -m set --match-set fab-branches-own src -m set --match-set fab-branches-paris dst -j ACCEPT"},{"comment":"vpn branches: from paris","rule":"FORWARD_CUST -m set --match-set fab-branches-paris src -m set --match-set fab-branches-own dst -j ACCEPT"}]}"#
    );
    let told = lines(&lab(&["london", "paris", "b1", "b2"], fabric, &[]).unwrap().findings);
    assert_eq!(told.matches("offered-route").count(), 2, "{told}");
    // With transit a spoke learns the networks of the others one by one.
    let through = fabric.replace("      routing: bgp\n", "      routing: bgp\n      transit: true\n");
    let found = topology(&["london", "paris", "b1", "b2"], &through, &[]);
    let learned = fields(&found, "b1/ipsec-endpoints/branches-london/ebgp-peers/169.254.0.185");
    assert!(
        learned.contains(r#""in permit 10.1.0.0/16","in permit 10.102.0.0/16","out permit 10.101.0.0/16""#),
        "{learned}"
    );
    assert!(fields(&found, "london/firewall-fwsets/fab-branches-own").contains("10.101.0.0/16"));
}

#[test]
fn two_tunnels_to_a_gateway_of_others() {
    let fabric = "
  sites:
    london: { on: london, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    aws:
      asn: 64512
      networks: [10.200.0.0/16]
      gateways:
        a: { address: 198.51.100.1, inner: 169.254.44.9/30, psk: '${secret.vpn}' }
        b: { address: 198.51.100.2, inner: 169.254.45.13/30, psk: '${secret.bgp}', ike-id: 192.168.7.2 }
  vpns:
    aws: { between: [london, aws], routing: bgp, profile: strong }
";
    let loaded = lab(&["london"], fabric, &[]).unwrap_or_else(|findings| panic!("{}", lines(&findings)));
    let found = &loaded.topology;
    let first = fields(found, "london/ipsec-endpoints/aws-aws-a");
    assert!(first.contains(r#""ipaddress":"198.51.100.1""#) && !first.contains("private_ipaddress"), "{first}");
    assert!(
        first.contains(r#""route_based_int_address":"169.254.44.10/30""#) && first.contains("secret.vpn"),
        "{first}"
    );
    let second = fields(found, "london/ipsec-endpoints/aws-aws-b");
    assert!(second.contains(r#""private_ipaddress":"192.168.7.2""#) && second.contains("secret.bgp"), "{second}");
    let neighbour = fields(found, "london/ipsec-endpoints/aws-aws-b/ebgp-peers/169.254.45.13");
    assert!(neighbour.contains(r#""add_network_distance_hops":1,"asn":64512"#), "{neighbour}");
    let other = &loaded.expansion.others[1];
    assert_eq!((other.connection.as_str(), other.vpn.as_str()), ("aws-b-london", "aws"));
    let says = |name: &str| other.settings.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str());
    for (name, value) in [
        ("our gateway", "${london/config.public_ipaddress}"),
        ("your IKE id", "192.168.7.2"),
        ("our IKE id", "${london/config.private_ipaddress}"),
        ("your address in the tunnel", "169.254.45.13/30"),
        ("our address in the tunnel", "169.254.45.14/30"),
        ("your ASN", "64512"),
        ("our ASN", "65001"),
        ("key", "${secret.bgp}"),
        ("proposals and options", "phase1=aes256-sha2_256-dh14, phase2=aes256-sha2_256"),
        ("our networks", "10.1.0.0/16"),
    ] {
        assert_eq!(says(name), Some(value), "{name}");
    }
    assert_eq!(loaded.expansion.let_in["london"], ["UDP 500", "UDP 4500", "ESP"]);
}

#[test]
fn policies_with_a_network_that_is_shown_as_another() {
    let fabric = "
  sites:
    london: { on: london, id: 1, networks: [10.1.0.0/16], ike-id: public }
    partner: { networks: [10.20.0.0/16, 10.1.0.0/16], gateways: { fw: { address: 192.0.2.77, ike-id: 192.168.7.2 } } }
  vpns:
    partner:
      between: [london, partner]
      vpn_type: policy
      profile: strong
      psk: '${secret.vpn}'
      firewall: open
      translate: { london: { 10.1.0.0/16: 10.91.0.0/16 } }
      connections: { london-partner: { ping_ipaddress: 10.20.0.1, ping_interval: 30 } }
";
    let found = topology(&["london"], fabric, &[]);
    let endpoint = fields(&found, "london/ipsec-endpoints/partner-partner");
    assert!(
        endpoint.contains(r#""phase2=aes256-sha2_256","local-peer-id=${london/config.public_ipaddress}"]"#),
        "{endpoint}"
    );
    assert!(endpoint.contains(r#""vpn_type":"policy""#) && !endpoint.contains("route_based"), "{endpoint}");
    assert_eq!(
        fields(&found, "london/ipsec-endpoints/partner-partner/tunnels/10.91.0.0-16_10.20.0.0-16"),
        r#"{"local_subnet":"10.91.0.0/16","ping_interval":30,"ping_ipaddress":"10.20.0.1","remote_subnet":"10.20.0.0/16"}"#
    );
    let rules = fields(&found, "london/firewall-rules");
    for rule in [
        "PREROUTING_CUST -s 10.20.0.0/16 -d 10.91.0.0/16 -j NETMAP --to 10.1.0.0/16",
        "POSTROUTING_CUST -s 10.1.0.0/16 -d 10.20.0.0/16 -j NETMAP --to 10.91.0.0/16",
        "--match-set fab-partner-own src -m set --match-set fab-partner-partner dst",
    ] {
        assert!(rules.contains(rule), "{rule}: {rules}");
    }
    // What is forwarded has its own addresses there.
    assert!(fields(&found, "london/firewall-fwsets/fab-partner-own").contains("10.1.0.0/16"));
    assert!(
        !origins(&found, "london/routes").iter().any(|own| own.contains("partner")),
        "no overlay has to hear of it"
    );
}

#[test]
fn a_mesh_of_peers() {
    let fabric = format!(
        "{SITES}  meshes:\n    core: {{ members: [london, paris, oslo], root: london-a, token: '${{secret.bgp}}', overlay_mtu: 1400, hubs: [london] }}\n"
    );
    let names = ["london-a", "london-b", "paris", "oslo"];
    let found = topology(&names, &fabric, &[]);
    assert_eq!(fields(&found, "london-a/keyset"), r#"{"token":"(secret secret.bgp)"}"#);
    assert_eq!(
        fields(&found, "paris/keyset"),
        r#"{"checksum":"${london-a/keyset.checksum}","source":"${london-a/config.public_ipaddress}","token":"(secret secret.bgp)"}"#
    );
    assert_eq!(fields(&found, "oslo/peering-self"), r#"{"id":4}"#);
    assert_eq!(
        fields(&found, "paris/peers/london-b"),
        r#"{"id":2,"name":"${london-b/config.public_ipaddress}","overlay_mtu":1400}"#
    );
    assert_eq!(
        origins(&found, "paris/peers"),
        ["paris/peers/london-a of mesh core", "paris/peers/london-b of mesh core"]
    );
    assert_eq!(origins(&found, "london-a/peers").len(), 3, "a hub has them all, and its twin");
    assert!(fields(&found, "oslo/routes/site-10.3.0.0-16").contains(r#""advertise":true"#));
    let alone = fabric.replace("hubs: [london]", "peers: none");
    assert!(origins(&topology(&names, &alone, &[]), "paris/peers").is_empty());
    let private = fabric
        .replace("hubs: [london]", "underlay: private")
        .replace("networks: [10.3", "lan: { gateway: 10.3.0.1 }, networks: [10.3");
    let found = topology(&names, &private, &[]);
    assert!(fields(&found, "oslo/peers/paris").contains("${paris/config.private_ipaddress}"));
    assert_eq!(
        fields(&found, "oslo/routes/underlay-paris"),
        r#"{"advertise":false,"cidr":"${paris/config.private_ipaddress}/32","description":"underlay to paris","gateway":"10.3.0.1","interface":"eth0"}"#
    );
}

#[test]
fn what_the_license_grants_needs_no_other_number() {
    let fabric = "
  sites:
    london: { on: london, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    paris: { on: paris, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  meshes: { core: { members: [london, paris], root: london, token: '${secret.bgp}', peers: none } }
  vpns: { core: { between: [london, paris], routing: bgp, profile: strong, psk: '${secret.vpn}' } }
";
    let granted = "license-parameters: { default: false, subnet: 100.127.255.192/26, managers: [100.127.255.253, 100.127.255.252], asns: ['65001', '65900'], clients: [100.127.255.200], my_manager_vip: 100.127.255.254 }";
    let found = topology(&["london", "paris"], fabric, &[("london", granted)]);
    let own = fields(&found, "london/ipsec-endpoints/core-paris/ebgp-peers/169.254.0.6");
    assert!(!own.contains("local_asn_alias"), "{own}");
    let other = fields(&found, "paris/ipsec-endpoints/core-london/ebgp-peers/169.254.0.5");
    assert!(other.contains(r#""local_asn_alias":65002"#), "{other}");
    // It is in a mesh that the other side is not peered in: the overlay of each hears of the other.
    let by_hand = fabric.replace("routing: bgp", "routing: static");
    let found = topology(&["london", "paris"], &by_hand, &[]);
    assert!(fields(&found, "london/routes/core-paris-10.2.0.0-16").contains(r#""advertise":true"#));
}

#[test]
fn an_address_as_the_identity_of_a_site() {
    let fabric = "
  sites:
    london: { on: london, id: 1, networks: [10.1.0.0/16], ike-id: 10.1.0.9, address: 198.51.100.9 }
    paris: { on: paris, id: 2, networks: [10.2.0.0/16] }
  vpns: { core: { between: [london, paris], profile: strong, psk: '${secret.vpn}' } }
";
    let found = topology(&["london", "paris"], fabric, &[]);
    assert_eq!(fields(&found, "london/ipsec-local"), r#"{"ipsec_local_ipaddress":"10.1.0.9"}"#);
    let other = fields(&found, "paris/ipsec-endpoints/core-london");
    assert!(
        other.contains(r#""ipaddress":"198.51.100.9""#) && other.contains(r#""private_ipaddress":"10.1.0.9""#),
        "{other}"
    );
}
