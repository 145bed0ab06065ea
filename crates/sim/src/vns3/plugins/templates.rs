//! Plugins: images that instances are made from. Importing one takes a while.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{LIMITS, bad_request};
use crate::vns3::answer::{Fault, Outcome, created, ok, read_form};
use crate::vns3::call::{Call, Fields};
use crate::vns3::clock::Moment;
use crate::vns3::state::{State, text_or_null};

/// How long an import takes.
const IMPORTS: u64 = 3_000;

/// A plugin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plugin {
    pub id: u64,
    pub name: String,
    pub version: String,
    pub description: String,
    pub command: String,
    documentation_url: String,
    support_url: String,
    #[serde(default, deserialize_with = "text_or_null")]
    catalog_id: String,
    tags: Map<String, Value>,
    metadata: Map<String, Value>,
    pub image_url: String,
    pub import_id: String,
    image: String,
    pub made: Moment,
}

impl Plugin {
    /// An image's id, once it is imported.
    pub(crate) fn uuid(&self, now: Moment) -> Option<String> {
        self.is_ready(now).then(|| format!("sha256:{}", self.image))
    }

    pub(crate) fn is_ready(&self, now: Moment) -> bool {
        now >= self.made.plus_millis(IMPORTS)
    }

    pub(crate) fn status(&self, now: Moment) -> &'static str {
        if self.is_ready(now) { "Ready" } else { "Importing" }
    }

    /// The name of its image.
    pub(crate) fn tag_name(&self) -> String {
        format!("vns3local:{}", self.name.replace(' ', "_"))
    }

    fn show(&self, state: &State) -> Value {
        let own = state.plugins.instances.iter().filter(|instance| instance.image_id == self.id);
        let instances: Vec<u64> = own.clone().map(|instance| instance.id).collect();
        let status = |running: bool| if running { "running" } else { "exited" };
        let containers: Vec<Value> =
            own.clone().map(|instance| json!({"id": instance.id, "status": status(instance.running)})).collect();
        json!({
            "id": self.id,
            "uuid": self.uuid(state.clock),
            "name": self.name,
            "tag_name": self.tag_name(),
            "version": self.version,
            "status": self.status(state.clock),
            "status_msg": "",
            "status_message": "",
            "import_id": self.import_id,
            "created_at": self.made.zulu_millis(),
            "description": self.description,
            "url": format!("/api/plugins/{}", self.id),
            "catalog_id": self.catalog_id,
            "containers": containers,
            "running_containers": own.filter(|instance| instance.running).count(),
            "instance_count": instances.len(),
            "instances": instances,
            "exports": [],
            "documentation_url": self.documentation_url,
            "support_url": self.support_url,
            "data": {"comment": "", "container_config": {}},
        })
    }

    /// Takes the fields that can be updated.
    fn take(&mut self, fields: &Fields) -> Result<(), Fault> {
        let mut next = self.clone();
        fields.over_if("name", &mut next.name, |name: &String| !name.is_empty())?;
        fields.over("description", &mut next.description)?;
        fields.over("command", &mut next.command)?;
        fields.over("documentation_url", &mut next.documentation_url)?;
        fields.over("support_url", &mut next.support_url)?;
        fields.over("version", &mut next.version)?;
        if let Some(tags) = fields.raw("tags") {
            next.tags = tags.as_object().cloned().ok_or_else(|| Fault::invalid("tags"))?;
        }
        *self = next;
        Ok(())
    }
}

/// "Get plugins".
pub(super) fn list(state: &State) -> Outcome {
    ok(state.plugins.templates.iter().map(|plugin| plugin.show(state)).collect::<Vec<_>>())
}

fn find(state: &State, id: u64) -> Result<&Plugin, Fault> {
    state.plugins.templates.iter().find(|plugin| plugin.id == id).ok_or_else(|| Fault::not_found("Plugin not found"))
}

/// "Get plugin".
pub(super) fn read(state: &State, id: u64) -> Outcome {
    ok(find(state, id)?.show(state))
}

/// Refuses a second plugin of that name and version.
fn must_be_new(state: &State, plugin: &Plugin) -> Result<(), Fault> {
    let same = |other: &&Plugin| other.id != plugin.id && other.name == plugin.name && other.version == plugin.version;
    match state.plugins.templates.iter().find(same) {
        Some(_) => Err(bad_request("Plugin with name and version already exists.")),
        None => Ok(()),
    }
}

/// "Install a new plugin".
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let id = install(state, &fields, "image_url")?;
    created(find(state, id)?.show(state))
}

/// Installs a plugin whose image comes from that field; gives its id.
pub(super) fn install(state: &mut State, fields: &Fields, source: &str) -> Result<u64, Fault> {
    if !state.plugins.is_up(state.clock) {
        return Err(bad_request("Plugin subsystem is not running."));
    }
    let name = fields.need_text("name")?;
    let image_url = fields.need_text(source)?;
    let (most, _) = LIMITS;
    let count = state.plugins.templates.len();
    if count >= most {
        let text = "Container image limit reached - maximum stored images allowed";
        return Err(Fault::not_allowed(format!("{text}: {most}; currently stored {count}")));
    }
    if fields.raw("metadata").is_some_and(|metadata| !metadata.is_object()) {
        return Err(Fault::invalid("metadata"));
    }
    let mut plugin = Plugin {
        id: 0,
        name,
        version: "1".to_owned(),
        description: String::new(),
        command: String::new(),
        documentation_url: String::new(),
        support_url: String::new(),
        catalog_id: fields.get("catalog_id")?.unwrap_or_default(),
        tags: Map::new(),
        metadata: fields.raw("metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
        image_url,
        import_id: state.generator.hex(64),
        image: state.generator.hex(64),
        made: state.clock,
    };
    plugin.take(fields)?;
    must_be_new(state, &plugin)?;
    plugin.id = state.next_id("plugins");
    let id = plugin.id;
    state.plugins.templates.push(plugin);
    Ok(id)
}

/// "Update plugin data".
pub(super) fn update(state: &mut State, call: &Call, id: u64) -> Outcome {
    let mut plugin = find(state, id)?.clone();
    plugin.take(&call.fields()?)?;
    must_be_new(state, &plugin)?;
    if let Some(slot) = state.plugins.templates.iter_mut().find(|slot| slot.id == id) {
        *slot = plugin.clone();
    }
    ok(plugin.show(state))
}

/// "Delete plugin". One with instances stays; the text does not say what becomes of them.
pub(super) fn delete(state: &mut State, id: u64) -> Outcome {
    let plugin = find(state, id)?.clone();
    if state.plugins.instances.iter().any(|instance| instance.image_id == id) {
        return Err(bad_request("Plugin has instances. Please delete them first."));
    }
    let answer = plugin.show(state);
    state.plugins.templates.retain(|other| other.id != id);
    ok(answer)
}

/// "Get plugin manager config json": instances of an image begin with none.
pub(super) fn manager(state: &State, id: u64) -> Outcome {
    find(state, id)?;
    ok(read_form(&super::manager::Manager::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    #[test]
    fn a_plugin_is_imported_changed_and_removed() {
        let mut bench = Bench::new();
        let body = json!({"name": "HA", "image_url": "https://a.example/ha.tar.gz", "tags": {"tier": "core"}});
        let made = bench.ok(Post, "/plugins", body.clone());
        let example = json!({
            "id": 0, "uuid": "string", "name": "string", "tag_name": "string", "version": "string", "status": "string",
            "status_msg": "string", "status_message": "string", "import_id": "string", "created_at": "string",
            "description": "string", "url": "string", "catalog_id": "string", "containers": [], "running_containers": 0,
            "instance_count": 0, "instances": [0], "exports": ["string"], "documentation_url": "string",
            "support_url": "string", "data": {"comment": "string", "container_config": {}},
        });
        assert!(has_keys_of(&made, &example), "{made}");
        assert_eq!((&made["status"], &made["uuid"]), (&json!("Importing"), &json!(null)));
        bench.wait(4_000);
        assert_eq!(bench.get("/plugins/1").expect("plugin")["status"], "Ready");
        let twice = bench.refused(Post, "/plugins", body);
        let text = "VPNCubed::API::APIBadRequestError: Plugin with name and version already exists.";
        assert_eq!(twice, (400, text.to_owned()));
        assert_eq!(bench.ok(Put, "/plugins/1", json!({"version": "2"}))["version"], "2");
        bench.ok(Delete, "/plugins/1", json!({}));
        assert_eq!(bench.get("/plugins/1"), Err((404, "APINotFoundError: Plugin not found".to_owned())));
    }
}
