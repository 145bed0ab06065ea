//! `trueup drift`: what somebody changed at the controllers.

use crate::cli::common::Workspace;
use crate::cli::exit::{CONFLICT, DRIFT};
use crate::cli::plan::bits;
use crate::cli::{Dir, Exit, Format, Global, Stop, common};
use crate::render::{PlanDocument, drift};

/// Options of `drift`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    workspace: Dir,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Looks and tells. Exit codes: 0 no drift, 4 drift, 8 conflict, added up; 1 if a controller could not be looked at.
pub(crate) async fn run(global: &Global, options: &Options) -> Result<Exit, Stop> {
    let mut workspace = Workspace::open(global, &options.workspace.dir).await?;
    let planned = workspace.plan().await?;
    workspace.tell_troubles();
    let document = PlanDocument::of(&planned.plan);
    common::print(&match options.format {
        Format::Text => drift::text(&document, common::stdout_style(global)),
        Format::Json => drift::json(&document),
        Format::Markdown => drift::markdown(&document),
    })?;
    let failed = !workspace.troubles.is_empty();
    workspace.close().await;
    if failed {
        return Ok(Exit::Failed);
    }
    Ok(Exit::Bits(bits(&planned.plan, &[]) & (DRIFT | CONFLICT)))
}
