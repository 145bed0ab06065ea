//! Settling: waiting until the API says that it is done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::session::{CallError, Job, Pace, Sent, Session, What, Whither, encode};
use crate::spec::{Body, CallSpec, Log, Poll, Until, lookup};
use wire::{Failure, Method};

/// What a wait came to.
pub enum Settled {
    /// Done; with what was looked at last.
    Done(Value),
    /// There was nothing to wait for: the reply names no job.
    Nothing,
}

/// What is known while waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The state that the API shows.
    pub state: String,
    /// How much is done, of how much, where the API counts.
    pub progress: Option<(u64, u64)>,
}

/// Who looks on while something is waited for.
#[derive(Clone, Copy)]
pub struct Watch<'w> {
    /// Is told how things go.
    pub tell: &'w (dyn Fn(Waiting) + Send + Sync),
    /// Set when the run is to stop.
    pub stop: &'w AtomicBool,
}

/// A call that was answered: what a wait comes after.
#[derive(Clone, Copy)]
pub struct Sending<'c> {
    /// The verb.
    pub method: Method,
    /// Path with query.
    pub path: &'c str,
    /// What was sent.
    pub body: &'c Sent<'c>,
    /// When it was first sent.
    pub since: Instant,
    /// The answer.
    pub reply: &'c Value,
}

impl Session {
    /// Waits for one thing after a call. `path` is the poll's path, filled but for `{job}`.
    ///
    /// # Errors
    /// When it failed, did not end in time, or can't be looked at.
    pub async fn settle(
        &self,
        poll: &'static Poll,
        path: &str,
        call: &Sending<'_>,
        watch: Watch<'_>,
    ) -> Result<Settled, CallError> {
        if let Until::Again { .. } = poll.until {
            return self.repeat(poll, call).await;
        }
        let Some(path) = job_path(poll, path, call.reply) else { return Ok(Settled::Nothing) };
        let started = Instant::now();
        let mut looks = 0u32;
        let mut given_up = false;
        loop {
            if !given_up && watch.stop.load(Ordering::Relaxed) {
                given_up = true;
                self.give_up(poll, &path).await;
            }
            let whither = self.whither(Method::Get, &path);
            let seen = match self.look(&path, poll, started, looks).await {
                Err(error) if is_unseen(poll.unseen, &error) => return Ok(Settled::Nothing),
                seen => seen?,
            };
            let seen = seen.filter(|object| self.is_new_enough(poll, object, call.since));
            if let Some(object) = &seen {
                (watch.tell)(waiting(poll, object));
            }
            match judge(poll, seen, &whither) {
                Err(error) => return Err(self.explained(poll, &path, error).await),
                Ok(Some(object)) => return Ok(Settled::Done(object)),
                Ok(None) if self.is_over(started, looks, poll.budget) => {
                    return Err(whither.error(What::Overdue(poll.budget.as_secs())));
                }
                Ok(None) => self.pause(poll.every).await,
            }
            looks += 1;
        }
    }

    /// Asks for a job to be given up. A refusal is no trouble: it may be over by now, and the next look tells.
    async fn give_up(&self, poll: &Poll, path: &str) {
        let (Some(cancel), Some(job)) = (poll.cancel, job_of(poll.path, path)) else { return };
        let body = match cancel.body {
            Body::Json(text) => serde_json::from_str(text).unwrap_or_default(),
            _ => Value::Null,
        };
        let json = encode::Json::plain(body);
        let sent = if matches!(cancel.body, Body::Json(_)) { Sent::Json(&json) } else { Sent::Nothing };
        if let Err(error) = self.send(cancel.method, &cancel.path.replace("{job}", job), &sent).await {
            tracing::debug!(target: "wire", "{error}");
        }
    }

    /// A failure with what the job's messages say about it. Where they can't be read, the failure stands for itself.
    async fn explained(&self, poll: &Poll, path: &str, error: CallError) -> CallError {
        let (Some(log), What::Job(failed)) = (poll.log, &error.what) else { return error };
        let Some(job) = job_of(poll.path, path) else { return error };
        let Ok(reply) = self.get(&log.path.replace("{job}", job)).await else { return error };
        let log = messages(&log, &reply).iter().map(|line| self.veil.redact(line)).collect();
        CallError { what: What::Job(Box::new(Job { what: failed.what.clone(), log })), ..error }
    }

    /// Says whether what is seen is from after the restart that is waited for, if one is. A simulator's clock is not ours,
    /// and its restarts begin with its answer: whatever is seen after that is new.
    fn is_new_enough(&self, poll: &Poll, object: &Value, since: Instant) -> bool {
        match (poll.until, self.pace) {
            (Until::Restarted(key), Pace::Real) => has_restarted(object, key, since.elapsed()),
            _ => true,
        }
    }

    /// Sends a call again until it is refused because what it asks for is done.
    async fn repeat(&self, poll: &Poll, call: &Sending<'_>) -> Result<Settled, CallError> {
        let Until::Again { going, done, lost } = poll.until else { return Ok(Settled::Nothing) };
        let started = Instant::now();
        let mut looks = 0u32;
        loop {
            self.pause(poll.every).await;
            match self.send(call.method, call.path, call.body).await {
                Ok(_) => return Err(self.whither(call.method, call.path).error(What::job(lost))),
                Err(error) if refuses(&error, done) => return Ok(Settled::Done(Value::Null)),
                Err(error) if refuses(&error, going) || is_not_yet(poll, &error.what) => {}
                Err(error) => return Err(error),
            }
            if self.is_over(started, looks, poll.budget) {
                let whither = self.whither(call.method, call.path);
                return Err(whither.error(What::Overdue(poll.budget.as_secs())));
            }
            looks += 1;
        }
    }

    /// One look: the object, or `None` where there is none.
    async fn look(&self, path: &str, poll: &Poll, started: Instant, looks: u32) -> Result<Option<Value>, CallError> {
        match self.get(path).await {
            Ok(reply) => Ok(lookup(&reply, poll.at).cloned()),
            Err(error) if error.is_status(404) && matches!(poll.until, Until::Gone { .. }) => Ok(None),
            // A new object may not show yet, or answer as if it were somebody else's.
            Err(error) if (error.is_status(404) || error.is_status(403)) && self.is_young(started, looks) => Ok(None),
            Err(error) if is_not_yet(poll, &error.what) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_young(&self, started: Instant, looks: u32) -> bool {
        let young = self.provider.dialect.young;
        match self.pace {
            Pace::Real => started.elapsed() < young,
            Pace::Simulated => looks < 40 && young > Duration::ZERO,
        }
    }

    /// Says whether a budget of time is spent; a simulator's clock counts looks.
    pub fn is_over(&self, started: Instant, looks: u32, budget: Duration) -> bool {
        match self.pace {
            Pace::Real => started.elapsed() > budget,
            Pace::Simulated => looks > 400,
        }
    }
}

/// Says whether a call is refused because what it asks for is under way or done.
pub(crate) fn is_under_way(spec: &CallSpec, error: &CallError) -> bool {
    spec.settle.iter().any(|poll| match poll.until {
        Until::Again { going, done, .. } => refuses(error, going) || refuses(error, done),
        _ => false,
    })
}

/// A machine that has been up for less time than has passed since then was started since then.
fn has_restarted(object: &Value, key: &str, passed: Duration) -> bool {
    lookup(object, key).and_then(Value::as_f64).is_some_and(|up| up < passed.as_secs_f64())
}

fn refuses(error: &CallError, words: &str) -> bool {
    error.refusal().is_some_and(|(_, message)| message.to_lowercase().contains(&words.to_lowercase()))
}

/// Says whether a failed look is a reason to look again.
fn is_not_yet(poll: &Poll, what: &What) -> bool {
    match what {
        What::Refused { status, .. } => poll.patience.contains(status),
        What::Failed(failure) => !poll.patience.is_empty() && !matches!(failure, Failure::Tls(_)),
        _ => false,
    }
}

/// Says whether a refusal means that there is nothing to see.
pub(crate) fn is_unseen(statuses: &[u16], error: &CallError) -> bool {
    error.refusal().is_some_and(|(status, _)| statuses.contains(&status))
}

/// The path to look at, the job's id filled in; `None` when there is no job.
fn job_path(poll: &Poll, path: &str, reply: &Value) -> Option<String> {
    if poll.job.is_empty() {
        return Some(path.to_owned());
    }
    Some(path.replace("{job}", &wire::encode(&job_id(poll, reply)?)))
}

/// The id of the job that a reply names.
pub(crate) fn job_id(poll: &Poll, reply: &Value) -> Option<String> {
    poll.job.iter().find_map(|place| match lookup(reply, place)? {
        Value::String(text) => text.trim_end_matches('/').rsplit('/').next().map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// What stands in a path where its template says `{job}`.
fn job_of<'p>(template: &str, path: &'p str) -> Option<&'p str> {
    let (before, after) = template.split_once("{job}")?;
    path.strip_prefix(before)?.split(['/', '?', '&']).next().filter(|job| path.ends_with(&format!("{job}{after}")))
}

/// The texts of a log, a line each; a text that says the same as one before it is left out.
fn messages(log: &Log, reply: &Value) -> Vec<String> {
    let rows = lookup(reply, log.at).and_then(Value::as_array);
    let mut told: Vec<String> = Vec::new();
    for row in rows.into_iter().flatten() {
        let mut texts: Vec<&str> = log.texts.iter().filter_map(|place| lookup(row, place)?.as_str()).collect();
        texts.retain(|text| !text.is_empty());
        texts.dedup();
        let line = texts.join(": ");
        if !texts.is_empty() && !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

/// `Some` when it is done, with what was looked at.
fn judge(poll: &Poll, seen: Option<Value>, whither: &Whither<'_>) -> Result<Option<Value>, CallError> {
    let word = |object: &Value, key: &str| lookup(object, key).map(crate::diff::live::text);
    match (poll.until, seen) {
        (Until::Gone { .. }, None) => Ok(Some(Value::Null)),
        (Until::Gone { key, words }, Some(object)) => {
            let found = if key.is_empty() { None } else { lookup(&object, key).filter(|value| !value.is_null()) };
            let gone = found
                .is_some_and(|value| words.contains(&"*") || value.as_str().is_some_and(|word| is_among(words, word)));
            let empty = object.as_array().is_some_and(Vec::is_empty) || object.is_null();
            Ok((gone || empty).then_some(Value::Null))
        }
        (_, None) => Ok(None),
        (Until::Answers | Until::Restarted(_) | Until::Again { .. }, Some(object)) => Ok(Some(object)),
        (Until::Set(key), Some(object)) => {
            let set = lookup(&object, key).is_some_and(|value| !value.is_null() && value != "");
            Ok(set.then_some(object))
        }
        (Until::State { key, done, failed }, Some(object)) => match word(&object, key) {
            Some(state) if is_among(done, &state) => Ok(Some(object)),
            Some(state) if is_among(failed, &state) => Err(failure(poll, &object, &state, whither)),
            _ => Ok(None),
        },
        (Until::Left { key, going, failed }, Some(object)) => match word(&object, key) {
            Some(state) if is_among(failed, &state) => Err(failure(poll, &object, &state, whither)),
            Some(state) => Ok((!is_among(going, &state)).then_some(object)),
            None => Ok(None),
        },
    }
}

/// What a job that ended in a bad state says about it.
fn failure(poll: &Poll, object: &Value, state: &str, whither: &Whither<'_>) -> CallError {
    let reason = lookup(object, poll.error).filter(|_| !poll.error.is_empty()).map(crate::diff::live::text);
    let what = match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("it ended as `{state}`: {}", last_line(&reason)),
        None => format!("it ended as `{state}`"),
    };
    whither.error(What::job(what))
}

fn is_among(words: &[&str], word: &str) -> bool {
    words.iter().any(|other| other.eq_ignore_ascii_case(word))
}

/// A traceback's last line says what happened; the rest is for the vendor.
fn last_line(text: &str) -> &str {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or(text)
}

fn waiting(poll: &Poll, object: &Value) -> Waiting {
    let state = match poll.until {
        Until::State { key, .. } | Until::Left { key, .. } => {
            lookup(object, key).map(crate::diff::live::text).unwrap_or_default()
        }
        Until::Answers | Until::Set(_) | Until::Gone { .. } | Until::Restarted(_) | Until::Again { .. } => {
            String::new()
        }
    };
    let count = |place: &str| lookup(object, place).and_then(Value::as_u64);
    let progress = poll.progress.and_then(|(done, total)| Some((count(done)?, count(total)?)));
    Waiting { state, progress }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redact::Redactor;

    #[test]
    fn true_and_false_are_words_of_a_state() {
        let poll = Poll { until: Until::State { key: "running", done: &["true"], failed: &["broken"] }, ..Poll::NEW };
        let provider = crate::providers::CATALOGUE[0];
        let whither = Whither { target: "east", provider, method: Method::Get, path: "/x", veil: &Redactor::default() };
        let done =
            |running: Value| judge(&poll, Some(json!({ "running": running })), &whither).map(|done| done.is_some());
        assert!(matches!(done(json!(true)), Ok(true)));
        assert!(matches!(done(json!("true")), Ok(true)));
        assert!(matches!(done(json!(false)), Ok(false)));
        assert!(done(json!("broken")).is_err());
    }

    #[test]
    fn a_state_whose_good_words_are_unknown_only_has_to_be_left() {
        let until = Until::Left { key: "state", going: &["pending"], failed: &["failed"] };
        let poll = Poll { until, error: "status", ..Poll::NEW };
        let provider = crate::providers::CATALOGUE[0];
        let whither = Whither { target: "east", provider, method: Method::Get, path: "/x", veil: &Redactor::default() };
        let judge = |object: Value| judge(&poll, Some(object), &whither).map(|done| done.is_some());
        assert!(matches!(judge(json!({})), Ok(false)));
        assert!(matches!(judge(json!({ "state": "Pending" })), Ok(false)));
        assert!(matches!(judge(json!({ "state": "installed" })), Ok(true)));
        let failed = judge(json!({ "state": "failed", "status": "key does not fit" })).unwrap_err();
        assert_eq!(failed.what.to_string(), "it ended as `failed`: key does not fit");
    }

    #[test]
    fn a_restart_is_known_by_the_uptime_however_fast_it_was() {
        let seen = |up: Value, passed| has_restarted(&json!({ "uptime": up }), "uptime", Duration::from_secs(passed));
        assert!(!seen(json!(86_400), 3), "it has not begun");
        assert!(!seen(json!(86_460), 63), "it still has not");
        assert!(seen(json!(1), 3), "it was over before the first look");
        assert!(seen(json!(40), 300));
        assert!(!seen(Value::Null, 300));
    }

    #[test]
    fn only_a_patient_poll_looks_again_after_an_error() {
        let patient = Poll { patience: &[503], ..Poll::NEW };
        let refused = |status| What::Refused { status, message: String::new() };
        let silent = || What::Failed(Failure::Connect("refused".into()));
        assert!(is_not_yet(&patient, &refused(503)) && is_not_yet(&patient, &silent()));
        assert!(!is_not_yet(&patient, &refused(404)));
        assert!(!is_not_yet(&patient, &What::Failed(Failure::Tls("pin".into()))));
        assert!(!is_not_yet(&Poll::NEW, &silent()) && !is_not_yet(&Poll::NEW, &refused(503)));
    }
}
