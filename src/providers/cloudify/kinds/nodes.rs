//! The nodes of a deployment: what its blueprint describes (cloudify.md#nodes).

use crate::providers::cloudify::shared::{NAMED, list};
use crate::spec::{Api, Identity, Kind, Type, output};

/// `nodes`.
pub(crate) static KIND: Kind = Kind {
    name: "nodes",
    doc: "Nodes of a deployment",
    source: "Nodes; cloudify.md#nodes",
    parent: Some("deployments"),
    identity: Identity::Name("id"),
    fields: &[
        output("id", Type::Text, "Name of the node in the blueprint"),
        output("type", Type::Text, "Type of the node"),
        output("host_id", Type::Text, "Node that it is contained in"),
        output("number_of_instances", Type::Int, "Instances that there are"),
        output("planned_number_of_instances", Type::Int, "Instances that there should be"),
        output("deploy_number_of_instances", Type::Int, "Instances that the blueprint asks for"),
        output("properties", Type::Map(&Type::Any), "Properties, as the blueprint gives them"),
    ],
    api: Api {
        list: list(
            "/nodes?deployment_id={parent.id}&_include=id,type,host_id,number_of_instances,planned_number_of_instances,\
             deploy_number_of_instances,properties&_sort=id",
        ),
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
    fn a_node_as_it_was_seen() {
        let live = json!({
            "id": "base", "deploy_number_of_instances": 1, "number_of_instances": 1, "planned_number_of_instances": 1,
            "type": "cloudify.nodes.Root", "drifted_instances": 0
        });
        shows(&KIND, &live, &json!({ "id": "base", "type": "cloudify.nodes.Root", "number_of_instances": 1 }));
    }
}
