//! `trueup ledger`: what is kept, moved, and who holds it.

use clap::Subcommand;

use crate::cli::{CommandError, Dir, Exit, Global, common, output};
use crate::ledger::{self, LedgerReport};
use crate::render::counted;
use crate::topology::Topology;

/// Options of `ledger`.
#[derive(Debug, clap::Args)]
pub(crate) struct LedgerOptions {
    #[command(subcommand)]
    what: What,
}

/// What is done with the ledger.
#[derive(Debug, Subcommand)]
enum What {
    /// Says where it is, what is in it, and which runs hold a lease.
    Show(Dir),
    /// Takes the ledger of a file to where the workspace says that it is kept now. The file stays under another name.
    Move(Dir),
    /// Takes away the leases that keep a run of this workspace waiting. Whoever holds one writes nothing any more.
    Unlock(Dir),
}

/// Shows, moves or frees it. No controller is asked.
pub(crate) fn run(global: &Global, options: &LedgerOptions) -> Result<Exit, CommandError> {
    let load = |dir: &Dir| common::load(global, &dir.dir);
    match &options.what {
        What::Show(dir) => show(&load(dir)?)?,
        What::Move(dir) => {
            let topology = load(dir)?;
            let (from, to, owned) = ledger::relocate(&topology)?;
            output::print(&format!("{} moved from `{from}` to {to}\n", counted(owned, "resource")))?;
        }
        What::Unlock(dir) => {
            let freed = ledger::unlock(&load(dir)?)?;
            let lines: String = freed.iter().map(|holder| format!("taken away: {holder}\n")).collect();
            output::print(if freed.is_empty() { "nobody holds a lease\n" } else { &lines })?;
        }
    }
    Ok(Exit::Done)
}

fn show(topology: &Topology) -> Result<(), CommandError> {
    let LedgerReport { place, serial, run, owned, open, leases } = ledger::report(topology)?;
    let mut text = format!("{place}\n  {}, saved {}, run {run}\n", counted(owned, "resource"), counted(serial, "time"));
    for holder in leases {
        text.push_str(&format!("  held by {holder}\n"));
    }
    if let Some(open) = open {
        text.push_str(&format!("  {open}\n"));
    }
    output::print(&text)
}
