//! `trueup ledger rebuild`: a ledger that was lost comes back, from records, files and what is there.

use crate::address::Address;
use crate::apply::KnownObjects;
use crate::cli::common::{self, ConnectedWorkspace, Planned};
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::{CommandError, Exit, Global, TimeLimit, adopt, output};
use crate::ledger::{self, Rebuilt};
use crate::plan::Plan;
use crate::render::{are, counted};
use crate::topology::Topology;

/// Makes the ledger anew, and says what it can't. Nothing is written to a controller.
pub(crate) async fn run(global: &Global, topology: Topology, wait: Option<&TimeLimit>) -> Result<Exit, CommandError> {
    let hold = common::hold(&topology, wait)?;
    let Rebuilt { mut ledger, restored, untold, kept } = ledger::rebuilt(&topology)?;
    if let Some(kept) = kept {
        eprintln!("note: the ledger could not be read: it is kept as `{kept}`");
    }
    for (address, run) in &restored {
        output::print(&format!("{address}: owned again, as run {run} left it\n"))?;
    }
    let mut workspace = ConnectedWorkspace::connect(global, topology).await?;
    let plan = workspace.plan_with(&mut ledger.base).await?;
    workspace.tell_troubles(None);
    if let Some(headline) = workspace.blind() {
        return Err(CommandError::failed(headline));
    }
    ledger.keep_key()?;
    workspace.record_first_proofs(&mut ledger.base);
    let mut planned = Planned { plan, ledger, known: KnownObjects::new() };
    adopt::take_over_all(&mut planned)?;
    workspace.record_proofs(&mut planned.ledger.base);
    planned.ledger.under(&hold);
    planned.ledger.save()?;
    let owned = |address: &&Address| planned.ledger.base.entry(address).is_some();
    let lost: Vec<&Address> = untold.iter().filter(|address| !owned(address)).collect();
    tell(&planned.plan, &lost)?;
    let mut found = Findings::default();
    found.add_if(!workspace.troubles.is_empty() || !lost.is_empty(), Fact::PartWay);
    workspace.close().await;
    Ok(found.exit(ExitRow::Other))
}

/// Says of what nobody can tell whose it is.
fn tell(plan: &Plan, lost: &[&Address]) -> Result<(), CommandError> {
    for address in lost {
        output::print(&format!("{address}: a run made or changed it, and its record does not say how it left it\n"))?;
    }
    match plan.unmanaged.len() {
        0 => Ok(()),
        others => output::print(&format!(
            "{} {} there that neither records nor files tell of: left alone\n",
            counted(others, "object"),
            are(others)
        )),
    }
}
