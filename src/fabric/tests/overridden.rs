//! Layers and overrides: which of several places decides, and where a finding points.

use super::{fields, lab, lines, origins, topology};

const FABRIC: &str = "
  sites:
    london: { on: london, id: 1, networks: [10.1.0.0/16] }
    paris: { on: paris, id: 2, networks: [10.2.0.0/16] }
    oslo: { on: oslo, id: 3, networks: [10.3.0.0/16] }
  vpns:
    core:
      between: [london, paris, oslo]
      profile: strong
      psk: '${secret.psk-${pair}}'
      nat_t_enabled: false
      firewall: open
      connections:
        london-oslo: { pfs: false, psk: '${secret.vpn}', inner: 169.254.99.8/30, nat_t_enabled: null, phase1: aes256-sha2_512-dh19 }
        oslo-paris: { absent: true }
";
const NAMES: [&str; 3] = ["london", "paris", "oslo"];

#[test]
fn profile_vpn_and_connection_each_over_the_one_before() {
    let found = topology(&NAMES, FABRIC, &[]);
    let plain = fields(&found, "london/ipsec-endpoints/core-paris");
    assert!(plain.contains(r#""nat_t_enabled":false,"pfs":true"#) && plain.contains("psk-london-paris"), "{plain}");
    let own = fields(&found, "oslo/ipsec-endpoints/core-london");
    assert!(own.contains(r#""pfs":false"#) && own.contains("(secret secret.vpn)"), "{own}");
    assert!(own.contains("phase1=aes256-sha2_512-dh19") && own.contains("169.254.99.10/30"), "{own}");
    assert!(!own.contains("nat_t_enabled"), "nothing is what the controller does by itself: {own}");
    assert!(origins(&found, "oslo/ipsec-endpoints/core-paris").is_empty(), "it is absent");
}

#[test]
fn a_file_overrides_one_half_field_by_field() {
    let own = "ipsec-endpoints: { core-paris: { description: mine, nat_t_enabled: true, private_ipaddress: null } }\n\
               routes: { core-oslo-10.3.0.0-16: { absent: true }, own: { cidr: 10.99.0.0/16, interface: eth0 } }\n\
               firewall-fwsets: { fab-core-own: { entries: [{ entry: 10.9.0.0/16 }, { entry: 10.1.0.0/16, comment: ours }] } }";
    let found = topology(&NAMES, FABRIC, &[("london", own)]);
    let endpoint = fields(&found, "london/ipsec-endpoints/core-paris");
    assert!(endpoint.contains(r#""description":"mine""#) && endpoint.contains(r#""nat_t_enabled":true"#), "{endpoint}");
    assert!(!endpoint.contains("private_ipaddress") && endpoint.contains("169.254.0.5/30"), "{endpoint}");
    assert!(
        fields(&found, "paris/ipsec-endpoints/core-london").contains("core: paris to london"),
        "the other half stays"
    );
    let routes = origins(&found, "london/routes");
    assert_eq!(
        routes,
        [
            "london/routes/core-paris-10.2.0.0-16 of connection london-paris (core)",
            "london/routes/own",
            "london/routes/site-10.1.0.0-16 of site london",
        ]
    );
    assert_eq!(
        fields(&found, "london/firewall-fwsets/fab-core-own"),
        r#"{"entries":[{"entry":"10.9.0.0/16"},{"comment":"ours","entry":"10.1.0.0/16"}],"name":"fab-core-own","type":"net"}"#
    );
    let resource = &found.resources[&"london/ipsec-endpoints/core-paris".parse().unwrap()];
    assert_eq!(resource.origin.as_ref().unwrap().to_string(), "connection london-paris (core)");
    let at = |field: &str| found.sources.locations(&[&resource.place_of(field)]).join("");
    assert!(at("description").contains("targets.yaml:6"), "{}", at("description"));
    assert!(at("pfs").contains("fabric.yaml:3"), "the profile: {}", at("pfs"));
    assert!(at("secret").contains("fabric.yaml:13"), "the vpn: {}", at("secret"));
}

#[test]
fn what_both_halves_agree_on_is_not_for_one_of_them() {
    for (own, field) in [
        ("ipsec-endpoints: { core-paris: { secret: '${secret.vpn}' } }", "secret"),
        ("ipsec-endpoints: { core-paris: { ike_version: 1 } }", "ike_version"),
        ("ipsec-endpoints: { core-paris: { pfs: null } }", "pfs"),
        ("ipsec-endpoints: { core-paris: { vpn_type: policy } }", "vpn_type"),
        ("ipsec-endpoints: { core-paris: { route_based_int_address: 169.254.0.9/30 } }", "route_based_int_address"),
        ("ipsec-endpoints: { core-paris: { extra_config: [phase1=aes128-sha1-dh2] } }", "extra_config"),
        ("ipsec-endpoints: { core-paris: { tunnels: { auto: { local_subnet: 10.0.0.0/8 } } } }", "local_subnet"),
    ] {
        let told = lines(&lab(&NAMES, FABRIC, &[("london", own)]).err().unwrap_or_default());
        assert!(
            told.contains("targets.yaml:6") && told.contains(&format!("one-half: `{field}` is given to one half")),
            "{own}: {told}"
        );
        assert!(told.contains("`fabric: vpns: core: connections: london-paris`"), "{told}");
    }
    for own in [
        "ipsec-endpoints: { core-paris: { pfs: true, extra_config: [phase1=aes256-sha2_256-dh14, phase2=aes256-sha2_256, dpddelay=30] } }",
        "ipsec-endpoints: { core-paris: { nat_t_enabled: true } }",
    ] {
        assert!(lab(&NAMES, FABRIC, &[("london", own)]).is_ok(), "{own}");
    }
}

#[test]
fn items_stand_where_the_list_says() {
    let own = "firewall-rules:\n  - { rule: FORWARD_CUST -i eth0 -j ACCEPT }\n  - fabric: vpns\n  - { rule: FORWARD_CUST -j DROP, disabled: perhaps }";
    let told = lines(&lab(&NAMES, FABRIC, &[("london", own)]).err().unwrap());
    assert!(
        told.starts_with("targets.yaml:8:49 wrong-value"),
        "behind four rules of the fabric, it is where it stands: {told}"
    );
    let found = topology(&NAMES, FABRIC, &[("london", &own.replace("perhaps", "true"))]);
    let rules = fields(&found, "london/firewall-rules");
    let at = |text: &str| rules.find(text).unwrap_or_else(|| panic!("{text}: {rules}"));
    assert!(at("-i eth0") < at("fab-core-own src") && at("fab-core-paris src") < at("-j DROP"), "{rules}");
    let missing = lines(&lab(&NAMES, FABRIC, &[("london", "firewall-rules: []")]).err().unwrap());
    assert!(missing.contains("no-mark: `london/firewall-rules` does not say where"), "{missing}");
    assert!(missing.contains("write `- fabric: vpns`"), "{missing}");
    // Without anything to open the mark means nothing.
    let closed = topology(&NAMES, &FABRIC.replace("firewall: open", "transit: false"), &[]);
    assert_eq!(fields(&closed, "paris/firewall-rules"), r#"{"items":[]}"#);
}

#[test]
fn what_is_absent_has_to_be_there() {
    let told = lines(&lab(&NAMES, FABRIC, &[("london", "routes: { none: { absent: true } }")]).err().unwrap());
    assert!(told.contains("absent-already: no fabric has `london/routes/none`"), "{told}");
    let told = lines(&lab(&NAMES, FABRIC, &[("london", "routes: { none: { absent: false } }")]).err().unwrap());
    assert!(told.contains("`absent` is `true`, stands alone"), "{told}");
    let own = "ipsec-endpoints: { core-paris: { absent: true } }\nroutes: { core-paris-10.2.0.0-16: { absent: true } }";
    let found = topology(&NAMES, FABRIC, &[("london", own)]);
    assert!(!origins(&found, "london/").iter().any(|own| own.contains("/core-paris")), "with all that lives in it");
}
