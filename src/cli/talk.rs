//! The one door to stderr. Whatever is said there may hold a controller's words: no secret passes, nothing speaks to the
//! terminal, and no line is one that a CI system obeys.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use crate::redact::Redactor;
use crate::render::progress::Telling;
use crate::render::sanitize_control;

/// The secrets that nothing said may repeat: those of the workspace that was read last.
static KNOWN: Mutex<Option<Redactor>> = Mutex::new(None);

/// The drawing on the terminal, which makes room for what is said.
static DRAWN: Mutex<Option<Arc<dyn Telling>>> = Mutex::new(None);

/// Says a line. In this module and below, this takes the place of the standard macro of the same name.
macro_rules! eprintln {
    ($($words:tt)*) => {
        $crate::cli::talk::say(&format!($($words)*))
    };
}

/// Asks or shows something that may be coloured, without ending the line.
macro_rules! eprint {
    ($($words:tt)*) => {
        $crate::cli::talk::show(&format!($($words)*))
    };
}

/// Takes note of secrets that nothing said may repeat.
pub(crate) fn keep(redactor: &Redactor) {
    *KNOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(redactor.clone());
}

/// Says a sentence, and below it what is indented.
pub(crate) fn say(text: &str) {
    write(&format!("{}\n", sentence(&redacted(text))));
}

/// Shows text of several lines that may be coloured.
pub(crate) fn show(text: &str) {
    write(&coloured(&redacted(text)));
}

/// From now on what is said goes past what this draws.
pub(crate) fn make_room(drawn: Arc<dyn Telling>) {
    *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(drawn);
}

/// Takes away what is drawn, for good: nothing is left of it on the terminal.
pub(crate) fn finish() {
    if let Some(drawn) = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        drawn.finish();
    }
}

fn write(text: &str) {
    // A closed terminal is no reason to stop a run.
    let drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if !drawn.is_some_and(|drawn| drawn.aside(text)) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

fn redacted(text: &str) -> String {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    known.map_or_else(|| text.to_owned(), |known| known.redact(text))
}

/// A sentence of our own goes on below itself only where it is indented; any other line would be somebody else's.
fn sentence(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        match n {
            0 => {}
            _ if line.starts_with("  ") => safe.push('\n'),
            _ => safe.push_str("\\n"),
        }
        safe.push_str(&defused(&sanitize_control(line)));
    }
    safe
}

/// Lines as they are, colours too, and no other escape.
fn coloured(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            safe.push('\n');
        }
        let mut rest = line;
        let mut own = String::with_capacity(line.len());
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            own.push_str(&sanitize_control(before));
            let length = after.find(|letter: char| !letter.is_ascii_digit() && letter != ';').unwrap_or(after.len());
            match after.get(length..).and_then(|left| left.strip_prefix('m')) {
                Some(left) => {
                    own.push_str(&format!("\u{1b}[{}m", after.get(..length).unwrap_or_default()));
                    rest = left;
                }
                None => {
                    own.push_str("\\u{1b}[");
                    rest = after;
                }
            }
        }
        own.push_str(&sanitize_control(rest));
        safe.push_str(&defused(&own));
    }
    safe
}

/// A line that no CI system takes for a command: they obey `::error::…` and `##[error]…` at the beginning of one.
fn defused(line: &str) -> String {
    let words = line.trim_start();
    let obeyed = words.starts_with("::") || words.starts_with("##[") || words.starts_with("##vso[");
    if obeyed { format!("| {line}") } else { line.to_owned() }
}

/// The log's way to stderr.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StderrLog;

impl Write for StderrLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        say(String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_controller_says_stays_in_its_line() {
        let said =
            "\u{1b}[2J\u{7} \u{202e}gnp\0\n::error file=x::from afar\n  ::add-mask::a\n  ##[error]b\n  help: look";
        let safe = "\\u{1b}[2J\\u{7} \\u{202e}gnp\\u{0}\\n| ::error file=x::from afar\n|   ::add-mask::a\n|   ##[error]b\n  help: look";
        assert_eq!(sentence(said), safe);
        assert_eq!(sentence("warning: all is well"), "warning: all is well");
        assert_eq!(sentence("::error::a"), "| ::error::a");
    }

    #[test]
    fn colours_stay_and_other_escapes_do_not() {
        let shown = coloured("\u{1b}[1;31merror\u{1b}[0m: a\n  b\u{1b}[2Jc\u{1b}]0;d\u{7}\n::warning::e\u{1b}[3");
        assert_eq!(shown, "\u{1b}[1;31merror\u{1b}[0m: a\n  b\\u{1b}[2Jc\\u{1b}]0;d\\u{7}\n| ::warning::e\\u{1b}[3");
    }
}
