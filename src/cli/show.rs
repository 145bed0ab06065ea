//! `trueup show`: a plan file as it was, without looking at anything.

use std::path::PathBuf;

use crate::cli::exit::{ExitRow, Findings};
use crate::cli::{CommandError, Exit, Format, Global, output, plan_file};
use crate::render::{markdown, text};

/// Options of `show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowOptions {
    /// The plan, as `trueup plan --out` wrote it.
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
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
    let file = plan_file::read(&options.plan)?;
    let document = file.document();
    let shown = text::Shown { calls: options.calls, all: options.all };
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
