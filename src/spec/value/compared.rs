//! The form in which two values of a type are compared.

use std::collections::BTreeMap;

use crate::attr::Attr;
use crate::spec::walk::{TypeSlot, edit_up};
use crate::spec::{Packing, Type};

/// The form in which two values of a type are compared: equal values have equal forms.
pub fn canonical(ty: &Type, attr: &Attr) -> Attr {
    let mut form = attr.clone();
    edit_up(TypeSlot::typed(*ty), &mut form, &mut |slot, value| wait(&slot.ty, value));
    form
}

/// Brings a value, whose parts have it already, into the form that is compared.
fn wait(ty: &Type, value: &mut Attr) {
    match (ty.plain(), value) {
        (Type::Format(_), Attr::Later(_)) => {}
        // A certificate is one as a secret, too: everybody who connects is shown it.
        (Type::Format(format), value) => {
            if let Some(form) = (format.canonical)(value) {
                *value = form;
            }
        }
        (_, Attr::Later(_) | Attr::Secret(_)) => {}
        (Type::Set(_), Attr::List(items)) => sort(items, shown),
        (Type::Table(_, key), Attr::List(items)) => sort(items, |item| item.get(key).map_or_else(String::new, shown)),
        (ty @ Type::Joined(..), value) => {
            if let Some(words) = ty.packing().and_then(|packing| words(packing, value)) {
                *value = Attr::List(words);
            }
        }
        (Type::List(_) | Type::Set(_) | Type::Table(..), value @ Attr::Null) => {
            *value = Attr::List(Vec::new());
        }
        (Type::Label(..), Attr::Map(label)) => {
            *label = std::mem::take(label).into_iter().map(|(key, text)| (key.to_lowercase(), text)).collect();
        }
        (Type::Map(_), value @ Attr::Null) => *value = Attr::Map(BTreeMap::new()),
        (ty, value) => {
            if let Some(form) = scalar(ty, value) {
                *value = form;
            }
        }
    }
}

/// The form of a value in one piece; `None` where it is its own.
fn scalar(ty: &Type, value: &Attr) -> Option<Attr> {
    let text = match value {
        Attr::Text(text) => text.clone(),
        Attr::Number(_) | Attr::Bool(_) if ty.is_text() => value.to_text()?,
        _ => return None,
    };
    let nothing = || text.is_empty().then_some(Attr::Null);
    match ty {
        Type::Text | Type::Ref(_) | Type::Role(_) | Type::File(_) => Some(nothing().unwrap_or(Attr::Text(text))),
        Type::Bool => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Some(Attr::Bool(true)),
            "false" | "off" | "no" | "0" => Some(Attr::Bool(false)),
            _ => None,
        },
        Type::Int => text.trim().parse::<i64>().ok().map(|number| Attr::Number(number.into())),
        Type::Enum(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(&text)) {
            Some(word) => Some(Attr::text(*word)),
            None => nothing(),
        },
        Type::OpenEnum(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(&text)) {
            Some(word) => Some(Attr::text(*word)),
            None => Some(nothing().unwrap_or(Attr::Text(text))),
        },
        _ => None,
    }
}

/// The words of a packed list, one an item; `None` where it holds something else than a list or a text.
pub(super) fn words(packing: Packing, value: &Attr) -> Option<Vec<Attr>> {
    fn split(packing: Packing, item: &Attr) -> Vec<Attr> {
        match item {
            // An output in the list may have been a list itself.
            Attr::List(items) => items.iter().flat_map(|item| split(packing, item)).collect(),
            Attr::Null => Vec::new(),
            other => match other.to_text() {
                Some(text) => packing.split(&text).into_iter().map(Attr::Text).collect(),
                None => vec![other.clone()],
            },
        }
    }
    let mut words = match value {
        Attr::Map(_) => return None,
        value => split(packing, value),
    };
    if packing.is_set {
        words.sort_by_key(shown);
        words.dedup();
    }
    Some(words)
}

fn sort(items: &mut Vec<Attr>, key: impl Fn(&Attr) -> String) {
    items.sort_by_cached_key(|item| key(item));
    items.dedup();
}

fn shown(attr: &Attr) -> String {
    attr.to_shown().to_string()
}
