//! Resource types: what permissions are about (netfoundry.md#resource-types).

use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "resource-types",
    doc: "Sorts of resources that permissions are about",
    source: "netfoundry.md#resource-types",
    identity: Identity::Name("code"),
    fields: &[output("code", Type::Text, "Code, such as `user-identity`")],
    api: Api { list: List::at("/auth/v1/resource-types", Envelope::Items("")), ..Api::NONE },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_type_as_documented() {
        shows(&KIND, &json!({ "id": "95c1e7b0", "code": "user-identity" }), json!({ "code": "user-identity" }));
    }
}
