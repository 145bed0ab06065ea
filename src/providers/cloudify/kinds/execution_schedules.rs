//! Schedules: when workflows run on a deployment, from 6.0 on (cloudify.md#execution-schedules).
//!
//! The rule is either an `rrule`, or a recurrence with a count and days, or one time. No call takes a part of it back, and
//! a change of anything else is refused without the `rrule` that there is, so that another rule is a new schedule, and each
//! change says the `rrule` again. Removing one ends nothing that runs.

use serde_json::Value;

use crate::providers::cloudify::formats::{COUNT, RECURRENCE, RRULE, TIME, WEEKDAY};
use crate::providers::cloudify::kinds::deployments::SCHEDULES;
use crate::providers::cloudify::shared::{NAMED, NAMES, SEEN, WITH_GROUPS, WITHOUT_GROUPS, name, named_in_path};
use crate::spec::{Api, Body, CallSpec, Condition, Field, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Patch, Put};

/// `execution-schedules`.
pub(crate) static KIND: Kind = Kind {
    name: "execution-schedules",
    doc: "Schedules: when workflows run on a deployment (from 6.0 on)",
    source: "cloudify.md#execution-schedules",
    parent: Some("deployments"),
    identity: Identity::Name("id"),
    names: NAMES,
    fields: &[
        name("id", "Name of the schedule, for this deployment"),
        field("workflow_id", Type::Text, "Workflow that is run, such as `heal`").required().replaces(),
        field("parameters", Type::Map(&Type::Any), "Parameters of the workflow").default("{}").replaces(),
        field("execution_arguments", Type::Object(ARGUMENTS), "How it is started").default("{}").replaces(),
        field("since", Type::Format(&TIME), "When it is run first, in UTC, as in `2030-01-31 06:00:00`").required(),
        field("until", Type::Format(&TIME), "When it is run at the latest, in UTC").replaces(),
        field("rrule", Type::Format(&RRULE), "When it is run again, as iCalendar says it: `FREQ=DAILY;INTERVAL=3`")
            .replaces()
            .required_if(Condition::undeclared("recurrence").and(Condition::undeclared("count"))),
        field("recurrence", Type::Format(&RECURRENCE), "When it is run again, as in `2 weeks`")
            .writable_on(BY_PARTS)
            .replaces(),
        field("count", Type::Format(&COUNT), "How often it is run in all; with no `recurrence`, 1")
            .writable_on(BY_PARTS)
            .replaces(),
        field("weekdays", Type::Set(&Type::Format(&WEEKDAY)), "Days on which it is run, as in `MO`")
            .default("[]")
            .writable_on(BY_PARTS)
            .replaces(),
        field("slip", Type::Int, "Minutes that it may be late; later, it is left out").default("0"),
        field("stop_on_fail", Type::Bool, "Whether a failed run ends the schedule").default("false"),
        // Servers before 7.0 take no notice of it at create.
        field("enabled", Type::Bool, "Whether it is in force")
            .default("true")
            .dedicated_call(&[change(Body::Json(r#"{"enabled": "{enabled}", "rrule": "{rrule}"}"#))])
            .afterwards(),
    ],
    api: Api {
        list: List::Inside(SCHEDULES),
        lists: &[(WITHOUT_GROUPS, List::Nowhere)],
        create: &[call(Put, ONE, Body::Fields).reshape(named_in_path).when(WITH_GROUPS)],
        update: &[change(Body::Changed).adds(r#"{"rrule": "{rrule}"}"#)],
        remove: &[call(Delete, ONE, Body::None)],
        ..NAMED
    },
    read: Some(flatten),
    documented_at: &[(Put, ONE, SEEN), (Patch, ONE, SEEN), (Delete, ONE, SEEN)],
    ..Kind::NEW
};

const ONE: &str = "/execution-schedules/{name}?deployment_id={parent.id}";

/// Beside an `rrule` the parts of a rule are refused.
const BY_PARTS: Condition = Condition::undeclared("rrule");

const fn change(body: Body) -> CallSpec {
    call(Patch, ONE, body)
}

const ARGUMENTS: &[Field] = &[
    field("allow_custom_parameters", Type::Bool, "Give the workflow parameters that it does not declare"),
    field("force", Type::Bool, "Run beside an execution that is running"),
    field("dry_run", Type::Bool, "Only tell what would be done"),
    field("wait_after_fail", Type::Int, "Seconds after which a failed start is tried again"),
];

/// Takes the rule apart, and gives the arguments the names by which they are written.
fn flatten(schedule: &mut Value) {
    let Value::Object(map) = schedule else { return };
    if let Some(Value::Object(rule)) = map.remove("rule") {
        map.extend(rule);
    }
    if let Some(arguments) = map.get_mut("execution_arguments").and_then(Value::as_object_mut)
        && let Some(dry_run) = arguments.remove("is_dry_run")
    {
        arguments.insert("dry_run".into(), dry_run);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::{body, shows};

    #[test]
    fn a_schedule_as_it_was_seen() {
        let live = json!({
            "id": "s1", "since": "2030-01-01T00:00:00.000Z", "until": "2031-01-01T10:00:00.000Z",
            "rule": { "recurrence": "2 weeks", "count": 5, "weekdays": ["MO", "TU"] }, "slip": 3,
            "workflow_id": "install", "parameters": { "a": 1 }, "stop_on_fail": true, "enabled": false,
            "execution_arguments": {
                "allow_custom_parameters": false, "force": true, "is_dry_run": false, "wait_after_fail": 600
            },
            "deployment_id": "c", "tenant_name": "default_tenant"
        });
        let expected = json!({
            "id": "s1", "since": "2030-01-01T00:00:00.000Z", "until": "2031-01-01T10:00:00.000Z",
            "recurrence": "2 weeks", "count": 5, "weekdays": ["MO", "TU"], "rrule": null, "slip": 3,
            "workflow_id": "install", "parameters": { "a": 1 }, "stop_on_fail": true, "enabled": false,
            "execution_arguments": {
                "allow_custom_parameters": false, "force": true, "dry_run": false, "wait_after_fail": 600
            }
        });
        shows(&KIND, &live, &expected);
    }

    #[test]
    fn a_plain_one_shows_no_more_than_was_said() {
        let live = json!({
            "id": "s2", "since": "2030-01-01T00:00:00.000Z", "until": null,
            "rule": { "recurrence": null, "count": 1, "weekdays": null }, "slip": 0, "workflow_id": "install",
            "parameters": null, "execution_arguments": {}, "stop_on_fail": false, "enabled": true
        });
        let expected = json!({
            "count": 1, "recurrence": null, "weekdays": [], "parameters": {}, "execution_arguments": {}, "until": null
        });
        shows(&KIND, &live, &expected);
    }

    #[test]
    fn a_create_has_name_and_deployment_in_its_path() {
        let declared = json!({ "id": "s1", "workflow_id": "heal", "since": "2030-01-01", "rrule": "FREQ=DAILY" });
        let sent = json!({ "workflow_id": "heal", "since": "2030-01-01", "rrule": "FREQ=DAILY" });
        assert_eq!(body(&KIND, &declared, None), sent);
    }
}
