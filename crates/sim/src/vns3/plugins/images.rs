//! The older view of plugins and instances: images and containers, named by the ids that docker gives them.

use serde_json::{Value, json};

use super::exports;
use super::instances::{Instance, Start, start as start_instance};
use super::templates::{self, Plugin};
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::state::State;

/// Where an image can come from; exactly one of them is given.
const SOURCES: &[&str] = &["url", "buildurl", "localbuild", "localimage", "imagefile", "buildfile"];

fn must_run(state: &State) -> Result<(), Fault> {
    if state.plugins.is_up(state.clock) {
        Ok(())
    } else {
        Err(Fault::of(500, "StandardError", "Container system is not running"))
    }
}

fn show(plugin: &Plugin, state: &State) -> Value {
    json!({
        "id": plugin.uuid(state.clock),
        "image_name": plugin.name,
        "status": plugin.status(state.clock),
        "status_msg": null,
        "import_id": plugin.import_id,
        "created": plugin.made.zulu(),
        "description": plugin.description,
        "tag_name": plugin.tag_name(),
        "comment": "",
        "container_config": {},
    })
}

/// "Get container images": of one import or image if `uuid` says so.
pub(super) fn list(state: &State, call: &Call) -> Outcome {
    must_run(state)?;
    let wanted = |plugin: &&Plugin| {
        call.query("uuid")
            .is_none_or(|uuid| plugin.import_id == uuid || plugin.uuid(state.clock).as_deref() == Some(uuid))
    };
    let images: Vec<Value> = state.plugins.templates.iter().filter(wanted).map(|plugin| show(plugin, state)).collect();
    ok(json!({ "images": images }))
}

fn must_be_unique(state: &State, name: &str, but: Option<u64>) -> Result<(), Fault> {
    if state.plugins.templates.iter().any(|plugin| plugin.name == name && Some(plugin.id) != but) {
        return Err(Fault::argument("Duplicate name -- name must be unique."));
    }
    Ok(())
}

/// "Create container image".
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    must_be_unique(state, &fields.need_text("name")?, None)?;
    let given: Vec<&&str> = SOURCES.iter().filter(|source| fields.raw(source).is_some()).collect();
    let [source] = given.as_slice() else { return Err(Fault::argument("Exactly one image source must be provided")) };
    let id = templates::install(state, &fields, source)?;
    let import = state.plugins.templates.iter().find(|plugin| plugin.id == id).map(|plugin| plugin.import_id.clone());
    ok(json!({"status": "Image being uploaded", "import_uuid": import}))
}

fn find_image(state: &State, uuid: &str) -> Result<u64, Fault> {
    let is_it =
        |plugin: &&Plugin| plugin.uuid(state.clock).is_some_and(|own| own == uuid || own == format!("sha256:{uuid}"));
    state
        .plugins
        .templates
        .iter()
        .find(is_it)
        .map(|plugin| plugin.id)
        .ok_or_else(|| Fault::not_found("Image not found"))
}

/// "Edits container image".
pub(super) fn update(state: &mut State, call: &Call, uuid: &str) -> Outcome {
    let fields = call.fields()?;
    let id = find_image(state, uuid)?;
    must_be_unique(state, &fields.need_text("name")?, Some(id))?;
    templates::update(state, call, id)?;
    ok(json!({"uuid": uuid, "status": "Image updated"}))
}

/// "Delete container image": with its containers if forced.
pub(super) fn delete(state: &mut State, call: &Call, uuid: &str) -> Outcome {
    let id = find_image(state, uuid)?;
    if call.query_flag("force") {
        state.plugins.instances.retain(|instance| instance.image_id != id);
    }
    templates::delete(state, id)?;
    ok(json!({"uuid": uuid, "image_deleted": true}))
}

/// "Create exported container image": the file shows among the plugin's exports.
pub(super) fn export(state: &mut State, call: &Call, uuid: &str) -> Outcome {
    let id = find_image(state, uuid)?;
    exports::create(state, call, exports::Owner::Plugin, id)?;
    ok(json!({"status": "Image exported"}))
}

/// "Creates a new container image from a running container". The schema types `name` as a boolean, which is a slip.
pub(super) fn commit(state: &mut State, call: &Call, uuid: &str) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name")?;
    find_container(state, uuid)?;
    must_be_unique(state, &name, None)?;
    templates::install(state, &fields, "name")?;
    ok(json!({"uuid": state.generator.hex(64), "name": name}))
}

/// "Get running containers": stopped ones too unless `show_all` is false.
pub(super) fn list_containers(state: &State, call: &Call) -> Outcome {
    let all = call.query("show_all") != Some("false");
    let wanted =
        |instance: &&Instance| (all || instance.running) && call.query("uuid").is_none_or(|uuid| instance.uuid == uuid);
    let containers: Vec<Value> = state.plugins.instances.iter().filter(wanted).map(Instance::inspect).collect();
    ok(json!({ "containers": containers }))
}

fn find_container<'a>(state: &'a mut State, uuid: &str) -> Result<&'a mut Instance, Fault> {
    let unknown = || Fault::not_found("Container not found");
    state.plugins.instances.iter_mut().find(|instance| instance.uuid == uuid).ok_or_else(unknown)
}

/// "Start container": one that is there, or a new one.
pub(super) fn start(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let uuid = match fields.get::<String>("uuid")? {
        Some(uuid) => uuid,
        None => {
            let text = "Required field missing. Either 'name', 'command', 'image_uuid' must be passed or 'uuid'";
            let need = |field: &str| fields.need_text(field).map_err(|_| Fault::argument(text));
            let (name, command, image) = (need("name")?, need("command")?, need("image_uuid")?);
            let new = Start {
                name,
                plugin: find_image(state, &image)?,
                command,
                description: fields.get("description")?.unwrap_or_default(),
                environment: fields.get("environment")?.unwrap_or_default(),
                wanted: fields.get("ipaddress")?,
            };
            let id = start_instance(state, new)?;
            super::instances::find(state, id)?.uuid.clone()
        }
    };
    let container = find_container(state, &uuid)?;
    container.running = true;
    ok(json!({"uuid": uuid, "container_started": true, "ip_address": container.ip_address, "status": "Running"}))
}

/// "Get container logs": as many of the last lines as are asked for, which the text makes the caller say. What a number
/// that is none is answered with is chosen here.
pub(super) fn logs(state: &mut State, call: &Call, uuid: &str) -> Outcome {
    let lines = call.query("lines").ok_or_else(|| Fault::missing("lines"))?;
    let lines: usize = lines.parse().map_err(|_| Fault::invalid("lines"))?;
    let container = find_container(state, uuid)?;
    let mut logs = vec![format!("{} started: {}", container.made.zulu_millis(), container.command)];
    if !container.running {
        logs.push(format!("{} stopped", container.name));
    }
    let logs = logs.split_off(logs.len().saturating_sub(lines));
    ok(json!({"uuid": uuid, "logs": logs}))
}

/// "Stop container".
pub(super) fn stop(state: &mut State, uuid: &str) -> Outcome {
    find_container(state, uuid)?.running = false;
    ok(json!({"uuid": uuid, "status": "Stopped"}))
}

/// "Delete container": stops it too.
pub(super) fn delete_container(state: &mut State, uuid: &str) -> Outcome {
    find_container(state, uuid)?;
    state.plugins.instances.retain(|instance| instance.uuid != uuid);
    ok(json!({"uuid": uuid, "container_deleted": true}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;
    use wire::Method::{Delete, Post, Put};

    #[test]
    fn images_and_containers_are_the_same_things_under_other_names() {
        let mut bench = Bench::new();
        let body = json!({"name": "nginx", "url": "https://a.example/nginx.tar.gz"});
        let made = bench.ok(Post, "/container_system/images", body.clone());
        let look = format!("/container_system/images?uuid={}", made["import_uuid"].as_str().expect("uuid"));
        assert_eq!(bench.get(&look).expect("images")["images"][0]["id"], json!(null), "no id while it is imported");
        let twice = bench.refused(Post, "/container_system/images", body);
        assert_eq!(twice, (400, "APIArgumentError: Duplicate name -- name must be unique.".to_owned()));
        bench.wait(4_000);
        let image = bench.get(&look).expect("images")["images"][0]["id"].clone();
        let missing = bench.refused(Post, "/container_system/containers", json!({"name": "web"}));
        assert!(missing.1.contains("Required field missing."), "{}", missing.1);
        let started = json!({"name": "web", "command": "nginx", "image_uuid": image});
        let container = bench.ok(Post, "/container_system/containers", started);
        assert_eq!(container["ip_address"], "198.51.100.2");
        assert_eq!(bench.get("/plugin-instances").expect("instances")[0]["name"], "web");
        let path = format!("/container_system/containers/{}", container["uuid"].as_str().expect("uuid"));
        let (commit, like) = (format!("{path}/commit"), json!({"name": "web-2"}));
        assert_eq!(bench.ok(Post, &commit, like.clone())["name"], "web-2");
        assert_eq!(bench.refused(Post, &commit, like), twice);
        let uuid = container["uuid"].clone();
        let log = |bench: &mut Bench, query: &str| bench.get(&format!("{path}/logs{query}"));
        assert!(
            log(&mut bench, "?lines=5").expect("logs")["logs"][0].as_str().is_some_and(|line| line.ends_with("nginx"))
        );
        assert_eq!(bench.ok(Put, &path, json!({}))["status"], "Stopped");
        let last = json!({"uuid": uuid, "logs": ["web stopped"]});
        assert_eq!(log(&mut bench, "?lines=1"), Ok(last), "the last lines");
        assert_eq!(log(&mut bench, ""), Err((400, "APIArgumentError: lines is missing".to_owned())));
        assert_eq!(bench.get("/container_system/containers/none/logs?lines=1").expect_err("none").0, 404);
        let running = bench.get("/container_system/containers?show_all=false").expect("containers");
        assert_eq!(running["containers"], json!([]));
        assert_eq!(bench.ok(Delete, &path, json!({}))["container_deleted"], true);
        let image = format!("/container_system/images/{}", image.as_str().expect("id"));
        let (exports, like) = (format!("{image}/exports"), json!({"name": "backup"}));
        assert_eq!(bench.ok(Post, &exports, like.clone())["status"], "Image exported");
        assert_eq!(bench.refused(Post, &exports, like), twice);
        assert_eq!(bench.ok(Put, &image, json!({"name": "web"}))["status"], "Image updated");
        assert_eq!(bench.ok(Delete, &image, json!({}))["image_deleted"], true);
    }
}
