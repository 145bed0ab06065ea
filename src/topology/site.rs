//! Sites: where a value stands in the files, and what it is for.

use super::draft::{Draft, DraftField, Each};
use crate::address::Address;
use crate::finding::{Key, Place};
use crate::redact::Scalars;
use crate::spec::{Field, Type};
use crate::topology::ITEMS;

/// What a value is for.
#[derive(Clone, Copy)]
pub(crate) struct Purpose<'t> {
    /// What values it takes, where that is known.
    pub ty: Option<&'t Type>,
    /// Says whether it must not be shown.
    pub secret: bool,
}

impl<'t> Purpose<'t> {
    /// For a field.
    pub(crate) fn of(field: &'t Field) -> Purpose<'t> {
        Purpose { ty: Some(&field.ty), secret: field.is_secret() }
    }

    /// The form that a number keeps when it is a secret.
    pub(crate) fn scalars(self) -> Scalars {
        match self.ty {
            None | Some(Type::Any | Type::Json) => Scalars::Json,
            Some(_) => Scalars::Text,
        }
    }

    /// For an item of the list that it is.
    pub(crate) fn item(self) -> Purpose<'t> {
        let ty = match self.ty {
            Some(Type::List(item) | Type::Set(item)) => Some(*item),
            // An item of a table is known by the table's fields.
            Some(Type::Table(..)) => self.ty,
            _ => None,
        };
        Purpose { ty, ..self }
    }

    /// For what stands below a key of the map that it is.
    pub(crate) fn key(self, key: &str) -> Purpose<'t> {
        match self.ty {
            Some(Type::Map(item)) => Purpose { ty: Some(item), ..self },
            Some(Type::Table(fields, _) | Type::Object(fields) | Type::Open(fields)) => {
                match fields.iter().find(|field| field.name == key) {
                    Some(field) => Purpose { ty: Some(&field.ty), secret: self.secret || field.is_secret() },
                    None => Purpose { ty: None, ..self },
                }
            }
            _ => Purpose { ty: None, ..self },
        }
    }
}

/// Where a value stands, and what `each` means there.
pub(crate) struct Site<'s> {
    base: &'s Place,
    /// The keys below the base.
    pub path: Vec<Key>,
    /// What `each` means here.
    pub each: Option<&'s Each>,
    /// The resource that the value belongs to, which can't wait for itself.
    pub own: Option<&'s Address>,
}

impl<'s> Site<'s> {
    /// A value at a place that belongs to no resource.
    pub(crate) fn at(base: &'s Place) -> Site<'s> {
        Site { base, path: Vec::new(), each: None, own: None }
    }

    /// A declared field's value.
    pub(crate) fn of(draft: &'s Draft, field: &DraftField) -> Site<'s> {
        let path = if &*field.name == ITEMS { Vec::new() } else { vec![Key::Name(field.name.clone())] };
        Site { base: &draft.place, path, each: draft.each.as_deref(), own: Some(&draft.address) }
    }

    /// The place itself.
    pub(crate) fn place(&self) -> Place {
        let path = self.base.path.iter().chain(&self.path).cloned().collect();
        Place { file: self.base.file.clone(), path, at_key: false }
    }
}

/// What a draft's field is for; `items` is the type of a sequence of its kind.
pub(crate) fn purpose<'k>(draft: &'k Draft, name: &str, items: &'k Type) -> Purpose<'k> {
    match draft.kind.field(name) {
        Some(field) => Purpose { ty: Some(draft.type_of(field)), ..Purpose::of(field) },
        None if name == ITEMS => Purpose { ty: Some(items), secret: false },
        None => Purpose { ty: None, secret: false },
    }
}

/// Says whether values of a type hold names or paths in YAML that the provider holds as something else.
pub(crate) fn holds_names(ty: &Type) -> bool {
    match ty {
        Type::Ref(_) | Type::Roles(_) | Type::File(_) => true,
        Type::List(item) | Type::Set(item) | Type::Map(item) => holds_names(item),
        Type::Table(fields, _) | Type::Object(fields) | Type::Open(fields) => {
            fields.iter().any(|field| holds_names(&field.ty))
        }
        _ => false,
    }
}
