//! `trueup validate`: everything that is wrong with a workspace, at once.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::{CommandError, Dir, Exit, Global, allow, codes, common, contents, output};
use crate::providers::CATALOGUE;
use crate::render;
use crate::render::findings::document::FindingDocument;
use crate::render::findings::github::github;
use crate::render::findings::junit::junit;
use crate::render::findings::sarif::sarif;
use crate::topology::{self, Loaded};

/// Options of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateOptions {
    #[command(flatten)]
    workspace: Dir,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: FindingForm,
}

/// The form of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingForm {
    /// For people at a terminal.
    Text,
    /// For programs.
    Json,
    /// For code scanning and editors: SARIF 2.1.0.
    Sarif,
    /// For GitHub Actions, which shows each at its line in a pull request.
    Github,
    /// For CI systems that show tests: JUnit's XML.
    Junit,
    /// As text.
    #[value(hide = true)]
    Markdown,
}

impl FindingForm {
    fn is_text(self) -> bool {
        matches!(self, FindingForm::Text | FindingForm::Markdown)
    }
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
    let folder = folder(&options.workspace.dir);
    let documents = || FindingDocument::all(&findings);
    match options.format {
        FindingForm::Json => output::print(&render::findings::json(&findings))?,
        FindingForm::Sarif => output::print(&sarif(&documents(), &folder, &codes::says))?,
        FindingForm::Github => output::print(&github(&documents(), &folder))?,
        FindingForm::Junit => output::print(&junit(&documents(), &folder))?,
        FindingForm::Text | FindingForm::Markdown => common::tell_findings(global, &findings),
    }
    let mut found = Findings::default();
    found.add_if(topology.is_none(), Fact::PartWay);
    if let Some((topology, open)) = topology.filter(|_| options.format.is_text()) {
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

/// The workspace's folder as whoever reads the findings calls it: from where the command runs, which in CI is the top of
/// the repository.
fn folder(dir: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_ref().and_then(|here| dir.strip_prefix(here).ok());
    below.unwrap_or(dir).display().to_string().replace('\\', "/")
}
