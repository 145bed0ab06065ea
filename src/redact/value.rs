//! Values: every part of a secret field's value is a secret, wherever it comes from.

use crate::attr::{Attr, Template, TemplatePart};
use crate::secret::Secret;

/// The form that a number, or true or false, keeps as a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalars {
    /// It is sent as the JSON that it was: where any JSON is meant, `7` stays a number.
    Json,
    /// It is sent as text: a password of `1234` is no number.
    Text,
}

/// A value that an API gave, as secrets labelled by their field. An empty text stays one: it is no value.
pub(crate) fn redact_live(label: &str, attr: Attr) -> Attr {
    match attr {
        Attr::Text(text) if !text.is_empty() => Attr::Secret(Secret::new(label, text)),
        Attr::Number(_) | Attr::Bool(_) => scalar(label, &attr, Scalars::Json),
        Attr::List(items) => Attr::List(items.into_iter().map(|item| redact_live(label, item)).collect()),
        Attr::Map(map) => Attr::Map(map.into_iter().map(|(key, value)| (key, redact_live(label, value))).collect()),
        other => other,
    }
}

/// A value that a file gives, as secrets labelled by its expressions; text around a hole that is filled later, too.
pub(crate) fn redact_declared(label: &str, attr: Attr, scalars: Scalars) -> Attr {
    match attr {
        Attr::Text(text) => Attr::Secret(Secret::new(label, text)),
        Attr::Number(_) | Attr::Bool(_) => scalar(label, &attr, scalars),
        Attr::Secret(secret) => Attr::Secret(secret.labelled(label)),
        Attr::Later(template) => {
            let parts = template.parts.into_iter().map(|part| match part {
                TemplatePart::Text(text) => TemplatePart::Secret(Secret::new(label, text)),
                other => other,
            });
            Attr::Later(Template { parts: parts.collect() })
        }
        Attr::List(items) => Attr::List(items.into_iter().map(|item| redact_declared(label, item, scalars)).collect()),
        Attr::Map(map) => {
            Attr::Map(map.into_iter().map(|(key, value)| (key, redact_declared(label, value, scalars))).collect())
        }
        Attr::Null => Attr::Null,
    }
}

/// One side of a change, with every part redacted that is secret in the wanted value: a value that a secret replaces was
/// one. `is_secret` says that all of it is; `is_whole` that not even the parts which agree may show.
pub(crate) fn redact_change(attr: &Attr, wanted: &Attr, is_secret: bool, is_whole: bool) -> Attr {
    match is_secret && is_whole && !attr.is_null() && attr != wanted {
        true => replaced(attr),
        false => part(attr, wanted, is_secret),
    }
}

fn part(attr: &Attr, wanted: &Attr, is_secret: bool) -> Attr {
    match (attr, wanted) {
        (Attr::Null | Attr::Later(_) | Attr::Secret(_), _) => attr.clone(),
        (Attr::Map(map), Attr::Map(wanted)) => {
            let value = |(key, value): (&String, &Attr)| Some((key.clone(), part(value, wanted.get(key)?, is_secret)));
            Attr::Map(map.iter().filter_map(value).collect())
        }
        (Attr::List(items), Attr::List(wanted)) if items.len() == wanted.len() => {
            Attr::List(items.iter().zip(wanted).map(|(value, wanted)| part(value, wanted, is_secret)).collect())
        }
        // A value that comes from another resource may turn out secret: the one that it replaces is not shown.
        _ if is_secret || wanted.has_secret() || wanted.is_later() => replaced(attr),
        _ => attr.clone(),
    }
}

/// A value that another one takes the place of, as one secret.
fn replaced(attr: &Attr) -> Attr {
    match attr {
        Attr::Number(_) | Attr::Bool(_) => scalar("before", attr, Scalars::Json),
        _ => Attr::Secret(Secret::new("before", attr.to_text().unwrap_or_default())),
    }
}

fn scalar(label: &str, attr: &Attr, scalars: Scalars) -> Attr {
    let text = attr.to_text().unwrap_or_default();
    Attr::Secret(match scalars {
        Scalars::Json => Secret::json(label, text),
        Scalars::Text => Secret::new(label, text),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attr(value: serde_json::Value) -> Attr {
        Attr::from_json(&value)
    }

    #[test]
    fn every_part_of_a_live_value_becomes_a_secret_but_an_empty_one() {
        let live = redact_live("psk", attr(json!({ "a": "canary", "b": [7, true], "c": "", "d": null })));
        let shown = live.to_shown();
        assert_eq!(shown, json!({ "a": "(secret psk)", "b": ["(secret psk)", "(secret psk)"], "c": "", "d": null }));
    }

    #[test]
    fn a_declared_number_keeps_its_form_only_where_json_is_meant() {
        let form = |scalars| match redact_declared("literal", attr(json!(7)), scalars) {
            Attr::Secret(secret) => secret.is_text(),
            other => panic!("{other:?}"),
        };
        assert!(!form(Scalars::Json) && form(Scalars::Text));
    }

    #[test]
    fn the_value_that_a_secret_replaces_was_one() {
        let wanted = Attr::Map([("psk".to_owned(), Attr::Secret(Secret::new("secret.psk", "new")))].into());
        let before = redact_change(&attr(json!({ "psk": "old" })), &wanted, false, false);
        assert_eq!(before.to_shown(), json!({ "psk": "(secret before)" }));
        let same = attr(json!({ "a": 1, "b": 2 }));
        let whole = redact_change(&same, &attr(json!({ "a": 1, "b": 3 })), true, true);
        assert_eq!(whole.to_shown(), json!("(secret before)"));
        assert_eq!(redact_change(&same, &attr(json!({ "a": 1, "b": 3 })), false, false), same);
    }
}
