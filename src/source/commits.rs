//! Commits that hold a few files and have no parents: what of git a ledger needs.

use std::collections::BTreeMap;
use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{Commit, ErrorCode, FileMode, Oid, Repository, Signature};

use super::git::{around, trouble};
use super::tree::TreeError;
use crate::digest::mark;

/// Who is said to have made them.
const AUTHOR: (&str, &str) = ("trueup", "trueup@localhost");

/// The commits of a repository.
pub(crate) struct Commits {
    repository: Repository,
}

impl Commits {
    /// Those of the repository around a folder.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub(crate) fn around(folder: &Path) -> Result<Commits, TreeError> {
        match around(folder)? {
            Some((repository, _)) => Ok(Commits { repository }),
            None => Err(TreeError::Git("the workspace is not in a git repository".into())),
        }
    }

    /// The commit that a ref is at, if it is there.
    ///
    /// # Errors
    /// The repository can't be read.
    pub(crate) fn head(&self, reference: &str) -> Result<Option<String>, TreeError> {
        match self.repository.refname_to_id(reference) {
            Ok(id) => Ok(Some(id.to_string())),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(trouble(error)),
        }
    }

    /// Says whether a commit is here.
    pub(crate) fn has(&self, commit: &str) -> bool {
        self.find(commit).is_ok()
    }

    /// What a commit's file holds, if it has that file.
    ///
    /// # Errors
    /// The commit can't be read, or the file is larger than `limit`.
    pub(crate) fn file(&self, commit: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, TreeError> {
        let tree = self.find(commit)?.tree().map_err(trouble)?;
        let entry = match tree.get_path(Path::new(path)) {
            Ok(entry) => entry,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(trouble(error)),
        };
        let blob = self.repository.find_blob(entry.id()).map_err(trouble)?;
        let size = blob.size() as u64;
        if size > limit { Err(TreeError::TooLarge { size, limit }) } else { Ok(Some(blob.content().to_vec())) }
    }

    /// Makes a commit with the files of another one, some of them changed. A file without content is left out. It is another
    /// commit each time, also where two machines put the same into it at once.
    ///
    /// # Errors
    /// The repository can't be written to.
    pub(crate) fn write(
        &self,
        like: Option<&str>,
        change: &BTreeMap<String, Option<Vec<u8>>>,
    ) -> Result<String, TreeError> {
        let before = match like {
            Some(commit) => self.find(commit)?.tree().map_err(trouble)?,
            None => {
                let empty = self.repository.treebuilder(None).and_then(|builder| builder.write()).map_err(trouble)?;
                self.repository.find_tree(empty).map_err(trouble)?
            }
        };
        let mut files = TreeUpdateBuilder::new();
        for (path, content) in change {
            match content {
                Some(bytes) => {
                    let blob = self.repository.blob(bytes).map_err(trouble)?;
                    files.upsert(path.as_str(), blob, FileMode::Blob);
                }
                None if before.get_path(Path::new(path)).is_ok() => {
                    files.remove(path.as_str());
                }
                None => {}
            }
        }
        let tree = files.create_updated(&self.repository, &before).map_err(trouble)?;
        let tree = self.repository.find_tree(tree).map_err(trouble)?;
        let author = Signature::now(AUTHOR.0, AUTHOR.1).map_err(trouble)?;
        let message = format!("ledger\n\n{}\n", mark());
        let id = self.repository.commit(None, &author, &author, &message, &tree, &[]).map_err(trouble)?;
        Ok(id.to_string())
    }

    /// Moves a ref to a commit if it is at another one; from `None`, if it is not there. Says whether it was.
    ///
    /// # Errors
    /// The repository can't be written to.
    pub(crate) fn move_head(&self, reference: &str, from: Option<&str>, to: &str) -> Result<bool, TreeError> {
        let to = Oid::from_str(to).map_err(trouble)?;
        let moved = match from {
            Some(from) => {
                let from = Oid::from_str(from).map_err(trouble)?;
                self.repository.reference_matching(reference, to, true, from, "ledger")
            }
            None => self.repository.reference(reference, to, false, "ledger"),
        };
        match moved {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(
                    error.code(),
                    ErrorCode::Modified | ErrorCode::Exists | ErrorCode::Locked | ErrorCode::NotFound
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(trouble(error)),
        }
    }

    fn find(&self, commit: &str) -> Result<Commit<'_>, TreeError> {
        let id = Oid::from_str(commit).map_err(trouble)?;
        self.repository.find_commit(id).map_err(trouble)
    }
}
