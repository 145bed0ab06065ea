//! The outcome of a look at the targets, as facts for the exit code.

use crate::cli::common::ConnectedWorkspace;
use crate::cli::exit::{Fact, Findings};
use crate::diff::verdict::{Cause, Decision, Hold};
use crate::plan::Plan;

/// The facts of a plan: what differs and why, what a policy forbids, what could not be looked at.
pub(crate) fn of(workspace: &ConnectedWorkspace, plan: &Plan) -> Findings {
    let mut found = Findings::default();
    plan.verdicts.iter().filter_map(|verdict| fact(&verdict.decision)).for_each(|fact| found.add(fact));
    found.add_if(!plan.brakes.broken().is_empty(), Fact::Policy);
    found.add_if(!workspace.troubles.is_empty(), Fact::NotKnown);
    found.add_if(workspace.blind().is_some(), Fact::CouldNotLook);
    found
}

/// Takes down what keeps a plan from being an all-clear.
pub(crate) fn add_gaps(found: &mut Findings, plan: &Plan) {
    found.add_if(plan.gaps.iter().any(|gap| !gap.is_a_beginning()), Fact::NotKnown);
}

/// Says whether an apply leaves something as it is because of the user's own words, or until they say that it is meant.
pub(crate) fn defers(plan: &Plan) -> bool {
    plan.verdicts.iter().any(|verdict| matches!(&verdict.decision, Decision::Hold(hold) if is_deferred(hold)))
}

fn is_deferred(hold: &Hold) -> bool {
    hold.is_on_purpose() || hold.allow.is_some()
}

/// The fact that one verdict tells. That somebody was at the controller is told whether it is put back or held.
fn fact(decision: &Decision) -> Option<Fact> {
    match (decision.cause(), decision) {
        (Some(Cause::Drift | Cause::Left), _) => Some(Fact::Drift),
        (Some(Cause::Conflict), _) => Some(Fact::Conflict),
        (_, Decision::Hold(hold)) if hold.is_absent_on() || hold.is_not_compared() => Some(Fact::NotKnown),
        (_, Decision::Hold(hold)) => is_deferred(hold).then_some(Fact::Deferred),
        // Taking into ownership is something that an apply would do.
        (Some(Cause::Change | Cause::Undeclared), _) | (None, Decision::Adopt) => Some(Fact::Pending),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::verdict::DeleteCause;
    use crate::topology::{Allowance, Reason};

    #[test]
    fn each_verdict_tells_one_fact_at_most() {
        let hold = |code, instead: Option<Decision>| {
            let hold = Hold::new(code, "");
            Decision::Hold(instead.into_iter().fold(hold, Hold::instead_of))
        };
        for (decision, expected) in [
            (Decision::Same, None),
            (Decision::Adopt, Some(Fact::Pending)),
            (Decision::Create(Cause::Change), Some(Fact::Pending)),
            (Decision::Create(Cause::Drift), Some(Fact::Drift)),
            (Decision::Create(Cause::Left), Some(Fact::Drift)),
            (Decision::Create(Cause::Conflict), Some(Fact::Conflict)),
            (Decision::Delete(DeleteCause::Undeclared), Some(Fact::Pending)),
            (Decision::Release("gone already".into()), Some(Fact::Pending)),
            (hold("unseen", None), Some(Fact::NotKnown)),
            (hold("moved", None), Some(Fact::NotKnown)),
            (hold("one-installation", None), Some(Fact::NotKnown)),
            (hold("no-place", None), Some(Fact::NotKnown)),
            (hold("external", None), Some(Fact::NotKnown)),
            (hold("protected", Some(Decision::Delete(DeleteCause::Undeclared))), Some(Fact::Deferred)),
            (hold("protected", Some(Decision::Create(Cause::Drift))), Some(Fact::Drift)),
            (hold("not-chosen", Some(Decision::Create(Cause::Change))), Some(Fact::Deferred)),
            (hold("deferred", Some(Decision::Delete(DeleteCause::Undeclared))), Some(Fact::Deferred)),
            (hold("deferred", Some(Decision::Create(Cause::Conflict))), Some(Fact::Conflict)),
            (
                Decision::Hold(Hold::new("take-over", "").until(Allowance::new(Reason::TakeOver, "east/rules"))),
                Some(Fact::Deferred),
            ),
            (hold("version", Some(Decision::Create(Cause::Change))), None),
            (hold("version", Some(Decision::Create(Cause::Conflict))), Some(Fact::Conflict)),
        ] {
            assert_eq!(fact(&decision), expected, "{decision:?}");
        }
    }
}
