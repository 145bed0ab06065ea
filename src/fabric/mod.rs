//! Fabric: a topology that is declared as a topology.
//!
//! * `origin`: the declaration of a fabric that a resource came from

mod origin;

pub(crate) use origin::FabricOrigin;
