//! `trueup apply`: brings the controllers in line with the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::apply::{Executor, Report};
use crate::cli::common::{ConnectedWorkspace, Planned};
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::stop::Doing;
use crate::cli::undo::Undoing;
use crate::cli::{
    Allow, CommandError, Exit, Format, Global, PartOptions, TimeLimit, allow, asking, common, contents, fabric, facts,
    halt, output, plan_file, talk,
};
use crate::journal::{self, Journal, JournalLine};
use crate::ledger::{self, Ledger, LedgerError, Record, RunHold};
use crate::observe::Sights;
use crate::plan::{Choice, Plan, intents};
use crate::render::{ApplyDocument, PlanDocument, progress, report, text};
use crate::topology::Topology;
use crate::verify::{Contradiction, RunClaims, verify};

/// How many steps may be under way at once, over all targets; each target has limits of its own below that. A hundred
/// controllers that take one write at a time are all at work; many more than that, and it is this machine that waits.
const PARALLEL: usize = 128;

/// What is said when a run is asked to stop.
const STOPPING: &str = "stopping: nothing new begins, what can be given up is given up, the rest of what is under way is \
                        looked at for 30 s more";

/// Options of `apply`.
#[derive(Debug, clap::Args)]
pub(crate) struct ApplyOptions {
    /// The workspace's folder, or a plan that `trueup plan --out` wrote.
    #[arg(value_name = "DIR or PLAN", default_value = ".")]
    what: PathBuf,
    /// The workspace's folder, for a plan.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    part: PartOptions,
    /// Goes back to the files and the policy of a git revision; targets and secrets are where they are now.
    #[arg(long, value_name = "REVISION")]
    at: Option<String>,
    /// The form of the report.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// How a plan is carried out.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct How {
    /// Does not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Exceptions from the policy, for this run.
    #[command(flatten)]
    pub allow: Allow,
    /// Ends with 2, not 0, if something is left on purpose: protected, or held until `--allow` says that it is meant.
    #[arg(long)]
    pub exit_code: bool,
    /// How long another run is waited for that holds the lease, as in 10m.
    #[arg(long, value_name = "TIME", value_parser = TimeLimit::parse)]
    pub wait_for_lease: Option<TimeLimit>,
    /// How many steps may be under way at once.
    #[arg(long, value_name = "N", default_value_t = PARALLEL)]
    parallel: usize,
    /// The part of the changes that is made.
    #[arg(skip)]
    pub choice: Choice,
    /// The one target that is looked at; what is owned at others is as if it were not.
    #[arg(skip)]
    pub only_target: Option<String>,
    /// Says whether a plan that was made before is carried out.
    #[arg(skip)]
    is_saved: bool,
    /// Says whether the removal of everything is what was asked for.
    #[arg(skip)]
    pub removes_all: bool,
    /// The run that is taken back.
    #[arg(skip)]
    undoing: Option<Arc<Undoing>>,
}

impl How {
    /// The row of the table by which it ends.
    fn row(&self) -> ExitRow {
        if self.is_saved || self.undoing.is_some() { ExitRow::ApplyFile } else { ExitRow::Apply }
    }

    /// The same, for taking back what a run did.
    pub(crate) fn undoing(&self, undoing: Undoing) -> How {
        How { undoing: Some(Arc::new(undoing)), ..self.clone() }
    }

    /// The command that would do the same again.
    pub(super) fn command(&self) -> String {
        if let Some(undoing) = &self.undoing {
            return format!("trueup undo {}", undoing.run);
        }
        let words = match (self.removes_all, &self.only_target) {
            (false, _) if self.is_saved => "trueup plan --out FILE".to_owned(),
            (false, _) => "trueup apply".to_owned(),
            (true, None) => "trueup destroy".to_owned(),
            (true, Some(target)) => format!("trueup destroy --only-target {target}"),
        };
        if self.choice.is_given() { format!("{words} {}", self.choice.words()) } else { words }
    }
}

/// Plans, asks, carries out, and tells; a plan that was kept is carried out as it is.
pub(crate) async fn run(global: &Global, options: &ApplyOptions) -> Result<Exit, CommandError> {
    let saved = if options.what.is_file() { Some(plan_file::read(&options.what)?) } else { None };
    let dir: &Path = if saved.is_some() { &options.workspace } else { &options.what };
    if saved.is_some() && options.part.choice().is_given() {
        let stop = CommandError::failed("a plan that was kept is carried out as it is: it can't be chosen from");
        return Err(stop.help("choose when it is made, as with `trueup plan --only ADDRESS --out FILE`"));
    }
    let mut topology = common::load_at(global, dir, options.at.as_deref())?;
    options.how.allow.extend(&mut topology.policy);
    let mut how = How { is_saved: saved.is_some(), choice: options.part.choice(), ..options.how.clone() };
    how.yes |= options.part.approves();
    match &saved {
        Some(file) => plan_file::carry_out(global, topology, file, &how, options.format).await,
        None => carry_out(global, topology, &how, options.format).await,
    }
}

/// Plans and carries out what a topology wants.
pub(crate) async fn carry_out(
    global: &Global,
    topology: Topology,
    how: &How,
    format: Format,
) -> Result<Exit, CommandError> {
    let hold = common::hold(&topology, how.wait_for_lease.as_ref())?;
    let mut workspace = ConnectedWorkspace::connect_for(global, topology, how.choice.clone()).await?;
    workspace.only_target.clone_from(&how.only_target);
    workspace.has_brakes = !how.removes_all;
    let planned = workspace.plan_when_settled().await?;
    offer(global, workspace, planned, &hold, how, format).await
}

/// Shows a plan that was made just now, asks, and carries it out.
pub(crate) async fn offer(
    global: &Global,
    mut workspace: ConnectedWorkspace,
    mut planned: Planned,
    hold: &RunHold,
    how: &How,
    format: Format,
) -> Result<Exit, CommandError> {
    let shows_plan = format == Format::Text;
    tell_troubles(&workspace, &planned.plan, shows_plan);
    workspace.tell_changed_proofs();
    tell_doubts(&planned.ledger);
    let mut found = facts::of(&workspace, &planned.plan);
    refuse(&workspace, &planned.plan, &found)?;
    if how.undoing.is_none() {
        allow::tell_unmatched(global, &mut workspace.topology, &planned.plan);
    }
    contents::fetch(global, &mut workspace.topology, &mut planned.plan).await?;
    let document = workspace.document(&planned.plan);
    if shows_plan {
        show(global, &document, how)?;
    }
    if !planned.plan.is_empty() {
        match how.removes_all {
            true => asking::mean(&workspace.topology, &planned.plan, how)?,
            false if !how.yes => asking::ask(planned.plan.steps.len())?,
            false => {}
        }
    }
    found.asked = how.exit_code;
    let waits = how.undoing.as_ref().is_some_and(|undoing| undoing.is_deferred());
    found.add_if(waits || facts::defers(&planned.plan), Fact::Deferred);
    found.add_if(how.undoing.as_ref().is_some_and(|undoing| undoing.leaves_some()), Fact::PartWay);
    let carried = Carried { planned, leave_out: &BTreeSet::new(), hold };
    execute(global, &mut workspace, carried, how, format, &mut found).await?;
    workspace.close().await;
    Ok(found.exit(how.row()))
}

/// Shows the plan; to whom wants to hear less and is not asked, what it leaves alone, which no report tells.
fn show(global: &Global, document: &PlanDocument, how: &How) -> Result<(), CommandError> {
    let style = output::stdout_style(global);
    output::print(&match how.yes && global.quiet {
        true => text::left_alone(document, style),
        false => text::plan(document, style, text::Shown::default()),
    })
}

/// Says why something could not be looked at, as far as the plan is not about to.
fn tell_troubles(workspace: &ConnectedWorkspace, plan: &Plan, shows_plan: bool) {
    let refuses = workspace.blind().is_some() || !plan.brakes.broken().is_empty();
    let read = (shows_plan && !refuses).then(|| workspace.document(plan));
    workspace.tell_troubles(read.as_ref());
}

/// Tells which calls of an earlier run got no answer, and were looked at again.
fn tell_doubts(ledger: &Ledger) {
    for doubt in &ledger.doubts {
        eprintln!(
            "note: an earlier run got no answer to {} {} ({}): looked again",
            doubt.method, doubt.path, doubt.address
        );
    }
}

/// Nothing is written where nothing could be looked at, or where a policy is broken.
fn refuse(workspace: &ConnectedWorkspace, plan: &Plan, found: &Findings) -> Result<(), CommandError> {
    let row = ExitRow::Apply;
    if let Some(headline) = workspace.blind() {
        return Err(CommandError::Message(headline, None, found.exit(row)));
    }
    match plan.brakes.broken() {
        [] => Ok(()),
        broken => {
            let message = format!("policy broken: {}: nothing was changed", broken.join("; "));
            Err(CommandError::Message(message, Some(plan.brakes.remedy()), found.exit(row)))
        }
    }
}

/// A plan that is about to be carried out.
pub(crate) struct Carried<'c> {
    /// The plan, with the ledger that it was made with.
    pub planned: Planned,
    /// The steps that are left out.
    pub leave_out: &'c BTreeSet<usize>,
    /// What keeps other runs away.
    pub hold: &'c RunHold,
}

/// Carries the plan out, journals it, looks at what came of it, and tells.
pub(crate) async fn execute(
    global: &Global,
    workspace: &mut ConnectedWorkspace,
    carried: Carried<'_>,
    how: &How,
    format: Format,
    found: &mut Findings,
) -> Result<(), CommandError> {
    let Carried { planned: Planned { plan, mut ledger, known }, leave_out, hold } = carried;
    ledger.under(hold);
    workspace.sessions.values().for_each(|session| hold.fences(session));
    let mut record = begin_run(workspace, &mut ledger, &plan)?;
    let heeding = halt::heed(STOPPING);
    let progress = progress::choose(output::stderr_style(global), plan.steps.len(), global.quiet);
    talk::make_room(progress.clone());
    let clock = workspace.clock;
    let executor = Executor {
        plan: &plan,
        sights: &Sights::new(&workspace.topology),
        secrets: &workspace.topology.secrets,
        sessions: &workspace.sessions,
        progress: &*progress,
        stop: &heeding.switch,
        leave_out,
        known: &known,
        now: &move || clock.now(),
        parallel: how.parallel,
    };
    let mut journaled = None;
    let before = ledger.base.clone();
    let report = if plan.is_empty() {
        executor.record_without_steps(&mut ledger.base);
        Report::default()
    } else {
        let journal = begin_journal(workspace, &plan, &record, &mut ledger)?;
        journaled = Some(journal.path().to_owned());
        executor.run(journal, &mut ledger.base).await
    };
    talk::finish();
    let claims = RunClaims::of(&workspace.topology, &plan, &report, &before);
    let contradictions = look_again(workspace, &mut ledger, &claims).await;
    found.written = report.calls > 0 || report.done() > 0;
    found.add_if(report.is_late(), Fact::Deferred);
    found.add_if(!report.is_complete() || !contradictions.is_empty(), Fact::PartWay);
    record.undoes = how.undoing.as_ref().map(|undoing| undoing.give_back(&mut ledger.base, &plan, &report));
    record.end(&plan, &report, lines(journaled.as_deref()), &ledger.base);
    record.exit = Some(found.exit(how.row()).code());
    let saved = ledger.end_run(record).map_err(|error| unsaved(error, &report, journaled.as_deref()));
    if let Some(why) = &ledger.untold {
        eprintln!("warning: the run's record could not be kept: {why}");
    }
    let health = fabric::after(workspace, &plan, &report, &ledger.base).await;
    let document = ApplyDocument::of(&plan, &report, &contradictions, &how.command()).with_health(&health);
    // Whatever can't be written down, things were done: from here on nothing ends the command but its report.
    for trouble in [saved, print(global, format, &document)].into_iter().filter_map(Result::err) {
        found.add(Fact::PartWay);
        trouble.tell(global);
    }
    Ok(())
}

/// Counts one more run. What proves an installation of which nothing is owned is kept before anything is made there.
fn begin_run(workspace: &ConnectedWorkspace, ledger: &mut Ledger, plan: &Plan) -> Result<Record, CommandError> {
    let is_new = workspace.record_first_proofs(&mut ledger.base);
    ledger.keep_key()?;
    let number = ledger.begin_run(intents(plan, &ledger.base), is_new && !plan.is_empty())?;
    workspace.record_proofs(&mut ledger.base);
    Ok(Record::begin(number, plan, PlanDocument::of(plan).meaning(), &ledger.base))
}

/// Begins the journal of a run, which the ledger covers from then on, with what the run is about to do beside it.
fn begin_journal(
    workspace: &ConnectedWorkspace,
    plan: &Plan,
    record: &Record,
    ledger: &mut Ledger,
) -> Result<Journal, CommandError> {
    let folder = ledger::journal_folder(&workspace.topology);
    let run = JournalLine::begins(record.run, &plan.workspace, plan.commit.as_deref(), &plan.config);
    let journal = Journal::begin_twice(&folder, &run, ledger.mirror()).doing("begin a journal in", &folder)?;
    ledger::write_ahead(journal.path(), record)?;
    ledger.covers(journal.path().to_owned());
    Ok(journal)
}

/// Prints the report. Of a run that had nothing to do, people have read that before, unless they were shown no plan.
fn print(global: &Global, format: Format, document: &ApplyDocument) -> Result<(), CommandError> {
    match format {
        Format::Json => output::print(&document.to_json()),
        Format::Text | Format::Markdown if document.is_empty() && !global.quiet => Ok(()),
        Format::Text | Format::Markdown => output::print(&report::text(document, output::stdout_style(global))),
    }
}

/// Looks whether what was done is there. A run that was stopped has no time left for a controller that does not answer.
async fn look_again(workspace: &ConnectedWorkspace, ledger: &mut Ledger, claims: &RunClaims) -> Vec<Contradiction> {
    if claims.is_empty() {
        return Vec::new();
    }
    let look = verify(&workspace.topology, &mut ledger.base, &workspace.sessions, claims);
    halt::within_grace(look).await.unwrap_or_else(|| {
        eprintln!("note: what was done was not looked at again: there was no time left");
        Vec::new()
    })
}

/// The trouble of a ledger that could not be written after a run, with what is known all the same.
fn unsaved(error: LedgerError, report: &Report, journal: Option<&Path>) -> CommandError {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let stop = CommandError::failed(format!("the ledger could not be written: {error}{cause}"));
    if let LedgerError::Raced(_) | LedgerError::Lost = error {
        return stop.help("another run went on from what this one did: run it again to see what is left");
    }
    match (journal, &report.journal_error) {
        (Some(journal), None) => stop.help(format!(
            "the journal has all of it (`{}`): make room, then run any command again, which reads it",
            journal.display()
        )),
        (Some(_), Some(_)) => stop.help("make room, then run `trueup apply` again: it looks at what the journal lacks"),
        (None, _) => stop.help("make room, then run it again"),
    }
}

/// The lines of a run's journal. One that can't be read tells nothing.
fn lines(journal: Option<&Path>) -> Vec<JournalLine> {
    journal.and_then(|journal| journal::lines(journal).ok()).unwrap_or_default()
}
