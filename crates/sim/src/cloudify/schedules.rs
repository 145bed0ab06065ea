//! Schedules of deployments (cloudify.md#execution-schedules). In neither reference text. They are kept and never run: the
//! manager's time passes with its requests.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Input, Start, check_name};
use super::deployments::Deployment;
use super::fields::{
    Field, View, answer, answer_deleted, created_at, created_by, field, null, private_resource, resource_availability,
    tenant_name, visibility,
};
use super::list::list;
use super::refusal::{Outcome, Refusal, bad_parameters, bad_request, conflict, internal, not_found, page};
use super::release::{GROUPS, SEVENTH};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, find, visible};
use super::world::World;
use wire::Method;

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "execution-schedules", "execution_schedule_list", Need::Read, all).only(GROUPS).v31(),
    route(Method::Get, "execution-schedules/{}", "execution_schedule_get", Need::Read, one).only(GROUPS).v31(),
    route(Method::Put, "execution-schedules/{}", "execution_schedule_create", Need::Operate, create).only(GROUPS).v31(),
    route(Method::Patch, "execution-schedules/{}", "execution_schedule_create", Need::Operate, update)
        .only(GROUPS)
        .v31(),
    route(Method::Delete, "execution-schedules/{}", "execution_schedule_create", Need::Operate, delete)
        .only(GROUPS)
        .v31(),
];

/// A schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Schedule {
    meta: Meta,
    deployment: String,
    workflow: String,
    since: Option<String>,
    until: Option<String>,
    rule: Value,
    slip: Value,
    parameters: Value,
    arguments: Value,
    stop_on_fail: bool,
    enabled: bool,
}

impl Scoped for Schedule {
    const KIND: &'static str = "ExecutionSchedule";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

static FIELDS: &[Field<Schedule>] = &[
    created_at(),
    field("id", |schedule: &Schedule, _: &View| json!(schedule.meta.id)),
    visibility(),
    null("next_occurrence"),
    field("since", |schedule: &Schedule, _: &View| json!(schedule.since)),
    field("until", |schedule: &Schedule, _: &View| json!(schedule.until)),
    field("rule", |schedule: &Schedule, _: &View| schedule.rule.clone()),
    field("slip", |schedule: &Schedule, _: &View| schedule.slip.clone()),
    field("workflow_id", |schedule: &Schedule, _: &View| json!(schedule.workflow)),
    field("parameters", |schedule: &Schedule, _: &View| schedule.parameters.clone()),
    field("execution_arguments", |schedule: &Schedule, _: &View| schedule.arguments.clone()),
    field("stop_on_fail", |schedule: &Schedule, _: &View| json!(schedule.stop_on_fail)),
    field("enabled", |schedule: &Schedule, _: &View| json!(schedule.enabled)),
    field("deployment_id", |schedule: &Schedule, _: &View| json!(schedule.deployment)),
    null("latest_execution_status"),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
    field("all_next_occurrences", |_: &Schedule, _: &View| json!([])).unfiltered(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.schedules, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    let at = position(world, call)?;
    let schedule = world.schedules.get(at).ok_or_else(internal)?;
    answer(world, call, 200, FIELDS, schedule)
}

/// The deployment is an argument of the query.
fn deployment_id<'c>(call: &'c Call) -> Result<&'c str, Refusal> {
    call.argument("deployment_id").ok_or_else(|| page(400))
}

fn position(world: &World, call: &Call) -> Result<usize, Refusal> {
    let deployment = deployment_id(call)?;
    let is_it = |row: &Schedule| {
        row.meta.id == call.id() && row.deployment == deployment && row.meta.tenant == call.viewer.tenant
    };
    world.schedules.iter().position(is_it).ok_or_else(|| {
        not_found(format!(
            "Requested `ExecutionSchedule` with ID `{}` was not found (filters: {{'deployment_id': '{deployment}'}})",
            call.id()
        ))
    })
}

fn create(world: &mut World, call: &Call) -> Outcome {
    check_name("schedule_id", call.id(), Start::Letter)?;
    let deployment_id = deployment_id(call)?.to_owned();
    let input = call.json()?;
    let workflow = input.required_text("workflow_id")?.to_owned();
    let since = input.required("since")?.clone();
    let arguments = arguments(&input)?;
    let parameters = input.get("parameters").cloned().unwrap_or_default();
    if !(parameters.is_null() || parameters.is_object()) {
        return Err(bad_parameters(format!("parameters: expected a dict, but got: {parameters}")));
    }
    let deployment: &Deployment = find(&world.deployments, &call.viewer, &deployment_id)?;
    if world.workflows_of(deployment).iter().all(|known| known.name != workflow) {
        let text = format!("Workflow {workflow} does not exist in deployment {deployment_id}");
        return Err(bad_request("nonexistent_workflow_error", text));
    }
    let schedule = Schedule {
        meta: Meta::new(call.id(), &call.viewer, world.now, Visibility::Tenant),
        deployment: deployment_id,
        workflow,
        since: time(&since)?,
        until: time(input.get("until").unwrap_or(&Value::Null))?,
        rule: rule(&input, None)?,
        slip: input.get("slip").cloned().unwrap_or(json!(0)),
        parameters,
        arguments,
        stop_on_fail: input.is_set("stop_on_fail")?,
        // Earlier servers take no notice of it.
        enabled: !call.release.has(SEVENTH) || input.flag("enabled")?.unwrap_or(true),
    };
    if position(world, call).is_ok() {
        return Err(conflict(format!(
            "Instance with ID {} cannot be added on <Tenant name=`{}`> or with global visibility",
            call.id(),
            call.viewer.tenant
        )));
    }
    world.schedules.push(schedule.clone());
    answer(world, call, 201, FIELDS, &schedule)
}

/// Nothing can be taken back: what is null or empty is left as it is.
fn update(world: &mut World, call: &Call) -> Outcome {
    let at = position(world, call)?;
    let input = call.json()?;
    let mut schedule = world.schedules.get(at).cloned().ok_or_else(internal)?;
    let given = |key: &str| input.get(key).unwrap_or(&Value::Null);
    schedule.since = time(given("since"))?.or(schedule.since);
    schedule.until = time(given("until"))?.or(schedule.until);
    if let Some(workflow) = input.nullable_text("workflow_id")?.filter(|name| !name.is_empty()) {
        schedule.workflow = workflow.to_owned();
    }
    if !given("slip").is_null() {
        schedule.slip = given("slip").clone();
    }
    if !given("stop_on_fail").is_null() {
        schedule.stop_on_fail = input.is_set("stop_on_fail")?;
    }
    if !given("enabled").is_null() {
        schedule.enabled = input.is_set("enabled")?;
    }
    schedule.rule = rule(&input, Some(&schedule.rule))?;
    if let Some(row) = world.schedules.get_mut(at) {
        *row = schedule.clone();
    }
    answer(world, call, 201, FIELDS, &schedule)
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let at = position(world, call)?;
    let schedule = world.schedules.remove(at);
    answer_deleted(world, call, FIELDS, &schedule)
}

fn arguments(input: &Input) -> Result<Value, Refusal> {
    let Some(given) = input.get("execution_arguments").filter(|given| !is_nothing(given)) else {
        return Ok(json!({}));
    };
    let Value::Object(given) = given else {
        return Err(bad_parameters(format!("execution_arguments: expected a dict, but got: {given}")));
    };
    let wait = given.get("wait_after_fail").cloned().unwrap_or(json!(600));
    let given = Input::from(given.clone());
    Ok(json!({
        "allow_custom_parameters": given.is_set("allow_custom_parameters")?,
        "force": given.is_set("force")?,
        "is_dry_run": given.is_set("dry_run")?,
        "wait_after_fail": wait,
    }))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(flag) => !flag,
    }
}

/// The rule of a body: an `rrule`, or parts, of which those that are left out stay. An `rrule` that was there gives none.
fn rule(input: &Input, old: Option<&Value>) -> Result<Value, Refusal> {
    let given = |key: &str| input.get(key).filter(|value| !is_nothing(value));
    if let Some(rrule) = given("rrule") {
        if ["recurrence", "weekdays", "count"].iter().any(|key| given(key).is_some()) {
            return Err(bad_parameters(
                "`rrule` cannot be provided together with `recurrence`, `weekdays` or `count`.",
            ));
        }
        let text = rrule.as_str().unwrap_or_default();
        let parts = || text.trim_start_matches("RRULE:").split(';');
        if !parts().all(|part| part.contains('=')) || !parts().any(|part| part.starts_with("FREQ=")) {
            return Err(bad_parameters(
                "invalid RRULE string provided: not enough values to unpack (expected 2, got 1)",
            ));
        }
        return Ok(json!({"rrule": text}));
    }
    let kept = |key: &str| old.and_then(|old| old.get(key)).filter(|value| !is_nothing(value));
    let recurrence = given("recurrence").map(|text| recurrence(text.as_str().unwrap_or_default())).transpose()?;
    let weekdays = given("weekdays").map(|days| weekdays(days, recurrence.as_deref())).transpose()?;
    let count = given("count").or(kept("count")).cloned().unwrap_or_default();
    let recurrence = recurrence.map(Value::from).or(kept("recurrence").cloned()).unwrap_or_default();
    if recurrence.is_null() && count != json!(1) {
        return Err(bad_parameters("recurrence must be specified for execution count larger than 1"));
    }
    let weekdays = weekdays.or(kept("weekdays").cloned()).unwrap_or_default();
    let rule = [("recurrence", recurrence), ("count", count), ("weekdays", weekdays)];
    Ok(Value::Object(rule.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()))
}

const UNITS: [&str; 14] =
    ["seconds", "second", "sec", "minute", "min", "hour", "h", "day", "d", "week", "w", "month", "mo", "year"];

fn unit(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = text.get(digits..)?;
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    (digits > 0 && (unit == "y" || UNITS.contains(&unit))).then_some(unit)
}

fn recurrence(text: &str) -> Result<String, Refusal> {
    match unit(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(bad_parameters(format!(
            "`{text}` is not a legal recurrence expression. Supported format is: <number> \
             seconds|minutes|hours|days|weeks|months|years"
        ))),
    }
}

fn weekdays(days: &Value, recurrence: Option<&str>) -> Result<Value, Refusal> {
    let Value::Array(days) = days else {
        return Err(bad_parameters(format!("weekdays: expected a list, but got: {days}")));
    };
    let unit = recurrence.and_then(unit).unwrap_or("None");
    let one = |day: &Value| {
        let day = day.as_str().unwrap_or_default().to_uppercase();
        let plain = day.strip_prefix("L-").or_else(|| day.strip_prefix(['1', '2', '3', '4'])).unwrap_or(&day);
        let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        // Only the beginning is looked at, and what begins so comes to grief later (observed).
        if !days.contains(&plain) && days.iter().any(|known| plain.starts_with(known)) {
            return Err(internal());
        }
        if !days.contains(&plain) {
            return Err(bad_parameters(format!(
                "weekdays list contains an invalid weekday `{day}`. Valid weekdays are: MO|TU|WE|TH|FR|SA|SU or their \
                 lowercase values, optionally prefixed by 1-4 or l-/L-."
            )));
        }
        if plain != day && !["mo", "month", "y", "year"].contains(&unit) {
            return Err(bad_parameters(format!(
                "complex weekday expression {day} can only be used with a months|years recurrence, but got {unit}."
            )));
        }
        Ok(json!(day))
    };
    days.iter().map(one).collect()
}

/// A time as it is printed; nothing where none is given.
fn time(value: &Value) -> Result<Option<String>, Refusal> {
    if is_nothing(value) {
        return Ok(None);
    }
    let text = value.as_str().unwrap_or_default();
    let refused = || bad_parameters(format!("{text} is not a legal time format"));
    let (day, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fraction = fraction.strip_suffix('Z').filter(|_| text.contains('T')).unwrap_or(fraction);
    let [year, month, date] = numbers(day, '-').ok_or_else(refused)?;
    let [hour, minute, second] = numbers(clock, ':').ok_or_else(refused)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_fraction = (1..=6).contains(&fraction.len()) && fraction.bytes().all(|digit| digit.is_ascii_digit());
    let fits = (1..=12).contains(&month) && (1..=days).contains(&date) && hour < 24 && minute < 60 && second < 60;
    if !(fits && is_fraction && day.len() >= 8) {
        return Err(refused());
    }
    let millis: String = format!("{fraction:0<3}").chars().take(3).collect();
    Ok(Some(format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{millis}Z")))
}

fn numbers(text: &str, joint: char) -> Option<[u32; 3]> {
    let mut parts = text.split(joint).map(|part| part.parse().ok());
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

impl World {
    /// Removes the schedules of a deployment that is gone.
    pub(crate) fn forget_schedules(&mut self, tenant: &str, id: &str) {
        self.schedules.retain(|row| row.meta.tenant != tenant || row.deployment != id);
    }
}
