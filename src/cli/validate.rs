//! `trueup validate`: everything that is wrong with a workspace, at once.

use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::{CommandError, Dir, Exit, Format, Global, allow, common, contents, output};
use crate::providers::CATALOGUE;
use crate::render;
use crate::topology::{self, Loaded};

/// Options of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateOptions {
    #[command(flatten)]
    workspace: Dir,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Reads the workspace and tells what is wrong.
pub(crate) fn run(global: &Global, options: &ValidateOptions) -> Result<Exit, CommandError> {
    let loaded = topology::load(&options.workspace.dir, CATALOGUE, &common::file_options(global)?);
    let (findings, topology) = match loaded {
        Ok(Loaded { mut topology, mut findings, .. }) => {
            let (mut found, open) = contents::check_kept(&mut topology);
            let is_sound = found.is_empty();
            findings.append(&mut found);
            common::rehearse_ownership(global, &mut topology);
            findings.append(&mut allow::unmatched_in_files(&mut topology));
            (findings, is_sound.then_some((topology, open)))
        }
        Err(findings) => (findings, None),
    };
    match options.format {
        Format::Json => output::print(&render::findings::json(&findings))?,
        Format::Text | Format::Markdown => common::tell_findings(global, &findings),
    }
    let mut found = Findings::default();
    found.add_if(topology.is_none(), Fact::PartWay);
    if let Some((topology, open)) = topology.filter(|_| options.format != Format::Json) {
        let resources = render::counted(topology.resources.len(), "resource");
        let targets = render::counted(topology.targets.len(), "target");
        let title = render::summary::title(&topology.workspace, topology.environment.as_deref(), None);
        output::print(&format!("{title}: {resources} at {targets}, no errors\n"))?;
        if open > 0 {
            let urls = render::counted(open, "URL");
            eprintln!("note: the content of {urls} is not here: `trueup plan` checks what depends on it");
        }
    }
    Ok(found.exit(ExitRow::Validate))
}
