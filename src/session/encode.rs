//! Writing requests: the place where secrets become bytes.

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::secret::Secret;

/// A value as JSON to send, secrets exposed.
///
/// # Errors
/// The words of what is still not known.
pub(crate) fn json(attr: &Attr) -> Result<Value, String> {
    Ok(match attr {
        Attr::Null => Value::Null,
        Attr::Bool(value) => Value::Bool(*value),
        Attr::Number(value) => Value::Number(value.clone()),
        Attr::Text(text) => Value::String(text.clone()),
        Attr::Secret(own) if own.is_text() => Value::String(secret(own)),
        Attr::Secret(own) => serde_json::from_str(own.expose()).unwrap_or_else(|_| Value::String(secret(own))),
        Attr::List(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Attr::Map(map) => {
            let mut object = Map::new();
            for (key, value) in map {
                object.insert(key.clone(), json(value)?);
            }
            Value::Object(object)
        }
        Attr::Later(template) => return Err(template.to_string()),
    })
}

/// A secret as text to send, or to keep for its owner's eyes only.
pub(crate) fn secret(secret: &Secret) -> String {
    secret.expose().to_owned()
}

/// A value as text to send: a path, a header, a password.
///
/// # Errors
/// The words of what is still not known, or of what is no text.
pub(crate) fn text(attr: &Attr) -> Result<String, String> {
    match json(attr)? {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(value) => Ok(value.to_string()),
        Value::Array(_) | Value::Object(_) => Err("a list or map where text is needed".into()),
    }
}
