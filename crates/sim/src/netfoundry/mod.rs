//! The NetFoundry orchestration platform, simulated.
//!
//! It follows the facts in `docs/apis/netfoundry.md`, whose headings are cited, and answers below `core/v2`,
//! `identity/v1`, `auth/v1` and `/oauth2/token`; of `core/v3` it has networks, to read, and the exchange of sessions. Work takes logical time:
//! an object becomes real when its execution finishes, and until a moment after a write the API shows less than it
//! knows, as the platform does.

mod authorities;
mod calendar;
mod call;
mod catalogue;
mod config_data;
mod configs;
mod console;
mod endpoints;
mod executions;
mod hosts;
mod identity;
mod kind;
mod list;
mod mention;
mod mint;
mod models;
mod networks;
mod policies;
mod postures;
mod proof;
mod refusal;
mod routers;
mod services;
mod shape;
mod store;
mod token;
mod view;
mod work;
mod write;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::call::Call;
use self::kind::Kind;
use self::mint::Mint;
use self::refusal::Refusal;
use self::store::Store;
use self::token::Door;
use self::work::Agenda;
use super::{Console, Gateway, Installation, Now, Setup};
use wire::{Method, Request, Response};

/// The API's gateway: it waits half a minute and answers 503 by itself (netfoundry.md#gateway). No source shows the
/// body.
pub(crate) const GATEWAY: Gateway = Gateway {
    patience: Duration::from_secs(30),
    gives_up: || Response::json(503, &json!({ "message": "Service Unavailable" })),
};

/// Makes an empty platform: one organization with one network group, both named after the installation.
pub(crate) fn new(setup: Setup) -> Box<dyn Installation> {
    let mint = Mint::new(setup.seed, &setup.name);
    Box::new(Platform { birth: setup.birth, setup, mint, ..Platform::default() })
}

/// Makes a platform from a saved state.
///
/// # Errors
/// A sentence that says why the state is not one of this simulator's.
pub(crate) fn load(setup: Setup, saved: Value) -> Result<Box<dyn Installation>, String> {
    let platform: Platform =
        serde_json::from_value(saved).map_err(|error| format!("the state is not readable: {error}"))?;
    Ok(Box::new(Platform { setup, ..platform }))
}

/// The whole platform.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Platform {
    #[serde(skip)]
    setup: Setup,
    /// Saved, so that ids go on as they began whatever the seed of the next start.
    mint: Mint,
    /// Tells the organization from others of its name.
    #[serde(default)]
    birth: u64,
    door: Door,
    store: Store,
    agenda: Agenda,
    grants: Vec<Value>,
    /// Network groups beside the first one: the vendor makes them, so only the console can.
    #[serde(default)]
    further_groups: Vec<String>,
    /// The latest moment seen: what the console does happens then.
    now: u64,
}

impl Platform {
    fn answer(&mut self, call: &Call) -> Result<Response, Refusal> {
        let segments = call.request.segments();
        let path: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        match path.as_slice() {
            ["oauth2", "token"] => return self.token(call),
            // A router's machine has a key and no bearer (netfoundry.md#router-registration).
            ["core", "v2", "edge-routers", "register", key] => return self.register(key, call),
            // Helpers of that machine read it before they have anything else (netfoundry.md#lists).
            ["core", "v2", "network-versions"] if call.request.method == Method::Get => {
                return self.core(&["network-versions"], call);
            }
            _ => self.admit(call)?,
        }
        match path.as_slice() {
            ["core", "v2", rest @ ..] => self.core(rest, call),
            ["core", "v3", "networks", id, "exchange"] => self.exchange(id, call),
            ["core", "v3", "networks"] if call.request.method == Method::Get => self.list(Kind::Network, call),
            ["core", "v3", "networks", id] if call.request.method == Method::Get => self.item(Kind::Network, id, call),
            ["identity", "v1", rest @ ..] => self.identity(rest, call),
            ["auth", "v1", rest @ ..] => self.authorization(rest, call),
            _ => Err(Refusal::no_route()),
        }
    }

    fn core(&mut self, path: &[&str], call: &Call) -> Result<Response, Refusal> {
        if let Some(answer) = self.catalogue(path, call) {
            return answer;
        }
        let method = call.request.method;
        match path {
            ["endpoints", "share"] => return self.share(call),
            ["process-executions"] if method == Method::Get => return self.process_executions(None, call),
            ["process-executions", id] if method == Method::Get => return self.process_executions(Some(id), call),
            _ => {}
        }
        let kind = path.first().and_then(|path| Kind::at(path)).ok_or_else(Refusal::no_route)?;
        match (method, path) {
            (Method::Get, [_]) => self.list(kind, call),
            (Method::Post, [_]) => self.create(kind, call),
            (Method::Get, [_, id]) => self.item(kind, id, call),
            (Method::Patch | Method::Put, [_, id]) => self.change(kind, id, call),
            (Method::Delete, [_, id]) => self.remove(kind, id, call),
            (Method::Get, ["network-controllers", id, action]) => self.controller_action(id, action, call),
            (Method::Post, ["networks", id, action]) => self.network_action(id, action, call),
            (Method::Post, ["edge-routers", id, "registration-key"]) => self.rotate_key(id, call),
            (Method::Post, ["certificate-authorities", id, "verify"]) => self.verify(id, call),
            (_, [_] | [_, _]) => Err(Refusal::no_verb(call)),
            _ => Err(Refusal::no_route()),
        }
    }
}

impl Installation for Platform {
    fn date(&self, now: Now) -> u64 {
        calendar::seconds(now.0)
    }

    fn handle(&mut self, request: &Request, now: Now) -> Response {
        let call = Call::new(request, now.0);
        self.now = self.now.max(now.0);
        self.settle(now.0);
        self.answer(&call).unwrap_or_else(|refusal| refusal.response(&call, &self.mint))
    }

    fn console(&mut self, change: Console) -> Result<Value, String> {
        let now = self.now;
        match change {
            Console::Set { kind, name, fields } => self.console_set(&kind, &name, fields, now),
            Console::Add { kind, fields, .. } if kind == "network-groups" => self.console_add_group(&fields),
            Console::Add { kind, parent, fields } => self.console_add(&kind, parent.as_deref(), fields, now),
            Console::Remove { kind, name } => self.console_remove(&kind, &name, now),
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
