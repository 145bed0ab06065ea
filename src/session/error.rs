//! The failures of calls, with their remedies.

use std::time::Duration;

use crate::attr::Attr;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::spec::{CallSpec, Kind};
use wire::{Method, OtherCertificate, TransportError};

/// A call that did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{target}: {method} {path}: {}", self.fact())]
pub struct CallError {
    /// The target.
    pub target: String,
    /// The verb.
    pub method: Method,
    /// The path without its query.
    pub path: String,
    /// The failure.
    pub what: CallFailure,
    /// The remedy.
    pub help: Option<String>,
    /// How hard it was tried.
    pub effort: Effort,
    /// The seconds that the server asked to wait before it is asked again. Every call may come to an error: it is small.
    pub wait: Option<u8>,
}

/// How often something was tried, and how long that took. It is small, since every call may come to an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    tries: u16,
    seconds: u16,
}

impl Effort {
    /// So many tries in that time, from the first to the end of the last.
    pub(super) fn of(tries: u32, took: Duration) -> Effort {
        let most = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
        Effort { tries: most(tries.into()), seconds: most(took.as_secs()) }
    }

    /// The effort in words, where it was more than one try. A time of less than a second tells nothing.
    fn words(self) -> Option<String> {
        match (self.tries, self.seconds) {
            (0 | 1, _) => None,
            (tries, 0) => Some(format!("{tries} tries")),
            (tries, seconds) => Some(format!("{tries} tries in {seconds} s")),
        }
    }
}

/// The failure of a call.
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
        /// Who said them.
        speaker: Speaker,
    },
    /// The answer is not what the API promises.
    #[error("the answer can't be read: {0}")]
    Unreadable(String),
    /// The answer says that part of it did not succeed.
    #[error("the controller did only a part of it: {0}")]
    Partial(String),
    /// The job that was waited for failed.
    #[error("{0}")]
    Job(Box<Job>),
    /// The job that was waited for did not end in time.
    #[error("still not done after {0} s")]
    Overdue(u64),
    /// Something that the call needs is not known.
    #[error("`{0}` never became known")]
    Unknown(String),
    /// It was not sent: its path leads to something else than what it is about.
    #[error("an id or a name is `{0}`, by which the path leads to something else; nothing was sent")]
    Astray(String),
    /// It was not sent, or not waited for any longer, because the run was asked to stop.
    #[error("the run was asked to stop")]
    Stopped,
    /// A list is longer than anybody has use for; says by what measure.
    #[error("the list is longer than {0} in all")]
    Endless(String),
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The API, in a form of its own.
    Api,
    /// Somebody else, such as a proxy, as far as the form tells.
    Stranger,
}

/// A job that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
pub struct Job {
    /// The failure.
    pub what: String,
    /// The controller's own messages about it, a line each.
    pub log: Vec<String>,
}

impl CallFailure {
    /// A job that failed, with nothing more to read about it.
    pub fn job(what: impl Into<String>) -> CallFailure {
        CallFailure::Job(Box::new(Job { what: what.into(), log: Vec::new() }))
    }

    /// The same, with no secret in the controller's words.
    pub(super) fn redacted(self, redactor: &Redactor) -> CallFailure {
        match self {
            CallFailure::Refused { status, message, speaker } => {
                CallFailure::Refused { status, message: redactor.redact(&message), speaker }
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
            | CallFailure::Astray(_)
            | CallFailure::Stopped
            | CallFailure::Endless(_) => self,
        }
    }
}

impl CallError {
    /// The failure, and how hard it was tried, without where: `not reached (connection refused, 4 tries in 7 s)`.
    pub fn fact(&self) -> String {
        match (&self.what, self.effort.words()) {
            (CallFailure::Failed(TransportError::Connect(why)), Some(effort)) => {
                format!("not reached ({why}, {effort})")
            }
            (CallFailure::Failed(TransportError::Connect(why)), None) => format!("not reached ({why})"),
            (what, Some(effort)) => format!("{what} ({effort})"),
            (what, None) => what.to_string(),
        }
    }

    /// The certificate that is not the pinned one, where that is what it is about.
    pub(crate) fn other_certificate(&mut self) -> Option<&mut OtherCertificate> {
        match &mut self.what {
            CallFailure::Failed(TransportError::OtherCertificate(other)) => Some(other),
            _ => None,
        }
    }

    /// Says whether it is about the connection to the target, and would have befallen any other call.
    pub(crate) fn is_of_the_connection(&self) -> bool {
        matches!(self.what, CallFailure::Failed(_))
    }

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
            | CallFailure::Astray(_)
            | CallFailure::Stopped
            | CallFailure::Endless(_) => false,
        }
    }

    /// Says whether the controller may have done some of what the call asked for. Whoever has no right, comes at a bad time or
    /// finds the place taken has moved nothing.
    pub(crate) fn may_have_effect(&self) -> bool {
        match &self.what {
            CallFailure::Refused { status, .. } => !matches!(status, 401 | 403 | 404 | 405 | 409 | 410 | 423 | 429),
            CallFailure::Partial(_) => true,
            _ => self.is_ambiguous(),
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

    /// The controller's own messages about it, a line each.
    pub fn log(&self) -> &[String] {
        match &self.what {
            CallFailure::Job(job) => &job.log,
            _ => &[],
        }
    }

    /// The controller's words and status, where it refused.
    pub fn refusal(&self) -> Option<(u16, &str)> {
        match &self.what {
            CallFailure::Refused { status, message, speaker: _ } => Some((*status, message)),
            _ => None,
        }
    }

    /// Says whether something is said not to be there, by whoever answered.
    pub(crate) fn says_absent(&self) -> bool {
        self.is_status(404) || self.is_status(410)
    }

    /// Says whether a read was refused for whom it is or what is asked for: the user's role, or the server's version or
    /// edition, has nothing of the kind.
    pub(crate) fn refuses_to_show(&self) -> bool {
        [403, 404, 405, 501].iter().any(|status| self.is_status(*status))
    }

    /// Says whether the API itself refused, and not something before it.
    pub(crate) fn is_of_the_api(&self) -> bool {
        matches!(self.what, CallFailure::Refused { speaker: Speaker::Api, .. })
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
    /// Says whether an error of a call on one object means that the object is not there any more. Only the API knows: a
    /// proxy that finds no backend answers 404 to everything.
    pub fn gone(&self, error: &CallError) -> bool {
        error.is_of_the_api() && self.api.gone.iter().any(|gone| fits(gone, error))
    }

    /// Says whether an error of a list says in words that there can't be any objects yet. A bare status is not enough: a
    /// wrong URL would read as an empty list.
    pub fn says_gone(&self, error: &CallError) -> bool {
        error.is_of_the_api() && self.api.gone.iter().any(|gone| !gone.1.is_empty() && fits(gone, error))
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
