//! Endpoints: devices, apps and tunnelers at the edge (netfoundry.md#endpoints).
//!
//! The enrolment token shows until the device has enrolled, for about two days; nothing makes a new one, so a lost token
//! means a new endpoint. What the device reports about itself changes all the time and is no field here. The endpoint of
//! a router's tunneler is the platform's: it comes and goes with its router, though its attributes may be declared.

use serde_json::Value;

use crate::providers::netfoundry::shared::{ATTRIBUTES, NAME, ZITI_ID, in_network};
use crate::spec::{Condition, EXPIRY, Field, Identity, Kind, Type, field, output};

const ENROLLMENT: &[Field] = &[
    field("ott", Type::Bool, "By a token that can be used once")
        .required_if(Condition::undeclared("ottca").and(Condition::undeclared("updb"))),
    field("ottca", Type::Ref("certificate-authorities"), "By a token and a certificate of this authority")
        .required_if(Condition::is("ott", &["false"]).and(Condition::undeclared("updb")))
        .writable_on(Condition::undeclared("updb").and(Condition::is_not("ott", &["true"]))),
    field("updb", Type::Text, "By this user name and a password")
        .writable_on(Condition::undeclared("ottca").and(Condition::is_not("ott", &["true"]))),
];

pub(crate) static KIND: Kind = Kind {
    name: "endpoints",
    doc: "Endpoints: devices, apps and tunnelers at the edge of the network",
    source: "netfoundry.md#endpoints",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        ATTRIBUTES,
        field("enrollmentMethod", Type::Object(ENROLLMENT), "How the device enrols: usually `ott: true`")
            .default(r#"{"ott":true}"#)
            .write_only()
            .replaces(),
        field("sessionIdentityId", Type::Ref("user-identities"), "User whose console session the endpoint needs")
            .cleared_by("null"),
        field("authPolicyId", Type::Ref("auth-policies"), "How the endpoint may prove who it is").cleared_by("null"),
        field("externalId", Type::Text, "Value that a token or a certificate of another issuer has to match")
            .cleared_by("null"),
        output("typeId", Type::Text, "Device, or Router for the tunneler of an edge router"),
        output("jwt", Type::Text, "Enrolment token, until the device has enrolled").secret(),
        output(
            "jwtExpiresAt",
            Type::Format(&EXPIRY),
            "When the enrolment token becomes invalid: after that, another one means another endpoint",
        ),
        ZITI_ID,
    ],
    // The platform has no default of its own: what is made without a word about it enrols by a token.
    api: in_network!("endpoints", "endpointList", adds r#""attributes": [], "enrollmentMethod": {"ott": true}"#),
    read: Some(without_spent_token),
    foreign: Some(tunneler_of_a_router),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// What has enrolled needs no token any more, whatever is still said of it.
fn without_spent_token(endpoint: &mut Value) {
    if let Value::Object(map) = endpoint
        && map.get("jwt").is_none_or(Value::is_null)
    {
        map.remove("jwtExpiresAt");
    }
}

fn tunneler_of_a_router(endpoint: &Value) -> Option<&'static str> {
    let is_router = endpoint.get("typeId").and_then(Value::as_str) == Some("Router");
    is_router.then_some("it is the tunneler of the edge router of the same name, and comes and goes with it")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, shows};

    #[test]
    fn an_endpoint_as_documented() {
        let create = json!({ "name": "laptop-ana", "attributes": ["#staff"], "enrollmentMethod": { "ott": true } });
        let live = json!({
            "id": "5c07e8b3", "name": "laptop-ana", "attributes": ["#staff"], "zitiId": "t8Lm2.pQz",
            "typeId": "Device", "jwt": "eyJhbGciOi", "jwtExpiresAt": "2025-03-06T09:12:31Z",
            "sessionIdentityId": null, "externalId": null, "authPolicyId": null, "hasApiSession": false, "os": null
        });
        reads_back(&KIND, &create, &live);
        shows(&KIND, &live, json!({ "jwt": "(secret jwt)", "jwtExpiresAt": "2025-03-06T09:12:31Z" }));
        assert_eq!(tunneler_of_a_router(&live), None);
    }

    #[test]
    fn the_endpoint_of_a_router_is_not_the_users() {
        let twin = json!({ "name": "branch-42", "typeId": "Router" });
        assert!(tunneler_of_a_router(&twin).is_some_and(|why| why.contains("edge router")));
    }
}
