//! What a file may say for a type.

use std::collections::BTreeMap;

use crate::attr::Attr;
use crate::spec::walk::{Descend, TypeSlot, WalkPart, WalkStep, visit};
use crate::spec::{EVERYBODY, Field, Names, Shape, Type, canonical, gives_something, is_any};
use crate::suggest::hint;

/// A value that its type does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeError {
    /// The keys and indexes down to it.
    pub path: Vec<String>,
    /// A stable code, as in `wrong-type`.
    pub code: &'static str,
    /// What is wrong: a phrase.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl TypeError {
    fn new(path: &[WalkStep<'_>], code: &'static str, message: String) -> TypeError {
        let word = |step: &WalkStep<'_>| match step {
            WalkStep::Name(name) => (*name).to_owned(),
            WalkStep::Index(index) => index.to_string(),
        };
        TypeError { path: path.iter().map(word).collect(), code, message, help: None }
    }

    fn below(mut self, key: &str) -> TypeError {
        self.path.push(key.to_owned());
        self
    }

    fn help(mut self, help: String) -> TypeError {
        self.help = Some(help);
        self
    }
}

/// Checks a value that a file gives: every mismatch, with its path. What is known only later is not checked.
pub(crate) fn check(ty: &Type, attr: &Attr) -> Vec<TypeError> {
    let mut found = Vec::new();
    visit(TypeSlot::typed(*ty), attr, &mut Vec::new(), &mut |part| {
        let chosen = part.slot.field.filter(|field| !field.is_writable());
        if let Some(field) = chosen {
            let message = format!("`{}` is chosen by the provider", field.name);
            found.push(TypeError::new(part.path, "provider-chosen", message).help("remove it".into()));
            return Descend::Past;
        }
        judge(&part, &mut found);
        Descend::Into
    });
    found
}

/// Judges a part by itself; its own parts come after it.
fn judge(part: &WalkPart<'_, '_>, found: &mut Vec<TypeError>) {
    match (part.slot.ty.plain(), part.value) {
        (_, Attr::Later(_) | Attr::Null) | (Type::Any | Type::Json(_), _) => {}
        // An item of a list is nothing that could be left out.
        (ty, value) if !matches!(part.path.last(), Some(WalkStep::Index(_))) && !gives_something(ty, value) => {}
        (Type::Set(Type::Role([_, ..])), Attr::List(items)) => everybody(items, part.path, found),
        (Type::List(_) | Type::Set(_) | Type::Table(..) | Type::Joined(..), Attr::List(_)) => {}
        (ty @ Type::Joined(..), Attr::Text(text)) => packed(ty, text, part.path, found),
        (Type::Map(_), Attr::Map(_)) => {}
        (Type::Label(names, _), Attr::Map(map)) => label(names, map, part.path, found),
        (Type::Object(fields), Attr::Map(map)) => {
            unknown(fields, map, part.path, found);
            missing(fields, map, part.path, found);
        }
        (Type::Open(fields), Attr::Map(map)) => missing(fields, map, part.path, found),
        (Type::Role(kinds), Attr::Text(text)) => role(kinds, text, part.path, found),
        (Type::Text | Type::Ref(_) | Type::File(_) | Type::Role(_), Attr::Text(_) | Attr::Secret(_)) => {}
        (Type::Text | Type::Ref(_), Attr::Number(_) | Attr::Bool(_)) => {}
        (ty @ (Type::Bool | Type::Int | Type::Enum(_) | Type::OpenEnum(_) | Type::Format(_)), value) => {
            scalar(ty, value, part.path, found)
        }
        (ty, value) => {
            let message = format!("expected {}, found {}", ty.describe(), name(value));
            let mistake = TypeError::new(part.path, "wrong-type", message);
            found.push(match (ty, value) {
                (Type::Table(_, key), Attr::Map(_)) => mistake.help(format!("a list, as in `- {{ {key}: …, … }}`")),
                _ => mistake,
            });
        }
    }
}

/// A packed list whose items have a format is checked item by item.
fn packed(ty: &Type, text: &str, path: &[WalkStep<'_>], found: &mut Vec<TypeError>) {
    let (Some(packing), Shape::Items(item)) = (ty.packing(), ty.shape()) else { return };
    if let format @ Type::Format(_) = item.plain() {
        packing.split(text).into_iter().for_each(|word| scalar(format, &Attr::Text(word), path, found));
    }
}

fn role(kinds: &[&str], text: &str, path: &[WalkStep<'_>], found: &mut Vec<TypeError>) {
    let (marks, expected): (&[char], _) =
        if kinds.is_empty() { (&['#'], "no `#tag`") } else { (&['#', '@'], "neither a `#tag` nor a `@name`") };
    let word = text.strip_prefix(marks).map(str::trim).unwrap_or_default();
    if text.starts_with('#') && word.contains(['#', '@']) {
        let message = format!("the tag `{text}` holds a second `#` or an `@`");
        found.push(TypeError::new(path, "wrong-value", message).help("a tag is `#` and a word without either".into()));
    } else if word.is_empty() {
        let message = format!("`{text}` is {expected}");
        let form = if kinds.is_empty() { "`#tag`" } else { "`#tag` or `@name`" };
        let help = format!("as in {form}; quote it, since `#` after a blank starts a comment");
        found.push(TypeError::new(path, "wrong-value", message).help(help));
    } else if kinds.is_empty() && text.trim() == EVERYBODY {
        let message = format!("`{EVERYBODY}` is no tag of one's own: it stands for all that there are");
        found.push(TypeError::new(path, "wrong-value", message).help("leave it out, or choose another tag".into()));
    }
}

/// What stands for all leaves nothing to name beside it.
fn everybody(items: &[Attr], path: &[WalkStep<'_>], found: &mut Vec<TypeError>) {
    let is_all = |item: &Attr| item.as_text().is_some_and(|text| text.trim() == EVERYBODY);
    if items.len() > 1 && items.iter().any(is_all) {
        let message = format!("`{EVERYBODY}` stands for all, and others stand beside it");
        found.push(TypeError::new(path, "wrong-value", message).help(format!("keep `{EVERYBODY}`, or the others")));
    }
}

fn label(names: &Names, map: &BTreeMap<String, Attr>, path: &[WalkStep<'_>], found: &mut Vec<TypeError>) {
    if map.len() != 1 {
        let message = format!("a label has one key, found {}", map.len());
        let help = "give each label an item of its own, as in `- team: net`";
        found.push(TypeError::new(path, "wrong-value", message).help(help.into()));
    }
    for (key, text) in map {
        if !names.take(key) {
            let message = format!("`{key}` is no key of a label");
            found.push(TypeError::new(path, "wrong-value", message).help(names.describe()).below(key));
        } else if text.is_null() {
            let message = format!("label `{key}` has no text");
            found.push(
                TypeError::new(path, "wrong-value", message).help("give it one, or leave it out".into()).below(key),
            );
        }
    }
}

fn unknown(fields: &[Field], map: &BTreeMap<String, Attr>, path: &[WalkStep<'_>], found: &mut Vec<TypeError>) {
    for key in map.keys().filter(|key| fields.iter().all(|field| field.name != *key)) {
        let names = fields.iter().filter(|field| field.is_writable()).map(|field| field.name);
        let message = format!("unknown field `{key}`");
        let mismatch = TypeError::new(path, "unknown-field", message).help(hint(key, names));
        found.push(mismatch.below(key));
    }
}

fn missing(fields: &[Field], map: &BTreeMap<String, Attr>, path: &[WalkStep<'_>], found: &mut Vec<TypeError>) {
    for field in fields.iter().filter(|field| field.is_required()) {
        let missing = |how: &str| {
            let help = format!("{}: {}", field.ty.describe(), field.doc);
            TypeError::new(path, "missing-field", format!("`{}` is {how}", field.name)).help(help)
        };
        match map.get(field.name) {
            None => found.push(missing("missing")),
            Some(value) if !is_any(&field.ty) && !gives_something(&field.ty, value) => {
                found.push(missing("empty, and is needed").below(field.name));
            }
            Some(_) => {}
        }
    }
}

fn scalar(ty: &Type, attr: &Attr, path: &[WalkStep<'_>], found: &mut Vec<TypeError>) {
    let shown = || attr.to_text().unwrap_or_else(|| name(attr).to_owned());
    let help = match (ty, canonical(ty, attr)) {
        (Type::Format(format), Attr::Secret(_)) => match (format.mistake)(attr) {
            Some(help) => {
                let message = format!("the secret is no {}", ty.describe());
                found.push(TypeError::new(path, "wrong-value", message).help(help));
                return;
            }
            None => return,
        },
        (_, Attr::Secret(_)) | (Type::Bool, Attr::Bool(_)) => return,
        (Type::Int, Attr::Number(number)) if number.is_i64() || number.is_u64() => return,
        (Type::Enum(words), Attr::Text(text)) if words.contains(&text.as_str()) => return,
        (Type::OpenEnum(_), Attr::Text(_)) => return,
        (Type::Enum(words), _) => Some(hint(&shown(), words.iter().copied())),
        (Type::Format(format), _) => match (format.mistake)(attr) {
            Some(help) => Some(help).filter(|help| !help.is_empty()),
            None => return,
        },
        _ => None,
    };
    let message = format!("expected {}, found `{}`", ty.describe(), shown());
    found.push(TypeError { help, ..TypeError::new(path, "wrong-value", message) });
}

fn name(attr: &Attr) -> &'static str {
    match attr {
        Attr::Null => "nothing",
        Attr::Bool(_) => "true or false",
        Attr::Number(_) => "a number",
        Attr::Text(_) => "text",
        Attr::Secret(_) => "a secret",
        Attr::List(_) => "a list",
        Attr::Map(_) => "a map",
        Attr::Later(_) => "a value known after apply",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(ty: Type, value: Value) -> Vec<String> {
        check(&ty, &Attr::from_json(&value)).into_iter().map(|mistake| mistake.message).collect()
    }

    #[test]
    fn what_stands_for_all_stands_alone_and_is_nobodys_tag() {
        const SELECTED: Type = Type::Set(&Type::Role(&["things"]));
        const CARRIED: Type = Type::Set(&Type::Role(&[]));
        for (ty, value, count) in [
            (SELECTED, json!(["#all"]), 0),
            (SELECTED, json!(["#a", "@b"]), 0),
            (SELECTED, json!(["#all", "#a"]), 1),
            (SELECTED, json!(["@b", "#all"]), 1),
            (CARRIED, json!(["#a", "#b"]), 0),
            (CARRIED, json!(["#all"]), 1),
            (CARRIED, json!(["#a", "#all"]), 1),
            (CARRIED, json!(["@b"]), 1),
        ] {
            assert_eq!(found(ty, value.clone()).len(), count, "{value}");
        }
    }

    #[test]
    fn a_map_in_place_of_a_table_is_told_how_a_table_is_written() {
        static ROWS: &[Field] = &[crate::spec::field("key", Type::Text, "Its name").required()];
        let mistakes = check(&Type::Table(ROWS, "key"), &Attr::from_json(&json!({ "A": "b" })));
        assert_eq!(mistakes[0].help.as_deref(), Some("a list, as in `- { key: …, … }`"));
    }
}
