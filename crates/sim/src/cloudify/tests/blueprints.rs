//! Blueprints (cloudify.md#blueprints).

use super::*;

fn prepared() -> Desk {
    desk()
        .file("zip", zipped(&[("bp/blueprint.yaml", SMALL.as_bytes())]))
        .file("badtype", blueprint(&OPS.replace("type: cloudify.nodes.Root\n    prop", "type: no.such.Type\n    prop")))
        .file("badyaml", blueprint(": : not yaml ["))
        .file("noroot", tar_gz(&[("blueprint.yaml", SMALL.as_bytes()), ("other.txt", b"x")]))
        .file("junk", b"junk!".to_vec())
        .file("empty", Vec::new())
}

#[test]
fn uploads_end_in_every_state() {
    prepared().play(
        r#"
        PUT blueprints/bpa?application_file_name=blueprint.yaml&async_upload=true file=small
        -> 201 {"id": "bpa", "state": "uploading", "error": null, "main_file_name": "blueprint.yaml", "visibility": "tenant", "is_hidden": false, "labels": [], "description": null, "plan": null}
        GET blueprints/bpa?_include=state
        -> 200 {"state": "extracting"}
        GET blueprints/bpa?_include=state
        -> 200 {"state": "parsing"}
        GET blueprints/bpa
        -> 200 {"state": "uploaded", "description": "trivial lab blueprint", "plan": {"inputs": {"must": {"type": "string"}, "greeting": {"default": "hello"}}}}
        PUT blueprints/bpa?application_file_name=blueprint.yaml file=small
        -> 409 {"error_code": "conflict_error", "message": "blueprint with id=bpa already exists on tenant default_tenant or with global visibility"}
        PUT blueprints/bpzip file=zip
        -> 201 {"state": "uploaded", "main_file_name": "blueprint.yaml"}
        PUT blueprints/bpnofile?application_file_name=x.yaml file=small
        -> 400 {"error_code": "invalid_blueprint_error", "message": "Blueprint `bpnofile` has failed extracting. Error: x.yaml does not exist in the application directory"}
        GET blueprints/bpnofile
        -> 200 {"state": "failed_extracting", "error": "x.yaml does not exist in the application directory", "main_file_name": "x.yaml"}
        PUT blueprints/bpbad file=badtype
        -> 400 {"message": "Blueprint `bpbad` is invalid. Error: Invalid blueprint - Could not locate node type: 'no.such.Type'; existing types: ['cloudify.nodes.Root', 'cloudify.nodes.Compute', …"}
        PUT blueprints/bpbad2 file=badyaml
        -> 400 {"message": "Blueprint `bpbad2` is invalid. Error: Invalid blueprint - Failed to parse DSL: Illegal yaml; …"}
        GET blueprints/bpbad2?_include=state,error
        -> 200 {"state": "invalid", "error": "Invalid blueprint - Failed to parse DSL: Illegal yaml; …"}
        PUT blueprints/bpnoroot file=noroot
        -> 400 {"message": "Blueprint `bpnoroot` has failed extracting. Error: Archive must contain exactly 1 directory"}
        PUT blueprints/bpjunk file=junk
        -> 400 {"error_code": "bad_parameters_error", "message": "Blueprint archive is of an unrecognized format. Supported formats are: ['zip', 'tar', 'tar.gz', 'tar.bz2']"}
        GET blueprints/bpjunk?_include=state
        -> 200 {"state": "failed_uploading"}
        PUT blueprints/bpempty file=empty
        -> 500
        GET blueprints/bpempty?_include=state,error
        -> 200 {"state": "failed_uploading", "error": "[Errno 2] No such file or directory: …"}
        PUT blueprints/bpurl?blueprint_archive_url=http://127.0.0.1:9/x.zip
        -> 400 {"message": "Blueprint `bpurl` has failed uploading. Error: Max retries exceeded with url: …"}
        # over a failed one
        PUT blueprints/bpbad file=small
        -> 201 {"state": "uploaded"}
        GET executions?workflow_id=upload_blueprint
        -> 200 items 0
        GET executions?workflow_id=upload_blueprint&_include_system_workflows=true&status=failed
        -> 200 items 7
        "#,
    );
}

#[test]
fn any_value_of_async_upload_means_yes() {
    prepared().play(
        r#"
        PUT blueprints/a?async_upload=false file=small
        -> 201 {"state": "uploading"}
        DELETE blueprints/a
        -> 400 {"error_code": "invalid_blueprint_error", "message": "Blueprint `a` is still uploading."}
        wait 3
        DELETE blueprints/a
        -> 204 empty
        PUT blueprints/b?async_upload=1 file=badtype
        -> 201 {"state": "uploading"}
        wait 3
        GET blueprints/b
        -> 200 {"state": "invalid"}
        DELETE blueprints/b
        -> 204
        "#,
    );
}

#[test]
fn an_archive_comes_back_byte_for_byte() {
    let mut desk = prepared();
    desk.play(
        "PUT blueprints/a file=small\n-> 201\nPUT blueprints/z file=zip\n-> 201\nPUT blueprints/f file=noroot\n-> 400",
    );
    for (id, file, name) in [("a", "small", "a.tar.gz"), ("z", "zip", "z.zip")] {
        let response = desk.send(&desk.request(&format!("GET blueprints/{id}/archive")));
        assert_eq!(response.body, desk.files[file]);
        assert_eq!(response.header_value("Content-Type"), Some("application/octet-stream"));
        let disposition = format!("attachment; filename=\"{name}\"");
        assert_eq!(response.header_value("Content-Disposition"), Some(disposition.as_str()));
    }
    desk.play(
        r#"
        GET blueprints/f/archive
        -> 404 {"error_code": "not_found_error", "message": ""}
        GET blueprints/nosuch/archive
        -> 404 {"message": "Requested `Blueprint` with ID `nosuch` was not found"}
        "#,
    );
}

#[test]
fn labels_visibility_and_deletion() {
    prepared().play(
        r#"
        POST tenants/acme1
        -> 201
        PUT blueprints/bpa file=small
        -> 201 keys created_at id visibility main_file_name plan_p plan requirements updated_at description is_hidden state error error_traceback tenant_name created_by resource_availability private_resource labels upload_execution
        PATCH blueprints/bpa {"labels": [{"team": "net"}]}
        -> 200 {"labels": [{"key": "team", "value": "net", "created_at": "$at", "created_by": "admin"}]}
        PATCH blueprints/bpa {"labels": [{"team": "net"}, {"team": "ops"}]}
        -> 200 {"labels": [{"key": "team", "value": "net", "created_at": "$at"}, {"value": "ops"}]}
        PATCH blueprints/bpa {"labels": []}
        -> 200 {"labels": []}
        PATCH blueprints/bpa {"labels": ["x"]}
        -> 400 {"message": "Labels must be a list of 1-entry dictionaries: [{<key1>: <value1>}, {<key2>: [<value2>, <value3>]}, ...]"}
        PATCH blueprints/bpa {"description": "changed"}
        -> 200 {"description": "changed"}
        PATCH blueprints/bpa/set-visibility {"visibility": "global"}
        -> 200 {"visibility": "global", "resource_availability": "global"}
        PATCH blueprints/bpa/set-visibility {"visibility": "tenant"}
        -> 400
        PATCH /api/v3/blueprints/bpa/set-visibility {"visibility": "global"}
        -> 404 html
        PATCH blueprints/bpa/set-global
        -> 404 html
        GET blueprints?_include=id,tenant_name,visibility tenant=acme1
        -> 200 {"items": [{"id": "bpa", "visibility": "global", "tenant_name": "default_tenant"}]}
        DELETE blueprints/bpa tenant=acme1
        -> 400 {"message": "Can't modify the global resource `bpa` from outside its tenant `default_tenant`"}
        PUT blueprints/bpa?async_upload=true file=small tenant=acme1
        -> 409 {"message": "<Blueprint id=`bpa` tenant=`acme1`> already exists on <Tenant name=`acme1`> or with global visibility"}
        PUT blueprints/bpp?visibility=private file=small
        -> 201 {"visibility": "private", "private_resource": true}
        DELETE blueprints/bpp
        -> 204 empty
        DELETE blueprints/bpp
        -> 404 {"message": "Requested `Blueprint` with ID `bpp` was not found"}
        PUT deployments/d1 {"blueprint_id": "bpa", "inputs": {"must": "x"}}
        -> 201
        DELETE blueprints/bpa?force=true
        -> 400 {"error_code": "dependent_exists_error", "message": "Can't delete blueprint bpa - There exist deployments for this blueprint; Deployments ids: d1"}
        "#,
    );
}

#[test]
fn a_form_is_taken_and_a_form_type_refused() {
    let mut desk = prepared();
    let archive = desk.files["small"].clone();
    let params = r#"{"application_file_name": "blueprint.yaml", "visibility": "private", "labels": [{"key": "a", "value": "b"}]}"#;
    let mut body =
        format!("--xx\r\nContent-Disposition: form-data; name=\"params\"\r\n\r\n{params}\r\n--xx\r\n").into_bytes();
    body.extend(b"Content-Disposition: form-data; name=\"blueprint_archive\"; filename=\"b.tar.gz\"\r\n\r\n");
    body.extend(&archive);
    body.extend(b"\r\n--xx--\r\n");
    let mut request = desk.request("PUT blueprints/form");
    request = request.header("Content-Type", "multipart/form-data; boundary=xx");
    request.body = body;
    assert_eq!(desk.send(&request).status, 201);
    let stored = desk.get("blueprints/form");
    assert_eq!(stored["visibility"], "private");
    assert_eq!(stored["labels"][0]["key"], "a");
    assert_eq!(desk.send(&desk.request("GET blueprints/form/archive")).body, archive);

    let mut request = desk.request("PUT blueprints/curl").header("Content-Type", "application/x-www-form-urlencoded");
    request.body = archive;
    assert_eq!(desk.send(&request).status, 413);
}

#[test]
fn imports_are_files_types_plugins_and_blueprints() {
    let main = "tosca_definitions_version: cloudify_dsl_1_4
imports: [ http://www.getcloudify.org/spec/cloudify/6.3.0/types.yaml, parts/nodes.yaml, 'blueprint:base' ]
node_templates: { a: { type: my.Type } }
";
    let part = "node_types: { my.Type: { derived_from: cloudify.nodes.Compute, properties: { size: { default: 3 } } } }
node_templates: { b: { type: my.Type, properties: { size: 4 } } }
";
    let mut desk = prepared()
        .file("parts", tar_gz(&[("bp/blueprint.yaml", main.as_bytes()), ("bp/parts/nodes.yaml", part.as_bytes())]))
        .file("web", blueprint(&SMALL.replace("cloudify/types/types.yaml", "https://example.com/plugin.yaml")));
    desk.play(
        r#"
        PUT blueprints/parts file=parts
        -> 400 {"message": "Blueprint `parts` is invalid. Error: Invalid blueprint - Requested blueprint import `base` was not found"}
        PUT blueprints/base file=small
        -> 201
        PUT blueprints/parts file=parts
        -> 201
        DELETE blueprints/base
        -> 405 {"error_code": "blueprint_in_use"}
        DELETE blueprints/base?force=true
        -> 204
        PUT blueprints/web file=web
        -> 400 {"message": "Blueprint `web` is invalid. Error: Invalid blueprint - Import failed: …"}
        "#,
    );
    let plan = desk.get("blueprints/parts?_include=plan");
    let nodes = plan["plan"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.iter().map(|node| node["properties"]["size"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(nodes[0]["type_hierarchy"], json!(["cloudify.nodes.Root", "cloudify.nodes.Compute", "my.Type"]));
}

/// A small blueprint as `tar cj` packs it.
const BZIP2: &str = "QlpoOTFBWSZTWUerckQAAIFfoMyQQAH1kAAAkAr/J98qACAICDAAumw0mmlPINQwT1A0GmnoyCJqaDCaNNBpoAAGgklA0mAjJkYI\
    xA0MeH5mBA6AQIp1pjHSNEgQwbw2wVzbvXM8w71GRnopd74KIVqBDuZDstPPU0tTw1Kson8ZjxHStnOhzm5MF1HubmlrYqRHCIpS\
    a0CcpEhZyze2Ewum8pwD32CpxSpAQ9QqJpE2knCVRoJBIYUlWyosLK0LedrgORjz9FacVGGCSD+LuSKcKEgj1bkiAA==";

#[test]
fn archives_are_packed_in_four_ways() {
    let files = [("bp/blueprint.yaml", SMALL.as_bytes())];
    let tar = {
        let mut unpacked = Vec::new();
        let packed = tar_gz(&files);
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*packed), &mut unpacked).unwrap();
        unpacked
    };
    let bz2 = STANDARD.decode(BZIP2).unwrap();
    for (name, bytes) in [("tar", tar), ("bz2", bz2), ("gz", tar_gz(&files)), ("zip", zipped(&files))] {
        let mut desk = desk().file(name, bytes.clone());
        desk.play(&format!("PUT blueprints/b file={name}\n-> 201"));
        assert_eq!(desk.send(&desk.request("GET blueprints/b/archive")).body, bytes, "{name}");
    }
}
