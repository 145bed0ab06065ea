//! One target: login, limits, retries, paging, settling.
//!
//! * `auth`: who asks
//! * `http`, `proxy`, `handshake`, `request_body`, `encode`: bytes; the only place where secrets become such
//! * `patience`, `attention`, `wait`: trying again, being stopped, and until it is done
//! * `fence`, `aside`: whether this run may still write; waiting from where nothing may wait
//! * `clock`: the time in which a target is waited for
//! * `list`, `pages`: whole lists
//! * `speech`, `partial`, `call_site`, `error`: what an answer says, and what to do about it
//! * `proofs`: what tells one installation from another, as far as a connection knows
//! * `download`, `content_cache`: content at URLs
//! * `database`: no target, but a server, too: where a ledger may be kept
//! * `vault`: secrets that are kept in Vault

mod aside;
mod attention;
mod auth;
mod call_site;
mod clock;
mod content_cache;
mod database;
mod download;
pub(crate) mod encode;
mod error;
mod fence;
mod handshake;
mod http;
mod list;
mod pages;
mod partial;
mod patience;
mod proofs;
mod proxy;
mod request_body;
mod speech;
mod vault;
mod wait;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::attr::Attr;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::session::auth::Proof;
use crate::session::speech::{is_error_in_success, told_in_text, words};
use crate::spec::{Auth, Provider, ServerVersion, TextTemplate, Word, lookup};
use crate::topology::Target;
use wire::{Method, Request, Response, Transport, TransportError};

pub(crate) use aside::Aside;
pub(crate) use attention::Attention;
pub use call_site::CallSite;
#[cfg(test)]
pub(crate) use clock::SkippingClock;
pub(crate) use clock::WallClock;
pub use clock::{Clock, Passing};
pub(crate) use content_cache::ContentCache;
pub(crate) use database::{DatabaseAccess, DatabaseError};
pub(crate) use download::{DownloadError, Downloads};
pub use error::CallError;
pub(crate) use error::{CallFailure, Job};
#[cfg(test)]
pub(crate) use error::{Effort, Speaker};
pub(crate) use fence::Fence;
pub use http::Http;
pub(crate) use http::{Clients, HttpError};
pub(crate) use proxy::reads_along;
pub use request_body::RequestBody;
pub(crate) use vault::Vault;
pub use wait::Waiting;
pub(crate) use wait::{AnsweredCall, WaitResult, Watch, is_under_way, job_id, tells_no_outputs};

/// A connection to one target.
pub struct Session {
    name: String,
    provider: &'static Provider,
    base: String,
    headers: Vec<(String, Secret)>,
    auth: auth::Login,
    transport: Arc<dyn Transport>,
    readers: Semaphore,
    writers: Semaphore,
    version: Option<String>,
    /// Set once the server has answered as this API does.
    answered: AtomicBool,
    /// Set once it has given what was asked for.
    has_let_in: AtomicBool,
    /// The time by the server's own clock, in seconds since 1970, as its last reply has it; 0 before one has.
    date: AtomicU64,
    /// The target's time when the session was opened.
    opened: Duration,
    /// How long from then on it is waited for while it boots.
    wait: Duration,
    /// Until when nobody is told again that it is waited for, in milliseconds.
    told_until: AtomicU64,
    /// What it took to find that nobody answers.
    given_up: OnceLock<error::Effort>,
    clock: Arc<dyn Clock>,
    redactor: Redactor,
    attention: Attention,
    /// Says whether the run may still write, where others may take its place.
    fence: OnceLock<Arc<dyn Fence>>,
}

/// A turn to write at a target: nobody else takes it as long as this lives.
pub(crate) type WriteTurn<'s> = Option<SemaphorePermit<'s>>;

impl Session {
    /// Logs in, and finds the server's version where it matters. No error will repeat what is under the veil.
    ///
    /// # Errors
    /// When the server can't be reached, or does not let us in.
    pub async fn open(
        target: &Target,
        redactor: &Redactor,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Result<Session, CallError> {
        Session::open_for(target, redactor, transport, clock, Attention::default()).await
    }

    /// The same, for whoever wants to stop it or to hear of its waits.
    ///
    /// # Errors
    /// As above.
    pub(crate) async fn open_for(
        target: &Target,
        redactor: &Redactor,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        attention: Attention,
    ) -> Result<Session, CallError> {
        let dialect = &target.provider.dialect;
        let provider = target.provider;
        let site = CallSite { target: &target.name, provider, method: Method::Get, path: "", redactor };
        let setting = |word: &Word| match word {
            Word::Target(name) => target.settings.get(name).cloned(),
            Word::Id | Word::Name | Word::Job | Word::Parent(..) | Word::Field(_) => None,
        };
        let headers = dialect.headers.iter().map(|(name, value)| {
            let filled = TextTemplate::of(value).fill(&setting).and_then(|value| encode::secret(&value).ok());
            ((*name).to_owned(), filled.unwrap_or_else(|| Secret::new("header", "")))
        });
        let mut session = Session {
            name: target.name.clone(),
            provider: target.provider,
            base: target.at.trim_end_matches('/').to_owned(),
            headers: headers.filter(|(_, value)| !value.is_empty()).collect(),
            auth: auth::Login::new(target, attention.rehearses)
                .map_err(|what| site.error(CallFailure::Unknown(what)))?,
            transport,
            readers: Semaphore::new(dialect.readers.max(1)),
            writers: Semaphore::new(dialect.writers.max(1)),
            version: None,
            answered: AtomicBool::new(false),
            has_let_in: AtomicBool::new(false),
            date: AtomicU64::new(0),
            opened: clock.now(),
            wait: target.wait,
            told_until: AtomicU64::new(0),
            given_up: OnceLock::new(),
            clock,
            redactor: redactor.clone(),
            attention,
            fence: OnceLock::new(),
        };
        session.version = match dialect.version {
            ServerVersion::Irrelevant => None,
            ServerVersion::Fixed(version) => Some(version.to_owned()),
            ServerVersion::Read { path, at } => {
                let reply = session.get(path).await?;
                lookup(&reply, at).and_then(Value::as_str).map(str::to_owned)
            }
        };
        Ok(session)
    }

    /// The target's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's version, where it makes a difference.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The time by the server's own clock, in seconds since 1970, as far as its replies tell it.
    pub(crate) fn date(&self) -> Option<u64> {
        Some(self.date.load(Ordering::Relaxed)).filter(|date| *date > 0)
    }

    /// How many requests its API takes at once: those with an effect, and reads.
    pub(crate) fn width(&self) -> (usize, usize) {
        let dialect = &self.provider.dialect;
        (dialect.writers, dialect.readers)
    }

    /// The name and password of the login, as an object that a reply might hold; for the kind that sets its password. They
    /// opened the last request.
    pub fn login(&self) -> Value {
        match (self.provider.dialect.auth, self.auth.password()) {
            (Auth::Basic { password, .. }, Some(secret)) => encode::login(password, secret),
            _ => json!({}),
        }
    }

    /// Reads JSON. Tried again while the server says "later" or does not answer: reading has no effect.
    ///
    /// # Errors
    /// When it stays so, or the server refuses, or the answer is no JSON.
    pub async fn get(&self, path: &str) -> Result<Value, CallError> {
        Ok(self.get_measured(path).await?.0)
    }

    /// The same, with the number of bytes that the answer has.
    async fn get_measured(&self, path: &str) -> Result<(Value, u64), CallError> {
        let _turn = self.readers.acquire().await;
        let response = self.persist(Method::Get, path, &RequestBody::Nothing).await?;
        let reply = self.parse(Method::Get, path, &response)?;
        Ok((self.succeeds(Method::Get, path, response.status, reply)?, response.body.len() as u64))
    }

    /// Asks for bytes: a file that the controller hands out. Any verb but GET is tried again only where it certainly had
    /// no effect.
    ///
    /// # Errors
    /// When the server refuses, or does not answer.
    pub async fn download(&self, method: Method, path: &str, body: &RequestBody<'_>) -> Result<Vec<u8>, CallError> {
        let turns = if method == Method::Get { &self.readers } else { &self.writers };
        let _turn = turns.acquire().await;
        let response = self.persist(method, path, body).await?;
        // A file may hold anything, and an error is short.
        if looks_like_json(&response)
            && response.body.len() <= MAX_ERROR
            && let Ok(reply) = serde_json::from_slice(&response.body)
        {
            self.succeeds(method, path, response.status, reply)?;
        }
        Ok(response.body)
    }

    /// Sends a request with an effect. It is tried again only where it certainly had none.
    ///
    /// # Errors
    /// When the server refuses or does not answer; see [`CallError::is_ambiguous`].
    pub async fn send(&self, method: Method, path: &str, body: &RequestBody<'_>) -> Result<Value, CallError> {
        let turn = self.turn_to_write().await;
        self.send_in(turn, method, path, body).await
    }

    /// Waits until nobody else writes.
    pub(crate) async fn turn_to_write(&self) -> WriteTurn<'_> {
        // Nobody closes it.
        self.writers.acquire().await.ok()
    }

    /// Sends a request with an effect in a turn that was waited for.
    ///
    /// # Errors
    /// As [`Session::send`].
    pub(crate) async fn send_in(
        &self,
        _turn: WriteTurn<'_>,
        method: Method,
        path: &str,
        body: &RequestBody<'_>,
    ) -> Result<Value, CallError> {
        let response = self.persist(method, path, body).await?;
        if response.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        match self.parse(method, path, &response) {
            Ok(reply) => self.succeeds(method, path, response.status, reply),
            // The effect is there; a reply in plain words is nothing to fail for. A page is no word of the API's.
            Err(_) if !looks_like_json(&response) && !is_page(&response) => Ok(Value::Null),
            Err(error) => Err(error),
        }
    }

    /// A reply that says success, unless it is an error: then that.
    fn succeeds(&self, method: Method, path: &str, status: u16, reply: Value) -> Result<Value, CallError> {
        match is_error_in_success(&self.provider.dialect, &reply) {
            true => Err(self.site(method, path).refused_in_json(status, &reply)),
            false => Ok(reply),
        }
    }

    /// One try.
    async fn once(
        &self,
        method: Method,
        path: &str,
        body: &RequestBody<'_>,
        proof: &Proof,
    ) -> Result<Response, TransportError> {
        let mut request = Request::new(method, format!("{}{path}", self.base));
        request.headers.push(("Accept".into(), "application/json".into()));
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value));
        let headers = headers.chain([(proof.header, &proof.value)]);
        request = headers.fold(request, |request, (name, value)| encode::header(request, name, value));
        let request = body.put_into(request, self.provider.dialect.file_type);
        tracing::debug!(target: "wire", "{} {method} {path}", self.name);
        let what = || format!("{}: no answer to {method} {}", self.name, path.split('?').next().unwrap_or_default());
        let answer = self.attention.wait_for(self.transport.send(request), &what).await;
        if let Ok(response) = &answer {
            tracing::debug!(target: "wire", "{} {method} {path}: {}", self.name, response.status);
        }
        answer
    }

    /// Text of the server's without secrets.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.redactor.redact(text)
    }

    fn parse(&self, method: Method, path: &str, response: &Response) -> Result<Value, CallError> {
        serde_json::from_slice(&response.body).map_err(|error| {
            let start = self.redactor.redact(&String::from_utf8_lossy(&response.body[..response.body.len().min(4096)]));
            let start: String = start.chars().take(40).collect();
            let what = match looks_like_json(response) {
                true => format!("JSON broken at line {} column {}", error.line(), error.column()),
                false if is_page(response) => {
                    format!("expected JSON, found {}", told_in_text(response, &self.redactor))
                }
                false => format!("expected JSON, found `{}`", start.trim()),
            };
            self.site(method, path).error(CallFailure::Unreadable(what))
        })
    }

    /// Takes note of the secrets in a value: no error will repeat them.
    pub(crate) fn learn(&self, attr: &Attr) {
        self.redactor.learn_from(attr);
    }

    /// The words that a good reply has for people, if it has any.
    pub(crate) fn words(&self, reply: &Value) -> Option<String> {
        words(self.provider, reply, &self.redactor)
    }

    /// The site that errors of a call tell.
    pub fn site<'w>(&'w self, method: Method, path: &'w str) -> CallSite<'w> {
        CallSite { target: &self.name, provider: self.provider, method, path, redactor: &self.redactor }
    }
}

/// A URL in the one spelling of those that mean the same: scheme and host have no case, a login is not part of it, and a
/// scheme's own port need not be said.
fn authority_in_lower_case(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = scheme.to_lowercase();
    let host = authority.rsplit('@').next().unwrap_or_default().to_lowercase();
    let port = if scheme == "http" { ":80" } else { ":443" };
    format!("{scheme}://{}{path}", host.strip_suffix(port).unwrap_or(&host))
}

/// More bytes than an error of any API takes.
const MAX_ERROR: usize = 64 << 10;

/// Says whether an answer is a page of HTML, as a proxy or a login gives.
fn is_page(response: &Response) -> bool {
    response.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

fn looks_like_json(response: &Response) -> bool {
    let first = response.body.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mean_the_same_are_spelt_alike() {
        for (url, spelt) in [
            ("https://East.Example:443/api", "https://east.example/api"),
            ("HTTPS://east.example:8443/API", "https://east.example:8443/API"),
            ("http://api:word@east.example:80", "http://east.example"),
            ("http://[2001:DB8::1]:8000/api", "http://[2001:db8::1]:8000/api"),
            ("http://east.example:443/api", "http://east.example:443/api"),
        ] {
            assert_eq!(authority_in_lower_case(url), spelt);
        }
    }
}
