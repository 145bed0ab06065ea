//! Values by type: checking what a file says, the form in which two are compared, and the form in which one is written.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::attr::Attr;
use crate::spec::{Field, Packing, Type, certificate};
use crate::suggest::hint;

/// A value that its type does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The keys and indexes down to it.
    pub path: Vec<String>,
    /// A stable code, as in `wrong-type`.
    pub code: &'static str,
    /// What is wrong: a phrase.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Mismatch {
    fn new(path: &[String], code: &'static str, message: String) -> Mismatch {
        Mismatch { path: path.to_vec(), code, message, help: None }
    }

    fn help(mut self, help: String) -> Mismatch {
        self.help = Some(help);
        self
    }
}

/// The form in which two values of a type are compared: equal values have equal forms.
pub fn canonical(ty: &Type, attr: &Attr) -> Attr {
    match (ty, attr) {
        (Type::Certificate, _) => certificate::canonical(attr),
        (_, Attr::Later(_) | Attr::Secret(_)) => attr.clone(),
        (Type::Text | Type::Ref(_) | Type::File(_), Attr::Text(text)) if text.is_empty() => Attr::Null,
        (Type::Text | Type::Ref(_), Attr::Number(_) | Attr::Bool(_)) => attr.to_text().map_or(Attr::Null, Attr::Text),
        (Type::Bool, Attr::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Attr::Bool(true),
            "false" | "off" | "no" | "0" => Attr::Bool(false),
            _ => attr.clone(),
        },
        (Type::Int, Attr::Text(text)) => {
            text.trim().parse::<i64>().map_or_else(|_| attr.clone(), |number| Attr::Number(number.into()))
        }
        (Type::Number, Attr::Text(text)) => text.trim().parse().map_or_else(|_| attr.clone(), Attr::Number),
        (Type::Enum(words), Attr::Text(text)) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => Attr::text(*word),
            None if text.is_empty() => Attr::Null,
            None => attr.clone(),
        },
        (Type::Ip, Attr::Text(text)) => match text.trim().parse::<IpAddr>() {
            Ok(address) => Attr::Text(address.to_string()),
            Err(_) if text.is_empty() => Attr::Null,
            Err(_) => attr.clone(),
        },
        (Type::Cidr, Attr::Text(text)) => match network(text) {
            Some(network) => Attr::Text(network.trunc().to_string()),
            None if text.is_empty() => Attr::Null,
            None => attr.clone(),
        },
        (Type::Words(packing), _) => words(*packing, attr),
        (Type::List(item), Attr::List(items)) => Attr::List(items.iter().map(|value| canonical(item, value)).collect()),
        (Type::Set(item), Attr::List(items)) => sorted(items.iter().map(|value| canonical(item, value)), shown),
        (Type::Roles(_), Attr::List(items)) => sorted(items.iter().map(|value| canonical(&Type::Text, value)), shown),
        (Type::Table(fields, key), Attr::List(items)) => {
            sorted(items.iter().map(|value| object(fields, value)), |value| {
                value.get(key).map_or_else(String::new, shown)
            })
        }
        (Type::List(_) | Type::Set(_) | Type::Table(..) | Type::Roles(_), Attr::Null) => Attr::List(Vec::new()),
        (Type::Object(fields) | Type::Open(fields), Attr::Map(_)) => object(fields, attr),
        (Type::Map(item), Attr::Map(map)) => {
            Attr::Map(map.iter().map(|(key, value)| (key.clone(), canonical(item, value))).collect())
        }
        (Type::Map(_), Attr::Null) => Attr::Map(BTreeMap::new()),
        _ => attr.clone(),
    }
}

fn object(fields: &[Field], attr: &Attr) -> Attr {
    let Attr::Map(map) = attr else { return attr.clone() };
    let value = |key: &String, value: &Attr| match fields.iter().find(|field| field.name == key) {
        Some(field) => canonical(&field.ty, value),
        None => value.clone(),
    };
    Attr::Map(map.iter().map(|(key, attr)| (key.clone(), value(key, attr))).collect())
}

fn words(packing: Packing, attr: &Attr) -> Attr {
    let mut words: Vec<Attr> = match attr {
        Attr::Null => Vec::new(),
        Attr::Text(text) => packing.split(text).into_iter().map(Attr::Text).collect(),
        Attr::List(items) => items
            .iter()
            .flat_map(|item| match item.as_text() {
                Some(text) => packing.split(text).into_iter().map(Attr::Text).collect(),
                None => vec![item.clone()],
            })
            .collect(),
        other => return other.clone(),
    };
    if let Packing::Unordered(_) = packing {
        words.sort_by_key(shown);
        words.dedup();
    }
    Attr::List(words)
}

fn sorted(items: impl Iterator<Item = Attr>, key: impl Fn(&Attr) -> String) -> Attr {
    let mut items: Vec<Attr> = items.collect();
    items.sort_by_cached_key(|item| key(item));
    items.dedup();
    Attr::List(items)
}

fn shown(attr: &Attr) -> String {
    attr.to_shown().to_string()
}

/// A network, an address alone being a network of one.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The form in which a value of a type is sent.
pub(crate) fn written(ty: &Type, attr: &Attr) -> Attr {
    match (ty, attr) {
        (Type::Words(packing), Attr::List(_) | Attr::Null) => match words(*packing, attr) {
            Attr::List(items) if items.iter().all(|item| item.as_text().is_some()) => {
                let words: Vec<&str> = items.iter().filter_map(Attr::as_text).collect();
                Attr::Text(words.join(packing.joint()))
            }
            other => other,
        },
        (Type::List(item) | Type::Set(item), Attr::List(items)) => {
            Attr::List(items.iter().map(|value| written(item, value)).collect())
        }
        (Type::Table(fields, _), Attr::List(items)) => {
            Attr::List(items.iter().map(|value| written(&Type::Object(fields), value)).collect())
        }
        (Type::Object(fields) | Type::Open(fields), Attr::Map(map)) => Attr::Map(
            map.iter()
                .map(|(key, value)| match fields.iter().find(|field| field.name == key) {
                    Some(field) => (key.clone(), written(&field.ty, value)),
                    None => (key.clone(), value.clone()),
                })
                .collect(),
        ),
        (Type::Bool | Type::Int | Type::Number | Type::Enum(_), _) => canonical(ty, attr),
        _ => attr.clone(),
    }
}

/// Checks a value that a file gives: every mismatch, with its path. What is known only later is not checked.
pub(crate) fn check(ty: &Type, attr: &Attr) -> Vec<Mismatch> {
    let mut found = Vec::new();
    walk(ty, attr, &mut Vec::new(), &mut found);
    found
}

fn walk(ty: &Type, attr: &Attr, path: &mut Vec<String>, found: &mut Vec<Mismatch>) {
    match (ty, attr) {
        (_, Attr::Later(_) | Attr::Null) | (Type::Any | Type::Json, _) => {}
        (Type::List(item) | Type::Set(item), Attr::List(items)) => {
            each(items, path, found, |value, path, found| walk(item, value, path, found))
        }
        (Type::Table(fields, _), Attr::List(items)) => {
            each(items, path, found, |value, path, found| walk(&Type::Object(fields), value, path, found));
        }
        (Type::Words(_) | Type::Roles(_), Attr::List(items)) => {
            each(items, path, found, |value, path, found| walk(&Type::Text, value, path, found));
            if let Type::Roles(kinds) = ty {
                each(items, path, found, |value, path, found| role(kinds, value, path, found));
            }
        }
        (Type::Words(_), Attr::Text(_)) => {}
        (Type::Map(item), Attr::Map(map)) => {
            for (key, value) in map {
                path.push(key.clone());
                walk(item, value, path, found);
                path.pop();
            }
        }
        (Type::Object(fields), Attr::Map(map)) => members(fields, map, false, path, found),
        (Type::Open(fields), Attr::Map(map)) => members(fields, map, true, path, found),
        (Type::Text | Type::Ref(_) | Type::File(_), Attr::Text(_) | Attr::Secret(_)) => {}
        (Type::Text | Type::Ref(_), Attr::Number(_) | Attr::Bool(_)) => {}
        (Type::Bool | Type::Int | Type::Number | Type::Enum(_) | Type::Ip | Type::Cidr | Type::Certificate, _) => {
            scalar(ty, attr, path, found)
        }
        _ => {
            let message = format!("expected {}, found {}", ty.describe(), name(attr));
            found.push(Mismatch::new(path, "wrong-type", message));
        }
    }
}

fn each(
    items: &[Attr],
    path: &mut Vec<String>,
    found: &mut Vec<Mismatch>,
    visit: impl Fn(&Attr, &mut Vec<String>, &mut Vec<Mismatch>),
) {
    for (index, value) in items.iter().enumerate() {
        path.push(index.to_string());
        visit(value, path, found);
        path.pop();
    }
}

fn role(kinds: &[&str], attr: &Attr, path: &[String], found: &mut Vec<Mismatch>) {
    let (marks, expected): (&[char], _) =
        if kinds.is_empty() { (&['#'], "no `#tag`") } else { (&['#', '@'], "neither a `#tag` nor a `@name`") };
    if let Some(text) = attr.as_text()
        && !(text.len() > 1 && text.starts_with(marks))
    {
        let message = format!("`{text}` is {expected}");
        let help = "as in `#tag` or `@name`; quote it, since `#` after a blank starts a comment";
        found.push(Mismatch::new(path, "wrong-value", message).help(help.into()));
    }
}

fn members(
    fields: &[Field],
    map: &BTreeMap<String, Attr>,
    open: bool,
    path: &mut Vec<String>,
    found: &mut Vec<Mismatch>,
) {
    for (key, value) in map {
        path.push(key.clone());
        match fields.iter().find(|field| field.name == key) {
            Some(field) if field.is_writable() => walk(&field.ty, value, path, found),
            Some(_) => {
                let message = format!("`{key}` is chosen by the provider");
                found.push(Mismatch::new(path, "provider-chosen", message).help("remove it".into()));
            }
            None if open => {}
            None => {
                let names = fields.iter().filter(|field| field.is_writable()).map(|field| field.name);
                let message = format!("unknown field `{key}`");
                found.push(Mismatch::new(path, "unknown-field", message).help(hint(key, names)));
            }
        }
        path.pop();
    }
    for field in fields.iter().filter(|field| field.required && !map.contains_key(field.name)) {
        let message = format!("`{}` is missing", field.name);
        let help = format!("{}: {}", field.ty.describe(), field.doc);
        found.push(Mismatch::new(path, "missing-field", message).help(help));
    }
}

fn scalar(ty: &Type, attr: &Attr, path: &[String], found: &mut Vec<Mismatch>) {
    let fits = match (ty, canonical(ty, attr)) {
        (_, Attr::Secret(_)) => true,
        (Type::Bool, value) => matches!(value, Attr::Bool(_)),
        (Type::Int, Attr::Number(number)) => number.is_i64() || number.is_u64(),
        (Type::Number, value) => matches!(value, Attr::Number(_)),
        (Type::Enum(words), Attr::Text(text)) => words.contains(&text.as_str()),
        (Type::Ip, Attr::Text(text)) => text.parse::<IpAddr>().is_ok(),
        (Type::Cidr, Attr::Text(text)) => network(&text).is_some(),
        (Type::Certificate, Attr::Text(_)) => certificate::is_whole(attr),
        _ => false,
    };
    if !fits {
        let shown = attr.to_text().unwrap_or_else(|| name(attr).to_owned());
        let message = format!("expected {}, found `{shown}`", ty.describe());
        let mismatch = Mismatch::new(path, "wrong-value", message);
        found.push(match ty {
            Type::Enum(words) => mismatch.help(hint(&shown, words.iter().copied())),
            Type::Cidr => mismatch.help("as in `10.1.0.0/16` or `2001:db8::/32`".into()),
            Type::Ip => mismatch.help("as in `203.0.113.10` or `2001:db8::1`".into()),
            _ => mismatch,
        });
    }
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

/// How a value refers to another resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    /// By name in files, by id on the wire.
    Id,
    /// As `@name` on both sides, although an API may show an id behind the `@`.
    Mention,
}

/// What takes the place of a reference; `None` leaves it.
pub(crate) type Swap<'s> = dyn FnMut(Reference, &[&'static str], &str) -> Option<Attr> + 's;

/// The same value with each reference in it replaced: `swap` is given how it refers, the kinds it may be of and the name
/// (or the id), and gives what takes its place.
pub(crate) fn swap_references(ty: &Type, attr: &Attr, swap: &mut Swap<'_>) -> Attr {
    match (ty, attr) {
        (Type::Ref(kind), _) => match attr.to_text() {
            Some(text) if !text.is_empty() => {
                swap(Reference::Id, std::slice::from_ref(kind), &text).unwrap_or_else(|| attr.clone())
            }
            _ => attr.clone(),
        },
        (Type::Roles(kinds), Attr::List(items)) => Attr::List(
            items
                .iter()
                .map(|item| match item.as_text().and_then(|text| text.strip_prefix('@')) {
                    Some(name) => swap(Reference::Mention, kinds, name).unwrap_or_else(|| item.clone()),
                    None => item.clone(),
                })
                .collect(),
        ),
        (Type::List(item) | Type::Set(item), Attr::List(items)) => {
            Attr::List(items.iter().map(|value| swap_references(item, value, swap)).collect())
        }
        (Type::Table(fields, _), Attr::List(items)) => {
            Attr::List(items.iter().map(|value| swap_references(&Type::Object(fields), value, swap)).collect())
        }
        (Type::Object(fields) | Type::Open(fields), Attr::Map(map)) => Attr::Map(
            map.iter()
                .map(|(key, value)| match fields.iter().find(|field| field.name == key) {
                    Some(field) => (key.clone(), swap_references(&field.ty, value, swap)),
                    None => (key.clone(), value.clone()),
                })
                .collect(),
        ),
        (Type::Map(item), Attr::Map(map)) => {
            Attr::Map(map.iter().map(|(key, value)| (key.clone(), swap_references(item, value, swap))).collect())
        }
        _ => attr.clone(),
    }
}
