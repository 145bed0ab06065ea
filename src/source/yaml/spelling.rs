//! How scalars are spelt.
//!
//! The parser says either what a scalar means or how it is spelt, and a scalar can be asked once. So a document is read
//! twice: the first reading, the survey, learns which of its values are numbers, or true or false; the second one, which
//! makes the nodes, asks these for their spelling and everything else for its meaning. Both meet the values in the same
//! order, aliases included.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{BOMB, Name};
use crate::source::Node;

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
        while access.next_key::<Name>()?.is_some() {
            access.next_value_seed(&mut *self)?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("a tag"))
    }
}
