//! Archives: the content of a file or folder that a field names, ready to be sent.
//!
//! The bytes of a packed folder depend on names and content alone: entries sorted, no times, no owners, and of a file's mode
//! only whether it can be run. The same folder has the same digest on every machine. What of it is content says
//! [`PackingRule`].

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::sync::Arc;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{DateTime, System, ZipWriter};

use super::folder_walk::{FolderItem, FolderWalk};
use super::packing::PackingRule;
use super::pinned::is_url;
use super::tree::{PathType, Tree, TreeError};
use crate::digest::sha256;
use crate::spec::Folders;
use crate::topology::{Content, FileContent, PackedFolder};

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
    /// It holds files that git does not know, and that nothing leaves out.
    #[error("`{path}` holds what git does not track: {}", few(files))]
    Untracked {
        /// The folder's path in the workspace.
        path: String,
        /// The paths of the files in it, in order.
        files: Vec<String>,
    },
    /// It holds a repository of its own.
    #[error("`{0}` is a git submodule, of which the workspace keeps no more than the number of a commit")]
    Submodule(String),
    /// It holds a file whose content is not in git.
    #[error("`{0}` is a pointer of Git LFS, and not the file that it stands for")]
    Pointer(String),
    /// It holds nothing.
    #[error("`{0}` holds nothing that would be packed")]
    Empty(String),
    /// Its list of what is left out can't be understood.
    #[error("`{path}` can't be understood: {why}")]
    Ignores {
        /// The path of the list.
        path: String,
        /// Why not.
        why: String,
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
    let packed_by = |rule| {
        let walk = FolderWalk { tree, path: &inside, rule, limit };
        match folders {
            Folders::Refused => Err(ArchiveError::Folder(inside.clone())),
            Folders::Packed { ending: ZIP, holds } => zip(&walk, holds),
            Folders::Packed { .. } => tar_gz(&walk, &name),
        }
    };
    let (file_name, bytes, packed) = match entry {
        PathType::File => (name.clone(), read(tree, &inside, limit)?, None),
        PathType::Folder if inside.is_empty() => return Err(ArchiveError::Outside(path.to_owned())),
        PathType::Folder => {
            let (bytes, outline) = packed_by(PackingRule::Current)?;
            let mut by_earlier_rules = BTreeMap::new();
            for rule in PackingRule::EARLIER {
                // What a rule did not pack was not applied by it.
                let walk = FolderWalk { tree, path: &inside, rule, limit };
                if walk.outline().is_ok_and(|earlier| earlier != outline)
                    && let Ok((bytes, _)) = packed_by(rule)
                {
                    by_earlier_rules.insert(rule.number(), sha256(bytes));
                }
            }
            let file_name = match folders {
                Folders::Packed { ending, .. } => format!("{name}.{ending}"),
                Folders::Refused => name,
            };
            (file_name, bytes, Some(PackedFolder { by_earlier_rules }))
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

/// The first of several paths.
fn few(files: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = files.iter().take(SHOWN).map(|file| format!("`{file}`")).collect();
    match files.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

pub(super) fn read(tree: &dyn Tree, path: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    tree.read(path, limit).map_err(|trouble| ArchiveError::Unreadable { path: path.to_owned(), trouble })
}

/// An archive, and the outline of what is in it.
type Packed = (Vec<u8>, String);

/// A folder as a tar.gz, below one folder at the top.
fn tar_gz(walk: &FolderWalk<'_>, top: &str) -> Result<Packed, ArchiveError> {
    let gz = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::default());
    let mut archive = Builder::new(gz);
    append(&mut archive, &format!("{top}/"), None).map_err(|cause| walk.unpackable("", cause))?;
    let outline = walk.each(&mut |below, item| {
        let slash = if item.is_none() { "/" } else { "" };
        append(&mut archive, &format!("{top}{below}{slash}"), item)
    })?;
    let bytes = archive.into_inner().and_then(|gz| gz.finish()).map_err(|cause| walk.unpackable("", cause))?;
    Ok((bytes, outline))
}

/// The files of a folder as a zip, which has files alone: folders follow from their paths.
fn zip(walk: &FolderWalk<'_>, endings: &'static [&'static str]) -> Result<Packed, ArchiveError> {
    let options = SimpleFileOptions::DEFAULT.last_modified_time(DateTime::DEFAULT).system(System::Unix);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut missing: Vec<&'static str> = endings.to_vec();
    let outline = walk.each(&mut |below, item| {
        let Some(FolderItem { bytes, is_executable }) = item else { return Ok(()) };
        let name = below.trim_start_matches('/');
        missing.retain(|ending| name.contains('/') || !name.ends_with(ending));
        archive.start_file(name, options.unix_permissions(mode(is_executable)))?;
        archive.write_all(&bytes)
    })?;
    if let Some(ending) = missing.first() {
        return Err(ArchiveError::Lacks { path: walk.path.into(), ending });
    }
    let bytes = archive.finish().map_err(|error| walk.unpackable("", error.into()))?.into_inner();
    Ok((bytes, outline))
}

/// The mode of a file: of what else it says, nothing is content.
fn mode(is_executable: bool) -> u32 {
    if is_executable { 0o755 } else { 0o644 }
}

fn append<W: Write>(archive: &mut Builder<W>, path: &str, item: Option<FolderItem>) -> io::Result<()> {
    let mut header = Header::new_gnu();
    let (kind, mode, bytes) = match item {
        None => (EntryType::Directory, 0o755, Vec::new()),
        Some(FolderItem { bytes, is_executable }) => (EntryType::Regular, mode(is_executable), bytes),
    };
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, path, bytes.as_slice())
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
        for files in [&with_junk, &checked_out] {
            let other = packed(files);
            assert_eq!((&other.content, &other.sha256), (&plain.content, &plain.sha256));
            let earlier = other.packed.unwrap().by_earlier_rules;
            assert_eq!(earlier.keys().collect::<Vec<_>>(), [&1], "the second rule leaves it out, too");
            assert_ne!(earlier[&1], plain.sha256);
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
        assert!(after.packed.unwrap().by_earlier_rules.get(&1).is_some_and(|first| *first != before.sha256));
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
