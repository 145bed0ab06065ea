//! Where everything stands in a text: each value with the bytes that it takes, and all comments.
//!
//! The parser that makes nodes tells positions in errors only. So a text that it has read is read again by one that tells
//! where its events are; what stands between two events (blanks, comments, anchors, commas) is walked over here, byte by
//! byte. What the two readings disagree on, or what nobody writes in a workspace, is refused by its name.

use std::iter::Peekable;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::quotes::{double_quoted, single_quoted};
use super::{YamlError, parse};

/// Where everything stands in a text.
#[derive(Debug)]
pub(super) struct Layout {
    /// The values of its documents.
    pub documents: Vec<TextPiece>,
    /// The comments, from `#` to the last letter.
    pub comments: Vec<Range<usize>>,
}

/// A value as it stands in a text.
#[derive(Debug)]
pub(super) struct TextPiece {
    /// Where it starts, its anchor and tag included.
    pub from: usize,
    /// Its own bytes, without anchor and tag; empty where nothing is written.
    pub at: Range<usize>,
    /// Says whether an anchor stands before it.
    pub has_anchor: bool,
    /// What it is.
    pub shape: PieceShape,
}

/// What a value is, as it is written.
#[derive(Debug)]
pub(super) enum PieceShape {
    /// Nothing is written, a plain word or a quoted one.
    Word,
    /// A text in lines of its own, behind `|` or `>`: where the lines start.
    Lines(usize),
    /// The content of an anchor.
    Alias,
    /// Items: each with its dash, where the list is written with dashes.
    List(Writing, Vec<ItemPiece>),
    /// Keys and values.
    Map(Writing, Vec<EntryPiece>),
}

/// How a list or a map is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writing {
    /// In lines.
    Block,
    /// In brackets.
    Flow,
}

/// An item of a list.
#[derive(Debug)]
pub(super) struct ItemPiece {
    /// The dash, or where the item starts.
    pub dash: usize,
    /// The item.
    pub value: TextPiece,
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct EntryPiece {
    /// The key.
    pub key: TextPiece,
    /// The key's name.
    pub name: String,
    /// The value.
    pub value: TextPiece,
}

impl Layout {
    /// Where everything stands.
    ///
    /// # Errors
    /// It is not YAML, or written in a way that is not edited.
    pub(super) fn of(text: &str) -> Result<Layout, YamlError> {
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let breaks = |(at, letter): (usize, char)| match letter {
            '\r' => {
                (body.as_bytes().get(at + 1) != Some(&b'\n')).then_some("a carriage return alone, which ends a line")
            }
            '\u{85}' | '\u{2028}' | '\u{2029}' => Some("a letter that ends a line for some readers and not for others"),
            _ => None,
        };
        let shift = text.len() - body.len();
        if let Some((at, what)) = body.char_indices().find_map(|(at, letter)| Some((at, breaks((at, letter))?))) {
            return Err(refused(at + shift, what));
        }
        parse(body)?;
        let starts = body.char_indices().map(|(at, _)| at + shift).chain([text.len()]).collect();
        let events = Parser::new_from_str(body).peekable();
        let mut walk = LayoutWalk { text, starts, events, at: shift, comments: Vec::new() };
        let documents = walk.documents()?;
        Ok(Layout { documents, comments: walk.comments })
    }
}

/// What may stand in front of a text, and is none of it.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// What is not edited, and where.
fn refused(offset: usize, what: &str) -> YamlError {
    let help = Some("write it in the plain way: `KEY: VALUE`, `- ITEM`, `{ KEY: VALUE }` or `[ITEM]`");
    YamlError { code: "not-laid-out", message: format!("this is not edited: {what}"), help, offset: Some(offset) }
}

struct LayoutWalk<'t> {
    text: &'t str,
    /// The byte at which each letter starts, as the parser counts them.
    starts: Vec<usize>,
    events: Peekable<Parser<'t, StrInput<'t>>>,
    /// How far everything has been told.
    at: usize,
    comments: Vec<Range<usize>>,
}

impl<'t> LayoutWalk<'t> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn offset(&self, letter: usize) -> usize {
        self.starts.get(letter).copied().unwrap_or(self.text.len())
    }

    fn refuse<T>(&self, what: &str) -> Result<T, YamlError> {
        Err(refused(self.at, what))
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), YamlError> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(refused(self.offset(error.marker().index()), error.info())),
            None => self.refuse("it ends too early"),
        }
    }

    fn peek(&mut self) -> Option<&Event<'t>> {
        match self.events.peek() {
            Some(Ok((event, _))) => Some(event),
            _ => None,
        }
    }

    fn documents(&mut self) -> Result<Vec<TextPiece>, YamlError> {
        let mut documents = Vec::new();
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd, _) => {}
                (Event::DocumentStart(is_explicit), span) => {
                    self.between_documents();
                    if is_explicit {
                        self.at = self.offset(span.start.index()) + "---".len();
                    }
                    documents.push(self.value(None)?);
                }
                (Event::StreamEnd, _) => {
                    self.between_documents();
                    return Ok(documents);
                }
                _ => return self.refuse("what stands here"),
            }
        }
    }

    /// Goes over directives and the ends of documents.
    fn between_documents(&mut self) {
        loop {
            self.gap(b"");
            let is_line_of_its_own = self.rest().starts_with("...") || self.rest().starts_with('%');
            if !is_line_of_its_own {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// Goes over blanks, line ends and comments, and over some marks.
    fn gap(&mut self, marks: &[u8]) {
        while let Some(byte) = self.byte() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => {
                    let line = self.rest().lines().next().unwrap_or_default().trim_end();
                    self.comments.push(self.at..self.at + line.len());
                    self.at += line.len();
                }
                mark if marks.contains(&mark) => self.at += 1,
                _ => return,
            }
        }
    }

    /// Goes over the blanks of a line.
    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Goes over the name of an anchor, an alias or a tag.
    fn name(&mut self) {
        let ends = |letter: char| letter.is_whitespace() || matches!(letter, ',' | '[' | ']' | '{' | '}');
        self.at += self.rest().find(ends).unwrap_or(self.rest().len());
    }

    /// The next value. `column` is that of the map or list around it.
    fn value(&mut self, around: Option<Writing>) -> Result<TextPiece, YamlError> {
        let (has_anchor, has_tag, is_nothing) = match self.peek() {
            Some(Event::Scalar(text, style, anchor, tag)) => {
                (*anchor > 0, tag.is_some(), *style == ScalarStyle::Plain && text.is_empty())
            }
            Some(Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag)) => {
                (*anchor > 0, tag.is_some(), false)
            }
            _ => (false, false, false),
        };
        let count = usize::from(has_anchor) + usize::from(has_tag);
        if !is_nothing || count > 0 {
            self.gap(b"");
        }
        let from = self.at;
        for n in 1..=count {
            self.name();
            // What stands between it and what follows, where nothing belongs to it, is not of it.
            if !is_nothing || n < count {
                self.gap(b"");
            }
        }
        let start = self.at;
        let (event, span) = self.next()?;
        let shape = match event {
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => self.lines(&span)?,
            Event::Scalar(..) if is_nothing => PieceShape::Word,
            Event::Scalar(_, style, ..) => {
                self.word(style, &span)?;
                PieceShape::Word
            }
            Event::Alias(_) => {
                self.name();
                PieceShape::Alias
            }
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map(around)?,
            _ => return self.refuse("what stands here"),
        };
        Ok(TextPiece { from, at: start..self.at, has_anchor, shape })
    }

    /// Goes over a plain word, as far as the parser says, or a quoted one, of which it may say too much.
    fn word(&mut self, style: ScalarStyle, span: &Span) -> Result<(), YamlError> {
        let length = match (style, self.byte()) {
            (ScalarStyle::SingleQuoted, Some(b'\'')) => self.rest().get(1..).and_then(single_quoted),
            (ScalarStyle::DoubleQuoted, Some(b'"')) => self.rest().get(1..).and_then(double_quoted),
            (ScalarStyle::Plain, _) => {
                let word = self.text.get(self.at..self.offset(span.end.index())).map(str::trim_end);
                word.map(str::len).filter(|&length| length > 0)
            }
            _ => None,
        };
        let Some(length) = length else { return self.refuse("what stands here") };
        self.at += length;
        Ok(())
    }

    fn lines(&mut self, span: &Span) -> Result<PieceShape, YamlError> {
        if !matches!(self.byte(), Some(b'|' | b'>')) {
            return self.refuse("what stands here");
        }
        let header = self.rest().find('\n').map_or(self.rest().len(), |at| at + 1);
        // A comment behind the header is one.
        if let Some(comment) = self.rest().get(..header).and_then(|line| line.find('#')) {
            let text = self.rest().get(comment..header).unwrap_or_default().trim_end();
            self.comments.push(self.at + comment..self.at + comment + text.len());
        }
        let first = self.at + header;
        let end = self.offset(span.end.index()).max(first);
        let content = self.text.get(first..end).unwrap_or_default();
        self.at = match content.trim_end() {
            "" => self.at + self.rest().get(..header).unwrap_or_default().trim_end().len(),
            content => first + content.len(),
        };
        Ok(PieceShape::Lines(first))
    }

    fn list(&mut self) -> Result<PieceShape, YamlError> {
        let writing = if self.byte() == Some(b'[') { Writing::Flow } else { Writing::Block };
        let mut items = Vec::new();
        if writing == Writing::Flow {
            self.at += 1;
        }
        while !matches!(self.peek(), Some(Event::SequenceEnd)) {
            // The last item may end in the middle of a gap that belongs to it.
            self.gap(if writing == Writing::Flow { b"," } else { b"" });
            let dash = self.at;
            if writing == Writing::Block {
                let is_dash = self.byte() == Some(b'-') && self.is_followed_by_blank();
                if !is_dash {
                    return self.refuse("what stands here, where a `-` is due");
                }
                self.at += 1;
            }
            let value = self.value(Some(writing))?;
            items.push(ItemPiece { dash, value });
        }
        self.end(writing, b']')?;
        Ok(PieceShape::List(writing, items))
    }

    fn map(&mut self, around: Option<Writing>) -> Result<PieceShape, YamlError> {
        let writing = if self.byte() == Some(b'{') { Writing::Flow } else { Writing::Block };
        if writing == Writing::Flow {
            self.at += 1;
        } else if around == Some(Writing::Flow) {
            return self.refuse("a pair in brackets without braces");
        }
        let mut entries = Vec::new();
        while !matches!(self.peek(), Some(Event::MappingEnd)) {
            self.gap(if writing == Writing::Flow { b"," } else { b"" });
            if self.byte() == Some(b'?') && self.is_followed_by_blank() {
                return self.refuse("a key behind `?`");
            }
            let name = match self.peek() {
                Some(Event::Scalar(name, ..)) if !name.is_empty() => name.to_string(),
                Some(_) => return self.refuse("a key that is no word"),
                None => {
                    self.next()?;
                    return self.refuse("what stands here");
                }
            };
            let key = self.value(Some(writing))?;
            let end = self.at;
            if writing == Writing::Flow {
                self.gap(b"");
            } else {
                self.blanks();
            }
            match self.byte() {
                Some(b':') => self.at += 1,
                _ if writing == Writing::Flow => self.at = end,
                _ => return self.refuse("what stands here, where a `:` is due"),
            }
            let value = self.value(Some(writing))?;
            entries.push(EntryPiece { key, name, value });
        }
        self.end(writing, b'}')?;
        Ok(PieceShape::Map(writing, entries))
    }

    fn is_followed_by_blank(&self) -> bool {
        self.text.as_bytes().get(self.at + 1).is_none_or(u8::is_ascii_whitespace)
    }

    /// The end of a list or a map. One in lines ends with its last value: what follows is not of it.
    fn end(&mut self, writing: Writing, bracket: u8) -> Result<(), YamlError> {
        self.next()?;
        if writing == Writing::Flow {
            self.gap(b",");
            if self.byte() != Some(bracket) {
                return self.refuse("what stands here, where a bracket is due");
            }
            self.at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of a value, outermost first, each with its text.
    fn told<'t>(text: &'t str, piece: &TextPiece, found: &mut Vec<&'t str>) {
        found.push(&text[piece.at.clone()]);
        match &piece.shape {
            PieceShape::List(_, items) => items.iter().for_each(|item| told(text, &item.value, found)),
            PieceShape::Map(_, entries) => entries.iter().for_each(|entry| {
                found.push(&text[entry.key.at.clone()]);
                told(text, &entry.value, found);
            }),
            PieceShape::Word | PieceShape::Lines(_) | PieceShape::Alias => {}
        }
    }

    #[test]
    fn every_value_is_told_with_its_bytes() {
        for (text, pieces) in [
            ("a: 1 # c\r\nb: \"é\"\r\n", vec!["a: 1 # c\r\nb: \"é\"", "a", "1", "b", "\"é\""]),
            (
                "a: &x\nb: &y\n- *x\n-\n- 'o''k'\n",
                vec!["a: &x\nb: &y\n- *x\n-\n- 'o''k'", "a", "", "b", "- *x\n-\n- 'o''k'", "*x", "", "'o''k'"],
            ),
            ("{ a: [1, ], b, c: {} } # d", vec!["{ a: [1, ], b, c: {} }", "a", "[1, ]", "1", "b", "", "c", "{}"]),
            (
                "a: |+ # c\n  x\n\n# d\nb: x\n  y\n",
                vec!["a: |+ # c\n  x\n\n# d\nb: x\n  y", "a", "|+ # c\n  x", "b", "x\n  y"],
            ),
            ("\u{feff}a:\n- - 1\n  - 2\n", vec!["a:\n- - 1\n  - 2", "a", "- - 1\n  - 2", "- 1\n  - 2", "1", "2"]),
            ("a: # none\nb: &m # it\n  c: ~\n", vec!["a: # none\nb: &m # it\n  c: ~", "a", "", "b", "c: ~", "c", "~"]),
            ("--- # one\n'a': >-\n\n  x\n...\n", vec!["'a': >-\n\n  x", "'a'", ">-\n\n  x"]),
        ] {
            let layout = Layout::of(text).unwrap_or_else(|error| panic!("{text}: {}", error.message));
            let mut found = Vec::new();
            layout.documents.iter().for_each(|piece| told(text, piece, &mut found));
            assert_eq!(found, pieces, "{text}");
        }
    }

    #[test]
    fn every_comment_is_told_and_nothing_that_only_looks_like_one() {
        let text = "# a\nx: a#b # c \n\ny: '# no' #d\nz: |  # e\n  # no\n# f\n...\n# g\n---\n[1, # h\n  2]\n#i";
        let found: Vec<&str> = Layout::of(text).unwrap().comments.into_iter().map(|at| &text[at]).collect();
        assert_eq!(found, ["# a", "# c", "#d", "# e", "# f", "# g", "# h", "#i"]);
    }

    #[test]
    fn what_is_not_edited_is_refused_by_its_name() {
        for (text, what) in [
            ("? a\n: 1\n", "a key behind `?`"),
            ("a: [b: 1]\n", "a pair in brackets without braces"),
            ("a: 1\rb: 2\r", "a carriage return alone"),
            ("a: 'x\u{2028}y'\n", "ends a line for some readers"),
            ("a: [\n", "not YAML"),
            ("a:\n  b: {\n  c: 1\n  }\n", "invalid indentation"),
            ("a: !x y\n", "the tag `!x`"),
        ] {
            let error = Layout::of(text).unwrap_err();
            assert!(error.message.contains(what), "{text}: {}", error.message);
        }
    }
}
