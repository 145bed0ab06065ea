//! Secrets and visibility (cloudify.md#secrets).

use super::*;

#[test]
fn secrets_are_created_changed_and_deleted() {
    desk().play(
        r#"
        PUT secrets/db_pass {"value": "s3cret"}
        -> 200 keys created_at visibility value updated_at is_hidden_value schema provider_options key provider_name tenant_name created_by resource_availability private_resource
        -> 200 {"visibility": "tenant", "value": "gAAAAA…", "is_hidden_value": false, "key": "db_pass", "tenant_name": "default_tenant", "created_by": "admin", "private_resource": false}
        PUT secrets/db_pass {"value": "other"}
        -> 409 {"error_code": "conflict_error", "message": "<Secret id=`db_pass` tenant=`default_tenant`> already exists on <Tenant name=`default_tenant`> or with global visibility"}
        PUT secrets/db_pass {"value": "other", "update_if_exists": true, "visibility": "global", "is_hidden_value": true}
        -> 200 {"visibility": "tenant", "is_hidden_value": false, "value": "$cipher"}
        GET secrets/db_pass
        -> 200 {"value": "other", "created_at": "2026-01-01T00:00:00.250Z", "updated_at": "2026-01-01T00:00:00.750Z"}
        GET secrets
        -> 200 keys key created_at updated_at resource_availability visibility tenant_name created_by is_hidden_value provider_name
        GET /api/v3/secrets/db_pass
        -> 200 {"value": "other"}
        GET secrets/db_pass?_skip_value=true
        -> 200 {"value": ""}
        GET secrets/nosuch
        -> 404 {"error_code": "not_found_error", "message": "Requested `Secret` with ID `nosuch` was not found"}
        PATCH secrets/nosuch {"value": "x"}
        -> 404
        DELETE secrets/nosuch
        -> 404
        PATCH secrets/db_pass {"value": "v2"}
        -> 200 {"value": "gAAAAA…"}
        PATCH secrets/db_pass {}
        -> 400 {"error_code": "illegal_action_error", "message": "Update a secret request must include at least one parameter to update"}
        PATCH secrets/db_pass {"is_hidden_value": true}
        -> 200 {"is_hidden_value": true}
        # an empty value changes nothing but the date; so does an unknown key
        PATCH secrets/db_pass {"value": ""}
        -> 200
        PATCH secrets/db_pass {"nosuch": 1}
        -> 200
        GET secrets/db_pass?_include=key,value,is_hidden_value,updated_at
        -> 200 {"value": "v2", "is_hidden_value": true, "key": "db_pass", "updated_at": "2026-01-01T00:00:03.750Z"}
        PUT secrets/empty {"value": ""}
        -> 400 {"message": "Cannot create a secret with empty value or provider:                 empty"}
        PUT secrets/num {"value": 5}
        -> 500 {"error_code": "internal_server_error", "server_traceback": "Traceback…"}
        PUT secrets/obj {"value": {"a": 1}}
        -> 500
        PUT secrets/obj2 {"value": {"a": 1}, "schema": {"type": "object"}}
        -> 200 {"schema": {"type": "object"}}
        GET secrets/obj2
        -> 200 {"value": {"a": 1}}
        PUT secrets/obj3 {"value": "text", "schema": {"type": "object"}}
        -> 409 {"error_code": "conflict_error", "message": "Error validating secret value: 'text' is not of type 'object'"}
        PUT secrets/obj3 {"value": {"a": 1}, "schema": {"type": "object", "patternProperties": {}}}
        -> 400 {"message": "the simulated manager can't check `patternProperties` of a schema"}
        PATCH secrets/obj2 {"value": "text"}
        -> 409 {"message": "Error validating secret value: 'text' is not of type 'object'"}
        # no update takes what is no text
        PATCH secrets/obj2 {"value": {"a": 2}}
        -> 500
        GET secrets/obj2
        -> 200 {"value": {"a": 1}, "schema": {"type": "object"}}
        DELETE secrets/db_pass
        -> 204 empty
        GET secrets/db_pass
        -> 404
        "#,
    );
}

#[test]
fn the_ciphertext_is_new_after_each_write_of_the_value_only() {
    let mut desk = desk();
    let mut cipher = |body: Value| desk.ask(Method::Put, "secrets/a", Some(body)).1["value"].clone();
    let first = cipher(json!({"value": "x"}));
    let second = cipher(json!({"value": "x", "update_if_exists": true}));
    assert_ne!(first, second);
    let (_, patched) = desk.ask(Method::Patch, "secrets/a", Some(json!({"is_hidden_value": true})));
    assert_eq!(patched["value"], second);
}

#[test]
fn visibility_is_widened_only() {
    desk().play(
        r#"
        POST tenants/acme1
        -> 201
        PUT secrets/p1 {"value": "x", "visibility": "private"}
        -> 200 {"visibility": "private"}
        PATCH secrets/p1/set-visibility {"visibility": "tenant"}
        -> 200 {"visibility": "tenant"}
        PATCH secrets/p1/set-visibility {"visibility": "tenant"}
        -> 200 {"updated_at": "2026-01-01T00:00:01.000Z"}
        PATCH secrets/p1/set-visibility {"visibility": "private"}
        -> 400 {"error_code": "bad_parameters_error", "message": "Invalid visibility: `private`. Valid visibility's values are: ['tenant', 'global']"}
        PATCH secrets/p1/set-visibility {"visibility": "global"}
        -> 200 {"visibility": "global"}
        PATCH secrets/p1/set-visibility {"visibility": "tenant"}
        -> 400 {"error_code": "illegal_action_error", "message": "Can't set the visibility of `p1` to tenant because it already has wider visibility"}
        PATCH secrets/p1 {"visibility": "tenant"}
        -> 400 {"error_code": "illegal_action_error"}
        PATCH secrets/p1/set-visibility {"visibility": "bogus"}
        -> 400 {"message": "Invalid visibility: `bogus`. Valid visibility's values are: ['tenant', 'global']"}
        PATCH secrets/p1/set-visibility {}
        -> 400 {"message": "Missing visibility in json request body"}
        PATCH secrets/p1/set-global
        -> 404 html
        PATCH /api/v3/secrets/p1/set-visibility {"visibility": "global"}
        -> 200
        GET secrets tenant=acme1
        -> 200 {"items": [{"key": "p1", "tenant_name": "default_tenant", "visibility": "global"}]}
        PUT secrets/p1 tenant=acme1 {"value": "y"}
        -> 409 {"message": "<Secret id=`p1` tenant=`acme1`> already exists on <Tenant name=`acme1`> or with global visibility"}
        PATCH secrets/p1 tenant=acme1 {"value": "y"}
        -> 400 {"error_code": "illegal_action_error", "message": "Can't modify the global resource `p1` from outside its tenant `default_tenant`"}
        PUT secrets/p1 tenant=acme1 {"value": "y", "update_if_exists": true}
        -> 400 {"error_code": "illegal_action_error"}
        DELETE secrets/p1 tenant=acme1
        -> 400
        PUT secrets/same {"value": "1"}
        -> 200
        PUT secrets/same tenant=acme1 {"value": "2"}
        -> 200
        PATCH secrets/same/set-visibility {"visibility": "global"}
        -> 409 {"message": "Can't set or create the resource <Secret id=`same` tenant=`default_tenant`>, its visibility can't be global because it also exists in other tenants"}
        GET secrets?_all_tenants=true&_include=key,tenant_name
        -> 200 {"items": [{"key": "p1", "tenant_name": "default_tenant"}, {"key": "same", "tenant_name": "default_tenant"}, {"key": "same", "tenant_name": "acme1"}]}
        PUT secrets/both {"value": "x", "visibility": "tenant", "private_resource": true}
        -> 400
        "#,
    );
}

#[test]
fn a_text_with_a_schema_is_changed_by_put_and_made_unreadable_by_patch() {
    desk().play(
        r#"
        PUT secrets/ss {"value": "abc", "schema": {"type": "string"}}
        -> 200
        PUT secrets/ss {"value": "abd", "schema": {"type": "string"}, "update_if_exists": true}
        -> 200
        GET secrets/ss
        -> 200 {"value": "abd", "schema": {"type": "string"}}
        PATCH secrets/ss {"is_hidden_value": true}
        -> 200
        GET secrets/ss
        -> 200 {"value": "abd", "is_hidden_value": true}
        PATCH secrets/ss {"value": "abe"}
        -> 200
        GET secrets/ss
        -> 500 {"error_code": "internal_server_error"}
        GET secrets/ss?_skip_value=true
        -> 200 {"value": ""}
        PUT secrets/ss {"value": "abf", "schema": {"type": "string"}, "update_if_exists": true}
        -> 200
        GET secrets/ss
        -> 200 {"value": "abf"}
        "#,
    );
}

#[test]
fn hidden_and_private_values_are_kept_from_others() {
    let mut desk = desk();
    admit(&mut desk, &[("vera", Some("viewer")), ("uma", Some("user")), ("bob", None)]);
    desk.play(
        r#"
        POST user-groups {"group_name": "bosses"}
        -> 201
        PUT user-groups/users {"username": "bob", "group_name": "bosses"}
        -> 200
        PUT tenants/user-groups {"group_name": "bosses", "tenant_name": "acme1", "role": "manager"}
        -> 200
        PUT secrets/hid tenant=acme1 {"value": "topsecret", "is_hidden_value": true}
        -> 200
        GET secrets/hid as=vera tenant=acme1
        -> 200 {"value": "", "is_hidden_value": true}
        PUT secrets/v1 as=vera tenant=acme1 {"value": "x"}
        -> 403 {"message": "User `vera` is not permitted to perform the action secret_create in the tenant `acme1`"}
        # a manager through a group
        PATCH secrets/hid as=bob tenant=acme1 {"value": "zz"}
        -> 200
        PATCH secrets/hid as=uma tenant=acme1 {"value": "zz"}
        -> 403 {"message": "User `uma` is not permitted to modify the hidden value secret `hid`"}
        PUT secrets/ug as=uma tenant=acme1 {"value": "x", "visibility": "global"}
        -> 403 {"message": "User `uma` is not permitted to set or create a global resource"}
        PUT secrets/upriv as=uma tenant=acme1 {"value": "x", "visibility": "private"}
        -> 200
        GET secrets/upriv as=vera tenant=acme1
        -> 404
        GET secrets/upriv tenant=acme1
        -> 200 {"value": "x"}
        DELETE tenants/acme1
        -> 409 {"message": "Can not delete tenant `acme1`: it still has 2 secrets, 1 user groups, 2 users"}
        "#,
    );
}
