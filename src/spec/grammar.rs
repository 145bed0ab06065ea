//! Grammars: how a text names other objects.
//!
//! A firewall rule names sets, tables and variables, a route the interface of a link, a blueprint the secrets that it reads.
//! A grammar says where in a text such a name stands, and what is called by it. It is part of the field's type, so that
//! whoever asks what refers to what reads the same words in the same way: in files, and in what a controller shows. A name
//! is a whole word: `web` is not in `web2`.
//!
//! | spot | example | its word |
//! |---|---|---|
//! | the whole text | `lnk6` | `lnk6` |
//! | the word behind an option | `-m set --match-set offices src` | `offices` |
//! | a variable | `-s ${custom_office}/24` | `custom_office` |
//! | what a function finds | `{ get_secret: key }` in a blueprint | `key` |
//! | | `web -p tcp -j ACCEPT`, unless that is a table of the product's own | `web` |

use crate::attr::{Attr, TemplatePart};
use crate::spec::{DeclaredKeys, Descend, Field, Open, Type, TypeSlot, visit_types};

/// How values of a field name other objects.
#[derive(Debug)]
pub struct Grammar {
    /// What the values are, whatever they name.
    pub form: Type,
    /// Where names stand in them, and what is called by a word that stands there: the first whose prefix it has.
    pub mentions: &'static [(NameSpot, &'static [Called])],
    /// Says whether they are lines that begin with the name of the resource which they are in. A line that is an item by
    /// itself gets it when it is sent, and may have it in the files; one that is a field of an object has to begin with it.
    pub own_name: bool,
}

/// Says whether a field of a resource has a value, given or by default.
pub(crate) type HasValue<'r> = &'r dyn Fn(&str, &str) -> bool;

/// A function that finds names in a value of a resource.
pub(crate) type FindNames = fn(&Attr, HasValue<'_>) -> Vec<String>;

/// Where in a value a name stands.
#[derive(Debug, Clone, Copy)]
pub enum NameSpot {
    /// The value is the name.
    Whole,
    /// The word behind one of these options.
    Behind(&'static [&'static str]),
    /// Between `${` and `}`.
    Variable,
    /// Where this function finds it: pure, on a whole document or on the value beside the fields of its resource.
    Found(FindNames),
}

/// What objects of a kind are called by in a text.
#[derive(Debug, Clone, Copy)]
pub struct Called {
    /// How the word begins: `lnk` of `lnk6`.
    pub prefix: &'static str,
    /// The kind; empty where the word is the product's own.
    pub kind: &'static str,
    /// What of an object stands behind the prefix.
    pub by: By,
    /// Says of a word that nothing is called by whether it is the product's own, such as the interface `eth0`; it is a
    /// mistake otherwise.
    pub others: fn(&str) -> bool,
    /// Says whether such a word is told all the same: nobody has documented it, and it may be a slip.
    pub doubtful: bool,
    /// Why the object comes first: a phrase.
    pub why: &'static str,
}

/// What of an object its name in a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The name that it has in YAML.
    Name,
    /// The value of this field.
    Field(&'static str),
    /// The value of this output, prefix and all: until the object shows, any of its kind may be meant.
    Output(&'static str),
    /// Nothing: any of its kind may be meant.
    Any,
}

/// Any word may be the product's own.
pub(crate) fn any_word(_: &str) -> bool {
    true
}

fn no_word(_: &str) -> bool {
    false
}

impl Called {
    /// Objects of a kind that are called by their names in YAML; another word is a mistake.
    pub const fn name(kind: &'static str, why: &'static str) -> Called {
        Called { prefix: "", kind, by: By::Name, others: no_word, doubtful: false, why }
    }

    /// The same, behind a prefix.
    pub const fn behind(self, prefix: &'static str) -> Called {
        Called { prefix, ..self }
    }

    /// The same, called by something else.
    pub const fn by(self, by: By) -> Called {
        Called { by, ..self }
    }

    /// The same, where other words are the product's own if this says so.
    pub const fn others(self, others: fn(&str) -> bool) -> Called {
        Called { others, ..self }
    }

    /// The same, where such a word is told.
    pub const fn doubtful(self) -> Called {
        Called { doubtful: true, ..self }
    }

    /// Says whether a word that nothing is called by is worth a word to whoever wrote it.
    pub(crate) fn is_told(&self, word: &str) -> bool {
        self.doubtful || self.is_mistake(word)
    }

    /// Says whether a word that nothing is called by can't be right.
    pub(crate) fn is_mistake(&self, word: &str) -> bool {
        !(self.others)(word)
    }

    /// Says whether a word that has the prefix may mean one of these, and is not the product's own.
    fn may_be(&self, word: &str) -> bool {
        !self.kind.is_empty() && (self.by == By::Any || word.len() > self.prefix.len())
    }
}

/// A name in a value: what it may be called by, and the part of the word that is it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The word as it stands there.
    pub word: String,
    /// The part of it by which the object is known.
    pub name: String,
    /// Which spot of the grammar, and which of what is called there: see [`Named::called`].
    place: (usize, usize),
}

impl Named {
    /// What it is called by in a grammar.
    pub(crate) fn called(&self, grammar: &'static Grammar) -> Option<&'static Called> {
        grammar.mentions.get(self.place.0)?.1.get(self.place.1)
    }
}

impl Grammar {
    /// Text that names nothing yet.
    pub const TEXT: Grammar = Grammar { form: Type::Text, mentions: &[], own_name: false };

    /// The kinds whose objects its values may name.
    pub(crate) fn kinds(&'static self) -> impl Iterator<Item = &'static Called> {
        self.mentions.iter().flat_map(|(_, called)| *called).filter(|called| !called.kind.is_empty())
    }

    /// The names in a value, in order and each once. `has` says whether another field of the resource has a value.
    pub(crate) fn names(&'static self, value: &Attr, has: HasValue<'_>) -> Vec<Named> {
        let mut found: Vec<Named> = Vec::new();
        let text = flat(value);
        let words = text.as_deref().map(words).unwrap_or_default();
        for (n, (spot, of)) in self.mentions.iter().enumerate() {
            for word in spot.words(value, has, text.as_deref(), &words) {
                let begun = of.iter().position(|called| word.starts_with(called.prefix));
                let Some((at, called)) = begun.map(|at| (at, &of[at])) else { continue };
                if !called.may_be(&word) || word.contains(UNKNOWN) {
                    continue;
                }
                let name = match called.by {
                    By::Output(_) => &word,
                    By::Name | By::Field(_) | By::Any => &word[called.prefix.len()..],
                };
                let named = Named { name: name.to_owned(), word, place: (n, at) };
                if !found.contains(&named) {
                    found.push(named);
                }
            }
        }
        found
    }
}

impl Field {
    /// The grammars of its values, of all in them, and of documents that count as its own.
    pub(crate) fn grammars(&'static self) -> Vec<&'static Grammar> {
        let mut found = Vec::new();
        visit_types(TypeSlot::of(self), &mut |slot| {
            if let Type::Phrase(grammar) = slot.ty {
                found.push(grammar);
            }
            Descend::Into
        });
        found.extend(self.documents_in.map(|documents| documents.grammar));
        found
    }
}

impl NameSpot {
    /// The words that stand there: in a text, whose words are given, or in any value.
    fn words(self, value: &Attr, has: HasValue<'_>, text: Option<&str>, words: &[String]) -> Vec<String> {
        match self {
            NameSpot::Whole => {
                text.map(|text| text.trim().to_owned()).into_iter().filter(|text| !text.is_empty()).collect()
            }
            NameSpot::Behind(options) => {
                let next = words.iter().skip(1).map(Some).chain([None]);
                words.iter().zip(next).filter_map(|(word, next)| argument(options, word, next)).collect()
            }
            NameSpot::Variable => text.map(variables).unwrap_or_default(),
            NameSpot::Found(find) => find(value, has),
        }
    }
}

/// What stands in a text for a part that is not known, or must not be: no name has it in it.
const UNKNOWN: char = '\u{fffd}';

/// A value as one text, as far as it is known; `None` where it is none.
fn flat(value: &Attr) -> Option<String> {
    match value {
        Attr::Text(text) => Some(text.clone()),
        Attr::Number(_) => value.to_text(),
        Attr::Later(template) => {
            let mut text = String::new();
            for part in &template.parts {
                match part {
                    TemplatePart::Text(known) => text.push_str(known),
                    TemplatePart::Output(_) | TemplatePart::Secret(_) => text.push(UNKNOWN),
                }
            }
            Some(text)
        }
        Attr::Null | Attr::Bool(_) | Attr::Secret(_) | Attr::List(_) | Attr::Map(_) => None,
    }
}

/// The word that a text begins with.
pub(crate) fn first_word(value: &Attr) -> Option<String> {
    words(&flat(value)?).into_iter().next()
}

/// The words of a command line. What stands in quotes is one word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in text.chars() {
        match (quote, letter) {
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some(open), close) if open == close => quote = None,
            (None, blank) if blank.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// The argument that a word gives to one of some options: the next word, or its own rest, as in `--jump=web` and `-jweb`.
fn argument(options: &[&str], word: &str, next: Option<&String>) -> Option<String> {
    // What stood in quotes is no option with something behind it.
    let is_option = !word.contains(char::is_whitespace);
    options.iter().filter(|_| is_option).find_map(|option| {
        let rest = word.strip_prefix(option)?;
        match (rest, option.starts_with("--")) {
            ("", _) => next.cloned(),
            (rest, true) => rest.strip_prefix('=').map(str::to_owned),
            (rest, false) => Some(rest.to_owned()),
        }
    })
}

/// The names of the variables in a text.
fn variables(text: &str) -> Vec<String> {
    let behind = text.split("${").skip(1);
    behind.filter_map(|rest| Some(rest.split_once('}')?.0.trim().to_owned())).collect()
}

/// The documents that a file holds, and how they name other objects. The file is the content of the resource itself
/// ([`Identity::Content`](crate::spec::Identity)), such as the `source` of a blueprint, or of the one that the field names.
#[derive(Debug, Clone, Copy)]
pub struct DocumentsIn {
    /// The field beside the file that names the document to read first: `main_file_name`.
    pub document: &'static str,
    /// The key at the top of each. A YAML file that has it is no part of a workspace, even where nothing names it any more.
    pub top_key: &'static str,
    /// Finds a document and all that it imports, and the keys that they declare for a map beside this field.
    pub read: fn(&str, Open<'_>) -> Option<ReadDocuments>,
    /// How each of them names other objects.
    pub grammar: &'static Grammar,
}

/// Documents that were read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadDocuments {
    /// The documents.
    pub found: Vec<serde_json::Value>,
    /// Says whether something is imported that is not in the file: there may be further names.
    pub is_open: bool,
    /// The map whose keys they declare, as `inputs` of a deployment, and the keys.
    pub keys: Option<(&'static str, DeclaredKeys)>,
}
