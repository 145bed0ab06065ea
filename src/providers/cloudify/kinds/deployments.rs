//! Deployments: blueprints brought to life (sheet 2.9, 2.10, 5).
//!
//! Blueprint and inputs change by a deployment-update, which is a workflow: its execution and its own state both have to
//! end well. On a deployment that is not installed an update would install what the new blueprint adds (observed T15), so
//! it is told to leave all instances alone. `installed` is no field of the API: it is derived from the states of the node
//! instances, because the manager's own word is only as fresh as the last execution. A create that failed on its way
//! leaves a deployment without inputs behind, which another create replaces: it counts as gone. Inputs come back with all
//! defaults filled in; only declared keys are compared.
//!
//! What failed half-way is installed again. Newer servers go on from the state of each instance; up to 5.0 the workflow
//! runs all operations of all nodes anew (public sources of the workflow). To resume the failed execution (4.5.5 and later)
//! would go on there too, but with the inputs and parameters that it failed with, so that it is left to whoever asks for it.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::providers::cloudify::dsl::INPUTS_IN;
use crate::providers::cloudify::shared::{
    ENDED, LABELS, TENANT_OWNED, WITHOUT_VISIBILITY, execution, list, name, read_labels, relabel, visibility, widen,
    without,
};
use crate::spec::{
    Api, Body, CallSpec, Detail, Disruption, Envelope, Field, Hooks, Identity, Join, Kind, Poll, Removal, Reply, Shows,
    States, Switch, Type, Until, Versions, call, field, output,
};
use crate::wire::Method::{Delete, Patch, Post, Put};

/// The list with what servers of all versions have, and more.
macro_rules! listing {
    ($more:literal) => {
        list(concat!(
            "/deployments?_include=id,blueprint_id,inputs,visibility,tenant_name,description,updated_at",
            $more,
            "&_sort=id"
        ))
    };
}

/// The executions that are not over: the states that servers of all versions know, and more. One that a server does not know
/// is an internal error to it.
macro_rules! under_way {
    ($more:literal) => {
        concat!(
            "/executions?status=pending&status=started&status=cancelling&status=force_cancelling",
            $more,
            "&_include=id,deployment_id,workflow_id,status&_sort=id"
        )
    };
}

/// How updates are made, with what every server that makes them knows (v3.1 text, Update deployment), and more.
macro_rules! update_parameters {
    ($($more:expr),*) => {
        field(
            "update_parameters",
            Type::Object(&[
                field("skip_install", Type::Bool, "Leave out to install what is new"),
                field("skip_uninstall", Type::Bool, "Leave out to uninstall what goes"),
                field("skip_reinstall", Type::Bool, "Leave out to reinstall nodes that changed"),
                field("reinstall_list", Type::List(&Type::Text), "Ids of node instances to reinstall in any case"),
                field("install_first", Type::Bool, "Install what is new before what goes is uninstalled"),
                field("ignore_failure", Type::Bool, "Go on when an operation fails in what is uninstalled"),
                field("force", Type::Bool, "Update although an earlier update failed and was left as it was"),
                $($more),*
            ]),
            "How a change of blueprint or inputs treats the nodes, whenever there is one",
        )
        .default("{}")
        .rides()
    };
}
pub(crate) use update_parameters;

/// `deployments`.
pub static KIND: Kind = Kind {
    name: "deployments",
    doc: "Deployments of blueprints: nodes made from inputs, installed or not",
    source: "Deployments, deployment updates, executions; sheet 2.9 to 2.11 and 5",
    identity: Identity::Name("id"),
    fields: &[
        ID,
        BLUEPRINT_ID,
        INPUTS,
        INSTALLED,
        INSTALL_PARAMETERS,
        UNINSTALL_PARAMETERS,
        ALLOW_CUSTOM_PARAMETERS,
        update_parameters!(field("force_reinstall", Type::Bool, "Reinstall all nodes (from 6.4 on)")),
        visibility(WIDEN),
        SKIP_PLUGINS_VALIDATION,
        field("display_name", Type::Text, "Name for people").own(&[call(
            Patch,
            "/deployments/{name}",
            Body::Json(r#"{"display_name": "{display_name}"}"#),
        )
        .versions(Versions::From("6.0"))]),
        field("labels", LABELS, "Labels, in lower case, such as `- env: dev`; those that the blueprint sets count too")
            .own(&[relabel("/deployments/{name}").versions(Versions::From("5.1.1"))]),
        field("site_name", Type::Text, "Site that it belongs to").inferred().own(&[call(
            Post,
            "/deployments/{name}/set-site",
            Body::Json(r#"{"site_name": "{site_name}"}"#),
        )
        .versions(Versions::From("5.0"))]),
        OUTPUTS,
        output("capabilities", Type::Map(&Type::Any), "Values that its blueprint offers to other deployments")
            .shown(CAPABLE)
            .follows(EVALUATED_FROM),
        DESCRIPTION,
        output("installation_status", Type::Text, "Whether all was started when the last execution ended"),
        output("deployment_status", Type::Text, "What the manager thinks of it"),
    ],
    api: Api {
        // Without `_include` each comes with all of its workflows.
        list: listing!(
            ",site_name,labels,latest_execution_status,display_name,installation_status,deployment_status,create_execution,\
             latest_execution"
        ),
        lists: &[
            (
                WITHOUT_VISIBILITY,
                list("/deployments?_include=id,blueprint_id,inputs,tenant_name,description,updated_at&_sort=id"),
            ),
            (Versions::Before("5.0"), listing!("")),
            (Versions::Before("5.1.1"), listing!(",site_name")),
            (Versions::Before("5.2"), listing!(",site_name,labels")),
            (Versions::Before("6.0"), listing!(",site_name,labels,latest_execution_status")),
            (
                Versions::Before("6.4"),
                listing!(
                    ",site_name,labels,latest_execution_status,display_name,installation_status,deployment_status"
                ),
            ),
        ],
        joins: &[
            Join {
                path: "/node-instances?_include=id,node_id,deployment_id,state,version&_sort=id",
                at: Envelope::Items("items"),
                key: "deployment_id",
                into: NODE_INSTANCES,
                versions: Versions::Any,
            },
            running(under_way!(""), Versions::Before("4.5")),
            running(under_way!("&status=kill_cancelling&status=queued"), Versions::From("4.5")),
        ],
        details: &[EVALUATED_OUTPUTS, evaluated("/deployments/{name}/capabilities", &["capabilities"], CAPABLE)],
        create: &[call(Put, "/deployments/{name}", Body::Fields).reply(Reply::Object("")).settle(&[
            ENVIRONMENT,
            EVALUATED,
            OFFERED,
        ])],
        // Before 4.4 an update takes an archive, and POST does up to 6.1; from 7.0 on PUT is refused (sheet 2.10).
        update: &[update(Put).versions(Versions::Between("4.4", "6.2")), update(Post).versions(Versions::From("6.2"))],
        remove: &[call(Delete, "/deployments/{name}", Body::None).settle(&[GONE])],
        states: Some(States {
            key: "lifecycle",
            busy: &["busy"],
            leaving: &[],
            failed: &[],
            held: &[],
            gone: &["broken"],
        }),
        ..TENANT_OWNED
    },
    after: &[
        ("plugins", "its environment needs the plugins of its blueprint"),
        ("secrets", "its blueprint may read secrets"),
    ],
    hooks: Hooks { read: Some(derive), write: Some(write), ..Hooks::NONE },
    ..Kind::NEW
};

/// Where a deployment holds its node instances after reading.
pub const NODE_INSTANCES: &str = "node_instances";

/// Where a deployment holds its executions that are not over after reading.
const UNDER_WAY: &str = "under_way";

/// What is under way. The deployment's own word for it is as old as the last execution's end (observed K2), and 4.x has none.
const fn running(path: &'static str, versions: Versions) -> Join {
    Join { path, at: Envelope::Items("items"), key: "deployment_id", into: UNDER_WAY, versions }
}

/// What the manager evaluates: values of outputs.
pub const EVALUATED_OUTPUTS: Detail = evaluated("/deployments/{name}/outputs", &["outputs"], Versions::Any);

/// The servers that know capabilities (sheet 0).
const CAPABLE: Versions = Versions::From("4.5.5");

/// What can't be evaluated: the functions fail, or what they refer to is not there. `v3` has no capabilities on any server.
const UNEVALUATED: &[u16] = &[400, 404];

const fn evaluated(path: &'static str, fields: &'static [&'static str], versions: Versions) -> Detail {
    Detail { path, at: "", fields, stamp: "outputs_stamp", versions, unseen: UNEVALUATED }
}

/// Its name.
pub const ID: Field = name("id", "Name of the deployment");

/// What it is made from.
pub const BLUEPRINT_ID: Field = field("blueprint_id", Type::Ref("blueprints"), "Blueprint that it is made from")
    .required()
    .disrupts(Disruption::Restart);

/// What it is made with.
pub const INPUTS: Field = field(
    "inputs",
    Type::Map(&Type::Any),
    "Values for the blueprint's inputs; the others keep the value that they have",
)
.default("{}")
.keys_in(INPUTS_IN)
.disrupts(Disruption::Restart);

/// Whether it runs.
pub const INSTALLED: Field =
    field("installed", Type::Bool, "Whether its nodes are installed, and kept so; up to 5.0 all anew after a failure")
        .default("false")
        .switch(&INSTALL)
        .follows(&["blueprint_id"])
        .disrupts(Disruption::Outage);

/// What `install` is run with.
pub const INSTALL_PARAMETERS: Field =
    field("install_parameters", Type::Map(&Type::Any), "Parameters of the workflow `install`, whenever it is run")
        .default("{}")
        .rides();

/// What `uninstall` is run with.
pub const UNINSTALL_PARAMETERS: Field = field(
    "uninstall_parameters",
    Type::Map(&Type::Any),
    "Parameters of the workflow `uninstall`, whenever it is run, before a removal too; such as `ignore_failure: true`",
)
.default("{}")
.rides();

/// Whether the two may be run with more than they declare.
pub const ALLOW_CUSTOM_PARAMETERS: Field =
    field("allow_custom_parameters", Type::Bool, "Give workflows parameters that they don't declare, too")
        .default("false")
        .rides();

/// A check to leave out.
pub const SKIP_PLUGINS_VALIDATION: Field =
    field("skip_plugins_validation", Type::Bool, "Make it although plugins of its blueprint are missing")
        .default("false")
        .write_only()
        .fixed();

/// What it gives to others.
pub const OUTPUTS: Field =
    output("outputs", Type::Map(&Type::Any), "Values of the blueprint's outputs").follows(EVALUATED_FROM);

/// What evaluated values come from.
const EVALUATED_FROM: &[&str] = &["blueprint_id", "inputs", "installed"];

/// What the blueprint says.
pub const DESCRIPTION: Field = output("description", Type::Text, "What its blueprint says about itself");

/// Widens who sees it.
pub const WIDEN: &[CallSpec] = &[widen("/deployments/{name}/set-visibility").reply(Reply::Object(""))];

static INSTALL: Switch = Switch {
    on: run(r#"{"deployment_id": "{name}", "workflow_id": "install"}"#)
        .along(&[("parameters", "install_parameters"), CUSTOM]),
    off: run(r#"{"deployment_id": "{name}", "workflow_id": "uninstall"}"#)
        .along(&[("parameters", "uninstall_parameters"), CUSTOM]),
    removal: Removal::OffFirst,
};

/// Servers refuse parameters that a workflow does not declare unless they are told that these are meant (observed A30).
const CUSTOM: (&str, &str) = ("allow_custom_parameters", "allow_custom_parameters");

const fn run(body: &'static str) -> CallSpec {
    call(Post, "/executions", Body::Json(body)).settle(AFTER_WORKFLOW)
}

const fn update(method: crate::wire::Method) -> CallSpec {
    call(method, "/deployment-updates/{name}/update/initiate", Body::Changed)
        .along(&[("", "update_parameters")])
        .settle(AFTER_UPDATE)
}

const AFTER_WORKFLOW: &[Poll] = &[execution(&["id"]), EVALUATED, OFFERED];

/// An update has succeeded when its execution and it itself say so.
const AFTER_UPDATE: &[Poll] = &[execution(&["execution_id"]), UPDATED, EVALUATED, OFFERED];

/// Old servers answer before the environment is there, new ones after it; the execution tells for both (sheet 2.9).
const ENVIRONMENT: Poll = Poll {
    path: "/executions?deployment_id={name}&workflow_id=create_deployment_environment\
           &_include=id,status,error&_sort=-created_at&_size=1&_offset=0",
    at: "items.0",
    until: ENDED,
    error: "error",
    ..Poll::NEW
};

/// The update's own state. Its execution ends a moment later, and is waited for before.
const UPDATED: Poll = Poll {
    job: &["id"],
    path: "/deployment-updates/{job}?_include=id,state",
    until: Until::State { key: "state", done: &["successful"], failed: &["failed"] },
    ..Poll::NEW
};

/// The outputs, evaluated by the manager.
const EVALUATED: Poll =
    Poll { path: "/deployments/{name}/outputs", shows: Shows::Object, unseen: UNEVALUATED, ..Poll::NEW };

/// The capabilities, likewise.
const OFFERED: Poll = Poll { path: "/deployments/{name}/capabilities", versions: CAPABLE, ..EVALUATED };

/// The answer comes at once; the deployment goes about a second later (observed T6).
const GONE: Poll = Poll {
    path: "/deployments?id={name}&_include=id",
    at: "items",
    until: Until::Gone { key: "", words: &[] },
    every: Duration::from_secs(1),
    ..Poll::NEW
};

/// Adds what the API does not say: `installed`, `lifecycle`, and a stamp for the outputs.
fn derive(deployment: &mut Value) {
    read_labels(deployment);
    let Value::Object(map) = deployment else { return };
    // What has no `deployment_id` is the deployment itself, and shows how outputs are defined, not what they are.
    if !map.contains_key("deployment_id") {
        map.remove("outputs");
        map.remove("capabilities");
    }
    if let Some(word) = lifecycle(map) {
        map.insert("lifecycle".into(), word.into());
    }
    let Some(Value::Array(instances)) = map.get(NODE_INSTANCES) else { return };
    let (installed, stamp) = (installed(instances), stamp(map, instances));
    map.extend(installed.map(|installed| ("installed".to_owned(), installed)));
    map.insert("outputs_stamp".into(), stamp);
}

/// What stands in the way of writing to it: work, or a create that failed.
fn lifecycle(deployment: &Map<String, Value>) -> Option<&'static str> {
    let is_busy = deployment.get(UNDER_WAY).and_then(Value::as_array).is_some_and(|executions| !executions.is_empty());
    // It may fail before or after it has got its inputs; nothing but the creation ran on it then.
    let last = deployment.get("latest_execution").filter(|last| !last.is_null());
    let unborn = deployment.get("inputs").is_some_and(Value::is_null)
        || last.is_some_and(|last| deployment.get("create_execution") == Some(last));
    let latest = deployment.get("latest_execution_status").and_then(Value::as_str);
    match latest {
        _ if is_busy => Some("busy"),
        Some("failed") if unborn => Some("broken"),
        _ => None,
    }
}

/// Neither true nor false when only some are started: then both would be a change. Nothing at all without instances: then
/// neither is one (sheet 5).
fn installed(instances: &[Value]) -> Option<Value> {
    if instances.is_empty() {
        return None;
    }
    let all = |words: &[&str]| {
        instances.iter().all(|instance| {
            let state = instance.get("state").and_then(Value::as_str).unwrap_or_default();
            words.contains(&state)
        })
    };
    Some(if all(&["uninitialized", "deleted"]) {
        Value::Bool(false)
    } else if all(&["started"]) {
        Value::Bool(true)
    } else {
        "partial".into()
    })
}

/// Outputs come from runtime properties, and every change of these counts up the instance's version.
fn stamp(deployment: &Map<String, Value>, instances: &[Value]) -> Value {
    let versions: u64 = instances.iter().filter_map(|instance| instance.get("version")?.as_u64()).sum();
    let updated = deployment.get("updated_at").and_then(Value::as_str).unwrap_or_default();
    format!("{updated} {} {versions}", instances.len()).into()
}

fn write(body: &mut Attr, live: Option<&Value>) {
    leave_alone(body, live);
    force_out(body, live);
}

/// A create's body goes without the name. An update of what is not installed leaves the instances alone.
fn leave_alone(body: &mut Attr, live: Option<&Value>) {
    let creates = without(body, "id");
    let uninstalled =
        live.is_some_and(|live| live.get("installed").is_none_or(|installed| *installed == Value::Bool(false)));
    if let Attr::Map(map) = body
        && !creates
        && uninstalled
        && (map.contains_key("blueprint_id") || map.contains_key("inputs"))
    {
        for skipped in ["skip_install", "skip_uninstall", "skip_reinstall"] {
            map.insert(skipped.into(), Attr::Bool(true));
        }
        // These would reinstall in spite of that.
        map.retain(|key, _| !["reinstall_list", "force_reinstall"].contains(&key.as_str()));
    }
}

/// An uninstallation after nothing was ever started has to be forced: later servers see nothing to uninstall there, and
/// refuse to remove what is left (observed T8: `node_instances_active`). Nothing can depend on what never ran.
fn force_out(body: &mut Attr, live: Option<&Value>) {
    if let Attr::Map(map) = body
        && map.get("workflow_id").and_then(Attr::as_text) == Some("uninstall")
        && live.and_then(|live| live.get(NODE_INSTANCES)).is_some_and(|instances| !some_is(instances, "started"))
    {
        map.insert("force".into(), Attr::Bool(true));
    }
}

fn some_is(instances: &Value, state: &str) -> bool {
    instances.as_array().into_iter().flatten().any(|instance| instance["state"] == state)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::{body, reshaped, shows};

    fn live(states: &[&str]) -> Value {
        let instances: Vec<Value> =
            states.iter().map(|state| json!({ "deployment_id": "d0", "state": state, "version": 2 })).collect();
        json!({
            "id": "d0", "blueprint_id": "ops", "inputs": { "mode": "ok", "nap": 0, "label": "one" },
            "visibility": "tenant", "tenant_name": "default_tenant", "updated_at": "2026-11-21T06:02:14.488Z",
            "labels": [{ "key": "env", "value": "dev", "created_at": "2026-11-21T06:06:28.546Z", "created_by": "admin" }],
            "latest_execution_status": "completed", "node_instances": instances
        })
    }

    #[test]
    fn installed_follows_the_instances() {
        let installed = |states: &[&str]| reshaped(&KIND, &live(states)).get("installed").cloned().unwrap_or_default();
        assert_eq!(installed(&["started", "started"]), json!(true));
        assert_eq!(installed(&["uninitialized", "deleted"]), json!(false));
        assert_eq!(installed(&["started", "creating"]), json!("partial"));
        assert_eq!(installed(&["stopped"]), json!("partial"));
        assert_eq!(installed(&[]), Value::Null);
    }

    #[test]
    fn without_instances_to_look_at_nothing_is_claimed() {
        let bare = json!({ "deployment_id": "d0", "outputs": { "addr": "10.0.0.5-one" } });
        shows(&KIND, &bare, &json!({ "installed": null, "outputs": { "addr": "10.0.0.5-one" } }));
    }

    #[test]
    fn definitions_of_outputs_are_no_outputs() {
        let reply = json!({ "id": "d0", "outputs": { "addr": { "value": { "get_attribute": ["app", "addr"] } } } });
        shows(&KIND, &reply, &json!({ "outputs": {} }));
    }

    #[test]
    fn a_deployment_as_it_was_seen() {
        let expected = json!({
            "id": "d0", "blueprint_id": "ops", "visibility": "tenant", "labels": [{ "env": "dev" }],
            "inputs": { "label": "one", "mode": "ok", "nap": 0 }, "installed": true
        });
        shows(&KIND, &live(&["started"]), &expected);
    }

    #[test]
    fn a_create_that_failed_on_its_way_counts_as_gone() {
        let left = json!({
            "id": "f1", "blueprint_id": "ops", "inputs": null, "installation_status": "active",
            "latest_execution_status": "failed", "node_instances": []
        });
        assert_eq!(reshaped(&KIND, &left)["lifecycle"], "broken");
        let late = json!({
            "id": "f1", "inputs": {}, "latest_execution_status": "failed", "create_execution": "8d80",
            "latest_execution": "8d80", "node_instances": []
        });
        assert_eq!(reshaped(&KIND, &late)["lifecycle"], "broken");
        let mut used = late.clone();
        used["latest_execution"] = json!("e240");
        assert_eq!(reshaped(&KIND, &used).get("lifecycle"), None);
        let execution = json!({ "id": "8d80", "workflow_id": "create_deployment_environment", "status": "pending" });
        let under_way = json!({ "id": "d1", "inputs": null, "under_way": [execution] });
        assert_eq!(reshaped(&KIND, &under_way)["lifecycle"], "busy");
        assert_eq!(reshaped(&KIND, &live(&["started"])).get("lifecycle"), None);
    }

    #[test]
    fn an_update_of_what_is_not_installed_installs_nothing() {
        let change = json!({ "blueprint_id": "ops2" });
        let quiet = json!({
            "blueprint_id": "ops2", "skip_install": true, "skip_uninstall": true, "skip_reinstall": true
        });
        assert_eq!(body(&KIND, &change, Some(&live(&["uninitialized"]))), quiet);
        assert_eq!(body(&KIND, &change, Some(&live(&["started"]))), change);
    }

    #[test]
    fn what_never_started_is_uninstalled_by_force() {
        let sent = |workflow: &str, states: &[&str]| {
            let mut body = Attr::from_json(&json!({ "deployment_id": "d0", "workflow_id": workflow }));
            write(&mut body, Some(&reshaped(&KIND, &live(states))));
            body.to_shown()["force"].clone()
        };
        assert_eq!(sent("uninstall", &["creating", "uninitialized"]), json!(true));
        assert_eq!(sent("uninstall", &["started", "creating"]), Value::Null);
        assert_eq!(sent("install", &["creating", "uninitialized"]), Value::Null);
    }

    #[test]
    fn a_create_sends_no_name_and_skips_nothing() {
        let declared = json!({ "id": "d0", "blueprint_id": "ops", "inputs": { "label": "two" } });
        let sent = json!({ "blueprint_id": "ops", "inputs": { "label": "two" } });
        assert_eq!(body(&KIND, &declared, None), sent);
    }

    #[test]
    fn each_server_is_updated_in_its_own_way() {
        let verb = |version| {
            let call = KIND.api.update.iter().find(|call| call.versions.include(version)).expect("a call");
            call.method
        };
        assert_eq!(verb(Some("4.5")), Put);
        assert_eq!(verb(Some("6.1.9")), Put);
        assert_eq!(verb(Some("6.2")), Post);
        assert_eq!(verb(Some("7.1.0.dev1")), Post);
    }

    #[test]
    fn no_server_is_asked_for_states_that_it_lacks() {
        let asked = |version| {
            let joins = KIND.api.joins.iter().filter(|join| join.into == UNDER_WAY);
            let fitting: Vec<&str> =
                joins.filter(|join| join.versions.include(Some(version))).map(|join| join.path).collect();
            assert_eq!(fitting.len(), 1, "{version}");
            fitting[0].contains("queued")
        };
        assert!(!asked("4.3") && asked("4.5") && asked("7.1.0.dev1"));
    }

    #[test]
    fn outputs_are_read_again_when_an_instance_moved() {
        let before = reshaped(&KIND, &live(&["started"]))["outputs_stamp"].clone();
        let mut moved = live(&["started"]);
        moved["node_instances"][0]["version"] = json!(7);
        assert_ne!(reshaped(&KIND, &moved)["outputs_stamp"], before);
    }
}
