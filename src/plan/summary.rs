//! How much a plan holds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diff::verdict::Decision;
use crate::plan::Plan;

/// How much a plan holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Resources that are made.
    pub create: usize,
    /// Resources that change in place.
    pub update: usize,
    /// Resources that are made anew.
    pub replace: usize,
    /// Resources that are removed.
    pub delete: usize,
    /// Resources that become owned without a call.
    pub adopt: usize,
    /// Resources that are deliberately left alone.
    pub hold: usize,
    /// Resources that are as they should be.
    pub same: usize,
    /// Resources that are let go of.
    pub release: usize,
    /// Those that are left alone because they could not be looked at.
    #[serde(default)]
    pub unseen: usize,
}

impl Plan {
    /// How much it holds.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for verdict in &self.verdicts {
            match verdict.decision {
                Decision::Same => summary.same += 1,
                Decision::Adopt => summary.adopt += 1,
                Decision::Create(_) => summary.create += 1,
                Decision::Update { .. } => summary.update += 1,
                Decision::Replace { .. } => summary.replace += 1,
                Decision::Delete(_) => summary.delete += 1,
                Decision::Release(_) => summary.release += 1,
                Decision::Hold(ref hold) => {
                    summary.hold += 1;
                    summary.unseen += usize::from(hold.is_absent_on());
                }
            }
        }
        summary
    }

    /// The number of steps of each cause.
    pub fn causes(&self) -> BTreeMap<&'static str, usize> {
        let mut causes = BTreeMap::new();
        for verdict in &self.verdicts {
            if let Some(cause) = verdict.decision.cause() {
                *causes.entry(cause.as_str()).or_default() += 1;
            }
        }
        causes
    }
}
