//! Organizations: what identities are members of (netfoundry.md#organizations).

use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "organizations",
    doc: "Organizations, which identities are members of",
    source: "netfoundry.md#organizations",
    identity: Identity::CaselessName("name"),
    fields: &[
        output("name", Type::Text, "Name"),
        output("label", Type::Text, "Short name, with which members log in"),
        output("active", Type::Bool, "Members can log in"),
        output("mfaProvider", Type::Text, "What a second factor is asked from"),
    ],
    api: Api { list: List::at("/identity/v1/organizations", Envelope::Items("")), ..Api::NONE },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn an_organization_as_documented() {
        let organization = json!({
            "id": "1d7f90b4", "name": "ACME", "label": "acme", "active": true, "mfaProvider": "None",
            "deleted": false, "createdAt": { "epochSecond": 1704873600, "nano": 0 }, "identityProviders": []
        });
        shows(&KIND, &organization, json!({ "label": "acme", "active": true }));
    }
}
