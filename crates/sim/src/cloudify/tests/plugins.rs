//! Plugins (cloudify.md#plugins).

use super::*;

/// A wagon of that version.
pub(crate) fn wagon(version: &str) -> Vec<u8> {
    let package = json!({
        "archive_name": format!("lab_plugin-{version}-py311-none-any.wgn"),
        "build_server_os_properties": {"distribution": null, "distribution_release": null, "distribution_version": null},
        "package_name": "lab-plugin",
        "package_source": "lab-plugin==1.0.0",
        "package_version": version,
        "supported_platform": "any",
        "supported_python_versions": ["py311"],
        "wheels": ["lab_plugin-1.0.0-py3-none-any.whl"],
    });
    tar_gz(&[("lab-plugin/package.json", package.to_string().as_bytes())])
}

const YAML: &str = "
plugins: { lab: { executor: central_deployment_agent, package_name: lab-plugin, package_version: '1.0.0' } }
node_types: { lab.Type: { derived_from: cloudify.nodes.Root, properties: { size: { default: 1 } } } }
";

/// A wagon of that version with its document.
pub(crate) fn zip(version: &str) -> Vec<u8> {
    let wagon = (&*format!("lab_plugin-{version}-py311-none-any.wgn"), &*wagon(version));
    zipped(&[wagon, ("plugin.yaml", YAML.as_bytes())])
}

/// A blueprint that needs it.
pub(crate) const IMPORTING: &str = "tosca_definitions_version: cloudify_dsl_1_3
imports: [ cloudify/types/types.yaml, 'plugin:lab-plugin?version=1.0.0' ]
node_templates: { a: { type: lab.Type } }
";

fn prepared() -> Desk {
    desk()
        .file("wagon", wagon("1.0.0"))
        .file("newer", wagon("1.1.0"))
        .file("zip", zip("1.0.0"))
        .file("junk", b"junk".to_vec())
        .file("plugbp", blueprint(IMPORTING))
}

/// `wagon` packs as zip unless it is told otherwise.
#[test]
fn wagons_are_zips_too() {
    let about = json!({ "package_name": "zp", "package_version": "1.0", "archive_name": "zp-1.0.wgn" }).to_string();
    let wagon = zipped(&[("zp/package.json", about.as_bytes())]);
    let packed = zipped(&[("zp-1.0.wgn", &wagon), ("plugin.yaml", YAML.as_bytes())]);
    desk().file("bare", wagon).file("packed", packed).play(
        r#"
        POST plugins file=packed
        -> 201 {"id": "$id", "package_name": "zp", "yaml_files_paths": ["*"]}
        DELETE plugins/$id {"force": false}
        -> 204 empty
        POST plugins file=bare
        -> 201 {"package_name": "zp", "yaml_files_paths": []}
        "#,
    );
}

#[test]
fn plugins_are_told_apart_by_package_and_file() {
    prepared().play(
        r#"
        POST plugins file=wagon
        -> 201 {"id": "$id", "package_name": "lab-plugin", "package_version": "1.0.0", "archive_name": "lab_plugin-1.0.0-py311-none-any.wgn", "supported_platform": "any", "supported_py_versions": ["py311"], "visibility": "tenant", "title": "lab-plugin", "file_server_path": null, "installation_state": []}
        POST plugins?visibility=tenant&title=Lab file=zip
        -> 409 {"error_code": "conflict_error", "message": "<Plugin id=`…"}
        GET plugins?package_name=lab-plugin&_include=id,archive_name
        -> 200 {"items": [{"id": "$id", "archive_name": "lab_plugin-1.0.0-py311-none-any.wgn"}]}
        GET plugins/nosuch
        -> 404 {"message": "Requested `Plugin` with ID `nosuch` was not found"}
        POST plugins file=junk
        -> 400 {"error_code": "invalid_plugin_error", "message": "input can be only a wagon or a zip file."}
        POST plugins
        -> 500
        POST plugins file=newer
        -> 201 {"package_version": "1.1.0"}
        # a bare wagon has nothing to import
        PUT blueprints/plugbp file=plugbp
        -> 400 {"message": "Blueprint `plugbp` has failed parsing. Error: Failed parsing blueprint - 403: …"}
        DELETE plugins/$id
        -> 415
        DELETE plugins/$id {"force": true}
        -> 204 empty
        "#,
    );
}

#[test]
fn a_fresh_id_stands_in_the_conflict() {
    let mut desk = prepared();
    desk.play("POST plugins file=wagon\n-> 201 {\"id\": \"$id\"}");
    let mut conflict = || {
        let response = desk.send(&desk.request("POST plugins file=wagon"));
        serde_json::from_slice::<Value>(&response.body).unwrap()["message"].as_str().unwrap().to_owned()
    };
    let (one, two) = (conflict(), conflict());
    assert_ne!(one, two);
    assert!(!one.contains(&desk.known["id"]), "{one}");
}

#[test]
fn a_plugin_in_use_stays_unless_forced() {
    let mut desk = prepared();
    desk.play(
        r#"
        POST tenants/acme1
        -> 201
        POST plugins?title=Lab file=zip
        -> 201 {"id": "$id", "title": "Lab", "yaml_files_paths": ["plugins/…"]}
        PATCH plugins/$id/set-visibility {"visibility": "global"}
        -> 200 {"visibility": "global"}
        PATCH plugins/$id/set-visibility {"visibility": "tenant"}
        -> 400 {"message": "Can't set the visibility of `$id` to tenant because it already has wider visibility"}
        POST plugins tenant=acme1 file=zip
        -> 409
        DELETE plugins/$id tenant=acme1 {"force": true}
        -> 400 {"message": "Can't modify the global resource `$id` from outside its tenant `default_tenant`"}
        PUT blueprints/plugbp file=plugbp
        -> 201 {"state": "uploaded"}
        DELETE plugins/$id {"force": false}
        -> 405 {"error_code": "plugin_in_use", "message": "Plugin \"$id\" is currently in use in blueprints: plugbp. You can \"force\" plugin removal if needed."}
        "#,
    );
    let response = desk.send(&desk.request(&desk.filled("GET plugins/$id/archive")));
    assert_eq!(response.body, wagon("1.0.0"));
    let name = "attachment; filename=\"lab_plugin-1.0.0-py311-none-any.wgn\"";
    assert_eq!(response.header_value("Content-Disposition"), Some(name));
    desk.play(
        r#"
        DELETE plugins/$id {"force": true}
        -> 204
        PUT deployments/pd2 {"blueprint_id": "plugbp"}
        -> 400 {"error_code": "deployment_plugin_not_found", "message": "Required plugin lab-plugin, version 1.0.0 is not installed on the manager"}
        PUT deployments/pd2 {"blueprint_id": "plugbp", "skip_plugins_validation": true}
        -> 201
        "#,
    );
}

/// The manager looks for them at the archive's top, and nowhere else (its upload of plugins).
#[test]
fn a_zip_has_one_wagon_and_its_document_at_the_top() {
    let wagon = wagon("1.0.0");
    let (wgn, yaml) = (("lab.wgn", wagon.as_slice()), ("plugin.yaml", YAML.as_bytes()));
    let played = |version: &str, files: &[(&str, &[u8])], answer: &str| {
        let mut desk = cloudify(version).file("zip", zipped(files));
        desk.play(&format!("POST plugins file=zip\n-> {answer}"));
    };
    let refused = |yaml: &str| {
        let text = format!("Archive must include one wgn file and {yaml} yaml file");
        format!(r#"400 {{"error_code": "invalid_plugin_error", "message": "{text}"}}"#)
    };
    let made = r#"201 {"package_version": "1.0.0"}"#;
    let (one, at_least_one) = (refused("one"), refused("at least one"));
    played("7.1", &[wgn, yaml, ("icon.png", b"png"), ("docs/more.yaml", b"a: 1")], made);
    played("7.1", &[wgn], &at_least_one);
    played("7.1", &[yaml], &at_least_one);
    played("7.1", &[wgn, ("other.wgn", &wagon), yaml], &at_least_one);
    played("7.1", &[("lab/lab.wgn", &wagon), ("lab/plugin.yaml", YAML.as_bytes())], &at_least_one);
    played("7.1", &[wgn, yaml, ("plugin_1_4.yaml", YAML.as_bytes())], made);
    played("5.2.1", &[wgn, yaml, ("plugin_1_4.yaml", YAML.as_bytes())], &one);
    played("5.2.1", &[wgn, yaml], made);
    played("4.2", &[wgn, yaml], r#"400 {"error_code": "invalid_plugin_error"}"#);
}
