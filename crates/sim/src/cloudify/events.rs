//! Events and log lines (cloudify.md#events).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::Call;
use super::executions::Execution;
use super::list::{EVENT_PAGE, Page};
use super::made_up::stamp;
use super::refusal::{Outcome, Refusal, bad_parameters, validation};
use super::release::{Release, SEVENTH};
use super::route::{Need, Route, route};
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[route(Method::Get, "events", "event_list", Need::Read, all)];

/// The content of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Told {
    /// An event of that type, with the traceback of its cause where it is a failure.
    Event(String, Option<String>),
    /// A log line of that level.
    Log(String),
}

/// An event or a log line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    tenant: String,
    at: u64,
    execution: String,
    workflow: String,
    deployment: Option<String>,
    blueprint: Option<String>,
    node: Option<String>,
    instance: Option<String>,
    operation: Option<String>,
    message: String,
    told: Told,
}

impl Event {
    /// An event of an execution.
    pub(crate) fn of(execution: &Execution, at: u64, told: Told, message: impl Into<String>) -> Event {
        Event {
            tenant: execution.meta.tenant.clone(),
            at,
            execution: execution.meta.id.clone(),
            workflow: execution.workflow.clone(),
            deployment: execution.deployment.clone(),
            blueprint: execution.blueprint.clone(),
            node: None,
            instance: None,
            operation: None,
            message: message.into(),
            told,
        }
    }

    /// The same event, about an operation of an instance.
    pub(crate) fn about(self, node: &str, instance: &str, operation: Option<String>) -> Event {
        Event { node: Some(node.to_owned()), instance: Some(instance.to_owned()), operation, ..self }
    }

    /// Says whether it tells of a deployment.
    pub(crate) fn is_of(&self, tenant: &str, deployment: &str) -> bool {
        self.tenant == tenant && self.deployment.as_deref() == Some(deployment)
    }

    fn print(&self, id: usize, release: Release) -> Map<String, Value> {
        let brand = release.brand();
        let mut printed = json!({
            "timestamp": stamp(self.at),
            "reported_timestamp": stamp(self.at),
            "blueprint_id": self.blueprint,
            "deployment_id": self.deployment,
            "execution_id": self.execution,
            "workflow_id": self.workflow,
            "node_name": self.node,
            "node_instance_id": self.instance,
            "operation": self.operation,
            "message": self.message,
        });
        match &self.told {
            Told::Event(event_type, cause) => {
                printed["type"] = json!(brand.event);
                printed["event_type"] = json!(event_type);
                printed["error_causes"] = match cause {
                    None => Value::Null,
                    Some(traceback) => json!([{
                        "message": traceback.lines().last().unwrap_or_default(),
                        "traceback": traceback,
                        "type": "NonRecoverableError",
                    }]),
                };
            }
            Told::Log(level) => {
                printed["type"] = json!(brand.log);
                printed["level"] = json!(level);
                printed["logger"] = json!(self.execution);
            }
        }
        if release.has(SEVENTH) {
            printed["_storage_id"] = json!(id);
            printed["deployment_display_name"] = json!(self.deployment);
            printed["execution_group_id"] = Value::Null;
        }
        printed.as_object().cloned().unwrap_or_default()
    }

    fn text(&self, name: &str) -> Option<&str> {
        match (name, &self.told) {
            ("blueprint_id", _) => self.blueprint.as_deref(),
            ("deployment_id", _) => self.deployment.as_deref(),
            ("execution_id", _) => Some(&self.execution),
            ("node_id", _) => self.node.as_deref(),
            ("node_instance_id", _) => self.instance.as_deref(),
            ("operation", _) => self.operation.as_deref(),
            ("message", _) => Some(&self.message),
            ("event_type", Told::Event(event_type, _)) => Some(event_type),
            ("level", Told::Log(level)) => Some(level),
            _ => None,
        }
    }
}

/// The filters, as a refusal prints them; `type` works too but is not named.
const FILTERS: [&str; 10] = [
    "blueprint_id",
    "deployment_id",
    "event_type",
    "execution_group_id",
    "execution_id",
    "level",
    "message",
    "node_id",
    "node_instance_id",
    "operation",
];

/// One filter with its alternatives.
struct Filter {
    name: String,
    wanted: Vec<String>,
}

impl Filter {
    fn passes(&self, event: &Event) -> bool {
        self.wanted.iter().any(|wanted| match self.name.as_str() {
            // The names of the types differ between table and example of the texts: the end decides.
            "type" => match &event.told {
                Told::Event(..) => wanted.ends_with("_event"),
                Told::Log(_) => wanted.ends_with("_log"),
            },
            "message" => event.message.to_lowercase().contains(&wanted.trim_matches('%').to_lowercase()),
            name => event.text(name) == Some(wanted),
        })
    }
}

fn filters(call: &Call) -> Result<Vec<Filter>, Refusal> {
    let mut filters: Vec<Filter> = Vec::new();
    for (name, value) in call.query().iter().filter(|(name, _)| !name.starts_with('_')) {
        if name != "type" && !FILTERS.contains(&name.as_str()) {
            return Err(bad_parameters(format!(
                "Unknown field to filter by: {name}. Allowed values: {}",
                FILTERS.join(", ")
            )));
        }
        match filters.iter_mut().find(|filter| filter.name == *name) {
            Some(filter) => filter.wanted.push(value.clone()),
            None => filters.push(Filter { name: name.clone(), wanted: vec![value.clone()] }),
        }
    }
    Ok(filters)
}

/// `_range=timestamp,<from>,<to>`: ISO times compare as texts.
fn range(call: &Call) -> Result<(String, Option<String>), Refusal> {
    let Some(range) = call.argument("_range") else { return Ok((String::new(), None)) };
    let parts: Vec<&str> = range.split(',').collect();
    let [_, from, to] = parts.as_slice() else {
        return Err(validation("RangesList", "_range -> 0", "range must contain exactly 3 fields (type=value_error)"));
    };
    if from.is_empty() && to.is_empty() && call.release.has(SEVENTH) {
        let text = "At least one of from/to must be passed (type=value_error)";
        return Err(validation("RangesList", "_range -> 0 -> __root__", text));
    }
    let iso = |text: &str| text.replace(' ', "T");
    Ok((iso(from), Some(iso(to)).filter(|to| !to.is_empty())))
}

fn all(world: &mut World, call: &Call) -> Outcome {
    let filters = filters(call)?;
    let (from, to) = range(call)?;
    let page = Page::read(call, EVENT_PAGE)?;
    let all_tenants = call.flag("_all_tenants")? && call.viewer.sys_admin;
    let mut rows: Vec<(usize, &Event)> = world
        .events
        .iter()
        .enumerate()
        .filter(|(_, event)| all_tenants || event.tenant == call.viewer.tenant)
        .filter(|(_, event)| filters.iter().all(|filter| filter.passes(event)))
        .filter(|(_, event)| {
            let at = stamp(event.at);
            at >= from && to.as_ref().is_none_or(|to| at <= *to)
        })
        .collect();
    if call.argument("_sort").is_some_and(|sort| sort.starts_with('-')) {
        rows.reverse();
    }
    let total = rows.len();
    // A name that is not a field projects to nothing instead of being refused (cloudify.md#lists).
    let included: Option<Vec<&str>> =
        call.argument("_include").filter(|names| !names.is_empty()).map(|names| names.split(',').collect());
    let items: Vec<Value> = page
        .cut(rows)
        .into_iter()
        .map(|(at, event)| {
            let mut printed = event.print(at + 1, call.release);
            printed.retain(|name, _| included.as_ref().is_none_or(|names| names.contains(&name.as_str())));
            Value::Object(printed)
        })
        .collect();
    Ok(Response::json(200, &json!({"items": items, "metadata": {"pagination": page.metadata(total)}})))
}
