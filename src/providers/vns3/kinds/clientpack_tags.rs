//! Words attached to clientpacks; firewall rules know them as variables.
//!
//! They are read inside their clientpack. Setting one that exists overwrites it; removing takes the key in the body
//! (vns3.md#clientpack-tags).

use crate::spec::{Api, Body, Identity, Kind, List, Names, Type, call, field};
use wire::Method::{Delete, Post};

/// `clientpack-tags`.
pub(crate) static KIND: Kind = Kind {
    name: "clientpack-tags",
    doc: "Words attached to a clientpack",
    source: "POST /clientpack/{clientpack_name}; vns3.md#clientpack-tags",
    parent: Some("clientpacks"),
    identity: Identity::Name("key"),
    names: Names::of("_-"),
    fields: &[
        field("key", Type::Text, "Letters and digits, joined by `_` or `-`").required().always(),
        field("value", Type::Text, "The word").required(),
    ],
    api: Api {
        list: List::Inside("tags"),
        id: "",
        create: &[call(Post, "/clientpack/{parent.id}", Body::Fields)],
        update: &[call(Post, "/clientpack/{parent.id}", Body::Changed)],
        remove: &[call(Delete, "/clientpack/{parent.id}", Body::Json(r#"{"key": "{name}"}"#))],
        gone: &[(404, ""), super::UNLICENSED, super::UNKEYED, (400, "does not exist")],
        ..super::super::API
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::clientpacks;
    use super::*;
    use crate::providers::vns3::reading::inside;

    #[test]
    fn they_are_read_inside_their_clientpack() {
        let mut pack = json!({"name": "100_64_0_1", "tags": {"property1": "string", "property2": "string"}});
        clientpacks::KIND.read.expect("it reshapes")(&mut pack);
        let tag = |key: &str| json!({"key": key, "value": "string"});
        assert_eq!(inside(&KIND, &pack), [tag("property1"), tag("property2")]);
    }
}
