//! The words by which one declaration makes one thing for each of others.

use serde_json::{Map, Value, json};

use super::object;
use crate::spec::{Field, Type};
use crate::topology::{EACH, ITEM, NAMED_BY};

/// Lets a secret be declared for each of others.
pub(super) fn of_secrets(definitions: &mut Map<String, Value>) {
    let sources = definitions.get_mut("SecretSource").and_then(|source| source.get_mut("oneOf"));
    for source in sources.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::Object(properties)) = source.get_mut("properties") {
            for_each(properties, &|_| false);
        }
    }
}

/// Adds the words by which a declaration is made for each of others, but those that are its own.
pub(super) fn for_each(properties: &mut Map<String, Value>, is_own: &dyn Fn(&str) -> bool) {
    let words = [(EACH, each()), (NAMED_BY, named_by())];
    let words = words.into_iter().filter(|(word, _)| !is_own(EACH) && !is_own(word));
    properties.extend(words.map(|(word, schema)| (word.to_owned(), schema)));
}

/// An item that is made for each of others, where items are no maps.
fn spread_item(item: Value) -> Value {
    let properties = json!({ EACH: each(), NAMED_BY: named_by(), ITEM: item });
    json!({ "type": "object", "properties": properties, "required": [EACH, ITEM], "additionalProperties": false })
}

/// An item of a list with fields of its own.
pub(super) fn item_of(fields: &'static [Field]) -> Value {
    let mut schema = object(fields, false);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for_each(properties, &|word| fields.iter().any(|field| field.name == word));
    }
    schema
}

/// The items of a list, those that are made for each of others among them.
pub(super) fn items_of(item: &Type, own: Value) -> Value {
    match item.plain() {
        Type::Object(fields) => item_of(fields),
        Type::Any | Type::Json(_) | Type::Open(_) | Type::Map(_) | Type::Label(..) => own,
        Type::List(_) | Type::Set(_) | Type::Table(..) => own,
        _ => json!({ "anyOf": [own.clone(), spread_item(own)] }),
    }
}

fn each() -> Value {
    json!({
        "description": "Makes one for every item of a map or list; where it has a name, `${each.key}` belongs there.",
        "anyOf": [{ "type": "object" }, { "type": "array" }, { "$ref": "#/$defs/expression" }],
    })
}

fn named_by() -> Value {
    json!({ "description": "The value of each item by which it goes, where the items of `each` are a list of maps.", "type": "string", "minLength": 1 })
}
