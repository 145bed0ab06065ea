//! The codes of findings about fabrics: sites, meshes and vpns.

use super::codes::{FindingCode, error, warning};

/// A whole file with two controllers, a profile, and what a fabric says besides.
macro_rules! fabric {
    ($rest:literal) => {
        concat!(
            "workspace: acme
secrets: { login: { env: LOGIN }, psk: { env: PSK } }
vns3:
  east: { at: 'https://east.example', credentials: { username: u, password: '${secret.login}' } }
  west: { at: 'https://west.example', credentials: { username: u, password: '${secret.login}' } }
fabric:
  profiles: { strong: { ike_version: 2, phase1: aes256-sha2_256-dh14, phase2: aes256-sha2_256 } }
",
            $rest
        )
    };
}

/// A fabric that is right.
const GOOD: &str = fabric!(
    "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
);

/// All of them, in the order of the alphabet.
pub(super) const CODES: &[FindingCode] = &[
    error("absent-already", "A resource is said to be absent that no fabric comes to.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
---
vns3: { east: { routes: { none: { absent: true } } } }
"
        ),
        GOOD,
    ),
    error("bad-site", "A site has controllers and gateways of others, or neither, or one address for several controllers.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("bgp-by-policy", "A vpn is routed by BGP, and its halves decide by policies.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, vpn_type: policy, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    warning("down", "A connection or a mesh is as declared at all its controllers, and is not up."),
    error("duplicate-asn", "Two sites that are neighbours by BGP give the same number of an autonomous system.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65001, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("duplicate-connection", "Two connections of a vpn would have one name.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, networks: [10.1.0.0/16] }
    c: { on: west, id: 2, networks: [10.2.0.0/16] }
    a-b: { networks: [10.3.0.0/16], gateways: { g: { address: 192.0.2.1, inner: 169.254.99.1/30 } } }
    b-c: { networks: [10.4.0.0/16], gateways: { g: { address: 192.0.2.2, inner: 169.254.98.1/30 } } }
  vpns: { core: { between: [a, b-c, a-b, c], profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("duplicate-controller", "A controller stands at two sites.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: east, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("duplicate-id", "Two controllers have one number: their inner addresses would be the same.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 1, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("duplicate-inner", "Two connections would have the same inner addresses."),
    error("duplicate-site", "A list of sites names one twice.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("no-asn", "A site is a neighbour by BGP and gives no number of an autonomous system.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("no-inner", "A gateway of others has no inner address, and its vpn is by routes."),
    error("no-key", "A connection has no key.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong } }
"
        ),
        GOOD,
    ),
    error("no-mark", "A vpn opens the firewall, and the controller's rules do not say where.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, firewall: open, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    warning("no-proposal", "A vpn leaves it to the gateways on which proposal they agree."),
    error("no-root", "The root of a mesh is none of its members."),
    error("offer-of-all", "A controller offers everything through one connection, and another one of it decides by policies."),
    warning("offered-route", "A site has a route for what it offers, so that BGP has something to tell: whether it does is a guess."),
    error("one-half", "A field in which both halves of a connection agree is given to one of them."),
    warning("opened-too-late", "A rule that decides about all that is forwarded stands before those of the vpns."),
    error("overlap", "Networks of two sites overlap, or one overlaps the pool or the overlay.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.1.7.0/24] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    warning("peered-already", "Two members of a mesh that are peers have a connection besides."),
    error("pool-too-small", "A pool has no inner addresses left for two controllers with such ids.").shown(
        fabric!(
            "  pool: 169.254.0.0/29
  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 9, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    warning("shared-key", "Several connections have one key: who learns one knows all."),
    error("shared-selectors", "Two connections of a controller take the same pair of networks."),
    error("unknown-connection", "A vpn says something of a connection that it does not have.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' }, connections: { a-c: { pfs: false } } } }
"
        ),
        GOOD,
    ),
    error("unknown-profile", "A vpn names a profile that is none.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strnog, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("unknown-site", "A vpn or a mesh names a site that is none.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b, c], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    error("unknown-target", "A site is on a controller that is no target.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: wets, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
"
        ),
        GOOD,
    ),
    warning("unreached-site", "No vpn and no mesh reaches a site.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: west, id: 2, asn: 65002, networks: [10.2.0.0/16] }
"
        ),
        GOOD,
    ),
    error("wrong-target", "A site is on a target whose provider has no part in a fabric.").shown(
        fabric!(
            "  sites:
    a: { on: east, id: 1, asn: 65001, networks: [10.1.0.0/16] }
    b: { on: manager, id: 2, asn: 65002, networks: [10.2.0.0/16] }
  vpns: { core: { between: [a, b], routing: bgp, profile: strong, psk: { derive: '${secret.psk}' } } }
---
cloudify:
  manager: { at: 'https://manager.example', credentials: { username: u, password: '${secret.login}' } }
"
        ),
        GOOD,
    ),
];
