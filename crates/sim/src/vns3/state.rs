//! What a controller remembers: how it begins, and what all areas do to it.
//!
//! The API shows of an object the same values that are stored of it, under the same names, wherever that is possible; so the
//! console can overwrite read fields without a second description of every kind.

use serde::{Deserialize, Deserializer};

use super::clock::Moment;
use super::config::Config;
use super::license::License;
use super::license::keyset::Keyset;
use super::outage::Outage;
use super::seed::Generator;
use super::{clientpacks, interfaces, routes, webhooks};
use crate::{Now, Setup};

pub(super) use super::State;

/// Reads text that states of version 0.1 hold as `null`, for which the API has no place.
pub(super) fn text_or_null<'d, D: Deserializer<'d>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl State {
    /// A new controller.
    pub(crate) fn born(setup: &Setup) -> State {
        let generator = Generator::new(&setup.name, setup.seed);
        let now = Moment::from(Now(0));
        let fresh = setup.version.as_deref() == Some("fresh");
        let config = Config::born(setup, fresh);
        let mut state = State::empty(generator, now, config);
        state.license = (!fresh).then(|| License::accepted(&setup.name, now));
        state.keyset = (!fresh).then(|| Keyset::made(&setup.name, now));
        interfaces::furnish(&mut state);
        routes::furnish(&mut state);
        webhooks::furnish(&mut state);
        if state.keyset.is_some() {
            clientpacks::furnish(&mut state);
        }
        state
    }

    /// The next id of a kind.
    pub(crate) fn next_id(&mut self, kind: &str) -> u64 {
        let last = self.last_ids.entry(kind.to_owned()).or_default();
        *last += 1;
        *last
    }

    /// Starts the controller anew.
    pub(crate) fn reboot(&mut self) {
        self.outage = Outage::reboot(self.clock);
        self.agreed.clear();
        self.booted = self.outage.end();
    }

    /// Says whether the licence's parameters have been accepted.
    pub(crate) fn licensed(&self) -> bool {
        self.license.as_ref().is_some_and(|license| license.finalized)
    }
}
