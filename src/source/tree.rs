//! Trees: the places that files are read from, with one interface for a folder and a git revision.
//!
//! Paths are relative to the workspace, joined by `/`; the empty path is the workspace's folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::git::GitFolder;

/// The sort of thing at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PathType {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link that is not followed: to a folder, to nowhere, or at a revision.
    Link,
    /// Something else, such as a socket.
    Other,
    /// Anything whose name is not UTF-8: it can be told, and not be opened.
    Nameless,
}

/// Why something can't be read.
#[derive(Debug, Error)]
pub(crate) enum TreeError {
    /// Nothing stands there.
    #[error("there is no such file or folder")]
    Missing,
    /// A link leads out of the workspace.
    #[error("it leads out of the workspace")]
    Outside,
    /// The file is too large.
    #[error("it has {size} bytes, which is more than {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The system says no.
    #[error(transparent)]
    Io(io::Error),
    /// The repository says no.
    #[error("{0}")]
    Git(String),
}

impl From<io::Error> for TreeError {
    fn from(error: io::Error) -> TreeError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => TreeError::Missing,
            _ => TreeError::Io(error),
        }
    }
}

/// How the files of a folder are kept.
pub(crate) enum Storage {
    /// On disk alone: whatever is there is meant.
    Disk,
    /// On disk, in a folder that git looks after.
    Git(GitFolder),
    /// In git alone, as it stores them.
    Revision,
}

/// Where a workspace's files are read from.
pub(crate) trait Tree {
    /// What stands at a path.
    ///
    /// # Errors
    /// Nothing stands there, or it can't be looked at.
    fn entry(&self, path: &str) -> Result<PathType, TreeError>;

    /// The names in a folder, sorted; one that is not UTF-8 as far as it can be told.
    ///
    /// # Errors
    /// It is no folder, or can't be read.
    fn list(&self, folder: &str) -> Result<Vec<(String, PathType)>, TreeError>;

    /// A file's bytes.
    ///
    /// # Errors
    /// It is no file, can't be read, is larger than `limit`, or is a link that leads out of the workspace.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, TreeError>;

    /// How the files below a folder are kept.
    ///
    /// # Errors
    /// There is a repository, but it can't be read.
    fn storage(&self, folder: &str) -> Result<Storage, TreeError>;

    /// Says whether a file can be run.
    fn is_executable(&self, path: &str) -> bool;
}

/// A folder on disk.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
    real: PathBuf,
    /// Texts that count in place of those on disk, by path.
    instead: BTreeMap<String, String>,
}

impl Folder {
    /// The folder at a path.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn open(root: &Path) -> Result<Folder, TreeError> {
        let real = fs::canonicalize(root)?;
        if !real.is_dir() {
            return Err(TreeError::Missing);
        }
        Ok(Folder { root: root.to_owned(), real, instead: BTreeMap::new() })
    }

    /// The same folder, as if these texts stood at these paths.
    pub(crate) fn with(self, texts: &BTreeMap<String, String>) -> Folder {
        Folder { instead: texts.clone(), ..self }
    }

    fn at(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }
}

impl Tree for Folder {
    fn entry(&self, path: &str) -> Result<PathType, TreeError> {
        let at = self.at(path);
        Ok(entry(&at, fs::symlink_metadata(&at)?.file_type()))
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, PathType)>, TreeError> {
        let mut found = Vec::new();
        for item in fs::read_dir(self.at(folder))? {
            let item = item?;
            found.push(match item.file_name().into_string() {
                Ok(name) => (name, entry(&item.path(), item.file_type()?)),
                Err(name) => (name.to_string_lossy().into_owned(), PathType::Nameless),
            });
        }
        found.sort();
        Ok(found)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, TreeError> {
        if let Some(text) = self.instead.get(path) {
            return Ok(text.clone().into_bytes());
        }
        let real = fs::canonicalize(self.at(path))?;
        if !real.starts_with(&self.real) {
            return Err(TreeError::Outside);
        }
        let file = fs::File::open(real)?;
        let size = file.metadata()?.len();
        if size > limit {
            return Err(TreeError::TooLarge { size, limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn storage(&self, folder: &str) -> Result<Storage, TreeError> {
        Ok(GitFolder::open(&self.real, folder)?.map_or(Storage::Disk, Storage::Git))
    }

    #[cfg(unix)]
    fn is_executable(&self, path: &str) -> bool {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(self.at(path)).is_ok_and(|file| file.permissions().mode() & 0o100 != 0)
    }

    #[cfg(not(unix))]
    fn is_executable(&self, _: &str) -> bool {
        false
    }
}

/// Links to files are followed, as a mounted configuration has nothing else; links to folders are not, so that there are
/// no loops.
fn entry(path: &Path, kind: fs::FileType) -> PathType {
    if kind.is_file() {
        PathType::File
    } else if kind.is_dir() {
        PathType::Folder
    } else if kind.is_symlink() {
        match fs::metadata(path) {
            Ok(behind) if behind.is_file() => PathType::File,
            _ => PathType::Link,
        }
    } else {
        PathType::Other
    }
}
