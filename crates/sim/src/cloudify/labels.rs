//! Labels of blueprints and deployments (cloudify.md#blueprints, cloudify.md#deployments).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization;

use super::made_up::stamp;
use super::refusal::{Refusal, bad_parameters};

/// A label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label {
    key: String,
    value: String,
    created_at: u64,
    created_by: String,
}

/// Whether `[{key, value}]` is accepted besides `[{<key>: <value>}]`: for blueprints only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forms {
    /// `[{<key>: <value>}]` only.
    Short,
    /// Both.
    Both,
}

/// The keys that users set although they begin as the manager's own (observed).
const OPEN: [&str; 11] = [
    "csys-obj-name",
    "csys-obj-type",
    "csys-env-type",
    "csys-wrcp-services",
    "csys-location-name",
    "csys-location-lat",
    "csys-location-long",
    "csys-obj-parent",
    "csys-environment",
    "csys-consumer-id",
    "csys-wrcp-group-id",
];

impl Label {
    /// Says whether another one says the same.
    pub(crate) fn is(&self, other: &Label) -> bool {
        self.key == other.key && self.value == other.value
    }
}

/// The labels as answers print them.
pub(crate) fn print(labels: &[Label]) -> Value {
    labels
        .iter()
        .map(|label| {
            json!({
                "key": label.key,
                "value": label.value,
                "created_at": stamp(label.created_at),
                "created_by": label.created_by,
            })
        })
        .collect()
}

/// The labels of a body, which replace all; one that was there before keeps its date.
pub(crate) fn replace(
    old: &[Label],
    asked: &[Value],
    forms: Forms,
    username: &str,
    now: u64,
) -> Result<Vec<Label>, Refusal> {
    let mut labels: Vec<Label> = Vec::new();
    for (key, value) in pairs(asked, forms)? {
        if labels.iter().any(|label| label.key == key && label.value == value) {
            return Err(bad_parameters(format!("You cannot define the same label twice: {key}:{value}")));
        }
        let before = old.iter().find(|label| label.key == key && label.value == value).cloned();
        labels.push(before.unwrap_or_else(|| Label { key, value, created_at: now, created_by: username.to_owned() }));
    }
    Ok(labels)
}

/// The labels that a blueprint declares: `{key: {values: […]}}`.
pub(crate) fn declared(section: &Map<String, Value>, username: &str, now: u64) -> Vec<Label> {
    let mut labels = Vec::new();
    for (key, declaration) in section {
        for value in declaration["values"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            labels.push(Label {
                key: key.to_lowercase(),
                value: value.to_owned(),
                created_at: now,
                created_by: username.to_owned(),
            });
        }
    }
    labels
}

/// Both lists, each label once.
pub(crate) fn merged(mut labels: Vec<Label>, more: Vec<Label>) -> Vec<Label> {
    for label in more {
        if !labels.iter().any(|known| known.key == label.key && known.value == label.value) {
            labels.push(label);
        }
    }
    labels
}

/// The refusal of labels in another form.
pub(crate) fn malformed() -> Refusal {
    bad_parameters(
        "Labels must be a list of 1-entry dictionaries: [{<key1>: <value1>}, {<key2>: [<value2>, <value3>]}, ...]",
    )
}

fn pairs(asked: &[Value], forms: Forms) -> Result<Vec<(String, String)>, Refusal> {
    let mut pairs = Vec::new();
    for item in asked {
        let item = item.as_object().ok_or_else(malformed)?;
        let (key, value) = match (item.len(), item.get("key"), item.get("value")) {
            (2, Some(Value::String(key)), Some(value)) if forms == Forms::Both => (key.clone(), value),
            (1, _, _) => item.iter().next().map(|(key, value)| (key.clone(), value)).ok_or_else(malformed)?,
            _ => return Err(malformed()),
        };
        let key = checked_key(&key)?;
        match value {
            Value::String(value) => pairs.push((key, checked_value(value)?)),
            Value::Array(values) => {
                for value in values {
                    pairs.push((key.clone(), checked_value(value.as_str().ok_or_else(malformed)?)?));
                }
            }
            _ => return Err(malformed()),
        }
    }
    Ok(pairs)
}

/// A label's text as it is kept: in Unicode's form NFKC.
fn checked_value(value: &str) -> Result<String, Refusal> {
    if value.chars().count() > 256 {
        return Err(bad_parameters("The key or value is too long. Maximum allowed length is 256 characters"));
    }
    if value.chars().any(|letter| letter == '"' || letter.is_control()) {
        return Err(bad_parameters(format!(
            "The value `{value}` contains illegal characters. Control characters and `\"` are not allowed."
        )));
    }
    Ok(value.nfkc().collect())
}

/// A label's key as it is kept, or why it is refused.
pub(crate) fn checked_key(key: &str) -> Result<String, Refusal> {
    let key = key.to_lowercase();
    if key.starts_with("csys-") && !OPEN.contains(&key.as_str()) {
        return Err(bad_parameters(format!("All labels with a `csys-` prefix are reserved for internal use: {key}")));
    }
    if key.chars().count() > 256 {
        return Err(bad_parameters("The key or value is too long. Maximum allowed length is 256 characters"));
    }
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
        return Err(bad_parameters(format!("The label's key `{key}` contains illegal characters")));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_in_short_forms() {
        let read = |asked: Value, forms| replace(&[], asked.as_array().unwrap(), forms, "admin", 1).map(|l| l.len());
        assert_eq!(read(json!([{"Env": ["dev", "test"]}, {"team": "net"}]), Forms::Short).unwrap(), 3);
        assert!(read(json!([{"key": "a", "value": "b"}]), Forms::Short).is_err());
        assert_eq!(read(json!([{"key": "a", "value": "b"}]), Forms::Both).unwrap(), 1);
        assert!(read(json!([{"a": "b"}, {"A": "b"}]), Forms::Short).is_err());
        assert!(read(json!([{"csys-x": "b"}]), Forms::Short).is_err());
        assert!(read(json!(["x"]), Forms::Short).is_err());
    }
}
