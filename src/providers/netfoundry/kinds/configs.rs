//! Configs: how clients reach a service and how hosts serve it, for services without a model (netfoundry.md#configs).
//!
//! The types `intercept.v1` and `host.v1` are documented; `data` takes what other types need. A raw service names its
//! configs, or spells them out. Services with a model make configs of their own, under names that are not documented.

use crate::providers::netfoundry::shared::{HOSTS, NAME, PORT, PORT_RANGES, PROTOCOLS, ZITI_ID, forwarded, in_network};
use crate::spec::{Condition, Field, Identity, Kind, Type, field};

static DATA: [Field; 14] = config_data("configTypeId");

/// What the two documented types take, their names standing in the field `by`; other types take what they like
/// (netfoundry.md#configs). Each part takes further keys.
const fn config_data(by: &'static str) -> [Field; 14] {
    let (client, server) = (Condition::is(by, &["intercept.v1"]), Condition::is(by, &["host.v1"]));
    let (not_client, not_server) = (Condition::is_not(by, &["intercept.v1"]), Condition::is_not(by, &["host.v1"]));
    [
        field("addresses", HOSTS, "intercept.v1: names, `*.names`, addresses and networks that clients use")
            .required_if(client)
            .writable_on(not_server),
        field("protocols", PROTOCOLS, "intercept.v1: protocols that clients use")
            .required_if(client)
            .writable_on(not_server),
        field("portRanges", PORT_RANGES, "intercept.v1: ports that clients use")
            .required_if(client)
            .writable_on(not_server),
        field("sourceIp", Type::Text, "intercept.v1: source that the host is told, such as `$src_ip:$src_port`")
            .writable_on(not_server)
            .cleared_by("null"),
        field("protocol", Type::Text, "host.v1: protocol of the server")
            .required_if(Condition::is("forwardProtocol", &["false"]).and(server))
            .writable_on(not_client)
            .cleared_by("null"),
        field("address", Type::Text, "host.v1: name or address of the server")
            .required_if(Condition::is("forwardAddress", &["false"]).and(server))
            .writable_on(not_client)
            .cleared_by("null"),
        field("port", PORT, "host.v1: port of the server")
            .required_if(Condition::is("forwardPort", &["false"]).and(server))
            .writable_on(not_client)
            .cleared_by("null"),
        forwarded("forwardProtocol", "host.v1: takes the protocol that the client uses").writable_on(not_client),
        field("allowedProtocols", PROTOCOLS, "host.v1: protocols that may be forwarded")
            .required_if(Condition::is("forwardProtocol", &["true"]).and(server))
            .writable_on(not_client)
            .cleared_by("null"),
        forwarded("forwardAddress", "host.v1: takes the address that the client uses").writable_on(not_client),
        field("allowedAddresses", HOSTS, "host.v1: addresses that may be forwarded")
            .required_if(Condition::is("forwardAddress", &["true"]).and(server))
            .writable_on(not_client)
            .cleared_by("null"),
        forwarded("forwardPort", "host.v1: takes the port that the client uses").writable_on(not_client),
        field("allowedPortRanges", PORT_RANGES, "host.v1: ports that may be forwarded")
            .required_if(Condition::is("forwardPort", &["true"]).and(server))
            .writable_on(not_client)
            .cleared_by("null"),
        field("allowedSourceAddresses", HOSTS, "Sources that the server may see, or that clients may have")
            .cleared_by("null"),
    ]
}

pub(crate) static KIND: Kind = Kind {
    name: "configs",
    doc: "How clients reach a service, and how hosts serve it",
    source: "netfoundry.md#configs",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field("configTypeId", Type::Ref("config-types"), "Type of the config").required().replaces(),
        field("data", Type::Open(&DATA), "What the type takes").required(),
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
