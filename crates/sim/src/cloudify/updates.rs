//! Deployment updates (cloudify.md#deployment-updates).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Input};
use super::deployments::Deployment;
use super::executions::{Execution, Status};
use super::fields::{
    Field, View, answer, created_at, created_by, field, private_resource, resource_availability, tenant_name,
    visibility,
};
use super::inputs::{complete, missing};
use super::list::list;
use super::nodes::{Instance, State};
use super::plans::Template;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict, no_such};
use super::release::{SINGLE_UPDATE, SITES, UPDATE_BY_ARCHIVE, UPDATE_BY_POST, UPDATE_BY_PUT, UPDATE_STAGES};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, find, own, visible};
use super::steps::{self, Step};
use super::workflow::{Purpose, Run};
use super::world::World;
use wire::Method;

/// The area's routes. Which verb starts an update is a matter of the server's version.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "deployment-updates", "deployment_update_list", Need::Read, all),
    route(Method::Get, "deployment-updates/{}", "deployment_update_get", Need::Read, one),
    route(Method::Put, INITIATE, "deployment_update_create", Need::Operate, initiate).only(UPDATE_BY_PUT),
    route(Method::Post, INITIATE, "deployment_update_create", Need::Operate, initiate).only(UPDATE_BY_POST),
    route(Method::Post, INITIATE, "deployment_update_create", Need::Operate, by_archive).only(UPDATE_BY_ARCHIVE),
];

const INITIATE: &str = "deployment-updates/{}/update/initiate";

/// How an update treats instances.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Flags {
    skip_install: bool,
    skip_uninstall: bool,
    skip_reinstall: bool,
    force_reinstall: bool,
    install_first: bool,
    reinstall: Vec<String>,
}

/// How far an update has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Updating,
    ExecutingWorkflow,
    Successful,
    Failed,
}

/// An update of a deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Update {
    /// Its head.
    pub meta: Meta,
    /// The deployment.
    pub deployment: String,
    old_blueprint: String,
    new_blueprint: String,
    old_inputs: Map<String, Value>,
    new_inputs: Map<String, Value>,
    stage: Stage,
    execution: String,
    steps: Vec<Value>,
    flags: Flags,
    /// The nodes that go away when the update ends.
    removed: Vec<String>,
}

impl Scoped for Update {
    const KIND: &'static str = "DeploymentUpdate";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

static FIELDS: &[Field<Update>] = &[
    field("id", |update, _| json!(update.meta.id)),
    visibility(),
    created_at(),
    field("deployment_id", |update, _| json!(update.deployment)),
    field("old_blueprint_id", |update, _| json!(update.old_blueprint)),
    field("new_blueprint_id", |update, _| json!(update.new_blueprint)),
    field("old_inputs", |update, _| json!(update.old_inputs)),
    field("new_inputs", |update, _| json!(update.new_inputs)),
    field("state", |update, view| match update.stage {
        Stage::ExecutingWorkflow if !view.world.release.has(UPDATE_STAGES) => json!(Stage::Updating),
        stage => json!(stage),
    }),
    field("execution_id", |update, _| json!(update.execution)),
    field("steps", |update, _| json!(update.steps)),
    field("preview", |_: &Update, _: &View| Value::Null).only(SITES),
    field("modified_entity_ids", |update, _| match update.stage {
        Stage::Updating => Value::Null,
        _ => json!({"node": update.steps.iter().map(|step| step["entity_id"][1].clone()).collect::<Vec<_>>()}),
    }),
    field("deployment_plan", |_, _| json!({})),
    field("deployment_update_deployment", |update, _| json!({"id": update.deployment, "inputs": update.old_inputs})),
    field("deployment_update_nodes", |_, _| json!([])),
    field("deployment_update_node_instances", |_, _| json!({})),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.updates, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, FIELDS, find(&world.updates, &call.viewer, call.id())?)
}

/// The form of the older servers, which uploads an archive; an update to a known blueprint goes by PUT there.
fn by_archive(_: &mut World, _: &Call) -> Outcome {
    Err(bad_parameters("Missing application archive inline or url"))
}

fn initiate(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let flags = read_flags(&input)?;
    let (given, force) = (input.object("inputs")?.cloned().unwrap_or_default(), input.is_set("force")?);
    let preview = call.release.has(SITES) && input.is_set("preview")?;
    let at = own(&world.deployments, &call.viewer, call.id())?;
    let deployment = world.deployments.get(at).cloned().ok_or_else(|| no_such(Deployment::KIND, call.id()))?;
    let blueprint = new_blueprint(world, call, &deployment, input.nullable_text("blueprint_id")?, given.is_empty())?;
    if call.release.has(SINGLE_UPDATE) {
        refuse_second(world, &deployment, force)?;
    }
    if !force {
        world.refuse_for_dependents(&deployment, "update")?;
    }
    let id = format!("{}-{}", deployment.id(), world.source.uuid());
    let execution = Execution::on(world, &call.viewer, "update", &deployment);
    let mut execution = execution.with_purpose(Purpose::Update(id.clone()));
    let old_inputs = deployment.inputs.clone().unwrap_or_default();
    let mut update = Update {
        meta: Meta::new(&id, &call.viewer, world.now, deployment.meta.visibility),
        deployment: deployment.id().to_owned(),
        old_blueprint: deployment.blueprint.id.clone(),
        new_blueprint: blueprint.id.clone(),
        new_inputs: merged(&old_inputs, given),
        old_inputs,
        stage: Stage::Updating,
        execution: execution.meta.id.clone(),
        steps: Vec::new(),
        flags,
        removed: Vec::new(),
    };
    execution.parameters = json!({"update_id": id, "ignore_failure": input.is_set("ignore_failure")?})
        .as_object()
        .cloned()
        .unwrap_or_default();
    let now = world.now;
    if preview {
        // Synchronous: changes nothing but leaves its records and moves `updated_at` (cloudify.md#deployment-updates).
        let plan = world.new_plan(&update).map(|(_, difference)| difference.print(&id)).unwrap_or_default();
        (update.steps, update.stage) = (plan, Stage::Successful);
        execution.end(Status::Terminated, String::new(), now);
    } else {
        let run = Run::new(&execution.meta.id, now);
        world.runs.push(run);
    }
    if let Some(row) = world.deployments.get_mut(at) {
        row.meta.updated_at = now;
    }
    world.executions.push(execution);
    world.updates.push(update.clone());
    answer(world, call, 200, FIELDS, &update)
}

/// The blueprint that the deployment is to have: the one named, or its own.
fn new_blueprint(
    world: &World,
    call: &Call,
    deployment: &Deployment,
    named: Option<&str>,
    no_inputs: bool,
) -> Result<Meta, Refusal> {
    match named {
        Some(id) => Ok(find(&world.blueprints, &call.viewer, id)?.meta.clone()),
        None if call.release.has(SINGLE_UPDATE) && no_inputs => Err(bad_parameters(
            "Must supply either the `blueprint_id` parameter, or new inputs, in order the preform a deployment update",
        )),
        None => Ok(Meta {
            id: deployment.blueprint.id.clone(),
            tenant: deployment.blueprint.tenant.clone(),
            ..deployment.meta.clone()
        }),
    }
}

fn merged(old: &Map<String, Value>, given: Map<String, Value>) -> Map<String, Value> {
    let mut merged = old.clone();
    merged.extend(given);
    merged
}

fn read_flags(input: &Input) -> Result<Flags, Refusal> {
    let reinstall = input.list("reinstall_list")?.cloned().unwrap_or_default();
    Ok(Flags {
        skip_install: input.is_set("skip_install")?,
        skip_uninstall: input.is_set("skip_uninstall")?,
        skip_reinstall: input.is_set("skip_reinstall")?,
        force_reinstall: input.is_set("force_reinstall")?,
        install_first: input.is_set("install_first")?,
        reinstall: reinstall.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

/// 4.x: one active update a deployment; `force` clears those whose execution is over (cloudify.md#deployment-updates).
fn refuse_second(world: &mut World, deployment: &Deployment, force: bool) -> Result<(), Refusal> {
    let mut active = Vec::new();
    for at in 0..world.updates.len() {
        let Some(update) = world.updates.get(at) else { continue };
        let own = update.meta.tenant == deployment.tenant() && update.deployment == deployment.id();
        if !own || matches!(update.stage, Stage::Successful | Stage::Failed) {
            continue;
        }
        let over = world.execution(&update.execution).is_none_or(|execution| execution.status.is_end());
        match world.updates.get_mut(at).filter(|_| over && force) {
            Some(update) => update.stage = Stage::Failed,
            None => active.extend(world.updates.get(at).map(|update| update.meta.id.clone())),
        }
    }
    if active.is_empty() {
        return Ok(());
    }
    Err(conflict(format!("There are deployment updates still active; update IDs: {}", active.join(", "))))
}

/// How the nodes of a deployment differ from those of a plan.
struct Difference {
    added: Vec<Template>,
    changed: Vec<Template>,
    removed: Vec<String>,
}

impl Difference {
    /// The steps as the API prints them.
    fn print(&self, update: &str) -> Vec<Value> {
        let step = |action: &str, node: &str| {
            json!({
                "id": format!("{update}-{action}-{node}"),
                "action": action,
                "entity_type": "node",
                "entity_id": ["nodes", node],
                "topology_order": 0,
                "deployment_update_id": update,
            })
        };
        let added = self.added.iter().map(|node| step("add", &node.name));
        let changed = self.changed.iter().map(|node| step("modify", &node.name));
        added.chain(changed).chain(self.removed.iter().map(|node| step("remove", node))).collect()
    }
}

impl World {
    fn update_mut(&mut self, id: &str) -> Option<&mut Update> {
        self.updates.iter_mut().rev().find(|row| row.meta.id == id)
    }

    /// The inputs and the difference that an update comes to. Inputs that the new blueprint does not declare are
    /// dropped without a word (cloudify.md#deployment-updates).
    fn new_plan(&self, update: &Update) -> Result<(Map<String, Value>, Difference), String> {
        let failed = |error: &str| format!("Task failed: prepare_plan: {error}");
        let blueprint = self.blueprint_of(update).ok_or_else(|| failed("the blueprint is not uploaded"))?;
        let missing = missing(&blueprint.plan, &update.new_inputs);
        if !missing.is_empty() {
            return Err(failed(&format!("missing inputs: {}", missing.join(", "))));
        }
        let inputs = complete(&blueprint.plan, &update.new_inputs).map_err(|error| failed(&error))?;
        let nodes = self.nodes.of(&update.meta.tenant, &update.deployment);
        let old: Vec<&Template> = nodes.iter().map(|row| &row.template).collect();
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for node in &blueprint.plan.nodes {
            match old.iter().find(|known| known.name == node.name) {
                None => added.push(node.clone()),
                Some(known) if **known != *node => changed.push(node.clone()),
                Some(_) => {}
            }
        }
        let kept = |name: &str| blueprint.plan.nodes.iter().any(|node| node.name == name);
        let removed = old.iter().filter(|node| !kept(&node.name)).map(|node| node.name.clone()).collect();
        Ok((inputs, Difference { added, changed, removed }))
    }

    fn blueprint_of(&self, update: &Update) -> Option<&super::blueprints::Blueprint> {
        let viewer = super::call::Viewer { sys_admin: true, tenant: update.meta.tenant.clone(), ..Default::default() };
        find(&self.blueprints, &viewer, &update.new_blueprint)
            .ok()
            .filter(|blueprint| blueprint.state == super::blueprints::State::Uploaded)
    }

    /// Makes the deployment what the update wants and answers the operations that follow. From here on a failed
    /// operation leaves the new inputs behind (cloudify.md#deployment-updates).
    ///
    /// # Errors
    /// The text of the failed execution; the deployment is unchanged then.
    pub(crate) fn prepare_update(&mut self, id: &str) -> Result<Vec<Step>, String> {
        let Some(update) = self.update_mut(id).map(|row| row.clone()) else { return Ok(Vec::new()) };
        let (inputs, difference) = self.new_plan(&update)?;
        let (tenant, deployment) = (update.meta.tenant.clone(), update.deployment.clone());
        if let Some(blueprint) = self.blueprint_of(&update).cloned() {
            self.adopt_plan(&tenant, &deployment, &blueprint, inputs.clone());
        }
        for template in &difference.changed {
            let nodes = self.nodes.of_mut(&tenant, &deployment);
            if let Some(node) = nodes.iter_mut().find(|row| row.meta.id == template.name) {
                node.template = template.clone();
            }
        }
        let mut added = Vec::new();
        let head = self.deployment_mut(&tenant, &deployment).map(|row| row.meta.clone());
        for template in difference.added.iter().filter_map(|template| head.as_ref().map(|head| (head, template))) {
            added.extend(self.add_node(template.0, &update.new_blueprint, template.1.clone()));
        }
        let steps = self.update_steps(&update, &difference, &added);
        if let Some(row) = self.update_mut(id) {
            row.steps = difference.print(id);
            row.removed = difference.removed;
            row.new_inputs = inputs;
            row.stage = Stage::ExecutingWorkflow;
        }
        Ok(steps)
    }

    fn update_steps(&self, update: &Update, difference: &Difference, added: &[String]) -> Vec<Step> {
        let flags = &update.flags;
        let own: Vec<&Instance> = self.instances_of(&update.meta.tenant, &update.deployment).collect();
        let gone = |row: &&&Instance| difference.removed.contains(&row.node);
        let uninstalls = own.iter().rev().filter(gone).flat_map(|row| {
            let uninstall = if flags.skip_uninstall { Vec::new() } else { steps::uninstall(row) };
            uninstall.into_iter().chain([steps::remove(row)])
        });
        let installs = own
            .iter()
            .filter(|row| !flags.skip_install && added.contains(&row.meta.id))
            .flat_map(|row| steps::install(self, row));
        let changed = |row: &Instance| {
            let node = difference.changed.iter().any(|node| node.name == row.node);
            (node && !flags.skip_reinstall && row.state == State::Started) || flags.force_reinstall
        };
        let reinstalls = own
            .iter()
            .filter(|row| !added.contains(&row.meta.id) && !gone(row))
            .filter(|row| flags.reinstall.contains(&row.meta.id) || changed(row))
            .flat_map(|row| steps::reinstall(row, self));
        match flags.install_first {
            true => installs.chain(uninstalls).chain(reinstalls).collect(),
            false => uninstalls.chain(installs).chain(reinstalls).collect(),
        }
    }

    /// Ends an update's record.
    pub(crate) fn finish_update(&mut self, id: &str, good: bool) {
        if let Some(update) = self.update_mut(id) {
            update.stage = if good { Stage::Successful } else { Stage::Failed };
        }
    }

    /// Takes the removed nodes of a successful update away.
    pub(crate) fn settle_updated(&mut self, id: &str) {
        let Some(update) = self.update_mut(id).map(|row| row.clone()) else { return };
        let nodes = self.nodes.of_mut(&update.meta.tenant, &update.deployment);
        nodes.retain(|row| !update.removed.contains(&row.meta.id));
    }
}
