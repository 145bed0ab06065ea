//! Inputs of deployments: what is given against what the blueprint declares (cloudify.md#deployments).

use serde_json::{Map, Value};

use super::functions::is_call;
use super::plans::Plan;
use super::refusal::{Refusal, bad_request};

/// Refuses unknown and missing inputs: nothing is created then.
pub(crate) fn check_names(plan: &Plan, given: &Map<String, Value>) -> Result<(), Refusal> {
    let unknown: Vec<&str> = given.keys().filter(|name| !plan.inputs.contains_key(*name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        let text = format!("Cannot create deployment - unknown inputs: {}", unknown.join(", "));
        return Err(bad_request("unknown_deployment_input_error", text));
    }
    let missing = missing(plan, given);
    if missing.is_empty() {
        return Ok(());
    }
    Err(bad_request("missing_required_deployment_input_error", format!("missing inputs: {}", missing.join(", "))))
}

/// The inputs that must be given and are not.
pub(crate) fn missing<'p>(plan: &'p Plan, given: &Map<String, Value>) -> Vec<&'p str> {
    let required = plan.inputs.iter().filter(|(_, schema)| is_required(schema)).map(|(name, _)| name.as_str());
    required.filter(|name| !given.contains_key(*name)).collect()
}

fn is_required(schema: &Value) -> bool {
    schema.get("default").is_none() && schema["required"] != Value::Bool(false)
}

/// The inputs as a deployment keeps them: every default materialised, functions unevaluated.
///
/// # Errors
/// The sentence that a failed environment carries, for a wrong type or a broken constraint.
pub(crate) fn complete(plan: &Plan, given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut inputs = Map::new();
    for (name, schema) in &plan.inputs {
        if let Some(value) = given.get(name).or_else(|| schema.get("default")) {
            check(name, schema, value)?;
            inputs.insert(name.clone(), value.clone());
        }
    }
    Ok(inputs)
}

/// No coercion: `"7"` is not an integer. A function is checked when it is evaluated, which is never here.
fn check(name: &str, schema: &Value, value: &Value) -> Result<(), String> {
    if is_call(value) {
        return Ok(());
    }
    let fits = match schema["type"].as_str() {
        // A `string` takes anything (observed).
        Some("regex" | "textarea") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("float") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("list") => value.is_array(),
        Some("dict") => value.is_object(),
        _ => true,
    };
    if !fits {
        let kind = schema["type"].as_str().unwrap_or_default();
        let printed = match value {
            Value::String(text) => format!("'{text}'"),
            other => other.to_string(),
        };
        return Err(format!(
            "Property type validation failed in '{name}': the defined type is '{kind}', yet it was assigned with the \
             value {printed}"
        ));
    }
    for constraint in schema["constraints"].as_array().into_iter().flatten().filter_map(Value::as_object) {
        for (operator, argument) in constraint {
            if !keeps(operator, argument, value) {
                return Err(format!("Value {value} of input {name} violates constraint {operator}({argument})."));
            }
        }
    }
    Ok(())
}

fn keeps(operator: &str, argument: &Value, value: &Value) -> bool {
    let number = value.as_f64();
    let length = value.as_str().map(|text| text.chars().count()).or_else(|| value.as_array().map(Vec::len));
    let bound = argument.as_f64();
    let count = argument.as_u64().and_then(|count| usize::try_from(count).ok());
    match operator {
        "valid_values" => argument.as_array().is_none_or(|values| values.contains(value)),
        "equal" => argument == value,
        "greater_than" => number > bound,
        "greater_or_equal" => number >= bound,
        "less_than" => number < bound,
        "less_or_equal" => number <= bound,
        "in_range" => number >= argument[0].as_f64() && argument[1].as_f64().is_none_or(|high| number <= Some(high)),
        "length" => length == count,
        "min_length" => length >= count,
        "max_length" => length <= count,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn constraints_are_kept() {
        assert!(keeps("in_range", &json!([1, 5]), &json!(5)) && !keeps("in_range", &json!([1, 5]), &json!(6)));
        assert!(
            keeps("valid_values", &json!(["a"]), &json!("a")) && !keeps("valid_values", &json!(["a"]), &json!("b"))
        );
        assert!(keeps("min_length", &json!(2), &json!("ab")) && !keeps("max_length", &json!(1), &json!("ab")));
    }
}
