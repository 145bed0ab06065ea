//! What is: live at the controllers, and remembered as applied.
//!
//! Beside what is wanted, the topology, these are the two other sides of the comparison. Looks, runs and commands fill them;
//! nothing in here decides anything.
//!
//! * `live`, `output`: what the APIs say, each collection seen or unseen; the values of it that others take
//! * `identity`: what tells an object from the others of its collection
//! * `base`, `entry`, `relabel`: what the ledger remembers, row by row, and new addresses of its rows
//! * `installation`: what proves which installation is behind a target

pub(crate) mod base;
mod entry;
pub(crate) mod identity;
pub(crate) mod installation;
pub(crate) mod live;
pub(crate) mod output;
pub(crate) mod relabel;

pub(crate) use identity::{IdentityKey, fold};
