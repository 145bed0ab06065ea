//! Stores: where the ledger is kept, each behind one small interface.
//!
//! A store holds a few files that change together: the ledgers of its workspaces, and what is kept of their runs. It is read
//! at a state, and changed if that is still its state: of two who change it at once, one is told that the other was
//! faster. Nothing else is asked of a store, so that anything that can compare and swap is one.
//!
//! | store | a state is told by | who refuses the slower one |
//! |---|---|---|
//! | `file` | the digest of the ledger | a lock beside it |
//! | `git` | a commit without parents | the server that is pushed to |
//! | `postgres` | a mark made by chance | the row that has it |
//! | `s3` | the `ETag` of an object | the server, where it honours `If-Match` |

mod file;
mod git;
mod postgres;
mod s3;
mod s3_words;
#[cfg(test)]
mod suite;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

pub(crate) use file::FileStore;
pub(crate) use git::GitStore;
pub(crate) use postgres::PostgresStore;
#[cfg(test)]
pub(crate) use postgres::TABLES;
pub(crate) use s3::S3Store;

/// The mark of one state of a store. Two states have different ones, since a ledger counts its saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreState(String);

impl fmt::Display for StoreState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The files that change, with what they hold from then on, as in `acme.json`; `None` takes a file away.
pub(crate) type StoreChange = BTreeMap<String, Option<Vec<u8>>>;

/// Why a store did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It is in another state by now: somebody else was faster.
    #[error("somebody else changed it meanwhile")]
    Raced,
    /// It can't be reached, or does not answer as it should.
    #[error("{0}")]
    Away(StoreTrouble),
    /// It says no, and would the next time.
    #[error("{0}")]
    Refused(StoreTrouble),
}

impl StoreError {
    /// The remedy.
    pub(super) fn help(&self) -> Option<&str> {
        match self {
            StoreError::Raced => None,
            StoreError::Away(trouble) | StoreError::Refused(trouble) => trouble.help.as_deref(),
        }
    }
}

/// The words for what a store did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreTrouble {
    told: String,
    help: Option<String>,
}

impl StoreTrouble {
    fn new(told: impl Into<String>) -> StoreTrouble {
        StoreTrouble { told: told.into(), help: None }
    }

    fn help(self, help: impl Into<String>) -> StoreTrouble {
        StoreTrouble { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for StoreTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}

/// A place where ledgers are kept.
pub(crate) trait Store: fmt::Debug + Send + Sync {
    /// The place for people, as in `.trueup/ledger.json`.
    fn name(&self) -> String;

    /// The state that it is in; `None` where nothing was ever kept.
    ///
    /// # Errors
    /// It can't be read. Not read is not missing.
    fn state(&self) -> Result<Option<StoreState>, StoreError>;

    /// What a file holds at a state, if it is there.
    ///
    /// # Errors
    /// It can't be read; [`StoreError::Raced`]: the state is not there any more.
    fn read(&self, at: &StoreState, file: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Changes it from the state `from`; from `None`, where nothing was ever kept. Gives the state that it is in then.
    ///
    /// # Errors
    /// [`StoreError::Raced`]: it is in another state. After any other error nobody knows whether it was done: whoever reads
    /// it sees.
    fn swap(&self, from: Option<&StoreState>, change: &StoreChange) -> Result<StoreState, StoreError>;

    /// Says whether a file may grow there line by line, which is no change of its state.
    fn grows(&self) -> bool {
        false
    }

    /// Adds lines to a file that grows, if one of the leases that a file of the store has still stands: that is looked at in the
    /// same step.
    ///
    /// # Errors
    /// [`StoreError::Raced`]: there is no such lease. After any other error nobody knows whether they are there; to add them
    /// once more changes nothing then.
    fn grow(&self, growth: &Growth<'_>) -> Result<(), StoreError> {
        Err(StoreError::Refused(StoreTrouble::new(format!("`{}` does not grow in {}", growth.file, self.name()))))
    }
}

/// Lines that a file grows by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth<'a> {
    /// The file.
    pub file: &'a str,
    /// The number of these lines among all that it grew by.
    pub part: i64,
    /// The lines, each with its end.
    pub lines: &'a str,
    /// The file that has the leases.
    pub leases: &'a str,
    /// What the lease says that has to be there: part of its object.
    pub lease: &'a Value,
}

/// Changes a store, and makes sure what became of it where the answer got lost.
///
/// # Errors
/// It was not changed, or can't be reached.
pub(crate) fn swap_surely(
    store: &dyn Store,
    from: Option<&StoreState>,
    change: &StoreChange,
) -> Result<StoreState, StoreError> {
    let error = match store.swap(from, change) {
        Ok(state) => return Ok(state),
        Err(error @ (StoreError::Refused(_) | StoreError::Raced)) => return Err(error),
        Err(error) => error,
    };
    let Some(now) = store.state()? else {
        return Err(if from.is_none() { error } else { StoreError::Raced });
    };
    if from == Some(&now) {
        return Err(error);
    }
    // Whoever else wrote the same meanwhile had the same to say.
    for (file, bytes) in change {
        if store.read(&now, file)? != *bytes {
            return Err(StoreError::Raced);
        }
    }
    Ok(now)
}
