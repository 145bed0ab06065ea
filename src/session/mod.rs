//! One target: login, limits, retries, paging, settling.

mod attention;
mod auth;
mod content_cache;
mod download;
pub(crate) mod encode;
mod error;
mod handshake;
mod http;
mod list;
mod partial;
mod patience;
mod proxy;
mod wait;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::attr::Attr;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::session::auth::Proof;
use crate::spec::{Auth, Body, Provider, ServerVersion, TextTemplate, Word, lookup};
use crate::topology::Target;
use wire::{Method, Request, Response, Transport, TransportError};

pub(crate) use attention::Attention;
pub(crate) use content_cache::ContentCache;
pub(crate) use download::{DownloadError, Downloads};
pub use error::{CallError, CallSite};
pub(crate) use error::{CallFailure, Job};
pub use http::Http;
pub(crate) use http::{Clients, HttpError};
pub(crate) use proxy::reads_along;
pub use wait::Waiting;
pub(crate) use wait::{AnsweredCall, WaitResult, Watch, is_absent_on, is_under_way, job_id};

/// How long to wait between looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As the kinds say.
    Real,
    /// A simulator's clock moves with each request: waiting would only cost time.
    Simulated,
}

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
    pace: Pace,
    redactor: Redactor,
    attention: Attention,
}

/// A turn to write at a target: nobody else takes it as long as this lives.
pub(crate) type WriteTurn<'s> = Option<SemaphorePermit<'s>>;

/// A body to send.
pub enum RequestBody<'b> {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(&'b encode::Json),
    /// Bytes.
    Bytes(&'b [u8]),
    /// Bytes of plain text.
    Text(&'b [u8]),
}

impl<'b> RequestBody<'b> {
    /// A file, sent as the call's body says.
    pub fn file(body: Body, bytes: &'b [u8]) -> RequestBody<'b> {
        if matches!(body, Body::Text(_)) { RequestBody::Text(bytes) } else { RequestBody::Bytes(bytes) }
    }

    fn put_into(&self, request: Request) -> Request {
        let (kind, bytes) = match self {
            RequestBody::Nothing => return request,
            RequestBody::Json(json) => return json.put_into(request),
            RequestBody::Bytes(bytes) => ("application/octet-stream", bytes),
            RequestBody::Text(bytes) => ("text/plain", bytes),
        };
        let mut request = request.header("Content-Type", kind);
        request.body = bytes.to_vec();
        request
    }
}

impl Session {
    /// Logs in, and finds the server's version where it matters. No error will repeat what is under the veil.
    ///
    /// # Errors
    /// When the server can't be reached, or does not let us in.
    pub async fn open(
        target: &Target,
        redactor: &Redactor,
        transport: Arc<dyn Transport>,
        pace: Pace,
    ) -> Result<Session, CallError> {
        Session::open_for(target, redactor, transport, pace, Attention::default()).await
    }

    /// The same, for whoever wants to stop it or to hear of its waits.
    ///
    /// # Errors
    /// As above.
    pub(crate) async fn open_for(
        target: &Target,
        redactor: &Redactor,
        transport: Arc<dyn Transport>,
        pace: Pace,
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
            auth: auth::Login::new(target, pace).map_err(|what| site.error(CallFailure::Unknown(what)))?,
            transport,
            readers: Semaphore::new(dialect.readers.max(1)),
            writers: Semaphore::new(dialect.writers.max(1)),
            version: None,
            answered: AtomicBool::new(false),
            pace,
            redactor: redactor.clone(),
            attention,
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

    /// What the login is known by, as an object that a reply might hold; for the kind that sets its password. It is what
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
        Ok((self.parse(Method::Get, path, &response)?, response.body.len() as u64))
    }

    /// Asks for bytes: a file that the controller hands out. Any verb but GET is tried again only where it certainly had
    /// no effect.
    ///
    /// # Errors
    /// When the server refuses, or does not answer.
    pub async fn download(&self, method: Method, path: &str, body: &RequestBody<'_>) -> Result<Vec<u8>, CallError> {
        let turns = if method == Method::Get { &self.readers } else { &self.writers };
        let _turn = turns.acquire().await;
        Ok(self.persist(method, path, body).await?.body)
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
            Ok(value) => Ok(value),
            // The effect is there; a reply in plain words is nothing to fail for.
            Err(_) if !looks_like_json(&response) => Ok(Value::Null),
            Err(error) => Err(error),
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
        let headers = headers.chain([("Authorization", &proof.value)]);
        request = headers.fold(request, |request, (name, value)| encode::header(request, name, value));
        let request = body.put_into(request);
        tracing::debug!(target: "wire", "{} {method} {path}", self.name);
        let what = || format!("{}: no answer to {method} {}", self.name, path.split('?').next().unwrap_or_default());
        let answer = self.attention.wait_for(self.transport.send(request), &what).await;
        if let Ok(response) = &answer {
            tracing::debug!(target: "wire", "{} {method} {path}: {}", self.name, response.status);
        }
        answer
    }

    /// Sleeps, unless the server is a simulator whose clock does not care.
    pub async fn pause(&self, time: Duration) {
        tokio::time::sleep(self.paced(time)).await;
    }

    /// How long a pause takes here.
    pub(crate) fn paced(&self, time: Duration) -> Duration {
        match self.pace {
            Pace::Real => time,
            Pace::Simulated => time.min(Duration::from_millis(2)),
        }
    }

    fn parse(&self, method: Method, path: &str, response: &Response) -> Result<Value, CallError> {
        serde_json::from_slice(&response.body).map_err(|error| {
            let start = self.redactor.redact(&String::from_utf8_lossy(&response.body[..response.body.len().min(4096)]));
            let start: String = start.chars().take(40).collect();
            let what = match looks_like_json(response) {
                true => format!("JSON broken at line {} column {}", error.line(), error.column()),
                false => format!("expected JSON, found `{}`", start.trim()),
            };
            self.site(method, path).error(CallFailure::Unreadable(what))
        })
    }

    /// Takes note of the secrets in a value: no error will repeat them.
    pub(crate) fn learn(&self, attr: &Attr) {
        self.redactor.learn_from(attr);
    }

    /// What errors of a call tell.
    pub fn site<'w>(&'w self, method: Method, path: &'w str) -> CallSite<'w> {
        CallSite { target: &self.name, provider: self.provider, method, path, redactor: &self.redactor }
    }
}

fn looks_like_json(response: &Response) -> bool {
    let first = response.body.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'[' | b'"'))
}
