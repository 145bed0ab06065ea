//! Hosts: the machines of the controller and of the hosted edge routers (netfoundry.md#hosts). They have no name but
//! their id.

use crate::providers::netfoundry::shared::listed;
use crate::spec::{Identity, Kind, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "hosts",
    doc: "Machines that the vendor runs for a network",
    source: "netfoundry.md#hosts",
    parent: Some("networks"),
    identity: Identity::Name("id"),
    fields: &[
        output("id", Type::Text, "Id"),
        output("ipAddress", Type::IP, "Public address"),
        output("provider", Type::Text, "Cloud"),
        output("region", Type::Text, "Region of that cloud").inferred(),
        output("status", Type::Text, "State").inferred(),
    ],
    api: listed!("hosts", "hostList"),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_host_as_documented() {
        let host = json!({
            "id": "2e90b7c1", "networkId": "0b6f1c52", "ipAddress": "198.51.100.24", "provider": "AWS",
            "region": "us-east-2", "status": "PROVISIONED"
        });
        shows(&KIND, &host, json!({ "id": "2e90b7c1", "ipAddress": "198.51.100.24" }));
    }
}
