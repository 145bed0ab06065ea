//! Why a ledger can't be used, and what to do about it.

use std::io;

use super::store::StoreError;

/// Why a ledger can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file can't be read or written.
    #[error("could not {1} `{0}`")]
    Io(String, &'static str, #[source] io::Error),
    /// The file is not a ledger.
    #[error("`{0}` is not a ledger: {1}")]
    NotALedger(String, String),
    /// The file says something that this version does not know.
    #[error("`{0}`: {1}")]
    Unknown(String, String),
    /// The file is not as it was written.
    #[error("`{0}` is not as Trueup wrote it: its checksum differs")]
    Damaged(String),
    /// The file belongs to another workspace.
    #[error("`{0}` belongs to workspace `{1}`")]
    Other(String, String),
    /// The file is of a later format.
    #[error("`{0}` was written by a later version of Trueup (format {1})")]
    Later(String, u64),
    /// The key of the fingerprints is not here.
    #[error("{0}")]
    Key(String, String),
    /// A journal can't be understood.
    #[error("`{0}`, line {1}: {2}")]
    Journal(String, usize, String),
    /// Another run is under way.
    #[error("another run holds `{0}`")]
    Locked(String),
    /// The store can't be read or written.
    #[error("{0}")]
    Store(StoreError),
    /// Another run was faster.
    #[error("`{0}` was changed by another run since it was read")]
    Raced(String),
    /// Another run holds the lease.
    #[error("another run holds the lease: {0}")]
    Held(String),
    /// The lease of this run is another one's by now.
    #[error("the lease of this run is lost: another run took it over")]
    Lost,
    /// There is no ledger to be moved.
    #[error("there is no ledger in `{0}` that is to be kept elsewhere")]
    Nothing(String),
    /// It knows all runs that left a record.
    #[error("the ledger in `{0}` is there, and knows all runs that left a record: there is nothing to rebuild")]
    Whole(String),
    /// A ledger is where it was before, and none where it is to be.
    #[error("the ledger is still in `{0}`, and there is none at {1}")]
    Elsewhere(String, String),
}

impl LedgerError {
    /// The remedy.
    pub(crate) fn help(&self) -> Option<String> {
        Some(match self {
            LedgerError::Locked(_) => "wait until it has ended; the lock goes with its process".into(),
            LedgerError::NotALedger(..) => {
                "put it back from git or a backup; `trueup adopt --all` builds a new one".into()
            }
            LedgerError::Damaged(_) => {
                "put it back from git or a backup; if it was changed by hand on purpose, take its \
                                        line `checksum` out: the next save writes it anew"
                    .into()
            }
            LedgerError::Unknown(..) | LedgerError::Journal(..) => {
                "use the version of Trueup that wrote it, or put the file back from a backup".into()
            }
            LedgerError::Later(..) => "use that version: this one would lose what it does not understand".into(),
            LedgerError::Key(_, help) => help.clone(),
            LedgerError::Raced(_) => {
                "run it again: it reads what the other one did, and the journal of this one".into()
            }
            LedgerError::Held(_) => {
                "`--wait-for-lease 10m` waits for it; one that gives no sign of life is taken over \
                                     while somebody waits, and `trueup ledger unlock` takes it away at once"
                    .into()
            }
            LedgerError::Lost => "run it again: it reads what the other one did, and the journal of this one".into(),
            LedgerError::Nothing(_) => {
                "say where it is to be, as in `ledger: { git: { ref: refs/trueup/NAME } }`, `postgres` or `s3`".into()
            }
            LedgerError::Whole(_) => "`trueup adopt --all` takes what is declared and live into ownership".into(),
            LedgerError::Elsewhere(..) => "`trueup ledger move` takes it there".into(),
            LedgerError::Store(error) => return error.help().map(str::to_owned),
            LedgerError::Io(..) | LedgerError::Other(..) => return None,
        })
    }
}
