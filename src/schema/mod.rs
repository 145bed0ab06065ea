//! The JSON Schema of a workspace's files, for editors: the envelope from its types, kinds from their tables.
//!
//! Nesting is provider, target, kind, name, so every key's meaning follows from its path; the schema branches by the word
//! that says of what sort an object is, and by nothing else. One schema fits every file; what only all files together can
//! have, such as a target's `at`, is not required by it.
//!
//! * `for_each`: what is made for each of others
//! * `target`: what a target says about itself; `fabric`: sites, meshes and vpns
//! * `variants`: what hangs on the word of another field

mod fabric;
mod for_each;
mod spelt_out;
mod target;
mod variants;

use serde_json::{Map, Value, json};

use self::for_each::{for_each, item_of, items_of, of_secrets};
use self::spelt_out::spell_out;
use self::variants::variants;
use crate::fabric::{ABSENT, FABRIC};
use crate::spec::{Change, Descend, Field, Identity, Kind, Provider, Type, ValueFormat, kinds_named};
use crate::topology::envelope::Workspace;
use crate::topology::{EXTERNAL, ITEMS, PARTIAL, RENAMED_FROM, UNMANAGED, has_order, has_parts};

/// The pattern of an expression.
const EXPRESSION: &str = r"\$\{";

/// The schema of a workspace's files.
pub(crate) fn workspace_schema(catalogue: &[&Provider]) -> Value {
    let mut definitions = Map::new();
    let mut properties = properties_of(schemars::schema_for!(Workspace).to_value(), &mut definitions);
    of_secrets(&mut definitions);
    properties.insert(FABRIC.into(), fabric::schema(catalogue, &mut definitions));
    for provider in catalogue {
        let target = target::of(provider, &mut definitions);
        properties.insert(
            provider.name.into(),
            map_of(&format!("{}: targets by name. {}", provider.title, sentence(provider.doc)), target),
        );
    }
    definitions.insert(
        "expression".into(),
        json!({ "type": "string", "pattern": EXPRESSION, "description": "An expression, as in `${var.NAME}`, `${secret.NAME}`, `${target/kind/name.field}` or `${cidr.host(var.NAME, 1)}`." }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trueup workspace file",
        "description": "A file of a Trueup workspace: what `trueup.yaml` says, and what targets hold.",
        "type": "object",
        "properties": properties,
        "patternProperties": { "^x-": { "description": "A place for anchors; it means nothing." } },
        "additionalProperties": false,
        "$defs": definitions,
    })
}

/// The properties of a derived schema; its definitions join the others.
fn properties_of(mut schema: Value, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(own)) = schema.get_mut("$defs").map(Value::take) {
        definitions.extend(own);
    }
    match schema.get_mut("properties").map(Value::take) {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    }
}

/// The kinds below a parent, by name.
fn kinds<'p>(provider: &'p Provider, parent: Option<&'p str>) -> impl Iterator<Item = (String, Value)> + 'p {
    let declarative = provider.children(parent).filter(|kind| kind.is_declarative());
    declarative.map(move |kind| (kind.name.to_owned(), collection(provider, kind)))
}

fn collection(provider: &Provider, kind: &Kind) -> Value {
    let mut schema = match kind.identity {
        Identity::Singleton => resource(provider, kind),
        Identity::Sequence { .. } => {
            let mut item = item_of(kind.fields);
            if provider.fabric.is_some_and(|table| table.firewall.rules.0 == kind.name) {
                item = json!({ "anyOf": [fabric::mark(), item] });
            }
            let items = json!({ "type": "array", "items": item });
            let items = json!({ "anyOf": [items, { "$ref": "#/$defs/expression" }] });
            let properties = json!({ PARTIAL: place(PARTIAL_LIST), ITEMS: items });
            let shared = json!({
                "type": "object", "properties": properties, "required": [ITEMS], "additionalProperties": false,
            });
            json!({ "anyOf": [items["anyOf"][0], shared, { "$ref": "#/$defs/expression" }] })
        }
        Identity::Name(_) | Identity::CaselessName(_) | Identity::Natural(_) | Identity::Content(..) => {
            map_of("", resource(provider, kind))
        }
    };
    set(&mut schema, "title", json!(format!("{}/{}", provider.name, kind.name)));
    describe(&mut schema, &format!("{}{}", sentence(kind.doc), naming(kind)));
    schema
}

/// The meaning of the name in YAML.
fn naming(kind: &Kind) -> String {
    match kind.identity {
        Identity::Singleton => " There is one.".into(),
        Identity::Name(name) => format!(" The name is the `{name}`."),
        Identity::CaselessName(name) => format!(" The name is the `{name}`, whatever its case."),
        Identity::Natural(names) | Identity::Content(_, names @ [_, ..]) => {
            format!(" The name is a label; `{}` tell them apart.", names.join("`, `"))
        }
        Identity::Content(name, []) => format!(" Other content of `{name}` makes another one."),
        Identity::Sequence { .. } => " Its order matters; the list is the resource.".into(),
    }
}

fn resource(provider: &Provider, kind: &Kind) -> Value {
    let named = match kind.identity {
        Identity::Name(name) | Identity::CaselessName(name) => Some(name),
        _ => None,
    };
    let is_of_fabric = provider.fabric.is_some_and(|table| table.comes_to(kind.name));
    let mut schema = object(kind.fields, false);
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        // The name in YAML gives it.
        required.retain(|name| name.as_str() != named);
        if is_of_fabric {
            // A fabric may give what the file does not.
            required.clear();
        }
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        // Editors show a title above what they say of a key: the name by which `explain` knows it.
        for (name, property) in properties.iter_mut() {
            set(property, "title", json!(format!("{}.{name}", kind.name)));
        }
        spell_out(provider, kind, properties);
        properties.extend(kinds(provider, Some(kind.name)));
        properties.extend(owned_parts(kind));
        if !kind.identity.is_single() {
            for_each(properties, &|word| kind.field(word).is_some());
            if kind.field(RENAMED_FROM).is_none() {
                properties
                    .insert(RENAMED_FROM.into(), json!({ "description": OLD_NAME, "type": ["string", "number"] }));
            }
        }
        if is_of_fabric {
            properties.insert(ABSENT.into(), fabric::absent());
        }
    }
    let mut schema = or_external(kind, schema);
    let needs_nothing =
        schema.get("anyOf").is_none() && schema.get("required").and_then(Value::as_array).is_none_or(Vec::is_empty);
    if needs_nothing {
        set(&mut schema, "type", json!(["object", "null"]));
    }
    schema
}

/// The meaning of the name that a resource had.
const OLD_NAME: &str = "The name that it had until now: the object of that name is this one, and is renamed.";

/// The meaning of `partial` on a list that is one resource.
const PARTIAL_LIST: &str =
    "Only the declared items are ours, and they stand at this place among those of others, which stay.";

/// The meaning of `partial` on fields.
const PARTIAL_FIELDS: &str = "Lists of which only the declared items are ours: those of others stay. One that has an order \
                              says where ours stand.";

/// The keys that say how much of a resource is ours.
fn owned_parts(kind: &Kind) -> impl Iterator<Item = (String, Value)> {
    let names = |counts: &dyn Fn(&Field) -> bool| -> Vec<&str> {
        kind.fields.iter().filter(|field| field.is_writable() && counts(field)).map(|field| field.name).collect()
    };
    let list = |names: Vec<&str>| json!({ "type": "array", "items": { "enum": names }, "uniqueItems": true });
    let key = |word: &str, doc: &str, mut schema: Value| {
        describe(&mut schema, doc);
        (word.to_owned(), schema)
    };
    let is_free = |word: &str, names: &[&str]| !names.is_empty() && kind.field(word).is_none();
    let (all, parts) = (names(&|_| true), names(&|field| has_parts(kind, field)));
    let unmanaged = is_free(UNMANAGED, &all)
        .then(|| key(UNMANAGED, "Fields that are left alone: neither compared nor written.", list(all)));
    let partial = is_free(PARTIAL, &parts).then(|| {
        let without_order = names(&|field| has_parts(kind, field) && !has_order(field));
        let schema_of = |name: &&str| match without_order.contains(name) {
            true => json!({ "type": "null" }),
            false => place(""),
        };
        let properties: Map<String, Value> = parts.iter().map(|name| ((*name).to_owned(), schema_of(name))).collect();
        let by_place = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        let schema = match without_order.is_empty() {
            true => by_place,
            false if without_order.len() == parts.len() => list(without_order),
            false => json!({ "anyOf": [list(without_order), by_place] }),
        };
        key(PARTIAL, PARTIAL_FIELDS, schema)
    });
    unmanaged.into_iter().chain(partial)
}

/// A place among the items of others.
fn place(doc: &str) -> Value {
    let beside = |word: &str| {
        let text = json!({ "type": "string", "minLength": 1, "description": "The item of others, by its text." });
        json!({ "type": "object", "properties": { word: text }, "required": [word], "additionalProperties": false })
    };
    let mut schema = json!({ "anyOf": [{ "enum": ["first", "last"] }, beside("before"), beside("after")] });
    if !doc.is_empty() {
        describe(&mut schema, doc);
    }
    schema
}

/// What is external needs what it is found by, and nothing more.
fn or_external(kind: &Kind, mut schema: Value) -> Value {
    if kind.field(EXTERNAL).is_some() {
        return schema;
    }
    let doc =
        "Somebody else's: it is found by what tells it apart, may be referred to, and is never compared or written.";
    let required = schema.get("required").cloned();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert(EXTERNAL.into(), json!({ "description": doc, "type": "boolean" }));
    }
    for variant in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        variant["if"]["properties"][EXTERNAL] = json!({ "const": false });
        // Which of its fields are left alone, only `validate` tells.
        variant["if"]["properties"][UNMANAGED] = json!(false);
    }
    if let (Some(required), Value::Object(map)) = (required.filter(|names| names != &json!([])), &mut schema) {
        map.remove("required");
        map.insert("anyOf".into(), json!([{ "required": required }, { "required": [EXTERNAL] }]));
    }
    schema
}

fn object(fields: &'static [Field], open: bool) -> Value {
    let writable = || fields.iter().filter(|field| field.is_writable());
    let properties: Map<String, Value> = writable().map(|own| (own.name.to_owned(), field(own))).collect();
    let required: Vec<&str> = writable().filter(|field| field.is_required()).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": open });
    if !required.is_empty() {
        set(&mut schema, "required", json!(required));
    }
    let variants = variants(fields);
    if !variants.is_empty() {
        set(&mut schema, "allOf", json!(variants));
    }
    schema
}

fn field(field: &Field) -> Value {
    let mut schema = with_expression(&field.ty, !field.is_required());
    describe(
        &mut schema,
        &match field.ty {
            // A string that looks like any other: no shape tells what may stand there.
            Type::File(_) => sentence(&format!("{}: {}", field.doc, field.ty.describe())),
            _ => sentence(field.doc),
        },
    );
    if let Some(default) = field.default {
        set(&mut schema, "default", default.value().to_shown());
    }
    let marks = marks(field);
    if !marks.is_empty() {
        set(&mut schema, "x-trueup", Value::Object(marks));
    }
    schema
}

/// Rules for which a JSON Schema has no words.
fn marks(field: &Field) -> Map<String, Value> {
    let mut marks = Map::new();
    let mut mark = |name: &str, value: Value| drop(marks.insert(name.into(), value));
    match field.change {
        Change::Replaces => mark("create-only", json!("replaced")),
        Change::Fixed => mark("create-only", json!("held")),
        Change::DedicatedCall([]) => mark("rides-along", json!(true)),
        Change::InPlace | Change::Switch { .. } | Change::DedicatedCall(_) | Change::Widens(..) => {}
    }
    if field.is_secret() {
        mark("secret", json!(true));
    }
    if let Some(other) = field.json_if_declared() {
        mark("typed-by", json!(other));
    }
    if field.is_write_only() {
        mark("write-only", json!(true));
    }
    if field.inferred {
        mark("inferred", json!(true));
    }
    if !matches!(field.disruption, crate::spec::Disruption::None) {
        mark("disruption", json!(field.disruption.as_str()));
    }
    let references = kinds_named(&field.ty, Descend::Past);
    if !references.is_empty() {
        mark("references", json!(references));
    }
    marks
}

/// A type's values, or an expression in their place; where `clears`, null too, which takes a value away.
fn with_expression(ty: &Type, clears: bool) -> Value {
    let own = plain(ty);
    // A string schema without a format takes expressions as it is.
    let takes_texts = own
        .get("type")
        .is_some_and(|ty| ty == "string" || ty.as_array().is_some_and(|types| types.contains(&json!("string"))));
    let mut choices = Vec::new();
    let takes_all = matches!(ty.plain(), Type::Any | Type::Json(_));
    if !takes_texts && !takes_all {
        choices.push(json!({ "$ref": "#/$defs/expression" }));
    }
    if clears && !takes_all {
        choices.push(json!({ "type": "null" }));
    }
    if choices.is_empty() {
        return own;
    }
    choices.insert(0, own);
    json!({ "anyOf": choices })
}

fn plain(ty: &Type) -> Value {
    match ty.plain() {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer" }),
        Type::Format(format) => formatted(format),
        Type::Phrase(grammar) => plain(&grammar.form),
        Type::Text | Type::Ref(_) => json!({ "type": ["string", "number", "boolean"] }),
        Type::Enum(words) => json!({ "enum": words }),
        Type::OpenEnum(words) => json!({ "anyOf": [{ "enum": words }, { "type": "string" }] }),
        Type::Joined(..) => {
            let item = json!({ "type": ["string", "number", "boolean"] });
            json!({ "type": ["string", "number", "boolean", "array"], "items": item })
        }
        Type::List(item) => json!({ "type": "array", "items": items_of(item, with_expression(item, false)) }),
        Type::Set(item @ Type::Role(_)) => json!({ "type": "array", "items": items_of(item, plain(item)) }),
        Type::Set(item) => {
            let items = items_of(item, with_expression(item, false));
            json!({ "type": "array", "items": items, "uniqueItems": true })
        }
        Type::Table(fields, _) => json!({ "type": "array", "items": item_of(fields) }),
        Type::Object(fields) => object(fields, false),
        Type::Open(fields) => object(fields, true),
        Type::Map(item) => json!({ "type": "object", "additionalProperties": with_expression(item, true) }),
        Type::Label(_, text) => {
            let text = with_expression(&Type::Format(text), false);
            json!({ "type": "object", "additionalProperties": text, "minProperties": 1, "maxProperties": 1 })
        }
        Type::Any | Type::Json(_) => json!({}),
        Type::Role([]) => json!({ "type": "string", "pattern": format!("^#.|{EXPRESSION}") }),
        Type::Role(_) => json!({ "type": "string", "pattern": format!("^[#@].|{EXPRESSION}") }),
        Type::File(_) => json!({ "type": "string" }),
    }
}

/// The schema of a format, whose patterns expressions fit, too.
fn formatted(format: &ValueFormat) -> Value {
    let mut schema: Value = serde_json::from_str(format.schema).unwrap_or_default();
    if let Some(Value::String(pattern)) = schema.get_mut("pattern") {
        *pattern = format!("{pattern}|{EXPRESSION}");
    }
    schema
}

fn map_of(doc: &str, value: Value) -> Value {
    let mut schema = json!({ "type": ["object", "null"], "additionalProperties": value });
    if !doc.is_empty() {
        describe(&mut schema, doc);
    }
    schema
}

fn describe(schema: &mut Value, doc: &str) {
    set(schema, "description", json!(doc));
}

fn set(schema: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = schema {
        map.insert(key.into(), value);
    }
}

/// The tables' phrases carry no period; beside other sentences they need one.
fn sentence(phrase: &str) -> String {
    format!("{phrase}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::testing::CATALOGUE;

    fn schema() -> Value {
        workspace_schema(CATALOGUE)
    }

    fn below<'v>(schema: &'v Value, path: &str) -> &'v Value {
        path.split(' ').fold(schema, |here, key| match key {
            "*" => &here["additionalProperties"],
            key => &here["properties"][key],
        })
    }

    /// Calls `see` with every object in a schema.
    fn each_object(value: &Value, see: &mut dyn FnMut(&Map<String, Value>)) {
        match value {
            Value::Object(map) => {
                see(map);
                map.values().for_each(|value| each_object(value, see));
            }
            Value::Array(items) => items.iter().for_each(|value| each_object(value, see)),
            _ => {}
        }
    }

    #[test]
    fn nesting_is_provider_target_kind_name() {
        let schema = schema();
        let endpoint = below(&schema, "lab * endpoints *");
        assert_eq!(endpoint["anyOf"], json!([{ "required": ["address"] }, { "required": ["external"] }]));
        assert_eq!(endpoint["additionalProperties"], json!(false));
        assert_eq!(below(endpoint, "peers * asn")["description"], json!("Its number."));
        assert_eq!(below(endpoint, "health interval")["anyOf"][0], json!({ "type": "integer" }));
        assert_eq!(below(endpoint, "state"), &Value::Null);
        assert_eq!(below(&schema, "lab * regions"), &Value::Null);
        assert_eq!(below(&schema, "lab * rules")["anyOf"][0]["items"]["required"], json!(["rule"]));
        assert_eq!(below(&schema, "lab * credentials")["required"], json!(["username", "password"]));
        assert_eq!(below(&schema, "vars")["additionalProperties"]["$ref"], json!("#/$defs/Variable"));
    }

    #[test]
    fn fields_carry_their_meaning() {
        let schema = schema();
        let endpoint = below(&schema, "lab * endpoints *");
        assert_eq!(below(endpoint, "mode")["default"], json!("main"));
        assert_eq!(below(endpoint, "secret")["x-trueup"], json!({ "secret": true, "write-only": true }));
        assert_eq!(below(endpoint, "group")["x-trueup"], json!({ "references": ["groups"] }));
        let expression = json!({ "$ref": "#/$defs/expression" });
        assert_eq!(below(endpoint, "mode")["anyOf"][1], expression);
        assert_eq!(below(endpoint, "enabled")["anyOf"][1], expression);
    }

    #[test]
    fn references_resolve_and_nothing_is_conditional() {
        let schema = schema();
        each_object(&schema, &mut |map| {
            for word in ["if", "then", "else", "dependentSchemas", "dependentRequired", "discriminator"] {
                assert!(!map.contains_key(word), "{word}");
            }
            if let Some(Value::String(reference)) = map.get("$ref") {
                let name = reference.strip_prefix("#/$defs/").unwrap();
                assert!(schema["$defs"].get(name).is_some(), "{name}");
            }
        });
    }
}
