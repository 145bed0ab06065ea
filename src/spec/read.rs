//! Reading what an API gives: leniently, with what is secret in it redacted.

use serde_json::Value;

use crate::attr::Attr;
use crate::redact::redact_live;
use crate::spec::{Field, Type};

/// The value under keys joined by dots; numbers are indexes of lists. An empty path is the value itself.
pub(crate) fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|key| !key.is_empty()).try_fold(value, |value, key| match value {
        Value::Object(map) => map.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// A field's value in an object that an API gave: leniently, and as a secret where the field is one.
pub(crate) fn read(field: &Field, object: &Value) -> Attr {
    let attr = lookup(object, field.read_path()).map_or(Attr::Null, Attr::from_json);
    if field.is_secret() { redact_live(field.name, attr) } else { redact_nested(&field.ty, attr) }
}

/// The same value with the secret fields of its objects redacted.
fn redact_nested(ty: &Type, attr: Attr) -> Attr {
    match (ty, attr) {
        (Type::List(item) | Type::Set(item), Attr::List(items)) => {
            Attr::List(items.into_iter().map(|value| redact_nested(item, value)).collect())
        }
        (Type::Table(fields, _), Attr::List(items)) => {
            Attr::List(items.into_iter().map(|value| redact_nested(&Type::Object(fields), value)).collect())
        }
        (Type::Map(item), Attr::Map(map)) => {
            Attr::Map(map.into_iter().map(|(key, value)| (key, redact_nested(item, value))).collect())
        }
        (Type::Object(fields) | Type::Open(fields), Attr::Map(map)) => {
            let value = |key: &str, value: Attr| match fields.iter().find(|field| field.name == key) {
                Some(field) if field.is_secret() => redact_live(field.name, value),
                Some(field) => redact_nested(&field.ty, value),
                None => value,
            };
            Attr::Map(map.into_iter().map(|(key, attr)| (key.clone(), value(&key, attr))).collect())
        }
        (_, attr) => attr,
    }
}
