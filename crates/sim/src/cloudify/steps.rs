//! The operations of a workflow as data, and what each does to a node instance.
//!
//! The numbers are the real server's: eight operations to install or uninstall an instance, three more for each
//! relationship at install, two at uninstall (observed: 19 and 18 for two instances and one relationship, 16 for two
//! without).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::events::{Event, Told};
use super::executions::Execution;
use super::functions::{Scope, evaluate};
use super::nodes::{Instance, Node, State};
use super::release::AVAILABILITY;
use super::scripts;
use super::world::World;

/// One counted operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// The instance.
    pub instance: String,
    effect: Effect,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Effect {
    /// Something that leaves no trace here.
    Nothing,
    /// Puts the instance into a state.
    Enter(State),
    /// Puts the instance into a state, then runs an operation of it, which may fail.
    Operate(State, String),
    /// Runs an operation outside the life cycle.
    Call(String),
    /// Takes the instance away.
    Remove,
}

impl Step {
    fn new(instance: &Instance, effect: Effect) -> Step {
        Step { instance: instance.meta.id.clone(), effect }
    }
}

fn operate(state: State, operation: &str) -> Effect {
    Effect::Operate(state, operation.to_owned())
}

fn steps(instance: &Instance, effects: impl IntoIterator<Item = Effect>) -> Vec<Step> {
    effects.into_iter().map(|effect| Step::new(instance, effect)).collect()
}

/// Installs an instance. Later servers leave out what has been done, by the instance's state, but count it all the same;
/// up to 5.0 all is done again, for a started instance too (public sources of the install workflow).
pub(crate) fn install(world: &World, instance: &Instance) -> Vec<Step> {
    let links = vec![Effect::Nothing; 3 * instance.relationships.len()];
    if instance.state == State::Started && world.release.has(AVAILABILITY) {
        return steps(instance, vec![Effect::Nothing; 8].into_iter().chain(links));
    }
    let done = match instance.state {
        _ if !world.release.has(AVAILABILITY) => 0,
        State::Created | State::Configuring => 3,
        State::Configured | State::Starting => 5,
        _ => 0,
    };
    let before = [
        Effect::Nothing,
        operate(State::Creating, "create"),
        Effect::Enter(State::Created),
        operate(State::Configuring, "configure"),
        Effect::Enter(State::Configured),
    ];
    let after = [operate(State::Starting, "start"), Effect::Nothing, Effect::Enter(State::Started)];
    let before = vec![Effect::Nothing; done].into_iter().chain(before.into_iter().skip(done));
    steps(instance, before.chain(links).chain(after))
}

/// Uninstalls an instance; one that is not live is only counted.
pub(crate) fn uninstall(instance: &Instance) -> Vec<Step> {
    let links = vec![Effect::Nothing; 2 * instance.relationships.len()];
    if !instance.state.is_live() {
        return steps(instance, vec![Effect::Nothing; 8].into_iter().chain(links));
    }
    let before = [Effect::Nothing, operate(State::Stopping, "stop"), Effect::Enter(State::Stopped)];
    let after = [
        Effect::Nothing,
        operate(State::Deleting, "delete"),
        Effect::Nothing,
        Effect::Nothing,
        Effect::Enter(State::Deleted),
    ];
    steps(instance, before.into_iter().chain(links).chain(after))
}

/// Takes an instance away, after it has been uninstalled.
pub(crate) fn remove(instance: &Instance) -> Step {
    Step::new(instance, Effect::Remove)
}

/// Uninstalls an instance and installs it again.
pub(crate) fn reinstall(instance: &Instance, world: &World) -> Vec<Step> {
    let mut fresh = instance.clone();
    fresh.state = State::Uninitialized;
    uninstall(instance).into_iter().chain(install(world, &fresh)).collect()
}

/// The operations of a workflow on a deployment.
pub(crate) fn of(world: &World, execution: &Execution) -> Vec<Step> {
    let Some(deployment) = execution.deployment.as_deref().filter(|_| !execution.dry_run) else { return Vec::new() };
    let instances: Vec<&Instance> =
        world.instances_of(&execution.meta.tenant, deployment).filter(|row| chosen(world, execution, row)).collect();
    let forward = instances.iter().copied();
    let backward = instances.iter().rev().copied();
    let stop = |row: &Instance| steps(row, [operate(State::Stopping, "stop"), Effect::Enter(State::Stopped)]);
    let start = |row: &Instance| steps(row, [operate(State::Starting, "start"), Effect::Enter(State::Started)]);
    match execution.workflow.as_str() {
        "install" => forward.flat_map(|row| install(world, row)).collect(),
        "uninstall" => backward.flat_map(uninstall).collect(),
        "reinstall" => forward.flat_map(|row| reinstall(row, world)).collect(),
        "start" => forward.flat_map(start).collect(),
        "stop" => backward.flat_map(stop).collect(),
        "restart" => backward.flat_map(stop).chain(forward.flat_map(start)).collect(),
        // Later servers find out by themselves what is broken; before, the caller names the instance.
        "heal" => forward
            .filter(|row| match execution.parameters.get("node_instance_id") {
                Some(id) => *id == row.meta.id.as_str(),
                None => row.state != State::Started,
            })
            .flat_map(|row| reinstall(row, world))
            .collect(),
        "check_status" | "pull" | "scale" | "validate_agents" | "install_new_agents" => Vec::new(),
        "check_drift" => forward.map(|row| Step::new(row, Effect::Nothing)).collect(),
        "execute_operation" => {
            let operation = execution.parameters.get("operation").and_then(Value::as_str).unwrap_or_default();
            forward.map(|row| Step::new(row, Effect::Call(last_part(operation).to_owned()))).collect()
        }
        custom => forward.map(|row| Step::new(row, Effect::Call(custom.to_owned()))).collect(),
    }
}

/// Says whether the parameters that narrow a workflow leave an instance in.
fn chosen(world: &World, execution: &Execution, instance: &Instance) -> bool {
    let among = |key: &str, values: &[&str]| {
        let wanted = execution.parameters.get(key).and_then(Value::as_array).filter(|wanted| !wanted.is_empty());
        wanted.is_none_or(|wanted| wanted.iter().filter_map(Value::as_str).any(|wanted| values.contains(&wanted)))
    };
    let node = world.node(&instance.meta.tenant, &instance.deployment, &instance.node);
    let lineage: Vec<&str> = node.iter().flat_map(|node| node.template.lineage.iter().map(String::as_str)).collect();
    among("node_ids", &[&instance.node])
        && among("node_instance_ids", &[&instance.meta.id])
        && among("type_names", &lineage)
}

/// Does one operation.
///
/// # Errors
/// The text that a failed execution carries.
pub(crate) fn perform(world: &mut World, execution: &Execution, step: &Step) -> Result<(), String> {
    let (tenant, deployment) = (&execution.meta.tenant, execution.deployment.as_deref().unwrap_or_default());
    let Some(instance) = world.instance_mut(tenant, deployment, &step.instance) else { return Ok(()) };
    match &step.effect {
        Effect::Nothing => Ok(()),
        Effect::Remove => {
            world.instances.of_mut(tenant, deployment).retain(|row| row.meta.id != step.instance);
            Ok(())
        }
        Effect::Call(operation) => {
            let instance = instance.clone();
            run(world, execution, &instance, operation)
        }
        Effect::Enter(state) => {
            instance.enter(*state);
            let instance = instance.clone();
            entered(world, execution, &instance);
            Ok(())
        }
        Effect::Operate(state, operation) => {
            instance.enter(*state);
            let instance = instance.clone();
            let message = match state {
                State::Creating => "Creating node instance",
                State::Configuring => "Configuring node instance",
                State::Starting => "Starting node instance",
                State::Stopping => "Stopping node instance",
                _ => "Deleting node instance",
            };
            tell(world, execution, &instance, None, "workflow_node_event", message, None);
            run(world, execution, &instance, operation)
        }
    }
}

/// What entering a state brings: runtime properties when created, none any more when deleted.
fn entered(world: &mut World, execution: &Execution, instance: &Instance) {
    let properties = match instance.state {
        State::Created => Some(found_out(world, instance)),
        State::Deleted => Some(serde_json::Map::new()),
        _ => None,
    };
    let row = world.instance_mut(&instance.meta.tenant, &instance.deployment, &instance.meta.id);
    if let (Some(properties), Some(row)) = (properties, row) {
        row.runtime_properties = properties;
    }
    let message = match instance.state {
        State::Started => "Node instance started",
        State::Deleted => "Node instance deleted",
        _ => return,
    };
    tell(world, execution, instance, None, "workflow_node_event", message, None);
}

/// The value of a node's property with its functions evaluated.
fn property(world: &World, node: &Node, name: &str) -> Value {
    let inputs = world.inputs(&node.meta.tenant, &node.deployment);
    let scope = Scope { world, tenant: &node.meta.tenant, deployment: &node.deployment, inputs: &inputs, depth: 0 };
    evaluate(&node.template.properties[name], &scope)
}

/// What the operations of an instance find out: what the blueprint asks for, and a host's address.
fn found_out(world: &mut World, instance: &Instance) -> serde_json::Map<String, Value> {
    let node = world.node(&instance.meta.tenant, &instance.deployment, &instance.node).cloned();
    let Some(node) = node else { return serde_json::Map::new() };
    let place = (&*node.meta.tenant, &*node.blueprint);
    let mut properties = scripts::runtime_properties(world, place, &node.template.operations);
    let asked = property(world, &node, "simulate_runtime_properties").as_object().cloned();
    properties.extend(asked.unwrap_or_default());
    if node.template.is_host() {
        let address = world.source.address();
        properties.entry("ip").or_insert_with(|| Value::String(address));
    }
    properties
}

/// Runs an operation of an instance: it fails where the blueprint or an input asks for it.
fn run(world: &mut World, execution: &Execution, instance: &Instance, operation: &str) -> Result<(), String> {
    let Some(node) = world.node(&instance.meta.tenant, &instance.deployment, &instance.node).cloned() else {
        return Ok(());
    };
    let fails = fails(world, execution, &node, operation);
    let declared = node.template.operations.keys().any(|name| last_part(name) == operation);
    if !fails && !declared {
        return Ok(());
    }
    let full = format!("{}.lifecycle.{operation}", world.release.brand().interfaces);
    let task = "script_runner.tasks.run";
    let told = Some(full.clone());
    tell(world, execution, instance, told.clone(), "task_started", &format!("Task started '{task}'"), None);
    if !fails {
        tell(world, execution, instance, told, "task_succeeded", &format!("Task succeeded '{task}'"), None);
        return Ok(());
    }
    let cause = format!("command: {operation}, exit_code: 7, stderr: simulated failure");
    let traceback = format!(
        "Traceback (most recent call last):\n  File \"script_runner/tasks.py\", line 138, in execute\n    raise \
         ProcessException(command, return_code, stdout, stderr)\nscript_runner.tasks.ProcessException: {cause}"
    );
    let message = format!("Task failed '{task}' -> {cause}");
    tell(world, execution, instance, told, "task_failed", &message, Some(traceback.clone()));
    let place = format!("{task} ({}:{full})", instance.meta.id);
    Err(format!(
        "Task failed: {place}: ProcessException `{cause}`\nTraceback of {place} (most recent call last):\n{traceback}"
    ))
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

fn fails(world: &World, execution: &Execution, node: &Node, operation: &str) -> bool {
    if property(world, node, "simulate_failure").as_str().is_some_and(|asked| last_part(asked) == operation) {
        return true;
    }
    let inputs = world.inputs(&node.meta.tenant, &node.deployment);
    let asked = inputs.get("simulate_failure").and_then(Value::as_str) == Some(execution.workflow.as_str());
    let last = world.nodes.of(&node.meta.tenant, &node.deployment).last();
    // The life cycle's first operation fails; an operation outside it fails by itself.
    asked
        && last.is_some_and(|last| last.meta.id == node.meta.id)
        && !["configure", "start", "delete"].contains(&operation)
}

fn tell(
    world: &mut World,
    execution: &Execution,
    instance: &Instance,
    operation: Option<String>,
    event_type: &str,
    message: &str,
    cause: Option<String>,
) {
    let event = Event::of(execution, world.now, Told::Event(event_type.to_owned(), cause), message);
    world.events.push(event.about(&instance.node, &instance.meta.id, operation));
}
