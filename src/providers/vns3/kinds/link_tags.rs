//! Words attached to links.
//!
//! They are read inside their link, and every write replies with all tags of the link (vns3.md#link-tags).

use crate::spec::{Api, Body, Envelope, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Post};

/// `link-tags`.
pub(crate) static KIND: Kind = Kind {
    name: "link-tags",
    doc: "Words attached to a link",
    source: "POST /links/{link_id}/tags; vns3.md#link-tags",
    parent: Some("links"),
    identity: Identity::Name("key"),
    fields: &[
        field("key", Type::Text, "Name of the word").required().always(),
        field("value", Type::Text, "The word").required(),
    ],
    api: Api {
        list: List::Inside("tags"),
        id: "",
        create: &[call(Post, "/links/{parent.id}/tags", Body::Fields).reply(Envelope::Items("response"))],
        update: &[call(Post, "/links/{parent.id}/tags", Body::Changed).reply(Envelope::Items("response"))],
        remove: &[call(Delete, "/links/{parent.id}/tags/{name}", Body::None)],
        ..super::super::API
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::links::tests::example;
    use super::*;
    use crate::providers::vns3::reading::inside;

    #[test]
    fn they_are_read_inside_their_link() {
        assert_eq!(inside(&KIND, &example()), [json!({"key": "string", "value": "string"})]);
    }
}
