//! What hangs on another field, as a JSON Schema says it: variants by the words of a field, and nothing else.
//!
//! Where a pair of fields decides, or whether one is given at all, a schema would only guess at what an expression brings;
//! `validate` tells that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::spec::{Condition, Field, Given, Shape, Type};

/// The words of one field, and what holds for an object that has one of them.
type Variants = BTreeMap<(&'static str, Vec<&'static str>), Value>;

/// The variants of objects with these fields, as parts of `allOf`.
pub(super) fn variants(fields: &'static [Field]) -> Vec<Value> {
    let mut found = Variants::new();
    collect(fields, fields, &|then| then, &mut found);
    found.into_iter().map(|((name, words), then)| json!({ "if": has(fields, name, &words), "then": then })).collect()
}

/// Collects what the fields of an object, and of objects in it, say about words of a field in `outer`. `wrap` puts a part
/// where they are.
fn collect(outer: &'static [Field], fields: &'static [Field], wrap: &dyn Fn(Value) -> Value, found: &mut Variants) {
    let is_outermost = std::ptr::eq(outer, fields);
    let mut say = |about: &'static Field, words: Vec<&'static str>, then: Value| {
        if !words.is_empty() {
            merge(found.entry((about.name, words)).or_insert_with(|| json!({})), wrap(then));
        }
    };
    // The words for which a condition holds, and those for which it does not, where one field decides. A field of the object
    // itself is nearer than one around it.
    let decided = |when: Condition| {
        let mut given = when.given();
        let (name, given) = given.next().filter(|_| given.next().is_none())?;
        let is_nearer = !is_outermost && fields.iter().any(|field| field.name == name);
        let about = outer.iter().find(|field| field.name == name && !is_nearer)?;
        let others = |words: &[&str]| known(&about.ty).iter().filter(|word| !words.contains(word)).copied().collect();
        match given {
            Given::OneOf(words) => Some((about, words.to_vec(), others(words))),
            Given::NoneOf(words) => Some((about, others(words), words.to_vec())),
            Given::Something | Given::Nothing => None,
        }
    };
    for field in fields.iter().filter(|field| field.is_writable()) {
        if let Some((about, holds, _)) = field.required.and_then(decided) {
            say(about, holds, json!({ "required": [field.name] }));
        }
        if let Some((about, _, others)) = field.writable_on.and_then(decided) {
            say(about, others, json!({ "properties": { field.name: false } }));
        }
    }
    for field in fields.iter().filter(|field| field.is_writable()) {
        let at = |part: Value| wrap(json!({ "properties": { field.name: part } }));
        match field.ty.shape() {
            Shape::Members(inner) => collect(outer, inner, &at, found),
            Shape::Items(Type::Object(inner) | Type::Open(inner)) => {
                collect(outer, inner, &|part| at(json!({ "items": part })), found);
            }
            _ => {}
        }
    }
}

fn known(ty: &Type) -> &'static [&'static str] {
    match ty.plain() {
        Type::Enum(words) | Type::OpenEnum(words) => words,
        Type::Bool => &["true", "false"],
        _ => &[],
    }
}

/// An object whose field has one of these words.
fn has(fields: &[Field], name: &str, words: &[&'static str]) -> Value {
    let field = fields.iter().find(|field| field.name == name);
    let is_bool = field.is_some_and(|field| matches!(field.ty, Type::Bool));
    let values: Vec<Value> =
        words.iter().map(|word| if is_bool { json!(*word == "true") } else { json!(word) }).collect();
    let mut schema = json!({ "properties": { name: { "enum": values } } });
    // Left out, it has its default.
    let default = field.and_then(|field| field.default_value().to_text()).unwrap_or_default();
    if !words.contains(&default.as_str()) {
        schema["required"] = json!([name]);
    }
    schema
}

/// Puts one schema's parts into another.
fn merge(schema: &mut Value, part: Value) {
    match (schema, part) {
        (Value::Object(schema), Value::Object(part)) => {
            for (key, part) in part {
                merge(schema.entry(key).or_insert(Value::Null), part);
            }
        }
        (Value::Array(items), Value::Array(more)) => items.extend(more),
        (schema, part) => *schema = part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::field;

    static MODEL: &[Field] = &[
        field("host", Type::Text, "Of the first sort").required_if(Condition::is("mode", &["a"])),
        field("hosts", Type::Text, "Of the others").writable_on(Condition::is("mode", &["b", "c"])),
    ];

    static FIELDS: &[Field] = &[
        field("mode", Type::Enum(&["a", "b", "c"]), "The sort").default("\"a\""),
        field("size", Type::Int, "Of the last sort").required_if(Condition::is("mode", &["c"])),
        field("either", Type::Int, "A pair").required_if(Condition::undeclared("size")),
        field("model", Type::Object(MODEL), "More about it"),
        field("models", Type::Table(MODEL, "host"), "Much more about it"),
    ];

    #[test]
    fn words_of_a_field_make_variants_and_pairs_do_not() {
        let inner = json!({ "required": ["host"], "properties": { "hosts": false } });
        assert_eq!(
            variants(FIELDS),
            [
                json!({
                    "if": { "properties": { "mode": { "enum": ["a"] } } },
                    "then": { "properties": { "model": inner, "models": { "items": inner } } }
                }),
                json!({
                    "if": { "properties": { "mode": { "enum": ["c"] } }, "required": ["mode"] },
                    "then": { "required": ["size"] }
                })
            ]
        );
    }
}
