//! Webhooks: where alerts are sent. The list is at `/webhooks`, everything else at `/webhook`.

use serde::{Deserialize, Serialize};

use super::Area;
use super::alerts;
use super::answer::{Fault, Outcome, created, ok};
use super::call::{Call, Fields, id};
use super::console::Collection;
use super::state::{State, text_or_null};
use wire::Method::{Delete, Get, Post, Put};

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] =
    &[Collection { kind: "webhooks", at: "/webhooks/*", key: &[], create: "/webhook", remove: "/webhook/{id}" }];

/// A webhook in its read form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Webhook {
    pub id: u64,
    name: String,
    validate_cert: bool,
    created_at: String,
    updated_at: String,
    /// The controller came with it.
    system: bool,
    url: Option<String>,
    body: Option<String>,
    custom_properties: Vec<Property>,
    headers: Vec<Pair>,
    parameters: Vec<Pair>,
    events: Vec<String>,
}

/// A property that alerts can fill in.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Property {
    name: String,
    #[serde(default, deserialize_with = "text_or_null")]
    value: String,
    #[serde(default, deserialize_with = "text_or_null")]
    description: String,
}

/// A header or a parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pair {
    name: String,
    value: String,
}

impl Webhook {
    fn new(id: u64, name: &str, now: String) -> Webhook {
        Webhook {
            id,
            name: name.to_owned(),
            validate_cert: true,
            created_at: now.clone(),
            updated_at: now,
            system: false,
            url: None,
            body: None,
            custom_properties: Vec::new(),
            headers: Vec::new(),
            parameters: Vec::new(),
            events: ["tunnel_up", "tunnel_down"].map(str::to_owned).to_vec(),
        }
    }

    /// Takes the fields that are given.
    fn take(&mut self, fields: &Fields, now: String) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.over_if("name", &mut next.name, |name: &String| !name.is_empty())?;
        fields.over("url", &mut next.url)?;
        fields.over("body", &mut next.body)?;
        fields.over("validate_cert", &mut next.validate_cert)?;
        fields.over_if("events", &mut next.events, |events: &Vec<String>| alerts::are_events(events))?;
        fields.over_objects("custom_properties", &mut next.custom_properties)?;
        fields.over_objects("headers", &mut next.headers)?;
        fields.over_objects("parameters", &mut next.parameters)?;
        next.updated_at = now;
        *self = next;
        Ok(())
    }
}

/// Gives a new controller the webhook that it comes with.
pub(super) fn furnish(state: &mut State) {
    let now = state.clock.zulu();
    let webhook = Webhook { system: true, ..Webhook::new(state.next_id("webhooks"), "System notifications", now) };
    state.webhooks.push(webhook);
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["webhooks"]) => ok(&state.webhooks),
        (Post, ["webhook"]) => create(state, call),
        (Get, ["webhook", webhook]) => find(state, id(webhook)).and_then(ok),
        (Put, ["webhook", webhook]) => update(state, call, id(webhook)),
        (Delete, ["webhook", webhook]) => delete(state, id(webhook)),
        _ => return None,
    })
}

/// "Create new webhook integration".
fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name")?;
    let mut webhook = Webhook::new(0, &name, call.now.zulu());
    webhook.take(&fields, call.now.zulu())?;
    webhook.id = state.next_id("webhooks");
    let answer = created(&webhook);
    state.webhooks.push(webhook);
    answer
}

/// "Get webhook details".
fn find(state: &mut State, id: u64) -> Result<&mut Webhook, Fault> {
    let unknown = || Fault::not_found("Requested webhook does not exist");
    state.webhooks.iter_mut().find(|webhook| webhook.id == id).ok_or_else(unknown)
}

/// The webhook, unless it is the controller's own; the text says nothing about changing that one.
fn find_own(state: &mut State, id: u64) -> Result<&mut Webhook, Fault> {
    let webhook = find(state, id)?;
    if webhook.system { Err(Fault::bad_request("System webhook cannot be changed")) } else { Ok(webhook) }
}

/// "Update webhook configuration".
fn update(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    let webhook = find_own(state, id)?;
    webhook.take(&fields, call.now.zulu())?;
    ok(webhook)
}

/// "Delete webhook". Alerts that name it are left behind; the text does not speak of them.
fn delete(state: &mut State, id: u64) -> Outcome {
    let webhook = find_own(state, id)?.clone();
    state.webhooks.retain(|other| other.id != id);
    ok(webhook)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};

    #[test]
    fn the_texts_request_comes_back_in_its_answer() {
        let mut bench = Bench::new();
        let body = json!({
            "name": "ops", "url": "https://hooks.example/x", "events": ["tunnel_up"], "body": "%{message}",
            "validate_cert": "false", "custom_properties": [{"name": "team"}],
            "headers": [{"name": "X-Key", "value": "k"}], "parameters": [{"name": "p", "value": "v"}],
        });
        let made = bench.ok(Post, "/webhook", body);
        let example = json!({
            "id": 1, "name": "string", "validate_cert": true, "created_at": "2019-08-24T14:15:22Z",
            "updated_at": "2019-08-24T14:15:22Z", "system": true, "url": "string", "body": "string",
            "custom_properties": [{"name": "string", "value": "string", "description": "string"}],
            "headers": [{"name": "string", "value": "string"}], "parameters": [{"name": "string", "value": "string"}],
            "events": ["string"],
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert_eq!(made["validate_cert"], false);
        let path = format!("/webhook/{}", made["id"]);
        let changed = bench.ok(Put, &path, json!({"url": "", "headers": []}));
        assert_eq!((&changed["url"], &changed["headers"], &changed["name"]), (&json!(""), &json!([]), &json!("ops")));
        assert_eq!(bench.get("/webhooks").expect("list").as_array().map(Vec::len), Some(2));
        bench.ok(Delete, &path, json!({}));
        let gone = bench.refused(Put, &path, json!({}));
        assert_eq!(gone, (404, "APINotFoundError: Requested webhook does not exist".to_owned()));
    }

    #[test]
    fn the_controllers_own_webhook_stays() {
        let mut bench = Bench::new();
        let own = &bench.get("/webhooks").expect("list")[0];
        assert_eq!(own["system"], true);
        assert_eq!(bench.refused(Delete, "/webhook/1", json!({})).0, 400);
    }

    #[test]
    fn bad_members_are_named() {
        let mut bench = Bench::new();
        let bad = [
            ("events", json!(["sunrise"])),
            ("headers", json!([{"name": "no value"}])),
            ("custom_properties", json!("x")),
            ("url", json!(4)),
        ];
        for (field, value) in bad {
            let text = bench.refused(Post, "/webhook", json!({"name": "ops", field: value}));
            assert_eq!(text, (400, format!("APIArgumentError: {field} is invalid")));
        }
        assert_eq!(bench.refused(Post, "/webhook", json!({})).1, "APIArgumentError: name is missing");
    }
}
