//! Choices: the part of a plan that somebody wants, with what it needs, and what becomes of the rest.
//!
//! A part of a plan is a plan of its own: it is made anew, with all else held ([`LeftOut`]). What is chosen takes along what
//! it needs; what the rest still names stays; and whatever waits for something that is left out is left out with it.
//! Holding one thing may bring out another change that nobody asked for, so this goes on until nothing is left to hold.
//! Each round holds at least one resource more, so it ends.
//!
//! * `ties`: what brings what along, and what can't be without what
//! * `judge`: what is left out by itself, what is taken along, and what follows
//! * `windows`: what is outside of its window, and when what is inside has to begin

mod judge;
mod ties;
mod windows;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address::{Address, names};
use crate::diff::diff_without;
use crate::diff::left_out::LeftOut;
use crate::diff::verdict::{Hold, NOT_CHOSEN};
use crate::plan::{Plan, plan};
use crate::spec::Disruption;
use crate::state::base::Base;
use crate::state::live::Observed;
use crate::suggest;
use crate::topology::allow::quoted;
use crate::topology::references::References;
use crate::topology::{CycleError, Topology};

use judge::Judge;
use windows::close;
pub(crate) use windows::defer;

/// The part of a plan that somebody wants. Patterns are those of [`Address::matches`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen, with what it needs; all where there is no pattern.
    pub only: Vec<String>,
    /// What is left out, with what comes after it.
    pub exclude: Vec<String>,
    /// The one target that is changed. Others are looked at as far as it takes something from them.
    pub only_target: Option<String>,
    /// What may be done to objects that are there.
    pub mode: Mode,
    /// The worst that a change may do to traffic.
    pub up_to: Option<Disruption>,
}

/// What may be done to objects that are there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Whatever the files ask for.
    #[default]
    Full,
    /// They may be changed; none is removed, and none made anew.
    CreateUpdate,
}

impl Mode {
    /// The word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Mode::Full => "full",
            Mode::CreateUpdate => "create-update",
        }
    }
}

/// The choice that a plan was made with, and what it took along.
#[derive(Debug, Clone)]
pub struct ChosenPart {
    /// The choice.
    pub choice: Choice,
    /// What was not chosen and is needed.
    pub also: Vec<TakenAlong>,
}

/// Something that was not chosen and that something chosen needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenAlong {
    /// The resource.
    pub address: Address,
    /// What needs it.
    pub needed_by: Address,
    /// Why.
    pub why: String,
}

/// The plan of what is chosen.
///
/// # Errors
/// A cycle: changes that wait for each other.
pub(crate) fn plan_of(
    topology: &Topology,
    observed: &Observed,
    base: &Base,
    choice: &Choice,
    now: Timestamp,
) -> Result<Plan, CycleError> {
    let mut left_out = LeftOut { targets: choice.targets_left_out(topology, base), ..LeftOut::default() };
    let moment = topology.policy.windows.at(now);
    loop {
        let mut made = plan(topology, observed, diff_without(topology, observed, base, &left_out))?;
        if !choice.is_given() && topology.policy.windows.is_empty() {
            return Ok(made);
        }
        let (mut more, also) = Judge::new(choice, topology, base, &made, &moment).judge();
        more.retain(|address, _| !left_out.resources.contains_key(address));
        if more.is_empty() {
            close(&mut made, &topology.policy, &moment);
            made.chosen = Some(ChosenPart { choice: choice.clone(), also });
            return Ok(made);
        }
        left_out.resources.extend(more);
    }
}

impl Choice {
    /// Says whether somebody chose something.
    pub(crate) fn is_given(&self) -> bool {
        *self != Choice::default()
    }

    /// The options that make it, as a shell takes them.
    pub(crate) fn words(&self) -> String {
        let Choice { only, exclude, only_target, mode, up_to } = self;
        let given = |option: &str, word: &str| format!("{option} {}", quoted(word));
        let mut words: Vec<String> = only.iter().map(|pattern| given("--only", pattern)).collect();
        words.extend(exclude.iter().map(|pattern| given("--exclude", pattern)));
        words.extend(only_target.iter().map(|target| given("--only-target", target)));
        words.extend((*mode != Mode::Full).then(|| given("--mode", mode.as_str())));
        words.extend(up_to.iter().map(|class| given("--auto-approve-up-to", class.word())));
        words.join(" ")
    }

    /// The targets that are looked at: the one that was chosen, and those from which its resources take something.
    pub(crate) fn targets(&self, topology: &Topology) -> BTreeSet<String> {
        let Some(only) = &self.only_target else { return topology.targets.keys().cloned().collect() };
        let references = References::new(topology);
        let referred = topology.resources_at(only).flat_map(|resource| references.of(resource));
        let referred = referred.map(|reference| reference.to.target().to_owned());
        let mut targets: BTreeSet<String> = referred.filter(|target| topology.targets.contains_key(target)).collect();
        targets.insert(only.clone());
        targets
    }

    /// The other targets than the one that was chosen, those that left the files included, each with the hold on all that is
    /// there.
    fn targets_left_out(&self, topology: &Topology, base: &Base) -> BTreeMap<String, Hold> {
        let Some(only) = &self.only_target else { return BTreeMap::new() };
        let seen = self.targets(topology);
        let owned = base.entries.keys().map(|address| address.target().to_owned());
        let others: BTreeSet<String> =
            topology.targets.keys().cloned().chain(owned).filter(|target| target != only).collect();
        let hold = |target: &String| {
            let what = if seen.contains(target) { "left out" } else { "not looked at" };
            Hold::new(NOT_CHOSEN, format!("{what}: `--only-target {only}`"))
        };
        others.into_iter().map(|target| (target.clone(), hold(&target))).collect()
    }

    /// The first pattern that names nothing a plan has a verdict on, as the option that gave it and what may be meant.
    pub(crate) fn unmatched(&self, plan: &Plan) -> Option<(String, String)> {
        let known: BTreeSet<String> = plan.verdicts.iter().map(|verdict| verdict.address.to_string()).collect();
        let given = self.only.iter().map(|pattern| ("--only", pattern));
        let mut given = given.chain(self.exclude.iter().map(|pattern| ("--exclude", pattern)));
        let (option, pattern) = given.find(|(_, pattern)| !known.iter().any(|address| names(pattern, address)))?;
        let targets: BTreeSet<&str> = plan.verdicts.iter().map(|verdict| verdict.address.target()).collect();
        let is_above = |address: &String| address.starts_with(&format!("{pattern}/"));
        let help = match suggest::closest(pattern, known.iter().map(String::as_str)) {
            _ if targets.contains(pattern.as_str()) => format!("all that is there is `{pattern}/**`"),
            _ if known.iter().any(is_above) => format!("all of that kind, or in that resource, is `{pattern}/**`"),
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                "name what `trueup plan` shows: `TARGET/KIND/NAME`, `*` for any name, `**` for all below".to_owned()
            }
        };
        Some((format!("{option} {pattern}"), help))
    }
}

#[cfg(test)]
mod tests;
