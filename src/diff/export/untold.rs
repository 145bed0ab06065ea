//! What an export leaves out: what is empty, and what nobody wants to declare.
//!
//! What decides something is told even where the API has it by itself: only what is declared is looked after, and a service
//! without encryption, or an authority by which everybody enrols, has to be drift.

use crate::attr::Attr;
use crate::spec::{Field, Kind, canonical, read};
use crate::state::live::Live;

/// Says whether a value is the API's own and decides nothing: nobody wants to declare it.
pub(super) fn goes_without_saying(field: &Field, value: &Attr) -> bool {
    is_default(field, value) && !field.is_decision()
}

/// Says whether the API shows a default in an object that does not have the field, where declaring it is a mistake.
pub(super) fn is_others(kind: &Kind, field: &Field, value: &Attr, live: &Live) -> bool {
    let find = |name: &str| {
        let field = kind.field(name)?;
        Some((field, canonical(&field.ty, &read(field, &live.raw))))
    };
    is_default(field, value) && field.writable_on.is_some_and(|when| when.holds_for(&find) == Some(false))
}

fn is_default(field: &Field, value: &Attr) -> bool {
    field.default.is_some() && field.default_value() == *value
}

pub(super) fn is_nothing(value: &Attr) -> bool {
    match value {
        Attr::Null => true,
        Attr::Text(text) => text.is_empty(),
        Attr::List(items) => items.is_empty(),
        Attr::Map(map) => map.is_empty(),
        Attr::Bool(_) | Attr::Number(_) | Attr::Secret(_) | Attr::Later(_) => false,
    }
}
