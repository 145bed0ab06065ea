//! The sides of the comparison, but for the topology: what is there, and what was applied last.
//!
//! * `live`: what the APIs say, each collection seen or unseen
//! * `base`, `entry`: what the ledger remembers
//! * `installation`, `one_installation`: whether it is the one where Trueup applied, and no other target's

pub(crate) mod base;
pub(in crate::diff) mod entry;
pub(crate) mod installation;
pub(crate) mod live;
pub(in crate::diff) mod one_installation;
