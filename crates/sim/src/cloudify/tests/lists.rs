//! Lists: pages, filters, order, projection (cloudify.md#lists, cloudify.md#requests).

use super::*;

/// A desk with that many secrets, `pg0000` and on.
fn filled(version: &str, count: usize) -> Desk {
    let mut desk = cloudify(version);
    for number in 0..count {
        let (status, _) = desk.ask(Method::Put, &format!("secrets/pg{number:04}"), Some(json!({"value": "x"})));
        assert_eq!(status, 200);
    }
    desk
}

#[test]
fn pages_are_cut_and_counted() {
    filled("7.1", 28).play(
        r#"
        GET secrets?_size=2&_include=key
        -> 200 {"metadata": {"pagination": {"total": 28, "size": 2, "offset": 0}, "filtered": null}, "items": [{"key": "pg0000"}, {"key": "pg0001"}]}
        GET secrets?_size=2&_offset=24&_include=key
        -> 200 {"metadata": {"pagination": {"total": 28, "size": 2, "offset": 24}}, "items": [{"key": "pg0024"}, {"key": "pg0025"}]}
        GET secrets?_size=0
        -> 200 {"metadata": {"pagination": {"total": 28, "size": 0, "offset": 0}}, "items": []}
        GET secrets?_offset=1000
        -> 200 {"metadata": {"pagination": {"total": 28, "size": 1000, "offset": 1000}}, "items": []}
        GET secrets?_offset=27
        -> 200 items 1
        GET secrets?_size=5000
        -> 200 {"metadata": {"pagination": {"total": 28, "size": 5000, "offset": 0}}}
        GET secrets?_get_all_results=true&_size=3
        -> 200 {"metadata": {"pagination": {"total": 28, "size": 3, "offset": 0}}}
        GET secrets?_get_all_results=true&_size=3
        -> 200 items 28
        GET secrets?_sort=-key&_size=2&_include=key
        -> 200 {"items": [{"key": "pg0027"}, {"key": "pg0026"}]}
        GET secrets?_search=PG001&_size=2&_include=key
        -> 200 {"metadata": {"pagination": {"total": 10, "size": 2, "offset": 0}}, "items": [{"key": "pg0010"}, {"key": "pg0011"}]}
        GET secrets?key=pg0001&key=pg0002&_include=key
        -> 200 {"items": [{"key": "pg0001"}, {"key": "pg0002"}]}
        GET secrets?key=pg0001&visibility=global
        -> 200 items 0
        GET secrets?_include=
        -> 200 items 28
        GET secrets?_include=key,%20created_at
        -> 400 {"error_code": "no_such_include_field_error", "message": "Include keys '[' created_at']' do not exist. …"}
        GET secrets?_include=value
        -> 400 {"error_code": "no_such_include_field_error"}
        GET secrets/pg0001?_include=value
        -> 200 {"value": "x"}
        GET secrets?_size=1&_size=7
        -> 200 items 1
        "#,
    );
}

#[test]
fn bad_list_arguments_are_named() {
    let allowed = "['created_at', 'id', 'visibility', 'main_file_name', 'plan_p', 'plan', 'requirements', 'updated_at', 'description', 'is_hidden', 'state', 'error', 'error_traceback', 'tenant_name', 'created_by', 'resource_availability', 'private_resource'";
    desk().play(&format!(
        r#"
        GET blueprints?_include=nosuch
        -> 400 {{"error_code": "no_such_include_field_error", "message": "Include keys '['nosuch']' do not exist. Allowed keys are: {allowed}, 'labels', 'upload_execution']"}}
        GET blueprints?nosuch=1&_include=id
        -> 400 {{"error_code": "bad_parameters_error", "message": "Filter keys '['nosuch']' do not exist. Allowed keys are: {allowed}]"}}
        GET blueprints?_sort=nosuch&_include=id
        -> 400 {{"message": "Sort keys '['nosuch']' do not exist. Allowed keys are: {allowed}]"}}
        GET blueprints?_size=-1
        -> 400 keys error_code message
        -> 400 {{"message": "1 validation error for Pagination\n_size\n  ensure this value is greater than or equal to 0 (type=value_error.number.not_ge; limit_value=0)"}}
        GET blueprints?_size=abc
        -> 400 {{"message": "1 validation error for Pagination\n_size\n  value is not a valid integer (type=type_error.integer)"}}
        GET blueprints?_offset=
        -> 400
        GET blueprints?_size=1.5
        -> 400
        "#
    ));
}

#[test]
fn sorting_goes_by_several_keys() {
    let mut desk = desk();
    for (id, file) in [("b1", "ops"), ("b2", "small")] {
        desk.play(&format!("PUT blueprints/{id} file={file}\n-> 201"));
    }
    for (id, of) in [("dep1", "b1"), ("dep2", "b2"), ("dep3", "b1"), ("dep4", "b2")] {
        let inputs = if of == "b2" { json!({"must": "x"}) } else { json!({}) };
        desk.ask(Method::Put, &format!("deployments/{id}"), Some(json!({"blueprint_id": of, "inputs": inputs})));
    }
    desk.play(
        r#"
        GET deployments?_include=id&_sort=-id
        -> 200 {"items": [{"id": "dep4"}, {"id": "dep3"}, {"id": "dep2"}, {"id": "dep1"}]}
        GET deployments?_include=id,blueprint_id&_sort=blueprint_id&_sort=-id
        -> 200 {"items": [{"id": "dep3", "blueprint_id": "b1"}, {"id": "dep1"}, {"id": "dep4"}, {"id": "dep2"}]}
        "#,
    );
}

#[test]
fn older_servers_cap_pages() {
    let mut desk = filled("4.5", 1001);
    desk.play(
        r#"
        GET secrets
        -> 400 {"error_code": "illegal_action_error", "message": "Response size (1001) bigger than max allowed (1000), please use pagination…"}
        GET secrets?_size=1001
        -> 400 {"error_code": "illegal_action_error"}
        GET secrets?_offset=5
        -> 200 {"items": [], "metadata": {"pagination": {"total": 1001, "size": 0, "offset": 5}}}
        GET secrets?_get_all_results=true
        -> 200 items 1001
        GET secrets?_size=1000&_sort=key
        -> 200 items 1000
        GET secrets?_size=1000&_offset=1000&_sort=key&_include=key
        -> 200 {"items": [{"key": "pg1000"}], "metadata": {"pagination": {"total": 1001, "size": 1000, "offset": 1000}}}
        GET secrets?key=pg0001
        -> 200 {"metadata": {"pagination": {"total": 1, "size": 0, "offset": 0}}}
        "#,
    );
    // Without `_sort` the order differs from look to look, so that pages cannot be put together.
    assert_ne!(desk.get("secrets?_size=2")["items"], desk.get("secrets?_size=2")["items"]);
}

#[test]
fn newer_servers_cut_silently() {
    filled("7.1", 1001).play(
        r#"
        GET secrets
        -> 200 items 1000
        GET secrets?_offset=1000
        -> 200 {"items": [{"key": "pg1000"}], "metadata": {"pagination": {"total": 1001, "size": 1000, "offset": 1000}}}
        "#,
    );
}

#[test]
fn three_thousand_rows_are_no_burden() {
    let mut desk = desk();
    desk.play("PUT blueprints/ops file=ops\n-> 201");
    let started = std::time::Instant::now();
    for number in 0..3000 {
        let (status, _) =
            desk.ask(Method::Put, &format!("deployments/d{number}?_include=id"), Some(json!({"blueprint_id": "ops"})));
        assert_eq!(status, 201);
    }
    for page in 0..3 {
        let list = desk.get(&format!(
            "deployments?_size=1000&_offset={}&_sort=id&_include=id,inputs,deployment_status",
            page * 1000
        ));
        assert_eq!(list["items"].as_array().unwrap().len(), 1000);
    }
    let list = desk.get("node-instances?_size=10000&_sort=id&_include=id,state,deployment_id");
    assert_eq!(list["items"].as_array().unwrap().len(), 6000);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
