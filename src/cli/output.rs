//! How results are printed: as wide and as colourful as whoever reads them can use.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::cli::stop::Doing;
use crate::cli::{CommandError, Global, When};
use crate::render::Style;

/// How text on stdout looks.
pub(crate) fn stdout_style(global: &Global) -> Style {
    style(global, std::io::stdout().is_terminal())
}

/// How text on stderr looks.
pub(crate) fn stderr_style(global: &Global) -> Style {
    style(global, std::io::stderr().is_terminal())
}

fn style(global: &Global, terminal: bool) -> Style {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let color = match global.color {
        When::Auto => terminal && !no_color,
        When::Always => true,
        When::Never => false,
    };
    let word = std::env::var("CI").unwrap_or_default();
    let size = terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
    Style { color, width: width(terminal && !is_yes(&word), size) }
}

/// Says whether the word in `CI` means that a CI system runs this.
fn is_yes(word: &str) -> bool {
    !matches!(word, "" | "0" | "false")
}

/// Columns of a terminal that does not say how many it has.
const USUAL_COLUMNS: usize = 80;

/// The width of a terminal is what it says itself: an exported `COLUMNS` is how wide it was when somebody said so. A file, a
/// pipe and a log of CI, which may look like a terminal, have room: nothing that a reviewer has to see is cut there.
fn width(somebody_looks: bool, size: Option<usize>) -> usize {
    if somebody_looks { size.unwrap_or(USUAL_COLUMNS) } else { usize::MAX }
}

/// The text that is kept instead of printed, as long as somebody keeps it.
static KEPT: Mutex<Option<String>> = Mutex::new(None);

/// Does some work, and keeps what it prints.
pub(crate) fn kept<T>(work: impl FnOnce() -> T) -> (T, String) {
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(String::new());
    let done = work();
    (done, KEPT.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default())
}

/// Says whether a file's name stands for stdout.
pub(crate) fn is_stdout(out: &Path) -> bool {
    out == Path::new("-")
}

/// The end of writing to stdout. A reader that went away is not an error.
pub(crate) fn to_reader(written: std::io::Result<()>) -> Result<(), CommandError> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).while_doing("write to stdout"),
        _ => Ok(()),
    }
}

/// Prints text on stdout. A reader that went away is not an error.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    use std::io::Write;
    if let Some(kept) = KEPT.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        kept.push_str(text);
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    to_reader(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whoever_looks_at_a_terminal_has_a_width() {
        for (word, is_ci) in
            [("", false), ("0", false), ("false", false), ("true", true), ("1", true), ("woodpecker", true)]
        {
            assert_eq!(is_yes(word), is_ci, "{word}");
        }
        assert_eq!(width(true, Some(120)), 120);
        assert_eq!(width(true, None), USUAL_COLUMNS);
        assert_eq!(width(false, Some(80)), usize::MAX);
    }
}
