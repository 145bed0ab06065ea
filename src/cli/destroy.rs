//! `trueup destroy`: removes everything that the workspace owns.

use crate::cli::apply::{How, carry_out};
use crate::cli::{CommandError, Dir, Exit, Format, Global, common};

/// Options of `destroy`.
#[derive(Debug, clap::Args)]
pub(crate) struct DestroyOptions {
    #[command(flatten)]
    workspace: Dir,
    #[command(flatten)]
    how: How,
}

/// Plans with nothing wanted, and carries that out. What is protected or not owned stays.
pub(crate) async fn run(global: &Global, options: &DestroyOptions) -> Result<Exit, CommandError> {
    let mut topology = common::load(global, &options.workspace.dir)?;
    topology.resources.clear();
    // Removing everything is what was asked for: the limit is for accidents.
    topology.policy.max_deletes = None;
    options.how.allow.extend(&mut topology.policy);
    carry_out(global, topology, None, &options.how, Format::Text).await
}
