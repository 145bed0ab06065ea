//! The fence of a run: somebody else may have taken its place, and controllers know nothing of that.
//!
//! It is asked each time before bytes with an effect go out, a login or a wait before them included.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{CallFailure, Session};
use wire::Method;

/// Says whether a run may still write.
pub(crate) trait Fence: Send + Sync {
    /// Why no call may begin any more, if so.
    fn closed(&self) -> Option<String>;
}

impl Session {
    /// From now on it writes as long as a fence is open.
    pub(crate) fn stay_within(&self, fence: Arc<dyn Fence>) {
        // The first run that uses a session is its only one.
        let _ = self.fence.set(fence);
    }

    /// Makes sure that a request may go out. A run that finds that it may not stops.
    pub(super) fn passes(&self, method: Method) -> Result<(), CallFailure> {
        let closed = || self.fence.get().and_then(|fence| fence.closed());
        match (method != Method::Get).then(closed).flatten() {
            Some(why) => {
                self.attention.stop.store(true, Ordering::Relaxed);
                Err(CallFailure::job(why))
            }
            None => Ok(()),
        }
    }
}
