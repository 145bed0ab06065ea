//! The walk that rules share: every value of a resource with the type that the tables give it.

use crate::attr::Attr;
use crate::finding::{Key, Place};
use crate::spec::{Field, Type};
use crate::topology::{ITEMS, Resource};

/// What a walk calls: the field that a value belongs to, its type, the value, and the keys down to it.
type See<'s, 'r> = &'s mut dyn FnMut(&'static Field, &Type, &'r Attr, &[Key]);

/// Calls `see` with every value of a resource: the field that it belongs to, its type, and the keys down to it.
pub fn walk<'r>(resource: &'r Resource, see: See<'_, 'r>) {
    for (name, value) in &resource.fields {
        if let Some(field) = resource.kind.field(name) {
            let mut path = vec![Key::Name(name.as_str().into())];
            values(field, &field.ty, value, &mut path, see);
        } else if let (ITEMS, Attr::List(items)) = (name.as_str(), value) {
            for (index, item) in items.iter().enumerate() {
                members(resource.kind.fields, item, &mut vec![Key::Index(index)], see);
            }
        }
    }
}

/// The place of a value of a resource.
pub fn place(resource: &Resource, path: &[Key]) -> Place {
    let mut place = resource.place.clone();
    place.path.extend(path.iter().cloned());
    place.at_key = path.is_empty();
    place
}

fn values<'r>(field: &'static Field, ty: &Type, value: &'r Attr, path: &mut Vec<Key>, see: See<'_, 'r>) {
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
                path.push(Key::Name(key.as_str().into()));
                values(field, item, value, path, see);
                path.pop();
            }
        }
        _ => {}
    }
}

fn each<'r>(items: &'r [Attr], path: &mut Vec<Key>, see: &mut dyn FnMut(&'r Attr, &mut Vec<Key>)) {
    for (index, item) in items.iter().enumerate() {
        path.push(Key::Index(index));
        see(item, path);
        path.pop();
    }
}

fn members<'r>(fields: &'static [Field], value: &'r Attr, path: &mut Vec<Key>, see: See<'_, 'r>) {
    let Attr::Map(map) = value else { return };
    for (key, value) in map {
        if let Some(field) = fields.iter().find(|field| field.name == key) {
            path.push(Key::Name(key.as_str().into()));
            values(field, &field.ty, value, path, see);
            path.pop();
        }
    }
}
