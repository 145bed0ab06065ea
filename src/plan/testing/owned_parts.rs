//! How much of a resource of the test world is ours.

use super::{World, address};
use crate::topology::ItemPlace;

impl World {
    /// The files declare a field as one of which only a part is ours.
    pub(crate) fn partial(self, at: &str, field: &str) -> World {
        self.partial_at(at, field, ItemPlace::Anywhere)
    }

    /// The same, with where ours stand.
    pub(crate) fn partial_at(mut self, at: &str, field: &str, among: ItemPlace) -> World {
        self.topology.resources.get_mut(&address(at)).unwrap().partial.insert(field.into(), among);
        self
    }

    /// The files declare it as somebody else's.
    pub(crate) fn external(mut self, at: &str) -> World {
        self.topology.resources.get_mut(&address(at)).unwrap().external = true;
        self
    }

    /// The files declare a field as one that is left alone.
    pub(crate) fn unmanaged(mut self, at: &str, field: &str) -> World {
        self.topology.resources.get_mut(&address(at)).unwrap().unmanaged.insert(field.into());
        self
    }
}
