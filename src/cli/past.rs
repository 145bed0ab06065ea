//! What commands need to go back: what a run did, by its record, and who may still have what was there before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::address::Address;
use crate::attr::Attr;
use crate::cli::common::{Planned, WithSpare};
use crate::cli::{CommandError, Global, common, talk};
use crate::diff::compare::narrow;
use crate::diff::verdict::Hold;
use crate::ledger::{Ending, Record, StepRecord};
use crate::plan::Verb;
use crate::plan::file::SecretsByPrint;
use crate::providers::CATALOGUE;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::spec::canonical;
use crate::state::base::{Base, Entry};
use crate::topology::{self, FileSource, Options, Resource, Topology};
use crate::undo::{self, Givers, NO_WAY_BACK, PastChange, StepBack};

/// What a run did, as something to be taken back.
pub(crate) struct Past {
    /// What it did, by address.
    pub changes: Vec<PastChange>,
    /// What can't be taken back, each with the reason.
    pub held: BTreeMap<Address, Hold>,
    /// What it did that no way leads back from, a phrase each.
    pub left: Vec<String>,
}

/// Reads a workspace with all secrets that it declares: what is not used any more may be wanted again.
pub(crate) fn load(global: &Global, dir: &Path, revision: Option<&str>) -> Result<WithSpare, CommandError> {
    common::load_all(global, dir, Options { all_secrets: true, ..common::options_at(global, revision)? })
}

/// What a run did.
pub(crate) fn changes(record: &Record) -> Result<Past, CommandError> {
    if record.trimmed {
        let message = format!(
            "run {} can't be taken back: it was too large for its record to say what was there before",
            record.run
        );
        return Err(CommandError::failed(message).help("change the files instead, and apply them"));
    }
    let mut by: BTreeMap<Address, PastChange> = BTreeMap::new();
    let mut past = Past { changes: Vec::new(), held: BTreeMap::new(), left: Vec::new() };
    for step in &record.steps {
        if past.is_taken_back(record, step) {
            past.add(record, step, &mut by);
        }
    }
    let gone: Vec<Address> = by.values().filter(|change| change.verb.removes()).map(|it| it.address.clone()).collect();
    for (address, found) in &record.found {
        let let_go = record.released.contains(address);
        let went = (let_go || gone.iter().any(|gone| address.is_below(gone))) && !by.contains_key(address);
        let (before, row) = (Some(found.fields.clone()), found.row.clone());
        let (verb, changed) = (Verb::Delete, BTreeSet::new());
        let change = PastChange { address: address.clone(), verb, before, row, changed, left_owned: false, let_go };
        by.extend(went.then(|| (address.clone(), change)));
    }
    past.changes = by.into_values().collect();
    if past.changes.is_empty() {
        return Err(CommandError::failed(format!("run {} changed nothing that can be taken back", record.run)));
    }
    Ok(past)
}

impl Past {
    /// The rows that the ledger had.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Entry> {
        self.changes.iter().filter_map(|change| change.row.as_ref())
    }

    /// Says whether a step is one to be taken back; what no way leads back from is told.
    fn is_taken_back(&mut self, record: &Record, step: &StepRecord) -> bool {
        let address = &step.address;
        match (step.outcome, step.verb) {
            (Ending::Done, Verb::Issue) => {
                self.left.push(format!("`{address}`: what it gave once can't be asked back"));
                false
            }
            // What showed with another object that was made came along with that.
            (Ending::Done, Verb::Find) => !record.found.contains_key(address),
            (Ending::Done, _) => true,
            _ => {
                let tried = format!("`{address}`: its step did not end, and is not taken back; `trueup plan` looks");
                self.left.extend((!step.calls.is_empty()).then_some(tried));
                false
            }
        }
    }

    fn add(&mut self, record: &Record, step: &StepRecord, by: &mut BTreeMap<Address, PastChange>) {
        let found = record.found.get(&step.address);
        let before = found.filter(|_| step.verb != Verb::Create).map(|found| found.fields.clone());
        let row = found.and_then(|found| found.row.clone());
        if !record.tells_what_it_found() && step.verb != Verb::Create {
            let why = format!("run {} did not record what was there before", record.run);
            self.held.insert(step.address.clone(), Hold::new(NO_WAY_BACK, why));
        }
        let change = by.entry(step.address.clone()).or_insert_with(|| PastChange {
            address: step.address.clone(),
            verb: step.verb,
            before,
            row,
            changed: BTreeSet::new(),
            left_owned: true,
            let_go: false,
        });
        // Of a replacement the half that makes is what it left.
        if step.verb.creates() {
            change.verb = step.verb;
        }
        change.left_owned &= step.verb.removes() || step.identity.is_some() || step.id_after.is_some();
        change.changed.extend(step.fields.iter().map(|field| field.name.clone()));
    }

    /// Leaves one step of it, with what lives in its resource.
    pub(crate) fn keep_step(&mut self, record: &Record, step: usize) -> Result<(), CommandError> {
        let count = record.steps.len();
        let chosen = step.checked_sub(1).and_then(|n| record.steps.get(n)).ok_or_else(|| {
            CommandError::failed(format!("run {} has the steps 1 to {count}", record.run))
                .help(format!("`trueup show {}` numbers them", record.run))
        })?;
        let is_meant = |address: &Address| *address == chosen.address || address.is_below(&chosen.address);
        self.changes.retain(|change| is_meant(&change.address));
        self.held.retain(|address, _| is_meant(address));
        match self.changes.is_empty() {
            true => Err(CommandError::failed(format!("step {step} of run {} changed nothing", record.run))),
            false => Ok(()),
        }
    }
}

/// The workspace as it was at commits that rows of the ledger name, as far as they are here.
pub(crate) fn commits(global: &Global, dir: &Path, commits: impl Iterator<Item = String>) -> Vec<Topology> {
    let commits: BTreeSet<String> = commits.map(|commit| commit.trim_end_matches('+').to_owned()).collect();
    let read = |commit: String| {
        let options = Options { source: FileSource::Revision(commit), ..common::load_options(global).ok()? };
        let topology = topology::load(dir, CATALOGUE, &options).ok()?.topology;
        talk::keep(&topology.secrets);
        Some(topology)
    };
    commits.into_iter().filter_map(read).collect()
}

/// The way back from a plan of which nothing is done yet.
pub(crate) fn ahead(
    global: &Global,
    dir: &Path,
    topology: &Topology,
    planned: &Planned,
    spare: &[Secret],
) -> Vec<StepBack> {
    let base = &planned.ledger.base;
    let steps = planned.plan.steps.iter().filter_map(|step| base.entry(&step.address));
    let commits = commits(global, dir, steps.filter_map(|row| row.commit.clone()));
    let mut secrets = SecretsByPrint::new(base.key.clone());
    spare.iter().for_each(|secret| secrets.learn_secret(secret));
    std::iter::once(topology).chain(&commits).for_each(|files| learn(files, &mut secrets, &topology.secrets));
    let workspaces = std::iter::once(topology).chain(&commits).collect();
    undo::ahead(topology, &planned.plan, base, &Givers { secrets: &secrets, workspaces, index: None })
}

/// Takes note of the secrets of a workspace, and keeps them from being shown.
pub(crate) fn learn(files: &Topology, secrets: &mut SecretsByPrint, shown: &Redactor) {
    let attrs = files.resources.values().flat_map(|resource| resource.fields.values());
    let attrs = attrs.chain(files.targets.values().flat_map(|target| target.settings.values()));
    attrs.for_each(|attr| {
        secrets.learn(attr);
        shown.learn_from(attr);
    });
}

/// The number of addresses at which the files want something else than the way back leads to.
pub(crate) fn wanted_again(files: &Topology, back: &Topology, about: &BTreeSet<Address>, base: &Base) -> usize {
    let other = |address: &&Address| match (files.resources.get(*address), back.resources.get(*address)) {
        (None, None) => false,
        (Some(declared), Some(past)) => differs(declared, past, base),
        (Some(_), None) | (None, Some(_)) => true,
    };
    about.iter().filter(other).count()
}

/// Says whether files want other values than those that something had.
fn differs(declared: &Resource, past: &Resource, base: &Base) -> bool {
    let value = |resource: &Resource, name: &str| match (resource.files.get(name), resource.fields.get(name)) {
        (Some(content), _) => Some(Attr::Text(content.stamp())),
        (None, Some(attr)) => Some(resource.kind.field(name).map_or(attr.clone(), |field| canonical(&field.ty, attr))),
        (None, None) => None,
    };
    let is_other = |name: &String| match (value(declared, name), value(past, name)) {
        (Some(wanted), Some(past)) if !wanted.is_later() && !past.is_later() => {
            let wanted = base.stored(&wanted);
            !base.matches_stored(&narrow(&past, &wanted), &wanted)
        }
        (Some(_), None) => past.cleared.contains(name),
        _ => false,
    };
    declared.fields.keys().any(is_other)
}
