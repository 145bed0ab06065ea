//! The key of the ledger's fingerprints: a file for its owner's eyes only, or a secret of the workspace.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{LedgerError, beside};
use crate::digest::sha256;
use crate::private;
use crate::secret::FingerprintKey;
use crate::topology::{KeyPlace, Topology};

/// Where the key is, or is to be.
#[derive(Debug)]
pub(super) enum Keyring {
    File(PathBuf),
    Secret(FingerprintKey),
}

impl Keyring {
    /// The keyring of a topology whose ledger is that file.
    pub(super) fn new(topology: &Topology, ledger: &Path) -> Keyring {
        match &topology.key {
            KeyPlace::Beside => Keyring::File(beside(ledger, "key")),
            KeyPlace::Secret(key) => Keyring::Secret(key.clone()),
        }
    }

    /// The key of a ledger's fingerprints; an empty one if there is none yet. `inside` is the key that a ledger of format
    /// 1 holds itself, `id` what tells the key of another one.
    ///
    /// # Errors
    /// It can't be read, or is not the ledger's.
    pub(super) fn open(
        &self,
        ledger: &str,
        inside: Option<FingerprintKey>,
        id: Option<&str>,
    ) -> Result<FingerprintKey, LedgerError> {
        let kept = match self {
            Keyring::File(path) => read(path)?,
            Keyring::Secret(key) => Some(key.clone()),
        };
        let wanted = inside.as_ref().map(FingerprintKey::id).or(id.map(str::to_owned));
        match (kept, wanted) {
            (Some(kept), Some(wanted)) if kept.id() != wanted => Err(self.other(ledger, &kept.id(), &wanted)),
            (None, Some(_)) if inside.is_none() => Err(self.missing(ledger)),
            (kept, _) => Ok(inside.or(kept).unwrap_or_default()),
        }
    }

    /// Makes sure that the key is kept, and makes one if it is empty. Gives the one that counts: another program may have
    /// been faster.
    pub(super) fn keep(&self, key: &FingerprintKey) -> Result<FingerprintKey, LedgerError> {
        let Keyring::File(path) = self else { return Ok(key.clone()) };
        let fail = |error| LedgerError::Io(path.display().to_string(), "write", error);
        if let Some(kept) = read(path)? {
            return if key.is_empty() || kept == *key { Ok(kept) } else { Ok(key.clone()) };
        }
        let key = if key.is_empty() { fresh().map_err(fail)? } else { key.clone() };
        private::create_folder(path.parent().unwrap_or(Path::new("."))).map_err(fail)?;
        match private::write_new(path, key.to_file().as_bytes()) {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(read(path)?.unwrap_or(key)),
            Err(error) => Err(fail(error)),
        }
    }

    fn name(&self) -> String {
        match self {
            Keyring::File(path) => format!("`{}`", path.display()),
            Keyring::Secret(_) => "the secret that `ledger.key` names".into(),
        }
    }

    fn other(&self, ledger: &str, kept: &str, wanted: &str) -> LedgerError {
        let message =
            format!("{} is not the key of `{ledger}`: it has the id {kept}, the ledger's is {wanted}", self.name());
        LedgerError::Key(message, REMEDY.into())
    }

    fn missing(&self, ledger: &str) -> LedgerError {
        let message = format!("the key of `{ledger}` is not here: there is no {}", self.name());
        LedgerError::Key(message, REMEDY.into())
    }
}

/// The remedy where the key is another one, or gone.
const REMEDY: &str = "bring it from where the last run was, or share it as a secret: `ledger: { key: \"${secret.NAME}\" }`; \
                      if it is lost for good, take the lines `key-id` and `checksum` out of the ledger: what only \
                      fingerprints are kept of is then sent once more";

/// The key in a file; none if there is no file.
fn read(path: &Path) -> Result<Option<FingerprintKey>, LedgerError> {
    let name = || path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => {
            let key = FingerprintKey::from(text.trim());
            if key.is_weak() {
                let message = format!("`{}` holds no key", name());
                return Err(LedgerError::Key(
                    message,
                    "put it back from a backup, or remove it if nothing was applied yet".into(),
                ));
            }
            Ok(Some(key))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LedgerError::Io(name(), "read", error)),
    }
}

/// A key from the system's randomness.
fn fresh() -> io::Result<FingerprintKey> {
    let mut seed = [0u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    Ok(FingerprintKey::from(&*sha256(seed)))
}
