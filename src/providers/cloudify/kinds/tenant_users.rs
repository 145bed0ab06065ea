//! Who belongs to a tenant, and with which role (cloudify.md#tenant-users).
//!
//! The role is always sent: servers refuse a membership without one, although the reference text calls it optional. A role
//! of the system is none of a tenant, and the other way round.

use crate::providers::cloudify::kinds::tenants;
use crate::providers::cloudify::shared::{SINCE_V3_1, TENANT_ROLE, UNLINKED};
use crate::spec::{Api, Body, CallSpec, Identity, Kind, List, Type, call, field};
use wire::Method::{self, Delete, Patch, Put};

/// `tenant-users`.
pub(crate) static KIND: Kind = Kind {
    name: "tenant-users",
    doc: "Users of a tenant, with their role in it",
    source: "Add, update and delete user from tenant; cloudify.md#tenant-users",
    parent: Some("tenants"),
    identity: Identity::CaselessName("username"),
    fields: &[field("username", Type::Ref("users"), "Name of the user").fixed(), TENANT_ROLE],
    api: Api {
        list: List::Inside(tenants::USERS),
        create: &[assign(Put)],
        update: &[assign(Patch)],
        remove: &[call(
            Delete,
            "/tenants/users",
            Body::Json(r#"{"username": "{id}", "tenant_name": "{parent.name}"}"#),
        )],
        ..UNLINKED
    },
    documented_at: &[(Patch, "/tenants/users", SINCE_V3_1)],
    ..Kind::NEW
};

const fn assign(method: Method) -> CallSpec {
    let body = r#"{"username": "{username}", "tenant_name": "{parent.name}", "role": "{role}"}"#;
    call(method, "/tenants/users", Body::Json(body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_member_as_its_tenant_lists_it() {
        let member = json!({ "username": "rob", "role": "user" });
        shows(&KIND, &member, &member);
    }
}
