//! What a plan writes nothing to: what is let go of, what is held, and what nobody can tell.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FieldDocument;
use crate::diff::verdict::Cause;

/// A resource that is let go of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseDocument {
    /// The resource.
    pub address: String,
    /// Why.
    pub reason: String,
}

/// A resource that is deliberately left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldDocument {
    /// The resource.
    pub address: String,
    /// A stable code.
    pub code: String,
    /// Why.
    pub reason: String,
    /// The remedy.
    pub help: Option<String>,
    /// The allowance that lets it through if it is meant, as `--allow` takes it: `destroy=nf/networks/acme`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
    /// Why it differs from what is wanted, where it is known to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Says whether it is not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// The fields that differ, and would change otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDocument>,
}

/// A field that the files no longer give, and that stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetGoDocument {
    /// The resource.
    pub address: String,
    /// The field.
    pub field: String,
    /// Why it stays.
    pub reason: String,
}

/// A resource with fields that cannot be verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnverifiedDocument {
    /// The resource.
    pub address: String,
    /// The fields.
    pub fields: Vec<String>,
}
