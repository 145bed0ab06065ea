//! Secrets: values that blueprints ask for by key (cloudify.md#secrets).
//!
//! Lists leave the value out, and what PUT and PATCH answer is encrypted anew each time, so that it is only read one by
//! one. A hidden value reads as empty for users who may not see it; no secret is empty, so that this counts as not shown.

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::cloudify::shared::{NAMES, SINCE_V3_1, TENANT_OWNED, list, name, visibility, widen, without};
use crate::spec::{Api, Body, CallSpec, Condition, Detail, Field, Identity, Kind, Type, call, field, output};
use wire::Method::{Delete, Get, Patch, Put};

/// `secrets`.
pub(crate) static KIND: Kind = Kind {
    name: "secrets",
    doc: "Secrets that blueprints read by their key",
    source: "Secrets; cloudify.md#secrets",
    identity: Identity::Name("key"),
    names: NAMES,
    fields: &[
        KEY,
        Field {
            doc: "The secret itself; with `schema` any JSON",
            ty: Type::Json(Condition::declared("schema")),
            ..VALUE
        },
        field("schema", Type::Json(Condition::ALWAYS), "JSON schema that the value keeps (from 7.0 on)")
            .writable_on(Condition::since("7.0"))
            .replaces(),
        IS_HIDDEN_VALUE,
        VISIBLE,
        UPDATED_AT,
    ],
    api: Api {
        list: list("/secrets?_sort=key"),
        details: &[one(&["value", "schema"])],
        create: &[call(Put, "/secrets/{name}", Body::Fields).reshape(unnamed)],
        update: UPDATE,
        remove: &[call(Delete, "/secrets/{name}", Body::None)],
        ..TENANT_OWNED
    },
    read: Some(unshown),
    documented_at: &[(Patch, "/secrets/{name}/set-visibility", SINCE_V3_1)],
    ..Kind::NEW
};

/// Its key.
pub(crate) const KEY: Field = name("key", "Key by which blueprints ask for it");

/// Its value. Servers fail over a number or a map unless a schema says that it is one (cloudify.md#secrets).
pub(crate) const VALUE: Field = field("value", Type::Json(Condition::ALWAYS), "The secret itself").required().secret();

/// Who is shown the value.
pub(crate) const IS_HIDDEN_VALUE: Field =
    field("is_hidden_value", Type::Bool, "Show the value only to its creator and to administrators (from 4.4 on)")
        .default("false")
        .writable_on(Condition::since("4.4"))
        .dedicated_call(&[call(Patch, "/secrets/{name}", Body::Json(r#"{"is_hidden_value": "{is_hidden_value}"}"#))]);

/// A value with a schema is written with it: by PATCH, the server would keep it in a form that it can't read
/// (cloudify.md#secrets).
const UPDATE: &[CallSpec] = &[
    call(Put, "/secrets/{name}", Body::Json(r#"{"value": "{value}", "schema": "{schema}", "update_if_exists": true}"#))
        .when(Condition::declared("schema")),
    TEXT_UPDATE,
];

/// A text without a schema.
pub(crate) const TEXT_UPDATE: CallSpec = call(Patch, "/secrets/{name}", Body::Changed).reshape(unnamed_text);

/// Who sees that it is there.
pub(crate) const VISIBLE: Field = visibility(&[widen("/secrets/{name}/set-visibility")]);

/// Moves with every change.
pub(crate) const UPDATED_AT: Field = output("updated_at", Type::Text, "When it was last changed");

/// The read that shows what lists leave out.
pub(crate) const fn one(fields: &'static [&'static str]) -> Detail {
    Detail { read: call(Get, "/secrets/{name}", Body::None), fields, stamp: "updated_at" }
}

fn unshown(secret: &mut Value) {
    if let Value::Object(map) = secret
        && map.get("value").is_some_and(|value| value == "")
    {
        map.remove("value");
    }
}

fn unnamed(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    without(body, "key");
    Ok(())
}

/// The body for a secret without a schema.
fn unnamed_text(body: &mut Attr, live: Option<&Value>) -> Result<(), &'static str> {
    if live.is_some_and(|live| live.get("schema").is_some_and(Value::is_object)) {
        return Err("it has a `schema`, without which a new value can't be read any more: declare that, too");
    }
    unnamed(body, live)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::{body, reshaped, shows};

    #[test]
    fn the_list_leaves_the_value_out() {
        let listed = json!({
            "key": "db_pass", "created_at": "2026-11-21T05:57:40.559Z", "updated_at": "2026-11-21T05:57:40.654Z",
            "visibility": "tenant", "tenant_name": "default_tenant", "created_by": "admin", "is_hidden_value": false
        });
        let expected = json!({ "key": "db_pass", "is_hidden_value": false, "visibility": "tenant", "value": null });
        shows(&KIND, &listed, &expected);
    }

    #[test]
    fn a_value_is_never_shown_and_a_hidden_one_is_no_value() {
        let open = json!({ "key": "db_pass", "value": "s3cret" });
        shows(&KIND, &open, &json!({ "value": "(secret value)" }));
        let hidden = reshaped(&KIND, &json!({ "key": "hid", "value": "", "is_hidden_value": true }));
        assert_eq!(hidden.get("value"), None);
    }

    #[test]
    fn the_key_stands_in_the_path_only() {
        let declared = json!({ "key": "db_pass", "value": "s3cret", "visibility": "private" });
        assert_eq!(body(&KIND, &declared, None), json!({ "value": "s3cret", "visibility": "private" }));
    }
}
