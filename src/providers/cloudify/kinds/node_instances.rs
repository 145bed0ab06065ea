//! The node instances of a deployment: what runs (cloudify.md#node-instances). Plugins write them; here they are read.
//!
//! They come with their deployment; runtime properties are read one by one, and again when the instance's version moved.

use crate::providers::cloudify::kinds::deployments;
use crate::providers::cloudify::shared::NAMED;
use crate::spec::{Api, Body, Detail, Identity, Kind, List, Type, call, output};
use wire::Method::Get;

/// `node-instances`.
pub(crate) static KIND: Kind = Kind {
    name: "node-instances",
    doc: "Node instances of a deployment, with their state and runtime properties",
    source: "Node instances; cloudify.md#node-instances",
    parent: Some("deployments"),
    identity: Identity::Name("id"),
    fields: &[
        output("id", Type::Text, "Id of the instance"),
        output("node_id", Type::Text, "Node that it is an instance of"),
        output("state", Type::Text, "State: `uninitialized` to `started`, and back to `deleted`"),
        output("version", Type::Int, "How often it was changed"),
        output("runtime_properties", Type::Map(&Type::Any), "What the plugins noted about it"),
    ],
    api: Api {
        list: List::Inside(deployments::NODE_INSTANCES),
        details: &[Detail {
            read: call(Get, "/node-instances/{id}", Body::None),
            fields: &["runtime_properties"],
            stamp: "version",
        }],
        ..NAMED
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn an_instance_as_it_was_seen() {
        let live = json!({
            "id": "app_dve6rd", "node_id": "app", "deployment_id": "g2", "state": "started", "version": 7,
            "runtime_properties": { "addr": "10.0.0.5-one" }
        });
        let expected = json!({
            "id": "app_dve6rd", "state": "started", "version": 7, "runtime_properties": { "addr": "10.0.0.5-one" }
        });
        shows(&KIND, &live, &expected);
    }
}
