//! The wanted state: from the files' words to resources with resolved names.

mod model;

pub use model::{FileContent, ITEMS, LedgerPlace, Policy, Prune, Resource, Target, Tls, Topology};
