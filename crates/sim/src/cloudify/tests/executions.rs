//! Executions, node instances, events (cloudify.md#executions, cloudify.md#deployments, cloudify.md#node-instances).

use super::*;

fn prepared() -> Desk {
    let mut desk = desk();
    desk.play(
        r#"
        PUT blueprints/ops file=ops
        -> 201
        PUT deployments/d0 {"blueprint_id": "ops"}
        -> 201
        PUT deployments/bad {"blueprint_id": "ops", "inputs": {"mode": "create"}}
        -> 201
        "#,
    );
    desk
}

#[test]
fn an_install_takes_five_polls() {
    prepared().play(
        r#"
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201 keys created_at visibility id ended_at error is_system_workflow parameters_p parameters status workflow_id started_at scheduled_for is_dry_run resume total_operations finished_operations blueprint_id deployment_id deployment_display_name status_display tenant_name created_by resource_availability private_resource
        -> 201 {"id": "$id", "status": "pending", "status_display": "pending", "parameters": {"type_names": [], "node_ids": [], "node_instance_ids": []}, "error": null, "is_system_workflow": false, "is_dry_run": false, "started_at": null, "ended_at": null, "total_operations": 0}
        GET executions/$id
        -> 200 {"status": "started", "total_operations": 19, "finished_operations": 0}
        GET deployments/d0?_include=latest_execution_status,deployment_status
        -> 200 {"latest_execution_status": "in_progress", "deployment_status": "in_progress"}
        GET executions/$id
        -> 200 {"status": "started", "finished_operations": 13}
        GET executions/$id
        -> 200 {"status": "started", "finished_operations": 19}
        GET executions/$id
        -> 200 {"status": "terminated", "status_display": "completed", "error": "", "finished_operations": 19, "started_at": "*", "ended_at": "*"}
        GET deployments/d0
        -> 200 {"deployment_status": "good", "installation_status": "active", "latest_execution_status": "completed", "latest_execution_total_operations": 19}
        GET deployments/d0/outputs
        -> 200 {"outputs": {"addr": "10.0.0.5-one"}}
        GET node-instances?deployment_id=d0&_include=node_id,state,runtime_properties
        -> 200 {"items": [{"node_id": "base", "state": "started", "runtime_properties": {}}, {"node_id": "top", "state": "started", "runtime_properties": {"addr": "10.0.0.5-one"}}]}
        GET node-instances?_include=drift
        -> 400 {"error_code": "no_such_include_field_error", "message": "Include keys '['drift']' do not exist. Allowed keys are: ['id', 'visibility', 'host_id', 'index', 'relationships_p', 'relationships', 'runtime_properties_p', 'runtime_properties', 'system_properties', 'scaling_groups_p', 'scaling_groups', 'state', 'version', 'has_configuration_drift', 'is_status_check_ok', 'node_id', 'deployment_id', 'tenant_name', 'created_by', 'resource_availability', 'private_resource']"}
        # again: refused, and a failed record stays
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 400 {"error_code": "unavailable_workflow_error", "message": "Workflow not available: install"}
        GET executions?deployment_id=d0&_include=workflow_id,status,error&_sort=created_at
        -> 200 {"items": [{"workflow_id": "create_deployment_environment"}, {"status": "terminated"}, {"status": "failed", "error": "Error preparing execution: Workflow not available: install"}]}
        GET deployments/d0
        -> 200 {"deployment_status": "requires_attention", "installation_status": "active"}
        POST executions {"deployment_id": "d0", "workflow_id": "uninstall"}
        -> 201 {"id": "$un", "parameters": {"ignore_failure": false}}
        GET executions/$un
        -> 200 {"total_operations": 18}
        wait 4
        GET executions/$un
        -> 200 {"status": "terminated", "finished_operations": 18}
        GET node-instances?deployment_id=d0&_include=state,runtime_properties
        -> 200 {"items": [{"state": "deleted", "runtime_properties": {}}, {"state": "deleted", "runtime_properties": {}}]}
        GET deployments/d0
        -> 200 {"installation_status": "inactive", "deployment_status": "requires_attention", "latest_execution_status": "completed"}
        POST executions {"deployment_id": "d0", "workflow_id": "uninstall"}
        -> 400 {"error_code": "unavailable_workflow_error"}
        POST executions {"deployment_id": "d0", "workflow_id": "uninstall", "force": true}
        -> 201
        "#,
    );
}

#[test]
fn a_start_is_refused_in_the_servers_order() {
    prepared().play(
        r#"
        POST executions {"deployment_id": "d0", "workflow_id": "nosuch_wf"}
        -> 400 {"error_code": "nonexistent_workflow_error", "message": "Workflow nosuch_wf does not exist in the deployment d0"}
        POST executions {"deployment_id": "nosuch", "workflow_id": "install"}
        -> 404 {"message": "Requested `Deployment` with ID `nosuch` was not found"}
        POST executions {"deployment_id": "d0", "workflow_id": "install", "parameters": {"zzz": 1}}
        -> 400 {"error_code": "illegal_execution_parameters_error", "message": "Workflow \"install\" does not have the following parameters declared: zzz. Remove these parameters or use the flag for allowing custom parameters"}
        POST executions {"deployment_id": "d0", "workflow_id": "execute_operation"}
        -> 400 {"message": "Workflow \"execute_operation\" must be provided with the following parameters to execute: operation"}
        POST executions {"workflow_id": "install"}
        -> 400 {"message": "Missing deployment_id in json request body"}
        GET executions/nosuch
        -> 404 {"message": "Requested `Execution` with ID `nosuch` was not found"}
        GET executions?deployment_id=d0
        -> 200 items 1
        POST executions {"deployment_id": "d0", "workflow_id": "install", "parameters": {"zzz": 1}, "allow_custom_parameters": true}
        -> 201 {"id": "$id"}
        POST executions {"deployment_id": "d0", "workflow_id": "uninstall"}
        -> 400 {"error_code": "existing_running_execution_error", "message": "The following executions are currently running for this deployment: [<Execution id=`$id` tenant=`default_tenant` status=`started` workflow_id=`install`>]. To execute this workflow anyway, pass \"force=true\" as a query parameter to this request"}
        POST executions {"deployment_id": "d0", "workflow_id": "install", "scheduled_time": "20300101120000+0000"}
        -> 201 {"id": null, "status": "scheduled", "workflow_id": null}
        "#,
    );
}

#[test]
fn a_failed_install_is_resumed_or_cleaned_up() {
    let mut desk = prepared();
    desk.play(
        r#"
        POST executions {"deployment_id": "bad", "workflow_id": "install"}
        -> 201 {"id": "$id"}
        wait 5
        GET executions/$id
        -> 200 {"status": "failed", "total_operations": 19, "finished_operations": 9, "error": "Task failed: script_runner.tasks.run (top_…"}
        GET deployments/bad
        -> 200 {"installation_status": "inactive", "deployment_status": "requires_attention", "latest_execution_status": "failed", "unavailable_instances": 1}
        GET node-instances?deployment_id=bad&_include=node_id,state
        -> 200 {"items": [{"state": "started"}, {"state": "creating"}]}
        POST executions/$id {"action": "resume"}
        -> 200 {"id": "$id", "status": "pending", "error": "Task failed: …", "ended_at": null}
        wait 4
        GET executions/$id
        -> 200 {"status": "failed", "finished_operations": 9}
        POST executions/$id {"action": "force-resume"}
        -> 200 {"status": "pending"}
        wait 4
        POST executions {"deployment_id": "bad", "workflow_id": "install"}
        -> 201
        wait 5
        DELETE deployments/bad
        -> 400 {"error_code": "dependent_exists_error"}
        GET events?execution_id=$id&event_type=task_failed&_size=1
        -> 200 {"metadata": {"pagination": {"size": 1, "offset": 0, "total": 3}}, "items": [{"type": "cloudify_event", "operation": "cloudify.interfaces.lifecycle.create", "node_name": "top", "error_causes": [{"type": "NonRecoverableError", "traceback": "Traceback (most recent call last):…", "message": "script_runner.tasks.ProcessException: command: create, exit_code: 7, stderr: simulated failure"}]}]}
        POST executions {"deployment_id": "bad", "workflow_id": "uninstall", "parameters": {"ignore_failure": true}}
        -> 201 {"parameters": {"ignore_failure": true}}
        wait 5
        GET node-instances?deployment_id=bad&_include=state
        -> 200 {"items": [{"state": "deleted"}, {"state": "deleted"}]}
        DELETE deployments/bad
        -> 204
        "#,
    );
}

/// Only what is started counts as active: what failed in its first node can be installed, and uninstalled by force alone.
#[test]
fn what_never_started_is_not_there_to_be_uninstalled() {
    let blueprint = blueprint(
        "
tosca_definitions_version: cloudify_dsl_1_4
imports: [ cloudify/types/types.yaml ]
node_templates: { only: { type: cloudify.nodes.Root, properties: { simulate_failure: create } } }
",
    );
    desk().file("first", blueprint).play(
        r#"
        PUT blueprints/first file=first
        -> 201
        PUT deployments/d {"blueprint_id": "first"}
        -> 201
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201
        wait 5
        GET node-instances?deployment_id=d&_include=state
        -> 200 {"items": [{"state": "creating"}]}
        DELETE deployments/d
        -> 400 {"error_code": "dependent_exists_error"}
        POST executions {"deployment_id": "d", "workflow_id": "uninstall"}
        -> 400 {"error_code": "unavailable_workflow_error", "message": "Workflow not available: uninstall"}
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201
        wait 5
        POST executions {"deployment_id": "d", "workflow_id": "uninstall", "force": true}
        -> 201
        wait 5
        GET node-instances?deployment_id=d&_include=state
        -> 200 {"items": [{"state": "deleted"}]}
        DELETE deployments/d
        -> 204
        "#,
    );
}

/// A deployment without instances is wholly installed, and not at all.
#[test]
fn nothing_can_be_installed_and_uninstalled() {
    let empty = "tosca_definitions_version: cloudify_dsl_1_4\nimports: [cloudify/types/types.yaml]\n";
    desk().file("empty", blueprint(empty)).play(
        r#"
        PUT blueprints/empty file=empty
        -> 201
        PUT deployments/d {"blueprint_id": "empty"}
        -> 201
        POST executions {"deployment_id": "d", "workflow_id": "uninstall"}
        -> 201
        wait 5
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201
        wait 5
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201
        "#,
    );
}

/// A system workflow is alone: neither beside others, nor others beside it.
#[test]
fn a_snapshot_is_made_alone() {
    prepared().play(
        r#"
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201 {"id": "$install"}
        PUT snapshots/snap1 {}
        -> 400 {"error_code": "existing_running_execution_error", "message": "Cannot start execution because there are other executions running: $install"}
        wait 5
        PUT snapshots/snap1 {}
        -> 201 {"id": "$snapshot"}
        POST executions {"deployment_id": "d0", "workflow_id": "uninstall"}
        -> 400 {"error_code": "existing_running_execution_error", "message": "Cannot start execution because there are other executions running: $snapshot"}
        wait 5
        POST executions {"deployment_id": "d0", "workflow_id": "uninstall"}
        -> 201
        "#,
    );
}

#[test]
fn an_input_can_make_a_workflow_fail() {
    prepared().play(
        r#"
        PUT deployments/f {"blueprint_id": "ops", "inputs": {"simulate_failure": "uninstall"}}
        -> 201
        POST executions {"deployment_id": "f", "workflow_id": "install"}
        -> 201 {"id": "$in"}
        wait 5
        GET executions/$in
        -> 200 {"status": "terminated"}
        POST executions {"deployment_id": "f", "workflow_id": "uninstall"}
        -> 201 {"id": "$un"}
        wait 5
        GET executions/$un
        -> 200 {"status": "failed"}
        GET node-instances?deployment_id=f&_include=state
        -> 200 {"items": [{"state": "started"}, {"state": "stopping"}]}
        GET events?execution_id=$un&event_type=workflow_failed&_include=message
        -> 200 {"items": [{"message": "'uninstall' workflow execution failed: Task failed: …"}]}
        "#,
    );
}

#[test]
fn executions_are_cancelled_killed_and_queued() {
    prepared().play(
        r#"
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201 {"id": "$id"}
        POST executions {"deployment_id": "d0", "workflow_id": "uninstall", "queue": true}
        -> 201 {"id": "$queued", "status": "queued"}
        GET executions?deployment_id=d0&status=queued&_include=id
        -> 200 {"items": [{"id": "$queued"}]}
        POST executions/$id {"action": "cancel"}
        -> 200 {"status": "cancelling", "status_display": "cancelling"}
        POST executions/$id {"action": "cancel"}
        -> 400 {"error_code": "illegal_action_error", "message": "Can't cancel execution $id because it's in status cancelling"}
        GET executions/$id
        -> 200 {"status": "cancelled", "error": ""}
        wait 5
        GET executions/$queued
        -> 200 {"status": "terminated"}
        POST executions/$id {"action": "cancel"}
        -> 400 {"message": "Can't cancel execution $id because it's in status cancelled"}
        POST executions/$id {"action": "bogus"}
        -> 400 {"message": "Invalid action: bogus, Valid action values are: ['cancel', 'force-cancel', 'kill', 'resume', 'force-resume', 'requeue']"}
        POST executions/$id {}
        -> 400 {"message": "Missing action in json request body"}
        PATCH executions/$queued {"status": "cancelled"}
        -> 400 {"error_code": "invalid_exception_status_update", "message": "Invalid relationship - can't change status from terminated to cancelled for \"$queued\" execution while running \"uninstall\" workflow."}
        POST executions/$queued {"action": "resume"}
        -> 409
        # force-cancel and kill
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201 {"id": "$two"}
        wait 1
        POST executions/$two {"action": "force-cancel"}
        -> 200 {"status": "force_cancelling"}
        wait 2
        GET executions/$two
        -> 200 {"status": "cancelled"}
        GET deployments/d0
        -> 200 {"latest_execution_status": "cancelled"}
        POST executions {"deployment_id": "bad", "workflow_id": "install"}
        -> 201 {"id": "$three"}
        wait 5
        # kill rewrites even a failed one
        POST executions/$three {"action": "kill"}
        -> 200 {"status": "kill_cancelling"}
        GET executions/$three
        -> 200 {"status": "cancelled", "error": ""}
        # a dry run does nothing
        POST executions {"deployment_id": "bad", "workflow_id": "uninstall", "dry_run": true}
        -> 201 {"id": "$dry", "is_dry_run": true}
        wait 5
        GET executions/$dry
        -> 200 {"status": "terminated", "total_operations": 0}
        GET node-instances?deployment_id=bad&_include=state
        -> 200 {"items": [{"state": "started"}, {"state": "creating"}]}
        "#,
    );
}

#[test]
fn instances_change_by_version_and_statuses_lag() {
    prepared().play(
        r#"
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201
        wait 5
        GET node-instances?node_id=top&deployment_id=d0
        -> 200 {"items": [{"id": "$top", "version": 7, "relationships": [{"type": "cloudify.relationships.depends_on", "target_name": "base", "target_id": "*"}]}]}
        PATCH node-instances/$top {"version": 1, "state": "stopped"}
        -> 409 {"message": "Node instance update conflict [current version=7, update version=1]"}
        PATCH node-instances/$top {"state": "stopped"}
        -> 400 {"error_code": "bad_parameters_error", "message": "1 validation error for _NodeInstanceUpdateBody\nversion\n  field required (type=value_error.missing)"}
        PATCH node-instances/$top {"version": 7, "state": "stopped"}
        -> 200 {"state": "stopped", "version": 8}
        DELETE node-instances/$top
        -> 403 {"error_code": "only_deployment_update", "message": ""}
        GET deployments/d0
        -> 200 {"installation_status": "active", "deployment_status": "good"}
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201 {"id": "$again"}
        wait 5
        GET executions/$again
        -> 200 {"status": "terminated", "total_operations": 19}
        GET node-instances/$top
        -> 200 {"state": "started"}
        "#,
    );
}

#[test]
fn other_workflows_run_too() {
    let text = OPS.replace("outputs:", "workflows: { fix: { mapping: fix.sh, parameters: { what: {} } } }\noutputs:");
    let mut desk = prepared().file("custom", blueprint(&text));
    desk.play(
        r#"
        PUT blueprints/custom file=custom
        -> 201
        PUT deployments/c {"blueprint_id": "custom"}
        -> 201
        POST executions {"deployment_id": "c", "workflow_id": "install"}
        -> 201
        wait 5
        POST executions {"deployment_id": "c", "workflow_id": "fix"}
        -> 400 {"error_code": "illegal_execution_parameters_error"}
        POST executions {"deployment_id": "c", "workflow_id": "fix", "parameters": {"what": "it"}}
        -> 201 {"id": "$fix"}
        wait 5
        GET executions/$fix
        -> 200 {"status": "terminated", "total_operations": 2}
        POST executions {"deployment_id": "c", "workflow_id": "check_drift"}
        -> 201
        wait 5
        GET node-instances?deployment_id=c&_include=has_configuration_drift,is_status_check_ok
        -> 200 {"items": [{"has_configuration_drift": false, "is_status_check_ok": true}, {}]}
        "#,
    );
    for (workflow, state) in [("stop", "stopped"), ("start", "started"), ("restart", "started"), ("heal", "started")] {
        desk.play(&format!(
            r#"
            POST executions {{"deployment_id": "c", "workflow_id": "{workflow}"}}
            -> 201
            wait 5
            GET node-instances?deployment_id=c&_include=state
            -> 200 {{"items": [{{"state": "{state}"}}, {{"state": "{state}"}}]}}
            "#
        ));
    }
    let workflows = desk.get("deployments/c?_include=workflows");
    let names: Vec<&str> =
        workflows["workflows"].as_array().unwrap().iter().map(|w| w["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"install") && names.contains(&"heal") && names.last() == Some(&"fix"), "{names:?}");
}

#[test]
fn events_are_filtered_and_paged() {
    let mut desk = prepared();
    desk.play(
        r#"
        POST executions {"deployment_id": "d0", "workflow_id": "install"}
        -> 201 {"id": "$id"}
        wait 5
        GET events?execution_id=$id&_size=1&_sort=timestamp
        -> 200 {"metadata": {"pagination": {"size": 1, "offset": 0, "total": 14}}, "items": [{"_storage_id": 1, "message": "Starting 'install' workflow execution", "event_type": "workflow_started", "workflow_id": "install", "blueprint_id": "ops", "deployment_id": "d0", "execution_group_id": null}]}
        GET /api/v3/events?execution_id=$id&_offset=13&_size=2
        -> 200 {"metadata": {"pagination": {"size": 2, "offset": 13, "total": 14}}, "items": [{"event_type": "workflow_succeeded"}]}
        GET events?_size=1&type=bogus
        -> 200 {"metadata": {"pagination": {"size": 1, "offset": 0, "total": 0}}, "items": []}
        GET events?type=vnfm_event&execution_id=$id
        -> 200 items 14
        GET events?_range=timestamp,2020-01-01,&_size=0
        -> 200 {"metadata": {"pagination": {"size": 0, "offset": 0, "total": 14}}, "items": []}
        GET events?_range=timestamp,,2025-01-01&execution_id=$id
        -> 200 items 0
        GET events?_range=timestamp,,&_size=1
        -> 400 {"message": "1 validation error for RangesList\n_range -> 0 -> __root__\n  At least one of from/to must be passed (type=value_error)"}
        GET events?_range=timestamp,2020-01-01&_size=1
        -> 400 {"message": "1 validation error for RangesList\n_range -> 0\n  range must contain exactly 3 fields (type=value_error)"}
        GET events?_include=message,timestamp&_size=2
        -> 200 keys message timestamp
        GET events?_include=nosuch&_size=1
        -> 200 {"items": [{}]}
        GET events?nosuch=1
        -> 400 {"message": "Unknown field to filter by: nosuch. Allowed values: blueprint_id, deployment_id, event_type, execution_group_id, execution_id, level, message, node_id, node_instance_id, operation"}
        GET events
        -> 200 {"metadata": {"pagination": {"size": 10000, "offset": 0, "total": 14}}}
        GET events?event_type=task_started&event_type=task_succeeded&operation=cloudify.interfaces.lifecycle.start&_include=node_name
        -> 200 {"items": [{"node_name": "top"}, {"node_name": "top"}]}
        "#,
    );
}

#[test]
fn running_work_survives_a_save() {
    let mut desk = prepared();
    desk.play(
        "POST executions {\"deployment_id\": \"d0\", \"workflow_id\": \"install\"}\n-> 201 {\"id\": \"$id\"}\nwait 2",
    );
    let before = desk.manager.save();
    desk.reload();
    assert_eq!(desk.manager.save(), before);
    desk.play("wait 3\nGET executions/$id\n-> 200 {\"status\": \"terminated\", \"finished_operations\": 19}");
}

/// What a script says by `ctx`, and workflows of a language without rules.
#[test]
fn scripts_set_outputs_and_old_languages_have_no_rules() {
    let main = "tosca_definitions_version: cloudify_dsl_1_3
imports: [ cloudify/types/types.yaml ]
node_templates:
  n:
    type: cloudify.nodes.Root
    interfaces: { cloudify.interfaces.lifecycle: { create: { implementation: scripts/create.sh } } }
outputs: { addr: { value: { get_attribute: [n, addr] } } }
";
    let script = "#!/bin/bash\nctx instance runtime-properties addr 192.0.2.7\n";
    let files = [("bp/blueprint.yaml", main.as_bytes()), ("bp/scripts/create.sh", script.as_bytes())];
    desk().file("old", tar_gz(&files)).play(
        r#"
        PUT blueprints/old file=old
        -> 201
        PUT deployments/d {"blueprint_id": "old"}
        -> 201
        POST executions {"deployment_id": "d", "workflow_id": "uninstall"}
        -> 201
        wait 40
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201
        wait 40
        GET deployments/d/outputs
        -> 200 {"outputs": {"addr": "192.0.2.7"}}
        POST executions {"deployment_id": "d", "workflow_id": "install"}
        -> 201
        POST executions/absent {"action": "nonsense"}
        -> 400 {"error_code": "bad_parameters_error"}
        POST executions/absent {"action": "cancel"}
        -> 404
        PATCH deployments/d {"display_name": null}
        -> 409 {"error_code": "storage_error"}
        "#,
    );
    let long = "a".repeat(300);
    desk().play(&format!("DELETE secrets/{long}\n-> 400\nGET secrets/{long}\n-> 400\nDELETE secrets/a\n-> 404"));
}
