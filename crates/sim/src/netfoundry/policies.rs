//! Policies of edge routers and services (netfoundry.md#edge-router-policies,
//! netfoundry.md#service-edge-router-policies, netfoundry.md#service-policies), and AppWANs (netfoundry.md#app-wans).
//!
//! An AppWAN *is* a Dial service policy, so both collections show one store: a Dial policy for any of its tags stands in both lists, with
//! the same id and the same overlay id.

use serde_json::{Map, Value, json};

use super::Platform;
use super::kind::{Kind, Traits};
use super::refusal::Refusal;
use super::shape::{Field, NAME, NETWORK_ID, Shape};
use super::store::Object;
use super::write::Draft;

const ENDPOINTS: Field = Field::required("endpointAttributes", Shape::Mentions(Kind::Endpoint));
const ROUTERS: Field = Field::required("edgeRouterAttributes", Shape::Mentions(Kind::EdgeRouter));
const SERVICES: Field = Field::required("serviceAttributes", Shape::Mentions(Kind::Service));
const POSTURE: Field = Field::optional("postureCheckAttributes", Shape::Mentions(Kind::PostureCheck)).unset("[]");
/// The overlay's own default is AllOf (netfoundry.md#defaults-that-differ).
const SEMANTIC: Field = Field::optional("semantic", Shape::Word(&["AnyOf", "AllOf"])).unset("\"AllOf\"");

/// `core/v2/edge-router-policies`: POST answers 200 (netfoundry.md#edge-router-policies).
pub(super) static EDGE_ROUTER_POLICY: Traits = Traits {
    path: "edge-router-policies",
    singular: "edge-router-policy",
    fields: &[NETWORK_ID, NAME, ENDPOINTS, ROUTERS],
    created: 200,
    ..Traits::COMMON
};

/// `core/v2/service-edge-router-policies`.
pub(super) static SERVICE_EDGE_ROUTER_POLICY: Traits = Traits {
    path: "service-edge-router-policies",
    singular: "service-edge-router-policy",
    fields: &[NETWORK_ID, NAME, SEMANTIC, SERVICES, ROUTERS],
    ..Traits::COMMON
};

/// `core/v2/service-policies`.
pub(super) static SERVICE_POLICY: Traits = Traits {
    path: "service-policies",
    singular: "service-policy",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::required("type", Shape::Word(&["Bind", "Dial"])).fixed(),
        SEMANTIC,
        SERVICES,
        ENDPOINTS,
        POSTURE,
    ],
    check: check_bind,
    ..Traits::COMMON
};

/// `core/v2/app-wans`: POST answers 200 (netfoundry.md#app-wans).
pub(super) static APP_WAN: Traits = Traits {
    path: "app-wans",
    singular: "app-wan",
    fields: &[
        NETWORK_ID,
        NAME,
        SERVICES,
        ENDPOINTS,
        POSTURE,
        // The create form has what is implied (netfoundry.md#app-wans), so it can come back.
        Field::optional("type", Shape::Word(&["Dial"])).dropped(),
        Field::optional("semantic", Shape::Word(&["AnyOf"])).dropped(),
    ],
    created: 200,
    check: |_, draft| {
        add_implied(&mut draft.shown);
        Ok(())
    },
    ..Traits::COMMON
};

/// Posture checks are for those who dial (netfoundry.md#service-policies).
fn check_bind(_platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    let checks = draft.shown.get("postureCheckAttributes").and_then(Value::as_array);
    match checks.is_some_and(|checks| !checks.is_empty()) && draft.text("type") == Some("Bind") {
        true => Err(Refusal::invalid("`postureCheckAttributes` are for Dial policies")),
        false => Ok(()),
    }
}

/// The fields that an AppWAN implies and its read form leaves out (netfoundry.md#app-wans).
pub(super) fn add_implied(body: &mut Map<String, Value>) {
    body.insert("type".to_owned(), json!("Dial"));
    body.insert("semantic".to_owned(), json!("AnyOf"));
}

/// Says whether an object stands in a collection: of the service policies, AppWANs are those that dial, for any of their
/// tags (netfoundry.md#app-wans).
pub(super) fn belongs(object: &Object, kind: Kind) -> bool {
    kind != Kind::AppWan || object.text("type") == Some("Dial") && object.text("semantic") != Some("AllOf")
}

/// Leaves out what a collection does not show.
pub(super) fn show_as(kind: Kind, body: &mut Map<String, Value>) {
    if kind == Kind::AppWan {
        body.remove("type");
        body.remove("semantic");
    }
}
