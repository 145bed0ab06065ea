//! `trueup blame`: which run gave a resource each of its values.

use std::path::PathBuf;

use crate::address::Address;
use crate::cli::exit::{ExitRow, Findings};
use crate::cli::{CommandError, Exit, Format, Global, common, output};
use crate::ledger::{History, Record};
use crate::render::history::touched::BlameDocument;

/// Options of `blame`.
#[derive(Debug, clap::Args)]
pub(crate) struct BlameOptions {
    /// The resource, or one of its fields: `east/routes/office`, `east/routes/office.cidr`.
    #[arg(value_name = "ADDRESS[.FIELD]")]
    what: String,
    /// The workspace's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Reads ledger and records, and shows whose each value is. No controller is asked, and no secret is needed.
pub(crate) fn run(global: &Global, options: &BlameOptions) -> Result<Exit, CommandError> {
    let topology = common::load_for_ledger(global, &options.workspace)?;
    let history = History::open(&topology)?;
    let records = history.records()?;
    let document = document(&history, &records, &options.what)?;
    output::print(&match options.format {
        Format::Json => document.to_json(),
        Format::Text | Format::Markdown => document.text(output::stdout_style(global)),
    })?;
    Ok(Findings::default().exit(ExitRow::Other))
}

/// What is known of a resource or a field. A name may hold dots: the whole text is tried as an address first.
fn document(history: &History, records: &[Record], what: &str) -> Result<BlameDocument, CommandError> {
    let split = what.rsplit_once('.').map(|(address, field)| (address, Some(field)));
    for (text, field) in [Some((what, None)), split].into_iter().flatten() {
        let Ok(address) = text.parse::<Address>() else { continue };
        if let Some(document) = BlameDocument::of(&address, field, history.row(&address)?.as_ref(), records) {
            return Ok(document);
        }
    }
    let unknown = CommandError::failed(format!("`{what}` is not owned, and no run that is recorded touched it"));
    Err(unknown.help("an address is as `trueup plan` shows it; a field stands behind a dot: `east/routes/office.cidr`"))
}
