//! What tells content from other content, however it was packed.

use std::collections::BTreeMap;

use crate::digest::sha256;
use crate::source::{FileDigest, file_digests};

/// What is known of some content.
#[derive(Debug, Clone)]
pub(crate) struct ContentDigest {
    /// SHA-256 of the bytes.
    bytes: String,
    /// The files in it, by their paths below the one folder of the archive, as in `scripts/start.sh`; `None` where it is no
    /// archive that can be read.
    files: Option<BTreeMap<String, FileDigest>>,
}

impl ContentDigest {
    /// The digest of bytes.
    pub(crate) fn of(bytes: &[u8]) -> ContentDigest {
        ContentDigest { bytes: sha256(bytes), files: file_digests(bytes) }
    }

    /// The digest of bytes that are not here.
    pub(crate) fn of_absent(sha256: &str) -> ContentDigest {
        ContentDigest { bytes: sha256.to_owned(), files: None }
    }

    /// Says whether it is the same bytes, or the same files in another packing.
    pub(crate) fn is_same(&self, other: &ContentDigest) -> bool {
        self.bytes == other.bytes || self.files.is_some() && self.files == other.files
    }
}
