//! The health of a fabric: what its controllers say of connections that are as declared.

use std::collections::BTreeSet;

use crate::apply::{Outcome, Report};
use crate::cli::common::{ConnectedWorkspace, Planned};
use crate::cli::halt;
use crate::diff::verdict::Decision;
use crate::fabric::FabricOrigin;
use crate::plan::Plan;
use crate::state::base::Base;
use crate::verify::{FabricHealth, HealthLook};

/// Adds what is as declared and down to what a plan tells of the fabric.
pub(crate) async fn look(workspace: &ConnectedWorkspace, planned: &mut Planned) {
    let is_right = |decision: &Decision| matches!(decision, Decision::Same | Decision::Adopt);
    let verdicts = planned.plan.verdicts.iter().filter(|verdict| !is_right(&verdict.decision));
    let wrong: BTreeSet<FabricOrigin> =
        verdicts.filter_map(|verdict| Some(verdict.origin.as_deref()?.whole())).collect();
    let health = health_look(workspace, &planned.ledger.base).once(&wrong).await;
    planned.plan.fabric_findings.extend(health.down);
}

/// Whether what a run changed of the fabric is up. Of what it could not finish, nothing is asked.
pub(crate) async fn after(workspace: &ConnectedWorkspace, plan: &Plan, report: &Report, base: &Base) -> FabricHealth {
    let of = |is_done: bool| {
        let steps = plan.steps.iter().zip(&report.outcomes);
        let steps = steps.filter(move |(_, outcome)| matches!(outcome, Outcome::Done) == is_done);
        steps.filter_map(|(step, _)| Some(step.origin.as_deref()?.whole())).collect::<BTreeSet<FabricOrigin>>()
    };
    let changed: BTreeSet<FabricOrigin> = of(true).difference(&of(false)).cloned().collect();
    if changed.is_empty() {
        return FabricHealth::default();
    }
    let looking = health_look(workspace, base);
    halt::within_grace(looking.after_a_change(&changed)).await.unwrap_or_default()
}

fn health_look<'h>(workspace: &'h ConnectedWorkspace, base: &'h Base) -> HealthLook<'h> {
    HealthLook { topology: &workspace.topology, base, sessions: &workspace.sessions }
}
