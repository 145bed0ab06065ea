//! Reading journals: what runs that have not ended leave is folded into what is owned.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::folding::fold;
use super::{Doubt, FORMAT, JournalLine, MAX_BYTES, journals};
use crate::ledger::{FirstRow, LedgerError};
use crate::private;
use crate::state::base::{Base, Entry};

/// The outcome of reading the journals of a folder.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// The calls in doubt.
    pub doubts: Vec<Doubt>,
    /// The journals that are folded in.
    pub journals: Vec<PathBuf>,
    /// Those of runs that others went on from: what they tell is not taken over.
    pub overtaken: Vec<PathBuf>,
    /// The warnings about them.
    pub warnings: Vec<String>,
}

/// Folds every journal of a folder into what is owned.
///
/// Folding is idempotent: a journal that was folded before changes nothing. Where others may go on from a run that was
/// killed, `last` is the number of the last run that began: a journal of an earlier one has been overtaken.
///
/// # Errors
/// When a journal can't be read, or says what this program does not understand. Nothing is folded in then.
pub(crate) fn replay(folder: &Path, last: Option<u64>, base: &mut Base) -> Result<Replay, LedgerError> {
    let fail = |path: &Path, error| LedgerError::Io(path.display().to_string(), "read", error);
    let mut replay = Replay::default();
    let mut all = Vec::new();
    for path in journals(folder).map_err(|error| fail(folder, error))? {
        let bytes = private::read(&path, MAX_BYTES).map_err(|error| fail(&path, error))?;
        let (lines, is_torn) = read(&bytes, &path.display().to_string())?;
        let is_overtaken =
            matches!(lines.first(), Some(JournalLine::Run { number, .. }) if last.is_some_and(|last| *number < last));
        if is_overtaken {
            let words = "others went on from the run that wrote it: what it tells is not taken over";
            replay.warnings.push(format!("`{}`: {words}", path.display()));
            replay.overtaken.push(path);
            continue;
        }
        if is_torn {
            let words = "the run that wrote it was stopped in its last line, which is left out: what it would have \
                         said did not happen";
            replay.warnings.push(format!("`{}`: {words}", path.display()));
        }
        all.push(lines);
        replay.journals.push(path);
    }
    let mut doubts = BTreeMap::new();
    let current = base.run;
    for (run, lines) in all.into_iter().enumerate() {
        lines.into_iter().for_each(|line| fold(line, run, base, &mut doubts));
    }
    base.run = current;
    replay.doubts = doubts.into_values().collect();
    Ok(replay)
}

/// Folds a journal that another machine left in a second place into what is owned. Gives the calls in doubt.
///
/// # Errors
/// It says what this program does not understand. Nothing is folded in then.
pub(crate) fn replay_second(text: &[u8], name: &str, base: &mut Base) -> Result<Vec<Doubt>, LedgerError> {
    let (lines, _) = read(text, name)?;
    let (mut doubts, current) = (BTreeMap::new(), base.run);
    lines.into_iter().for_each(|line| fold(line, 0, base, &mut doubts));
    base.run = current;
    Ok(doubts.into_values().collect())
}

/// The lines of a journal.
///
/// # Errors
/// It can't be read, or says what this program does not understand.
pub(crate) fn lines(path: &Path) -> Result<Vec<JournalLine>, LedgerError> {
    let name = path.display().to_string();
    let bytes = private::read(path, MAX_BYTES).map_err(|error| LedgerError::Io(name.clone(), "read", error))?;
    Ok(read(&bytes, &name)?.0)
}

/// The lines of a journal, and whether the last one was torn.
///
/// A run that is killed, or a disk that is full, leaves half a line at the end, perhaps half a character: that is no JSON.
/// Whatever else is not understood is refused: it may say what is owned.
pub(super) fn read(bytes: &[u8], file: &str) -> Result<(Vec<JournalLine>, bool), LedgerError> {
    let pieces: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    let last = pieces.iter().rposition(|piece| !piece.is_empty()).unwrap_or(0);
    let mut format = FORMAT;
    let mut lines = Vec::new();
    for (n, piece) in pieces.iter().enumerate().take(last + 1) {
        let fail = |why: String| LedgerError::Journal(file.to_owned(), n + 1, why);
        let value = match serde_json::from_slice::<Value>(piece) {
            Ok(value) => value,
            Err(_) if n == last => return Ok((lines, !piece.is_empty())),
            Err(error) => return Err(fail(format!("it is no JSON: {error}"))),
        };
        if n == 0 {
            format = match value.pointer("/run").map(|run| run.get("format").map_or(Some(1), Value::as_u64)) {
                Some(Some(said)) if said > u64::from(FORMAT) => return Err(LedgerError::Later(file.to_owned(), said)),
                Some(Some(said)) => said as u32,
                _ => return Err(fail("it is not the beginning of a journal".into())),
            };
        }
        lines.push(line(value, format).map_err(fail)?);
    }
    Ok((lines, false))
}

/// One line, in the words of a format.
fn line(mut value: Value, format: u32) -> Result<JournalLine, String> {
    let first_row = value.pointer_mut("/done/entry").filter(|_| format < FORMAT);
    if let Some(entry) = first_row {
        let row: FirstRow = serde_json::from_value(entry.take()).map_err(|error| error.to_string())?;
        *entry = serde_json::to_value(Entry::from(row)).map_err(|error| error.to_string())?;
    }
    serde_path_to_error::deserialize(value).map_err(|error| format!("`{}`: {}", error.path(), error.inner()))
}
