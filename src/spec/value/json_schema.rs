//! JSON schemas that somebody declares, and what does not keep to one.
//!
//! Nothing is fetched for a schema: what refers to another document can't be checked. A secret, or a value that is known
//! later, could be any value; no message repeats a value.

use std::collections::BTreeSet;

use boon::{Compiler, Draft, ErrorKind, InstanceToken, SchemaIndex, Schemas, SchemeUrlLoader, ValidationError};
use serde_json::Value;

use super::schema_cost::{astray, is_too_much};
use crate::attr::Attr;
use crate::suggest::one_of;

/// How many of the values that may be are told.
const TOLD: usize = 10;

/// Where a schema without an id of its own stands: references in it lead from there, and nowhere that could be asked.
const HERE: &str = "https://schema.invalid/declared";

/// A JSON schema.
pub(crate) struct JsonSchema {
    schemas: Schemas,
    index: SchemaIndex,
    source: Value,
}

/// Why there is nothing to check by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoSchema {
    /// It is no schema: why.
    Invalid(String),
    /// It refers to a document elsewhere, or by a name: it is not followed there.
    Elsewhere(String),
    /// It has a pattern that is not understood here, as one that looks ahead: others may understand it.
    Pattern,
}

/// A place where a value does not keep to its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    /// The keys and indexes down to it.
    pub path: Vec<String>,
    /// What is wrong: a phrase.
    pub message: String,
}

impl JsonSchema {
    /// The schema that a JSON value is. Where it does not say which draft it follows, it is taken for draft 7.
    ///
    /// # Errors
    /// When it is none, or stands elsewhere in part.
    pub(crate) fn read(schema: &Value) -> Result<JsonSchema, NoSchema> {
        if let Some(to) = astray(schema, true) {
            return Err(NoSchema::Elsewhere(to));
        }
        let mut schemas = Schemas::new();
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V7);
        compiler.use_loader(Box::new(SchemeUrlLoader::new()));
        if let Err(error) = compiler.add_resource(HERE, schema.clone()) {
            return Err(NoSchema::of(&error));
        }
        match compiler.compile(HERE, &mut schemas) {
            Ok(index) => Ok(JsonSchema { schemas, index, source: schema.clone() }),
            Err(error) => Err(NoSchema::of(&error)),
        }
    }

    /// Where a value does not keep to it, as far as that is known; `None` where it would take too long to find out.
    pub(crate) fn breaches(&self, value: &Attr) -> Option<Vec<Breach>> {
        if is_too_much(&self.source, parts(value), value.depth()) {
            return None;
        }
        let mut hidden = Vec::new();
        let value = open(value, &mut Vec::new(), &mut hidden);
        let Err(error) = self.schemas.validate(&value, self.index) else { return Some(Vec::new()) };
        let mut found = BTreeSet::new();
        collect(&error, &hidden, &mut found);
        Some(found.into_iter().collect())
    }
}

impl NoSchema {
    fn of(error: &boon::CompileError) -> NoSchema {
        use boon::CompileError as Error;
        match error {
            Error::LoadUrlError { url, .. }
            | Error::UnsupportedUrlScheme { url }
            | Error::UnsupportedDraft { url }
            | Error::InvalidMetaSchemaUrl { url, .. } => NoSchema::Elsewhere(url.clone()),
            Error::ValidationError { src, .. } => {
                let mut found = BTreeSet::new();
                collect(src, &[], &mut found);
                if !found.is_empty() && found.iter().all(|breach| breach.message == describe_format(REGEX)) {
                    return NoSchema::Pattern;
                }
                let told = found.iter().next().map(|breach| match breach.path.is_empty() {
                    true => breach.message.clone(),
                    false => format!("`{}` {}", breach.path.join("."), breach.message),
                });
                NoSchema::Invalid(told.unwrap_or_else(|| "it breaks the rules of its draft".into()))
            }
            // A pattern that is too large.
            Error::Bug(_) | Error::InvalidRegex { .. } => NoSchema::Pattern,
            // These are few words, and name keys and patterns of the schema.
            other => NoSchema::Invalid(other.to_string().replace(HERE, "").replace('\n', " ")),
        }
    }
}

/// How many parts a value has, itself included.
fn parts(value: &Attr) -> u64 {
    1 + match value {
        Attr::List(items) => items.iter().map(parts).sum(),
        Attr::Map(map) => map.values().map(parts).sum(),
        _ => 0,
    }
}

/// The value with nothing in the place of what is not known, which is noted by its path.
fn open(value: &Attr, path: &mut Vec<String>, hidden: &mut Vec<Vec<String>>) -> Value {
    match value {
        Attr::Secret(_) | Attr::Later(_) => {
            hidden.push(path.clone());
            Value::Null
        }
        Attr::List(items) => {
            let open_item = |(index, item): (usize, &Attr)| {
                path.push(index.to_string());
                let item = open(item, path, hidden);
                path.pop();
                item
            };
            Value::Array(items.iter().enumerate().map(open_item).collect())
        }
        Attr::Map(map) => {
            let open_value = |(key, value): (&String, &Attr)| {
                path.push(key.clone());
                let value = open(value, path, hidden);
                path.pop();
                (key.clone(), value)
            };
            Value::Object(map.iter().map(open_value).collect())
        }
        other => other.to_shown(),
    }
}

/// Takes the breaches that an error consists of. What hangs on an unknown value is none.
fn collect(error: &ValidationError<'_, '_>, hidden: &[Vec<String>], found: &mut BTreeSet<Breach>) {
    let path: Vec<String> = error.instance_location.tokens.iter().map(word).collect();
    match &error.kind {
        ErrorKind::Group
        | ErrorKind::Schema { .. }
        | ErrorKind::ContentSchema
        | ErrorKind::Reference { .. }
        | ErrorKind::AllOf => error.causes.iter().for_each(|cause| collect(cause, hidden, found)),
        kind => {
            let hangs_on = match kind {
                // A key is there or not, whatever its value.
                ErrorKind::Required { .. }
                | ErrorKind::AdditionalProperties { .. }
                | ErrorKind::MinProperties { .. }
                | ErrorKind::MaxProperties { .. }
                | ErrorKind::MinItems { .. }
                | ErrorKind::MaxItems { .. } => |unknown: &[String], path: &[String]| path.starts_with(unknown),
                _ => |unknown: &[String], path: &[String]| path.starts_with(unknown) || unknown.starts_with(path),
            };
            if !hidden.iter().any(|unknown| hangs_on(unknown, &path)) {
                found.insert(Breach { path, message: describe(kind) });
            }
        }
    }
}

fn word(token: &InstanceToken<'_>) -> String {
    match token {
        InstanceToken::Prop(name) => name.to_string(),
        InstanceToken::Item(index) => index.to_string(),
    }
}

/// A breach in words, without the value.
fn describe(kind: &ErrorKind<'_, '_>) -> String {
    let list = |words: &[String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match kind {
        ErrorKind::Type { got, want } => {
            let want: Vec<String> = want.iter().map(|ty| ty.to_string()).collect();
            format!("is {got}, and has to be {}", want.join(" or "))
        }
        ErrorKind::Required { want } => {
            format!("lacks {}", list(&want.iter().map(ToString::to_string).collect::<Vec<_>>()))
        }
        ErrorKind::AdditionalProperties { got } => {
            format!("may not have {}", list(&got.iter().map(ToString::to_string).collect::<Vec<_>>()))
        }
        ErrorKind::Enum { want } => {
            let words: Vec<String> = want.iter().take(TOLD).map(bare).collect();
            let words = one_of(&words.iter().map(String::as_str).collect::<Vec<_>>());
            match want.len().saturating_sub(TOLD) {
                0 => format!("has to be {words}"),
                more => format!("has to be {words}, or one of {more} more"),
            }
        }
        ErrorKind::Const { want } => format!("has to be `{}`", bare(want)),
        ErrorKind::Pattern { want, .. } => format!("does not match `{want}`"),
        ErrorKind::Format { want, .. } => describe_format(want),
        ErrorKind::ContentEncoding { want, .. } | ErrorKind::ContentMediaType { want, .. } => {
            format!("holds no `{want}`")
        }
        ErrorKind::Minimum { want, .. } => format!("is less than {want}"),
        ErrorKind::Maximum { want, .. } => format!("is more than {want}"),
        ErrorKind::ExclusiveMinimum { want, .. } => format!("is not more than {want}"),
        ErrorKind::ExclusiveMaximum { want, .. } => format!("is not less than {want}"),
        ErrorKind::MultipleOf { want, .. } => format!("is no multiple of {want}"),
        ErrorKind::MinLength { want, .. } => format!("is shorter than {want}"),
        ErrorKind::MaxLength { want, .. } => format!("is longer than {want}"),
        ErrorKind::MinItems { want, .. } => format!("has fewer items than {want}"),
        ErrorKind::MaxItems { want, .. } => format!("has more items than {want}"),
        ErrorKind::MinProperties { want, .. } => format!("has fewer keys than {want}"),
        ErrorKind::MaxProperties { want, .. } => format!("has more keys than {want}"),
        ErrorKind::AdditionalItems { .. } => "has items too many".into(),
        ErrorKind::UniqueItems { got: [one, other] } => format!("has the same item twice, at {one} and {other}"),
        ErrorKind::Dependency { prop, missing } | ErrorKind::DependentRequired { prop, missing } => {
            let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
            format!("has `{prop}`, and lacks {}", list(&missing))
        }
        ErrorKind::PropertyName { prop } => format!("may not have a key `{prop}`"),
        ErrorKind::AnyOf | ErrorKind::OneOf(None) => "is none of the forms that may be".into(),
        ErrorKind::OneOf(Some(_)) => "is of several forms, of which it may be one".into(),
        ErrorKind::Not => "is of a form that may not be".into(),
        ErrorKind::FalseSchema => "may not be there".into(),
        ErrorKind::RefCycle { .. } => "can't be judged: its schema refers to itself for ever".into(),
        _ => "does not keep to it".into(),
    }
}

/// The format of patterns, which draft 7 holds every `pattern` to.
const REGEX: &str = "regex";

fn describe_format(want: &str) -> String {
    format!("is no `{want}`")
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::address::Address;
    use crate::secret::Secret;

    fn found(schema: Value, value: &Attr) -> Vec<String> {
        let schema = JsonSchema::read(&schema).unwrap_or_else(|error| panic!("{error:?}"));
        let line = |breach: Breach| format!("{} {}", breach.path.join("."), breach.message).trim().to_owned();
        schema.breaches(value).unwrap().into_iter().map(line).collect()
    }

    #[test]
    fn each_breach_has_its_place_and_no_value() {
        let schema = json!({
            "type": "object", "required": ["metric"], "additionalProperties": false,
            "properties": {
                "metric": { "type": "integer", "minimum": 1, "maximum": 9 },
                "mode": { "enum": ["fast", "slow"] },
                "hosts": { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^h" } },
                "either": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                "pair": { "$ref": "#/definitions/pair" }
            },
            "definitions": { "pair": { "type": "object", "required": ["low", "high"] } }
        });
        for (value, told) in [
            (json!({ "metric": 3, "mode": "fast", "hosts": ["h1"], "pair": { "low": 1, "high": 2 } }), vec![]),
            (json!([]), vec!["is array, and has to be object"]),
            (json!({}), vec!["lacks `metric`"]),
            (json!({ "metric": "3" }), vec!["metric is string, and has to be integer"]),
            (json!({ "metric": 1.5 }), vec!["metric is number, and has to be integer"]),
            (json!({ "metric": 0 }), vec!["metric is less than 1"]),
            (json!({ "metric": 10, "more": 1 }), vec!["may not have `more`", "metric is more than 9"]),
            (json!({ "metric": 1, "mode": "swift" }), vec!["mode has to be `fast` or `slow`"]),
            (json!({ "metric": 1, "hosts": [] }), vec!["hosts has fewer items than 1"]),
            (json!({ "metric": 1, "hosts": ["h", "swift"] }), vec!["hosts.1 does not match `^h`"]),
            (json!({ "metric": 1, "either": 5 }), vec!["either is none of the forms that may be"]),
            (json!({ "metric": 1, "pair": { "low": 1 } }), vec!["pair lacks `high`"]),
        ] {
            let found = found(schema.clone(), &Attr::from_json(&value));
            assert_eq!(found, told, "{value}");
            assert!(!found.concat().contains("swift"));
        }
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        let schema = json!({
            "type": "object", "required": ["a", "b"], "additionalProperties": false,
            "properties": { "a": { "type": "integer" }, "b": { "type": "object", "minProperties": 1 } },
            "not": { "properties": { "a": { "type": "string" } }, "required": ["a"] }
        });
        for unknown in [Attr::Secret(Secret::new("s", "5")), Attr::output(Address::new("t", "k", Some("n")), "id")] {
            let value = |rest: Value| {
                let Attr::Map(mut map) = Attr::from_json(&rest) else { panic!() };
                map.insert("a".into(), unknown.clone());
                Attr::Map(map)
            };
            assert_eq!(found(schema.clone(), &value(json!({ "b": { "x": 1 } }))), Vec::<String>::new());
            assert_eq!(found(schema.clone(), &value(json!({ "c": 1 }))), ["lacks `b`", "may not have `c`"]);
            assert_eq!(found(schema.clone(), &value(json!({ "b": {} }))), ["b has fewer keys than 1"]);
            assert_eq!(found(schema.clone(), &unknown), Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_no_schema_says_why_and_nothing_is_fetched() {
        for (schema, invalid) in [
            (json!({ "type": "number-ish" }), true),
            (json!({ "properties": [] }), true),
            (json!({ "minimum": "3" }), true),
            (json!({ "$ref": "#/definitions/none" }), true),
            (json!({ "$ref": "https://192.0.2.1/other.json" }), false),
            (json!({ "$ref": "file:///etc/hostname" }), false),
            (json!({ "$ref": "other.json" }), false),
            (json!({ "$schema": "https://192.0.2.1/own-draft" }), false),
        ] {
            let Err(why) = JsonSchema::read(&schema) else { panic!("{schema}") };
            assert_eq!(matches!(why, NoSchema::Invalid(_)), invalid, "{schema}: {why:?}");
        }
        for schema in
            [json!(true), json!({}), json!({ "$ref": "#" }), json!({ "$schema": "http://json-schema.org/schema#" })]
        {
            assert!(JsonSchema::read(&schema).is_ok(), "{schema}");
        }
        let endless =
            JsonSchema::read(&json!({ "$ref": "#" })).map(|schema| schema.breaches(&Attr::Null).unwrap().len());
        assert_eq!(endless, Ok(1));
        let large = JsonSchema::read(&json!({ "pattern": "(a{1000}){1000}" })).map(|_| ());
        assert_eq!(large, Err(NoSchema::Pattern));
        for pattern in ["(", "^(?=x)y", "(?<!a)b"] {
            let found = JsonSchema::read(&json!({ "properties": { "a": { "pattern": pattern } } })).map(|_| ());
            assert_eq!(found, Err(NoSchema::Pattern), "{pattern}");
        }
    }
}
