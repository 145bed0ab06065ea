//! The actions of a manager (cloudify.md#executions, cloudify.md#snapshots, cloudify.md#maintenance).

use std::time::Duration;

use crate::providers::cloudify::shared::execution;
use crate::spec::{Action, Body, Disruption, Field, Folders, Poll, Type, Until, action, call, field};
use wire::Method::{Delete, Post, Put};

/// Every action.
pub(crate) static ACTIONS: &[Action] = &[
    action("execute", "Runs a workflow on a deployment and follows it to its end", call(Post, "/executions", {
        Body::Json(
            r#"{"deployment_id": "{id}", "workflow_id": "{workflow}", "parameters": "{parameters}", "allow_custom_parameters": "{allow_custom_parameters}", "force": "{force}", "queue": "{queue}", "dry_run": "{dry_run}"}"#,
        )
    })
    .wait(&[execution(&["id"])]))
    .on("deployments")
    .takes(&[
        field("workflow", Type::Text, "The workflow, such as `heal`").required(),
        field("parameters", Type::Map(&Type::Any), "The workflow's parameters; other names are taken for them too"),
        field("allow_custom_parameters", Type::Bool, "Take parameters that the workflow does not declare"),
        field("force", Type::Bool, "Run beside an execution that is running"),
        field("queue", Type::Bool, "Wait for an execution that is running (from 4.5 on)"),
        field("dry_run", Type::Bool, "Only tell what would be done (from 4.4 on)"),
    ])
    .extra_arguments("parameters")
    .shows("status"),
    stop("cancel", "Cancels an execution: what is running is let finish", r#"{"action": "cancel"}"#)
        .only("status", &["pending", "started", "scheduled", "queued"]),
    stop("force-cancel", "Cancels an execution without waiting for what is running", r#"{"action": "force-cancel"}"#)
        .only("status", &["pending", "started", "scheduled", "queued", "cancelling"])
        .disrupts(Disruption::Outage),
    // The server would let it rewrite the end of an execution that is over: what it was is looked at first.
    stop("kill", "Kills the process of an execution, and leaves its work half done", r#"{"action": "kill"}"#)
        .only("status", &[
            "pending", "started", "scheduled", "queued", "cancelling", "force_cancelling", "kill_cancelling",
        ])
        .disrupts(Disruption::Outage),
    again("resume", "Takes up an execution where it failed or was cancelled (from 4.5.5 on)", r#"{"action": "resume"}"#)
        .only("status", &["failed", "cancelled", "started"]),
    again(
        "force-resume",
        "Takes up an execution where it failed or was cancelled, and tries what failed once more (from 4.5.5 on)",
        r#"{"action": "force-resume"}"#,
    )
    .only("status", &["failed", "cancelled"]),
    action("snapshot-create", "Makes a snapshot of the whole manager", {
        call(Put, "/snapshots/{name}", Body::Fields).wait(&[execution(&["id"])])
    })
    .takes(&[
        field("include_metrics", Type::Bool, "With measurements"),
        field("include_credentials", Type::Bool, "With the keys that agents are reached with"),
        field("include_logs", Type::Bool, "With logs"),
        field("include_events", Type::Bool, "With events"),
        field("queue", Type::Bool, "Wait for executions that are running"),
    ])
    .shows("status"),
    action("snapshot-delete", "Removes a snapshot", call(Delete, "/snapshots/{name}", Body::None))
        .shows("id")
        .disrupts(Disruption::Irreversible),
    action("snapshot-upload", "Uploads a snapshot, a zip file", {
        call(Put, "/snapshots/{name}/archive", Body::File("file"))
    })
    .takes(&[field("file", Type::File(Folders::Refused), "The snapshot").required()])
    .shows("status"),
    action("snapshot-restore", "Replaces everything on the manager by a snapshot", {
        call(Post, "/snapshots/{name}/restore", Body::Json(
            r#"{"force": "{force}", "recreate_deployments_envs": "{recreate_deployments_envs}", "restore_certificates": "{restore_certificates}", "no_reboot": "{no_reboot}"}"#,
        ))
        .wait(&[Poll { tolerate: RESTARTING, ..execution(&["id"]) }])
    })
    .takes(RESTORE)
    .shows("status")
    .disrupts(Disruption::Irreversible),
    action("maintenance-on", "Makes the manager refuse work", {
        call(Post, "/maintenance/activate", Body::Json("{}")).wait(&[maintenance(&["activated"])])
    })
    .shows("status")
    .disrupts(Disruption::Outage)
    .documented_at(MAINTENANCE),
    action("maintenance-off", "Lets the manager work again", {
        call(Post, "/maintenance/deactivate", Body::Json("{}")).wait(&[maintenance(&["deactivated"])])
    })
    .shows("status")
    .documented_at(MAINTENANCE),
];

const MAINTENANCE: &str = "cloudify.md#maintenance";

/// Without `force` later servers fail (cloudify.md#snapshots), so it has to be said.
const RESTORE: &[Field] = &[
    field("force", Type::Bool, "Also if the manager is not empty").required(),
    field("recreate_deployments_envs", Type::Bool, "Make the deployments' environments anew"),
    field("restore_certificates", Type::Bool, "Restore the manager's certificates, and reboot"),
    field("no_reboot", Type::Bool, "Don't reboot after restoring certificates"),
];

/// A manager that restores itself is away for a while.
const RESTARTING: &[u16] = &[401, 404, 502, 503];

/// One way to stop an execution.
const fn stop(name: &'static str, doc: &'static str, body: &'static str) -> Action {
    action(name, doc, call(Post, "/executions/{id}", Body::Json(body)).wait(STOPPED)).on("executions").shows("status")
}

/// One that ends by itself meanwhile is over, too.
const STOPPED: &[Poll] = &[Poll {
    path: "/executions/{id}",
    until: Until::State { key: "status", done: &["cancelled", "terminated", "failed"], failed: &[] },
    budget: Duration::from_secs(3600),
    ..Poll::NEW
}];

const FOLLOWED: &[Poll] = &[execution(&["id"])];

/// One way to take an execution up again: the same id runs on.
const fn again(name: &'static str, doc: &'static str, body: &'static str) -> Action {
    action(name, doc, call(Post, "/executions/{id}", Body::Json(body)).wait(FOLLOWED)).on("executions").shows("status")
}

/// Executions that are under way hold the change up.
const fn maintenance(words: &'static [&'static str]) -> Poll {
    Poll { path: "/maintenance", until: Until::State { key: "status", done: words, failed: &[] }, ..Poll::NEW }
}
