//! The container system, and the plugins and plugin instances on it.
//!
//! The reference text describes an older view of the same objects too (images and containers); `images` shows it.

mod configurations;
mod exports;
mod images;
mod instances;
mod manager;
mod network;
mod presets;
mod templates;
mod users;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::exports::Export;
use self::instances::Instance;
use self::templates::Plugin;
use super::Area;
use super::answer::{Fault, Outcome, ok};
use super::call::{Call, id};
use super::clock::Moment;
use super::console::Collection;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};

/// How many images may be stored, and how many containers may run.
const LIMITS: (usize, usize) = (5, 10);

/// How long the system takes to start or stop.
const SWITCHES: u64 = 1_000;

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection::single("container-system", "/plugins/system"),
    Collection { kind: "plugins", at: "/plugins/templates/*", key: &[], create: "/plugins", remove: "/plugins/{id}" },
    Collection {
        kind: "plugin-instances",
        at: "/plugins/instances/*",
        key: &[],
        create: "/plugin-instances",
        remove: "/plugin-instances/{id}",
    },
];

/// The container system and what is on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Plugins {
    system: System,
    templates: Vec<Plugin>,
    instances: Vec<Instance>,
    exports: Vec<Export>,
}

/// The container system itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct System {
    network: String,
    running: bool,
    switched: Moment,
}

impl Default for Plugins {
    /// The network is that of the published client's recordings.
    fn default() -> Plugins {
        let system = System { network: "198.51.100.0/28".to_owned(), running: true, switched: Moment::default() };
        Plugins { system, templates: Vec::new(), instances: Vec::new(), exports: Vec::new() }
    }
}

impl System {
    /// `true`, `false`, or in between a word.
    fn running(&self, now: Moment) -> Value {
        match (self.running, now < self.switched.plus_millis(SWITCHES)) {
            (true, true) => json!("starting"),
            (false, true) => json!("stopping"),
            (running, false) => json!(running),
        }
    }

    fn show(&self, now: Moment) -> Value {
        json!({"running": self.running(now), "network": self.network})
    }
}

impl Plugins {
    /// The container system as "Get system status" shows it.
    pub(crate) fn status(&self, state: &State) -> Value {
        let (images, containers) = LIMITS;
        json!({
            "container_system_running": self.system.running(state.clock) == json!(true),
            "images_limit": images,
            "images_stored": self.templates.len(),
            "containers_limit": containers,
            "containers_active": self.instances.iter().filter(|instance| instance.running).count(),
            "container_network": self.system.network,
        })
    }

    /// Says whether the system is up.
    fn is_up(&self, now: Moment) -> bool {
        self.system.running(now) == json!(true)
    }
}

/// The namespaced 400 of this area.
fn bad_request(message: impl Into<String>) -> Fault {
    Fault::of(400, "VPNCubed::API::APIBadRequestError", message)
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    match call.path().as_slice() {
        ["container_system", rest @ ..] => answer_system(state, call, rest),
        ["plugins", rest @ ..] => answer_plugins(state, call, rest),
        ["plugin-instances", rest @ ..] => answer_instances(state, call, rest),
        ["plugin-exports"] if call.method == Get => Some(exports::list_all(state)),
        ["plugin-catalog"] if call.method == Get => Some(ok(json!({}))),
        _ => None,
    }
}

fn answer_system(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, []) => ok(state.plugins.system.show(call.now)),
        (Put, []) => network::update(state, call),
        (Post, []) => switch(state, call),
        (Get, ["ip_addresses"]) => ok(json!({"addresses": network::addresses(state)})),
        (Get, ["images"]) => images::list(state, call),
        (Post, ["images"]) => images::create(state, call),
        (Put, ["images", uuid]) => images::update(state, call, uuid),
        (Delete, ["images", uuid]) => images::delete(state, call, uuid),
        (Post, ["images", uuid, "exports"]) => images::export(state, call, uuid),
        (Post, ["containers", uuid, "commit"]) => images::commit(state, call, uuid),
        (Get, ["containers"]) => images::list_containers(state, call),
        (Get, ["containers", uuid, "logs"]) => images::logs(state, call, uuid),
        (Post, ["containers"]) => images::start(state, call),
        (Put, ["containers", uuid]) => images::stop(state, uuid),
        (Delete, ["containers", uuid]) => images::delete_container(state, uuid),
        _ => return None,
    })
}

fn answer_plugins(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, []) => templates::list(state),
        (Post, []) => templates::create(state, call),
        (Get, [plugin]) => templates::read(state, id(plugin)),
        (Put, [plugin]) => templates::update(state, call, id(plugin)),
        (Delete, [plugin]) => templates::delete(state, id(plugin)),
        (Get, [plugin, "manager"]) => templates::manager(state, id(plugin)),
        (Get, [plugin, "exports"]) => exports::list(state, exports::Owner::Plugin, id(plugin)),
        (Post, [plugin, "exports"]) => exports::create(state, call, exports::Owner::Plugin, id(plugin)),
        (Get, [plugin, "exports", name]) => exports::download(state, exports::Owner::Plugin, id(plugin), name),
        (Delete, [plugin, "exports", name]) => exports::delete(state, exports::Owner::Plugin, id(plugin), name),
        _ => return None,
    })
}

fn answer_instances(state: &mut State, call: &Call, path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, []) => instances::list(state),
        (Post, []) => instances::create(state, call),
        (Get, [one]) => instances::read(state, call, id(one)),
        (Delete, [one]) => instances::delete(state, call, id(one)),
        (Post, [one, "commit"]) => instances::commit(state, call, id(one)),
        (Post, [one, "manager"]) => manager::create(state, call, id(one)),
        (Put, [one, "manager"]) => manager::update(state, call, id(one)),
        (Get, [one, "logs"]) => manager::logs(state, id(one)),
        (Get, [one, "logs", slug, "content"]) => manager::log_content(state, call, id(one), slug),
        (Get, [one, "processes"]) => manager::processes(state, id(one)),
        (Post, [one, "processes", "action"]) => manager::act(state, call, id(one)),
        (Post, [one, "commands", "execute"]) => manager::execute(state, call, id(one)),
        (Get, [one, "configurations"]) => configurations::list(state, id(one)),
        (_, [one, "configurations", slug, rest @ ..]) => {
            return answer_configuration(state, call, (id(one), slug), rest);
        }
        (Get, [one, "firewall"]) => presets::list(state, id(one)),
        (Put, [one, "firewall"]) => presets::add(state, call, id(one)),
        (Get, [one, "users"]) => users::list(state, id(one)),
        (Put, [one, "users"]) => users::upsert(state, call, id(one)),
        (Delete, [one, "users", name]) => users::delete(state, id(one), name),
        (Get, [one, "exports"]) => exports::list(state, exports::Owner::Instance, id(one)),
        (Post, [one, "exports"]) => exports::create(state, call, exports::Owner::Instance, id(one)),
        (Get, [one, "exports", name]) => exports::download(state, exports::Owner::Instance, id(one), name),
        (Delete, [one, "exports", name]) => exports::delete(state, exports::Owner::Instance, id(one), name),
        _ => return None,
    })
}

fn answer_configuration(state: &mut State, call: &Call, file: (u64, &str), path: &[&str]) -> Option<Outcome> {
    Some(match (call.method, path) {
        (Get, ["content"]) => configurations::read(state, call, file),
        (Put, ["content"]) => configurations::write(state, call, file),
        (Post, ["revert"]) => configurations::revert(state, call, file),
        (Post, ["clear"]) => configurations::clear(state, file),
        (Delete, ["versions", version]) => configurations::delete_version(state, file, id(version)),
        _ => return None,
    })
}

/// "Take action on container system": the change takes a while. Containers stop with the system.
fn switch(state: &mut State, call: &Call) -> Outcome {
    let running = match call.fields()?.get::<String>("action")?.as_deref() {
        Some("start") => true,
        Some("stop") => false,
        _ => return Err(Fault::argument("action bad or missing, nothing to do")),
    };
    let system = &mut state.plugins.system;
    if system.running != running {
        system.running = running;
        system.switched = call.now;
    }
    if !running {
        state.plugins.instances.iter_mut().for_each(|instance| instance.running = false);
    }
    ok(state.plugins.system.show(call.now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::Bench;

    #[test]
    fn the_system_stops_and_starts_gradually() {
        let mut bench = Bench::new();
        assert_eq!(bench.get("/container_system"), Ok(json!({"running": true, "network": "198.51.100.0/28"})));
        assert_eq!(bench.ok(Post, "/container_system", json!({"action": "stop"}))["running"], "stopping");
        bench.wait(2_000);
        assert_eq!(bench.get("/container_system").expect("system")["running"], false);
        let off = (500, "StandardError: Container system is not running".to_owned());
        assert_eq!(bench.get("/container_system/images"), Err(off));
        let plugin = bench.refused(Post, "/plugins", json!({"name": "x", "image_url": "https://a.example/x.tar.gz"}));
        assert_eq!(plugin, (400, "VPNCubed::API::APIBadRequestError: Plugin subsystem is not running.".to_owned()));
        let bad = bench.refused(Post, "/container_system", json!({"action": "pause"}));
        assert_eq!(bad, (400, "APIArgumentError: action bad or missing, nothing to do".to_owned()));
    }
}
