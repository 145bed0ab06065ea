//! The one writer of a journal: lines that wait together are committed together.
//!
//! A thread of its own waits for the disk, so that a slow one holds up the steps whose next call waits for a line, and not
//! the loop that drives all targets. Lines reach the disk in the order in which they were handed over: whoever waits for
//! one knows that all before it are there, too.

use std::fmt;
use std::io::{self, Write as _};
use std::iter::once;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use tokio::sync::oneshot;

use super::{Journal, JournalLine};

/// How many lines are committed at once at most: some 100 kB, a moment for any disk.
const TOGETHER: usize = 1024;

/// Takes lines and sees to it that they reach the disk.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    queue: Sender<QueuedLine>,
    path: PathBuf,
    broken: Arc<OnceLock<String>>,
}

/// A line that waits, and whoever waits for it.
#[derive(Debug)]
struct QueuedLine {
    text: String,
    written: Option<oneshot::Sender<()>>,
}

/// A line on its way to the disk.
#[derive(Debug)]
#[must_use = "what the line says must not be done before it is on disk"]
pub(crate) struct Underway(oneshot::Receiver<()>);

impl Underway {
    /// Waits until the line and all before it are on disk. Says whether they are: if not, they never will be.
    pub(crate) async fn written(self) -> bool {
        self.0.await.is_ok()
    }
}

/// A second place for lines, which other machines can read.
pub(crate) trait Mirror: fmt::Debug + Send {
    /// Takes over lines that are on disk here.
    ///
    /// # Errors
    /// One of them says that something is about to be done of which the others must know, and they can't: it must not be done.
    fn commit(&mut self, lines: &[String]) -> io::Result<()>;
}

/// Where lines are committed.
trait Disk {
    /// Writes lines and waits until they are safe.
    fn commit(&mut self, lines: &[String]) -> io::Result<()>;
}

impl JournalWriter {
    /// A writer that goes on with a journal.
    pub(crate) fn start(journal: Journal) -> JournalWriter {
        let path = journal.path().to_owned();
        JournalWriter::on(journal, path)
    }

    fn on(mut disk: impl Disk + Send + 'static, path: PathBuf) -> JournalWriter {
        let (queue, entries) = channel();
        let writer = JournalWriter { queue, path, broken: Arc::default() };
        let breaks = writer.breaks();
        let serve = move || serve(&mut disk, &entries, &breaks);
        if let Err(error) = thread::Builder::new().name("journal".into()).spawn(serve) {
            writer.breaks()(&error);
        }
        writer
    }

    /// Hands over a line that nobody needs to wait for.
    pub(crate) fn write(&self, line: &JournalLine) {
        self.push(line, None);
    }

    /// Hands over a line that says what is about to be done.
    pub(crate) fn write_ahead(&self, line: &JournalLine) -> Underway {
        let (written, underway) = oneshot::channel();
        self.push(line, Some(written));
        Underway(underway)
    }

    /// Why lines do not reach the disk any more, if so.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }

    fn push(&self, line: &JournalLine, written: Option<oneshot::Sender<()>>) {
        // A line that is missing in the middle would be as bad as one that is missing at the end.
        if self.broken().is_some() {
            return;
        }
        match text(line) {
            // Where nobody listens any more, the reason is known.
            Ok(text) => drop(self.queue.send(QueuedLine { text, written })),
            Err(error) => self.breaks()(&error),
        }
    }

    /// Takes down that the journal is broken. The first reason stays.
    fn breaks(&self) -> impl Fn(&io::Error) + Send + 'static {
        let (broken, path) = (self.broken.clone(), self.path.display().to_string());
        move |error| {
            let _ = broken.set(format!("could not write `{path}`: {error}"));
        }
    }
}

/// Commits what waits, until nobody is left to hand anything over or a commit fails. Then the reason is told first: what
/// still waits is never acknowledged, and whoever learns that asks why.
fn serve(disk: &mut impl Disk, entries: &Receiver<QueuedLine>, breaks: &dyn Fn(&io::Error)) {
    while let Ok(first) = entries.recv() {
        let together = once(first).chain(entries.try_iter()).take(TOGETHER);
        let (lines, written): (Vec<String>, Vec<_>) = together.map(|entry| (entry.text, entry.written)).unzip();
        if let Err(error) = disk.commit(&lines) {
            return breaks(&error);
        }
        // A step that does not wait any more was given up with its run.
        for written in written.into_iter().flatten() {
            let _ = written.send(());
        }
    }
}

/// A line as it stands in the file.
pub(super) fn text(line: &JournalLine) -> io::Result<String> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    Ok(text)
}

impl Journal {
    /// Commits lines: all of them are on disk afterwards, or the run must stop.
    pub(super) fn commit(&mut self, lines: &[String]) -> io::Result<()> {
        // A rehearsed crash leaves so many lines and not one more.
        let left = self.crash_after.and_then(|after| after.checked_sub(self.lines)).filter(|left| *left > 0);
        let count = left.and_then(|left| usize::try_from(left).ok()).map_or(lines.len(), |left| left.min(lines.len()));
        let lines = lines.get(..count).unwrap_or(lines);
        self.file.write_all(lines.concat().as_bytes())?;
        self.file.sync_data()?;
        if let Some(mirror) = &mut self.mirror {
            mirror.commit(lines)?;
        }
        self.lines += count as u64;
        if self.crash_after == Some(self.lines) {
            std::process::abort();
        }
        Ok(())
    }
}

impl Disk for Journal {
    fn commit(&mut self, lines: &[String]) -> io::Result<()> {
        Journal::commit(self, lines)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::address::Address;
    use wire::Method;

    /// A disk that begins each commit when it is let, keeps what it was given, and is full at some point.
    struct Slow {
        commits: Arc<Mutex<Vec<usize>>>,
        let_go: Receiver<()>,
        full_after: usize,
    }

    impl Disk for Slow {
        fn commit(&mut self, lines: &[String]) -> io::Result<()> {
            let _ = self.let_go.recv();
            let mut commits = self.commits.lock().unwrap();
            if commits.len() == self.full_after {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            commits.push(lines.len());
            Ok(())
        }
    }

    fn slow(full_after: usize) -> (JournalWriter, Arc<Mutex<Vec<usize>>>, Sender<()>) {
        let (go, let_go) = channel();
        let commits = Arc::new(Mutex::new(Vec::new()));
        let disk = Slow { commits: commits.clone(), let_go, full_after };
        (JournalWriter::on(disk, "j.jsonl".into()), commits, go)
    }

    fn call(n: u64) -> JournalLine {
        let address = Address::new("east", "routes", Some(&n.to_string()));
        let (verb, path) = ("create".to_owned(), "/routes".to_owned());
        JournalLine::Call { n, address, verb, method: Method::Post, path, claim: None, origin: None }
    }

    #[tokio::test]
    async fn what_waits_together_is_committed_together() {
        let (writer, commits, go) = slow(usize::MAX);
        let first = writer.write_ahead(&call(0));
        // The disk is at work on the first one, or about to be: the others wait with it or behind it.
        let others: Vec<Underway> = (1..32).map(|n| writer.write_ahead(&call(n))).collect();
        drop(go);
        assert!(first.written().await);
        for other in others {
            assert!(other.written().await);
        }
        let commits = commits.lock().unwrap();
        assert_eq!(commits.iter().sum::<usize>(), 32);
        assert!(commits.len() <= 2, "{commits:?}");
    }

    #[tokio::test]
    async fn a_line_that_is_waited_for_is_behind_those_that_are_not() {
        let (writer, commits, go) = slow(usize::MAX);
        (0..9).for_each(|n| writer.write(&call(n)));
        let last = writer.write_ahead(&call(9));
        assert!(commits.lock().unwrap().is_empty());
        drop(go);
        assert!(last.written().await);
        assert_eq!(commits.lock().unwrap().iter().sum::<usize>(), 10);
    }

    #[tokio::test]
    async fn after_a_full_disk_nothing_is_written_and_the_reason_is_known() {
        let (writer, commits, go) = slow(1);
        let first = writer.write_ahead(&call(0));
        go.send(()).unwrap();
        assert!(first.written().await);
        assert_eq!(writer.broken(), None);
        let second = writer.write_ahead(&call(1));
        go.send(()).unwrap();
        assert!(!second.written().await);
        let why = writer.broken().unwrap_or_default().to_owned();
        assert!(why.starts_with("could not write `j.jsonl`: "), "{why}");
        assert!(!writer.write_ahead(&call(2)).written().await);
        assert_eq!(*commits.lock().unwrap(), [1]);
    }

    #[tokio::test]
    async fn lines_stand_in_the_file_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let run = JournalLine::begins(1, "w", None, "");
        let journal = Journal::begin(folder.path(), &run).unwrap();
        let path = journal.path().to_owned();
        let writer = JournalWriter::start(journal);
        (0..50).for_each(|n| writer.write(&call(n)));
        assert!(writer.write_ahead(&JournalLine::End { left: 0 }).written().await);
        let kept = std::fs::read_to_string(path).unwrap();
        let calls: Vec<JournalLine> = kept.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let expected: Vec<JournalLine> = (0..50).map(call).collect();
        assert_eq!(calls[calls.len() - 51..calls.len() - 1], expected);
    }
}
