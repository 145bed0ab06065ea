//! Maps whose keys are declared elsewhere: in a file that another resource brings, such as the inputs of a blueprint.

use std::collections::BTreeMap;

use serde_json::Value;

/// Opens a document by its path in the file.
pub(crate) type Open<'o> = &'o dyn Fn(&str) -> Option<Value>;

/// The keys that a file declares, as the inputs of a blueprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredKeys {
    /// The keys.
    pub keys: BTreeMap<String, DeclaredKey>,
    /// Says whether something is imported that is not in the file: there may be further keys.
    pub is_open: bool,
}

/// One key as a file declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredKey {
    /// Says whether a value has to be given.
    pub is_needed: bool,
    /// The word for the type that its value has to have, where it is a plain one.
    pub ty: Option<PlainType>,
}

/// A type that says itself whether a value is of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainType {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// A list.
    List,
}

impl PlainType {
    /// A word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            PlainType::Integer => "a whole number",
            PlainType::Number => "a number",
            PlainType::Bool => "true or false",
            PlainType::List => "a list",
        }
    }

    /// Says whether a value is of the type. A map may be a function that only the server can evaluate: it is of any.
    pub fn takes(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Object(_) | Value::Null) => true,
            (PlainType::Bool, Value::Bool(_)) => true,
            (PlainType::List, Value::Array(_)) | (PlainType::Number, Value::Number(_)) => true,
            (PlainType::Integer, Value::Number(number)) => !number.is_f64(),
            _ => false,
        }
    }
}
