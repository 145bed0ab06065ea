//! Updates of deployments: how one came from a blueprint and inputs to others (cloudify.md#deployment-updates). A
//! change of a deployment makes one; here they are read, without steps and plans, which weigh 100 KB and more.

use crate::providers::cloudify::shared::{SINCE_V3_1, TENANT_OWNED, list};
use crate::spec::{Api, Identity, Kind, Type, output};
use wire::Method::Get;

/// `deployment-updates`.
pub(crate) static KIND: Kind = Kind {
    name: "deployment-updates",
    doc: "Updates that deployments went through",
    source: "Deployment updates; cloudify.md#deployment-updates",
    identity: Identity::Name("id"),
    fields: &[
        output("id", Type::Text, "Id of the update"),
        output("deployment_id", Type::Text, "Deployment that was updated"),
        output("state", Type::Text, "How far it is; `successful` or `failed` in the end"),
        output("old_blueprint_id", Type::Text, "Blueprint before"),
        output("new_blueprint_id", Type::Text, "Blueprint after"),
        output("execution_id", Type::Text, "Execution that does the work"),
        output("created_at", Type::Text, "When it was started"),
    ],
    api: Api {
        list: list(
            "/deployment-updates?_include=id,deployment_id,state,old_blueprint_id,new_blueprint_id,execution_id,created_at,\
             tenant_name&_sort=created_at&_sort=id",
        ),
        ..TENANT_OWNED
    },
    documented_at: &[(Get, "/deployment-updates", SINCE_V3_1)],
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn an_update_of_the_reference_text() {
        let live = json!({
            "state": "successful", "deployment_id": "deployment_1", "old_blueprint_id": "blueprint_1",
            "new_blueprint_id": "blueprint_2", "execution_id": "f92754a0-4cf4-4baa-80d3-0602f03f2b91",
            "id": "deployment_1-b22cd6b3-6dc1-4215-b9c0-404155eea939"
        });
        let expected =
            json!({ "state": "successful", "deployment_id": "deployment_1", "new_blueprint_id": "blueprint_2" });
        shows(&KIND, &live, &expected);
    }
}
