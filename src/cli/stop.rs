//! Why a command stops before its end.

use std::path::Path;

use crate::cli::{Exit, Global, common};
use crate::finding::Finding;
use crate::ledger::LedgerError;
use crate::render::sanitize_control;
use crate::session::{CallError, HttpError};

/// Why a command stopped before its end.
#[derive(Debug)]
pub enum CommandError {
    /// The workspace is wrong.
    Findings(Vec<Finding>, Exit),
    /// A sentence, with what to do about it.
    Message(String, Option<String>, Exit),
    /// It was all said already.
    Said(Exit),
}

impl CommandError {
    /// Something failed; nothing was changed.
    pub fn failed(message: impl Into<String>) -> CommandError {
        CommandError::Message(message.into(), None, Exit::Failed)
    }

    /// The same, with what to do about it.
    pub fn help(self, help: impl Into<String>) -> CommandError {
        match self {
            CommandError::Message(message, _, exit) => CommandError::Message(message, Some(help.into()), exit),
            other => other,
        }
    }

    /// Says why on stderr.
    pub fn tell(self, global: &Global) -> Exit {
        match self {
            CommandError::Findings(findings, exit) => {
                common::tell_findings(global, &findings);
                exit
            }
            CommandError::Message(message, help, exit) => {
                eprintln!("error: {message}");
                if let Some(help) = help {
                    eprintln!("  help: {help}");
                }
                exit
            }
            CommandError::Said(exit) => exit,
        }
    }
}

impl From<LedgerError> for CommandError {
    fn from(error: LedgerError) -> CommandError {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        let stop = CommandError::failed(format!("{error}{cause}"));
        match error.help() {
            Some(help) => stop.help(help),
            None => stop,
        }
    }
}

impl From<HttpError> for CommandError {
    fn from(error: HttpError) -> CommandError {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        CommandError::failed(format!("{error}{cause}"))
    }
}

impl From<CallError> for CommandError {
    fn from(error: CallError) -> CommandError {
        let log: String = error.log().iter().map(|line| format!("\n  {}", sanitize_control(line))).collect();
        CommandError::Message(format!("{}{log}", sanitize_control(&error.to_string())), error.help, Exit::Failed)
    }
}

/// Says what was being done when the system refused: its own words name neither the act nor the file.
pub(crate) trait Doing<T> {
    /// The act, as in `read`, and the file or folder that it was done to.
    fn doing(self, verb: &str, path: &Path) -> Result<T, CommandError>;

    /// The act, where no file is concerned, as in `read the answer`.
    fn while_doing(self, what: &str) -> Result<T, CommandError>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, verb: &str, path: &Path) -> Result<T, CommandError> {
        self.while_doing(&format!("{verb} `{}`", path.display()))
    }

    fn while_doing(self, what: &str) -> Result<T, CommandError> {
        self.map_err(|error| CommandError::failed(format!("could not {what}: {error}")))
    }
}
