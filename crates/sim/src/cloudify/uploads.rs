//! The upload of a blueprint: PUT, and the steps that follow it (cloudify.md#blueprints).

use serde_json::{Value, json};

use super::archives::{Bytes, Format, Tree};
use super::blueprints::{Blueprint, FIELDS, State};
use super::call::{Call, Start, check_name};
use super::dsl::{Document, Flaw, Import, invalid};
use super::executions::{Execution, Status};
use super::fields::answer;
use super::labels::{Forms, declared, merged, replace};
use super::plans::Plan;
use super::refusal::{Outcome, Refusal, bad_parameters, bad_request, conflict, internal, page};
use super::release::{SEVENTH, STATUSES, UPLOAD_STATES};
use super::scope::{Meta, Scoped, Visibility, asked, own, refuse_global, taken, takes};
use super::world::World;

/// The wishes of an upload, from the query or from the form of 7.x.
struct Request {
    main_file: String,
    url: Option<String>,
    visibility: Visibility,
    labels: Vec<Value>,
    /// Whether the answer must not wait for the parser.
    background: bool,
    archive: Vec<u8>,
}

const UNRECOGNIZED: &str =
    "Blueprint archive is of an unrecognized format. Supported formats are: ['zip', 'tar', 'tar.gz', 'tar.bz2']";

/// Takes an upload in.
pub(crate) fn upload(world: &mut World, call: &Call) -> Outcome {
    let id = call.id();
    check_name("blueprint_id", id, Start::Letter)?;
    let request = read(call)?;
    make_room(world, call, id)?;
    if request.visibility == Visibility::Global {
        refuse_global(&world.blueprints, &call.viewer, id)?;
    }
    if request.url.is_some() && !request.archive.is_empty() {
        return Err(bad_parameters("Can't pass both a blueprint URL and a blueprint archive"));
    }
    let background = request.background;
    let labels = replace(&[], &request.labels, Forms::Both, &call.viewer.username, world.now)?;
    let mut blueprint = Blueprint {
        meta: Meta::new(id, &call.viewer, world.now, request.visibility),
        main_file: request.main_file,
        archive: Bytes(request.archive),
        state: State::Uploading,
        due: None,
        error: None,
        description: None,
        plan: Plan::default(),
        labels,
        upload_execution: None,
    };
    let flaw = received(&mut blueprint, request.url.as_deref());
    let states = call.release.has(UPLOAD_STATES);
    if let (Some(refusal), false) = (&flaw, states) {
        return Err(refusal.clone());
    }
    if states {
        let execution = Execution::system(world, &call.viewer, "upload_blueprint", json!({"blueprint_id": id}));
        blueprint.upload_execution = Some(execution.meta().id.clone());
        world.executions.push(execution);
    }
    if states && background && flaw.is_none() {
        blueprint.due = Some(world.now + super::POLL);
        world.blueprints.push(blueprint);
        return shown(world, call, id);
    }
    while flaw.is_none() && blueprint.state.is_working() {
        step(world, &mut blueprint);
    }
    finish(world, &blueprint);
    let failure = flaw.or_else(|| failure(&blueprint));
    if failure.is_none() || states {
        world.blueprints.push(blueprint);
    }
    failure.map_or_else(|| shown(world, call, id), Err)
}

fn shown(world: &World, call: &Call, id: &str) -> Outcome {
    let at = own(&world.blueprints, &call.viewer, id)?;
    answer(world, call, 201, FIELDS, world.blueprints.get(at).ok_or_else(internal)?)
}

/// Removes a failed upload of that id; a good one stands in the way (cloudify.md#blueprints).
fn make_room(world: &mut World, call: &Call, id: &str) -> Result<(), Refusal> {
    let tenant = &call.viewer.tenant;
    let Some(at) = world.blueprints.iter().position(|row| takes(row, id, tenant)) else { return Ok(()) };
    match world.blueprints.get(at) {
        Some(known) if known.meta.tenant != *tenant => Err(taken::<Blueprint>(id, tenant)),
        Some(known) if known.state == State::Uploaded || known.state.is_working() => {
            Err(conflict(format!("blueprint with id={id} already exists on tenant {tenant} or with global visibility")))
        }
        _ => {
            world.blueprints.remove(at);
            Ok(())
        }
    }
}

/// Reads the query, or the form of 7.x: a field `params` with the arguments as JSON, a file `blueprint_archive`.
fn read(call: &Call) -> Result<Request, Refusal> {
    let form = call.content_type().filter(|_| call.release.has(SEVENTH));
    if form.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) && !call.bytes().is_empty() {
        return Err(page(413));
    }
    let boundary =
        form.filter(|kind| kind.starts_with("multipart/form-data")).and_then(|kind| kind.split_once("boundary="));
    let (params, archive) = match boundary {
        Some((_, boundary)) => {
            let parts = parts(call.bytes(), boundary.trim_matches('"'));
            let part = |name: &str| parts.iter().find(|(known, _)| known == name).map(|(_, bytes)| *bytes);
            let params = part("params").and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or(Value::Null);
            (params, part("blueprint_archive").unwrap_or_default())
        }
        None => (Value::Null, call.bytes()),
    };
    if call.release.has(STATUSES) && call.argument("labels").is_some() {
        return Err(internal());
    }
    let text = |key: &str| params[key].as_str().or_else(|| call.argument(key)).filter(|text| !text.is_empty());
    let private = call.argument("private_resource").map(|_| call.flag("private_resource")).transpose()?;
    Ok(Request {
        main_file: text("application_file_name").unwrap_or("blueprint.yaml").to_owned(),
        url: text("blueprint_archive_url").map(str::to_owned),
        visibility: asked(text("visibility"), private)?,
        labels: params["labels"].as_array().cloned().unwrap_or_default(),
        // In the query any value that is not empty means yes, `false` included (cloudify.md#blueprints).
        background: params["async_upload"] == json!(true)
            || call.argument("async_upload").is_some_and(|value| !value.is_empty()),
        archive: archive.to_vec(),
    })
}

/// The parts of a multipart body, by name.
fn parts<'b>(body: &'b [u8], boundary: &str) -> Vec<(String, &'b [u8])> {
    let mut parts = Vec::new();
    let (delimiter, mut rest) = (format!("--{boundary}"), body);
    while let Some(start) = find(rest, delimiter.as_bytes()) {
        rest = rest.get(start + delimiter.len()..).unwrap_or_default();
        let end = find(rest, delimiter.as_bytes()).unwrap_or(rest.len());
        let part = rest.get(..end).unwrap_or_default();
        if let Some(blank) = find(part, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(part.get(..blank).unwrap_or_default()).into_owned();
            let name = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            let content = part.get(blank + 4..).unwrap_or_default();
            parts.push((name.to_owned(), content.strip_suffix(b"\r\n").unwrap_or(content)));
        }
    }
    parts
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The fault of the archive before any work starts; the object remembers it.
fn received(blueprint: &mut Blueprint, url: Option<&str>) -> Option<Refusal> {
    let (error, refusal) = if let Some(url) = url {
        // There is no network behind a simulator: every download fails.
        let error = format!("Max retries exceeded with url: {url} (Caused by NewConnectionError: Connection refused)");
        let text = format!("Blueprint `{}` has failed uploading. Error: {error}", blueprint.meta.id);
        (error, bad_request("invalid_blueprint_error", text))
    } else if blueprint.archive.0.is_empty() {
        let path = format!("uploaded-blueprints/.uploading/{}/{}", blueprint.meta.tenant, blueprint.meta.id);
        (format!("[Errno 2] No such file or directory: '/opt/manager/resources/{path}'"), internal())
    } else if Format::of(&blueprint.archive.0).is_none() {
        (UNRECOGNIZED.to_owned(), bad_parameters(UNRECOGNIZED))
    } else {
        return None;
    };
    blueprint.state = State::FailedUploading;
    blueprint.error = Some(error);
    Some(refusal)
}

/// The answer of a synchronous PUT to an upload that failed.
fn failure(blueprint: &Blueprint) -> Option<Refusal> {
    let error = blueprint.error.as_ref()?;
    let text = format!("Blueprint `{}` {}. Error: {error}", blueprint.meta.id, blueprint.state.failing());
    Some(bad_request("invalid_blueprint_error", text))
}

/// Takes one step: the archive is unpacked, then read.
fn step(world: &World, blueprint: &mut Blueprint) {
    let failed = |blueprint: &mut Blueprint, state, error: String| {
        blueprint.state = state;
        blueprint.error = Some(error);
    };
    match blueprint.state {
        State::Uploading => blueprint.state = State::Extracting,
        State::Extracting => match extract(blueprint) {
            Ok(()) => blueprint.state = State::Parsing,
            Err(error) => failed(blueprint, State::FailedExtracting, error),
        },
        State::Parsing => match parse(world, blueprint) {
            Ok(plan) => {
                blueprint.state = State::Uploaded;
                blueprint.description = plan.description.clone();
                let own = declared(&plan.blueprint_labels, &blueprint.meta.owner, world.now);
                blueprint.labels = merged(std::mem::take(&mut blueprint.labels), own);
                blueprint.plan = plan;
            }
            Err(Flaw::Invalid(error)) => failed(blueprint, State::Invalid, error),
            Err(Flaw::Unreadable(error)) => failed(blueprint, State::FailedParsing, error),
        },
        _ => {}
    }
    blueprint.meta.updated_at = world.now;
}

fn extract(blueprint: &Blueprint) -> Result<(), String> {
    let tree = Tree::read(&blueprint.archive.0).ok_or("Failed to extract the archive")?;
    let root = tree.root().ok_or("Archive must contain exactly 1 directory")?;
    match tree.file(&format!("{root}/{}", blueprint.main_file)) {
        Some(_) => Ok(()),
        None => Err(format!("{} does not exist in the application directory", blueprint.main_file)),
    }
}

fn parse(world: &World, blueprint: &Blueprint) -> Result<Plan, Flaw> {
    let tree = Tree::read(&blueprint.archive.0).unwrap_or_default();
    let main = format!("{}/{}", tree.root().unwrap_or_default(), blueprint.main_file);
    let document = Document::read(&tree, &main, &|import| resolve(world, &blueprint.meta, import))?;
    Plan::of(&document)
}

/// The files that an import stands for: the product's types, a plugin, a blueprint; there is no network for anything else.
fn resolve(world: &World, blueprint: &Meta, import: &str) -> Import {
    if let Some(plugin) = import.strip_prefix("plugin:") {
        return world.plugin_document(&blueprint.tenant, plugin);
    }
    if let Some(id) = import.strip_prefix("blueprint:") {
        return match world
            .blueprints
            .iter()
            .any(|row| takes(row, id, &blueprint.tenant) && row.state == State::Uploaded)
        {
            true => Import::Blueprint(id.to_owned()),
            false => Import::Missing(invalid(format!("Requested blueprint import `{id}` was not found"))),
        };
    }
    if import.ends_with("types.yaml") {
        return Import::BuiltIn;
    }
    Import::Missing(invalid(format!("Import failed: Unable to open import url {import}; Connection refused")))
}

/// Ends the execution that uploads.
fn finish(world: &mut World, blueprint: &Blueprint) {
    let now = world.now;
    let execution = world.executions.iter_mut().find(|row| Some(&row.meta().id) == blueprint.upload_execution.as_ref());
    if let Some(execution) = execution {
        let status = if blueprint.error.is_some() { Status::Failed } else { Status::Terminated };
        execution.end(status, blueprint.error.clone().unwrap_or_default(), now);
    }
}

impl World {
    /// Takes the steps of uploads that are due.
    pub(crate) fn advance_uploads(&mut self) {
        let now = self.now;
        let due: Vec<(usize, Blueprint)> = self
            .blueprints
            .iter()
            .enumerate()
            .filter(|(_, row)| row.due.is_some_and(|due| due <= now))
            .map(|(at, row)| (at, row.clone()))
            .collect();
        for (at, mut blueprint) in due {
            while blueprint.due.is_some_and(|due| due <= now) {
                step(self, &mut blueprint);
                blueprint.due = blueprint.due.filter(|_| blueprint.state.is_working()).map(|due| due + super::POLL);
            }
            if !blueprint.state.is_working() {
                finish(self, &blueprint);
            }
            if let Some(row) = self.blueprints.get_mut(at) {
                *row = blueprint;
            }
        }
    }
}
