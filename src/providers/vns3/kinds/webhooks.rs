//! Where alerts are posted, and in which words.
//!
//! Listed at `/webhooks`, everything else is at `/webhook`. `events` has a default in updates too, so it is always
//! sent. The controller's own webhooks are marked `system` (vns3.md#webhooks).

use serde_json::Value;

use crate::spec::{Api, Body, Envelope, Field, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Post, Put};

/// `webhooks`.
pub(crate) static KIND: Kind = Kind {
    name: "webhooks",
    doc: "Where alerts are posted, and in which words",
    source: "GET /webhooks, POST /webhook; vns3.md#webhooks",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the webhook").required(),
        field("url", Type::Text, "Where to post to, unless the alert says it"),
        field("body", Type::Text, "What to post: text with `%{variable}` in it"),
        field("events", super::EVENTS, "Events that it is made for")
            .default(r#"["tunnel_up", "tunnel_down"]"#)
            .always(),
        field("validate_cert", Type::Bool, "Check the receiver's certificate"),
        field("custom_properties", Type::Table(PROPERTY, "name"), "Variables of its own for the body"),
        field("headers", Type::Table(PAIR, "name"), "Headers of the request"),
        field("parameters", Type::Table(PAIR, "name"), "Query parameters of the request"),
    ],
    api: Api {
        list: List::at("/webhooks", Envelope::Items("response")),
        create: &[call(Post, "/webhook", Body::Fields).reply(Envelope::One("response"))],
        update: &[call(Put, "/webhook/{id}", Body::Changed).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/webhook/{id}", Body::None)],
        ..super::super::API
    },
    foreign: Some(of_the_system),
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

const PROPERTY: &[Field] = &[
    field("name", Type::Text, "Name of the variable").required(),
    field("value", Type::Text, "Its value, where the alert gives none"),
    field("description", Type::Text, "Free text"),
];

const PAIR: &[Field] =
    &[field("name", Type::Text, "Name").required(), field("value", Type::Text, "Value").required().secret()];

fn of_the_system(webhook: &Value) -> Option<&'static str> {
    (webhook.get("system") == Some(&Value::Bool(true))).then_some("it is the controller's own")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads_and_shows_no_header() {
        let reply = json!({"response": [{
            "id": 1,
            "name": "pager",
            "validate_cert": true,
            "created_at": "2019-08-24T14:15:22Z",
            "updated_at": "2019-08-24T14:15:22Z",
            "system": false,
            "url": "https://pager.example.com/v1",
            "body": null,
            "custom_properties": [{"name": "team", "value": "netops", "description": ""}],
            "headers": [{"name": "X-Key", "value": "k3y"}],
            "parameters": [],
            "events": ["tunnel_up", "tunnel_down"]
        }]});
        let mut found = listed(&KIND, &reply);
        let header = found[0]["headers"].take();
        assert_eq!(header[0]["name"], "X-Key");
        assert!(!header.to_string().contains("k3y"), "{header}");
        assert_eq!(
            found,
            [json!({
                "id": 1,
                "name": "pager",
                "url": "https://pager.example.com/v1",
                "events": ["tunnel_down", "tunnel_up"],
                "validate_cert": true,
                "custom_properties": [{"name": "team", "value": "netops", "description": null}],
                "headers": null,
                "parameters": []
            })]
        );
    }

    #[test]
    fn the_controllers_own_are_foreign() {
        let reply = json!({"response": [{"id": 1, "name": "VNS3 events", "system": true}]});
        assert_eq!(listed(&KIND, &reply)[0]["foreign"], "it is the controller's own");
    }
}
