//! Attribute values: plain, secret, or known only later.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::address::Address;
use crate::secret::{Piece, Secret};

/// One value of a field: JSON, plus secrets and values that are not known before apply.
#[derive(Debug, Clone, PartialEq)]
pub enum Attr {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
    /// A value that must not be shown.
    Secret(Secret),
    /// An ordered list.
    List(Vec<Attr>),
    /// Keys and values, sorted by key, so that everything printed is stable.
    Map(BTreeMap<String, Attr>),
    /// A value that some resource will have once it exists.
    Later(Template),
}

/// Text with holes that are filled at apply time. One hole alone keeps the type of what fills it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The parts in order.
    pub parts: Vec<TemplatePart>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// Literal text.
    Text(String),
    /// A secret within the text.
    Secret(Secret),
    /// The hole.
    Output(Output),
}

/// The output of a resource: `address.field`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Output {
    /// The resource.
    pub address: Address,
    /// The field, or a path into it, by dots. `id` is the provider's id.
    pub field: String,
    /// How the text is encoded where it is put.
    pub encoding: Encoding,
}

/// How an output's text is written where it fills a hole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As it is; alone it keeps its type.
    #[default]
    Plain,
    /// As text, alone too.
    Text,
    /// As text, the items of a list with this between them.
    Joined(String),
    /// As a path segment or query value: percent-encoded.
    Segment,
}

impl Encoding {
    /// Says whether it changes nothing.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Encoding::Plain
    }

    /// A text as it is written there.
    pub(crate) fn encode(&self, text: String) -> String {
        match self {
            Encoding::Plain | Encoding::Text | Encoding::Joined(_) => text,
            Encoding::Segment => wire::encode(&text),
        }
    }

    /// What a value becomes in a longer text; `None` where it has no place in one.
    fn parts(&self, value: &Attr) -> Option<Vec<TemplatePart>> {
        match (value, self) {
            (Attr::Secret(secret), _) => Some(vec![TemplatePart::Secret(secret.clone())]),
            (Attr::List(items), Encoding::Joined(joint)) => {
                let items: Option<Vec<Vec<TemplatePart>>> = items.iter().map(|item| self.parts(item)).collect();
                Some(items?.join(&TemplatePart::Text(joint.clone())))
            }
            (value, _) => Some(vec![TemplatePart::Text(self.encode(value.to_text()?))]),
        }
    }
}

impl Attr {
    /// A list of nothing.
    pub(crate) const EMPTY: Attr = Attr::List(Vec::new());

    /// Text.
    pub fn text(text: impl Into<String>) -> Attr {
        Attr::Text(text.into())
    }

    /// The output of a resource, as the whole value.
    pub fn output(address: Address, field: impl Into<String>) -> Attr {
        let output = Output { address, field: field.into(), encoding: Encoding::Plain };
        Attr::Later(Template { parts: vec![TemplatePart::Output(output)] })
    }

    /// Says whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Attr::Null)
    }

    /// Says whether the value is null or empty, and all that is in it.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Attr::Null => true,
            Attr::Text(text) => text.is_empty(),
            Attr::List(items) => items.is_empty(),
            Attr::Map(map) => map.values().all(Attr::is_nothing),
            Attr::Bool(_) | Attr::Number(_) | Attr::Secret(_) | Attr::Later(_) => false,
        }
    }

    /// The text, when it is plain text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Attr::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value below a key.
    pub fn get(&self, key: &str) -> Option<&Attr> {
        match self {
            Attr::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// Says whether any part of the value is known only later.
    pub fn is_later(&self) -> bool {
        match self {
            Attr::Later(_) => true,
            Attr::List(items) => items.iter().any(Attr::is_later),
            Attr::Map(map) => map.values().any(Attr::is_later),
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) => false,
        }
    }

    /// Says whether any part of the value is a secret.
    pub fn has_secret(&self) -> bool {
        match self {
            Attr::Secret(_) => true,
            Attr::Later(template) => template.parts.iter().any(|part| matches!(part, TemplatePart::Secret(_))),
            Attr::List(items) => items.iter().any(Attr::has_secret),
            Attr::Map(map) => map.values().any(Attr::has_secret),
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) => false,
        }
    }

    /// The memory that the value takes, in bytes and roughly.
    pub(crate) fn bytes(&self) -> usize {
        let within = match self {
            Attr::Text(text) => text.len(),
            Attr::Later(template) => template.parts.iter().map(TemplatePart::bytes).sum(),
            Attr::List(items) => items.iter().map(Attr::bytes).sum(),
            Attr::Map(map) => map.iter().map(|(key, value)| size_of::<String>() + key.len() + value.bytes()).sum(),
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Secret(_) => 0,
        };
        size_of::<Attr>() + within
    }

    /// How many lists and maps stand within each other.
    pub(crate) fn depth(&self) -> usize {
        let below = match self {
            Attr::List(items) => items.iter().map(Attr::depth).max(),
            Attr::Map(map) => map.values().map(Attr::depth).max(),
            _ => return 0,
        };
        1 + below.unwrap_or(0)
    }

    /// Calls `see` with every secret in the value.
    pub(crate) fn for_each_secret(&self, see: &mut dyn FnMut(&Secret)) {
        match self {
            Attr::Secret(secret) => see(secret),
            Attr::Later(template) => {
                for part in &template.parts {
                    if let TemplatePart::Secret(secret) = part {
                        see(secret);
                    }
                }
            }
            Attr::List(items) => items.iter().for_each(|item| item.for_each_secret(see)),
            Attr::Map(map) => map.values().for_each(|value| value.for_each_secret(see)),
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) => {}
        }
    }

    /// Calls `see` with every output that the value waits for.
    pub fn for_each_output<'a>(&'a self, see: &mut dyn FnMut(&'a Output)) {
        match self {
            Attr::Later(template) => {
                for part in &template.parts {
                    if let TemplatePart::Output(output) = part {
                        see(output);
                    }
                }
            }
            Attr::List(items) => items.iter().for_each(|item| item.for_each_output(see)),
            Attr::Map(map) => map.values().for_each(|value| value.for_each_output(see)),
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) | Attr::Secret(_) => {}
        }
    }

    /// The value with its holes filled. `find` gives an output's value, or `None` while it is not known.
    ///
    /// A template that can be filled in part stays a template of the rest.
    pub fn fill(&self, find: &dyn Fn(&Output) -> Option<Attr>) -> Attr {
        match self {
            Attr::Later(template) => template.fill(find),
            Attr::List(items) => Attr::List(items.iter().map(|item| item.fill(find)).collect()),
            Attr::Map(map) => Attr::Map(map.iter().map(|(key, value)| (key.clone(), value.fill(find))).collect()),
            other => other.clone(),
        }
    }

    /// The same value with secrets that say nothing of where they come from.
    pub(crate) fn without_labels(&self) -> Attr {
        match self {
            Attr::Secret(secret) => Attr::Secret(secret.clone().labelled("")),
            Attr::List(items) => Attr::List(items.iter().map(Attr::without_labels).collect()),
            Attr::Map(map) => Attr::Map(map.iter().map(|(key, value)| (key.clone(), value.without_labels())).collect()),
            other => other.clone(),
        }
    }

    /// The same value as something to show: secrets and later values become words in brackets.
    pub fn to_shown(&self) -> Value {
        match self {
            Attr::Null => Value::Null,
            Attr::Bool(value) => Value::Bool(*value),
            Attr::Number(value) => Value::Number(value.clone()),
            Attr::Text(text) => Value::String(text.clone()),
            Attr::Secret(secret) => Value::String(format!("{secret:?}")),
            Attr::List(items) => Value::Array(items.iter().map(Attr::to_shown).collect()),
            Attr::Map(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), value.to_shown())).collect()),
            Attr::Later(template) => Value::String(template.to_string()),
        }
    }

    /// The value of JSON, every text plain.
    pub fn from_json(value: &Value) -> Attr {
        match value {
            Value::Null => Attr::Null,
            Value::Bool(value) => Attr::Bool(*value),
            Value::Number(value) => Attr::Number(value.clone()),
            Value::String(text) => Attr::Text(text.clone()),
            Value::Array(items) => Attr::List(items.iter().map(Attr::from_json).collect()),
            Value::Object(map) => {
                Attr::Map(map.iter().map(|(key, value)| (key.clone(), Attr::from_json(value))).collect())
            }
        }
    }

    /// The text that a scalar has inside a longer text; `None` for lists, maps, secrets and later values.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Attr::Null => Some(String::new()),
            Attr::Bool(value) => Some(value.to_string()),
            Attr::Number(value) => Some(value.to_string()),
            Attr::Text(text) => Some(text.clone()),
            Attr::Secret(_) | Attr::List(_) | Attr::Map(_) | Attr::Later(_) => None,
        }
    }
}

impl Template {
    fn fill(&self, find: &dyn Fn(&Output) -> Option<Attr>) -> Attr {
        if let [TemplatePart::Output(output)] = self.parts.as_slice()
            && output.encoding == Encoding::Plain
        {
            return find(output).unwrap_or_else(|| Attr::Later(self.clone()));
        }
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let filled = match part {
                TemplatePart::Output(output) => find(output).and_then(|value| output.encoding.parts(&value)),
                TemplatePart::Text(_) | TemplatePart::Secret(_) => None,
            };
            match filled {
                Some(filled) => parts.extend(filled),
                None => parts.push(part.clone()),
            }
        }
        Template::of(parts)
    }

    /// The simplest value that these parts make: text, a secret, or a template while a hole is left.
    pub fn of(parts: Vec<TemplatePart>) -> Attr {
        if parts.iter().any(|part| matches!(part, TemplatePart::Output(_))) {
            return Attr::Later(Template { parts });
        }
        if parts.iter().any(|part| matches!(part, TemplatePart::Secret(_))) {
            let label = match parts.as_slice() {
                [TemplatePart::Secret(secret)] => secret.label().to_owned(),
                _ => Template { parts: parts.clone() }.to_string(),
            };
            return Attr::Secret(Secret::concat(&label, parts.iter().filter_map(TemplatePart::piece)));
        }
        Attr::Text(
            parts
                .iter()
                .filter_map(|part| if let TemplatePart::Text(text) = part { Some(text.as_str()) } else { None })
                .collect(),
        )
    }
}

impl TemplatePart {
    fn bytes(&self) -> usize {
        let text = if let TemplatePart::Text(text) = self { text.len() } else { 0 };
        size_of::<TemplatePart>() + text
    }

    fn piece(&self) -> Option<Piece<'_>> {
        match self {
            TemplatePart::Text(text) => Some(Piece::Plain(text)),
            TemplatePart::Secret(secret) => Some(Piece::Secret(secret)),
            TemplatePart::Output(_) => None,
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                TemplatePart::Text(text) => f.write_str(text)?,
                TemplatePart::Secret(secret) => write!(f, "${{{}}}", secret.label())?,
                TemplatePart::Output(output) => write!(f, "${{{output}}}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.address, self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(field: &str, encoding: Encoding) -> TemplatePart {
        TemplatePart::Output(Output {
            address: Address::new("nf", "networks", Some("acme")),
            field: field.into(),
            encoding,
        })
    }

    #[test]
    fn one_hole_alone_keeps_the_type() {
        let later = Attr::Later(Template { parts: vec![output("size", Encoding::Plain)] });
        assert_eq!(later.fill(&|_| Some(Attr::Number(7.into()))), Attr::Number(7.into()));
        assert_eq!(later.fill(&|_| None), later);
    }

    #[test]
    fn a_filled_template_is_text_or_a_secret() {
        let path = Template::of(vec![TemplatePart::Text("/x/".into()), output("id", Encoding::Segment)]);
        assert_eq!(path.to_shown(), "/x/${nf/networks/acme.id}");
        assert_eq!(path.fill(&|_| Some(Attr::text("a/b"))), Attr::text("/x/a%2Fb"));
        let secret = path.fill(&|_| Some(Attr::Secret(Secret::new("k", "v"))));
        assert_eq!(secret, Attr::Secret(Secret::new("", "/x/v")));
        assert!(!format!("{secret:?} {}", secret.to_shown()).contains("/x/v"));
    }
}
