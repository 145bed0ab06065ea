//! Blueprints: what deployments are made from (cloudify.md#blueprints).
//!
//! A blueprint can't be changed, and its id is taken even for the same bytes. So the content's digest is part of the id:
//! new content is a new blueprint beside the old one, deployments move over, and then the old one goes; so it is with
//! another main file or a narrower visibility, of which the digest is made then, too. An upload that
//! failed leaves an object behind, which a new upload replaces: it counts as gone. Old servers have no state at all, and
//! are done when they answer. What is sent is an archive of exactly one folder.

use std::time::Duration;

use crate::providers::cloudify::dsl::IMPORTED;
use crate::providers::cloudify::shared::{
    LABELS, LONGEST_NAME, NAMES, SEEN, SINCE_V3_1, TENANT_OWNED, WITHOUT_VISIBILITY, list, read_labels, relabel,
    visibility, widen,
};
use crate::spec::{
    Api, Body, Condition, Envelope, Field, Folders, Identity, Kind, Poll, States, Type, Until, call, field, output,
};
use wire::Method::{Delete, Get, Patch, Put};

/// The upload, as all servers know it.
macro_rules! upload {
    () => {
        "/blueprints/{id}?application_file_name={main_file_name}&visibility={visibility}"
    };
}

/// `blueprints`.
pub(crate) static KIND: Kind = Kind {
    name: "blueprints",
    doc: "Blueprints: descriptions of nodes, inputs and outputs that deployments are made from",
    source: "Blueprints; cloudify.md#blueprints",
    identity: Identity::Content("source", &[]),
    // The id is longer than the name, by a hyphen and twelve digits.
    names: NAMES.up_to(LONGEST_NAME - 13),
    fields: &[
        SOURCE,
        MAIN_FILE_NAME,
        VISIBILITY,
        field("labels", LABELS, "Labels, such as `- team: net`; keys are kept in lower case")
            .dedicated_call(&[relabel("/blueprints/{id}").when(Condition::since("6.0"))])
            .afterwards(),
        DESCRIPTION,
        output("state", Type::Text, "How far its upload is, on servers that say so"),
    ],
    api: Api {
        // Without `_include` each comes with its whole plan, 64 KB for a single node.
        list: list("/blueprints?_include=id,main_file_name,visibility,tenant_name,description,state,labels&_sort=id"),
        lists: &[
            (WITHOUT_VISIBILITY, list("/blueprints?_include=id,main_file_name,tenant_name,description&_sort=id")),
            (
                Condition::before("5.2"),
                list("/blueprints?_include=id,main_file_name,visibility,tenant_name,description&_sort=id"),
            ),
            (
                Condition::before("6.0"),
                list("/blueprints?_include=id,main_file_name,visibility,tenant_name,description,state&_sort=id"),
            ),
        ],
        id: "id",
        create: &[
            call(Put, upload!(), Body::File("source")).reply(Envelope::One("")).when(Condition::before("5.2")),
            // Otherwise it holds one of the server's workers while the parser needs one (cloudify.md#blueprints).
            call(Put, concat!(upload!(), "&async_upload=true"), Body::File("source"))
                .reply(Envelope::One(""))
                .wait(&[UPLOADED]),
        ],
        remove: &[call(Delete, "/blueprints/{id}", Body::None)],
        states: Some(States {
            busy: &["pending", "uploading", "extracting", "parsing", "validating"],
            tainted: FAILED,
            ..States::at("state")
        }),
        ..TENANT_OWNED
    },
    read: Some(read_labels),
    documented_at: &[
        (Get, "/blueprints/{id}", SEEN),
        (Patch, "/blueprints/{id}", SEEN),
        (Patch, "/blueprints/{id}/set-visibility", SINCE_V3_1),
    ],
    ..Kind::NEW
};

/// The files that are uploaded.
pub(crate) const SOURCE: Field =
    field("source", Type::File(Folders::TAR_GZ), "Folder with the blueprint, or an archive of one")
        .required()
        .write_only()
        .replaces()
        .documents_in(IMPORTED);

/// Where reading starts.
pub(crate) const MAIN_FILE_NAME: Field =
    field("main_file_name", Type::Text, "File in it that is read first").default("\"blueprint.yaml\"").replaces();

/// Who sees it.
pub(crate) const VISIBILITY: Field = visibility(&[widen("/blueprints/{id}/set-visibility").reply(Envelope::One(""))]);

/// The blueprint's own description.
pub(crate) const DESCRIPTION: Field = output("description", Type::Text, "What the blueprint says about itself");

const FAILED: &[&str] =
    &["failed_uploading", "failed_extracting", "failed_parsing", "failed_extracting_to_file_server", "invalid"];

const UPLOADED: Poll = Poll {
    path: "/blueprints/{id}?_include=id,state,error,description",
    until: Until::State { key: "state", done: &["uploaded"], failed: FAILED },
    error: "error",
    shows_object: true,
    every: Duration::from_secs(1),
    ..Poll::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn labels_read_as_they_are_written() {
        let live = json!({
            "id": "bpa", "state": "uploaded", "main_file_name": "blueprint.yaml", "visibility": "tenant",
            "tenant_name": "default_tenant", "description": "trivial lab blueprint",
            "labels": [
                { "key": "team", "value": "ops", "created_at": "2026-11-21T06:01:03.347Z", "created_by": "admin" },
                { "key": "team", "value": "net", "created_at": "2026-11-21T06:01:03.301Z", "created_by": "admin" }
            ]
        });
        let expected = json!({
            "main_file_name": "blueprint.yaml", "visibility": "tenant", "state": "uploaded",
            "labels": [{ "team": "net" }, { "team": "ops" }]
        });
        shows(&KIND, &live, &expected);
    }

    #[test]
    fn an_old_server_shows_no_state_and_no_labels() {
        let live =
            json!({ "id": "hello-world", "main_file_name": "singlehost-blueprint.yaml", "visibility": "tenant" });
        shows(&KIND, &live, &json!({ "state": null, "labels": [] }));
    }

    #[test]
    fn no_server_is_asked_for_what_it_lacks() {
        let asked = |version| format!("{:?}", KIND.api.list_on(Some(version)));
        assert!(!asked("4.5").contains("state"));
        assert!(asked("5.2.1").contains("state") && !asked("5.2.1").contains("labels"));
        assert!(asked("7.1.0.dev1").contains("labels"));
    }
}
