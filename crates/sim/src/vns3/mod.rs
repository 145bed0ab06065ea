//! A simulated Cohesive VNS3 controller: a second reading of the *VNS3 Controller API v6.0.0* text.
//!
//! Each area of the text is one module with one `answer` function, which takes the calls that it knows and leaves the
//! others; doc comments name the operation ("Create route") whose text the handler follows. Where the text is silent
//! the comment says what was chosen.

mod access;
mod alerts;
mod answer;
mod call;
mod clientpacks;
mod clock;
mod config;
mod console;
mod firewall;
mod gate;
mod identity;
mod interfaces;
mod ipsec;
mod license;
mod links;
mod net;
mod outage;
mod packet_monitors;
mod peering;
mod plugins;
mod routes;
mod seed;
mod snapshots;
mod ssl;
mod state;
mod status;
mod system;
mod tasks;
#[cfg(test)]
mod testing;
mod variables;
mod webhooks;

use serde_json::Value;

use self::answer::{Fault, Outcome, read_form};
use self::call::Call;
use self::clock::Moment;
use self::license::keyset;
use self::outage::Phase;
use self::state::State;
use super::{Console, Installation, Now, Setup};
use wire::{Request, Response};

/// Every area's answers; the first that knows a call takes it.
const AREAS: &[fn(&mut State, &Call) -> Option<Outcome>] = &[
    access::answer,
    alerts::answer,
    clientpacks::answer,
    config::answer,
    firewall::answer,
    identity::answer,
    interfaces::answer,
    ipsec::answer,
    license::answer,
    links::answer,
    packet_monitors::answer,
    peering::answer,
    plugins::answer,
    routes::answer,
    snapshots::answer,
    ssl::answer,
    status::answer,
    system::answer,
    tasks::answer,
    variables::answer,
    webhooks::answer,
];

/// Makes a new controller: licensed and with a keyset, or without both if the version is `fresh`.
pub(crate) fn new(setup: Setup) -> Box<dyn Installation> {
    Box::new(Controller { state: State::born(&setup) })
}

/// Makes a controller from what [`Installation::save`] gave.
///
/// # Errors
/// A sentence that says what in the saved state was not understood.
pub(crate) fn load(_setup: Setup, saved: Value) -> Result<Box<dyn Installation>, String> {
    let state =
        serde_json::from_value(saved).map_err(|error| format!("not the state of a VNS3 controller: {error}"))?;
    Ok(Box::new(Controller { state }))
}

/// One controller.
struct Controller {
    state: State,
}

impl Installation for Controller {
    fn handle(&mut self, request: &Request, now: Now) -> Response {
        let now = Moment::from(now);
        self.state.clock = now;
        if let Some(phase) = self.state.outage.phase(now) {
            return phase.response(now);
        }
        access::admit(&mut self.state, request)
            .and_then(|()| Call::of(request, now).ok_or_else(unknown_path))
            .and_then(|call| dispatch(&mut self.state, &call))
            .unwrap_or_else(|fault| fault.response(now))
    }

    fn is_silent(&self, now: Now) -> bool {
        self.state.outage.phase(now.into()) == Some(Phase::Silent)
    }

    fn console(&mut self, change: Console) -> Result<Value, String> {
        console::apply(&mut self.state, change)
    }

    fn save(&self) -> Value {
        read_form(&self.state)
    }
}

fn dispatch(state: &mut State, call: &Call) -> Outcome {
    keyset::settle(state);
    gate::pass(state, call)?;
    AREAS.iter().find_map(|answer| answer(state, call)).unwrap_or_else(|| Err(unknown_path()))
}

/// The text lists 404 in its appendix of generic errors, without an example; the words are the appendix's.
fn unknown_path() -> Fault {
    Fault::not_found("Endpoint or resource does not exist")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::testing::Bench;
    use super::*;
    use wire::Method;

    #[test]
    fn two_controllers_of_one_seed_differ_by_name_and_one_name_is_always_the_same() {
        let config = |name: &str| Bench::named(name).get("/config").expect("config");
        assert_eq!(config("east"), config("east"));
        for field in ["public_ipaddress", "private_ipaddress", "asn", "overlay_ipaddress"] {
            assert_ne!(config("east")[field], config("west")[field], "{field}");
        }
    }

    #[test]
    fn the_whole_state_survives_save_and_load() {
        let mut bench = Bench::new();
        bench.populate();
        let saved = bench.installation.save();
        let again = load(Setup::default(), saved.clone()).expect("saved state loads");
        assert_eq!(again.save(), saved);
        assert!(load(Setup::default(), json!({"clock": "noon"})).is_err());
    }

    #[test]
    fn what_is_not_in_the_text_is_not_found() {
        let mut bench = Bench::new();
        let missing = bench.call(Method::Get, "/no/such/thing", None);
        assert_eq!(missing.0, 404);
        assert_eq!(missing.1["error"]["name"], "APINotFoundError");
        let elsewhere = Request::new(Method::Get, "/config").header("Authorization", "Basic YXBpOnB3");
        assert_eq!(bench.installation.handle(&elsewhere, Now(1)).status, 404);
    }

    #[test]
    fn a_body_that_is_not_json_is_refused() {
        let mut bench = Bench::new();
        let mut request = Request::new(Method::Post, "/api/routes").header("Authorization", "Basic YXBpOnB3");
        request.body = b"cidr=10.0.0.0/8".to_vec();
        assert_eq!(bench.installation.handle(&request, Now(1)).status, 400);
    }
}
