//! Resource actions: what a grant allows (netfoundry.md#resource-actions). The list can be filtered by type; it is read
//! whole.

use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "resource-actions",
    doc: "Actions that a grant can allow",
    source: "netfoundry.md#resource-actions",
    identity: Identity::Name("code"),
    fields: &[
        output("code", Type::Text, "Code, such as `update-reset-mfa`"),
        output("resourceTypeId", Type::Ref("resource-types"), "What it is done to"),
    ],
    api: Api { list: List::at("/auth/v1/resource-actions", Envelope::Items("")), ..Api::NONE },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn an_action_as_documented() {
        let action = json!({ "id": "70d5a8e3", "code": "update-reset-mfa", "resourceTypeId": "95c1e7b0" });
        shows(&KIND, &action, json!({ "code": "update-reset-mfa", "resourceTypeId": "95c1e7b0" }));
    }
}
