//! Network groups: what networks are billed and administered in (netfoundry.md#network-groups). Usually there is one.

use crate::providers::netfoundry::shared::PAGES;
use crate::spec::{Api, Envelope, Identity, Kind, List, Type, output};

pub(crate) static KIND: Kind = Kind {
    name: "network-groups",
    doc: "Groups of networks for billing and administration",
    source: "netfoundry.md#network-groups",
    identity: Identity::CaselessName("name"),
    fields: &[
        output("name", Type::Text, "Name by which networks refer to the group"),
        output("shortName", Type::Text, "Short name, without blanks"),
    ],
    api: Api {
        list: List::Call {
            path: "/core/v2/network-groups",
            at: Envelope::Items("_embedded.networkGroupList"),
            paging: PAGES,
        },
        ..Api::NONE
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::shows;

    #[test]
    fn a_group_as_documented() {
        let group = json!({
            "id": "4a8d2e71", "name": "ACME Group", "shortName": "ACMEGRP", "ownerIdentityId": "e19c7b04",
            "createdAt": "2024-01-10T08:00:00Z", "deletedAt": null
        });
        shows(&KIND, &group, json!({ "name": "ACME Group", "shortName": "ACMEGRP" }));
    }
}
