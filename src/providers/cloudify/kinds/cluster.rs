//! The cluster that a manager of version 4.0 to 4.6 may be part of (cloudify.md#cluster). Joining one is not to be
//! undone: it is only read.

use crate::providers::cloudify::shared::NAMED;
use crate::spec::{Api, Envelope, Kind, List, Type, output};

/// `cluster`.
pub(crate) static KIND: Kind = Kind {
    name: "cluster",
    doc: "State of the cluster of managers, on servers before 5.0",
    source: "Cluster; cloudify.md#cluster",
    fields: &[
        output("initialized", Type::Bool, "Whether the manager is part of a cluster"),
        output("consul", Type::Any, "State of the cluster's own store"),
    ],
    api: Api { list: List::at("/cluster", Envelope::One("")), ..NAMED },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_cluster_of_the_reference_text() {
        let live = json!({ "initialized": true, "consul": { "leader": "172.20.0.3:8300" }, "error": null });
        shows(&KIND, &live, &json!({ "initialized": true, "consul": { "leader": "172.20.0.3:8300" } }));
        shows(&KIND, &json!({ "initialized": false }), &json!({ "initialized": false, "consul": null }));
    }
}
