//! The ledger: what Trueup owns, kept in a file.
//!
//! The journal is its write-ahead log: what a run did is folded into it, at the run's end or by the next run. The key of
//! its fingerprints is kept elsewhere, so that who may read the ledger can't guess a password.
//!
//! `format` is the document, `first` reads that of version 0.1, `key` has the key of the fingerprints, `record` what is kept
//! of each run.

mod first;
mod format;
mod key;
mod record;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::journal::{self, Doubt, Replay};
use crate::private;
use crate::state::base::Base;
use crate::topology::{LedgerPlace, Topology};

pub(crate) use first::FirstRow;
use format::{LedgerDocument, ReadLedger, VERSION};
use key::Keyring;
pub(crate) use record::{Record, now};

/// Bytes of a ledger that are read: a hundred thousand resources have a tenth of it.
const MAX_BYTES: u64 = 1 << 30;

/// A ledger that is open, with what the journals add to it.
#[derive(Debug)]
pub struct Ledger {
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
}

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
    /// The place is not one that this version can use.
    #[error("a ledger in git is not supported yet: use `ledger: {{ file: … }}`")]
    Git,
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
            LedgerError::Io(..) | LedgerError::Other(..) | LedgerError::Git => return None,
        })
    }
}

impl Ledger {
    /// Reads a workspace's ledger, and folds in what earlier runs journaled. A missing file is an empty ledger.
    ///
    /// # Errors
    /// When it can't be read, or is not this workspace's.
    pub fn open(topology: &Topology) -> Result<Ledger, LedgerError> {
        let path = place(topology)?;
        let name = path.display().to_string();
        let bytes = match private::read(&path, MAX_BYTES) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(LedgerError::Io(name, "read", error)),
        };
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
        let replay = journal::replay(&journal_folder(topology)?, &mut base)?;
        let Replay { doubts, journals: folded, warnings } = replay;
        let is_current = bytes.is_some() && version == VERSION;
        let earlier = bytes.filter(|_| !is_current).map(|bytes| (version, bytes));
        Ok(Ledger { path, base, doubts, warnings, document, keyring, earlier, is_current, folded })
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
    /// own: a document of this version, which it refuses, is there first.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin_run(&mut self) -> Result<u64, LedgerError> {
        self.keep_key()?;
        self.document.run += 1;
        self.base.run = Some(self.document.run);
        if !self.is_current {
            self.save()?;
        }
        Ok(self.document.run)
    }

    /// Writes the ledger, in one step and for its owner's eyes only, and removes the journals that are folded in.
    ///
    /// # Errors
    /// When it can't be written; the old one is then still there.
    pub fn save(&mut self) -> Result<(), LedgerError> {
        self.keep_key()?;
        let name = self.path.display().to_string();
        let fail = |error| LedgerError::Io(name.clone(), "write", error);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private::create_folder(folder).map_err(fail)?;
        if let Some((version, bytes)) = self.earlier.take() {
            set_aside(&self.path, version, &bytes).map_err(fail)?;
        }
        self.document.serial += 1;
        self.document.key_id = Some(self.base.key.id());
        self.document.entries = self.base.entries.clone();
        self.document.targets = self.base.targets.clone();
        self.document.vacated = self.base.vacated.clone();
        let text = format::write(&mut self.document).map_err(|error| fail(error.into()))?;
        private::write(&self.path, text.as_bytes()).map_err(fail)?;
        self.is_current = true;
        for journal in self.folded.drain(..) {
            // One that stays is folded in again, which changes nothing.
            let _ = fs::remove_file(journal);
        }
        Ok(())
    }

    /// Counts a journal as folded in: it goes when the ledger is saved.
    pub fn covers(&mut self, journal: PathBuf) {
        self.folded.push(journal);
    }
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

/// Keeps other runs of the workspace away until it is dropped.
///
/// # Errors
/// When another run holds the lock.
pub(crate) fn lock(topology: &Topology) -> Result<File, LedgerError> {
    let path = place(topology)?.with_extension("lock");
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    let name = path.display().to_string();
    let fail = |error| LedgerError::Io(name.clone(), "lock", error);
    private::create_folder(&folder).map_err(fail)?;
    let file = private::open_lock(&path).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(LedgerError::Locked(name)),
        Err(fs::TryLockError::Error(error)) => Err(fail(error)),
    }
}

/// The folder of a ledger's journals: beside it.
///
/// # Errors
/// When the ledger is no file.
pub fn journal_folder(topology: &Topology) -> Result<PathBuf, LedgerError> {
    Ok(place(topology)?.with_extension("journal"))
}

/// The folder of the records of a ledger's runs: beside it.
///
/// # Errors
/// When the ledger is no file.
pub(crate) fn record_folder(topology: &Topology) -> Result<PathBuf, LedgerError> {
    Ok(beside(&place(topology)?, "runs"))
}

/// A file that goes along with a ledger: `key` beside `ledger.json`, `east.key` beside `east.json`.
fn beside(ledger: &Path, word: &str) -> PathBuf {
    match ledger.file_stem().is_some_and(|stem| stem == "ledger") {
        true => ledger.with_file_name(word),
        false => ledger.with_extension(word),
    }
}

fn place(topology: &Topology) -> Result<PathBuf, LedgerError> {
    match &topology.ledger {
        LedgerPlace::File(path) => Ok(topology.folder.join(path)),
        LedgerPlace::Git { .. } => Err(LedgerError::Git),
    }
}
