//! Deployments: blueprints brought to life (cloudify.md#deployments, cloudify.md#lifecycle).
//!
//! Blueprint and inputs change by a deployment-update, which is a workflow: its execution and its own state both have
//! to end well. On a deployment that is not installed an update would install what the new blueprint adds
//! (cloudify.md#deployment-updates), so it is told to leave all instances alone. `installed` is no field of the API: it
//! is derived from the states of the node instances, because the manager's own word is only as fresh as the last
//! execution. A create that failed on its way leaves a deployment without inputs behind, which another create replaces:
//! it counts as gone. Inputs come back with all defaults filled in; only declared keys are compared.
//!
//! A deployment that failed half-way is installed again. Newer servers go on from the state of each instance; up to 5.0
//! the workflow runs all operations of all nodes anew (public sources of the workflow). To resume the failed execution
//! (4.5.5 and later) would go on there too, but with the inputs and parameters that it failed with, so that it is left
//! to an explicit action.

pub(crate) mod fields;
mod hooks;

use std::time::Duration;

use self::fields::{
    ALLOW_CUSTOM_PARAMETERS, BLUEPRINT_ID, DESCRIPTION, EVALUATED_FROM, ID, INPUTS, INSTALL_PARAMETERS, INSTALLED,
    OUTPUTS, SKIP_PLUGINS_VALIDATION, UNINSTALL_PARAMETERS, update_parameters,
};
use self::hooks::{derive, force_out, leave_alone, unless_detached, unnamed};
use crate::providers::cloudify::formats::DISPLAY_NAME;
use crate::providers::cloudify::shared::{
    ENDED, LABELS, LONGEST_NAME, SEEN, SINCE_V3_1, TENANT_OWNED, WITH_GROUPS, WITHOUT_VISIBILITY, execution, list,
    relabel, visibility, widen,
};
use crate::spec::{
    Api, Body, CallSpec, Condition, Detail, Envelope, Identity, Kind, Names, Poll, States, Type, Until, call, field,
    output,
};
use wire::Method::{Delete, Get, Patch, Post, Put};

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
            "/executions?deployment_id={id}&status=pending&status=started&status=cancelling&status=force_cancelling",
            $more,
            "&_include=id,deployment_id,workflow_id,status&_sort=id"
        )
    };
}

/// `deployments`.
pub(crate) static KIND: Kind = Kind {
    name: "deployments",
    doc: "Deployments of blueprints: nodes made from inputs, installed or not",
    source: "Deployments, deployment updates, executions; cloudify.md#deployments",
    identity: Identity::Name("id"),
    names: Names::of("-._").up_to(LONGEST_NAME),
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
        field("display_name", Type::Format(&DISPLAY_NAME), "Name for people, of 256 letters at most")
            .chosen()
            .dedicated_call(&[call(Patch, "/deployments/{name}", Body::Json(r#"{"display_name": "{display_name}"}"#))
                .when(Condition::since("6.0"))]),
        field(
            "labels",
            LABELS,
            "Labels, such as `- env: dev`, keys kept in lower case; those that the blueprint sets count too",
        )
        // At create, those of the blueprint would come on top (cloudify.md#deployments).
        .dedicated_call(&[relabel("/deployments/{name}").when(Condition::since("5.1.1"))])
        .afterwards(),
        field("site_name", Type::Ref("sites"), "Site that it belongs to").dedicated_call(&[call(
            Post,
            "/deployments/{name}/set-site",
            Body::Json(r#"{"site_name": "{site_name}"}"#),
        )
        .reshape(unless_detached)
        .when(Condition::since("5.0"))]),
        OUTPUTS,
        output("capabilities", Type::Map(&Type::Any), "Values that its blueprint offers to other deployments")
            .readable_on(CAPABLE)
            .recomputed_from(EVALUATED_FROM),
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
            (Condition::before("5.0"), listing!("")),
            (Condition::before("5.1.1"), listing!(",site_name")),
            (Condition::before("5.2"), listing!(",site_name,labels")),
            (Condition::before("6.0"), listing!(",site_name,labels,latest_execution_status")),
            (
                Condition::before("6.4"),
                listing!(
                    ",site_name,labels,latest_execution_status,display_name,installation_status,deployment_status"
                ),
            ),
        ],
        details: &[
            ROWS_OF_INSTANCES,
            ROWS_UNDER_WAY_OLD,
            ROWS_UNDER_WAY,
            EVALUATED_OUTPUTS,
            evaluated("/deployments/{name}/capabilities", &["capabilities"], CAPABLE),
            rows(
                "/execution-schedules?deployment_id={id}&_include=id,deployment_id,workflow_id,parameters,\
                 execution_arguments,since,until,rule,slip,stop_on_fail,enabled&_sort=id",
                &[SCHEDULES],
                WITH_GROUPS,
            ),
        ],
        // Otherwise it holds one of the server's workers while the workflow needs one (cloudify.md#deployments).
        create: &[
            create("/deployments/{name}").wait(&[ENVIRONMENT]).when(Condition::before("6.0")),
            create("/deployments/{name}?async_create=true").wait(&[ENVIRONMENT, CREATED]),
        ],
        // Before 4.4 an update takes an archive, and POST does up to 6.1; from 7.0 on PUT is refused
        // (cloudify.md#deployment-updates).
        update: &[update(Put).when(Condition::since("4.4").until("6.2")), update(Post).when(Condition::since("6.2"))],
        remove: &[call(Delete, "/deployments/{name}", Body::None)
            .preceded_by(&[UNINSTALL.when(INSTALLED_AT_ALL)])
            .wait(&[GONE])],
        states: Some(States { busy: &["busy"], tainted: &["broken"], ..States::at("lifecycle") }),
        ..TENANT_OWNED
    },
    read: Some(derive),
    documented_at: &[
        (Get, "/deployments/{name}/outputs", SEEN),
        (Get, "/deployments/{name}/capabilities", SEEN),
        (Patch, "/deployments/{name}", SEEN),
        (Post, "/deployments/{name}/set-site", SEEN),
        (Post, "/deployment-updates/{name}/update/initiate", SEEN),
        (Put, "/deployment-updates/{name}/update/initiate", SINCE_V3_1),
        (Get, "/deployment-updates/{job}", SINCE_V3_1),
        (Patch, "/deployments/{name}/set-visibility", SINCE_V3_1),
        (Get, "/execution-schedules", SEEN),
    ],
    carries_traffic: Some(INSTALLED_AT_ALL),
    ..Kind::NEW
};

/// Where a deployment holds its node instances after reading.
pub(crate) const NODE_INSTANCES: &str = "node_instances";

/// Where a deployment holds its schedules after reading.
pub(crate) const SCHEDULES: &str = "execution_schedules";

/// Where a deployment holds its executions that are not over after reading.
const UNDER_WAY: &str = "under_way";

/// The node instances of all deployments.
pub(crate) const ROWS_OF_INSTANCES: Detail = rows(
    "/node-instances?deployment_id={id}&_include=id,node_id,deployment_id,state,version&_sort=id",
    &[NODE_INSTANCES],
    Condition::ALWAYS,
);

/// The executions under way. The deployment's own word for it is as old as the last execution's end
/// (cloudify.md#deployments), and 4.x has none.
pub(crate) const ROWS_UNDER_WAY: Detail =
    rows(under_way!("&status=kill_cancelling&status=queued"), &[UNDER_WAY], Condition::since("4.5"));

/// The same on servers that know fewer states.
pub(crate) const ROWS_UNDER_WAY_OLD: Detail = rows(under_way!(""), &[UNDER_WAY], Condition::before("4.5"));

const fn rows(path: &'static str, into: &'static [&'static str], when: Condition) -> Detail {
    Detail { read: call(Get, path, Body::None).reply(Envelope::Items("items")).when(when), fields: into, stamp: "" }
}

/// The outputs, whose values the manager evaluates.
pub(crate) const EVALUATED_OUTPUTS: Detail = evaluated("/deployments/{name}/outputs", &["outputs"], Condition::ALWAYS);

/// The servers that know capabilities (cloudify.md#versions).
const CAPABLE: Condition = Condition::since("4.5.5");

/// Values that can't be evaluated answer 400 or 404: the functions fail, or they refer to missing nodes. `v3` has no
/// capabilities on any server.
const fn evaluated(path: &'static str, fields: &'static [&'static str], when: Condition) -> Detail {
    Detail { read: call(Get, path, Body::None).when(when), fields, stamp: "outputs_stamp" }
}

/// Widens who sees it.
pub(crate) const WIDEN: &[CallSpec] = &[widen("/deployments/{name}/set-visibility").reply(Envelope::One(""))];

/// Those with nodes that run, all of them or some.
const INSTALLED_AT_ALL: Condition = Condition::is("installed", &["true", "partial"]);

/// Servers refuse parameters that a workflow does not declare unless they are told that these are meant
/// (cloudify.md#executions).
static INSTALL: CallSpec =
    run(r#"{"deployment_id": "{name}", "workflow_id": "install", "parameters": "{install_parameters}",
            "allow_custom_parameters": "{allow_custom_parameters}"}"#);

static UNINSTALL: CallSpec =
    run(r#"{"deployment_id": "{name}", "workflow_id": "uninstall", "parameters": "{uninstall_parameters}",
            "allow_custom_parameters": "{allow_custom_parameters}"}"#)
    .reshape(force_out);

const fn create(path: &'static str) -> CallSpec {
    call(Put, path, Body::Fields).reshape(unnamed).reply(Envelope::One(""))
}

const fn run(body: &'static str) -> CallSpec {
    call(Post, "/executions", Body::Json(body)).wait(AFTER_WORKFLOW)
}

const fn update(method: wire::Method) -> CallSpec {
    call(method, "/deployment-updates/{name}/update/initiate", Body::Changed)
        .adds(r#""{update_parameters}""#)
        .reshape(leave_alone)
        .wait(AFTER_UPDATE)
}

const AFTER_WORKFLOW: &[Poll] = &[execution(&["id"])];

/// An update has succeeded when its execution and it itself say so.
const AFTER_UPDATE: &[Poll] = &[execution(&["execution_id"]), UPDATED];

/// Old servers answer before the environment is there, new ones after it; the execution tells for both
/// (cloudify.md#deployments).
const ENVIRONMENT: Poll = Poll {
    path: "/executions?deployment_id={name}&workflow_id=create_deployment_environment\
           &_include=id,status,error&_sort=-created_at&_size=1&_offset=0",
    at: "items.0",
    until: ENDED,
    error: "error",
    ..Poll::NEW
};

/// What its environment has told of it.
const CREATED: Poll = Poll {
    path: "/deployments?id={name}&_include=id,display_name,description,installation_status,deployment_status",
    at: "items.0",
    shows_object: true,
    ..Poll::NEW
};

/// The update's own state. Its execution ends a moment later, and is waited for before.
const UPDATED: Poll = Poll {
    job: &["id"],
    path: "/deployment-updates/{job}?_include=id,state",
    until: Until::State { key: "state", done: &["successful"], failed: &["failed"] },
    ..Poll::NEW
};

/// The answer comes at once; the deployment goes about a second later (cloudify.md#deployments).
const GONE: Poll = Poll {
    path: "/deployments?id={name}&_include=id",
    at: "items",
    until: Until::Gone { key: "", words: &[] },
    every: Duration::from_secs(1),
    ..Poll::NEW
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_is_updated_in_its_own_way() {
        let verb = |version| {
            let call = KIND.api.update.iter().find(|call| call.when.holds_on(version)).expect("a call");
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
            let rows = KIND.api.details.iter().filter(|detail| detail.fields == [UNDER_WAY]).map(|detail| detail.read);
            let fitting: Vec<&str> =
                rows.filter(|read| read.when.holds_on(Some(version))).map(|read| read.path).collect();
            assert_eq!(fitting.len(), 1, "{version}");
            fitting[0].contains("queued")
        };
        assert!(!asked("4.3") && asked("4.5") && asked("7.1.0.dev1"));
    }
}
