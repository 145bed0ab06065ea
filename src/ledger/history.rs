//! The history: the records of a ledger's runs, kept in its store, and an index of them.
//!
//! The index is what a list of runs is read from: one small file, however large the records are. It changes in the same
//! step as the records, and what it does not name is not there. Records of before there was an index lie in a folder of
//! this machine; the first index takes them over.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{FORMAT, Record, RunOutcome};
use super::store::{Store, StoreChange, StoreState};
use super::{LedgerError, MAX_BYTES, document_name, format, newest, record_folder, store};
use crate::address::{Address, Escaped};
use crate::plan::Verb;
use crate::private;
use crate::state::base::Entry;
use crate::topology::Topology;

/// The format's version.
const INDEX_FORMAT: u32 = 1;

/// Bytes of all records together. Values that repeat themselves take a tenth of that in a git ref.
const ALL_BYTES: u64 = 32 << 20;

/// Bytes of one record: what is larger is kept without the values. Some 15,000 steps fit.
const RECORD_BYTES: u64 = 24 << 20;

/// The index of a workspace's runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RunIndex {
    /// The format's version: 1.
    format: u32,
    /// The runs, the oldest first.
    runs: Vec<RunHead>,
}

/// What a list says of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RunHead {
    /// The run's number.
    pub run: u64,
    /// When it began.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub began: String,
    /// When it ended; missing where nobody saw it end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Who ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The commit that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The run that it took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// What it came to.
    pub outcome: RunOutcome,
    /// The exit code that it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// What it did.
    pub counts: RunCounts,
    /// Bytes of its record.
    bytes: u64,
}

/// How much a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RunCounts {
    /// Resources that were made.
    pub created: usize,
    /// Resources that changed in place.
    pub updated: usize,
    /// Resources that were made anew.
    pub replaced: usize,
    /// Resources that were removed.
    pub deleted: usize,
    /// Resources that became owned without a step.
    pub adopted: usize,
    /// Resources that were let go of.
    pub released: usize,
    /// Steps that are not done.
    pub left: usize,
}

impl RunCounts {
    fn of(record: &Record) -> RunCounts {
        let count = |verb| record.done().filter(|step| step.verb == verb).count();
        RunCounts {
            created: count(Verb::Create),
            updated: count(Verb::Update),
            replaced: count(Verb::ReplaceCreate),
            deleted: count(Verb::Delete),
            adopted: record.adopted.len(),
            released: record.released.len(),
            left: record.steps.len() - record.done().count(),
        }
    }

    /// Says whether it changed anything at a controller.
    pub(crate) fn changed_something(&self) -> bool {
        self.created + self.updated + self.replaced + self.deleted > 0
    }
}

impl RunHead {
    fn of(record: &Record, bytes: u64) -> RunHead {
        RunHead {
            run: record.run,
            began: record.began.clone(),
            ended: record.ended.clone(),
            user: record.user.clone(),
            host: record.host.clone(),
            commit: record.commit.clone(),
            undoes: record.undoes,
            outcome: record.outcome(),
            exit: record.exit,
            counts: RunCounts::of(record),
            bytes,
        }
    }
}

/// A workspace's history, to be read. It needs no key, no lease and no controller.
#[derive(Debug)]
pub(crate) struct History {
    store: Arc<dyn Store>,
    workspace: String,
    /// The runs, the oldest first.
    heads: Vec<RunHead>,
    /// The records that no index names yet.
    loose: BTreeMap<u64, Record>,
}

impl History {
    /// Opens the history of a workspace's runs.
    ///
    /// # Errors
    /// It can't be read, or a later version wrote it.
    pub(crate) fn open(topology: &Topology) -> Result<History, LedgerError> {
        let (store, workspace) = (store(topology), topology.workspace.clone());
        let (_, bytes) = newest(&*store, &index_file(&workspace))?;
        let mut loose = BTreeMap::new();
        let heads = match bytes {
            Some(bytes) => read_index(&bytes, &store.name())?.runs,
            None => {
                let found = loose_records(&record_folder(topology))?;
                let heads = found.iter().map(|(record, bytes)| RunHead::of(record, bytes.len() as u64)).collect();
                loose.extend(found.into_iter().map(|(record, _)| (record.run, record)));
                heads
            }
        };
        Ok(History { store, workspace, heads, loose })
    }

    /// The runs, the newest first.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &RunHead> {
        self.heads.iter().rev()
    }

    /// The record of a run; `None` where none is kept.
    ///
    /// # Errors
    /// It can't be read, or a later version wrote it.
    pub(crate) fn record(&self, run: u64) -> Result<Option<Record>, LedgerError> {
        if !self.heads.iter().any(|head| head.run == run) {
            return Ok(None);
        }
        if let Some(record) = self.loose.get(&run) {
            return Ok(Some(record.clone()));
        }
        // A run that is under way changes the store, and no record.
        let file = record_file(&self.workspace, run);
        let (_, bytes) = newest(&*self.store, &file)?;
        bytes.map(|bytes| read_record(&bytes, &format!("{file} in {}", self.store.name()))).transpose()
    }

    /// Every record that is kept, the newest first.
    ///
    /// # Errors
    /// One can't be read, or a later version wrote it.
    pub(crate) fn records(&self) -> Result<Vec<Record>, LedgerError> {
        self.runs().filter_map(|head| self.record(head.run).transpose()).collect()
    }

    /// What the ledger says of a resource, as it was saved last.
    ///
    /// # Errors
    /// It can't be read, or a later version wrote it.
    pub(crate) fn row(&self, address: &Address) -> Result<Option<Entry>, LedgerError> {
        let (_, bytes) = newest(&*self.store, &document_name(&self.workspace))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let read = format::read(&bytes, &self.store.name(), &self.workspace)?;
        Ok(read.document.entries.get(address).cloned())
    }
}

/// What the files of the history are to hold once these records are kept, too. The oldest ones go that are too many.
///
/// # Errors
/// What is there can't be read, or a later version wrote it.
pub(super) fn kept(
    store: &dyn Store,
    state: Option<&StoreState>,
    workspace: &str,
    (loose, keep): (&Path, usize),
    records: &[Record],
) -> Result<StoreChange, LedgerError> {
    let trouble = LedgerError::Store;
    let mut change = StoreChange::new();
    let there = state.map_or(Ok(None), |state| store.read(state, &index_file(workspace))).map_err(trouble)?;
    let mut index = match there {
        Some(bytes) => read_index(&bytes, &store.name())?,
        None => {
            let mut runs = Vec::new();
            for (record, bytes) in loose_records(loose)? {
                runs.push(RunHead::of(&record, bytes.len() as u64));
                change.insert(record_file(workspace, record.run), Some(bytes));
            }
            RunIndex { format: INDEX_FORMAT, runs }
        }
    };
    for record in records {
        let known = index.runs.iter().position(|head| head.run == record.run);
        // What a run said of itself stands, whatever its journal makes of it.
        let stands = known.is_some_and(|at| index.runs.get(at).is_some_and(|head| head.outcome != RunOutcome::Lost));
        if stands && record.ended.is_none() {
            continue;
        }
        let bytes = written(record)?;
        known.into_iter().for_each(|at| drop(index.runs.remove(at)));
        index.runs.push(RunHead::of(record, bytes.len() as u64));
        change.insert(record_file(workspace, record.run), Some(bytes));
    }
    index.runs.sort_by_key(|head| head.run);
    for run in too_many(&index.runs, keep) {
        index.runs.retain(|head| head.run != run);
        change.insert(record_file(workspace, run), None);
    }
    change.insert(index_file(workspace), Some(text(&index)?));
    Ok(change)
}

/// The runs whose records go: all but the last ones, and of those as many of the oldest as are too large together.
fn too_many(runs: &[RunHead], keep: usize) -> Vec<u64> {
    let mut bytes = 0;
    let stays = runs.iter().rev().enumerate().take_while(|(n, head)| {
        bytes += head.bytes;
        *n == 0 || *n < keep && bytes <= ALL_BYTES
    });
    let gone = runs.len() - stays.count();
    runs.iter().take(gone).map(|head| head.run).collect()
}

/// A record as its file holds it. Of one that is too large, the values are left out.
fn written(record: &Record) -> Result<Vec<u8>, LedgerError> {
    let bytes = text(record)?;
    if bytes.len() as u64 <= RECORD_BYTES { Ok(bytes) } else { text(&record.trimmed()) }
}

fn text(document: &impl Serialize) -> Result<Vec<u8>, LedgerError> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| LedgerError::Unknown("a record".to_owned(), error.to_string()))?;
    Ok(format!("{text}\n").into_bytes())
}

fn folder(workspace: &str) -> String {
    format!("runs/{}", Escaped(workspace))
}

fn index_file(workspace: &str) -> String {
    format!("{}/index.json", folder(workspace))
}

fn record_file(workspace: &str, run: u64) -> String {
    format!("{}/{run:06}.json", folder(workspace))
}

/// The records that lie in a folder of this machine, with their bytes, the oldest first.
fn loose_records(folder: &Path) -> Result<Vec<(Record, Vec<u8>)>, LedgerError> {
    let name = |path: &Path| path.display().to_string();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LedgerError::Io(name(folder), "read", error)),
    };
    let is_record = |path: &Path| {
        let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")?.parse::<u64>().ok());
        number.is_some()
    };
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_record(path)) {
        let bytes = private::read(&path, MAX_BYTES).map_err(|error| LedgerError::Io(name(&path), "read", error))?;
        found.push((read_record(&bytes, &name(&path))?, bytes));
    }
    found.sort_by_key(|(record, _)| record.run);
    Ok(found)
}

fn read_index(bytes: &[u8], name: &str) -> Result<RunIndex, LedgerError> {
    read(bytes, &format!("the index of runs in {name}"), INDEX_FORMAT)
}

/// The record that a file holds.
pub(super) fn read_record(bytes: &[u8], name: &str) -> Result<Record, LedgerError> {
    read(bytes, name, FORMAT)
}

/// A document whose format is looked at first: a later one need not look like this one.
fn read<T: serde::de::DeserializeOwned>(bytes: &[u8], name: &str, format: u32) -> Result<T, LedgerError> {
    let unknown = |why: String| LedgerError::Unknown(name.to_owned(), why);
    let value: Value = serde_json::from_slice(bytes).map_err(|error| unknown(error.to_string()))?;
    match value.get("format").and_then(Value::as_u64) {
        Some(later) if later > u64::from(format) => return Err(LedgerError::Later(name.to_owned(), later)),
        Some(_) => {}
        None => return Err(unknown("it does not say its `format`".into())),
    }
    serde_path_to_error::deserialize(value).map_err(|error| unknown(format!("`{}`: {}", error.path(), error.inner())))
}

/// An index that a file holds, written once more.
#[cfg(test)]
pub(super) fn reread_index(bytes: &[u8]) -> Value {
    serde_json::to_value(read_index(bytes, "doc").unwrap()).unwrap()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::store::{FileStore, GitStore, swap_surely};
    use super::*;

    fn record(run: u64, more: Value) -> Record {
        let mut record = json!({ "format": 2, "run": run, "workspace": "w", "config": "00", "steps": [],
            "began": "2026-03-01T09:00:00Z", "ended": "2026-03-01T09:00:07Z", "outcome": "done" });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(record).unwrap()
    }

    /// A store in a folder, by its kind.
    fn stores(folder: &Path) -> Vec<Arc<dyn Store>> {
        let init = std::process::Command::new("git").args(["init", "--quiet"]).current_dir(folder).status();
        assert!(init.unwrap().success());
        let file = FileStore::new(folder.join(".trueup/ledger.json"), &document_name("w"), MAX_BYTES);
        vec![Arc::new(file), Arc::new(GitStore::new(folder, "refs/trueup/w", None, MAX_BYTES))]
    }

    /// Keeps records as a save of the ledger does.
    fn keep(store: &dyn Store, loose: &Path, keep: usize, records: &[Record]) {
        let state = store.state().unwrap();
        let mut change = kept(store, state.as_ref(), "w", (loose, keep), records).unwrap();
        let serial = records.iter().map(|record| record.run.to_string()).collect::<String>();
        change.insert(
            document_name("w"),
            Some(
                format!("{{\"version\":2,\"workspace\":\"w\",\"serial\":{serial},\"run\":1,\"entries\":{{}}}}")
                    .into_bytes(),
            ),
        );
        swap_surely(store, state.as_ref(), &change).unwrap();
    }

    fn history(store: &Arc<dyn Store>) -> History {
        let (_, bytes) = newest(&**store, &index_file("w")).unwrap();
        let heads = read_index(&bytes.unwrap(), "x").unwrap().runs;
        History { store: store.clone(), workspace: "w".into(), heads, loose: BTreeMap::new() }
    }

    fn runs(store: &Arc<dyn Store>) -> Vec<u64> {
        history(store).runs().map(|head| head.run).collect()
    }

    #[test]
    fn the_last_ones_are_kept_and_the_others_go_with_their_files() {
        let folder = tempfile::tempdir().unwrap();
        for store in stores(folder.path()) {
            for run in 1..=6 {
                keep(&*store, &folder.path().join("none"), 4, &[record(run, json!({}))]);
            }
            assert_eq!(runs(&store), [6, 5, 4, 3]);
            let history = history(&store);
            assert_eq!(history.record(6).unwrap(), Some(record(6, json!({}))));
            assert_eq!(history.record(2).unwrap(), None);
            let state = store.state().unwrap().unwrap();
            assert_eq!(store.read(&state, &record_file("w", 2)).unwrap(), None, "{}", store.name());
            assert_eq!(history.records().unwrap().len(), 4);
            assert_eq!(history.row(&"east/config".parse().unwrap()).unwrap(), None);
        }
        assert!(folder.path().join(".trueup/runs/000006.json").exists(), "it lies where records always lay");
    }

    #[test]
    fn what_a_run_said_of_itself_stands_and_what_was_lost_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let store = stores(folder.path()).remove(0);
        let none = folder.path().join("none");
        let unended = |word: &str| json!({ "outcome": word, "ended": null });
        keep(&*store, &none, 9, &[record(1, json!({})), record(2, unended("lost"))]);
        keep(&*store, &none, 9, &[record(1, unended("killed")), record(2, unended("overtaken")), record(3, json!({}))]);
        let outcomes: Vec<_> = history(&store).runs().map(|head| (head.run, head.outcome)).collect();
        assert_eq!(outcomes, [(3, RunOutcome::Done), (2, RunOutcome::Overtaken), (1, RunOutcome::Done)]);
    }

    #[test]
    fn records_of_before_there_was_an_index_are_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let loose = folder.path().join(".trueup/runs");
        fs::create_dir_all(&loose).unwrap();
        let first = json!({ "format": 1, "run": 4, "workspace": "w", "config": "00", "began": "2026-03-01T09:00:00Z",
            "ended": "2026-03-01T09:00:07Z", "steps": [{ "address": "a/b/c", "verb": "create", "outcome": "failed" }] });
        fs::write(loose.join("000004.json"), first.to_string()).unwrap();
        fs::write(loose.join("notes.txt"), "mine").unwrap();
        for store in stores(folder.path()) {
            keep(&*store, &loose, 9, &[record(5, json!({}))]);
            assert_eq!(runs(&store), [5, 4], "{}", store.name());
            assert_eq!(history(&store).record(4).unwrap().unwrap().outcome(), RunOutcome::PartWay);
            ["index.json", "000005.json"].iter().for_each(|name| drop(fs::remove_file(loose.join(name))));
        }
        assert!(loose.join("notes.txt").exists());
    }

    #[test]
    fn together_they_stay_small_and_the_last_one_never_goes() {
        let head = |run, bytes| RunHead { bytes, ..RunHead::of(&record(run, json!({})), 0) };
        let third = ALL_BYTES / 3;
        assert_eq!(too_many(&[head(1, third), head(2, third), head(3, third)], 50), [0; 0]);
        assert_eq!(too_many(&[head(1, third), head(2, third), head(3, third * 2)], 50), [1]);
        assert_eq!(too_many(&[head(1, 1), head(2, ALL_BYTES * 2)], 50), [1]);
        assert_eq!(too_many(&[head(1, 1), head(2, 1)], 1), [1]);
    }

    #[test]
    fn a_later_index_or_record_is_refused_by_name() {
        for (text, why) in [
            (r#"{ "format": 9, "x": 1 }"#, "was written by a later version"),
            (r#"{ "runs": [] }"#, "does not say its `format`"),
            (r#"{ "format": 1, "runs": [], "more": 1 }"#, "unknown field `more`"),
        ] {
            let error = read_index(text.as_bytes(), "x").unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(read_record(br#"{ "format": 3 }"#, "x").is_err());
    }
}
