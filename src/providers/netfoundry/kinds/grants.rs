//! Grants: single permissions of identities (netfoundry.md#grants).
//!
//! That a grant can be removed is inferred from the other collections, and who removes the wrong one locks himself out:
//! each removal has to be allowed by address. The list can be filtered; it is read whole, which is inferred too. Who and
//! what are written as ids, because they are what tells grants apart; `identities` and `resource-actions` have them.

use crate::spec::{Api, Body, Envelope, Identity, Kind, List, Poll, Type, Until, call, field};
use wire::Method;

const VISIBLE: Poll = Poll {
    path: "/auth/v1/grants?identityId={identityId}&resourceActionId={resourceActionId}",
    at: "0",
    until: Until::set("id"),
    shows_object: true,
    ..Poll::NEW
};

pub(crate) static KIND: Kind = Kind {
    name: "grants",
    doc: "Single permissions of users and API accounts",
    source: "netfoundry.md#grants",
    identity: Identity::Natural(&["identityId", "resourceActionId", "path"]),
    fields: &[
        field("identityId", Type::Text, "Id of who may, as `identities` has it").required().replaces(),
        field("resourceActionId", Type::Text, "Id of what may be done, as `resource-actions` has it")
            .required()
            .replaces(),
        field("path", Type::List(&Type::Text), "Ids down to what it may be done to; empty for everything")
            .default("[]")
            .replaces(),
    ],
    api: Api {
        list: List::at("/auth/v1/grants", Envelope::Items("")),
        create: &[call(Method::Post, "/auth/v1/identity-resource-actions", Body::Fields)
            .adds(r#"{"path": []}"#)
            .reply(Envelope::One(""))
            .wait(&[VISIBLE])],
        remove: &[call(Method::Delete, "/auth/v1/identity-resource-actions/{id}", Body::None)],
        ..Api::NONE
    },
    removed_by_address: true,
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, writes};

    #[test]
    fn a_grant_as_documented() {
        let create = json!({ "identityId": "c9b2e4f7", "resourceActionId": "70d5a8e3", "path": [] });
        let mut live = create.clone();
        live["id"] = json!("e3f81c06");
        reads_back(&KIND, &create, &live);
        writes(&KIND, json!({ "identityId": "c9b2e4f7", "resourceActionId": "70d5a8e3" }), create);
        assert!(KIND.removed_by_address);
    }
}
