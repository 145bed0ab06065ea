//! One way to indent: two blanks for each level, lists within their keys, no blanks at the end of a line.
//!
//! Nothing but blanks and line ends changes: no word is quoted otherwise, sorted, folded or moved to another line. What is
//! aligned within a line stays so, and what goes on over several lines (a text, brackets) moves as a whole. A comment goes
//! along with what it stands before, or with what it is as deep as. Both texts are read and compared before the new one is
//! given: it means the same, and is the same but for blanks.

use std::collections::BTreeMap;

use super::layout::{BYTE_ORDER_MARK, EntryPiece, ItemPiece, Layout, PieceShape, TextPiece, Writing};
use super::{YamlError, parse};

/// Blanks for each level.
const STEP: usize = 2;

/// The same text, indented the one way.
///
/// # Errors
/// It is not YAML, or written in a way that is not edited.
pub(crate) fn formatted(text: &str) -> Result<String, YamlError> {
    let layout = Layout::of(text)?;
    let mut pass = Indenting::new(text);
    layout.documents.iter().for_each(|root| pass.root(root));
    pass.comments(&layout);
    let new = pass.text();
    let meaning = |text: &str| parse(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text));
    let is_same = meaning(text).is_ok() && meaning(text) == meaning(&new) && words(text).eq(words(&new));
    if is_same { Ok(new) } else { Err(other_meaning()) }
}

/// All but blanks and line ends.
fn words(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|letter| !letter.is_whitespace())
}

fn other_meaning() -> YamlError {
    YamlError {
        code: "not-laid-out",
        message: "this is not edited: indented otherwise, it would mean something else".into(),
        help: Some("give a text behind `|` or `>` lines of the same depth, or quote it"),
        offset: None,
    }
}

/// A line, and what becomes of it.
struct LinePlan<'t> {
    /// Where it starts.
    start: usize,
    /// Its text, without the line's end.
    text: &'t str,
    /// The letters that go at its start, and the blanks that come there.
    indent: Option<(usize, usize)>,
    /// Says whether blanks at its end are part of a text.
    keeps_end: bool,
    /// Says whether it lies within a text, so that not even an empty line is too much.
    is_inside: bool,
}

impl LinePlan<'_> {
    fn blanks(&self) -> usize {
        self.text.len() - self.text.trim_start_matches([' ', '\t']).len()
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// The columns, old and new, of the lists and maps around a place.
type Frames = Vec<(usize, usize)>;

struct Indenting<'t> {
    text: &'t str,
    lines: Vec<LinePlan<'t>>,
    /// Where blanks behind a dash are too many, or not blanks.
    dashes: BTreeMap<usize, usize>,
    frames: Frames,
    /// What is around the last word of a line.
    around: BTreeMap<usize, Frames>,
    /// The old and new column of a line that starts with a key or an item.
    starts: BTreeMap<usize, (usize, usize)>,
}

/// Where a value is to stand: the column of what is around it, before and after, and how far it moves to the right.
#[derive(Clone, Copy)]
struct Indents {
    old: usize,
    new: usize,
    shift: isize,
}

impl<'t> Indenting<'t> {
    fn new(text: &'t str) -> Indenting<'t> {
        let mut lines = Vec::new();
        let mut start = text.len() - text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).len();
        for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
            let own = line.strip_suffix('\n').unwrap_or(line);
            let own = own.strip_suffix('\r').unwrap_or(own);
            lines.push(LinePlan { start, text: own, indent: None, keeps_end: false, is_inside: false });
            start += line.len();
        }
        let (frames, around, starts) = (Frames::new(), BTreeMap::new(), BTreeMap::new());
        Indenting { text, lines, dashes: BTreeMap::new(), frames, around, starts }
    }

    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset).saturating_sub(1)
    }

    fn column(&self, offset: usize) -> usize {
        let start = self.lines.get(self.line(offset)).map_or(0, |line| line.start);
        self.text.get(start..offset).unwrap_or_default().chars().count()
    }

    fn is_first(&self, offset: usize) -> bool {
        self.lines.get(self.line(offset)).is_some_and(|line| line.start + line.blanks() == offset)
    }

    /// Gives a line that starts with something its new column.
    fn begin(&mut self, offset: usize, column: usize) {
        let (n, old) = (self.line(offset), self.column(offset));
        if self.is_first(offset)
            && let Some(line) = self.lines.get_mut(n)
        {
            line.indent = Some((line.blanks(), column));
            self.starts.insert(n, (old, column));
        }
        self.around.insert(n, self.frames.clone());
    }

    fn root(&mut self, root: &TextPiece) {
        self.frames.clear();
        match &root.shape {
            PieceShape::List(Writing::Block, _) | PieceShape::Map(Writing::Block, _) => {
                self.begin(root.from, 0);
                self.block(root, 0);
            }
            _ => self.within(root, |line| line.keeps_end = true),
        }
    }

    /// Says that lines lie within a value, all but the one that it starts on.
    fn within(&mut self, piece: &TextPiece, mut change: impl FnMut(&mut LinePlan<'t>)) {
        let (first, last) = (self.line(piece.at.start), self.line(piece.at.end));
        for n in first..=last {
            let Some(line) = self.lines.get_mut(n) else { continue };
            if n > first {
                line.is_inside = true;
            }
            change(line);
        }
    }

    /// A list or map in lines, at its new column.
    fn block(&mut self, piece: &TextPiece, column: usize) {
        let old = self.column(piece.at.start);
        self.frames.push((old, column));
        match &piece.shape {
            PieceShape::Map(_, entries) => entries.iter().for_each(|entry| self.entry(entry, old, column)),
            PieceShape::List(_, items) => items.iter().for_each(|item| self.item(item, old, column)),
            PieceShape::Word | PieceShape::Lines(_) | PieceShape::Alias => {}
        }
        self.frames.pop();
    }

    fn entry(&mut self, entry: &EntryPiece, old: usize, new: usize) {
        self.begin(entry.key.from, new);
        let shift = new as isize - old as isize;
        self.value(&entry.value, Indents { old, new, shift }, self.line(entry.key.at.end));
    }

    fn item(&mut self, item: &ItemPiece, old: usize, new: usize) {
        self.begin(item.dash, new);
        let line = self.line(item.dash);
        let behind = item.dash + 1..item.value.from;
        let mut shift = new as isize - old as isize;
        if self.line(item.value.from) == line && !behind.is_empty() {
            shift = (new + STEP) as isize - self.column(item.value.from) as isize;
            self.dashes.insert(behind.start, behind.end);
        }
        self.value(&item.value, Indents { old, new, shift }, line);
    }

    /// The value of a key, or an item. `line` is where its key or its dash stands.
    fn value(&mut self, piece: &TextPiece, around: Indents, line: usize) {
        if piece.from == piece.at.end {
            return;
        }
        let deeper = around.new + STEP;
        let mut shift = around.shift;
        // An anchor may stand on one line, and what it is for on the next.
        for start in [piece.from, piece.at.start] {
            if self.line(start) != line && self.is_first(start) {
                self.begin(start, deeper);
                shift = deeper as isize - self.column(start) as isize;
            }
        }
        match &piece.shape {
            PieceShape::List(Writing::Block, _) | PieceShape::Map(Writing::Block, _) => self.block(piece, deeper),
            PieceShape::Lines(first) => self.lines_of_text(piece, *first, around),
            PieceShape::Word | PieceShape::Alias | PieceShape::List(..) | PieceShape::Map(..) => {
                self.further_lines(piece, Indents { shift, ..around });
                self.texts_within(piece);
            }
        }
    }

    /// Moves the lines on which a value goes on.
    fn further_lines(&mut self, piece: &TextPiece, around: Indents) {
        let (first, last) = (self.line(piece.at.start), self.line(piece.at.end.saturating_sub(1)));
        for line in self.lines.get_mut(first + 1..=last).unwrap_or_default() {
            let blanks = line.blanks();
            let rest = line.text.get(blanks..).unwrap_or_default();
            // A bracket that closes may stand below what it belongs to, nothing else may.
            let least = if rest.starts_with([']', '}']) { around.new } else { around.new + STEP };
            let moved = blanks.saturating_add_signed(around.shift).max(least);
            line.indent = Some((blanks, if rest.is_empty() { 0 } else { moved }));
        }
    }

    /// Notes which lines lie within the texts of a value.
    fn texts_within(&mut self, piece: &TextPiece) {
        match &piece.shape {
            PieceShape::Word => {
                let last = self.line(piece.at.end);
                let end = self.lines.get(last).map_or(0, |line| line.start);
                self.within(piece, |line| line.keeps_end = line.start < end);
            }
            PieceShape::List(_, items) => items.iter().for_each(|item| self.texts_within(&item.value)),
            PieceShape::Map(_, entries) => entries.iter().for_each(|entry| {
                self.texts_within(&entry.key);
                self.texts_within(&entry.value);
            }),
            PieceShape::Lines(_) | PieceShape::Alias => {}
        }
    }

    /// Moves a text in lines of its own.
    fn lines_of_text(&mut self, piece: &TextPiece, first: usize, around: Indents) {
        let header = self.text.get(piece.at.start..first).unwrap_or_default();
        let header = header.split([' ', '\t', '#']).next().unwrap_or_default();
        let said = header.chars().find_map(|letter| letter.to_digit(10)).and_then(|digit| usize::try_from(digit).ok());
        let keeps_all = header.contains('+');
        let from = self.line(first);
        if first >= self.text.len() || self.lines.get(from).is_none_or(|line| line.start != first) {
            return;
        }
        let depth = |line: &LinePlan<'_>| line.text.len() - line.text.trim_start_matches(' ').len();
        let is_empty = |line: &LinePlan<'_>| depth(line) == line.text.len();
        let below = self.lines.get(from..).unwrap_or_default();
        let found = below.iter().find(|line| !is_empty(line)).map(depth).filter(|depth| *depth > around.old);
        let old = said.map(|depth| around.old + depth).or(found);
        let new = around.new + said.unwrap_or(STEP);
        let reaches = |line: &&LinePlan<'_>| is_empty(line) || old.is_some_and(|old| depth(line) >= old);
        let mut count = below.iter().take_while(reaches).count();
        while !keeps_all && below.get(..count).and_then(<[_]>::last).is_some_and(is_empty) {
            count -= 1;
        }
        for line in self.lines.get_mut(from..from + count).unwrap_or_default() {
            let old = old.unwrap_or(usize::MAX);
            let is_short = is_empty(line) && line.text.len() <= old;
            line.indent = Some(if is_short { (line.text.len(), 0) } else { (old, new) });
            (line.keeps_end, line.is_inside) = (true, true);
        }
    }

    /// Gives the comments on lines of their own their columns.
    fn comments(&mut self, layout: &Layout) {
        for comment in &layout.comments {
            let n = self.line(comment.start);
            if !self.is_first(comment.start) || self.lines.get(n).is_none_or(|line| line.indent.is_some()) {
                continue;
            }
            let old = self.column(comment.start);
            let next = self.starts.range(n..).next().map(|(_, columns)| *columns);
            let around = self.around.range(..n).next_back().map(|(_, frames)| frames.as_slice()).unwrap_or_default();
            let home = around.iter().rev().find(|(column, _)| *column <= old);
            let column = match (next, home) {
                (Some((next, column)), _) if next == old => column,
                (_, Some((_, column))) => *column,
                (Some((_, column)), None) => column,
                (None, None) => 0,
            };
            if let Some(line) = self.lines.get_mut(n) {
                line.indent = Some((line.blanks(), column));
            }
        }
    }

    /// The new text.
    fn text(&self) -> String {
        let own = self.text.strip_prefix(BYTE_ORDER_MARK);
        let mark = if own.is_some() { BYTE_ORDER_MARK.to_string() } else { String::new() };
        let first_end = self.text.find('\n').and_then(|end| self.text.get(..end));
        let line_end = if first_end.is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" };
        let mut new = mark.clone();
        let mut is_apart = false;
        for line in &self.lines {
            if line.is_blank() && !line.is_inside {
                is_apart = new.len() > mark.len();
                continue;
            }
            if std::mem::take(&mut is_apart) {
                new.push_str(line_end);
            }
            let (strip, put) = line.indent.unwrap_or((0, 0));
            new.push_str(&" ".repeat(put));
            let kept = self.with_one_blank(line, strip);
            new.push_str(if line.keeps_end { &kept } else { kept.trim_end() });
            new.push_str(line_end);
        }
        // Where a text ends without a line's end, that is part of what it means.
        let is_open = !self.text.ends_with('\n') && self.lines.last().is_some_and(|line| line.keeps_end);
        if is_open {
            new.truncate(new.len() - line_end.len());
        }
        new
    }

    /// A line behind its indentation, each dash followed by one blank.
    fn with_one_blank(&self, line: &LinePlan<'_>, strip: usize) -> String {
        let mut kept = String::new();
        let mut at = line.start + strip.min(line.text.len());
        for (&start, &end) in self.dashes.range(line.start..line.start + line.text.len()) {
            if start >= at {
                kept.push_str(self.text.get(at..start).unwrap_or_default());
                kept.push(' ');
                at = end;
            }
        }
        kept.push_str(self.text.get(at..line.start + line.text.len()).unwrap_or_default());
        kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::yaml::generated;

    fn format(text: &str) -> String {
        formatted(text).unwrap_or_else(|error| panic!("{text}\n{}", error.message))
    }

    #[test]
    fn levels_are_two_blanks_deep_and_all_else_is_as_it_was() {
        for (text, expected) in [
            (
                "a:\n    b: 1   # c  \n\n\n\n    c:\n    - x\n    -   y: 1\n        z: 'q'\n",
                "a:\n  b: 1   # c\n\n  c:\n    - x\n    - y: 1\n      z: 'q'\n",
            ),
            ("\n\n# top\na: { b:   1,\n     c: 2 }\n", "# top\na: { b:   1,\n     c: 2 }\n"),
            ("a:\n    b: {\n     c: 1\n    }\n", "a:\n  b: {\n    c: 1\n  }\n"),
            ("a:\r\n   b: 1\nc: 2", "a:\r\n  b: 1\r\nc: 2\r\n"),
            ("a: |\n     x\n       y \n\nb:\n- >2\n    z\n", "a: |\n  x\n    y \n\nb:\n  - >2\n      z\n"),
            ("a:\n   'x\n   y'\n", "a:\n  'x\n  y'\n"),
            ("-   - 1\n    - 2\n-\n      a: &x\n        - 1\n", "- - 1\n  - 2\n-\n  a: &x\n    - 1\n"),
            ("a: &x   # why\n      b: 1\nc:   *x\n", "a: &x   # why\n  b: 1\nc:   *x\n"),
            ("a: |+\n x\n\n\n", "a: |+\n  x\n\n\n"),
            ("a: |\n x", "a: |\n  x"),
            ("", ""),
            ("  \n\n", ""),
            ("---\na: 1\n---\n\n  # b\n  b: 1\n", "---\na: 1\n---\n\n# b\nb: 1\n"),
        ] {
            assert_eq!(format(text), expected, "{text}");
        }
    }

    #[test]
    fn a_comment_goes_along_with_what_it_stands_before_or_is_as_deep_as() {
        let text = "a:\n    # about b\n    b: 1\n    # also of a\n# about c\nc:\n- x\n# about y\n- y\n  # below y\n";
        let expected =
            "a:\n  # about b\n  b: 1\n  # also of a\n# about c\nc:\n  - x\n  # about y\n  - y\n  # below y\n";
        assert_eq!(format(text), expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn twice_is_once_and_nothing_else_changes(text in generated::text()) {
            let once = formatted(&text);
            prop_assert!(once.is_ok(), "{}\n{:?}", text, once);
            let once = once.unwrap();
            prop_assert_eq!(formatted(&once), Ok(once.clone()), "{}", text);
            prop_assert_eq!(parse(&once).unwrap(), parse(&text).unwrap());
            prop_assert!(words(&once).eq(words(&text)));
        }

        #[test]
        fn no_text_makes_it_panic(
            text in "([a-c:{}\\[\\],&*!|>#'\"\\-?%\\\\ \t\n\r\u{e9}0-9.]|<<: |&a |\\*a|: |- |\n  |\r\n|>2|\\|\\+){0,60}"
        ) {
            if let Ok(once) = formatted(&text) {
                prop_assert_eq!(parse(&once).unwrap(), parse(&text).unwrap());
            }
        }
    }
}
