//! A ledger in a file, with what goes along beside it: compared and replaced under a lock.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::super::beside;
use super::{Store, StoreChange, StoreError, StoreState, StoreTrouble};
use crate::digest::sha256;
use crate::private;

/// How long the lock is waited for: a swap takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at a lock that is taken.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A ledger in a file of its own.
#[derive(Debug)]
pub(crate) struct FileStore {
    path: PathBuf,
    /// The name that the ledger goes by in a store.
    ledger: String,
    /// Bytes that are read at most.
    limit: u64,
}

impl FileStore {
    /// The ledger at a path, which is called so in a store.
    pub(crate) fn new(path: PathBuf, ledger: &str, limit: u64) -> FileStore {
        FileStore { path, ledger: ledger.to_owned(), limit }
    }

    /// Where a file of the store lies: the ledger at its path, the others beside it. Its runs are those of one workspace.
    fn at(&self, file: &str) -> PathBuf {
        let run = file.strip_prefix("runs/").and_then(|file| file.split_once('/'));
        match run {
            _ if file == self.ledger => self.path.clone(),
            Some((_, file)) => beside(&self.path, "runs").join(file),
            None => self.folder().join(file),
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// Keeps other swaps away until it is dropped.
    fn lock(&self) -> io::Result<File> {
        let file = private::open_lock(&self.path.with_extension("swap"))?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => thread::sleep(BETWEEN_LOOKS),
                Err(TryLockError::WouldBlock) => return Err(io::Error::other("another program holds it")),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    fn content(&self, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.at(file);
        match private::read(&path, self.limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(away("read", &path, &error)),
        }
    }

    fn write(&self, file: &str, bytes: Option<&[u8]>) -> Result<(), StoreError> {
        let path = self.at(file);
        let written = match bytes {
            Some(bytes) => private::create_folder(path.parent().unwrap_or(Path::new(".")))
                .and_then(|()| private::write(&path, bytes)),
            None => match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            },
        };
        written.map_err(|error| away("write", &path, &error))
    }
}

impl Store for FileStore {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn state(&self) -> Result<Option<StoreState>, StoreError> {
        Ok(self.content(&self.ledger)?.map(|bytes| state_of(&bytes)))
    }

    fn read(&self, at: &StoreState, file: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let content = self.content(file)?;
        let is_ledger = file == self.ledger;
        match &content {
            Some(bytes) if is_ledger && state_of(bytes) != *at => Err(StoreError::Raced),
            None if is_ledger => Err(StoreError::Raced),
            _ => Ok(content),
        }
    }

    fn swap(&self, from: Option<&StoreState>, change: &StoreChange) -> Result<StoreState, StoreError> {
        private::create_folder(self.folder()).map_err(|error| away("write", &self.path, &error))?;
        let _lock = self.lock().map_err(|error| away("lock", &self.path, &error))?;
        if self.state()?.as_ref() != from {
            return Err(StoreError::Raced);
        }
        // The ledger comes last: it is what says that the others count.
        let others = change.iter().filter(|(file, _)| **file != self.ledger);
        for (file, bytes) in others.chain(change.get_key_value(&self.ledger)) {
            self.write(file, bytes.as_deref())?;
        }
        self.state()?.ok_or(StoreError::Raced)
    }
}

fn away(doing: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Away(StoreTrouble::new(format!("could not {doing} `{}`: {error}", path.display())))
}

fn state_of(bytes: &[u8]) -> StoreState {
    StoreState(sha256(bytes))
}
