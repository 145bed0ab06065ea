//! `trueup ledger`: what is kept, moved, and who holds it.

use clap::Subcommand;

use crate::cli::{CommandError, Dir, Exit, Global, TimeLimit, common, output, rebuild};
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
    /// Makes a ledger anew that was lost: from the records of its runs, and what is declared and live. Says what it can't.
    Rebuild(RebuildOptions),
}

/// Options of `ledger rebuild`.
#[derive(Debug, clap::Args)]
struct RebuildOptions {
    #[command(flatten)]
    dir: Dir,
    /// How long another run is waited for that holds the lease, as in 10m.
    #[arg(long, value_name = "TIME", value_parser = TimeLimit::parse)]
    wait_for_lease: Option<TimeLimit>,
}

/// Shows, moves, frees or rebuilds it. But for the last no controller is asked.
pub(crate) async fn run(global: &Global, options: &LedgerOptions) -> Result<Exit, CommandError> {
    let load = |dir: &Dir| common::load(global, &dir.dir);
    match &options.what {
        What::Show(dir) => show(&load(dir)?)?,
        What::Move(dir) => {
            let topology = load(dir)?;
            let (from, to, owned) = ledger::relocate(&topology)?;
            output::print(&format!("{} moved from `{from}` to {to}\n", counted(owned, "resource")))?;
        }
        What::Rebuild(options) => {
            return rebuild::run(global, load(&options.dir)?, options.wait_for_lease.as_ref()).await;
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
