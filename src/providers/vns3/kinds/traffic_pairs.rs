//! Pairs of networks whose traffic a route-based IPsec endpoint carries.
//!
//! They are read inside their endpoint, and every call replies with the pair. The calls `enable` and `disable` are left
//! alone: sources disagree about their verb, and `enabled` does the same (vns3.md#traffic-pairs).

use crate::spec::{Api, Body, Condition, Envelope, Identity, Kind, List, call};
use wire::Method::{Delete, Post, Put};

/// `traffic-pairs`.
pub(crate) static KIND: Kind = Kind {
    name: "traffic-pairs",
    doc: "Pairs of networks whose traffic a route-based IPsec endpoint carries",
    source: "POST /ipsec/endpoints/{endpoint_id}/traffic_pairs; vns3.md#traffic-pairs",
    parent: Some("ipsec-endpoints"),
    identity: Identity::Natural(&["local_subnet", "remote_subnet"]),
    fields: &[
        super::LOCAL_SUBNET,
        super::REMOTE_SUBNET,
        super::DESCRIPTION,
        super::TUNNEL_ENABLED,
        super::PING_IPADDRESS,
        super::PING_INTERVAL,
        super::PING_INTERFACE,
    ],
    api: Api {
        list: List::Inside("traffic_pairs"),
        create: &[
            call(Post, "/ipsec/endpoints/{parent.id}/traffic_pairs", Body::Fields).reply(Envelope::One("response"))
        ],
        update: &[call(Put, "/ipsec/endpoints/{parent.id}/traffic_pairs/{id}", Body::Changed)
            .reply(Envelope::One("response"))],
        remove: &[call(Delete, "/ipsec/endpoints/{parent.id}/traffic_pairs/{id}", Body::None)],
        gone: &[(404, ""), (400, "traffic pair id does not exist"), (400, "endpoint_id does not exist")],
        ..super::super::API
    },
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::ipsec_endpoints::tests::example;
    use super::*;
    use crate::providers::vns3::reading::inside;

    #[test]
    fn they_are_read_inside_their_endpoint() {
        let endpoint = json!({"id": 1, "traffic_pairs": {"7": {
            "id": 7,
            "remote_subnet": "10.2.0.0/16",
            "local_subnet": "10.1.0.0/16",
            "ping_ipaddress": null,
            "ping_interface": "",
            "ping_interval": 30,
            "enabled": false,
            "description": null,
            "ipsec_endpoint_id": 1,
            "endpoint_id": 1,
            "created_at": "2019-08-24T14:15:22Z",
            "updated_at": "2019-08-24T14:15:22Z"
        }}});
        assert_eq!(
            inside(&KIND, &endpoint),
            [json!({
                "id": 7,
                "local_subnet": "10.1.0.0/16",
                "remote_subnet": "10.2.0.0/16",
                "enabled": false,
                "ping_interval": 30
            })]
        );
    }

    #[test]
    fn an_endpoint_may_leave_the_map_out() {
        assert!(inside(&KIND, &example()).is_empty());
    }
}
