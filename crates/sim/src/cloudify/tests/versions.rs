//! Differences between releases: the table of versions (cloudify.md#versions), line by line.

use super::*;

#[test]
fn the_oldest_servers() {
    let mut desk = cloudify("4.0");
    desk.play(
        r#"
        GET version
        -> 200 {"version": "4.0.0"}
        GET secrets tenant=nosuch
        -> 401 {"error_code": "unauthorized_error", "message": "User unauthorized: Tried to authenticate with invalid tenant name: nosuch", "server_traceback": "Traceback…"}
        GET secrets tenant=None
        -> 401
        GET tokens
        -> 200 {"role": "admin", "value": "$token"}
        GET /api/v3/tokens
        -> 200 {"value": "$token"}
        GET user token=$token
        -> 200 {"username": "admin"}
        GET user token=x$token
        -> 401
        POST tokens {}
        -> 405 html
        GET status
        -> 200 {"status": "running", "services": "*"}
        PUT users {"username": "rob", "password": "robrob", "role": "default"}
        -> 400 {"message": "Invalid role: `default`. Valid system_role roles are: ['admin', 'user']"}
        PUT users {"username": "rob", "password": "robrob"}
        -> 201 {"role": "user"}
        POST tenants/acme1
        -> 201 keys name groups users
        PUT tenants/users {"username": "rob", "tenant_name": "acme1"}
        -> 200 {"users": 1}
        PATCH tenants/users {"username": "rob", "tenant_name": "acme1", "role": "viewer"}
        -> 405 html
        GET tenants/acme1?_get_data=true
        -> 200 {"name": "acme1", "groups": [], "users": ["rob"]}
        PUT secrets/key1 {"value": "value1", "visibility": "private", "update_if_exists": true}
        -> 200 keys key value created_at updated_at permission tenant_name created_by private_resource
        -> 200 {"value": "value1", "permission": "creator"}
        PUT secrets/key1 {"value": "value1", "update_if_exists": true}
        -> 409
        PATCH secrets/key1/set-global
        -> 404 html
        PATCH secrets/key1/set-visibility {"visibility": "global"}
        -> 404 html
        PUT blueprints/ops file=ops
        -> 201 keys created_at id main_file_name plan updated_at description tenant_name created_by private_resource
        PUT deployments/d {"blueprint_id": "ops"}
        -> 201 {"inputs": {"mode": "ok"}}
        wait 2
        PUT deployment-updates/d/update/initiate {"blueprint_id": "ops"}
        -> 405 html
        POST deployment-updates/d/update/initiate {"blueprint_id": "ops"}
        -> 400 {"error_code": "bad_parameters_error"}
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201 {"id": "$id"}
        POST executions/$id {"action": "kill"}
        -> 400 {"message": "Invalid action: kill, Valid action values are: ['cancel', 'force-cancel']"}
        "#,
    );
}

#[test]
fn version_4_5() {
    let mut desk = cloudify("4.5");
    desk.play(
        r#"
        GET secrets tenant=nosuch
        -> 403 {"error_code": "forbidden_error", "server_traceback": "Traceback…"}
        GET tokens
        -> 200 {"role": "sys_admin", "username": "admin", "value": "*"}
        PUT secrets/key1 {"value": "value1"}
        -> 200 {"value": "gAAAAA…", "is_hidden_value": false}
        GET secrets
        -> 200 {"metadata": {"pagination": {"total": 1, "size": 0, "offset": 0}}}
        PATCH secrets/key1/set-global
        -> 200 {"visibility": "global"}
        DELETE secrets/key1
        -> 200 {"key": "key1", "visibility": "global"}
        # parsed in the request; a failure leaves nothing
        PUT blueprints/bad?application_file_name=x.yaml file=ops
        -> 400 {"error_code": "invalid_blueprint_error"}
        GET blueprints/bad
        -> 404
        PUT blueprints/ops?async_upload=true file=ops
        -> 201 keys created_at id visibility main_file_name plan updated_at description tenant_name created_by resource_availability private_resource
        PUT blueprints/ops2 file=ops2
        -> 201
        GET blueprints?_include=state
        -> 400 {"error_code": "no_such_include_field_error"}
        PATCH blueprints/ops {"labels": []}
        -> 405 html
        PUT deployments/1d {"blueprint_id": "ops"}
        -> 400 {"message": "The `deployment_id` argument must begin with a letter"}
        PUT deployments/d {"blueprint_id": "ops", "visibility": "global"}
        -> 403
        PUT deployments/d {"blueprint_id": "ops", "inputs": {"nap": "x"}}
        -> 400 {"error_code": "deployment_creation_error"}
        GET deployments/d
        -> 404
        # never waits
        PUT deployments/d {"blueprint_id": "ops"}
        -> 201 keys created_at id visibility description inputs groups permalink policy_triggers policy_types outputs scaling_groups updated_at workflows blueprint_id tenant_name created_by resource_availability private_resource
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 400 {"error_code": "deployment_environment_creation_in_progress_error"}
        wait 1
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201 keys created_at visibility id ended_at error is_system_workflow parameters status workflow_id started_at is_dry_run blueprint_id deployment_id status_display tenant_name created_by resource_availability private_resource
        wait 5
        GET deployments/d/capabilities
        -> 404 html
        # no availability rules: it runs again
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201 {"id": "$again"}
        wait 5
        GET executions/$again?_include=status
        -> 200 {"status": "terminated"}
        POST executions/$again {"action": "resume"}
        -> 400 {"message": "Invalid action: resume, Valid action values are: ['cancel', 'force-cancel', 'kill']"}
        PATCH deployments/d/set-visibility {"visibility": "global"}
        -> 400 {"message": "Invalid visibility: `global`. Valid visibility's values are: ['tenant']"}
        PUT deployment-updates/d/update/initiate {}
        -> 400 {"error_code": "bad_parameters_error"}
        PUT deployment-updates/d/update/initiate {"blueprint_id": "ops2"}
        -> 200 {"id": "$update", "state": "updating"}
        PUT deployment-updates/d/update/initiate {"blueprint_id": "ops2"}
        -> 409 {"message": "There are deployment updates still active; update IDs: $update"}
        GET deployment-updates/$update
        -> 200 {"state": "executing_workflow"}
        wait 4
        GET deployment-updates/$update
        -> 200 {"state": "successful"}
        POST deployment-updates/d/update/initiate {"blueprint_id": "ops2"}
        -> 400 {"error_code": "bad_parameters_error"}
        DELETE deployments/d?force=true
        -> 400 {"error_code": "dependent_exists_error"}
        DELETE deployments/d {"ignore_live_nodes": true}
        -> 200 {"id": "d"}
        GET deployments/d
        -> 404
        DELETE blueprints/ops
        -> 200 {"id": "ops"}
        POST tenants/acme1
        -> 201
        DELETE tenants/acme1
        -> 200 {"name": "acme1", "groups": 0, "users": 0}
        "#,
    );
}

#[test]
fn the_update_verb_moves_from_put_to_post() {
    for (version, put, post) in [("4.5", 404, 400), ("6.1", 404, 400), ("6.3", 404, 404), ("7.1", 405, 404)] {
        cloudify(version).play(&format!(
            r#"
            PUT deployment-updates/nosuch/update/initiate {{"blueprint_id": "x"}}
            -> {put}
            POST deployment-updates/nosuch/update/initiate {{"blueprint_id": "x"}}
            -> {post}
            "#
        ));
    }
}

/// The community edition shows users and tenants what is their own, and has no more of multi-tenancy
/// (cloudify.md#editions).
#[test]
fn the_community_edition() {
    let missing = r#"404 {"error_code": "missing_premium_package_error", "message": "This feature exists only in the premium edition of Cloudify.\nPlease contact sales for additional info.", "server_traceback": null}"#;
    let mut desk = cloudify("7.1-community");
    desk.play(
        r#"
        GET version
        -> 200 {"edition": "community", "version": "7.1.0"}
        GET tenants
        -> 200 {"items": [{"name": "default_tenant", "groups": 0, "users": 1}]}
        GET tenants/default_tenant
        -> 200 {"name": "default_tenant"}
        GET tenants/foo
        -> 403 {"error_code": "forbidden_error"}
        GET users/admin
        -> 200 {"username": "admin"}
        GET users/rob
        -> 400 {"error_code": "bad_parameters_error", "message": "Cannot get details of a different user"}
        POST users/rob {"role": "sys_admin"}
        -> 400 {"error_code": "bad_parameters_error", "message": "Cannot change settings for a different user"}
        GET user
        -> 200 {"username": "admin"}
        PUT secrets/key {"value": "v", "visibility": "global"}
        -> 200
        "#,
    );
    for request in [
        "POST tenants/foo",
        "DELETE tenants/foo",
        r#"PUT tenants/users {"username": "u", "tenant_name": "default_tenant", "role": "user"}"#,
        "GET users",
        r#"PUT users {"username": "rob", "password": "robrob", "role": "default"}"#,
        "GET user-groups",
        r#"POST user-groups {"group_name": "g"}"#,
    ] {
        desk.play(&format!("{request}\n-> {missing}"));
    }
}

/// States that came later are not in an older server's database, and no server knows made-up ones.
#[test]
fn a_state_that_the_server_does_not_know_is_an_internal_error() {
    for (version, killed, queued) in [("4.3", 500, 500), ("4.4", 200, 500), ("4.5", 200, 200), ("7.1", 200, 200)] {
        cloudify(version).play(&format!(
            r#"
            GET executions?status=started&status=force_cancelling
            -> 200
            GET executions?status=started&status=kill_cancelling
            -> {killed}
            GET executions?status=started&status=queued
            -> {queued}
            GET executions?status=bogus
            -> 500
            "#
        ));
    }
}

#[test]
fn the_timeline_between() {
    // DELETE with the object, `force`, filtered metadata, the cluster, `set-global`, `labels`.
    for (version, delete, cluster, global) in [
        ("4.6", 200, 200, 200),
        ("5.0.5", 200, 404, 200),
        ("5.1", 204, 404, 200),
        ("6.4", 204, 404, 200),
        ("7.0", 204, 404, 404),
    ] {
        cloudify(version).play(&format!(
            r#"
            GET cluster
            -> {cluster}
            PUT secrets/s {{"value": "x"}}
            -> 200
            PATCH secrets/s/set-global
            -> {global}
            DELETE secrets/s
            -> {delete}
            "#
        ));
    }
    assert!(cloudify("5.0.5").get("secrets")["metadata"].get("filtered").is_none());
    assert!(cloudify("5.1").get("secrets")["metadata"]["filtered"].is_null());
    assert_eq!(cloudify("6.3").get("tokens")["role"], "sys_admin");
    assert_eq!(cloudify("6.4").get("tokens")["items"], json!([]));
}

/// Who waits in the request for work that asks the server again, and since when.
#[test]
fn waiting_for_the_parser_or_a_workflow_holds_a_worker() {
    for (version, line, holds) in [
        ("7.1", "PUT blueprints/b", true),
        ("5.2", "PUT blueprints/b?async_upload=", true),
        ("7.1", "PUT blueprints/b?async_upload=false", false),
        ("5.1", "PUT blueprints/b", false),
        ("7.1", "PUT deployments/d", true),
        ("7.1", "PUT deployments/d?async_create=false", true),
        ("7.1", "PUT deployments/d?async_create=true", false),
        ("5.2", "PUT deployments/d", false),
        ("7.1", "POST deployments/d/set-site", false),
        ("7.1", "GET blueprints/b", false),
    ] {
        let desk = cloudify(version);
        assert_eq!(desk.manager.workers(), Some(4));
        assert_eq!(desk.manager.holds_worker(&desk.request(line)), holds, "{version} {line}");
    }
}
