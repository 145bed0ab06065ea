//! Decoding: from [`Node`]s to types that serde knows, with the path of everything that does not fit.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, VariantAccess, Visitor};

use crate::finding::PathKey;
use crate::source::Node;
use crate::suggest::hint;

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecodeError {
    /// The keys down to it.
    pub path: Vec<PathKey>,
    /// A stable code.
    pub code: &'static str,
    /// The problem, as a phrase.
    pub message: String,
    /// The remedy.
    pub help: Option<String>,
}

/// The value that a node means, and everything in the node that does not fit; what does not fit is left out.
///
/// The value is missing only where leaving out does not help, such as a required key.
pub(crate) fn decode<T: for<'n> Deserialize<'n>>(mut node: Node) -> (Option<T>, Vec<DecodeError>) {
    let mut misfits = Vec::new();
    loop {
        match T::deserialize(Decoder(&node)) {
            Ok(value) => return (Some(value), misfits),
            Err(mut misfit) => {
                misfit.path.reverse();
                let removed = remove(&mut node, &misfit.path);
                // What lacks something that was just left out is not told again.
                let recomputed_from = misfits.iter().any(|other: &DecodeError| other.path.starts_with(&misfit.path));
                if !recomputed_from {
                    misfits.push(misfit);
                }
                if !removed {
                    return (None, misfits);
                }
            }
        }
    }
}

/// Takes the value at a path away, so that what stands beside it can be looked at. The root stays.
fn remove(node: &mut Node, path: &[PathKey]) -> bool {
    let Some((key, rest)) = path.split_first() else { return false };
    match (node, key) {
        (Node::Map(entries), PathKey::Name(name)) => match entries.iter().position(|(own, _)| own == name) {
            Some(at) if rest.is_empty() => {
                entries.remove(at);
                true
            }
            Some(at) => entries.get_mut(at).is_some_and(|(_, value)| remove(value, rest)),
            None => false,
        },
        (Node::List(items), PathKey::Index(at)) if *at < items.len() => {
            if rest.is_empty() {
                items.remove(*at);
                return true;
            }
            items.get_mut(*at).is_some_and(|value| remove(value, rest))
        }
        _ => false,
    }
}

impl DecodeError {
    fn new(code: &'static str, message: String) -> DecodeError {
        DecodeError { path: Vec::new(), code, message, help: None }
    }

    /// Paths are built from the inside out.
    fn below(mut self, key: PathKey) -> DecodeError {
        self.path.push(key);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<M: fmt::Display>(message: M) -> DecodeError {
        DecodeError::new("wrong-value", message.to_string())
    }

    fn invalid_type(found: Unexpected, expected: &dyn de::Expected) -> DecodeError {
        let found = match found {
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            Unexpected::Str(text) => format!("`{text}`"),
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(value) => format!("`{value}`"),
            Unexpected::Signed(value) => format!("`{value}`"),
            Unexpected::Float(value) => format!("`{value}`"),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a map".to_owned(),
            other => other.to_string(),
        };
        let expected = match expected.to_string().as_str() {
            "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number from 0".to_owned(),
            "i64" | "i32" => "a whole number".to_owned(),
            "a string" => "text".to_owned(),
            other => other.to_owned(),
        };
        DecodeError::new("wrong-value", format!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: Unexpected, expected: &dyn de::Expected) -> DecodeError {
        DecodeError::invalid_type(found, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> DecodeError {
        let mut misfit = DecodeError::new("unknown-field", format!("unknown key `{field}`"));
        misfit.help = Some(hint(field, expected.iter().copied()));
        misfit.below(PathKey::Name(field.into()))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> DecodeError {
        let mut misfit = DecodeError::new("wrong-value", format!("`{variant}` is none of `{}`", expected.join("`, `")));
        misfit.help = Some(hint(variant, expected.iter().copied()));
        misfit
    }

    fn missing_field(field: &'static str) -> DecodeError {
        DecodeError::new("missing-field", format!("`{field}` is missing"))
    }
}

#[derive(Clone, Copy)]
struct Decoder<'de>(&'de Node);

impl<'de> Deserializer<'de> for Decoder<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (.., value) => visitor.visit_f64(value.unwrap_or_default()),
            },
            Node::Spelt(spelt) => Decoder(&spelt.meaning).deserialize_any(visitor),
            Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::List(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            Node::Map(entries) => visitor.visit_map(MapDecoder { entries: entries.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if *self.0 == Node::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0 {
            Node::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Node::Map(entries) => match entries.as_slice() {
                [(key, value)] => visitor.visit_enum(Variant { key, value }),
                _ => Err(DecodeError::new("wrong-value", format!("expected just one of `{}`", variants.join("`, `")))),
            },
            other => {
                let message = format!("expected one of `{}`, found {}", variants.join("`, `"), other.describe());
                Err(DecodeError::new("wrong-value", message))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Decoder(item)).map(Some).map_err(|misfit| misfit.below(PathKey::Index(index)))
    }
}

struct MapDecoder<'de> {
    entries: std::slice::Iter<'de, (Arc<str>, Node)>,
    value: Option<(&'de Arc<str>, &'de Node)>,
}

impl<'de> de::MapAccess<'de> for MapDecoder<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, value));
        let key: de::value::BorrowedStrDeserializer<DecodeError> = de::value::BorrowedStrDeserializer::new(key);
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let (key, value) = self.value.take().ok_or_else(|| de::Error::custom("a value without a key"))?;
        seed.deserialize(Decoder(value)).map_err(|misfit| misfit.below(PathKey::Name(key.clone())))
    }
}

struct Variant<'de> {
    key: &'de Arc<str>,
    value: &'de Node,
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = DecodeError;
    type Variant = Variant<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Variant<'de>), DecodeError> {
        let key: de::value::StrDeserializer<DecodeError> = (&**self.key).into_deserializer();
        Ok((seed.deserialize(key)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Err(DecodeError::new("wrong-value", format!("`{}` takes no value", self.key)))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        seed.deserialize(Decoder(self.value)).map_err(|misfit| misfit.below(PathKey::Name(self.key.clone())))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        Decoder(self.value).deserialize_any(visitor).map_err(|misfit| misfit.below(PathKey::Name(self.key.clone())))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, DecodeError> {
        Decoder(self.value).deserialize_any(visitor).map_err(|misfit| misfit.below(PathKey::Name(self.key.clone())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::source::parse_value;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default)]
        max_size: Option<usize>,
        #[serde(default)]
        from: BTreeMap<String, From>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum From {
        Env(String),
        Command(Vec<String>),
    }

    #[test]
    fn all_misfits_are_told_and_the_rest_is_read() {
        let text =
            "{name: a, max-siez: 3, max-size: x, from: {p: {env: A}, q: {envi: B}, r: {command: [a, {}]}, s: 5}}";
        let (value, misfits) = decode::<Sample>(parse_value(text));
        let mut told: Vec<String> = misfits
            .iter()
            .map(|misfit| {
                let keys: Vec<String> = misfit
                    .path
                    .iter()
                    .map(|key| match key {
                        PathKey::Name(name) => name.to_string(),
                        PathKey::Index(index) => index.to_string(),
                    })
                    .collect();
                format!("{}: {}; {}", keys.join("."), misfit.message, misfit.help.as_deref().unwrap_or("-"))
            })
            .collect();
        told.sort();
        assert_eq!(
            told,
            [
                "from.q: `envi` is none of `env`, `command`; did you mean `env`?",
                "from.r.command.1: expected text, found a map; -",
                "from.s: expected one of `env`, `command`, found a number; -",
                "max-siez: unknown key `max-siez`; did you mean `max-size`?",
                "max-size: expected a whole number from 0, found `x`; -",
            ]
        );
        let value = value.unwrap();
        assert_eq!(value.from.keys().collect::<Vec<_>>(), ["p", "r"]);
        assert_eq!(decode::<Sample>(parse_value("{max-size: 3}")).0, None);
    }
}
