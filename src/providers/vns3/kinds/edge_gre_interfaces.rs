//! GRE tunnels to routers at the edge.
//!
//! An object has two ids, and paths want `interface_id`. `enabled` and `ttl` have defaults in updates too, so they are
//! always sent (vns3.md#edge-gre-interfaces, vns3.md#values).

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::vns3::grammar;
use crate::spec::{
    Api, Body, Condition, Disruption, Envelope, Identity, Kind, List, Type, call, field, output, whole_numbers,
};
use wire::Method::{Delete, Post, Put};

/// `edge-gre-interfaces`.
pub(crate) static KIND: Kind = Kind {
    name: "edge-gre-interfaces",
    doc: "GRE tunnels to routers at the edge",
    source: "GET /interfaces/edge_gre; vns3.md#edge-gre-interfaces",
    identity: Identity::Name("endpoint_name"),
    fields: &[
        field("endpoint_name", Type::Text, "Name of the tunnel").required(),
        super::DESCRIPTION,
        field("local_connection_ip", Type::Phrase(&grammar::OWN_ADDRESS), "Address that it comes from")
            .disrupts(Disruption::TunnelBounce),
        field("remote_connection_ip", Type::IP, "Address of the other end").disrupts(Disruption::TunnelBounce),
        field("ip_internal", Type::IP, "Address inside the tunnel").disrupts(Disruption::TunnelBounce),
        field("mask_bits", super::PREFIX, "Length of the prefix inside the tunnel").disrupts(Disruption::TunnelBounce),
        field("mtu", super::COUNT, "Largest packet").disrupts(Disruption::TunnelBounce),
        field("ttl", Type::Format(&HOPS), "Hops that a packet may take, 1 to 255").default("255").always(),
        field("enabled", Type::Bool, "In use").default("false").always().disrupts(Disruption::Outage),
        output("name", Type::Text, "Name of the interface, for routes"),
        output("status", Type::Text, "`Up` or `Down`"),
    ],
    api: Api {
        list: List::at("/interfaces/edge_gre", Envelope::Items("response")),
        id: "interface_id",
        aliases: &["name"],
        create: &[call(Post, "/interfaces/edge_gre", Body::Fields)
            .reshape(mask_as_text)
            .reply(Envelope::One("response"))],
        update: &[call(Put, "/interfaces/edge_gre/{id}", Body::Changed)
            .reshape(mask_as_text)
            .reply(Envelope::One("response"))],
        remove: &[call(Delete, "/interfaces/edge_gre/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    carries_traffic: Some(Condition::is_not("enabled", &["false"])),
    ..Kind::NEW
};

fn mask_as_text(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    super::number_as_text(body, "mask_bits");
    Ok(())
}

whole_numbers!(
    /// Hops that a packet may take.
    HOPS, 1..=255
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [{
            "endpoint_name": "branch",
            "description": "",
            "ip_internal": "10.9.0.1",
            "mtu": 1350,
            "enabled": false,
            "mask_bits": "30",
            "gateway": null,
            "system_default": false,
            "local_connection_ip": "192.168.1.211",
            "remote_connection_ip": "203.0.113.7",
            "ttl": 255,
            "id": 8,
            "interface_id": 4,
            "ip_external": null,
            "name": "gre2",
            "interface_type": "gre",
            "status": "Up",
            "tags": []
        }]});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "id": 4,
                "endpoint_name": "branch",
                "local_connection_ip": "192.168.1.211",
                "remote_connection_ip": "203.0.113.7",
                "ip_internal": "10.9.0.1",
                "mask_bits": 30,
                "mtu": 1350,
                "ttl": 255,
                "enabled": false,
                "name": "gre2",
                "status": "Up"
            })]
        );
    }
}
