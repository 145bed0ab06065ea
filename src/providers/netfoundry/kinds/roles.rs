//! Roles: sets of permissions on one organization, group or network each (netfoundry.md#roles).
//!
//! How a role is given to an identity is not documented. The last of several pages is faulty, so one page holds all
//! (netfoundry.md#lists).

use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "roles",
    doc: "Sets of permissions, such as the admin's of one network",
    source: "netfoundry.md#roles",
    identity: Identity::CaselessName("name"),
    fields: &[
        output("name", Type::Text, "Name, with what it is for: `Network Admin - acme-prod`"),
        output("description", Type::Text, "What it allows"),
    ],
    api: Api { list: List::at("/auth/v1/roles?size=3000", Envelope::Items("content")), ..Api::NONE },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_role_as_documented() {
        let role = json!({
            "id": "0f6a92d7", "name": "Network Admin - acme-prod", "description": "manage network acme-prod"
        });
        shows(&KIND, &role, json!({ "name": "Network Admin - acme-prod" }));
    }
}
