//! Changes past the API, and the saved state.

use super::*;

fn prepared() -> Desk {
    let mut desk = desk();
    desk.play(
        r#"
        PUT secrets/s {"value": "x"}
        -> 200
        PUT blueprints/ops file=ops
        -> 201
        PUT deployments/d {"blueprint_id": "ops"}
        -> 201
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201
        wait 5
        GET node-instances?node_id=top
        -> 200 {"items": [{"id": "$top"}]}
        "#,
    );
    desk
}

#[test]
fn the_console_sets_what_the_api_would_refuse() {
    let mut desk = prepared();
    let top = desk.known["top"].clone();
    desk.console(json!({"set": {"kind": "secrets", "name": "s", "fields": {"value": "drifted"}}})).unwrap();
    desk.console(
        json!({"set": {"kind": "deployments", "name": "d", "fields": {"inputs": {"label": "z"}, "display_name": "D"}}}),
    )
    .unwrap();
    desk.console(json!({"set": {"kind": "node-instances", "name": top, "fields": {"state": "stopped"}}})).unwrap();
    desk.play(
        r#"
        GET secrets/s
        -> 200 {"value": "drifted"}
        GET deployments/d
        -> 200 {"inputs": {"label": "z", "mode": "ok"}, "display_name": "D", "installation_status": "active"}
        GET node-instances/$top
        -> 200 {"state": "stopped"}
        "#,
    );
    desk.console(json!({"set": {"kind": "deployments", "name": "default_tenant/d", "fields": {"state": "deleted"}}}))
        .unwrap();
    desk.play(
        "GET node-instances?_include=state\n-> 200 {\"items\": [{\"state\": \"deleted\"}, {\"state\": \"deleted\"}]}",
    );
}

#[test]
fn the_console_adds_and_removes() {
    let mut desk = prepared();
    desk.console(json!({"add": {"kind": "tenants", "fields": {"name": "acme1"}}})).unwrap();
    desk.console(json!({"add": {"kind": "secrets", "parent": "acme1", "fields": {"key": "k", "value": "v"}}})).unwrap();
    let archive = STANDARD.encode(&desk.files["small"]);
    desk.console(json!({"add": {"kind": "blueprints", "fields": {"id": "made", "archive": archive}}})).unwrap();
    desk.console(json!({"add": {"kind": "deployments", "fields": {"id": "by-hand", "blueprint_id": "ops"}}})).unwrap();
    desk.play(
        r#"
        GET secrets/k tenant=acme1
        -> 200 {"value": "v"}
        GET blueprints/made
        -> 200 {"state": "uploaded"}
        GET deployments/by-hand
        -> 200
        "#,
    );
    desk.console(json!({"remove": {"kind": "deployments", "name": "d"}})).unwrap();
    desk.console(json!({"remove": {"kind": "secrets", "name": "acme1/k"}})).unwrap();
    desk.console(json!({"remove": {"kind": "blueprints", "name": "made"}})).unwrap();
    desk.console(json!({"remove": {"kind": "tenants", "name": "acme1"}})).unwrap();
    desk.play("GET deployments\n-> 200 items 1\nGET tenants\n-> 200 items 1\nGET node-instances?deployment_id=d\n-> 200 items 0");
}

#[test]
fn the_console_keeps_people() {
    let mut desk = prepared();
    let mut change = |change: Value| desk.console(change).unwrap();
    change(json!({"add": {"kind": "users", "fields": {"username": "rob", "password": "robrob"}}}));
    change(json!({"add": {"kind": "user-groups", "fields": {"group_name": "ops"}}}));
    change(json!({"add": {"kind": "members", "fields": {"group_name": "ops", "username": "rob"}}}));
    let edge = json!({"tenant_name": "default_tenant", "username": "rob", "role": "viewer"});
    change(json!({"add": {"kind": "tenant-users", "fields": edge}}));
    change(json!({"set": {"kind": "tenant-users", "name": "default_tenant/rob", "fields": {"role": "user"}}}));
    change(json!({"set": {"kind": "users", "name": "rob", "fields": {"role": "sys_admin"}}}));
    desk.play(
        r#"
        GET users/rob?_get_data=true
        -> 200 {"role": "sys_admin", "groups": ["ops"], "tenant_roles": {"direct": {"default_tenant": "user"}}}
        "#,
    );
    for (kind, name) in
        [("members", "ops/rob"), ("tenant-users", "default_tenant/rob"), ("user-groups", "ops"), ("users", "rob")]
    {
        desk.console(json!({"remove": {"kind": kind, "name": name}})).unwrap();
    }
    desk.play("GET users/rob\n-> 404\nGET user-groups\n-> 200 items 0");
}

#[test]
fn what_the_console_does_not_know_is_told() {
    let mut desk = prepared();
    let mut told = |change: Value| desk.console(change).unwrap_err();
    assert_eq!(
        told(json!({"set": {"kind": "routes", "name": "x", "fields": {}}})),
        "the console knows no kind `routes`"
    );
    assert_eq!(
        told(json!({"set": {"kind": "secrets", "name": "nosuch", "fields": {}}})),
        "no Secret `nosuch` in tenant `default_tenant`"
    );
    assert!(
        told(json!({"set": {"kind": "secrets", "name": "s", "fields": {"key": "t"}}})).contains("cannot set `key`")
    );
    assert!(told(json!({"add": {"kind": "secrets", "fields": {"value": "v"}}})).contains("need a `key`"));
    assert!(told(json!({"add": {"kind": "secrets", "fields": {"key": "s", "value": "v"}}})).contains("already exists"));
    assert!(told(json!({"remove": {"kind": "blueprints", "name": "ops"}})).contains("There exist deployments"));
    assert!(
        told(json!({"set": {"kind": "deployments", "name": "d", "fields": {"state": "asleep"}}})).contains("no state")
    );
}

#[test]
fn a_state_is_saved_whole_and_loaded_for_the_same_release_only() {
    let mut desk = prepared();
    desk.play("PUT snapshots/s {}\n-> 201\nPOST tokens {}\n-> 200");
    let saved = desk.manager.save();
    desk.reload();
    assert_eq!(desk.manager.save(), saved);
    let archive = desk.send(&desk.request("GET blueprints/ops/archive")).body;
    assert_eq!(archive, desk.files["ops"]);
    let other = Setup { version: Some("4.5".to_owned()), ..desk.setup.clone() };
    assert!(load(other, Product::Cloudify, saved).is_err());
    assert!(load(desk.setup.clone(), Product::Cloudify, json!({"nosuch": 1})).is_err());
}

#[test]
fn a_clock_that_starts_again_does_not_turn_time_back() {
    let mut desk = prepared();
    desk.play("PUT deployments/e?async_create=true {\"blueprint_id\": \"ops\"}\n-> 201");
    desk.reload();
    desk.now = 0;
    desk.play("GET version\nwait 2\nGET deployments/e\n-> 200 {\"inputs\": {\"mode\": \"ok\"}}");
}

#[test]
fn the_same_requests_give_the_same_answers() {
    let run = || {
        let mut desk = prepared();
        (desk.get("node-instances"), desk.get("executions"), desk.get("events"))
    };
    assert_eq!(run(), run());
}
