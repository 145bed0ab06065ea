//! The ledger: what Trueup owns, kept in a store.
//!
//! The journal is its write-ahead log: what a run did is folded into it, at the run's end or by the next run. The key of
//! its fingerprints is kept elsewhere, so that who may read the ledger can't guess a password.
//!
//! `format` is the document, `first` reads that of version 0.1, `store` is where it is kept, and `place` its place there; `hold`
//! and `lease` keep other runs away, `checkpoint` tells how far one has come, `upkeep` is what people do with it by hand, `key`
//! has the key of the fingerprints. `record` is what is kept of each run, `unended` that of a run that could not write its own,
//! `history` where they are kept, `rebuild` the way from them to a ledger. `second` is where a journal is kept as well.

mod checkpoint;
mod error;
mod first;
mod format;
mod history;
mod hold;
mod key;
mod lease;
mod place;
mod rebuild;
mod record;
mod second;
mod store;
#[cfg(test)]
mod tests;
mod unended;
mod upkeep;
mod who;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::address::{Address, Escaped};
use crate::journal::{self, Doubt, Mirror, Replay};
use crate::private;
use crate::state::base::{Base, Claim};
use crate::topology::{LEDGER_FILE, LedgerPlace, Topology};

use checkpoint::{Checkpoint, CheckpointMirror};
pub(crate) use error::LedgerError;
pub(crate) use first::FirstRow;
use format::{LedgerDocument, OpenRun, ReadLedger, VERSION};
pub(crate) use history::{History, RunCounts, RunHead};
pub(crate) use hold::{RunHold, hold};
use key::Keyring;
use lease::{HeldLease, Lease};
use place::DocumentPlace;
pub(crate) use rebuild::{Rebuilt, rebuilt};
pub(crate) use record::{Ending, FieldRecord, Record, RunOutcome, StepRecord};
use second::StoredJournal;
use store::{FileStore, GitStore, PostgresStore, S3Store, Store, StoreChange, StoreError, StoreState};
pub(crate) use unended::write_ahead;
pub(crate) use upkeep::{LedgerReport, relocate, report, unlock};
pub(crate) use who::now;

/// Bytes of a ledger that are read: a hundred thousand resources have a tenth of it.
const MAX_BYTES: u64 = 1 << 30;

/// How long a database or a bucket may take for one question: a large ledger over a slow line, and half of what a lease lasts
/// without a sign of life.
const PATIENCE: Duration = Duration::from_secs(60);

/// A ledger that is open, with what the journals add to it.
#[derive(Debug)]
pub struct Ledger {
    place: Arc<DocumentPlace>,
    /// The lease under which it may be written, where others may want to.
    lease: Option<Arc<HeldLease>>,
    /// The file beside which lies what stays on this machine: the key, the journals.
    path: PathBuf,
    /// The resources that are owned.
    pub base: Base,
    /// Calls of earlier runs of which nobody knows whether they had their effect.
    pub doubts: Vec<Doubt>,
    /// The warnings about the journals.
    pub(crate) warnings: Vec<String>,
    /// The rest of the document, which goes back as it came.
    document: LedgerDocument,
    keyring: Keyring,
    /// The document of an earlier version, until it is kept beside the first one of this version.
    earlier: Option<(u32, Vec<u8>)>,
    /// Says whether there is a document of this version by now.
    is_current: bool,
    /// The journals that are folded in, and removed once the ledger is saved.
    folded: Vec<PathBuf>,
    /// Those that the store keeps, which go in the same step.
    stored: Vec<String>,
    /// The journals of runs that others went on from, which are kept under another name once the ledger is saved.
    overtaken: Vec<PathBuf>,
    /// Where records of runs lay before a store kept them, and how many are kept.
    records: (PathBuf, usize),
    /// The records of runs that ended, to be kept with the next change.
    ended: Vec<Record>,
    /// Why the history could not be written, if so: what is owned is kept all the same.
    pub(crate) untold: Option<String>,
}

impl Ledger {
    /// Reads a workspace's ledger, and folds in what earlier runs journaled. A missing file is an empty ledger.
    ///
    /// # Errors
    /// When it can't be read, or is not this workspace's.
    pub fn open(topology: &Topology) -> Result<Ledger, LedgerError> {
        let path = place(topology);
        let (place, bytes) = DocumentPlace::read(store(topology), &topology.workspace)?;
        let name = place.name();
        if bytes.is_none() && topology.ledger.is_shared() && path.exists() {
            return Err(LedgerError::Elsewhere(path.display().to_string(), name));
        }
        let read = match &bytes {
            Some(bytes) => format::read(bytes, &name, &topology.workspace)?,
            None => ReadLedger::new(&topology.workspace),
        };
        let ReadLedger { mut document, version, key } = read;
        let keyring = Keyring::new(topology, &path);
        let key = keyring.open(&name, key, document.key_id.as_deref())?;
        let entries = std::mem::take(&mut document.entries);
        let targets = std::mem::take(&mut document.targets);
        let vacated = std::mem::take(&mut document.vacated);
        let mut base = Base { key, run: None, targets, entries, vacated };
        // Where others went on since, what a journal tells of this machine's last run is history.
        let last = topology.ledger.is_shared().then_some(document.run);
        let replay = journal::replay(&journal_folder(topology), last, &mut base)?;
        let Replay { mut doubts, journals: folded, overtaken, mut warnings } = replay;
        let mut stored = Vec::new();
        if let Some(open) = document.open.as_ref().filter(|_| folded.is_empty()) {
            let file = second::journal_name(&topology.workspace, document.run);
            let text = place.journal(&file)?;
            warnings.push(open.told(document.run, text.is_some()));
            if let Some(text) = text {
                doubts.extend(journal::replay_second(&text, &format!("{file} in {name}"), &mut base)?);
                stored.push(file);
            }
        }
        let is_current = bytes.is_some() && version == VERSION;
        let earlier = bytes.filter(|_| !is_current).map(|bytes| (version, bytes));
        Ok(Ledger {
            place: Arc::new(place),
            lease: None,
            path,
            base,
            doubts,
            warnings,
            document,
            keyring,
            earlier,
            is_current,
            folded,
            stored,
            overtaken,
            records: (record_folder(topology), topology.keep_runs),
            ended: Vec::new(),
            untold: None,
        })
    }

    /// The second place for the journal of the run that was begun, where the ledger is shared: the journal itself where the
    /// store keeps one, else how far the run has come.
    pub(crate) fn mirror(&mut self) -> Option<Box<dyn Mirror>> {
        let lease = self.lease.clone()?;
        let file = second::journal_name(&self.document.workspace, self.document.run);
        if let Some(journal) = StoredJournal::of(self.place.store(), &lease, file.clone()) {
            self.stored.push(file);
            return Some(Box::new(journal));
        }
        let checkpoint = lease.checkpoint()?;
        Some(Box::new(CheckpointMirror { checkpoint, lease }))
    }

    /// Makes sure that the key of the fingerprints is kept where later runs find it: makes one if there is none.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn keep_key(&mut self) -> Result<(), LedgerError> {
        self.base.key = self.keyring.keep(&self.base.key)?;
        Ok(())
    }

    /// The number of its last save.
    pub(crate) fn serial(&self) -> u64 {
        self.document.serial
    }

    /// Counts one more run, before its journal begins. An earlier version of Trueup must not take that journal for its
    /// own: a document of this version, which it refuses, is there first. One that is shared holds what the run is about to
    /// make: if the machine that it runs on is never seen again, that is ours all the same. `is_news`: it has something to
    /// keep that has to be there before the first write.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin_run(&mut self, intents: Vec<(Address, Claim)>, is_news: bool) -> Result<u64, LedgerError> {
        self.keep_key()?;
        self.document.run += 1;
        self.base.run = Some(self.document.run);
        if let Some(open) = self.document.open.as_ref().filter(|_| self.folded.is_empty()) {
            self.ended.push(unended::lost(self.document.run - 1, &self.document.workspace, open));
        }
        if self.lease.is_some() {
            self.document.open = Some(OpenRun { user: who::user(), host: who::host(), began: now() });
            let before = self.base.clone();
            for (address, claim) in intents {
                journal::claim(&mut self.base, address, claim, before.run);
            }
            let saved = self.save();
            let intended = std::mem::replace(&mut self.base, before);
            saved?;
            if let Some(lease) = &self.lease {
                lease.keeps(Checkpoint::begin(self.place.clone(), self.document.clone(), intended));
            }
        } else if is_news || !self.is_current {
            self.save()?;
        }
        Ok(self.document.run)
    }

    /// Writes what a run came to, which ends it, and its record.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn end_run(&mut self, record: Record) -> Result<(), LedgerError> {
        if let Some(checkpoint) = self.lease.as_ref().and_then(|lease| lease.keeps_no_more()) {
            self.document.serial = checkpoint.end();
        }
        self.ended.push(record);
        let open = self.document.open.take();
        let saved = self.save();
        if saved.is_err() {
            self.document.open = open;
        }
        saved
    }

    /// Writes the ledger, in one step and for its owner's eyes only, and removes the journals that are folded in.
    ///
    /// # Errors
    /// When it can't be written; the old one is then still there.
    pub fn save(&mut self) -> Result<(), LedgerError> {
        self.keep_key()?;
        let name = self.path.display().to_string();
        let fail = |error| LedgerError::Io(name.clone(), "write", error);
        private::create_folder(self.path.parent().unwrap_or(Path::new("."))).map_err(fail)?;
        if let Some((version, bytes)) = self.earlier.take() {
            set_aside(&self.path, version, &bytes).map_err(fail)?;
        }
        fill(&mut self.document, &self.base);
        let text = format::write(&mut self.document).map_err(|error| fail(error.into()))?;
        self.tell_unended();
        let (place, lease) = (self.place.clone(), self.lease.clone());
        place.replace(text.into_bytes(), lease.as_deref(), &mut |store, state| self.history(store, state))?;
        self.is_current = true;
        self.ended.clear();
        self.stored.clear();
        for journal in self.folded.drain(..) {
            // One that stays is folded in again, which changes nothing.
            let _ = fs::remove_file(unended::beside(&journal));
            let _ = fs::remove_file(journal);
        }
        for journal in self.overtaken.drain(..) {
            // One that stays is told of again.
            let _ = fs::rename(&journal, journal.with_extension("overtaken"));
        }
        Ok(())
    }

    /// What changes in the store with the ledger: journals go that are folded in, and records come of runs that ended.
    fn history(&mut self, store: &dyn Store, state: Option<&StoreState>) -> Result<StoreChange, LedgerError> {
        let mut change: StoreChange = self.stored.iter().map(|file| (file.clone(), None)).collect();
        if self.ended.is_empty() {
            return Ok(change);
        }
        let (folder, keep) = &self.records;
        match history::kept(store, state, &self.document.workspace, (folder, *keep), &self.ended) {
            Ok(kept) => change.extend(kept),
            Err(error @ LedgerError::Store(StoreError::Raced)) => return Err(error),
            Err(error) => self.untold = Some(error.to_string()),
        }
        Ok(change)
    }

    /// Makes the records of the runs whose journals were found, unless a run has its own.
    fn tell_unended(&mut self) {
        let killed = self.folded.iter().map(|journal| (journal, RunOutcome::Killed));
        let overtaken = self.overtaken.iter().map(|journal| (journal, RunOutcome::Overtaken));
        for (journal, how) in killed.chain(overtaken) {
            let record = unended::by_journal(journal, &self.document.workspace, how);
            let is_told = |record: &Record| self.ended.iter().any(|told| told.run == record.run);
            self.ended.extend(record.filter(|record| !is_told(record)));
        }
        self.ended.sort_by_key(|record| record.run);
    }

    /// From now on it is written under this run's lease alone.
    pub(crate) fn under(&mut self, run: &RunHold) {
        self.lease = run.lease.as_ref().map(Lease::held);
    }

    /// Counts a journal as folded in: it goes when the ledger is saved.
    pub fn covers(&mut self, journal: PathBuf) {
        self.folded.push(journal);
    }
}

/// The document of what is owned, as it is to be saved next.
fn fill(document: &mut LedgerDocument, base: &Base) {
    document.serial += 1;
    document.key_id = Some(base.key.id());
    document.entries.clone_from(&base.entries);
    document.targets.clone_from(&base.targets);
    document.vacated.clone_from(&base.vacated);
}

/// Keeps a document of an earlier version beside its successor, as `ledger.json.v1`. What is there is never overwritten.
fn set_aside(path: &Path, version: u32, bytes: &[u8]) -> io::Result<()> {
    let mut number = 1;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".v{version}"));
        if number > 1 {
            name.push(format!(".{number}"));
        }
        match private::create(Path::new(&name)) {
            Ok(mut file) => {
                io::Write::write_all(&mut file, bytes)?;
                return file.sync_all();
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&name)? == bytes {
                    return Ok(());
                }
                number += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// The folder of a ledger's journals: beside it, or where it would be if it lay in a file.
pub fn journal_folder(topology: &Topology) -> PathBuf {
    place(topology).with_extension("journal")
}

/// The folder of the records of a ledger's runs.
pub(crate) fn record_folder(topology: &Topology) -> PathBuf {
    beside(&place(topology), "runs")
}

/// A file that goes along with a ledger: `key` beside `ledger.json`, `east.key` beside `east.json`.
fn beside(ledger: &Path, word: &str) -> PathBuf {
    match ledger.file_stem().is_some_and(|stem| stem == "ledger") {
        true => ledger.with_file_name(word),
        false => ledger.with_extension(word),
    }
}

/// The ledger's file; of one that lies elsewhere, the file beside which stays what is of this machine alone.
fn place(topology: &Topology) -> PathBuf {
    match &topology.ledger {
        LedgerPlace::File(path) => topology.folder.join(path),
        LedgerPlace::Git { .. } | LedgerPlace::Postgres(_) | LedgerPlace::S3(_) => topology.own_file(LEDGER_FILE),
    }
}

/// The store that a workspace's ledger is in.
fn store(topology: &Topology) -> Arc<dyn Store> {
    match &topology.ledger {
        LedgerPlace::File(_) => {
            Arc::new(FileStore::new(place(topology), &document_name(&topology.workspace), MAX_BYTES))
        }
        LedgerPlace::Git { reference, remote } => {
            Arc::new(GitStore::new(&topology.folder, reference, remote.as_deref(), MAX_BYTES))
        }
        LedgerPlace::Postgres(url) => Arc::new(PostgresStore::new(url, MAX_BYTES, PATIENCE)),
        LedgerPlace::S3(place) => Arc::new(S3Store::new(place, MAX_BYTES, PATIENCE)),
    }
}

/// The file of a store that has a workspace's ledger, as in `ledgers/acme-wan.json`. A name may hold anything.
fn document_name(workspace: &str) -> String {
    format!("ledgers/{}.json", Escaped(workspace))
}

/// How often a store is read anew that changes while it is read.
const READS: usize = 5;

/// The newest state of a store, and what a file holds then.
fn newest(store: &dyn Store, file: &str) -> Result<(Option<StoreState>, Option<Vec<u8>>), LedgerError> {
    let trouble = LedgerError::Store;
    for _ in 0..READS {
        let Some(state) = store.state().map_err(trouble)? else { return Ok((None, None)) };
        match store.read(&state, file) {
            Ok(bytes) => return Ok((Some(state), bytes)),
            Err(StoreError::Raced) => {}
            Err(error) => return Err(trouble(error)),
        }
    }
    Err(LedgerError::Raced(store.name()))
}
