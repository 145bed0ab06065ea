//! Writing YAML, and reading YAML that is not part of a workspace.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A value as YAML, keys in the order given.
pub fn yaml(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}

/// A YAML or JSON text as a value of a type.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read_as<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}
