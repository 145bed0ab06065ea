//! The place of a workspace's document in its store: replaced if it is still the one that was read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::lease::{HeldLease, LEASES, LeaseBook, RACES};
use super::store::{Store, StoreChange, StoreError, StoreState, swap_surely};
use super::{LedgerError, document_name, newest};
use crate::digest::sha256;

/// Says what changes beside a document at a state of its store.
type Beside<'b> = dyn FnMut(&dyn Store, Option<&StoreState>) -> Result<StoreChange, LedgerError> + 'b;

/// A workspace's document, as it was read or written last.
#[derive(Debug)]
pub(super) struct DocumentPlace {
    store: Arc<dyn Store>,
    file: String,
    /// The digest of the document; `None` where there was none. Who holds it is the only one here that writes.
    known: Mutex<Option<String>>,
}

impl DocumentPlace {
    /// Reads a workspace's document. Gives its bytes, too, where there is one.
    pub(super) fn read(
        store: Arc<dyn Store>,
        workspace: &str,
    ) -> Result<(DocumentPlace, Option<Vec<u8>>), LedgerError> {
        let file = document_name(workspace);
        let (_, bytes) = newest(&*store, &file)?;
        let known = Mutex::new(bytes.as_ref().map(sha256));
        Ok((DocumentPlace { store, file, known }, bytes))
    }

    /// The store's name for people.
    pub(super) fn name(&self) -> String {
        self.store.name()
    }

    /// Where it is.
    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The journal that another machine left there, if the store keeps journals.
    pub(super) fn journal(&self, file: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        if self.store.grows() { Ok(newest(&*self.store, file)?.1) } else { Ok(None) }
    }

    /// Puts a document in place of the one that was read; under a lease, if that still stands, of which it is a sign of life.
    /// `beside` says what changes with it at a state of the store; whatever else does is somebody else's affair.
    pub(super) fn replace(
        &self,
        bytes: Vec<u8>,
        lease: Option<&HeldLease>,
        beside: &mut Beside<'_>,
    ) -> Result<(), LedgerError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = sha256(&bytes);
        for _ in 0..RACES {
            let asked = Instant::now();
            let (state, now) = newest(&*self.store, &self.file)?;
            let changes = self.change_beside(state.as_ref(), lease, beside);
            let mut change = match changes {
                // The state that was read is not there any more.
                Err(LedgerError::Store(StoreError::Raced)) => continue,
                changes => changes?,
            };
            if now.as_ref().map(sha256) != *known {
                return Err(LedgerError::Raced(self.name()));
            }
            change.insert(self.file.clone(), Some(bytes.clone()));
            match swap_surely(&*self.store, state.as_ref(), &change) {
                Ok(_) => {
                    *known = Some(digest);
                    lease.inspect(|lease| lease.is_confirmed(asked));
                    return Ok(());
                }
                Err(StoreError::Raced) => {}
                Err(error) => return Err(LedgerError::Store(error)),
            }
        }
        Err(LedgerError::Raced(self.name()))
    }

    /// What changes with the document at a state of the store, a sign of life of the lease among it.
    fn change_beside(
        &self,
        state: Option<&StoreState>,
        lease: Option<&HeldLease>,
        beside: &mut Beside<'_>,
    ) -> Result<StoreChange, LedgerError> {
        let mut change = beside(&*self.store, state)?;
        if let Some(lease) = lease {
            let book = state.map(|state| self.store.read(state, LEASES)).transpose().map_err(LedgerError::Store)?;
            let mut book = LeaseBook::read(book.flatten().as_deref(), &self.name())?;
            if !lease.count_in(&mut book) {
                lease.is_lost();
                return Err(LedgerError::Lost);
            }
            change.extend(book.written()?);
        }
        Ok(change)
    }
}
