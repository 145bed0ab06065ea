//! `trueup drift`: what somebody changed at the controllers.

use crate::cli::common::ConnectedWorkspace;
use crate::cli::exit::{ExitRow, Fact};
use crate::cli::{CommandError, Dir, Exit, Format, Global, SelectOptions, choice, fabric, facts, output};
use crate::render::blind;
use crate::render::drift::{self, Strangers};

/// Options of `drift`.
#[derive(Debug, clap::Args)]
pub(crate) struct DriftOptions {
    #[command(flatten)]
    workspace: Dir,
    #[command(flatten)]
    selection: SelectOptions,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
    /// Takes objects of others for drift as well, where the files do not speak for their collection.
    #[arg(long)]
    strict: bool,
}

/// Looks and tells.
pub(crate) async fn run(global: &Global, options: &DriftOptions) -> Result<Exit, CommandError> {
    let mut workspace = ConnectedWorkspace::open(global, &options.workspace.dir).await?;
    let mut planned = workspace.plan().await?;
    choice::check_patterns(&options.selection.choice(), &planned.plan)?;
    fabric::look(&workspace, &mut planned).await;
    planned.plan.tell_only(&|address| options.selection.takes(address));
    workspace.tell_changed_proofs();
    let document = workspace.document(&planned.plan);
    let is_read = options.format == Format::Text && workspace.blind().is_none();
    workspace.tell_troubles(is_read.then_some(&document));
    let style = output::stdout_style(global);
    let strangers = if options.strict { Strangers::Told } else { Strangers::Counted };
    output::print(&match (options.format, workspace.blind()) {
        (Format::Json, _) => drift::json(&document),
        (Format::Markdown, Some(headline)) => blind::markdown(&document, &headline),
        (Format::Text, Some(headline)) => blind::text(&document, &headline, style),
        (Format::Markdown, None) => drift::markdown(&document, strangers),
        (Format::Text, None) => drift::text(&document, strangers, style),
    })?;
    let mut found = facts::of(&workspace, &planned.plan);
    found.add_if(planned.plan.gaps.iter().any(|gap| !gap.is_a_remark()), Fact::NotKnown);
    found.add_if(options.strict && !planned.plan.unmanaged.is_empty(), Fact::Drift);
    workspace.close().await;
    Ok(found.exit(ExitRow::Drift))
}
