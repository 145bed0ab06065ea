//! Questions: whoever is at the terminal says that changes are meant.

use std::io::{BufRead, IsTerminal, Write};

use crate::cli::CommandError;
use crate::cli::apply::How;
use crate::cli::stop::Doing;
use crate::plan::Plan;
use crate::render::{are, counted};
use crate::topology::{Allowance, Reason, Topology};

/// Asks whether so many changes are to be made.
pub(crate) fn ask(steps: usize) -> Result<(), CommandError> {
    if !std::io::stdin().is_terminal() {
        let what = counted(steps, "change");
        let message = format!("{what} {} to be made, and nobody is here to ask", are(steps));
        return Err(CommandError::failed(message).help("look at `trueup plan`, then run `trueup apply --yes`"));
    }
    match answer(&format!("make these {}? [y/N] ", counted(steps, "change")))?.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(not_confirmed()),
    }
}

/// Makes sure that the removal of everything is meant: by the number that goes, or by the workspace's name.
pub(super) fn mean(topology: &Topology, plan: &Plan, how: &How) -> Result<(), CommandError> {
    let summary = plan.summary();
    let removals = summary.delete + summary.replace;
    if how.yes && topology.policy.allow.deletes().is_some_and(|meant| meant >= removals) {
        return Ok(());
    }
    let what = counted(removals, "resource");
    if how.yes || !std::io::stdin().is_terminal() {
        let flag = Allowance::new(Reason::Deletes, removals).flag();
        let why = if how.yes { "and `--yes` does not say how many" } else { "and nobody is here to ask" };
        let stop = CommandError::failed(format!("{what} would be removed, {why}: nothing was changed"));
        return Err(stop.help(format!("if that is meant, run `{} --yes {flag}`", how.command())));
    }
    let name = &topology.workspace;
    match answer(&format!("this removes {what} of workspace `{name}`; type its name to go on: "))? == *name {
        true => Ok(()),
        false => Err(not_confirmed()),
    }
}

/// Asks whoever is at the terminal.
pub(super) fn answer(question: &str) -> Result<String, CommandError> {
    eprint!("{question}");
    std::io::stderr().flush().while_doing("ask")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).while_doing("read the answer")?;
    Ok(answer.trim().to_owned())
}

fn not_confirmed() -> CommandError {
    CommandError::failed("not confirmed: nothing was changed")
}
