//! Network controllers: one a network, made and removed with it (netfoundry.md#network-controllers).
//!
//! A controller's own secrets and sessions can be read by privileged callers; they are never asked for.

use crate::providers::netfoundry::shared::listed;
use crate::spec::{Identity, Kind, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "network-controllers",
    doc: "The controller of a network",
    source: "netfoundry.md#network-controllers",
    parent: Some("networks"),
    identity: Identity::Singleton,
    fields: &[
        output("name", Type::Text, "Name"),
        output("status", Type::Text, "State"),
        output("domainName", Type::Text, "Name in DNS, for firewalls and allow-lists"),
        output("ipAddress", Type::IP, "Public address, for firewalls and allow-lists"),
        output("port", Type::Int, "Port that endpoints and routers connect to"),
        output("provider", Type::Text, "Cloud that it runs in"),
        output("hostId", Type::Ref("hosts"), "Host that it runs on"),
    ],
    api: listed!("network-controllers", "networkControllerList"),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_controller_as_documented() {
        let controller = json!({
            "id": "f5b0a7d3", "networkId": "0b6f1c52", "name": "acme-prod-nc", "status": "PROVISIONED",
            "domainName": "0b6f1c52.production.netfoundry.io", "ipAddress": "203.0.113.17", "port": 443,
            "provider": "AWS", "hostId": "b81d6e02"
        });
        shows(&KIND, &controller, json!({ "ipAddress": "203.0.113.17", "port": 443, "hostId": "b81d6e02" }));
    }
}
