//! Executions (cloudify.md#executions). What runs is in `workflow`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Input, Viewer};
use super::deployments::Deployment;
use super::fields::{
    Field, View, answer, created_at, created_by, field, null, private_resource, resource_availability, tenant_name,
    visibility,
};
use super::list::list;
use super::made_up::stamp;
use super::refusal::{Outcome, Refusal, bad_request, illegal_action, internal};
use super::release::{ALWAYS, CAPABILITIES, KILL, QUEUE, SEVENTH, STATUSES, Span};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, find, own, visible};
use super::steps::Step;
use super::workflow::{Purpose, Run};
use super::world::World;
use super::{admission, control};
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "executions", "execution_list", Need::Read, all),
    route(Method::Post, "executions", "execution_start", Need::Operate, start),
    route(Method::Get, "executions/{}", "execution_get", Need::Read, one),
    route(Method::Post, "executions/{}", "execution_cancel", Need::Operate, control::act),
    route(Method::Patch, "executions/{}", "execution_status_update", Need::Operate, control::update),
];

/// How far an execution has come (cloudify.md#executions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Waits for another one of the deployment.
    Queued,
    /// Waits for a worker.
    Pending,
    /// Runs.
    Started,
    /// Ends after the running operation.
    Cancelling,
    /// Ends after the running operation, by force.
    ForceCancelling,
    /// Its process is being killed.
    KillCancelling,
    /// Ended well.
    Terminated,
    /// Ended badly.
    Failed,
    /// Ended early.
    Cancelled,
}

impl Status {
    /// Says whether the execution is over.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Status::Terminated | Status::Failed | Status::Cancelled)
    }

    /// The servers that know it.
    fn servers(self) -> Span {
        match self {
            Status::Queued => QUEUE,
            Status::KillCancelling => KILL,
            _ => ALWAYS,
        }
    }

    /// The word in answers.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Status::Queued => "queued",
            Status::Pending => "pending",
            Status::Started => "started",
            Status::Cancelling => "cancelling",
            Status::ForceCancelling => "force_cancelling",
            Status::KillCancelling => "kill_cancelling",
            Status::Terminated => "terminated",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }

    /// The status of that word.
    pub(crate) fn parse(word: &str) -> Option<Status> {
        serde_json::from_value(json!(word)).ok()
    }
}

/// An execution of a workflow.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Execution {
    /// Its head.
    pub meta: Meta,
    /// The workflow.
    pub workflow: String,
    /// The deployment, unless it is a system workflow.
    pub deployment: Option<String>,
    /// The deployment's blueprint at the start.
    pub blueprint: Option<String>,
    /// Its parameters, defaults filled in.
    pub parameters: Map<String, Value>,
    /// How far it has come.
    pub status: Status,
    /// The error; null before the end.
    pub error: Option<String>,
    /// Whether it is a system workflow's.
    pub system: bool,
    /// Its purpose.
    pub purpose: Purpose,
    /// Whether it only pretends.
    pub dry_run: bool,
    /// When it started.
    pub started_at: Option<u64>,
    ended_at: Option<u64>,
    /// How many operations it has.
    pub total: usize,
    /// How many are done.
    pub finished: usize,
    /// The steps that a resume would go on with.
    pub left: Vec<Step>,
}

impl Scoped for Execution {
    const KIND: &'static str = "Execution";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

impl Execution {
    /// A system workflow's execution, pending.
    pub(crate) fn system(world: &mut World, viewer: &Viewer, workflow: &str, parameters: Value) -> Execution {
        let id = world.source.uuid();
        Execution {
            meta: Meta::new(&id, viewer, world.now, Visibility::Tenant),
            workflow: workflow.to_owned(),
            deployment: None,
            blueprint: None,
            parameters: parameters.as_object().cloned().unwrap_or_default(),
            status: Status::Pending,
            error: None,
            system: true,
            purpose: Purpose::Workflow,
            dry_run: false,
            started_at: None,
            ended_at: None,
            total: 0,
            finished: 0,
            left: Vec::new(),
        }
    }

    /// An execution on a deployment, pending.
    pub(crate) fn on(world: &mut World, viewer: &Viewer, workflow: &str, deployment: &Deployment) -> Execution {
        Execution {
            deployment: Some(deployment.id().to_owned()),
            blueprint: Some(deployment.blueprint.id.clone()),
            system: false,
            ..Execution::system(world, viewer, workflow, Value::Null)
        }
    }

    /// The same execution, for something else than a workflow of a deployment.
    pub(crate) fn with_purpose(self, purpose: Purpose) -> Execution {
        Execution { purpose, ..self }
    }

    /// Ends it.
    pub(crate) fn end(&mut self, status: Status, error: String, now: u64) {
        self.status = status;
        self.error = Some(error);
        self.started_at.get_or_insert(now);
        self.ended_at = Some(now);
    }

    /// Sets it going again.
    pub(crate) fn reopen(&mut self) {
        self.status = Status::Pending;
        self.ended_at = None;
    }

    /// Says whether it is of that deployment.
    pub(crate) fn is_of(&self, tenant: &str, deployment: &str) -> bool {
        self.meta.tenant == tenant && self.deployment.as_deref() == Some(deployment)
    }
}

/// The table of fields, in the order in which the server names them.
pub(crate) static FIELDS: &[Field<Execution>] = &[
    created_at(),
    visibility(),
    field("id", |execution, _| json!(execution.meta.id)),
    field("ended_at", |execution: &Execution, _: &View| json!(execution.ended_at.map(stamp))).only(QUEUE),
    field("error", |execution, _| json!(execution.error)),
    field("is_system_workflow", |execution, _| json!(execution.system)),
    null::<Execution>("parameters_p").only(SEVENTH),
    field("parameters", |execution, _| json!(execution.parameters)),
    field("status", |execution, _| json!(execution.status)),
    field("workflow_id", |execution, _| json!(execution.workflow)),
    field("started_at", |execution: &Execution, _: &View| json!(execution.started_at.map(stamp))).only(QUEUE),
    null::<Execution>("scheduled_for").only(CAPABILITIES),
    field("is_dry_run", |execution: &Execution, _: &View| json!(execution.dry_run)).only(KILL),
    field("resume", |_: &Execution, _: &View| json!(false)).only(SEVENTH),
    field("total_operations", |execution: &Execution, _: &View| json!(execution.total)).only(STATUSES),
    field("finished_operations", |execution: &Execution, _: &View| json!(execution.finished)).only(STATUSES),
    field("blueprint_id", |execution, _| json!(execution.blueprint)),
    field("deployment_id", |execution, _| json!(execution.deployment)),
    field("deployment_display_name", |execution: &Execution, view: &View| {
        let own = |row: &&Deployment| execution.is_of(row.tenant(), row.id());
        json!(
            execution
                .deployment
                .as_ref()
                .and_then(|_| view.world.deployments.iter().find(own))
                .map(|row| &row.display_name)
        )
    })
    .only(STATUSES),
    field("status_display", |execution, _| match execution.status {
        Status::Terminated => json!("completed"),
        other => json!(other),
    }),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    // The database keeps states as a type of its own, and fails at others.
    let known =
        |word: &str| Status::parse(word).map_or(word == "scheduled", |status| call.release.has(status.servers()));
    if call.query().iter().any(|(name, word)| name == "status" && !known(word)) {
        return Err(internal());
    }
    let system = call.flag("_include_system_workflows")?;
    list(world, call, FIELDS, visible(&world.executions, call)?.filter(|execution| system || !execution.system))
}

/// Answers one execution.
pub(crate) fn shown(world: &World, call: &Call, status: u16, id: &str) -> Outcome {
    answer(world, call, status, FIELDS, find(&world.executions, &call.viewer, id)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    shown(world, call, 200, call.id())
}

/// Starts a workflow. The checks come in the server's order (cloudify.md#executions).
fn start(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let deployment_id = input.required_text("deployment_id")?;
    let workflow_id = input.required_text("workflow_id")?;
    // Null stands for none here: the official client sends it.
    let given = match input.get("parameters") {
        None | Some(Value::Null) => Map::new(),
        Some(_) => input.object("parameters")?.cloned().unwrap_or_default(),
    };
    let (force, allow_custom) = (input.is_set("force")?, input.is_set("allow_custom_parameters")?);
    let queue = input.is_set("queue")? && call.release.has(QUEUE);
    let dry_run = input.is_set("dry_run")? && call.release.has(KILL);
    let at = own(&world.deployments, &call.viewer, deployment_id)?;
    let Some(deployment) = world.deployments.get(at).cloned() else { return one(world, call) };
    admission::refuse_environment(world, &deployment)?;
    let workflows = world.workflows_of(&deployment);
    let workflow = workflows.iter().find(|workflow| workflow.name == workflow_id).ok_or_else(|| {
        let text = format!("Workflow {workflow_id} does not exist in the deployment {deployment_id}");
        bad_request("nonexistent_workflow_error", text)
    })?;
    let parameters = workflow.complete(&given, allow_custom)?;
    if call.release.has(CAPABILITIES) && input.get("scheduled_time").is_some_and(|time| !time.is_null()) {
        return scheduled(&input);
    }
    let waits = admission::waits(world, &deployment, force, queue)?;
    let mut execution =
        Execution { parameters, dry_run, ..Execution::on(world, &call.viewer, workflow_id, &deployment) };
    let id = execution.meta.id.clone();
    if !force
        && !waits
        && let Err(refusal) = admission::check(world, &deployment, workflow)
    {
        execution.end(Status::Failed, format!("Error preparing execution: {refusal}"), world.now);
        world.executions.push(execution);
        world.settle(deployment.tenant(), deployment.id(), Some(&id));
        return Err(refusal);
    }
    if waits {
        execution.status = Status::Queued;
    } else {
        let run = Run::new(&id, world.now);
        world.runs.push(run);
    }
    world.executions.push(execution);
    shown(world, call, 201, &id)
}

/// The answer to a scheduled start: an object without id (cloudify.md#executions). The simulator keeps no schedules, so
/// that nothing ever comes of it.
fn scheduled(input: &Input) -> Outcome {
    let mut body: Map<String, Value> = FIELDS.iter().map(|field| (field.name.to_owned(), Value::Null)).collect();
    body.insert("status".to_owned(), json!("scheduled"));
    body.insert("status_display".to_owned(), json!("scheduled"));
    body.insert("total_operations".to_owned(), json!(0));
    body.insert("finished_operations".to_owned(), json!(0));
    body.insert("scheduled_for".to_owned(), input.get("scheduled_time").cloned().unwrap_or_default());
    Ok(Response::json(201, &Value::Object(body)))
}

/// 400: the action does not fit the status.
pub(crate) fn wrong_status(action: &str, execution: &Execution) -> Refusal {
    illegal_action(format!(
        "Can't {action} execution {} because it's in status {}",
        execution.meta.id,
        execution.status.word()
    ))
}

impl World {
    /// The executions of a deployment that are not over.
    pub(crate) fn running(&self, deployment: &Deployment) -> Vec<&Execution> {
        let own = |row: &&Execution| row.is_of(deployment.tenant(), deployment.id());
        self.executions.iter().filter(own).filter(|row| !row.status.is_end()).collect()
    }

    /// An execution by id, to change.
    pub(crate) fn execution_mut(&mut self, id: &str) -> Option<&mut Execution> {
        self.executions.iter_mut().rev().find(|row| row.meta.id == id)
    }

    /// An execution by id.
    pub(crate) fn execution(&self, id: &str) -> Option<&Execution> {
        self.executions.iter().rev().find(|row| row.meta.id == id)
    }
}
