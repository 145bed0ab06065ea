//! Values changed in place: no byte outside of their places is touched, and every comment stays.
//!
//! What is to change is told by paths, and the places come from the layout of the text. The new text is read before it is
//! given: it has to mean what the old one would mean with these changes and nothing else. What can't be done so is refused
//! with the reason, and left to whoever edits by hand.

mod splice;

use std::collections::BTreeSet;

use serde_json::Value;

use super::layout::{Layout, PieceShape, TextPiece};
use super::{YamlError, parse};
use crate::attr::Attr;
use crate::finding::PathKey;
use crate::source::Node;
use splice::Splices;
pub(crate) use splice::inline;

/// A change of one value in a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValueEdit {
    /// The way to the value; an index in front is the document's number.
    pub path: Vec<PathKey>,
    /// What becomes of it.
    pub change: TextChange,
}

/// What becomes of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TextChange {
    /// It is this from now on, whether it was there or not.
    Set(Value),
    /// It goes, with its key or its dash.
    Remove,
    /// These come before it: it is an item of a list, or the place behind the last one.
    Insert(Vec<Value>),
}

/// Why a text is not edited, as a phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotEdited(pub String);

impl From<YamlError> for NotEdited {
    fn from(error: YamlError) -> NotEdited {
        NotEdited(error.message)
    }
}

fn refused<T>(why: &str) -> Result<T, NotEdited> {
    Err(NotEdited(why.to_owned()))
}

/// The same text with these values changed.
///
/// # Errors
/// A value is not written where it is used, or can't be changed without touching something else.
pub(crate) fn edited(text: &str, edits: &[ValueEdit]) -> Result<String, NotEdited> {
    let mut expected: Vec<Node> = parse(text)?.into_iter().map(|document| document.root).collect();
    let comments = comments(text, &Layout::of(text)?);
    let mut left: Vec<&ValueEdit> = edits.iter().collect();
    // From the end on: no edit moves the place of one that is still to come.
    left.sort_by(|a, b| b.path.cmp(&a.path));
    let mut new = text.to_owned();
    while !left.is_empty() {
        let (now, later) = round(left);
        let layout = Layout::of(&new)?;
        let mut splices = Splices::new(&new, &layout.comments);
        for edit in &now {
            if comes_merged(&layout, &mut expected, edit) {
                return refused(MERGED);
            }
            splice(&layout, edit, &mut splices)?;
        }
        new = splices.text()?;
        for edit in now {
            change(&mut expected, edit)?;
        }
        left = later;
    }
    let roots: Vec<Node> = parse(&new)?.into_iter().map(|document| document.root).collect();
    if roots != expected {
        return refused("something else would change with it, such as what refers to its anchor");
    }
    if self::comments(&new, &Layout::of(&new)?) != comments {
        return refused("a comment would go with it");
    }
    Ok(new)
}

fn comments(text: &str, layout: &Layout) -> Vec<String> {
    layout.comments.iter().filter_map(|at| text.get(at.clone())).map(str::to_owned).collect()
}

/// Those that can be made at once: of each list and map one, and none before what is put off within it.
fn round(edits: Vec<&ValueEdit>) -> (Vec<&ValueEdit>, Vec<&ValueEdit>) {
    let mut taken: BTreeSet<&[PathKey]> = BTreeSet::new();
    let mut put_off: BTreeSet<&[PathKey]> = BTreeSet::new();
    let (mut now, mut later) = (Vec::new(), Vec::new());
    for edit in edits {
        let around = edit.path.split_last().map_or(&[][..], |(_, around)| around);
        let waits = put_off.range(around..).next().is_some_and(|path| path.starts_with(around));
        if !waits && taken.insert(around) {
            now.push(edit);
        } else {
            put_off.insert(&edit.path);
            later.push(edit);
        }
    }
    (now, later)
}

/// The document of a path, and the way within.
fn document(path: &[PathKey]) -> (usize, &[PathKey]) {
    match path.split_first() {
        Some((PathKey::Index(number), rest)) => (*number, rest),
        _ => (0, path),
    }
}

/// Why a value is not changed where it is used.
const MERGED: &str = "it comes through a merge key, and stands elsewhere";

/// Says whether a value is there without being written where it is used.
fn comes_merged(layout: &Layout, roots: &mut [Node], edit: &ValueEdit) -> bool {
    let (number, path) = document(&edit.path);
    let is_written = path.iter().try_fold(layout.documents.get(number), |here, key| {
        let here = here.filter(|piece| !matches!(piece.shape, PieceShape::Alias))?;
        Some(below(here, key))
    });
    let is_there = roots.get_mut(number).and_then(|root| path.iter().try_fold(root, node_below)).is_some();
    is_there && matches!(is_written, Some(None))
}

/// Says how the text changes for one edit.
fn splice(layout: &Layout, edit: &ValueEdit, splices: &mut Splices<'_>) -> Result<(), NotEdited> {
    let (number, path) = document(&edit.path);
    let mut here = layout.documents.get(number);
    let mut around = None;
    let Some((last, above)) = path.split_last() else { return refused("it is a whole document") };
    for key in above {
        let piece = written(here)?;
        (here, around) = (below(piece, key), here.or(around));
    }
    let parent = written(here)?;
    let own = below(parent, last);
    match (&edit.change, own, last) {
        (TextChange::Set(value), Some(piece), _) => splices.set(written(Some(piece))?, value),
        (TextChange::Set(value), None, PathKey::Name(name)) => splices.add(parent, name, value),
        (TextChange::Remove, Some(_), _) => splices.remove(parent, last),
        (TextChange::Insert(values), _, PathKey::Index(index)) => splices.insert(parent, *index, values),
        (TextChange::Set(_) | TextChange::Remove | TextChange::Insert(_), ..) => refused(MERGED),
    }
}

fn below<'l>(piece: &'l TextPiece, key: &PathKey) -> Option<&'l TextPiece> {
    match (&piece.shape, key) {
        (PieceShape::Map(_, entries), PathKey::Name(name)) => {
            entries.iter().find(|entry| entry.name == **name).map(|entry| &entry.value)
        }
        (PieceShape::List(_, items), PathKey::Index(index)) => items.get(*index).map(|item| &item.value),
        _ => None,
    }
}

/// A value that is written where it is used.
fn written(piece: Option<&TextPiece>) -> Result<&TextPiece, NotEdited> {
    match piece {
        Some(piece) if matches!(piece.shape, PieceShape::Alias) => {
            refused("it comes through an alias, and stands elsewhere")
        }
        Some(piece) => Ok(piece),
        None => refused(MERGED),
    }
}

/// Changes the nodes as the text is to change.
fn change(roots: &mut [Node], edit: &ValueEdit) -> Result<(), NotEdited> {
    let (number, path) = document(&edit.path);
    let nowhere = || NotEdited("nothing stands there".to_owned());
    let root = roots.get_mut(number).ok_or_else(nowhere)?;
    let (last, above) = path.split_last().ok_or_else(nowhere)?;
    let parent = above.iter().try_fold(root, node_below).ok_or_else(nowhere)?;
    match (parent, last, &edit.change) {
        (Node::Map(entries), PathKey::Name(name), TextChange::Set(value)) => {
            let value = node(value)?;
            match entries.iter_mut().find(|(key, _)| key == name) {
                Some((_, old)) => *old = value,
                None => entries.push((name.clone(), value)),
            }
        }
        (parent @ Node::Null, PathKey::Name(name), TextChange::Set(value)) => {
            *parent = Node::Map(vec![(name.clone(), node(value)?)]);
        }
        (Node::List(items), PathKey::Index(index), TextChange::Set(value)) => {
            *items.get_mut(*index).ok_or_else(nowhere)? = node(value)?;
        }
        (Node::Map(entries), PathKey::Name(name), TextChange::Remove) => entries.retain(|(key, _)| key != name),
        (Node::List(items), PathKey::Index(index), TextChange::Remove) if *index < items.len() => {
            items.remove(*index);
        }
        (Node::List(items), PathKey::Index(index), TextChange::Insert(values)) if *index <= items.len() => {
            let values = values.iter().map(node).collect::<Result<Vec<_>, _>>()?;
            items.splice(index..index, values);
        }
        _ => return Err(nowhere()),
    }
    Ok(())
}

fn node_below<'n>(node: &'n mut Node, key: &PathKey) -> Option<&'n mut Node> {
    match (node, key) {
        (Node::Map(entries), PathKey::Name(name)) => {
            entries.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value)
        }
        (Node::List(items), PathKey::Index(index)) => items.get_mut(*index),
        _ => None,
    }
}

/// A value as a node, by the way in which it will be written and read.
fn node(value: &Value) -> Result<Node, NotEdited> {
    let documents = parse(&inline(value))?;
    let node = documents.into_iter().next().map_or(Node::Null, |document| document.root);
    if node.to_attr() == Attr::from_json(value) { Ok(node) } else { refused("its new value can't be written") }
}

#[cfg(test)]
mod tests;
