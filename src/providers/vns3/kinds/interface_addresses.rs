//! Further addresses of a system interface.
//!
//! The reference text shows no id in the list, although paths take one, and no label, which writes have to give.
//! Replies to all other calls are empty (vns3.md#interface-addresses). A controller whose list really has no id lets
//! addresses be added, and nothing else.

use crate::spec::{Api, Body, Condition, Disruption, Envelope, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Post, Put};

/// `interface-addresses`.
pub(crate) static KIND: Kind = Kind {
    name: "interface-addresses",
    doc: "Further addresses of a system interface",
    source: "GET /interfaces/system/{interface_id}/addresses; vns3.md#interface-addresses",
    parent: Some("system-interfaces"),
    identity: Identity::Name("ip_internal"),
    fields: &[
        field("ip_internal", Type::IP, "The address, which the host has to offer").required().replaces(),
        field("label", Type::Text, "Word for the address; the controller does not show it")
            .required()
            .write_only()
            .always(),
        super::DESCRIPTION,
        field("mask_bits", super::PREFIX, "Length of the network's prefix, from 1 to 32")
            .default("32")
            .always()
            .disrupts(Disruption::Outage),
        field("gateway", Type::IP, "Gateway of the network").cleared_by("null").disrupts(Disruption::Outage),
        field("ip_external", Type::IP, "Address by which others know it").cleared_by("null"),
    ],
    api: Api {
        list: List::at("/interfaces/system/{parent.id}/addresses", Envelope::Items("response")),
        aliases: &["ip_internal"],
        create: &[call(Post, "/interfaces/system/{parent.id}/addresses", Body::Fields)],
        update: &[call(Put, "/interfaces/system/{parent.id}/addresses/{id}", Body::Changed)],
        remove: &[call(Delete, "/interfaces/system/{parent.id}/addresses/{id}", Body::None)],
        ..super::super::API
    },
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [{
            "ip_internal": "192.168.1.77",
            "ip_external": "203.0.113.7",
            "description": "string",
            "gateway": "192.168.1.1",
            "mask_bits": 24,
            "created_at": "2019-08-24T14:15:22Z",
            "updated_at": "2019-08-24T14:15:22Z"
        }]});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "ip_internal": "192.168.1.77",
                "description": "string",
                "mask_bits": 24,
                "gateway": "192.168.1.1",
                "ip_external": "203.0.113.7"
            })]
        );
    }
}
