//! What nobody declares in a value that is written as a whole: it stays as it is live.
//!
//! Objects keep the fields that the files do not give, maps their other keys, and items of lists the fields of their live
//! counterparts. In any JSON nothing is kept: what is no key to one is a part of an expression to another.

use std::collections::{BTreeMap, HashMap};

use crate::attr::Attr;
use crate::secret::Secret;
use crate::spec::field::Clear;
use crate::spec::walk::{Shape, TypeSlot, edit_up};
use crate::spec::{Field, Type, canonical};

/// Words of items are compared with each other only, within one run.
const WITHIN_A_RUN: &[u8] = b"item";

/// What tells an item of a list from the others, with the number that it has among equal ones.
pub(crate) type ItemWord = (Option<String>, usize);

/// The field that tells items of a list apart: the table's own, else the first that each item needs.
pub(crate) fn item_key_field(list: &Type) -> Option<&'static Field> {
    match (list.plain(), list.shape()) {
        (Type::Table(fields, key), _) => fields.iter().find(|field| field.name == *key),
        (_, Shape::Items(Type::Object(fields) | Type::Open(fields))) => fields.iter().find(|field| field.is_required()),
        _ => None,
    }
}

/// The item of a list that a text tells from the others.
pub(crate) fn item_of_text(list: &Type, text: &str) -> Attr {
    match item_key_field(list) {
        Some(key) => Attr::Map([(key.name.to_owned(), Attr::text(text))].into()),
        None => Attr::text(text),
    }
}

/// What tells the items of a list apart; equal ones are numbered in their order. A secret has the word of the text that it
/// is, and neither can be read from it.
pub(crate) fn item_words(list: &Type, items: &[Attr]) -> Vec<ItemWord> {
    let word = |item: &Attr| match (item_key_field(list), list.shape()) {
        (Some(key), _) => item.get(key.name).map(|value| word(&canonical(&key.ty, value))),
        (None, Shape::Items(ty)) => Some(word(&canonical(&ty, item))),
        (None, _) => Some(word(item)),
    };
    numbered(items.iter().map(word))
}

fn word(value: &Attr) -> String {
    match value {
        Attr::Secret(secret) => secret.fingerprint(WITHIN_A_RUN),
        Attr::Text(text) => Secret::new("", text.as_str()).fingerprint(WITHIN_A_RUN),
        other => other.to_shown().to_string(),
    }
}

/// Words, equal ones numbered in their order.
fn numbered(words: impl Iterator<Item = Option<String>>) -> Vec<ItemWord> {
    let mut counts: HashMap<Option<String>, usize> = HashMap::new();
    let number = |word: Option<String>| {
        let count = counts.entry(word.clone()).or_default();
        *count += 1;
        (word, *count)
    };
    words.map(number).collect()
}

/// Puts into a wanted value what is live in it and what nobody declares.
pub(crate) fn keep_undeclared(slot: TypeSlot, wanted: &mut Attr, live: &Attr) {
    match (slot.ty.shape(), wanted, live) {
        (Shape::Members(_) | Shape::Entries(_), Attr::Map(wanted), Attr::Map(live)) => keep_keys(slot, wanted, live),
        (Shape::Items(_), Attr::List(wanted), Attr::List(live)) => keep_in_items(slot, wanted, live),
        _ => {}
    }
}

fn keep_keys(slot: TypeSlot, wanted: &mut BTreeMap<String, Attr>, live: &BTreeMap<String, Attr>) {
    for (key, live) in live {
        match (wanted.get_mut(key), slot.below(key)) {
            (Some(wanted), Some(below)) => keep_undeclared(below, wanted, live),
            (None, _) if !live.is_null() && is_kept(slot, key) => drop(wanted.insert(key.clone(), live.clone())),
            _ => {}
        }
    }
}

/// Says whether a key that nobody declares would be lost by a write without it, and can be written.
fn is_kept(slot: TypeSlot, key: &str) -> bool {
    let known = |fields: &'static [Field]| fields.iter().find(|field| field.name == key);
    match slot.ty.plain() {
        Type::Object(fields) => known(fields).is_some_and(|field| field.is_read_back()),
        Type::Open(fields) => known(fields).is_none_or(|field| field.is_read_back()),
        // Where keys can't be taken back, the API keeps those that are not sent.
        Type::Map(_) => slot.field.is_none_or(|field| !matches!(field.clear, Clear::Never)),
        _ => false,
    }
}

fn keep_in_items(slot: TypeSlot, wanted: &mut [Attr], live: &[Attr]) {
    let (Some(item), Some(_)) = (slot.item(), item_key_field(&slot.ty)) else { return };
    let (words, own) = (item_words(&slot.ty, live).into_iter(), item_words(&slot.ty, wanted));
    let places: HashMap<ItemWord, usize> = words.enumerate().map(|(n, word)| (word, n)).collect();
    for (wanted, word) in wanted.iter_mut().zip(own) {
        if let Some(&place) = places.get(&word) {
            keep_undeclared(item, wanted, &live[place]);
        }
    }
}

/// The value without what is no part of its type, as the server's own keys of an item, and without what is nothing: so it
/// is told.
pub(crate) fn as_declared(ty: &Type, attr: &Attr) -> Attr {
    let mut form = attr.clone();
    edit_up(TypeSlot::typed(*ty), &mut form, &mut |slot, value| {
        let Attr::Map(map) = value else { return };
        let is_known =
            |fields: &[Field], key: &str| fields.iter().any(|field| field.name == key && field.is_writable());
        match slot.ty.plain() {
            Type::Object(fields) => map.retain(|key, value| !value.is_null() && is_known(fields, key)),
            Type::Open(_) => map.retain(|_, value| !value.is_null()),
            _ => {}
        }
    });
    form
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::spec::{field, output};

    static ENTRY: &[Field] = &[
        field("entry", Type::CIDR, "What tells it apart").required(),
        field("comment", Type::Text, "Free text"),
        field("secret", Type::Text, "Never shown").write_only(),
        output("created_at", Type::Text, "Since when"),
    ];

    #[test]
    fn what_nobody_declares_stays_as_it_is_live() {
        let table = Type::Table(ENTRY, "entry");
        static OBJECT: Type = Type::Object(ENTRY);
        static SET: Type = Type::Set(&OBJECT);
        let (list, nested) = (Type::List(&OBJECT), Type::Map(&SET));
        let live = json!([
            { "entry": "10.0.0.0/8", "comment": "a", "secret": "***", "created_at": "2026", "action": "add" },
            { "entry": "10.1.0.0/16", "comment": "b" },
        ]);
        let kept = json!([{ "entry": "10.1.0.0/16", "comment": "mine" }, { "entry": "10.0.0.1/8", "comment": "a" }]);
        let wanted = json!([{ "entry": "10.1.0.0/16", "comment": "mine" }, { "entry": "10.0.0.1/8" }]);
        for (ty, wanted, live, kept) in [
            (table, wanted.clone(), live.clone(), kept.clone()),
            (list, wanted.clone(), live.clone(), kept.clone()),
            (nested, json!({ "x": wanted }), json!({ "x": live, "y": [] }), json!({ "x": kept, "y": [] })),
            (
                Type::Object(ENTRY),
                json!({ "entry": "1" }),
                json!({ "comment": "c" }),
                json!({ "entry": "1", "comment": "c" }),
            ),
            (Type::Object(ENTRY), json!({ "comment": null }), json!({ "comment": "c" }), json!({ "comment": null })),
            (Type::Open(ENTRY), json!({}), json!({ "more": 1, "created_at": "x" }), json!({ "more": 1 })),
            (Type::Map(&Type::Text), json!({ "a": "1" }), json!({ "a": "0", "b": "2" }), json!({ "a": "1", "b": "2" })),
            (Type::Any, json!({ "a": 1 }), json!({ "b": 1 }), json!({ "a": 1 })),
            (Type::Set(&Type::Text), json!(["a"]), json!(["b"]), json!(["a"])),
        ] {
            let mut attr = Attr::from_json(&wanted);
            keep_undeclared(TypeSlot::typed(ty), &mut attr, &Attr::from_json(&live));
            assert_eq!(attr.to_shown(), kept, "{}", ty.describe());
        }
    }

    #[test]
    fn the_servers_own_keys_are_not_told() {
        let told = |ty: Type, value: Value| as_declared(&ty, &Attr::from_json(&value)).to_shown();
        let item = json!({ "entry": "10.0.0.0/8", "comment": null, "created_at": "2026", "action": "add" });
        assert_eq!(told(Type::Table(ENTRY, "entry"), json!([item])), json!([{ "entry": "10.0.0.0/8" }]));
        assert_eq!(told(Type::Map(&Type::Text), json!({ "action": "x" })), json!({ "action": "x" }));
    }

    #[test]
    fn equal_items_are_told_apart_by_their_order_and_secrets_by_what_they_are() {
        let list = Type::List(&Type::Text);
        let items = [Attr::text("a"), Attr::text("a"), Attr::Secret(Secret::new("x", "a"))];
        let words = item_words(&list, &items);
        assert_eq!(words.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(words.iter().all(|(word, _)| word == &words[0].0));
    }
}
