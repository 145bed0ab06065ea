//! Settling: settings that have to be known before anything else is, with their expressions carried out.

use super::draft::Each;
use super::expression::{self, Known, KnownFor, is_plain};
use super::variables::Variables;
use crate::finding::{Finding, PathKey, Place};
use crate::source::Node;

/// The same node with the variables and items in its texts. What is wrong is a finding, and stays as it is.
pub(crate) fn settled(
    node: &Node,
    each: Option<&Each>,
    variables: &Variables,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> Node {
    let mut scope = Known { each, variables, purpose: KnownFor::Workspace };
    settle(node, place, &mut Vec::new(), &mut |text, place| match expression::text(text, &mut scope) {
        Ok(value) => value.unwrap_or(Node::Null),
        Err(finding) => {
            findings.push(finding.at(place));
            Node::Text(text.to_owned())
        }
    })
}

/// The same node with what `put` makes of each text that holds an expression.
pub(super) fn settle(
    node: &Node,
    base: &Place,
    path: &mut Vec<PathKey>,
    put: &mut dyn FnMut(&str, &Place) -> Node,
) -> Node {
    match node {
        Node::Text(text) if !is_plain(text) => put(text, &base.further(path.iter().cloned())),
        Node::List(items) => {
            let item = |(index, item): (usize, &Node)| {
                path.push(PathKey::Index(index));
                let value = settle(item, base, path, put);
                path.pop();
                value
            };
            Node::List(items.iter().enumerate().map(item).collect())
        }
        Node::Map(entries) => {
            let entry = |(key, value): &(std::sync::Arc<str>, Node)| {
                path.push(PathKey::Name(key.clone()));
                let value = settle(value, base, path, put);
                path.pop();
                (key.clone(), value)
            };
            Node::Map(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}
