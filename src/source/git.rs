//! Git: which commit is checked out, and a workspace as it was at a revision. The only module that names git2.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Repository, RepositoryOpenFlags, StatusOptions, TreeEntry};

use super::tree::{PathType, Tree, TreeError};

/// The commit that is checked out around a folder, with `+` behind it when files in the folder differ from it. `None`
/// outside git and before the first commit.
///
/// # Errors
/// There is a repository, but it can't be read.
pub(crate) fn head(folder: &Path) -> Result<Option<String>, TreeError> {
    let Some((repository, inside)) = around(folder)? else { return Ok(None) };
    let commit = match repository.head() {
        Ok(head) => head.peel_to_commit().map_err(trouble)?.id().to_string(),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => return Ok(None),
        Err(error) => return Err(trouble(error)),
    };
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false).exclude_submodules(true);
    if !inside.is_empty() {
        options.pathspec(&inside).disable_pathspec_match(true);
    }
    let statuses = repository.statuses(Some(&mut options)).map_err(trouble)?;
    // What Trueup itself keeps beside the files is not a change of the files.
    let kept = if inside.is_empty() { ".trueup/".to_owned() } else { format!("{inside}/.trueup/") };
    let changed = statuses.iter().any(|status| !status.path_bytes().starts_with(kept.as_bytes()));
    Ok(Some(if changed { commit + "+" } else { commit }))
}

/// A workspace's files as they were at a revision.
pub(crate) struct Revision {
    repository: Repository,
    /// The tree of the workspace's folder.
    tree: git2::Oid,
    /// The commit's id.
    commit: String,
}

impl Revision {
    /// The folder at a revision: a commit, a branch, a tag, or anything else that git understands.
    ///
    /// # Errors
    /// The folder is not in a repository, the revision does not exist, or the folder did not exist then.
    pub(crate) fn open(folder: &Path, revision: &str) -> Result<Revision, TreeError> {
        let Some((repository, inside)) = around(folder)? else {
            return Err(TreeError::Git("the workspace is not in a git repository".into()));
        };
        let (tree, commit) = {
            let object = repository.revparse_single(revision).map_err(trouble)?;
            let commit = object.peel_to_commit().map_err(trouble)?;
            let root = commit.tree().map_err(trouble)?;
            let tree = if inside.is_empty() {
                root.id()
            } else {
                let entry = root.get_path(Path::new(&inside)).map_err(trouble)?;
                entry.id()
            };
            (tree, commit.id().to_string())
        };
        repository.find_tree(tree).map_err(trouble)?;
        Ok(Revision { repository, tree, commit })
    }

    /// The commit's id.
    pub(crate) fn commit(&self) -> &str {
        &self.commit
    }

    fn find(&self, path: &str) -> Result<TreeEntry<'static>, TreeError> {
        let tree = self.repository.find_tree(self.tree).map_err(trouble)?;
        tree.get_path(Path::new(path)).map_err(trouble)
    }
}

impl Tree for Revision {
    fn entry(&self, path: &str) -> Result<PathType, TreeError> {
        if path.is_empty() { Ok(PathType::Folder) } else { Ok(entry(&self.find(path)?)) }
    }

    fn list(&self, folder: &str) -> Result<Vec<(String, PathType)>, TreeError> {
        let id = if folder.is_empty() { self.tree } else { self.find(folder)?.id() };
        let tree = self.repository.find_tree(id).map_err(trouble)?;
        let mut found: Vec<(String, PathType)> = tree
            .iter()
            .map(|item| match item.name() {
                Ok(name) => (name.to_owned(), entry(&item)),
                Err(_) => (String::from_utf8_lossy(item.name_bytes()).into_owned(), PathType::Nameless),
            })
            .collect();
        found.sort();
        Ok(found)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, TreeError> {
        let found = self.find(path)?;
        if entry(&found) != PathType::File {
            return Err(TreeError::Git("it is no file at that revision".into()));
        }
        let blob = self.repository.find_blob(found.id()).map_err(trouble)?;
        let size = blob.size() as u64;
        if size > limit { Err(TreeError::TooLarge { size, limit }) } else { Ok(blob.content().to_vec()) }
    }
}

fn entry(item: &TreeEntry) -> PathType {
    /// The mode of a symbolic link.
    const LINK: i32 = 0o120_000;
    match item.kind() {
        Some(ObjectType::Blob) if item.filemode() == LINK => PathType::Link,
        Some(ObjectType::Blob) => PathType::File,
        Some(ObjectType::Tree) => PathType::Folder,
        _ => PathType::Other,
    }
}

/// The repository around a folder, and the folder's path in it.
fn around(folder: &Path) -> Result<Option<(Repository, String)>, TreeError> {
    let real = std::fs::canonicalize(folder)?;
    let none: [PathBuf; 0] = [];
    let repository = match Repository::open_ext(&real, RepositoryOpenFlags::empty(), none) {
        Ok(repository) => repository,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(trouble(error)),
    };
    let Some(root) = repository.workdir().map(std::fs::canonicalize).transpose()? else { return Ok(None) };
    let Ok(inside) = real.strip_prefix(&root) else { return Ok(None) };
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let inside = parts.join("/");
    Ok(Some((repository, inside)))
}

fn trouble(error: git2::Error) -> TreeError {
    match error.code() {
        ErrorCode::NotFound => TreeError::Missing,
        _ => TreeError::Git(error.message().to_owned()),
    }
}
