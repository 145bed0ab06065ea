//! Executions: runs of workflows (cloudify.md#executions). Starting and cancelling them are actions; here they are
//! read.
//!
//! Parameters are not read: those of a snapshot hold the database's credentials.

use crate::providers::cloudify::shared::{TENANT_OWNED, list};
use crate::spec::{Api, Identity, Kind, Type, output};

/// `executions`.
pub(crate) static KIND: Kind = Kind {
    name: "executions",
    doc: "Runs of workflows",
    source: "Executions; cloudify.md#executions",
    identity: Identity::Name("id"),
    fields: &[
        output("id", Type::Text, "Id of the execution"),
        output("workflow_id", Type::Text, "Workflow that it runs"),
        output("deployment_id", Type::Text, "Deployment that it runs on"),
        output("blueprint_id", Type::Text, "Blueprint of that deployment"),
        output("status", Type::Text, "How far it is; `terminated` is success"),
        output("error", Type::Text, "What went wrong"),
        output("created_at", Type::Text, "When it was asked for"),
        output("created_by", Type::Text, "Who asked for it"),
    ],
    api: Api {
        list: list(
            "/executions?_include=id,workflow_id,deployment_id,blueprint_id,status,error,created_at,created_by,tenant_name\
             &_sort=created_at&_sort=id",
        ),
        ..TENANT_OWNED
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn an_execution_as_it_was_seen() {
        let live = json!({
            "id": "e240af14-6c6c-40bf-ac6c-3fe3667ba0a6", "status": "terminated", "workflow_id": "install",
            "deployment_id": "d0", "blueprint_id": "ops", "error": "", "parameters": { "type_names": [] }
        });
        let expected =
            json!({ "workflow_id": "install", "deployment_id": "d0", "status": "terminated", "error": null });
        shows(&KIND, &live, &expected);
    }
}
