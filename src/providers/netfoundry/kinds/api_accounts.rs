//! API accounts (netfoundry.md#api-accounts). Read only: the reply to making one holds a password that is never shown
//! again.

use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "api-accounts",
    doc: "Accounts of programs that use the API",
    source: "netfoundry.md#api-accounts",
    identity: Identity::CaselessName("name"),
    fields: &[
        output("name", Type::Text, "Name"),
        output("description", Type::Text, "What it is for"),
        output("email", Type::Text, "Address"),
        output("contactEmail", Type::Text, "Who answers for it"),
        output("active", Type::Bool, "It can log in"),
        output("awsCognitoClientId", Type::Text, "Its `clientId`"),
        output("authenticationUrl", Type::Text, "Where its tokens are issued"),
        output("organizationId", Type::Ref("organizations"), "Organization that it is a member of"),
    ],
    api: Api { list: List::at("/identity/v1/api-account-identities", Envelope::Items("")), ..Api::NONE },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn an_account_as_documented() {
        let account = json!({
            "id": "c9b2e4f7", "type": "ApiAccountIdentity", "name": "ci-reconciler", "description": "pipeline",
            "email": "ci-reconciler@acme.example", "contactEmail": "netops@acme.example", "active": true,
            "awsCognitoClientId": "3k9", "auth0ClientId": null
        });
        shows(&KIND, &account, json!({ "contactEmail": "netops@acme.example", "awsCognitoClientId": "3k9" }));
    }
}
