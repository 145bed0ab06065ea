//! Secrets (cloudify.md#secrets).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, Start, Viewer, check_name};
use super::fields::{
    Field, View, answer, answer_deleted, created_at, created_by, field, null, private_resource, resource_availability,
    tenant_name, updated_at, visibility,
};
use super::list::list;
use super::refusal::{Outcome, Refusal, bad_parameters, conflict, forbidden, illegal_action, internal, not_found};
use super::release::{BEFORE_TENANT_ROLES, ENCRYPTED_SECRETS, SET_GLOBAL, SET_VISIBILITY, SEVENTH};
use super::route::{Need, Route, route};
use super::schema::{Flaw, check};
use super::scope::{
    Meta, Scoped, Visibility, WIDER, asked, find, own, own_mut, refuse_global, taken, takes, target, visible, widen,
};
use super::world::World;
use wire::Method;

/// The area's routes. `set-visibility` is the one that `/api/v3` has for secrets only (cloudify.md#visibility).
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "secrets", "secret_list", Need::Read, all),
    route(Method::Get, "secrets/{}", "secret_get", Need::Read, one),
    route(Method::Put, "secrets/{}", "secret_create", Need::Build, create),
    route(Method::Patch, "secrets/{}", "secret_update", Need::Build, update),
    route(Method::Delete, "secrets/{}", "secret_delete", Need::Build, delete),
    route(Method::Patch, "secrets/{}/set-global", "resource_set_global", Need::Build, set_global).only(SET_GLOBAL),
    route(Method::Patch, "secrets/{}/set-visibility", "resource_set_visibility", Need::Build, set_visibility)
        .only(SET_VISIBILITY),
];

/// A secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Secret {
    meta: Meta,
    /// Its value in clear.
    pub value: Value,
    /// The text that write answers print instead; new after each write of the value.
    ciphertext: String,
    /// Whether it was written in a form that a read fails over.
    #[serde(default)]
    unreadable: bool,
    /// Whether only its creator and managers see the value.
    pub hidden: bool,
    schema: Option<Value>,
}

impl Scoped for Secret {
    const KIND: &'static str = "Secret";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

/// A secret as read: the value in clear, or blank where it is hidden from the caller.
static READ: &[Field<Secret>] = &[
    created_at(),
    visibility(),
    field("value", |secret: &Secret, view: &View| match secret.hidden && !reveals(view.viewer, secret) {
        true => json!(""),
        false => secret.value.clone(),
    })
    .single(),
    updated_at(),
    field("is_hidden_value", |secret: &Secret, _: &View| json!(secret.hidden)).only(ENCRYPTED_SECRETS),
    field("schema", |secret: &Secret, _: &View| json!(secret.schema)).single().only(SEVENTH),
    null::<Secret>("provider_options").single().only(SEVENTH),
    field("key", |secret, _| json!(secret.meta.id)),
    null::<Secret>("provider_name").only(SEVENTH),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource::<Secret>().single(),
    field("permission", |_: &Secret, _: &View| json!("creator")).only(BEFORE_TENANT_ROLES),
];

/// Who sees and changes a hidden value: its creator, managers of the tenant, administrators (cloudify.md#secrets).
fn reveals(viewer: &Viewer, secret: &Secret) -> bool {
    viewer.sys_admin || viewer.manager || viewer.username == secret.meta.owner
}

/// Answers a write: with the ciphertext where values are encrypted (cloudify.md#secrets).
fn written(world: &World, call: &Call, at: usize) -> Outcome {
    let mut shown = world.secrets.get(at).cloned().ok_or_else(internal)?;
    if call.release.has(ENCRYPTED_SECRETS) {
        shown.value = json!(shown.ciphertext);
    }
    answer(world, call, 200, READ, &shown)
}

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, READ, visible(&world.secrets, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    check_name("key", call.id(), Start::Letter)?;
    let secret = find(&world.secrets, &call.viewer, call.id())?;
    if call.release.has(SEVENTH) && call.flag("_skip_value")? {
        return answer(world, call, 200, READ, &Secret { value: json!(""), ..secret.clone() });
    }
    if secret.unreadable && (!secret.hidden || reveals(&call.viewer, secret)) {
        return Err(internal());
    }
    answer(world, call, 200, READ, secret)
}

/// The value of a body: a text that is not empty, or with a schema any JSON that keeps it (cloudify.md#secrets).
fn checked_value(key: &str, value: &Value, schema: Option<&Value>) -> Result<Value, Refusal> {
    match (value, schema) {
        (Value::Null, _) => Err(empty(key)),
        (Value::String(text), _) if text.is_empty() => Err(empty(key)),
        (value, Some(schema)) => check_schema(value, schema).map(|()| value.clone()),
        (Value::String(_), None) => Ok(value.clone()),
        (_, None) => Err(internal()),
    }
}

fn check_schema(value: &Value, schema: &Value) -> Result<(), Refusal> {
    check(value, schema).map_err(|flaw| match flaw {
        Flaw::Broken(phrase) => conflict(format!("Error validating secret value: {phrase}")),
        Flaw::Beyond(word) => bad_parameters(format!("the simulated manager can't check `{word}` of a schema")),
    })
}

fn empty(key: &str) -> Refusal {
    bad_parameters(format!("Cannot create a secret with empty value or provider:                 {key}"))
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let key = call.id();
    let input = call.json()?;
    check_name("key", key, Start::Letter)?;
    if call.release.has(SEVENTH) && input.get("provider_name").is_some_and(|name| !name.is_null()) {
        let name = input.required_text("provider_name")?;
        return Err(not_found(format!("Requested `SecretsProvider` with ID `{name}` was not found")));
    }
    let update_if_exists = call.release.has(SET_VISIBILITY) && input.is_set("update_if_exists")?;
    let visibility = asked(input.nullable_text("visibility")?, input.flag("private_resource")?)?;
    let schema = input.get("schema").filter(|schema| call.release.has(SEVENTH) && schema.is_object()).cloned();
    let value = checked_value(key, input.required("value")?, schema.as_ref())?;
    let tenant = &call.viewer.tenant;
    if let Some(at) = world.secrets.iter().position(|row| takes(row, key, tenant)) {
        if !update_if_exists {
            return Err(taken::<Secret>(key, tenant));
        }
        // Only the value: whatever else the body says is dropped.
        let at = own(&world.secrets, &call.viewer, key).map(|_| at)?;
        return set_value(world, call, at, value, false);
    }
    if visibility == Visibility::Global {
        refuse_global(&world.secrets, &call.viewer, key)?;
    }
    let secret = Secret {
        meta: Meta::new(key, &call.viewer, world.now, visibility),
        value,
        unreadable: false,
        ciphertext: world.source.ciphertext(),
        hidden: call.release.has(ENCRYPTED_SECRETS) && input.is_set("is_hidden_value")?,
        schema,
    };
    world.secrets.push(secret);
    written(world, call, world.secrets.len() - 1)
}

fn set_value(world: &mut World, call: &Call, at: usize, value: Value, unreadable: bool) -> Outcome {
    let ciphertext = world.source.ciphertext();
    let now = world.now;
    let secret = world.secrets.get_mut(at).ok_or_else(internal)?;
    secret.value = value;
    secret.unreadable = unreadable;
    secret.ciphertext = ciphertext;
    secret.meta.updated_at = now;
    written(world, call, at)
}

fn refuse_hidden(viewer: &Viewer, secret: &Secret) -> Result<(), Refusal> {
    if !secret.hidden || reveals(viewer, secret) {
        return Ok(());
    }
    Err(forbidden(format!(
        "User `{}` is not permitted to modify the hidden value secret `{}`",
        viewer.username, secret.meta.id
    )))
}

fn update(world: &mut World, call: &Call) -> Outcome {
    check_name("key", call.id(), Start::Letter)?;
    let input = call.json()?;
    let at = own(&world.secrets, &call.viewer, call.id())?;
    // An unknown key counts as a parameter: only a body without any is refused.
    if input.is_empty() {
        return Err(illegal_action("Update a secret request must include at least one parameter to update"));
    }
    let hidden = input.flag("is_hidden_value")?.filter(|_| call.release.has(ENCRYPTED_SECRETS));
    refuse_hidden(&call.viewer, own_mut(&mut world.secrets, &call.viewer, call.id())?)?;
    if let Some(word) = input.nullable_text("visibility")? {
        let wanted = asked(Some(word), None)?;
        widen(&mut world.secrets, &call.viewer, call.id(), wanted, world.now)?;
    }
    let schema = world.secrets.get(at).and_then(|secret| secret.schema.clone());
    let value = input.get("value").filter(|value| !value.is_null() && *value != "");
    if let (Some(value), Some(schema)) = (value, &schema) {
        check_schema(value, schema)?;
    }
    let now = world.now;
    if let Some(secret) = world.secrets.get_mut(at) {
        secret.hidden = hidden.unwrap_or(secret.hidden);
        secret.meta.updated_at = now;
    }
    match input.get("value") {
        // The text as it is, where a schema makes reads expect JSON (observed).
        Some(Value::String(text)) if !text.is_empty() => {
            let read = schema.as_ref().and_then(|_| serde_json::from_str::<Value>(text).ok());
            let unreadable = schema.is_some() && read.is_none();
            set_value(world, call, at, read.unwrap_or_else(|| json!(text)), unreadable)
        }
        // An empty text is silently ignored; anything else is a 500, with or without a schema.
        Some(Value::String(_) | Value::Null) | None => written(world, call, at),
        Some(_) => Err(internal()),
    }
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    check_name("key", call.id(), Start::Letter)?;
    let at = own(&world.secrets, &call.viewer, call.id())?;
    refuse_hidden(&call.viewer, own_mut(&mut world.secrets, &call.viewer, call.id())?)?;
    let secret = world.secrets.remove(at);
    answer_deleted(world, call, READ, &secret)
}

fn set_global(world: &mut World, call: &Call) -> Outcome {
    let at = widen(&mut world.secrets, &call.viewer, call.id(), Visibility::Global, world.now)?;
    written(world, call, at)
}

fn set_visibility(world: &mut World, call: &Call) -> Outcome {
    let wanted = target(&call.json()?, WIDER)?;
    let at = widen(&mut world.secrets, &call.viewer, call.id(), wanted, world.now)?;
    written(world, call, at)
}

impl World {
    /// The secret that a blueprint function reads in a tenant: its own, or a global one.
    pub(crate) fn secret_value(&self, tenant: &str, key: &str) -> Option<&Value> {
        self.secrets.iter().find(|secret| takes(*secret, key, tenant)).map(|secret| &secret.value)
    }
}
