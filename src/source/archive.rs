//! Archives: the content of a file or folder that a field names, ready to be sent.
//!
//! The bytes of a packed folder depend on names and content alone: entries sorted, no times, no owners, one mode for files and
//! one for folders. The same folder has the same digest on every machine.

use std::io::{self, Cursor, Write};
use std::sync::Arc;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{DateTime, System, ZipWriter};

use super::pinned::is_url;
use super::tree::{PathType, Tree, TreeError};
use crate::digest::sha256;
use crate::spec::Folders;
use crate::topology::{Content, FileContent};

/// The size of all files of a folder at most: an upload of this size takes minutes, and it is held in memory.
const MAX_FOLDER_BYTES: u64 = 1 << 30;

/// Folders that are never content.
const LEFT_OUT: [&str; 2] = [".git", ".trueup"];

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
    let (file_name, bytes) = match entry {
        PathType::File => (name, read(tree, &inside, limit)?),
        PathType::Folder if inside.is_empty() => return Err(ArchiveError::Outside(path.to_owned())),
        PathType::Folder => match folders {
            Folders::Refused => return Err(ArchiveError::Folder(inside)),
            Folders::TarGz => (format!("{name}.tar.gz"), tar_gz(tree, &inside, &name, limit)?),
            Folders::Zip(endings) => (format!("{name}.zip"), zip(tree, &inside, endings, limit)?),
        },
        PathType::Link | PathType::Other => return Err(ArchiveError::Link(inside)),
    };
    let sha256 = sha256(&bytes);
    Ok(FileContent {
        path: path.to_owned(),
        file_name,
        sha256,
        content: Content::Here(Arc::new(bytes)),
        parsed: Default::default(),
    })
}

fn read(tree: &dyn Tree, path: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    tree.read(path, limit).map_err(|trouble| ArchiveError::Unreadable { path: path.to_owned(), trouble })
}

/// A folder as a tar.gz, below one folder at the top.
fn tar_gz(tree: &dyn Tree, path: &str, top: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let gz = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::default());
    let mut archive = Builder::new(gz);
    walk(tree, path, limit, &mut |below, bytes| match bytes {
        Some(bytes) => append(&mut archive, &format!("{top}{below}"), EntryType::Regular, bytes),
        None => append(&mut archive, &format!("{top}{below}/"), EntryType::Directory, &[]),
    })?;
    archive
        .into_inner()
        .and_then(|gz| gz.finish())
        .map_err(|cause| ArchiveError::Unpackable { path: path.into(), cause })
}

/// The files of a folder as a zip, which has files alone: folders follow from their paths.
fn zip(tree: &dyn Tree, path: &str, endings: &'static [&'static str], limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let unreadable = |trouble| ArchiveError::Unreadable { path: path.into(), trouble };
    let files: Vec<String> = tree.list(path).map_err(unreadable)?.into_iter().map(|(name, _)| name).collect();
    if let Some(ending) = endings.iter().find(|ending| !files.iter().any(|name| name.ends_with(**ending))) {
        return Err(ArchiveError::Lacks { path: path.into(), ending });
    }
    let options =
        SimpleFileOptions::DEFAULT.last_modified_time(DateTime::DEFAULT).unix_permissions(0o644).system(System::Unix);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    walk(tree, path, limit, &mut |below, bytes| match bytes {
        Some(bytes) => {
            archive.start_file(below.trim_start_matches('/'), options)?;
            archive.write_all(bytes)
        }
        None => Ok(()),
    })?;
    let unpackable = |error: zip::result::ZipError| ArchiveError::Unpackable { path: path.into(), cause: error.into() };
    Ok(archive.finish().map_err(unpackable)?.into_inner())
}

/// Takes a path below the folder that is packed, with a slash before it, and a file's bytes.
type Put<'p> = &'p mut dyn FnMut(&str, Option<&[u8]>) -> io::Result<()>;

/// Calls `put` with a folder and all that is in it: depth first, the names of each folder in order.
fn walk(tree: &dyn Tree, path: &str, limit: u64, put: Put<'_>) -> Result<(), ArchiveError> {
    let mut left = MAX_FOLDER_BYTES;
    let mut waiting = vec![(String::new(), PathType::Folder)];
    while let Some((below, entry)) = waiting.pop() {
        let from = format!("{path}{below}");
        let unpackable = |cause| ArchiveError::Unpackable { path: from.clone(), cause };
        match entry {
            PathType::File => {
                let bytes = read(tree, &from, limit.min(left))?;
                left = left.saturating_sub(bytes.len() as u64);
                put(&below, Some(&bytes)).map_err(unpackable)?;
            }
            PathType::Folder => {
                put(&below, None).map_err(unpackable)?;
                let items =
                    tree.list(&from).map_err(|trouble| ArchiveError::Unreadable { path: from.clone(), trouble })?;
                let kept = items.into_iter().rev().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
                waiting.extend(kept.map(|(name, entry)| (format!("{below}/{name}"), entry)));
            }
            PathType::Link | PathType::Other => return Err(ArchiveError::Link(from)),
        }
    }
    Ok(())
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
        boxed(folder.path(), Folders::TarGz).unwrap()
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

    const PLUGIN: Folders = Folders::Zip(&[".wgn", ".yaml"]);

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

    #[test]
    fn a_folder_has_to_be_what_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("lab-1.0.wgn".into(), Vec::new()), ("below/plugin.yaml".into(), Vec::new())]);
        assert!(matches!(boxed(folder.path(), PLUGIN), Err(ArchiveError::Lacks { ending: ".yaml", .. })));
        assert!(matches!(boxed(folder.path(), Folders::Refused), Err(ArchiveError::Folder(path)) if path == "box"));
        assert!(boxed(folder.path(), Folders::TarGz).is_ok());
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
        assert!(boxed(folder.path(), Folders::TarGz).is_err());
        fs::remove_file(folder.path().join("box/host")).unwrap();
        assert!(matches!(boxed(folder.path(), Folders::TarGz), Err(ArchiveError::Link(path)) if path == "box/loop"));
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
