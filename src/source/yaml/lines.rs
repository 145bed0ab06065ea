//! Lines and columns as the parser counts them, turned into byte offsets.

/// The start of every line of a text.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of a text. YAML breaks lines at more places than editors do.
    pub(crate) fn of(text: &'t str) -> Lines<'t> {
        let mut starts = vec![0];
        let mut letters = text.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            let ends = match letter {
                '\r' => !matches!(letters.peek(), Some((_, '\n'))),
                '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => true,
                _ => false,
            };
            if ends {
                starts.push(at + letter.len_utf8());
            }
        }
        Lines { text, starts }
    }

    /// The byte offset of a line and a column in characters, both from 1.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_the_parser_breaks_them() {
        let lines = Lines::of("a\r\nbä\u{85}c\rd\n");
        assert_eq!([lines.offset(1, 1), lines.offset(2, 3), lines.offset(3, 1), lines.offset(4, 1)], [0, 6, 8, 10]);
        assert_eq!([lines.offset(5, 1), lines.offset(9, 9)], [12, 12]);
    }
}
