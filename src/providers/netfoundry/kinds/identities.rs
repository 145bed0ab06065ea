//! Identities: users and API accounts alike (netfoundry.md#identities). Read only, so that no diff locks its users out.

use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "identities",
    doc: "Users and API accounts",
    source: "netfoundry.md#identities",
    identity: Identity::CaselessName("email"),
    fields: &[
        output("email", Type::Text, "Address"),
        output("name", Type::Text, "Name"),
        output("type", Type::Text, "UserIdentity or ApiAccountIdentity"),
        output("active", Type::Bool, "It can log in"),
        output("organizationId", Type::Ref("organizations"), "Organization that it is a member of"),
        output("description", Type::Text, "What an API account is for"),
        output("contactEmail", Type::Text, "Who answers for an API account"),
        output("awsCognitoClientId", Type::Text, "The `clientId` of an API account"),
        output("authenticationUrl", Type::Text, "Where the tokens of an API account are issued"),
    ],
    api: Api { list: List::at("/identity/v1/identities", Envelope::Items("")), ..Api::NONE },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn both_sorts_show_their_address() {
        let user = json!({ "id": "e19c7b04", "type": "UserIdentity", "name": "Ana Ruiz", "email": "ana@acme.example" });
        shows(&KIND, &user, json!({ "email": "ana@acme.example", "type": "UserIdentity", "active": null }));
    }
}
