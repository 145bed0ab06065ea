//! Variables that firewall rules, sets and subtables use.
//!
//! The list shows every collection under its name; only `custom` is the user's, the others are generated. Written is
//! the bare name, read is the full one with the collection's prefix, `custom_` (vns3.md#system-variables).

use serde_json::Value;

use crate::spec::{Api, Body, Envelope, Identity, Kind, List, Names, Type, call, field, output};
use wire::Method::{Delete, Post, Put};

/// `system-variables`.
pub(crate) static KIND: Kind = Kind {
    name: "system-variables",
    doc: "Variables of the controller, for firewall rules, sets and subtables",
    source: "GET /system/variables; vns3.md#system-variables",
    identity: Identity::Name("name"),
    names: Names::of("_"),
    fields: &[
        field("name", Type::Text, "Letters, digits and underscores; rules name it with `custom_` before it").required(),
        field("value", Type::Text, "What it stands for").required(),
        super::DESCRIPTION,
        output("variable", Type::Text, "The name by which rules know it"),
    ],
    api: Api {
        list: List::at("/system/variables", Envelope::Items("response.custom")),
        id: "",
        aliases: &["variable"],
        create: &[call(Post, "/system/variables", Body::Fields).reply(Envelope::Items("response.custom"))],
        update: &[call(Put, "/system/variables/{name}", Body::Changed).reply(Envelope::One("response"))],
        remove: &[call(Delete, "/system/variables/{name}", Body::None)],
        ..super::super::API
    },
    read: Some(bare_name),
    relations: &[super::LICENSED, super::KEYED],
    ..Kind::NEW
};

fn bare_name(variable: &mut Value) {
    let Some(full) = variable.get("variable").and_then(Value::as_str) else { return };
    let bare = full.strip_prefix("custom_").unwrap_or(full).to_owned();
    if let Value::Object(map) = variable {
        map.insert("name".into(), bare.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn only_custom_variables_are_read_and_by_their_bare_names() {
        let reply = json!({"response": {
            "custom": [{"variable": "custom_office", "description": null, "value": "203.0.113.0/24"}],
            "controller": [{"variable": "vns3_overlay_subnet", "description": "", "value": "100.64.0.0/19"}]
        }});
        assert_eq!(
            listed(&KIND, &reply),
            [json!({"name": "office", "value": "203.0.113.0/24", "variable": "custom_office"})]
        );
        assert!(listed(&KIND, &json!({"response": {}})).is_empty());
    }
}
