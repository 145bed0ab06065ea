//! Snapshots of the whole manager (cloudify.md#snapshots). Making, fetching and restoring them are actions; here they
//! are read.

use crate::providers::cloudify::shared::{TENANT_OWNED, list};
use crate::spec::{Api, Identity, Kind, Type, output};

/// `snapshots`.
pub(crate) static KIND: Kind = Kind {
    name: "snapshots",
    doc: "Snapshots of the manager",
    source: "Snapshots; cloudify.md#snapshots",
    identity: Identity::Name("id"),
    fields: &[
        output("id", Type::Text, "Name of the snapshot"),
        output("status", Type::Text, "How far it is: creating, created, failed, uploading or uploaded"),
        output("error", Type::Text, "What went wrong"),
        output("created_at", Type::Text, "When it was made or uploaded"),
        output("created_by", Type::Text, "Who made it"),
    ],
    api: Api {
        list: list("/snapshots?_include=id,status,error,created_at,created_by,tenant_name&_sort=id"),
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
    fn a_snapshot_of_the_reference_text() {
        let live = json!({
            "status": "uploaded", "tenant_name": "default_tenant", "created_at": "2017-05-11T18:13:25.912Z",
            "created_by": "admin", "private_resource": false, "error": "", "id": "snapshot5"
        });
        shows(&KIND, &live, &json!({ "id": "snapshot5", "status": "uploaded", "error": null, "created_by": "admin" }));
    }
}
