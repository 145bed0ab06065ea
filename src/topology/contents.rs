//! Contents: what fields of type file name, each packed once.

use std::collections::BTreeMap;

use crate::check::literals;
use crate::finding::{Finding, Place};
use crate::source::{ArchiveError, PinnedUrlError, Tree, is_url, pack, pinned, within};
use crate::spec::Folders;
use crate::topology::{FileContent, Resource};

/// The content of files, each read once.
pub(crate) struct Contents<'t> {
    tree: &'t dyn Tree,
    limit: u64,
    known: BTreeMap<(String, Folders), FileContent>,
}

impl<'t> Contents<'t> {
    /// The content of a tree's files, none larger than `limit`.
    pub(crate) fn new(tree: &'t dyn Tree, limit: u64) -> Contents<'t> {
        Contents { tree, limit, known: BTreeMap::new() }
    }

    /// What a path or URL means that stands at a place.
    ///
    /// # Errors
    /// There is no such content.
    pub(crate) fn get(&mut self, place: &Place, path: &str, folders: Folders) -> Result<FileContent, Box<Finding>> {
        if is_url(path) {
            return pinned(path).map_err(|error| Box::new(not_pinned(&error).at(place)));
        }
        let inside = within(&place.file, path).map(|inside| (inside, folders));
        if let Some(known) = inside.as_ref().and_then(|inside| self.known.get(inside)) {
            return Ok(FileContent { path: path.to_owned(), ..known.clone() });
        }
        let content = pack(self.tree, &place.file, path, folders, self.limit)
            .map_err(|error| Box::new(misplaced(&error).at(place)))?;
        self.known.extend(inside.map(|inside| (inside, content.clone())));
        Ok(content)
    }
}

impl Resource {
    /// The file of which other content would be another object.
    pub(crate) fn content(&self) -> Option<&FileContent> {
        self.files.get(self.kind.identity.content_file()?)
    }
}

fn misplaced(error: &ArchiveError) -> Finding {
    let (code, help) = match error {
        ArchiveError::Outside(_) => {
            ("outside-workspace", "paths are relative to the file that names them; copy the content into the workspace")
        }
        ArchiveError::Unreadable { .. } => ("unreadable-content", "paths are relative to the file that names them"),
        ArchiveError::Folder(_) => ("unreadable-content", "name the file itself"),
        ArchiveError::Lacks { .. } => ("unreadable-content", "put it there, or pack it yourself and name the archive"),
        ArchiveError::Name(_) => ("unreadable-content", "rename it, or move it out of the folder"),
        ArchiveError::Untracked { .. } => {
            ("untracked-content", "`git add` what belongs to it; the rest leaves `.gitignore` out, or `.trueupignore`")
        }
        ArchiveError::Submodule(_) => ("unreadable-content", "pack it where it is at home, and name the archive"),
        ArchiveError::Pointer(_) => ("unreadable-content", "`git lfs pull` brings the file itself"),
        ArchiveError::Empty(_) => ("unreadable-content", "`trueup explain content` says what of a folder is packed"),
        ArchiveError::Ignores { .. } => ("unreadable-content", "it has the grammar of a `.gitignore`"),
        ArchiveError::Link(_) => ("unreadable-content", "put the files themselves there"),
        ArchiveError::Unpackable { .. } => {
            ("unreadable-content", "shorten the names, or pack it yourself and name the archive")
        }
    };
    Finding::error(code, error.to_string()).help(help)
}

fn not_pinned(error: &PinnedUrlError) -> Finding {
    let help = match error {
        // With the code of secrets that stand in files, it is blackened where the line is shown.
        PinnedUrlError::User => {
            let help = "take it out of the URL; what needs a login is downloaded into the workspace before a run, \
                        and named by its path; what has been committed counts as known";
            return Finding::error(literals::RULE.code, error.to_string()).help(help);
        }
        PinnedUrlError::Malformed(..) => "as in `https://host/router-1.2.zip#sha256=…`".to_owned(),
        PinnedUrlError::Scheme(_) => "download it into the workspace, and name the file".to_owned(),
        PinnedUrlError::Open(url) => {
            format!("pin it: add `#sha256=` and the digest that `curl -sL '{url}' | sha256sum` prints")
        }
        PinnedUrlError::Digest(_) => "`sha256sum` of the content prints them".to_owned(),
    };
    Finding::error("bad-url", error.to_string()).help(help)
}
