//! Spreading: an item of a list that is made for each of others.
//!
//! Where items have fields, `each` stands among them; where they are texts, in a map with the text as its `item`. In a value
//! that may be anything, `each` is a word like any other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::draft::Each;
use super::each;
use super::site::ValuePurpose;
use super::variables::Variables;
use crate::finding::{Finding, PathKey, Place};
use crate::source::Node;
use crate::spec::{Field, Type};

/// The key that holds the text of an item that is made for each.
pub(crate) const ITEM: &str = "item";

/// What becomes of an item of a list.
pub(crate) enum Spread {
    /// It is one.
    Alone,
    /// This one is made for each of these.
    Made(Node, Vec<Each>),
    /// What it is made for can't be told.
    Broken(Box<Finding>),
}

/// What becomes of an item of a list whose items are for that.
pub(crate) fn spread(item: &Node, purpose: ValuePurpose, outer: Option<&Each>, variables: &Variables) -> Spread {
    let Node::Map(entries) = item else { return Spread::Alone };
    if item.get(each::KEY).is_none() {
        return Spread::Alone;
    }
    let Some(form) = purpose.ty.map(|ty| ItemForm::of(&ty)) else { return Spread::Alone };
    let mut entries = entries.clone();
    let source = match form {
        ItemForm::Fields(fields) if !has(fields, each::KEY) => each::take(&mut entries, has(fields, each::NAMED_BY)),
        ItemForm::Text => each::take(&mut entries, false),
        ItemForm::Fields(_) | ItemForm::Anything => return Spread::Alone,
    };
    let Some(source) = source else { return Spread::Alone };
    let made = match form {
        ItemForm::Text => match lone_item(entries) {
            Ok(node) => node,
            Err(finding) => return Spread::Broken(finding),
        },
        _ => Node::Map(entries),
    };
    match source.items(outer, variables) {
        Ok(items) => Spread::Made(made, items),
        Err(finding) => Spread::Broken(finding),
    }
}

/// The lists whose items are not those of the files one by one: a place in what was made is found in the files again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spreads {
    /// By file, and by the list's path there with the item of an `each` around it: each item's number in the file, and the
    /// item that it was made for.
    lists: BTreeMap<Arc<str>, HashMap<ListKey, Vec<SpreadItem>>>,
}

type ListKey = (Vec<PathKey>, Option<Arc<str>>);

/// An item that was made: its number in the file, and what it was made for.
pub(crate) type SpreadItem = (usize, Option<Arc<str>>);

impl Spreads {
    /// Takes note of a list.
    pub(crate) fn note(&mut self, list: Place, items: Vec<SpreadItem>) {
        self.lists.entry(list.file).or_default().insert((list.path, list.item), items);
    }

    /// Where a place of what was made stands in the files.
    pub(crate) fn of(&self, place: Place) -> Place {
        let Some(lists) = self.lists.get(&place.file) else { return place };
        let mut found = Place { path: Vec::with_capacity(place.path.len()), ..place.clone() };
        for (number, key) in place.path.iter().enumerate() {
            let above = place.path.get(..number).unwrap_or_default();
            let items = match key {
                PathKey::Index(index) => {
                    lists.get(&(above.to_vec(), place.item.clone())).map(|items| items.get(*index))
                }
                PathKey::Name(_) => None,
            };
            match items {
                Some(Some((index, item))) => {
                    found.path.push(PathKey::Index(*index));
                    found.item = item.clone().or(found.item);
                }
                _ => found.path.push(key.clone()),
            }
        }
        found
    }

    /// The same finding with its places in the files.
    pub(crate) fn placed(&self, mut finding: Finding) -> Finding {
        if !self.lists.is_empty() {
            finding.place = finding.place.map(|place| self.of(place));
            finding.also = finding.also.map(|(place, what)| (self.of(place), what));
        }
        finding
    }
}

/// What the items of a list are, as far as it matters here.
#[derive(Clone, Copy)]
enum ItemForm {
    /// Maps with these fields.
    Fields(&'static [Field]),
    /// Texts, or other scalars.
    Text,
    /// Whatever somebody writes.
    Anything,
}

impl ItemForm {
    fn of(ty: &Type) -> ItemForm {
        match ty {
            Type::Object(fields) | Type::Open(fields) => ItemForm::Fields(fields),
            Type::Any | Type::Json(_) | Type::Map(_) | Type::Label(..) => ItemForm::Anything,
            Type::List(_) | Type::Set(_) | Type::Table(..) => ItemForm::Anything,
            Type::Bool | Type::Int | Type::Text | Type::Format(_) | Type::Phrase(_) => ItemForm::Text,
            Type::Enum(_) | Type::OpenEnum(_) | Type::Joined(..) => ItemForm::Text,
            Type::Ref(_) | Type::Role(_) | Type::File(_) => ItemForm::Text,
        }
    }
}

fn has(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| field.name == name)
}

/// The text of an item that is made for each.
fn lone_item(entries: Vec<(Arc<str>, Node)>) -> Result<Node, Box<Finding>> {
    let mut entries = entries.into_iter();
    match (entries.next(), entries.next()) {
        (Some((key, value)), None) if &*key == ITEM => Ok(value),
        _ => {
            let finding = Finding::error("wrong-type", "an item that is a text and made for each has it as its `item`");
            Err(Box::new(finding.help("as in `{ each: \"${var.networks}\", item: \"in permit ${each.key}\" }`")))
        }
    }
}
