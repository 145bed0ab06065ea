//! A simulated Cloudify Manager, and F5 VNF Manager as a variant of it.
//!
//! A second reading of the reference texts (Cloudify REST v3, F5 VNFM REST v3.1) and of the traffic of a real 7.1
//! manager; where text and observation differ, the observation wins (`docs/apis/cloudify.md`). Each file is one area of
//! the API and declares its routes and its fields as tables; `release` holds what differs between versions, `fields`
//! and `list` print, `scope` knows tenants and visibility, `workflow` is the engine that moves node instances along.
//!
//! Some things that a blueprint can ask of the simulator, because it runs no scripts:
//! * a node property `simulate_failure: <operation>` makes that operation of the node fail, every time;
//! * a deployment input `simulate_failure: <workflow>` makes that workflow fail at the last node;
//! * what a script sets by `ctx instance runtime-properties` is set, with its text where that is plain, else made up;
//! * a node property `simulate_runtime_properties: {…}` becomes the instance's runtime properties when it is created.

mod access;
mod admission;
mod archives;
mod blueprints;
mod call;
mod cluster;
mod console;
mod control;
mod deployment_groups;
mod deployments;
mod dsl;
mod environments;
mod events;
mod executions;
mod fields;
mod filters;
mod functions;
mod grouped;
mod groups;
mod inputs;
mod labels;
mod list;
mod made_up;
mod maintenance;
mod members;
mod nodes;
mod plans;
mod plugins;
mod refusal;
mod release;
mod route;
mod schedules;
mod schema;
mod scope;
mod scripts;
mod secrets;
mod sites;
mod snapshots;
mod status;
mod steps;
mod tenants;
mod tokens;
mod updates;
mod uploads;
mod users;
mod workflow;
mod workflows;
mod world;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::call::Call;
use self::refusal::Outcome;
use self::release::Release;
use self::world::World;
use super::{Console, Installation, Now, Setup};
use wire::{Method, Request, Response};

/// What the logical clock moves by for each request: the step of everything that works in the background.
const POLL: u64 = 250;

/// Which product is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Product {
    /// Cloudify Manager, version 7.1 unless the setup says otherwise.
    Cloudify,
    /// F5 VNF Manager 1.0, which is Cloudify 4.5 under another name.
    F5Vnfm,
}

/// Makes a fresh installation.
pub(crate) fn new(setup: Setup, product: Product) -> Box<dyn Installation> {
    let release = Release::read(product, setup.version.as_deref());
    Box::new(Manager { world: World::new(release, &setup) })
}

/// Makes an installation from a state that [`Installation::save`] gave.
///
/// # Errors
/// A sentence that says where the state cannot be read, or that it is of another product or version.
pub(crate) fn load(setup: Setup, product: Product, saved: Value) -> Result<Box<dyn Installation>, String> {
    let world: World =
        serde_json::from_value(saved).map_err(|error| format!("the saved state cannot be read: {error}"))?;
    let asked = Release::read(product, setup.version.as_deref());
    if world.release != asked {
        return Err(format!(
            "the saved state is of version `{}`, not `{}`, or of another product",
            world.release.printed(),
            asked.printed()
        ));
    }
    Ok(Box::new(Manager { world }))
}

struct Manager {
    world: World,
}

impl Manager {
    fn answer(&mut self, request: &Request) -> Outcome {
        let release = self.world.release;
        let (route, arguments) = route::find(request, release)?;
        maintenance::check(&self.world, request)?;
        let viewer = access::admit(&mut self.world, request, route)?;
        if route.edition > release.edition {
            return Err(refusal::premium_only());
        }
        (route.run)(&mut self.world, &Call::new(request, arguments, viewer, release))
    }
}

impl Installation for Manager {
    fn date(&self, now: Now) -> u64 {
        made_up::seconds(now.0)
    }

    fn handle(&mut self, request: &Request, now: Now) -> Response {
        self.world.advance(now.0);
        self.answer(request).unwrap_or_else(|refusal| refusal.answer(self.world.release))
    }

    /// The vendor's image has four.
    fn workers(&self) -> Option<usize> {
        Some(4)
    }

    /// What waits for the parser, or for a workflow, waits in the request: these ask the server again.
    fn holds_worker(&self, request: &Request) -> bool {
        let release = self.world.release;
        let path = request.segments();
        let asked = |word: &str| request.query_value(word).filter(|value| !value.is_empty());
        request.method == Method::Put
            && match path.iter().rev().nth(1).map(AsRef::as_ref) {
                Some("blueprints") => release.has(release::UPLOAD_STATES) && asked("async_upload").is_none(),
                Some("deployments") => {
                    let waits = asked("async_create").is_none_or(|value| value.eq_ignore_ascii_case("false"));
                    release.has(release::WAITS_FOR_ENVIRONMENT) && waits
                }
                _ => false,
            }
    }

    /// Observed: two minutes, then an error, and what was sent is there.
    fn gave_up(&self, done: Response) -> (Response, u64) {
        match done.status {
            200..300 => (refusal::internal().answer(self.world.release), 120_000),
            _ => (done, 0),
        }
    }

    fn console(&mut self, change: Console) -> Result<Value, String> {
        console::change(&mut self.world, change)
    }

    fn save(&self) -> Value {
        serde_json::to_value(&self.world).unwrap_or_default()
    }
}
