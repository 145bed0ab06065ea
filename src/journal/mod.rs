//! The journal: one apply, written ahead.
//!
//! A line of JSON before each call is sent and after it is answered, and one when a step is done; each is on disk before
//! the next thing happens. A run that stops anywhere leaves a journal from which the next run learns what is owned, and
//! which calls are in doubt. Nothing secret is in it: bodies are left out.

mod writer;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::diff::base::{Base, Entry};
use crate::private;
use wire::Method;

pub(crate) use writer::{Underway, Writer};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// A run begins.
    Run {
        /// The workspace.
        workspace: String,
        /// The commit that is applied.
        commit: Option<String>,
        /// Digest of the files.
        config: String,
    },
    /// A call is about to be sent.
    Call {
        /// The call's number in this run.
        n: u64,
        /// The resource.
        address: String,
        /// What the step does.
        verb: String,
        /// The HTTP verb.
        method: Method,
        /// The path without query.
        path: String,
    },
    /// A call was answered, or is known to have had no effect.
    Answer {
        /// The call's number.
        n: u64,
        /// What it came to, in a word or two.
        outcome: String,
    },
    /// An object exists now, though its step is not done yet.
    Made {
        /// The resource.
        address: String,
        /// The provider's id.
        id: String,
    },
    /// A step that made or changed an object is done.
    Done {
        /// The resource.
        address: String,
        /// What the ledger is to say.
        entry: Box<Entry>,
    },
    /// A step that removed an object is done.
    Removed {
        /// The resource.
        address: String,
        /// The provider's id.
        id: String,
    },
    /// The run came to its end.
    End {
        /// Steps that failed or were skipped.
        left: usize,
    },
}

/// A call of an earlier run of which nobody knows whether it had its effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The resource.
    pub address: String,
    /// The HTTP verb.
    pub method: Method,
    /// The path without query.
    pub path: String,
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    lines: u64,
    crash_after: Option<u64>,
}

/// Rehearses a crash: the process ends at once, like a killed one, after that many lines of a journal.
const CRASH: &str = "TRUEUP_CRASH_AFTER_LINES";

impl Journal {
    /// Begins a journal in a folder, under the next free number.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin(folder: &Path, run: &Line) -> io::Result<Journal> {
        private::create_folder(folder)?;
        let next = journals(folder)?.last().and_then(|path| number(path)).unwrap_or(0) + 1;
        let path = folder.join(format!("{next:06}.jsonl"));
        let crash_after = std::env::var(CRASH).ok().and_then(|text| text.parse().ok());
        let mut journal = Journal { file: private::create(&path)?, path, lines: 0, crash_after };
        journal.write(run)?;
        Ok(journal)
    }

    /// Writes a line, and waits until it is on disk.
    fn write(&mut self, line: &Line) -> io::Result<()> {
        self.commit(&[writer::text(line)?])
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Folds every journal of a folder into what is owned. Gives the calls in doubt, and the journals.
///
/// Folding is idempotent: a journal that was folded before changes nothing.
///
/// # Errors
/// When a journal can't be read.
pub(crate) fn replay(folder: &Path, base: &mut Base) -> io::Result<(Vec<Doubt>, Vec<PathBuf>)> {
    let mut doubts = BTreeMap::new();
    let journals = journals(folder)?;
    for (run, path) in journals.iter().enumerate() {
        for line in BufReader::new(File::open(path)?).lines() {
            // A run that was killed may leave half a line at the end: what it would have said did not happen yet.
            let Ok(line) = serde_json::from_str::<Line>(&line?) else { continue };
            fold(line, run, base, &mut doubts);
        }
    }
    Ok((doubts.into_values().collect(), journals))
}

fn fold(line: Line, run: usize, base: &mut Base, doubts: &mut BTreeMap<(usize, u64), Doubt>) {
    match line {
        Line::Run { .. } | Line::End { .. } => {}
        Line::Call { n, address, method, path, .. } => {
            doubts.insert((run, n), Doubt { address, method, path });
        }
        Line::Answer { n, .. } => {
            doubts.remove(&(run, n));
        }
        Line::Made { address, id } => own(base, address, id),
        Line::Done { address, entry } => settle(base, address, *entry),
        Line::Removed { address, id } => remove(base, &address, &id),
    }
}

/// What becomes of the ledger when an object is made: it is ours from then on, whatever becomes of the rest of its step.
pub(crate) fn own(base: &mut Base, address: String, id: String) {
    let entry = base.entries.entry(address).or_default();
    if entry.id != id {
        if !entry.id.is_empty() {
            entry.leftovers.insert(std::mem::take(&mut entry.id));
        }
        entry.id = id;
    }
}

/// What becomes of the ledger when a step that made or changed an object is done.
pub(crate) fn settle(base: &mut Base, address: String, mut entry: Entry) {
    if let Some(before) = base.entries.remove(&address) {
        entry.leftovers.extend(before.leftovers);
        if before.id != entry.id && !before.id.is_empty() {
            entry.leftovers.insert(before.id);
        }
    }
    entry.leftovers.remove(&entry.id);
    base.entries.insert(address, entry);
}

/// What becomes of the ledger when an object is removed: its address is free, unless a newer object has it.
pub(crate) fn remove(base: &mut Base, address: &str, id: &str) {
    if let Some(entry) = base.entries.get_mut(address) {
        if entry.id == id || id.is_empty() {
            base.entries.remove(address);
        } else {
            entry.leftovers.remove(id);
        }
        return;
    }
    // A leftover goes by an address of its own; its owner remembers the id.
    for entry in base.entries.values_mut() {
        entry.leftovers.remove(id);
    }
}

fn journals(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    found.retain(|path| number(path).is_some());
    found.sort();
    Ok(found)
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".jsonl")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Line {
        Line::Run { workspace: "w".into(), commit: None, config: String::new() }
    }

    #[test]
    fn a_stopped_run_leaves_what_it_made_and_what_is_in_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(folder.path(), &run()).unwrap();
        let call = |n| Line::Call {
            n,
            address: format!("east/routes/{n}"),
            verb: "create".into(),
            method: Method::Post,
            path: "/routes".into(),
        };
        journal.write(&call(1)).unwrap();
        journal.write(&Line::Answer { n: 1, outcome: "200".into() }).unwrap();
        journal.write(&Line::Made { address: "east/routes/1".into(), id: "7".into() }).unwrap();
        journal.write(&call(2)).unwrap();
        io::Write::write_all(&mut journal.file, b"{\"ans").unwrap();
        let mut base = Base::default();
        let (doubts, journals) = replay(folder.path(), &mut base).unwrap();
        assert_eq!(doubts.len(), 1);
        assert_eq!(doubts[0].address, "east/routes/2");
        assert_eq!(base.entries["east/routes/1"].id, "7");
        assert_eq!(journals.len(), 1);
        let before = base.clone();
        replay(folder.path(), &mut base).unwrap();
        assert_eq!(base, before);
    }

    #[test]
    fn a_replaced_object_is_remembered_until_it_is_removed() {
        let mut base = Base::default();
        let entry = |id: &str| Entry { id: id.into(), ..Entry::default() };
        settle(&mut base, "cfy/blueprints/r".into(), entry("r-1"));
        settle(&mut base, "cfy/blueprints/r".into(), entry("r-2"));
        assert!(base.entries["cfy/blueprints/r"].leftovers.contains("r-1"));
        remove(&mut base, "cfy/blueprints/r", "r-1");
        assert_eq!(base.entries["cfy/blueprints/r"], entry("r-2"));
        remove(&mut base, "cfy/blueprints/r", "r-2");
        assert!(base.entries.is_empty());
    }
}
