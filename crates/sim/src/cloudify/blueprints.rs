//! Blueprints (cloudify.md#blueprints). Uploading is in `uploads`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::archives::{Bytes, Format};
use super::call::Call;
use super::fields::{
    Field, View, answer, answer_deleted, created_at, created_by, field, null, private_resource, resource_availability,
    tenant_name, updated_at, visibility,
};
use super::labels::{Forms, Label, print, replace};
use super::list::list;
use super::plans::Plan;
use super::refusal::{
    Outcome, Refusal, bad_request, conflict, dependent_exists, illegal_action, in_use, internal, not_found,
};
use super::release::{SET_GLOBAL, SET_VISIBILITY, SEVENTH, STATUSES, UPLOAD_STATES};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, WIDER, asked, find, own, own_mut, target, visible, widen};
use super::uploads;
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "blueprints", "blueprint_list", Need::Read, all),
    route(Method::Get, "blueprints/{}", "blueprint_get", Need::Read, one),
    route(Method::Put, "blueprints/{}", "blueprint_upload", Need::Build, uploads::upload),
    route(Method::Patch, "blueprints/{}", "blueprint_upload", Need::Build, update).only(UPLOAD_STATES),
    route(Method::Delete, "blueprints/{}", "blueprint_delete", Need::Build, delete),
    route(Method::Get, "blueprints/{}/archive", "blueprint_download", Need::Read, download),
    route(Method::Patch, "blueprints/{}/set-global", "resource_set_global", Need::Build, set_global).only(SET_GLOBAL),
    route(Method::Patch, "blueprints/{}/set-visibility", "resource_set_visibility", Need::Build, set_visibility)
        .only(SET_VISIBILITY)
        .v31(),
];

/// How far an upload has come (cloudify.md#blueprints).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The archive is being stored.
    Uploading,
    /// The archive is being unpacked.
    Extracting,
    /// The blueprint is being read.
    Parsing,
    /// Done.
    Uploaded,
    /// The archive could not be had.
    FailedUploading,
    /// The archive could not be unpacked.
    FailedExtracting,
    /// The blueprint's parts could not be had.
    FailedParsing,
    /// The blueprint is wrong.
    Invalid,
}

impl State {
    /// Says whether the upload goes on by itself.
    pub(crate) fn is_working(self) -> bool {
        matches!(self, State::Uploading | State::Extracting | State::Parsing)
    }

    /// How messages tell of a failure.
    pub(crate) fn failing(self) -> &'static str {
        match self {
            State::FailedUploading => "has failed uploading",
            State::FailedExtracting => "has failed extracting",
            State::FailedParsing => "has failed parsing",
            _ => "is invalid",
        }
    }
}

/// A blueprint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Blueprint {
    /// Its head.
    pub meta: Meta,
    /// The file that is read first.
    pub main_file: String,
    /// The archive as uploaded.
    pub archive: Bytes,
    /// How far its upload has come.
    pub state: State,
    /// When the upload takes its next step.
    pub due: Option<u64>,
    /// Why it failed.
    pub error: Option<String>,
    /// A description that replaces the plan's.
    pub description: Option<String>,
    /// The parsed plan.
    pub plan: Plan,
    /// Its labels.
    pub labels: Vec<Label>,
    /// The execution that uploads it.
    pub upload_execution: Option<String>,
}

impl Scoped for Blueprint {
    const KIND: &'static str = "Blueprint";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

/// The table of fields, in the order in which the server names them.
pub(crate) static FIELDS: &[Field<Blueprint>] = &[
    created_at(),
    field("id", |blueprint, _| json!(blueprint.meta.id)),
    visibility(),
    field("main_file_name", |blueprint, _| json!(blueprint.main_file)),
    null::<Blueprint>("plan_p").only(SEVENTH),
    field("plan", |blueprint, _| match blueprint.state {
        State::Uploaded => blueprint.plan.print(),
        _ => Value::Null,
    }),
    field("requirements", |blueprint: &Blueprint, _: &View| json!({"secrets": blueprint.plan.named("get_secret")}))
        .only(SEVENTH),
    updated_at(),
    field("description", |blueprint, _| json!(blueprint.description)),
    field("is_hidden", |_: &Blueprint, _: &View| json!(false)).only(UPLOAD_STATES),
    field("state", |blueprint: &Blueprint, _: &View| json!(blueprint.state)).only(UPLOAD_STATES),
    field("error", |blueprint: &Blueprint, _: &View| json!(blueprint.error)).only(UPLOAD_STATES),
    null::<Blueprint>("error_traceback").only(UPLOAD_STATES),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
    field("labels", |blueprint: &Blueprint, _: &View| print(&blueprint.labels)).unfiltered().only(STATUSES),
    field("upload_execution", |blueprint: &Blueprint, _: &View| {
        blueprint.upload_execution.as_ref().map_or(Value::Null, |id| json!({"id": id}))
    })
    .unfiltered()
    .only(UPLOAD_STATES),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.blueprints, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, FIELDS, find(&world.blueprints, &call.viewer, call.id())?)
}

/// The archive as uploaded, byte for byte (cloudify.md#blueprints); a failed one is 404 with an empty message.
fn download(world: &mut World, call: &Call) -> Outcome {
    let blueprint = find(&world.blueprints, &call.viewer, call.id())?;
    let format = Format::of(&blueprint.archive.0).filter(|_| blueprint.state == State::Uploaded);
    let format = format.ok_or_else(|| not_found(""))?;
    let name = format!("attachment; filename=\"{}.{}\"", blueprint.meta.id, format.extension());
    let mut response = Response::empty(200).header("Content-Type", "application/octet-stream");
    response.body = blueprint.archive.0.clone();
    Ok(response.header("Content-Disposition", name))
}

/// Labels, description and, unchecked, visibility (cloudify.md#blueprints, cloudify.md#visibility).
fn update(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let (now, username) = (world.now, call.viewer.username.clone());
    let blueprint = own_mut(&mut world.blueprints, &call.viewer, call.id())?;
    if let Some(labels) = input.list("labels")? {
        if blueprint.state != State::Uploaded {
            return Err(conflict("Blueprint labels can be created only if the provided blueprint is uploaded"));
        }
        blueprint.labels = replace(&blueprint.labels, labels, Forms::Both, &username, now)?;
    }
    if let Some(description) = input.nullable_text("description")? {
        blueprint.description = Some(description.to_owned());
    }
    if let Some(word) = input.nullable_text("visibility")? {
        blueprint.meta.visibility = asked(Some(word), None)?;
    }
    blueprint.meta.updated_at = now;
    one(world, call)
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let force = call.flag("force")?;
    let at = own(&world.blueprints, &call.viewer, call.id())?;
    let blueprint = world.blueprints.get(at).ok_or_else(internal)?;
    let id = &blueprint.meta.id;
    if blueprint.state.is_working() {
        return Err(bad_request("invalid_blueprint_error", format!("Blueprint `{id}` is still uploading.")));
    }
    let users: Vec<&str> = world
        .deployments
        .iter()
        .rev()
        .filter(|deployment| deployment.uses(&blueprint.meta))
        .map(|deployment| deployment.meta().id.as_str())
        .collect();
    if !users.is_empty() {
        return Err(dependent_exists(format!(
            "Can't delete blueprint {id} - There exist deployments for this blueprint; Deployments ids: {}",
            users.join(",")
        )));
    }
    refuse_imported(world, blueprint, force)?;
    let blueprint = world.blueprints.remove(at);
    answer_deleted(world, call, FIELDS, &blueprint)
}

fn refuse_imported(world: &World, blueprint: &Blueprint, force: bool) -> Result<(), Refusal> {
    let importers: Vec<&str> = world
        .blueprints
        .iter()
        .filter(|other| other.plan.blueprints.contains(&blueprint.meta.id))
        .filter(|other| other.meta.tenant == blueprint.meta.tenant || blueprint.meta.visibility == Visibility::Global)
        .map(|other| other.meta.id.as_str())
        .collect();
    if force || importers.is_empty() {
        return Ok(());
    }
    Err(in_use(
        "blueprint_in_use",
        format!(
            "Blueprint {} is currently in use by blueprints: {}. You can \"force\" blueprint removal.",
            blueprint.meta.id,
            importers.join(", ")
        ),
    ))
}

fn set_global(world: &mut World, call: &Call) -> Outcome {
    widen(&mut world.blueprints, &call.viewer, call.id(), Visibility::Global, world.now)?;
    one(world, call)
}

fn set_visibility(world: &mut World, call: &Call) -> Outcome {
    let wanted = target(&call.json()?, WIDER)?;
    widen(&mut world.blueprints, &call.viewer, call.id(), wanted, world.now)?;
    one(world, call)
}

impl World {
    /// A blueprint that a deployment may be made from.
    pub(crate) fn uploaded_blueprint(&self, call: &Call, id: &str) -> Result<&Blueprint, Refusal> {
        let blueprint = find(&self.blueprints, &call.viewer, id)?;
        if blueprint.state == State::Uploaded {
            return Ok(blueprint);
        }
        let text = format!("Can't create deployments from blueprint {id}: it is not uploaded");
        if blueprint.state.is_working() || blueprint.error.is_some() {
            return Err(bad_request("deployment_creation_error", text));
        }
        Err(illegal_action(text))
    }
}
