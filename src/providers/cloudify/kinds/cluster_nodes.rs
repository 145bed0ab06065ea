//! The managers of a cluster (cloudify.md#cluster-nodes). Their credentials are not read.

use crate::providers::cloudify::shared::NAMED;
use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

/// `cluster-nodes`.
pub(crate) static KIND: Kind = Kind {
    name: "cluster-nodes",
    doc: "Managers in the cluster, on servers before 5.0",
    source: "Cluster; cloudify.md#cluster-nodes",
    identity: Identity::Name("name"),
    fields: &[
        output("name", Type::Text, "Name of the manager"),
        output("host_ip", Type::IP, "Address at which the others reach it"),
        output("master", Type::Bool, "Whether it is the active one"),
        output("online", Type::Bool, "Whether it is reached"),
        output("initialized", Type::Bool, "Whether it has joined"),
    ],
    api: Api { list: List::at("/cluster/nodes", Envelope::Items("items")), ..NAMED },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_node_of_the_reference_text() {
        let live = json!({
            "initialized": true, "online": true, "master": true, "host_ip": "172.20.0.2", "name": "vnf_manager_LMJZA2",
            "credentials": "<REDACTED>"
        });
        shows(&KIND, &live, &json!({ "name": "vnf_manager_LMJZA2", "host_ip": "172.20.0.2", "master": true }));
        assert!(KIND.field("credentials").is_none());
    }
}
