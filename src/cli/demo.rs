//! `trueup demo`: the whole story on simulated controllers.

use crate::cli::{Exit, Global, Stop};

/// Options of `demo`.
#[derive(Debug, clap::Args)]
pub struct Options {}

/// Walks through the story.
pub async fn run(_: &Global, _: &Options) -> Result<Exit, Stop> {
    Err(Stop::failed("the demo is not assembled yet"))
}
