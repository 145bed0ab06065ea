//! The walk that rules share: every value of a resource with the type that the tables give it.

use crate::attr::Attr;
use crate::finding::{PathKey, Place};
pub(crate) use crate::spec::WalkStep;
use crate::spec::{Descend, Field, Type, TypeSlot, visit};
use crate::topology::{ITEMS, Resource};

/// The function that a walk calls with each value: the field that it belongs to, its type, the value, and the keys down
/// to it.
type See<'s, 'r> = &'s mut dyn FnMut(&'static Field, &Type, &'r Attr, &[WalkStep]);

/// Calls `see` with every value of a resource: the field that it belongs to, its type, and the keys down to it.
pub(crate) fn walk<'r>(resource: &'r Resource, see: See<'_, 'r>) {
    let mut path = Vec::new();
    for (name, value) in &resource.fields {
        let slot = match resource.kind.field(name) {
            Some(field) => {
                path.push(WalkStep::Name(name));
                TypeSlot::of(field)
            }
            None if name == ITEMS => TypeSlot::typed(Type::Table(resource.kind.fields, "")),
            None => continue,
        };
        visit(slot, value, &mut path, &mut |part| {
            if let Some(field) = part.slot.field {
                see(field, &part.slot.ty, part.value, part.path);
            }
            Descend::Into
        });
        path.clear();
    }
}

/// The place of a value of a resource.
pub(crate) fn place(resource: &Resource, path: &[WalkStep]) -> Place {
    let keys: Vec<PathKey> = path
        .iter()
        .map(|step| match step {
            WalkStep::Name(name) => PathKey::Name((*name).into()),
            WalkStep::Index(index) => PathKey::Index(*index),
        })
        .collect();
    let mut place = resource.place_at(&keys);
    place.at_key = path.is_empty();
    place
}
