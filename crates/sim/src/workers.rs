//! The workers behind a server: so many requests are answered at once, and some hold one while what they wait for needs
//! another. Where those hold all of them, nobody is answered until they give up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The workers of an installation.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    free: Arc<Semaphore>,
}

/// A request's place at a worker, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    _worker: OwnedSemaphorePermit,
    /// Says whether what the request waits for never got a worker.
    pub is_stuck: bool,
}

/// How long a request that holds a worker has it before what it waits for asks for another: those that come together meet.
const ON_THE_WAY: Duration = Duration::from_millis(50);

/// How often what it waits for asks.
const TRIES: u32 = 20;

impl Workers {
    /// So many of them.
    pub(crate) fn new(count: usize) -> Workers {
        Workers { free: Arc::new(Semaphore::new(count)) }
    }

    /// Waits for a worker and, if the request holds it while it waits, for what that needs. `None` when nobody works any more.
    pub(crate) async fn seat(self, holds: bool) -> Option<Seat> {
        let worker = Arc::clone(&self.free).acquire_owned().await.ok()?;
        let mut is_stuck = holds;
        for _ in 0..if holds { TRIES } else { 0 } {
            tokio::time::sleep(ON_THE_WAY).await;
            if self.free.try_acquire().is_ok() {
                is_stuck = false;
                break;
            }
        }
        Some(Seat { _worker: worker, is_stuck })
    }
}
