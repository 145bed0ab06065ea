//! Which events are posted to which webhook.
//!
//! Listed at `/alerts`, everything else is at `/alert`. `enabled` has a default in updates too, so it is always sent;
//! `toggle_enabled` flips blindly and is never used (vns3.md#alerts).

use crate::spec::{Api, Body, Envelope, Field, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Post, Put};

/// `alerts`.
pub(crate) static KIND: Kind = Kind {
    name: "alerts",
    doc: "Which events are posted to which webhook",
    source: "GET /alerts, POST /alert; vns3.md#alerts",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the alert").required(),
        field("url", Type::Text, "Where to post to").required(),
        field("webhook_id", Type::Ref("webhooks"), "Webhook that says how to post").required(),
        field("events", super::EVENTS, "Events that are posted, such as `tunnel_down`"),
        field("custom_properties", Type::Table(PROPERTY, "name"), "Values of the webhook's variables"),
        field("enabled", Type::Bool, "In use").default("true").always(),
    ],
    api: Api {
        list: List::at("/alerts", Envelope::Items("response")),
        create: &[call(Post, "/alert", Body::Fields).reply(Envelope::One("response"))],
        update: &[call(Put, "/alert/{id}", Body::Changed).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/alert/{id}", Body::None)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

/// Updates need the value although creating does not.
const PROPERTY: &[Field] =
    &[field("name", Type::Text, "Name of the variable").required(), field("value", Type::Text, "Its value").required()];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [{
            "id": 1,
            "name": "string",
            "url": "string",
            "enabled": true,
            "webhook_id": 1,
            "created_at": "2019-08-24T14:15:22Z",
            "updated_at": "2019-08-24T14:15:22Z",
            "events": ["string"],
            "custom_properties": [{"name": "string", "value": "string"}]
        }]});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({
                "id": 1,
                "name": "string",
                "url": "string",
                "webhook_id": "1",
                "events": ["string"],
                "custom_properties": [{"name": "string", "value": "string"}],
                "enabled": true
            })]
        );
    }
}
