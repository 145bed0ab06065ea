//! `trueup log`: the runs that touched a resource.

use std::path::PathBuf;

use crate::cli::exit::{ExitRow, Findings};
use crate::cli::{CommandError, Exit, Format, Global, common, output};
use crate::ledger::History;
use crate::render::history::touched::LogDocument;

/// Options of `log`.
#[derive(Debug, clap::Args)]
pub(crate) struct LogOptions {
    /// The resources, by a pattern of addresses: `east/routes/*`.
    #[arg(value_name = "ADDRESS")]
    pattern: String,
    /// The workspace's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Reads the records and shows what they tell. No controller is asked, and no secret is needed.
pub(crate) fn run(global: &Global, options: &LogOptions) -> Result<Exit, CommandError> {
    let topology = common::load_for_ledger(global, &options.workspace)?;
    let document = LogDocument::of(&options.pattern, &History::open(&topology)?.records()?);
    output::print(&match options.format {
        Format::Json => document.to_json(),
        Format::Text | Format::Markdown => document.text(output::stdout_style(global)),
    })?;
    Ok(Findings::default().exit(ExitRow::Other))
}
