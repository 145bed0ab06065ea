//! Gaps: why a look that found nothing wrong is no all-clear, besides what was not seen.
//!
//! “Nothing differs” is worth what was compared. Where nothing was declared, applied or answered, nothing was compared.

use std::fmt;

use crate::diff::base::Base;
use crate::diff::guards::NEVER_SENT;
use crate::diff::live::{Observed, Seen, View};
use crate::diff::verdict::{Decision, Verdict};
use crate::topology::Topology;

/// Something that was not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// The files declare no resource at all.
    NothingDeclared,
    /// Nothing is owned: what differs can't be told from what was never applied.
    NeverApplied {
        /// How many resources are declared.
        declared: usize,
        /// How many of them are at the controllers as declared.
        matching: usize,
    },
    /// Every list at a target is empty, and something is owned there.
    Silent {
        /// The target.
        target: String,
        /// How many resources are owned there.
        owned: usize,
    },
    /// Write-only fields that were never sent.
    NeverSent(usize),
}

impl Gap {
    /// What was not compared, in one pass over the verdicts.
    pub(crate) fn of(topology: &Topology, observed: &Observed, verdicts: &[Verdict], base: &Base) -> Vec<Gap> {
        let declared = topology.resources.len();
        let mut gaps = Vec::new();
        match (declared, base.entries.is_empty()) {
            (0, _) => gaps.push(Gap::NothingDeclared),
            (_, false) => {}
            (declared, true) => {
                let matching = verdicts.iter().filter(|verdict| matches!(verdict.decision, Decision::Adopt)).count();
                gaps.push(Gap::NeverApplied { declared, matching });
            }
        }
        for (target, view) in &observed.targets {
            let owned = base.owned_at(target).filter(|(address, _)| address.name().is_some()).count();
            if owned > 0 && is_silent(view) {
                gaps.push(Gap::Silent { target: target.clone(), owned });
            }
        }
        // What can be sent in place is a change of the plan's; what can be given at create alone is told as not verified.
        let waits = |verdict: &&Verdict| matches!(&verdict.decision, Decision::Hold(hold) if hold.code == NEVER_SENT);
        let unsent = verdicts.iter().filter(waits).map(|verdict| verdict.decision.fields().len()).sum();
        gaps.extend((unsent > 0).then_some(Gap::NeverSent(unsent)));
        gaps
    }

    /// Says whether a plan is no worse for it: a first plan makes what is not there, and that is all it says.
    pub(crate) fn is_a_beginning(&self) -> bool {
        matches!(self, Gap::NeverApplied { .. })
    }
}

/// Says whether all lists were seen and are empty. What there is one of says nothing: it is always there.
fn is_silent(view: &View) -> bool {
    let mut lists = view.collections.iter().filter(|collection| !collection.kind.identity.is_single()).peekable();
    lists.peek().is_some() && lists.all(|list| matches!(&list.seen, Seen::Objects(objects) if objects.is_empty()))
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::NothingDeclared => write!(f, "the files declare nothing: nothing was compared"),
            Gap::NeverApplied { declared, matching } => write!(
                f,
                "nothing is owned yet (never applied, or the ledger is not here): {matching} of {declared} declared are \
                 at the controllers as the files say"
            ),
            Gap::Silent { target, owned } => {
                write!(f, "`{target}` answers with nothing, and {owned} of ours should be there")
            }
            Gap::NeverSent(1) => write!(f, "1 write-only field was never sent, and can't be compared"),
            Gap::NeverSent(fields) => write!(f, "{fields} write-only fields were never sent, and can't be compared"),
        }
    }
}
