//! Tenants, users, groups, memberships (cloudify.md#tenants).

use super::*;

#[test]
fn tenants_are_found_by_filter() {
    desk().play(
        r#"
        GET tenants
        -> 200 {"metadata": {"pagination": {"total": 1, "size": 1000, "offset": 0}, "filtered": null}, "items": [{"name": "default_tenant", "groups": 0, "users": 1, "user_roles": null, "rabbitmq_username": null, "rabbitmq_password": null, "rabbitmq_vhost": null}]}
        GET tenants?_get_data=true
        -> 200 {"items": [{"name": "default_tenant", "groups": {}, "users": {"admin": {"tenant-role": "user", "roles": ["user"]}}, "user_roles": {"direct": {"admin": "user"}, "groups": {}}}]}
        GET tenants?name=default_tenant&_include=name
        -> 200 {"items": [{"name": "default_tenant"}]}
        GET tenants?name=nosuch
        -> 200 items 0
        POST tenants/beta1
        -> 201 {"name": "beta1", "groups": 0, "users": 0, "user_roles": null, "rabbitmq_username": "rabbitmq_user_beta1", "rabbitmq_password": "gAAAAA…", "rabbitmq_vhost": "rabbitmq_vhost_beta1"}
        POST tenants/beta1
        -> 409 {"message": "Tenant `beta1` already exists"}
        POST tenants/users
        -> 400 {"message": "'users' is not allowed as a tenant name because it wouldn't be possible to remove it later due to a conflict with the remove users from tenant endpoint"}
        POST tenants/1bad
        -> 400 {"message": "The `tenant_name` argument must begin with a letter"}
        GET tenants/beta1?_get_data=true
        -> 200 {"groups": {}, "users": {}, "user_roles": {"direct": {}, "groups": {}}}
        GET tenants/nosuch
        -> 403 {"message": "Authorization failed: Tried to authenticate with invalid tenant name: nosuch"}
        DELETE tenants/nosuch
        -> 404 {"message": "Requested `Tenant` was not found (filters: {'name': 'nosuch'})"}
        DELETE tenants/default_tenant
        -> 400 {"error_code": "illegal_action_error", "message": "Can not delete the default tenant"}
        DELETE tenants/beta1
        -> 204 empty
        "#,
    );
}

#[test]
fn users_are_changed_one_attribute_at_a_time() {
    desk().play(
        r#"
        PUT users {"username": "rob", "password": "robrob", "role": "default"}
        -> 201 {"username": "rob", "tenants": 0, "tenant_roles": null, "groups": 0, "role": "default", "group_system_roles": {}, "active": true, "first_login_at": null, "last_login_at": null, "is_locked": false, "show_getting_started": true, "password_hash": null}
        PUT users {"username": "ROB", "password": "robrob"}
        -> 409 {"message": "User `ROB` already exists"}
        PUT users {"username": "zoe", "password": "x", "role": "default"}
        -> 400 {"message": "The password is too short. Minimum allowed length is 5 characters"}
        PUT users {"username": "zoe", "password": "zoezoe", "role": "user"}
        -> 400 {"message": "Role `user` is a tenant_role and cannot be assigned as a system_role"}
        PUT users {"username": "zoe", "password": "zoezoe", "role": "administrator"}
        -> 400 {"message": "Invalid role: `administrator`. Valid system_role roles are: ['sys_admin', 'default']"}
        PUT users {"username": "zoe"}
        -> 400 {"message": "Missing password in json request body"}
        GET users?_get_data=true&username=rob
        -> 200 {"items": [{"username": "rob", "tenants": {}, "tenant_roles": {"direct": {}, "groups": {}}, "groups": []}]}
        GET users/nosuch
        -> 404 {"message": "Requested `User` was not found (filters: {'username': 'nosuch'})"}
        POST users/rob {"role": "sys_admin"}
        -> 200 {"role": "sys_admin"}
        POST users/rob {"role": "default", "password": "xxxxxx"}
        -> 400 {"message": "Both `password` and `role` provided"}
        POST users/rob {}
        -> 400 {"message": "No valid user settings provided. Available settings: password, role, show_getting_started"}
        POST users/rob {"role": "default"}
        -> 200
        POST users/active/rob {"action": "deactivate"}
        -> 200 {"active": false}
        GET user as=rob
        -> 401 {"message": "User unauthorized: No authentication info provided"}
        POST users/active/rob {"action": "deactivate"}
        -> 409 {"message": "User `rob` is already inactive"}
        POST users/active/rob {"action": "activate"}
        -> 200 {"active": true}
        GET tenants as=rob tenant=None
        -> 200 items 0
        # any other action deactivates
        POST users/active/rob {"action": "bogus"}
        -> 200 {"active": false}
        POST users/admin {"role": "default"}
        -> 400 {"error_code": "illegal_action_error"}
        DELETE users/nosuch
        -> 404
        DELETE users/admin
        -> 400 {"message": "Can not delete the bootstrap admin"}
        "#,
    );
}

#[test]
fn groups_and_memberships() {
    desk().play(
        r#"
        POST tenants/beta1
        -> 201
        PUT users {"username": "rob", "password": "robrob"}
        -> 201
        PUT users {"username": "ann", "password": "annann"}
        -> 201
        POST user-groups {"group_name": "gops"}
        -> 201 {"name": "gops", "ldap_dn": null, "role": "default", "tenants": 0, "users": 0}
        POST user-groups {"group_name": "GOPS"}
        -> 409 {"message": "Group already exists: gops"}
        POST user-groups {"group_name": "gnet", "ldap_group_dn": "CN=gnet,DC=x", "role": "default"}
        -> 201 {"ldap_dn": "CN=gnet,DC=x"}
        POST user-groups {"group_name": "users"}
        -> 400 {"message": "'users' is not allowed as a user group name because it wouldn't be possible to remove it later due to a conflict with the remove users from user group endpoint"}
        POST user-groups {}
        -> 500
        GET user-groups?_get_data=true
        -> 200 {"items": [{"name": "gops", "tenants": {}, "users": []}, {"name": "gnet"}]}
        GET user-groups/GoPs
        -> 200 {"name": "gops"}
        GET user-groups/nosuch
        -> 404 {"message": "Requested `Group` was not found (filters: {'name': 'nosuch'})"}
        POST user-groups/gops {}
        -> 400 {"message": "`role` not provided"}
        PUT user-groups/users {"username": "rob", "group_name": "gops"}
        -> 200 {"name": "gops", "users": 1}
        PUT user-groups/users {"username": "rob", "group_name": "gops"}
        -> 409 {"message": "User `rob` is already in group `gops`"}
        DELETE user-groups/gops
        -> 409 {"message": "Can not delete group `gops`: it has 1 member(s) and 0 tenant(s)"}
        PUT tenants/users {"username": "rob", "tenant_name": "beta1", "role": "viewer"}
        -> 200 {"name": "beta1", "groups": 0, "users": 1}
        PUT tenants/users {"username": "rob", "tenant_name": "beta1", "role": "viewer"}
        -> 409 {"message": "User `rob` is already associated with tenant `beta1`"}
        PUT tenants/users {"username": "rob", "tenant_name": "beta1"}
        -> 400 {"message": "Missing role in json request body"}
        PUT tenants/users {"username": "rob", "tenant_name": "beta1", "role": "sys_admin"}
        -> 400 {"message": "Role `sys_admin` is a system_role and cannot be assigned as a tenant_role"}
        PATCH tenants/users {"username": "rob", "tenant_name": "beta1", "role": "user"}
        -> 200
        PATCH tenants/users {"username": "ann", "tenant_name": "beta1", "role": "user"}
        -> 404 {"message": "User `ann` is not associated with tenant `beta1`"}
        PUT tenants/user-groups {"group_name": "gops", "tenant_name": "beta1", "role": "operations"}
        -> 200 {"groups": 1, "users": 1}
        PATCH tenants/user-groups {"group_name": "gops", "tenant_name": "beta1", "role": "manager"}
        -> 200
        GET tenants/beta1?_get_data=true
        -> 200 {"groups": {"gops": "manager"}, "users": {"rob": {"tenant-role": "user", "roles": ["manager", "user"]}}, "user_roles": {"direct": {"rob": "user"}, "groups": {"gops": {"role": "manager", "users": ["rob"]}}}}
        GET users/rob?_get_data=true
        -> 200 {"tenants": {"beta1": {"tenant-role": "user", "roles": ["manager", "user"]}}, "tenant_roles": {"direct": {"beta1": "user"}, "groups": {"beta1": {"manager": ["gops"]}}}, "groups": ["gops"], "group_system_roles": {"default": ["gops"]}}
        GET user-groups/gops?_get_data=true
        -> 200 {"tenants": {"beta1": "manager"}, "users": ["rob"]}
        PUT tenants/users {"username": "rob", "tenant_name": "nosuch", "role": "user"}
        -> 403 {"message": "Authorization failed: Tried to authenticate with invalid tenant name: nosuch"}
        GET tenants as=rob tenant=None
        -> 200 {"items": [{"name": "beta1"}]}
        DELETE users/rob
        -> 409 {"message": "User `rob` can not be deleted: it has tenant memberships, group memberships"}
        DELETE tenants/beta1
        -> 409 {"message": "Can not delete tenant `beta1`: it still has 1 user groups, 1 users"}
        DELETE tenants/users {"username": "rob", "tenant_name": "beta1"}
        -> 204 empty
        DELETE tenants/users {"username": "rob", "tenant_name": "beta1"}
        -> 404 {"message": "User `rob` is not associated with tenant `beta1`"}
        DELETE tenants/user-groups {"group_name": "gops", "tenant_name": "beta1"}
        -> 204
        DELETE user-groups/users {"username": "rob", "group_name": "gops"}
        -> 204
        DELETE user-groups/users {"username": "rob", "group_name": "gops"}
        -> 404 {"message": "User `rob` is not in group `gops`"}
        DELETE user-groups/gops
        -> 204
        DELETE users/rob
        -> 204
        DELETE user-groups/gops
        -> 404
        "#,
    );
}
