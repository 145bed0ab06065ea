//! Endpoints (netfoundry.md#endpoints): devices with a one-time token, and the twins of routers.

use serde_json::{Map, Value, json};

use super::Platform;
use super::calendar::{HOUR, stamp};
use super::call::Call;
use super::kind::{Kind, Traits};
use super::refusal::Refusal;
use super::shape::{Field, NAME, NETWORK_ID, Shape};
use super::write::Draft;
use wire::{Method, Response};

/// `core/v2/endpoints`.
pub(super) static ENDPOINT: Traits = Traits {
    path: "endpoints",
    singular: "endpoint",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::optional("attributes", Shape::Tags).unset("null"),
        Field::required("enrollmentMethod", Shape::Record(ENROLLMENT)).fixed().hidden(),
        Field::optional("sessionIdentityId", Shape::Text).unset("null"),
        Field::optional("externalId", Shape::Text).unset("null"),
        Field::optional("authPolicyId", Shape::Id(Kind::AuthPolicy)).unset("null"),
    ],
    facts: &TELEMETRY,
    keeps_deleted: true,
    check,
    built,
    ..Traits::COMMON
};

const ENROLLMENT: &[Field] = &[
    Field::optional("ott", Shape::Flag),
    Field::optional("ottca", Shape::Id(Kind::CertificateAuthority)),
    Field::optional("updb", Shape::Text),
];

/// The fields that a device tells, or the platform (netfoundry.md#endpoints).
const TELEMETRY: [&str; 19] = [
    "typeId",
    "hasApiSession",
    "hasEdgeRouterConnection",
    "sessionActive",
    "mfaEnabled",
    "jwt",
    "jwtExpiresAt",
    "os",
    "osRelease",
    "osVersion",
    "arch",
    "appId",
    "appVersion",
    "branch",
    "revision",
    "version",
    "type",
    "syncId",
    "syncResourceId",
];

/// What a device has not told yet.
fn telemetry(type_id: &str) -> Map<String, Value> {
    let untold = |name: &str| match name {
        "typeId" => json!(type_id),
        "hasApiSession" | "hasEdgeRouterConnection" | "sessionActive" | "mfaEnabled" => json!(false),
        _ => Value::Null,
    };
    TELEMETRY.into_iter().map(|name| (name.to_owned(), untold(name))).collect()
}

/// The body of a router's twin.
pub(super) fn twin(name: &str) -> Value {
    let mut body = telemetry("Router");
    let nulls = ["sessionIdentityId", "externalId", "authPolicyId"];
    body.extend(nulls.map(|name| (name.to_owned(), Value::Null)));
    body.insert("attributes".to_owned(), json!([]));
    body.insert("name".to_owned(), json!(name));
    body.into()
}

fn check(platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    if draft.id.is_none() {
        let method = draft.hidden.get("enrollmentMethod").and_then(Value::as_object);
        let chosen = method.map_or(0, |method| method.values().filter(|value| **value != json!(false)).count());
        if chosen != 1 {
            return Err(Refusal::invalid("`enrollmentMethod` must choose one of ott, ottca, updb"));
        }
        draft.shown.extend(telemetry("Device"));
    }
    match draft.text("sessionIdentityId") {
        Some(id) if !platform.is_identity(id) => Err(Refusal::invalid("`sessionIdentityId` names no identity")),
        _ => Ok(()),
    }
}

/// The token exists once the endpoint does (netfoundry.md#endpoints), for about 48 h.
fn built(platform: &mut Platform, id: &str, now: u64) {
    let token = platform.enrollment(id, "ott", now);
    platform.store.update(id, |endpoint| {
        endpoint.body.insert("jwt".to_owned(), json!(token));
        endpoint.body.insert("jwtExpiresAt".to_owned(), json!(stamp(now + 48 * HOUR)));
    });
}

impl Platform {
    /// An enrollment token for an endpoint or a router.
    pub(super) fn enrollment(&self, id: &str, method: &str, now: u64) -> String {
        let object = self.store.get(id);
        let subject = object.and_then(|object| object.ziti.as_deref()).unwrap_or_default();
        let network = object.and_then(|object| object.network.as_deref()).and_then(|network| self.store.get(network));
        let controller = network.map(|network| self.controller_of(network, now)).unwrap_or_default();
        let host = controller.get("domainName").and_then(Value::as_str).unwrap_or_default();
        let claims = json!({ "iss": format!("https://{host}:443"), "sub": subject, "aud": [""], "em": method });
        self.mint.jwt(&claims, &["enrollment", id])
    }

    /// `POST endpoints/share` (netfoundry.md#endpoints). The letters go nowhere.
    pub(super) fn share(&self, call: &Call) -> Result<Response, Refusal> {
        if call.request.method != Method::Post {
            return Err(Refusal::no_verb(call));
        }
        let body = call.body()?;
        let letters = body.as_array().ok_or_else(|| Refusal::invalid("a list of letters is expected"))?;
        let mut complaints = Vec::new();
        for (index, letter) in letters.iter().enumerate() {
            if letter.get("toList").and_then(Value::as_array).is_none_or(Vec::is_empty) {
                complaints.push(format!("`[{index}].toList` is required"));
            }
            if letter.get("subject").and_then(Value::as_str).is_none() {
                complaints.push(format!("`[{index}].subject` is required"));
            }
            let id = letter.get("id").and_then(Value::as_str).unwrap_or_default();
            if self.find(Kind::Endpoint, id, call.now).is_err() {
                complaints.push(format!("`[{index}].id` names no endpoint"));
            }
        }
        if complaints.is_empty() { Ok(Response::empty(202)) } else { Err(Refusal::Invalid(complaints)) }
    }
}
