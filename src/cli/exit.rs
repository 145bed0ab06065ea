//! How a command ends.

use crate::cli::{Global, common};
use crate::finding::Finding;
use crate::ledger::LedgerError;
use crate::render::harmless;
use crate::session::{CallError, HttpError};

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to do, or all done.
    Done,
    /// Failed; nothing was changed.
    Failed,
    /// Bits of `plan --exit-code` and `drift`: 2 changes pending, 4 drift, 8 conflict, 16 a policy broken.
    Bits(u8),
    /// `validate`: findings.
    Findings,
    /// `apply`: failed part-way; the report says what was done and what to run next.
    Partial,
    /// Usage.
    Usage,
}

/// Changes are pending.
pub(crate) const PENDING: u8 = 2;
/// Somebody moved a controller.
pub(crate) const DRIFT: u8 = 4;
/// File and controller both moved.
pub(crate) const CONFLICT: u8 = 8;
/// A policy is broken.
pub(crate) const POLICY: u8 = 16;

impl Exit {
    /// The number for the shell.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Bits(bits) => bits,
            Exit::Findings => 3,
            Exit::Partial => 5,
            Exit::Usage => 64,
        }
    }
}

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

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::failed(error.to_string())
    }
}
