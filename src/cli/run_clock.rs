//! The time by which a run goes: that on the wall, or the one at which a rehearsal takes place.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use crate::cli::Global;

/// A clock that was set when the command began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunClock {
    set_to: Timestamp,
    at: Instant,
}

impl RunClock {
    /// The clock of a command.
    pub(crate) fn of(global: &Global) -> RunClock {
        RunClock { set_to: global.sim_time.unwrap_or_else(Timestamp::now), at: Instant::now() }
    }

    /// The time.
    pub(crate) fn now(self) -> Timestamp {
        let passed = SignedDuration::try_from(self.at.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.set_to.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}
