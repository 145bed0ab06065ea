//! Checkpoints: how far a run has come, where other machines can read it.
//!
//! The journal lies on the disk of the machine that runs. So that nothing is lost with that disk, its lines are folded into
//! a copy of the ledger as well. The copy goes into the shared document with each sign of life, and at once where a line says
//! that something is about to be made of which the document knows nothing: what it is was known only by then.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::format::{self, LedgerDocument};
use super::lease::HeldLease;
use super::place::DocumentPlace;
use super::store::StoreChange;
use super::{LedgerError, fill};
use crate::journal::{self, Mirror};
use crate::session::Fence;
use crate::state::base::Base;

/// How far a run has come.
#[derive(Debug)]
pub(super) struct Checkpoint {
    place: Arc<DocumentPlace>,
    progress: Mutex<RunProgress>,
    /// Says whether the run has ended. Who keeps a checkpoint holds it, so that none comes after the end.
    is_over: Mutex<bool>,
}

/// The ledger of a run that is under way.
#[derive(Debug)]
struct RunProgress {
    document: LedgerDocument,
    base: Base,
    /// Says whether the document lacks something of it.
    is_ahead: bool,
}

impl Checkpoint {
    /// The checkpoint of a run that begins, whose document holds all that it is about to make as far as that is known.
    pub(super) fn begin(place: Arc<DocumentPlace>, document: LedgerDocument, base: Base) -> Checkpoint {
        Checkpoint {
            place,
            progress: Mutex::new(RunProgress { document, base, is_ahead: false }),
            is_over: Mutex::new(false),
        }
    }

    fn progress(&self) -> MutexGuard<'_, RunProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it: nothing more is kept of it. Gives the number of the document's last save.
    pub(super) fn end(&self) -> u64 {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.progress().document.serial
    }

    /// Keeps it in the document, which is a sign of life; without anything new, the sign of life alone. `None` where the lease
    /// is not there any more, or somebody else has written.
    pub(super) fn keep(&self, lease: &HeldLease) -> Result<Option<()>, LedgerError> {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_over {
            return lease.renew();
        }
        let Some(bytes) = self.next_document()? else { return lease.renew() };
        match self.place.replace(bytes, Some(lease), &mut |_, _| Ok(StoreChange::new())) {
            Ok(()) => Ok(Some(())),
            Err(LedgerError::Lost | LedgerError::Raced(_)) => Ok(None),
            Err(error) => {
                self.progress().is_ahead = true;
                Err(error)
            }
        }
    }

    /// The document that is to be kept, if there is anything new.
    fn next_document(&self) -> Result<Option<Vec<u8>>, LedgerError> {
        let mut progress = self.progress();
        let RunProgress { document, base, is_ahead } = &mut *progress;
        if !std::mem::take(is_ahead) {
            return Ok(None);
        }
        fill(document, base);
        let fail = |error: serde_json::Error| LedgerError::Unknown(self.place.name(), error.to_string());
        let text = format::write(document).map_err(fail)?;
        Ok(Some(text.into_bytes()))
    }

    /// Takes lines over. Says whether one is about to make what the document knows nothing of.
    fn follow(&self, lines: &[String]) -> io::Result<bool> {
        let mut progress = self.progress();
        let mut is_urgent = false;
        for line in lines {
            is_urgent |= journal::follow(line, &mut progress.base)?;
        }
        progress.is_ahead = true;
        Ok(is_urgent)
    }
}

/// Takes a journal's lines into the checkpoint of its run.
#[derive(Debug)]
pub(super) struct CheckpointMirror {
    pub(super) checkpoint: Arc<Checkpoint>,
    pub(super) lease: Arc<HeldLease>,
}

impl Mirror for CheckpointMirror {
    fn commit(&mut self, lines: &[String]) -> io::Result<()> {
        if !self.checkpoint.follow(lines)? {
            return Ok(());
        }
        loop {
            let error = match self.checkpoint.keep(&self.lease) {
                Ok(Some(())) => return Ok(()),
                Ok(None) => {
                    self.lease.is_lost();
                    LedgerError::Lost
                }
                Err(error) => error,
            };
            // A store that is away for a moment costs that moment, and no run.
            if self.lease.closed().is_some() {
                return Err(io::Error::other(error));
            }
            thread::sleep(self.lease.retry());
        }
    }
}
