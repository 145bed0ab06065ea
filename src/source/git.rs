//! Git: which commit is checked out, and a workspace as it was at a revision. The only module that names git2.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Repository, RepositoryOpenFlags, StatusOptions, TreeEntry};

use super::tree::{PathType, Storage, Tree, TreeError};

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

    fn storage(&self, _: &str) -> Result<Storage, TreeError> {
        Ok(Storage::Revision)
    }

    fn is_executable(&self, path: &str) -> bool {
        self.find(path).is_ok_and(|found| found.filemode().cast_unsigned() == EXECUTABLE)
    }
}

/// The mode of a file that can be run.
const EXECUTABLE: u32 = 0o100_755;

/// The mode of a repository within a repository.
const SUBMODULE: u32 = 0o160_000;

/// The mode of a symbolic link.
const LINK: u32 = 0o120_000;

/// A folder on disk that git looks after.
pub(crate) struct GitFolder {
    repository: Repository,
    /// The workspace's folder in the repository, with a slash behind it; empty at its top.
    workspace: String,
    /// The modes of the tracked files in the folder, by their paths in the workspace.
    tracked: BTreeMap<String, u32>,
    /// The paths of those that are neither tracked nor ignored.
    unknown: BTreeSet<String>,
}

impl GitFolder {
    /// A folder of the workspace; `None` where no repository is around it, or one that ignores it.
    ///
    /// # Errors
    /// There is a repository, but it can't be read.
    pub(crate) fn open(workspace: &Path, folder: &str) -> Result<Option<GitFolder>, TreeError> {
        let Some((repository, inside)) = around(workspace)? else { return Ok(None) };
        let workspace = if inside.is_empty() { inside } else { inside + "/" };
        let folder_path = format!("{workspace}{folder}/");
        let index = repository.index().map_err(trouble)?;
        let in_workspace = |path: &[u8]| Some(std::str::from_utf8(path).ok()?.strip_prefix(&workspace)?.to_owned());
        let files = index.iter().filter(|file| file.path.starts_with(folder_path.as_bytes()));
        let tracked: BTreeMap<String, u32> =
            files.filter_map(|file| Some((in_workspace(&file.path)?, file.mode))).collect();
        if tracked.is_empty() && repository.status_should_ignore(Path::new(&folder_path)).map_err(trouble)? {
            return Ok(None);
        }
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false).exclude_submodules(true);
        options.pathspec(folder_path.trim_end_matches('/')).disable_pathspec_match(true);
        let statuses = repository.statuses(Some(&mut options)).map_err(trouble)?;
        let unknown = statuses.iter().filter(|status| status.status().is_wt_new());
        let unknown = unknown.filter_map(|status| in_workspace(status.path_bytes())).collect();
        drop(statuses);
        // What it would store is worked out, and stored nowhere.
        repository.odb().and_then(|odb| odb.add_new_mempack_backend(i32::MAX).map(drop)).map_err(trouble)?;
        Ok(Some(GitFolder { repository, workspace, tracked, unknown }))
    }

    /// Says whether git tracks a file.
    pub(crate) fn tracks(&self, path: &str) -> bool {
        self.tracked.contains_key(path)
    }

    /// Says whether git neither tracks nor ignores a file, or a folder that is a repository of its own.
    pub(crate) fn is_unknown(&self, path: &str) -> bool {
        self.unknown.contains(path) || self.unknown.contains(&format!("{path}/"))
    }

    /// Says whether git ignores what stands at a path, with all that is in it: an environment full of links, say.
    pub(crate) fn ignores(&self, path: &str) -> bool {
        let inside = format!("{path}/");
        let is_inside = |found: Option<&String>| found.is_some_and(|found| found.starts_with(&inside));
        let is_known = self.tracks(path) || self.is_unknown(path);
        let from = || (Bound::Included(inside.as_str()), Bound::Unbounded);
        let below = is_inside(self.tracked.range::<str, _>(from()).next().map(|(path, _)| path))
            || is_inside(self.unknown.range::<str, _>(from()).next());
        !is_known && !below
    }

    /// Says whether a folder is a repository of its own, of which this one keeps no more than the number of a commit.
    pub(crate) fn is_submodule(&self, path: &str) -> bool {
        self.tracked.get(path) == Some(&SUBMODULE)
    }

    /// Says whether a tracked file can be run.
    pub(crate) fn is_executable(&self, path: &str) -> bool {
        self.tracked.get(path) == Some(&EXECUTABLE)
    }

    /// A tracked file as `git add` would store it: with the line endings that its attributes ask for. Behind a link it is the
    /// file itself.
    ///
    /// # Errors
    /// It can't be read, or is larger than `limit`.
    pub(crate) fn stored(&self, path: &str, limit: u64) -> Result<Vec<u8>, TreeError> {
        let root = self.repository.workdir().ok_or(TreeError::Missing)?;
        let file = root.join(format!("{}{path}", self.workspace));
        let size = std::fs::metadata(&file)?.len();
        if size > limit {
            return Err(TreeError::TooLarge { size, limit });
        }
        if self.tracked.get(path) == Some(&LINK) {
            return Ok(std::fs::read(&file)?);
        }
        let id = self.repository.blob_path(&file).map_err(trouble)?;
        Ok(self.repository.find_blob(id).map_err(trouble)?.content().to_vec())
    }
}

fn entry(item: &TreeEntry) -> PathType {
    match item.kind() {
        Some(ObjectType::Blob) if item.filemode().cast_unsigned() == LINK => PathType::Link,
        Some(ObjectType::Blob) => PathType::File,
        Some(ObjectType::Tree) => PathType::Folder,
        _ => PathType::Other,
    }
}

/// The repository around a folder, and the folder's path in it.
pub(super) fn around(folder: &Path) -> Result<Option<(Repository, String)>, TreeError> {
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

pub(super) fn trouble(error: git2::Error) -> TreeError {
    match error.code() {
        ErrorCode::NotFound => TreeError::Missing,
        _ => TreeError::Git(error.message().to_owned()),
    }
}
