//! The look right before a write of what others share.

use crate::apply::{Executor, Shared};
use crate::plan::Step;
use crate::session::{CallError, CallFailure, Session};
use wire::Method;

impl Executor<'_> {
    /// Makes sure that what others share of a step's object is as it was when the plan was made: what they changed since
    /// would be overwritten, or ours would stand at a wrong place among theirs.
    pub(super) async fn find_unmoved(&self, shared: &Shared, session: &Session, step: &Step) -> Result<(), CallError> {
        let Some(content) = step.shared.as_ref().filter(|_| !step.calls.is_empty()) else { return Ok(()) };
        let base = self.log(shared, |log| log.base.clone());
        let (view, troubles) = self.sights.around(session, &base, step).await;
        if let Some(trouble) = troubles.into_iter().next() {
            return Err(trouble);
        }
        let id = step.id.as_deref().unwrap_or_default();
        let live = view.all(step.kind.name).into_iter().find(|live| live.id == id);
        match content.is_still(step.kind, live, &base.key) {
            true => Ok(()),
            false => Err(session.site(Method::Get, "").error(CallFailure::job(MOVED))),
        }
    }
}

/// Why nothing is written.
const MOVED: &str = "others changed what they share with it since it was looked at, so nothing was written: plan again";
