//! What a fabric comes to at VNS3 (vns3.md#ipsec-endpoints, vns3.md#peers, vns3.md#firewall-rules).

use crate::spec::{
    ControllerFields, FabricTable, FirewallFields, HalfFields, MeshFields, NeighbourFields, PairFields, RouteFields,
};

/// An endpoint.
pub(super) const HALF: HalfFields = HalfFields {
    kind: "ipsec-endpoints",
    description: "description",
    address: "ipaddress",
    identity: "private_ipaddress",
    key: "secret",
    version: "ike_version",
    form: "vpn_type",
    forms: ("vti", "policy"),
    inner: "route_based_int_address",
    selectors: ("route_based_local", "route_based_remote"),
    options: "extra_config",
    proposals: &["phase1", "phase2"],
    own_identity: "local-peer-id",
    local_identity: ("ipsec-local", "ipsec_local_ipaddress"),
    agreed: &["secret", "ike_version", "pfs", "vpn_type", "route_based_int_address"],
    let_in: &["UDP 500", "UDP 4500", "ESP"],
};

/// A tunnel.
pub(super) const PAIR: PairFields = PairFields {
    kind: "tunnels",
    local: "local_subnet",
    remote: "remote_subnet",
    further: &["ping_ipaddress", "ping_interval", "ping_interface"],
    agreed: &["local_subnet", "remote_subnet"],
};

/// A BGP peer.
pub(super) const NEIGHBOUR: NeighbourFields = NeighbourFields {
    kind: "ebgp-peers",
    asn: "asn",
    shown_asn: "local_asn_alias",
    password: "bgp_password",
    lines: "access_list",
    line_words: ("in permit", "out permit"),
    distance: ("add_network_distance", "add_network_distance_direction", "add_network_distance_hops"),
    inwards: "in",
    agreed: &["asn", "local_asn_alias", "bgp_password"],
};

/// A route.
pub(super) const ROUTE: RouteFields = RouteFields {
    kind: "routes",
    cidr: "cidr",
    interface: "interface",
    gateway: "gateway",
    through: "tunnel",
    metric: "metric",
    advertise: "advertise",
    description: "description",
    first_interface: "eth0",
};

/// Controllers of one keyset.
pub(super) const MESH: MeshFields = MeshFields {
    keys: ("keyset", "token", "source", "checksum"),
    number: ("peering-self", "id"),
    peer: ("peers", "id", "name", "overlay_mtu"),
    grants: ("license-parameters", "asns", "subnet"),
    agreed: &["overlay_mtu"],
    let_in: &["UDP 1195-1203", "TCP 8000"],
};

/// The kinds and fields.
pub(super) const FABRIC: FabricTable = FabricTable {
    controller: ControllerFields { kind: "config", public: "public_ipaddress", private: "private_ipaddress" },
    half: HALF,
    pair: PAIR,
    neighbour: NEIGHBOUR,
    route: ROUTE,
    mesh: MESH,
    firewall: FirewallFields {
        set: ("firewall-fwsets", "type", "net", "entries", "entry"),
        longest_name: 31,
        rules: ("firewall-rules", "rule", "comment"),
        open: "FORWARD_CUST -m set --match-set {from} src -m set --match-set {to} dst -j ACCEPT",
        shown_in: "PREROUTING_CUST -s {theirs} -d {shown} -j NETMAP --to {own}",
        shown_out: "POSTROUTING_CUST -s {own} -d {theirs} -j NETMAP --to {shown}",
        decides: "FORWARD_CUST -j ",
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::vns3::PROVIDER;

    #[test]
    fn every_name_in_the_table_is_one_of_a_kind() {
        let FabricTable { controller, half, pair, neighbour, route, mesh, firewall } = FABRIC;
        let mut named = vec![
            (controller.kind, vec![controller.public, controller.private]),
            (
                half.kind,
                [
                    half.description,
                    half.address,
                    half.identity,
                    half.key,
                    half.version,
                    half.form,
                    half.inner,
                    half.selectors.0,
                    half.selectors.1,
                    half.options,
                ]
                .to_vec(),
            ),
            (half.kind, half.agreed.to_vec()),
            (half.local_identity.0, vec![half.local_identity.1]),
            (pair.kind, vec![pair.local, pair.remote]),
            (pair.kind, [pair.further, pair.agreed].concat()),
            (neighbour.kind, vec![neighbour.asn, neighbour.shown_asn, neighbour.password, neighbour.lines]),
            (neighbour.kind, vec![neighbour.distance.0, neighbour.distance.1, neighbour.distance.2]),
            (neighbour.kind, neighbour.agreed.to_vec()),
            (
                route.kind,
                vec![route.cidr, route.interface, route.gateway, route.through, route.metric, route.advertise],
            ),
            (route.kind, vec![route.description]),
        ];
        named.push((mesh.keys.0, vec![mesh.keys.1, mesh.keys.2, mesh.keys.3]));
        named.push((mesh.number.0, vec![mesh.number.1]));
        named.push((mesh.peer.0, vec![mesh.peer.1, mesh.peer.2, mesh.peer.3]));
        named.push((mesh.peer.0, mesh.agreed.to_vec()));
        named.push((mesh.grants.0, vec![mesh.grants.1, mesh.grants.2]));
        named.push((firewall.set.0, vec![firewall.set.1, firewall.set.3]));
        named.push((firewall.rules.0, vec![firewall.rules.1, firewall.rules.2]));
        for (kind, fields) in named {
            let declared = PROVIDER.kind(kind).unwrap_or_else(|| panic!("there is no kind `{kind}`"));
            for field in fields {
                assert!(declared.field(field).is_some(), "`{kind}` has no field `{field}`");
            }
        }
    }
}
