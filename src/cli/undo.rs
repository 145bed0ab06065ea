//! `trueup undo`: takes back what a run did, on the way that `apply` goes.
//!
//! What the run touched is wanted as its record has it; looking, comparing, planning, asking, journal and record are those
//! of any apply, so that an undo can be undone.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::address::Address;
use crate::apply::Report;
use crate::cli::apply::{self, How};
use crate::cli::common::{self, ConnectedWorkspace, Planned};
use crate::cli::{CommandError, Exit, Format, Global, history, past, plan_file};
use crate::diff::content_ids::settle_ids;
use crate::diff::diff;
use crate::diff::kept_secrets;
use crate::diff::matching;
use crate::ledger::{History, Ledger, Record};
use crate::observe::Scope;
use crate::plan::file::SecretsByPrint;
use crate::plan::{Plan, defer, plan};
use crate::render::counted;
use crate::state::base::Base;
use crate::topology::Topology;
use crate::undo::{Givers, PastChange, WayBack, give_back, since, way_back};

/// Options of `undo`.
#[derive(Debug, clap::Args)]
pub(crate) struct UndoOptions {
    /// The run, as `trueup history` tells it; by default the last one that changed something.
    #[arg(value_name = "RUN", value_parser = number)]
    run: Option<u64>,
    /// One of its steps alone, by its number in `trueup show RUN`, with what lives in its resource.
    #[arg(long, value_name = "N")]
    step: Option<usize>,
    /// The workspace's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    #[command(flatten)]
    how: How,
    /// The form of the report.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

fn number(text: &str) -> Result<u64, String> {
    history::number(text).ok_or_else(|| "a run is a number: `12` or `run:12`".to_owned())
}

/// What an undo takes back.
#[derive(Debug)]
pub(crate) struct Undoing {
    /// The run.
    pub run: u64,
    /// What it did.
    pub changes: Vec<PastChange>,
    /// What is left alone.
    held: BTreeSet<Address>,
    /// Says whether some of it waits for its window.
    is_deferred: bool,
}

impl Undoing {
    /// Says whether some of it waits for its window.
    pub(crate) fn is_deferred(&self) -> bool {
        self.is_deferred
    }

    /// Gives the ledger back what it remembered, of all that is as it was. Gives the run's number.
    pub(crate) fn give_back(&self, base: &mut Base, plan: &Plan, report: &Report) -> u64 {
        let left = plan.steps.iter().zip(&report.outcomes).filter(|(_, outcome)| !outcome.is_done());
        let left: BTreeSet<&Address> = left.map(|(step, _)| &step.address).collect();
        let is_done = |address: &&Address| !left.contains(address) && !self.held.contains(*address);
        let done = self.changes.iter().map(|change| &change.address).filter(is_done).cloned().collect();
        give_back(base, &self.changes, &done);
        self.run
    }

    /// Says whether something of the run is left as it is.
    pub(crate) fn leaves_some(&self) -> bool {
        !self.held.is_empty()
    }
}

/// Plans the way back, shows it, asks, and goes it.
pub(crate) async fn run(global: &Global, options: &UndoOptions) -> Result<Exit, CommandError> {
    let (mut files, spare) = past::load(global, &options.workspace, None)?;
    let record = chosen(&History::open(&files)?, &files, options.run)?;
    let mut past = past::changes(&record)?;
    if let Some(step) = options.step {
        past.keep_step(&record, step)?;
    }
    options.how.allow.extend(&mut files.policy);
    let hold = common::hold(&files, options.how.wait_for_lease.as_ref())?;
    let mut workspace = ConnectedWorkspace::connect(global, files).await?;
    let mut ledger = common::open_ledger(&workspace.topology)?;
    let commits = past::commits(global, &options.workspace, past.rows().filter_map(|row| row.commit.clone()));
    let files = workspace.topology.clone();
    let mut secrets = SecretsByPrint::new(ledger.base.key.clone());
    spare.iter().for_each(|secret| secrets.learn_secret(secret));
    std::iter::once(&files)
        .chain(&commits)
        .for_each(|files| past::learn(files, &mut secrets, &workspace.topology.secrets));
    // What is looked at follows from what is wanted, and what can be wanted from what is seen.
    workspace.topology =
        way_back(&files, &past.changes, &givers(&secrets, &files, &commits), &ledger.base, past.held.clone()).topology;
    let observed = workspace.observe(&ledger.base, Scope::Declared).await;
    workspace.forget_moved(&observed, &mut ledger.base);
    let index = matching::index(&workspace.topology, &observed, &ledger.base);
    kept_secrets::learn(&workspace.topology, &index, &ledger.base);
    observed.targets.values().for_each(|view| secrets.learn_live(&view.collections, &workspace.topology.secrets));
    past.changes.retain(|change| !change.let_go || index.live(&change.address).is_none());
    past.held.extend(since(&workspace.topology, &observed, &index, &ledger.base, record.run, &past.changes));
    let seen = Givers { index: Some(&index), ..givers(&secrets, &files, &commits) };
    let way = way_back(&files, &past.changes, &seen, &ledger.base, past.held);
    workspace.topology = way.topology.clone();
    settle_ids(&mut workspace.topology, &observed, &ledger.base);
    let mut diff = diff(&workspace.topology, &observed, &ledger.base);
    way.narrow(&mut diff, &ledger.base);
    let plan = plan(&workspace.topology, &observed, diff);
    let mut plan = workspace.checked(plan, &observed, &ledger.base)?;
    let deferred = defer(&mut plan, &workspace.topology.policy, workspace.clock.now());
    tell(&record, &past.left, &way, &ledger, &files);
    plan_file::tell_deferred(&deferred);
    let undoing = Undoing {
        run: record.run,
        changes: past.changes,
        held: way.held.into_keys().collect(),
        is_deferred: !deferred.is_empty(),
    };
    let planned =
        Planned { plan: Plan { is_whole: false, gaps: Vec::new(), ..plan }, ledger, known: Default::default() };
    let how = options.how.undoing(undoing);
    apply::offer(global, workspace, planned, &hold, &how, options.format).await
}

/// Who may still have what the record does not hold.
fn givers<'g>(secrets: &'g SecretsByPrint, files: &'g Topology, commits: &'g [Topology]) -> Givers<'g> {
    Givers { secrets, workspaces: std::iter::once(files).chain(commits).collect(), index: None }
}

/// The record of the run that is meant.
fn chosen(history: &History, files: &Topology, run: Option<u64>) -> Result<Record, CommandError> {
    if let Some(run) = run {
        return history::record(files, run);
    }
    let last = history.runs().find(|head| head.counts.changed_something());
    let last = last.ok_or_else(|| {
        CommandError::failed(format!("no run of workspace `{}` that is recorded changed anything", files.workspace))
    })?;
    history::record(files, last.run)
}

/// Says what is taken back, what of it will not be as it was, and that the files do not know of it.
fn tell(record: &Record, left: &[String], way: &WayBack, ledger: &Ledger, files: &Topology) {
    let commit = record.commit.as_deref().map(|commit| format!(", commit {commit}")).unwrap_or_default();
    let who = crate::render::history::who(record.user.as_deref(), record.host.as_deref());
    eprintln!("note: takes back run {} of {}, by {who}{commit}", record.run, record.began);
    for (address, why) in &way.stays {
        eprintln!("note: `{address}`: {why}");
    }
    for line in left {
        eprintln!("note: {line}");
    }
    let again = past::wanted_again(files, &way.topology, &way.about, &ledger.base);
    if again > 0 {
        let commit = record.commit.as_deref().map(|commit| format!(" {commit}")).unwrap_or_default();
        eprintln!(
            "note: the files still want what it did to {}: revert the commit{commit}, or the next `trueup apply` does it again",
            counted(again, "resource")
        );
    }
}
