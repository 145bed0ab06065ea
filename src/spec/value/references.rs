//! The references in a value.

use crate::attr::Attr;
use crate::spec::Type;
use crate::spec::walk::{Descend, TypeSlot, edit_down};

/// How a value refers to another resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReferenceForm {
    /// By name in files, by id on the wire.
    Id,
    /// As `@name` on both sides, although an API may show an id behind the `@`.
    Mention,
}

/// What takes the place of a reference; `None` leaves it.
pub(crate) type Swap<'s> = dyn FnMut(ReferenceForm, &[&'static str], &str) -> Option<Attr> + 's;

/// The same value with each reference in it replaced: `swap` is given how it refers, the kinds it may be of and the name
/// (or the id), and gives what takes its place.
pub(crate) fn swap_references(ty: &Type, attr: &Attr, swap: &mut Swap<'_>) -> Attr {
    let mut swapped = attr.clone();
    edit_down(TypeSlot::typed(*ty), &mut swapped, &mut |slot, value| {
        let other = match slot.ty {
            Type::Ref(kind) => {
                let name = value.to_text().filter(|name| !name.is_empty());
                name.and_then(|name| swap(ReferenceForm::Id, &[kind], &name))
            }
            Type::Role(kinds) => {
                let name = value.as_text().and_then(|text| text.strip_prefix('@'));
                name.and_then(|name| swap(ReferenceForm::Mention, kinds, name))
            }
            _ => None,
        };
        if let Some(other) = other {
            *value = other;
        }
        Descend::Into
    });
    swapped
}
