//! The walk that rules share: every value of a resource with the type that the tables give it.

use crate::attr::Attr;
use crate::finding::{Key, Place};
use crate::spec::{Field, Type};
use crate::topology::{ITEMS, Resource};

/// The function that a walk calls with each value: the field that it belongs to, its type, the value, and the keys down
/// to it.
type See<'s, 'r> = &'s mut dyn FnMut(&'static Field, &Type, &'r Attr, &[Step]);

/// A key on the way to a value, still borrowed: most values need no place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'r> {
    /// A key of a map.
    Name(&'r str),
    /// A place in a list, from 0.
    Index(usize),
}

/// Calls `see` with every value of a resource: the field that it belongs to, its type, and the keys down to it.
pub(crate) fn walk<'r>(resource: &'r Resource, see: See<'_, 'r>) {
    let mut path = Vec::new();
    for (name, value) in &resource.fields {
        path.clear();
        if let Some(field) = resource.kind.field(name) {
            path.push(Step::Name(name));
            values(field, &field.ty, value, &mut path, see);
        } else if let (ITEMS, Attr::List(items)) = (name.as_str(), value) {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                members(resource.kind.fields, item, &mut path, see);
                path.pop();
            }
        }
    }
}

/// The place of a value of a resource.
pub(crate) fn place(resource: &Resource, path: &[Step]) -> Place {
    let mut place = resource.place.clone();
    place.path.extend(path.iter().map(|step| match step {
        Step::Name(name) => Key::Name((*name).into()),
        Step::Index(index) => Key::Index(*index),
    }));
    place.at_key = path.is_empty();
    place
}

fn values<'r>(field: &'static Field, ty: &Type, value: &'r Attr, path: &mut Vec<Step<'r>>, see: See<'_, 'r>) {
    see(field, ty, value, path);
    match (ty, value) {
        (Type::List(item) | Type::Set(item), Attr::List(items)) => {
            each(items, path, &mut |value, path| values(field, item, value, path, see));
        }
        (Type::Roles(_), Attr::List(items)) => {
            each(items, path, &mut |value, path| see(field, ty, value, path));
        }
        (Type::Table(fields, _), Attr::List(items)) => {
            each(items, path, &mut |value, path| members(fields, value, path, see));
        }
        (Type::Object(fields) | Type::Open(fields), Attr::Map(_)) => members(fields, value, path, see),
        (Type::Map(item), Attr::Map(map)) => {
            for (key, value) in map {
                path.push(Step::Name(key));
                values(field, item, value, path, see);
                path.pop();
            }
        }
        _ => {}
    }
}

fn each<'r>(items: &'r [Attr], path: &mut Vec<Step<'r>>, see: &mut dyn FnMut(&'r Attr, &mut Vec<Step<'r>>)) {
    for (index, item) in items.iter().enumerate() {
        path.push(Step::Index(index));
        see(item, path);
        path.pop();
    }
}

fn members<'r>(fields: &'static [Field], value: &'r Attr, path: &mut Vec<Step<'r>>, see: See<'_, 'r>) {
    let Attr::Map(map) = value else { return };
    for (key, value) in map {
        if let Some(field) = fields.iter().find(|field| field.name == key) {
            path.push(Step::Name(key));
            values(field, &field.ty, value, path, see);
            path.pop();
        }
    }
}
