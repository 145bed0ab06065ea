//! Links that grant access for a while: to the vendor's support, or to a client who fetches his clientpack.
//!
//! They last three days at most. An expired one stays in the list until it is removed: it counts as gone. The link,
//! which is as good as a password, is in every reply (vns3.md#access-urls).

use crate::providers::vns3::grammar;
use crate::spec::{Api, Body, Envelope, Identity, Kind, List, Type, call, field, output, whole_numbers};
use wire::Method::{Delete, Post};

/// `access-urls`.
pub(crate) static KIND: Kind = Kind {
    name: "access-urls",
    doc: "Links that let somebody in, each until it expires",
    source: "GET /access/urls, POST /access/url; vns3.md#access-urls",
    identity: Identity::Name("name"),
    fields: &[
        field("name", Type::Text, "Name of the link").required(),
        field(
            "access",
            Type::Phrase(&grammar::ACCESS),
            "To what: `rs` for remote support, or `cp:` and the name of a clientpack",
        )
        .default("\"rs\"")
        .replaces(),
        field("expires", Type::Format(&LIFETIME), "Seconds that it lasts: 60 to 259200")
            .default("3600")
            .write_only()
            .replaces(),
        output("url", Type::Text, "The link").secret(),
        output("expires_at", Type::Text, "When it expires"),
    ],
    api: Api {
        list: List::at("/access/urls", Envelope::Items("response")),
        create: &[call(Post, "/access/url", Body::Fields).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/access/url/{id}", Body::None)],
        states: super::EXPIRED,
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(super::mark_expired),
    ..Kind::NEW
};

whole_numbers!(
    /// Seconds, from a minute to three days.
    LIFETIME, 60..=259200
);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads_and_shows_no_link() {
        let reply = json!({"response": [{
            "id": 1,
            "url": "https://203.0.113.10:8000/canary",
            "created_at": "2019-08-24T14:15:22Z",
            "name": "laptop",
            "expires_at": "2019-08-24T15:15:22Z",
            "expired": false,
            "access": "cp:100_1_64_0"
        }]});
        let mut found = listed(&KIND, &reply);
        assert!(!found[0]["url"].take().to_string().contains("canary"));
        let expected = json!({
            "id": 1, "name": "laptop", "access": "cp:100_1_64_0", "url": null, "expires_at": "2019-08-24T15:15:22Z"
        });
        assert_eq!(found, [expected]);
    }
}
