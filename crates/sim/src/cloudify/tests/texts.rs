//! The examples of the reference texts: every printed key is answered with a value of the printed kind.

use super::*;

/// Says whether an answer has everything that an example prints: the keys, and values of the same kind.
fn assert_like(place: &str, example: &Value, got: &Value) {
    match (example, got) {
        (Value::Object(example), Value::Object(got)) => {
            for (key, value) in example {
                assert_like(
                    &format!("{place}.{key}"),
                    value,
                    got.get(key).unwrap_or_else(|| panic!("{place}: no `{key}`")),
                );
            }
        }
        (Value::Array(example), Value::Array(got)) => {
            if let (Some(example), Some(got)) = (example.first(), got.first()) {
                assert_like(place, example, got);
            }
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        (Value::Null, _) => {}
        (example, got) => panic!("{place}: `{example}` is printed, `{got}` answered"),
    }
}

fn page(example: Value) -> Value {
    json!({"items": [example], "metadata": {"pagination": {"total": 1, "offset": 0, "size": 0}}})
}

/// A desk with one of everything; asks as `/api/v3` or `/api/v3.1`.
fn furnished(mut desk: Desk, api: &str) -> Desk {
    desk.play(
        &r#"
        PUT API/secrets/key1 {"value": "value1"}
        -> 200
        PUT API/blueprints/hello-world file=ops
        -> 201
        PUT API/deployments/hello1 {"blueprint_id": "hello-world", "inputs": {"mode": "create"}}
        -> 201
        POST API/user-groups {"group_name": "new_group", "ldap_group_dn": "group_ldap_dn"}
        -> 201
        wait 3
        POST API/executions {"deployment_id": "hello1", "workflow_id": "install"}
        -> 201 {"id": "$exec"}
        wait 5
        "#
        .replace("API", api),
    );
    desk
}

/// Cloudify REST v3: Secrets, Executions, Events, Users, Tokens, Manager.
#[test]
fn the_v3_text() {
    let mut desk = furnished(cloudify("4.0"), "/api/v3");
    let secret = json!({"key": "key1", "value": "value1", "created_at": "2017", "updated_at": "2017",
        "permission": "creator", "tenant_name": "default_tenant", "created_by": "admin"});
    let mut listed = secret.clone();
    listed.as_object_mut().unwrap().remove("value");
    let examples = [
        ("secrets/key1", secret),
        ("secrets", json!({"items": [listed]})),
        ("version", json!({"version": "4.0.1", "edition": "community", "build": null, "date": null, "commit": null})),
        ("status?_include=status", json!({"status": "running"})),
        ("tokens", json!({"role": "admin", "value": "WyIwIiwi"})),
        (
            "blueprints/hello-world",
            json!({"main_file_name": "x", "description": null, "tenant_name": "t", "created_at": "2017",
            "updated_at": "2017", "created_by": "admin", "private_resource": false, "plan": {}, "id": "hello-world"}),
        ),
        ("deployments?_include=id", page(json!({"id": "hello1"}))),
        ("executions?_include=id", page(json!({"id": "x"}))),
        ("node-instances?_include=id", page(json!({"id": "x"}))),
        ("nodes?_include=id", page(json!({"id": "x"}))),
        ("tenants?_get_data=true", json!({"items": [{"name": "default_tenant", "groups": [], "users": ["admin"]}]})),
        (
            "user-groups?_get_data=true",
            json!({"items": [{"ldap_dn": "x", "tenants": [], "name": "new_group", "users": []}]}),
        ),
        (
            "users?_get_data=true",
            json!({"items": [{"username": "admin", "last_login_at": "2017", "role": "administrator",
            "groups": [], "active": true, "tenants": ["default_tenant"]}]}),
        ),
        (
            "events?event_type=task_failed",
            json!({"items": [{"node_instance_id": "vm_ke9e2d", "event_type": "task_failed",
            "operation": "cloudify.interfaces.cloudify_agent.create", "blueprint_id": "x", "timestamp": "2017", "message": "x",
            "node_name": "vm", "workflow_id": "install", "error_causes": [{"message": "x", "traceback": "x", "type": "x"}],
            "reported_timestamp": "2017", "deployment_id": "x", "type": "cloudify_event", "execution_id": "x"}],
            "metadata": {"pagination": {"total": 3, "offset": 0, "size": 10000}}}),
        ),
        ("cluster", json!({"initialized": false})),
    ];
    for (path, example) in examples {
        assert_like(path, &example, &desk.get(&format!("/api/v3/{path}")));
    }
}

/// F5 VNFM REST v3.1, section by section.
#[test]
fn the_v3_1_text() {
    let mut desk = furnished(vnfm(), "/api/v3.1");
    let blueprint = json!({"main_file_name": "x", "description": null, "tenant_name": "t", "created_at": "2017", "updated_at": "2017",
        "created_by": "admin", "private_resource": false, "visibility": "tenant", "plan": {}, "id": "hello-world"});
    let secret = json!({"created_at": "2017", "created_by": "admin", "key": "k", "private_resource": false, "visibility": "tenant",
        "tenant_name": "t", "updated_at": "2017", "value": "v", "is_hidden_value": false});
    let deployment = json!({"inputs": {}, "permalink": null, "description": null, "blueprint_id": "b", "policy_types": {},
        "tenant_name": "t", "created_at": "2017", "updated_at": "2017", "created_by": "admin", "policy_triggers": {},
        "private_resource": false, "visibility": "tenant", "groups": {}, "id": "d", "outputs": {}});
    let user = json!({"username": "admin", "last_login_at": "2017", "role": "sys_admin", "groups": 0, "active": true, "tenants": 1});
    let event = json!({"node_instance_id": "vm_ke9e2d", "event_type": "task_failed", "operation": "F5_VNF.interfaces.x.create",
        "blueprint_id": "x", "timestamp": "2017", "message": "x", "node_name": "vm", "workflow_id": "install",
        "error_causes": [{"message": "x", "traceback": "x", "type": "x"}], "reported_timestamp": "2017", "deployment_id": "x",
        "type": "F5_VNF_event", "execution_id": "x"});
    let examples = [
        ("version?_include=version", json!({"version": "1.0"})),
        ("status?_include=status", json!({"status": "running"})),
        ("tokens", json!({"role": "admin", "value": "WyIwIiwi"})),
        ("blueprints/hello-world", blueprint),
        ("secrets/key1", secret),
        (
            "secrets",
            page(json!({"created_at": "2017", "created_by": "admin", "key": "k", "visibility": "tenant",
            "tenant_name": "t", "updated_at": "2017", "is_hidden_value": false})),
        ),
        ("deployments/hello1", deployment),
        ("deployments?id=hello1&_include=id", page(json!({"id": "hello1"}))),
        ("tenants", page(json!({"name": "default_tenant", "groups": 0, "users": 1}))),
        ("user-groups/new_group", json!({"ldap_dn": "x", "tenants": 0, "name": "new_group", "users": 0})),
        ("users", page(user.clone())),
        ("users/admin", user),
        (
            "events?event_type=task_failed",
            json!({"items": [event], "metadata": {"pagination": {"total": 3, "offset": 0, "size": 10000}}}),
        ),
    ];
    for (path, example) in examples {
        assert_like(path, &example, &desk.get(path));
    }
    desk.play(
        r#"
        GET version
        -> 200 {"version": "1.0"}
        GET events?event_type=task_failed&type=vnfm_event&_size=1
        -> 200 {"items": [{"type": "F5_VNF_event", "operation": "F5_VNF.interfaces.lifecycle.create"}]}
        PUT secrets/key2 {"value": "v"}
        -> 200 {"value": "gAAAAA…"}
        PATCH blueprints/hello-world/set-global
        -> 200 {"visibility": "global"}
        PUT deployment-updates/hello1/update/initiate {"inputs": {"mode": "ok"}, "force": "true", "skip_install": "false"}
        -> 200 keys id visibility created_at deployment_id old_blueprint_id new_blueprint_id old_inputs new_inputs state execution_id steps modified_entity_ids deployment_plan deployment_update_deployment deployment_update_nodes deployment_update_node_instances tenant_name created_by resource_availability private_resource
        POST maintenance/activate {}
        -> 200
        GET secrets
        -> 503 {"message": "Your request was rejected since F5 VNF manager is currently in maintenance mode"}
        "#,
    );
}

/// What both texts print of snapshots (cloudify.md#snapshots).
#[test]
fn snapshots() {
    let mut desk = furnished(desk(), "/api/v3.1");
    desk.play(
        r#"
        PUT snapshots/snap1
        -> 415
        PUT snapshots/snap1 {"include_logs": false}
        -> 201 {"id": "$made", "status": "pending", "workflow_id": "create_snapshot", "is_system_workflow": true, "deployment_id": null, "blueprint_id": null, "parameters": {"snapshot_id": "snap1", "include_credentials": false, "include_logs": false, "include_events": true, "config": {"created_status": "created", "postgresql_password": "cloudify"}}}
        GET snapshots/snap1
        -> 200 {"id": "snap1", "visibility": "private", "status": "creating", "error": "", "private_resource": true}
        DELETE snapshots/snap1
        -> 400 {"error_code": "snapshot_action_error", "message": "Cannot delete snapshot `snap1` which has an active `create_snapshot` execution"}
        PUT snapshots/snap1 {}
        -> 409 {"message": "<Snapshot id=`snap1` tenant=`default_tenant`> already exists on <Tenant name=`default_tenant`> or with global visibility"}
        GET snapshots/snap1/archive
        -> 400
        wait 2
        GET snapshots/snap1
        -> 200 {"status": "created"}
        GET executions?workflow_id=create_snapshot
        -> 200 items 0
        GET executions?workflow_id=create_snapshot&_include_system_workflows=true
        -> 200 items 1
        POST snapshots/nosuch/restore {"force": false}
        -> 404
        POST snapshots/snap1/restore {}
        -> 500
        POST snapshots/snap1/restore {"force": false}
        -> 400 {"error_code": "snapshot_action_error"}
        DELETE secrets/key1
        -> 204
        POST snapshots/snap1/restore {"force": true}
        -> 200 {"workflow_id": "restore_snapshot", "status": "pending"}
        wait 5
        GET secrets/key1
        -> 200 {"value": "value1"}
        "#,
    );
    let archive = desk.send(&desk.request("GET snapshots/snap1/archive")).body;
    let mut desk = desk.file("snap", archive);
    desk.play(
        r#"
        PUT snapshots/snap2/archive file=snap
        -> 201 {"id": "snap2", "status": "uploaded", "error": ""}
        DELETE snapshots/snap1
        -> 200 {"id": "snap1", "status": "created"}
        GET snapshots/snap1
        -> 404
        "#,
    );
}

/// What both texts print of clusters (cloudify.md#cluster).
#[test]
fn the_cluster() {
    vnfm().play(
        r#"
        GET cluster tenant=None
        -> 200 {"initialized": false}
        PUT cluster {"host_ip": "172.20.0.2", "node_name": "manager"}
        -> 200 {"initialized": false}
        GET cluster
        -> 200 {"initialized": true, "consul": {"leader": "172.20.0.2:8300"}}
        GET cluster?_include=error,logs
        -> 200 {"error": null, "logs": [{"message": "HA Cluster configuration complete", "timestamp": "*", "cursor": "*"}]}
        PATCH cluster {"config_key": "config_value"}
        -> 200 {"initialized": true, "error": null}
        GET cluster/nodes
        -> 200 {"items": [{"initialized": true, "online": true, "master": true, "host_ip": "172.20.0.2", "name": "manager", "credentials": "*"}]}
        PUT cluster/nodes/second-manager {"host_ip": "172.20.0.3", "node_name": "second-manager"}
        -> 200 {"initialized": false, "online": false, "master": false, "host_ip": "172.20.0.3", "name": "second-manager"}
        DELETE cluster/nodes/second-manager
        -> 200
        GET cluster/nodes/second-manager
        -> 404
        "#,
    );
}
