//! Tenants: who owns what. Premium edition, and only for a `sys_admin` (cloudify.md#tenants).
//!
//! Nothing about a tenant can be changed. The manager may purge what a removed tenant owned, so that each removal has
//! to be allowed. One tenant alone shows the message broker's password in clear: it is never read here. With
//! `_get_data` the list says who is a member; roles that come through a group are not counted as a user's own
//! (cloudify.md#tenant-users).

use serde_json::{Value, json};

use crate::providers::cloudify::shared::{NAMED, NAMES, list, name};
use crate::spec::{Api, Body, Envelope, Identity, Kind, call};
use wire::Method::{Delete, Post};

/// `tenants`.
pub(crate) static KIND: Kind = Kind {
    name: "tenants",
    doc: "Tenants, each with blueprints, plugins, secrets and deployments of its own",
    source: "Tenants; cloudify.md#tenants",
    identity: Identity::Name("name"),
    names: NAMES.except(&["users", "user-groups"]),
    fields: &[name("name", "Name of the tenant")],
    api: Api {
        list: list("/tenants?_get_data=true&_sort=name"),
        create: &[call(Post, "/tenants/{name}", Body::None).reply(Envelope::One(""))],
        remove: &[call(Delete, "/tenants/{name}", Body::None)],
        ..NAMED
    },
    removed_by_address: true,
    read: Some(list_members),
    ..Kind::NEW
};

/// Where a tenant holds its users after reading.
pub(crate) const USERS: &str = "tenant_users";

/// Where a tenant holds its groups after reading.
pub(crate) const GROUPS: &str = "tenant_user_groups";

/// Makes lists of the maps from name to role: one of users, one of groups. Servers that only count leave the count there,
/// so that it is not taken for an empty list.
fn list_members(tenant: &mut Value) {
    let rows = |roles: Option<&Value>, counted: &str, key: &str| match roles {
        Some(Value::Object(roles)) => {
            Some(Value::Array(roles.iter().map(|(name, role)| json!({ key: name, "role": role })).collect()))
        }
        // Without roles there are only names.
        Some(Value::Array(names)) => Some(Value::Array(names.iter().map(|name| json!({ key: name })).collect())),
        _ => tenant.get(counted).filter(|count| count.is_number()).cloned(),
    };
    // Servers of the 4.x line may leave `user_roles` out; a user's own role is then beside the effective ones.
    let own: Option<Value> = tenant.get("users").and_then(Value::as_object).map(|users| {
        let role = |(name, roles): (&String, &Value)| Some((name.clone(), roles.get("tenant-role")?.as_str()?.into()));
        Value::Object(users.iter().filter_map(role).collect())
    });
    let names = tenant.get("users").filter(|users| users.is_array());
    let users = rows(tenant.pointer("/user_roles/direct").or(own.as_ref()).or(names), "users", "username");
    let groups = rows(tenant.get("groups"), "groups", "group_name");
    let Value::Object(map) = tenant else { return };
    map.extend(users.map(|users| (USERS.to_owned(), users)));
    map.extend(groups.map(|groups| (GROUPS.to_owned(), groups)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::cloudify::testing::{reshaped, shows};

    #[test]
    fn only_direct_members_are_its_users() {
        let live = json!({
            "name": "beta1", "groups": { "gops": "manager" },
            "users": { "rob": { "tenant-role": "user", "roles": ["manager", "user"] } },
            "user_roles": { "direct": { "rob": "user" }, "groups": { "gops": { "role": "manager", "users": ["rob", "ann"] } } },
            "rabbitmq_password": "<redacted>"
        });
        shows(&KIND, &live, &json!({ "name": "beta1" }));
        let seen = reshaped(&KIND, &live);
        assert_eq!(seen[USERS], json!([{ "username": "rob", "role": "user" }]));
        assert_eq!(seen[GROUPS], json!([{ "group_name": "gops", "role": "manager" }]));
        assert!(KIND.fields.iter().all(|field| !field.name.starts_with("rabbitmq")));
    }

    #[test]
    fn before_there_were_roles_members_were_names() {
        let seen = reshaped(&KIND, &json!({ "name": "acme", "groups": ["staff"], "users": ["ana"] }));
        assert_eq!(seen[USERS], json!([{ "username": "ana" }]));
        assert_eq!(seen[GROUPS], json!([{ "group_name": "staff" }]));
    }

    #[test]
    fn counts_name_nobody() {
        let seen = reshaped(&KIND, &json!({ "name": "default_tenant", "groups": 0, "users": 1 }));
        assert_eq!((&seen[USERS], &seen[GROUPS]), (&json!(1), &json!(0)));
    }
}
