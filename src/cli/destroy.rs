//! `trueup destroy`: removes everything that the workspace owns.

use crate::cli::apply::{How, carry_out};
use crate::cli::{CommandError, Dir, Exit, Format, Global, SelectOptions, common};
use crate::topology::Topology;

/// Options of `destroy`.
#[derive(Debug, clap::Args)]
pub(crate) struct DestroyOptions {
    #[command(flatten)]
    workspace: Dir,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    selection: SelectOptions,
    /// Removes what is owned at this target alone, as before its file is taken out of the workspace.
    #[arg(long, value_name = "TARGET")]
    only_target: Option<String>,
}

/// Plans with nothing wanted, and carries that out. What is protected or not owned stays.
pub(crate) async fn run(global: &Global, options: &DestroyOptions) -> Result<Exit, CommandError> {
    let mut topology = common::load(global, &options.workspace.dir)?;
    // What lives in something external is found by it.
    topology.resources.retain(|_, resource| resource.external);
    topology.is_given_up = true;
    if let Some(only) = &options.only_target {
        if !topology.targets.contains_key(only) {
            return Err(undeclared(&topology, only));
        }
        topology.targets.retain(|name, _| name == only);
    }
    // Removing everything is what was asked for: limits are for accidents, and what the files let through is another plan.
    topology.policy.allow.forget_deletes();
    options.how.allow.extend(&mut topology.policy);
    let mut how = options.how.clone();
    how.removes_all = true;
    how.choice = options.selection.choice();
    how.only_target.clone_from(&options.only_target);
    carry_out(global, topology, &how, Format::Text).await
}

/// The error for a target that the files do not declare.
fn undeclared(topology: &Topology, name: &str) -> CommandError {
    let declared: Vec<String> = topology.targets.keys().map(|target| format!("`{target}`")).collect();
    CommandError::failed(format!("no target `{name}` is declared: there are {}", declared.join(", "))).help(format!(
        "declare it again to remove what is owned there; `trueup adopt --forget '{name}/**'` lets go of it"
    ))
}
