//! Which groups belong to a tenant, and with which role for all their users (cloudify.md#tenant-user-groups).

use crate::providers::cloudify::kinds::tenants;
use crate::providers::cloudify::shared::{SINCE_V3_1, TENANT_ROLE, UNLINKED};
use crate::spec::{Api, Body, CallSpec, Identity, Kind, List, Type, call, field};
use wire::Method::{self, Delete, Patch, Put};

/// `tenant-user-groups`.
pub(crate) static KIND: Kind = Kind {
    name: "tenant-user-groups",
    doc: "User groups of a tenant, with their users' role in it",
    source: "Add, update and delete user group from tenant; cloudify.md#tenant-user-groups",
    parent: Some("tenants"),
    identity: Identity::CaselessName("group_name"),
    fields: &[field("group_name", Type::Ref("user-groups"), "Name of the user group").fixed(), TENANT_ROLE],
    api: Api {
        list: List::Inside(tenants::GROUPS),
        create: &[assign(Put)],
        update: &[assign(Patch)],
        remove: &[call(
            Delete,
            "/tenants/user-groups",
            Body::Json(r#"{"group_name": "{id}", "tenant_name": "{parent.name}"}"#),
        )],
        ..UNLINKED
    },
    documented_at: &[(Patch, "/tenants/user-groups", SINCE_V3_1)],
    ..Kind::NEW
};

const fn assign(method: Method) -> CallSpec {
    let body = r#"{"group_name": "{group_name}", "tenant_name": "{parent.name}", "role": "{role}"}"#;
    call(method, "/tenants/user-groups", Body::Json(body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_group_as_its_tenant_lists_it() {
        let group = json!({ "group_name": "gops", "role": "manager" });
        shows(&KIND, &group, &group);
    }
}
