//! Deployments (cloudify.md#deployments). Their creation and removal are in `environments`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::executions::Status;
use super::fields::{
    Field, View, answer, created_at, created_by, field, null, private_resource, resource_availability, tenant_name,
    updated_at, visibility,
};
use super::functions::{Scope, evaluate};
use super::labels::{Forms, Label, print, replace};
use super::list::list;
use super::nodes::State;
use super::refusal::{Outcome, conflict, conflict_as, forbidden_as, illegal_action};
use super::release::{AVAILABILITY, CAPABILITIES, LABELS, SET_VISIBILITY, SEVENTH, SITES, STATUSES, UPLOAD_STATES};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Targets, Visibility, WIDER, find, own_mut, target, visible, widen};
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "deployments", "deployment_list", Need::Read, all),
    route(Method::Get, "deployments/{}", "deployment_get", Need::Read, one),
    route(Method::Patch, "deployments/{}", "deployment_update", Need::Operate, update).only(LABELS),
    route(Method::Get, "deployments/{}/outputs", "deployment_modification_outputs", Need::Read, outputs),
    route(Method::Get, "deployments/{}/capabilities", "deployment_capabilities", Need::Read, capabilities)
        .only(CAPABILITIES)
        .v31(),
    route(Method::Patch, "deployments/{}/set-visibility", "deployment_set_visibility", Need::Operate, set_visibility)
        .only(SET_VISIBILITY)
        .v31(),
];

/// A blueprint as a deployment refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The tenant that owns it.
    pub tenant: String,
    /// Its id.
    pub id: String,
}

/// A deployment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Deployment {
    /// Its head.
    pub meta: Meta,
    /// Its blueprint.
    pub blueprint: Origin,
    /// The inputs that were given.
    pub given: Map<String, Value>,
    /// All inputs, once the environment is there.
    pub inputs: Option<Map<String, Value>>,
    /// The blueprint's description.
    pub description: Option<String>,
    /// The outputs' definitions.
    pub outputs: Map<String, Value>,
    /// The capabilities' definitions.
    pub capabilities: Map<String, Value>,
    /// The blueprint's groups.
    pub groups: Map<String, Value>,
    /// The blueprint's own workflows.
    pub workflows: Map<String, Value>,
    /// Its labels.
    pub labels: Vec<Label>,
    /// What the console calls it.
    pub display_name: String,
    /// Its site.
    pub site: Option<String>,
    /// Whether functions are evaluated at run time only.
    pub runtime_only: bool,
    /// The execution that creates its environment.
    pub create_execution: Option<String>,
    /// Why its environment could not be created.
    pub broken: Option<String>,
    /// When it is gone, once it is being removed.
    pub removed_at: Option<u64>,
    /// What the last execution left; refreshed only when one ends (cloudify.md#lifecycle).
    pub settled: Settled,
}

/// The state of a deployment as of the end of its last execution.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Settled {
    installed: bool,
    latest: Option<Latest>,
    unavailable: usize,
}

/// What a deployment remembers of its last execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Latest {
    id: String,
    status: Status,
    total: usize,
    finished: usize,
}

impl Scoped for Deployment {
    const KIND: &'static str = "Deployment";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

impl Deployment {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.meta.id
    }

    /// Its tenant.
    pub(crate) fn tenant(&self) -> &str {
        &self.meta.tenant
    }

    /// Says whether it is the one of that id in that tenant.
    pub(crate) fn is(&self, tenant: &str, id: &str) -> bool {
        self.meta.id == id && self.meta.tenant == tenant
    }

    /// Says whether it is made from that blueprint.
    pub(crate) fn uses(&self, blueprint: &Meta) -> bool {
        self.blueprint.id == blueprint.id && self.blueprint.tenant == blueprint.tenant
    }

    fn latest_status(&self, world: &World) -> Option<Status> {
        let running = world.runs.iter().rev().filter_map(|run| world.execution(&run.execution));
        let running =
            running.filter(|row| row.is_of(self.tenant(), self.id())).find(|row| row.status == Status::Started);
        running.map(|execution| execution.status).or_else(|| self.settled.latest.as_ref().map(|latest| latest.status))
    }

    /// `good` only when everything is installed and the last execution went well (cloudify.md#lifecycle).
    fn status(&self, world: &World) -> &'static str {
        match self.latest_status(world) {
            Some(Status::Started) => "in_progress",
            Some(Status::Terminated) if self.settled.installed => "good",
            _ => "requires_attention",
        }
    }
}

/// The table of fields.
pub(crate) static FIELDS: &[Field<Deployment>] = &[
    created_at(),
    field("id", |deployment, _| json!(deployment.meta.id)),
    visibility(),
    field("description", |deployment, _| json!(deployment.description)),
    null::<Deployment>("inputs_p").only(SEVENTH),
    field("inputs", |deployment, _| json!(deployment.inputs)),
    field("groups", |deployment, _| json!(deployment.groups)),
    null("permalink"),
    field("policy_triggers", |_, _| json!({})),
    field("policy_types", |_, _| json!({})),
    field("outputs", |deployment, _| json!(deployment.outputs)),
    field("capabilities", |deployment: &Deployment, _: &View| json!(deployment.capabilities)).only(CAPABILITIES),
    field("scaling_groups", |_, _| json!({})),
    updated_at(),
    field("workflows", |deployment, view| {
        let active = view.world.active(deployment);
        let release = view.world.release;
        view.world.workflows_of(deployment).iter().map(|workflow| workflow.print(release, active)).collect()
    })
    .unfiltered(),
    field("runtime_only_evaluation", |deployment: &Deployment, _: &View| json!(deployment.runtime_only)).only(SITES),
    field("installation_status", |deployment: &Deployment, _: &View| {
        json!(if deployment.settled.installed { "active" } else { "inactive" })
    })
    .only(STATUSES),
    field("deployment_status", |deployment: &Deployment, view: &View| json!(deployment.status(view.world)))
        .only(STATUSES),
    field("display_name", |deployment: &Deployment, _: &View| json!(deployment.display_name)).only(STATUSES),
    field("blueprint_id", |deployment, _| json!(deployment.blueprint.id)),
    field("site_name", |deployment: &Deployment, _: &View| json!(deployment.site)).only(SITES),
    field("labels", |deployment: &Deployment, _: &View| print(&deployment.labels)).unfiltered().only(LABELS),
    field("latest_execution_status", |deployment: &Deployment, view: &View| {
        match deployment.latest_status(view.world) {
            None => Value::Null,
            Some(Status::Terminated) => json!("completed"),
            Some(status) if status.is_end() => json!(status),
            Some(_) => json!("in_progress"),
        }
    })
    .only(UPLOAD_STATES),
    field("latest_execution_total_operations", |row: &Deployment, _: &View| {
        json!(row.settled.latest.as_ref().map(|latest| latest.total))
    })
    .only(STATUSES),
    field("latest_execution_finished_operations", |row: &Deployment, _: &View| {
        json!(row.settled.latest.as_ref().map(|latest| latest.finished))
    })
    .only(STATUSES),
    field("create_execution", |deployment: &Deployment, _: &View| json!(deployment.create_execution))
        .only(AVAILABILITY),
    field("latest_execution", |row: &Deployment, _: &View| json!(row.settled.latest.as_ref().map(|latest| &latest.id)))
        .only(AVAILABILITY),
    field("sub_services_count", |_: &Deployment, _: &View| json!(0)).only(STATUSES),
    field("sub_environments_count", |_: &Deployment, _: &View| json!(0)).only(STATUSES),
    null::<Deployment>("sub_services_status").only(STATUSES),
    null::<Deployment>("sub_environments_status").only(STATUSES),
    field("unavailable_instances", |deployment: &Deployment, _: &View| json!(deployment.settled.unavailable))
        .only(AVAILABILITY),
    field("drifted_instances", |deployment: &Deployment, view: &View| {
        let instances = view.world.instances_of(deployment.tenant(), deployment.id());
        json!(instances.filter(|instance| instance.drifted).count())
    })
    .only(AVAILABILITY),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.deployments, call)?)
}

/// Answers one deployment.
pub(crate) fn shown(world: &World, call: &Call, status: u16, id: &str) -> Outcome {
    answer(world, call, status, FIELDS, find(&world.deployments, &call.viewer, id)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    shown(world, call, 200, call.id())
}

/// Display name and labels; what is set once stays set (cloudify.md#deployments).
fn update(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let (now, username) = (world.now, call.viewer.username.clone());
    let deployment = own_mut(&mut world.deployments, &call.viewer, call.id())?;
    if input.is_empty() {
        return Err(illegal_action("Update a deployment request must include at least one parameter to update"));
    }
    if input.has_any(&["blueprint_id"]) {
        let text = "Changing the blueprint is only possible via deployment-update";
        return Err(forbidden_as("only_deployment_update", text));
    }
    if deployment.description.is_some() && input.has_any(&["description"]) {
        return Err(conflict("description is already set"));
    }
    for set in ["inputs", "outputs", "capabilities", "workflows", "groups"] {
        if input.has_any(&[set]) {
            return Err(conflict(format!("{set} is already set")));
        }
    }
    if let Some(description) = input.nullable_text("description")? {
        deployment.description = Some(description.to_owned());
    }
    if let Some(labels) = input.list("labels")? {
        deployment.labels = replace(&deployment.labels, labels, Forms::Short, &username, now)?;
    }
    if call.release.has(STATUSES) && input.get("display_name").is_some_and(Value::is_null) {
        return Err(conflict_as("storage_error", "null value in column \"display_name\" of relation \"deployments\""));
    }
    if let Some(name) = input.nullable_text("display_name")?.filter(|_| call.release.has(STATUSES)) {
        deployment.display_name = name.to_owned();
    }
    deployment.meta.updated_at = now;
    one(world, call)
}

fn outputs(world: &mut World, call: &Call) -> Outcome {
    let deployment = find(&world.deployments, &call.viewer, call.id())?;
    let outputs = world.evaluated(deployment, &deployment.outputs);
    Ok(Response::json(200, &json!({"deployment_id": deployment.id(), "outputs": outputs})))
}

fn capabilities(world: &mut World, call: &Call) -> Outcome {
    let deployment = find(&world.deployments, &call.viewer, call.id())?;
    let capabilities = world.evaluated(deployment, &deployment.capabilities);
    Ok(Response::json(200, &json!({"deployment_id": deployment.id(), "capabilities": capabilities})))
}

/// A deployment is never shown wider than its blueprint; on 4.x it can become `tenant` only (cloudify.md#visibility).
fn set_visibility(world: &mut World, call: &Call) -> Outcome {
    let targets: Targets = if call.release.has(CAPABILITIES) { WIDER } else { &[Visibility::Tenant] };
    let wanted = target(&call.json()?, targets)?;
    let deployment = own_mut(&mut world.deployments, &call.viewer, call.id())?.clone();
    let blueprint = world.blueprints.iter().find(|row| deployment.uses(&row.meta)).map(|row| row.meta.visibility);
    if let Some(blueprint) = blueprint.filter(|blueprint| wanted > *blueprint) {
        return Err(illegal_action(format!(
            "The visibility of deployment `{}` can't be wider than the visibility of its blueprint `{}`. Current \
             blueprint visibility is {}",
            deployment.id(),
            deployment.blueprint.id,
            json!(blueprint).as_str().unwrap_or_default()
        )));
    }
    widen(&mut world.deployments, &call.viewer, call.id(), wanted, world.now)?;
    let (tenant, id) = (deployment.tenant(), deployment.id());
    world.nodes.of_mut(tenant, id).iter_mut().for_each(|node| node.meta.visibility = wanted);
    world.instances.of_mut(tenant, id).iter_mut().for_each(|instance| instance.meta.visibility = wanted);
    one(world, call)
}

impl World {
    /// The inputs of a deployment; none before its environment is there.
    pub(crate) fn inputs(&self, tenant: &str, deployment: &str) -> Map<String, Value> {
        let found = self.deployments.iter().find(|row| row.is(tenant, deployment));
        found.and_then(|deployment| deployment.inputs.clone()).unwrap_or_default()
    }

    /// Outputs or capabilities with their values evaluated now: null where a value is not known yet.
    pub(crate) fn evaluated(&self, deployment: &Deployment, definitions: &Map<String, Value>) -> Map<String, Value> {
        let inputs = deployment.inputs.clone().unwrap_or_default();
        let scope =
            Scope { world: self, tenant: deployment.tenant(), deployment: deployment.id(), inputs: &inputs, depth: 0 };
        let value = |definition: &Value| evaluate(&definition["value"], &scope);
        definitions.iter().map(|(name, definition)| (name.clone(), value(definition))).collect()
    }

    /// A deployment, to change.
    pub(crate) fn deployment_mut(&mut self, tenant: &str, id: &str) -> Option<&mut Deployment> {
        self.deployments.iter_mut().find(|row| row.is(tenant, id))
    }

    /// Takes stock of a deployment at the end of an execution, or when it is made.
    pub(crate) fn settle(&mut self, tenant: &str, id: &str, execution: Option<&str>) {
        let states: Vec<State> = self.instances_of(tenant, id).map(|instance| instance.state).collect();
        let latest = execution.and_then(|id| self.execution(id)).map(|execution| Latest {
            id: execution.meta.id.clone(),
            status: execution.status,
            total: execution.total,
            finished: execution.finished,
        });
        if let Some(deployment) = self.deployment_mut(tenant, id) {
            // Nothing is installed before there is an environment; one that could not be made has no instance that is not.
            let is_there = deployment.inputs.is_some() || deployment.broken.is_some();
            deployment.settled.installed = is_there && states.iter().all(|state| *state == State::Started);
            deployment.settled.unavailable =
                states.iter().filter(|state| state.is_live() && **state != State::Started).count();
            deployment.settled.latest = latest.or_else(|| deployment.settled.latest.take());
        }
    }
}
