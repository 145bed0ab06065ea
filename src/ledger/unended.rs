//! Records of runs that did not write their own: what their journals tell, made by the run that finds those.

use std::path::{Path, PathBuf};

use super::format::OpenRun;
use super::history::read_record;
use super::record::{Ending, Record, RunOutcome, StepRecord};
use super::{LedgerError, MAX_BYTES};
use crate::address::Address;
use crate::journal::{self, JournalLine};
use crate::plan::Verb;
use crate::private;

/// Keeps beside its journal what a run is about to do, for whoever finds that alone.
///
/// # Errors
/// It can't be written.
pub(crate) fn write_ahead(journal: &Path, record: &Record) -> Result<(), LedgerError> {
    let path = beside(journal);
    let text = serde_json::to_string(record)
        .map_err(|error| LedgerError::Unknown("a record".to_owned(), error.to_string()))?;
    private::write(&path, text.as_bytes()).map_err(|error| LedgerError::Io(path.display().to_string(), "write", error))
}

/// Where what was written ahead of a journal lies.
pub(super) fn beside(journal: &Path) -> PathBuf {
    journal.with_extension("planned")
}

/// The record of a run by its journal; `None` where that does not say which run it was. `how` is what it came to unless it
/// says so itself.
pub(super) fn by_journal(journal: &Path, workspace: &str, how: RunOutcome) -> Option<Record> {
    let lines = journal::lines(journal).ok()?;
    let planned = private::read(&beside(journal), MAX_BYTES).ok();
    let planned = planned.and_then(|bytes| read_record(&bytes, &journal.display().to_string()).ok());
    told(lines, planned, workspace, how)
}

/// The record of a run that began elsewhere and has not ended.
pub(super) fn lost(run: u64, workspace: &str, open: &OpenRun) -> Record {
    let (user, host, began) = (open.user.clone(), open.host.clone(), open.began.clone());
    Record { user, host, began, outcome: Some(RunOutcome::Lost), ..Record::bare(run, workspace) }
}

fn told(lines: Vec<JournalLine>, planned: Option<Record>, workspace: &str, how: RunOutcome) -> Option<Record> {
    let Some(JournalLine::Run { number, commit, config, .. }) = lines.first() else { return None };
    let planned = planned.filter(|record| record.run == *number);
    let is_bare = planned.is_none();
    let mut record = planned.unwrap_or_else(|| Record {
        commit: commit.clone(),
        config: config.clone(),
        ..Record::bare(*number, workspace)
    });
    if *number == 0 {
        return None;
    }
    if is_bare {
        record.steps = begun(&lines);
    }
    let mut outcome = how;
    for line in &lines {
        match line {
            JournalLine::Done { address, entry } => {
                for step in own(&mut record, address).filter(|step| !step.verb.removes()) {
                    step.outcome = Ending::Done;
                    step.id_after = Some(entry.id.clone()).filter(|id| !id.is_empty());
                    step.identity = entry.identity.clone();
                }
            }
            JournalLine::Removed { address, .. } => {
                own(&mut record, address).filter(|step| step.verb.removes()).for_each(|it| it.outcome = Ending::Done);
            }
            JournalLine::End { left: 0 } => outcome = RunOutcome::Done,
            JournalLine::End { .. } => outcome = RunOutcome::PartWay,
            _ => {}
        }
    }
    record.tell_calls(lines);
    record.outcome = Some(outcome);
    Some(record)
}

fn own<'r>(record: &'r mut Record, address: &'r Address) -> impl Iterator<Item = &'r mut StepRecord> {
    record.steps.iter_mut().filter(move |step| step.address == *address)
}

/// The steps that a journal alone tells of.
fn begun(lines: &[JournalLine]) -> Vec<StepRecord> {
    let mut steps: Vec<StepRecord> = Vec::new();
    for line in lines {
        let JournalLine::Call { address, verb, origin, .. } = line else { continue };
        let Some(verb) = verb_of(verb) else { continue };
        if !steps.iter().any(|step| step.address == *address && step.verb == verb) {
            steps.push(StepRecord { origin: origin.clone(), ..StepRecord::begun(address.clone(), verb) });
        }
    }
    steps
}

/// What a journal's word means; of a replacement, the half that makes.
fn verb_of(word: &str) -> Option<Verb> {
    let verbs = [Verb::Create, Verb::Update, Verb::ReplaceCreate, Verb::Delete, Verb::Issue, Verb::Find];
    verbs.into_iter().find(|verb| verb.as_str() == word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(more: serde_json::Value) -> Vec<JournalLine> {
        let run = json!({ "run": { "format": 2, "number": 7, "workspace": "w", "commit": "3f2a", "config": "00" } });
        let all = std::iter::once(run).chain(more.as_array().unwrap().iter().cloned());
        all.map(|line| serde_json::from_value(line).unwrap()).collect()
    }

    #[test]
    fn a_journal_alone_tells_which_steps_had_begun_and_which_were_done() {
        let call = |n: u64, verb: &str, address: &str| json!({ "call": { "n": n, "address": address, "verb": verb, "method": "POST", "path": "/x" } });
        let found = told(
            lines(json!([
                call(1, "create", "east/routes/a"),
                { "answer": { "n": 1, "outcome": "ok" } },
                { "done": { "address": "east/routes/a", "entry": { "id": "4" } } },
                call(2, "delete", "east/routes/b"),
            ])),
            None,
            "w",
            RunOutcome::Killed,
        )
        .unwrap();
        assert_eq!((found.run, found.outcome(), found.commit.as_deref()), (7, RunOutcome::Killed, Some("3f2a")));
        let told: Vec<_> = found.steps.iter().map(|step| (step.verb, step.outcome, step.calls.len())).collect();
        assert_eq!(told, [(Verb::Create, Ending::Done, 1), (Verb::Delete, Ending::Stopped, 1)]);
        assert_eq!(found.steps[0].id_after.as_deref(), Some("4"));
    }

    #[test]
    fn a_run_that_said_how_it_ended_is_believed() {
        for (left, outcome) in [(0, RunOutcome::Done), (2, RunOutcome::PartWay)] {
            let found = told(lines(json!([{ "end": { "left": left } }])), None, "w", RunOutcome::Killed).unwrap();
            assert_eq!(found.outcome(), outcome);
        }
        assert_eq!(told(Vec::new(), None, "w", RunOutcome::Killed), None);
    }
}
