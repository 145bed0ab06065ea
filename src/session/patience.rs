//! Sending again: which answers and which silences are worth another try, and for how long.
//!
//! A server that says "later" is asked a few times more. One that answered before and is gone now, or stands behind a proxy
//! that finds nobody, is restarting, and is waited for. One that never answered is more likely not there at all: once it was
//! given up, the next lists of it are asked for once each. A workspace that says that it is booting has it waited for: until it
//! has let somebody in, and no longer than that.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use httpdate::parse_http_date;

use crate::session::error::Effort;
use crate::session::{CallError, CallFailure, RequestBody, Session, looks_like_json};
use crate::topology::is_dots;
use wire::{Method, Response, TransportError};

/// How often a request is sent at least. Five tries with doubling pauses bridge a busy moment.
pub(super) const TRIES: u32 = 5;

/// The pause doubles up to eight seconds: more would let a server wait that has long been back.
const MOST_DOUBLINGS: u32 = 5;

/// The time between two words on a server that is waited for: a machine takes minutes to boot.
const BETWEEN_WORDS: Duration = Duration::from_secs(30);

/// The worth of a try that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// No other one.
    Nothing,
    /// A few more.
    Later,
    /// Tries until the server is back.
    Away,
}

impl Session {
    /// Sends a request until there is an answer to it. It is sent again only where it certainly had no effect.
    pub(super) async fn persist(
        &self,
        method: Method,
        path: &str,
        body: &RequestBody<'_>,
    ) -> Result<Response, CallError> {
        let site = self.site(method, path);
        if let Some(part) = astray(path) {
            return Err(site.error(CallFailure::Astray(part.to_owned())));
        }
        let (since, began) = (Instant::now(), self.now());
        let mut further_logins = self.auth.further_tries();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let proof = self.auth.proof(self).await?;
            self.passes(method).map_err(|what| site.error(what))?;
            let answer = self.once(method, path, body, &proof).await;
            if let Ok(response) = &answer {
                self.hear(response);
                if response.status == 401 {
                    self.auth.turn_from(&proof).await;
                }
            }
            let (worth, wait, error) = match answer {
                Ok(response) if response.is_success() || response.status == 304 => return Ok(response),
                Ok(response) if response.status == 401 && further_logins > 0 => {
                    further_logins -= 1;
                    continue;
                }
                Ok(response) => {
                    (self.refusal_is_worth(method, &response), retry_after(&response), site.refused(&response))
                }
                Err(failure) => (silence_is_worth(method, &failure), None, site.error(CallFailure::Failed(failure))),
            };
            let again = match worth {
                Worth::Nothing => false,
                Worth::Later => attempt < TRIES || self.may_be_booting(),
                Worth::Away => attempt < self.tries(method) || self.may_come_back(began) || self.may_be_booting(),
            };
            if !again {
                let wait = wait.map(|wait| u8::try_from(wait.as_secs_f64().ceil() as u64).unwrap_or(u8::MAX));
                let effort = self.effort(worth, Effort::of(attempt, since.elapsed()));
                return Err(CallError { effort, wait, ..error });
            }
            // A call without an effect has not begun.
            if method != Method::Get && self.is_stopped() {
                return Err(site.error(CallFailure::Stopped));
            }
            let wait = wait.unwrap_or_else(|| pause_after(attempt));
            match self.may_be_booting() {
                true => self.tell_booting(&error.what),
                false => self.tell_wait(method, path, since, wait, &error.what),
            }
            self.doze(wait, &self.attention.stop).await;
            if method != Method::Get && self.is_stopped() {
                return Err(site.error(CallFailure::Stopped));
            }
        }
    }

    /// Remembers that the API itself has answered, and when by its own clock: a proxy before it answers for anybody.
    fn hear(&self, response: &Response) {
        if response.is_success() || looks_like_json(response) {
            self.answered.store(true, Ordering::Relaxed);
            if let Some(date) = response.header_value("Date").and_then(date) {
                self.date.fetch_max(date, Ordering::Relaxed);
            }
        }
        if response.is_success() {
            self.has_let_in.store(true, Ordering::Relaxed);
        }
    }

    fn refusal_is_worth(&self, method: Method, response: &Response) -> Worth {
        let nobody_behind = matches!(response.status, 502..=504) && !looks_like_json(response);
        match (response.status, method) {
            (429, _) => Worth::Later,
            (401, Method::Get) if self.may_be_booting() => Worth::Later,
            (_, Method::Get) if nobody_behind => Worth::Away,
            (status, Method::Get) if self.provider.dialect.retry_statuses.contains(&status) => Worth::Later,
            _ => Worth::Nothing,
        }
    }

    /// How often a request is sent to a server that is away, at least.
    fn tries(&self, method: Method) -> u32 {
        let is_given_up = self.given_up.get().is_some() && !self.answered.load(Ordering::Relaxed);
        if is_given_up && method == Method::Get { 1 } else { TRIES }
    }

    /// Gives a request up. What it took to give up a server that never answered is what it took for each of its lists.
    fn effort(&self, worth: Worth, effort: Effort) -> Effort {
        match worth {
            Worth::Away if !self.answered.load(Ordering::Relaxed) => *self.given_up.get_or_init(|| effort),
            Worth::Nothing | Worth::Later | Worth::Away => effort,
        }
    }

    /// Says whether a server may not be up yet, which the workspace waits for: it has let nobody in so far.
    fn may_be_booting(&self) -> bool {
        !self.has_let_in.load(Ordering::Relaxed) && self.elapsed(self.opened) < self.wait
    }

    /// Says now and then that a server is waited for, whichever request it is that waits.
    fn tell_booting(&self, why: &CallFailure) {
        let passed = self.elapsed(self.opened);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (now, next) = (millis(passed), millis(passed + BETWEEN_WORDS));
        let told = self.told_until.load(Ordering::Relaxed);
        let is_due =
            now >= told && self.told_until.compare_exchange(told, next, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due {
            let (passed, wait) = (passed.as_secs(), self.wait.as_secs());
            self.attention
                .notice(&format!("{}: not up yet: {why}: waited for since {passed} s, for up to {wait} s", self.name));
        }
    }

    /// Says whether a server that is away is still expected back.
    fn may_come_back(&self, since: Duration) -> bool {
        self.answered.load(Ordering::Relaxed) && self.elapsed(since) < self.provider.dialect.restart_window
    }
}

/// The part of a path, without its query, by which a call would be about something else than it says: an id or a name that
/// is empty, `.` or `..` makes `/routes/7` a call on all routes, or on what stands above them.
fn astray(path: &str) -> Option<&str> {
    let path = path.split('?').next().unwrap_or_default();
    path.split('/').skip(1).find(|part| part.is_empty() || is_dots(part))
}

/// How long to wait after a try that a server did not ask to wait after.
pub(super) fn pause_after(attempt: u32) -> Duration {
    Duration::from_millis(250) * 2u32.pow(attempt.min(MOST_DOUBLINGS))
}

/// Says whether a read that came to nothing may come to something when it is sent again.
pub(super) fn may_pass(failure: &TransportError) -> bool {
    silence_is_worth(Method::Get, failure) != Worth::Nothing
}

fn silence_is_worth(method: Method, failure: &TransportError) -> Worth {
    match failure {
        TransportError::Tls(_) | TransportError::OtherCertificate(_) | TransportError::TooLarge(_) => Worth::Nothing,
        TransportError::Timeout | TransportError::Broken(_) if method != Method::Get => Worth::Nothing,
        TransportError::Connect(_) | TransportError::Timeout | TransportError::Broken(_) => Worth::Away,
    }
}

/// A date as servers write it, in seconds since 1970.
fn date(text: &str) -> Option<u64> {
    let date = parse_http_date(text.trim()).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// The longest wait in one go, whatever a server asks for.
const LONGEST: Duration = Duration::from_secs(120);

/// The time that a server asks to wait, bounded.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    asked_to_wait(response.header_value("Retry-After")?.trim(), SystemTime::now())
}

/// A wait as servers say it: in seconds, or until a date, in any of the three forms of HTTP. A date that has passed is no wait.
fn asked_to_wait(text: &str, now: SystemTime) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit()) {
        // More digits than a number holds are more than the longest wait, too.
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let until = parse_http_date(text).ok()?;
    Some(until.duration_since(now).unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;
    use crate::attr::Attr;
    use crate::finding::Place;
    use crate::providers::CATALOGUE;
    use crate::redact::Redactor;
    use crate::session::SkippingClock;
    use crate::spec::PathTemplate;
    use crate::topology::{Credentials, Prune, Target, Tls};
    use wire::{Answer, Request, Transport};

    /// Answers what was laid out for it, then good answers for ever; counts the requests.
    struct Script {
        answers: Mutex<VecDeque<Result<Response, TransportError>>>,
        asked: Mutex<u32>,
    }

    impl Transport for Script {
        fn send(&self, _: Request) -> Answer<'_> {
            *self.asked.lock().unwrap() += 1;
            let next = self.answers.lock().unwrap().pop_front();
            let good = || Ok(Response::json(200, &json!({ "version": "7.1.0" })));
            Box::pin(async move { next.unwrap_or_else(good) })
        }
    }

    #[test]
    fn a_wait_is_understood_in_seconds_and_as_a_date() {
        let now = parse_http_date("Sun, 01 Mar 2026 09:00:00 GMT").unwrap();
        for (text, seconds) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("86400", Some(120)),
            ("99999999999999999999999", Some(120)),
            ("Sun, 01 Mar 2026 09:00:42 GMT", Some(42)),
            ("Sun, 01 Mar 2026 10:00:00 GMT", Some(120)),
            ("Sun, 01 Mar 2026 08:59:59 GMT", Some(0)),
            ("Sunday, 01-Mar-26 09:00:42 GMT", Some(42)),
            ("Sun Mar  1 09:00:42 2026", Some(42)),
            ("", None),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
            ("Sun, 99 Mar 2026 09:00:42 GMT", None),
        ] {
            assert_eq!(asked_to_wait(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[tokio::test]
    async fn what_leads_elsewhere_is_not_sent() {
        let (session, script) = then(Vec::new()).await;
        for path in ["/blueprints/..", "/blueprints/.", "/blueprints/", "/a//b", "/a/%2E%2e/b?c=d", "/a/.%2e", "/../.."]
        {
            for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
                let error = match method {
                    Method::Get => session.get(path).await.map(drop),
                    _ => session.send(method, path, &RequestBody::Nothing).await.map(drop),
                };
                let error = error.unwrap_err();
                assert!(
                    matches!(error.what, CallFailure::Astray(_)) && error.help.is_some(),
                    "{method} {path}: {error}"
                );
                assert!(!error.is_ambiguous() && !error.says_absent(), "{error}");
            }
        }
        assert_eq!(*script.asked.lock().unwrap(), 0);
        for path in ["/blueprints/...", "/blueprints/a..b", "/a/%252e%252e", "/a?b=../..&c=", "/a?b=/"] {
            session.get(path).await.unwrap();
        }
    }

    /// Whatever stands in braces: an id, a name, a field, a job.
    #[test]
    fn no_call_of_any_provider_goes_astray_by_what_fills_its_path() {
        let mut seen = 0;
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds) {
            for path in kind.calls().iter().map(|call| call.path) {
                let filled = |with: &str| PathTemplate::of(path).text(&|_| Some(with.to_owned()));
                assert_eq!(astray(&filled("7")), None, "{path}");
                let has_words = path.split('?').next().is_some_and(|path| path.contains('{'));
                for with in ["..", ".", ""] {
                    assert_eq!(astray(&filled(with)).is_some(), has_words, "{path} {with}");
                }
                seen += usize::from(has_words);
            }
        }
        assert!(seen > 100, "{seen} paths have words");
    }

    #[tokio::test]
    async fn no_write_is_sent_again_in_a_run_that_is_to_stop() {
        let later = || Ok(Response::empty(429));
        for answer in [refused as fn() -> _, later] {
            let (session, script) = then((0..3).map(|_| answer()).collect()).await;
            session.attention.stop.store(true, Ordering::Relaxed);
            let error = session.send(Method::Post, "/executions", &RequestBody::Nothing).await.unwrap_err();
            assert!(matches!(error.what, CallFailure::Stopped), "{error}");
            assert_eq!(*script.asked.lock().unwrap(), 1);
            session.get("/version").await.unwrap();
        }
    }

    fn refused() -> Result<Response, TransportError> {
        Err(TransportError::Connect("connection refused".into()))
    }

    fn proxy(status: u16) -> Result<Response, TransportError> {
        Ok(Response::text(status, "text/html", "<html><title>Bad Gateway</title></html>"))
    }

    /// A session with a manager that has answered, and then does this.
    async fn then(answers: Vec<Result<Response, TransportError>>) -> (Session, Arc<Script>) {
        let (session, script) = waited_for("cloudify", Duration::ZERO).await;
        *script.answers.lock().unwrap() = answers.into();
        (session, script)
    }

    /// A session with a controller that the workspace waits for so long.
    async fn waited_for(provider: &str, wait: Duration) -> (Session, Arc<Script>) {
        let word = |name: &str| (name.to_owned(), Attr::text("admin"));
        let target = Target {
            name: "cfy".into(),
            provider: CATALOGUE.iter().find(|known| known.name == provider).unwrap(),
            at: "http://manager".into(),
            credentials: Credentials { fields: [word("username"), word("password")].into(), ..Credentials::default() },
            new_password: None,
            settings: BTreeMap::new(),
            tls: Tls::default(),
            prune: Prune::Nothing,
            wait,
            retired: false,
            sim_version: None,
            place: Place::file("trueup.yaml"),
        };
        let script = Arc::new(Script { answers: Mutex::default(), asked: Mutex::default() });
        let session = Session::open(&target, &Redactor::default(), script.clone(), Arc::new(SkippingClock::default()))
            .await
            .unwrap();
        *script.asked.lock().unwrap() = 0;
        (session, script)
    }

    /// A machine that boots: nobody listens, the proxy finds nobody, the API lets nobody in yet.
    fn boot(times: usize) -> Vec<Result<Response, TransportError>> {
        let error = json!({ "error": { "name": "UnauthorizedError", "message": "Invalid or expired token" } });
        let mut phases: Vec<_> = (0..times).map(|_| refused()).collect();
        phases.extend((0..times).map(|_| proxy(502)));
        phases.extend((0..times).map(|_| Ok(Response::json(503, &error))));
        phases.extend((0..times).map(|_| Ok(Response::json(401, &error))));
        phases
    }

    #[tokio::test]
    async fn a_controller_that_boots_is_waited_for_as_long_as_the_workspace_says() {
        for provider in ["vns3", "cloudify", "f5-vnfm"] {
            let of = async |wait: u64, times: usize| {
                let (session, script) = waited_for(provider, Duration::from_secs(wait)).await;
                session.has_let_in.store(false, Ordering::Relaxed);
                session.answered.store(false, Ordering::Relaxed);
                *script.answers.lock().unwrap() = boot(times).into();
                let got = session.get("/config").await;
                (got, *script.asked.lock().unwrap(), session)
            };
            let (got, asked, session) = of(15 * 60, 10).await;
            assert!(got.is_ok(), "{provider}: {got:?}");
            assert_eq!(asked, 41, "{provider}");
            // It is up now: who is not let in is told so at once, and who is busy is asked as usual.
            assert!(!session.may_be_booting());
            let (got, asked, _) = of(0, 10).await;
            assert!(got.is_err() && asked == TRIES, "{provider}: as ever without it: {asked}");
            let (got, asked, session) = of(60, 1000).await;
            assert!(got.is_err(), "{provider}");
            let passed = session.elapsed(session.opened);
            assert!(passed >= Duration::from_secs(60) && passed < Duration::from_secs(80), "{provider}: {passed:?}");
            assert!(asked > TRIES, "{provider}: {asked}");
        }
    }

    #[tokio::test]
    async fn a_wrong_password_is_no_boot_once_somebody_was_let_in() {
        let (session, script) = waited_for("vns3", Duration::from_secs(900)).await;
        session.get("/config").await.unwrap();
        let error = json!({ "error": { "name": "UnauthorizedError", "message": "Invalid or expired token" } });
        *script.answers.lock().unwrap() = (0..9).map(|_| Ok(Response::json(401, &error))).collect();
        *script.asked.lock().unwrap() = 0;
        assert!(session.get("/config").await.is_err());
        assert_eq!(*script.asked.lock().unwrap(), 1);
    }

    /// A restart as it looks from outside: the connection breaks, nobody listens, the proxy finds nobody, all is well.
    #[tokio::test]
    async fn a_restart_is_waited_for() {
        let mut phases = vec![Err(TransportError::Broken("reset".into()))];
        phases.extend((0..8).map(|_| refused()));
        phases.extend((0..8).map(|_| proxy(502)));
        phases.extend((0..4).map(|_| proxy(503)));
        let (session, script) = then(phases).await;
        assert_eq!(session.get("/version").await.unwrap()["version"], "7.1.0");
        assert_eq!(*script.asked.lock().unwrap(), 22);
    }

    #[tokio::test]
    async fn what_was_not_heard_is_sent_again_and_what_may_have_been_is_not() {
        let (session, script) = then((0..12).map(|_| refused()).collect()).await;
        session.send(Method::Post, "/executions", &RequestBody::Nothing).await.unwrap();
        assert_eq!(*script.asked.lock().unwrap(), 13);
        for unsure in [proxy(502), Err(TransportError::Broken("reset".into())), Err(TransportError::Timeout)] {
            let (session, script) = then(vec![unsure]).await;
            assert!(session.send(Method::Post, "/executions", &RequestBody::Nothing).await.unwrap_err().is_ambiguous());
            assert_eq!(*script.asked.lock().unwrap(), 1);
        }
    }

    /// A write that may have been heard is not sent again here; who does so later waits as long as the server asked for.
    #[tokio::test]
    async fn what_a_server_asks_for_is_told_to_whoever_sends_again() {
        for (after, wait) in [("8", Some(8)), ("soon", None)] {
            let busy = Response::json(503, &json!({ "message": "busy" })).header("Retry-After", after);
            let (session, script) = then(vec![Ok(busy)]).await;
            let error = session.send(Method::Post, "/executions", &RequestBody::Nothing).await.unwrap_err();
            assert_eq!((error.wait, *script.asked.lock().unwrap()), (wait, 1));
        }
    }

    /// Maintenance is no restart: the manager itself says so, and a person ends it.
    #[tokio::test]
    async fn a_manager_that_says_later_is_asked_a_few_times() {
        let maintenance = json!({ "error_code": "maintenance_mode_active", "message": "in maintenance mode" });
        let (session, script) = then((0..30).map(|_| Ok(Response::json(503, &maintenance))).collect()).await;
        assert!(session.get("/blueprints").await.is_err());
        assert_eq!(*script.asked.lock().unwrap(), TRIES);
    }

    #[tokio::test]
    async fn a_server_that_never_answered_is_not_waited_for() {
        let (session, script) = then((0..30).map(|_| refused()).collect()).await;
        session.answered.store(false, Ordering::Relaxed);
        let first = session.get("/version").await.unwrap_err();
        assert_eq!(*script.asked.lock().unwrap(), TRIES);
        // Nor is it asked over and over for all that it might hold: each says what it took.
        for asked in 1..=3 {
            let next = session.get("/blueprints").await.unwrap_err();
            assert_eq!((*script.asked.lock().unwrap(), next.effort), (TRIES + asked, first.effort));
        }
        // It is there after all.
        script.answers.lock().unwrap().clear();
        session.get("/version").await.unwrap();
        script.answers.lock().unwrap().push_back(refused());
        *script.asked.lock().unwrap() = 0;
        session.get("/version").await.unwrap();
        assert_eq!(*script.asked.lock().unwrap(), 2);
    }
}
