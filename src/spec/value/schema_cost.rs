//! What it costs to hold a value to a JSON schema, before it is done.
//!
//! A schema of a few lines can ask for more work than there is time: two alternatives that are both the next definition,
//! twenty-four times over. Whoever holds a value to a schema walks, for each part of the value, all ways that lead to it
//! through the schema; those are counted here, from above, without walking them. Each way costs a look, and each step of the
//! longest one costs some of the stack.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

/// Ways through a schema, to all parts of a value: as many take a second or two.
const MOST: u64 = 2_000_000;

/// Steps of one way.
const DEEPEST: usize = 500;

/// Keywords whose schemas are about the same part of the value.
const SAME_PART: [&str; 9] =
    ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies", "dependentSchemas"];

/// Keywords whose schemas are about a part of that part; of `properties`, one for each.
const PART_OF_IT: [&str; 10] = [
    "items",
    "additionalItems",
    "prefixItems",
    "contains",
    "additionalProperties",
    "propertyNames",
    "patternProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// Keywords below which keys are names.
const NAMED: [&str; 6] =
    ["properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas"];

/// Keywords that hold values and no schemas.
const VALUES: [&str; 5] = ["enum", "const", "default", "example", "examples"];

/// The first thing in a schema that leads where it can't be followed: a reference to anything but a place in the schema
/// itself, or a part with an id of its own, from which references lead elsewhere.
pub(super) fn astray(schema: &Value, is_root: bool) -> Option<String> {
    match schema {
        Value::Array(items) => items.iter().find_map(|item| astray(item, false)),
        Value::Object(map) => {
            let own = map.iter().find_map(|(key, value)| match (key.as_str(), value) {
                ("$ref", Value::String(to)) if !(to == "#" || to.starts_with("#/")) => Some(to.clone()),
                ("$dynamicRef" | "$recursiveRef", Value::String(to)) => Some(to.clone()),
                ("$id" | "id", Value::String(id)) if !is_root => Some(id.clone()),
                _ => None,
            });
            let parts = || map.iter().filter(|(key, _)| !VALUES.contains(&key.as_str()));
            own.or_else(|| parts().find_map(|(key, value)| in_keyword(key, value)))
        }
        _ => None,
    }
}

/// The same below a keyword.
fn in_keyword(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::Object(map) if NAMED.contains(&key) => map.values().find_map(|value| astray(value, false)),
        other => astray(other, false),
    }
}

/// Says whether holding a value of so many parts, so deep in each other, to a schema would take too long.
pub(super) fn is_too_much(schema: &Value, parts: u64, depth: usize) -> bool {
    let mut ways = Ways { root: schema, known: HashMap::new(), open: HashSet::new() };
    ways.count(schema, depth, 0).saturating_mul(parts.max(1)) > MOST
}

struct Ways<'s> {
    root: &'s Value,
    /// By the place of a schema in memory, and how much deeper the value goes.
    known: HashMap<(usize, usize), u64>,
    /// Those that are being counted: what comes back to itself without a step into the value ends there.
    open: HashSet<(usize, usize)>,
}

impl<'s> Ways<'s> {
    /// The ways through a schema to any one part of a value.
    fn count(&mut self, schema: &'s Value, depth: usize, steps: usize) -> u64 {
        let Value::Object(map) = schema else { return 1 };
        if steps > DEEPEST {
            return u64::MAX;
        }
        let place = (std::ptr::from_ref(schema) as usize, depth);
        if let Some(known) = self.known.get(&place) {
            return *known;
        }
        if !self.open.insert(place) {
            return 1;
        }
        let count = self.through(map, depth, steps + 1);
        self.open.remove(&place);
        self.known.insert(place, count);
        count
    }

    fn through(&mut self, map: &'s Map<String, Value>, depth: usize, steps: usize) -> u64 {
        let mut ways = 1_u64;
        if let Some(to) = map.get("$ref").and_then(Value::as_str).and_then(|to| self.target(to)) {
            ways = ways.saturating_add(self.count(to, depth, steps));
        }
        for schema in SAME_PART.iter().flat_map(|key| schemas(map, key)) {
            ways = ways.saturating_add(self.count(schema, depth, steps));
        }
        let Some(below) = depth.checked_sub(1) else { return ways };
        for schema in PART_OF_IT.iter().flat_map(|key| schemas(map, key)) {
            ways = ways.saturating_add(self.count(schema, below, steps));
        }
        let widest = schemas(map, "properties").into_iter().map(|schema| self.count(schema, below, steps)).max();
        ways.saturating_add(widest.unwrap_or(0))
    }

    fn target(&self, to: &str) -> Option<&'s Value> {
        let pointer = percent_encoding::percent_decode_str(to.strip_prefix('#')?).decode_utf8().ok()?;
        self.root.pointer(&pointer)
    }
}

/// The schemas that a keyword has: one, a list, or one for each name.
fn schemas<'s>(map: &'s Map<String, Value>, key: &str) -> Vec<&'s Value> {
    match map.get(key) {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::Object(named)) if NAMED.contains(&key) => named.values().collect(),
        Some(schema) => vec![schema],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Each definition asks twice for the next one.
    fn doubling(definitions: usize) -> Value {
        let mut all = Map::new();
        for n in 0..definitions {
            let next = json!({ "$ref": format!("#/definitions/d{}", n + 1) });
            all.insert(format!("d{n}"), json!({ "anyOf": [next, next] }));
        }
        all.insert(format!("d{definitions}"), json!({ "type": "string" }));
        json!({ "$ref": "#/definitions/d0", "definitions": all })
    }

    #[test]
    fn what_doubles_at_each_step_is_too_much() {
        assert!(!is_too_much(&doubling(8), 10, 3));
        assert!(is_too_much(&doubling(24), 1, 0));
        let twice = json!({ "properties": { "a": { "anyOf": [{ "$ref": "#" }, { "$ref": "#" }] } } });
        assert!(!is_too_much(&twice, 5, 5));
        assert!(is_too_much(&twice, 100, 100));
        let chain: Map<String, Value> =
            (0..1000).map(|n| (format!("d{n}"), json!({ "$ref": format!("#/definitions/d{}", n + 1) }))).collect();
        assert!(is_too_much(&json!({ "$ref": "#/definitions/d0", "definitions": chain }), 1, 0));
    }

    #[test]
    fn what_people_write_is_not() {
        let tree = json!({
            "type": "object",
            "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" }, "value": { "type": "integer" } },
            "additionalProperties": false
        });
        assert!(!is_too_much(&tree, 1000, 100));
        let wide: Map<String, Value> = (0..500).map(|n| (format!("p{n}"), json!({ "type": "string" }))).collect();
        assert!(!is_too_much(&json!({ "properties": wide }), 1000, 3));
        assert!(
            !is_too_much(&json!({ "allOf": [{ "$ref": "#" }] }), 1000, 100),
            "a circle is told by whoever walks it"
        );
    }

    #[test]
    fn what_leads_elsewhere_is_told() {
        for schema in [
            json!({ "$ref": "https://other.example/x.json" }),
            json!({ "properties": { "a": { "items": { "$ref": "other.json" } } } }),
            json!({ "definitions": { "a": { "$id": "https://other.example/" } } }),
            json!({ "anyOf": [{ "$ref": "#named" }] }),
            json!({ "$dynamicRef": "#node" }),
        ] {
            assert!(astray(&schema, true).is_some(), "{schema}");
        }
        for schema in [
            json!(true),
            json!({ "$id": "https://own.example/", "$ref": "#/definitions/a", "definitions": { "a": {} } }),
            json!({ "properties": { "id": { "type": "string" }, "$ref": { "type": "string" } } }),
            json!({ "enum": [{ "$ref": "other.json" }], "default": { "id": "x" } }),
        ] {
            assert_eq!(astray(&schema, true), None, "{schema}");
        }
    }
}
