//! How scalars are spelt.
//!
//! The parser says either what a scalar means or how it is spelt, and a scalar can be asked once. So a document in which
//! the two may differ is read twice: the first reading, the survey, learns which of its values are numbers, or true or
//! false; the second one, which makes the nodes, asks these for their spelling and everything else for its meaning. Both
//! meet the values in the same order, aliases included. Most documents hold nothing but digits, `true` and `false`, and
//! are read once.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{BOMB, YamlName};
use crate::source::Node;

/// Says whether a text may hold whole numbers, or true or false, that are spelt otherwise than they are printed: `+5`,
/// `0x1F`, `-0`, `True`. Quotes and comments are not known here. Other numbers show when they are read.
pub(super) fn may_differ(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'+' | b'-');
    let is_odd = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        let number = matches!(rest, [b'+', ..] | [b'-', b'0', ..] | [b'0', b'x' | b'o' | b'b', ..]);
        number || matches!(rest, [b'T', b'r' | b'R', ..] | [b'F', b'a' | b'A', ..])
    };
    (0..bytes.len()).any(|at| is_odd(at) && (at == 0 || !bytes.get(at - 1).copied().is_some_and(is_inside)))
}

/// A number, or true or false, that the survey met.
#[derive(Debug)]
pub(super) struct Met {
    /// How many values were met before it.
    pub at: usize,
    /// What YAML makes of it.
    pub meaning: Node,
}

/// The numbers, and true and false, of a document. What can't be read is left to the second reading, which says why.
pub(super) fn survey(document: serde_yaml::Deserializer<'_>, budget: usize) -> Vec<Met> {
    let mut survey = Survey { budget, met: 0, plain: Vec::new() };
    // As far as it came is as far as the second reading comes.
    let _ = survey.deserialize(document);
    survey.plain
}

struct Survey {
    budget: usize,
    /// Values met so far.
    met: usize,
    plain: Vec<Met>,
}

impl Survey {
    fn keep(&mut self, meaning: Node) {
        self.plain.push(Met { at: self.met - 1, meaning });
    }
}

impl<'de> DeserializeSeed<'de> for &mut Survey {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.met >= self.budget {
            return Err(D::Error::custom(BOMB));
        }
        self.met += 1;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Survey {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.keep(Node::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.keep(Node::Number(value.into()));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.keep(Node::Number(value.into()));
        Ok(())
    }

    // JSON numbers end at 64 bits: what is longer is an identifier rather than a quantity, and keeps its digits.
    fn visit_i128<E>(self, value: i128) -> Result<(), E> {
        self.keep(Node::Text(value.to_string()));
        Ok(())
    }

    fn visit_u128<E>(self, value: u128) -> Result<(), E> {
        self.keep(Node::Text(value.to_string()));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.keep(Number::from_f64(value).map_or_else(|| Node::Text(value.to_string()), Node::Number));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while access.next_key::<YamlName>()?.is_some() {
            access.next_value_seed(&mut *self)?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("a tag"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::yaml::parse;

    #[test]
    fn a_text_is_read_twice_where_spelling_and_meaning_differ_and_no_digit_is_lost_in_any_place() {
        for spelt in ["0x1F", "0o17", "0b11", "-0x1F", "-0", "+5", "+0x5", "True", "TRUE", "False", "FALSE"] {
            for around in ["@", "a: @", "- @", "[@]", "[1,@]", "{a: @}", "{\"a\":@}", "a: &x @", "a:\n  - @ # c"] {
                let text = around.replace('@', spelt);
                assert!(may_differ(&text), "{text}");
            }
        }
        for plain in ["a: 5\nb: -7\nc: true\n", "10.0.0.1/24", "e0b3-0c", "a: x0x1", "sha: ab0b12", "b: 1e3", "v: 1.10"]
        {
            assert!(!may_differ(plain), "{plain}");
        }
    }

    #[test]
    fn spellings_are_found_again_behind_aliases_merges_and_documents() {
        let text = "a: &a { n: 0x1F, t: x }\nb: { <<: *a, m: 1.10 }\nc: [*a, 2, 1e3, +7]\n---\nd: True\n";
        let documents = parse(text).unwrap();
        let at = |document: usize, path: &str| {
            documents[document].root.at(&path.split('.').map(str::to_owned).collect::<Vec<_>>()).unwrap().spelling()
        };
        for (document, path, spelt) in [
            (0, "a.n", "0x1F"),
            (0, "b.n", "0x1F"),
            (0, "b.m", "1.10"),
            (0, "c.0.n", "0x1F"),
            (0, "c.1", "2"),
            (0, "c.2", "1e3"),
            (0, "c.3", "+7"),
            (1, "d", "True"),
        ] {
            assert_eq!(at(document, path).as_deref(), Some(spelt), "{path}");
        }
    }
}
