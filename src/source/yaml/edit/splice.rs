//! The bytes that change: which go, and which come in their place.

use std::ops::Range;

use serde_json::Value;

use super::{NotEdited, refused};
use crate::finding::PathKey;
use crate::source::yaml::emit::yaml;
use crate::source::yaml::layout::{EntryPiece, ItemPiece, PieceShape, TextPiece, Writing};

/// Changes of one text, in any order, none within another.
pub(super) struct Splices<'t> {
    text: &'t str,
    comments: &'t [Range<usize>],
    changes: Vec<(Range<usize>, String)>,
}

impl<'t> Splices<'t> {
    pub(super) fn new(text: &'t str, comments: &'t [Range<usize>]) -> Splices<'t> {
        Splices { text, comments, changes: Vec::new() }
    }

    /// The text with all changes made.
    pub(super) fn text(mut self) -> Result<String, NotEdited> {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut new = String::with_capacity(self.text.len());
        let mut at = 0;
        for (range, text) in &self.changes {
            let Some(before) = self.text.get(at..range.start) else { return refused("two changes touch each other") };
            new.push_str(before);
            new.push_str(text);
            at = range.end;
        }
        new.push_str(self.text.get(at..).unwrap_or_default());
        Ok(new)
    }

    fn change(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.changes.push((range, text.into()));
    }

    /// Gives a value in the place of one.
    pub(super) fn set(&mut self, piece: &TextPiece, value: &Value) -> Result<(), NotEdited> {
        let text = match (&piece.shape, value) {
            (PieceShape::Lines(first), Value::String(text)) => self.lines(piece, *first, text),
            (PieceShape::Word, Value::String(text)) => Some(self.quoted_alike(piece, text)),
            _ => None,
        };
        let text = text.unwrap_or_else(|| inline(value));
        if self.comments.iter().any(|comment| piece.at.contains(&comment.start)) && !text.contains('\n') {
            return refused("a comment stands within it");
        }
        // A list in lines starts below its key, and goes up to it.
        let is_below = matches!(piece.shape, PieceShape::List(Writing::Block, _) | PieceShape::Map(Writing::Block, _));
        let start = if is_below && !piece.has_anchor { self.behind_last_word(piece.from) } else { piece.at.start };
        if self.comments.iter().any(|comment| (start..piece.at.start).contains(&comment.start)) {
            return refused("a comment stands before it");
        }
        let needs_blank = self.text.get(..start).is_some_and(|before| before.ends_with([':', '-']));
        self.change(start..piece.at.end, if needs_blank { format!(" {text}") } else { text });
        Ok(())
    }

    /// Where the last word before a place ends.
    fn behind_last_word(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().trim_end().len()
    }

    /// A text in quotes of the same kind as the one before.
    fn quoted_alike(&self, piece: &TextPiece, text: &str) -> String {
        let is_plain = !text.contains(|letter: char| letter.is_control());
        match self.text.as_bytes().get(piece.at.start) {
            Some(b'\'') if is_plain => format!("'{}'", text.replace('\'', "''")),
            Some(b'"') => Value::from(text).to_string(),
            _ => inline(&Value::from(text)),
        }
    }

    /// A text in lines, where the one before is written so.
    fn lines(&self, piece: &TextPiece, first: usize, text: &str) -> Option<String> {
        let header = self.text.get(piece.at.start..first)?;
        let old = self.text.get(first..piece.at.end)?;
        let depth =
            old.lines().find(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len())?;
        let is_told = |line: &str| line.trim_end() == line && !line.starts_with([' ', '\t']);
        let body = text.strip_suffix('\n').unwrap_or(text);
        if body.is_empty()
            || body.contains(|letter: char| letter.is_control() && letter != '\n')
            || !body.lines().all(is_told)
        {
            return None;
        }
        // A header that says the depth, or folds, would have to be another one.
        let behind = header.trim_start_matches(['|', '>', '-', '+']);
        if behind.starts_with(|letter: char| letter.is_ascii_digit())
            || text.ends_with("\n\n")
            || header.starts_with('>')
        {
            return None;
        }
        let chomping = if text.ends_with('\n') { "" } else { "-" };
        let end = if header.ends_with("\r\n") { "\r\n" } else { "\n" };
        let gap = " ".repeat(depth);
        let lines: Vec<String> =
            body.lines().map(|line| if line.is_empty() { String::new() } else { format!("{gap}{line}") }).collect();
        Some(format!("|{chomping}{behind}{}", lines.join(end)))
    }

    /// Gives a map a key that it has not.
    pub(super) fn add(&mut self, parent: &TextPiece, name: &str, value: &Value) -> Result<(), NotEdited> {
        let entry = format!("{}: {}", inline(&Value::from(name)), inline(value));
        match &parent.shape {
            PieceShape::Map(Writing::Block, entries) => {
                let Some(last) = entries.last() else { return refused("it has no lines yet") };
                let column = self.column(parent.at.start);
                self.add_line(&last.value, column, &entry);
            }
            PieceShape::Map(Writing::Flow, entries) => match entries.last() {
                Some(last) => self.change(last.value.at.end..last.value.at.end, format!(", {entry}")),
                None => self.within_brackets(parent, format!("{{ {entry} }}"))?,
            },
            PieceShape::Word if parent.at.is_empty() => return self.set_nothing(parent, &format!("{{ {entry} }}")),
            PieceShape::Word | PieceShape::Lines(_) | PieceShape::Alias | PieceShape::List(..) => {
                return refused("it is no map");
            }
        }
        Ok(())
    }

    /// Gives items to a list, before one of its own or at its end.
    pub(super) fn insert(&mut self, parent: &TextPiece, index: usize, values: &[Value]) -> Result<(), NotEdited> {
        let PieceShape::List(writing, items) = &parent.shape else { return refused("it is no list") };
        let before = index.checked_sub(1).and_then(|before| items.get(before));
        match (writing, before, items.first()) {
            (Writing::Block, Some(item), _) => {
                let column = self.column(parent.at.start);
                for value in values {
                    self.add_line(&item.value, column, &format!("- {}", inline(value)));
                }
            }
            (Writing::Block, None, _) => {
                let start = parent.at.start;
                let gap = format!("{}{}", self.line_end(), " ".repeat(self.column(start)));
                let lines: String = values.iter().map(|value| format!("- {}{gap}", inline(value))).collect();
                self.change(start..start, lines);
            }
            (Writing::Flow, Some(item), _) => {
                let items: String = values.iter().map(|value| format!(", {}", inline(value))).collect();
                self.change(item.value.at.end..item.value.at.end, items);
            }
            (Writing::Flow, None, Some(first)) => {
                let items: String = values.iter().map(|value| format!("{}, ", inline(value))).collect();
                self.change(first.value.from..first.value.from, items);
            }
            (Writing::Flow, None, None) => {
                let list = inline(&Value::Array(values.to_vec()));
                self.within_brackets(parent, list)?;
            }
        }
        Ok(())
    }

    /// Takes a key or an item away. The comments that stand beside it stay.
    pub(super) fn remove(&mut self, parent: &TextPiece, key: &PathKey) -> Result<(), NotEdited> {
        let (writing, parts, empty) = match &parent.shape {
            PieceShape::Map(writing, entries) => {
                (*writing, entries.iter().map(part_of_entry).collect::<Vec<_>>(), "{}")
            }
            PieceShape::List(writing, items) => (*writing, items.iter().map(part_of_item).collect(), "[]"),
            PieceShape::Word | PieceShape::Lines(_) | PieceShape::Alias => {
                return refused("it is neither a list nor a map");
            }
        };
        let index = match (&parent.shape, key) {
            (PieceShape::Map(_, entries), PathKey::Name(name)) => entries.iter().position(|entry| entry.name == **name),
            (_, PathKey::Index(index)) => Some(*index),
            _ => None,
        };
        let Some((index, own)) = index.and_then(|index| Some((index, parts.get(index)?.clone()))) else {
            return refused("nothing stands there");
        };
        if parts.len() == 1 {
            return self.set(parent, &serde_json::from_str(empty).unwrap_or_default());
        }
        let next = parts.get(index + 1).map(|part| part.start);
        let before = index.checked_sub(1).and_then(|before| parts.get(before)).map(|part| part.end);
        match (writing, next, before) {
            (Writing::Block, _, _) if self.is_first(own.start) => self.remove_lines(own),
            // The first of a map behind a dash: the next one goes up to the dash.
            (Writing::Block, Some(next), _) | (Writing::Flow, Some(next), _) => self.take_out(own.start..next),
            (_, None, Some(before)) => self.take_out(before..own.end),
            (_, None, None) => refused("nothing else stands there"),
        }
    }

    fn take_out(&mut self, range: Range<usize>) -> Result<(), NotEdited> {
        if self.comments.iter().any(|comment| range.contains(&comment.start)) {
            return refused("a comment stands beside it");
        }
        self.change(range, "");
        Ok(())
    }

    /// Takes out whole lines, and leaves the comments on them where they are, on lines of their own.
    fn remove_lines(&mut self, own: Range<usize>) -> Result<(), NotEdited> {
        let column = self.column(own.start);
        let start = self.line_start(own.start);
        let behind = self.text.get(own.end..).and_then(|rest| rest.find('\n'));
        let end = behind.map_or(self.text.len(), |at| own.end + at + 1);
        let on_them = self.comments.iter().filter(|comment| (start..end).contains(&comment.start));
        let kept: String = on_them
            .filter_map(|comment| self.text.get(comment.clone()))
            .map(|comment| format!("{}{comment}{}", " ".repeat(column), self.line_end()))
            .collect();
        self.change(start..end, kept);
        Ok(())
    }

    /// Adds a line behind the one on which a value ends.
    fn add_line(&mut self, value: &TextPiece, column: usize, line: &str) {
        let end = value.at.end;
        let rest = self.text.get(end..).unwrap_or_default();
        let line_end = rest.find('\n').unwrap_or(rest.len());
        let line_end = end + rest.get(..line_end).unwrap_or_default().trim_end_matches('\r').len();
        self.change(line_end..line_end, format!("{}{}{line}", self.line_end(), " ".repeat(column)));
    }

    /// Gives a value where only a key stands.
    fn set_nothing(&mut self, piece: &TextPiece, text: &str) -> Result<(), NotEdited> {
        self.change(piece.at.end..piece.at.end, format!(" {text}"));
        Ok(())
    }

    fn within_brackets(&mut self, piece: &TextPiece, text: String) -> Result<(), NotEdited> {
        if self.comments.iter().any(|comment| piece.at.contains(&comment.start)) {
            return refused("a comment stands within it");
        }
        self.change(piece.at.clone(), text);
        Ok(())
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
    }

    fn column(&self, at: usize) -> usize {
        self.text.get(self.line_start(at)..at).unwrap_or_default().chars().count()
    }

    fn is_first(&self, at: usize) -> bool {
        self.text.get(self.line_start(at)..at).unwrap_or_default().trim().is_empty()
    }

    /// The line end of the text: that of its first line.
    fn line_end(&self) -> &'static str {
        let first = self.text.find('\n').and_then(|end| self.text.get(..end));
        if first.is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
    }
}

fn part_of_entry(entry: &EntryPiece) -> Range<usize> {
    entry.key.from..entry.value.at.end
}

fn part_of_item(item: &ItemPiece) -> Range<usize> {
    item.dash..item.value.at.end
}

/// A value on one line, as it may stand in brackets, too.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => word(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", word(key), inline(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A text as a plain word where it may be one.
fn word(text: &str) -> String {
    let told = yaml(&Value::from(text));
    let told = told.trim_end_matches('\n');
    let is_plain = !text.contains(|letter: char| {
        letter.is_control() || matches!(letter, ',' | '[' | ']' | '{' | '}' | '\u{2028}' | '\u{2029}')
    });
    if is_plain && !told.contains('\n') { told.to_owned() } else { Value::from(text).to_string() }
}
