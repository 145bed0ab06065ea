//! The journal's second place: a file that grows in the ledger's store, under the lease of its run.
//!
//! A store that is away for a moment ends no run: lines are tried again for as long as the lease may stand. Once it is
//! another's, none is taken any more, so that nothing is done of which whoever went on does not know.

use std::io;
use std::sync::Arc;
use std::thread;

use super::lease::{HeldLease, LEASES};
use super::store::{Growth, Store, StoreError};
use crate::address::Escaped;
use crate::journal::Mirror;
use crate::session::Fence;

/// The file of a store that has the journal of a run, as in `journals/acme-wan/000017.jsonl`.
pub(super) fn journal_name(workspace: &str, run: u64) -> String {
    format!("journals/{}/{run:06}.jsonl", Escaped(workspace))
}

/// The journal of a run in the ledger's store.
#[derive(Debug)]
pub(super) struct StoredJournal {
    store: Arc<dyn Store>,
    lease: Arc<HeldLease>,
    file: String,
    part: i64,
}

impl StoredJournal {
    /// The one of a run that holds the lease; `None` where the store keeps none.
    pub(super) fn of(store: &Arc<dyn Store>, lease: &Arc<HeldLease>, file: String) -> Option<StoredJournal> {
        store.grows().then(|| StoredJournal { store: store.clone(), lease: lease.clone(), file, part: 0 })
    }
}

impl Mirror for StoredJournal {
    fn commit(&mut self, lines: &[String]) -> io::Result<()> {
        let (lines, lease) = (lines.concat(), self.lease.mark());
        let growth = Growth { file: &self.file, part: self.part, lines: &lines, leases: LEASES, lease: &lease };
        loop {
            if let Some(why) = self.lease.closed() {
                return Err(io::Error::other(why));
            }
            match self.store.grow(&growth) {
                Ok(()) => break,
                Err(StoreError::Raced) => self.lease.is_lost(),
                Err(error @ StoreError::Refused(_)) => return Err(io::Error::other(error.to_string())),
                Err(StoreError::Away(_)) => thread::sleep(self.lease.retry()),
            }
        }
        self.part += 1;
        Ok(())
    }
}
