//! A simulated Cohesive VNS3 controller: a second reading of the *VNS3 Controller API v6.0.0* text.
//!
//! Each area of the text is one module, and one line of `areas!`; doc comments name the operation ("Create route")
//! whose text the handler follows. Where the text is silent the comment says what was chosen.

mod answer;
mod call;
mod clock;
mod console;
mod gate;
mod neighbours;
mod net;
mod outage;
mod seed;
mod state;
#[cfg(test)]
mod testing;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::answer::{Fault, Outcome, read_form};
use self::call::Call;
use self::clock::Moment;
use self::config::Config;
use self::console::Collection;
use self::ipsec::Ipsec;
use self::license::keyset;
use self::neighbours::Neighbour;
use self::outage::{Outage, Phase};
use self::seed::Generator;
use super::{Console, Heard, Installation, Now, Setup};
use wire::{Request, Response};

/// An area of the text.
struct Area {
    /// Takes the calls that it knows, and leaves the others.
    answer: fn(&mut State, &Call) -> Option<Outcome>,
    /// The collections that somebody can change past the API.
    console: &'static [Collection],
}

/// Declares the areas, a line each: the area's module, and what a controller remembers of it, which is empty at first.
macro_rules! areas {
    ($($area:ident { $($field:ident: $type:ty),* })*) => {
        $(mod $area;)*

        /// Every area; the first that knows a call takes it.
        static AREAS: &[&Area] = &[$(&$area::AREA),*];

        /// Everything that a controller remembers.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        struct State {
            /// Makes ids and keys.
            pub generator: Generator,
            /// When the last call came in.
            pub clock: Moment,
            /// When the controller was last started.
            pub booted: Moment,
            /// The last outage.
            pub outage: Outage,
            /// Ids given so far, by kind: an id is never used twice.
            pub last_ids: BTreeMap<String, u64>,
            pub config: Config,
            pub ipsec: Ipsec,
            /// The other controllers of the server.
            #[serde(skip)]
            pub neighbours: Vec<Arc<Neighbour>>,
            /// Which notice was heard of each, and since when.
            #[serde(default)]
            pub heard: BTreeMap<String, (u64, Moment)>,
            /// The halves of tunnels and peerings that the other controller agrees with, and since when.
            #[serde(default)]
            pub agreed: BTreeMap<String, Moment>,
            $($(#[serde(default)] pub $field: $type,)*)*
        }

        impl State {
            /// A controller that holds nothing yet.
            fn empty(generator: Generator, now: Moment, config: Config) -> State {
                State {
                    generator,
                    clock: now,
                    booted: now,
                    outage: Outage::over(now),
                    last_ids: BTreeMap::new(),
                    ipsec: Ipsec::born(&config.private_ipaddress),
                    config,
                    neighbours: Vec::new(),
                    heard: BTreeMap::new(),
                    agreed: BTreeMap::new(),
                    $($($field: Default::default(),)*)*
                }
            }
        }
    };
}

areas! {
    access { access: access::Access }
    alerts { alerts: Vec<alerts::Alert> }
    clientpacks { clientpacks: BTreeMap<String, clientpacks::Clientpack> }
    config {}
    firewall { firewall: firewall::Firewall }
    identity { identity: identity::Identity }
    interfaces { interfaces: Vec<interfaces::Interface>, edge_gre: Vec<interfaces::EdgeGre> }
    ipsec {}
    license { license: Option<license::License>, keyset: Option<keyset::Keyset>, keyset_job: Option<keyset::KeysetJob> }
    links { links: links::Links }
    packet_monitors { packet_monitors: Vec<packet_monitors::PacketMonitor> }
    peering { peering: peering::Peering }
    plugins { plugins: plugins::Plugins }
    routes { routes: routes::Routes }
    snapshots { snapshots: BTreeMap<String, snapshots::Snapshot> }
    ssl { ssl: ssl::Ssl }
    status {}
    system { system: system::System }
    tasks { tasks: Vec<tasks::Task> }
    variables { variables: Vec<variables::Variable> }
    webhooks { webhooks: Vec<webhooks::Webhook> }
}

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
    fn date(&self, now: Now) -> u64 {
        Moment::from(now).seconds()
    }

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

    fn hear(&mut self, others: &[Heard], now: Now) {
        neighbours::hear(&mut self.state, others, now.into());
    }

    fn notice(&self, now: Now) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(neighbours::notice(&self.state, now.into()))
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
    neighbours::settle(state);
    gate::pass(state, call)?;
    AREAS.iter().find_map(|area| (area.answer)(state, call)).unwrap_or_else(|| Err(unknown_path()))
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
