//! Changes past the API: what somebody does at the manager's own console while Trueup looks away.
//!
//! `Add` and `Remove` of most kinds go through the API's own handlers as the administrator, with no regard for
//! maintenance or credentials; `Set` writes where the API would refuse: instance states, inputs, values.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::call::{Call, Viewer};
use super::nodes::State;
use super::refusal::Refusal;
use super::route;
use super::scope::Scoped;
use super::tenants::DEFAULT_TENANT;
use super::world::World;
use crate::Console;
use wire::{Method, Request, encode};

/// Makes a change.
///
/// # Errors
/// A sentence that says what was not found or not understood.
pub(crate) fn change(world: &mut World, change: Console) -> Result<Value, String> {
    match change {
        Console::Set { kind, name, fields } => set(world, &kind, &name, &fields),
        Console::Add { kind, parent, fields } => add(world, &kind, parent.as_deref(), &fields),
        Console::Remove { kind, name } => remove(world, &kind, &name),
    }
}

fn unknown(kind: &str) -> String {
    format!("the console knows no kind `{kind}`")
}

/// Splits `tenant/name`; a bare name is of the default tenant.
fn scoped(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or((DEFAULT_TENANT, name))
}

fn find<'w, T: Scoped + 'w>(rows: impl IntoIterator<Item = &'w mut T>, name: &str) -> Result<&'w mut T, String> {
    let (tenant, id) = scoped(name);
    let found = rows.into_iter().find(|row| row.meta().id == id && row.meta().tenant == tenant);
    found.ok_or_else(|| format!("no {} `{id}` in tenant `{tenant}`", T::KIND))
}

/// The fields that are not understood.
fn refuse_rest(fields: &Map<String, Value>, understood: &[&str]) -> Result<(), String> {
    match fields.keys().find(|key| !understood.contains(&key.as_str())) {
        Some(key) => Err(format!("the console cannot set `{key}` here; it can set {}", understood.join(", "))),
        None => Ok(()),
    }
}

fn set(world: &mut World, kind: &str, name: &str, fields: &Map<String, Value>) -> Result<Value, String> {
    match kind {
        "secrets" => {
            refuse_rest(fields, &["value", "is_hidden_value", "visibility"])?;
            let now = world.now;
            let secret = find(&mut world.secrets, name)?;
            // Whoever changes it, the time shows.
            secret.meta_mut().updated_at = now;
            if let Some(value) = fields.get("value") {
                secret.value = value.clone();
            }
            if let Some(hidden) = fields.get("is_hidden_value").and_then(Value::as_bool) {
                secret.hidden = hidden;
            }
            set_visibility(secret, fields)
        }
        "blueprints" => {
            refuse_rest(fields, &["description", "visibility"])?;
            let blueprint = find(&mut world.blueprints, name)?;
            if let Some(description) = fields.get("description") {
                blueprint.description = description.as_str().map(str::to_owned);
            }
            set_visibility(blueprint, fields)
        }
        "plugins" => {
            refuse_rest(fields, &["visibility"])?;
            set_visibility(find(&mut world.plugins, name)?, fields)
        }
        "deployments" => set_deployment(world, name, fields),
        "node-instances" => {
            refuse_rest(fields, &["state", "runtime_properties", "has_configuration_drift"])?;
            let instance = find(world.instances.iter_mut(), name)?;
            if let Some(state) = fields.get("state") {
                let word = state.as_str().unwrap_or_default();
                instance.enter(State::parse(word).ok_or_else(|| format!("no state `{word}`"))?);
            }
            if let Some(properties) = fields.get("runtime_properties").and_then(Value::as_object) {
                instance.runtime_properties = properties.clone();
            }
            if let Some(drifted) = fields.get("has_configuration_drift").and_then(Value::as_bool) {
                instance.drifted = drifted;
            }
            Ok(json!({"id": instance.meta.id, "state": instance.state, "version": instance.version}))
        }
        "users" | "user-groups" => {
            let url = format!("/api/v3.1/{kind}/{}", encode(name));
            ask(world, &Request::new(Method::Post, url).json(&json!(fields)), DEFAULT_TENANT)
        }
        "sites" | "deployment-groups" => {
            let (tenant, id) = scoped(name);
            let method = if kind == "sites" { Method::Post } else { Method::Put };
            ask(world, &Request::new(method, format!("/api/v3.1/{kind}/{}", encode(id))).json(&json!(fields)), tenant)
        }
        other => match edge(Method::Patch, other, name, fields) {
            Some(request) => ask(world, &request, DEFAULT_TENANT),
            None => Err(unknown(other)),
        },
    }
}

fn set_visibility<T: Scoped>(row: &mut T, fields: &Map<String, Value>) -> Result<Value, String> {
    if let Some(word) = fields.get("visibility") {
        let read = serde_json::from_value(word.clone());
        row.meta_mut().visibility = read.map_err(|_| format!("no visibility `{word}`"))?;
    }
    Ok(json!({"id": row.meta().id, "visibility": row.meta().visibility}))
}

/// Inputs are merged; `state` puts every instance of the deployment into a state, and like on the real manager the
/// deployment's own statuses do not follow (cloudify.md#lifecycle).
fn set_deployment(world: &mut World, name: &str, fields: &Map<String, Value>) -> Result<Value, String> {
    refuse_rest(fields, &["inputs", "display_name", "visibility", "site_name", "state"])?;
    let deployment = find(&mut world.deployments, name)?;
    if let Some(inputs) = fields.get("inputs").and_then(Value::as_object) {
        deployment.inputs.get_or_insert_default().extend(inputs.clone());
    }
    if let Some(display_name) = fields.get("display_name").and_then(Value::as_str) {
        deployment.display_name = display_name.to_owned();
    }
    if let Some(site) = fields.get("site_name") {
        deployment.site = site.as_str().map(str::to_owned);
    }
    let answer = set_visibility(deployment, fields)?;
    if let Some(word) = fields.get("state") {
        let word = word.as_str().unwrap_or_default();
        let state = State::parse(word).ok_or_else(|| format!("no state `{word}`"))?;
        let (tenant, id) = scoped(name);
        world.instances.of_mut(tenant, id).iter_mut().for_each(|instance| instance.enter(state));
    }
    Ok(answer)
}

/// Where a kind's objects are created: verb, path, and the field that goes into the path.
const CREATED: [(&str, Method, &str, &str); 14] = [
    ("secrets", Method::Put, "secrets/{}", "key"),
    ("blueprints", Method::Put, "blueprints/{}", "id"),
    ("plugins", Method::Post, "plugins", ""),
    ("deployments", Method::Put, "deployments/{}", "id"),
    ("sites", Method::Put, "sites/{}", "name"),
    ("blueprints-filters", Method::Put, "filters/blueprints/{}", "id"),
    ("deployments-filters", Method::Put, "filters/deployments/{}", "id"),
    ("deployment-groups", Method::Put, "deployment-groups/{}", "id"),
    ("tenants", Method::Post, "tenants/{}", "name"),
    ("users", Method::Put, "users", ""),
    ("user-groups", Method::Post, "user-groups", ""),
    ("members", Method::Put, "user-groups/users", ""),
    ("tenant-users", Method::Put, "tenants/users", ""),
    ("tenant-user-groups", Method::Put, "tenants/user-groups", ""),
];

/// Memberships: the path, and the keys of a body that name one. Their name here is both parts with a slash.
const EDGES: [(&str, &str, [&str; 2]); 3] = [
    ("members", "user-groups/users", ["group_name", "username"]),
    ("tenant-users", "tenants/users", ["tenant_name", "username"]),
    ("tenant-user-groups", "tenants/user-groups", ["tenant_name", "group_name"]),
];

/// The request about a membership, if the kind is one.
fn edge(method: Method, kind: &str, name: &str, fields: &Map<String, Value>) -> Option<Request> {
    let (_, path, keys) = EDGES.iter().find(|(known, ..)| *known == kind)?;
    let (first, second) = name.split_once('/')?;
    let mut body = fields.clone();
    body.extend(keys.iter().zip([first, second]).map(|(key, part)| ((*key).to_owned(), json!(part))));
    Some(Request::new(method, format!("/api/v3.1/{path}")).json(&Value::Object(body)))
}

/// Adds an object in the API's write form; `parent` names the tenant. An archive is given as base64 in `archive`.
fn add(world: &mut World, kind: &str, parent: Option<&str>, fields: &Map<String, Value>) -> Result<Value, String> {
    let (_, method, path, key) = CREATED.iter().find(|(name, ..)| *name == kind).ok_or_else(|| unknown(kind))?;
    let name = match *key {
        "" => "",
        key => fields.get(key).and_then(Value::as_str).ok_or_else(|| format!("`{kind}` need a `{key}`"))?,
    };
    let mut url = format!("/api/v3.1/{}", path.replace("{}", &encode(name)));
    let mut request = Request::new(*method, "");
    if let Some(archive) = fields.get("archive") {
        request.body =
            STANDARD.decode(archive.as_str().unwrap_or_default()).map_err(|error| format!("`archive`: {error}"))?;
        let arguments = fields.iter().filter(|(name, _)| *name != "archive" && *name != key);
        let pairs: Vec<String> =
            arguments.filter_map(|(name, value)| Some(format!("{name}={}", encode(value.as_str()?)))).collect();
        url = format!("{url}?{}", pairs.join("&"));
    } else {
        request = request.json(&Value::Object(fields.clone()));
    }
    request.url = url;
    ask(world, &request, parent.unwrap_or(DEFAULT_TENANT))
}

fn remove(world: &mut World, kind: &str, name: &str) -> Result<Value, String> {
    if let Some(request) = edge(Method::Delete, kind, name, &Map::new()) {
        return ask(world, &request, DEFAULT_TENANT);
    }
    let (tenant, id) = scoped(name);
    match kind {
        "deployments" => {
            find(&mut world.deployments, name)?;
            world.forget(tenant, id);
            Ok(json!({"id": id}))
        }
        "secrets"
        | "blueprints"
        | "sites"
        | "deployment-groups"
        | "blueprints-filters"
        | "deployments-filters"
        | "tenants"
        | "users"
        | "user-groups" => {
            let path = CREATED.iter().find(|(name, ..)| *name == kind).map_or("", |(_, _, path, _)| path);
            let path =
                if path.contains("{}") { path.replace("{}", &encode(id)) } else { format!("{kind}/{}", encode(id)) };
            ask(world, &Request::new(Method::Delete, format!("/api/v3.1/{path}")), tenant)
        }
        "plugins" => {
            let url = format!("/api/v3.1/plugins/{}", encode(id));
            ask(world, &Request::new(Method::Delete, url).json(&json!({"force": true})), tenant)
        }
        other => Err(unknown(other)),
    }
}

/// Lets the API's handler answer, as the administrator of the installation.
fn ask(world: &mut World, request: &Request, tenant: &str) -> Result<Value, String> {
    let release = world.release;
    let mut answer = || -> Result<Value, Refusal> {
        let (route, arguments) = route::find(request, release)?;
        world.tenant(tenant)?;
        let username = world.users.first().map_or_else(|| "admin".to_owned(), |user| user.username.clone());
        let viewer = Viewer {
            username,
            tenant: tenant.to_owned(),
            sys_admin: true,
            manager: true,
            tenants: vec![tenant.to_owned()],
        };
        let response = (route.run)(world, &Call::new(request, arguments, viewer, release))?;
        Ok(serde_json::from_slice(&response.body).unwrap_or_default())
    };
    answer().map_err(|refusal| refusal.to_string())
}
