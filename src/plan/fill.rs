//! Placeholders: the words in braces of a kind's calls, filled with what is known of the object.

use crate::address::Address;
use crate::attr::{Attr, Encoding, Output, Part, Template};
use crate::spec::{Identity, Kind};
use crate::topology::Target;

/// What fills the placeholders of one object's calls.
pub(crate) struct Filler<'f> {
    /// The object's address.
    pub address: &'f Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its target.
    pub target: &'f Target,
    /// The provider's id, where it is known already.
    pub id: Option<Attr>,
    /// The id of the object around it, by address, where it is known already.
    pub known_id: &'f dyn Fn(&Address) -> Option<Attr>,
    /// A field's value as it goes to the wire.
    pub field: &'f dyn Fn(&str) -> Option<Attr>,
}

impl Filler<'_> {
    /// A path with query: what fills it is percent-encoded. A query pair whose value is nothing is left out.
    pub(crate) fn path(&self, text: &str) -> Attr {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let mut parts = self.parts(path, Encoding::Segment);
        let mut joint = '?';
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if self.is_nothing(pair) {
                continue;
            }
            parts.push(Part::Text(joint.to_string()));
            parts.extend(self.parts(pair, Encoding::Segment));
            joint = '&';
        }
        Template::of(joined(parts))
    }

    /// A JSON body: a string that is one placeholder becomes the value, with its type.
    pub(crate) fn json(&self, text: &str) -> Attr {
        serde_json::from_str(text).map_or(Attr::Null, |value| self.value(&Attr::from_json(&value)))
    }

    /// One value: text with placeholders.
    pub(crate) fn value(&self, attr: &Attr) -> Attr {
        match attr {
            Attr::Text(text) => match whole(text) {
                Some(word) => self.word(word),
                None => Template::of(joined(self.parts(text, Encoding::Plain))),
            },
            Attr::List(items) => Attr::List(items.iter().map(|item| self.value(item)).collect()),
            Attr::Map(map) => Attr::Map(map.iter().map(|(key, value)| (key.clone(), self.value(value))).collect()),
            other => other.clone(),
        }
    }

    /// A query pair whose only placeholder has no value. The job gets its value later.
    fn is_nothing(&self, pair: &str) -> bool {
        let word = pair.split_once('=').and_then(|(_, value)| whole(value));
        word.is_some_and(|word| word != "job" && self.word(word).is_null())
    }

    fn parts(&self, text: &str, encoding: Encoding) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((word, behind)) = after.split_once('}') else { break };
            parts.push(Part::Text(before.to_owned()));
            if word == "job" {
                // Filled by the executor from the reply that names the job.
                parts.push(Part::Text("{job}".to_owned()));
            } else {
                parts.extend(part(self.word(word), encoding));
            }
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts
    }

    fn word(&self, word: &str) -> Attr {
        match word {
            "id" => self.id.clone().unwrap_or_else(|| Attr::output(self.address.clone(), "id")),
            "name" => self.name(self.address, self.kind),
            _ => match word.split_once('.') {
                Some(("target", setting)) => self.target.settings.get(setting).cloned().unwrap_or(Attr::Null),
                Some(("parent", rest)) => self.parent(rest),
                _ => (self.field)(word).unwrap_or(Attr::Null),
            },
        }
    }

    /// The name that the object carries itself, not the label that a workspace gives it.
    fn name(&self, address: &Address, kind: &Kind) -> Attr {
        match kind.identity {
            Identity::Name(field) | Identity::CaselessName(field) => (self.field)(field).unwrap_or(Attr::Null),
            _ => address.name().map_or(Attr::Null, Attr::text),
        }
    }

    fn parent(&self, rest: &str) -> Attr {
        let mut address = self.address.parent();
        let mut rest = rest;
        while let Some(above) = rest.strip_prefix("parent.") {
            address = address.and_then(|address| address.parent());
            rest = above;
        }
        let Some(address) = address else { return Attr::Null };
        match rest {
            "id" => (self.known_id)(&address).unwrap_or_else(|| Attr::output(address, "id")),
            "name" => address.name().map_or(Attr::Null, Attr::text),
            field => Attr::output(address, field),
        }
    }
}

/// The word of a text that is one placeholder and nothing else.
fn whole(text: &str) -> Option<&str> {
    let word = text.strip_prefix('{')?.strip_suffix('}')?;
    (!word.is_empty() && !word.contains(['{', '}', '"', ' '])).then_some(word)
}

fn part(attr: Attr, encoding: Encoding) -> Vec<Part> {
    match attr {
        Attr::Later(template) => template
            .parts
            .into_iter()
            .map(|part| match part {
                Part::Output(output) => Part::Output(Output { encoding, ..output }),
                Part::Text(text) => Part::Text(encoded(&text, encoding)),
                secret @ Part::Secret(_) => secret,
            })
            .collect(),
        Attr::Secret(secret) => vec![Part::Secret(secret)],
        other => other.to_text().map(|text| Part::Text(encoded(&text, encoding))).into_iter().collect(),
    }
}

fn encoded(text: &str, encoding: Encoding) -> String {
    match encoding {
        Encoding::Plain | Encoding::Text => text.to_owned(),
        Encoding::Segment => wire::encode(text),
    }
}

/// Neighbouring texts become one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, Part::Text(text)) if text.is_empty() => {}
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// A text with placeholders, filled from words that are all known: what a list's path needs.
pub fn fill_text(text: &str, word: &dyn Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(&wire::encode(&word(name).unwrap_or_default()));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}
