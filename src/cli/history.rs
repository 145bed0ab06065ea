//! `trueup history`: the runs that were, the newest first.

use crate::cli::exit::{ExitRow, Findings};
use crate::cli::{CommandError, Dir, Exit, Format, Global, common, output};
use crate::ledger::{History, Record};
use crate::render::history::HistoryDocument;
use crate::topology::Topology;

/// Options of `history`.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryOptions {
    #[command(flatten)]
    workspace: Dir,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Reads the index of runs and shows it. No controller is asked, and no secret is needed.
pub(crate) fn run(global: &Global, options: &HistoryOptions) -> Result<Exit, CommandError> {
    let topology = common::load_for_ledger(global, &options.workspace.dir)?;
    let history = History::open(&topology)?;
    let document = HistoryDocument::of(&topology.workspace, history.runs());
    output::print(&match options.format {
        Format::Json => document.to_json(),
        Format::Text | Format::Markdown => document.text(output::stdout_style(global)),
    })?;
    Ok(Findings::default().exit(ExitRow::Other))
}

/// The record of a run that somebody asked for by its number.
pub(crate) fn record(topology: &Topology, run: u64) -> Result<Record, CommandError> {
    let missing = || {
        CommandError::failed(format!("run {run} of workspace `{}` is not recorded", topology.workspace))
            .help("`trueup history` lists the runs that are")
    };
    History::open(topology)?.record(run)?.ok_or_else(missing)
}

/// The number of a run as people write it: `12` or `run:12`.
pub(crate) fn number(text: &str) -> Option<u64> {
    text.strip_prefix("run:").unwrap_or(text).parse().ok()
}
