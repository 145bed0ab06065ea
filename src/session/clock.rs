//! The time in which a target is waited for.
//!
//! Real controllers are waited for by the clock on the wall. A rehearsal lets the time of its simulated controllers pass
//! instead, and a test whatever time it likes: how long something is waited for, and when it is given up, is reckoned
//! alike for all of them.

use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::session::Session;

/// Time that is on its way.
pub type Passing<'c> = Pin<Box<dyn Future<Output = ()> + Send + 'c>>;

/// The time of one target.
pub trait Clock: Send + Sync {
    /// The time since some moment before the session.
    fn now(&self) -> Duration;

    /// Lets time pass.
    fn sleep(&self, time: Duration) -> Passing<'_>;

    /// How long such a sleep lasts for whoever watches.
    fn lasts(&self, time: Duration) -> Duration;

    /// The time between two looks at what is under way, where its kind wants that many. Looks that cost nothing may be more.
    fn interval(&self, every: Duration) -> Duration {
        every
    }
}

/// The clock on the wall.
pub(crate) struct WallClock(Instant);

impl WallClock {
    /// One that begins now.
    pub(crate) fn new() -> WallClock {
        WallClock(Instant::now())
    }
}

impl Clock for WallClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> Passing<'_> {
        Box::pin(tokio::time::sleep(time))
    }

    fn lasts(&self, time: Duration) -> Duration {
        time
    }
}

impl Session {
    /// Lets time pass at the target.
    pub async fn pause(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    /// The target's time, asked for anew: somebody else may have let it pass.
    pub(super) async fn moment(&self) -> Duration {
        self.pause(Duration::ZERO).await;
        self.now()
    }

    /// The target's time.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// The time that has passed at the target since then.
    pub(crate) fn elapsed(&self, since: Duration) -> Duration {
        self.now().saturating_sub(since)
    }

    /// The time between two looks at what is under way.
    pub(crate) fn interval(&self, every: Duration) -> Duration {
        self.clock.interval(every)
    }

    /// How long a pause lasts for whoever watches.
    pub(crate) fn lasts(&self, time: Duration) -> Duration {
        self.clock.lasts(time)
    }
}

/// A clock whose time passes as soon as somebody sleeps.
#[cfg(test)]
#[derive(Default)]
pub(crate) struct SkippingClock(std::sync::atomic::AtomicU64);

#[cfg(test)]
impl Clock for SkippingClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }

    fn sleep(&self, time: Duration) -> Passing<'_> {
        self.0.fetch_add(time.as_millis() as u64, std::sync::atomic::Ordering::Relaxed);
        Box::pin(tokio::task::yield_now())
    }

    fn lasts(&self, _: Duration) -> Duration {
        Duration::ZERO
    }
}
