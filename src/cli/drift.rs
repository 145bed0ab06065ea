//! `trueup drift`: what somebody changed at the controllers.

use crate::cli::common::Workspace;
use crate::cli::exit::Row;
use crate::cli::{Dir, Exit, Format, Global, Stop, common, facts};
use crate::render::{PlanDocument, blind, drift};

/// Options of `drift`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    workspace: Dir,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Looks and tells.
pub(crate) async fn run(global: &Global, options: &Options) -> Result<Exit, Stop> {
    let mut workspace = Workspace::open(global, &options.workspace.dir).await?;
    let planned = workspace.plan().await?;
    workspace.tell_troubles();
    let document = PlanDocument::of(&planned.plan);
    let style = common::stdout_style(global);
    common::print(&match (options.format, workspace.blind()) {
        (Format::Json, _) => drift::json(&document),
        (Format::Markdown, Some(headline)) => blind::markdown(&document, &headline),
        (Format::Text, Some(headline)) => blind::text(&document, &headline, style),
        (Format::Markdown, None) => drift::markdown(&document),
        (Format::Text, None) => drift::text(&document, style),
    })?;
    let found = facts::of(&workspace, &planned.plan);
    workspace.close().await;
    Ok(found.exit(Row::Drift))
}
