//! Where the ledger is kept, and the key of its fingerprints.

use std::path::PathBuf;

use crate::secret::FingerprintKey;

/// Where the key of the ledger's fingerprints is kept. It is never in the ledger, which many may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KeyPlace {
    /// A file beside the ledger, for its owner's eyes only.
    #[default]
    Beside,
    /// A secret of the workspace, looked up already.
    Secret(FingerprintKey),
}

/// Where the ledger is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerPlace {
    /// A file, relative to the workspace.
    File(PathBuf),
    /// A git ref.
    Git {
        /// The ref's name.
        reference: String,
        /// The remote that it is pushed to.
        remote: Option<String>,
    },
}

impl LedgerPlace {
    /// Says whether other machines may have it, too.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, LedgerPlace::Git { .. })
    }
}
