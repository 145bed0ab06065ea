//! Reading: the files of a workspace, from a folder or a git revision, and the places in them.
//!
//! The content of a file is a [`Node`]; a problem with it is told by its path, as in `vns3.east.routes`, and a path becomes
//! a span only when a finding is shown ([`span`]).
//!
//! * `files`, `tree`, `git`: which files make up a workspace, from a folder or a revision
//! * `commits`: commits that are no workspace, but hold a ledger
//! * `yaml`, `node`, `decode`: text to nodes, and nodes to types
//! * `span`: from paths back to places; `yaml` also indents and edits texts in place
//! * `archive`, `unpack`, `pinned`: content that fields name: folders, archives, URLs
//! * `packing`, `folder_walk`, `ignores`: what of a folder is its content

mod archive;
mod commits;
mod decode;
mod files;
mod folder_walk;
mod git;
mod ignores;
mod node;
pub(crate) mod packing;
mod pinned;
mod span;
mod tree;
mod unpack;
mod yaml;

pub(crate) use archive::{ArchiveError, pack, within};
pub(crate) use commits::Commits;
pub(crate) use decode::{DecodeError, decode};

pub(crate) use files::{ENVIRONMENTS, Selection, SourceFile, WORKSPACE_FILE, find, open};
pub(crate) use git::{Revision, head};
pub(crate) use node::Node;
pub(crate) use packing::PACKING;
pub(crate) use pinned::{PinnedUrlError, is_url, pinned};
pub(crate) use span::{locate, spot, twice};
pub(crate) use tree::{Folder, PathType, Tree, TreeError};
pub(crate) use unpack::{FileDigest, Unpacked, file_digests, is_document, unpack};
pub(crate) use yaml::{TextChange, ValueEdit, YamlDocument, YamlError, edited, formatted, inline, parse, parse_value};
pub use yaml::{read_as, yaml};
