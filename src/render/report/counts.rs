//! How much of each sort an apply came to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many steps came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ApplySummary {
    /// Steps that are done.
    pub done: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps that were not tried, because of one that failed.
    pub skipped: usize,
    /// Steps that were not tried or not finished, because the run was asked to stop or what they rely on had moved.
    pub stopped: usize,
    /// Steps that were not tried, because their window had closed.
    #[serde(default)]
    pub deferred: usize,
    /// Resources that became owned without a step.
    #[serde(default)]
    pub adopted: usize,
    /// Resources that were let go of.
    #[serde(default)]
    pub released: usize,
    /// Resources that could not be looked at.
    #[serde(default)]
    pub unseen: usize,
    /// Resources that were left alone for another reason.
    #[serde(default)]
    pub held: usize,
}
