//! Settling: waiting until the API says that it is done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::attr::Attr;
use crate::session::attention::is_about_certificate;
use crate::session::{CallError, CallFailure, CallSite, Job, RequestBody, Session, encode};
use crate::spec::{Body, BodyTemplate, CallSpec, Detail, OpenPath, PathTemplate, Poll, Until, Word, lookup};
use wire::Method;

/// How often a job is asked to be given up by a server that is busy.
const CANCELS: u32 = 5;

/// Time between two such requests.
const BETWEEN_CANCELS: Duration = Duration::from_secs(2);

/// The outcome of a wait.
pub enum WaitResult {
    /// Done; with what was looked at last.
    Done(Value),
    /// There was nothing to wait for: the reply names no job.
    Nothing,
}

/// The news while waiting.
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

/// The failure of what a call had begun that is accepted once more.
const TAKEN_AGAIN: &str = "the call was taken once more: what it had begun ended without a word";

/// A call that was answered: what a wait comes after.
#[derive(Clone, Copy)]
pub struct AnsweredCall<'c> {
    /// The call as its table has it.
    pub spec: &'static CallSpec,
    /// Path with query.
    pub path: &'c str,
    /// The body that was sent.
    pub body: &'c RequestBody<'c>,
    /// When it was first sent.
    pub since: Duration,
    /// The answer.
    pub reply: &'c Value,
}

impl Session {
    /// Waits for one thing after a call.
    ///
    /// # Errors
    /// When it failed, did not end in time, or can't be looked at.
    pub async fn wait(
        &self,
        poll: &'static Poll,
        path: &OpenPath<String>,
        call: &AnsweredCall<'_>,
        watch: Watch<'_>,
    ) -> Result<WaitResult, CallError> {
        if poll.repeats_the_call() {
            return self.repeat(poll, call, watch).await;
        }
        let job = job_id(poll, call.reply);
        if job.is_none() && !poll.job.is_empty() {
            return Ok(WaitResult::Nothing);
        }
        let job = job.as_deref();
        let path = path.to_job(job.unwrap_or_default());
        let started = self.moment().await;
        let mut given_up = false;
        loop {
            if !given_up && watch.stop.load(Ordering::Relaxed) {
                given_up = true;
                self.give_up(poll, job).await;
            }
            let site = self.site(Method::Get, &path);
            // Whoever slept too long, as a machine that was shut, looks once more before giving up.
            let waited = self.elapsed(started);
            let seen = match self.look(&path, poll, started).await {
                Err(error) if is_of_outputs(poll) && tells_no_outputs(&error) => return Ok(WaitResult::Nothing),
                seen => seen?,
            };
            let seen = seen.filter(|object| self.is_new_enough(poll, object, call.since));
            if let Some(object) = &seen {
                (watch.tell)(waiting(poll, object));
            }
            match judge(poll, seen, &site) {
                Err(error) => return Err(self.explained(poll, job, error).await),
                Ok(Some(object)) => return Ok(WaitResult::Done(object)),
                Ok(None) if waited > poll.budget => {
                    return Err(site.error(CallFailure::Overdue(poll.budget.as_secs())));
                }
                Ok(None) => self.doze(self.interval(poll.every), watch.stop).await,
            }
        }
    }

    /// Asks for a job to be given up. A refusal is no trouble: it may be over by now, and the next look tells.
    async fn give_up(&self, poll: &Poll, job: Option<&str>) {
        let (Some(cancel), Some(job)) = (poll.cancel, job) else { return };
        let body = match cancel.body {
            Body::Json(text) => BodyTemplate::of(text).fill(&|word| of_job(word, job).map(Attr::Text)),
            _ => None,
        };
        let body = body.and_then(|body| encode::json(&body).ok());
        let sent = body.as_ref().map_or(RequestBody::Nothing, RequestBody::Json);
        let path = PathTemplate::of(cancel.path).text(&|word| of_job(word, job));
        // In a run that is to stop no write is sent again, but for this one, which ends what runs.
        for _ in 0..CANCELS {
            match self.send(cancel.method, &path, &sent).await {
                Err(CallError { what: CallFailure::Stopped, .. }) => self.pause(BETWEEN_CANCELS).await,
                Err(error) => return tracing::debug!(target: "wire", "{error}"),
                Ok(_) => return,
            }
        }
    }

    /// A failure with what the job's messages say about it. Where they can't be read, the failure stands for itself.
    async fn explained(&self, poll: &Poll, job: Option<&str>, error: CallError) -> CallError {
        let (Some(log), Some(job), CallFailure::Job(failed)) = (poll.log, job, &error.what) else { return error };
        let path = PathTemplate::of(log.read.path).text(&|word| of_job(word, job));
        let Ok(reply) = self.get(&path).await else { return error };
        let log = messages(&log, &reply).iter().rev().map(|line| self.redactor.redact(line)).collect();
        CallError { what: CallFailure::Job(Box::new(Job { what: failed.what.clone(), log })), ..error }
    }

    /// Says whether what is seen is from after the restart that is waited for, if one is.
    fn is_new_enough(&self, poll: &Poll, object: &Value, since: Duration) -> bool {
        match poll.until {
            Until::Restarted(key) => has_restarted(object, key, self.elapsed(since)),
            _ => true,
        }
    }

    /// Sends a call again until it is refused because what it asks for is done.
    async fn repeat(&self, poll: &Poll, call: &AnsweredCall<'_>, watch: Watch<'_>) -> Result<WaitResult, CallError> {
        let started = self.moment().await;
        loop {
            self.doze(self.interval(poll.every), watch.stop).await;
            // It looks by writing, and no write begins any more.
            if watch.stop.load(Ordering::Relaxed) {
                return Err(self.site(call.spec.method, call.path).error(CallFailure::Stopped));
            }
            let waited = self.elapsed(started);
            match self.send(call.spec.method, call.path, call.body).await {
                Ok(_) => return Err(self.site(call.spec.method, call.path).error(CallFailure::job(TAKEN_AGAIN))),
                Err(error) if is_refused_as_done(poll, &error) => return Ok(WaitResult::Done(Value::Null)),
                Err(error) if call.spec.is_too_early(&error) || is_tolerated(poll, &error.what) => {}
                Err(error) => return Err(error),
            }
            if waited > poll.budget {
                let site = self.site(call.spec.method, call.path);
                return Err(site.error(CallFailure::Overdue(poll.budget.as_secs())));
            }
        }
    }

    /// One look: the object, or `None` where there is none.
    async fn look(&self, path: &str, poll: &Poll, started: Duration) -> Result<Option<Value>, CallError> {
        match self.get(path).await {
            Ok(reply) => Ok(lookup(&reply, poll.at).cloned()),
            Err(error) if is_gone(&error) && matches!(poll.until, Until::Gone { .. }) => Ok(None),
            // A new object may not show yet, or answer as if it were somebody else's.
            Err(error) if (error.is_status(404) || error.is_status(403)) && self.is_young(started) => Ok(None),
            Err(error) if is_tolerated(poll, &error.what) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_young(&self, started: Duration) -> bool {
        self.elapsed(started) < self.provider.dialect.visibility_lag
    }
}

/// Says whether a call is refused because what it asks for is under way or done.
pub(crate) fn is_under_way(spec: &CallSpec, error: &CallError) -> bool {
    let repeated = spec.wait.iter().find(|poll| poll.repeats_the_call());
    repeated.is_some_and(|poll| spec.is_too_early(error) || is_refused_as_done(poll, error))
}

/// A machine that has been up for less time than has passed since then was started since then.
fn has_restarted(object: &Value, key: &str, passed: Duration) -> bool {
    lookup(object, key).and_then(Value::as_f64).is_some_and(|up| up < passed.as_secs_f64())
}

/// Says whether the refusal of a call that was sent again tells that what it asks for is done.
fn is_refused_as_done(poll: &Poll, error: &CallError) -> bool {
    let Until::State { done, .. } = poll.until else { return false };
    error.refusal().is_some_and(|(_, message)| {
        let message = message.to_lowercase();
        done.iter().any(|words| message.contains(&words.to_lowercase()))
    })
}

/// Says whether a failed look is a reason to look again.
fn is_tolerated(poll: &Poll, what: &CallFailure) -> bool {
    match what {
        CallFailure::Refused { status, .. } => poll.tolerate.contains(status),
        CallFailure::Failed(failure) => !poll.tolerate.is_empty() && !is_about_certificate(failure),
        _ => false,
    }
}

/// Says whether a poll waits for nothing, and looks at outputs.
fn is_of_outputs(poll: &Poll) -> bool {
    poll.shows_object && poll.until == Until::ANSWERS
}

/// Says whether the refusal of a read of outputs alone means that there are none, and never will be: what can't be
/// evaluated answers 400.
pub(crate) fn tells_no_outputs(error: &CallError) -> bool {
    error.refusal().is_some_and(|(status, _)| matches!(status, 400 | 404))
}

/// Says whether the API itself says that there is nothing any more.
fn is_gone(error: &CallError) -> bool {
    error.says_absent() && error.is_of_the_api()
}

/// The id of the job that a reply names.
pub(crate) fn job_id(poll: &Poll, reply: &Value) -> Option<String> {
    poll.job.iter().find_map(|place| match lookup(reply, place)? {
        Value::String(text) => text.trim_end_matches('/').rsplit('/').next().map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The word of a path that is about a job, and about nothing else.
fn of_job(word: &Word, job: &str) -> Option<String> {
    (*word == Word::Job).then(|| job.to_owned())
}

/// The texts of a log, a line each; a text that says the same as one before it is left out.
fn messages(log: &Detail, reply: &Value) -> Vec<String> {
    let rows = lookup(reply, log.read.at().place()).and_then(Value::as_array);
    let mut told: Vec<String> = Vec::new();
    for row in rows.into_iter().flatten() {
        let mut texts: Vec<&str> = log.fields.iter().filter_map(|place| lookup(row, place)?.as_str()).collect();
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
fn judge(poll: &Poll, seen: Option<Value>, site: &CallSite<'_>) -> Result<Option<Value>, CallError> {
    let word = |object: &Value, key: &str| lookup(object, key).map(crate::state::live::text);
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
        (Until::Restarted(_), Some(object)) => Ok(Some(object)),
        (Until::State { key, done, failed }, Some(object)) => match word(&object, key) {
            Some(state) if is_among(done, &state) => Ok(Some(object)),
            Some(state) if is_among(failed, &state) => Err(failure(poll, &object, &state, site)),
            _ => Ok(None),
        },
        (Until::Left { key, going, failed }, Some(object)) => {
            match word(&object, key).filter(|word| !word.is_empty()) {
                Some(state) if is_among(failed, &state) => Err(failure(poll, &object, &state, site)),
                Some(state) => Ok((!is_among(going, &state)).then_some(object)),
                None => Ok(None),
            }
        }
    }
}

/// The words of a job that ended in a bad state.
fn failure(poll: &Poll, object: &Value, state: &str, site: &CallSite<'_>) -> CallError {
    let reason = lookup(object, poll.error).filter(|_| !poll.error.is_empty()).map(crate::state::live::text);
    let what = match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("it ended as `{state}`: {}", last_line(&reason)),
        None => format!("it ended as `{state}`"),
    };
    site.error(CallFailure::job(what))
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
        Until::Left { key: "", .. } | Until::Gone { .. } | Until::Restarted(_) => String::new(),
        Until::State { key, .. } | Until::Left { key, .. } => {
            lookup(object, key).map(crate::state::live::text).unwrap_or_default()
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
    use crate::session::Speaker;

    #[test]
    fn true_and_false_are_words_of_a_state() {
        let poll = Poll { until: Until::State { key: "running", done: &["true"], failed: &["broken"] }, ..Poll::NEW };
        let provider = crate::providers::CATALOGUE[0];
        let site =
            CallSite { target: "east", provider, method: Method::Get, path: "/x", redactor: &Redactor::default() };
        let done = |running: Value| judge(&poll, Some(json!({ "running": running })), &site).map(|done| done.is_some());
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
        let site =
            CallSite { target: "east", provider, method: Method::Get, path: "/x", redactor: &Redactor::default() };
        let judge = |object: Value| judge(&poll, Some(object), &site).map(|done| done.is_some());
        for nothing in [json!({}), json!({ "state": null }), json!({ "state": "" })] {
            assert!(matches!(judge(nothing), Ok(false)));
        }
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
        let patient = Poll { tolerate: &[503], ..Poll::NEW };
        let refused = |status| CallFailure::Refused { status, message: String::new(), speaker: Speaker::Api };
        let silent = || CallFailure::Failed(wire::TransportError::Connect("refused".into()));
        assert!(is_tolerated(&patient, &refused(503)) && is_tolerated(&patient, &silent()));
        assert!(!is_tolerated(&patient, &refused(404)));
        assert!(!is_tolerated(&patient, &CallFailure::Failed(wire::TransportError::Tls("pin".into()))));
        assert!(!is_tolerated(&Poll::NEW, &silent()) && !is_tolerated(&Poll::NEW, &refused(503)));
    }
}
