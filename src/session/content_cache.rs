//! Content that was fetched before: a file for each digest in the user's cache, for its owner's eyes only.
//!
//! Its name says what is in it, so that nothing in there gets old, and a file that was damaged is noticed. What can't be read
//! is fetched again: a cache is never a reason to fail.

use std::fs;
use std::path::PathBuf;

use crate::digest;
use crate::private;
use crate::spec::UserFolder;
use crate::topology;

/// Content that this machine keeps, by digest.
#[derive(Debug)]
pub(crate) struct ContentCache {
    /// None if the user has no folder for it.
    folder: Option<PathBuf>,
}

impl ContentCache {
    /// The cache of the program's user.
    pub(crate) fn of_the_user() -> ContentCache {
        ContentCache { folder: topology::folder(UserFolder::Cache("trueup")).map(|cache| cache.join("content")) }
    }

    /// The content that has a digest, if it is here and whole.
    pub(crate) fn get(&self, sha256: &str) -> Option<Vec<u8>> {
        let bytes = fs::read(self.folder.as_ref()?.join(sha256)).ok()?;
        Some(bytes).filter(|bytes| digest::sha256(bytes) == sha256)
    }

    /// Keeps content that has this digest.
    pub(crate) fn put(&self, sha256: &str, bytes: &[u8]) {
        let Some(folder) = &self.folder else { return };
        let written = private::create_folder(folder).and_then(|()| private::write(&folder.join(sha256), bytes));
        if let Err(error) = written {
            tracing::debug!("content is not kept in `{}`: {error}", folder.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let kept = ContentCache { folder: Some(folder.path().join("content")) };
        let sha256 = digest::sha256(b"router");
        assert_eq!(kept.get(&sha256), None);
        kept.put(&sha256, b"router");
        assert_eq!(kept.get(&sha256).as_deref(), Some(&b"router"[..]));
        fs::write(folder.path().join("content").join(&sha256), b"route").unwrap();
        assert_eq!(kept.get(&sha256), None);
        kept.put(&sha256, b"router");
        assert!(kept.get(&sha256).is_some());
    }

    #[test]
    fn a_user_without_a_home_keeps_nothing() {
        let kept = ContentCache { folder: None };
        kept.put(&digest::sha256(b"router"), b"router");
        assert_eq!(kept.get(&digest::sha256(b"router")), None);
    }
}
