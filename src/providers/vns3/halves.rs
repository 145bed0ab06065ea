//! What VNS3's objects are to a fabric: endpoints are halves of connections, controllers of one keyset are a mesh.

use super::fabric::{HALF, MESH, NEIGHBOUR, PAIR, ROUTE};
use crate::spec::{Envelope, Halves, HalvesHealth};

/// Both ends of an IPsec connection have to agree in these (vns3.md#whether-something-is-connected).
pub(super) const HALVES: Halves = Halves {
    kind: HALF.kind,
    agrees: &[
        (HALF.kind, &[HALF.key, HALF.version, "pfs", HALF.form, HALF.options]),
        (NEIGHBOUR.kind, &[NEIGHBOUR.password]),
        (MESH.peer.0, MESH.agreed),
    ],
    options: HALF.proposals,
    mirrored: &[(PAIR.kind, [PAIR.local, PAIR.remote]), ("traffic-pairs", ["local_subnet", "remote_subnet"])],
    routes: (ROUTE.kind, ROUTE.cidr),
    learned: (NEIGHBOUR.kind, NEIGHBOUR.lines),
    peers: MESH.peer.0,
    keys: (MESH.keys.0, MESH.keys.3),
    health: HalvesHealth {
        path: "/status/ipsec",
        at: Envelope::Keyed("response"),
        name: "endpoint_name",
        up: "connected",
        reachable: "reachable",
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::vns3::PROVIDER;

    #[test]
    fn the_table_names_kinds_and_fields_that_there_are() {
        let Halves { kind, agrees, options: _, mirrored, routes, learned, peers, keys, health: _ } = HALVES;
        let agreed = agrees.iter().flat_map(|(kind, fields)| fields.iter().map(move |field| (*kind, *field)));
        let mirrored = mirrored.iter().flat_map(|(kind, fields)| fields.iter().map(move |field| (*kind, *field)));
        for (kind, field) in agreed.chain(mirrored).chain([routes, learned, keys]) {
            let known = PROVIDER.kind(kind).is_some_and(|kind| kind.field(field).is_some());
            assert!(known, "{kind}.{field}");
        }
        for kind in [kind, peers] {
            assert!(PROVIDER.kind(kind).is_some(), "{kind}");
        }
    }
}
