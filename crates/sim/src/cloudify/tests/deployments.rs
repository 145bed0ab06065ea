//! Deployments (cloudify.md#deployments, cloudify.md#executions).

use super::*;

fn prepared() -> Desk {
    let mut desk = desk();
    desk.play("PUT blueprints/ops file=ops\n-> 201\nPUT blueprints/small file=small\n-> 201");
    desk
}

#[test]
fn a_deployment_is_created_or_refused() {
    prepared().play(
        r#"
        PUT deployments/d0 {"blueprint_id": "nosuch"}
        -> 404 {"message": "Requested `Blueprint` with ID `nosuch` was not found"}
        PUT deployments/d0 {}
        -> 400 {"message": "Missing blueprint_id in json request body"}
        PUT deployments/d0 {"blueprint_id": "ops", "inputs": {"zzz": 1}}
        -> 400 {"error_code": "unknown_deployment_input_error", "message": "Cannot create deployment - unknown inputs: zzz"}
        PUT deployments/d0 {"blueprint_id": "ops", "inputs": null}
        -> 400 {"error_code": "bad_parameters_error"}
        GET deployments/d0
        -> 404
        PUT deployments/d0b {"blueprint_id": "small"}
        -> 400 {"error_code": "missing_required_deployment_input_error", "message": "missing inputs: must"}
        PUT deployments/d0 {"blueprint_id": "ops"}
        -> 201 {"inputs": {"mode": "ok", "nap": 0, "label": "one"}, "visibility": "tenant", "deployment_status": "requires_attention", "installation_status": "inactive", "latest_execution_status": "completed", "latest_execution_total_operations": 0}
        PUT deployments/d0 {"blueprint_id": "ops"}
        -> 409 {"message": "<Deployment id=`d0` tenant=`default_tenant`> already exists on <Tenant name=`default_tenant`> or with global visibility"}
        GET deployments/nosuch
        -> 404
        GET deployments?id=d0&_include=id
        -> 200 {"items": [{"id": "d0"}]}
        GET deployments/d0/outputs
        -> 200 {"deployment_id": "d0", "outputs": {"addr": null}}
        GET deployments/d0/capabilities
        -> 200 {"deployment_id": "d0", "capabilities": {"addr": null}}
        GET /api/v3/deployments/d0/capabilities
        -> 404 html
        GET executions?deployment_id=d0&_include=workflow_id,status,error
        -> 200 {"items": [{"workflow_id": "create_deployment_environment", "status": "terminated", "error": ""}]}
        GET nodes?deployment_id=d0&_include=id,type,number_of_instances,unavailable_instances
        -> 200 {"items": [{"id": "base", "type": "cloudify.nodes.Root", "number_of_instances": 1, "unavailable_instances": 0}, {"id": "top"}]}
        PUT deployments/1k {"blueprint_id": "ops"}
        -> 201
        PUT deployments/k%20x {"blueprint_id": "ops"}
        -> 400 {"message": "The `deployment_id` argument contains illegal characters. Only letters, digits and the characters \"-\", \".\" and \"_\" are allowed"}
        PUT deployments/k1 {"blueprint_id": "ops", "visibility": "global"}
        -> 403 {"message": "Can't create global deployment k1 because blueprint ops is not global"}
        "#,
    );
}

#[test]
fn a_wrong_input_leaves_a_zombie() {
    prepared().play(
        r#"
        PUT deployments/f1 {"blueprint_id": "ops", "inputs": {"nap": "x"}}
        -> 400 {"error_code": "deployment_creation_error", "message": "Property type validation failed in 'nap': the defined type is 'integer', yet it was assigned with the value 'x'"}
        GET deployments/f1
        -> 200 {"inputs": null, "deployment_status": "requires_attention", "installation_status": "active", "latest_execution_status": "failed", "unavailable_instances": 0}
        POST executions {"deployment_id": "f1", "workflow_id": "install"}
        -> 400 {"error_code": "deployment_creation_error", "message": "Can't launch executions since environment creation for deployment f1 has failed: Property type validation failed in 'nap': the defined type is 'integer', yet it was assigned with the value 'x'"}
        PUT deployments/f1 {"blueprint_id": "ops", "inputs": {"nap": 7}}
        -> 201 {"inputs": {"nap": 7}}
        PUT deployments/f2?async_create=true {"blueprint_id": "ops", "inputs": {"nap": "7"}}
        -> 201
        wait 3
        GET deployments/f2
        -> 200 {"inputs": null, "installation_status": "active", "latest_execution_status": "failed"}
        DELETE deployments/f2
        -> 204
        "#,
    );
}

/// What a deployment depends on is looked for when all the rest is there: what is left of it has inputs and nodes.
#[test]
fn an_environment_may_fail_at_its_end() {
    let text = SMALL.replace(
        "type: cloudify.nodes.Root",
        "type: cloudify.nodes.Root, properties: { p: { get_capability: [nobody, addr] } }",
    );
    prepared().file("cap", blueprint(&text)).play(
        r#"
        PUT blueprints/cap file=cap
        -> 201
        PUT deployments/c1 {"blueprint_id": "cap", "inputs": {"must": "x"}}
        -> 400 {"error_code": "deployment_creation_error", "message": "Given target deployment with ID `nobody` does not exist."}
        GET deployments/c1
        -> 200 {"inputs": {"must": "x"}, "latest_execution_status": "failed", "create_execution": "$env", "latest_execution": "*"}
        GET deployments/c1?_include=latest_execution
        -> 200 {"latest_execution": "$env"}
        GET node-instances?deployment_id=c1&_include=state
        -> 200 {"items": [{"state": "uninitialized"}]}
        POST executions {"deployment_id": "c1", "workflow_id": "install"}
        -> 400 {"error_code": "deployment_creation_error"}
        PUT deployments/nobody {"blueprint_id": "ops"}
        -> 201
        PUT deployments/c1 {"blueprint_id": "cap", "inputs": {"must": "x"}}
        -> 201 {"latest_execution_status": "completed"}
        "#,
    );
}

#[test]
fn the_environment_may_be_created_in_the_background() {
    prepared().play(
        r#"
        PUT deployments/d1?async_create=true {"blueprint_id": "ops", "inputs": {"label": "x"}, "labels": [{"env": "dev"}], "visibility": "private"}
        -> 201 {"inputs": null, "visibility": "private", "latest_execution_status": "in_progress", "labels": [{"key": "env", "value": "dev"}]}
        POST executions {"deployment_id": "d1", "workflow_id": "install"}
        -> 400 {"error_code": "deployment_environment_creation_in_progress_error"}
        DELETE deployments/d1
        -> 204
        PUT deployments/d2?async_create=true {"blueprint_id": "ops"}
        -> 201 {"create_execution": "$exec"}
        DELETE deployments/d2
        -> 400 {"error_code": "dependent_exists_error", "message": "Can't delete deployment d2 - There are running or queued executions for this deployment. Running executions ids: $exec"}
        wait 1
        GET deployments/d2
        -> 200 {"inputs": {"mode": "ok"}, "latest_execution_status": "completed"}
        PATCH deployments/d2/set-visibility {"visibility": "tenant"}
        -> 200
        "#,
    );
}

#[test]
fn secrets_stay_out_of_inputs() {
    let text = SMALL
        .replace("type: cloudify.nodes.Root", "type: cloudify.nodes.Root, properties: { p: { get_secret: key1 } }");
    prepared().file("sec", blueprint(&text)).play(
        r#"
        PUT deployments/k1 {"blueprint_id": "ops", "inputs": {"nap": {"get_secret": "same"}}, "display_name": "K One", "runtime_only_evaluation": true}
        -> 201 {"inputs": {"nap": {"get_secret": "same"}, "mode": "ok"}, "display_name": "K One", "runtime_only_evaluation": true}
        PUT blueprints/sec file=sec
        -> 201 {"requirements": {"secrets": ["key1"]}}
        PUT deployments/s1 {"blueprint_id": "sec", "inputs": {"must": "x"}}
        -> 400 {"error_code": "deployment_creation_error", "message": "Required secrets [key1] don't exist in this tenant"}
        PUT secrets/key1 {"value": "v"}
        -> 200
        PUT deployments/s1 {"blueprint_id": "sec", "inputs": {"must": "x"}}
        -> 201
        "#,
    );
}

#[test]
fn a_patch_sets_little() {
    prepared().play(
        r#"
        PUT deployments/g1 {"blueprint_id": "ops"}
        -> 201
        PATCH deployments/g1 {"inputs": {"label": "z"}}
        -> 409 {"message": "inputs is already set"}
        PATCH deployments/g1 {"blueprint_id": "ops"}
        -> 403 {"error_code": "only_deployment_update", "message": "Changing the blueprint is only possible via deployment-update"}
        PATCH deployments/g1 {"description": "d"}
        -> 200 {"description": "d"}
        PATCH deployments/g1 {"description": "e"}
        -> 409 {"message": "description is already set"}
        PATCH deployments/g1 {"display_name": "Net 1"}
        -> 200 {"display_name": "Net 1"}
        PATCH deployments/g1 {"labels": [{"Env": ["prod", "eu"]}]}
        -> 200 {"labels": [{"key": "env", "value": "prod"}, {"key": "env", "value": "eu"}]}
        PATCH deployments/g1 {"labels": [{"key": "env", "value": "x"}]}
        -> 400
        PATCH deployments/g1 {}
        -> 400 {"error_code": "illegal_action_error", "message": "Update a deployment request must include at least one parameter to update"}
        PATCH deployments/g1/set-visibility {"visibility": "global"}
        -> 400 {"message": "The visibility of deployment `g1` can't be wider than the visibility of its blueprint `ops`. Current blueprint visibility is tenant"}
        PATCH deployments/g1/set-visibility {"visibility": "private"}
        -> 400 {"message": "Invalid visibility: `private`. Valid visibility's values are: ['tenant', 'global']"}
        PATCH /api/v3/deployments/g1/set-visibility {"visibility": "tenant"}
        -> 404 html
        POST deployments/g1/set-site {"site_name": "nosuch"}
        -> 404
        PUT sites/hamburg {"location": "53.5,10.0"}
        -> 200 {"name": "hamburg"}
        POST deployments/g1/set-site {"site_name": "hamburg"}
        -> 200 {"site_name": "hamburg"}
        POST deployments/g1/set-site {"detach_site": true}
        -> 200 {"site_name": null}
        "#,
    );
}

#[test]
fn deletion_asks_for_dead_nodes_and_takes_a_while() {
    prepared().play(
        r#"
        PUT deployments/d0 {"blueprint_id": "ops"}
        -> 201
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201 {"id": "$install"}
        DELETE deployments/d0?force=true
        -> 400 {"message": "Can't delete deployment d0 - There are running or queued executions for this deployment. Running executions ids: $install"}
        wait 5
        GET node-instances?deployment_id=d0&_include=id
        -> 200 {"items": [{"id": "$base"}, {"id": "$top"}]}
        DELETE deployments/d0
        -> 400 {"error_code": "dependent_exists_error", "message": "Can't delete deployment d0 - There are live nodes for this deployment. Live nodes ids: $base,$top"}
        # the older flag is ignored
        DELETE deployments/d0?ignore_live_nodes=true
        -> 400
        DELETE deployments/d0?force=true
        -> 204 empty
        GET deployments/d0?_include=id
        -> 200
        DELETE deployments/d0
        -> 400
        wait 2
        GET deployments/d0?_include=id
        -> 404 {"message": "Requested `Deployment` with ID `d0` was not found"}
        GET executions?deployment_id=d0
        -> 200 items 0
        GET node-instances?deployment_id=d0
        -> 200 items 0
        "#,
    );
}

#[test]
fn a_read_capability_protects_its_deployment() {
    prepared().play(
        r#"
        PUT deployments/up {"blueprint_id": "ops"}
        -> 201
        PUT deployments/down {"blueprint_id": "ops", "inputs": {"label": {"get_capability": ["up", "addr"]}}}
        -> 201
        DELETE deployments/up
        -> 400 {"error_code": "dependent_exists_error"}
        POST executions {"deployment_id": "up", "workflow_id": "install"}
        -> 201
        wait 5
        POST executions {"deployment_id": "down", "workflow_id": "install"}
        -> 201
        wait 5
        GET deployments/down/outputs
        -> 200 {"outputs": {"addr": "10.0.0.5-10.0.0.5-one"}}
        POST executions {"deployment_id": "up", "workflow_id": "uninstall"}
        -> 400 {"error_code": "dependent_exists_error", "message": "Can't execute workflow `uninstall` on deployment up - the following existing installations depend on it:\n  [1] Deployment `down`…"}
        POST deployment-updates/up/update/initiate {"inputs": {"label": "two"}}
        -> 400 {"error_code": "dependent_exists_error", "message": "Can't execute workflow `update` on deployment up - the following existing installations depend on it:…"}
        POST deployment-updates/up/update/initiate {"inputs": {"label": "two"}, "force": true}
        -> 200 {"state": "updating"}
        wait 5
        POST executions {"deployment_id": "up", "workflow_id": "uninstall", "force": true}
        -> 201
        "#,
    );
}
