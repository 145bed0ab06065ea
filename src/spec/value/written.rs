//! The form in which a value of a type is sent.

use crate::attr::{Attr, Encoding, Output, Template, TemplatePart};
use crate::spec::walk::{Descend, TypeSlot, edit_down, edit_up};
use crate::spec::{Packing, Type, canonical, is_any};

use super::compared::words;
use super::repeated::repeated;

/// The form in which a value of a type is sent.
pub(crate) fn written(ty: &Type, attr: &Attr) -> Attr {
    let mut form = attr.clone();
    edit_up(TypeSlot::typed(*ty), &mut form, &mut |slot, value| {
        // A key that is to be gone is not sent.
        if let (Type::Map(item), Attr::Map(map)) = (&slot.ty, &mut *value)
            && !is_any(item)
        {
            map.retain(|_, value| !value.is_null());
        }
        if let (Type::Set(_), Attr::List(items)) = (slot.ty.plain(), &mut *value) {
            // Some APIs refuse a set that says one thing twice.
            for (_, again) in repeated(&slot.ty, items).into_iter().rev() {
                items.remove(again);
            }
        }
        let form = match (slot.ty.plain(), &*value) {
            (ty @ Type::Joined(..), Attr::List(_) | Attr::Null | Attr::Later(_)) => {
                ty.packing().and_then(|packing| packed(packing, value))
            }
            // What clears a word is sent as it is.
            (Type::Enum(_) | Type::OpenEnum(_), Attr::Text(text)) if text.is_empty() => None,
            (Type::Bool | Type::Int | Type::Enum(_) | Type::OpenEnum(_), _) => Some(canonical(&slot.ty, value)),
            (Type::Format(format), _) if !format.is_text() => Some(canonical(&slot.ty, value)),
            (Type::Text, Attr::Later(template)) => Some(Attr::Later(encoded(template, &Encoding::Text))),
            // An id goes back as it came.
            (Type::Ref(_), _) => None,
            (ty, Attr::Number(_) | Attr::Bool(_)) if ty.is_text() => value.to_text().map(Attr::Text),
            _ => None,
        };
        if let Some(form) = form {
            *value = form;
        }
    });
    form
}

/// A list as the one text that is sent for it; `None` where lists or maps stand in it.
fn packed(packing: Packing, value: &Attr) -> Option<Attr> {
    joined(words(packing, value)?, packing.joint, "")
}

/// Lines as the one text that is sent for them, each behind the same lead; empty where there are none.
pub(crate) fn lines_behind(lead: &str, lines: &Attr) -> Option<Attr> {
    joined(words(Packing::LINES, lines)?, Packing::LINES.joint, lead)
}

/// Words in one text, each behind the same lead.
fn joined(words: Vec<Attr>, joint: &str, lead: &str) -> Option<Attr> {
    let between = format!("{joint}{lead}");
    let mut parts = Vec::new();
    for word in words {
        let before = if parts.is_empty() { lead } else { &between };
        if !before.is_empty() {
            parts.push(TemplatePart::Text(before.to_owned()));
        }
        match word {
            Attr::Secret(secret) => parts.push(TemplatePart::Secret(secret)),
            // What is one output may turn out to be a list of words.
            Attr::Later(template) if template.parts.len() == 1 => {
                parts.extend(encoded(&template, &Encoding::Joined(between.clone())).parts);
            }
            Attr::Later(template) => parts.extend(encoded(&template, &Encoding::Text).parts),
            other => parts.push(TemplatePart::Text(other.to_text()?)),
        }
    }
    Some(Template::of(parts))
}

/// The same template, its outputs written so.
fn encoded(template: &Template, encoding: &Encoding) -> Template {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Output(output) => TemplatePart::Output(Output { encoding: encoding.clone(), ..output.clone() }),
        other => other.clone(),
    };
    Template { parts: template.parts.iter().map(part).collect() }
}

/// The same value with text where text is wanted and a number, or true or false, was given.
pub(crate) fn text_wanted(ty: &Type, mut attr: Attr) -> Attr {
    edit_down(TypeSlot::typed(*ty), &mut attr, &mut |slot, value| {
        if let (true, Attr::Number(_) | Attr::Bool(_), Some(text)) = (slot.ty.is_text(), &*value, value.to_text()) {
            *value = Attr::Text(text);
        }
        Descend::Into
    });
    attr
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::address::Address;
    use crate::providers::CATALOGUE;
    use crate::secret::Secret;
    use crate::spec::{Field, visit_types};

    /// Every packed list that the tables have, wherever it stands in a value.
    fn packed_lists() -> Vec<(&'static Field, Type)> {
        let mut found = Vec::new();
        let kinds = CATALOGUE.iter().flat_map(|provider| provider.kinds);
        for field in kinds.flat_map(|kind| kind.fields).filter(|field| field.is_writable()) {
            visit_types(TypeSlot::of(field), &mut |slot| {
                if slot.ty.packing().is_some() {
                    found.push((field, slot.ty));
                }
                Descend::Into
            });
        }
        found
    }

    fn later(field: &str) -> Attr {
        Attr::output(Address::new("c", "deployments", Some("d1")), field)
    }

    #[test]
    fn what_is_known_later_in_a_packed_list_is_packed_once_it_is_known() {
        let find = |output: &Output| match output.field.as_str() {
            "one" => Some(Attr::text("in")),
            "number" => Some(Attr::Number(7.into())),
            "list" => Some(Attr::from_json(&json!(["x", "y"]))),
            "none" => Some(Attr::List(Vec::new())),
            _ => None,
        };
        let lists = packed_lists();
        assert!(lists.len() > 6, "{} packed lists", lists.len());
        for (field, ty) in lists {
            let packing = ty.packing().unwrap();
            for (value, words) in [
                (later("list"), &["x", "y"] as &[&str]),
                (later("one"), &["in"]),
                (later("none"), &[]),
                (Attr::List(vec![later("one"), Attr::text("out")]), &["in", "out"]),
                (Attr::List(vec![Attr::text("a"), later("number")]), &["a", "7"]),
                (Attr::List(vec![Attr::text("a"), later("list"), Attr::text("z")]), &["a", "x", "y", "z"]),
                (Attr::List(vec![Attr::from_json(&json!(["a", "b"])), Attr::text("z")]), &["a", "b", "z"]),
            ] {
                let sent = written(&ty, &value).fill(&find).to_text().unwrap();
                let in_order = |mut words: Vec<String>| {
                    if packing.is_set {
                        words.sort();
                    }
                    words
                };
                let words = words.iter().map(|word| (*word).to_owned()).collect();
                assert_eq!(in_order(packing.split(&sent)), in_order(words), "{} {value:?} {sent}", field.name);
            }
            let waiting = written(&ty, &Attr::List(vec![Attr::text("a"), later("unknown")]));
            assert!(matches!(waiting.fill(&find), Attr::Later(_)), "{} is text once it is known", field.name);
        }
    }

    #[test]
    fn a_secret_in_a_packed_list_stays_one_wherever_it_comes_from() {
        let secret = Attr::Secret(Secret::new("secret.psk", "s3cr3t"));
        let find = |_: &Output| Some(Attr::List(vec![Attr::text("x"), secret.clone()]));
        let sent = written(&Type::LINES, &Attr::List(vec![Attr::text("a"), later("list")])).fill(&find);
        assert_eq!(sent, Attr::Secret(Secret::new("", "a\nx\ns3cr3t")));
    }
}
