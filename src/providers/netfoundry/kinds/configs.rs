//! Configs: how clients reach a service and how hosts serve it, for services without a model (netfoundry.md#configs).
//!
//! The types `intercept.v1` and `host.v1` are documented; `data` takes what other types need. Services with a model
//! make configs of their own, under names that are not documented.

use crate::providers::netfoundry::shared::{HOSTS, NAME, PORT_RANGES, PROTOCOLS, ZITI_ID, in_network};
use crate::spec::{Field, Identity, Kind, Type, field};

const DATA: &[Field] = &[
    field("addresses", HOSTS, "intercept.v1: names, `*.names`, addresses and networks that clients use")
        .cleared_by("null"),
    field("protocols", PROTOCOLS, "intercept.v1: protocols that clients use").cleared_by("null"),
    field("portRanges", PORT_RANGES, "intercept.v1: ports that clients use").cleared_by("null"),
    field("sourceIp", Type::Text, "intercept.v1: source that the host is told, such as `$src_ip:$src_port`")
        .cleared_by("null"),
    field("protocol", Type::Text, "host.v1: protocol of the server").cleared_by("null"),
    field("address", Type::Text, "host.v1: name or address of the server").cleared_by("null"),
    field("port", Type::Int, "host.v1: port of the server").cleared_by("null"),
    field("forwardProtocol", Type::Bool, "host.v1: takes the protocol that the client uses").cleared_by("null"),
    field("allowedProtocols", PROTOCOLS, "host.v1: protocols that may be forwarded").cleared_by("null"),
    field("forwardAddress", Type::Bool, "host.v1: takes the address that the client uses").cleared_by("null"),
    field("allowedAddresses", HOSTS, "host.v1: addresses that may be forwarded").cleared_by("null"),
    field("forwardPort", Type::Bool, "host.v1: takes the port that the client uses").cleared_by("null"),
    field("allowedPortRanges", PORT_RANGES, "host.v1: ports that may be forwarded").cleared_by("null"),
    field("allowedSourceAddresses", HOSTS, "host.v1: sources that the server may see").cleared_by("null"),
];

pub(crate) static KIND: Kind = Kind {
    name: "configs",
    doc: "How clients reach a service, and how hosts serve it",
    source: "netfoundry.md#configs",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field("configTypeId", Type::Ref("config-types"), "Type of the config").required().replaces(),
        field("data", Type::Open(DATA), "What the type takes").required(),
        ZITI_ID,
    ],
    api: in_network!("configs", "configList"),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, writes};

    #[test]
    fn a_config_as_documented() {
        let create = json!({
            "name": "git-intercept", "configTypeId": "cf3962b1",
            "data": {
                "addresses": ["git.acme.internal"], "protocols": ["tcp"], "portRanges": [{ "low": 443, "high": 443 }],
                "dialOptions": { "connectTimeoutSeconds": 5 }
            }
        });
        reads_back(&KIND, &create, &create);
        writes(&KIND, create.clone(), create);
    }
}
