//! Values: every part of a secret field's value is a secret, wherever it comes from.

use crate::attr::{Attr, Output, Template, TemplatePart};
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

/// How secret the two sides of a change are.
pub(crate) struct ChangeSecrecy<'s> {
    /// Whether the field is secret: then all of both is.
    pub field: bool,
    /// Whether not even the parts which agree may show.
    pub whole: bool,
    /// Says whether an output that is known later is secret.
    pub output: &'s dyn Fn(&Output) -> bool,
}

impl ChangeSecrecy<'_> {
    /// One side of a change, with every part redacted that is secret in the wanted value: a value that a secret replaces
    /// was one. A value whose successor is only not known yet is none for that.
    pub(crate) fn redact(&self, attr: &Attr, wanted: &Attr) -> Attr {
        match self.field && self.whole && !is_empty(attr) && attr != wanted {
            true => replaced(attr),
            false => self.part(attr, wanted),
        }
    }

    fn part(&self, attr: &Attr, wanted: &Attr) -> Attr {
        match (attr, wanted) {
            _ if is_empty(attr) => attr.clone(),
            (Attr::Later(_) | Attr::Secret(_), _) => attr.clone(),
            (Attr::Map(map), Attr::Map(wanted)) => {
                let value = |(key, value): (&String, &Attr)| Some((key.clone(), self.part(value, wanted.get(key)?)));
                Attr::Map(map.iter().filter_map(value).collect())
            }
            (Attr::List(items), Attr::List(wanted)) if items.len() == wanted.len() => {
                let item = |(item, beside): (&Attr, &Attr)| match are_strangers(item, beside) && !self.field {
                    true => self.item(item, wanted),
                    false => self.part(item, beside),
                };
                Attr::List(items.iter().zip(wanted).map(item).collect())
            }
            (Attr::List(items), Attr::List(wanted)) if !self.field => {
                Attr::List(items.iter().map(|item| self.item(item, wanted)).collect())
            }
            _ if self.field || self.is_secret(wanted) => replaced_among(attr, std::slice::from_ref(wanted)),
            _ => attr.clone(),
        }
    }

    /// An item that has no certain counterpart: what is wanted as it is shows; of the rest, what is secret in some wanted
    /// item does not.
    fn item(&self, item: &Attr, wanted: &[Attr]) -> Attr {
        if is_empty(item) || wanted.contains(item) {
            return item.clone();
        }
        match item {
            Attr::Map(map) => {
                let value = |(key, value): (&String, &Attr)| {
                    let others: Vec<Attr> = wanted.iter().filter_map(|other| other.get(key).cloned()).collect();
                    (key.clone(), self.item(value, &others))
                };
                Attr::Map(map.iter().map(value).collect())
            }
            other if wanted.iter().any(|wanted| self.is_secret(wanted)) => replaced_among(other, wanted),
            other => other.clone(),
        }
    }

    /// Says whether any part of a wanted value is secret, or will be.
    fn is_secret(&self, wanted: &Attr) -> bool {
        let mut is_secret = wanted.has_secret();
        wanted.for_each_output(&mut |output| is_secret |= (self.output)(output));
        is_secret
    }
}

/// Says whether there is nothing that could be a secret.
fn is_empty(attr: &Attr) -> bool {
    match attr {
        Attr::Null => true,
        Attr::Text(text) => text.is_empty(),
        Attr::List(items) => items.is_empty(),
        Attr::Map(map) => map.is_empty(),
        Attr::Bool(_) | Attr::Number(_) | Attr::Secret(_) | Attr::Later(_) => false,
    }
}

/// Says whether two maps have nothing in common: the one comes where the other goes, as labels of a set do.
fn are_strangers(one: &Attr, other: &Attr) -> bool {
    match (one, other) {
        (Attr::Map(one), Attr::Map(other)) => !one.keys().any(|key| other.contains_key(key)),
        _ => false,
    }
}

/// The same where it may be one of the wanted values after all: then it goes by that one's label, so that it reads as what
/// stays.
fn replaced_among(attr: &Attr, wanted: &[Attr]) -> Attr {
    let secret = replaced(attr);
    wanted.iter().find(|wanted| **wanted == secret).cloned().unwrap_or(secret)
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
    use crate::address::Address;

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

    fn secrecy(field: bool, whole: bool) -> ChangeSecrecy<'static> {
        ChangeSecrecy { field, whole, output: &|output| output.field == "registrationKey" }
    }

    #[test]
    fn the_value_that_a_secret_replaces_was_one() {
        let wanted = Attr::Map([("psk".to_owned(), Attr::Secret(Secret::new("secret.psk", "new")))].into());
        let before = secrecy(false, false).redact(&attr(json!({ "psk": "old" })), &wanted);
        assert_eq!(before.to_shown(), json!({ "psk": "(secret before)" }));
        let same = attr(json!({ "a": 1, "b": 2 }));
        let whole = secrecy(true, true).redact(&same, &attr(json!({ "a": 1, "b": 3 })));
        assert_eq!(whole.to_shown(), json!("(secret before)"));
        assert_eq!(secrecy(false, false).redact(&same, &attr(json!({ "a": 1, "b": 3 }))), same);
    }

    #[test]
    fn what_comes_later_hides_what_was_before_only_where_it_is_secret() {
        let later = |field: &str| Attr::output(Address::new("nf", "networks", Some("a")), field);
        for (field, shown) in [("name", json!("old")), ("registrationKey", json!("(secret before)"))] {
            assert_eq!(secrecy(false, false).redact(&attr(json!("old")), &later(field)).to_shown(), shown, "{field}");
        }
    }

    #[test]
    fn of_lists_of_other_lengths_only_what_is_secret_is_hidden() {
        let secret = Attr::Secret(Secret::new("secret.psk", "new"));
        let wanted = Attr::List(vec![attr(json!("phase1")), secret.clone()]);
        let before = secrecy(false, false).redact(&attr(json!(["phase1", "phase2", "old"])), &wanted);
        assert_eq!(before.to_shown(), json!(["phase1", "(secret before)", "(secret before)"]));
        let item = Attr::Map([("name".to_owned(), attr(json!("a"))), ("value".to_owned(), secret)].into());
        let before = secrecy(false, false).redact(
            &attr(json!([{ "name": "b", "value": "old" }, { "name": "a", "value": "old" }])),
            &Attr::List(vec![item]),
        );
        let hidden = |name: &str| json!({ "name": name, "value": "(secret before)" });
        assert_eq!(before.to_shown(), json!([hidden("b"), hidden("a")]));
    }

    #[test]
    fn a_secret_that_stays_reads_as_the_same_on_both_sides() {
        let secret = |name: &str| Attr::Secret(Secret::new(format!("secret.{name}"), name));
        let item =
            |name: &str, value: Attr| Attr::Map([("name".into(), attr(json!(name))), ("value".into(), value)].into());
        let wanted = Attr::List(vec![item("a", secret("one")), item("c", attr(json!("plain")))]);
        let live = [("a", "one"), ("b", "two"), ("c", "plain")].map(|(name, value)| item(name, attr(json!(value))));
        let before = secrecy(false, false).redact(&Attr::List(live.to_vec()), &wanted).to_shown();
        assert_eq!([&before[0], &before[2]], [&wanted.to_shown()[0], &wanted.to_shown()[1]]);
        assert_eq!(before[1], json!({ "name": "b", "value": "(secret before)" }));
    }

    #[test]
    fn where_nothing_was_no_secret_was() {
        let secret = || Attr::Secret(Secret::new("secret.psk", "new"));
        let in_map = |value: Attr| Attr::Map([("name".into(), attr(json!("a"))), ("psk".into(), value)].into());
        let one = |value: Attr| Attr::List(vec![value]);
        for (live, wanted) in [
            (json!(""), secret()),
            (json!([]), one(secret())),
            (json!({}), in_map(secret())),
            (json!({ "psk": "" }), in_map(secret())),
            (json!([{ "name": "b", "psk": "" }, { "name": "c", "psk": "" }]), one(in_map(secret()))),
            (json!([{ "name": "b", "psk": "" }]), one(in_map(secret()))),
        ] {
            for field in [false, true] {
                let shown = secrecy(field, false).redact(&attr(live.clone()), &wanted).to_shown().to_string();
                let hidden = shown.matches("(secret before)").count();
                // Of a secret field not even the names show.
                let named = if field { live.to_string().matches("name").count() } else { 0 };
                assert!(hidden <= named, "{live} {field}: {shown}");
            }
        }
        for live in [json!(""), json!([]), json!({})] {
            let shown = secrecy(true, true).redact(&attr(live.clone()), &secret()).to_shown();
            assert_eq!(shown, live);
        }
        let whole = secrecy(true, true).redact(&attr(json!({ "token": "" })), &secret());
        assert_eq!(whole.to_shown(), "(secret before)", "a key may tell, too");
    }
}
