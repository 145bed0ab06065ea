//! Run records: what is kept of each run, so that somebody can look later who changed what, and go back.
//!
//! A record is written in the same change of the store that ends its run. Nothing secret is in it: requests are told
//! without their bodies, and values with keyed fingerprints in place of secrets. A record of format 1 is one of this
//! format that says less.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::who::{host, now, user};
use crate::address::Address;
use crate::apply::{Outcome, Report};
use crate::diff::verdict::{Cause, Decision};
use crate::fabric::FabricOrigin;
use crate::journal::JournalLine;
use crate::plan::file::seal;
use crate::plan::{FieldChange, Plan, PreImage, Step, Verb};
use crate::secret::FingerprintKey;
use crate::state::base::{Base, Entry};
use wire::Method;

/// The format's version.
pub(super) const FORMAT: u32 = 2;

/// The record of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Record {
    /// The format's version: 2.
    pub(super) format: u32,
    /// The run's number in the ledger.
    pub run: u64,
    /// The workspace.
    pub workspace: String,
    /// The commit that was applied, with `+` behind it when files differed from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Digest of the files.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub config: String,
    /// Digest of what the plan was to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// The run that it took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// Who ran it, as the machine calls them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The machine that it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// When it began, as in `2026-03-01T09:00:00Z`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub began: String,
    /// When it ended; missing where nobody saw it end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// What it came to. Missing in format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<RunOutcome>,
    /// The exit code that it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// The mark that tells the key of its fingerprints from other keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Its steps, in the plan's order.
    pub steps: Vec<StepRecord>,
    /// The resources that became owned without a step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<Address>,
    /// The resources that were let go of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<Address>,
    /// What its steps found, and what lived in it where it went.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<Address, FoundRecord>,
    /// Says whether it was so large that what its steps found and changed is not kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trimmed: bool,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RunOutcome {
    /// All of it is done.
    Done,
    /// Not all of it is done.
    PartWay,
    /// It did not come to its end: the next run found its journal.
    Killed,
    /// It did not come to its end, and others went on before its journal was found.
    Overtaken,
    /// It did not come to its end, and its journal is on another machine.
    Lost,
}

impl RunOutcome {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            RunOutcome::Done => "done",
            RunOutcome::PartWay => "part-way",
            RunOutcome::Killed => "killed",
            RunOutcome::Overtaken => "overtaken",
            RunOutcome::Lost => "lost",
        }
    }
}

/// The record of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct StepRecord {
    /// The resource.
    pub address: Address,
    /// What it did.
    pub verb: Verb,
    /// Why it was done, as far as somebody had moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What it came to.
    pub outcome: Ending,
    /// Why it failed, or the step for which it was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Milliseconds from its begin to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<u64>,
    /// The provider's id of the object before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_before: Option<String>,
    /// The provider's id of the object after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_after: Option<String>,
    /// What tells the object from the others of its collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The row that the ledger has of it afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Entry>,
    /// The fields that changed; of a create, all that were declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldRecord>,
    /// The requests with an effect that were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallRecord>,
    /// The declaration of the fabric that its resource came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<FabricOrigin>,
}

/// A field that changed, as the plan showed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct FieldRecord {
    /// Its name.
    pub name: String,
    /// The value before.
    pub before: Value,
    /// The value after.
    pub after: Value,
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ending {
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// It was not tried, because of one that failed.
    Skipped,
    /// It was not tried, or not finished.
    Stopped,
    /// It was not tried, since its window had closed.
    Deferred,
}

impl Ending {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Failed => "failed",
            Ending::Skipped => "skipped",
            Ending::Stopped => "stopped",
            Ending::Deferred => "deferred",
        }
    }
}

/// A request that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct CallRecord {
    /// The HTTP verb.
    pub method: Method,
    /// The path without query.
    pub path: String,
    /// The answer: `ok`, or the refusal. Missing where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// What stood at an address before a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct FoundRecord {
    /// The provider's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What the API showed of it that can be declared, with names in place of ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// The row that the ledger had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Entry>,
}

impl FoundRecord {
    fn of(image: &PreImage, row: Option<&Entry>, key: &FingerprintKey) -> FoundRecord {
        let fields = image.fields.iter().map(|(name, attr)| (name.clone(), seal(attr, key)));
        FoundRecord { id: image.id.clone(), fields: fields.collect(), row: row.cloned() }
    }
}

impl Record {
    /// The record of a run of which nothing but its number is known.
    pub(super) fn bare(run: u64, workspace: &str) -> Record {
        Record {
            format: FORMAT,
            run,
            workspace: workspace.to_owned(),
            commit: None,
            config: String::new(),
            meaning: None,
            undoes: None,
            user: None,
            host: None,
            began: String::new(),
            ended: None,
            outcome: None,
            exit: None,
            key_id: None,
            steps: Vec::new(),
            adopted: Vec::new(),
            released: Vec::new(),
            found: BTreeMap::new(),
            trimmed: false,
        }
    }

    /// The record of a run that begins: its plan, and what it finds. Nothing of it is done.
    pub(crate) fn begin(run: u64, plan: &Plan, meaning: String, base: &Base) -> Record {
        let of = |wanted: fn(&Decision) -> bool| {
            let meant = plan.verdicts.iter().filter(move |verdict| wanted(&verdict.decision));
            meant.map(|verdict| verdict.address.clone()).collect()
        };
        let found = |(address, image): (&Address, &PreImage)| {
            (address.clone(), FoundRecord::of(image, base.entry(address), &base.key))
        };
        Record {
            commit: plan.commit.clone(),
            config: plan.config.clone(),
            meaning: Some(meaning),
            user: user(),
            host: host(),
            began: now(),
            key_id: (!base.key.is_empty()).then(|| base.key.id()),
            steps: plan.steps.iter().map(|step| StepRecord::planned(step, base)).collect(),
            adopted: of(|decision| matches!(decision, Decision::Adopt)),
            released: of(|decision| matches!(decision, Decision::Release(_))),
            found: plan.before.iter().map(found).collect(),
            ..Record::bare(run, &plan.workspace)
        }
    }

    /// Takes down what became of the steps, with the calls that the run's journal tells of.
    pub(crate) fn end(&mut self, plan: &Plan, report: &Report, journal: Vec<JournalLine>, base: &Base) {
        self.tell_calls(journal);
        self.ended = Some(now());
        let outcome = if report.is_complete() { RunOutcome::Done } else { RunOutcome::PartWay };
        self.outcome = Some(outcome);
        for (n, (step, outcome)) in self.steps.iter_mut().zip(&report.outcomes).enumerate() {
            (step.outcome, step.because) = match outcome {
                Outcome::Done => (Ending::Done, None),
                Outcome::Failed(error) => (Ending::Failed, Some(error.to_string())),
                Outcome::Skipped(first) => (Ending::Skipped, Some(plan.node_name(*first))),
                Outcome::Stopped => (Ending::Stopped, None),
                Outcome::Late => (Ending::Deferred, None),
            };
            step.took = report.took.get(n).copied().flatten();
            if !step.verb.removes() {
                let entry = base.entry(&step.address);
                step.id_after = entry.map(|entry| entry.id.clone()).filter(|id| !id.is_empty());
                step.identity = entry.and_then(|entry| entry.identity.clone());
                step.row = entry.filter(|_| step.outcome == Ending::Done).cloned();
            }
        }
    }

    /// Takes down which calls were sent for which step.
    pub(super) fn tell_calls(&mut self, journal: Vec<JournalLine>) {
        let mut calls = calls(journal);
        for step in &mut self.steps {
            let called = calls.remove(&(step.address.clone(), step.verb.as_str().to_owned()));
            step.calls = called.unwrap_or_default();
        }
    }

    /// What it came to. A record of format 1 tells by its steps.
    pub(crate) fn outcome(&self) -> RunOutcome {
        let is_done = || self.steps.iter().all(|step| step.outcome == Ending::Done);
        self.outcome.unwrap_or_else(|| if is_done() { RunOutcome::Done } else { RunOutcome::PartWay })
    }

    /// Says whether it holds what was there before: the first format did not.
    pub(crate) fn tells_what_it_found(&self) -> bool {
        self.format > 1 && !self.trimmed
    }

    /// The steps that are done.
    pub(crate) fn done(&self) -> impl Iterator<Item = &StepRecord> {
        self.steps.iter().filter(|step| step.outcome == Ending::Done)
    }

    /// The same without what makes it large.
    pub(super) fn trimmed(&self) -> Record {
        let mut record = Record { found: BTreeMap::new(), trimmed: true, ..self.clone() };
        for step in &mut record.steps {
            (step.row, step.fields) = (None, Vec::new());
        }
        record
    }
}

impl StepRecord {
    /// A step of which nothing is known but that it had begun.
    pub(super) fn begun(address: Address, verb: Verb) -> StepRecord {
        StepRecord {
            address,
            verb,
            cause: None,
            outcome: Ending::Stopped,
            because: None,
            took: None,
            id_before: None,
            id_after: None,
            identity: None,
            row: None,
            fields: Vec::new(),
            calls: Vec::new(),
            origin: None,
        }
    }

    fn planned(step: &Step, base: &Base) -> StepRecord {
        let field = |change: &FieldChange| FieldRecord {
            name: change.name.clone(),
            before: seal(&change.before, &base.key),
            after: seal(&change.after, &base.key),
        };
        StepRecord {
            cause: step.cause,
            id_before: step.id.clone().filter(|id| !id.is_empty()),
            identity: base.entry(&step.address).and_then(|entry| entry.identity.clone()),
            fields: step.fields.iter().map(field).collect(),
            origin: step.origin.as_deref().cloned(),
            ..StepRecord::begun(step.address.clone(), step.verb)
        }
    }
}

/// The calls of a journal by step: its address, and the word for what it does.
fn calls(lines: Vec<JournalLine>) -> BTreeMap<(Address, String), Vec<CallRecord>> {
    let mut answers: BTreeMap<u64, String> = BTreeMap::new();
    for line in &lines {
        if let JournalLine::Answer { n, outcome } = line {
            answers.insert(*n, outcome.clone());
        }
    }
    let mut found: BTreeMap<_, Vec<CallRecord>> = BTreeMap::new();
    for line in lines {
        if let JournalLine::Call { n, address, verb, method, path, claim: _, origin: _ } = line {
            let answer = answers.remove(&n);
            found.entry((address, verb)).or_default().push(CallRecord { method, path, answer });
        }
    }
    found
}
