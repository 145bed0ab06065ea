//! What a manager keeps beside deployments: sites, groups of them, filters, schedules (cloudify.md#sites,
//! cloudify.md#deployment-groups, cloudify.md#blueprints-filters, cloudify.md#execution-schedules). Each transcript was
//! played to a real manager of 7.1, too.

use super::*;

#[test]
fn sites_have_a_place_or_none() {
    desk().play(
        r#"
        PUT sites/fra {"location": "50.1,8.68"}
        => 200 {"created_at": "*", "visibility": "tenant", "name": "fra", "latitude": 50.1, "longitude": 8.68, "tenant_name": "default_tenant", "created_by": "admin", "resource_availability": "tenant", "private_resource": false, "location": "50.1, 8.68"}
        PUT sites/fra {"location": "50.1,8.68"}
        -> 409 {"error_code": "conflict_error", "message": "<Site id=`fra` tenant=`default_tenant`> already exists on <Tenant name=`default_tenant`> or with global visibility"}
        PUT sites/ber
        -> 415 {"error_code": "unsupported_content_type_error"}
        PUT sites/ber {}
        -> 200 {"latitude": null, "longitude": null, "location": null}
        GET sites?_include=name,location,visibility,tenant_name&_sort=name
        -> 200 {"items": [{"name": "ber", "location": null, "visibility": "tenant", "tenant_name": "default_tenant"}, {"name": "fra", "location": "50.1, 8.68", "visibility": "tenant", "tenant_name": "default_tenant"}]}
        GET sites?_include=id
        -> 400 {"error_code": "no_such_include_field_error"}
        POST sites/fra {"location": "50.10, 10"}
        -> 200 {"location": "50.1, 10.0"}
        POST sites/fra {"visibility": "private"}
        -> 400 {"error_code": "illegal_action_error", "message": "Can't set the visibility of `fra` to private because it already has wider visibility"}
        POST sites/fra {"visibility": "global"}
        -> 200 {"visibility": "global", "location": "50.1, 10.0"}
        POST sites/fra {"location": ""}
        -> 200 {"location": null}
        POST sites/fra {"location": null}
        -> 400 {"message": "location parameter is expected to be of type str but is of type NoneType"}
        POST sites/nosuch {"location": "1,1"}
        -> 404 {"message": "Requested `Site` with ID `nosuch` was not found"}
        PUT sites/x {"location": "abc"}
        -> 400 {"message": "Invalid location `abc`, the format is expected to be \"latitude,longitude\" such as \"32.071072,34.787274\""}
        PUT sites/x {"location": "a,b"}
        -> 400 {"message": "Invalid location `a,b`, the latitude and longitude are expected to be of type float"}
        PUT sites/x {"location": "91,0"}
        -> 400 {"message": "Invalid location `91,0`. The latitude must be a number between -90 and 90 and the longitude between -180 and 180"}
        PUT sites/1x {}
        -> 400 {"message": "The `name` argument must begin with a letter"}
        POST sites/ber {"new_name": "fra"}
        -> 409
        POST sites/ber {"new_name": "ham"}
        -> 200 {"name": "ham"}
        PUT blueprints/ops file=ops
        -> 201
        PUT deployments/d1 {"blueprint_id": "ops", "site_name": "ham"}
        -> 201 {"site_name": "ham"}
        PUT deployments/d2 {"blueprint_id": "ops", "site_name": ""}
        -> 400 {"message": "The `site_name` argument is empty"}
        PUT deployments/d2 {"blueprint_id": "ops", "site_name": null}
        -> 400 {"error_code": "bad_parameters_error"}
        POST deployments/d1/set-site {"site_name": ""}
        -> 400
        POST deployments/d1/set-site {"site_name": "nosuch", "detach_site": true}
        -> 404
        POST deployments/d1/set-site {"site_name": "ham", "detach_site": true}
        -> 400
        PUT sites/hidden {"visibility": "private"}
        -> 200 {"visibility": "private"}
        POST deployments/d1/set-site {"site_name": "hidden"}
        -> 400 {"error_code": "illegal_action_error", "message": "The visibility of deployment `d1`: `tenant` can't be wider than the visibility of it's site `hidden`: `private`"}
        PUT deployments/d2 {"blueprint_id": "ops", "site_name": "hidden"}
        -> 400 {"error_code": "illegal_action_error"}
        PATCH deployments/d1 {"description": "by hand"}
        -> 200 {"description": "by hand"}
        PATCH deployments/d1 {"description": "again"}
        -> 409 {"message": "description is already set"}
        DELETE sites/hidden
        -> 204
        DELETE sites/ham
        -> 204 empty
        GET deployments?id=d1&_include=id,site_name
        -> 200 {"items": [{"id": "d1", "site_name": null}]}
        DELETE sites/fra
        -> 204
        DELETE sites/fra
        -> 404
        "#,
    );
}

#[test]
fn groups_give_their_labels_to_who_is_in_them() {
    desk().play(
        r#"
        PUT blueprints/ops file=ops
        -> 201
        PUT deployments/d1 {"blueprint_id": "ops"}
        -> 201
        PUT deployments/d2 {"blueprint_id": "ops"}
        -> 201
        PUT deployment-groups/g1 {}
        => 200 {"created_at": "*", "id": "g1", "visibility": "tenant", "description": null, "default_inputs": null, "creation_counter": 0, "default_blueprint_id": null, "tenant_name": "default_tenant", "created_by": "admin", "resource_availability": "tenant", "private_resource": false, "deployment_ids": [], "labels": []}
        PUT deployment-groups/g1 {"description": "x", "blueprint_id": "ops", "default_inputs": {"n": 2}, "visibility": "private"}
        -> 200 {"description": "x", "default_blueprint_id": "ops", "default_inputs": {"n": 2}, "visibility": "private"}
        PUT deployment-groups/g1 {"description": "", "blueprint_id": "", "default_inputs": {}, "visibility": null}
        -> 200 {"description": "", "default_blueprint_id": "ops", "default_inputs": {}, "visibility": "private"}
        PUT deployment-groups/g1 {"deployment_ids": ["d1", "nosuch"]}
        -> 404 {"message": "Requested `Deployment` with ID `nosuch` was not found"}
        PUT deployment-groups/g2 {"blueprint_id": "nosuch"}
        -> 404 {"message": "Requested `Blueprint` with ID `nosuch` was not found"}
        GET deployment-groups/g2
        -> 404 {"message": "Requested `DeploymentGroup` with ID `g2` was not found"}
        PUT deployment-groups/g1 {"labels": [{"Grp": "one"}]}
        -> 200 {"deployment_ids": []}
        # who joins gets what the group has
        PUT deployment-groups/g1 {"deployment_ids": ["d1"]}
        -> 200 {"deployment_ids": ["d1"]}
        GET deployments?id=d1&_include=labels
        -> 200 {"items": [{"labels": [{"key": "grp", "value": "one", "created_at": "*", "created_by": "admin"}]}]}
        # new labels go to who is in it, and old ones from there
        PUT deployment-groups/g1 {"labels": [{"grp": "two"}]}
        -> 200
        GET deployments?id=d1&_include=labels
        -> 200 {"items": [{"labels": [{"key": "grp", "value": "two", "created_at": "*", "created_by": "admin"}]}]}
        # both in one call: who joins gets the labels from before
        PUT deployment-groups/g1 {"deployment_ids": ["d2"], "labels": [{"grp": "three"}]}
        -> 200 {"deployment_ids": ["d2"]}
        GET deployments?id=d2&_include=labels
        -> 200 {"items": [{"labels": [{"key": "grp", "value": "two", "created_at": "*", "created_by": "admin"}]}]}
        PUT deployment-groups/g1 {"deployment_ids": []}
        -> 200 {"deployment_ids": []}
        GET deployments?id=d2&_include=labels
        -> 200 {"items": [{"labels": [{"key": "grp", "value": "two", "created_at": "*", "created_by": "admin"}]}]}
        PUT deployment-groups/g1 {"description": {"a": "b"}}
        -> 409 {"error_code": "storage_error"}
        PUT deployment-groups/g1 {"deployment_ids": [[]]}
        -> 404 {"message": "Requested `Deployment` with ID `[]` was not found"}
        PUT deployment-groups/g1 {"labels": {"a": 1}}
        -> 400 {"error_code": "bad_parameters_error"}
        PUT deployment-groups/g1 {"labels": [{"csys-x": "1"}]}
        -> 400 {"error_code": "bad_parameters_error"}
        PUT deployment-groups/g1 {"labels": [{"csys-obj-type": "x"}, {"a": "b\"c"}]}
        -> 400 {"message": "The value `b\"c` contains illegal characters. Control characters and `\"` are not allowed."}
        PATCH deployment-groups/g1 {"add": {"deployment_ids": ["d1"]}}
        -> 200 {"deployment_ids": ["d1"]}
        DELETE deployments/d1
        -> 204
        wait 12
        GET deployment-groups?_include=id,deployment_ids&_sort=id
        -> 200 {"items": [{"id": "g1", "deployment_ids": []}]}
        DELETE deployment-groups/g1
        -> 204 empty
        DELETE deployment-groups/g1
        -> 404
        "#,
    );
}

#[test]
fn filters_keep_the_rules_of_the_type_that_is_not_changed() {
    desk().play(
        r#"
        PUT filters/deployments/f1 {"filter_rules": [{"key": "Env", "values": ["dev", "a"], "operator": "any_of", "type": "label"}, {"key": "site_name", "values": ["fra"], "operator": "starts_with", "type": "attribute"}]}
        => 200 {"created_at": "*", "id": "f1", "visibility": "tenant", "value": [{"key": "env", "values": ["dev", "a"], "operator": "any_of", "type": "label"}, {"key": "site_name", "values": ["fra"], "operator": "starts_with", "type": "attribute"}], "updated_at": "*", "is_system_filter": false, "tenant_name": "default_tenant", "created_by": "admin", "resource_availability": "tenant", "private_resource": false, "labels_filter_rules": [{"key": "env", "values": ["dev", "a"], "operator": "any_of", "type": "label"}], "attrs_filter_rules": [{"key": "site_name", "values": ["fra"], "operator": "starts_with", "type": "attribute"}]}
        PUT filters/deployments/f1 {"filter_rules": []}
        -> 409 {"error_code": "conflict_error"}
        PATCH filters/deployments/f1 {"filter_rules": [{"key": "env", "values": ["x"], "operator": "any_of", "type": "label"}]}
        -> 200 {"value": [{"key": "site_name", "values": ["fra"], "operator": "starts_with", "type": "attribute"}, {"key": "env", "values": ["x"], "operator": "any_of", "type": "label"}]}
        PATCH filters/deployments/f1 {"filter_rules": []}
        -> 200 {"value": [{"key": "site_name", "values": ["fra"], "operator": "starts_with", "type": "attribute"}, {"key": "env", "values": ["x"], "operator": "any_of", "type": "label"}]}
        PATCH filters/deployments/f1 {"visibility": "private"}
        -> 400 {"message": "Can't set the visibility of `f1` to private because it already has wider visibility"}
        PATCH filters/deployments/f1 {}
        -> 400 {"error_code": "illegal_action_error", "message": "Update a filter request must include at least one parameter to update"}
        PUT filters/blueprints/f1 {"filter_rules": [{"key": "site_name", "values": ["fra"], "operator": "any_of", "type": "attribute"}]}
        -> 400 {"error_code": "invalid_filter_rule", "err_reason": "Allowed attributes to filter blueprints by are created_by, state, id, tenant_name"}
        PUT filters/blueprints/f1 {"filter_rules": [{"key": "a", "values": [], "operator": "any_of", "type": "label"}]}
        -> 400 {"err_reason": "Values list must include at least one item if the operator is one of any_of, not_any_of, is_not"}
        PUT filters/blueprints/f1 {"filter_rules": [{"key": "a", "operator": "is_null", "type": "label"}]}
        -> 400 {"err_reason": "At least one of the entries in the filter rule is missing"}
        PUT filters/blueprints/f1 {"filter_rules": [{"key": "a", "values": ["x"], "operator": "contains", "type": "label"}]}
        -> 400 {"err_reason": "The operator for filtering by labels must be one of any_of, not_any_of, is_null, is_not_null, is_not"}
        PUT filters/blueprints/f1 {"filter_rules": [{"key": "id", "values": ["x y"], "operator": "any_of", "type": "attribute"}]}
        -> 400 {"err_reason": "The `attributes' filter rule value` argument contains illegal characters. Only letters, digits and the characters \"-\", \".\" and \"_\" are allowed"}
        PUT filters/blueprints/f1 {"filter_rules": [{"key": "a", "values": [], "operator": "is_null", "type": "label"}, {"key": "A", "values": [], "operator": "is_null", "type": "label"}], "visibility": "private"}
        -> 200 {"value": [{"key": "a", "values": [], "operator": "is_null", "type": "label"}], "visibility": "private"}
        PUT filters/blueprints/f2 {}
        -> 400 {"message": "Missing filter_rules in json request body"}
        PUT filters/blueprints/Csys-x {"filter_rules": []}
        -> 400 {"message": "All filters with a `csys-` prefix are reserved for internal use."}
        GET filters/blueprints?_include=id,value,is_system_filter&_sort=id
        -> 200 {"items": [{"id": "f1", "value": [{"key": "a", "values": [], "operator": "is_null", "type": "label"}], "is_system_filter": false}]}
        GET filters/deployments?_include=id
        -> 200 items 23
        DELETE filters/deployments/aws-deployments
        -> 400 {"message": "Cannot delete a system filter"}
        PATCH filters/deployments/csys-service-filter {"filter_rules": []}
        -> 400 {"message": "Cannot update a system filter"}
        PUT filters/deployments/aws-deployments {"filter_rules": []}
        -> 409
        DELETE filters/blueprints/f1
        -> 204 empty
        DELETE filters/deployments/f1
        -> 204
        DELETE filters/deployments/f1
        -> 404
        "#,
    );
}

#[test]
fn schedules_take_nothing_back() {
    desk().play(
        r#"
        PUT blueprints/ops file=ops
        -> 201
        PUT deployments/d1 {"blueprint_id": "ops"}
        -> 201
        PUT execution-schedules/s1?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "recurrence": "2 weeks", "weekdays": ["mo", "TU"], "count": 5, "until": "2031-01-01 10:00:00", "slip": 3, "stop_on_fail": true, "parameters": {"a": 1}, "execution_arguments": {"force": true}, "enabled": false}
        -> 201 {"id": "s1", "since": "2030-01-01T00:00:00.000Z", "until": "2031-01-01T10:00:00.000Z", "rule": {"recurrence": "2 weeks", "count": 5, "weekdays": ["MO", "TU"]}, "slip": 3, "workflow_id": "install", "parameters": {"a": 1}, "execution_arguments": {"allow_custom_parameters": false, "force": true, "is_dry_run": false, "wait_after_fail": 600}, "stop_on_fail": true, "enabled": false, "deployment_id": "d1", "latest_execution_status": null, "visibility": "tenant", "tenant_name": "default_tenant"}
        PUT execution-schedules/s1?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "count": 1}
        -> 409 {"error_code": "conflict_error", "message": "Instance with ID s1 cannot be added on <Tenant name=`default_tenant`> or with global visibility"}
        PATCH execution-schedules/s1?deployment_id=d1 {"enabled": true, "slip": 0}
        -> 201 {"enabled": true, "slip": 0, "rule": {"recurrence": "2 weeks", "count": 5, "weekdays": ["MO", "TU"]}}
        PATCH execution-schedules/s1?deployment_id=d1 {"until": null, "count": null, "weekdays": []}
        -> 201 {"until": "2031-01-01T10:00:00.000Z", "rule": {"recurrence": "2 weeks", "count": 5, "weekdays": ["MO", "TU"]}}
        PATCH execution-schedules/s1?deployment_id=d1 {"rrule": "FREQ=DAILY;INTERVAL=3"}
        -> 201 {"rule": {"rrule": "FREQ=DAILY;INTERVAL=3"}}
        PATCH execution-schedules/s1?deployment_id=d1 {"enabled": false}
        -> 400 {"error_code": "bad_parameters_error", "message": "recurrence must be specified for execution count larger than 1"}
        PATCH execution-schedules/s1?deployment_id=d1 {"enabled": false, "rrule": "FREQ=DAILY"}
        -> 201 {"enabled": false}
        PUT execution-schedules/s2?deployment_id=d1 {"workflow_id": "nosuch", "since": "2030-01-01", "count": 1}
        -> 400 {"error_code": "nonexistent_workflow_error", "message": "Workflow nosuch does not exist in deployment d1"}
        PUT execution-schedules/s2?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01T10:00:00Z", "count": 1}
        -> 400 {"message": "2030-01-01T10:00:00Z is not a legal time format"}
        PUT execution-schedules/s2?deployment_id=d1 {"workflow_id": "install", "since": "2030-02-30", "count": 1}
        -> 400
        PUT execution-schedules/s2?deployment_id=d1 {"workflow_id": "install", "count": 1}
        -> 400 {"message": "Missing since in json request body"}
        PUT execution-schedules/s2?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01 10:00:00.5", "count": 1}
        -> 201 {"since": "2030-01-01T10:00:00.500Z", "until": null, "rule": {"recurrence": null, "count": 1, "weekdays": null}, "parameters": null, "execution_arguments": {}, "slip": 0, "enabled": true}
        PUT execution-schedules/s3 {"workflow_id": "install", "since": "2030-01-01", "count": 1}
        -> 400 html
        PUT execution-schedules/s3?deployment_id=nosuch {"workflow_id": "install", "since": "2030-01-01", "count": 1}
        -> 404 {"message": "Requested `Deployment` with ID `nosuch` was not found"}
        PUT execution-schedules/s3?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "recurrence": "2 fortnights"}
        -> 400 {"message": "`2 fortnights` is not a legal recurrence expression. Supported format is: <number> seconds|minutes|hours|days|weeks|months|years"}
        PUT execution-schedules/s3?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "recurrence": "1 day", "weekdays": ["1MO"]}
        -> 400 {"message": "complex weekday expression 1MO can only be used with a months|years recurrence, but got day."}
        PUT execution-schedules/s3?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "recurrence": "1 day", "weekdays": ["day"]}
        -> 400 {"message": "weekdays list contains an invalid weekday `DAY`. Valid…"}
        PUT execution-schedules/s3?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "recurrence": "1 day", "weekdays": ["monday"]}
        -> 500
        PUT execution-schedules/s3?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "recurrence": "1 day", "rrule": "FREQ=DAILY"}
        -> 400 {"message": "`rrule` cannot be provided together with `recurrence`, `weekdays` or `count`."}
        PUT execution-schedules/s3?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "count": 2}
        -> 400 {"message": "recurrence must be specified for execution count larger than 1"}
        PUT execution-schedules/s3?deployment_id=d1 {"workflow_id": "install", "since": "2030-01-01", "rrule": "nonsense"}
        -> 400 {"message": "invalid RRULE string provided: not enough values to unpack (expected 2, got 1)"}
        GET execution-schedules?_include=id,deployment_id&_sort=id&deployment_id=d1
        -> 200 {"items": [{"id": "s1", "deployment_id": "d1"}, {"id": "s2", "deployment_id": "d1"}]}
        DELETE execution-schedules/s1?deployment_id=d1
        -> 204 empty
        DELETE execution-schedules/s1?deployment_id=d1
        -> 404 {"message": "Requested `ExecutionSchedule` with ID `s1` was not found (filters: {'deployment_id': 'd1'})"}
        DELETE deployments/d1
        -> 204
        wait 12
        GET execution-schedules?_include=id
        -> 200 items 0
        "#,
    );
}

#[test]
fn earlier_servers_know_none_of_it() {
    for version in ["4.0", "4.5", "5.2"] {
        cloudify(version)
            .play("GET deployment-groups\n-> 404\nGET filters/deployments\n-> 404\nGET execution-schedules\n-> 404");
    }
    vnfm().play("GET sites\n-> 404\nGET deployment-groups\n-> 404\nGET filters/blueprints\n-> 404");
}
