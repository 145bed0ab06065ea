//! Types: the values that a field takes, and when two of them are the same.

use std::collections::BTreeMap;

use crate::attr::Attr;
use crate::spec::walk::Shape;
use crate::spec::{Condition, Field, Grammar, Names, ValueFormat};

/// The values that a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// True or false; the words are understood too.
    Bool,
    /// A whole number; digits in a string are understood too.
    Int,
    /// Text. Empty, null and missing are the same.
    Text,
    /// What the grammar says, most often text, that names other objects of the target in its own way.
    Phrase(&'static Grammar),
    /// One of these words, in any case: `ACCEPT` is `accept`.
    Enum(&'static [&'static str]),
    /// One of these words, in any case, or one that the vendor's text does not know: it is passed through, with a warning.
    OpenEnum(&'static [&'static str]),
    /// A text or number with a format of its own, such as an address: see [`Type::IP`] and [`Type::CIDR`].
    Format(&'static ValueFormat),
    /// A list or set of text that the API takes as one string, with this between its items, and gives back as a string or as
    /// a list.
    Joined(&'static Type, &'static str),
    /// An ordered list.
    List(&'static Type),
    /// A list whose order means nothing, without duplicates.
    Set(&'static Type),
    /// A list of objects told apart by one of their fields; its order means nothing.
    Table(&'static [Field], &'static str),
    /// An object of known fields. Keys that are not declared are not compared.
    Object(&'static [Field]),
    /// An object of known fields that takes others too. They are checked only where a reference beside it leads to an object
    /// that has a JSON schema.
    Open(&'static [Field]),
    /// An object of free keys. Keys that are not declared are not compared.
    Map(&'static Type),
    /// A label: one key, which is one of these names and which the API keeps in lower case, with its text, in that format.
    Label(&'static Names, &'static ValueFormat),
    /// Any JSON.
    Any,
    /// Any JSON as one whole: a key that is not declared is a difference. Where the condition does not hold, text. Where it
    /// is a JSON schema that is declared, a secret's text is read as JSON unless the schema takes text, and the value is held
    /// to it. What is no secret and holds for all is such a schema.
    Json(Condition),
    /// Another resource of the same target, by name; the API is given its id.
    Ref(&'static str),
    /// A `#tag` or a `@name`, the name being a resource of one of these kinds; of no kind, a `#tag` alone.
    Role(&'static [&'static str]),
    /// A file or a pinned URL, whose content is sent; a folder too, where it says as what.
    File(Folders),
}

/// The tag that stands for all, where tags select: whoever is selected carries it, and nobody is given it.
pub(crate) const EVERYBODY: &str = "#all";

/// The treatment of a folder that a field of type file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Folders {
    /// It is refused.
    Refused,
    /// It is sent as an archive.
    Packed {
        /// The ending that tells which: `tar.gz` has the folder itself at the top, `zip` what is in it.
        ending: &'static str,
        /// The endings of files that have to be at its top.
        holds: &'static [&'static str],
    },
}

impl Folders {
    /// As a tar.gz.
    pub const TAR_GZ: Folders = Folders::Packed { ending: "tar.gz", holds: &[] };
}

/// How a list is packed into one string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packing {
    /// The text between the items; of lines, their end.
    pub joint: &'static str,
    /// Says whether their order means nothing.
    pub is_set: bool,
}

impl Packing {
    /// Lines in order.
    pub(crate) const LINES: Packing = Packing { joint: "\n", is_set: false };

    /// The items of a packed string.
    pub(crate) fn split(self, text: &str) -> Vec<String> {
        let blank = |letter: char| letter.is_whitespace() || self.joint.trim().contains(letter);
        let words: Vec<&str> = match self.joint {
            "\n" => text.lines().map(str::trim).collect(),
            _ => text.split(blank).collect(),
        };
        words.into_iter().filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

impl Type {
    /// Lines in order, joined to one string.
    pub const LINES: Type = Type::words("\n");

    /// Words in order, joined to one string.
    pub const fn words(joint: &'static str) -> Type {
        Type::Joined(&Type::List(&Type::Text), joint)
    }

    /// How its values are packed; `None` where they are not.
    pub(crate) fn packing(&self) -> Option<Packing> {
        match self.plain() {
            Type::Joined(items, joint) => Some(Packing { joint, is_set: matches!(items, Type::Set(_)) }),
            _ => None,
        }
    }

    /// The same without the grammar of its names.
    pub fn plain(&self) -> &Type {
        match self {
            Type::Phrase(grammar) => grammar.form.plain(),
            other => other,
        }
    }

    /// A few words for `explain` and messages.
    pub fn describe(&self) -> String {
        match self {
            Type::Bool => "true or false".into(),
            Type::Int => "whole number".into(),
            Type::Text => "text".into(),
            Type::Phrase(grammar) => grammar.form.describe(),
            Type::Enum(words) => format!("one of {}", words.join(", ")),
            Type::OpenEnum(words) => format!("one of {}, or a word that a later server knows", words.join(", ")),
            Type::Format(format) => format.words.into(),
            Type::Joined(_, "\n") => "list of lines, or text".into(),
            Type::Joined(..) => "list of words, or text".into(),
            Type::List(item) => format!("list of {}", item.describe()),
            Type::Set(Type::Role([])) => "set of `#tag`".into(),
            Type::Set(Type::Role(kinds)) => format!("set of `#tag` or `@name`, names of `{}`", kinds.join("` or `")),
            Type::Set(item) => format!("set of {}", item.describe()),
            Type::Table(_, key) => format!("list of objects told apart by `{key}`"),
            Type::Object(_) => "object".into(),
            Type::Open(_) => "object, further keys allowed".into(),
            Type::Map(item) => format!("map of {}", item.describe()),
            Type::Label(..) => "label, as in `team: net`".into(),
            Type::Any | Type::Json(_) => "any value".into(),
            Type::Ref(kind) => format!("name of one of `{kind}`"),
            Type::Role([]) => "`#tag`".into(),
            Type::Role(kinds) => format!("`#tag` or `@name`, name of one of `{}`", kinds.join("` or `")),
            Type::File(Folders::Refused) => "path of a local file, or a URL with `#sha256=` and its digest".into(),
            Type::File(_) => "path of a local file or folder, or a URL with `#sha256=` and its digest".into(),
        }
    }

    /// The fields of an object type.
    pub fn fields(&self) -> Option<&'static [Field]> {
        match self.shape() {
            Shape::Members(fields) => Some(fields),
            Shape::Items(item) | Shape::Entries(item) => item.fields(),
            Shape::Piece => None,
        }
    }

    /// The value of this type that stands for none; `None` where each means something.
    pub(crate) fn empty(&self) -> Option<Attr> {
        match self {
            Type::Phrase(grammar) => grammar.form.empty(),
            Type::Text | Type::Enum(_) | Type::OpenEnum(_) | Type::Ref(_) | Type::Joined(..) => Some(Attr::text("")),
            Type::Format(format) => format.is_text().then(|| Attr::text("")),
            Type::List(_) | Type::Set(_) | Type::Table(..) => Some(Attr::List(Vec::new())),
            Type::Map(_) => Some(Attr::Map(BTreeMap::new())),
            Type::Bool
            | Type::Int
            | Type::Object(_)
            | Type::Open(_)
            | Type::Label(..)
            | Type::Any
            | Type::Json(_)
            | Type::Role(_)
            | Type::File(_) => None,
        }
    }

    /// Says whether a word is one of those that the vendor's text has; where it lists none, each is.
    pub(crate) fn knows(&self, word: &str) -> bool {
        match self.plain() {
            Type::OpenEnum(words) => words.iter().any(|known| known.eq_ignore_ascii_case(word)),
            _ => true,
        }
    }

    /// Says whether a value in one piece is text: digits in it are an identifier or a version, no quantity.
    pub(crate) fn is_text(&self) -> bool {
        match self {
            Type::Phrase(grammar) => grammar.form.is_text(),
            Type::Format(format) => format.is_text(),
            Type::Text
            | Type::Enum(_)
            | Type::OpenEnum(_)
            | Type::Joined(..)
            | Type::Ref(_)
            | Type::Role(_)
            | Type::File(_) => true,
            Type::Bool
            | Type::Int
            | Type::List(_)
            | Type::Set(_)
            | Type::Table(..)
            | Type::Object(_)
            | Type::Open(_)
            | Type::Map(_)
            | Type::Label(..)
            | Type::Any
            | Type::Json(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_strings_split_at_blanks_and_joints() {
        assert_eq!(Type::words(" ").packing().unwrap().split(" a=1\n b=2 "), ["a=1", "b=2"]);
        assert_eq!(Type::Joined(&Type::Set(&Type::Text), ",").packing().unwrap().split("a, b,,c"), ["a", "b", "c"]);
        assert_eq!(
            Packing::LINES.split("in permit 10.0.0.0/8\r\n\nout permit any"),
            ["in permit 10.0.0.0/8", "out permit any"]
        );
    }
}
