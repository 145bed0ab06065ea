//! What the workspace itself leaves out of the folders that it packs: lists with the grammar of `.gitignore`, each of which
//! holds for the folder that it stands in and all below.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::archive::ArchiveError;
use super::tree::{Tree, TreeError};

/// The name of such a list.
pub(super) const IGNORE_FILE: &str = ".trueupignore";

/// The size of such a list at most.
const MAX_BYTES: u64 = 1 << 20;

/// The lists that were read, in the order in which they were met.
pub(super) struct Ignores(Vec<(String, Gitignore)>);

impl Ignores {
    /// None yet.
    pub(super) fn new() -> Ignores {
        Ignores(Vec::new())
    }

    /// Reads the lists of the folders around one, the workspace's own first.
    ///
    /// # Errors
    /// One of them can't be understood.
    pub(super) fn descend_to(&mut self, tree: &dyn Tree, folder: &str) -> Result<(), ArchiveError> {
        self.read(tree, "")?;
        for (at, _) in folder.match_indices('/') {
            self.read(tree, &folder[..at])?;
        }
        Ok(())
    }

    /// Reads the list of a folder, where it has one.
    ///
    /// # Errors
    /// It can't be understood.
    pub(super) fn read(&mut self, tree: &dyn Tree, folder: &str) -> Result<(), ArchiveError> {
        let path = if folder.is_empty() { IGNORE_FILE.to_owned() } else { format!("{folder}/{IGNORE_FILE}") };
        let text = match tree.read(&path, MAX_BYTES) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(TreeError::Missing) => return Ok(()),
            Err(trouble) => return Err(ArchiveError::Unreadable { path, trouble }),
        };
        let not_understood =
            |error: ignore::Error| ArchiveError::Ignores { path: path.clone(), why: error.to_string() };
        let mut list = GitignoreBuilder::new(Path::new(folder));
        for line in text.lines() {
            list.add_line(None, line).map_err(not_understood)?;
        }
        self.0.push((folder.to_owned(), list.build().map_err(not_understood)?));
        Ok(())
    }

    /// Says whether what stands at a path is left out. The nearest list that has something to say decides.
    pub(super) fn leave_out(&self, path: &str, is_folder: bool) -> bool {
        let around = self.0.iter().rev().filter(|(folder, _)| {
            let rest = path.strip_prefix(folder.as_str());
            rest.is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
        });
        let mut said = around.map(|(_, list)| list.matched(path, is_folder)).filter(|found| !found.is_none());
        said.next().is_some_and(|found| found.is_ignore())
    }
}
