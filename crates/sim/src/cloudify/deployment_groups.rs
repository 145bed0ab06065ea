//! Groups of deployments (cloudify.md#deployment-groups). In neither reference text. Deployments are not made in a group
//! here: what would make them is refused.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, Input};
use super::deployments::Deployment;
use super::fields::{
    Field, View, answer, answer_deleted, created_at, created_by, field, private_resource, resource_availability,
    tenant_name, visibility,
};
use super::labels::{Forms, Label, malformed, merged, print, replace};
use super::list::list;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict_as, internal};
use super::release::GROUPS;
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, asked, find, own, visible};
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "deployment-groups", "deployment_group_list", Need::Read, all).only(GROUPS).v31(),
    route(Method::Get, "deployment-groups/{}", "deployment_group_get", Need::Read, one).only(GROUPS).v31(),
    route(Method::Put, "deployment-groups/{}", "deployment_group_create", Need::Operate, put).only(GROUPS).v31(),
    route(Method::Patch, "deployment-groups/{}", "deployment_group_update", Need::Operate, patch).only(GROUPS).v31(),
    route(Method::Delete, "deployment-groups/{}", "deployment_group_delete", Need::Operate, delete).only(GROUPS).v31(),
];

/// A group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeploymentGroup {
    meta: Meta,
    description: Option<String>,
    default_inputs: Option<Value>,
    /// The blueprint of deployments that are made in it.
    blueprint: Option<String>,
    labels: Vec<Label>,
    /// The ids of its deployments.
    deployments: Vec<String>,
}

impl Scoped for DeploymentGroup {
    const KIND: &'static str = "DeploymentGroup";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

static FIELDS: &[Field<DeploymentGroup>] = &[
    created_at(),
    field("id", |group: &DeploymentGroup, _: &View| json!(group.meta.id)),
    visibility(),
    field("description", |group: &DeploymentGroup, _: &View| json!(group.description)),
    field("default_inputs", |group: &DeploymentGroup, _: &View| json!(group.default_inputs)),
    field("creation_counter", |_: &DeploymentGroup, _: &View| json!(0)),
    field("default_blueprint_id", |group: &DeploymentGroup, _: &View| json!(group.blueprint)),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
    field("deployment_ids", |group: &DeploymentGroup, _: &View| json!(group.deployments)).unfiltered(),
    field("labels", |group: &DeploymentGroup, _: &View| print(&group.labels)).unfiltered(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.deployment_groups, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, FIELDS, find(&world.deployment_groups, &call.viewer, call.id())?)
}

/// Makes or changes a group; its id may be anything. Who sees it is not checked against anything.
fn put(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    refuse_made(&input)?;
    let mut group = match find(&world.deployment_groups, &call.viewer, call.id()) {
        Ok(group) => group.clone(),
        Err(_) => DeploymentGroup {
            meta: Meta::new(call.id(), &call.viewer, world.now, Visibility::Tenant),
            description: None,
            default_inputs: None,
            blueprint: None,
            labels: Vec::new(),
            deployments: Vec::new(),
        },
    };
    if let Some(word) = input.nullable_text("visibility")? {
        group.meta.visibility = asked(Some(word), None)?;
    }
    let given = |key: &str| input.get(key).filter(|value| !value.is_null());
    group.default_inputs = given("default_inputs").cloned().or(group.default_inputs);
    group.description = given("description").map(plain).transpose()?.or(group.description);
    if let Some(id) = input.nullable_text("blueprint_id")?.filter(|id| !id.is_empty()) {
        group.blueprint = Some(find(&world.blueprints, &call.viewer, id)?.meta().id.clone());
    }
    // Only those that are in it by now are given the labels, or lose them; those that join get what it had before.
    let before = group.labels.clone();
    if let Some(asked) = given("labels") {
        let asked = asked.as_array().ok_or_else(malformed)?;
        let labels = replace(&group.labels, asked, Forms::Both, &call.viewer.username, world.now)?;
        for deployment in members(world, &group) {
            let lost =
                |label: &Label| group.labels.iter().any(|old| old.is(label)) && !labels.iter().any(|new| new.is(label));
            deployment.labels.retain(|label| !lost(label));
            let fresh = labels.iter().filter(|new| !group.labels.iter().any(|old| old.is(new))).cloned();
            deployment.labels = merged(std::mem::take(&mut deployment.labels), fresh.collect());
        }
        group.labels = labels;
    }
    if given("deployment_ids").is_some() {
        group.deployments.clear();
    }
    let ids = deployment_ids(&input)?;
    join(world, call, &mut group, ids, &before)?;
    store(world, call, group)
}

fn patch(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let mut group = find(&world.deployment_groups, &call.viewer, call.id())?.clone();
    for key in ["add", "remove"] {
        let Some(part) = input.object(key)? else { continue };
        let part = Input::from(part.clone());
        refuse_made(&part)?;
        let ids = deployment_ids(&part)?;
        match key {
            "add" => {
                let labels = group.labels.clone();
                join(world, call, &mut group, ids, &labels)?;
            }
            _ => group.deployments.retain(|id| !ids.contains(id)),
        }
    }
    store(world, call, group)
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let at = own(&world.deployment_groups, &call.viewer, call.id())?;
    let group = world.deployment_groups.remove(at);
    answer_deleted(world, call, FIELDS, &group)
}

fn refuse_made(input: &Input) -> Result<(), Refusal> {
    let beyond = ["new_deployments", "filter_id", "filter_rules", "deployments_from_group"];
    match beyond.iter().find(|key| input.get(key).is_some_and(|value| !value.is_null())) {
        Some(key) => Err(bad_parameters(format!("the simulated manager knows no `{key}` of a group"))),
        None => Ok(()),
    }
}

fn deployment_ids(input: &Input) -> Result<Vec<String>, Refusal> {
    let ids = input.get("deployment_ids").filter(|ids| !ids.is_null());
    // Whatever is gone through gives ids, a map its keys.
    let ids: Vec<Value> = match ids {
        Some(Value::Array(ids)) => ids.clone(),
        Some(Value::Object(map)) => map.keys().map(|key| json!(key)).collect(),
        Some(Value::String(text)) => text.chars().map(|letter| json!(letter.to_string())).collect(),
        Some(_) => return Err(internal()),
        None => Vec::new(),
    };
    Ok(ids.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect())
}

/// A text as the database takes it: numbers too, and nothing that has parts.
fn plain(value: &Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Array(_) | Value::Object(_) => {
            Err(conflict_as("storage_error", "SQL Storage error: (psycopg2.ProgrammingError) can't adapt type 'dict'"))
        }
        other => Ok(other.to_string()),
    }
}

/// Lets deployments join, which are given the labels.
fn join(
    world: &mut World,
    call: &Call,
    group: &mut DeploymentGroup,
    ids: Vec<String>,
    labels: &[Label],
) -> Result<(), Refusal> {
    for id in &ids {
        find(&world.deployments, &call.viewer, id)?;
        if !group.deployments.contains(id) {
            group.deployments.push(id.clone());
        }
    }
    for deployment in members(world, group).filter(|row| ids.contains(&row.meta.id)) {
        deployment.labels = merged(std::mem::take(&mut deployment.labels), labels.to_vec());
    }
    Ok(())
}

fn members<'w>(world: &'w mut World, group: &DeploymentGroup) -> impl Iterator<Item = &'w mut Deployment> {
    let (tenant, ids) = (group.meta.tenant.clone(), group.deployments.clone());
    world.deployments.iter_mut().filter(move |row| row.meta.tenant == tenant && ids.contains(&row.meta.id))
}

fn store(world: &mut World, call: &Call, group: DeploymentGroup) -> Outcome {
    match own(&world.deployment_groups, &call.viewer, call.id()) {
        Ok(at) => {
            if let Some(row) = world.deployment_groups.get_mut(at) {
                *row = group.clone();
            }
        }
        Err(_) => world.deployment_groups.push(group.clone()),
    }
    answer(world, call, 200, FIELDS, &group)
}

impl World {
    /// Takes a deployment that is gone out of the groups of its tenant.
    pub(crate) fn leave_groups(&mut self, tenant: &str, id: &str) {
        let here = |group: &&mut DeploymentGroup| group.meta.tenant == tenant;
        self.deployment_groups.iter_mut().filter(here).for_each(|group| group.deployments.retain(|one| one != id));
    }
}
