//! Run records: what is kept of each run, beside the ledger, so that somebody can look later who changed what.
//!
//! A record is written at a run's end; of a run that was killed, its journal speaks. Nothing secret is in it: requests are
//! told without their bodies.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::apply::{Outcome, Report};
use crate::journal::{self, JournalLine};
use crate::plan::{Plan, Verb};
use crate::private;
use wire::Method;

/// The format's version.
const FORMAT: u32 = 1;

/// How many are kept: a year of weekly runs.
const KEPT: usize = 50;

/// The record of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Record {
    /// The format's version: 1.
    format: u32,
    /// The run's number in the ledger.
    run: u64,
    /// The workspace.
    workspace: String,
    /// The commit that was applied, with `+` behind it when files differed from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// Digest of the files.
    config: String,
    /// Who ran it, as the machine calls them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The machine that it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// When it began, as in `2026-03-01T09:00:00Z`.
    began: String,
    /// When it ended.
    ended: String,
    /// Its steps, in the plan's order.
    steps: Vec<StepRecord>,
}

/// The record of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct StepRecord {
    address: Address,
    verb: Verb,
    outcome: Ending,
    /// Why it failed, or the step for which it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    /// The requests with an effect that were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<CallRecord>,
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ending {
    Done,
    Failed,
    Skipped,
    Stopped,
}

/// A request that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CallRecord {
    method: Method,
    /// The path without query.
    path: String,
    /// The answer: `ok`, or the refusal. Missing where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl Record {
    /// The record of a run that begins.
    pub(crate) fn begin(run: u64, plan: &Plan) -> Record {
        Record {
            format: FORMAT,
            run,
            workspace: plan.workspace.clone(),
            commit: plan.commit.clone(),
            config: plan.config.clone(),
            user: user(),
            host: host(),
            began: now(),
            ended: String::new(),
            steps: Vec::new(),
        }
    }

    /// Takes down what became of the steps, with the calls that the run's journal tells of, where it has one.
    pub(crate) fn end(&mut self, plan: &Plan, report: &Report, journal: Option<&Path>) {
        let mut calls = journal.map(calls).unwrap_or_default();
        self.ended = now();
        self.steps = plan
            .steps
            .iter()
            .zip(&report.outcomes)
            .map(|(step, outcome)| {
                let (word, because) = match outcome {
                    Outcome::Done => (Ending::Done, None),
                    Outcome::Failed(error) => (Ending::Failed, Some(error.to_string())),
                    Outcome::Skipped(first) => (Ending::Skipped, Some(plan.node_name(*first))),
                    Outcome::Stopped => (Ending::Stopped, None),
                };
                let calls = calls.remove(&(step.address.clone(), step.verb.as_str().to_owned())).unwrap_or_default();
                StepRecord { address: step.address.clone(), verb: step.verb, outcome: word, because, calls }
            })
            .collect();
    }

    /// Writes it into the folder of records, for its owner's eyes only, and removes those that are too many.
    pub(crate) fn keep(&self, folder: &Path) -> io::Result<()> {
        private::create_folder(folder)?;
        let text = serde_json::to_string_pretty(self)?;
        private::write(&folder.join(format!("{:06}.json", self.run)), format!("{text}\n").as_bytes())?;
        let mut all: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        all.retain(|path| number(path).is_some());
        all.sort_by_key(|path| number(path));
        for path in all.iter().take(all.len().saturating_sub(KEPT)) {
            fs::remove_file(path)?;
        }
        Ok(())
    }
}

/// Who runs this program, as the machine calls them.
pub(super) fn user() -> Option<String> {
    variable(&["USER", "LOGNAME", "USERNAME"])
}

/// The machine's name.
pub(super) fn host() -> Option<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    kernel.or_else(|| variable(&["HOSTNAME", "COMPUTERNAME"]))
}

fn variable(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| std::env::var(name).ok())
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()
}

/// The time to the second, as in `2026-03-01T09:00:00Z`.
pub(crate) fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}

/// The calls of a journal by step: its address, and the word for what it does. One that can't be read tells of none.
fn calls(journal: &Path) -> BTreeMap<(Address, String), Vec<CallRecord>> {
    let lines = journal::lines(journal).unwrap_or_default();
    let mut answers: BTreeMap<u64, String> = BTreeMap::new();
    for line in &lines {
        if let JournalLine::Answer { n, outcome } = line {
            answers.insert(*n, outcome.clone());
        }
    }
    let mut found: BTreeMap<_, Vec<CallRecord>> = BTreeMap::new();
    for line in lines {
        if let JournalLine::Call { n, address, verb, method, path, claim: _ } = line {
            let answer = answers.remove(&n);
            found.entry((address, verb)).or_default().push(CallRecord { method, path, answer });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(run: u64) -> Record {
        let text = format!(
            r#"{{"format":1,"run":{run},"workspace":"w","config":"00","began":"2026-03-01T09:00:00Z",
                "ended":"2026-03-01T09:00:07Z","steps":[{{"address":"east/routes/a","verb":"create","outcome":"failed",
                "because":"400","calls":[{{"method":"POST","path":"/routes","answer":"400"}}]}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_last_fifty_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        (1..=KEPT as u64 + 3).for_each(|run| record(run).keep(folder.path()).unwrap());
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!((names.len(), names[0].as_str()), (KEPT + 1, "000004.json"));
        let kept = fs::read_to_string(folder.path().join("000053.json")).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&kept).unwrap(), record(53));
    }

    #[test]
    fn a_time_is_told_to_the_second() {
        assert_eq!(now().len(), "2026-03-01T09:00:00Z".len(), "{}", now());
    }
}
