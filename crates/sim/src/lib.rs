//! Simulated controllers: a second reading of the vendors' reference texts.
//!
//! The simulators share no code with what they check: they use [`wire`] and nothing else of the crate, have
//! their own field names, errors and ids, and each handler names the section of the text that it follows. They are
//! deterministic: seed, clock and faults are arguments.

mod cloudify;
mod connection;
mod door;
mod faults;
mod gateway;
mod log;
mod netfoundry;
mod server;
mod store;
mod vns3;
mod workers;
mod world;

pub use faults::Fault;
pub use gateway::Gateway;
pub use server::{Options, Server, serve};

use std::any::Any;
use std::sync::Arc;

use serde_json::Value;

use wire::{Request, Response};

/// What a new installation is made from.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The installation's name: the target's name in a workspace. Shows in the data that it makes up.
    pub name: String,
    /// Seeds every id and key that the installation makes up.
    pub seed: u64,
    /// The product version to behave like, `None` for the provider's default.
    pub version: Option<String>,
    /// Tells it from others that had its name before, as a rebuilt machine has another id: what nobody chooses follows
    /// from it. It is kept with the state.
    pub birth: u64,
}

/// Milliseconds since the installation was made. The clock is logical: the server advances it by a fixed step for each
/// request, so that work in the background ends after a number of looks and not after a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now(pub u64);

/// A change that somebody makes at the controller's own console, past the API.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Console {
    /// Overwrites fields (in the provider's read form) of one object.
    Set {
        /// The collection: the kind's name, as in `routes` or `edge-routers`.
        kind: String,
        /// The object's id, name or natural key text; empty for a singleton.
        name: String,
        /// Fields to overwrite.
        fields: serde_json::Map<String, Value>,
    },
    /// Adds an object, given in the provider's write form.
    Add {
        /// The collection.
        kind: String,
        /// The object's id or name of the parent, where the kind has one.
        #[serde(default)]
        parent: Option<String>,
        /// The object.
        fields: serde_json::Map<String, Value>,
    },
    /// Removes one object.
    Remove {
        /// The collection.
        kind: String,
        /// The object's id, name or natural key text.
        name: String,
    },
}

/// One simulated installation of a provider: its whole state, and how it answers.
pub trait Installation: Send {
    /// Answers one request. The URL's path starts below the installation: `/api/routes`, `/core/v2/networks`.
    fn handle(&mut self, request: &Request, now: Now) -> Response;

    /// The seconds since 1970 by its clock, which its replies have as their `Date`.
    fn date(&self, now: Now) -> u64;

    /// Says whether nobody listens just now, as while a machine starts: connections fail, and nothing is done.
    fn is_silent(&self, _now: Now) -> bool {
        false
    }

    /// Takes in what the others of its provider tell of themselves, where its [`Maker`] says that they hear each other.
    fn hear(&mut self, _others: &[Heard], _now: Now) {}

    /// What it tells the others of itself.
    fn notice(&self, _now: Now) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }

    /// How many requests it answers at once, where it can be kept from answering at all.
    fn workers(&self) -> Option<usize> {
        None
    }

    /// Says whether a request holds a worker while it waits for work that needs another one.
    fn holds_worker(&self, _request: &Request) -> bool {
        false
    }

    /// The answer to a request that gave up waiting for that, after so many milliseconds. What it asked for happens all the
    /// same.
    fn gave_up(&self, done: Response) -> (Response, u64) {
        (done, 0)
    }

    /// Makes a change past the API.
    ///
    /// # Errors
    /// A sentence that says what was not found or not understood.
    fn console(&mut self, change: Console) -> Result<Value, String>;

    /// The whole state as JSON, for `--state`.
    fn save(&self) -> Value;
}

/// What an installation tells the others of its provider of itself.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Who tells it.
    pub installation: String,
    /// The number of the notice: another one is told by another number.
    pub number: u64,
    /// The notice, which the provider's own installations understand.
    pub notice: Arc<dyn Any + Send + Sync>,
}

/// How the installations of one provider are made.
#[derive(Debug)]
pub struct Maker {
    /// The provider's name, and the first segment of its installations' URLs.
    pub provider: &'static str,
    /// Makes a new installation.
    pub new: fn(Setup) -> Box<dyn Installation>,
    /// Makes an installation from what [`Installation::save`] gave, or says why that can't be.
    pub load: fn(Setup, Value) -> Result<Box<dyn Installation>, String>,
    /// Where the API begins below an installation, as in `/api`: what a client's base URL ends with.
    pub base: &'static str,
    /// What stands before its installations, if it answers by itself.
    pub gateway: Option<Gateway>,
    /// Says whether its installations hear of each other: they are parts of one network.
    pub hear_each_other: bool,
}

/// The providers that are simulated.
pub static MAKERS: &[Maker] = &[
    Maker {
        provider: "netfoundry",
        new: netfoundry::new,
        load: netfoundry::load,
        base: "",
        gateway: Some(netfoundry::GATEWAY),
        hear_each_other: false,
    },
    Maker {
        provider: "cloudify",
        new: |setup| cloudify::new(setup, cloudify::Product::Cloudify),
        load: |setup, saved| cloudify::load(setup, cloudify::Product::Cloudify, saved),
        base: "/api/v3.1",
        gateway: None,
        hear_each_other: false,
    },
    Maker {
        provider: "f5-vnfm",
        new: |setup| cloudify::new(setup, cloudify::Product::F5Vnfm),
        load: |setup, saved| cloudify::load(setup, cloudify::Product::F5Vnfm, saved),
        base: "/api/v3.1",
        gateway: None,
        hear_each_other: false,
    },
    Maker { provider: "vns3", new: vns3::new, load: vns3::load, base: "/api", gateway: None, hear_each_other: true },
];
