//! Who is in a group (cloudify.md#members). Where a directory knows the users, the manager refuses to change it.

use crate::providers::cloudify::kinds::user_groups;
use crate::providers::cloudify::shared::UNLINKED;
use crate::spec::{Api, Body, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Put};

/// `members`.
pub(crate) static KIND: Kind = Kind {
    name: "members",
    doc: "Users in a group",
    source: "Add and delete user from user group; cloudify.md#members",
    parent: Some("user-groups"),
    identity: Identity::CaselessName("username"),
    fields: &[field("username", Type::Ref("users"), "Name of the user").fixed()],
    api: Api {
        list: List::Inside(user_groups::MEMBERS),
        create: &[call(
            Put,
            "/user-groups/users",
            Body::Json(r#"{"username": "{username}", "group_name": "{parent.name}"}"#),
        )],
        remove: &[call(
            Delete,
            "/user-groups/users",
            Body::Json(r#"{"username": "{id}", "group_name": "{parent.name}"}"#),
        )],
        ..UNLINKED
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::shows;

    #[test]
    fn a_member_as_its_group_lists_it() {
        shows(&KIND, &json!({ "username": "rob" }), &json!({ "username": "rob" }));
    }
}
