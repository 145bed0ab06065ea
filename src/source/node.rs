//! The content of a YAML document, keys in the order of the file.

use std::sync::Arc;

use serde_json::Number;

use crate::attr::Attr;
use crate::spec::{Type, TypeSlot};

/// One value of a document. Aliases and merge keys are already carried out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number that is spelt as it is printed.
    Number(Number),
    /// A number, or true or false, that is spelt otherwise than it is printed: `1.10`, `0x1F`, `True`.
    Spelt(Box<Spelt>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys and values.
    Map(Vec<(Arc<str>, Node)>),
}

/// A number, or true or false, with its spelling.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spelt {
    /// What YAML makes of it, where no text is wanted.
    pub meaning: Node,
    /// How it stands in the file.
    pub text: String,
}

impl Node {
    /// A number, or true or false, that stands like this in a file. What is too long for a number keeps its spelling alone.
    pub(crate) fn spelt(meaning: Node, text: &str) -> Node {
        match meaning {
            Node::Text(_) => Node::Text(text.to_owned()),
            meaning if meaning.to_attr().to_text().is_some_and(|printed| printed == text) => meaning,
            meaning => Node::Spelt(Box::new(Spelt { meaning, text: text.to_owned() })),
        }
    }

    /// The text of a number, or of true or false, as it stands in the file.
    pub(crate) fn spelling(&self) -> Option<String> {
        match self {
            Node::Bool(value) => Some(value.to_string()),
            Node::Number(value) => Some(value.to_string()),
            Node::Spelt(spelt) => Some(spelt.text.clone()),
            Node::Null | Node::Text(_) | Node::List(_) | Node::Map(_) => None,
        }
    }

    /// A few words for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Node::Null => "nothing",
            Node::Bool(_) => "true or false",
            Node::Number(_) => "a number",
            Node::Spelt(spelt) => spelt.meaning.describe(),
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

    /// What stands at the end of these keys below it.
    ///
    /// # Errors
    /// The key at which there is nothing.
    pub(crate) fn at(&self, path: &[String]) -> Result<&Node, String> {
        path.iter().try_fold(self, |here, key| {
            let next = match here {
                Node::List(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
                other => other.get(key),
            };
            next.ok_or_else(|| key.clone())
        })
    }

    /// The text that it is inside a longer one; `None` for a list or a map.
    pub(crate) fn to_text(&self) -> Option<String> {
        match self {
            Node::Null => Some(String::new()),
            Node::Text(text) => Some(text.clone()),
            Node::List(_) | Node::Map(_) => None,
            Node::Bool(_) | Node::Number(_) | Node::Spelt(_) => self.spelling(),
        }
    }

    /// The same as YAML on one line, numbers as they are spelt. A text by itself (`bare`) is what it is.
    pub(crate) fn on_one_line(&self, bare: bool) -> String {
        match self {
            Node::Text(text) if bare => text.clone(),
            Node::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
            Node::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.on_one_line(false)).collect();
                format!("[{}]", items.join(", "))
            }
            Node::Map(entries) => {
                let entry = |(key, value): &(Arc<str>, Node)| {
                    format!("{}: {}", serde_json::Value::from(&**key), value.on_one_line(false))
                };
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Node::Null => "null".to_owned(),
            scalar => scalar.spelling().unwrap_or_default(),
        }
    }

    /// The same as an attribute, every text plain, and as it is spelt where that type wants text.
    pub(crate) fn to_typed(&self, ty: Option<Type>) -> Attr {
        let slot = ty.map(TypeSlot::typed);
        match self {
            Node::List(items) => {
                let item = slot.and_then(TypeSlot::item).map(|slot| slot.ty);
                Attr::List(items.iter().map(|value| value.to_typed(item)).collect())
            }
            Node::Map(entries) => {
                let below = |key: &str| slot.and_then(|slot| slot.below(key)).map(|slot| slot.ty);
                Attr::Map(entries.iter().map(|(key, value)| (key.to_string(), value.to_typed(below(key)))).collect())
            }
            Node::Bool(_) | Node::Number(_) | Node::Spelt(_) if ty.is_some_and(|ty| ty.is_text()) => {
                self.spelling().map_or(Attr::Null, Attr::Text)
            }
            scalar => scalar.to_attr(),
        }
    }

    /// The same as a value of a field that is known; `None` where a part of it is a secret, or known later.
    pub(crate) fn of_attr(attr: &Attr) -> Option<Node> {
        Some(match attr {
            Attr::Null => Node::Null,
            Attr::Bool(value) => Node::Bool(*value),
            Attr::Number(value) => Node::Number(value.clone()),
            Attr::Text(text) => Node::Text(text.clone()),
            Attr::List(items) => Node::List(items.iter().map(Node::of_attr).collect::<Option<_>>()?),
            Attr::Map(map) => {
                let entry = |(key, value): (&String, &Attr)| Some((key.as_str().into(), Node::of_attr(value)?));
                Node::Map(map.iter().map(entry).collect::<Option<_>>()?)
            }
            Attr::Secret(_) | Attr::Later(_) => return None,
        })
    }

    /// The same as an attribute, every text plain.
    pub(crate) fn to_attr(&self) -> Attr {
        match self {
            Node::Null => Attr::Null,
            Node::Bool(value) => Attr::Bool(*value),
            Node::Number(value) => Attr::Number(value.clone()),
            Node::Spelt(spelt) => spelt.meaning.to_attr(),
            Node::Text(text) => Attr::Text(text.clone()),
            Node::List(items) => Attr::List(items.iter().map(Node::to_attr).collect()),
            Node::Map(entries) => {
                Attr::Map(entries.iter().map(|(key, value)| (key.to_string(), value.to_attr())).collect())
            }
        }
    }
}
