//! `trueup graph`: the references between resources.

use clap::ValueEnum;

use crate::cli::{Dir, Exit, Global, Stop, common};
use crate::render::graph;

/// The language of a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Mermaid, which pull requests show.
    Mermaid,
    /// Graphviz.
    Dot,
}

/// Options of `graph`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    workspace: Dir,
    /// The language of the drawing.
    #[arg(long, value_name = "LANGUAGE", default_value = "mermaid")]
    format: Language,
}

/// Draws what the files declare.
pub fn run(global: &Global, options: &Options) -> Result<Exit, Stop> {
    let topology = common::load(global, &options.workspace.dir)?;
    common::print(&match options.format {
        Language::Mermaid => graph::mermaid(&topology),
        Language::Dot => graph::dot(&topology),
    })?;
    Ok(Exit::Done)
}
