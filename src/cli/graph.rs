//! `trueup graph`: the references between resources, or the order of a plan's steps.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::{CommandError, Dir, Exit, Global, common, output, plan_file};
use crate::render::graph;

/// The language of a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Mermaid, which pull requests show.
    Mermaid,
    /// Graphviz.
    Dot,
}

/// Options of `graph`.
#[derive(Debug, clap::Args)]
pub(crate) struct GraphOptions {
    #[command(flatten)]
    workspace: Dir,
    /// The language of the drawing.
    #[arg(long, value_name = "LANGUAGE", default_value = "mermaid")]
    format: Language,
    /// Draws the steps of a plan that `plan --out` kept, and what each of them waits for.
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    plan: Option<PathBuf>,
}

/// Draws what the files declare, or what a plan does.
pub(crate) fn run(global: &Global, options: &GraphOptions) -> Result<Exit, CommandError> {
    let drawing = match &options.plan {
        Some(file) => graph::steps(&plan_file::read(file)?.document()),
        None => graph::references(&common::load_files(global, &options.workspace.dir)?),
    };
    output::print(&match options.format {
        Language::Mermaid => drawing.mermaid(),
        Language::Dot => drawing.dot(),
    })?;
    Ok(Exit::Done)
}
