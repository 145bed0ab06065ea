//! One step: its calls one after the other, each journaled before it is sent and after it is answered.

mod proofs;
mod ready;
mod refused;
mod unmoved;

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use crate::apply::effect::{Effect, is_doubtful};
use crate::apply::run_log::RunLog;
use crate::apply::schedule::SlotClass;
use crate::apply::step::ready::{Ready, sent_json};
use crate::apply::{Executor, Shared, renumber};
use crate::attr::{Attr, Output};
use crate::journal::{self, JournalLine};
use crate::plan::{Call, CallPurpose, Step, Verb};
use crate::secret::Secret;
use crate::session::{AnsweredCall, CallError, CallFailure, Session, WaitResult, Watch, encode, is_under_way};
use crate::spec::{Envelope, List, lookup};
use crate::state::IdentityKey;
use crate::state::live::{Live, named, with_id};
use wire::Method;

/// How often a call without an answer is sent again, once looking has shown that it had no effect.
const TRIES: u32 = 3;

/// Pauses after which a call is sent again that is refused as too early. A container takes a minute to start at worst;
/// what is refused for longer than that will not be accepted.
const PAUSES: u32 = 30;

/// Time between two such calls.
const PAUSE: Duration = Duration::from_secs(2);

impl Executor<'_> {
    pub(crate) async fn step(&self, shared: &Shared, step: &Step) -> Result<(), CallError> {
        let Some(session) = self.sessions.get(step.address.target()) else { return Ok(()) };
        if step.verb == Verb::Find || step.verb == Verb::Update && step.id.is_none() {
            self.find(shared, session, step).await?;
            shared.turn(SlotClass::Write);
        }
        self.find_unmoved(shared, session, step).await?;
        self.forget_proofs(shared, session, step);
        // Owned from now on, what is left behind is removed by the next run if this one is stopped in between.
        self.log(shared, |log| {
            step.leaves.iter().for_each(|(left, id)| log.take_ownership(left.clone(), id.clone(), None, false))
        });
        // Stopped in between, the next run finds the object by what it is told apart by now, or was.
        if step.moves_identity() {
            let (id, identity) = (step.id.clone().unwrap_or_default(), self.identity(shared, step));
            let identity = identity.map(|key| key.to_string());
            self.log(shared, |log| log.take_ownership(step.address.clone(), id, identity, false));
        }
        for call in &step.calls {
            let since = session.now();
            let reply = match self.call(shared, session, step, call).await {
                Ok(reply) => reply,
                Err(error) => {
                    self.take_ownership_of_remains(shared, session, step, call).await;
                    if call.purpose == CallPurpose::Create && !error.may_have_effect() {
                        self.log(shared, |log| log.give_up_claim(&step.address));
                    }
                    return Err(error);
                }
            };
            if !call.polls.is_empty() {
                shared.turn(SlotClass::Poll);
            }
            let settled = self.wait(shared, session, step, call, &reply, since).await;
            settled.map_err(|error| error.redact_sent(&sent_json(shared, call)))?;
        }
        self.finish(shared, step);
        self.renew_proofs(shared, session, step).await;
        Ok(())
    }

    /// Sends a call until its effect is certain, and takes what its reply tells.
    async fn call(&self, shared: &Shared, session: &Session, step: &Step, call: &Call) -> Result<Value, CallError> {
        if let Some(raw) = self.born_with_parent(shared, step, call) {
            self.record_created(shared, step, raw, false);
            return Ok(Value::Null);
        }
        let ready = Ready::of(shared, session, call)?;
        let (path, sent) = (&ready.path, ready.sent());
        if let Some(why) = self.not_written(shared, step, call) {
            return Err(session.site(call.method, path).error(CallFailure::job(why)));
        }
        let mut attempt = 0;
        let mut pauses = 0;
        loop {
            attempt += 1;
            // A call that waits for its turn has not begun: whether the run is to stop is asked when it has come.
            let turn = session.turn_to_write().await;
            let number = self.announce(shared, session, step, call, path).await?;
            let answer = session.send_in(turn, call.method, path, &sent).await;
            let answer = answer.map_err(|error| error.redact_sent(&ready.body));
            let ambiguous = answer.as_ref().is_err_and(CallError::is_ambiguous);
            if !ambiguous {
                self.record_answer(shared, number, &answer);
            }
            match answer {
                Ok(reply) => {
                    session.check_partial(call.spec, path, &reply)?;
                    return self.take(shared, session, step, call, reply).await;
                }
                // The news to a wait for it: the work is under way already, from an earlier run.
                Err(error) if is_under_way(call.spec, &error) => return Ok(Value::Null),
                Err(error) if pauses < PAUSES && call.spec.is_too_early(&error) => {
                    pauses += 1;
                    attempt -= 1;
                    shared.turn(SlotClass::Poll);
                    session.pause(PAUSE).await;
                }
                Err(error) if call.purpose == CallPurpose::Remove && step.kind.gone(&error) => return Ok(Value::Null),
                Err(error) if ambiguous || attempt > 1 || is_doubtful(step.kind, &call.purpose, &error) => {
                    let effect = self.look_for_effect(shared, session, step, call).await?;
                    if effect == Effect::Found {
                        self.record_outcome(shared, number, "found done".into());
                        return Ok(Value::Null);
                    }
                    // An item that was put in may show among equal ones: only the next plan tells what is left to do.
                    if call.purpose == CallPurpose::Item {
                        return Err(error);
                    }
                    // An object at work may have refused for that alone.
                    if attempt >= TRIES || !(ambiguous || effect == Effect::MissingAfterWork) {
                        return Err(error);
                    }
                    // Nothing came of it: it is sent again, and no earlier than the server asked for.
                    if let Some(wait) = error.wait {
                        session.pause(Duration::from_secs(wait.into())).await;
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes ahead that a call is about to be sent. Without that line on disk it must not be, and no more so in a run that
    /// is to stop.
    async fn announce(
        &self,
        shared: &Shared,
        session: &Session,
        step: &Step,
        call: &Call,
        path: &str,
    ) -> Result<u64, CallError> {
        if self.is_stopped() {
            return Err(session.site(call.method, path).error(CallFailure::Stopped));
        }
        let claim = (call.purpose == CallPurpose::Create).then(|| self.claim(shared, step)).flatten();
        let (number, underway) = self.log(shared, |log| {
            log.begun.insert(shared.n);
            log.calls += 1;
            if step.verb == Verb::ReplaceRemove {
                log.base.vacated.insert(step.address.clone());
            }
            if let Some(claim) = &claim {
                log.claim(&step.address, claim.clone());
            }
            let line = JournalLine::Call {
                n: log.calls,
                address: step.address.clone(),
                verb: step.verb.as_str().to_owned(),
                method: call.method,
                path: path.split('?').next().unwrap_or_default().to_owned(),
                claim,
                origin: step.origin.as_deref().cloned(),
            };
            (log.calls, log.write_ahead(&line))
        });
        if underway.written().await {
            return Ok(number);
        }
        let why = self.log(shared, |log| log.broken().unwrap_or_default().to_owned());
        Err(session.site(call.method, path).error(CallFailure::job(why)))
    }

    /// Takes down what a call was answered.
    fn record_answer(&self, shared: &Shared, number: u64, answer: &Result<Value, CallError>) {
        let outcome = match answer {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.what.to_string(),
        };
        self.record_outcome(shared, number, outcome);
    }

    fn record_outcome(&self, shared: &Shared, number: u64, outcome: String) {
        self.log(shared, |log| log.write(&JournalLine::Answer { n: number, outcome }));
    }

    pub(super) fn log<T>(&self, shared: &Shared, write: impl FnOnce(&mut crate::apply::run_log::RunLog) -> T) -> T {
        shared.log(write)
    }

    /// Remembers the object that a reply holds; for a create, whatever it takes to know it.
    async fn take(
        &self,
        shared: &Shared,
        session: &Session,
        step: &Step,
        call: &Call,
        reply: Value,
    ) -> Result<Value, CallError> {
        if let Some(words) = session.words(&reply) {
            self.log(shared, |log| log.said.insert(step.address.clone(), words));
        }
        if let CallPurpose::Issue { field, at } = call.purpose {
            let value = lookup(&reply, at).map_or(Attr::Null, Attr::from_json);
            let text = value.to_text().unwrap_or_default();
            let label = format!("{}.{field}", step.address);
            let issued = Attr::Secret(Secret::new(label, text));
            session.learn(&issued);
            shared.outputs.issue(&step.address, step.kind, field, issued);
            return Ok(reply);
        }
        let object = match call.spec.reply {
            None => None,
            Some(Envelope::One(place)) => lookup(&reply, place).filter(|object| object.is_object()).cloned(),
            Some(Envelope::Items(place) | Envelope::Keyed(place) | Envelope::Lines(place)) => {
                lookup(&reply, place).and_then(|objects| self.among(shared, step, objects))
            }
        };
        if call.purpose == CallPurpose::Create {
            match object {
                Some(object) => self.record_created(shared, step, object, true),
                None if step.kind.identity.is_single() => {}
                // An object that is called by its name needs no look: the name is known.
                None if step.kind.api.id.is_empty() => {
                    self.record_created(shared, step, named(step.kind, step.address.name()), true)
                }
                // If it does not show yet, what waits for its id will say so, and the next run finds it.
                None => {
                    let found = match &call.shows_in {
                        Some(list) => self.find_made(shared, session, step, list).await?,
                        None => self.look(shared, session, step).await?,
                    };
                    found.into_iter().for_each(|raw| self.record_created(shared, step, raw, true));
                }
            }
        } else if let (Some(object), true) = (object, call.purpose == CallPurpose::Update) {
            shared.outputs.set(&step.address, step.kind, object);
        }
        Ok(reply)
    }

    /// Takes down that the object is there and owned. `ours`: a call of ours made it.
    pub(super) fn record_created(&self, shared: &Shared, step: &Step, raw: Value, ours: bool) {
        let id = shared.outputs.set(&step.address, step.kind, raw);
        if !id.is_empty() {
            let identity = self.identity(shared, step).map(|key| key.to_string());
            self.log(shared, |log| {
                displace(log, step, &id);
                log.take_ownership(step.address.clone(), id, identity, ours);
            });
        }
    }

    /// The object of a reply's collection that has the wanted identity.
    fn among(&self, shared: &Shared, step: &Step, objects: &Value) -> Option<Value> {
        let wanted = self.identity(shared, step)?;
        let is_wanted = |raw: &Value| Live::has_identity(step.kind, raw, &wanted);
        match objects {
            Value::Array(items) => items.iter().find(|raw| is_wanted(raw)).cloned(),
            Value::Object(map) => {
                let mut objects = map.iter().map(|(id, raw)| with_id(id, raw));
                objects.find(|raw| is_wanted(raw)).map(Cow::into_owned)
            }
            _ => None,
        }
    }

    /// The wanted object, where its parent was made in this run and came with it: it is not made a second time.
    fn born_with_parent(&self, shared: &Shared, step: &Step, call: &Call) -> Option<Value> {
        let (CallPurpose::Create, List::Inside(key)) = (&call.purpose, step.kind.api.list) else { return None };
        let parent = shared.outputs.raw(&step.address.parent()?)?;
        self.among(shared, step, lookup(&parent, key)?)
    }

    /// The identity of the wanted object, now that outputs are known.
    pub(super) fn identity(&self, shared: &Shared, step: &Step) -> Option<IdentityKey> {
        self.plan.ledger_updates.get(&step.address)?.identity(&|output| shared.outputs.find(output))
    }

    async fn wait(
        &self,
        shared: &Shared,
        session: &Session,
        step: &Step,
        call: &Call,
        reply: &Value,
        since: Duration,
    ) -> Result<(), CallError> {
        let ready = Ready::of(shared, session, call)?;
        let sending = AnsweredCall { spec: call.spec, path: &ready.path, body: &ready.sent(), since, reply };
        let find = |output: &Output| shared.outputs.find(output);
        for (poll, path) in call.waits() {
            let unknown = |what: String| session.site(Method::Get, poll.path).error(CallFailure::Unknown(what));
            let path = path.try_map(|piece| encode::path(&piece.fill(&find))).map_err(unknown)?;
            let tell = |waiting| self.progress.waits(step, &waiting);
            let watch = Watch { tell: &tell, stop: self.stop };
            if let WaitResult::Done(object) = session.wait(poll, &path, &sending, watch).await?
                && poll.shows_object
                && object.is_object()
            {
                shared.outputs.set(&step.address, step.kind, object);
            }
        }
        Ok(())
    }

    /// Takes down that a step is done, in journal and ledger.
    fn finish(&self, shared: &Shared, step: &Step) {
        let address = step.address.clone();
        let id = shared.outputs.id(&step.address).or_else(|| step.id.clone()).unwrap_or_default();
        self.log(shared, |log| {
            if step.verb.removes() {
                let id = step.id.clone().unwrap_or_default();
                if let Some(aside) = step.aside(&id).filter(|_| step.verb == Verb::ReplaceRemove) {
                    log.remove(aside, id.clone());
                }
                log.remove(address, id);
                step.leaves.iter().for_each(|(left, id)| log.remove(left.clone(), id.clone()));
                return;
            }
            if step.verb == Verb::Issue {
                return;
            }
            let id = self
                .plan
                .ledger_updates
                .get(&step.address)
                .and_then(|ledger_update| ledger_update.id.clone())
                .filter(|_| id.is_empty())
                .unwrap_or(id);
            let entry = self.entry(&step.address, id, &log.base, &|output| shared.outputs.find(output), Some(step));
            if let Some(mut entry) = entry {
                // An earlier answer of the list says nothing any more.
                entry.stamp = None;
                if step.verb == Verb::Update {
                    renumber(&mut log.base, step.kind, &address, &entry.id);
                }
                log.write(&JournalLine::Done { address: address.clone(), entry: Box::new(entry.clone()) });
                journal::record(&mut log.base, address, entry);
            }
        });
    }
}

/// Keeps what other content took the place of: it is owned under an address of its own until it goes.
fn displace(log: &mut RunLog, step: &Step, id: &str) {
    let before = log.base.entry(&step.address).filter(|before| before.id != id && !before.id.is_empty());
    let before = before.and_then(|entry| Some((step.aside(&entry.id)?, entry.id.clone(), entry.made)));
    if let Some((aside, before, made)) = before {
        log.take_ownership(aside, before, None, made);
    }
}
