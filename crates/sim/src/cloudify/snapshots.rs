//! Snapshots (cloudify.md#snapshots).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::archives::{Bytes, Format};
use super::call::{Call, Start, check_name};
use super::executions::{Execution, shown};
use super::fields::{
    Field, answer, created_at, created_by, field, private_resource, resource_availability, tenant_name, visibility,
};
use super::list::list;
use super::refusal::{Outcome, bad_parameters, bad_request, internal};
use super::release::{KILL, QUEUE, STATUSES};
use super::route::{Need, Route, route};
use super::scope::{Meta, Scoped, Visibility, find, own, refuse_taken, visible};
use super::workflow::{Purpose, Run};
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "snapshots", "snapshot_list", Need::Admin, all),
    route(Method::Get, "snapshots/{}", "snapshot_get", Need::Admin, one),
    route(Method::Put, "snapshots/{}", "snapshot_create", Need::Admin, create),
    route(Method::Delete, "snapshots/{}", "snapshot_delete", Need::Admin, delete),
    route(Method::Post, "snapshots/{}/restore", "snapshot_restore", Need::Admin, restore),
    route(Method::Get, "snapshots/{}/archive", "snapshot_download", Need::Admin, download),
    route(Method::Put, "snapshots/{}/archive", "snapshot_upload", Need::Admin, upload),
];

/// How far a snapshot has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Creating,
    Created,
    Failed,
    Uploaded,
}

/// A snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    meta: Meta,
    state: State,
    error: String,
    /// The zip that a download gives. One made here holds the saved state.
    archive: Bytes,
}

impl Scoped for Snapshot {
    const KIND: &'static str = "Snapshot";

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut Meta {
        &mut self.meta
    }
}

static FIELDS: &[Field<Snapshot>] = &[
    created_at(),
    field("id", |snapshot, _| json!(snapshot.meta.id)),
    visibility(),
    field("status", |snapshot, _| json!(snapshot.state)),
    field("error", |snapshot, _| json!(snapshot.error)),
    tenant_name(),
    created_by(),
    resource_availability(),
    private_resource(),
];

fn all(world: &mut World, call: &Call) -> Outcome {
    list(world, call, FIELDS, visible(&world.snapshots, call)?)
}

fn one(world: &mut World, call: &Call) -> Outcome {
    answer(world, call, 200, FIELDS, find(&world.snapshots, &call.viewer, call.id())?)
}

/// The parts that a create may include: the two of the v3 text default to false there, the v3.1 text adds two and turns metrics on.
fn parameters(world: &World, call: &Call, id: &str) -> Result<Value, super::refusal::Refusal> {
    // The texts print the call without a body; from 6.0 on the JSON body is mandatory (cloudify.md#snapshots).
    let input = if call.release.has(STATUSES) { call.json()? } else { call.optional_json()? };
    let brand = world.release.brand();
    let included = call.release.has(KILL);
    let mut parameters = json!({
        "snapshot_id": id,
        "include_credentials": input.is_set("include_credentials")?,
        "include_metrics": input.flag("include_metrics")?.unwrap_or(included),
        "config": {
            "file_server_root": "/opt/manager/resources",
            "created_status": "created",
            "failed_status": "failed",
            "default_tenant_name": "default_tenant",
            "postgresql_db_name": brand.database,
            "postgresql_username": "cloudify",
            "postgresql_password": "cloudify",
        },
    });
    if included {
        parameters["include_logs"] = json!(input.flag("include_logs")?.unwrap_or(true));
        parameters["include_events"] = json!(input.flag("include_events")?.unwrap_or(true));
    }
    if call.release.has(QUEUE) {
        parameters["queue"] = json!(input.is_set("queue")?);
    }
    Ok(parameters)
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let id = call.id();
    let parameters = parameters(world, call, id)?;
    check_name("snapshot_id", id, Start::Letter)?;
    refuse_taken(&world.snapshots, id, &call.viewer.tenant)?;
    // What is to wait in a queue starts at once here.
    if parameters["queue"] != true {
        world.refuse_beside_any()?;
    }
    let meta = Meta::new(id, &call.viewer, world.now, Visibility::Private);
    world.snapshots.push(Snapshot { meta, state: State::Creating, error: String::new(), archive: Bytes::default() });
    launch(world, call, "create_snapshot", parameters, Purpose::Snapshot(id.to_owned()), 201)
}

fn launch(world: &mut World, call: &Call, workflow: &str, parameters: Value, purpose: Purpose, status: u16) -> Outcome {
    let execution = Execution::system(world, &call.viewer, workflow, parameters).with_purpose(purpose);
    let id = execution.meta.id.clone();
    world.executions.push(execution);
    let run = Run::new(&id, world.now);
    world.runs.push(run);
    shown(world, call, status, &id)
}

/// Answers 200 and the object on every release (cloudify.md#snapshots).
fn delete(world: &mut World, call: &Call) -> Outcome {
    let at = own(&world.snapshots, &call.viewer, call.id())?;
    if world.snapshots.get(at).is_some_and(|snapshot| snapshot.state == State::Creating) {
        let text = format!("Cannot delete snapshot `{}` which has an active `create_snapshot` execution", call.id());
        return Err(bad_request("snapshot_action_error", text));
    }
    let snapshot = world.snapshots.remove(at);
    answer(world, call, 200, FIELDS, &snapshot)
}

/// `force` must be said on later servers, where its absence is a 500 (cloudify.md#snapshots).
fn restore(world: &mut World, call: &Call) -> Outcome {
    let input = call.json()?;
    let force = match input.flag("force")? {
        Some(force) => force,
        None if call.release.has(STATUSES) => return Err(internal()),
        None => false,
    };
    let (certificates, no_reboot) = (input.is_set("restore_certificates")?, input.is_set("no_reboot")?);
    if no_reboot && !certificates {
        return Err(bad_parameters("`no_reboot` is only relevant when `restore_certificates` is activated"));
    }
    let snapshot = find(&world.snapshots, &call.viewer, call.id())?;
    if !matches!(snapshot.state, State::Created | State::Uploaded) {
        return Err(bad_request("snapshot_action_error", format!("Snapshot `{}` is not ready", call.id())));
    }
    let empty = world.blueprints.is_empty() && world.deployments.is_empty();
    if !force && !empty {
        return Err(bad_request(
            "snapshot_action_error",
            "Cannot restore a snapshot on a manager that is not empty; use the `force` flag",
        ));
    }
    world.refuse_beside_any()?;
    let parameters = json!({
        "snapshot_id": call.id(),
        "recreate_deployments_envs": input.flag("recreate_deployments_envs")?.unwrap_or(true),
        "restore_certificates": certificates,
        "no_reboot": no_reboot,
    });
    launch(world, call, "restore_snapshot", parameters, Purpose::Restore(call.id().to_owned()), 200)
}

fn download(world: &mut World, call: &Call) -> Outcome {
    let snapshot = find(&world.snapshots, &call.viewer, call.id())?;
    if !matches!(snapshot.state, State::Created | State::Uploaded) {
        return Err(bad_request("snapshot_action_error", format!("Snapshot `{}` is not ready", call.id())));
    }
    let mut response = Response::empty(200).header("Content-Type", "application/octet-stream");
    response.body = snapshot.archive.0.clone();
    Ok(response.header("Content-Disposition", format!("attachment; filename=\"{}.zip\"", call.id())))
}

fn upload(world: &mut World, call: &Call) -> Outcome {
    let id = call.id();
    check_name("snapshot_id", id, Start::Letter)?;
    refuse_taken(&world.snapshots, id, &call.viewer.tenant)?;
    if call.argument("snapshot_archive_url").is_some() {
        return Err(bad_parameters("Failed downloading the snapshot from the url: Connection refused"));
    }
    if Format::of(call.bytes()) != Some(Format::Zip) {
        return Err(bad_parameters("Snapshot archive is of an unrecognized format. Supported formats are: ['zip']"));
    }
    let meta = Meta::new(id, &call.viewer, world.now, Visibility::Private);
    let archive = Bytes(call.bytes().to_vec());
    let snapshot = Snapshot { meta, state: State::Uploaded, error: String::new(), archive };
    world.snapshots.push(snapshot.clone());
    answer(world, call, 201, FIELDS, &snapshot)
}

/// The file of a snapshot's zip that holds the saved state.
const STATE_FILE: &str = "state.json";

fn pack(world: &World) -> std::io::Result<Vec<u8>> {
    use std::io::{Cursor, Write};
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(STATE_FILE, zip::write::SimpleFileOptions::DEFAULT)?;
    archive.write_all(&serde_json::to_vec(world)?)?;
    Ok(archive.finish()?.into_inner())
}

impl World {
    /// Ends the making of a snapshot.
    pub(crate) fn finish_snapshot(&mut self, id: &str, error: &str) {
        // Snapshots do not hold snapshots, nor what runs while they are made.
        let content = World { snapshots: Vec::new(), runs: Vec::new(), ..self.clone() };
        if let Some(snapshot) = self.snapshots.iter_mut().find(|row| row.meta.id == id) {
            let packed = pack(&content).map_err(|error| error.to_string());
            let packed = if error.is_empty() { packed } else { Err(error.to_owned()) };
            match packed {
                Ok(bytes) => (snapshot.archive, snapshot.state) = (Bytes(bytes), State::Created),
                Err(error) => (snapshot.error, snapshot.state) = (error, State::Failed),
            }
        }
    }

    /// Replaces the whole state by a snapshot's; one that was not made here changes nothing.
    pub(crate) fn restore(&mut self, id: &str) {
        let snapshot = self.snapshots.iter().find(|row| row.meta.id == id);
        let tree = snapshot.and_then(|snapshot| super::archives::Tree::read(&snapshot.archive.0));
        let state = tree.and_then(|tree| serde_json::from_slice::<World>(tree.file(STATE_FILE)?).ok());
        if let Some(mut state) = state {
            state.snapshots = std::mem::take(&mut self.snapshots);
            state.source = self.source.clone();
            (state.now, state.behind) = (self.now, self.behind);
            state.executions.retain(|row| row.status.is_end());
            let restores = std::mem::take(&mut self.executions).into_iter();
            state.executions.extend(restores.filter(|row| matches!(row.purpose, Purpose::Restore(_))));
            *self = state;
        }
    }
}
