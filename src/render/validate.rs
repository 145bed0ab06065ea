//! As much of JSON Schema as the schemas of this floor use: enough to find a document that is not as they say.

use serde_json::Value;

/// Every place at which a document is not as a schema says.
pub(crate) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, document, "$", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(rules) = schema.as_object() else { return };
    if let Some(reference) = rules.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|path| root.pointer(path));
        return check(root, target.expect("a reference that leads somewhere"), value, at, faults);
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = rules.get(word).and_then(Value::as_array) {
            let fits = |choice: &&Value| {
                let mut found = Vec::new();
                check(root, choice, value, at, &mut found);
                found.is_empty()
            };
            if choices.iter().filter(fits).count() == 0 {
                faults.push(format!("{at}: fits none of {word}"));
            }
        }
    }
    let types = rules.get("type").map(|types| match types {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        other => vec![other.as_str().expect("a type")],
    });
    if types.is_some_and(|types| !types.iter().any(|name| is(name, value))) {
        faults.push(format!("{at}: not of the type"));
    }
    if rules.get("enum").and_then(Value::as_array).is_some_and(|words| !words.contains(value))
        || rules.get("const").is_some_and(|only| only != value)
    {
        faults.push(format!("{at}: not one of the words"));
    }
    if let Value::Object(map) = value {
        let properties = rules.get("properties").and_then(Value::as_object);
        for name in rules.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                faults.push(format!("{at}: `{name}` is missing"));
            }
        }
        for (name, value) in map {
            match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => check(root, schema, value, &format!("{at}.{name}"), faults),
                None if rules.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    faults.push(format!("{at}: `{name}` is unknown"));
                }
                None => {}
            }
        }
    }
    if let (Value::Array(items), Some(schema)) = (value, rules.get("items")) {
        for (n, item) in items.iter().enumerate() {
            check(root, schema, item, &format!("{at}[{n}]"), faults);
        }
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type"),
    }
}
