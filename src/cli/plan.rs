//! `trueup plan`: what would be done.

use std::path::PathBuf;
use std::time::Duration;

use crate::apply::KnownObjects;
use crate::cli::common::{ConnectedWorkspace, Planned};
use crate::cli::exit::ExitRow;
use crate::cli::revisions::{self, Revisions, Showing};
use crate::cli::{
    Allow, CommandError, Dir, Exit, Format, Global, PartOptions, allow, common, contents, facts, output, past,
    plan_file,
};
use crate::ledger::Ledger;
use crate::plan::file::Work;
use crate::render::{BackDocument, KeptDocument, PlanFile, blind, markdown, text};
use crate::topology::time;

/// Options of `plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanOptions {
    #[command(flatten)]
    workspace: Dir,
    /// Also writes the plan, as JSON, for `trueup apply FILE`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How long the file may be carried out.
    #[arg(long, value_name = "TIME", default_value = "24h", requires = "out", value_parser = time)]
    expires: Duration,
    /// Tells by the exit code what there is: 2 changes pending, 4 drift, 8 conflict, 16 a policy broken, 32 not everything
    /// could be known, added up; `trueup explain exit-codes` has the table.
    #[arg(long)]
    exit_code: bool,
    /// Also says what `trueup undo` of it would do, and what that could not take back.
    #[arg(long)]
    with_undo: bool,
    /// Shows each request, in order.
    #[arg(long)]
    calls: bool,
    /// Shows every resource and every value in full, however many and however long.
    #[arg(long)]
    all: bool,
    /// Exceptions from the policy, for this run.
    #[command(flatten)]
    allow: Allow,
    #[command(flatten)]
    part: PartOptions,
    /// Goes back to the files and the policy of a git revision; targets and secrets are where they are now.
    #[arg(long, value_name = "REVISION")]
    at: Option<String>,
    /// What leads from a git revision to another one, or to the files as they are: what a pull request means. No controller,
    /// no secret and no ledger is needed.
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["at", "out", "with_undo", "calls", "allow", "only", "exclude", "only_target", "mode"])]
    from: Option<String>,
    /// The revision to which it leads; by default the files as they are.
    #[arg(long, value_name = "REVISION", requires = "from")]
    to: Option<String>,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Looks, compares, plans, and shows.
pub(crate) async fn run(global: &Global, options: &PlanOptions) -> Result<Exit, CommandError> {
    let (dir, at) = (&options.workspace.dir, options.at.as_deref());
    if let Some(from) = &options.from {
        return between(global, options, from);
    }
    let (mut topology, spare) = match options.with_undo {
        true => past::load(global, dir, at)?,
        false => (common::load_at(global, dir, at)?, Vec::new()),
    };
    options.allow.extend(&mut topology.policy);
    let mut workspace = ConnectedWorkspace::connect_for(global, topology, options.part.choice()).await?;
    let mut ledger = common::open_ledger(&workspace.topology)?;
    keep_key(&mut ledger, options)?;
    let plan = workspace.plan_with(&mut ledger.base).await?;
    let mut planned = Planned { plan, ledger, known: KnownObjects::new() };
    workspace.tell_changed_proofs();
    allow::tell_unmatched(global, &mut workspace.topology, &planned.plan);
    contents::fetch(global, &mut workspace.topology, &mut planned.plan).await?;
    let mut document = workspace.document(&planned.plan);
    if options.with_undo {
        let back = past::ahead(global, &options.workspace.dir, &workspace.topology, &planned, &spare);
        document.undo = Some(back.iter().map(BackDocument::of).collect());
    }
    let is_read = options.format == Format::Text && workspace.blind().is_none();
    workspace.tell_troubles(is_read.then_some(&document));
    if let Some(path) = &options.out {
        let work = Work::of(&workspace.topology, &planned.plan, &planned.ledger.base);
        let (made, expires) = plan_file::lifetime(options.expires)?;
        let kept = KeptDocument { made, expires, serial: planned.ledger.serial() };
        let words = plan_file::tell(&kept, &document);
        common::save(path, PlanFile::kept(&document, kept, work).to_json().as_bytes())?;
        if !global.quiet {
            eprintln!("note: kept in `{}`: {words}", path.display());
        }
    }
    let style = output::stdout_style(global);
    output::print(&match (options.format, workspace.blind()) {
        (Format::Json, _) => document.to_json(),
        (Format::Markdown, Some(headline)) => blind::markdown(&document, &headline),
        (Format::Text, Some(headline)) => blind::text(&document, &headline, style),
        (Format::Markdown, None) => markdown::plan(&document, markdown::BUDGET),
        (Format::Text, None) => {
            let shown = text::Shown { calls: options.calls, all: options.all };
            text::plan(&document, style, shown)
        }
    })?;
    // Whoever reads the text has read it; what goes to a program or a comment leaves no trace in the log of CI.
    if options.format != Format::Text {
        let brakes = &planned.plan.brakes;
        brakes.broken().iter().for_each(|policy| eprintln!("error: {policy}"));
        if !brakes.broken().is_empty() {
            eprintln!("  help: {}", brakes.remedy());
        }
    }
    let mut found = facts::of(&workspace, &planned.plan);
    facts::add_gaps(&mut found, &planned.plan);
    workspace.close().await;
    Ok(found.exit(if options.exit_code { ExitRow::PlanExitCode } else { ExitRow::Plan }))
}

/// Shows what leads from one revision to another.
fn between(global: &Global, options: &PlanOptions, from: &str) -> Result<Exit, CommandError> {
    let asked = Revisions { from, to: options.to.as_deref() };
    let PlanOptions { format, all, exit_code, .. } = *options;
    revisions::run(global, &options.workspace.dir, &asked, &Showing { format, all, exit_code })
}

/// Makes sure of the key of what a plan says about live objects, where the plan is kept for an apply. A plan that is only
/// looked at needs none, and writes nothing.
fn keep_key(ledger: &mut Ledger, options: &PlanOptions) -> Result<(), CommandError> {
    match (&options.out, options.format) {
        (Some(_), _) => Ok(ledger.keep_key()?),
        (None, Format::Json) => {
            if let Err(error) = ledger.keep_key() {
                eprintln!(
                    "note: {error}: without a key the plan does not say what it relies on, and is not for `apply`"
                );
            }
            Ok(())
        }
        (None, Format::Text | Format::Markdown) => Ok(()),
    }
}
