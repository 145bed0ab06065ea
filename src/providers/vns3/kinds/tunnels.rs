//! Pairs of networks that a policy-based IPsec endpoint joins.
//!
//! There is no list: they are read inside their endpoint, and creating one replies with the whole endpoint. `bounce` is
//! an action, not state, and is never sent (vns3.md#tunnels).

use serde_json::Value;

use super::ipsec_endpoints::OF_ENDPOINT;
use crate::spec::{Api, Body, Condition, Envelope, Identity, Kind, List, Type, call, output};
use wire::Method::{Delete, Post, Put};

/// `tunnels`.
pub(crate) static KIND: Kind = Kind {
    name: "tunnels",
    doc: "Pairs of networks that a policy-based IPsec endpoint joins",
    source: "POST /ipsec/endpoints/{endpoint_id}/tunnels; vns3.md#tunnels",
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
        output("connected", Type::Bool, "Whether the tunnel is up, where the controller says so"),
    ],
    api: Api {
        list: List::Inside("tunnels"),
        create: &[
            call(Post, "/ipsec/endpoints/{parent.id}/tunnels", Body::Fields).reply(Envelope::Keyed("response.tunnels"))
        ],
        update: &[
            call(Put, "/ipsec/endpoints/{parent.id}/tunnels/{id}", Body::Changed).reply(Envelope::One("response"))
        ],
        remove: &[call(Delete, "/ipsec/endpoints/{parent.id}/tunnels/{id}", Body::None)],
        gone: &[(404, ""), (400, "tunnel id does not exist"), (400, "endpoint_id does not exist")],
        ..super::super::API
    },
    foreign: Some(of_the_endpoint),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

fn of_the_endpoint(tunnel: &Value) -> Option<&'static str> {
    (tunnel.get(OF_ENDPOINT) == Some(&Value::Bool(true))).then_some("it comes with its route-based endpoint")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::ipsec_endpoints::{self, tests::example};
    use super::*;
    use crate::providers::vns3::reading::inside;

    #[test]
    fn that_of_a_route_based_endpoint_is_the_endpoints() {
        let mut endpoint = example();
        endpoint["vpn_type"] = json!("vti");
        ipsec_endpoints::KIND.read.unwrap()(&mut endpoint);
        assert!(inside(&KIND, &endpoint)[0]["foreign"].is_string());
        assert!(inside(&KIND, &example())[0].get("foreign").is_none());
    }

    #[test]
    fn the_example_endpoint_holds_one() {
        assert_eq!(
            inside(&KIND, &example()),
            [json!({
                "id": 3,
                "local_subnet": "172.31.0.0/28",
                "remote_subnet": "192.168.8.0/22",
                "description": "tunnel description",
                "enabled": true,
                "ping_interface": "tun0"
            })]
        );
    }
}
