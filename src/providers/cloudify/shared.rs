//! Parts of several kinds: places of lists, names and visibility, and waiting for executions.

use std::time::Duration;

use serde_json::Value;

use crate::attr::Attr;
use crate::spec::{
    Api, Body, CallSpec, Envelope, Field, JobLog, List, Paging, Poll, Reply, Type, Until, Versions, call, field,
};
use wire::Method::{Patch, Post};

/// Where calls are known from that neither reference text has (sheet 4, end).
pub(crate) const SEEN: &str = "a running server, or the server's source";

/// Where calls are known from that version 3.1 adds (sheet 3). Where `at` ends in `v3`, visibility and updates can't be
/// changed.
pub(crate) const SINCE_V3_1: &str = "the reference text of version 3.1";

/// The most that any server gives on one page (sheet 0: a hard cap up to 4.5.1).
const PAGE: usize = 1000;

/// The API of a kind whose objects are called by their names.
///
/// A 404 alone does not mean that an object is gone: wrong routes and missing editions answer so too (sheet 1).
pub(crate) const NAMED: Api = Api { id: "", gone: &[(404, "was not found")], ..Api::NONE };

/// The API of a kind whose objects belong to a tenant. Global objects of other tenants show in its lists (sheet 1).
pub(crate) const TENANT_OWNED: Api = Api { scope: Some(("tenant_name", "tenant")), ..NAMED };

/// A list, all of it. Without `_sort` old servers give pages in no stable order (sheet 1, list conventions).
pub(crate) const fn list(path: &'static str) -> List {
    List::Call { path, at: Envelope::Items("items"), paging: Paging::Offset { size: PAGE } }
}

/// The API of an edge between two objects, which is called by the name of one.
pub(crate) const UNLINKED: Api =
    Api { gone: &[(404, "was not found"), (404, "is not associated with"), (404, "is not in group")], ..NAMED };

/// The field that names an object, which nothing changes.
pub(crate) const fn name(name: &'static str, doc: &'static str) -> Field {
    field(name, Type::Text, doc).fixed()
}

/// A role on the manager itself.
pub(crate) const SYSTEM_ROLE: Field =
    field("role", Type::Enum(&["sys_admin", "default"]), "Role on the manager itself (from 4.2 on)")
        .default("\"default\"")
        .writable_on(WITH_ROLES);

/// Older servers have other roles on the manager, and none in a tenant (sheet 0).
const WITH_ROLES: Versions = Versions::From("4.2");

/// A role in a tenant.
pub(crate) const TENANT_ROLE: Field =
    field("role", Type::Enum(&["manager", "user", "operations", "viewer"]), "Role in the tenant (from 4.2 on)")
        .required()
        .writable_on(WITH_ROLES);

/// Servers whose objects are private or not, and nothing more (sheet 1).
pub(crate) const WITHOUT_VISIBILITY: Versions = Versions::Before("4.2");

/// From narrow to wide; narrowing is refused (sheet 1, visibility).
pub(crate) const VISIBILITY: &[&str] = &["private", "tenant", "global"];

/// Who sees an object, widened by the given call.
pub(crate) const fn visibility(calls: &'static [CallSpec]) -> Field {
    field("visibility", Type::Enum(VISIBILITY), "Who sees it: its creator, its tenant or everybody")
        .default("\"tenant\"")
        .widens(VISIBILITY, calls)
}

/// The call that widens visibility, at that path. Its reply is not read: for a secret it holds an encrypted value.
pub(crate) const fn widen(path: &'static str) -> CallSpec {
    call(Patch, path, Body::Json(r#"{"visibility": "{visibility}"}"#)).versions(Versions::From("4.3"))
}

/// The call that sets labels, which replaces them all.
pub(crate) const fn relabel(path: &'static str) -> CallSpec {
    call(Patch, path, Body::Json(r#"{"labels": "{labels}"}"#)).reply(Reply::Object(""))
}

/// Labels, as they are written: a list of maps with one entry each. A key may stand there twice.
pub(crate) const LABELS: Type = Type::Set(&Type::Map(&Type::Text));

/// An execution that a call's reply names, until it ends (sheet 2.11).
///
/// Its fields are not chosen with `_include`: old servers refuse those that count operations.
pub(crate) const fn execution(job: &'static [&'static str]) -> Poll {
    Poll {
        job,
        path: "/executions/{job}",
        until: ENDED,
        error: "error",
        log: Some(FAILURES),
        progress: Some(("finished_operations", "total_operations")),
        cancel: Some(&CANCEL),
        // The vendor's client waits a quarter of an hour; appliances that boot and are licensed take longer.
        budget: Duration::from_secs(2 * 3600),
        ..Poll::NEW
    }
}

/// Lets the running operation end, and begins no other one.
static CANCEL: CallSpec = call(Post, "/executions/{job}", Body::Json(r#"{"action": "cancel"}"#));

/// The events of a failed execution: the tasks that failed for good, and the workflow's own word (sheet 2.16).
const FAILURES: JobLog = JobLog {
    path: "/events?execution_id={job}&event_type=task_failed&event_type=workflow_failed&_sort=timestamp&_size=20",
    at: "items",
    texts: &["node_name", "message", "error_causes.0.message"],
};

/// The end of an execution. `terminated` is the good one.
pub(crate) const ENDED: Until = Until::State { key: "status", done: &["terminated"], failed: &["failed", "cancelled"] };

/// Gives labels the form in which they are written: replies spell out key and value, and who set them when.
pub(crate) fn read_labels(object: &mut Value) {
    let Some(Value::Array(labels)) = object.get_mut("labels") else { return };
    for label in labels {
        if let (Some(key), Some(value)) = (label.get("key").and_then(Value::as_str), label.get("value")) {
            *label = Value::Object([(key.to_owned(), value.clone())].into_iter().collect());
        }
    }
}

/// Takes a name out of a body: it stands in the path already.
pub(crate) fn without(body: &mut Attr, name: &str) -> bool {
    match body {
        Attr::Map(map) => map.remove(name).is_some(),
        _ => false,
    }
}
