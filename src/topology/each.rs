//! Each: one declaration that makes a resource for every item of a map or list.

use std::collections::BTreeMap;

use super::draft::Each;
use super::expression::{ExpressionName, Segment, is_plain, name as name_of, segments};
use super::variables::Variables;
use crate::finding::Finding;
use crate::source::Node;

/// The key in a resource that holds the items.
pub(crate) const KEY: &str = "each";

/// The items that a node means: a map, a list, or an expression that names one.
///
/// # Errors
/// The finding, still without a place.
pub(crate) fn items(node: &Node, outer: Option<&Each>, variables: &Variables) -> Result<Vec<Each>, Box<Finding>> {
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
        Node::List(items) => Ok(items
            .into_iter()
            .enumerate()
            .map(|(index, value)| Each { key: value.to_text().unwrap_or_else(|| index.to_string()), value })
            .collect()),
        // A variable without a value has been told already.
        Node::Null => Ok(Vec::new()),
        _ => Err(Finding::error("wrong-type", "`each` takes a map or a list, or a variable that holds one")
            .help("as in `each: { paris: 10.1.0.0/16 }` or `each: ${var.sites}`")
            .into()),
    }
}

/// A resource's name with its expressions carried out.
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
        let help = "only a resource with `each: …`, and what lives in it, has `${each.key}` and `${each.value}`";
        return Err(Box::new(finding.help(help)));
    };
    match name {
        ExpressionName::EachValue(path) => each.value.at(*path).cloned().map_err(|missing| {
            Box::new(Finding::error("unknown-field", format!("`each.value` has nothing at `{missing}`")))
        }),
        _ => Ok(Node::Text(each.key.clone())),
    }
}

/// A text whose expressions may be variables and `each` only: names have to be known before anything else is.
fn evaluate(text: &str, each: Option<&Each>, variables: &Variables) -> Result<Node, Box<Finding>> {
    let broken = |message: String| Box::new(Finding::error("bad-expression", message));
    let mut parts = Vec::new();
    for segment in segments(text).map_err(broken)? {
        parts.push(match segment {
            Segment::Text(text) => Node::Text(text),
            Segment::Expression(expression) => match name_of(expression).map_err(broken)? {
                ExpressionName::Variable(name, path) => variables.get(name, path)?.cloned().unwrap_or(Node::Null),
                ExpressionName::Secret(_) | ExpressionName::Output(_) | ExpressionName::File(_) => {
                    let message = format!("`${{{expression}}}` can't decide which resources there are");
                    return Err(Box::new(broken(message).help("use `${var.…}` or `${each.…}` here")));
                }
                own => value(each, &own)?,
            },
        });
    }
    if parts.len() == 1 {
        return Ok(parts.pop().unwrap_or(Node::Null));
    }
    let texts: Option<Vec<String>> = parts.iter().map(Node::to_text).collect();
    texts
        .map(|texts| Node::Text(texts.concat()))
        .ok_or_else(|| broken(format!("a list or map can't stand inside the text `{text}`")))
}
