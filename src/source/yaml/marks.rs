//! Where paths lead in a text.
//!
//! The parser tells positions in errors only. So the text is read again by a visitor that walks to the paths and fails
//! there: the error says where. A key or a scalar that failed has been consumed, so the walk goes on behind it and one
//! reading answers for all paths of a file. The error's type is hidden from a visitor; its text is not, and a mark in the
//! text keeps it apart from whatever keys the path to it holds.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde::de::{VariantAccess, Visitor};

use super::MERGE;
use super::lines::Lines;
use crate::finding::PathKey;

/// The mark of our own errors among the parser's: no YAML text can hold it.
const HERE: &str = "\u{0}here";

/// Where one path leads, as byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// The key as it is given first.
    pub key: Option<usize>,
    /// The key as it is given again.
    pub again: Option<usize>,
    /// The value, or the first scalar within.
    pub value: Option<usize>,
    /// Key and value where a merge key brings them in.
    merged: (Option<usize>, Option<usize>),
}

/// Paths to look for in one document, as a tree.
#[derive(Debug, Default)]
struct Wanted {
    below: HashMap<PathKey, Wanted>,
    /// The place of its mark.
    slot: usize,
}

/// The trees of a text's documents, by number, and how many marks they have.
#[derive(Default)]
struct Forest {
    roots: BTreeMap<usize, Wanted>,
    slots: usize,
}

struct Finder<'t> {
    lines: Lines<'t>,
    marks: RefCell<Vec<Mark>>,
}

/// Where paths lead in a text. One that leads nowhere has an empty mark. Several readings are not needed for several
/// paths. An index in front of a path is the document's number, since a document's root is a map.
pub(crate) fn marks(text: &str, paths: &[&[PathKey]]) -> Vec<Mark> {
    let (forest, marks) = read(text, paths);
    let own = |path: &&[PathKey]| forest.chain(path).last().and_then(|slot| marks.get(slot)).copied();
    paths.iter().map(|path| own(path).unwrap_or_default()).collect()
}

/// Where paths lead in a text, and whether that is all of a path or, where it leads nowhere, the nearest place above it.
pub(crate) fn nearest(text: &str, paths: &[&[PathKey]]) -> Vec<(Mark, bool)> {
    let (forest, marks) = read(text, paths);
    let found = |path: &&[PathKey]| {
        let (documents, slots) = (document(path).2, forest.chain(path).collect::<Vec<_>>());
        // The root stands for the number in front of a path; without one it is no part of it.
        let slots = slots.get(documents..).unwrap_or_default().iter().enumerate().rev();
        let mut marks = slots.filter_map(|(n, &slot)| Some((n, marks.get(slot).copied().filter(Mark::is_found)?)));
        marks.next().map(|(n, mark)| (mark, n + 1 == path.len()))
    };
    paths.iter().map(|path| found(path).unwrap_or_default()).collect()
}

/// The number of the document that a path leads into, the path below its root, and how much of the tree's way to it is
/// none of the path's own: the root, where no number names it.
fn document(path: &[PathKey]) -> (usize, &[PathKey], usize) {
    match path.split_first() {
        Some((PathKey::Index(number), rest)) => (*number, rest, 0),
        _ => (0, path, 1),
    }
}

impl Forest {
    fn of(paths: &[&[PathKey]]) -> Forest {
        let mut forest = Forest::default();
        for path in paths {
            let (number, path, _) = document(path);
            let slots = &mut forest.slots;
            let mut new = || {
                *slots += 1;
                Wanted { below: HashMap::new(), slot: *slots - 1 }
            };
            let root = forest.roots.entry(number).or_insert_with(&mut new);
            path.iter().fold(root, |node, key| node.below.entry(key.clone()).or_insert_with(&mut new));
        }
        forest
    }

    /// The places of the marks from a document's root down to where a path leads.
    fn chain(&self, path: &[PathKey]) -> impl Iterator<Item = usize> {
        let (number, path, _) = document(path);
        let mut keys = path.iter();
        let root = self.roots.get(&number);
        std::iter::successors(root, move |node| node.below.get(keys.next()?)).map(|node| node.slot)
    }
}

fn read(text: &str, paths: &[&[PathKey]]) -> (Forest, Vec<Mark>) {
    let forest = Forest::of(paths);
    let finder = Finder { lines: Lines::of(text), marks: RefCell::new(vec![Mark::default(); forest.slots]) };
    for (number, document) in serde_yaml::Deserializer::from_str(text).enumerate() {
        let read = match forest.roots.get(&number) {
            Some(wanted) => Walk { wanted, finder: &finder, through: Through::Keys }.deserialize(document).map(|_| ()),
            None => IgnoredAny::deserialize(document).map(|_| ()),
        };
        // What was found before the text broke is as good as the rest.
        if read.is_err() {
            break;
        }
    }
    let merged_counts = |mark: Mark| match mark.key {
        Some(_) => mark,
        None => Mark { key: mark.merged.0, value: mark.value.or(mark.merged.1), ..mark },
    };
    (forest, finder.marks.into_inner().into_iter().map(merged_counts).collect())
}

impl Mark {
    fn is_found(&self) -> bool {
        self.key.or(self.value).is_some()
    }
}

impl Finder<'_> {
    /// The offset that an error of ours names.
    fn offset(&self, error: &dyn fmt::Display) -> Option<usize> {
        let said = error.to_string();
        let (_, place) = said.rsplit_once(HERE)?;
        // The parser leaves out the very first place of a text.
        let Some(place) = place.strip_prefix(" at line ") else { return Some(0) };
        let (line, column) = place.split_once(" column ")?;
        Some(self.lines.offset(line.parse().ok()?, column.parse().ok()?))
    }

    fn mark(&self, wanted: &Wanted, set: impl Fn(&mut Mark)) {
        if let Some(mark) = self.marks.borrow_mut().get_mut(wanted.slot) {
            set(mark);
        }
    }
}

/// How a value comes to stand where it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Through {
    /// By its own keys.
    Keys,
    /// It is the value of a merge key.
    Merge,
    /// By keys that a merge key brought in.
    MergedKeys,
}

/// Walks on towards the paths that lead through a value. Gives the offset of the first key or scalar within.
#[derive(Clone, Copy)]
struct Walk<'w, 't> {
    wanted: &'w Wanted,
    finder: &'w Finder<'t>,
    through: Through,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        let first = match deserializer.deserialize_any(self) {
            Ok(first) => first,
            Err(error) => Some(self.finder.offset(&error).ok_or(error)?),
        };
        match self.through {
            Through::Keys => self.finder.mark(self.wanted, |mark| mark.value = mark.value.or(first)),
            Through::MergedKeys => self.finder.mark(self.wanted, |mark| mark.merged.1 = mark.merged.1.or(first)),
            Through::Merge => {}
        }
        Ok(first)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_i128<E: serde::de::Error>(self, _: i128) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_u128<E: serde::de::Error>(self, _: u128) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Option<usize>, E> {
        Err(E::custom(HERE))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Option<usize>, A::Error> {
        let mut first = None;
        let nothing = Wanted::default();
        for index in 0.. {
            let wanted = match self.through {
                Through::Merge => Some(self.wanted),
                Through::Keys | Through::MergedKeys => self.wanted.below.get(&PathKey::Index(index)),
            };
            if wanted.is_none() && index > 0 {
                match access.next_element::<IgnoredAny>()? {
                    Some(_) => continue,
                    None => break,
                }
            }
            match access.next_element_seed(Walk { wanted: wanted.unwrap_or(&nothing), ..self })? {
                Some(found) => first = first.or(found),
                None => break,
            }
        }
        Ok(first)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Option<usize>, A::Error> {
        let mut first = None;
        let inner = if self.through == Through::Keys { Through::Keys } else { Through::MergedKeys };
        loop {
            let name = RefCell::new(None);
            let Some(at) = access.next_key_seed(MarkedSpelling { walk: self, locate: first.is_none(), name: &name })?
            else {
                return Ok(first);
            };
            first = first.or(at);
            let name = name.into_inner();
            if name.as_deref() == Some(MERGE) {
                access.next_value_seed(Walk { through: Through::Merge, ..self })?;
                continue;
            }
            let Some(wanted) = name.and_then(|name| self.wanted.below.get(&PathKey::Name(name))) else {
                access.next_value::<IgnoredAny>()?;
                continue;
            };
            self.finder.mark(wanted, |mark| match (inner, mark.key) {
                (Through::Keys, None) => mark.key = at,
                (Through::Keys, Some(_)) => mark.again = mark.again.or(at),
                _ => mark.merged.0 = mark.merged.0.or(at),
            });
            access.next_value_seed(Walk { wanted, through: inner, ..self })?;
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Option<usize>, A::Error> {
        let (_, value) = access.variant::<IgnoredAny>()?;
        value.newtype_variant::<IgnoredAny>()?;
        Err(A::Error::custom(HERE))
    }
}

/// Reads a key's name and, where its place is asked for, fails to learn it.
struct MarkedSpelling<'s, 'w, 't> {
    walk: Walk<'w, 't>,
    locate: bool,
    name: &'s RefCell<Option<Arc<str>>>,
}

impl<'de> DeserializeSeed<'de> for MarkedSpelling<'_, '_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        let finder = self.walk.finder;
        match deserializer.deserialize_str(self) {
            Ok(()) => Ok(None),
            Err(error) => Ok(Some(finder.offset(&error).ok_or(error)?)),
        }
    }
}

impl Visitor<'_> for MarkedSpelling<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name as key")
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        let name: Arc<str> = value.into();
        let wanted = self.walk.wanted.below.contains_key(&PathKey::Name(name.clone()));
        self.name.replace(Some(name));
        if wanted || self.locate { Err(E::custom(HERE)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> Vec<PathKey> {
        path.split('.').map(|key| key.parse().map_or_else(|_| PathKey::Name(key.into()), PathKey::Index)).collect()
    }

    /// The texts that start where the paths' keys and values were found.
    fn found<'t>(text: &'t str, paths: &[&str]) -> Vec<(&'t str, &'t str)> {
        let wanted: Vec<Vec<PathKey>> = paths.iter().map(|path| names(path)).collect();
        let word = |at: Option<usize>| at.map_or("", |at| text[at..].split_whitespace().next().unwrap_or(""));
        let wanted: Vec<&[PathKey]> = wanted.iter().map(Vec::as_slice).collect();
        marks(text, &wanted).iter().map(|mark| (word(mark.key), word(mark.value))).collect()
    }

    #[test]
    fn one_reading_answers_for_many_paths() {
        let text = "é: 1\na:\n  b: [x, {c: 5}, y]\n  d:\n    e: |\n      f\nz: last\n";
        assert_eq!(
            found(text, &["é", "a.b.1.c", "a.b.2", "a.d", "a.d.e", "z", "nowhere", "a.b.1"]),
            [("é:", "1"), ("c:", "5},"), ("", "y]"), ("d:", "e:"), ("e:", "|"), ("z:", "last"), ("", ""), ("", "c:")]
        );
    }

    #[test]
    fn merged_and_aliased_keys_are_found_at_their_anchor() {
        let text = "base: &b\n  a: 1\n  c: 2\nreal:\n  <<: *b\n  c: 3\nlist:\n  <<: [*b]\n";
        assert_eq!(found(text, &["real.a", "real.c", "list.a"]), [("a:", "1"), ("c:", "3"), ("a:", "1")]);
    }

    #[test]
    fn a_key_given_again_is_found_too() {
        let text = "a: 1\nb: 2\na: 3\n";
        let mark = marks(text, &[&names("a")])[0];
        assert_eq!((mark.key, mark.again, mark.value), (Some(0), Some(10), Some(3)));
    }

    #[test]
    fn an_index_in_front_is_the_number_of_the_document() {
        assert_eq!(found("a: 1\n---\nb: 2\n", &["1.b", "b"]), [("b:", "2"), ("", "")]);
    }
}
