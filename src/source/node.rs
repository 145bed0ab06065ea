//! The content of a YAML document, keys in the order of the file.

use std::sync::Arc;

use serde_json::Number;

use crate::attr::Attr;

/// One value of a document. Aliases and merge keys are already carried out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number; how it was spelt is lost.
    Number(Number),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values.
    Map(Vec<(Arc<str>, Node)>),
}

impl Node {
    /// A few words for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Node::Null => "nothing",
            Node::Bool(_) => "true or false",
            Node::Number(_) => "a number",
            Node::Text(_) => "text",
            Node::List(_) => "a list",
            Node::Map(_) => "a map",
        }
    }

    /// The value below a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(entries) => entries.iter().find(|(name, _)| &**name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, when it is text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same as an attribute, every text plain.
    pub(crate) fn to_attr(&self) -> Attr {
        match self {
            Node::Null => Attr::Null,
            Node::Bool(value) => Attr::Bool(*value),
            Node::Number(value) => Attr::Number(value.clone()),
            Node::Text(text) => Attr::Text(text.clone()),
            Node::List(items) => Attr::List(items.iter().map(Node::to_attr).collect()),
            Node::Map(entries) => {
                Attr::Map(entries.iter().map(|(key, value)| (key.to_string(), value.to_attr())).collect())
            }
        }
    }
}
