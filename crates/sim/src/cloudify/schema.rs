//! The part of JSON Schema that the values of secrets are checked with. What can't be checked here is refused, rather than
//! let pass: a rehearsal must not promise what the product may not keep.
//!
//! The phrases are those of the validator that the real server uses (its tests: “… is not of type 'object'”, “… is greater
//! than the maximum …”), which spells values as its own language does.

use serde_json::{Map, Value};

/// Why a value does not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It breaks the schema: the validator's phrase.
    Broken(String),
    /// The schema holds a word that can't be checked here.
    Beyond(String),
}

/// Words that say nothing about what is valid.
const REMARKS: &[&str] = &["$schema", "$id", "title", "description", "default", "examples", "format", "$comment"];

/// Checks a value against a schema.
pub(crate) fn check(value: &Value, schema: &Value) -> Result<(), Flaw> {
    let words = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Bool(false) => return broken(format!("False schema does not allow {}", spelled(value))),
        Value::Object(words) => words,
        other => return Err(Flaw::Beyond(other.to_string())),
    };
    words.iter().try_for_each(|(word, limit)| keeps(value, word, limit, words))
}

fn broken(phrase: String) -> Result<(), Flaw> {
    Err(Flaw::Broken(phrase))
}

/// Checks one word of a schema. A word about another type than the value's says nothing.
fn keeps(value: &Value, word: &str, limit: &Value, words: &Map<String, Value>) -> Result<(), Flaw> {
    let beyond = || Flaw::Beyond(word.to_owned());
    let shown = || spelled(value);
    match (word, value) {
        ("type", _) => kind(value, limit),
        ("enum", _) => match limit.as_array().ok_or_else(beyond)?.contains(value) {
            true => Ok(()),
            false => broken(format!("{} is not one of {}", shown(), spelled(limit))),
        },
        ("const", _) if value == limit => Ok(()),
        ("const", _) => broken(format!("{} was expected", spelled(limit))),
        ("required", Value::Object(map)) => {
            let names = limit.as_array().ok_or_else(beyond)?.iter().filter_map(Value::as_str);
            match names.into_iter().find(|name| !map.contains_key(*name)) {
                Some(name) => broken(format!("{} is a required property", spelled(&name.into()))),
                None => Ok(()),
            }
        }
        ("properties", Value::Object(map)) => {
            let known = limit.as_object().ok_or_else(beyond)?.iter();
            known.filter_map(|(name, schema)| Some((map.get(name)?, schema))).try_for_each(|(own, of)| check(own, of))
        }
        ("additionalProperties", Value::Object(map)) => {
            let known = words.get("properties").and_then(Value::as_object);
            let others = map.iter().filter(|(name, _)| !known.is_some_and(|known| known.contains_key(*name)));
            further(others.collect(), limit)
        }
        ("items", Value::Array(items)) => items.iter().try_for_each(|item| check(item, limit)),
        ("minimum", Value::Number(_)) if value.as_f64() < limit.as_f64() => {
            broken(format!("{} is less than the minimum of {limit}", shown()))
        }
        ("maximum", Value::Number(_)) if value.as_f64() > limit.as_f64() => {
            broken(format!("{} is greater than the maximum of {limit}", shown()))
        }
        ("minLength", Value::String(text)) if as_count(text.chars().count()) < limit.as_u64() => {
            broken(format!("{} is too short", shown()))
        }
        ("maxLength", Value::String(text)) if as_count(text.chars().count()) > limit.as_u64() => {
            broken(format!("{} is too long", shown()))
        }
        ("minItems", Value::Array(items)) if as_count(items.len()) < limit.as_u64() => {
            broken(format!("{} is too short", shown()))
        }
        ("maxItems", Value::Array(items)) if as_count(items.len()) > limit.as_u64() => {
            broken(format!("{} is too long", shown()))
        }
        ("required" | "properties" | "additionalProperties" | "items", _) => Ok(()),
        ("minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems", _) if limit.is_number() => Ok(()),
        (word, _) if REMARKS.contains(&word) => Ok(()),
        _ => Err(beyond()),
    }
}

fn as_count(length: usize) -> Option<u64> {
    u64::try_from(length).ok()
}

/// Checks the keys that no property is declared for.
fn further(others: Vec<(&String, &Value)>, limit: &Value) -> Result<(), Flaw> {
    if *limit != Value::Bool(false) {
        return others.into_iter().try_for_each(|(_, value)| check(value, limit));
    }
    let names: Vec<String> = others.iter().map(|(name, _)| spelled(&name.as_str().into())).collect();
    let verb = match names.len() {
        0 => return Ok(()),
        1 => "was",
        _ => "were",
    };
    broken(format!("Additional properties are not allowed ({} {verb} unexpected)", names.join(", ")))
}

/// Checks the type: one word, or one of several.
fn kind(value: &Value, wanted: &Value) -> Result<(), Flaw> {
    let words = match wanted {
        Value::Array(words) => words.as_slice(),
        one => std::slice::from_ref(one),
    };
    for word in words {
        let is_one = match word.as_str() {
            Some("string") => value.is_string(),
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            Some("number") => value.is_number(),
            Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            _ => return Err(Flaw::Beyond(format!("type: {word}"))),
        };
        if is_one {
            return Ok(());
        }
    }
    let names: Vec<String> = words.iter().map(spelled).collect();
    broken(format!("{} is not of type {}", spelled(value), names.join(", ")))
}

/// A value as the server's language spells it.
fn spelled(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.contains('\'') && !text.contains('"') => format!("\"{text}\""),
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Value::Array(items) => format!("[{}]", items.iter().map(spelled).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entry =
                |(key, value): (&String, &Value)| format!("{}: {}", spelled(&key.as_str().into()), spelled(value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_breaks_a_schema_is_told_in_the_validators_words() {
        let said = |value: Value, schema: Value| match check(&value, &schema) {
            Ok(()) => String::new(),
            Err(Flaw::Broken(phrase)) => phrase,
            Err(Flaw::Beyond(word)) => format!("beyond: {word}"),
        };
        let account = json!({
            "type": "object", "required": ["user"], "additionalProperties": false,
            "properties": { "user": { "type": "string", "minLength": 2 }, "pin": { "type": ["integer", "null"] } }
        });
        for (value, schema, phrase) in [
            (json!(["a", 1, null]), json!({ "type": "object" }), "['a', 1, None] is not of type 'object'"),
            (json!(20.5), json!({ "type": "number", "maximum": 20 }), "20.5 is greater than the maximum of 20"),
            (json!(4), json!({ "type": "number", "minimum": 5 }), "4 is less than the minimum of 5"),
            (json!("c"), json!({ "enum": ["a", "b"] }), "'c' is not one of ['a', 'b']"),
            (json!(true), json!({ "type": "integer" }), "True is not of type 'integer'"),
            (json!([1, "x"]), json!({ "items": { "type": "number" } }), "'x' is not of type 'number'"),
            (json!({ "user": "ops", "pin": 7 }), account.clone(), ""),
            (json!({ "pin": 7 }), account.clone(), "'user' is a required property"),
            (json!({ "user": "o" }), account.clone(), "'o' is too short"),
            (json!({ "user": "ops", "pin": "7" }), account.clone(), "'7' is not of type 'integer', 'null'"),
            (json!({ "user": "ops", "x": 1 }), account, "Additional properties are not allowed ('x' was unexpected)"),
            (json!("text"), json!({ "minimum": 5, "title": "says nothing about text" }), ""),
            (json!("text"), json!({ "pattern": "^t" }), "beyond: pattern"),
        ] {
            assert_eq!(said(value.clone(), schema), phrase, "{value}");
        }
    }
}
