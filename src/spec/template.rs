//! Templates: the paths, queries, texts and bodies of a table, with words in braces that an object fills.
//!
//! A text is parsed here and nowhere else, once, and filled by whoever can say what a word stands for. All rules are
//! here:
//! - a word is `{id}`, `{name}`, `{job}`, `{target.SETTING}`, `{parent.WORD}`, `{parent.parent.WORD}`, or the name of a
//!   field; braces around anything else are text, JSON's own among them;
//! - in a path and its query, what fills a word is percent-encoded;
//! - a query pair whose value is one word, and that word has no value, is left out;
//! - a text of a body that is one word becomes what fills it, with its type; without a value it is left out;
//! - what fills a word is never parsed again: braces in it are text.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use crate::attr::{Attr, Encoding, Output, Template, TemplatePart};

/// A word in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `{id}`: the provider's id of the object.
    Id,
    /// `{name}`: the name that the object carries itself.
    Name,
    /// `{job}`: the id of the job that a reply names.
    Job,
    /// A setting of the target, as `tenant` in `{target.tenant}`.
    Target(String),
    /// A word of an object around this one: so many levels up, and `id`, `name` or a field, as (2, `id`) in
    /// `{parent.parent.id}`.
    Parent(usize, String),
    /// Any other word: the field of that name, as `cidr` in `{cidr}`.
    Field(String),
}

/// Answers what a word stands for; `None` and null are no value.
pub(crate) type Fill<'f> = &'f dyn Fn(&Word) -> Option<Attr>;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TemplateToken {
    Text(String),
    Word(Word),
}

/// A text with words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextTemplate(Vec<TemplateToken>);

/// A path with query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    path: TextTemplate,
    /// The pairs of the query, as `id={name}`.
    query: Vec<TextTemplate>,
}

/// A body of JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BodyTemplate {
    /// A text.
    Text(TextTemplate),
    /// A list.
    List(Vec<BodyTemplate>),
    /// Keys and values.
    Map(Vec<(String, BodyTemplate)>),
    /// What has no words: a number, true, false or null.
    Constant(Attr),
}

/// A path in which nothing but a job's id is missing: what stands before, between and behind the places where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPath<T>(Vec<T>);

impl Word {
    fn parse(text: &str) -> Word {
        match text.split_once('.') {
            Some(("target", setting)) => Word::Target(setting.to_owned()),
            Some(("parent", mut rest)) => {
                let mut levels = 1;
                while let Some(above) = rest.strip_prefix("parent.") {
                    (levels, rest) = (levels + 1, above);
                }
                Word::Parent(levels, rest.to_owned())
            }
            _ => match text {
                "id" => Word::Id,
                "name" => Word::Name,
                "job" => Word::Job,
                field => Word::Field(field.to_owned()),
            },
        }
    }

    /// The field's name, where it is the word of a field.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Word::Field(name) => Some(name),
            Word::Id | Word::Name | Word::Job | Word::Target(_) | Word::Parent(..) => None,
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Id => f.write_str("id"),
            Word::Name => f.write_str("name"),
            Word::Job => f.write_str("job"),
            Word::Target(setting) => write!(f, "target.{setting}"),
            Word::Parent(levels, word) => write!(f, "{}{word}", "parent.".repeat(*levels)),
            Word::Field(name) => f.write_str(name),
        }
    }
}

impl TextTemplate {
    /// The template that a text of a table is.
    pub(crate) fn of(text: &'static str) -> &'static TextTemplate {
        static KNOWN: TemplateCache<TextTemplate> = TemplateCache::new();
        KNOWN.get(text, TextTemplate::parse)
    }

    fn parse(text: &str) -> TextTemplate {
        let mut tokens = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let behind = after.trim_start_matches(is_letter);
            let word = &after[..after.len() - behind.len()];
            match behind.strip_prefix('}') {
                Some(behind) if !word.is_empty() => {
                    if !literal.is_empty() {
                        tokens.push(TemplateToken::Text(std::mem::take(&mut literal)));
                    }
                    tokens.push(TemplateToken::Word(Word::parse(word)));
                    rest = behind;
                }
                _ => {
                    literal.push('{');
                    rest = after;
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            tokens.push(TemplateToken::Text(literal));
        }
        TextTemplate(tokens)
    }

    /// Its words, from left to right.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Word> {
        self.0.iter().filter_map(|token| match token {
            TemplateToken::Word(word) => Some(word),
            TemplateToken::Text(_) => None,
        })
    }

    /// Filled as a value: text that is one word becomes what fills it, with its type; `None` where that has no value.
    pub(crate) fn fill(&self, fill: Fill<'_>) -> Option<Attr> {
        match self.0.as_slice() {
            [TemplateToken::Word(word)] => fill(word),
            tokens => {
                let parts = tokens.iter().flat_map(|token| token.parts(fill, Encoding::Plain)).collect();
                Some(Template::of(joined(parts)))
            }
        }
    }

    /// The word of a query pair whose value is that word and nothing else.
    fn only_word(&self) -> Option<&Word> {
        match self.0.as_slice() {
            [TemplateToken::Text(key), TemplateToken::Word(word)] if key.ends_with('=') => Some(word),
            _ => None,
        }
    }
}

impl TemplateToken {
    fn parts(&self, fill: Fill<'_>, encoding: Encoding) -> Vec<TemplatePart> {
        match self {
            TemplateToken::Text(text) => vec![TemplatePart::Text(text.clone())],
            TemplateToken::Word(word) => fill(word).map(|value| parts(value, encoding)).unwrap_or_default(),
        }
    }
}

impl PathTemplate {
    /// The template that a path of a table is.
    pub fn of(path: &'static str) -> &'static PathTemplate {
        static KNOWN: TemplateCache<PathTemplate> = TemplateCache::new();
        KNOWN.get(path, PathTemplate::parse)
    }

    fn parse(text: &str) -> PathTemplate {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        PathTemplate { path: TextTemplate::parse(path), query: pairs.map(TextTemplate::parse).collect() }
    }

    /// Its words, from left to right.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Word> {
        self.path.words().chain(self.query.iter().flat_map(TextTemplate::words))
    }

    /// The key of the query pair whose value is that word and nothing else.
    pub(crate) fn key_of(&self, word: &Word) -> Option<&str> {
        let pair = self.query.iter().find(|pair| pair.only_word() == Some(word))?;
        match pair.0.first() {
            Some(TemplateToken::Text(key)) => key.strip_suffix('='),
            _ => None,
        }
    }

    /// The first brace that belongs to no word, with what stands behind it.
    #[cfg(test)]
    pub(crate) fn stray_brace(&self) -> Option<&str> {
        let tokens = self.path.0.iter().chain(self.query.iter().flat_map(|pair| &pair.0));
        let literals = tokens.filter_map(|token| if let TemplateToken::Text(text) = token { Some(text) } else { None });
        literals.into_iter().find_map(|text| Some(&text[text.find(['{', '}'])?..]))
    }

    /// The filled path.
    pub(crate) fn fill(&self, fill: Fill<'_>) -> Attr {
        let job = || fill(&Word::Job).map(|job| parts(job, Encoding::Segment)).unwrap_or_default();
        let OpenPath(pieces) = self.open_parts(fill);
        let pieces = pieces.into_iter().enumerate();
        let all = pieces.flat_map(|(n, piece)| if n == 0 { piece } else { [job(), piece].concat() });
        Template::of(joined(all.collect()))
    }

    /// The path, filled with texts.
    pub fn text(&self, word: &dyn Fn(&Word) -> Option<String>) -> String {
        self.fill(&|asked| word(asked).map(Attr::Text)).to_text().unwrap_or_default()
    }

    /// The path, filled but for the job's id.
    pub(crate) fn open(&self, fill: Fill<'_>) -> OpenPath<Attr> {
        let OpenPath(pieces) = self.open_parts(fill);
        OpenPath(pieces.into_iter().map(|piece| Template::of(joined(piece))).collect())
    }

    fn open_parts(&self, fill: Fill<'_>) -> OpenPath<Vec<TemplatePart>> {
        let has_value = |word: &Word| *word == Word::Job || fill(word).is_some_and(|value| !value.is_null());
        let mut pieces: Vec<Vec<TemplatePart>> = vec![Vec::new()];
        let mut add = |template: &TextTemplate, joint: &str| {
            let joint = TemplateToken::Text(joint.to_owned());
            for token in std::iter::once(&joint).chain(&template.0) {
                match (token, pieces.last_mut()) {
                    (TemplateToken::Word(Word::Job), _) => pieces.push(Vec::new()),
                    (token, Some(piece)) => piece.extend(token.parts(fill, Encoding::Segment)),
                    (_, None) => {}
                }
            }
        };
        add(&self.path, "");
        let mut joint = "?";
        for pair in self.query.iter().filter(|pair| pair.only_word().is_none_or(has_value)) {
            add(pair, joint);
            joint = "&";
        }
        OpenPath(pieces)
    }
}

impl BodyTemplate {
    /// The template that a body of a table is; null where it is no JSON, which the lint finds.
    pub(crate) fn of(json: &'static str) -> &'static BodyTemplate {
        static KNOWN: TemplateCache<BodyTemplate> = TemplateCache::new();
        KNOWN.get(json, |json| BodyTemplate::parse(json).unwrap_or(BodyTemplate::Constant(Attr::Null)))
    }

    /// The template that JSON text is.
    ///
    /// # Errors
    /// When it is no JSON.
    pub(crate) fn parse(json: &str) -> serde_json::Result<BodyTemplate> {
        Ok(BodyTemplate::from_json(&serde_json::from_str(json)?))
    }

    fn from_json(value: &Value) -> BodyTemplate {
        match value {
            Value::String(text) => BodyTemplate::Text(TextTemplate::parse(text)),
            Value::Array(items) => BodyTemplate::List(items.iter().map(BodyTemplate::from_json).collect()),
            Value::Object(map) => BodyTemplate::Map(
                map.iter().map(|(key, value)| (key.clone(), BodyTemplate::from_json(value))).collect(),
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => BodyTemplate::Constant(Attr::from_json(value)),
        }
    }

    /// Its words.
    pub(crate) fn words(&self) -> Vec<&Word> {
        match self {
            BodyTemplate::Text(text) => text.words().collect(),
            BodyTemplate::List(items) => items.iter().flat_map(BodyTemplate::words).collect(),
            BodyTemplate::Map(map) => map.iter().flat_map(|(_, value)| value.words()).collect(),
            BodyTemplate::Constant(_) => Vec::new(),
        }
    }

    /// The filled body; `None` where it is one word that has no value.
    pub(crate) fn fill(&self, fill: Fill<'_>) -> Option<Attr> {
        Some(match self {
            BodyTemplate::Text(text) => return text.fill(fill),
            BodyTemplate::List(items) => Attr::List(items.iter().filter_map(|item| item.fill(fill)).collect()),
            BodyTemplate::Map(map) => {
                Attr::Map(map.iter().filter_map(|(key, value)| Some((key.clone(), value.fill(fill)?))).collect())
            }
            BodyTemplate::Constant(value) => value.clone(),
        })
    }
}

impl<T> OpenPath<T> {
    /// The same path with each piece made into something else.
    ///
    /// # Errors
    /// Where a piece can't be.
    pub(crate) fn try_map<U, E>(&self, make: impl Fn(&T) -> Result<U, E>) -> Result<OpenPath<U>, E> {
        Ok(OpenPath(self.0.iter().map(make).collect::<Result<_, E>>()?))
    }

    /// The path whose pieces these are.
    pub(crate) fn of(pieces: Vec<T>) -> OpenPath<T> {
        OpenPath(pieces)
    }

    /// The pieces around the job's id.
    pub(crate) fn pieces(&self) -> &[T] {
        &self.0
    }
}

impl OpenPath<String> {
    /// The path to a job.
    pub(crate) fn to_job(&self, job: &str) -> String {
        self.0.join(&wire::encode(job))
    }
}

/// The parts of a text that a value is, encoded.
fn parts(value: Attr, encoding: Encoding) -> Vec<TemplatePart> {
    match value {
        Attr::Later(template) => {
            let part = |part| match part {
                TemplatePart::Output(output) => TemplatePart::Output(Output { encoding: encoding.clone(), ..output }),
                TemplatePart::Text(text) => TemplatePart::Text(encoding.encode(text)),
                secret @ TemplatePart::Secret(_) => secret,
            };
            template.parts.into_iter().map(part).collect()
        }
        Attr::Secret(secret) => vec![TemplatePart::Secret(secret)],
        other => other.to_text().map(|text| TemplatePart::Text(encoding.encode(text))).into_iter().collect(),
    }
}

/// Neighbouring texts become one.
fn joined(parts: Vec<TemplatePart>) -> Vec<TemplatePart> {
    let mut joined: Vec<TemplatePart> = Vec::with_capacity(parts.len());
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(TemplatePart::Text(before)), TemplatePart::Text(text)) => before.push_str(&text),
            (_, TemplatePart::Text(text)) if text.is_empty() => {}
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// The templates that were parsed so far, by their text. They stay: the tables whose texts they are do, too.
struct TemplateCache<T: 'static>(RwLock<BTreeMap<&'static str, &'static T>>);

impl<T> TemplateCache<T> {
    const fn new() -> TemplateCache<T> {
        TemplateCache(RwLock::new(BTreeMap::new()))
    }

    fn get(&self, text: &'static str, parse: impl FnOnce(&str) -> T) -> &'static T {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return known;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(text).or_insert_with(|| Box::leak(Box::new(parse(text))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::secret::Secret;

    /// Every word is its own name; a field has no value if it is called `nothing`, and none to give if `absent`.
    fn spelled(word: &Word) -> Option<Attr> {
        match word.field() {
            Some("absent") => None,
            Some("nothing") => Some(Attr::Null),
            Some("seven") => Some(Attr::Number(7.into())),
            _ => Some(Attr::Text(format!("<{word}>"))),
        }
    }

    #[test]
    fn words_of_each_sort() {
        let words = |text| TextTemplate::parse(text).words().cloned().collect::<Vec<_>>();
        let parent = |levels, word: &str| Word::Parent(levels, word.into());
        assert_eq!(words("/{id}/{name}?job={job}"), [Word::Id, Word::Name, Word::Job]);
        assert_eq!(words("{target.tenant}{parent.id}"), [Word::Target("tenant".into()), parent(1, "id")]);
        assert_eq!(words("{parent.parent.parent.cidr}"), [parent(3, "cidr")]);
        assert_eq!(words("{local_subnet} {parent} {a.b}").len(), 3);
        assert_eq!(words(r#"{"a": {"b": "{c}"}, "d": {}}"#), [Word::Field("c".into())]);
        assert_eq!(words("{{id} {not a word} {"), [Word::Id]);
        for text in ["id", "name", "job", "target.x", "parent.id", "parent.parent.id", "cidr"] {
            assert_eq!(Word::parse(text).to_string(), text);
        }
    }

    #[test]
    fn a_brace_of_no_word_is_found() {
        assert_eq!(PathTemplate::parse("/a/{id}?x={y}").stray_brace(), None);
        assert_eq!(PathTemplate::parse("/a/{id").stray_brace(), Some("{id"));
        assert_eq!(PathTemplate::parse("/a/{}/b").stray_brace(), Some("{}/b"));
        assert_eq!(PathTemplate::parse("/a?x=y}").stray_brace(), Some("}"));
    }

    #[test]
    fn what_fills_a_path_is_encoded_and_empty_pairs_are_left_out() {
        let filled = |text| PathTemplate::parse(text).fill(&spelled);
        let rows = [
            ("/a/{id}/b", "/a/%3Cid%3E/b"),
            ("/a/{nothing}/b", "/a//b"),
            ("/a?x={id}&y={nothing}&z={absent}&w={seven}", "/a?x=%3Cid%3E&w=7"),
            ("/a?y={nothing}", "/a"),
            ("/a?y={nothing},{id}", "/a?y=,%3Cid%3E"),
            ("/a?flag&{nothing}", "/a?flag&"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(filled(text), Attr::text(expected), "{text}");
        }
    }

    #[test]
    fn a_text_of_a_body_that_is_one_word_keeps_the_type() {
        let body = r#"{"a": "{seven}", "b": "{seven} of {seven}", "c": ["{absent}", "{nothing}", 1], "d": "{absent}",
            "e": {"{seven}": "{ no word }"}, "f": true}"#;
        let filled = BodyTemplate::parse(body).unwrap().fill(&spelled).unwrap().to_shown();
        let expected = serde_json::json!({
            "a": 7, "b": "7 of 7", "c": [null, 1], "e": { "{seven}": "{ no word }" }, "f": true
        });
        assert_eq!(filled, expected);
        assert!(BodyTemplate::parse("{").is_err());
        assert_eq!(*BodyTemplate::of("{"), BodyTemplate::Constant(Attr::Null));
    }

    #[test]
    fn what_fills_a_word_is_never_filled_again() {
        let hostile = |word: &Word| match word {
            Word::Name => Some(Attr::text("{job}")),
            Word::Id => Some(Attr::text("{name}%7Bjob%7D?{id}&x=")),
            Word::Job => None,
            _ => Some(Attr::text("{id}")),
        };
        let open = PathTemplate::parse("/{name}/jobs/{job}?id={id}&again={job}").open(&hostile);
        let open = open.try_map(|piece| piece.to_text().ok_or(())).unwrap();
        let id = "%7Bname%7D%257Bjob%257D%3F%7Bid%7D%26x%3D";
        assert_eq!(open.to_job("{id}/7"), format!("/%7Bjob%7D/jobs/%7Bid%7D%2F7?id={id}&again=%7Bid%7D%2F7"));
        let body = BodyTemplate::parse(r#"{"a": "{name}", "b": "of {cidr}"}"#).unwrap().fill(&hostile).unwrap();
        assert_eq!(body.to_shown(), serde_json::json!({ "a": "{job}", "b": "of {id}" }));
    }

    #[test]
    fn holes_and_secrets_stay_what_they_are() {
        let fill = |word: &Word| match word {
            Word::Id => Some(Attr::output(Address::new("nf", "networks", Some("acme")), "id")),
            _ => Some(Attr::Secret(Secret::new("secret.psk", "canary"))),
        };
        let path = PathTemplate::parse("/a/{id}").fill(&fill);
        assert_eq!(path.to_shown(), "/a/${nf/networks/acme.id}");
        assert_eq!(path.fill(&|_| Some(Attr::text("a/{job}"))), Attr::text("/a/a%2F%7Bjob%7D"));
        let secret = TextTemplate::parse("key {psk}").fill(&fill).unwrap();
        assert!(matches!(&secret, Attr::Secret(secret) if secret.label() == "key ${secret.psk}"));
    }

    #[test]
    fn a_text_is_parsed_once() {
        assert!(std::ptr::eq(PathTemplate::of("/once/{id}"), PathTemplate::of("/once/{id}")));
        assert!(std::ptr::eq(TextTemplate::of("{once}"), TextTemplate::of("{once}")));
    }
}
