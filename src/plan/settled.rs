//! The resources for which a plan has no step, and what the ledger makes of them.

use crate::address::Address;
use crate::diff::verdict::{Decision, Verdict};
use crate::plan::{Plan, Step, Verb};
use crate::spec::Kind;

/// A resource that needs no call.
pub(crate) enum Settled<'p> {
    /// File and controller agree on it by now.
    Agreed {
        /// The resource.
        address: &'p Address,
        /// Its kind.
        kind: &'static Kind,
        /// The provider's id of its object.
        id: String,
    },
    /// It is nobody's any more, or gone.
    LetGo {
        /// The resource.
        address: &'p Address,
        /// The provider's id of its object, where it is known.
        id: Option<String>,
    },
}

impl Plan {
    /// The resources that need no call. What is still to show is taken down by the step that waits for it, and what is
    /// external by nobody.
    pub(crate) fn settled(&self) -> impl Iterator<Item = Settled<'_>> {
        self.verdicts.iter().filter_map(|verdict| {
            let (address, id) = (&verdict.address, verdict.id.clone());
            match verdict.decision {
                Decision::Same | Decision::Adopt => {
                    let id = id.filter(|_| self.ledger_updates.contains_key(address))?;
                    Some(Settled::Agreed { address, kind: verdict.kind, id })
                }
                Decision::Release(_) => Some(Settled::LetGo { address, id }),
                Decision::Create(_)
                | Decision::Update { .. }
                | Decision::Replace { .. }
                | Decision::Delete(_)
                | Decision::Hold(_) => None,
            }
        })
    }

    /// Other content that is there already under a declared name, with its id: it is ours from the start.
    pub(crate) fn content_taken_over(&self) -> impl Iterator<Item = (&Address, String)> {
        let is_adopted =
            |verdict: &&Verdict| matches!(verdict.decision, Decision::Adopt | Decision::Update { adopt: true, .. });
        let content = self.verdicts.iter().filter(|verdict| verdict.kind.identity.file_in_id().is_some());
        content.filter(is_adopted).filter_map(|verdict| Some((&verdict.address, verdict.id.clone()?)))
    }

    /// Says whether it removes what is owned at an address, or lets go of it.
    pub(crate) fn lets_go_of(&self, address: &Address) -> bool {
        let removes = |step: &Step| step.verb == Verb::Delete && step.address == *address;
        let lets_go =
            |verdict: &Verdict| matches!(verdict.decision, Decision::Release(_)) && verdict.address == *address;
        self.steps.iter().any(removes) || self.verdicts.iter().any(lets_go)
    }
}
