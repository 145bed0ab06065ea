//! `trueup plan`: what would be done.

use std::path::PathBuf;

use crate::cli::common::{Planned, Workspace, broken_policies};
use crate::cli::exit::{CONFLICT, DRIFT, PENDING, POLICY};
use crate::cli::{Allow, Dir, Exit, Format, Global, Stop, common, contents};
use crate::diff::verdict::{Cause, Decision};
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::render::{PlanDocument, markdown, text};

/// Options of `plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    workspace: Dir,
    /// Also writes the plan, as JSON, for `trueup apply FILE`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Tells by the exit code what is pending: 2 changes, 4 drift, 8 conflict, 16 a policy broken, added up.
    #[arg(long)]
    exit_code: bool,
    /// Shows each request, in order.
    #[arg(long)]
    calls: bool,
    /// Shows every resource, however many.
    #[arg(long)]
    all: bool,
    /// What may be done although the policy does not allow it.
    #[command(flatten)]
    allow: Allow,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Looks, compares, plans, and shows.
pub(crate) async fn run(global: &Global, options: &Options) -> Result<Exit, Stop> {
    let mut topology = common::load(global, &options.workspace.dir)?;
    options.allow.extend(&mut topology.policy);
    let mut workspace = Workspace::connect(global, topology).await?;
    let mut ledger = common::open_ledger(&workspace.topology)?;
    keep_key(&mut ledger, options)?;
    let plan = workspace.plan_with(&ledger.base).await?;
    let mut planned = Planned { plan, ledger };
    workspace.tell_troubles();
    contents::fetch(global, &mut workspace.topology, &mut planned.plan).await?;
    let document = PlanDocument::of(&planned.plan);
    if let Some(path) = &options.out {
        common::save(path, document.to_json().as_bytes())?;
    }
    common::print(&match options.format {
        Format::Json => document.to_json(),
        Format::Markdown => markdown::plan(&document, markdown::BUDGET),
        Format::Text => {
            let shown = text::Shown { calls: options.calls, all: options.all };
            text::plan(&document, common::stdout_style(global), shown)
        }
    })?;
    let policies = broken_policies(&workspace.topology, &planned.plan);
    for policy in &policies {
        eprintln!("error: {policy}");
    }
    let failed = !workspace.troubles.is_empty();
    workspace.close().await;
    if options.exit_code && !failed {
        return Ok(Exit::Bits(bits(&planned.plan, &policies)));
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Makes sure of the key of what a plan says about live objects, where the plan is kept for an apply. A plan that is only
/// looked at needs none, and writes nothing.
fn keep_key(ledger: &mut Ledger, options: &Options) -> Result<(), Stop> {
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

/// What is pending, as bits.
pub(crate) fn bits(plan: &Plan, policies: &[String]) -> u8 {
    let mut bits = if policies.is_empty() { 0 } else { POLICY };
    for verdict in &plan.verdicts {
        let is_held = matches!(verdict.decision, Decision::Hold(_));
        bits |= match verdict.decision.cause() {
            // What is left alone on purpose is not pending; that somebody was at the controller is told all the same.
            Some(Cause::Change) if is_held => 0,
            Some(Cause::Change) => PENDING,
            Some(Cause::Drift) => DRIFT,
            Some(Cause::Conflict) => CONFLICT,
            None => 0,
        };
        // Taking into ownership is something that an apply would do.
        if matches!(verdict.decision, Decision::Adopt) {
            bits |= PENDING;
        }
    }
    bits
}
