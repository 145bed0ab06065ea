//! What a plan leaves out beforehand: changes that somebody's choice holds before anything follows from them.
//!
//! A hold that is put on a verdict at the end would leave others that count on it. So it is put there before anything is
//! decided on those: what needs what is left out waits, what that still names stays, values are as they are now.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::diff::one_installation::Doubles;
use crate::diff::verdict::{Decision, Hold, UNDECLARED_TARGET, Verdict};

/// The changes that are not to be made, each with the hold that takes its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeftOut {
    /// By the resource.
    pub(crate) resources: BTreeMap<Address, Hold>,
    /// By the target: nobody asked for anything there.
    pub(crate) targets: BTreeMap<String, Hold>,
}

impl LeftOut {
    /// The hold that takes the place of a change.
    fn of(&self, address: &Address) -> Option<&Hold> {
        self.targets.get(address.target()).or_else(|| self.resources.get(address))
    }

    /// Holds the changes that are left out. What is held for another reason stays so.
    pub(in crate::diff) fn hold(&self, verdicts: &mut [Verdict]) {
        let is_all = self.targets.is_empty() && self.resources.is_empty();
        for verdict in verdicts.iter_mut().filter(|verdict| !is_all && is_open(&verdict.decision)) {
            if let Some(hold) = self.of(&verdict.address) {
                verdict.hold(hold.clone());
            }
        }
    }

    /// Holds all that is not as wanted, or not known, at targets at which nobody asked for anything.
    pub(in crate::diff) fn hold_targets(&self, verdicts: &mut [Verdict]) {
        for verdict in verdicts.iter_mut().filter(|_| !self.targets.is_empty()) {
            let Some(hold) = self.targets.get(verdict.address.target()) else { continue };
            match &mut verdict.decision {
                Decision::Same => {}
                // What would be done otherwise is still told.
                Decision::Hold(held) if held.code == hold.code => {}
                decision => *decision = Decision::Hold(hold.clone()),
            }
        }
    }
}

/// Says whether a decision does something that could be left out.
pub(crate) fn is_open(decision: &Decision) -> bool {
    match decision {
        Decision::Adopt
        | Decision::Create(_)
        | Decision::Update { .. }
        | Decision::Replace { .. }
        | Decision::Delete(_)
        | Decision::Release(_) => true,
        // What is owned at a target that left the files is asked about.
        Decision::Hold(hold) => hold.code == UNDECLARED_TARGET,
        Decision::Same => false,
    }
}

/// All that is held before anything follows from it.
#[derive(Clone, Copy)]
pub(crate) struct HeldFirst<'h> {
    /// Targets that show one installation.
    pub(in crate::diff) doubles: &'h Doubles,
    /// What is left out.
    pub(in crate::diff) left_out: &'h LeftOut,
}

impl HeldFirst<'_> {
    /// Holds it.
    pub(in crate::diff) fn hold_all(&self, verdicts: &mut [Verdict]) {
        self.doubles.hold_all(verdicts);
        self.left_out.hold(verdicts);
    }
}
