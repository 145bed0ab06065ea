//! What keeps a workflow from being started (cloudify.md#executions; where nothing was observed, the server's own
//! source).

use super::deployments::Deployment;
use super::executions::{Execution, Status};
use super::refusal::{Refusal, bad_request, dependent_exists};
use super::release::{AVAILABILITY, DEPENDENTS};
use super::workflows::Workflow;
use super::world::World;

/// Says whether a start has to wait for what is at work, which is refused unless it may queue. A system workflow has the
/// manager for itself, whatever is forced.
pub(crate) fn waits(world: &World, deployment: &Deployment, force: bool, queue: bool) -> Result<bool, Refusal> {
    let beside = world.refuse_beside_system().and_then(|()| match world.running(deployment) {
        running if running.is_empty() || force => Ok(()),
        running => Err(existing_running(&running)),
    });
    match beside {
        Err(refusal) if !queue => Err(refusal),
        beside => Ok(beside.is_err()),
    }
}

/// Refuses a workflow that others would suffer from, or that has nothing to do.
pub(crate) fn check(world: &World, deployment: &Deployment, workflow: &Workflow) -> Result<(), Refusal> {
    world.refuse_for_dependents(deployment, &workflow.name)?;
    match !world.release.has(AVAILABILITY) || workflow.is_available(world.active(deployment)) {
        true => Ok(()),
        false => Err(bad_request("unavailable_workflow_error", format!("Workflow not available: {}", workflow.name))),
    }
}

/// Refuses work on a deployment whose environment is not there (yet).
pub(crate) fn refuse_environment(world: &World, deployment: &Deployment) -> Result<(), Refusal> {
    if let Some(error) = &deployment.broken {
        let id = deployment.id();
        let text =
            format!("Can't launch executions since environment creation for deployment {id} has failed: {error}");
        return Err(bad_request("deployment_creation_error", text));
    }
    let environment = world.executions.iter().find(|row| Some(&row.meta.id) == deployment.create_execution.as_ref());
    let (code, state) = match environment.map(|execution| execution.status) {
        Some(Status::Pending) => ("deployment_environment_creation_pending_error", "pending"),
        Some(Status::Started) => ("deployment_environment_creation_in_progress_error", "in progress"),
        _ => return Ok(()),
    };
    Err(bad_request(code, format!("Deployment environment creation is still {state}, try again in a minute")))
}

fn existing_running(running: &[&Execution]) -> Refusal {
    let list: Vec<String> = running
        .iter()
        .map(|execution| {
            format!(
                "<Execution id=`{}` tenant=`{}` status=`{}` workflow_id=`{}`>",
                execution.meta.id,
                execution.meta.tenant,
                execution.status.word(),
                execution.workflow
            )
        })
        .collect();
    bad_request(
        "existing_running_execution_error",
        format!(
            "The following executions are currently running for this deployment: [{}]. To execute this workflow \
             anyway, pass \"force=true\" as a query parameter to this request",
            list.join(", ")
        ),
    )
}

fn refuse_beside<'r>(running: impl Iterator<Item = &'r Execution>) -> Result<(), Refusal> {
    let ids: Vec<&str> = running.map(|row| row.meta.id.as_str()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let text = format!("Cannot start execution because there are other executions running: {}", ids.join(", "));
    Err(bad_request("existing_running_execution_error", text))
}

impl World {
    /// Refuses what stops a deployment for others that read its capabilities.
    pub(crate) fn refuse_for_dependents(&self, deployment: &Deployment, workflow: &str) -> Result<(), Refusal> {
        let stops = ["stop", "uninstall", "update"].contains(&workflow) && self.release.has(DEPENDENTS);
        match self.dependents(deployment).filter(|_| stops) {
            None => Ok(()),
            Some(users) => {
                let id = deployment.id();
                Err(dependent_exists(format!("Can't execute workflow `{workflow}` on deployment {id} - {users}")))
            }
        }
    }

    /// Refuses to start anything while a system workflow is not over.
    pub(crate) fn refuse_beside_system(&self) -> Result<(), Refusal> {
        refuse_beside(self.executions.iter().filter(|row| row.system && !row.status.is_end()))
    }

    /// Refuses a system workflow while anything is at work.
    pub(crate) fn refuse_beside_any(&self) -> Result<(), Refusal> {
        refuse_beside(self.executions.iter().filter(|row| !row.status.is_end() && row.status != Status::Queued))
    }
}
