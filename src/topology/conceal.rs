//! Concealing: values of fields that are secret are secrets, wherever they come from.

use super::expression::{Segment, segments};
use crate::attr::{Attr, Part, Template};
use crate::secret::{Piece, Secret};

/// The names in a text's expressions: what a secret may be labelled with, whereas the text around them may not be shown.
pub fn label(text: &str) -> String {
    let names: Vec<&str> = segments(text)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|segment| match segment {
            Segment::Expression(expression) => Some(expression),
            Segment::Text(_) => None,
        })
        .collect();
    names.join(" + ")
}

/// Says whether a text is one expression and nothing else.
pub fn is_alone(text: &str) -> bool {
    matches!(segments(text).as_deref(), Ok([Segment::Expression(_)]))
}

/// The same value, never to be shown.
pub fn conceal(attr: Attr, label: &str) -> Attr {
    match attr {
        Attr::Text(text) => Attr::Secret(Secret::new(label, text)),
        Attr::Number(number) => Attr::Secret(Secret::new(label, number.to_string())),
        Attr::Bool(value) => Attr::Secret(Secret::new(label, value.to_string())),
        Attr::Secret(secret) => Attr::Secret(Secret::concat(label, [Piece::Secret(&secret)])),
        Attr::Later(template) => {
            let parts = template.parts.into_iter().map(|part| match part {
                Part::Text(text) => Part::Secret(Secret::new(label, text)),
                other => other,
            });
            Attr::Later(Template { parts: parts.collect() })
        }
        Attr::List(items) => Attr::List(items.into_iter().map(|item| conceal(item, label)).collect()),
        Attr::Map(map) => Attr::Map(map.into_iter().map(|(key, value)| (key, conceal(value, label))).collect()),
        Attr::Null => Attr::Null,
    }
}
