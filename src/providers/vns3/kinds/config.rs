//! The controller's names and clocks, and what it says about itself.
//!
//! It answers before licensing too; then the outputs that peering brings are missing (vns3.md#config).

use crate::spec::{Api, Body, Envelope, Kind, List, Type, call, field, output};
use wire::Method::Put;

/// `config`.
pub(crate) static KIND: Kind = Kind {
    name: "config",
    doc: "Names and time servers of the controller, and its addresses as outputs",
    source: "GET /config, PUT /config; vns3.md#config",
    fields: &[
        field("topology_name", Type::Text, "Name of the topology, the same on all its controllers by convention"),
        field("controller_name", Type::Text, "Name of this controller"),
        field(
            "ntp_hosts",
            Type::Joined(&Type::Set(&Type::Text), " "),
            "Time servers: domain names or IPv4 addresses; they replace the ones that were set",
        )
        .stays(),
        output("public_ipaddress", Type::IP, "Public address of the controller"),
        output("private_ipaddress", Type::IP, "Address of the controller in its own network"),
        output("subnet_gateway", Type::IP, "Gateway of the controller's own network"),
        output("overlay_ipaddress", Type::IP, "Address of the controller in the overlay, once it has a peering id")
            .recomputed_from(&["license-parameters", "keyset", "peering-self"]),
        output("asn", Type::Int, "Autonomous system number of the controller, once it has a peering id")
            .recomputed_from(&["license-parameters", "keyset", "peering-self"]),
        output("manager_id", Type::Int, "Peering id of the controller").recomputed_from(&["peering-self"]),
        output("vns3_version", Type::Text, "Version of the controller"),
        output("licensed", Type::Bool, "Whether the controller is licensed")
            .recomputed_from(&["license-parameters", "keyset"]),
        output("peered", Type::Bool, "Whether the controller has a peering id").recomputed_from(&["peering-self"]),
        output("topology_checksum", Type::Text, "The same on all controllers of a topology")
            .recomputed_from(&["license-parameters", "keyset"]),
        output("security_token", Type::Text, "Token of the topology").secret().recomputed_from(&["keyset"]),
    ],
    api: Api {
        list: List::at("/config", Envelope::One("response")),
        id: "",
        update: &[call(Put, "/config", Body::Changed).reply(Envelope::One("response"))],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": {
            "asn": 65001,
            "topology_name": "Cohesive",
            "controller_name": "Controller 1",
            "topology_checksum": "a04a92073a4f6f32a2abce45439a2d8c016334dc",
            "manager_id": 1,
            "ntp_hosts": "0.ubuntu.pool.ntp.org 1.ubuntu.pool.ntp.org ntp.ubuntu.com time.apple.com",
            "vns3_version": "4.5.0",
            "licensed": true,
            "overlay_ipaddress": "172.31.0.100",
            "peered": true,
            "public_ipaddress": "50.240.142.209",
            "private_ipaddress": "192.168.30.247"
        }});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "topology_name": "Cohesive",
                "controller_name": "Controller 1",
                "ntp_hosts": ["0.ubuntu.pool.ntp.org", "1.ubuntu.pool.ntp.org", "ntp.ubuntu.com", "time.apple.com"],
                "public_ipaddress": "50.240.142.209",
                "private_ipaddress": "192.168.30.247",
                "overlay_ipaddress": "172.31.0.100",
                "asn": 65001,
                "manager_id": 1,
                "vns3_version": "4.5.0",
                "licensed": true,
                "peered": true,
                "topology_checksum": "a04a92073a4f6f32a2abce45439a2d8c016334dc"
            })]
        );
    }
}
