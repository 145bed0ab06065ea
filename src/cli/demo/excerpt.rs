//! Excerpts: what a newcomer reads of a long output, with how much more there is.

/// How much of what a command prints is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excerpt {
    /// All of it.
    Whole,
    /// The first lines of each part; parts have an empty line between them.
    Beginnings(usize),
    /// The first part and the last line: the sum, and how it ended.
    Ends,
}

impl Excerpt {
    /// The excerpt of an output. A line for what is left out says how many lines those are.
    pub(crate) fn of(self, output: &str) -> String {
        match self {
            Excerpt::Whole => output.to_owned(),
            Excerpt::Beginnings(lines) => {
                let parts = output.trim_end().split("\n\n").map(|part| beginning(part, lines));
                parts.collect::<Vec<_>>().join("\n")
            }
            Excerpt::Ends => ends(output),
        }
    }
}

/// The first lines of a part, and how many more there are. One more line is no longer than what would stand for it.
fn beginning(part: &str, lines: usize) -> String {
    let all: Vec<&str> = part.lines().collect();
    let shown = if all.len() <= lines + 1 { all.len() } else { lines };
    let mut text: String = all.iter().take(shown).map(|line| format!("{line}\n")).collect();
    text.push_str(&more(all.len() - shown));
    text
}

fn ends(output: &str) -> String {
    let output = output.trim_end();
    let Some((first, rest)) = output.split_once("\n\n") else { return format!("{output}\n") };
    let rest: Vec<&str> = rest.lines().collect();
    let last = rest.last().copied().unwrap_or_default();
    format!("{first}\n{}{last}\n", more(rest.len().saturating_sub(1)))
}

fn more(lines: usize) -> String {
    match lines {
        0 => String::new(),
        1 => "  … 1 more line\n".to_owned(),
        lines => format!("  … {lines} more lines\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "sum\n2 to adopt\n\neast\n  a\n  b\n  c\n\nwest\n  d\n\ndone\n";

    #[test]
    fn an_excerpt_says_how_much_more_there_is() {
        for (excerpt, shown) in [
            (Excerpt::Whole, OUTPUT),
            (Excerpt::Beginnings(9), OUTPUT),
            (Excerpt::Beginnings(3), OUTPUT),
            (Excerpt::Beginnings(2), "sum\n2 to adopt\n\neast\n  a\n  … 2 more lines\n\nwest\n  d\n\ndone\n"),
            (Excerpt::Ends, "sum\n2 to adopt\n  … 8 more lines\ndone\n"),
        ] {
            assert_eq!(excerpt.of(OUTPUT), shown, "{excerpt:?}");
        }
        assert_eq!(Excerpt::Ends.of("sum\n\ndone\n"), "sum\ndone\n");
        assert_eq!(Excerpt::Ends.of("sum\n"), "sum\n");
    }
}
