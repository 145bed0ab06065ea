//! Secrets that hold JSON: where a schema beside them wants more than text, they are read as it.

use std::collections::BTreeMap;

use crate::attr::Attr;
use crate::spec::Kind;

/// Reads the secrets as JSON that a schema beside them wants to be more than text.
pub(super) fn read_as_json(kind: &Kind, fields: &mut BTreeMap<String, Attr>) {
    let schemas = kind.fields.iter().filter_map(|field| Some((field.name, field.json_if_declared()?)));
    for (name, schema) in schemas {
        let takes_text = fields.get(schema).is_none_or(takes_text);
        if let Some(value @ Attr::Secret(_)) = fields.get_mut(name).filter(|_| !takes_text)
            && let Attr::Secret(secret) = &*value
            && let Some(json) = secret.as_json()
        {
            *value = json;
        }
    }
}

/// Says whether a JSON schema takes text, as far as its `type` tells.
fn takes_text(schema: &Attr) -> bool {
    match schema.get("type") {
        Some(Attr::Text(word)) => word == "string",
        Some(Attr::List(words)) => words.iter().any(|word| word.as_text() == Some("string")),
        _ => true,
    }
}
