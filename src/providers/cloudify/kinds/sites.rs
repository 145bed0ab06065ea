//! Sites: places that deployments belong to, from 5.0 on (cloudify.md#sites).

use crate::providers::cloudify::formats::COORDINATES;
use crate::providers::cloudify::shared::{NAMES, SEEN, TENANT_OWNED, list, name, named_in_path, visibility};
use crate::spec::{Api, Body, CallSpec, Condition, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Get, Post, Put};

/// `sites`.
pub(crate) static KIND: Kind = Kind {
    name: "sites",
    doc: "Sites: places that deployments belong to (from 5.0 on)",
    source: "cloudify.md#sites",
    identity: Identity::Name("name"),
    names: NAMES,
    fields: &[
        name("name", "Name of the site"),
        field("location", Type::Format(&COORDINATES), "Where it is: latitude and longitude, as in `50.11, 8.68`"),
        visibility(&[change(Body::Json(r#"{"visibility": "{visibility}"}"#))]),
    ],
    api: Api {
        list: list("/sites?_include=name,location,visibility,tenant_name&_sort=name"),
        lists: &[(Condition::before("5.0"), List::Nowhere)],
        create: &[call(Put, "/sites/{name}", Body::Fields).reshape(named_in_path).when(Condition::since("5.0"))],
        update: &[change(Body::Changed)],
        remove: &[call(Delete, "/sites/{name}", Body::None)],
        ..TENANT_OWNED
    },
    documented_at: &[
        (Get, "/sites", SEEN),
        (Put, "/sites/{name}", SEEN),
        (Post, "/sites/{name}", SEEN),
        (Delete, "/sites/{name}", SEEN),
    ],
    ..Kind::NEW
};

const fn change(body: Body) -> CallSpec {
    call(Post, "/sites/{name}", body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::{body, shows};

    #[test]
    fn a_site_as_it_was_seen() {
        let live = json!({
            "visibility": "tenant", "name": "fra", "tenant_name": "default_tenant", "location": "50.1, 8.68"
        });
        shows(&KIND, &live, &json!({ "name": "fra", "location": "50.1, 8.68", "visibility": "tenant" }));
        let nowhere = json!({ "visibility": "tenant", "name": "ber", "location": null });
        shows(&KIND, &nowhere, &json!({ "location": null }));
    }

    #[test]
    fn a_create_has_the_name_in_its_path() {
        let declared = json!({ "name": "fra", "location": "50.1,8.68" });
        assert_eq!(body(&KIND, &declared, None), json!({ "location": "50.1,8.68" }));
        assert_eq!(body(&KIND, &json!({ "name": "fra" }), None), json!({}), "a body is needed all the same");
    }
}
