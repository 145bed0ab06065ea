//! Intrinsic functions of blueprints: `get_input`, `get_property`, `get_attribute`, `get_secret`, `get_capability`,
//! `concat`. What cannot be evaluated stays as it was written or becomes null.

use serde_json::{Map, Value};

use super::world::World;

/// Where a function is evaluated.
pub(crate) struct Scope<'a> {
    /// Everything that a function may reach.
    pub world: &'a World,
    /// The tenant of the deployment.
    pub tenant: &'a str,
    /// The deployment.
    pub deployment: &'a str,
    /// The deployment's inputs.
    pub inputs: &'a Map<String, Value>,
    /// How many values stand around this one.
    pub depth: usize,
}

/// Functions may form a circle, through properties or between deployments; none that ends is nested this deep.
const DEEPEST: usize = 16;

impl Scope<'_> {
    fn deeper(&self) -> Scope<'_> {
        Scope { depth: self.depth + 1, ..*self }
    }
}

/// Says whether a value is a call of an intrinsic function: a map of one key that names one.
pub(crate) fn is_call(value: &Value) -> bool {
    let names = ["get_", "concat", "merge", "string_"];
    value
        .as_object()
        .is_some_and(|map| map.len() == 1 && map.keys().all(|key| names.iter().any(|name| key.starts_with(name))))
}

/// The value with every function in it evaluated.
pub(crate) fn evaluate(value: &Value, scope: &Scope) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| evaluate(item, scope)).collect(),
        Value::Object(map) if is_call(value) => match map.iter().next() {
            Some((name, argument)) => call(name, &evaluate(argument, scope), scope).unwrap_or(Value::Null),
            None => Value::Null,
        },
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), evaluate(value, scope))).collect::<Map<_, _>>().into()
        }
        plain => plain.clone(),
    }
}

fn call(name: &str, argument: &Value, scope: &Scope) -> Option<Value> {
    if scope.depth > DEEPEST {
        return None;
    }
    let path = path(argument);
    let (first, rest) = path.split_first()?;
    let scope = &scope.deeper();
    match name {
        "get_input" => follow(&evaluate(scope.inputs.get(first)?, scope), rest),
        "get_secret" => follow(scope.world.secret_value(scope.tenant, first)?, rest),
        "get_property" => {
            let node = scope.world.node(scope.tenant, scope.deployment, first)?;
            let (property, rest) = rest.split_first()?;
            follow(&evaluate(&node.template.properties[property], scope), rest)
        }
        "get_attribute" => {
            let instance = scope.world.instances_of(scope.tenant, scope.deployment).find(|row| row.node == *first);
            let runtime = instance.map(|instance| Value::Object(instance.runtime_properties.clone()));
            runtime.and_then(|runtime| follow(&runtime, rest)).or_else(|| call("get_property", argument, scope))
        }
        "get_capability" => {
            let (name, rest) = rest.split_first()?;
            let deployment = scope.world.deployments.iter().find(|row| row.is(scope.tenant, first))?;
            let inputs = deployment.inputs.clone().unwrap_or_default();
            let there = Scope { deployment: first, inputs: &inputs, ..*scope };
            follow(&evaluate(&deployment.capabilities.get(name)?["value"], &there), rest)
        }
        "concat" => {
            let text = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
            let parts = argument.as_array()?;
            // One part that is not known yet leaves the whole unknown.
            if parts.iter().any(Value::is_null) { None } else { Some(Value::String(parts.iter().map(text).collect())) }
        }
        _ => None,
    }
}

/// The argument as a path: one name, or a list of names and indexes.
fn path(argument: &Value) -> Vec<String> {
    let text = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
    match argument {
        Value::Array(parts) => parts.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

fn follow(value: &Value, path: &[String]) -> Option<Value> {
    path.iter()
        .try_fold(value, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            other => other.get(part),
        })
        .cloned()
}

/// The names that a value's calls of a function give first, where they name it literally.
pub(crate) fn named(function: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let argument = map.get(function).filter(|_| map.len() == 1);
            let first = argument.and_then(|argument| argument.get(0).unwrap_or(argument).as_str());
            if let Some(word) = first.filter(|word| found.iter().all(|known| known != word)) {
                found.push(word.to_owned());
            }
            map.values().for_each(|value| named(function, value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| named(function, item, found)),
        _ => {}
    }
}
