//! Fabric: a topology that is declared as a topology.
//!
//! * `origin`: the declaration of a fabric that a resource came from; `origin_path`: as the ledger keeps it

mod origin;
pub(crate) mod origin_path;

pub(crate) use origin::{FabricOrigin, FabricWord};
