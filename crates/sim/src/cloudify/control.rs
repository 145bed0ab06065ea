//! Actions on an execution: cancel, kill, resume, repair (cloudify.md#executions).

use super::call::Call;
use super::executions::{Execution, Status, shown, wrong_status};
use super::refusal::{Outcome, Refusal, bad_parameters, bad_request, conflict};
use super::release::{ALWAYS, CAPABILITIES, KILL, SITES, Span};
use super::scope::own_mut;
use super::workflow::Run;
use super::world::World;

/// The actions, and since when they exist.
const ACTIONS: [(&str, Span); 6] = [
    ("cancel", ALWAYS),
    ("force-cancel", ALWAYS),
    ("kill", KILL),
    ("resume", CAPABILITIES),
    ("force-resume", CAPABILITIES),
    ("requeue", SITES),
];

/// Carries an action out.
pub(crate) fn act(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let action = input.required_text("action")?.to_owned();
    let now = world.now;
    let known = ACTIONS.iter().any(|(name, span)| *name == action && call.release.has(*span));
    if !known {
        let valid: Vec<String> =
            ACTIONS.iter().filter(|(_, span)| call.release.has(*span)).map(|(name, _)| format!("'{name}'")).collect();
        return Err(bad_parameters(format!(
            "Invalid action: {action}, Valid action values are: [{}]",
            valid.join(", ")
        )));
    }
    let execution = own_mut(&mut world.executions, &call.viewer, call.id())?;
    match action.as_str() {
        "resume" | "force-resume" => resume(execution, action == "force-resume")?,
        "requeue" => execution.reopen(),
        _ => stop(execution, &action)?,
    }
    let (id, status) = (execution.meta.id.clone(), execution.status);
    match world.runs.iter_mut().find(|run| run.execution == id) {
        Some(run) => run.interrupt(status, now),
        None => {
            // Nothing runs: a resumed execution starts again, a killed or dequeued one just changes its status.
            let mut run = Run::new(&id, now);
            run.interrupt(status, now);
            world.runs.push(run);
        }
    }
    shown(world, call, 200, &id)
}

/// `cancel` from pending, started and queued; `force-cancel` from cancelling too; `kill` asks nothing: it rewrites even
/// an ended execution (cloudify.md#executions).
fn stop(execution: &mut Execution, action: &str) -> Result<(), Refusal> {
    let (wanted, allowed) = match (action, execution.status) {
        ("kill", _) => (Status::KillCancelling, true),
        ("force-cancel", status) => (Status::ForceCancelling, !status.is_end() && status != Status::ForceCancelling),
        (_, status) => (Status::Cancelling, matches!(status, Status::Pending | Status::Started | Status::Queued)),
    };
    if !allowed {
        return Err(wrong_status(action, execution));
    }
    if execution.status.is_end() {
        execution.error = Some(String::new());
    }
    execution.status = wanted;
    Ok(())
}

/// `resume` goes on with a failed or cancelled execution, and with a started one; another one is 409.
fn resume(execution: &mut Execution, force: bool) -> Result<(), Refusal> {
    match execution.status {
        Status::Failed | Status::Cancelled => execution.reopen(),
        Status::Started if !force => {}
        other => {
            let word = other.word();
            return Err(conflict(format!("Cannot resume execution: `{}` in state `{word}`", execution.meta.id)));
        }
    }
    Ok(())
}

/// Repairs a status (cloudify.md#executions): an end is not left again.
pub(crate) fn update(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let word = input.required_text("status")?;
    let now = world.now;
    let execution = own_mut(&mut world.executions, &call.viewer, call.id())?;
    let wanted = Status::parse(word).filter(|wanted| !execution.status.is_end() || *wanted == execution.status);
    let Some(wanted) = wanted else {
        return Err(bad_request(
            "invalid_exception_status_update",
            format!(
                "Invalid relationship - can't change status from {} to {word} for \"{}\" execution while running \
                 \"{}\" workflow.",
                execution.status.word(),
                execution.meta.id,
                execution.workflow
            ),
        ));
    };
    let error = input.nullable_text("error")?.unwrap_or_default().to_owned();
    if wanted.is_end() {
        execution.end(wanted, error, now);
    } else {
        execution.status = wanted;
    }
    let (id, deployment) = (execution.meta.id.clone(), execution.deployment.clone());
    if wanted.is_end() {
        world.runs.retain(|run| run.execution != id);
        if let Some(deployment) = deployment {
            world.settle(&call.viewer.tenant, &deployment, Some(&id));
        }
    }
    shown(world, call, 200, call.id())
}
