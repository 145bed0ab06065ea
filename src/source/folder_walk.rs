//! The content of a folder: which of its files are packed, and in which form, by one of the rules.

use std::io;

use super::archive::{ArchiveError, read};
use super::git::GitFolder;
use super::ignores::Ignores;
use super::packing::PackingRule;
use super::tree::{PathType, Storage, Tree};
use crate::digest::sha256;

/// The size of all files of a folder at most: an upload of this size takes minutes, and it is held in memory.
const MAX_FOLDER_BYTES: u64 = 1 << 30;

/// How the pointers begin that stand for large files in git.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// A file that is packed.
pub(super) struct FolderItem {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Says whether it can be run.
    pub is_executable: bool,
}

/// Takes a path below the folder that is packed, with a slash before it, and the file; none for a folder.
type Put<'p> = &'p mut dyn FnMut(&str, Option<FolderItem>) -> io::Result<()>;

/// A way through a folder: depth first, the names of each folder in order.
#[derive(Clone, Copy)]
pub(super) struct FolderWalk<'w> {
    /// Where it is read from.
    pub tree: &'w dyn Tree,
    /// The folder's path in the workspace.
    pub path: &'w str,
    /// The rule that says what is content.
    pub rule: PackingRule,
    /// The bytes of one file at most.
    pub limit: u64,
}

/// What is known on the way.
struct WalkState {
    /// How its files are kept.
    storage: Storage,
    /// What the workspace leaves out.
    ignores: Ignores,
    /// The bytes that all files may still have.
    left: u64,
    /// The folders on the way down in which nothing was found so far.
    empty: Vec<String>,
    /// The files that git does not know.
    untracked: Vec<String>,
    /// Path, form and digest of all that is packed, line by line.
    outline: String,
}

impl FolderWalk<'_> {
    /// Calls `put` with all that is in the folder. Gives its outline: two folders with the same one have the same content.
    pub(super) fn each(&self, put: Put<'_>) -> Result<String, ArchiveError> {
        let mut on = WalkState {
            storage: self.storage()?,
            ignores: Ignores::new(),
            left: MAX_FOLDER_BYTES,
            empty: Vec::new(),
            untracked: Vec::new(),
            outline: String::new(),
        };
        if self.rule == PackingRule::Current {
            on.ignores.descend_to(self.tree, self.path)?;
        }
        let mut waiting = self.inside("", &mut on)?;
        while let Some((below, entry)) = waiting.pop() {
            match entry {
                PathType::File => self.file(&below, &mut on, put)?,
                PathType::Folder if matches!(&on.storage, Storage::Git(git) if git.is_submodule(&self.at(&below))) => {
                    return Err(ArchiveError::Submodule(self.at(&below)));
                }
                PathType::Folder if matches!(&on.storage, Storage::Git(git) if git.is_unknown(&self.at(&below))) => {
                    on.untracked.push(self.at(&below));
                }
                PathType::Folder => {
                    on.empty.push(below.clone());
                    if self.rule == PackingRule::First {
                        self.put_folders(&below, &mut on, put)?;
                    }
                    waiting.extend(self.inside(&below, &mut on)?);
                }
                PathType::Nameless if self.rule == PackingRule::First => {}
                PathType::Nameless => return Err(ArchiveError::Name(self.at(&below))),
                PathType::Link | PathType::Other => return Err(ArchiveError::Link(self.at(&below))),
            }
        }
        if !on.untracked.is_empty() {
            return Err(ArchiveError::Untracked { path: self.path.to_owned(), files: on.untracked });
        }
        if on.outline.is_empty() && self.rule == PackingRule::Current {
            return Err(ArchiveError::Empty(self.path.to_owned()));
        }
        Ok(sha256(on.outline))
    }

    /// The outline alone.
    pub(super) fn outline(&self) -> Result<String, ArchiveError> {
        self.each(&mut |_, _| Ok(()))
    }

    /// How the folder's files are kept. Earlier rules did not ask.
    fn storage(&self) -> Result<Storage, ArchiveError> {
        match self.rule {
            PackingRule::Current => self
                .tree
                .storage(self.path)
                .map_err(|trouble| ArchiveError::Unreadable { path: self.path.to_owned(), trouble }),
            PackingRule::First | PackingRule::Second => Ok(Storage::Disk),
        }
    }

    fn file(&self, below: &str, on: &mut WalkState, put: Put<'_>) -> Result<(), ArchiveError> {
        let at = self.at(below);
        if matches!(&on.storage, Storage::Git(git) if git.is_unknown(&at)) {
            on.untracked.push(at);
            return Ok(());
        }
        let item = self.item(&at, on)?;
        on.left = on.left.saturating_sub(item.bytes.len() as u64);
        self.put_folders(below, on, put)?;
        let form = if item.is_executable { "x" } else { "-" };
        on.outline.push_str(&format!("{form} {} {below}\n", sha256(&item.bytes)));
        put(below, Some(item)).map_err(|cause| self.unpackable(below, cause))
    }

    /// A file in the form in which it is packed.
    fn item(&self, at: &str, on: &WalkState) -> Result<FolderItem, ArchiveError> {
        let limit = self.limit.min(on.left);
        let name = at.rsplit('/').next().unwrap_or_default();
        let stored = |git: &GitFolder| {
            let stored = git.stored(at, limit);
            stored.map_err(|trouble| ArchiveError::Unreadable { path: at.to_owned(), trouble })
        };
        let bytes = match &on.storage {
            Storage::Git(git) => stored(git)?,
            Storage::Disk | Storage::Revision => read(self.tree, at, limit)?,
        };
        if self.rule == PackingRule::Current && bytes.starts_with(LFS_POINTER) {
            return Err(ArchiveError::Pointer(at.to_owned()));
        }
        let is_stored = !matches!(on.storage, Storage::Disk);
        let is_executable = match &on.storage {
            _ if self.rule != PackingRule::Current => false,
            Storage::Git(git) => git.is_executable(at),
            Storage::Disk | Storage::Revision => self.tree.is_executable(at),
        };
        let packed = self.rule.packed(name, &bytes, is_stored);
        Ok(FolderItem { bytes: packed.unwrap_or(bytes), is_executable })
    }

    /// Puts the folders down to a path that were not put yet. Those beside it turned out to be empty.
    fn put_folders(&self, below: &str, on: &mut WalkState, put: Put<'_>) -> Result<(), ArchiveError> {
        for folder in std::mem::take(&mut on.empty) {
            let rest = below.strip_prefix(folder.as_str());
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                on.outline.push_str(&format!("/ {folder}\n"));
                put(&folder, None).map_err(|cause| self.unpackable(&folder, cause))?;
            }
        }
        Ok(())
    }

    /// What of a folder may be content, by its paths below the one that is packed, the last first.
    fn inside(&self, below: &str, on: &mut WalkState) -> Result<Vec<(String, PathType)>, ArchiveError> {
        let from = self.at(below);
        let unreadable = |trouble| ArchiveError::Unreadable { path: from.clone(), trouble };
        let mut items = self.tree.list(&from).map_err(unreadable)?;
        if self.rule == PackingRule::Current {
            on.ignores.read(self.tree, &from)?;
        }
        items.retain(|(name, entry)| {
            let (path, is_folder) = (format!("{from}/{name}"), *entry == PathType::Folder);
            let is_ignored = matches!(&on.storage, Storage::Git(git) if git.ignores(&path));
            !self.rule.leaves_out(name) && !is_ignored && !on.ignores.leave_out(&path, is_folder)
        });
        Ok(items.into_iter().rev().map(|(name, entry)| (format!("{below}/{name}"), entry)).collect())
    }

    fn at(&self, below: &str) -> String {
        format!("{}{below}", self.path)
    }

    /// The error of something that no archive takes.
    pub(super) fn unpackable(&self, below: &str, cause: io::Error) -> ArchiveError {
        ArchiveError::Unpackable { path: self.at(below), cause }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use git2::{IndexAddOption, Repository, Signature};

    use super::*;
    use crate::source::{Folder, Revision, pack};
    use crate::spec::Folders;
    use crate::topology::FileContent;

    const LIMIT: u64 = 1 << 20;

    /// A workspace in a folder of a repository, with a folder `box` that is packed.
    struct Workspace {
        folder: tempfile::TempDir,
    }

    impl Workspace {
        fn new(files: &[(&str, &str)]) -> Workspace {
            let folder = tempfile::tempdir().unwrap();
            let workspace = Workspace { folder };
            files.iter().for_each(|(path, text)| workspace.write(path, text));
            workspace
        }

        fn in_git(files: &[(&str, &str)]) -> Workspace {
            let workspace = Workspace::new(files);
            Repository::init(workspace.folder.path()).unwrap();
            workspace.add();
            workspace
        }

        fn path(&self) -> std::path::PathBuf {
            self.folder.path().join("lab")
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn add(&self) {
            let repository = Repository::open(self.folder.path()).unwrap();
            let mut index = repository.index().unwrap();
            index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
            index.write().unwrap();
        }

        fn commit(&self) {
            self.add();
            let repository = Repository::open(self.folder.path()).unwrap();
            let tree = repository.index().unwrap().write_tree().unwrap();
            let who = Signature::now("a", "a@example.org").unwrap();
            repository.commit(Some("HEAD"), &who, &who, "c", &repository.find_tree(tree).unwrap(), &[]).unwrap();
        }

        fn packed(&self) -> Result<FileContent, ArchiveError> {
            pack(&Folder::open(&self.path()).unwrap(), "trueup.yaml", "box", Folders::TAR_GZ, LIMIT)
        }

        fn holds(&self) -> Vec<String> {
            holds(&self.packed().unwrap())
        }
    }

    /// Mode, path and text of each file.
    fn holds(content: &FileContent) -> Vec<String> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(content.bytes().unwrap()));
        let entries = archive.entries().unwrap().map(Result::unwrap);
        let told = entries.filter(|entry| entry.header().entry_type().is_file()).map(|mut entry| {
            let mut text = String::new();
            io::Read::read_to_string(&mut entry, &mut text).unwrap();
            format!("{:o} {} {text:?}", entry.header().mode().unwrap(), entry.path().unwrap().display())
        });
        told.collect()
    }

    #[test]
    fn in_git_it_is_what_git_tracks() {
        let workspace = Workspace::in_git(&[
            (".gitignore", "*.log\n"),
            ("box/a.yaml", "a"),
            ("box/sub/gone", "gone"),
            ("box/README.md", "for people"),
            ("box/.trueupignore", "*.md\n"),
        ]);
        fs::remove_file(workspace.path().join("box/sub/gone")).unwrap();
        workspace.write("box/run.log", "ignored");
        workspace.write("box/logs.log/deep/x", "in a folder that is ignored");
        #[cfg(unix)]
        std::os::unix::fs::symlink("/", workspace.path().join("box/logs.log/everything")).unwrap();
        workspace.write("box/.DS_Store", "a system's");
        workspace.write("box/more.md", "left out by the workspace");
        workspace.write("elsewhere/x", "not packed");
        assert_eq!(workspace.holds(), ["644 box/a.yaml \"a\""]);
        workspace.write("box/new.sh", "not added");
        workspace.write("box/sub/new.sh", "not added");
        let told = workspace.packed().unwrap_err().to_string();
        assert_eq!(told, "`box` holds what git does not track: `box/new.sh`, `box/sub/new.sh`");
        workspace.add();
        assert_eq!(workspace.holds().len(), 3);
    }

    #[test]
    fn a_repository_within_is_not_left_out_in_silence() {
        let workspace = Workspace::in_git(&[("box/a.yaml", "a")]);
        let inner = Repository::init(workspace.path().join("box/lib")).unwrap();
        workspace.write("box/lib/b.yaml", "b");
        let told = workspace.packed().unwrap_err().to_string();
        assert_eq!(told, "`box` holds what git does not track: `box/lib`");
        let who = Signature::now("a", "a@example.org").unwrap();
        let tree = inner.find_tree(inner.index().unwrap().write_tree().unwrap()).unwrap();
        inner.commit(Some("HEAD"), &who, &who, "c", &tree, &[]).unwrap();
        let outer = Repository::open(workspace.folder.path()).unwrap();
        let mut index = outer.index().unwrap();
        index.add_path(std::path::Path::new("lab/box/lib")).unwrap();
        index.write().unwrap();
        let told = workspace.packed().unwrap_err().to_string();
        assert!(told.starts_with("`box/lib` is a git submodule"), "{told}");
    }

    #[test]
    fn lines_end_as_git_stores_them() {
        let workspace = Workspace::in_git(&[
            (".gitattributes", "*.txt text\n*.raw -text\n*.bat text\n"),
            ("box/a.txt", "one\r\ntwo\r\n"),
            ("box/b.raw", "one\r\n"),
            ("box/c.bat", "one\r\n"),
            ("box/d.sh", "one\n"),
        ]);
        let expected = [
            "644 box/a.txt \"one\\ntwo\\n\"",
            "644 box/b.raw \"one\\r\\n\"",
            "644 box/c.bat \"one\\r\\n\"",
            "644 box/d.sh \"one\\n\"",
        ];
        assert_eq!(workspace.holds(), expected);
        workspace.commit();
        let revision = Revision::open(&workspace.path(), "HEAD").unwrap();
        let at_revision = pack(&revision, "trueup.yaml", "box", Folders::TAR_GZ, LIMIT).unwrap();
        assert_eq!(holds(&at_revision), expected);
        assert_eq!(at_revision.sha256, workspace.packed().unwrap().sha256);
        // Nothing is stored that nobody added.
        workspace.write("box/d.sh", "two\n");
        workspace.packed().unwrap();
        let repository = Repository::open(workspace.folder.path()).unwrap();
        assert!(repository.find_blob(git2::Oid::hash_object(git2::ObjectType::Blob, b"two\n").unwrap()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn it_is_the_same_with_git_at_a_revision_and_without() {
        use std::os::unix::fs::PermissionsExt;
        let files = [("box/a.yaml", "a\n"), ("box/run.sh", "exit\n"), ("box/sub/b.yaml", "b\n"), ("box/x.md", "x\n")];
        let ignores = (".trueupignore", "box/*\n!box/*.yaml\n!box/*.sh\n!box/sub\n");
        let make = |workspace: &Workspace| {
            workspace.write(ignores.0, ignores.1);
            let run = workspace.path().join("box/run.sh");
            fs::set_permissions(run, fs::Permissions::from_mode(0o700)).unwrap();
        };
        let (plain, in_git) = (Workspace::new(&files), Workspace::in_git(&files));
        [&plain, &in_git].into_iter().for_each(make);
        in_git.commit();
        let expected =
            ["644 box/a.yaml \"a\\n\"", "755 box/run.sh \"exit\\n\"", "644 box/sub/b.yaml \"b\\n\""].map(str::to_owned);
        assert_eq!(plain.holds(), expected);
        let revision = Revision::open(&in_git.path(), "HEAD").unwrap();
        let at_revision = pack(&revision, "trueup.yaml", "box", Folders::TAR_GZ, LIMIT).unwrap();
        for content in [plain.packed().unwrap(), in_git.packed().unwrap(), at_revision] {
            assert_eq!(holds(&content), expected);
            // Earlier rules packed `x.md`, and no mode: what a row of theirs remembers is the same content.
            let earlier = content.packed.clone().unwrap().by_earlier_rules;
            assert_eq!(earlier.keys().collect::<Vec<_>>(), [&1, &2]);
            let by = |rule: u32| format!("sha256:{}", earlier[&rule]);
            assert!(content.is_remembered_as(&by(1), None) && content.is_remembered_as(&by(2), Some(2)));
            assert!(!content.is_remembered_as(&by(2), Some(3)));
        }
    }

    #[test]
    fn a_folder_that_git_ignores_is_built_and_taken_as_it_is() {
        let workspace = Workspace::in_git(&[(".gitignore", "box/\n"), ("trueup.yaml", "workspace: lab\n")]);
        workspace.write("box/built.yaml", "one\r\n");
        assert_eq!(workspace.holds(), ["644 box/built.yaml \"one\\n\""]);
    }

    #[test]
    fn what_would_be_sent_by_mistake_is_told() {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        for (files, words) in [
            (
                &[("box/big.wgn", pointer)][..],
                "`box/big.wgn` is a pointer of Git LFS, and not the file that it stands for",
            ),
            (&[("box/.DS_Store", "")], "`box` holds nothing that would be packed"),
            (&[("box/.trueupignore", "[z-a]\n"), ("box/a", "")], "`box/.trueupignore` can't be understood"),
        ] {
            let told = Workspace::new(files).packed().unwrap_err().to_string();
            assert!(told.starts_with(words), "{told}");
        }
    }
}
