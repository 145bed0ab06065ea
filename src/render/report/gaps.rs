//! The gaps that replacements leave whose first half alone is done.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::apply::{Outcome, Report};
use crate::plan::{Plan, Step, Verb};

/// The objects whose removal is done and after which new ones were to be made.
pub(super) fn removed<'p>(plan: &'p Plan, report: &Report) -> BTreeSet<&'p Address> {
    let steps = plan.steps.iter().zip(&report.outcomes);
    let done = steps.filter(|(_, outcome)| matches!(outcome, Outcome::Done)).map(|(step, _)| step);
    done.filter(|step| step.verb == Verb::ReplaceRemove).map(|step| &step.address).collect()
}

/// The gap that a replacement leaves whose first half alone is done. What lived in the old object went with it.
pub(super) fn gap(step: &Step, outcome: &Outcome, removed: &BTreeSet<&Address>) -> Option<String> {
    if matches!(outcome, Outcome::Done) || step.verb != Verb::ReplaceCreate {
        return None;
    }
    let around = std::iter::successors(Some(step.address.clone()), Address::parent);
    around.into_iter().find(|address| removed.contains(address))?;
    Some("the old one is gone, and no new one was made: an outage until an apply makes it".into())
}
