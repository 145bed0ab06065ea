//! What a call can come to, with what to do about it.

use serde_json::Value;

use crate::attr::Attr;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::spec::{CallSpec, Kind, Provider, lookup};
use wire::{Method, Response, TransportError};

/// A call that did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{target}: {method} {path}: {what}")]
pub struct CallError {
    /// The target.
    pub target: String,
    /// The verb.
    pub method: Method,
    /// The path without its query.
    pub path: String,
    /// What happened.
    pub what: CallFailure,
    /// What to do about it.
    pub help: Option<String>,
}

/// What happened to a call.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallFailure {
    /// No answer came.
    #[error("{0}")]
    Failed(TransportError),
    /// The server refused.
    #[error("the controller answered {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The controller's own words.
        message: String,
    },
    /// The answer is not what the API promises.
    #[error("the answer can't be read: {0}")]
    Unreadable(String),
    /// The answer says that part of it did not succeed.
    #[error("the controller did only a part of it: {0}")]
    Partial(String),
    /// What was waited for failed.
    #[error("{0}")]
    Job(Box<Job>),
    /// What was waited for did not end in time.
    #[error("still not done after {0} s")]
    Overdue(u64),
    /// Something that the call needs is not known.
    #[error("`{0}` never became known")]
    Unknown(String),
    /// It was not sent, or not waited for any longer, because the run was asked to stop.
    #[error("the run was asked to stop")]
    Stopped,
    /// A list is longer than anybody has use for; says by what measure.
    #[error("the list is longer than {0} in all")]
    Endless(String),
}

/// A job that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
pub struct Job {
    /// What happened.
    pub what: String,
    /// What the controller's own messages say about it, a line each.
    pub log: Vec<String>,
}

impl CallFailure {
    /// A job that failed, with nothing more to read about it.
    pub fn job(what: impl Into<String>) -> CallFailure {
        CallFailure::Job(Box::new(Job { what: what.into(), log: Vec::new() }))
    }

    /// The same, with no secret in the controller's words.
    fn redacted(self, redactor: &Redactor) -> CallFailure {
        match self {
            CallFailure::Refused { status, message } => {
                CallFailure::Refused { status, message: redactor.redact(&message) }
            }
            CallFailure::Unreadable(text) => CallFailure::Unreadable(redactor.redact(&text)),
            CallFailure::Partial(text) => CallFailure::Partial(redactor.redact(&text)),
            CallFailure::Job(job) => {
                let log = job.log.iter().map(|line| redactor.redact(line)).collect();
                CallFailure::Job(Box::new(Job { what: redactor.redact(&job.what), log }))
            }
            CallFailure::Failed(_)
            | CallFailure::Overdue(_)
            | CallFailure::Unknown(_)
            | CallFailure::Stopped
            | CallFailure::Endless(_) => self,
        }
    }
}

impl CallError {
    /// Says whether the call may have had its effect although it did not succeed.
    pub fn is_ambiguous(&self) -> bool {
        match &self.what {
            CallFailure::Failed(failure) => failure.is_ambiguous(),
            CallFailure::Refused { status, .. } => matches!(status, 500 | 502 | 503 | 504),
            CallFailure::Unreadable(_) => true,
            CallFailure::Partial(_)
            | CallFailure::Job(_)
            | CallFailure::Overdue(_)
            | CallFailure::Unknown(_)
            | CallFailure::Stopped
            | CallFailure::Endless(_) => false,
        }
    }

    /// Says whether the server answered so.
    pub fn is_status(&self, wanted: u16) -> bool {
        matches!(self.what, CallFailure::Refused { status, .. } if status == wanted)
    }

    /// The same error without what it may have echoed of the secrets in what was sent: one that was issued in this run is
    /// none of the workspace's.
    pub fn redact_sent(self, sent: &Attr) -> CallError {
        let mut secrets = Vec::new();
        collect(sent, &mut secrets);
        CallError { what: self.what.redacted(&Redactor::new(secrets)), ..self }
    }

    /// What the controller's own messages say about it, a line each.
    pub fn log(&self) -> &[String] {
        match &self.what {
            CallFailure::Job(job) => &job.log,
            _ => &[],
        }
    }

    /// The controller's words and status, where it refused.
    pub fn refusal(&self) -> Option<(u16, &str)> {
        match &self.what {
            CallFailure::Refused { status, message } => Some((*status, message)),
            _ => None,
        }
    }
}

/// The secrets in a value.
fn collect(attr: &Attr, secrets: &mut Vec<Secret>) {
    match attr {
        Attr::Secret(secret) => secrets.push(secret.clone()),
        Attr::List(items) => items.iter().for_each(|item| collect(item, secrets)),
        Attr::Map(map) => map.values().for_each(|value| collect(value, secrets)),
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Later(_) => {}
    }
}

impl Kind {
    /// Says whether an error of a call on one object means that the object is not there any more.
    pub fn gone(&self, error: &CallError) -> bool {
        self.api.gone.iter().any(|gone| fits(gone, error))
    }

    /// Says whether an error of a list says in words that there can't be any objects yet. A bare status is not enough: a
    /// wrong URL would read as an empty list.
    pub fn says_gone(&self, error: &CallError) -> bool {
        self.api.gone.iter().any(|gone| !gone.1.is_empty() && fits(gone, error))
    }
}

impl CallSpec {
    /// Says whether an error of the call means that it came too early.
    pub fn is_too_early(&self, error: &CallError) -> bool {
        self.retry_on.iter().any(|refusal| fits(refusal, error))
    }
}

fn fits((status, part): &(u16, &str), error: &CallError) -> bool {
    error
        .refusal()
        .is_some_and(|(code, message)| code == *status && message.to_lowercase().contains(&part.to_lowercase()))
}

/// Where a call went: what its errors tell.
#[derive(Debug, Clone, Copy)]
pub struct CallSite<'w> {
    /// The target.
    pub target: &'w str,
    /// The API.
    pub provider: &'static Provider,
    /// The verb.
    pub method: Method,
    /// The path with query.
    pub path: &'w str,
    /// What no error may repeat.
    pub redactor: &'w Redactor,
}

impl CallSite<'_> {
    /// The error that this came to.
    pub fn error(&self, what: CallFailure) -> CallError {
        let what = what.redacted(self.redactor);
        let help = self.help(&what);
        let path = self.path.split('?').next().unwrap_or_default().to_owned();
        CallError { target: self.target.to_owned(), method: self.method, path, what, help }
    }

    /// The error of an answer that is no success.
    pub fn refused(&self, response: &Response) -> CallError {
        let message = message(self.provider, response, self.redactor);
        self.error(CallFailure::Refused { status: response.status, message })
    }

    fn help(&self, what: &CallFailure) -> Option<String> {
        let target = self.target;
        match what {
            CallFailure::Failed(TransportError::Connect(_)) => {
                Some(format!("check `at` of target `{target}`, and that this machine may reach it"))
            }
            CallFailure::Failed(TransportError::Tls(_)) => Some(format!(
                "name the authority's PEM file in `tls.ca-file` of target `{target}`, or pin the server's own certificate in \
                 `tls.pin-sha256`, with the SHA-256 that you read at the controller itself"
            )),
            CallFailure::Failed(TransportError::OtherCertificate(_)) => Some(format!(
                "it was renewed, or somebody stands in between: compare it by another way than this connection, such as the \
                 controller's own console, and change `tls.pin-sha256` of target `{target}` once it agrees there"
            )),
            CallFailure::Failed(TransportError::Timeout | TransportError::Broken(_)) => {
                Some("the request may have had its effect: run again, what is done is found and not done twice".into())
            }
            CallFailure::Failed(TransportError::TooLarge(_)) => {
                Some("raise the limit with TRUEUP_MAX_REPLY_BYTES if the answer is meant to be that large".into())
            }
            CallFailure::Refused { status, message } => self.remedy(*status, message),
            CallFailure::Unreadable(_) => Some(format!(
                "check that `at` of target `{target}` is the API's base URL, as in `{}`, and not a proxy or login page",
                self.provider.dialect.example
            )),
            CallFailure::Overdue(_) => Some("it may still end well: run again to look".into()),
            CallFailure::Endless(_) => Some(format!(
                "see what `{target}` holds so much of; TRUEUP_MAX_REPLY_BYTES raises the limit of a list's bytes"
            )),
            CallFailure::Partial(_) | CallFailure::Job(_) | CallFailure::Unknown(_) | CallFailure::Stopped => None,
        }
    }

    fn remedy(&self, status: u16, message: &str) -> Option<String> {
        let lower = message.to_lowercase();
        let own = self
            .provider
            .dialect
            .remedies
            .iter()
            .find(|(code, part, _)| *code == status && lower.contains(&part.to_lowercase()));
        let target = self.target;
        own.filter(|(_, _, help)| !help.is_empty()).map(|(_, _, help)| (*help).to_owned()).or_else(|| match status {
            401 => Some(format!("check `credentials` of target `{target}`")),
            403 => Some(format!("the account of target `{target}` may not do this, or a licence is missing")),
            404 => Some(format!(
                "check `at` of target `{target}`: the API's base URL is like `{}`",
                self.provider.dialect.example
            )),
            429 => Some("the controller asks for fewer requests: run again later".into()),
            500..=599 => Some("the controller has a problem of its own: look at its log, and run again".into()),
            _ => None,
        })
    }
}

/// The server's own words, from any of the shapes that it uses; of an HTML page, its title. Secrets are redacted before
/// anything is cut short, so that not even a part of one is left.
pub(crate) fn message(provider: &Provider, response: &Response, redactor: &Redactor) -> String {
    if let Ok(body) = serde_json::from_slice::<Value>(&response.body) {
        let found =
            provider.dialect.messages.iter().find_map(|path| lookup(&body, path)).filter(|value| !value.is_null());
        return match found {
            Some(Value::String(text)) => redactor.redact(text),
            Some(other) => short(&redactor.redact(&other.to_string())),
            None => short(&redactor.redact(&body.to_string())),
        };
    }
    let text = redactor.redact(&String::from_utf8_lossy(&response.body));
    let text = text.trim();
    if text.is_empty() {
        return "no words".into();
    }
    match html_title(text) {
        Some(title) => format!("an HTML page: {title}"),
        None => short(text),
    }
}

fn html_title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if !lower.starts_with('<') {
        return None;
    }
    let start = lower.find("<title>").map(|at| at + "<title>".len())?;
    let end = lower.get(start..)?.find("</title>")? + start;
    text.get(start..end).map(|title| short(title.trim()))
}

/// What of a long text fits a message.
fn short(text: &str) -> String {
    const LIMIT: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LIMIT) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_controller_echoes_is_taken_out() {
        let psk = Attr::List(vec![Attr::Secret(Secret::new("secret.psk", "canary"))]);
        let sent = Attr::Map([("psk".to_owned(), psk)].into());
        let provider = crate::providers::CATALOGUE[0];
        let redactor = Redactor::new([Secret::new("secret.other", "magpie")]);
        let site = CallSite { target: "east", provider, method: Method::Post, path: "/x", redactor: &redactor };
        let error = site.error(CallFailure::job("`canary` and magpie")).redact_sent(&sent);
        assert_eq!(error.to_string(), "east: POST /x: `(secret secret.psk)` and (secret secret.other)");
    }
}
