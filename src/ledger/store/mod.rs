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

mod file;
mod git;
#[cfg(test)]
mod suite;

use std::collections::BTreeMap;
use std::fmt;

pub(crate) use file::FileStore;
pub(crate) use git::GitStore;

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
pub(crate) enum StoreError {
    /// It is in another state by now: somebody else was faster.
    #[error("somebody else changed it meanwhile")]
    Raced,
    /// It can't be reached, or does not answer as it should.
    #[error("{0}")]
    Away(String),
    /// It says no, and would the next time.
    #[error("{0}")]
    Refused(String),
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
