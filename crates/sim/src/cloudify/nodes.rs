//! Nodes and node instances (cloudify.md#nodes, cloudify.md#node-instances).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::fields::{
    Field, View, answer, created_by, field, null, private_resource, resource_availability, tenant_name, visibility,
};
use super::list::list;
use super::plans::{CONTAINED, Template};
use super::refusal::{Outcome, bad_parameters, conflict, forbidden_as, no_such, validation};
use super::release::{AVAILABILITY, SEVENTH};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, find, refuse_foreign, visible};
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "nodes", "node_list", Need::Read, nodes),
    route(Method::Get, "node-instances", "node_instance_list", Need::Read, instances),
    route(Method::Get, "node-instances/{}", "node_instance_get", Need::Read, instance),
    route(Method::Patch, "node-instances/{}", "node_instance_update", Need::Operate, update),
    route(Method::Delete, "node-instances/{}", "node_instance_update", Need::Operate, delete).only(SEVENTH),
];

/// A node of a deployment; the head's id is its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    /// Its head.
    pub meta: Meta,
    /// The deployment.
    pub deployment: String,
    /// The blueprint that declared it.
    pub blueprint: String,
    /// The blueprint's template of it.
    pub template: Template,
}

/// How far an instance has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Nothing has been done.
    Uninitialized,
    /// Being prepared.
    Initializing,
    /// Its create operation runs.
    Creating,
    /// Created.
    Created,
    /// Its configure operation runs.
    Configuring,
    /// Configured.
    Configured,
    /// Its start operation runs.
    Starting,
    /// In use.
    Started,
    /// Its stop operation runs.
    Stopping,
    /// Stopped.
    Stopped,
    /// Its delete operation runs.
    Deleting,
    /// Gone.
    Deleted,
}

impl State {
    /// Says whether something of the instance may exist.
    pub(crate) fn is_live(self) -> bool {
        !matches!(self, State::Uninitialized | State::Deleted)
    }

    /// The state of that word.
    pub(crate) fn parse(word: &str) -> Option<State> {
        serde_json::from_value(json!(word)).ok()
    }
}

/// An instance of a node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Instance {
    /// Its head.
    pub meta: Meta,
    /// The deployment.
    pub deployment: String,
    /// The node's name.
    pub node: String,
    index: u64,
    /// How far it has come.
    pub state: State,
    /// Moves with every change.
    pub version: u64,
    /// The properties that its operations set.
    pub runtime_properties: Map<String, Value>,
    /// Relationship type, target node and target instance.
    pub relationships: Vec<(String, String, String)>,
    host: Option<String>,
    /// Whether a check found it changed.
    pub drifted: bool,
}

impl Scoped for Node {
    const KIND: &'static str = "Node";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

impl Scoped for Instance {
    const KIND: &'static str = "NodeInstance";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

impl Instance {
    /// Puts it into a state.
    pub(crate) fn enter(&mut self, state: State) {
        self.state = state;
        self.version += 1;
    }
}

fn count(node: &Node, _: &View) -> Value {
    json!(node.template.instances)
}

/// The names of the plugins that run a node's operations.
fn plugins(node: &Node, _: &View) -> Value {
    let named =
        |operation: &Value| operation.as_str().or_else(|| operation["implementation"].as_str()).map(str::to_owned);
    let mut names: Vec<String> = node
        .template
        .operations
        .values()
        .filter_map(named)
        .map(|implementation| match implementation.split_once('.') {
            Some((plugin, _)) if !implementation.contains('/') && !implementation.ends_with(".sh") => plugin.to_owned(),
            _ => "script".to_owned(),
        })
        .collect();
    names.dedup();
    names.into_iter().map(|name| json!({"name": name})).collect()
}

static NODE_FIELDS: &[Field<Node>] = &[
    field("id", |node, _| json!(node.meta.id)),
    visibility(),
    field("deploy_number_of_instances", count),
    field("max_number_of_instances", |_, _| json!(-1)),
    field("min_number_of_instances", |_, _| json!(0)),
    field("number_of_instances", count),
    field("planned_number_of_instances", count),
    field("plugins", plugins),
    field("plugins_to_install", |_, _| json!([])),
    field("properties", |node, _| node.template.properties.clone()),
    field("relationships", |node, _| {
        let print = |(kind, target): &(String, String)| json!({"type": kind, "target_id": target, "properties": {}});
        node.template.relationships.iter().map(print).collect()
    }),
    field("operations", |node, _| json!(node.template.operations)),
    field("type", |node, _| json!(node.template.type_name)),
    field("type_hierarchy", |node, _| json!(node.template.lineage)),
    field("drifted_instances", |node: &Node, view: &View| {
        let own = view.world.instances_of(&node.meta.tenant, &node.deployment).filter(|row| row.node == node.meta.id);
        json!(own.filter(|instance| instance.drifted).count())
    })
    .only(AVAILABILITY),
    field("unavailable_instances", |_: &Node, _: &View| json!(0)).only(AVAILABILITY),
    field("host_id", |node, _| {
        let host =
            node.template.relationships.iter().find(|(kind, _)| kind == CONTAINED).map(|(_, target)| target.clone());
        json!(if node.template.is_host() { Some(node.meta.id.clone()) } else { host })
    }),
    field("blueprint_id", |node, _| json!(node.blueprint)),
    field("deployment_id", |node, _| json!(node.deployment)),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

static INSTANCE_FIELDS: &[Field<Instance>] = &[
    field("id", |instance, _| json!(instance.meta.id)),
    visibility(),
    field("host_id", |instance, _| json!(instance.host)),
    field("index", |instance, _| json!(instance.index)),
    null::<Instance>("relationships_p").only(SEVENTH),
    field("relationships", |instance, _| {
        let print =
            |(kind, node, id): &(String, String, String)| json!({"type": kind, "target_name": node, "target_id": id});
        instance.relationships.iter().map(print).collect()
    }),
    null::<Instance>("runtime_properties_p").only(SEVENTH),
    field("runtime_properties", |instance, _| json!(instance.runtime_properties)),
    field("system_properties", |_: &Instance, _: &View| json!({})).only(AVAILABILITY),
    null::<Instance>("scaling_groups_p").only(SEVENTH),
    field("scaling_groups", |_, _| json!([])),
    field("state", |instance, _| json!(instance.state)),
    field("version", |instance, _| json!(instance.version)),
    field("has_configuration_drift", |instance: &Instance, _: &View| json!(instance.drifted)).only(AVAILABILITY),
    field("is_status_check_ok", |_: &Instance, _: &View| json!(true)).only(AVAILABILITY),
    field("node_id", |instance, _| json!(instance.node)),
    field("deployment_id", |instance, _| json!(instance.deployment)),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

fn nodes(world: &mut World, call: &Call) -> Outcome {
    list(world, call, NODE_FIELDS, visible(world.nodes.iter(), call)?)
}

fn instances(world: &mut World, call: &Call) -> Outcome {
    list(world, call, INSTANCE_FIELDS, visible(world.instances.iter(), call)?)
}

fn instance(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, INSTANCE_FIELDS, find(world.instances.iter(), &call.viewer, call.id())?)
}

/// An optimistic lock: the version must be the current one (cloudify.md#node-instances).
fn update(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let Some(version) = input.get("version") else {
        return Err(validation("_NodeInstanceUpdateBody", "version", "field required (type=value_error.missing)"));
    };
    let version = version.as_u64();
    let properties = input.object("runtime_properties")?;
    let state = match input.text("state")? {
        Some(word) => Some(State::parse(word).ok_or_else(|| bad_parameters(format!("unknown state {word}")))?),
        None => None,
    };
    let (meta, deployment) = {
        let found = find(world.instances.iter(), &call.viewer, call.id())?;
        (found.meta.clone(), found.deployment.clone())
    };
    refuse_foreign(&meta, &call.viewer)?;
    let instance =
        world.instance_mut(&meta.tenant, &deployment, &meta.id).ok_or_else(|| no_such("NodeInstance", &meta.id))?;
    if version != Some(instance.version) {
        return Err(conflict(format!(
            "Node instance update conflict [current version={}, update version={}]",
            instance.version,
            version.unwrap_or_default()
        )));
    }
    instance.enter(state.unwrap_or(instance.state));
    if let Some(properties) = properties {
        instance.runtime_properties = properties.clone();
    }
    self::instance(world, call)
}

fn delete(_: &mut World, _: &Call) -> Outcome {
    Err(forbidden_as("only_deployment_update", ""))
}

impl World {
    /// The instances of a deployment, in the order in which they are installed.
    pub(crate) fn instances_of(&self, tenant: &str, deployment: &str) -> impl Iterator<Item = &Instance> {
        self.instances.of(tenant, deployment).iter()
    }

    /// A node of a deployment.
    pub(crate) fn node(&self, tenant: &str, deployment: &str, name: &str) -> Option<&Node> {
        self.nodes.of(tenant, deployment).iter().find(|row| row.meta.id == name)
    }

    /// An instance by id, to change.
    pub(crate) fn instance_mut(&mut self, tenant: &str, deployment: &str, id: &str) -> Option<&mut Instance> {
        self.instances.of_mut(tenant, deployment).iter_mut().find(|row| row.meta.id == id)
    }

    /// Gives a deployment a node and its instances; its relationships' targets must be there already. Answers the
    /// instances' ids.
    pub(crate) fn add_node(&mut self, deployment: &Meta, blueprint: &str, template: Template) -> Vec<String> {
        let head = |id: String| Meta { id, ..deployment.clone() };
        let mut ids = Vec::new();
        for index in 1..=template.instances {
            let id = format!("{}_{}", template.name, self.source.tail(6));
            let mut relationships = Vec::new();
            for (kind, target) in &template.relationships {
                let of_target = self.instances_of(&deployment.tenant, &deployment.id).filter(|row| row.node == *target);
                relationships.extend(of_target.map(|row| (kind.clone(), target.clone(), row.meta.id.clone())));
            }
            let contained = relationships.iter().find(|(kind, ..)| kind == CONTAINED).map(|(.., id)| id.clone());
            let host = if template.is_host() { Some(id.clone()) } else { contained };
            self.instances.of_mut(&deployment.tenant, &deployment.id).push(Instance {
                meta: head(id.clone()),
                deployment: deployment.id.clone(),
                node: template.name.clone(),
                index,
                state: State::Uninitialized,
                version: 1,
                runtime_properties: Map::new(),
                relationships,
                host,
                drifted: false,
            });
            ids.push(id);
        }
        self.nodes.of_mut(&deployment.tenant, &deployment.id).push(Node {
            meta: head(template.name.clone()),
            deployment: deployment.id.clone(),
            blueprint: blueprint.to_owned(),
            template,
        });
        ids
    }
}
