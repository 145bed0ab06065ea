//! The beginning and the end of a deployment: its environment is created, and removed (cloudify.md#deployments).

use serde_json::{Map, Value};

use super::blueprints::Blueprint;
use super::call::{Call, Input, Start, check_name};
use super::deployments::{Deployment, FIELDS, Origin, Settled, shown};
use super::executions::{Execution, Status};
use super::fields::answer;
use super::inputs::{check_names, complete};
use super::labels::{Forms, declared, merged, replace};
use super::refusal::{Outcome, Refusal, bad_request, dependent_exists, forbidden, internal, no_such};
use super::release::{CAPABILITIES, DELETED_OBJECT, LABELS, SEVENTH, SITES, STATUSES, WAITS_FOR_ENVIRONMENT};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, asked, own, taken, takes};
use super::workflow::{Purpose, Run};
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Put, "deployments/{}", "deployment_create", Need::Operate, create),
    route(Method::Delete, "deployments/{}", "deployment_delete", Need::Operate, delete),
];

/// How many polls a removal takes (observed: gone after about a second).
const REMOVAL: u64 = 4 * super::POLL;

fn create(world: &mut World, call: &Call) -> Outcome {
    let id = call.id().to_owned();
    check_name("deployment_id", &id, if call.release.has(SEVENTH) { Start::Any } else { Start::Letter })?;
    let input = call.json()?;
    let blueprint = world.uploaded_blueprint(call, input.required_text("blueprint_id")?)?.clone();
    let given = input.object("inputs")?.cloned().unwrap_or_default();
    let visibility = visibility(call, &input, &id, &blueprint)?;
    make_room(world, call, &id)?;
    check_requirements(world, call, &input, &blueprint, &given)?;
    let deployment = assemble(world, call, &input, &blueprint, given, visibility)?;
    let waits = call.release.has(WAITS_FOR_ENVIRONMENT) && !call.flag("async_create")?;
    let execution = Execution::on(world, &call.viewer, "create_deployment_environment", &deployment);
    let execution = execution.with_purpose(Purpose::Environment);
    let execution_id = execution.meta.id.clone();
    world.deployments.push(Deployment { create_execution: Some(execution_id.clone()), ..deployment });
    world.executions.push(execution.clone());
    world.settle(&call.viewer.tenant, &id, Some(&execution_id));
    if !call.release.has(WAITS_FOR_ENVIRONMENT) {
        // These servers plan in the request and prepare the workers after it.
        world.build_environment(&execution).map_err(|error| {
            world.forget(&call.viewer.tenant, &id);
            bad_request("deployment_creation_error", error)
        })?;
    }
    if waits {
        wait_for(world, &execution)?;
    } else {
        let run = Run::new(&execution_id, world.now);
        world.runs.push(run);
    }
    shown(world, call, 201, &id)
}

/// Creates the environment at once; where that fails the deployment stays without one (cloudify.md#deployments).
fn wait_for(world: &mut World, execution: &Execution) -> Result<(), Refusal> {
    let built = world.build_environment(execution);
    let (tenant, now) = (&execution.meta.tenant, world.now);
    let deployment = execution.deployment.as_deref().unwrap_or_default();
    let error = built.as_ref().err().cloned().unwrap_or_default();
    if let Some(row) = world.execution_mut(&execution.meta.id) {
        let status = if built.is_ok() { Status::Terminated } else { Status::Failed };
        row.end(status, error.clone(), now);
    }
    if built.is_err() {
        world.break_environment(tenant, deployment, &error);
    }
    world.settle(tenant, deployment, Some(&execution.meta.id));
    built.map_err(|error| bad_request("deployment_creation_error", error))
}

/// The word may stand in the query or, as the v3.1 text has it, in the body. 4.x knows no global deployments.
fn visibility(call: &Call, input: &Input, id: &str, blueprint: &Blueprint) -> Result<Visibility, Refusal> {
    let word = call.argument("visibility").map_or_else(|| input.nullable_text("visibility"), |word| Ok(Some(word)))?;
    let private = match call.argument("private_resource") {
        Some(_) => Some(call.flag("private_resource")?),
        None => input.flag("private_resource")?,
    };
    let visibility = asked(word, private)?;
    let reachable = blueprint.meta.visibility == Visibility::Global && call.release.has(CAPABILITIES);
    if visibility == Visibility::Global && !reachable {
        let text = format!("Can't create global deployment {id} because blueprint {} is not global", blueprint.meta.id);
        return Err(forbidden(text));
    }
    Ok(visibility)
}

/// Takes a failed creation of that id away; anything else stands in the way.
fn make_room(world: &mut World, call: &Call, id: &str) -> Result<(), Refusal> {
    let tenant = &call.viewer.tenant;
    let Some(known) = world.deployments.iter().find(|row| takes(*row, id, tenant)) else { return Ok(()) };
    if known.broken.is_none() || known.tenant() != tenant {
        return Err(taken::<Deployment>(id, tenant));
    }
    world.forget(tenant, id);
    Ok(())
}

/// The conditions that must hold before anything is created: plugins and input names; secrets on servers that plan in the request.
fn check_requirements(
    world: &World,
    call: &Call,
    input: &Input,
    blueprint: &Blueprint,
    given: &Map<String, Value>,
) -> Result<(), Refusal> {
    if !input.is_set("skip_plugins_validation")? {
        world.check_plugins(&call.viewer.tenant, &blueprint.plan.plugins)?;
    }
    check_names(&blueprint.plan, given)?;
    match call.release.has(WAITS_FOR_ENVIRONMENT) {
        true => Ok(()),
        false => world
            .check_secrets(&call.viewer.tenant, blueprint)
            .map_err(|error| bad_request("unknown_deployment_secret_error", error)),
    }
}

/// The environment's workflow looks at it, not the request.
fn check_display_name(name: &str) -> Result<(), String> {
    if name.chars().count() > 256 {
        return Err(
            "ValueError: The deployment display name is too long. Maximum allowed length is 256 characters".into()
        );
    }
    if name.chars().any(char::is_control) {
        return Err("ValueError: The deployment display name contains illegal characters. Control characters are not \
                    allowed"
            .into());
    }
    Ok(())
}

fn assemble(
    world: &World,
    call: &Call,
    input: &Input,
    blueprint: &Blueprint,
    given: Map<String, Value>,
    visibility: Visibility,
) -> Result<Deployment, Refusal> {
    let id = call.id();
    let asked_labels = input.list("labels")?.filter(|_| call.release.has(LABELS)).cloned().unwrap_or_default();
    let labels = replace(&[], &asked_labels, Forms::Short, &call.viewer.username, world.now)?;
    let own_labels = match call.release.has(LABELS) {
        true => declared(&blueprint.plan.labels, &call.viewer.username, world.now),
        false => Vec::new(),
    };
    let site = input.get("site_name").filter(|_| call.release.has(SITES));
    let site = site.map(|_| input.required_text("site_name")).transpose()?;
    if let Some(site) = site {
        check_name("site_name", site, Start::Letter)?;
        world.site(call, site)?.check_shown(id, visibility)?;
    }
    let name = input.nullable_text("display_name")?.filter(|_| call.release.has(STATUSES));
    Ok(Deployment {
        meta: Meta::new(id, &call.viewer, world.now, visibility),
        blueprint: Origin { tenant: blueprint.meta.tenant.clone(), id: blueprint.meta.id.clone() },
        given,
        inputs: None,
        description: None,
        outputs: Map::new(),
        capabilities: Map::new(),
        groups: Map::new(),
        workflows: Map::new(),
        labels: merged(labels, own_labels),
        display_name: name.unwrap_or(id).to_owned(),
        site: site.map(str::to_owned),
        runtime_only: input.is_set("runtime_only_evaluation")?,
        create_execution: None,
        broken: None,
        removed_at: None,
        settled: Settled::default(),
    })
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let at = own(&world.deployments, &call.viewer, call.id())?;
    let deployment = world.deployments.get(at).cloned().ok_or_else(|| no_such(Deployment::KIND, call.id()))?;
    let id = deployment.id();
    let refuse = |reason: String| Err(dependent_exists(format!("Can't delete deployment {id} - {reason}")));
    let mut running: Vec<&str> = world.running(&deployment).iter().map(|row| row.meta.id.as_str()).collect();
    running.extend(deployment.create_execution.as_deref().filter(|_| deployment.removed_at.is_some()));
    if !running.is_empty() {
        return refuse(format!(
            "There are running or queued executions for this deployment. Running executions ids: {}",
            running.join(",")
        ));
    }
    let force = forced(call)?;
    if !force && let Some(users) = world.dependents(&deployment) {
        return refuse(users);
    }
    let live: Vec<&str> = world
        .instances_of(deployment.tenant(), id)
        .filter(|instance| instance.state.is_live())
        .map(|instance| instance.meta.id.as_str())
        .collect();
    if !force && !live.is_empty() {
        return refuse(format!("There are live nodes for this deployment. Live nodes ids: {}", live.join(",")));
    }
    if call.release.has(DELETED_OBJECT) {
        let response = answer(world, call, 200, FIELDS, &deployment);
        world.forget(deployment.tenant(), id);
        return response;
    }
    let now = world.now;
    let row = world.deployments.get_mut(at).ok_or_else(internal)?;
    row.removed_at = Some(now + REMOVAL);
    Ok(Response::empty(204))
}

/// The flag that overrides live nodes: `ignore_live_nodes` (query or body) with the deleted object's answer, then
/// `force`; the old name is silently ignored (cloudify.md#versions).
fn forced(call: &Call) -> Result<bool, Refusal> {
    if !call.release.has(DELETED_OBJECT) {
        return call.flag("force");
    }
    let in_body = call.optional_json().is_ok_and(|body| body.is_set("ignore_live_nodes").unwrap_or(false));
    Ok(in_body || call.flag("ignore_live_nodes")?)
}

impl World {
    /// Creates the environment of a deployment: inputs, definitions, nodes and instances.
    ///
    /// # Errors
    /// The sentence that a failed environment carries.
    pub(crate) fn build_environment(&mut self, execution: &Execution) -> Result<(), String> {
        let tenant = execution.meta.tenant.clone();
        let id = execution.deployment.clone().unwrap_or_default();
        let Some(deployment) = self.deployment_mut(&tenant, &id).map(|row| row.clone()) else { return Ok(()) };
        // The older servers come here twice: the plan was made in the request.
        if deployment.inputs.is_some() {
            return Ok(());
        }
        let blueprint = self.blueprints.iter().find(|row| deployment.uses(&row.meta));
        let blueprint = blueprint.ok_or_else(|| format!("no blueprint `{}`", deployment.blueprint.id))?.clone();
        let inputs = complete(&blueprint.plan, &deployment.given)?;
        check_display_name(&deployment.display_name)?;
        self.check_secrets(&tenant, &blueprint)?;
        let targets = blueprint.plan.named("get_capability");
        self.adopt_plan(&tenant, &id, &blueprint, inputs);
        for template in blueprint.plan.nodes {
            self.add_node(&deployment.meta, &blueprint.meta.id, template);
        }
        self.settle(&tenant, &id, None);
        // What it depends on is noted last, when inputs and nodes are there already (the server's own source).
        let is_there = |target: &String| self.deployments.iter().any(|row| takes(row, target, &tenant));
        match targets.iter().find(|target| self.release.has(WAITS_FOR_ENVIRONMENT) && !is_there(target)) {
            Some(target) => Err(format!("Given target deployment with ID `{target}` does not exist.")),
            None => Ok(()),
        }
    }

    fn check_secrets(&self, tenant: &str, blueprint: &Blueprint) -> Result<(), String> {
        let mut missing = blueprint.plan.named("get_secret");
        missing.retain(|key| self.secret_value(tenant, key).is_none());
        match missing.is_empty() {
            true => Ok(()),
            false => Err(format!("Required secrets [{}] don't exist in this tenant", missing.join(", "))),
        }
    }

    /// Gives a deployment the definitions of a blueprint.
    pub(crate) fn adopt_plan(&mut self, tenant: &str, id: &str, blueprint: &Blueprint, inputs: Map<String, Value>) {
        if let Some(deployment) = self.deployment_mut(tenant, id) {
            deployment.blueprint = Origin { tenant: blueprint.meta.tenant.clone(), id: blueprint.meta.id.clone() };
            deployment.inputs = Some(inputs);
            deployment.description = blueprint.plan.description.clone();
            deployment.outputs = blueprint.plan.outputs.clone();
            deployment.capabilities = blueprint.plan.capabilities.clone();
            deployment.groups = blueprint.plan.groups.clone();
            deployment.workflows = blueprint.plan.workflows.clone();
        }
    }

    /// Leaves a deployment without environment behind: it looks installed because it has no nodes
    /// (cloudify.md#deployments).
    pub(crate) fn break_environment(&mut self, tenant: &str, id: &str, error: &str) {
        if let Some(deployment) = self.deployment_mut(tenant, id) {
            deployment.broken = Some(error.to_owned());
        }
        self.settle(tenant, id, None);
    }

    /// The other deployments that read a deployment's capabilities, as refusals on their behalf end.
    pub(crate) fn dependents(&self, deployment: &Deployment) -> Option<String> {
        let reads =
            |value: &Value| value.to_string().contains(&format!("{{\"get_capability\":[\"{}\"", deployment.id()));
        let others =
            self.deployments.iter().filter(|row| row.tenant() == deployment.tenant() && row.id() != deployment.id());
        let users: Vec<String> = others
            .filter(|row| {
                let inputs = row.inputs.clone().map(Value::Object);
                let nodes = || self.nodes.of(row.tenant(), row.id()).iter();
                inputs.is_some_and(|inputs| reads(&inputs)) || nodes().any(|node| reads(&node.template.properties))
            })
            .enumerate()
            .map(|(n, row)| {
                format!("  [{}] Deployment `{}` uses capabilities of the current deployment", n + 1, row.id())
            })
            .collect();
        let list = users.join("\n");
        (!users.is_empty()).then(|| format!("the following existing installations depend on it:\n{list}"))
    }

    /// Removes the deployments whose removal is due.
    pub(crate) fn advance_removals(&mut self) {
        let due = |row: &&Deployment| row.removed_at.is_some_and(|at| at <= self.now);
        let due: Vec<Meta> = self.deployments.iter().filter(due).map(|row| row.meta.clone()).collect();
        for deployment in due {
            self.forget(&deployment.tenant, &deployment.id);
        }
    }

    /// Removes a deployment and everything that belongs to it.
    pub(crate) fn forget(&mut self, tenant: &str, id: &str) {
        self.deployments.retain(|row| !row.is(tenant, id));
        self.leave_groups(tenant, id);
        self.forget_schedules(tenant, id);
        self.nodes.remove(tenant, id);
        self.instances.remove(tenant, id);
        self.updates.retain(|row| row.meta.tenant != tenant || row.deployment != id);
        self.events.retain(|row| !row.is_of(tenant, id));
        let gone = |row: &Execution| row.is_of(tenant, id);
        let Self { runs, executions, .. } = self;
        runs.retain(|run| !executions.iter().any(|row| row.meta.id == run.execution && gone(row)));
        executions.retain(|row| !gone(row));
    }
}
