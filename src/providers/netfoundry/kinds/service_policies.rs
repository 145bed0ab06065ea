//! Service policies: which endpoints host which services, or use them (netfoundry.md#service-policies).
//!
//! A policy is of type Bind, for hosting, or Dial, for use. An AppWAN is a policy of type Dial for what has any of its
//! tags, and may show in this list too; so that each object has one place, such are declared under `app-wans`, and here
//! those that ask for all tags. Services with a model make Bind policies of their own, under names that are not
//! documented.

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::netfoundry::shared::{ENDPOINTS, NAME, POSTURE_CHECKS, SEMANTIC, SERVICES, ZITI_ID, in_network};
use crate::spec::{Condition, Identity, Kind, Type, field};

const DIAL: Condition = Condition::is("type", &["Dial"]);

pub(crate) static KIND: Kind = Kind {
    name: "service-policies",
    doc: "Which endpoints host which services, or use them if they have all of the tags",
    source: "netfoundry.md#service-policies",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field(
            "type",
            Type::Enum(&["Bind", "Dial"]),
            "Bind to host; Dial to use, with `semantic: AllOf`: others are AppWANs",
        )
        .default("\"Bind\"")
        .replaces(),
        SEMANTIC.required_if(DIAL),
        field("serviceAttributes", SERVICES, "Services that are hosted or used").required(),
        field("endpointAttributes", ENDPOINTS, "Endpoints that host or use them").required(),
        field("postureCheckAttributes", POSTURE_CHECKS, "Checks that an endpoint has to pass")
            .default("[]")
            .writable_on(DIAL),
        ZITI_ID,
    ],
    api: in_network!("service-policies", "servicePolicyList",
        adds r#""semantic": "AnyOf", "type": "Bind""#, create no_app_wan, update no_app_wan),
    foreign: Some(app_wan),
    carries_traffic: Some(Condition::ALWAYS),
    ..Kind::NEW
};

fn app_wan(policy: &Value) -> Option<&'static str> {
    let says = |field: &str, word: &str| {
        policy.get(field).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    let is_one = says("type", "Dial") && !says("semantic", "AllOf");
    is_one.then_some("a Dial policy for any of its tags is an AppWAN, and declared under `app-wans`")
}

/// What would show as an AppWAN is not made here, where nobody would find it again.
fn no_app_wan(body: &mut Attr, live: Option<&Value>) -> Result<(), &'static str> {
    let body: &Attr = body;
    let said = |field: &str| {
        let declared = match body {
            Attr::Map(fields) => fields.get(field).and_then(Attr::as_text),
            _ => None,
        };
        declared.or_else(|| live.and_then(|policy| policy.get(field)).and_then(Value::as_str)).unwrap_or_default()
    };
    match said("type").eq_ignore_ascii_case("Dial") && !said("semantic").eq_ignore_ascii_case("AllOf") {
        true => Err("a Dial policy for any of its tags is an AppWAN: declare it under `app-wans`"),
        false => Ok(()),
    }
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
    fn a_dial_policy_is_an_app_wan_unless_it_asks_for_all_tags() {
        let policy = |semantic: &str| json!({ "name": "dev-access", "type": "Dial", "semantic": semantic });
        for (policy, is_app_wan) in [
            (json!({ "name": "dev-access", "type": "Dial" }), true),
            (policy("AnyOf"), true),
            (policy("AllOf"), false),
            (policy("allof"), false),
        ] {
            assert_eq!(app_wan(&policy).is_some(), is_app_wan, "{policy}");
            assert_eq!(no_app_wan(&mut Attr::from_json(&policy), None).is_err(), is_app_wan, "{policy}");
            let mut changed = Attr::from_json(&json!({ "name": "dev-access" }));
            assert_eq!(no_app_wan(&mut changed, Some(&policy)).is_err(), is_app_wan, "{policy}");
        }
        let mut wider = Attr::from_json(&json!({ "semantic": "AnyOf" }));
        assert!(no_app_wan(&mut wider, Some(&policy("AllOf"))).is_err());
        assert!(refuses(&KIND, "type", json!("Both")).contains("expected one of Bind, Dial"));
    }
}
