//! How much of a resource of the test world is ours.

use super::{World, address};

impl World {
    /// The files declare a field as one of which only a part is ours.
    pub(crate) fn partial(mut self, at: &str, field: &str) -> World {
        self.topology.resources.get_mut(&address(at)).unwrap().partial.insert(field.into());
        self
    }

    /// The files declare a field as one that is left alone.
    pub(crate) fn unmanaged(mut self, at: &str, field: &str) -> World {
        self.topology.resources.get_mut(&address(at)).unwrap().unmanaged.insert(field.into());
        self
    }
}
