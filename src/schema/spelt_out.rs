//! Fields that name resources and may spell them out in place of the names.

use serde_json::{Map, Value, json};

use super::{object, set};
use crate::spec::{Field, Identity, Kind, Provider};

/// Lets fields that name resources spell them out.
pub(super) fn spell_out(provider: &Provider, kind: &Kind, properties: &mut Map<String, Value>) {
    for field in kind.fields {
        let Some(other) = provider.spelt_out_in(kind, field) else { continue };
        let (Identity::Name(by) | Identity::CaselessName(by)) = other.identity else { continue };
        let mut whole = object(other.fields, false);
        // What else is required may have two names.
        set(&mut whole, "required", json!([by]));
        if let Some(Value::Object(own)) = whole.get_mut("properties") {
            let second = |field: &Field| field.name.strip_suffix("Id").map(|stem| format!("{stem}Name"));
            let second = other.fields.iter().filter_map(|field| Some((second(field)?, own.get(field.name)?.clone())));
            let second: Vec<(String, Value)> = second.filter(|(name, _)| other.field_by_name(name).is_some()).collect();
            own.extend(second);
        }
        let items = properties.get_mut(field.name).and_then(|property| property.pointer_mut("/anyOf/0/items"));
        if let Some(items) = items {
            *items = json!({ "anyOf": [items.take(), whole] });
        }
    }
}
