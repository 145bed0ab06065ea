//! Outages: what whoever asks meets while a controller, or its API alone, starts anew (vns3.md#restarts).
//!
//! The text is silent; both published clients know what they meet: a connection that fails, 502 and 503, and one of them
//! 401. The other gives up at a 401 while it waits for the return, so that it stands on the way down here.

use serde::{Deserialize, Serialize};

use super::answer::Fault;
use super::clock::Moment;
use wire::Response;

/// How long each phase takes.
const PHASE: u64 = 1_000;

/// The part that starts anew.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum What {
    /// The API's own process.
    Api,
    /// The whole controller.
    Controller,
}

/// A time in which a controller does not work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Outage {
    what: What,
    until: Moment,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Services end, the one that knows tokens and passwords first: 401.
    Stopping,
    /// Nobody listens.
    Silent,
    /// The gateway finds no API behind it: 502, and no JSON.
    NoApi,
    /// The API is not ready: 503, and no JSON.
    NotReady,
}

/// The phases of a reboot.
const REBOOT: [Phase; 4] = [Phase::Stopping, Phase::Silent, Phase::NoApi, Phase::NotReady];

impl Outage {
    /// One that is over.
    pub(crate) fn over(now: Moment) -> Outage {
        Outage { what: What::Controller, until: now }
    }

    /// The controller is started anew.
    pub(crate) fn reboot(now: Moment) -> Outage {
        Outage { what: What::Controller, until: now.plus_millis(REBOOT.len() as u64 * PHASE) }
    }

    /// The API's process is started anew.
    pub(crate) fn restart_api(now: Moment) -> Outage {
        Outage { what: What::Api, until: now.plus_millis(PHASE) }
    }

    /// When it is over.
    pub(crate) fn end(&self) -> Moment {
        self.until
    }

    /// How far it is, if it is not over.
    pub(crate) fn phase(&self, now: Moment) -> Option<Phase> {
        let left = self.until.millis_after(now);
        match self.what {
            _ if left == 0 => None,
            What::Api => Some(Phase::NoApi),
            What::Controller => REBOOT.iter().rev().nth(((left - 1) / PHASE) as usize).copied(),
        }
    }
}

impl Phase {
    /// The answer meanwhile. Where nothing listens, it is for callers that ask past the network.
    pub(crate) fn response(self, now: Moment) -> Response {
        let page = |status, text| Response::text(status, "text/html", format!("<html><body>{text}</body></html>"));
        match self {
            Phase::Stopping => Fault::unauthorized().response(now),
            Phase::NoApi => page(502, "502 Bad Gateway"),
            Phase::Silent | Phase::NotReady => page(503, "503 Service Unavailable"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Now;

    #[test]
    fn a_reboot_has_four_phases_and_ends() {
        let begun = Moment::from(Now(0));
        let outage = Outage::reboot(begun);
        let after = |millis| outage.phase(begun.plus_millis(millis));
        let phases = [after(0), after(999), after(1_000), after(2_500), after(3_999), after(4_000), after(9_000)];
        let expected = [Phase::Stopping, Phase::Stopping, Phase::Silent, Phase::NoApi, Phase::NotReady].map(Some);
        assert_eq!(phases[..5], expected);
        assert_eq!(phases[5..], [None, None]);
        assert_eq!(Outage::over(begun).phase(begun), None);
    }

    #[test]
    fn a_gateway_stands_before_an_api_that_restarts() {
        let begun = Moment::from(Now(0));
        let outage = Outage::restart_api(begun);
        assert_eq!(outage.phase(begun), Some(Phase::NoApi));
        assert_eq!(outage.phase(outage.end()), None);
        let statuses = REBOOT.map(|phase| phase.response(begun).status);
        assert_eq!(statuses, [401, 503, 502, 503]);
    }
}
