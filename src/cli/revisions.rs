//! `trueup plan --from REVISION`: what a pull request means, with no controller, no secret and no ledger.

use std::path::Path;

use crate::cli::common::{file_options, tell_warnings};
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::{CommandError, Exit, Format, Global, output, talk};
use crate::plan::revisions::{between, setting_changes, settings};
use crate::providers::CATALOGUE;
use crate::render::{BetweenDocument, PlanDocument, markdown, text};
use crate::topology::{self, FileSource, Loaded, Options};

/// The two revisions that are held against each other.
pub(crate) struct Revisions<'r> {
    /// The one before.
    pub from: &'r str,
    /// The one after; `None` for the files as they are in the folder.
    pub to: Option<&'r str>,
}

/// How it is shown.
pub(crate) struct Showing {
    /// The form.
    pub format: Format,
    /// Whether everything is shown in full.
    pub all: bool,
    /// Whether the exit code tells that there are changes.
    pub exit_code: bool,
}

/// Holds one revision's files against another's, and shows what is between them.
pub(crate) fn run(global: &Global, dir: &Path, asked: &Revisions<'_>, showing: &Showing) -> Result<Exit, CommandError> {
    let before = read(global, dir, Some(asked.from))?;
    let after = read(global, dir, asked.to)?;
    let plan = between(&before.topology, &after.topology);
    let of = |loaded: &Loaded| settings(&loaded.topology, &loaded.secrets);
    let changed = setting_changes(&of(&before), &of(&after));
    let commit = |loaded: &Loaded| loaded.topology.commit.clone().unwrap_or_default();
    let to = asked.to.map(|_| commit(&after));
    let mut document = PlanDocument::of(&plan);
    let is_changed = !document.is_empty() || !changed.is_empty();
    document.between = Some(BetweenDocument::of(&commit(&before), to.as_deref(), changed));
    output::print(&match showing.format {
        Format::Json => document.to_json(),
        Format::Markdown => markdown::plan(&document, markdown::BUDGET),
        Format::Text => {
            text::plan(&document, output::stdout_style(global), text::Shown { calls: false, all: showing.all })
        }
    })?;
    let mut found = Findings::default();
    found.add_if(is_changed, Fact::Pending);
    Ok(found.exit(if showing.exit_code { ExitRow::PlanExitCode } else { ExitRow::Plan }))
}

/// A workspace at a revision, or as it is. No secret is looked up.
fn read(global: &Global, dir: &Path, revision: Option<&str>) -> Result<Loaded, CommandError> {
    let source = revision.map_or(FileSource::Folder, |revision| FileSource::Revision(revision.to_owned()));
    let options = Options { source, ..file_options(global)? };
    match topology::load(dir, CATALOGUE, &options) {
        Ok(loaded) => {
            talk::keep(&loaded.topology.secrets);
            // Of the revision before, nobody can mend anything.
            if revision.is_none() {
                tell_warnings(global, &loaded.findings);
            }
            Ok(loaded)
        }
        Err(findings) => Err(CommandError::Findings(findings, Exit::Failed)),
    }
}
