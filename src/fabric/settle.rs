//! Settling: `${var.…}` and `${each.…}` carried out wherever they stand, in names and inside other expressions, too.
//!
//! What a fabric comes to has to be known before anything else is: names, ids and networks are made of these alone. What is
//! left, as secrets and outputs, is carried out in the fields that it ends up in.

use std::sync::Arc;

use crate::finding::Finding;
use crate::source::Node;
use crate::topology::expression::{Known, KnownFor, partly};
use crate::topology::{Each, Variables};

/// What stands for the name of a connection.
const PAIR: &str = "${pair}";

/// A letter that nobody writes, from the range for private use.
const MARK: &str = "\u{e000}";

/// A node with those expressions carried out.
///
/// # Errors
/// One names nothing: the finding, still without a place.
pub(super) fn settled(node: &Node, each: Option<&Each>, variables: &Variables) -> Result<Node, Box<Finding>> {
    Ok(match node {
        Node::Text(text) => settled_text(text, each, variables)?,
        Node::List(items) => {
            let items: Result<_, _> = items.iter().map(|item| settled(item, each, variables)).collect();
            Node::List(items?)
        }
        Node::Map(entries) => {
            let entry = |(key, value): &(Arc<str>, Node)| -> Result<(Arc<str>, Node), Box<Finding>> {
                Ok((settled_name(key, each, variables)?.into(), settled(value, each, variables)?))
            };
            let entries: Result<_, _> = entries.iter().map(entry).collect();
            Node::Map(entries?)
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Spelt(_) => node.clone(),
    })
}

/// A name with those expressions carried out.
///
/// # Errors
/// As above, or it becomes no name.
pub(super) fn settled_name(text: &str, each: Option<&Each>, variables: &Variables) -> Result<String, Box<Finding>> {
    settled_text(text, each, variables)?
        .to_text()
        .ok_or_else(|| Box::new(Finding::error("wrong-type", format!("`{text}` does not become a name"))))
}

fn settled_text(text: &str, each: Option<&Each>, variables: &Variables) -> Result<Node, Box<Finding>> {
    // The name of a connection is known only when there are pairs: until then a mark stands for it.
    let marked = text.replace(PAIR, MARK);
    let node = partly(&marked, Known { each, variables, purpose: KnownFor::Names })?;
    Ok(if marked == text { node } else { unmarked(node) })
}

fn unmarked(node: Node) -> Node {
    match node {
        Node::Text(text) => Node::Text(text.replace(MARK, PAIR)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::parse_value;

    #[test]
    fn what_names_alone_decide_is_carried_out_from_the_inside_out() {
        let each = Each { key: "b7".into(), value: parse_value("{ id: 7, lan: 10.7.0.0/16, odd: 'a${x}' }") };
        let is =
            |text: &str| settled(&Node::Text(text.into()), Some(&each), &Variables::default()).map_err(|f| f.message);
        let text = |text: &str| Ok(Node::Text(text.into()));
        assert_eq!(is("${each.value.id}"), Ok(parse_value("7")));
        assert_eq!(is("${ each.key }"), text("b7"));
        assert_eq!(is("a-${each.key}-b"), text("a-b7-b"));
        assert_eq!(is("${secret.psk-${each.key}}"), text("${secret.psk-b7}"));
        assert_eq!(is("${${each.key}/config.x} ${each.value.id}"), text("${b7/config.x} 7"));
        assert_eq!(is("${secret.psk-${pair}}"), text("${secret.psk-${pair}}"));
        assert_eq!(is("$${each.key} ${secret.a}"), text("$${each.key} ${secret.a}"));
        assert_eq!(is("${each.value.odd}"), text("a$${x}"));
        assert!(is("no } brace ${").unwrap_err().contains("not closed"));
        assert_eq!(is("${lower(\"A-${each.key}\")}-${pair}"), text("a-b7-${pair}"));
        assert!(is("${var.none}").unwrap_err().contains("`none`"));
        assert!(is("x ${each.value}").unwrap_err().contains("map"));
        assert!(settled_name("${each.key}", None, &Variables::default()).is_err());
    }
}
