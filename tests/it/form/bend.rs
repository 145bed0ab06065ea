//! Bends: one change of a resource, in the file and in the request alike.

use serde_json::{Map, Value, json};
use trueup::parts::{Field, Identity, Type};
use wire::Request;

use super::stage::{Stage, body};
use crate::chance::Chance;

/// A bent resource.
pub(super) struct Bent {
    /// The field, and what was done to it.
    pub what: String,
    /// The new value, as JSON.
    pub value: String,
    /// The declaration.
    pub declared: Value,
    /// Its name in the file, where that is what was bent.
    pub name: Option<String>,
    /// The place of its request among the writes.
    pub write: usize,
    /// The request.
    pub request: Request,
}

/// Bends one sample.
pub(super) struct Bender<'b, 's> {
    stage: &'b Stage<'s>,
    chance: &'b mut Chance,
}

/// A place in a value: keys, and indexes as text.
type Path = Vec<String>;

/// A place that can be bent: in the declaration, in the body, and what the tables say about it.
struct Spot {
    path: Path,
    write: usize,
    in_body: Path,
    ty: Type,
}

impl<'b, 's> Bender<'b, 's> {
    pub(super) fn new(stage: &'b Stage<'s>, chance: &'b mut Chance) -> Bender<'b, 's> {
        Bender { stage, chance }
    }

    /// One bend of the sample.
    pub(super) fn bend(mut self) -> Bent {
        let declared = self.stage.own(&self.stage.sample.first).clone();
        if self.chance.below(12) == 0
            && let Some(bent) = self.rename(&declared)
        {
            return bent;
        }
        let spots = self.spots(&declared);
        for _ in 0..20 {
            let at = self.chance.below(spots.len().max(1) as u64) as usize;
            if let Some(bent) = spots.get(at).and_then(|spot| self.bend_at(&declared, spot)) {
                return bent;
            }
        }
        self.unbent(&declared)
    }

    /// The sample as it is.
    fn unbent(&self, declared: &Value) -> Bent {
        let write = self.stage.writes.iter().position(|request| body(request).is_some()).unwrap();
        Bent {
            what: "as it is".to_owned(),
            value: String::new(),
            declared: declared.clone(),
            name: None,
            write,
            request: self.stage.writes[write].clone(),
        }
    }

    /// The places that stand in the declaration and in a body alike, and objects that could have a field more.
    fn spots(&self, declared: &Value) -> Vec<Spot> {
        let mut spots = Vec::new();
        let kind = self.stage.kind;
        for (write, request) in self.stage.writes.iter().enumerate() {
            let Some(body) = body(request) else { continue };
            match (kind.identity, declared) {
                (Identity::Sequence { .. }, Value::Array(items)) => {
                    let list = body
                        .as_object()
                        .unwrap()
                        .iter()
                        .find(|(_, list)| list.as_array().is_some_and(|list| list.len() == items.len()));
                    let Some((key, list)) = list else { continue };
                    for (n, item) in items.iter().enumerate() {
                        let path = vec![n.to_string()];
                        let in_body = [vec![key.clone()], path.clone()].concat();
                        members(self.stage, kind.fields, (item, &path), (&list[n], &in_body), write, &mut spots);
                    }
                }
                _ => members(self.stage, kind.fields, (declared, &[]), (&body, &[]), write, &mut spots),
            }
        }
        spots
    }

    fn bend_at(&mut self, declared: &Value, spot: &Spot) -> Option<Bent> {
        let words = || {
            spot.path
                .iter()
                .map(|key| if key.parse::<usize>().is_ok() { "*" } else { key })
                .collect::<Vec<_>>()
                .join(".")
        };
        let is_there = get(declared, &spot.path).is_some();
        let (how, value) = if is_there && self.chance.below(5) == 0 {
            ("left out", None)
        } else {
            let (how, value) = self.value(&spot.ty, get(declared, &spot.path))?;
            (how, Some(value))
        };
        let mut declared = declared.clone();
        let request = &self.stage.writes[spot.write];
        let mut body = body(request)?;
        set(&mut declared, &spot.path, value.clone());
        set(&mut body, &spot.in_body, value.clone());
        Some(Bent {
            what: format!("{}: {how}", words()),
            value: value.map_or(String::new(), |value| value.to_string().chars().take(120).collect()),
            declared,
            name: None,
            write: spot.write,
            request: Request { body: body.to_string().into_bytes(), ..request.clone() },
        })
    }

    /// Another value, and how it is called.
    fn value(&mut self, ty: &Type, now: Option<&Value>) -> Option<(&'static str, Value)> {
        let choices: Vec<(&'static str, Value)> = match ty {
            Type::Bool => vec![
                ("the other", json!(now != Some(&json!(true)))),
                ("no truth", json!("maybe")),
                ("a list", json!([])),
            ],
            Type::Int => vec![
                ("one more", json!(now.and_then(Value::as_i64).unwrap_or(1) + 1)),
                ("words", json!("many")),
                ("below zero", json!(-7)),
                ("huge", json!(99_999_999_999_i64)),
                ("a fraction", json!(1.5)),
            ],
            Type::Enum(words) | Type::OpenEnum(words) => {
                let word = words[self.chance.below(words.len() as u64) as usize];
                vec![
                    ("another word", json!(word)),
                    ("an unknown word", json!("no-such-word")),
                    ("an object", json!({ "a": 1 })),
                ]
            }
            Type::Text => vec![
                ("an object", json!({ "a": "b" })),
                ("a list", json!(["a"])),
                ("odd letters", json!("na/me ?*\u{e9}\u{4e2d}")),
                ("long", json!("x".repeat(3000))),
            ],
            Type::Format(format) => self.formatted(format.words),
            Type::List(_) | Type::Set(_) | Type::Table(..) => {
                vec![("no items", json!([])), ("an object", json!({ "a": 1 })), ("a list of lists", json!([[]]))]
            }
            Type::Object(_) | Type::Open(_) | Type::Map(_) => vec![("a text", json!("text")), ("a list", json!([]))],
            _ => Vec::new(),
        };
        let at = self.chance.below(choices.len().max(1) as u64) as usize;
        choices.into_iter().nth(at)
    }

    fn formatted(&mut self, words: &str) -> Vec<(&'static str, Value)> {
        match words {
            "IP address" => vec![
                ("another", json!("192.0.2.77")),
                ("no address", json!("300.1.2.3")),
                ("a network", json!("10.0.0.0/8")),
                ("a name", json!("host.example")),
            ],
            "IPv4 network in CIDR form" => vec![
                ("another", json!("10.77.0.0/16")),
                ("too long", json!("10.0.0.0/33")),
                ("an address", json!("10.0.0.1")),
                ("words", json!("any")),
            ],
            "IPv4 address with the length of its network" => {
                vec![
                    ("another", json!("169.254.77.1/30")),
                    ("an address", json!("169.254.77.1")),
                    ("words", json!("eth0")),
                ]
            }
            "MAC address" => vec![("another", json!("0c9d92a1b2ff")), ("none", json!("zz"))],
            "certificate in PEM form" => vec![("none", json!("no certificate"))],
            words if words.starts_with("whole number from ") => {
                let bounds: Vec<i64> = words.split(' ').filter_map(|word| word.parse().ok()).collect();
                let [low, high] = bounds[..] else {
                    let low = bounds.first().copied().unwrap_or_default();
                    return vec![
                        ("lowest", json!(low)),
                        ("below its bounds", json!(low - 1)),
                        ("words", json!("many")),
                    ];
                };
                vec![
                    ("lowest", json!(low)),
                    ("highest", json!(high)),
                    ("below its bounds", json!(low - 1)),
                    ("above its bounds", json!(high + 1)),
                    ("words", json!("many")),
                ]
            }
            "number" => vec![("words", json!("many"))],
            _ => Vec::new(),
        }
    }

    /// The sample by another name.
    fn rename(&mut self, declared: &Value) -> Option<Bent> {
        const NAMES: &[&str] =
            &["ok", "a.b-c_d", "two words", "1st", "UPPER", "a/b", "\u{e9}", "-dash", "per%cent", "a:b"];
        let (Identity::Name(field) | Identity::CaselessName(field)) = self.stage.kind.identity else { return None };
        let old = self.stage.sample.first.as_object()?.keys().next()?;
        let long = "n".repeat(300);
        let at = self.chance.below(NAMES.len() as u64 + 1) as usize;
        let new = NAMES.get(at).copied().unwrap_or(&long);
        let (write, request) = self.stage.writes.iter().enumerate().next()?;
        let mut url = request.url.clone();
        let segments: Vec<String> = url
            .split('/')
            .map(|part| match part.split_once('?') {
                Some((segment, query)) if segment == wire::encode(old) => format!("{}?{query}", wire::encode(new)),
                None if part == wire::encode(old) => wire::encode(new),
                _ => part.to_owned(),
            })
            .collect();
        let mut body = body(request)?;
        let in_body = body.get(field).and_then(Value::as_str) == Some(old);
        if in_body {
            body[field] = json!(new);
        }
        let renamed = segments.join("/");
        if !in_body && renamed == url {
            return None;
        }
        url = renamed;
        Some(Bent {
            what: "its name".to_owned(),
            value: new.chars().take(40).collect(),
            declared: declared.clone(),
            name: Some(new.to_owned()),
            write,
            request: Request { url, body: body.to_string().into_bytes(), ..request.clone() },
        })
    }
}

/// The members of an object that stand in both, or in neither.
fn members(
    stage: &Stage<'_>,
    fields: &'static [Field],
    (declared, path): (&Value, &[String]),
    (body, in_body): (&Value, &[String]),
    write: usize,
    spots: &mut Vec<Spot>,
) {
    let (Some(declared), Some(map)) = (declared.as_object(), body.as_object()) else { return };
    for field in fields.iter().filter(|field| field.is_writable() && !(path.is_empty() && stage.is_name(field))) {
        let below = |path: &[String]| [path, &[field.name.to_owned()]].concat();
        let (here, there) = (declared.get(field.name), map.get(field.name));
        // What stands in the query counts before what is in the body.
        let is_asked = path.is_empty() && stage.writes[write].url.contains(&format!("{}=", field.name));
        let alike = !is_asked
            && match (here, there) {
                (Some(here), Some(there)) => here == there,
                (None, None) => !path.is_empty() || stage.is_sent(&stage.writes[write], field),
                _ => false,
            };
        if alike {
            spots.push(Spot { path: below(path), write, in_body: below(in_body), ty: field.ty });
        }
        let (Some(here), Some(there)) = (here, there) else { continue };
        match (field.ty, here, there) {
            (Type::Object(inner) | Type::Open(inner), ..) => {
                members(stage, inner, (here, &below(path)), (there, &below(in_body)), write, spots);
            }
            (Type::Table(inner, _), Value::Array(items), Value::Array(sent)) if items.len() == sent.len() => {
                for (n, (item, sent)) in items.iter().zip(sent).enumerate() {
                    let at = |path: &[String]| [below(path), vec![n.to_string()]].concat();
                    members(stage, inner, (item, &at(path)), (sent, &at(in_body)), write, spots);
                }
            }
            _ => {}
        }
    }
}

fn get<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        Value::Object(map) => map.get(key),
        _ => None,
    })
}

/// Puts a value, or takes it out.
fn set(value: &mut Value, path: &[String], new: Option<Value>) {
    let Some((last, around)) = path.split_last() else { return };
    let place = around.iter().fold(value, |value, key| match value {
        Value::Array(items) => &mut items[key.parse::<usize>().unwrap_or_default()],
        other => &mut other[key.as_str()],
    });
    if let Value::Object(map) = place {
        match new {
            Some(new) => drop(map.insert(last.clone(), new)),
            None => drop(Map::remove(map, last)),
        }
    }
}
