//! What loading depends on besides the files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

use crate::topology::{LEDGER_FILE, SecretMode, VaultDoor, environment};

/// A file's size that is read without asking: the largest generated workspaces have a tenth of it.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// What loading depends on besides the files.
#[derive(Debug, Clone)]
pub struct Options {
    /// Larger files are not read.
    pub max_file_bytes: u64,
    /// What to do about secrets that can't be looked up.
    pub secrets: SecretMode,
    /// Who asks Vault; without anybody, what is there can't be looked up.
    pub(crate) vault: Option<Arc<dyn VaultDoor>>,
    /// Values for variables, before their defaults.
    pub vars: BTreeMap<String, String>,
    /// Says whether all secrets are looked up, whether anything uses them or not. What is not there is left out.
    pub all_secrets: bool,
    /// Where the files are read from.
    pub source: FileSource,
    /// The environment that is meant: a file that is laid over the others.
    pub environment: Option<String>,
    /// The day on which they are read: what a policy waives may have ended. `None`: nothing has.
    pub today: Option<Date>,
}

/// Where a workspace's files are read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FileSource {
    /// The folder, as it is.
    #[default]
    Folder,
    /// The folder, as if these texts stood at these paths.
    Edited(BTreeMap<String, String>),
    /// A git revision, and nothing else.
    Revision(String),
    /// A git revision, to go back to it: targets, secrets and the ledger are where the folder says that they are now.
    BackTo(String),
}

impl FileSource {
    /// The revision, where it is one.
    pub(crate) fn revision(&self) -> Option<&str> {
        match self {
            FileSource::Folder | FileSource::Edited(_) => None,
            FileSource::Revision(revision) | FileSource::BackTo(revision) => Some(revision),
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_file_bytes: MAX_FILE_BYTES,
            secrets: SecretMode::default(),
            vault: None,
            vars: BTreeMap::new(),
            all_secrets: false,
            source: FileSource::default(),
            environment: None,
            today: None,
        }
    }
}

impl Options {
    /// The file of the ledger unless the workspace says otherwise.
    pub(super) fn ledger_file(&self) -> PathBuf {
        environment::own_file(self.environment.as_deref(), LEDGER_FILE)
    }

    /// What environment variables say: `TRUEUP_MAX_FILE_BYTES`, `TRUEUP_ENV`, and `TRUEUP_VAR_NAME` for every variable.
    pub fn from_environment() -> Options {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix("TRUEUP_VAR_")?.to_owned();
            Some((name, value.into_string().ok()?))
        });
        let limit = std::env::var("TRUEUP_MAX_FILE_BYTES").ok().and_then(|text| text.parse().ok());
        let environment = std::env::var("TRUEUP_ENV").ok().filter(|name| !name.is_empty());
        let (max_file_bytes, vars) = (limit.unwrap_or(MAX_FILE_BYTES), variables.collect());
        Options { max_file_bytes, vars, environment, ..Options::default() }
    }
}
