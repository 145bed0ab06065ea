//! Plugin instances: containers made from plugins. No call changes one; only its manager, files, users and firewall.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::manager::Manager;
use super::presets::{self, Preset};
use super::users::User;
use super::{LIMITS, bad_request, network, templates};
use crate::vns3::answer::{Fault, Outcome, created, ok};
use crate::vns3::call::{Call, Fields};
use crate::vns3::clock::Moment;
use crate::vns3::state::State;

/// How long a container takes until its files are there.
const STARTS: u64 = 1_000;

/// An instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Instance {
    pub id: u64,
    pub name: String,
    description: String,
    pub command: String,
    pub image_id: u64,
    pub uuid: String,
    pub ip_address: Ipv4Addr,
    environment: String,
    pub running: bool,
    pub made: Moment,
    pub manager: Manager,
    pub presets: Vec<Preset>,
    pub users: Vec<User>,
}

impl Instance {
    /// Says whether its files can be read.
    pub(crate) fn is_started(&self, now: Moment) -> bool {
        self.running && now >= self.made.plus_millis(STARTS)
    }

    /// Docker's description of the container.
    pub(crate) fn inspect(&self) -> Value {
        let status = if self.running { "running" } else { "exited" };
        json!({
            "Id": self.uuid,
            "Created": self.made.zulu_millis(),
            "Path": self.command.split_whitespace().next(),
            "Args": self.command.split_whitespace().skip(1).collect::<Vec<_>>(),
            "Name": format!("/{}", self.name),
            "RestartCount": 0,
            "State": {"Status": status, "Running": self.running, "Paused": false, "Restarting": false, "ExitCode": 0},
            "NetworkSettings": {"IPAddress": "", "Networks": {"cohesive.net": {"IPAddress": self.ip_address}}},
        })
    }

    fn show(&self, state: &State, with_data: bool) -> Value {
        let plugin = state.plugins.templates.iter().find(|plugin| plugin.id == self.image_id);
        let presets = presets::in_force(state, self);
        let maps = presets.iter().filter_map(Preset::port_map);
        let mut answer = json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "url": format!("/api/plugin-instances/{}", self.id),
            "command": self.command,
            "image_id": self.image_id,
            "uuid": self.uuid,
            "status": if self.running { "running" } else { "exited" },
            "ip_address": self.ip_address,
            "created_at": self.made.zulu_millis(),
            "updated_at": self.made.zulu_millis(),
            "status_message": "",
            "environment": self.environment,
            "image_name": plugin.map(|plugin| &plugin.name),
            "port_maps": maps.collect::<serde_json::Map<_, _>>(),
            "firewall": presets,
            "manager": self.manager.show(),
        });
        if with_data {
            answer["data"] = self.inspect();
        }
        answer
    }
}

/// "Get plugin instances".
pub(super) fn list(state: &State) -> Outcome {
    ok(state.plugins.instances.iter().map(|instance| instance.show(state, true)).collect::<Vec<_>>())
}

/// The instance, or the 404 of every call but its deletion.
pub(super) fn find(state: &mut State, id: u64) -> Result<&mut Instance, Fault> {
    let unknown = || Fault::not_found("Plugin instance does not exist");
    state.plugins.instances.iter_mut().find(|instance| instance.id == id).ok_or_else(unknown)
}

/// "Get plugin instance": without what docker says if `system_data` is false.
pub(super) fn read(state: &mut State, call: &Call, id: u64) -> Outcome {
    let instance = find(state, id)?.clone();
    ok(instance.show(state, call.query("system_data") != Some("false")))
}

/// An environment is written as a list of pairs and read as one text.
fn environment(fields: &Fields) -> Result<String, Fault> {
    let Some(list) = fields.raw("environment") else { return Ok(String::new()) };
    let pair = |item: &Value| {
        let value = match item.get("value")? {
            Value::String(text) => text.clone(),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            _ => return None,
        };
        Some(format!("{}={value}", item.get("key")?.as_str()?))
    };
    let pairs: Option<Vec<String>> = list.as_array().and_then(|list| list.iter().map(pair).collect());
    pairs.map(|pairs| pairs.join(" ")).ok_or_else(|| Fault::invalid("environment"))
}

/// "Start plugin instance".
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let name = fields.need_text("name")?;
    let plugin: u64 = fields.need("plugin_id")?;
    let found = state.plugins.templates.iter().find(|known| known.id == plugin);
    let plugin = found.ok_or_else(|| bad_request(format!("Plugin with ID {plugin} does not exist.")))?.clone();
    let command = fields.get("command")?.unwrap_or(plugin.command.clone());
    let description = fields.get("description")?.unwrap_or_default();
    let manager = match fields.raw("manager_config") {
        Some(config) => Manager::from_config(config, call.now)?,
        None => Manager::default(),
    };
    let environment = environment(&fields)?;
    let wanted: Option<String> = fields.get("ip_address")?;
    let id = start(state, Start { name, plugin: plugin.id, command, description, environment, wanted })?;
    let instance = find(state, id)?;
    instance.manager = manager;
    let instance = instance.clone();
    created(instance.show(state, true))
}

/// The values that a container is started from.
pub(super) struct Start {
    pub name: String,
    pub plugin: u64,
    pub command: String,
    pub description: String,
    pub environment: String,
    pub wanted: Option<String>,
}

/// Starts a container; gives the instance's id.
pub(super) fn start(state: &mut State, start: Start) -> Result<u64, Fault> {
    if !state.plugins.is_up(state.clock) {
        return Err(bad_request("Plugin subsystem is not running."));
    }
    let plugin = state.plugins.templates.iter().find(|plugin| plugin.id == start.plugin);
    if !plugin.is_some_and(|plugin| plugin.is_ready(state.clock)) {
        return Err(bad_request("Plugin is not ready."));
    }
    if start.command.is_empty() {
        return Err(Fault::missing("command"));
    }
    let (_, most) = LIMITS;
    let running = state.plugins.instances.iter().filter(|instance| instance.running).count();
    if running >= most {
        let text = "Container run limit reached - maximum running containers allowed";
        return Err(Fault::not_allowed(format!("{text}: {most}; currently running {running}")));
    }
    if state.plugins.instances.iter().any(|instance| instance.name == start.name) {
        return Err(bad_request("Plugin instance with name already exists."));
    }
    let instance = Instance {
        ip_address: network::allocate(state, start.wanted)?,
        id: state.next_id("plugin-instances"),
        name: start.name,
        description: start.description,
        command: start.command,
        image_id: start.plugin,
        uuid: state.generator.hex(64),
        environment: start.environment,
        running: true,
        made: state.clock,
        manager: Manager::default(),
        presets: Vec::new(),
        users: Vec::new(),
    };
    let id = instance.id;
    state.plugins.instances.push(instance);
    Ok(id)
}

/// "Delete plugin instance": one that runs needs `force`.
pub(super) fn delete(state: &mut State, call: &Call, id: u64) -> Outcome {
    let force: bool = call.fields()?.get("force")?.unwrap_or_default();
    let instance = find(state, id).map_err(|_| Fault::not_found("Plugin instance not found"))?.clone();
    if instance.running && !force {
        return Err(bad_request("Plugin instance is running. Please stop it first or pass force=true."));
    }
    let answer = instance.show(state, true);
    state.plugins.instances.retain(|other| other.id != id);
    ok(answer)
}

/// "Commit plugin instance": a new plugin.
pub(super) fn commit(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    find(state, id)?;
    fields.need_text("name")?;
    let plugin = templates::install(state, &fields, "name")?;
    templates::read(state, plugin).and_then(|response| {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        created(&body["response"])
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post};

    /// A controller with a plugin that is ready and an instance that is started, of which the manager is that.
    pub(crate) fn with_instance(manager: Value) -> Bench {
        let mut bench = Bench::new();
        bench.ok(Post, "/plugins", json!({"name": "HA", "image_url": "https://a.example/ha.tar.gz"}));
        bench.wait(4_000);
        let body = json!({
            "name": "ha", "plugin_id": 1, "command": "/usr/bin/supervisord -n", "manager_config": manager,
            "environment": [{"key": "A", "value": 1}, {"key": "B", "value": true}],
        });
        bench.ok(Post, "/plugin-instances", body);
        bench.wait(2_000);
        bench
    }

    #[test]
    fn an_instance_shows_the_texts_fields() {
        let mut bench = with_instance(Value::Null);
        let instance = bench.get("/plugin-instances/1").expect("instance");
        let example = json!({
            "id": 1, "name": "HA", "description": "", "command": "/usr/bin/supervisord", "image_id": 2, "uuid": "x",
            "status": "running", "ip_address": "198.51.100.2", "created_at": "2021-01-28T22:36:58.095Z",
            "updated_at": "2021-01-28T22:36:59.804Z", "status_message": null, "environment": "", "image_name": "HA Plugin",
            "data": {"Id": "x", "Created": "x", "Path": "x", "Args": [], "State": {"Status": "running", "Running": true}},
            "firewall": [], "port_maps": {}, "manager": {"log_files": [], "configuration_files": [], "ports": []},
        });
        assert!(has_keys_of(&instance, &example), "{instance}");
        assert_eq!((&instance["environment"], &instance["ip_address"]), (&json!("A=1 B=true"), &json!("198.51.100.2")));
        assert!(bench.get("/plugin-instances/1?system_data=false").expect("instance").get("data").is_none());
        assert_eq!(bench.get("/plugins/1").expect("plugin")["instances"], json!([1]));
        let addresses = bench.get("/container_system/ip_addresses").expect("addresses");
        let status = |index: usize| addresses["addresses"][index]["status"].clone();
        assert_eq!([status(0), status(1), status(2)], ["reserved", "in_use", "available"]);
    }

    #[test]
    fn running_instances_need_force_and_faults_are_in_the_texts_words() {
        let mut bench = with_instance(Value::Null);
        assert_eq!(bench.refused(Delete, "/plugin-instances/1", json!({})).0, 400);
        let unknown = bench.refused(Post, "/plugin-instances", json!({"name": "x", "plugin_id": 5}));
        assert_eq!(unknown, (400, "VPNCubed::API::APIBadRequestError: Plugin with ID 5 does not exist.".to_owned()));
        let committed = bench.ok(Post, "/plugin-instances/1/commit", json!({"name": "HA2"}));
        assert_eq!(committed["name"], "HA2");
        assert_eq!(bench.ok(Delete, "/plugin-instances/1", json!({"force": true}))["id"], 1);
        let gone = bench.refused(Delete, "/plugin-instances/1", json!({}));
        assert_eq!(gone, (404, "APINotFoundError: Plugin instance not found".to_owned()));
        assert_eq!(
            bench.get("/plugin-instances/1"),
            Err((404, "APINotFoundError: Plugin instance does not exist".to_owned()))
        );
    }
}
