//! Groups of users. Premium edition, and only for a `sys_admin` (cloudify.md#user-groups).
//!
//! The fields written as `group_name` and `ldap_group_dn` are read as `name` and `ldap_dn`. With `_get_data` the list
//! says who is a member. A group with members or tenants may be refused its removal, so that these go first.

use serde_json::{Value, json};

use crate::providers::cloudify::shared::{NAMED, NAMES, SEEN, SYSTEM_ROLE, list, name};
use crate::spec::{Api, Body, Condition, Envelope, Identity, Kind, Type, call, field};
use wire::Method::{Delete, Post};

/// `user-groups`.
pub(crate) static KIND: Kind = Kind {
    name: "user-groups",
    doc: "Groups of users, of the manager's own or of a directory",
    source: "User groups; cloudify.md#user-groups",
    identity: Identity::CaselessName("group_name"),
    names: NAMES.except(&["users"]),
    fields: &[
        name("group_name", "Name of the group, whatever its case").read_as("name"),
        field("ldap_group_dn", Type::Text, "Distinguished name of the group in the directory")
            .read_as("ldap_dn")
            .default("\"\"")
            .replaces(),
        // The call stands in no reference text; it was seen to work (cloudify.md#user-groups). The text of the 4.5 line
        // takes a role and shows none (cloudify.md#user-groups).
        SYSTEM_ROLE.readable_on(Condition::since("5.0")).dedicated_call(&[call(
            Post,
            "/user-groups/{name}",
            Body::Json(r#"{"role": "{role}"}"#),
        )
        .reply(Envelope::One(""))
        .when(Condition::since("4.3"))]),
    ],
    api: Api {
        list: list("/user-groups?_get_data=true&_sort=name"),
        create: &[call(Post, "/user-groups", Body::Fields).reply(Envelope::One(""))],
        remove: &[call(Delete, "/user-groups/{name}", Body::None)],
        ..NAMED
    },
    read: Some(list_members),
    documented_at: &[(Post, "/user-groups/{name}", SEEN)],
    ..Kind::NEW
};

/// Where a group holds its members after reading.
pub(crate) const MEMBERS: &str = "members";

/// Makes a list of members of the list of names. Servers that only count leave the count there, so that it is not taken for
/// an empty list.
fn list_members(group: &mut Value) {
    let members = match group.get("users") {
        Some(Value::Array(names)) => Value::Array(names.iter().map(|name| json!({ "username": name })).collect()),
        Some(count) => count.clone(),
        None => return,
    };
    if let Value::Object(map) = group {
        map.insert(MEMBERS.into(), members);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::cloudify::testing::{body, reshaped, shows};

    #[test]
    fn a_group_as_it_was_seen() {
        let live = json!({ "name": "gops", "ldap_dn": null, "role": "default", "tenants": { "beta1": "manager" }, "users": ["rob"] });
        shows(&KIND, &live, &json!({ "group_name": "gops", "ldap_group_dn": null, "role": "default" }));
        assert_eq!(reshaped(&KIND, &live)[MEMBERS], json!([{ "username": "rob" }]));
    }

    #[test]
    fn a_create_uses_the_names_for_writing() {
        let declared = json!({ "group_name": "gnet", "ldap_group_dn": "CN=gnet,DC=x", "role": "default" });
        assert_eq!(body(&KIND, &declared, None), declared);
    }
}
