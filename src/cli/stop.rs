//! Why a command stops before its end.

use std::path::Path;

use crate::cli::{Exit, Global, common};
use crate::finding::Finding;
use crate::ledger::LedgerError;
use crate::render::harmless;
use crate::session::{CallError, HttpError};

/// Why a command stopped before its end.
#[derive(Debug)]
pub enum Stop {
    /// The workspace is wrong.
    Findings(Vec<Finding>, Exit),
    /// A sentence, with what to do about it.
    Message(String, Option<String>, Exit),
    /// It was all said already.
    Said(Exit),
}

impl Stop {
    /// Something failed; nothing was changed.
    pub fn failed(message: impl Into<String>) -> Stop {
        Stop::Message(message.into(), None, Exit::Failed)
    }

    /// The same, with what to do about it.
    pub fn help(self, help: impl Into<String>) -> Stop {
        match self {
            Stop::Message(message, _, exit) => Stop::Message(message, Some(help.into()), exit),
            other => other,
        }
    }

    /// Says why on stderr.
    pub fn tell(self, global: &Global) -> Exit {
        match self {
            Stop::Findings(findings, exit) => {
                common::tell_findings(global, &findings);
                exit
            }
            Stop::Message(message, help, exit) => {
                eprintln!("error: {message}");
                if let Some(help) = help {
                    eprintln!("  help: {help}");
                }
                exit
            }
            Stop::Said(exit) => exit,
        }
    }
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Stop {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        let stop = Stop::failed(format!("{error}{cause}"));
        match error.help() {
            Some(help) => stop.help(help),
            None => stop,
        }
    }
}

impl From<HttpError> for Stop {
    fn from(error: HttpError) -> Stop {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Stop::failed(format!("{error}{cause}"))
    }
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Stop {
        let log: String = error.log().iter().map(|line| format!("\n  {}", harmless(line))).collect();
        Stop::Message(format!("{}{log}", harmless(&error.to_string())), error.help, Exit::Failed)
    }
}

/// Says what was being done when the system refused: its own words name neither the act nor the file.
pub(crate) trait Doing<T> {
    /// What was done, as in `read`, and the file or folder that it was done to.
    fn doing(self, verb: &str, path: &Path) -> Result<T, Stop>;

    /// What was done, where no file is concerned, as in `read the answer`.
    fn while_doing(self, what: &str) -> Result<T, Stop>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, verb: &str, path: &Path) -> Result<T, Stop> {
        self.while_doing(&format!("{verb} `{}`", path.display()))
    }

    fn while_doing(self, what: &str) -> Result<T, Stop> {
        self.map_err(|error| Stop::failed(format!("could not {what}: {error}")))
    }
}
