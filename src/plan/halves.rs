//! Which steps are about halves of connections of a fabric.

use std::collections::BTreeSet;

use crate::fabric::{FabricOrigin, FabricWord};
use crate::plan::Step;
use crate::topology::Topology;

impl Step {
    /// The connection that it is about, and the controller whose half of that.
    pub(crate) fn half(&self) -> Option<(&FabricOrigin, &str)> {
        let origin = self.origin.as_deref().filter(|origin| origin.fabric == FabricWord::Connection)?;
        Some((origin, origin.half.as_deref()?))
    }
}

/// The kinds whose objects are halves of connections, at any target.
pub(super) fn half_kinds(topology: &Topology) -> BTreeSet<&'static str> {
    topology.targets.values().filter_map(|target| Some(target.provider.halves.as_ref()?.kind)).collect()
}
