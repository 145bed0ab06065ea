//! `trueup adopt`: takes live resources into ownership, and with `--drift` what somebody changed into the files, without
//! writing to a controller.

use std::path::{Path, PathBuf};

use crate::address::Address;
use crate::cli::common::{ConnectedWorkspace, Planned};
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::{CommandError, Exit, Global, TimeLimit, common, output, write_back};
use crate::diff::guards::NEVER_SENT;
use crate::diff::verdict::{Decision, FieldChange, TAKE_OVER, Verdict, never_sent};
use crate::journal;
use crate::ledger::RunHold;
use crate::plan::Plan;
use crate::plan::adopted;
use crate::topology::Topology;

/// Options of `adopt`.
#[derive(Debug, clap::Args)]
pub(crate) struct AdoptOptions {
    /// The addresses; they must be declared and live. With `--all`, the workspace's folder.
    #[arg(value_name = "ADDRESS", required_unless_present = "all")]
    addresses: Vec<String>,
    /// Everything that is declared and live.
    #[arg(long)]
    all: bool,
    /// Takes on trust what the API never shows: that it is as the files say. Otherwise the next apply sends it.
    #[arg(long, conflicts_with = "forget")]
    assume: bool,
    /// Lets go of the addresses instead: they stay at the controller, and are not owned any more. Patterns go, too:
    /// `west/**` is all that is owned at `west`. No controller is asked.
    #[arg(long, conflicts_with = "all")]
    forget: bool,
    /// Takes what somebody changed at the addresses into the files: prints a patch for `git apply`, and writes nothing.
    #[arg(long, conflicts_with_all = ["all", "assume", "forget"])]
    drift: bool,
    /// With `--drift`: writes the files, too.
    #[arg(long, requires = "drift")]
    write: bool,
    /// How long another run is waited for that holds the lease, as in 10m.
    #[arg(long, value_name = "TIME", value_parser = TimeLimit::parse)]
    wait_for_lease: Option<TimeLimit>,
    /// The workspace's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

impl AdoptOptions {
    /// The workspace's folder, which stands where other commands have it if no address does.
    fn folder(&self) -> Result<&Path, CommandError> {
        match self.addresses.as_slice() {
            [folder] if self.all => Ok(Path::new(folder)),
            [_, more, ..] if self.all => {
                let message = format!("`--all` takes no addresses: `{more}` is one too many");
                Err(CommandError::Message(message, None, Exit::Usage))
            }
            _ => Ok(&self.workspace),
        }
    }

    /// The addresses that are asked for by name.
    fn named(&self) -> &[String] {
        if self.all { &[] } else { &self.addresses }
    }
}

/// Looks, and writes the ledger.
pub(crate) async fn run(global: &Global, options: &AdoptOptions) -> Result<Exit, CommandError> {
    if options.drift {
        return write_back::run(global, &options.workspace, &options.addresses, options.write).await;
    }
    let topology = common::load(global, options.folder()?)?;
    let hold = common::hold(&topology, options.wait_for_lease.as_ref())?;
    if options.forget {
        return forget(&topology, &options.addresses, &hold);
    }
    let mut workspace = ConnectedWorkspace::connect(global, topology).await?;
    let mut planned = workspace.plan().await?;
    workspace.tell_troubles(None);
    if let Some(headline) = workspace.blind() {
        return Err(CommandError::failed(headline));
    }
    // Fingerprints need it, and the first of all runs may be this one.
    planned.ledger.keep_key()?;
    workspace.record_first_proofs(&mut planned.ledger.base);
    take_over(&mut planned, options)?;
    workspace.record_proofs(&mut planned.ledger.base);
    planned.ledger.under(&hold);
    planned.ledger.save()?;
    let mut found = Findings::default();
    found.add_if(!workspace.troubles.is_empty(), Fact::PartWay);
    workspace.close().await;
    Ok(found.exit(ExitRow::Other))
}

/// Lets go of all that the patterns name, each of which has to name something.
fn forget(topology: &Topology, patterns: &[String], hold: &RunHold) -> Result<Exit, CommandError> {
    let mut ledger = common::open_ledger(topology)?;
    ledger.under(hold);
    let mut let_go = Vec::new();
    for pattern in patterns {
        let named: Vec<Address> =
            ledger.base.entries.keys().filter(|address| address.matches(pattern)).cloned().collect();
        if named.is_empty() && !let_go.iter().any(|address: &Address| address.matches(pattern)) {
            return Err(CommandError::failed(format!("`{pattern}` is not owned")));
        }
        named.iter().for_each(|address| drop(ledger.base.entries.remove(address)));
        let_go.extend(named);
    }
    ledger.save()?;
    let lines: String = let_go.iter().map(|address| format!("{address}: let go of\n")).collect();
    output::print(&lines)?;
    Ok(Findings::default().exit(ExitRow::Other))
}

/// Takes into ownership all that is declared and live.
pub(crate) fn take_over_all(planned: &mut Planned) -> Result<(), CommandError> {
    let workspace = PathBuf::from(".");
    let options = AdoptOptions {
        addresses: Vec::new(),
        all: true,
        assume: false,
        forget: false,
        drift: false,
        write: false,
        wait_for_lease: None,
        workspace,
    };
    take_over(planned, &options)
}

/// Takes into ownership what is chosen, declared and live.
fn take_over(planned: &mut Planned, options: &AdoptOptions) -> Result<(), CommandError> {
    let base = &mut planned.ledger.base;
    // Labels that moved in the files have moved, whatever is chosen.
    base.relabel(&planned.plan.relabels);
    let named = |verdict: &Verdict| options.named().iter().any(|wanted| *wanted == verdict.address.to_string());
    check(&planned.plan, options.named())?;
    let mut told_of = 0;
    for verdict in planned.plan.verdicts.iter().filter(|verdict| options.all || named(verdict)) {
        let adoptable = match &verdict.decision {
            Decision::Adopt | Decision::Same | Decision::Update { .. } | Decision::Replace { .. } => true,
            Decision::Hold(hold) => matches!(hold.code, NEVER_SENT | TAKE_OVER),
            Decision::Create(_) | Decision::Delete(_) | Decision::Release(_) => false,
        };
        let owned = base.entries.contains_key(&verdict.address);
        let is_open = adoptable && verdict.id.is_some() && (!owned || options.assume);
        let adopted = || adopted(&planned.plan, base, verdict, options.assume);
        let taken = is_open.then(adopted).flatten();
        let taken = taken.filter(|(entry, _)| !owned || base.entry(&verdict.address) != Some(entry));
        let line = match taken {
            Some((entry, unsent)) => {
                journal::record(base, verdict.address.clone(), entry);
                told(verdict, &unsent, owned)
            }
            // Who asks for one by name gets an answer.
            None if named(verdict) => not_taken(verdict, owned),
            None => continue,
        };
        output::print(&format!("{}: {line}\n", verdict.address))?;
        told_of += 1;
    }
    if told_of == 0 {
        eprintln!("note: there is nothing to adopt: what is declared and can be taken is owned already, or not there");
    }
    Ok(())
}

/// Why nothing becomes of a resource that was asked for by name.
fn not_taken(verdict: &Verdict, owned: bool) -> String {
    match &verdict.decision {
        Decision::Hold(hold) => format!("left alone: {}", hold.reason),
        Decision::Update { .. } | Decision::Replace { .. } if owned => {
            "owned already, and differs from the files: see `trueup plan`".into()
        }
        _ if owned => "owned already".into(),
        _ => "nothing of it can be taken: see `trueup plan`".into(),
    }
}

/// The outcome for a resource that is taken into ownership.
fn told(verdict: &Verdict, unsent: &[String], owned: bool) -> String {
    let is_unsent = |change: &&FieldChange| unsent.contains(&change.name);
    let fields = verdict.decision.fields().iter();
    let mut told = if owned { "taken on trust now" } else { "owned now" }.to_owned();
    if fields.filter(|change| change.before != never_sent()).count() > 0 {
        told.push_str(", and differs from the files: see `trueup plan`");
    }
    let (late, never): (Vec<&String>, Vec<&String>) =
        unsent.iter().partition(|name| verdict.decision.fields().iter().filter(is_unsent).any(|it| it.name == **name));
    for (names, what) in [(late, "the next apply sends"), (never, "nothing can be said about")] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            told.push_str(&format!("; {what} {}, which the API never shows", names.join(", ")));
        }
    }
    told
}

fn check(plan: &Plan, addresses: &[String]) -> Result<(), CommandError> {
    for wanted in addresses {
        match plan.verdicts.iter().find(|verdict| verdict.address.to_string() == *wanted) {
            None => {
                return Err(
                    CommandError::failed(format!("`{wanted}` is not declared")).help("declare it first, then adopt it")
                );
            }
            Some(verdict) if matches!(verdict.decision, Decision::Create(_)) => {
                return Err(CommandError::failed(format!("`{wanted}` is not live")).help("`trueup apply` makes it"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
