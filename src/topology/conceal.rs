//! Concealing: values of fields that are secret are secrets, wherever they come from.

use super::expression::{Segment, segments};
use crate::attr::{Attr, Part, Template};
use crate::secret::Secret;
use crate::spec::Type;

/// The names in a text's expressions: what a secret may be labelled with, whereas the text around them may not be shown.
pub(crate) fn label(text: &str) -> String {
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
pub(crate) fn is_alone(text: &str) -> bool {
    matches!(segments(text).as_deref(), Ok([Segment::Expression(_)]))
}

/// The same value, never to be shown. Where any JSON is meant, a number stays one; elsewhere it is text.
pub(crate) fn conceal(attr: Attr, label: &str, ty: Option<&Type>) -> Attr {
    let scalar = |text: String| match ty {
        None | Some(Type::Any | Type::Json) => Attr::Secret(Secret::json(label, text)),
        Some(_) => Attr::Secret(Secret::new(label, text)),
    };
    match attr {
        Attr::Text(text) => Attr::Secret(Secret::new(label, text)),
        Attr::Number(number) => scalar(number.to_string()),
        Attr::Bool(value) => scalar(value.to_string()),
        Attr::Secret(secret) => Attr::Secret(secret.labelled(label)),
        Attr::Later(template) => {
            let parts = template.parts.into_iter().map(|part| match part {
                Part::Text(text) => Part::Secret(Secret::new(label, text)),
                other => other,
            });
            Attr::Later(Template { parts: parts.collect() })
        }
        Attr::List(items) => Attr::List(items.into_iter().map(|item| conceal(item, label, ty)).collect()),
        Attr::Map(map) => Attr::Map(map.into_iter().map(|(key, value)| (key, conceal(value, label, ty))).collect()),
        Attr::Null => Attr::Null,
    }
}
