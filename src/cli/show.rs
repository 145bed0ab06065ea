//! `trueup show`: a plan file as it was, or a run as its record tells it, without looking at anything.

use std::path::PathBuf;

use crate::cli::exit::{ExitRow, Findings};
use crate::cli::{CommandError, Exit, Format, Global, common, history, output, plan_file};
use crate::render::history::run;
use crate::render::{markdown, text};

/// Options of `show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowOptions {
    /// The plan, as `trueup plan --out` wrote it, or the number of a run, as `trueup history` tells it: `12` or `run:12`.
    #[arg(value_name = "PLAN or RUN")]
    what: PathBuf,
    /// The workspace's folder, for a run.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// Shows each request, in order.
    #[arg(long)]
    calls: bool,
    /// Shows every resource, however many.
    #[arg(long)]
    all: bool,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Reads and shows.
pub(crate) fn run(global: &Global, options: &ShowOptions) -> Result<Exit, CommandError> {
    let shown = text::Shown { calls: options.calls, all: options.all };
    let asked = options.what.to_str().and_then(history::number);
    if let Some(number) = asked.filter(|_| !options.what.exists()) {
        return past(global, options, number, shown);
    }
    let file = plan_file::read(&options.what)?;
    let document = file.document();
    output::print(&match options.format {
        Format::Json => document.to_json(),
        Format::Markdown => markdown::plan(&document, markdown::BUDGET),
        Format::Text => text::plan(&document, output::stdout_style(global), shown),
    })?;
    match &file.kept {
        Some(kept) => eprintln!("note: {}", plan_file::tell(kept, &document)),
        None => eprintln!("note: this plan is for reading: `trueup plan --out FILE` keeps one for `apply`"),
    }
    Ok(Findings::default().exit(ExitRow::Other))
}

/// Shows a run. No controller is asked, and no secret is needed.
fn past(global: &Global, options: &ShowOptions, number: u64, shown: text::Shown) -> Result<Exit, CommandError> {
    let record = history::record(&common::load_for_ledger(global, &options.workspace)?, number)?;
    output::print(&match options.format {
        Format::Json => run::json(&record),
        Format::Text | Format::Markdown => run::text(&record, output::stdout_style(global), shown),
    })?;
    Ok(Findings::default().exit(ExitRow::Other))
}
