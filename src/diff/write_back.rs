//! Drift taken into the files: which values of which texts have to change, so that what is live is what is declared.
//!
//! A verdict says what differs, in the form in which files declare it. Where a value stands in a file is the way to the
//! resource and the field. A value that an expression gives, or one of many resources of an `each`, stands elsewhere and is
//! told instead; so is a secret, which is never written.

use std::collections::BTreeMap;

use serde_json::Value;
use similar::{Algorithm, capture_diff_slices};

use crate::attr::Attr;
use crate::diff::export::literal;
use crate::diff::verdict::{Cause, Decision, FieldChange, Verdict};
use crate::finding::{Finding, PathKey, Place};
use crate::source::{Node, TextChange, ValueEdit, inline};
use crate::spec::{ItemWord, Type, TypeSlot, canonical, item_words};
use crate::topology::{ITEMS, Resource, list_type};

/// What becomes of the drift of one resource.
#[derive(Debug, Default)]
pub(crate) struct WrittenBack {
    /// The changes of the file that declares it.
    pub edits: Vec<ValueEdit>,
    /// What is not written, each with the reason and what to paste.
    pub untold: Vec<Finding>,
}

/// What becomes of the drift that a verdict tells of. `documents` are those of the file that declares the resource.
pub(crate) fn written_back(resource: &Resource, documents: &[Node], verdict: &Verdict) -> WrittenBack {
    let mut back = WrittenBack::default();
    if matches!(verdict.decision, Decision::Create(Cause::Drift)) {
        match given_by(resource, documents) {
            None => back.edits.push(ValueEdit { path: numbered(&resource.place), change: TextChange::Remove }),
            Some(why) => back.untold.push(untold(resource, &resource.place, &why, None)),
        }
        return back;
    }
    for change in verdict.decision.fields() {
        if matches!(change.cause, Cause::Drift | Cause::Conflict) {
            of_field(resource, documents, change, &mut back);
        }
    }
    back
}

fn of_field(resource: &Resource, documents: &[Node], change: &FieldChange, back: &mut WrittenBack) {
    let place = match change.field {
        Some(_) => resource.place.below(&change.name),
        None => Place { at_key: false, ..resource.place.clone() },
    };
    let mut told = |why: &str, value: Option<&Attr>| back.untold.push(untold(resource, &place, why, value));
    if is_secret(&change.before) || is_secret(&change.after) {
        return told("a secret is never written", None);
    }
    if let Some(why) = given_by(resource, documents) {
        return told(&why, Some(&change.before));
    }
    if resource.partial.contains_key(&change.name) {
        return told("others share the list", Some(&change.before));
    }
    let path = numbered(&place);
    let ty = list_type(resource.kind, &change.name);
    let (Some(raw), Some(declared), Some(ty)) = (at(documents, &path), resource.fields.get(&change.name), ty) else {
        return told("it does not stand where the resource is declared", Some(&change.before));
    };
    let mut edits = Vec::new();
    let order = if change.name == ITEMS && change.field.is_none() { ItemOrder::Counts } else { ItemOrder::of(&ty) };
    let spot = ValuePlace { slot: TypeSlot::typed(ty), path };
    let sides = Sides { raw, declared, after: &change.after, live: &change.before };
    match differences(&spot, &sides, order, &mut edits) {
        Ok(()) => back.edits.append(&mut edits),
        Err(why) => told(&why, Some(&change.before)),
    }
}

/// Says whether a value holds a secret, or a text of which one was taken out.
fn is_secret(value: &Attr) -> bool {
    let is_blackened = |text: &str| text.contains("(secret");
    value.has_secret()
        || match value {
            Attr::Text(text) => is_blackened(text),
            Attr::List(items) => items.iter().any(is_secret),
            Attr::Map(map) => map.values().any(is_secret),
            _ => false,
        }
}

/// The way to a place with the number of its document in front, which the way of a first one leaves out.
fn numbered(place: &Place) -> Vec<PathKey> {
    match place.path.first() {
        Some(PathKey::Index(_)) => place.path.clone(),
        _ => [vec![PathKey::Index(0)], place.path.clone()].concat(),
    }
}

fn at<'n>(documents: &'n [Node], path: &[PathKey]) -> Option<&'n Node> {
    let (first, rest) = path.split_first()?;
    let PathKey::Index(number) = first else { return None };
    rest.iter().try_fold(documents.get(*number)?, |here, key| match (here, key) {
        (Node::Map(_), PathKey::Name(name)) => here.get(name),
        (Node::List(items), PathKey::Index(index)) => items.get(*index),
        _ => None,
    })
}

/// What gives a resource besides the lines at its place: then these speak for others, too.
fn given_by(resource: &Resource, documents: &[Node]) -> Option<String> {
    if let Some(origin) = &resource.origin {
        return Some(format!("it comes from {origin}"));
    }
    let path = numbered(&resource.place);
    let is_each = |end: usize| {
        let (above, key) = (path.get(..end)?, path.get(end - 1)?);
        let PathKey::Name(name) = key else { return None };
        at(documents, above)?.get("each").map(|_| format!("`{name}` makes one for each item of its `each`"))
    };
    (2..=path.len()).find_map(is_each)
}

fn untold(resource: &Resource, place: &Place, why: &str, value: Option<&Attr>) -> Finding {
    let field = match place.path.last() {
        Some(PathKey::Name(name)) => name.to_string(),
        _ => String::new(),
    };
    let message = format!("the drift of `{field}` at `{}` is not written: {why}", resource.address);
    let finding = Finding::warning("not-written-back", message).at(place);
    match value {
        Some(value) => finding.help(format!("where it is to be given, write `{field}: {}`", inline(&told(value)))),
        None => finding,
    }
}

/// A value as a file says it.
fn told(value: &Attr) -> Value {
    fn escaped(value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(literal(&text)),
            Value::Array(items) => Value::Array(items.into_iter().map(escaped).collect()),
            Value::Object(map) => {
                let told = map.into_iter().filter(|(_, value)| !value.is_null());
                Value::Object(told.map(|(key, value)| (key, escaped(value))).collect())
            }
            other => other,
        }
    }
    escaped(value.to_shown())
}

/// Where a value stands, and what it takes.
struct ValuePlace {
    slot: TypeSlot,
    path: Vec<PathKey>,
}

impl ValuePlace {
    fn below(&self, key: PathKey, slot: Option<TypeSlot>) -> ValuePlace {
        let slot = slot.unwrap_or(TypeSlot { ty: Type::Any, ..self.slot });
        ValuePlace { slot, path: [self.path.clone(), vec![key]].concat() }
    }

    fn edit(&self, change: TextChange) -> ValueEdit {
        ValueEdit { path: self.path.clone(), change }
    }
}

/// One value from all sides.
struct Sides<'v> {
    /// As it stands in the file.
    raw: &'v Node,
    /// As it is declared, expressions carried out.
    declared: &'v Attr,
    /// The same in the form that is compared, with what stays although nobody declares it.
    after: &'v Attr,
    /// As it is live.
    live: &'v Attr,
}

/// Says whether the order of a list's items means something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ItemOrder {
    Counts,
    MeansNothing,
}

impl ItemOrder {
    fn of(ty: &Type) -> ItemOrder {
        match ty.plain() {
            Type::Set(_) | Type::Table(..) => ItemOrder::MeansNothing,
            _ => ItemOrder::Counts,
        }
    }
}

/// The smallest changes that make what is declared what is live.
fn differences(
    spot: &ValuePlace,
    sides: &Sides<'_>,
    order: ItemOrder,
    edits: &mut Vec<ValueEdit>,
) -> Result<(), String> {
    let Sides { raw, declared, after, live } = *sides;
    if canonical(&spot.slot.ty, declared) == canonical(&spot.slot.ty, live) || after == live {
        return Ok(());
    }
    match (raw, declared, live) {
        (Node::Map(_), Attr::Map(given), Attr::Map(now)) => {
            for (key, value) in given {
                let spot = spot.below(PathKey::Name(key.as_str().into()), spot.slot.below(key));
                match (raw.get(key), now.get(key).filter(|value| !value.is_null())) {
                    (Some(raw), Some(live)) => {
                        let after = after.get(key).unwrap_or(value);
                        let sides = Sides { raw, declared: value, after, live };
                        differences(&spot, &sides, ItemOrder::of(&spot.slot.ty), edits)?;
                    }
                    (Some(_), None) if !value.is_nothing() => edits.push(spot.edit(TextChange::Remove)),
                    _ => {}
                }
            }
            let is_new = |key: &str| !given.contains_key(key) && after.get(key).is_none();
            let is_free = !matches!(spot.slot.ty.plain(), Type::Object(_));
            for (key, value) in now.iter().filter(|(key, value)| is_free && !value.is_null() && is_new(key)) {
                let spot = spot.below(PathKey::Name(key.as_str().into()), spot.slot.below(key));
                edits.push(spot.edit(TextChange::Set(told(value))));
            }
            Ok(())
        }
        (Node::List(items), Attr::List(given), Attr::List(now)) if items.len() == given.len() => {
            of_list(spot, (items, given, now), order, edits)
        }
        (raw, ..) => match expression(raw) {
            Some(expression) => Err(format!("`{expression}` gives it")),
            None => {
                let change = if live.is_nothing() { TextChange::Remove } else { TextChange::Set(told(live)) };
                // An item that is nothing is no item that goes.
                let is_item = matches!(spot.path.last(), Some(PathKey::Index(_)));
                edits.push(spot.edit(if is_item { TextChange::Set(told(live)) } else { change }));
                Ok(())
            }
        },
    }
}

fn of_list(
    spot: &ValuePlace,
    (items, given, now): (&[Node], &[Attr], &[Attr]),
    order: ItemOrder,
    edits: &mut Vec<ValueEdit>,
) -> Result<(), String> {
    let (old, new) = (item_words(&spot.slot.ty, given), item_words(&spot.slot.ty, now));
    let item_spot = |n: usize| spot.below(PathKey::Index(n), spot.slot.item());
    let pair = |n: usize, m: usize, edits: &mut Vec<ValueEdit>| {
        let (Some(raw), Some(declared), Some(live)) = (items.get(n), given.get(n), now.get(m)) else { return Ok(()) };
        let spot = item_spot(n);
        let sides = Sides { raw, declared, after: declared, live };
        differences(&spot, &sides, ItemOrder::of(&spot.slot.ty), edits)
    };
    let remove = |n: usize| match items.get(n).and_then(expression) {
        Some(expression) => Err(format!("`{expression}` gives an item of it")),
        None => Ok(item_spot(n).edit(TextChange::Remove)),
    };
    let insert = |n: usize, values: Vec<Value>| item_spot(n).edit(TextChange::Insert(values));
    if order == ItemOrder::MeansNothing {
        let mut places: BTreeMap<&ItemWord, usize> = new.iter().enumerate().map(|(m, word)| (word, m)).collect();
        for (n, word) in old.iter().enumerate() {
            match places.remove(word) {
                Some(m) => pair(n, m, edits)?,
                None => edits.push(remove(n)?),
            }
        }
        let mut added: Vec<usize> = places.into_values().collect();
        added.sort_unstable();
        let added: Vec<Value> = added.into_iter().filter_map(|m| now.get(m)).map(told).collect();
        edits.extend((!added.is_empty()).then(|| insert(items.len(), added)));
        return Ok(());
    }
    for step in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (_, from, to) = step.as_tag_tuple();
        let both = from.len().min(to.len());
        for (n, m) in from.clone().zip(to.clone()) {
            pair(n, m, edits)?;
        }
        for n in from.start + both..from.end {
            edits.push(remove(n)?);
        }
        let added: Vec<Value> = now.get(to.start + both..to.end).unwrap_or_default().iter().map(told).collect();
        edits.extend((!added.is_empty()).then(|| insert(from.end, added)));
    }
    Ok(())
}

/// The text of a value that is not written as it is.
fn expression(raw: &Node) -> Option<&str> {
    match raw {
        Node::Text(text) => text.replace("$${", "").contains("${").then_some(text),
        Node::List(items) => items.iter().find_map(expression),
        Node::Map(entries) => entries.iter().find_map(|(_, value)| expression(value)),
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Spelt(_) => None,
    }
}
