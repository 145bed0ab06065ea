//! `trueup expand`: what a fabric comes to.

use clap::ValueEnum;

use crate::cli::{CommandError, Dir, Exit, Global, common, output};
use crate::providers::CATALOGUE;
use crate::render;
use crate::topology;

/// The language of an expansion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExpansionForm {
    /// As files would declare it.
    Yaml,
    /// For programs.
    Json,
}

/// Options of `expand`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExpandOptions {
    #[command(flatten)]
    workspace: Dir,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "yaml")]
    format: ExpansionForm,
}

/// Prints the resources that the workspace's fabric comes to, and what others have to set. No secret is looked up.
pub(crate) fn run(global: &Global, options: &ExpandOptions) -> Result<Exit, CommandError> {
    let loaded = topology::load(&options.workspace.dir, CATALOGUE, &common::file_options(global)?);
    let loaded = loaded.map_err(|findings| {
        common::tell_findings(global, &findings);
        CommandError::failed("the fabric can't be expanded").help("put right what is told above")
    })?;
    common::tell_findings(global, &loaded.findings);
    output::print(&match options.format {
        ExpansionForm::Yaml => render::expansion::yaml(&loaded.topology, &loaded.expansion),
        ExpansionForm::Json => render::expansion::json(&loaded.topology, &loaded.expansion),
    })?;
    Ok(Exit::Done)
}
