//! Texts for properties: anchors, comments, all ways to write lists, maps and texts, any depth of indentation, both line
//! ends. Each word and each comment stands once, so that none can take another's place unseen.

use proptest::prelude::*;

/// A YAML document, written in some way.
pub(in crate::source) fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), 0..160).prop_map(|bytes| GeneratedText::of(&bytes).document())
}

struct GeneratedText<'b> {
    bytes: &'b [u8],
    words: usize,
    anchors: usize,
    text: String,
}

impl GeneratedText<'_> {
    fn of(bytes: &[u8]) -> GeneratedText<'_> {
        GeneratedText { bytes, words: 0, anchors: 0, text: String::new() }
    }

    fn document(mut self) -> String {
        let ends = self.one_of(&["\n", "\r\n"]);
        self.comments(0);
        if self.roll(4) == 0 {
            self.text.push_str("---\n");
        }
        let column = [0, 0, 0, 3][self.roll(4)];
        if self.roll(5) == 0 {
            self.list(column, 0)
        } else {
            self.map(column, 0)
        }
        if self.roll(4) == 0 {
            self.text.truncate(self.text.trim_end().len());
        }
        self.text.replace('\n', ends)
    }

    /// A number below `sides`; 0 once all bytes are used up.
    fn roll(&mut self, sides: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % sides
    }

    fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        texts[self.roll(texts.len())]
    }

    fn word(&mut self) -> String {
        self.words += 1;
        let n = self.words;
        [
            format!("w{n}"),
            format!("{n}"),
            format!("10.0.0.{n}/24"),
            format!("é{n}"),
            format!("0x{n:X}"),
            format!("{n}.10"),
        ][self.roll(6)]
        .clone()
    }

    fn key(&mut self) -> String {
        self.words += 1;
        let n = self.words;
        [format!("k{n}"), format!("'k {n}'"), format!("\"k#{n}\""), format!("10.{n}.0.0/16"), format!("{n}")]
            [self.roll(5)]
        .clone()
    }

    fn end(&mut self) {
        if self.roll(3) == 0 {
            self.words += 1;
            let gap = self.one_of(&[" ", "   "]);
            self.text.push_str(&format!("{gap}# c{}", self.words));
        }
        let end = self.one_of(&["\n", "\n", "  \n"]);
        self.text.push_str(end);
    }

    fn comments(&mut self, column: usize) {
        for _ in 0..[0, 0, 1, 2][self.roll(4)] {
            self.words += 1;
            let blanks = [column, column, 0, column + 1][self.roll(4)];
            self.text.push_str(&format!("{}# c{}\n", " ".repeat(blanks), self.words));
        }
        for _ in 0..[0, 0, 0, 1, 3][self.roll(5)] {
            self.text.push('\n');
        }
    }

    fn map(&mut self, column: usize, depth: usize) {
        for n in 0..1 + self.roll(4) {
            if n > 0 {
                self.comments(column);
                self.text.push_str(&" ".repeat(column));
            } else if self.text.is_empty() || self.text.ends_with('\n') {
                self.text.push_str(&" ".repeat(column));
            }
            let key = self.key();
            self.text.push_str(&key);
            self.text.push(':');
            self.value(column, depth + 1, true);
        }
    }

    fn list(&mut self, column: usize, depth: usize) {
        for n in 0..1 + self.roll(4) {
            if n > 0 {
                self.comments(column);
            }
            if self.text.is_empty() || self.text.ends_with('\n') {
                self.text.push_str(&" ".repeat(column));
            }
            self.text.push('-');
            let gap = [1, 1, 3][self.roll(3)];
            match self.roll(5) {
                0 if depth < 3 => {
                    self.text.push_str(&" ".repeat(gap));
                    self.map(column + 1 + gap, depth + 1);
                }
                1 if depth < 3 => {
                    self.text.push_str(&" ".repeat(gap));
                    self.list(column + 1 + gap, depth + 1);
                }
                _ => self.value(column, depth + 1, false),
            }
        }
    }

    /// What stands behind a colon or a dash.
    fn value(&mut self, column: usize, depth: usize, is_keyed: bool) {
        let below = column + 1 + self.roll(4);
        let anchor = if self.roll(6) == 0 {
            self.anchors += 1;
            format!(" &a{}", self.anchors)
        } else {
            String::new()
        };
        match self.roll(10) {
            0 if anchor.is_empty() => self.end(),
            1 if self.anchors > 0 && anchor.is_empty() => {
                // Only what is complete can be referred to; scalars are.
                let (word, n) = (self.word(), self.anchors + 1);
                self.anchors = n;
                self.text.push_str(&format!(" {{ x: &a{n} {word}, y: *a{n} }}"));
                self.end();
            }
            2 | 3 if depth < 4 => {
                self.text.push_str(&anchor);
                self.end();
                self.comments(below);
                let from = if is_keyed && self.roll(2) == 0 { column } else { below };
                if self.roll(2) == 0 { self.list(from, depth) } else { self.map(below, depth) }
            }
            4 => {
                let (one, two) = (self.word(), self.word());
                let gap = " ".repeat(below);
                self.text.push_str(&format!("{anchor} \"{one} # no\n\n{gap}{two} \\\"x\\\\\""));
                self.end();
            }
            5 => {
                let (one, two) = (self.word(), self.word());
                self.text.push_str(&format!("{anchor} x{one}\n{}{two}", " ".repeat(below)));
                self.end();
            }
            6 | 7 => self.lines(&anchor, column, below),
            8 => {
                self.text.push_str(&anchor);
                self.text.push(' ');
                self.flow(below, depth);
                self.end();
            }
            _ => {
                let word = self.word();
                let quote = self.one_of(&["", "'", "\""]);
                self.text.push_str(&format!("{anchor} {quote}{word}{quote}"));
                self.end();
            }
        }
    }

    fn lines(&mut self, anchor: &str, column: usize, below: usize) {
        let said = self.roll(3) == 0;
        let header = self.one_of(&[">", "|", "|-", "|+", ">-"]);
        let digit = if said { (below - column).to_string() } else { String::new() };
        self.text.push_str(&format!("{anchor} {header}{digit}"));
        let end = self.one_of(&["\n", " # of the text\n"]);
        self.text.push_str(end);
        let gap = " ".repeat(below);
        for n in 0..1 + self.roll(3) {
            let word = self.word();
            let deeper = if n > 0 { self.one_of(&["", "  "]) } else { "" };
            let end = self.one_of(&["", "  ", "\n", "\n\n"]);
            self.text.push_str(&format!("{gap}{deeper}{word} # no{end}\n"));
        }
    }

    fn flow(&mut self, below: usize, depth: usize) {
        let breaks = self.roll(3) == 0;
        let (open, close) = [("{ ", " }"), ("[", "]"), ("{", "}")][self.roll(3)];
        self.text.push_str(open);
        for n in 0..self.roll(4) {
            if n > 0 {
                let end = self.one_of(&[", ", ","]);
                self.text.push_str(end);
            }
            if breaks {
                self.end();
                self.text.push_str(&" ".repeat(below));
            }
            if close != "]" {
                let key = self.key();
                self.text.push_str(&format!("{key}: "));
            }
            if depth < 4 && self.roll(4) == 0 {
                self.flow(below, depth + 1);
            } else {
                let word = self.word();
                self.text.push_str(&word);
            }
        }
        self.text.push_str(close);
    }
}
