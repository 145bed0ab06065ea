//! Mentions: the names of other objects in texts, looked up among what the controllers show.
//!
//! What a text names is said by the grammar of its field; see `spec/grammar.rs`. Of what is declared the files know it; an
//! object that nothing declares is found here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::index::Index;
use crate::spec::{By, Called, Descend, Field, Kind, Type, TypeSlot, canonical, lookup, visit};
use crate::topology::Resource;
use crate::topology::references::References;
use crate::topology::words::Word;

/// What the texts of a live object name.
pub(crate) fn of_live(index: &Index<'_>, address: &Address, kind: &Kind, raw: &Value) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let mut see = |called: &Called, name: &str| {
        found.extend(named(index, address, called, name).filter(|other| *other != address).cloned());
    };
    match raw {
        Value::Array(items) => items.iter().for_each(|item| collect(kind.fields, item, &mut see)),
        object => collect(kind.fields, object, &mut see),
    }
    found
}

/// The live object that is called so.
fn named<'i>(index: &'i Index<'_>, from: &Address, called: &Called, name: &str) -> impl Iterator<Item = &'i Address> {
    let found = match called.by {
        By::Any => None,
        By::Name | By::Field(_) | By::Output(_) => index.by_id(from, &[called.kind], name),
    };
    found.into_iter()
}

/// The live object that a word of a declared resource means.
pub(crate) fn live_of<'i>(index: &'i Index<'_>, from: &Address, word: &Word) -> Option<&'i Address> {
    named(index, from, word.called, &word.name).next()
}

/// What a declared resource names in words that nothing declares: each word, with the live object that it means.
pub(crate) fn undeclared<'i>(
    references: &References<'_>,
    index: &'i Index<'_>,
    resource: &Resource,
) -> Vec<(Word, Option<&'i Address>)> {
    let words = references.words.of(resource).into_iter();
    words
        .filter(|word| references.words.meant(&resource.address, word).is_empty())
        .map(|word| {
            let live = live_of(index, &resource.address, &word);
            (word, live)
        })
        .collect()
}

/// Calls `see` with each name in the texts of an object.
fn collect(fields: &'static [Field], object: &Value, see: &mut dyn FnMut(&Called, &str)) {
    let has = |field: &str, value: &str| {
        let declared = fields.iter().find(|declared| declared.name == field);
        declared.is_some_and(|declared| {
            let live = lookup(object, declared.read_path()).map_or(Attr::Null, Attr::from_json);
            canonical(&declared.ty, &live).as_text() == Some(value)
        })
    };
    for field in fields {
        let Some(value) = lookup(object, field.read_path()) else { continue };
        visit(TypeSlot::of(field), &Attr::from_json(value), &mut Vec::new(), &mut |part| {
            if let Type::Phrase(grammar) = part.slot.ty {
                for named in grammar.names(part.value, &has) {
                    if let Some(called) = named.called(grammar) {
                        see(called, &named.name);
                    }
                }
            }
            Descend::Into
        });
    }
}
