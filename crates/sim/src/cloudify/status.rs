//! Version and status of the manager (cloudify.md#status).

use serde_json::{Map, Value, json};

use super::call::Call;
use super::made_up::Source;
use super::refusal::{Outcome, bad_request};
use super::release::{MANAGERS, SEVENTH, SYSTEMD_STATUS};
use super::route::{Need, Route, route};
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "version", "version_get", Need::Login, version).untenanted(),
    route(Method::Get, "status", "status_get", Need::Login, status).untenanted().v3_only(SYSTEMD_STATUS),
    route(Method::Get, "managers", "manager_get", Need::Login, managers).only(MANAGERS).untenanted().v31(),
    route(Method::Get, "ok", "ok", Need::Nobody, ok).only(SEVENTH).untenanted().v31(),
];

fn version(_: &mut World, call: &Call) -> Outcome {
    let release = call.release;
    let mut body = json!({
        "edition": release.edition,
        "version": release.printed(),
        "build": null,
        "date": null,
        "commit": null,
    });
    if release.has(SEVENTH) {
        body["distribution"] = json!("centos");
        body["distro_release"] = json!("core");
    }
    project(call, body)
}

/// The services of 4.x and of later servers: what the product calls them.
const SERVICES: [(&str, &str); 5] = [
    ("nginx", "Webserver"),
    ("cloudify-mgmtworker", "Management Worker"),
    ("cloudify-restservice", "Manager Rest-Service"),
    ("cloudify-rabbitmq", "RabbitMQ"),
    ("postgresql-9.5", "PostgreSQL"),
];

fn status(_: &mut World, call: &Call) -> Outcome {
    let body = if call.release.has(SYSTEMD_STATUS) {
        let services: Vec<Value> = SERVICES
            .iter()
            .map(|(unit, name)| {
                json!({"display_name": name, "instances": [{
                    "Id": format!("{unit}.service"),
                    "Description": name,
                    "LoadState": "loaded",
                    "ActiveState": "active",
                    "SubState": "running",
                    "MainPID": 1000,
                    "state": "up",
                }]})
            })
            .collect();
        json!({"status": "running", "services": services})
    } else if call.flag("summary")? {
        json!({"status": "OK", "services": {}})
    } else {
        let services: Map<String, Value> = SERVICES
            .iter()
            .map(|(_, name)| ((*name).to_owned(), json!({"status": "Active", "is_remote": false, "extra_info": {}})))
            .collect();
        json!({"status": "OK", "services": services})
    };
    project(call, body)
}

/// The managers of a cluster, which is one alone here (cloudify.md#managers). Each makes an authority for certificates
/// when it is installed.
fn managers(world: &mut World, call: &Call) -> Outcome {
    let mut source = Source::new(&world.host, world.birth);
    let address = source.address();
    let certificate = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", source.letters(800));
    let manager = json!({
        "id": 1,
        "hostname": world.host,
        "private_ip": address,
        "public_ip": address,
        "version": call.release.printed(),
        "edition": call.release.edition,
        "distribution": "centos",
        "distro_release": "core",
        "fs_sync_node_id": null,
        "networks": {"default": address},
        "ca_cert_content": certificate,
    });
    Ok(Response::json(
        200,
        &json!({
            "metadata": {"pagination": {"total": 1, "size": 1000, "offset": 0}},
            "items": [manager],
        }),
    ))
}

fn ok(_: &mut World, _: &Call) -> Outcome {
    Ok(Response::json(200, &json!("OK")))
}

/// An object without a table, projected by `_include`.
pub(crate) fn project(call: &Call, body: Value) -> Outcome {
    let (Some(names), Value::Object(map)) = (call.argument("_include").filter(|names| !names.is_empty()), &body) else {
        return Ok(Response::json(200, &body));
    };
    let names: Vec<&str> = names.split(',').collect();
    if let Some(unknown) = names.iter().find(|name| !map.contains_key(**name)) {
        return Err(bad_request(
            "no_such_include_field_error",
            format!(
                "Include keys '['{unknown}']' do not exist. Allowed keys are: {:?}",
                map.keys().collect::<Vec<_>>()
            ),
        ));
    }
    let chosen: Map<String, Value> = map
        .iter()
        .filter(|(key, _)| names.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Ok(Response::json(200, &Value::Object(chosen)))
}
