//! Each: one declaration that makes one thing for every item of a map or list.
//!
//! An item goes by a key, which stands in the names of what it makes. In a map it has one; in a list it is the item's own
//! text, or, where the items are maps, the value in them that `key` names: never its place, which moves when another item
//! comes or goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) use super::draft::Each;
use super::expression::{ExpressionName, Known, KnownFor, is_plain, text};
use super::variables::Variables;
use crate::finding::Finding;
use crate::source::Node;
use crate::suggest::hint;

/// The key of a declaration that holds the items.
pub(crate) const KEY: &str = "each";

/// The key of a declaration that says by which of their values items that are maps are called.
pub(crate) const NAMED_BY: &str = "key";

/// The entries of a declaration.
type EachEntries = Vec<(Arc<str>, Node)>;

/// The items that a declaration is made for, still as they are written.
#[derive(Debug, Clone)]
pub(crate) struct EachSource {
    /// What `each` holds.
    items: Node,
    /// What `key` holds.
    named_by: Option<Node>,
}

/// Takes `each`, and the `key` that belongs to it, out of the entries of a declaration. Where `key` is a word of the
/// declaration's own (`has_key`), it is left.
pub(crate) fn take(entries: &mut EachEntries, has_key: bool) -> Option<EachSource> {
    let items = take_key(entries, KEY)?;
    let named_by = if has_key { None } else { take_key(entries, NAMED_BY) };
    Some(EachSource { items, named_by })
}

fn take_key(entries: &mut EachEntries, word: &str) -> Option<Node> {
    let at = entries.iter().position(|(key, _)| &**key == word)?;
    Some(entries.remove(at).1)
}

impl EachSource {
    /// The items.
    ///
    /// # Errors
    /// The finding, still without a place.
    pub(crate) fn items(&self, outer: Option<&Each>, variables: &Variables) -> Result<Vec<Each>, Box<Finding>> {
        let named_by = match &self.named_by {
            None => None,
            Some(Node::Text(word)) => Some(word.as_str()),
            Some(other) => {
                let message = format!("`{NAMED_BY}` is the name of a value in each item, found {}", other.describe());
                return Err(Box::new(Finding::error("wrong-type", message).help("as in `key: id`")));
            }
        };
        match named_by {
            None => items(&self.items, outer, variables),
            named_by => items_by(&self.items, named_by, outer, variables),
        }
    }
}

/// The items that a node means: a map, a list, or an expression that comes to one.
///
/// # Errors
/// The finding, still without a place.
pub(crate) fn items(node: &Node, outer: Option<&Each>, variables: &Variables) -> Result<Vec<Each>, Box<Finding>> {
    items_by(node, None, outer, variables)
}

/// The same, those that are maps called by one of their values.
fn items_by(
    node: &Node,
    named_by: Option<&str>,
    outer: Option<&Each>,
    variables: &Variables,
) -> Result<Vec<Each>, Box<Finding>> {
    let value = match node {
        Node::Text(text) => evaluate(text, outer, variables)?,
        other => other.clone(),
    };
    match value {
        Node::Map(entries) => {
            // In the order of names, whatever that of the file.
            let sorted: BTreeMap<String, Node> =
                entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
            Ok(sorted.into_iter().map(|(key, value)| Each { key, value }).collect())
        }
        Node::List(items) => keyed(items, named_by),
        // A variable without a value has been told already.
        Node::Null => Ok(Vec::new()),
        _ => Err(Finding::error("wrong-type", "`each` takes a map or a list, or a variable that holds one")
            .help("as in `each: { paris: 10.1.0.0/16 }` or `each: ${var.sites}`")
            .into()),
    }
}

/// The items of a list with their keys.
fn keyed(items: Vec<Node>, named_by: Option<&str>) -> Result<Vec<Each>, Box<Finding>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(items.len());
    for (number, value) in items.into_iter().enumerate() {
        let key = key_of(&value, named_by, number)?;
        if !seen.insert(key.clone()) {
            let finding = Finding::error("each-key", format!("two items of `each` go by `{key}`"));
            return Err(Box::new(finding.help("what is made for each goes by its key: give each one of its own")));
        }
        found.push(Each { key, value });
    }
    Ok(found)
}

/// The key of one item of a list.
fn key_of(item: &Node, named_by: Option<&str>, number: usize) -> Result<String, Box<Finding>> {
    let nth = number + 1;
    let wrong = |message: String, help: String| Box::new(Finding::error("each-key", message).help(help));
    let text = match (item, named_by) {
        (Node::Map(entries), Some(word)) => match item.get(word) {
            Some(value) => value.to_text(),
            None => {
                let names = entries.iter().map(|(key, _)| &**key);
                return Err(wrong(format!("item {nth} of `each` has no `{word}`"), hint(word, names)));
            }
        },
        (Node::Map(_) | Node::List(_), _) => {
            let message =
                format!("item {nth} of `each` is {}, and nothing says by which name it goes", item.describe());
            let help = "its place in the list would move with the others: write `key: NAME` beside `each`, the name of a \
                        value that each of them has, or make a map of the list";
            return Err(wrong(message, help.into()));
        }
        (scalar, _) => scalar.to_text(),
    };
    text.filter(|text| !text.is_empty()).ok_or_else(|| {
        wrong(format!("item {nth} of `each` has an empty key"), "what is made for it goes by its key".into())
    })
}

/// A name with its expressions carried out.
///
/// # Errors
/// The finding, still without a place.
pub(crate) fn name(label: &str, each: Option<&Each>, variables: &Variables) -> Result<String, Box<Finding>> {
    if is_plain(label) {
        return Ok(label.to_owned());
    }
    let value = evaluate(label, each, variables)?;
    value.to_text().ok_or_else(|| Box::new(Finding::error("wrong-type", format!("`{label}` does not become a name"))))
}

/// What `${each.…}` means.
///
/// # Errors
/// There is no `each`, or nothing at the path: the finding, still without a place.
pub(crate) fn value(each: Option<&Each>, name: &ExpressionName) -> Result<Node, Box<Finding>> {
    let Some(each) = each else {
        let finding = Finding::error("no-each", "`each` means nothing here");
        let help = "only what is declared with `each: …`, and what lives in it, has `${each.key}` and `${each.value}`";
        return Err(Box::new(finding.help(help)));
    };
    match name {
        ExpressionName::EachValue(path) => each.value.at(path).cloned().map_err(|missing| {
            Box::new(Finding::error("unknown-field", format!("`each.value` has nothing at `{missing}`")))
        }),
        _ => Ok(Node::Text(each.key.clone())),
    }
}

/// A text whose expressions may be variables and `each` only: names have to be known before anything else is.
fn evaluate(label: &str, each: Option<&Each>, variables: &Variables) -> Result<Node, Box<Finding>> {
    let found = text(label, &mut Known { each, variables, purpose: KnownFor::Names })?;
    Ok(found.unwrap_or(Node::Null))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::parse;

    fn keys(yaml: &str) -> Result<Vec<String>, String> {
        let Node::Map(mut entries) = parse(yaml).unwrap()[0].root.clone() else { panic!("{yaml}") };
        let source = take(&mut entries, false).unwrap();
        assert!(entries.is_empty(), "{yaml}");
        let items = source.items(None, &Variables::default()).map_err(|finding| finding.code.to_owned())?;
        Ok(items.into_iter().map(|item| item.key).collect())
    }

    #[test]
    fn an_item_goes_by_a_key_and_never_by_its_place() {
        for (yaml, found) in [
            ("each: { b: 1, a: 2 }", Ok(&["a", "b"][..])),
            ("each: [b, a, 1.10]", Ok(&["b", "a", "1.10"])),
            ("{ each: [{ id: 7, lan: x }, { id: 8 }], key: id }", Ok(&["7", "8"])),
            ("each: []", Ok(&[])),
            ("each: [a, b, a]", Err("each-key")),
            ("each: [a, '']", Err("each-key")),
            ("each: [a, null]", Err("each-key")),
            ("each: [{ id: 7 }]", Err("each-key")),
            ("each: [[a]]", Err("each-key")),
            ("{ each: [{ id: 7 }, { lan: x }], key: id }", Err("each-key")),
            ("{ each: [{ id: 7 }, { id: 7 }], key: id }", Err("each-key")),
            ("{ each: [{ id: 7 }, { id: '' }], key: id }", Err("each-key")),
            ("{ each: [{ id: [7] }], key: id }", Err("each-key")),
            ("{ each: [{ id: 7 }], key: [id] }", Err("wrong-type")),
            ("each: london", Err("wrong-type")),
        ] {
            let found = found.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()).map_err(str::to_owned);
            assert_eq!(keys(yaml), found, "{yaml}");
        }
    }
}
