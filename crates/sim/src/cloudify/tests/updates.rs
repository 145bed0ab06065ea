//! Deployment updates (cloudify.md#deployment-updates, cloudify.md#node-instances, cloudify.md#blueprints).

use super::*;

fn prepared() -> Desk {
    let mut desk = desk();
    desk.play(
        r#"
        PUT blueprints/ops file=ops
        -> 201
        PUT blueprints/ops2 file=ops2
        -> 201
        PUT deployments/g1 {"blueprint_id": "ops"}
        -> 201
        "#,
    );
    desk
}

fn installed() -> Desk {
    let mut desk = prepared();
    desk.play("POST executions {\"deployment_id\": \"g1\", \"workflow_id\": \"install\"}\n-> 201\nwait 5");
    desk
}

#[test]
fn an_update_moves_blueprint_and_inputs() {
    installed().play(
        r#"
        PUT deployment-updates/g1/update/initiate {"blueprint_id": "ops2"}
        -> 405 html
        POST deployment-updates/nosuch/update/initiate {"blueprint_id": "ops2"}
        -> 404 {"message": "Requested `Deployment` with ID `nosuch` was not found"}
        POST deployment-updates/g1/update/initiate {"blueprint_id": "nosuch"}
        -> 404 {"message": "Requested `Blueprint` with ID `nosuch` was not found"}
        # a preview changes nothing but leaves records
        POST deployment-updates/g1/update/initiate {"blueprint_id": "ops2", "preview": true}
        -> 200 {"id": "g1-…", "state": "successful", "old_blueprint_id": "ops", "new_blueprint_id": "ops2", "preview": null, "steps": [{"action": "add", "entity_id": ["nodes", "extra"]}]}
        GET deployments/g1
        -> 200 {"blueprint_id": "ops", "updated_at": "2026-01-01T00:00:03.250Z"}
        GET executions?deployment_id=g1&_include=workflow_id,status
        -> 200 {"items": [{}, {}, {"workflow_id": "update", "status": "terminated"}]}
        POST deployment-updates/g1/update/initiate {"blueprint_id": "ops2", "inputs": {"label": "two"}}
        -> 200 {"id": "$update", "state": "updating", "execution_id": "$exec", "old_inputs": {"label": "one"}, "new_inputs": {"mode": "ok", "label": "two"}, "steps": []}
        wait 2
        GET deployment-updates/$update?_include=state
        -> 200 {"state": "updating"}
        GET deployment-updates/$update
        -> 200 {"state": "successful", "steps": [{"action": "add"}]}
        # the execution ends after the update's state flips
        GET executions/$exec
        -> 200 {"status": "terminated", "workflow_id": "update"}
        GET deployments/g1
        -> 200 {"blueprint_id": "ops2", "inputs": {"label": "two"}, "installation_status": "active", "deployment_status": "good"}
        GET node-instances?deployment_id=g1&_include=node_id,state&_sort=node_id
        -> 200 {"items": [{"node_id": "base", "state": "started"}, {"node_id": "extra", "state": "started"}, {"node_id": "top", "state": "started"}]}
        # a running instance does not notice new inputs
        GET deployments/g1/outputs
        -> 200 {"outputs": {"addr": "10.0.0.5-one"}}
        DELETE blueprints/ops
        -> 204
        GET deployment-updates/nosuch
        -> 404 {"message": "Requested `DeploymentUpdate` with ID `nosuch` was not found"}
        GET deployment-updates?_include=id,state,deployment_id
        -> 200 items 2
        "#,
    );
}

#[test]
fn unknown_inputs_are_dropped_and_wrong_ones_fail() {
    installed().play(
        r#"
        POST deployment-updates/g1/update/initiate {"inputs": {"bogus": 1}}
        -> 200 {"id": "$one"}
        wait 5
        GET deployment-updates/$one
        -> 200 {"state": "successful"}
        GET deployments/g1
        -> 200 {"inputs": {"mode": "ok", "nap": 0, "label": "one", "simulate_failure": ""}}
        POST deployment-updates/g1/update/initiate {"inputs": {"nap": "str"}}
        -> 200 {"id": "$two", "execution_id": "$exec"}
        wait 2
        GET deployment-updates/$two
        -> 200 {"state": "failed"}
        GET executions/$exec
        -> 200 {"status": "failed", "error": "Task failed: prepare_plan: …"}
        GET deployments/g1
        -> 200 {"inputs": {"nap": 0}, "deployment_status": "requires_attention", "latest_execution_status": "failed"}
        POST deployment-updates/g1/update/initiate {"skip_install": "maybe"}
        -> 400 {"message": "skip_install must be <true/false>, got maybe"}
        POST deployment-updates/g1/update/initiate {"inputs": "x"}
        -> 400 {"message": "parameter `inputs` must be of type `dict`"}
        POST deployment-updates/g1/update/initiate {"reinstall_list": "x"}
        -> 400 {"message": "parameter `reinstall_list` must be of type `list`"}
        POST deployment-updates/g1/update/initiate {}
        -> 200 {"state": "updating"}
        # a second one is accepted on 7.1
        POST deployment-updates/g1/update/initiate {"inputs": {"label": "x"}}
        -> 200
        "#,
    );
}

#[test]
fn a_failed_operation_leaves_the_new_inputs() {
    installed().play(
        r#"
        GET node-instances?node_id=top
        -> 200 {"items": [{"id": "$top"}]}
        POST deployment-updates/g1/update/initiate {"inputs": {"label": "two"}, "reinstall_list": ["$top"]}
        -> 200 {"execution_id": "$exec"}
        wait 5
        GET executions/$exec
        -> 200 {"status": "terminated", "total_operations": 21}
        GET deployments/g1/outputs
        -> 200 {"outputs": {"addr": "10.0.0.5-two"}}
        POST deployment-updates/g1/update/initiate {"inputs": {"mode": "create"}, "reinstall_list": ["$top"]}
        -> 200 {"id": "$update"}
        wait 5
        GET deployment-updates/$update
        -> 200 {"state": "failed"}
        GET deployments/g1
        -> 200 {"inputs": {"mode": "create", "label": "two"}, "installation_status": "inactive", "latest_execution_status": "failed"}
        GET node-instances?_include=node_id,state
        -> 200 {"items": [{"state": "started"}, {"state": "creating"}]}
        # the next one succeeds and heals nothing
        POST deployment-updates/g1/update/initiate {"inputs": {"mode": "ok"}}
        -> 200 {"id": "$next"}
        wait 5
        GET deployment-updates/$next
        -> 200 {"state": "successful"}
        GET node-instances?_include=node_id,state
        -> 200 {"items": [{"state": "started"}, {"state": "creating"}]}
        GET deployments/g1
        -> 200 {"inputs": {"mode": "ok"}, "installation_status": "inactive", "deployment_status": "requires_attention", "latest_execution_status": "completed"}
        "#,
    );
}

#[test]
fn an_update_of_a_deployment_that_is_not_installed_installs_what_is_new() {
    let start = r#"POST deployment-updates/g1/update/initiate {"blueprint_id": "ops2""#;
    let end = "-> 200\nwait 5\nGET node-instances?_include=node_id,state&_sort=node_id";
    prepared().play(&format!(
        "{start}}}\n{end}
        -> 200 {{\"items\": [{{\"state\": \"uninitialized\"}}, {{\"node_id\": \"extra\", \"state\": \"started\"}}, {{\"state\": \"uninitialized\"}}]}}"
    ));
    prepared().play(&format!(
        "{start}, \"skip_install\": true, \"skip_uninstall\": \"true\", \"skip_reinstall\": true}}\n{end}
        -> 200 {{\"items\": [{{\"state\": \"uninitialized\"}}, {{\"node_id\": \"extra\", \"state\": \"uninitialized\"}}, {{\"state\": \"uninitialized\"}}]}}"
    ));
}

#[test]
fn nodes_that_go_are_uninstalled() {
    let mut desk = installed();
    desk.play(
        r#"
        POST deployment-updates/g1/update/initiate {"blueprint_id": "ops2"}
        -> 200
        wait 5
        POST deployment-updates/g1/update/initiate {"blueprint_id": "ops"}
        -> 200 {"execution_id": "$exec"}
        wait 5
        GET executions/$exec
        -> 200 {"status": "terminated", "total_operations": 9}
        GET nodes?_include=id
        -> 200 {"items": [{"id": "base"}, {"id": "top"}]}
        GET node-instances?_include=node_id
        -> 200 items 2
        PUT blueprints/small file=small
        -> 201
        # a blueprint with a required input that nobody gives
        POST deployment-updates/g1/update/initiate {"blueprint_id": "small"}
        -> 200 {"id": "$small"}
        wait 5
        GET deployment-updates/$small
        -> 200 {"state": "failed"}
        GET deployments/g1
        -> 200 {"blueprint_id": "ops"}
        POST deployment-updates/g1/update/initiate {"blueprint_id": "small", "inputs": {"must": "x"}}
        -> 200
        wait 5
        GET deployments/g1
        -> 200 {"blueprint_id": "small", "inputs": {"must": "x", "greeting": "hello"}}
        GET node-instances?_include=node_id,state
        -> 200 {"items": [{"node_id": "only", "state": "started"}]}
        "#,
    );
}

#[test]
fn a_failed_update_can_be_resumed_by_its_execution() {
    installed().play(
        r#"
        GET node-instances?node_id=top
        -> 200 {"items": [{"id": "$top"}]}
        POST deployment-updates/g1/update/initiate {"inputs": {"mode": "configure"}, "reinstall_list": ["$top"]}
        -> 200 {"id": "$update", "execution_id": "$exec"}
        wait 5
        GET executions/$exec
        -> 200 {"status": "failed"}
        POST deployment-updates/g1/update/initiate {"inputs": {"mode": "ok"}}
        -> 200
        wait 5
        POST executions/$exec {"action": "resume"}
        -> 200 {"status": "pending"}
        wait 5
        GET executions/$exec
        -> 200 {"status": "terminated", "total_operations": 21, "finished_operations": 21}
        GET deployment-updates/$update
        -> 200 {"state": "successful"}
        GET deployments/g1
        -> 200 {"installation_status": "active"}
        "#,
    );
}
