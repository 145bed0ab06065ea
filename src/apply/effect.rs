//! Looking whether a call had its effect after all.
//!
//! Two calls can't be taken at their word. One without an answer may have had its effect. And one that was refused may have
//! met an object that something else was moving, often what an earlier run had begun and was stopped in: the refusal was
//! right a moment ago, and what was asked for is under way or done by now. Both are settled by looking: work that is under
//! way is waited for, and then what is there counts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;

use crate::apply::schedule::SlotClass;
use crate::apply::{Executor, Shared};
use crate::attr::Output;
use crate::observe::Sight;
use crate::plan::{Call, CallPurpose, FieldChange, Step};
use crate::session::{CallError, CallFailure, Session, Waiting};
use crate::spec::{Change, Kind};
use crate::state::live::Live;
use wire::Method;

/// How often we look for the effect of a create: lists may lag behind.
const LOOKS: u32 = 3;

/// Between two looks at an object that is at work.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// How long something may take to show that comes along with another object.
const TO_SHOW: Duration = Duration::from_secs(5 * 60);

/// Whether a call had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// The effect that it asks for is there.
    Found,
    /// It is not.
    Missing,
    /// It is not, and until a moment ago something was at work on the object.
    MissingAfterWork,
}

impl Sight {
    /// Says whether the controller is at work on the object.
    fn is_busy(&self, kind: &Kind) -> bool {
        self.live.as_ref().is_some_and(|live| live.is_busy(kind))
    }

    /// Says whether what a call asks for is there.
    fn shows(&self, step: &Step, call: &Call) -> bool {
        let agrees = |concerns: &dyn Fn(&FieldChange) -> bool| {
            self.live.is_some() && self.differs.as_ref().is_some_and(|changes| !changes.iter().any(concerns))
        };
        match &call.purpose {
            CallPurpose::Field(name) => agrees(&|change| change.name == *name),
            CallPurpose::Update | CallPurpose::Item => agrees(&|change| {
                change.field.is_none_or(|field| matches!(field.change, Change::InPlace | Change::Fixed))
            }),
            CallPurpose::Remove => self.live.is_none(),
            CallPurpose::Create => self.live.is_some(),
            // It shows only in that an object no longer is one that the call is for.
            CallPurpose::Prepare => self.live.as_ref().is_some_and(|live| !live.needs(step.kind, call.spec)),
            // Each asking gives another answer.
            CallPurpose::Issue { .. } => false,
        }
    }
}

/// Says whether only a look tells what a refusal means. Whoever says that what is to be removed is not there may not know.
pub(super) fn is_doubtful(kind: &Kind, purpose: &CallPurpose, error: &CallError) -> bool {
    may_have_moved(kind, error) || *purpose == CallPurpose::Remove && error.says_absent()
}

/// Says whether a refusal may be about what an object was doing rather than about the call. Credentials, rights, names and
/// limits are no such thing.
fn may_have_moved(kind: &Kind, error: &CallError) -> bool {
    let goes_through_states = kind.api.states.is_some_and(|states| !states.busy.is_empty());
    goes_through_states && error.refusal().is_some_and(|(status, _)| matches!(status, 400 | 405 | 409 | 423))
}

impl Executor<'_> {
    /// Looks whether a call had its effect, when nothing is at work on its object any more.
    pub(super) async fn look_for_effect(
        &self,
        shared: &Shared,
        session: &Session,
        step: &Step,
        call: &Call,
    ) -> Result<Effect, CallError> {
        if call.purpose == CallPurpose::Create {
            return self.look_for_object(shared, session, step).await;
        }
        let budget = call.spec.wait.iter().map(|poll| poll.budget).max().unwrap_or_default();
        let since = session.now();
        let mut looks = 0;
        loop {
            let sight = self.sight(shared, session, step).await?;
            looks += 1;
            let is_busy = sight.is_busy(step.kind);
            if is_busy && !self.stop.load(Ordering::Relaxed) && session.elapsed(since) <= budget {
                self.progress.waits(step, &Waiting { state: "at work".into(), progress: None });
                shared.turn(SlotClass::Poll);
                session.pause(BETWEEN_LOOKS).await;
                continue;
            }
            return Ok(match (sight.shows(step, call) && !is_busy, looks) {
                (true, _) => Effect::Found,
                (false, 1) => Effect::Missing,
                (false, _) => Effect::MissingAfterWork,
            });
        }
    }

    /// Looks for the object that a create was to make.
    async fn look_for_object(&self, shared: &Shared, session: &Session, step: &Step) -> Result<Effect, CallError> {
        match self.look(shared, session, step).await? {
            Some(raw) => {
                self.record_created(shared, step, raw, true);
                Ok(Effect::Found)
            }
            None => Ok(Effect::Missing),
        }
    }

    /// The live object of a step's resource, by identity.
    pub(super) async fn look(
        &self,
        shared: &Shared,
        session: &Session,
        step: &Step,
    ) -> Result<Option<Value>, CallError> {
        for look in 0..LOOKS {
            if look > 0 {
                session.pause(Duration::from_secs(2)).await;
            }
            let sight = self.sight(shared, session, step).await?;
            if let Some(live) = sight.live {
                return Ok(Some(live.raw));
            }
        }
        Ok(None)
    }

    /// Owns what a create that was refused left behind, so that it goes when the files let go of it.
    pub(super) async fn take_ownership_of_remains(&self, shared: &Shared, session: &Session, step: &Step, call: &Call) {
        let leaves_some = step.kind.api.states.is_some_and(|states| !states.tainted.is_empty());
        if call.purpose != CallPurpose::Create || !leaves_some {
            return;
        }
        let base = self.log(shared, |log| log.base.clone());
        let (view, _) = self.sights.around(session, &base, step).await;
        let wanted = self.identity(shared, step);
        let is_it = |live: &&Live| live.is_tainted(step.kind) && live.identity(step.kind) == wanted;
        if let Some(live) = view.all(step.kind.name).into_iter().find(is_it) {
            self.record_created(shared, step, live.raw.clone(), true);
        }
    }

    /// Waits until an object shows that comes along with another one. It is owned from then on if it is declared.
    pub(super) async fn find(&self, shared: &Shared, session: &Session, step: &Step) -> Result<(), CallError> {
        let since = session.now();
        while !self.stop.load(Ordering::Relaxed) && session.elapsed(since) <= TO_SHOW {
            if let Some(live) = self.sight(shared, session, step).await?.live {
                match self.plan.ledger_updates.contains_key(&step.address) {
                    true => self.record_created(shared, step, live.raw, false),
                    false => drop(shared.outputs.set(&step.address, step.kind, live.raw)),
                }
                return Ok(());
            }
            self.progress.waits(step, &Waiting { state: "not there yet".into(), progress: None });
            session.pause(BETWEEN_LOOKS).await;
        }
        let site = session.site(Method::Get, "");
        let why = step.because.as_deref().unwrap_or_default();
        Err(site.error(match self.stop.load(Ordering::Relaxed) {
            true => CallFailure::Stopped,
            false => CallFailure::job(format!("it does not show, though {why}")),
        }))
    }

    /// One look for a step's object.
    async fn sight(&self, shared: &Shared, session: &Session, step: &Step) -> Result<Sight, CallError> {
        let base = self.log(shared, |log| log.base.clone());
        let find = |output: &Output| shared.outputs.find(output);
        self.sights.of(session, &base, step, self.plan.ledger_updates.get(&step.address), &find).await
    }
}
