//! Users (netfoundry.md#user-identities). They come by invitation.

use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "user-identities",
    doc: "Users of the console",
    source: "netfoundry.md#user-identities",
    identity: Identity::CaselessName("email"),
    fields: &[
        output("email", Type::Text, "Address, by which endpoints refer to the user"),
        output("name", Type::Text, "Name"),
        output("active", Type::Bool, "The user can log in"),
        output("organizationId", Type::Ref("organizations"), "Organization that the user is a member of"),
    ],
    api: Api { list: List::at("/identity/v1/user-identities", Envelope::Items("")), ..Api::NONE },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_user_as_documented() {
        let user = json!({
            "id": "e19c7b04", "organizationId": "1d7f90b4", "type": "UserIdentity", "name": "Ana Ruiz",
            "email": "ana@acme.example", "active": true, "createdAt": { "epochSecond": 1704873600, "nano": 0 }
        });
        shows(&KIND, &user, json!({ "email": "ana@acme.example", "active": true }));
    }
}
