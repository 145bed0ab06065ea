//! Groups of deployments, from 6.0 on (cloudify.md#deployment-groups).
//!
//! One call makes and changes them. A deployment may be in several. What is removed with a group is the group alone.

use crate::providers::cloudify::shared::{
    LABELS, SEEN, TENANT_OWNED, VISIBILITY, WITH_GROUPS, WITHOUT_GROUPS, list, name, named_in_path, read_labels,
};
use crate::spec::{Api, Body, CallSpec, Envelope, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Get, Put};

/// `deployment-groups`.
pub(crate) static KIND: Kind = Kind {
    name: "deployment-groups",
    doc: "Groups of deployments, on which workflows are run together (from 6.0 on)",
    source: "cloudify.md#deployment-groups",
    identity: Identity::Name("id"),
    fields: &[
        name("id", "Name of the group"),
        field("description", Type::Text, "What it is for"),
        field("deployment_ids", Type::Set(&Type::Ref("deployments")), "The deployments in it").default("[]"),
        field("blueprint_id", Type::Ref("blueprints"), "Blueprint of deployments that are made in it")
            .read_as("default_blueprint_id")
            .stays(),
        field("default_inputs", Type::Map(&Type::Any), "Inputs of deployments that are made in it").default("{}"),
        field(
            "labels",
            LABELS,
            "Labels, keys kept in lower case; later ones are given to its deployments, too, which declare them as well",
        ),
        field("visibility", Type::Enum(VISIBILITY), "Who sees it: its creator, its tenant or everybody")
            .default("\"tenant\""),
    ],
    api: Api {
        list: list(
            "/deployment-groups?_include=id,description,visibility,tenant_name,labels,default_blueprint_id,\
             default_inputs,deployment_ids&_sort=id",
        ),
        lists: &[(WITHOUT_GROUPS, List::Nowhere)],
        create: &[put(Body::Fields).reshape(named_in_path).when(WITH_GROUPS)],
        update: &[put(Body::Changed)],
        remove: &[call(Delete, "/deployment-groups/{name}", Body::None)],
        ..TENANT_OWNED
    },
    read: Some(read_labels),
    documented_at: &[
        (Get, "/deployment-groups", SEEN),
        (Put, "/deployment-groups/{name}", SEEN),
        (Delete, "/deployment-groups/{name}", SEEN),
    ],
    ..Kind::NEW
};

const fn put(body: Body) -> CallSpec {
    call(Put, "/deployment-groups/{name}", body).reply(Envelope::One(""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::{body, shows};

    #[test]
    fn a_group_as_it_was_seen() {
        let live = json!({
            "id": "g1", "visibility": "private", "description": "x", "default_inputs": { "n": 2 },
            "default_blueprint_id": "two-f995ef592e0e", "tenant_name": "default_tenant", "deployment_ids": ["c", "a"],
            "labels": [{ "key": "grp", "value": "one", "created_at": "2026-11-30T09:52:07.752Z", "created_by": "admin" }]
        });
        let expected = json!({
            "id": "g1", "visibility": "private", "description": "x", "default_inputs": { "n": 2 },
            "blueprint_id": "two-f995ef592e0e", "deployment_ids": ["a", "c"], "labels": [{ "grp": "one" }]
        });
        shows(&KIND, &live, &expected);
    }

    #[test]
    fn an_empty_group_shows_nothing() {
        let live = json!({
            "id": "g1", "visibility": "tenant", "description": null, "default_inputs": null,
            "default_blueprint_id": null, "deployment_ids": [], "labels": []
        });
        shows(&KIND, &live, &json!({ "deployment_ids": [], "default_inputs": {}, "description": null, "labels": [] }));
    }

    #[test]
    fn a_create_names_the_blueprint_as_a_change_does() {
        let declared = json!({ "id": "g1", "blueprint_id": "ops", "deployment_ids": ["a"] });
        assert_eq!(body(&KIND, &declared, None), json!({ "blueprint_id": "ops", "deployment_ids": ["a"] }));
    }
}
