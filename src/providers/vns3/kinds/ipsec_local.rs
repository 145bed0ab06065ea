//! The controller's own side of all its IPsec connections.
//!
//! Its address must be set before any endpoint is made, and can change only while there are none (PUT /ipsec). Setting
//! it makes an alias interface, `eth0:0`, which belongs to it.

use crate::spec::{Api, Body, Disruption, Envelope, Kind, List, Relation, Type, call, field, output};
use wire::Method::Put;

/// `ipsec-local`.
pub(crate) static KIND: Kind = Kind {
    name: "ipsec-local",
    doc: "The controller's own side of all its IPsec connections",
    source: "GET /ipsec, PUT /ipsec; vns3.md#ipsec-local",
    fields: &[
        field("ipsec_local_ipaddress", Type::IP, "Address by which remote gateways know the controller behind NAT")
            .required()
            .disrupts(Disruption::Outage),
        output("ipaddress", Type::IP, "Public address of the controller"),
        output("private_ipaddress", Type::IP, "Address of the controller in its own network"),
        output("overlay_subnet", Type::CIDR, "Network of the overlay")
            .recomputed_from(&["license-parameters", "keyset"]),
        output("asn", Type::Int, "Autonomous system number of the controller").recomputed_from(&[
            "license-parameters",
            "keyset",
            "peering-self",
        ]),
        output("nat_traversal", Type::Bool, "Whether NAT traversal is in use"),
    ],
    api: Api {
        list: List::at("/ipsec", Envelope::One("response.this_endpoint")),
        id: "",
        update: &[call(Put, "/ipsec", Body::Changed).reply(Envelope::One("response.this_endpoint"))],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED, Relation::Undoes("ipsec-endpoints", &["ipsec_local_ipaddress"])],
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
            "this_endpoint": {
                "ipaddress": "3.222.68.251",
                "overlay_subnet": "100.127.255.192/26",
                "private_ipaddress": "192.168.1.230",
                "ipsec_local_ipaddress": "192.168.1.230",
                "asn": 65001
            },
            "remote_endpoints": {}
        }});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "ipsec_local_ipaddress": "192.168.1.230",
                "ipaddress": "3.222.68.251",
                "private_ipaddress": "192.168.1.230",
                "overlay_subnet": "100.127.255.192/26",
                "asn": 65001
            })]
        );
    }
}
