//! Files: which ones make up a workspace, and their text.
//!
//! A workspace is the folder of a `trueup.yaml` with every `*.yaml` and `*.yml` below it, except in hidden folders, in
//! folders that are workspaces of their own, among its environments, and where `files` and `exclude` say otherwise. Content that a field of type
//! file names is dropped later, once the fields are known.

use std::sync::Arc;

use miette::NamedSource;

use super::span::spot;
use super::tree::{PathType, Tree, TreeError};
use super::unpack::is_document;
use crate::address::glob;
use crate::finding::{Finding, Place};

/// The file that makes a folder a workspace.
pub(crate) const WORKSPACE_FILE: &str = "trueup.yaml";

/// The folder of a workspace that holds the files of its environments: each is read by its name alone.
pub(crate) const ENVIRONMENTS: &str = "environments";

/// How far down folders are looked into: deeper ones are a mistake, such as a mounted file system.
const MAX_DEPTH: usize = 64;

/// One file that was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its path in the workspace.
    pub path: Arc<str>,
    /// Its name and text, as findings show it.
    pub source: Arc<NamedSource<String>>,
}

impl SourceFile {
    /// A file with its text.
    pub fn new(path: &str, text: String) -> SourceFile {
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        SourceFile { path: path.into(), source: Arc::new(NamedSource::new(path, text)) }
    }

    /// Its text, without a byte order mark.
    pub fn text(&self) -> &str {
        self.source.inner()
    }
}

/// Which files are read. A pattern's `*` stands for any run of characters, `/` included.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// Patterns of paths to read; without any, all.
    pub files: Vec<String>,
    /// Patterns of paths, or of folders, not to read.
    pub exclude: Vec<String>,
}

impl Selection {
    fn takes(&self, path: &str) -> bool {
        let listed = self.files.is_empty() || self.files.iter().any(|pattern| matches(pattern, path));
        path == WORKSPACE_FILE || (listed && !self.exclude.iter().any(|pattern| matches(pattern, path)))
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
    let below = path.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('/'));
    below || glob(pattern.as_bytes(), path.as_bytes())
}

/// The paths of a workspace's files, sorted.
pub(crate) fn find(tree: &dyn Tree, selection: &Selection, findings: &mut Vec<Finding>) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let items = match tree.list(&folder) {
            Ok(items) => items,
            Err(trouble) => {
                findings.push(unreadable(&folder, &trouble));
                continue;
            }
        };
        if depth > 0 && items.iter().any(|(name, entry)| name == WORKSPACE_FILE && *entry == PathType::File) {
            continue;
        }
        for (name, entry) in items {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            match entry {
                PathType::File if is_yaml(&name) && selection.takes(&path) => found.push(path),
                PathType::Folder if name.starts_with('.') || path == ENVIRONMENTS => {}
                PathType::Folder if depth < MAX_DEPTH => folders.push((path, depth + 1)),
                PathType::Folder => findings.push(Finding::warning(
                    "too-deep",
                    format!("`{path}` is nested more than {MAX_DEPTH} folders deep and is not read"),
                )),
                PathType::Link if !name.starts_with('.') && selection.takes(&path) => findings.push(
                    Finding::warning("link", format!("`{path}` is a symbolic link that is not followed"))
                        .help("links to files are followed, links to folders are not; list it under `exclude`"),
                ),
                PathType::Nameless if !name.starts_with('.') && selection.takes(&path) => findings.push(
                    Finding::warning("not-utf8", format!("the name of `{path}` is not UTF-8, and it is not read"))
                        .help("rename it, or list it under `exclude`"),
                ),
                PathType::File | PathType::Link | PathType::Other | PathType::Nameless => {}
            }
        }
    }
    found.sort();
    found
}

fn is_yaml(name: &str) -> bool {
    !name.starts_with('.') && is_document(name)
}

/// A file with its text.
///
/// # Errors
/// It can't be read, is too large, or is not UTF-8.
pub(crate) fn open(tree: &dyn Tree, path: &str, limit: u64) -> Result<SourceFile, Box<Finding>> {
    let bytes = tree.read(path, limit).map_err(|trouble| Box::new(unreadable(path, &trouble)))?;
    String::from_utf8(bytes).map(|text| SourceFile::new(path, text)).map_err(|error| Box::new(not_utf8(path, &error)))
}

fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> Finding {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(at).copied().unwrap_or_default();
    let place = Place::file(path);
    let mut finding = Finding::error("not-utf8", format!("`{path}` is not UTF-8: byte {byte:#04x} at offset {at}"))
        .help("save the file as UTF-8; binary content belongs in a file that a field names")
        .at(&place);
    let shown = SourceFile::new(path, String::from_utf8_lossy(error.as_bytes()).into_owned());
    finding.spot = Some(spot(&shown, at));
    finding
}

fn unreadable(path: &str, trouble: &TreeError) -> Finding {
    let shown = if path.is_empty() { "the workspace's folder" } else { path };
    let finding = match trouble {
        TreeError::TooLarge { .. } => Finding::error("too-large", format!("`{shown}` is not read: {trouble}"))
            .help("split the file, or raise the limit with `TRUEUP_MAX_FILE_BYTES`"),
        TreeError::Outside => Finding::error("outside-workspace", format!("`{shown}` is not read: {trouble}"))
            .help("copy the file into the workspace, or list it under `exclude`"),
        TreeError::Missing | TreeError::Io(_) | TreeError::Git(_) => {
            Finding::error("unreadable", format!("`{shown}` can't be read: {trouble}"))
        }
    };
    finding.at(&Place::file(path))
}
