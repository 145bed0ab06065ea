//! Archives: the content of a file or folder that a field names, ready to be sent.
//!
//! The bytes of a packed folder depend on names and content alone: entries sorted, no times, no owners, one mode for files and
//! one for folders. The same folder has the same digest on every machine. What of it is content says [`PackingRule`].

use std::io::{self, Cursor, Write};
use std::sync::Arc;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{DateTime, System, ZipWriter};

use super::packing::PackingRule;
use super::pinned::is_url;
use super::tree::{PathType, Tree, TreeError};
use crate::digest::sha256;
use crate::spec::Folders;
use crate::topology::{Content, FileContent, PackedFolder};

/// The size of all files of a folder at most: an upload of this size takes minutes, and it is held in memory.
const MAX_FOLDER_BYTES: u64 = 1 << 30;

/// Why there is no content.
#[derive(Debug, Error)]
pub(crate) enum ArchiveError {
    /// The path leads out of the workspace.
    #[error("`{0}` leads out of the workspace")]
    Outside(String),
    /// It can't be read.
    #[error("`{path}` can't be read: {trouble}")]
    Unreadable {
        /// The path in the workspace.
        path: String,
        /// Why not.
        trouble: TreeError,
    },
    /// It holds a link.
    #[error("`{0}` is a symbolic link or no file at all; only files and folders are packed")]
    Link(String),
    /// Something in it has a name that no archive can hold.
    #[error("the name of `{0}` is not UTF-8")]
    Name(String),
    /// It is a folder where one is of no use.
    #[error("`{0}` is a folder; this takes a file")]
    Folder(String),
    /// The folder is not what it should be.
    #[error("`{path}` holds no file `*{ending}`")]
    Lacks {
        /// The path in the workspace.
        path: String,
        /// How the file's name has to end.
        ending: &'static str,
    },
    /// It can't be packed.
    #[error("`{path}` can't be packed: {cause}")]
    Unpackable {
        /// The path in the workspace.
        path: String,
        /// Why not.
        cause: io::Error,
    },
}

/// The path in the workspace that a path in a file means: relative to the file's folder. `None` where it leads out, as a
/// URL does.
pub(crate) fn within(file: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '\\']) || path.contains('\0') || is_url(path) {
        return None;
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The ending of what is packed as a zip.
const ZIP: &str = "zip";

/// The content of a file, or of a folder packed, that the file `declared_in` names.
///
/// # Errors
/// It leads out of the workspace, holds links, or can't be read.
pub(crate) fn pack(
    tree: &dyn Tree,
    declared_in: &str,
    path: &str,
    folders: Folders,
    limit: u64,
) -> Result<FileContent, ArchiveError> {
    let inside = within(declared_in, path).ok_or_else(|| ArchiveError::Outside(path.to_owned()))?;
    let name = inside.rsplit('/').next().unwrap_or_default().to_owned();
    let entry = tree.entry(&inside).map_err(|trouble| ArchiveError::Unreadable { path: inside.clone(), trouble })?;
    let packed_by = |rule| match folders {
        Folders::Refused => Err(ArchiveError::Folder(inside.clone())),
        Folders::Packed { ending: ZIP, holds } => zip(&mut FolderWalk::new(tree, &inside, rule, limit), holds),
        Folders::Packed { .. } => tar_gz(&mut FolderWalk::new(tree, &inside, rule, limit), &name),
    };
    let (file_name, bytes, packed) = match entry {
        PathType::File => (name.clone(), read(tree, &inside, limit)?, None),
        PathType::Folder if inside.is_empty() => return Err(ArchiveError::Outside(path.to_owned())),
        PathType::Folder => {
            let (bytes, may_differ) = packed_by(PackingRule::Current)?;
            // What the first rule did not pack was not applied by it.
            let first = if may_differ { packed_by(PackingRule::First).ok() } else { None };
            let packed = PackedFolder { by_first_rule: first.map(|(bytes, _)| sha256(bytes)) };
            let file_name = match folders {
                Folders::Packed { ending, .. } => format!("{name}.{ending}"),
                Folders::Refused => name,
            };
            (file_name, bytes, Some(packed))
        }
        PathType::Link | PathType::Other => return Err(ArchiveError::Link(inside)),
        PathType::Nameless => return Err(ArchiveError::Name(inside)),
    };
    let sha256 = sha256(&bytes);
    Ok(FileContent {
        path: path.to_owned(),
        file_name,
        sha256,
        content: Content::Here(Arc::new(bytes)),
        packed,
        uploaded_as: None,
        parsed: Default::default(),
    })
}

fn read(tree: &dyn Tree, path: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    tree.read(path, limit).map_err(|trouble| ArchiveError::Unreadable { path: path.to_owned(), trouble })
}

/// An archive, and whether the first rule may give another one.
type Packed = (Vec<u8>, bool);

/// A folder as a tar.gz, below one folder at the top.
fn tar_gz(folder: &mut FolderWalk<'_>, top: &str) -> Result<Packed, ArchiveError> {
    let gz = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::default());
    let mut archive = Builder::new(gz);
    let may_differ = folder.each(&mut |below, bytes| match bytes {
        Some(bytes) => append(&mut archive, &format!("{top}{below}"), EntryType::Regular, bytes),
        None => append(&mut archive, &format!("{top}{below}/"), EntryType::Directory, &[]),
    })?;
    let bytes = archive.into_inner().and_then(|gz| gz.finish()).map_err(|cause| folder.unpackable("", cause))?;
    Ok((bytes, may_differ))
}

/// The files of a folder as a zip, which has files alone: folders follow from their paths.
fn zip(folder: &mut FolderWalk<'_>, endings: &'static [&'static str]) -> Result<Packed, ArchiveError> {
    let (files, _) = folder.list("")?;
    if let Some(ending) = endings.iter().find(|ending| !files.iter().any(|(name, _)| name.ends_with(**ending))) {
        return Err(ArchiveError::Lacks { path: folder.path.into(), ending });
    }
    let options =
        SimpleFileOptions::DEFAULT.last_modified_time(DateTime::DEFAULT).unix_permissions(0o644).system(System::Unix);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let may_differ = folder.each(&mut |below, bytes| match bytes {
        Some(bytes) => {
            archive.start_file(below.trim_start_matches('/'), options)?;
            archive.write_all(bytes)
        }
        None => Ok(()),
    })?;
    let bytes = archive.finish().map_err(|error| folder.unpackable("", error.into()))?.into_inner();
    Ok((bytes, may_differ))
}

/// Takes a path below the folder that is packed, with a slash before it, and a file's bytes.
type Put<'p> = &'p mut dyn FnMut(&str, Option<&[u8]>) -> io::Result<()>;

/// A way through a folder: depth first, the names of each folder in order.
struct FolderWalk<'w> {
    tree: &'w dyn Tree,
    path: &'w str,
    rule: PackingRule,
    limit: u64,
    /// The bytes that all files may still have.
    left: u64,
    /// The folders on the way down in which nothing was found so far.
    empty: Vec<String>,
    /// Says whether something was met that the first rule packs otherwise.
    may_differ: bool,
}

impl<'w> FolderWalk<'w> {
    fn new(tree: &'w dyn Tree, path: &'w str, rule: PackingRule, limit: u64) -> FolderWalk<'w> {
        FolderWalk { tree, path, rule, limit, left: MAX_FOLDER_BYTES, empty: Vec::new(), may_differ: false }
    }

    /// Calls `put` with the folder and all that is in it, and says whether the first rule may pack it otherwise.
    fn each(&mut self, put: Put<'_>) -> Result<bool, ArchiveError> {
        put("", None).map_err(|cause| self.unpackable("", cause))?;
        let mut waiting = self.inside("")?;
        while let Some((below, entry)) = waiting.pop() {
            match entry {
                PathType::File => self.file(&below, put)?,
                PathType::Folder => {
                    self.empty.push(below.clone());
                    if self.rule == PackingRule::First {
                        self.put_folders(&below, put)?;
                    }
                    waiting.extend(self.inside(&below)?);
                }
                PathType::Nameless if self.rule == PackingRule::First => {}
                PathType::Nameless => return Err(ArchiveError::Name(self.at(&below))),
                PathType::Link | PathType::Other => return Err(ArchiveError::Link(self.at(&below))),
            }
        }
        Ok(self.may_differ || !self.empty.is_empty())
    }

    fn file(&mut self, below: &str, put: Put<'_>) -> Result<(), ArchiveError> {
        let read = read(self.tree, &self.at(below), self.limit.min(self.left))?;
        self.left = self.left.saturating_sub(read.len() as u64);
        let packed = self.rule.packed(below.rsplit('/').next().unwrap_or_default(), &read);
        self.may_differ |= packed.is_some();
        self.put_folders(below, put)?;
        put(below, Some(packed.as_deref().unwrap_or(&read))).map_err(|cause| self.unpackable(below, cause))
    }

    /// Puts the folders down to a path that were not put yet. Those beside it turned out to be empty.
    fn put_folders(&mut self, below: &str, put: Put<'_>) -> Result<(), ArchiveError> {
        for folder in std::mem::take(&mut self.empty) {
            match below.strip_prefix(folder.as_str()) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    put(&folder, None).map_err(|cause| self.unpackable(&folder, cause))?;
                }
                _ => self.may_differ = true,
            }
        }
        Ok(())
    }

    /// What a folder holds, by its paths below the one that is packed, the last first.
    fn inside(&mut self, below: &str) -> Result<Vec<(String, PathType)>, ArchiveError> {
        let (items, has_more) = self.list(below)?;
        self.may_differ |= has_more;
        Ok(items.into_iter().rev().map(|(name, entry)| (format!("{below}/{name}"), entry)).collect())
    }

    /// What of a folder is content, and whether there was more.
    fn list(&self, below: &str) -> Result<(Vec<(String, PathType)>, bool), ArchiveError> {
        let from = self.at(below);
        let mut items = self.tree.list(&from).map_err(|trouble| ArchiveError::Unreadable { path: from, trouble })?;
        let count = items.len();
        items.retain(|(name, _)| !self.rule.leaves_out(name));
        let has_more = items.len() < count;
        Ok((items, has_more))
    }

    fn at(&self, below: &str) -> String {
        format!("{}{below}", self.path)
    }

    fn unpackable(&self, below: &str, cause: io::Error) -> ArchiveError {
        ArchiveError::Unpackable { path: self.at(below), cause }
    }
}

fn append<W: Write>(archive: &mut Builder<W>, path: &str, kind: EntryType, bytes: &[u8]) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, path, bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;
    use crate::source::Folder;

    const LIMIT: u64 = 1 << 20;

    fn write(root: &std::path::Path, files: &[(String, Vec<u8>)]) {
        for (path, bytes) in files {
            let path = root.join("box").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    fn packed(files: &[(String, Vec<u8>)]) -> FileContent {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), files);
        boxed(folder.path(), Folders::TAR_GZ).unwrap()
    }

    fn boxed(folder: &std::path::Path, folders: Folders) -> Result<FileContent, ArchiveError> {
        pack(&Folder::open(folder).unwrap(), "trueup.yaml", "box", folders, LIMIT)
    }

    #[test]
    fn paths_are_relative_to_the_file_and_stay_inside() {
        for (file, path, inside) in [
            ("trueup.yaml", "a/b", Some("a/b")),
            ("x/y/z.yaml", "../a/./b/", Some("x/a/b")),
            ("x/z.yaml", "../../etc", None),
            ("x.yaml", "/etc/passwd", None),
            ("x/z.yaml", "..", Some("")),
            ("x/z.yaml", "https://host/../../y", None),
        ] {
            assert_eq!(within(file, path).as_deref(), inside, "{file} {path}");
        }
    }

    #[test]
    fn a_folder_has_one_folder_at_the_top_and_nothing_of_the_machine() {
        let content = packed(&[("b.yaml".into(), b"b".to_vec()), ("a/x".into(), b"x".to_vec())]);
        assert_eq!(content.file_name, "box.tar.gz");
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(content.bytes().unwrap()));
        let mut seen = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header().clone();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (0, 0, 0));
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            seen.push(format!("{} {:o} {text}", entry.path().unwrap().display(), header.mode().unwrap()));
        }
        assert_eq!(seen, ["box/ 755 ", "box/a/ 755 ", "box/a/x 644 x", "box/b.yaml 644 b"]);
        // The digest is part of what users have declared: a change of the packing would upload everything again.
        assert_eq!(content.sha256, packed(&[("a/x".into(), b"x".to_vec()), ("b.yaml".into(), b"b".to_vec())]).sha256);
    }

    const PLUGIN: Folders = Folders::Packed { ending: ZIP, holds: &[".wgn", ".yaml"] };

    #[test]
    fn a_zip_has_what_is_in_the_folder_and_nothing_of_the_machine() {
        let files: Vec<(String, Vec<u8>)> =
            ["plugin.yaml", "icon.png", "lab-1.0.wgn", "docs/a.md"].map(|name| (name.into(), name.into())).into();
        let zipped = |files: &[(String, Vec<u8>)]| {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), files);
            boxed(folder.path(), PLUGIN).unwrap()
        };
        let content = zipped(&files);
        assert_eq!(content.file_name, "box.zip");
        let mut archive = zip::ZipArchive::new(Cursor::new(content.bytes().unwrap())).unwrap();
        let mut seen = Vec::new();
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).unwrap();
            assert_eq!((entry.last_modified(), entry.unix_mode()), (Some(DateTime::DEFAULT), Some(0o100_644)));
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let name = entry.name().unwrap().into_owned();
            assert_eq!(name, text);
            seen.push(name);
        }
        assert_eq!(seen, ["docs/a.md", "icon.png", "lab-1.0.wgn", "plugin.yaml"]);
        let backwards: Vec<_> = files.iter().rev().cloned().collect();
        assert_eq!(zipped(&backwards).content, content.content);
        // As with a tar.gz: a change of the packing would upload everything again.
        assert_eq!(&content.sha256[..12], "a8a18fb0cca5");
    }

    /// What is there of no content: an editor's, a system's, a run's.
    fn junk() -> Vec<(String, Vec<u8>)> {
        [
            ".DS_Store",
            "._b.yaml",
            "b.yaml~",
            ".b.yaml.swp",
            "a/Thumbs.db",
            "a/.git/HEAD",
            "__pycache__/x.pyc",
            ".svn/wc",
        ]
        .map(|path| (path.to_owned(), path.into()))
        .into()
    }

    #[test]
    fn what_is_no_content_changes_nothing() {
        let text = |ending: &str| format!("one{ending}two{ending}").into_bytes();
        let content: Vec<(String, Vec<u8>)> = vec![
            ("b.yaml".into(), text("\n")),
            ("a/x.sh".into(), text("\n")),
            ("a/logo.png".into(), b"\x00\r\n".into()),
        ];
        let plain = packed(&content);
        assert_eq!(plain.packed, Some(PackedFolder::default()), "nothing in it depends on the rule");
        let checked_out: Vec<(String, Vec<u8>)> = content
            .iter()
            .map(|(path, bytes)| (path.clone(), if bytes[0] == 0 { bytes.clone() } else { text("\r\n") }))
            .collect();
        let with_junk = [content.clone(), junk()].concat();
        for (files, by_first_rule) in [(&with_junk, true), (&checked_out, true)] {
            let other = packed(files);
            assert_eq!((&other.content, &other.sha256), (&plain.content, &plain.sha256));
            let first = other.packed.unwrap().by_first_rule.unwrap();
            assert_eq!(first != plain.sha256, by_first_rule);
        }
        // What is written does change it.
        for (path, bytes) in [("b.yaml", &b"one\n"[..]), ("a/logo.png", b"\x00\n"), ("more.yaml", b""), (".env", b"")] {
            let mut files = content.clone();
            files.retain(|(own, _)| own != path);
            files.push((path.into(), bytes.into()));
            assert_ne!(packed(&files).sha256, plain.sha256, "{path}");
        }
    }

    #[test]
    fn an_empty_folder_is_no_content() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("b.yaml".into(), b"b".to_vec()), ("a/x".into(), b"x".to_vec())]);
        let before = boxed(folder.path(), Folders::TAR_GZ).unwrap();
        for path in ["box/empty", "box/a/deep/deeper", "box/zz/only/__pycache__"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        let after = boxed(folder.path(), Folders::TAR_GZ).unwrap();
        assert_eq!(after.content, before.content);
        assert!(after.packed.unwrap().by_first_rule.is_some_and(|first| first != before.sha256));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_no_archive_can_hold_is_told() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("lab-1.0.wgn".into(), Vec::new()), ("plugin.yaml".into(), Vec::new())]);
        let latin = std::ffi::OsStr::from_bytes(b"caf\xe9");
        fs::create_dir(folder.path().join("box/sub")).unwrap();
        fs::write(folder.path().join("box/sub").join(latin), b"").unwrap();
        for folders in [Folders::TAR_GZ, PLUGIN] {
            let told = boxed(folder.path(), folders);
            assert!(matches!(&told, Err(ArchiveError::Name(path)) if path == "box/sub/caf\u{fffd}"), "{told:?}");
        }
        fs::rename(folder.path().join("box/sub").join(latin), folder.path().join("box/sub/cafe~")).unwrap();
        assert!(boxed(folder.path(), PLUGIN).is_ok());
    }

    #[test]
    fn a_folder_has_to_be_what_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("lab-1.0.wgn".into(), Vec::new()), ("below/plugin.yaml".into(), Vec::new())]);
        assert!(matches!(boxed(folder.path(), PLUGIN), Err(ArchiveError::Lacks { ending: ".yaml", .. })));
        assert!(matches!(boxed(folder.path(), Folders::Refused), Err(ArchiveError::Folder(path)) if path == "box"));
        assert!(boxed(folder.path(), Folders::TAR_GZ).is_ok());
    }

    #[test]
    fn a_file_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.wgn"), b"123").unwrap();
        let tree = Folder::open(folder.path()).unwrap();
        let content = pack(&tree, "trueup.yaml", "./x.wgn", Folders::Refused, LIMIT).unwrap();
        assert_eq!((content.file_name.as_str(), content.bytes()), ("x.wgn", Some(b"123".as_slice())));
        assert!(matches!(pack(&tree, "trueup.yaml", "../x", Folders::Refused, LIMIT), Err(ArchiveError::Outside(_))));
        assert!(matches!(
            pack(&tree, "trueup.yaml", "y", Folders::Refused, LIMIT),
            Err(ArchiveError::Unreadable { .. })
        ));
        assert!(matches!(
            pack(&tree, "trueup.yaml", "x.wgn", Folders::Refused, 2),
            Err(ArchiveError::Unreadable { .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_workspace_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("box")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("box/host")).unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("box/loop")).unwrap();
        assert!(boxed(folder.path(), Folders::TAR_GZ).is_err());
        fs::remove_file(folder.path().join("box/host")).unwrap();
        assert!(matches!(boxed(folder.path(), Folders::TAR_GZ), Err(ArchiveError::Link(path)) if path == "box/loop"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_order_of_writing_makes_no_difference(
            files in prop::collection::btree_map("[a-z]{1,3}(/[a-z]{4,6}){0,2}", prop::collection::vec(any::<u8>(), 0..64), 1..8)
        ) {
            let distinct: Vec<(String, Vec<u8>)> = files
                .iter()
                .filter(|(path, _)| !files.keys().any(|other| other.starts_with(&format!("{path}/"))))
                .map(|(path, bytes)| (path.clone(), bytes.clone()))
                .collect();
            let backwards: Vec<_> = distinct.iter().rev().cloned().collect();
            prop_assert_eq!(packed(&distinct).content, packed(&backwards).content);
        }
    }
}
