//! Parts of several kinds: places of lists, names and visibility, and waiting for executions.

use std::time::Duration;

use serde_json::Value;

use crate::attr::Attr;
use crate::providers::cloudify::formats::LABEL_TEXT;
use crate::spec::{
    Api, Body, CallSpec, Condition, Detail, Envelope, Field, List, Names, Paging, Poll, Type, Until, call, field,
};
use wire::Method::{Get, Patch, Post};

/// Where calls are known from that neither reference text has (cloudify.md#calls-outside-the-texts).
pub(crate) const SEEN: &str = "a running server, or the server's source";

/// Where calls are known from that version 3.1 adds (cloudify.md#v3-and-v31). Where `at` ends in `v3`, visibility and
/// updates can't be changed.
pub(crate) const SINCE_V3_1: &str = "the reference text of version 3.1";

/// The most that any server gives on one page (cloudify.md#versions: a hard cap up to 4.5.1).
const PAGE: usize = 1000;

/// The API of a kind whose objects are called by their names.
///
/// A 404 alone does not mean that an object is gone: wrong routes and missing editions answer so too
/// (cloudify.md#errors).
pub(crate) const NAMED: Api = Api { id: "", gone: &[(404, "was not found")], ..Api::NONE };

/// The API of a kind whose objects belong to a tenant. Global objects of other tenants show in its lists
/// (cloudify.md#lists).
pub(crate) const TENANT_OWNED: Api = Api { scope: Some(("tenant_name", "tenant")), ..NAMED };

/// The letters that a name has at most (cloudify.md#names).
pub(crate) const LONGEST_NAME: usize = 256;

/// The names that a manager takes for users, groups, tenants and most objects (cloudify.md#names).
pub(crate) const NAMES: Names = Names::of("-._").letter_first().up_to(LONGEST_NAME);

/// A list, all of it. Without `_sort` old servers give pages in no stable order (cloudify.md#lists).
pub(crate) const fn list(path: &'static str) -> List {
    List::Call { path, at: Envelope::Items("items"), paging: Some(Paging::Offset { size: PAGE }) }
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

/// Older servers have other roles on the manager, and none in a tenant (cloudify.md#versions).
const WITH_ROLES: Condition = Condition::since("4.2");

/// A role in a tenant.
pub(crate) const TENANT_ROLE: Field =
    field("role", Type::Enum(&["manager", "user", "operations", "viewer"]), "Role in the tenant (from 4.2 on)")
        .required()
        .writable_on(WITH_ROLES);

/// Servers whose objects are private or not, and nothing more (cloudify.md#visibility).
pub(crate) const WITHOUT_VISIBILITY: Condition = Condition::before("4.2");

/// From narrow to wide; narrowing is refused (cloudify.md#visibility).
pub(crate) const VISIBILITY: &[&str] = &["private", "tenant", "global"];

/// Who sees an object, widened by the given call.
pub(crate) const fn visibility(calls: &'static [CallSpec]) -> Field {
    field("visibility", Type::Enum(VISIBILITY), "Who sees it: its creator, its tenant or everybody")
        .default("\"tenant\"")
        .widens(VISIBILITY, calls)
}

/// The call that widens visibility, at that path. Its reply is not read: for a secret it holds an encrypted value.
pub(crate) const fn widen(path: &'static str) -> CallSpec {
    call(Patch, path, Body::Json(r#"{"visibility": "{visibility}"}"#)).when(Condition::since("4.3"))
}

/// The call that sets labels, which replaces them all.
pub(crate) const fn relabel(path: &'static str) -> CallSpec {
    call(Patch, path, Body::Json(r#"{"labels": "{labels}"}"#)).reply(Envelope::One(""))
}

/// The servers that know groups of deployments, filters and schedules as they are told here (cloudify.md#versions).
pub(crate) const WITH_GROUPS: Condition = Condition::since("6.0");

/// The servers that don't.
pub(crate) const WITHOUT_GROUPS: Condition = Condition::before("6.0");

/// Labels, as they are written: a list of maps with one entry each. A key may stand there twice, and the manager keeps
/// it in lower case (cloudify.md#deployments).
pub(crate) const LABELS: Type = Type::Set(&Type::Label(&LABEL_KEYS, &LABEL_TEXT));

/// The keys of labels (cloudify.md#deployments).
static LABEL_KEYS: Names = Names::of("-._").up_to(LONGEST_NAME).except(&[
    "csys-*",
    "+csys-obj-name",
    "+csys-obj-type",
    "+csys-env-type",
    "+csys-wrcp-services",
    "+csys-location-name",
    "+csys-location-lat",
    "+csys-location-long",
    "+csys-obj-parent",
    "+csys-environment",
    "+csys-consumer-id",
    "+csys-wrcp-group-id",
]);

/// An execution that a call's reply names, until it ends (cloudify.md#executions).
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

/// The events of a failed execution: the tasks that failed for good, and the workflow's own word (cloudify.md#events).
const FAILURES: Detail = Detail {
    read: call(
        Get,
        "/events?execution_id={job}&event_type=task_failed&event_type=workflow_failed&_sort=-timestamp&_size=10",
        Body::None,
    )
    .reply(Envelope::Items("items")),
    stamp: "",
    fields: &["node_name", "message", "error_causes.0.message"],
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

/// The body of a create whose path has the name.
pub(crate) fn named_in_path(body: &mut Attr, _: Option<&Value>) -> Result<(), &'static str> {
    ["id", "name"].iter().for_each(|name| without(body, name));
    Ok(())
}

/// Takes a name out of a body: it stands in the path already.
pub(crate) fn without(body: &mut Attr, name: &str) {
    if let Attr::Map(map) = body {
        map.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::testing::World;
    use crate::providers::CATALOGUE;
    use crate::spec::{canonical, check};

    /// A blueprint and a deployment with the same labels, wanted and live, by how the manager shows them.
    fn labelled(wanted: &str, live: &[(&str, &str)]) -> World {
        let labels: Vec<Value> = live.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        let source = format!("https://host.example/b.zip#sha256={}", "0a".repeat(32));
        let blueprint = json!({
            "id": "b-0a0a0a0a0a0a", "state": "uploaded", "main_file_name": "blueprint.yaml", "visibility": "tenant",
            "labels": labels
        });
        let deployment =
            json!({ "id": "d", "blueprint_id": "b-0a0a0a0a0a0a", "visibility": "tenant", "labels": labels });
        let files = format!(
            "blueprints: {{ b: {{ source: '{source}', labels: {wanted} }} }}\n\
             deployments: {{ d: {{ blueprint_id: b, labels: {wanted} }} }}"
        );
        let world = World::of("cloudify", "t", &files);
        let world = world.shows("t/blueprints", blueprint).shows("t/deployments", deployment);
        AT.iter().fold(world, |world, at| world.allows(&format!("take-over={at}")))
    }

    const AT: [&str; 2] = ["t/blueprints/b", "t/deployments/d"];

    #[test]
    fn keys_of_labels_have_no_case_and_texts_have() {
        for (wanted, live, verdict) in [
            ("[{ Team: Net }]", &[("team", "Net")] as &[(&str, &str)], "adopt"),
            ("[{ Team: Net }, { ENV: a }, { env: b }]", &[("env", "b"), ("env", "a"), ("team", "Net")], "adopt"),
            ("[{ team: net }]", &[("team", "Net")], "adopt, update labels: change"),
            ("[{ Team: Net }]", &[("zone", "Net")], "adopt, update labels: change"),
        ] {
            let world = labelled(wanted, live);
            for at in AT {
                assert_eq!(world.verdict(at), verdict, "{at} {wanted}");
            }
        }
    }

    #[test]
    fn labels_that_come_and_go_are_shown_whole() {
        let plan = labelled("[{ Env: dev }, { Tier: x }]", &[("env", "dev"), ("zone", "1")]).plan();
        let changes: Vec<_> = plan.verdicts.iter().flat_map(|verdict| verdict.decision.fields()).collect();
        assert_eq!(changes.len(), AT.len());
        for change in changes {
            assert_eq!(change.before.to_shown(), json!([{ "env": "dev" }, { "zone": "1" }]));
            assert_eq!(change.after.to_shown(), json!([{ "env": "dev" }, { "tier": "x" }]));
        }
    }

    #[test]
    fn a_label_is_one_key_that_the_manager_takes_with_its_text() {
        let mut seen = 0;
        for field in CATALOGUE.iter().flat_map(|provider| provider.kinds).flat_map(|kind| kind.fields) {
            let Type::Set(Type::Label(..)) = field.ty else { continue };
            seen += 1;
            for (labels, message) in [
                (json!([{ "Env": "dev" }, { "a-b._c": "any text: /%" }]), None),
                (json!([]), None),
                (json!([{ "env": "dev", "tier": "x" }]), Some("a label has one key, found 2")),
                (json!([{}]), Some("a label has one key, found 0")),
                (json!([{ "a b": "x" }]), Some("`a b` is no key of a label")),
                (json!([{ "\u{fc}": "x" }]), Some("`\u{fc}` is no key of a label")),
                (json!([{ "": "x" }]), Some("`` is no key of a label")),
                (json!([{ "Csys-x": "x" }]), Some("`Csys-x` is no key of a label")),
                (json!([{ "csys-obj-type": "x" }, { "csys": "x" }]), None),
                (json!([{ "env": "a\"b" }]), Some("expected text of a label, found `a\"b`")),
                (json!([{ "env": null }]), Some("label `env` has no text")),
                (json!([{ "env": ["a"] }]), Some("expected text of a label, found `a list`")),
                (json!(["env"]), Some("expected label, as in `team: net`, found text")),
            ] {
                let found = check(&field.ty, &Attr::from_json(&labels));
                assert_eq!(found.first().map(|found| found.message.as_str()), message, "{labels}");
            }
            let form = canonical(&field.ty, &Attr::from_json(&json!([{ "Team": "Net" }, { "team": "Net" }])));
            assert_eq!(form.to_shown(), json!([{ "team": "Net" }]), "one label that is given twice");
        }
        assert_eq!(seen, 3, "of blueprints, of deployments and of groups of them");
    }
}
