//! What a plan does without a call: it takes over, and lets go of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::Address;

/// An object that becomes owned as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct AdoptWork {
    #[schemars(with = "String")]
    pub(super) address: Address,
    pub(super) id: Option<String>,
    /// The keyed digest of the ledger's row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) row: Option<String>,
}

/// A resource that is let go of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ReleaseWork {
    #[schemars(with = "String")]
    pub(super) address: Address,
    pub(super) id: Option<String>,
    pub(super) reason: String,
    /// The keyed digest of the ledger's row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) row: Option<String>,
}
