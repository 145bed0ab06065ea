//! BGP neighbours behind an IPsec endpoint.
//!
//! Every write replies with the whole endpoint. `ipaddress` and `asn` are needed in every update. An unset alias is
//! read as missing, null or 0; the access list comes back with carriage returns (vns3.md#ebgp-peers).

use serde_json::Value;

use crate::providers::vns3::formats;
use crate::spec::{Api, Body, Condition, Disruption, Envelope, Identity, Kind, List, Type, call, field, whole_numbers};
use wire::Method::{Delete, Post, Put};

/// `ebgp-peers`.
pub(crate) static KIND: Kind = Kind {
    name: "ebgp-peers",
    doc: "BGP neighbours behind an IPsec endpoint",
    source: "POST /ipsec/endpoints/{endpoint_id}/ebgp_peers; vns3.md#ebgp-peers",
    parent: Some("ipsec-endpoints"),
    identity: Identity::Name("ipaddress"),
    fields: &[
        field("ipaddress", Type::IP, "Address of the neighbour").required().always(),
        field("asn", super::ASN, "Autonomous system number of the neighbour")
            .required()
            .always()
            .disrupts(Disruption::Reconnect),
        field(
            "local_asn_alias",
            Type::Format(&ALIAS),
            "Autonomous system number that the controller shows to this neighbour",
        )
        .cleared_by("0")
        .disrupts(Disruption::Reconnect),
        field(
            "access_list",
            Type::Joined(&Type::List(&Type::Format(&formats::ACCESS_LINE)), "\n"),
            "Lines `in permit CIDR` and `out permit CIDR`",
        ),
        field("bgp_password", Type::Text, "Password of the session, the same on both sides")
            .secret()
            .disrupts(Disruption::Reconnect),
        field("add_network_distance", Type::Bool, "Make the path look longer").cleared_by("false"),
        field("add_network_distance_direction", Type::Enum(&["in", "out"]), "For which direction"),
        field("add_network_distance_hops", super::COUNT, "By how many hops").cleared_by("0"),
        field("keepalive_interval", super::COUNT, "Seconds between two keepalives").disrupts(Disruption::Reconnect),
        field("hold_time", super::COUNT, "Seconds of silence after which the session is torn down")
            .disrupts(Disruption::Reconnect),
    ],
    api: Api {
        list: List::Inside("bgp_peers"),
        create: &[call(Post, "/ipsec/endpoints/{parent.id}/ebgp_peers", Body::Fields)
            .reply(Envelope::Keyed("response.bgp_peers"))],
        update: &[call(Put, "/ipsec/endpoints/{parent.id}/ebgp_peers/{id}", Body::Changed)
            .reply(Envelope::Keyed("response.bgp_peers"))],
        remove: &[call(Delete, "/ipsec/endpoints/{parent.id}/ebgp_peers/{id}", Body::None)],
        gone: &[(404, ""), (400, "bgp_peer does not exist"), (400, "endpoint_id does not exist")],
        ..super::super::API
    },
    read: Some(tidy),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// An alias of 0 is none, and control characters in the access list mean nothing.
fn tidy(peer: &mut Value) {
    if let Some(alias) = peer.get_mut("local_asn_alias")
        && alias.as_u64() == Some(0)
    {
        *alias = Value::Null;
    }
    if let Some(Value::String(list)) = peer.get_mut("access_list") {
        list.retain(|letter| letter == '\n' || !letter.is_control());
    }
}

whole_numbers!(
    /// A number of an autonomous system, or 0 for none.
    ALIAS, 0..=4294967295
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::{inside, shown};

    #[test]
    fn the_example_reply_reads() {
        let peer = json!({
            "id": 2,
            "ipaddress": "55.55.55.55",
            "asn": 65123,
            "bgp_password": "asdfasdf",
            "access_list": "",
            "add_network_distance": true,
            "add_network_distance_direction": "out",
            "add_network_distance_hops": 0,
            "keepalive_interval": 10,
            "hold_time": 32
        });
        let mut found = inside(&KIND, &json!({"bgp_peers": {"2": peer}}));
        let password = found[0]["bgp_password"].take();
        assert!(!password.to_string().contains("asdfasdf"), "{password}");
        assert_eq!(
            found,
            [json!({
                "id": 2,
                "ipaddress": "55.55.55.55",
                "asn": 65123,
                "access_list": [],
                "bgp_password": null,
                "add_network_distance": true,
                "add_network_distance_direction": "out",
                "add_network_distance_hops": 0,
                "keepalive_interval": 10,
                "hold_time": 32
            })]
        );
    }

    #[test]
    fn what_means_nothing_is_dropped() {
        let live = json!({"access_list": "in permit 10.0.0.0/8\r\n\u{8}out permit 10.1.0.0/16", "local_asn_alias": 0});
        assert_eq!(shown(&KIND, &live), json!({"access_list": ["in permit 10.0.0.0/8", "out permit 10.1.0.0/16"]}));
    }
}
