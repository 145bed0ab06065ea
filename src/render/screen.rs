//! The terminal that bars are drawn on.
//!
//! Whoever presses Ctrl-C makes it write `^C` where the cursor is: at the end of the last bar. If that stood in the last
//! column, the sign would begin a new line, and the next drawing would leave a torn bar behind. So bars end some columns
//! before.

use std::fmt;
use std::io::{self, Write};
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::TermLike;
use terminal_size::{Height, Width, terminal_size_of};

/// Columns that are left free: those of `^C`, and the one in which a cursor waits for the next line.
const MARGIN: u16 = 3;

/// Columns and rows where nobody says how many there are.
const USUAL: (u16, u16) = (80, 24);

/// A terminal, or what is taken for one.
pub(super) struct Screen {
    drawing: Mutex<ScreenText>,
    size: fn() -> Option<(Width, Height)>,
}

/// Text that is to be written at once, and where.
struct ScreenText {
    text: String,
    /// How many pieces of lines there are: the library gives each line as its text and what fills it up.
    pieces: usize,
    out: Box<dyn Write + Send>,
}

impl Screen {
    /// The terminal that stderr is.
    pub(super) fn stderr() -> Screen {
        Screen::on(Box::new(io::stderr()), || terminal_size_of(io::stderr()))
    }

    /// A terminal of some size.
    pub(super) fn on(out: Box<dyn Write + Send>, size: fn() -> Option<(Width, Height)>) -> Screen {
        Screen { drawing: Mutex::new(ScreenText { text: String::new(), pieces: 0, out }), size }
    }

    fn drawing(&self) -> MutexGuard<'_, ScreenText> {
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, text: &str) -> io::Result<()> {
        self.drawing().text.push_str(text);
        Ok(())
    }

    /// Moves the cursor, which a terminal does by one where it reads none.
    fn go(&self, count: usize, letter: char) -> io::Result<()> {
        if count > 0 { self.put(&format!("\u{1b}[{count}{letter}")) } else { Ok(()) }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screen").finish_non_exhaustive()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        (self.size)().map_or(USUAL.0, |(width, _)| width.0).saturating_sub(MARGIN).max(1)
    }

    fn height(&self) -> u16 {
        (self.size)().map_or(USUAL.1, |(_, height)| height.0)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.go(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.go(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.go(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.go(n, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(text)?;
        self.put("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut drawing = self.drawing();
        // The library counts on a full line to begin the next one; here none is full.
        if drawing.pieces > 0 && drawing.pieces.is_multiple_of(2) {
            drawing.text.push('\n');
        }
        drawing.text.push_str(text);
        drawing.pieces += 1;
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put("\r\u{1b}[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let mut drawing = self.drawing();
        let text = take(&mut drawing.text);
        drawing.pieces = 0;
        drawing.out.write_all(text.as_bytes())?;
        drawing.out.flush()
    }
}
