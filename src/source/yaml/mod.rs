//! YAML: text to [`Node`]s, and paths back to offsets. The only module that names the parser.

mod edit;
mod emit;
mod format;
#[cfg(test)]
mod generated;
mod layout;
mod lines;
mod marks;
mod quotes;
mod spelling;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::iter::Peekable;
use std::sync::Arc;
use std::vec::IntoIter;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor};

use crate::finding::PathKey;
use crate::source::Node;
pub(crate) use edit::{TextChange, ValueEdit, edited, inline};
pub use emit::{read_as, yaml};
pub(crate) use format::formatted;
use lines::Lines;
pub(crate) use marks::{Mark, marks, nearest};
use spelling::Met;

/// Brackets open at once, beyond which a text is not given to the parser: its time grows with the square of them. The
/// parser itself stops at 128 levels of any kind, but only after it has read everything.
const MAX_BRACKETS: usize = 10_000;

/// Values that a document may have beyond its own length in bytes, which aliases multiply.
const SPARE_VALUES: usize = 1_000_000;

/// The key that merges other maps into a map.
const MERGE: &str = "<<";

/// Why a text is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct YamlError {
    /// A stable code.
    pub code: &'static str,
    /// The problem, as a phrase.
    pub message: String,
    /// The remedy.
    pub help: Option<&'static str>,
    /// Byte offset, where known.
    pub offset: Option<usize>,
}

/// One document and the keys that it gives twice. The first of each counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct YamlDocument {
    /// Its content.
    pub root: Node,
    /// Paths of keys that are given again.
    pub duplicates: Vec<Vec<PathKey>>,
}

/// The documents of a text.
///
/// # Errors
/// It is not YAML, too deep, or aliases blow it up.
pub(crate) fn parse(text: &str) -> Result<Vec<YamlDocument>, YamlError> {
    if let Some(offset) = too_deep(text) {
        return Err(deep(Some(offset)));
    }
    let by_spelling = spelling::may_differ(text);
    let (documents, is_lost) = read(text, by_spelling)?;
    if is_lost && !by_spelling { read(text, true).map(|(documents, _)| documents) } else { Ok(documents) }
}

/// The documents of a text, and whether a spelling got lost; none does where scalars are read by it.
fn read(text: &str, by_spelling: bool) -> Result<(Vec<YamlDocument>, bool), YamlError> {
    let budget = Cell::new(text.len().saturating_add(SPARE_VALUES));
    let is_lost = Cell::new(false);
    let mut twins = by_spelling.then(|| serde_yaml::Deserializer::from_str(text));
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let twin = twins.as_mut().and_then(Iterator::next);
        let plain = twin.map(|twin| spelling::survey(twin, budget.get())).unwrap_or_default();
        let plain = RefCell::new(plain.into_iter().peekable());
        let read = Read { budget: &budget, plain: &plain, met: &Cell::new(0), is_lost: &is_lost };
        let mut root = read.deserialize(document).map_err(|error| broken(text, &error))?;
        let mut duplicates = Vec::new();
        drop_duplicates(&mut root, &mut Vec::new(), &mut duplicates);
        documents.push(YamlDocument { root, duplicates });
    }
    Ok((documents, is_lost.get()))
}

/// The value that a short text means, such as one from the command line; text where it is no YAML.
pub(crate) fn parse_value(text: &str) -> Node {
    match parse(text).map(|documents| documents.into_iter().next()) {
        Ok(Some(document)) => document.root,
        _ => Node::Text(text.to_owned()),
    }
}

/// The offset at which too many brackets are open. Quotes and comments are skipped, nothing else of YAML is known here.
fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 0usize;
    let mut before = b'\n';
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let starts = before.is_ascii_whitespace() || matches!(before, b'[' | b'{' | b',' | b':');
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'#' if before.is_ascii_whitespace() => at = skip(bytes, at + 1, |byte| byte == b'\n'),
            b'\'' if starts && open > 0 => at = skip(bytes, at + 1, |byte| byte == b'\''),
            b'"' if starts && open > 0 => at = end_of_quotes(bytes, at + 1),
            _ => {}
        }
        if open > MAX_BRACKETS {
            return Some(at);
        }
        before = bytes.get(at).copied().unwrap_or(b'\n');
        at += 1;
    }
    None
}

fn skip(bytes: &[u8], from: usize, stop: impl Fn(u8) -> bool) -> usize {
    (from..bytes.len()).find(|&at| bytes.get(at).is_some_and(|&byte| stop(byte))).unwrap_or(bytes.len())
}

fn end_of_quotes(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn deep(offset: Option<usize>) -> YamlError {
    YamlError {
        code: "too-deep",
        message: "values are nested too deeply".into(),
        help: Some("a workspace needs about ten levels; the limit is 128"),
        offset,
    }
}

/// The parser's error in the words of a finding.
fn broken(text: &str, error: &serde_yaml::Error) -> YamlError {
    let said = error.to_string();
    let offset = error.location().map(|location| Lines::of(text).offset(location.line(), location.column()));
    let has = |part: &str| said.contains(part);
    if has("recursion limit") {
        return deep(offset);
    }
    if has("repetition limit") || has(BOMB) {
        let help = Some("write the values out, or fewer aliases of aliases");
        return YamlError { code: "alias-bomb", message: "aliases repeat too many values".into(), help, offset };
    }
    if let Some((_, own)) = said.split_once(OWN) {
        let help = Some("plain YAML without tags is read, and merge keys of maps");
        return YamlError { code: "not-supported", message: without_positions(own), help, offset };
    }
    let line = offset.and_then(|at| text.get(..at)?.rsplit('\n').next()).unwrap_or_default();
    let help = if has("cannot start any token") || has("found a tab character") {
        Some("indent with spaces: YAML takes no tabs; quote text that starts with `@`, `%` or a backtick")
    } else if has("mapping values are not allowed") {
        Some("look at the indentation; quote text that holds `: `")
    } else if has("did not find expected key") || has("did not find expected '-' indicator") {
        Some("look at the indentation: keys of one map start in the same column")
    } else if has("while parsing a flow") && line.contains("${") {
        Some("inside `{ }` and `[ ]` an expression stands in quotes: \"${…}\"")
    } else if has("while parsing a flow") || has("did not find expected ',' or") {
        Some("a `[` or `{` is not closed, or a comma is missing")
    } else if has("unknown anchor") {
        Some("an alias `*name` needs an anchor `&name` above it in the same document")
    } else {
        None
    };
    YamlError { code: "not-yaml", message: format!("this is not YAML: {}", without_positions(&said)), help, offset }
}

/// The parser's words without ` at line 2 column 1`, which the finding says itself.
fn without_positions(said: &str) -> String {
    let mut parts = said.split(" at line ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let rest = rest.strip_prefix(" column ").unwrap_or(rest);
        kept.push_str(rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    kept
}

fn drop_duplicates(node: &mut Node, path: &mut Vec<PathKey>, found: &mut Vec<Vec<PathKey>>) {
    match node {
        Node::Map(entries) => {
            let mut seen: HashSet<Arc<str>> = HashSet::with_capacity(entries.len());
            entries.retain_mut(|(key, value)| {
                path.push(PathKey::Name(key.clone()));
                let first = seen.insert(key.clone());
                if first {
                    drop_duplicates(value, path, found);
                } else {
                    found.push(path.clone());
                }
                path.pop();
                first
            });
        }
        Node::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(PathKey::Index(index));
                drop_duplicates(item, path, found);
                path.pop();
            }
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Spelt(_) | Node::Text(_) => {}
    }
}

/// Reads one value, as long as the budget lasts.
#[derive(Clone, Copy)]
struct Read<'b> {
    budget: &'b Cell<usize>,
    /// The scalars to be read by their spelling, those that are met first in front.
    plain: &'b RefCell<Peekable<IntoIter<Met>>>,
    /// Values met so far.
    met: &'b Cell<usize>,
    /// Set where a number may be spelt otherwise than it will be printed.
    is_lost: &'b Cell<bool>,
}

/// Part of an error's text, by which it is known again.
const BOMB: &str = "more values than the document can hold";

/// Stands in front of errors of our own: no YAML text can hold it.
const OWN: char = '\u{0}';

impl<'de> DeserializeSeed<'de> for Read<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let left = self.budget.get().checked_sub(1).ok_or_else(|| D::Error::custom(BOMB))?;
        self.budget.set(left);
        let met = self.met.get();
        self.met.set(met + 1);
        let next = self.plain.borrow_mut().next_if(|plain| plain.at == met);
        match next {
            Some(plain) => YamlName::deserialize(deserializer).map(|YamlName(text)| Node::spelt(plain.meaning, &text)),
            None => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Read<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        self.is_lost.set(true);
        Ok(Node::Text(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        self.is_lost.set(true);
        Ok(Node::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        self.is_lost.set(true);
        Ok(Node::Text(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries: Vec<(Arc<str>, Node)> = Vec::new();
        let mut merged = Vec::new();
        while let Some(YamlName(key)) = access.next_key()? {
            let value = access.next_value_seed(self)?;
            if &*key == MERGE { merge(value, &mut merged)? } else { entries.push((key, value)) }
        }
        if !merged.is_empty() {
            let mut own: HashSet<Arc<str>> = entries.iter().map(|(key, _)| key.clone()).collect();
            entries.extend(merged.into_iter().filter(|(key, _)| own.insert(key.clone())));
        }
        Ok(Node::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Node, A::Error> {
        let (tag, _) = access.variant::<String>()?;
        Err(A::Error::custom(format!("{OWN}the tag `!{tag}` means nothing here")))
    }
}

fn merge<E: serde::de::Error>(value: Node, into: &mut Vec<(Arc<str>, Node)>) -> Result<(), E> {
    match value {
        Node::Map(entries) => into.extend(entries),
        Node::List(items) if items.iter().all(|item| matches!(item, Node::Map(_))) => {
            for item in items {
                merge(item, into)?;
            }
        }
        other => return Err(E::custom(format!("{OWN}`{MERGE}` merges maps, not {}", other.describe()))),
    }
    Ok(())
}

/// A key as the file spells it: `2`, `1.10` and `true` are names like any other.
struct YamlName(Arc<str>);

impl<'de> Deserialize<'de> for YamlName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<YamlName, D::Error> {
        struct ScalarSpelling;
        impl Visitor<'_> for ScalarSpelling {
            type Value = YamlName;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a name as key")
            }

            fn visit_str<E>(self, value: &str) -> Result<YamlName, E> {
                Ok(YamlName(value.into()))
            }
        }
        deserializer.deserialize_str(ScalarSpelling)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Number;

    use super::*;

    fn root(text: &str) -> Node {
        parse(text).unwrap().remove(0).root
    }

    #[test]
    fn scalars_are_what_yaml_1_2_says() {
        for (text, node) in [
            ("0x10", Node::spelt(Node::Number(16.into()), "0x10")),
            ("-7", Node::Number((-7).into())),
            ("yes", Node::Text("yes".into())),
            ("true", Node::Bool(true)),
            ("~", Node::Null),
            ("2024-01-31", Node::Text("2024-01-31".into())),
            ("010", Node::Text("010".into())),
            ("1:30", Node::Text("1:30".into())),
            ("\"1\"", Node::Text("1".into())),
            ("18446744073709551615", Node::Number(u64::MAX.into())),
            ("123456789012345678901234567890", Node::Text("123456789012345678901234567890".into())),
            (".inf", Node::Text(".inf".into())),
            ("1.5", Node::Number(Number::from_f64(1.5).unwrap())),
            ("1.10", Node::spelt(Node::Number(Number::from_f64(1.1).unwrap()), "1.10")),
            ("True", Node::spelt(Node::Bool(true), "True")),
        ] {
            assert_eq!(root(text), node, "{text}");
        }
    }

    #[test]
    fn keys_are_names_as_they_are_spelt_and_keep_their_order() {
        let Node::Map(entries) = root("2: a\n1.10: b\ntrue: c\n~: d\n0x1: e\n") else { panic!("no map") };
        let keys: Vec<&str> = entries.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["2", "1.10", "true", "~", "0x1"]);
    }

    #[test]
    fn merge_keys_fill_what_is_not_given() {
        let node = root("x: &x { a: 1, b: 1 }\ny: &y { b: 2, c: 2 }\nz: { <<: [*x, *y], c: 3 }\n");
        let z = node.get("z").unwrap();
        let values = ["a", "b", "c"].map(|key| z.get(key).cloned().unwrap());
        assert_eq!(values, [1, 1, 3].map(|number| Node::Number(number.into())));
    }

    #[test]
    fn documents_are_read_up_to_the_last() {
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap().len(), 2);
        assert_eq!(parse("").unwrap().remove(0).root, Node::Null);
    }

    #[test]
    fn brackets_in_quotes_and_comments_do_not_count() {
        assert_eq!(too_deep(&"a: '[' # [[[ \n\"[\\\"[\": it's\n[]\n".repeat(MAX_BRACKETS)), None);
        assert!(too_deep(&"{\"]\": ".repeat(MAX_BRACKETS + 1)).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn no_text_makes_the_reader_panic(
            text in "([a-c:{}\\[\\],&*!|>#'\"\\-?%@`~<\\\\ \t\n\u{85}\u{e9}0-9.]|<<: |&a |\\*a|: |- |\n  ){0,60}",
            paths in prop::collection::vec(prop::collection::vec("[a-c]", 0..3), 0..4)
        ) {
            let _ = parse(&text);
            let paths: Vec<Vec<PathKey>> = paths
                .into_iter()
                .map(|path| path.into_iter().map(|key| PathKey::Name(key.into())).collect())
                .collect();
            let paths: Vec<&[PathKey]> = paths.iter().map(Vec::as_slice).collect();
            for mark in marks(&text, &paths) {
                for at in [mark.key, mark.again, mark.value].into_iter().flatten() {
                    prop_assert!(text.is_char_boundary(at));
                }
            }
        }

        #[test]
        fn what_is_read_is_found_again(keys in prop::collection::btree_set("[a-z]{1,6}", 1..20)) {
            let text: String = keys.iter().map(|key| format!("{key}: {{ é: '{key}' }}\n")).collect();
            let paths: Vec<Vec<PathKey>> = keys.iter().map(|key| vec![PathKey::Name(key.as_str().into())]).collect();
            let paths: Vec<&[PathKey]> = paths.iter().map(Vec::as_slice).collect();
            for (key, mark) in keys.iter().zip(marks(&text, &paths)) {
                let found = format!("{key}:");
                prop_assert!(mark.key.is_some_and(|at| text[at..].starts_with(&found)));
            }
        }
    }
}
