//! Lines of text for a terminal or a file.

use anstyle::AnsiColor;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::render::words::{number, sanitize_control};

/// How text looks. The caller decides: a file gets no colour, and `NO_COLOR` is heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Says whether colours are used. Nothing is told by colour alone.
    pub color: bool,
    /// Columns of a line. Names, reasons and what is destroyed are never cut; values are.
    pub width: usize,
}

/// The part that a piece of text plays, for its colour: a heading, an addition, a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Plain,
    /// A heading.
    Strong,
    /// By the way.
    Faint,
    /// Something new.
    New,
    /// Something that changes.
    Changed,
    /// Something that is made anew.
    Anew,
    /// Something that goes, or failed.
    Gone,
    /// Something to look at.
    Notice,
}

impl Tone {
    fn style(self) -> anstyle::Style {
        let color = |color: AnsiColor| color.on_default();
        match self {
            Tone::Plain => anstyle::Style::new(),
            Tone::Strong => anstyle::Style::new().bold(),
            Tone::Faint => anstyle::Style::new().dimmed(),
            Tone::New => color(AnsiColor::Green),
            Tone::Changed => color(AnsiColor::Yellow),
            Tone::Anew => color(AnsiColor::Magenta).bold(),
            Tone::Gone => color(AnsiColor::Red).bold(),
            Tone::Notice => color(AnsiColor::Cyan),
        }
    }
}

/// Text that grows line by line. No line ends in a blank, and nothing that is put in speaks to the terminal.
pub(crate) struct TextPage {
    style: Style,
    text: String,
}

/// Columns of one level of indentation.
const STEP: usize = 2;

impl TextPage {
    /// An empty page.
    pub(crate) fn new(style: Style) -> TextPage {
        TextPage { style, text: String::new() }
    }

    /// The columns that are left at a depth.
    pub(crate) fn room(&self, depth: usize) -> usize {
        self.style.width.saturating_sub(depth * STEP).max(40)
    }

    /// Says whether there is room for everything.
    pub(crate) fn is_roomy(&self) -> bool {
        is_roomy(self.style.width)
    }

    /// A line of one tone.
    pub(crate) fn line(&mut self, depth: usize, tone: Tone, text: &str) {
        self.parts(depth, &[(tone, text)]);
    }

    /// What a controller said, which may be many lines, as what a script left: each on its own, below the first.
    pub(crate) fn told(&mut self, depth: usize, said: &str) {
        for (n, line) in said.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            self.line(depth + usize::from(n > 0), Tone::Plain, line);
        }
    }

    /// A line of several tones.
    pub(crate) fn parts(&mut self, depth: usize, parts: &[(Tone, &str)]) {
        let last = parts.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        let Some(last) = last else { return self.text.push('\n') };
        self.text.extend(std::iter::repeat_n(' ', depth * STEP));
        for (n, (tone, text)) in parts.iter().take(last + 1).enumerate() {
            let text = if n == last { text.trim_end() } else { text };
            let safe = sanitize_control(text);
            match *tone {
                tone if self.style.color && tone != Tone::Plain => {
                    let style = tone.style();
                    self.text.push_str(&format!("{style}{safe}{style:#}"));
                }
                _ => self.text.push_str(&safe),
            }
        }
        self.text.push('\n');
    }

    /// An empty line, unless the page is empty or ends in one.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// How many items of a sort are shown: all of them where there is room, else the first few.
    pub(crate) fn shown(&self, count: usize, limit: usize) -> usize {
        // One more line is no longer than the line that would stand for it.
        if self.is_roomy() || count <= limit + 1 { count } else { limit }
    }

    /// Shows the items of a sort, and how many more there are.
    pub(crate) fn limited<T>(&mut self, depth: usize, items: &[T], limit: usize, show: impl Fn(&mut TextPage, &T)) {
        let first = self.shown(items.len(), limit);
        items.iter().take(first).for_each(|item| show(self, item));
        if items.len() > first {
            let more = format!("… and {} more (--format json has all)", number(items.len() - first));
            self.line(depth, Tone::Faint, &more);
        }
    }

    /// The text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// Says whether there is room for everything, as in a file, a pipe or a log of CI: nobody can ask those for the rest.
pub(crate) fn is_roomy(columns: usize) -> bool {
    // A part of a line that has no end has none either.
    columns > usize::MAX / 16
}

/// The start of a text that fits that many columns; a cut one ends in `…`.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let mut kept = String::new();
    for letter in text.chars() {
        used += letter.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(letter);
    }
    // A text that was cut before may end in the same sign.
    kept.truncate(kept.trim_end_matches(['…', ' ']).len());
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_their_text_ends() {
        let mut page = TextPage::new(Style { color: false, width: 80 });
        page.gap();
        page.parts(1, &[(Tone::New, "+ "), (Tone::Plain, "a  "), (Tone::Faint, " ")]);
        page.gap();
        page.gap();
        page.line(0, Tone::Plain, "b\u{1b}[2J");
        assert_eq!(page.finish(), "  + a\n\nb\\u{1b}[2J\n");
    }

    #[test]
    fn what_a_controller_says_in_several_lines_is_read_in_several() {
        let mut page = TextPage::new(Style { color: false, width: 80 });
        page.told(1, "failed:\n  at line 1\n\nno such\u{1b}[2J file\n");
        page.told(1, "");
        assert_eq!(page.finish(), "  failed:\n      at line 1\n    no such\\u{1b}[2J file\n");
    }

    #[test]
    fn colours_are_closed() {
        let mut page = TextPage::new(Style { color: true, width: 80 });
        page.parts(0, &[(Tone::Gone, "- "), (Tone::Plain, "a")]);
        assert_eq!(page.finish(), "\u{1b}[1m\u{1b}[31m- \u{1b}[0ma\n");
    }

    #[test]
    fn wide_letters_count_twice() {
        assert_eq!(cut("東京都庁", 5), "東京…");
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("ab cdef", 4), "ab…");
        assert_eq!(cut("abc… defg", 5), "abc…");
    }
}
