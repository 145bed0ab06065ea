//! Values as a plan file holds them: JSON, with marks where a secret or a later value stands.
//!
//! | the value | as it stands in the file |
//! |---|---|
//! | `10.0.0.0/8` | `"10.0.0.0/8"` |
//! | the secret of an endpoint | `{ "$secret": "secret.psk", "print": "1f0c…" }`: where it comes from, and its keyed fingerprint |
//! | `/routes/${east/routes/office.id}` | `{ "$later": ["/routes/", { "output": "east/routes/office", "field": "id" }] }` |
//!
//! No secret is in it. Whoever carries the plan out has the secrets, and knows by the fingerprint which one is meant, and
//! whether it still is the one that was planned with.

use std::collections::{BTreeMap, HashMap};
use std::slice::from_ref;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::address::Address;
use crate::attr::{Attr, Encoding, Output, Template, TemplatePart};
use crate::redact::Redactor;
use crate::secret::{FingerprintKey, Secret};
use crate::spec::{Identity, read};
use crate::state::live::Collection;

/// The key of a secret's mark.
const SECRET: &str = "$secret";

/// The key of a later value's mark.
const LATER: &str = "$later";

/// The key of the mark of a map that has one of these keys itself.
const MAP: &str = "$map";

/// A secret's mark.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretMark {
    #[serde(rename = "$secret")]
    label: String,
    print: String,
    /// Says whether it is no text: a number, true or false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    json: bool,
}

/// The mark of one output within a later value.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputMark {
    /// The resource.
    output: Address,
    /// The field, or a path into it.
    field: String,
    #[serde(default, skip_serializing_if = "Encoding::is_plain")]
    encoding: Encoding,
}

/// The secrets that somebody has, by their fingerprints.
#[derive(Default)]
pub(crate) struct SecretsByPrint {
    key: FingerprintKey,
    by_print: HashMap<String, Secret>,
}

impl SecretsByPrint {
    /// None yet.
    pub(crate) fn new(key: FingerprintKey) -> SecretsByPrint {
        SecretsByPrint { key, by_print: HashMap::new() }
    }

    /// Adds one.
    pub(crate) fn learn_secret(&mut self, secret: &Secret) {
        self.by_print.entry(self.key.fingerprint(secret)).or_insert_with(|| secret.clone());
    }

    /// Adds those of a value.
    pub(crate) fn learn(&mut self, attr: &Attr) {
        attr.for_each_secret(&mut |secret| self.learn_secret(secret));
    }

    /// Adds what controllers show in fields of secrets, and what of the rest the run knows as one.
    pub(crate) fn learn_live(&mut self, collections: &[Collection], known: &Redactor) {
        for collection in collections {
            let (kind, is_list) = (collection.kind, matches!(collection.kind.identity, Identity::Sequence { .. }));
            for live in collection.objects() {
                let items: &[Value] =
                    if is_list { live.raw.as_array().map_or(&[], Vec::as_slice) } else { from_ref(&live.raw) };
                for field in kind.fields {
                    items.iter().for_each(|item| self.learn(&known.conceal(field.name, read(field, item))));
                    if field.holds_secrets() {
                        items.iter().for_each(|item| self.learn_texts(&read(field, item)));
                    }
                }
                self.learn_live(&live.children, known);
            }
        }
    }

    /// Adds each text of a value.
    fn learn_texts(&mut self, attr: &Attr) {
        match attr {
            Attr::List(items) => items.iter().for_each(|item| self.learn_texts(item)),
            Attr::Map(map) => map.values().for_each(|value| self.learn_texts(value)),
            Attr::Secret(_) | Attr::Later(_) => self.learn(attr),
            Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) => {
                if let Some(text) = attr.to_text() {
                    self.learn(&Attr::Secret(Secret::new("live", text)));
                }
            }
        }
    }

    fn find(&self, mark: SecretMark) -> Result<Secret, String> {
        let SecretMark { label, print, json } = mark;
        let secret = self.by_print.get(&print).cloned();
        let secret = secret.ok_or_else(|| format!("the secret `{label}` is not the one that it was made with"))?;
        Ok(secret.in_form(!json).labelled(label))
    }
}

/// A value as the file holds it.
pub(crate) fn seal(attr: &Attr, key: &FingerprintKey) -> Value {
    match attr {
        Attr::Secret(secret) => secret_mark(secret, key),
        Attr::List(items) => items.iter().map(|item| seal(item, key)).collect(),
        Attr::Map(map) => {
            let sealed: Map<String, Value> = map.iter().map(|(name, value)| (name.clone(), seal(value, key))).collect();
            let is_mark = [SECRET, LATER, MAP].iter().any(|mark| map.contains_key(*mark));
            if is_mark { json!({ MAP: sealed }) } else { Value::Object(sealed) }
        }
        Attr::Later(template) => {
            let part = |part: &TemplatePart| match part {
                TemplatePart::Text(text) => json!(text),
                TemplatePart::Secret(secret) => secret_mark(secret, key),
                TemplatePart::Output(Output { address, field, encoding }) => {
                    json!(OutputMark { output: address.clone(), field: field.clone(), encoding: encoding.clone() })
                }
            };
            json!({ LATER: template.parts.iter().map(part).collect::<Vec<_>>() })
        }
        Attr::Null | Attr::Bool(_) | Attr::Number(_) | Attr::Text(_) => attr.to_shown(),
    }
}

fn secret_mark(secret: &Secret, key: &FingerprintKey) -> Value {
    let (label, print) = (secret.label().to_owned(), key.fingerprint(secret));
    json!(SecretMark { label, print, json: !secret.is_text() })
}

/// The value that a file holds, its secrets filled in.
///
/// # Errors
/// A secret that nobody here has, or a mark that can't be read.
pub(crate) fn open(value: &Value, secrets: &SecretsByPrint) -> Result<Attr, String> {
    match value {
        Value::Array(items) => Ok(Attr::List(items.iter().map(|item| open(item, secrets)).collect::<Result<_, _>>()?)),
        Value::Object(map) if map.contains_key(SECRET) => Ok(Attr::Secret(secrets.find(mark(value)?)?)),
        Value::Object(map) => match (map.get(LATER), map.get(MAP)) {
            (Some(Value::Array(parts)), _) => {
                let parts = parts.iter().map(|part| open_part(part, secrets)).collect::<Result<_, _>>()?;
                Ok(Attr::Later(Template { parts }))
            }
            (_, Some(Value::Object(map))) => open_map(map, secrets),
            _ => open_map(map, secrets),
        },
        plain => Ok(Attr::from_json(plain)),
    }
}

fn open_map(map: &Map<String, Value>, secrets: &SecretsByPrint) -> Result<Attr, String> {
    let pairs = map.iter().map(|(name, value)| Ok((name.clone(), open(value, secrets)?)));
    Ok(Attr::Map(pairs.collect::<Result<BTreeMap<_, _>, String>>()?))
}

fn open_part(part: &Value, secrets: &SecretsByPrint) -> Result<TemplatePart, String> {
    match part {
        Value::String(text) => Ok(TemplatePart::Text(text.clone())),
        Value::Object(map) if map.contains_key(SECRET) => Ok(TemplatePart::Secret(secrets.find(mark(part)?)?)),
        other => {
            let OutputMark { output, field, encoding } = mark(other)?;
            Ok(TemplatePart::Output(Output { address: output, field, encoding }))
        }
    }
}

fn mark<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("a mark in it can't be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value() -> Attr {
        let output =
            |encoding| Output { address: Address::new("east", "routes", Some("a/b")), field: "id".into(), encoding };
        let later = |parts| Attr::Later(Template { parts });
        Attr::Map(BTreeMap::from([
            ("plain".into(), Attr::from_json(&json!([null, true, 7, 1.5, "text", { "deep": [] }]))),
            ("secret".into(), Attr::Secret(Secret::new("secret.psk", "canary-psk"))),
            ("number".into(), Attr::Secret(Secret::json("secret.pin", "424242"))),
            ("$secret".into(), Attr::text("a key that looks like a mark")),
            ("$later".into(), Attr::List(Vec::new())),
            ("whole".into(), later(vec![TemplatePart::Output(output(Encoding::Plain))])),
            (
                "mixed".into(),
                later(vec![
                    TemplatePart::Text("${x}".into()),
                    TemplatePart::Secret(Secret::new("token=${secret.t}", "canary-token")),
                    TemplatePart::Output(output(Encoding::Segment)),
                    TemplatePart::Output(output(Encoding::Joined(", ".into()))),
                ]),
            ),
        ]))
    }

    #[test]
    fn it_comes_back_as_it_was_and_holds_no_secret() {
        let key = FingerprintKey::from("k");
        let sealed = seal(&value(), &key);
        assert!(!sealed.to_string().contains("canary") && !sealed.to_string().contains("424242"), "{sealed}");
        let mut secrets = SecretsByPrint::new(key.clone());
        secrets.learn(&value());
        let opened = open(&sealed, &secrets).unwrap();
        assert_eq!(opened, value());
        let labels = |attr: &Attr| {
            let mut labels = Vec::new();
            attr.for_each_secret(&mut |secret| labels.push((secret.label().to_owned(), secret.is_text())));
            labels
        };
        assert_eq!(labels(&opened), labels(&value()));
    }

    #[test]
    fn another_secret_than_the_one_that_was_planned_with_is_told_by_its_name() {
        let key = FingerprintKey::from("k");
        let sealed = seal(&Attr::Secret(Secret::new("secret.psk", "old")), &key);
        let mut secrets = SecretsByPrint::new(key);
        secrets.learn(&Attr::Secret(Secret::new("secret.psk", "new")));
        let error = open(&sealed, &secrets).unwrap_err();
        assert_eq!(error, "the secret `secret.psk` is not the one that it was made with");
        secrets.learn_texts(&Attr::text("old"));
        assert_eq!(open(&sealed, &secrets), Ok(Attr::Secret(Secret::new("secret.psk", "old"))));
    }

    #[test]
    fn what_is_no_mark_is_refused() {
        for broken in [
            json!({ "$secret": 7, "print": "x" }),
            json!({ "$secret": "x", "print": "x", "more": 1 }),
            json!({ "$later": [{ "output": "no address" , "field": "id" }] }),
            json!({ "$later": [7] }),
        ] {
            assert!(open(&broken, &SecretsByPrint::default()).is_err(), "{broken}");
        }
    }
}
