//! Service policies: which endpoints host which services (netfoundry.md#service-policies).
//!
//! A policy is of type Bind, for hosting, or Dial, for use. An AppWAN is a policy of type Dial and may show in this
//! list too; so that each object has one place, Dial is declared under `app-wans`. Services with a model make Bind
//! policies of their own, under names that are not documented.

use serde_json::Value;

use crate::providers::netfoundry::shared::{ENDPOINTS, NAME, POSTURE_CHECKS, SEMANTIC, SERVICES, ZITI_ID, in_network};
use crate::spec::{Identity, Kind, Removal, Type, field};

pub(crate) static KIND: Kind = Kind {
    name: "service-policies",
    doc: "Which endpoints host which services",
    source: "netfoundry.md#service-policies",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field("type", Type::Enum(&["Bind"]), "Bind; a Dial policy is an AppWAN").default("\"Bind\"").replaces(),
        SEMANTIC,
        field("serviceAttributes", SERVICES, "Services that are hosted").required(),
        field("endpointAttributes", ENDPOINTS, "Endpoints that host them").required(),
        field("postureCheckAttributes", POSTURE_CHECKS, "Checks that an endpoint has to pass").default("[]"),
        ZITI_ID,
    ],
    api: in_network!("service-policies", "servicePolicyList", adds r#""semantic": "AnyOf", "type": "Bind""#),
    foreign: Some(app_wan),
    removal: Removal::Outage,
    ..Kind::NEW
};

fn app_wan(policy: &Value) -> Option<&'static str> {
    let is_dial = policy.get("type").and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case("Dial"));
    is_dial.then_some("a Dial policy is an AppWAN, and declared under `app-wans`")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, refuses, writes};

    #[test]
    fn a_policy_as_documented() {
        let create = json!({
            "name": "ssh-BindServicePolicy", "type": "Bind", "semantic": "AnyOf", "serviceAttributes": ["@ssh"],
            "endpointAttributes": ["#dc-tunnelers"], "postureCheckAttributes": []
        });
        reads_back(&KIND, &create, &create);
        assert_eq!(app_wan(&create), None);
        let mut declared = create.clone();
        declared.as_object_mut().unwrap().retain(|name, _| name != "type" && name != "semantic");
        writes(&KIND, declared, create);
    }

    #[test]
    fn a_dial_policy_is_an_app_wan() {
        assert!(app_wan(&json!({ "name": "dev-access", "type": "Dial" })).is_some());
        assert!(refuses(&KIND, "type", json!("Dial")).contains("expected one of Bind"));
    }
}
