//! Reading: the files of a workspace, from a folder or a git revision, and the places in them.
//!
//! What stands in a file is a [`Node`]; what is wrong with it is told in paths, and a path becomes a span only when a
//! finding is shown ([`span`]).

mod archive;
mod decode;
mod files;
mod git;
mod mask;
mod node;
mod pinned;
mod span;
mod tree;
mod unpack;
mod yaml;

pub use archive::{Misplaced, pack, within};
pub use decode::{Misfit, decode};

pub use files::{Selection, SourceFile, WORKSPACE_FILE, find, open};
pub use git::{Snapshot, head};
pub use mask::mask;
pub use node::Node;
pub use pinned::{NotPinned, is_url, pinned};
pub use span::{locate, spot, twice};
pub use tree::{Entry, Folder, Tree, Trouble};
pub use unpack::documents;
pub use yaml::{Broken, Document, parse, parse_value, read_as, yaml};
