//! Maintenance mode (cloudify.md#maintenance). In neither reference text.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use super::made_up::stamp;
use super::refusal::{Outcome, Refusal, bad_parameters, not_modified, unavailable};
use super::route::{Need, Route, route};
use super::world::World;
use wire::{Method, Request, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "maintenance", "maintenance_mode_get", Need::Login, get).untenanted(),
    route(Method::Post, "maintenance/{}", "maintenance_mode_set", Need::Admin, set).untenanted(),
];

/// Whether the manager refuses work.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Maintenance {
    active: Option<(u64, String)>,
}

/// Refuses everything but version and maintenance itself while the mode is on.
pub(crate) fn check(world: &World, request: &Request) -> Result<(), Refusal> {
    let open = request.segments().get(2).is_some_and(|area| area == "version" || area == "maintenance");
    if open || world.maintenance.active.is_none() {
        return Ok(());
    }
    Err(unavailable(
        "maintenance_mode_active",
        format!("Your request was rejected since {} is currently in maintenance mode", world.release.brand().manager),
    ))
}

fn get(world: &mut World, _: &Call) -> Outcome {
    let body = match &world.maintenance.active {
        Some((since, by)) => json!({
            "status": "activated",
            "activated_at": stamp(*since),
            "activation_requested_at": stamp(*since),
            "remaining_executions": null,
            "requested_by": by,
        }),
        None => json!({
            "status": "deactivated",
            "activated_at": "",
            "activation_requested_at": "",
            "remaining_executions": null,
            "requested_by": "",
        }),
    };
    Ok(Response::json(200, &body))
}

fn set(world: &mut World, call: &Call) -> Outcome {
    let answer = |status: &str, since: u64, by: &str, remaining| {
        Ok(Response::json(
            200,
            &json!({
                "status": status,
                "activated_at": stamp(since),
                "activation_requested_at": stamp(since),
                "remaining_executions": remaining,
                "requested_by": by,
            }),
        ))
    };
    match (call.id(), world.maintenance.active.clone()) {
        ("activate", None) => {
            world.maintenance.active = Some((world.now, call.viewer.username.clone()));
            answer("activated", world.now, &call.viewer.username, json!([[]]))
        }
        ("deactivate", Some((since, by))) => {
            world.maintenance.active = None;
            answer("deactivated", since, &by, json!(null))
        }
        ("activate" | "deactivate", _) => Err(not_modified()),
        (other, _) => {
            Err(bad_parameters(format!("Invalid action: {other}, Valid action values are: ['activate', 'deactivate']")))
        }
    }
}
