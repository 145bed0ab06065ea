//! AppWANs: which endpoints may use which services (netfoundry.md#app-wans).
//!
//! An AppWAN is a service policy of type Dial that matches any of what it names; one that asks for all tags is declared
//! under `service-policies`. An endpoint that hosts a service should not use it through an AppWAN as well.

use serde_json::Value;

use crate::providers::netfoundry::shared::{ENDPOINTS, NAME, POSTURE_CHECKS, SERVICES, ZITI_ID, in_network};
use crate::spec::{Condition, Identity, Kind, Type, field};

pub(crate) static KIND: Kind = Kind {
    name: "app-wans",
    doc: "Which endpoints may use which services, and what is checked about them",
    source: "netfoundry.md#app-wans",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        // Reads leave it out, and the API implies it (netfoundry.md#app-wans).
        field(
            "semantic",
            Type::Enum(&["AnyOf"]),
            "AnyOf; a policy that asks for all of the tags is a service policy of type Dial",
        )
        .default("\"AnyOf\""),
        field("serviceAttributes", SERVICES, "Services that may be used").required(),
        field("endpointAttributes", ENDPOINTS, "Endpoints that may use them").required(),
        field("postureCheckAttributes", POSTURE_CHECKS, "Checks that an endpoint has to pass").default("[]"),
        ZITI_ID,
    ],
    api: in_network!("app-wans", "appWanList", adds r#""postureCheckAttributes": []"#),
    foreign: Some(asks_for_all),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

/// As an AppWAN it would be taken for one that any of its tags opens.
fn asks_for_all(policy: &Value) -> Option<&'static str> {
    let is_all = policy.get("semantic").and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case("AllOf"));
    is_all.then_some("a Dial policy that asks for all of its tags is declared under `service-policies`")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, refuses, writes};

    #[test]
    fn an_app_wan_as_documented() {
        let create = json!({
            "name": "dev-access", "serviceAttributes": ["#dev"], "endpointAttributes": ["#staff"],
            "postureCheckAttributes": ["#managed-device"]
        });
        let live = json!({
            "id": "7e50a3b9", "networkId": "0b6f1c52", "name": "dev-access", "serviceAttributes": ["#dev"],
            "endpointAttributes": ["#staff"], "postureCheckAttributes": ["#managed-device"], "zitiId": "p2Nn.E5ja"
        });
        reads_back(&KIND, &create, &live);
        writes(&KIND, create.clone(), create);
    }

    #[test]
    fn a_policy_for_all_of_its_tags_is_no_app_wan() {
        assert!(asks_for_all(&json!({ "name": "dev-access", "semantic": "AllOf" })).is_some());
        for one in [json!({ "name": "dev-access" }), json!({ "name": "dev-access", "semantic": "AnyOf" })] {
            assert_eq!(asks_for_all(&one), None, "{one}");
        }
        assert!(refuses(&KIND, "semantic", json!("AllOf")).contains("expected one of AnyOf"));
    }
}
