//! The side door, `/_sim/…`: what a test or a rehearsal asks of the simulators past their APIs.
//!
//! | request | does |
//! |---|---|
//! | `GET /_sim/requests` | lists the requests answered so far; with `?summary=1` counts them by path and verb |
//! | `DELETE /_sim/requests` | forgets them |
//! | `GET /_sim/installations` | lists the installations in use |
//! | `POST /_sim/{provider}/{installation}/console` | makes a change past the API: a [`Console`] |
//! | `GET /_sim/{provider}/{installation}/state` | shows all that an installation holds, secrets and hidden things too |
//! | `GET /_sim/faults` | lists the armed faults with their counts |
//! | `POST /_sim/faults` | arms other faults instead: a list of [`Fault`] |
//! | `POST /_sim/clock` | lets time pass for all installations in use: `{"advance_ms": 60000}` |
//! | `POST /_sim/{provider}/{installation}/clock` | lets it pass for that one, and says how late it is there |
//! | `POST /_sim/reset` | drops all installations and their state files |

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Console;
use super::faults::Fault;
use super::world::World;
use wire::{Method, Request, Response};

/// The first segment of the side door's paths; no provider has that name.
pub(crate) const PREFIX: &str = "_sim";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    advance_ms: u64,
}

/// Answers a request at the side door.
pub(crate) fn answer(world: &World, request: &Request) -> Response {
    enter(world, request).map_or_else(|refusal| refusal, |told| Response::json(200, &told))
}

fn enter(world: &World, request: &Request) -> Result<Value, Response> {
    let segments = request.segments();
    let below: Vec<&str> = segments.iter().skip(1).map(AsRef::as_ref).collect();
    match (request.method, below.as_slice()) {
        (Method::Get, ["requests"]) if request.query_value("summary").is_some_and(|value| value != "0") => {
            Ok(world.log().summary())
        }
        (Method::Get, ["requests"]) => Ok(world.log().list()),
        (Method::Delete, ["requests"]) => {
            world.log().clear();
            Ok(json!([]))
        }
        (Method::Get, ["installations"]) => Ok(world.installations()),
        (Method::Post, [provider, installation, "console"]) => {
            let place = world.place(provider, installation)?;
            Ok(world.console(&place, read::<Console>(request)?)?)
        }
        (Method::Get, [provider, installation, "state"]) => Ok(world.state(&world.place(provider, installation)?)?),
        (Method::Post, [provider, installation, "clock"]) => {
            let place = world.place(provider, installation)?;
            Ok(json!({ "clock_ms": world.advance_one(&place, read::<Clock>(request)?.advance_ms)? }))
        }
        (Method::Get, ["faults"]) => Ok(world.faults().list()),
        (Method::Post, ["faults"]) => {
            let mut faults = world.faults();
            faults.replace(read::<Vec<Fault>>(request)?).map_err(|why| error(400, &why))?;
            Ok(faults.list())
        }
        (Method::Post, ["clock"]) => {
            world.advance(read::<Clock>(request)?.advance_ms);
            Ok(world.installations())
        }
        (Method::Post, ["reset"]) => {
            world.reset().map_err(|why| error(500, &why.to_string()))?;
            Ok(world.installations())
        }
        (method, _) => Err(error(404, &format!("the side door knows no `{method} {}`", request.path()))),
    }
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Response> {
    serde_json::from_slice(&request.body).map_err(|why| error(400, &format!("can't read the body: {why}")))
}

fn error(status: u16, text: &str) -> Response {
    Response::json(status, &json!({ "error": text }))
}
