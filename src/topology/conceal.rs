//! Redaction of declared values: those of secret fields are secrets, labelled by the names in their expressions.

use super::expression::{Segment, segments};
use crate::attr::Attr;
use crate::redact::{Scalars, redact_declared};
use crate::spec::Type;

/// The names in a text's expressions, as in `secret.user + secret.domain`: the label of a secret made of them, whereas the
/// text around them may not be shown.
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
    let scalars = match ty {
        None | Some(Type::Any | Type::Json) => Scalars::Json,
        Some(_) => Scalars::Text,
    };
    redact_declared(label, attr, scalars)
}
