//! The ledger: what Trueup owns, kept in a file.
//!
//! The journal is its write-ahead log: what a run did is folded into it, at the run's end or by the next run.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diff::base::Base;
use crate::digest::sha256;
use crate::journal::{self, Doubt};
use crate::private;
use crate::topology::{LedgerPlace, Topology};

/// The format's version. A ledger of a later one is not touched.
const VERSION: u32 = 1;

/// A ledger that is open, with what the journals add to it.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    workspace: String,
    /// What is owned.
    pub base: Base,
    /// Calls of earlier runs of which nobody knows whether they had their effect.
    pub doubts: Vec<Doubt>,
    /// The journals that are folded in, and removed once the ledger is saved.
    folded: Vec<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    workspace: String,
    #[serde(flatten)]
    base: Base,
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
    /// The file belongs to another workspace.
    #[error("`{0}` belongs to workspace `{1}`")]
    Other(String, String),
    /// The file is of a later format.
    #[error("`{0}` was written by a later version of Trueup (format {1})")]
    Later(String, u32),
    /// Another run is under way.
    #[error("another run holds `{0}`")]
    Locked(String),
    /// The place is not one that this version can use.
    #[error("a ledger in git is not supported yet: use `ledger: {{ file: … }}`")]
    Git,
}

impl Ledger {
    /// Reads a workspace's ledger, and folds in what earlier runs journaled. A missing file is an empty ledger.
    ///
    /// # Errors
    /// When it can't be read, or is not this workspace's.
    pub fn open(topology: &Topology) -> Result<Ledger, LedgerError> {
        let path = place(topology)?;
        let name = path.display().to_string();
        let mut base = match fs::read(&path) {
            Ok(bytes) => read(&bytes, &name, &topology.workspace)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Base::default(),
            Err(error) => return Err(LedgerError::Io(name, "read", error)),
        };
        if base.key.is_empty() {
            base.key = fresh_key().map_err(|error| LedgerError::Io(name.clone(), "make a key for", error))?;
        }
        let (doubts, folded) = journal::replay(&journal_folder(topology)?, &mut base)
            .map_err(|error| LedgerError::Io(name, "read the journals beside", error))?;
        Ok(Ledger { path, workspace: topology.workspace.clone(), base, doubts, folded })
    }

    /// Writes the ledger, in one step and for its owner's eyes only, and removes the journals that are folded in.
    ///
    /// # Errors
    /// When it can't be written; the old one is then still there.
    pub fn save(&mut self) -> Result<(), LedgerError> {
        let name = self.path.display().to_string();
        let fail = |error| LedgerError::Io(name.clone(), "write", error);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private::create_folder(folder).map_err(fail)?;
        let stored = Stored { version: VERSION, workspace: self.workspace.clone(), base: self.base.clone() };
        let text = serde_json::to_string_pretty(&stored).map_err(|error| fail(error.into()))?;
        private::write(&self.path, format!("{text}\n").as_bytes()).map_err(fail)?;
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
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
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

fn place(topology: &Topology) -> Result<PathBuf, LedgerError> {
    match &topology.ledger {
        LedgerPlace::File(path) => Ok(topology.folder.join(path)),
        LedgerPlace::Git { .. } => Err(LedgerError::Git),
    }
}

fn read(bytes: &[u8], name: &str, workspace: &str) -> Result<Base, LedgerError> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| LedgerError::NotALedger(name.into(), error.to_string()))?;
    // The version is looked at first: a later format need not look like this one.
    if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64)
        && version > u64::from(VERSION)
    {
        return Err(LedgerError::Later(name.into(), u32::try_from(version).unwrap_or(u32::MAX)));
    }
    let stored: Stored =
        serde_json::from_value(value).map_err(|error| LedgerError::NotALedger(name.into(), error.to_string()))?;
    if stored.workspace != workspace {
        return Err(LedgerError::Other(name.into(), stored.workspace));
    }
    Ok(stored.base)
}

/// A key for fingerprints from the system's randomness.
fn fresh_key() -> io::Result<String> {
    let mut seed = [0u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    Ok(sha256(seed))
}
