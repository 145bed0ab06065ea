//! The workflows that every deployment has, as a table: their parameters and when they are available
//! (cloudify.md#deployments, cloudify.md#executions, cloudify.md#node-instances).

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::deployments::Deployment;
use super::nodes::State;
use super::refusal::{Refusal, bad_request};
use super::release::{ALWAYS, AVAILABILITY, Release, SITES, Span, before};
use super::scope::Scoped;
use super::world::World;

/// When a workflow can be started, by how many instances are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Available {
    /// Always.
    Always,
    /// While some instance is not: `none` or `partial`.
    Unfinished,
    /// While some instance is: `all` or `partial`.
    Live,
}

struct BuiltIn {
    name: &'static str,
    servers: Span,
    available: Available,
    /// The parameters with their defaults, as JSON; `null` marks one that must be given.
    parameters: &'static str,
    /// Whether `type_names`, `node_ids` and `node_instance_ids` narrow it.
    narrowed: bool,
}

const fn built_in(name: &'static str, available: Available, parameters: &'static str, narrowed: bool) -> BuiltIn {
    BuiltIn { name, servers: ALWAYS, available, parameters, narrowed }
}

impl BuiltIn {
    const fn only(self, servers: Span) -> BuiltIn {
        BuiltIn { servers, ..self }
    }
}

/// What later servers added to `install` and the like.
const NARROWED: Span = SITES;

static WORKFLOWS: &[BuiltIn] = &[
    built_in("install", Available::Unfinished, "{}", true),
    built_in("uninstall", Available::Live, r#"{"ignore_failure": false}"#, true),
    built_in("reinstall", Available::Live, r#"{"ignore_failure": false}"#, true).only(SITES),
    built_in("start", Available::Unfinished, "{}", true),
    built_in("stop", Available::Live, "{}", true),
    built_in("restart", Available::Live, "{}", true),
    built_in("update", Available::Always, "{}", false),
    built_in("scale", Available::Live, r#"{"scalable_entity_name": null, "delta": 1, "scale_compute": false}"#, false),
    built_in(
        "heal",
        Available::Live,
        r#"{"diagnose_value": "Not provided", "ignore_failure": true, "check_status": true, "allow_reinstall": true,
            "force_reinstall": false}"#,
        false,
    )
    .only(AVAILABILITY),
    built_in("heal", Available::Always, r#"{"node_instance_id": null, "diagnose_value": "Not provided"}"#, false)
        .only(before(6, 4, 0)),
    built_in("execute_operation", Available::Always, EXECUTE_OPERATION, true),
    built_in("install_new_agents", Available::Always, "{}", false),
    built_in("validate_agents", Available::Live, "{}", true).only(SITES),
    built_in("check_status", Available::Always, r#"{"run_by_dependency_order": false}"#, true).only(AVAILABILITY),
    built_in("check_drift", Available::Live, r#"{"run_by_dependency_order": false}"#, true).only(AVAILABILITY),
    built_in("pull", Available::Always, r#"{"operation_parms": {}, "run_by_dependency_order": true}"#, true)
        .only(AVAILABILITY),
];

const EXECUTE_OPERATION: &str =
    r#"{"operation": null, "operation_kwargs": {}, "allow_kwargs_override": false, "run_by_dependency_order": false}"#;

/// The parameters of each, read once.
static PARAMETERS: LazyLock<Vec<Map<String, Value>>> = LazyLock::new(|| {
    WORKFLOWS.iter().map(|workflow| serde_json::from_str(workflow.parameters).unwrap_or_default()).collect()
});

/// A workflow of a deployment: name, parameters with defaults (null where one must be given), availability.
pub(crate) struct Workflow {
    /// Its name.
    pub name: String,
    parameters: Map<String, Value>,
    available: Available,
    /// Whether the blueprint brought it.
    custom: bool,
}

/// The workflows of a deployment: the product's, then the blueprint's own.
fn of(release: Release, own: &Map<String, Value>, without_rules: bool) -> Vec<Workflow> {
    let known = WORKFLOWS.iter().zip(PARAMETERS.iter()).filter(|(workflow, _)| release.has(workflow.servers));
    let built_in = known.map(|(workflow, parameters)| {
        let mut parameters = parameters.clone();
        if workflow.narrowed && release.has(NARROWED) {
            parameters.extend(["type_names", "node_ids", "node_instance_ids"].map(|name| (name.to_owned(), json!([]))));
        }
        let available = if without_rules { Available::Always } else { workflow.available };
        Workflow { name: workflow.name.to_owned(), parameters, available, custom: false }
    });
    let own = own.iter().map(|(name, declaration)| {
        let declared = declaration["parameters"].as_object().cloned().unwrap_or_default();
        let default = |schema: Value| schema.get("default").cloned().unwrap_or(Value::Null);
        let parameters = declared.into_iter().map(|(name, schema)| (name, default(schema))).collect();
        Workflow { name: name.clone(), parameters, available: Available::Always, custom: true }
    });
    built_in.chain(own).collect()
}

impl Workflow {
    /// The workflow as a deployment's `workflows` print it.
    pub(crate) fn print(&self, release: Release, active: Active) -> Value {
        let parameters: Map<String, Value> = self
            .parameters
            .iter()
            .map(|(name, default)| {
                (name.clone(), if default.is_null() { json!({}) } else { json!({"default": default}) })
            })
            .collect();
        let plugin = if self.custom { "custom" } else { "default_workflows" };
        let mut printed = json!({
            "name": self.name,
            "plugin": plugin,
            "operation": format!("cloudify.plugins.workflows.{}", self.name),
            "parameters": parameters,
        });
        if release.has(AVAILABILITY) {
            printed["is_cascading"] = json!(false);
            printed["is_available"] = json!(self.is_available(active));
            printed["availability_rules"] = match self.available {
                Available::Always => Value::Null,
                Available::Unfinished => json!({"node_instances_active": ["none", "partial"]}),
                Available::Live => json!({"node_instances_active": ["all", "partial"]}),
            };
        }
        printed
    }

    /// Says whether the workflow can be started.
    pub(crate) fn is_available(&self, active: Active) -> bool {
        match self.available {
            Available::Always => true,
            Available::Unfinished => active.none || active.partial,
            Available::Live => active.all || active.partial,
        }
    }

    /// The parameters that an execution runs with: the given over the defaults.
    pub(crate) fn complete(
        &self,
        given: &Map<String, Value>,
        allow_custom: bool,
    ) -> Result<Map<String, Value>, Refusal> {
        let refuse = |text: String| Err(bad_request("illegal_execution_parameters_error", text));
        let unknown: Vec<&str> =
            given.keys().filter(|key| !self.parameters.contains_key(*key)).map(String::as_str).collect();
        if !allow_custom && !unknown.is_empty() {
            return refuse(format!(
                "Workflow \"{}\" does not have the following parameters declared: {}. Remove these parameters or use \
                 the flag for allowing custom parameters",
                self.name,
                unknown.join(",")
            ));
        }
        let missing: Vec<&str> = self
            .parameters
            .iter()
            .filter(|(name, default)| default.is_null() && !given.contains_key(*name))
            .map(|(name, _)| name.as_str())
            .collect();
        if !missing.is_empty() {
            return refuse(format!(
                "Workflow \"{}\" must be provided with the following parameters to execute: {}",
                self.name,
                missing.join(",")
            ));
        }
        let mut parameters = self.parameters.clone();
        parameters.extend(given.clone());
        Ok(parameters)
    }
}

/// Which words of `node_instances_active` hold for a deployment. Only `started` counts as active
/// (cloudify.md#executions; the server's own source): after a failure in the first node nothing is, although something
/// is live. Without instances all are as well as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Active {
    all: bool,
    partial: bool,
    none: bool,
}

impl World {
    /// The workflows of a deployment.
    pub(crate) fn workflows_of(&self, deployment: &Deployment) -> Vec<Workflow> {
        let blueprint = self.blueprints.iter().find(|row| deployment.uses(row.meta()));
        let without_rules = blueprint.is_some_and(|blueprint| blueprint.plan.without_rules);
        of(self.release, &deployment.workflows, without_rules)
    }

    /// How many instances of a deployment are active.
    pub(crate) fn active(&self, deployment: &Deployment) -> Active {
        let states = || self.instances_of(deployment.tenant(), deployment.id()).map(|instance| instance.state);
        let started = states().any(|state| state == State::Started);
        let all = states().all(|state| state == State::Started);
        Active { all, partial: started && !all, none: !started }
    }
}
