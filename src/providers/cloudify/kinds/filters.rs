//! Filters of blueprints and of deployments: rules under a name, which searches and groups may use, from 6.0 on
//! (cloudify.md#blueprints-filters, cloudify.md#deployments-filters).
//!
//! A change of the rules by PATCH keeps what the other type of rules says, so that no rule of a type could be taken back:
//! other rules are a new filter. Nothing refers to one but by its name.

use serde_json::Value;

use crate::providers::cloudify::formats::LOWER_CASE;
use crate::providers::cloudify::shared::{
    NAMES, SEEN, TENANT_OWNED, WITH_GROUPS, WITHOUT_GROUPS, list, name, named_in_path, visibility,
};
use crate::spec::{Api, Body, Field, Identity, Kind, List, Names, Type, call, field};
use wire::Method::{self, Delete, Get, Patch, Put};

/// A kind of filters: its name, its sentence, and the path of its list.
macro_rules! filters {
    ($name:literal, $doc:literal, $source:literal, $path:literal) => {
        Kind {
            name: $name,
            doc: $doc,
            source: $source,
            identity: Identity::Name("id"),
            names: FILTER_NAMES,
            fields: &[
                name("id", "Name of the filter"),
                RULES,
                visibility(&[call(Patch, concat!($path, "/{name}"), Body::Json(r#"{"visibility": "{visibility}"}"#))]),
            ],
            api: Api {
                list: list(concat!($path, "?_include=id,value,visibility,tenant_name,is_system_filter&_sort=id")),
                lists: &[(WITHOUT_GROUPS, List::Nowhere)],
                create: &[call(Put, concat!($path, "/{name}"), Body::Fields).reshape(named_in_path).when(WITH_GROUPS)],
                remove: &[call(Delete, concat!($path, "/{name}"), Body::None)],
                ..TENANT_OWNED
            },
            foreign: Some(comes_with_the_manager),
            documented_at: &documented($path, concat!($path, "/{name}")),
            ..Kind::NEW
        }
    };
}

/// `blueprints-filters`.
pub(crate) static BLUEPRINTS: Kind = filters!(
    "blueprints-filters",
    "Filters of blueprints: rules for labels and attributes, under a name (from 6.0 on)",
    "cloudify.md#blueprints-filters",
    "/filters/blueprints"
);

/// `deployments-filters`.
pub(crate) static DEPLOYMENTS: Kind = filters!(
    "deployments-filters",
    "Filters of deployments: rules for labels and attributes, under a name (from 6.0 on)",
    "cloudify.md#deployments-filters",
    "/filters/deployments"
);

const fn documented(list: &'static str, one: &'static str) -> [(Method, &'static str, &'static str); 4] {
    [(Get, list, SEEN), (Put, one, SEEN), (Patch, one, SEEN), (Delete, one, SEEN)]
}

const FILTER_NAMES: Names = NAMES.except(&["csys-*"]);

/// The server takes no rule that lacks a part.
const RULE: Type = Type::Object(&[
    field("key", Type::Format(&LOWER_CASE), "Key of a label, or name of an attribute, such as `blueprint_id`")
        .required(),
    field("values", Type::Set(&Type::Text), "What it is compared with; `[]` where the operator asks for none")
        .required(),
    field("operator", Type::Enum(OPERATORS), "How: `is_null`, `is_not_null` and `is_not` for labels, and so on")
        .required(),
    field("type", Type::Enum(&["label", "attribute"]), "What `key` names").required(),
]);

/// All of them have to hold, so that their order means nothing.
const RULES: Field =
    field("filter_rules", Type::Set(&RULE), "Rules, all of which have to hold").required().read_as("value").replaces();

const OPERATORS: &[&str] = &[
    "any_of",
    "not_any_of",
    "is_null",
    "is_not_null",
    "is_not",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "is_not_empty",
];

fn comes_with_the_manager(filter: &Value) -> Option<&'static str> {
    (filter["is_system_filter"] == true).then_some("it comes with the manager")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::{body, shows};

    #[test]
    fn a_filter_as_it_was_seen() {
        let rule = json!({ "key": "env", "values": ["dev", "a"], "operator": "any_of", "type": "label" });
        let live = json!({
            "id": "f1", "visibility": "tenant", "value": [rule], "is_system_filter": false,
            "tenant_name": "default_tenant"
        });
        for kind in [&BLUEPRINTS, &DEPLOYMENTS] {
            let rule = json!({ "key": "env", "values": ["a", "dev"], "operator": "any_of", "type": "label" });
            shows(kind, &live, &json!({ "id": "f1", "filter_rules": [rule], "visibility": "tenant" }));
            assert_eq!((kind.foreign.unwrap())(&live), None);
            let of_the_system = json!({ "id": "aws-deployments", "value": [], "is_system_filter": true });
            assert!((kind.foreign.unwrap())(&of_the_system).is_some());
        }
    }

    #[test]
    fn a_rule_is_sent_with_all_of_its_parts() {
        let rule = json!({ "key": "Env", "values": [], "operator": "is_null", "type": "label" });
        let declared = json!({ "id": "f1", "filter_rules": [rule], "visibility": "private" });
        for kind in [&BLUEPRINTS, &DEPLOYMENTS] {
            let sent = body(kind, &declared, None);
            assert_eq!(sent, json!({ "filter_rules": [rule], "visibility": "private" }));
        }
    }
}
