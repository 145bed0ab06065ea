//! IPsec connections to remote gateways.
//!
//! Written as `secret`, read as `psk` in clear text; `gre` is read as `type`; `extra_config` is written as one string
//! and read as a list. A route-based endpoint makes one tunnel by itself (vns3.md#ipsec-endpoints).

use serde_json::Value;

use crate::providers::vns3::formats;
use crate::spec::{
    Api, Body, Condition, Disruption, Envelope, INTERFACE, Identity, Kind, List, Relation, Type, call, field, output,
    whole_numbers,
};
use wire::Method::{Delete, Post, Put};

/// `ipsec-endpoints`.
pub(crate) static KIND: Kind = Kind {
    name: "ipsec-endpoints",
    doc: "IPsec connections to remote gateways",
    source: "GET /ipsec, POST /ipsec/endpoints; vns3.md#ipsec-endpoints",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the connection").required(),
        super::DESCRIPTION,
        field("ipaddress", Type::IP, "Address of the remote gateway").required().disrupts(Disruption::TunnelBounce),
        field("secret", Type::Text, "Pre-shared key, the same on both sides")
            .required()
            .read_as("psk")
            .secret()
            .disrupts(Disruption::TunnelBounce),
        field("ike_version", Type::Format(&IKE_VERSION), "Version of IKE: 1 or 2")
            .default("1")
            .disrupts(Disruption::TunnelBounce),
        field("pfs", Type::Bool, "Perfect forward secrecy").default("true").disrupts(Disruption::TunnelBounce),
        field("nat_t_enabled", Type::Bool, "IPsec packed in UDP").default("true").disrupts(Disruption::TunnelBounce),
        field(
            "extra_config",
            Type::Joined(&Type::List(&Type::Format(&formats::OPTION)), " "),
            "Further options, such as `phase1=aes256_gcm-sha2_256-dh14`",
        )
        .disrupts(Disruption::TunnelBounce),
        field("private_ipaddress", Type::IP, "Address of the remote gateway behind its NAT")
            .disrupts(Disruption::TunnelBounce),
        field("vpn_type", Type::Enum(&["policy", "gre", "vti"]), "Policy-based, GRE over IPsec, or route-based")
            .default("\"policy\"")
            .disrupts(Disruption::TunnelBounce),
        field("gre", Type::Bool, "GRE over IPsec; the older way to say it").disrupts(Disruption::TunnelBounce),
        field("gre_interface_address", Type::Format(&INTERFACE), "Address of the GRE interface with its /30")
            .disrupts(Disruption::TunnelBounce),
        field("route_based_int_address", Type::Format(&INTERFACE), "Address of the route-based interface with its /30")
            .disrupts(Disruption::TunnelBounce),
        field("route_based_local", Type::CIDR, "Local selector of a route-based endpoint")
            .disrupts(Disruption::TunnelBounce),
        field("route_based_remote", Type::CIDR, "Remote selector of a route-based endpoint")
            .disrupts(Disruption::TunnelBounce),
        output("type", Type::Text, "What runs over IPsec, as the controller says it"),
    ],
    api: Api {
        list: List::at("/ipsec", Envelope::Keyed("response.remote_endpoints")),
        create: &[call(Post, "/ipsec/endpoints", Body::Fields).reply(Envelope::One("response"))],
        update: &[call(Put, "/ipsec/endpoints/{id}", Body::Changed).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/ipsec/endpoints/{id}", Body::None)],
        gone: &[(404, ""), (400, "endpoint_id does not exist")],
        ..super::super::API
    },
    relations: &[
        super::LICENSED,
        super::KEYED,
        Relation::After("ipsec-local", "the controller's own IPsec address has to be set before any endpoint is made"),
    ],
    read: Some(complete),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// The key that marks a route-based endpoint's own tunnel among the [`tunnels`](super::tunnels).
pub(crate) const OF_ENDPOINT: &str = "of_endpoint";

fn complete(endpoint: &mut Value) {
    if let Some(over) = endpoint.get("type").and_then(Value::as_str)
        && endpoint.get("gre").is_none()
    {
        let gre = over.to_ascii_lowercase().contains("gre");
        endpoint["gre"] = gre.into();
    }
    let route_based = endpoint.get("vpn_type").and_then(Value::as_str) == Some("vti");
    if let (true, Some(Value::Object(tunnels))) = (route_based, endpoint.get_mut("tunnels")) {
        for tunnel in tunnels.values_mut().filter_map(Value::as_object_mut) {
            tunnel.insert(OF_ENDPOINT.into(), true.into());
        }
    }
}

whole_numbers!(
    /// A version of IKE.
    IKE_VERSION, 1..=2
);

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::{listed, shown};

    /// The endpoint of the reference text's examples.
    pub(crate) fn example() -> Value {
        json!({
            "id": 1,
            "name": "EndpointB",
            "ipaddress": "13.53.72.182",
            "pfs": true,
            "ike_version": 2,
            "nat_t_enabled": true,
            "private_ipaddress": "192.0.2.254",
            "extra_config": [],
            "description": "To datacenter B",
            "tunnels": {
                "3": {
                    "id": 3,
                    "local_subnet": "172.31.0.0/28",
                    "remote_subnet": "192.168.10.0/22",
                    "endpoint_id": 1,
                    "enabled": true,
                    "description": "tunnel description",
                    "ping_ipaddress": "",
                    "ping_interface": "tun0",
                    "ping_interval": null
                }
            },
            "bgp_peers": {},
            "type": "ipsec",
            "vpn_type": "policy",
            "psk": "testtest"
        })
    }

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": {"this_endpoint": {}, "remote_endpoints": {"1": example()}}});
        let mut found = listed(&KIND, &reply);
        let secret = found[0]["secret"].take();
        assert!(!secret.to_string().contains("testtest"), "{secret}");
        assert_eq!(
            found,
            [json!({
                "id": 1,
                "name": "EndpointB",
                "description": "To datacenter B",
                "ipaddress": "13.53.72.182",
                "secret": null,
                "ike_version": 2,
                "pfs": true,
                "nat_t_enabled": true,
                "extra_config": [],
                "private_ipaddress": "192.0.2.254",
                "vpn_type": "policy",
                "gre": false,
                "type": "ipsec"
            })]
        );
    }

    #[test]
    fn extra_config_reads_as_a_list_or_as_a_string() {
        let expected = json!(["phase1=aes256_gcm-sha2_256-dh14", "phase2=aes256_gcm"]);
        let list = json!({"extra_config": ["phase1=aes256_gcm-sha2_256-dh14", "phase2=aes256_gcm"]});
        let text = json!({"extra_config": "phase1=aes256_gcm-sha2_256-dh14\nphase2=aes256_gcm"});
        assert_eq!(shown(&KIND, &list)["extra_config"], expected);
        assert_eq!(shown(&KIND, &text)["extra_config"], expected);
    }

    #[test]
    fn gre_is_read_from_the_type() {
        assert_eq!(shown(&KIND, &json!({"type": "GRE over IPsec"}))["gre"], true);
        assert_eq!(shown(&KIND, &json!({"type": "ipsec"}))["gre"], false);
        assert_eq!(shown(&KIND, &json!({})).get("gre"), None);
    }
}
