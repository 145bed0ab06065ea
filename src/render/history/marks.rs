//! What stands in records for secrets and for what was known later, as people read it.

use serde_json::{Map, Value};

/// A value of a record to be shown: marks become words in brackets and expressions.
pub(crate) fn shown(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::Object(map) => match (text(map, "$secret"), map.get("$later"), map.get("$map")) {
            (Some(label), ..) => Value::String(format!("(secret {label})")),
            (_, Some(Value::Array(parts)), _) => Value::String(parts.iter().map(part).collect()),
            (_, _, Some(Value::Object(inner))) => members(inner),
            _ if map.contains_key("$fingerprint") => Value::String("(secret)".to_owned()),
            _ => members(map),
        },
        plain => plain.clone(),
    }
}

fn members(map: &Map<String, Value>) -> Value {
    Value::Object(map.iter().map(|(key, value)| (key.clone(), shown(value))).collect())
}

/// A part of what was known later.
fn part(part: &Value) -> String {
    let Value::Object(map) = part else { return part.as_str().unwrap_or_default().to_owned() };
    match (text(map, "$secret"), text(map, "output"), text(map, "field")) {
        (Some(label), ..) => format!("(secret {label})"),
        (_, Some(output), Some(field)) => format!("${{{output}.{field}}}"),
        _ => String::new(),
    }
}

fn text<'m>(map: &'m Map<String, Value>, key: &str) -> Option<&'m str> {
    map.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn marks_are_read_as_words() {
        for (kept, told) in [
            (json!([1, "a", null]), json!([1, "a", null])),
            (json!({ "a": { "$secret": "secret.psk", "print": "00" } }), json!({ "a": "(secret secret.psk)" })),
            (json!({ "$fingerprint": "00" }), json!("(secret)")),
            (json!({ "$later": ["/x/", { "output": "a/b/c", "field": "id" }] }), json!("/x/${a/b/c.id}")),
            (json!({ "$map": { "$secret": ["a"] } }), json!({ "$secret": ["a"] })),
        ] {
            assert_eq!(shown(&kept), told, "{kept}");
        }
    }
}
