//! Alerts: which events are sent to which webhook. The list is at `/alerts`, everything else at `/alert`.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Area;
use super::answer::{Fault, Outcome, created, ok};
use super::call::{Call, Fields, id};
use super::console::Collection;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};

/// "Get all alert events".
const EVENTS: &[&str] = &[
    "tunnel_up",
    "tunnel_down",
    "process_change",
    "user_password_change",
    "controller_reboot",
    "controller_reset_defaults",
    "system_general",
    "clientpack_up",
    "clientpack_down",
    "bgp_session_up",
    "bgp_session_down",
];

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] =
    &[Collection { kind: "alerts", at: "/alerts/*", key: &[], create: "/alert", remove: "/alert/{id}" }];

/// An alert in its read form.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Alert {
    id: u64,
    name: String,
    url: Option<String>,
    enabled: bool,
    webhook_id: u64,
    created_at: String,
    updated_at: String,
    events: Vec<String>,
    custom_properties: Vec<Property>,
}

/// A value for a webhook's property.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Property {
    name: String,
    #[serde(default)]
    value: Option<String>,
}

/// Says whether all of them are events of the text.
pub(super) fn are_events(events: &[String]) -> bool {
    events.iter().all(|event| EVENTS.contains(&event.as_str()))
}

impl Alert {
    /// Takes the fields that are given. The webhook must exist.
    fn take(&mut self, fields: &Fields, webhooks: &[u64], now: String) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.over_if("name", &mut next.name, |name: &String| !name.is_empty())?;
        fields.over("url", &mut next.url)?;
        fields.over_if("webhook_id", &mut next.webhook_id, |id| webhooks.contains(id))?;
        fields.over_if("events", &mut next.events, |events: &Vec<String>| are_events(events))?;
        fields.over_objects("custom_properties", &mut next.custom_properties)?;
        fields.over("enabled", &mut next.enabled)?;
        next.updated_at = now;
        *self = next;
        Ok(())
    }
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["alerts"]) => ok(&state.alerts),
        (Get, ["alert_events"]) => ok(EVENTS),
        (Post, ["alert"]) => create(state, call),
        (Get, ["alert", alert]) => find(state, id(alert)).and_then(ok),
        (Put, ["alert", alert]) => update(state, call, id(alert)),
        (Delete, ["alert", alert]) => delete(state, id(alert)),
        (Post, ["alert", alert, "toggle_enabled"]) => toggle(state, call, id(alert)),
        (Post, ["alert", alert, "test"]) => test(state, id(alert)),
        _ => return None,
    })
}

fn webhook_ids(state: &State) -> Vec<u64> {
    state.webhooks.iter().map(|webhook| webhook.id).collect()
}

/// "Define new alert".
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    fields.need_text("name")?;
    fields.need_text("url")?;
    fields.need::<u64>("webhook_id")?;
    let now = call.now.zulu();
    let mut alert = Alert { enabled: true, created_at: now.clone(), ..Alert::default() };
    alert.take(&fields, &webhook_ids(state), now)?;
    alert.id = state.next_id("alerts");
    let answer = created(&alert);
    state.alerts.push(alert);
    answer
}

/// "Get alert definition details".
fn find(state: &mut State, id: u64) -> Result<&mut Alert, Fault> {
    let unknown = || Fault::not_found("Requested alert does not exist");
    state.alerts.iter_mut().find(|alert| alert.id == id).ok_or_else(unknown)
}

/// "Edit alert definition". Here a property needs a value.
fn update(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    let webhooks = webhook_ids(state);
    let alert = find(state, id)?;
    let mut next = alert.clone();
    next.take(&fields, &webhooks, call.now.zulu())?;
    if fields.has("custom_properties") && next.custom_properties.iter().any(|property| property.value.is_none()) {
        return Err(Fault::invalid("custom_properties"));
    }
    *alert = next;
    ok(alert)
}

/// "Delete alert".
fn delete(state: &mut State, id: u64) -> Outcome {
    let alert = find(state, id)?.clone();
    state.alerts.retain(|other| other.id != id);
    ok(alert)
}

/// "Enable alert", which in fact turns the alert over, as its path says.
fn toggle(state: &mut State, call: &Call, id: u64) -> Outcome {
    let alert = find(state, id)?;
    alert.enabled = !alert.enabled;
    alert.updated_at = call.now.zulu();
    ok(alert)
}

/// "Send test alert": 200 also if it could not be sent.
fn test(state: &mut State, id: u64) -> Outcome {
    let webhook = find(state, id)?.webhook_id;
    if webhook_ids(state).contains(&webhook) {
        ok(json!({"status": "success", "code": "200", "message": "OK"}))
    } else {
        ok(json!({"status": "failed", "code": "", "message": "webhook does not exist"}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    fn with_webhook() -> (Bench, serde_json::Value) {
        let mut bench = Bench::new();
        let webhook = bench.ok(Post, "/webhook", json!({"name": "ops"}))["id"].clone();
        (bench, webhook)
    }

    #[test]
    fn the_texts_request_comes_back_in_its_answer() {
        let (mut bench, webhook) = with_webhook();
        let body = json!({
            "name": "down", "url": "https://hooks.example/x", "webhook_id": webhook, "events": ["tunnel_down"],
            "webhook_name": "ignored", "custom_properties": [{"name": "team"}],
        });
        let made = bench.ok(Post, "/alert", body);
        let example = json!({
            "id": 1, "name": "string", "url": "string", "enabled": true, "webhook_id": 1,
            "created_at": "2019-08-24T14:15:22Z", "updated_at": "2019-08-24T14:15:22Z", "events": ["string"],
            "custom_properties": [{"name": "string", "value": "string"}],
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert_eq!(made["enabled"], true);
        assert!(made.get("webhook_name").is_none());
        assert_eq!(bench.ok(Put, "/alert/1", json!({"enabled": "False"}))["enabled"], false);
        assert_eq!(bench.ok(Post, "/alert/1/toggle_enabled", json!({}))["enabled"], true);
        assert_eq!(bench.ok(Post, "/alert/1/test", json!({}))["status"], "success");
        bench.ok(Delete, &format!("/webhook/{webhook}"), json!({}));
        assert_eq!(bench.ok(Post, "/alert/1/test", json!({}))["status"], "failed");
        bench.ok(Delete, "/alert/1", json!({}));
        assert_eq!(bench.get("/alert/1"), Err((404, "APINotFoundError: Requested alert does not exist".to_owned())));
    }

    #[test]
    fn the_webhook_must_exist_and_events_must_be_known() {
        let (mut bench, webhook) = with_webhook();
        let mut refused = |method, path: &str, body| bench.refused(method, path, body).1;
        let alert = |webhook: serde_json::Value, event: &str| json!({"name": "n", "url": "u", "webhook_id": webhook, "events": [event]});
        assert_eq!(refused(Post, "/alert", alert(json!(99), "tunnel_up")), "APIArgumentError: webhook_id is invalid");
        assert_eq!(refused(Post, "/alert", alert(webhook.clone(), "sunrise")), "APIArgumentError: events is invalid");
        assert_eq!(
            refused(Post, "/alert", json!({"name": "n", "url": "u"})),
            "APIArgumentError: webhook_id is missing"
        );
        bench.ok(Post, "/alert", alert(webhook, "tunnel_up"));
        let nothing = bench.refused(Put, "/alert/1", json!({"custom_properties": [{"name": "team"}]}));
        assert_eq!(nothing.1, "APIArgumentError: custom_properties is invalid");
        let events = bench.get("/alert_events").expect("events");
        assert_eq!(events.as_array().map(Vec::len), Some(11));
    }
}
