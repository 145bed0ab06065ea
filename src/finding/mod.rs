//! Findings: what is wrong with an input, where, and what to do about it.
//!
//! Whoever finds something speaks in paths (a file and the keys down to the value); the span is looked up late, by the
//! floor that read the file, and only for findings that are shown.

mod codes;
mod codes_of_fabric;

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use serde::Serialize;

use crate::address::Address;
pub(crate) use codes::{CodeLevel, codes};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Work goes on; worth a look.
    Warning,
    /// Nothing is done before it is put right.
    Error,
}

/// One key on the way from a document's root to a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathKey {
    /// A key of a map.
    Name(Arc<str>),
    /// A place in a list, from 0.
    Index(usize),
}

/// A place in a file: the keys down to it, and where it stands once that has been looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's path as the user gave it, relative to the workspace.
    pub file: Arc<str>,
    /// The keys down to the value.
    pub path: Vec<PathKey>,
    /// Says whether the key itself is meant and not its value.
    pub at_key: bool,
    /// The item of an `each` that made what stands there.
    pub item: Option<Arc<str>>,
}

/// A part of a value's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPart {
    /// How it is written.
    pub text: String,
    /// How often the same stands before it.
    pub before: usize,
}

impl TextPart {
    /// The part of a text that begins at a byte of it.
    pub(crate) fn of(whole: &str, at: usize, part: &str) -> TextPart {
        let before = whole.get(..at).unwrap_or_default();
        let before = if part.is_empty() { 0 } else { before.matches(part).count() };
        TextPart { text: part.to_owned(), before }
    }
}

impl Place {
    /// The whole file.
    pub fn file(file: &str) -> Place {
        Place { file: file.into(), path: Vec::new(), at_key: false, item: None }
    }

    /// The place of a key below this one.
    pub fn below(&self, key: &str) -> Place {
        self.further([PathKey::Name(key.into())])
    }

    /// The place of a list's item below this one.
    pub fn item(&self, index: usize) -> Place {
        self.further([PathKey::Index(index)])
    }

    /// The place of what stands at the end of more keys below this one.
    pub(crate) fn further(&self, keys: impl IntoIterator<Item = PathKey>) -> Place {
        let keys = keys.into_iter();
        let mut path = Vec::with_capacity(self.path.len() + keys.size_hint().0);
        path.extend(self.path.iter().cloned());
        path.extend(keys);
        Place { file: self.file.clone(), path, at_key: false, item: self.item.clone() }
    }

    /// The same place, in what an `each` makes for one of its items.
    pub(crate) fn for_item(mut self, item: &str) -> Place {
        self.item = Some(item.into());
        self
    }

    /// The same place, its key meant.
    pub fn key(mut self) -> Place {
        self.at_key = true;
        self
    }
}

/// A looked-up place: the file's text and a span in it.
#[derive(Debug, Clone)]
pub struct Spot {
    /// The file with its text.
    pub source: Arc<NamedSource<String>>,
    /// Byte offset of the span.
    pub offset: usize,
    /// Length of the span in bytes.
    pub length: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct Finding {
    /// A stable code, as in `unknown-field`.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The fault: lower case, a phrase.
    pub message: String,
    /// The remedy.
    pub help: Option<String>,
    /// Where.
    pub place: Option<Place>,
    /// The resource that it is about, where it is about one.
    pub about: Option<Address>,
    /// A second place that belongs to it, with what it is.
    pub also: Option<(Place, String)>,
    /// The part of the value's text that it is about; all of it without.
    pub part: Option<TextPart>,
    /// The place looked up.
    pub spot: Option<Spot>,
    /// The second place looked up.
    pub also_spot: Option<Spot>,
}

impl Finding {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Finding {
        Finding {
            code,
            level: Level::Error,
            message: message.into(),
            help: None,
            place: None,
            about: None,
            also: None,
            part: None,
            spot: None,
            also_spot: None,
        }
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Finding {
        Finding { level: Level::Warning, ..Finding::error(code, message) }
    }

    /// The same finding with what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// The same finding at a place.
    pub fn at(mut self, place: &Place) -> Finding {
        self.place = Some(place.clone());
        self
    }

    /// The same finding, about a resource.
    pub fn about(mut self, address: &Address) -> Finding {
        self.about = Some(address.clone());
        self
    }

    /// The same finding with a second place, such as where the name was declared first.
    pub fn also(mut self, place: &Place, what: impl Into<String>) -> Finding {
        self.also = Some((place.clone(), what.into()));
        self
    }

    /// The same finding about a part of the text at its place.
    pub(crate) fn inside(mut self, part: TextPart) -> Finding {
        self.part = Some(part);
        self
    }

    /// Says whether it is an error.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// `file:line:column`, as far as known.
    pub fn location(&self) -> Option<String> {
        match (&self.spot, &self.place) {
            (Some(spot), _) => Some(format!("{}:{}:{}", spot.source.name(), spot.line, spot.column)),
            (None, Some(place)) => Some(place.file.to_string()),
            (None, None) => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.spot.as_ref().map(|spot| &*spot.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let spot = self.spot.as_ref()?;
        let mut labels = vec![LabeledSpan::new_primary_with_span(None, (spot.offset, spot.length))];
        // One snippet shows one file: a second place in another file is told in words, by `location`.
        if let (Some(also), Some((_, what))) = (&self.also_spot, &self.also)
            && also.source.name() == spot.source.name()
        {
            labels.push(LabeledSpan::new_with_span(Some(what.clone()), (also.offset, also.length)));
        }
        Some(Box::new(labels.into_iter()))
    }
}
