//! Tokens for the API, for those who come after the password.
//!
//! An expired token stays in the list until it is removed: it counts as gone. The token's value is in every reply. How
//! long a token was made for is not (vns3.md#access-tokens).

use crate::spec::{Api, Body, Envelope, Identity, Kind, List, Type, call, field, output, whole_numbers};
use wire::Method::{Delete, Post};

/// `access-tokens`.
pub(crate) static KIND: Kind = Kind {
    name: "access-tokens",
    doc: "Tokens for the API, each until it expires",
    source: "GET /access/tokens, POST /access/token; vns3.md#access-tokens",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the token").required(),
        field("expires", Type::Format(&LIFETIME), "Seconds that it lasts: 60 to 31536000")
            .default("3600")
            .write_only()
            .replaces(),
        field("refreshes", Type::Bool, "Each use makes it last as long again").replaces(),
        output("token", Type::Text, "The token").secret(),
        output("expires_at", Type::Text, "When it expires"),
    ],
    api: Api {
        list: List::at("/access/tokens", Envelope::Items("response")),
        create: &[call(Post, "/access/token", Body::Fields).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/access/token/{id}", Body::None)],
        states: super::EXPIRED,
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(super::mark_expired),
    ..Kind::NEW
};

whole_numbers!(
    /// Seconds, from a minute to a year.
    LIFETIME, 60..=31536000
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads_and_shows_no_token() {
        let reply = json!({"response": [{
            "id": 1,
            "created_at": "2019-08-24T14:15:22Z",
            "token": "canary",
            "name": "ci",
            "created_ip": "203.0.113.1",
            "expires_at": "2019-08-24T15:15:22Z",
            "lifetime": "1h",
            "refreshes": true,
            "expired": true,
            "last_accessed_at": null,
            "last_accessed_ip": null
        }]});
        let mut found = listed(&KIND, &reply);
        assert!(!found[0]["token"].take().to_string().contains("canary"));
        let expected = json!({
            "id": 1, "name": "ci", "refreshes": true, "token": null, "expires_at": "2019-08-24T15:15:22Z", "state": "expired"
        });
        assert_eq!(found, [expected]);
    }
}
