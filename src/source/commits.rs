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
        // That no ref is there is looked at under its lock, too: a reference that is only not to be overwritten is looked for
        // before that, and of two who make it at once one would lose what it wrote.
        let from = from.map_or(Ok(Oid::ZERO_SHA1), Oid::from_str).map_err(trouble)?;
        match self.repository.reference_matching(reference, to, true, from, "ledger") {
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn of_two_who_make_a_ref_at_once_one_did() {
        let folder = tempfile::tempdir().unwrap();
        Repository::init(folder.path()).unwrap();
        let commits = || Commits::around(folder.path()).unwrap();
        let made: Vec<String> = (0..2).map(|_| commits().write(None, &BTreeMap::new()).unwrap()).collect();
        for round in 0..200 {
            let reference = format!("refs/trueup/r{round}");
            let one = |commit: &String| commits().move_head(&reference, None, commit).unwrap();
            let moved: Vec<bool> = thread::scope(|scope| {
                let racing: Vec<_> = made.iter().map(|commit| scope.spawn(move || one(commit))).collect();
                racing.into_iter().map(|racer| racer.join().unwrap()).collect()
            });
            assert!(moved.iter().filter(|moved| **moved).count() <= 1, "round {round}: both made it");
            let is_at = commits().head(&reference).unwrap();
            if let Some(winner) = moved.iter().position(|moved| *moved) {
                assert_eq!(is_at.as_ref(), made.get(winner), "round {round}");
            }
        }
    }
}
