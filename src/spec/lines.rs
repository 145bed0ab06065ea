//! Lists of loose lines: each begins with the name of the object that it belongs to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The objects that lines describe, by their names: `name`, and under `lines` the rest of each line.
/// Lines may stand in lists of lists; a line that is but a name adds nothing to its object.
///
/// # Errors
/// The element of the list that is no line.
pub(crate) fn by_first_word(items: &[Value]) -> Result<Vec<Value>, &Value> {
    let mut objects = BTreeMap::new();
    collect(items, &mut objects)?;
    Ok(objects.into_iter().map(|(name, lines)| json!({ "name": name, "lines": lines })).collect())
}

fn collect<'v>(items: &'v [Value], objects: &mut BTreeMap<&'v str, Vec<&'v str>>) -> Result<(), &'v Value> {
    for item in items {
        match item {
            Value::Array(inner) => collect(inner, objects)?,
            Value::String(line) => {
                let line = line.trim();
                let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                if name.is_empty() {
                    continue;
                }
                let lines = objects.entry(name).or_default();
                if !rest.is_empty() {
                    lines.push(rest.trim_start());
                }
            }
            other => return Err(other),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_by_their_first_word() {
        let flat = json!(["B_1 -j x\n", "A_1", "B_1  -j y", ""]);
        let nested = json!([["B_1 -j x", "B_1 -j y"], ["A_1"]]);
        let objects = [json!({"name": "A_1", "lines": []}), json!({"name": "B_1", "lines": ["-j x", "-j y"]})];
        for reply in [flat, nested] {
            assert_eq!(by_first_word(reply.as_array().unwrap()).unwrap(), objects);
        }
        assert_eq!(by_first_word(&[json!("A_1 x"), json!(7)]), Err(&json!(7)));
    }
}
