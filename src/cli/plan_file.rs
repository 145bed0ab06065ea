//! A plan file: read, held against the workspace, and carried out.
//!
//! What was approved is what is done. Nothing is decided anew: the lists that its steps rely on are read again, what moved
//! since is held with all that depends on it, and the rest is sent as it stands in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use crate::address::Address;
use crate::apply::KnownObjects;
use crate::cli::common::{self, ConnectedWorkspace, Planned};
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::{CommandError, Format, Global, apply, asking, contents, output};
use crate::diff::matching::index;
use crate::observe::{Lists, Scope};
use crate::plan::file::{Moved, Restored, SecretsByPrint, Work, moved, restore};
use crate::plan::{Plan, Step, Verb, defer, images};
use crate::render::{KeptDocument, PlanDocument, PlanFile, StepDocument, are, counted, sanitize_control, text};
use crate::state::base::Base;
use crate::state::live::Observed;
use crate::topology::Topology;
use crate::topology::references::References;

use super::exit::Exit;

/// When a plan that is made now was made, and from when on it is not carried out any more.
pub(crate) fn lifetime(time: Duration) -> Result<(String, String), CommandError> {
    let now = Timestamp::now();
    let expires = SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok());
    let expires = expires.ok_or_else(|| CommandError::failed("a plan can't be kept for so long"))?;
    let exact = |time: Timestamp, unit| time.round(TimestampRound::new().smallest(unit).mode(RoundMode::Trunc));
    let written = |time, unit| exact(time, unit).unwrap_or(time).to_string();
    let unit = if time < Duration::from_secs(60) { Unit::Millisecond } else { Unit::Second };
    Ok((written(now, Unit::Second), written(expires, unit)))
}

/// When a plan was made, until when it holds, and what tells it from one that does something else.
pub(crate) fn tell(kept: &KeptDocument, document: &PlanDocument) -> String {
    let KeptDocument { made, expires, serial: _ } = kept;
    sanitize_control(&format!("made at {made}, for use before {expires}; its meaning is {}", document.meaning()))
}

/// Reads a plan file.
pub(crate) fn read(path: &Path) -> Result<PlanFile, CommandError> {
    let fail = |why: String| CommandError::failed(format!("could not read the plan `{}`: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| fail(error.to_string()))?;
    PlanFile::from_json(&text).map_err(fail)
}

/// Carries a plan file out.
pub(crate) async fn carry_out(
    global: &Global,
    mut topology: Topology,
    file: &PlanFile,
    how: &apply::How,
    format: Format,
) -> Result<Exit, CommandError> {
    let approved = file.document();
    let work = check(file, &approved, &topology)?;
    work.allowed().for_each(|allowance| topology.policy.allow.add(allowance));
    let hold = common::hold(&topology, how.wait_for_lease.as_ref())?;
    let lists = Lists::of(&topology, &References::new(&topology), work.addresses());
    let mut workspace =
        ConnectedWorkspace::connect_to(global, topology, &|target| lists.concern_target(target)).await?;
    let mut ledger = common::open_ledger(&workspace.topology)?;
    check_key(&approved, &ledger.base)?;
    let observed = workspace.observe(&ledger.base, Scope::Lists(&lists)).await;
    workspace.forget_moved(&observed, &mut ledger.base);
    workspace.tell_troubles(None);
    workspace.tell_changed_proofs();
    let secrets = secrets(&workspace.topology, &observed, &ledger.base);
    let Restored { mut plan, unfit } = restore(work, &workspace.topology, &secrets).map_err(not_for_this)?;
    if unfit.is_empty() && !PlanDocument::of(&plan).does_the_same_as(&approved) {
        return Err(not_for_this("what it would send is not what it shows".into()));
    }
    let index = index(&workspace.topology, &observed, &ledger.base);
    plan.before = images(&workspace.topology, &observed, &index, &plan.steps, &plan.verdicts);
    let mut moved = moved(&workspace.topology, &observed, &index, &ledger.base, (work, &plan));
    let misfits = unfit.into_iter().map(|(n, why)| (plan.steps[n].address.clone(), why));
    misfits.for_each(|(address, why)| drop(moved.held.insert(address, why)));
    plan.verdicts
        .retain(|verdict| !moved.held.contains_key(&verdict.address) && !moved.done.contains_key(&verdict.address));
    let known = known(&plan, &moved);
    plan.take_out(&moved.settled);
    let leave_out = held_steps(&plan, &moved);
    let deferred = defer(&mut plan, &workspace.topology.policy, workspace.clock.now());
    let is_left = |(n, step): &(usize, &Step)| !leave_out.contains(n) && !deferred.contains_key(&step.address);
    let left = plan.steps.iter().enumerate().filter(is_left).count();
    tell_deferred(&deferred);
    tell_moved(global, &approved, &moved, left);
    contents::fetch(global, &mut workspace.topology, &mut plan).await?;
    if left > 0 && !how.yes {
        asking::ask(left)?;
    }
    let mut found = Findings::default();
    found.asked = how.exit_code;
    found.add_if(!moved.held.is_empty(), Fact::PartWay);
    found.add_if(!deferred.is_empty(), Fact::Deferred);
    if !plan.is_empty() || !plan.verdicts.is_empty() || !plan.relabels.is_empty() {
        let planned = Planned { plan, ledger, known };
        let carried = apply::Carried { planned, leave_out: &leave_out, hold: &hold };
        apply::execute(global, &mut workspace, carried, how, format, &mut found).await?;
    }
    workspace.close().await;
    Ok(found.exit(ExitRow::ApplyFile))
}

/// A plan is carried out on the files that it was made from, with the program that made it, as long as it holds.
fn check<'f>(file: &'f PlanFile, approved: &PlanDocument, topology: &Topology) -> Result<&'f Work, CommandError> {
    if approved.workspace != topology.workspace {
        let message = format!("the plan is for workspace `{}`, this is `{}`", approved.workspace, topology.workspace);
        return Err(CommandError::failed(message).help("name the workspace's folder with `--workspace DIR`"));
    }
    if approved.environment != topology.environment {
        let named =
            |name: &Option<String>| name.as_ref().map_or("no environment".to_owned(), |name| format!("`{name}`"));
        let (of, here) = (named(&approved.environment), named(&topology.environment));
        let message = format!("the plan is for {of}, this is {here}");
        return Err(CommandError::failed(message).help("name the environment of the plan with `--env NAME`"));
    }
    if let Some(tool) = file.other_tool() {
        return Err(CommandError::failed(format!("the plan was made by another version: {}", sanitize_control(tool)))
            .help("carry it out with that version, or plan again"));
    }
    if approved.config != topology.digest {
        return Err(CommandError::failed("the workspace's files are not the ones that the plan was made from")
            .help("check out the commit of the plan, or plan again"));
    }
    let (Some(work), Some(kept)) = (&file.work, &file.kept) else {
        return Err(CommandError::failed("the plan is for reading: it does not hold what is carried out")
            .help("keep one with `trueup plan --out FILE`"));
    };
    match kept.expires.parse::<Timestamp>() {
        Ok(expires) if Timestamp::now() < expires => {}
        Ok(_) => {
            let message =
                format!("the plan holds no more: it was made at {}, for use before {}", kept.made, kept.expires);
            return Err(CommandError::failed(message).help("plan again; `--expires` says how long one holds"));
        }
        Err(error) => return Err(not_for_this(format!("`expires`: {error}"))),
    }
    if let Some(broken) = &approved.broken {
        let message = format!("policy broken: {}: nothing was changed", broken.limits.join("; "));
        let mut found = Findings::default();
        found.add(Fact::Policy);
        return Err(CommandError::Message(message, Some(broken.help.clone()), found.exit(ExitRow::ApplyFile)));
    }
    Ok(work)
}

fn not_for_this(why: String) -> CommandError {
    CommandError::failed(format!("the plan can't be carried out here: {}", sanitize_control(&why))).help("plan again")
}

/// Digests of two keys can't be compared.
fn check_key(approved: &PlanDocument, base: &Base) -> Result<(), CommandError> {
    let here = (!base.key.is_empty()).then(|| base.key.id());
    match approved.key_id.is_some() && approved.key_id != here {
        true => Err(CommandError::failed("the plan was made with another ledger key than the one here").help(
            "bring `.trueup/key` along with the plan, or share it as a secret: `ledger: { key: \"${secret.NAME}\" }`",
        )),
        false => Ok(()),
    }
}

/// All that may stand in a plan as a secret: what the files give, and what the controllers show in fields of secrets.
fn secrets(topology: &Topology, observed: &Observed, base: &Base) -> SecretsByPrint {
    let mut secrets = SecretsByPrint::new(base.key.clone());
    topology.resources.values().flat_map(|resource| resource.fields.values()).for_each(|attr| secrets.learn(attr));
    topology.targets.values().flat_map(|target| target.settings.values()).for_each(|attr| secrets.learn(attr));
    observed.targets.values().for_each(|view| secrets.learn_live(&view.collections, &topology.secrets));
    secrets
}

/// The objects that an earlier run of the plan left, for what is still to be done.
fn known(plan: &Plan, moved: &Moved) -> KnownObjects {
    let done = plan.steps.iter().filter_map(|step| {
        let live = moved.done.get(&step.address)?.as_ref()?;
        Some((step.address.clone(), (step.kind, live.raw.clone())))
    });
    done.collect()
}

/// The places of the steps that are held.
fn held_steps(plan: &Plan, moved: &Moved) -> BTreeSet<usize> {
    let steps = plan.steps.iter().enumerate().filter(|(_, step)| moved.held.contains_key(&step.address));
    steps.map(|(n, _)| n).collect()
}

/// Says what waits for its window.
pub(super) fn tell_deferred(deferred: &BTreeMap<Address, String>) {
    for (address, why) in deferred {
        eprintln!("hold: {}", sanitize_control(&format!("`{address}`: {why}")));
    }
    if !deferred.is_empty() {
        eprintln!("  help: do it once more when that time has come");
    }
}

/// Says what is held, how it differs from what was approved, and what was done before.
fn tell_moved(global: &Global, approved: &PlanDocument, moved: &Moved, left: usize) {
    let held: BTreeMap<String, &String> = moved.held.iter().map(|(address, why)| (address.to_string(), why)).collect();
    let updates = approved.steps.iter().filter(|step| step.verb == Verb::Update);
    let updates: BTreeMap<&str, &StepDocument> = updates.map(|step| (step.address.as_str(), step)).collect();
    for (name, why) in &held {
        let words = format!("`{name}` is not as it was when the plan was made: {why}");
        eprintln!("hold: {}", sanitize_control(&words));
        if let Some(step) = updates.get(name.as_str()) {
            eprint!("{}", text::step(step, output::stderr_style(global)));
        }
    }
    let done = moved.done.len();
    if !held.is_empty() {
        eprintln!("  help: plan again, and look at it again: `trueup plan --out FILE`");
    } else if left == 0 && !approved.is_empty() {
        eprintln!("note: nothing of this plan is left to do");
    } else if done > 0 {
        eprintln!("note: {} of this plan {} done already", counted(done, "resource"), are(done));
    }
}
