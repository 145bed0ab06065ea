//! What a blueprint's scripts tell the manager: no script is run here, but what one says by `ctx` stands in its text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::archives::Tree;
use super::scope::takes;
use super::world::World;

/// How a shell script sets a runtime property, behind `ctx`.
const SHELL: [&str; 2] = ["instance runtime-properties ", "instance runtime_properties "];

/// How a Python script begins to.
const PYTHON: &str = "ctx.instance.runtime_properties[";

/// The runtime properties that the scripts of a node's operations set.
pub(crate) fn runtime_properties(
    world: &World,
    (tenant, blueprint): (&str, &str),
    operations: &BTreeMap<String, Value>,
) -> Map<String, Value> {
    let mut found = Map::new();
    let Some(blueprint) = world.blueprints.iter().find(|row| takes(*row, blueprint, tenant)) else { return found };
    let scripts: Vec<&str> = operations.values().filter_map(implementation).collect();
    if scripts.is_empty() {
        return found;
    }
    let tree = Tree::read(&blueprint.archive.0).unwrap_or_default();
    let root = tree.root().unwrap_or_default();
    for script in scripts {
        let Some(bytes) = tree.file(&format!("{root}/{script}")) else { continue };
        found.extend(String::from_utf8_lossy(bytes).lines().filter_map(set));
    }
    found
}

/// The path of an operation's script.
fn implementation(operation: &Value) -> Option<&str> {
    let named = operation.as_str().or_else(|| operation["implementation"].as_str());
    named.or_else(|| operation["inputs"]["script_path"].as_str())
}

/// The property that a line sets, with its value: what is written there as it is, or something made up.
fn set(line: &str) -> Option<(String, Value)> {
    let line = line.trim();
    let (name, value) = match line.strip_prefix("ctx ") {
        Some(said) => SHELL.iter().find_map(|begin| said.strip_prefix(begin))?.trim().split_once(' ')?,
        None => {
            line.strip_prefix(PYTHON)?.split_once(']').and_then(|(name, rest)| Some((name, rest.split_once('=')?.1)))?
        }
    };
    let name = unquoted(name).unwrap_or(name).to_owned();
    let value = value.trim();
    let is_plain = |text: &str| !text.contains(['$', '`', '{']);
    let literal = match unquoted(value).filter(|text| is_plain(text)) {
        Some(text) => Some(Value::from(text)),
        None if line.starts_with("ctx ") => {
            Some(Value::from(value)).filter(|_| is_plain(value) && !value.contains(' '))
        }
        None => serde_json::from_str(value).ok(),
    };
    let value = literal.unwrap_or_else(|| Value::from(format!("simulated-{name}")));
    Some((name, value))
}

/// What stands in quotes.
fn unquoted(text: &str) -> Option<&str> {
    let within = |quote: char| text.trim().strip_prefix(quote)?.strip_suffix(quote);
    within('\'').or_else(|| within('"'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scripts_say_what_they_set() {
        for (line, expected) in [
            ("ctx instance runtime-properties addr 192.0.2.7", Some(("addr", json!("192.0.2.7")))),
            ("  ctx instance runtime_properties 'addr' \"192.0.2.7\"", Some(("addr", json!("192.0.2.7")))),
            ("ctx instance runtime-properties addr $(hostname -i)", Some(("addr", json!("simulated-addr")))),
            ("ctx instance runtime-properties addr \"$IP\"", Some(("addr", json!("simulated-addr")))),
            ("ctx.instance.runtime_properties['size'] = 7", Some(("size", json!(7)))),
            ("ctx.instance.runtime_properties[\"made\"] = 'yes'", Some(("made", json!("yes")))),
            ("ctx.instance.runtime_properties['ip'] = find()", Some(("ip", json!("simulated-ip")))),
            ("ctx logger info hello", None),
            ("echo ctx", None),
        ] {
            let expected = expected.map(|(name, value)| (name.to_owned(), value));
            assert_eq!(set(line), expected, "{line}");
        }
    }
}
