//! Reading what an API gives: leniently, with what is secret in it redacted.

use serde_json::Value;

use crate::attr::Attr;
use crate::redact::redact_live;
use crate::spec::{Descend, Field, Type, TypeSlot, edit_down};

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
fn redact_nested(ty: &Type, mut attr: Attr) -> Attr {
    edit_down(TypeSlot::typed(*ty), &mut attr, &mut |slot, value| match slot.field {
        Some(field) if field.is_secret() => {
            *value = redact_live(field.name, std::mem::replace(value, Attr::Null));
            Descend::Past
        }
        _ => Descend::Into,
    });
    attr
}
