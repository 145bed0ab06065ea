//! What a choice makes of a plan: what is left out by itself, what is taken along, and what can't be without what is left
//! out.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::address::Address;
use crate::diff::left_out::is_open;
use crate::diff::verdict::{DEFERRED, Decision, Hold, NOT_CHOSEN, Verdict};
use crate::plan::choice::ties::Ties;
use crate::plan::choice::windows::{disruptions, outside};
use crate::plan::choice::{Choice, Mode, TakenAlong};
use crate::plan::{Plan, Verb};
use crate::spec::Disruption;
use crate::state::base::Base;
use crate::topology::windows::Moment;
use crate::topology::{Policy, Topology};

/// Holds by the resources that they are on.
type Holds = BTreeMap<Address, Hold>;

/// Whoever holds a plan against a choice.
pub(super) struct Judge<'j> {
    choice: &'j Choice,
    policy: &'j Policy,
    moment: &'j Moment<'j>,
    plan: &'j Plan,
    ties: Ties<'j>,
    /// What is owned at other targets than the one that was chosen, by what it depended on.
    users_elsewhere: HashMap<&'j Address, &'j Address>,
    /// The worst that the steps of each resource do to traffic.
    disruptions: BTreeMap<Address, Disruption>,
}

impl<'j> Judge<'j> {
    pub(super) fn new(
        choice: &'j Choice,
        topology: &'j Topology,
        base: &'j Base,
        plan: &'j Plan,
        moment: &'j Moment<'j>,
    ) -> Judge<'j> {
        let (policy, ties, disruptions) = (&topology.policy, Ties::of(plan), disruptions(plan));
        let others = base
            .entries
            .iter()
            .filter(|(address, _)| choice.only_target.as_ref().is_some_and(|only| address.target() != only));
        let users_elsewhere =
            others.flat_map(|(address, entry)| entry.after.iter().map(move |first| (first, address))).collect();
        Judge { choice, policy, moment, plan, ties, users_elsewhere, disruptions }
    }

    /// The changes that are left out, and what is taken along with those that are not.
    pub(super) fn judge(&self) -> (Holds, Vec<TakenAlong>) {
        let open = || self.plan.verdicts.iter().filter(|verdict| is_open(&verdict.decision));
        let mut out: Holds =
            open().filter_map(|verdict| Some((verdict.address.clone(), self.refused(verdict)?))).collect();
        let mut also = Vec::new();
        if !self.choice.only.is_empty() {
            let is_chosen = |address: &Address| self.choice.only.iter().any(|pattern| address.matches(pattern));
            let chosen = open().map(|verdict| &verdict.address).filter(|address| is_chosen(address));
            also = self.taken_along(chosen.filter(|address| !out.contains_key(address)).cloned().collect(), &out);
            let taken: BTreeSet<&Address> = also.iter().map(|along| &along.address).collect();
            let rest = open().map(|verdict| &verdict.address);
            for address in rest.filter(|address| !is_chosen(address) && !taken.contains(address)) {
                out.entry(address.clone()).or_insert_with(|| Hold::new(NOT_CHOSEN, "not chosen"));
            }
        }
        self.follow(&mut out);
        (out, also)
    }

    /// The hold on what is left out whatever else is chosen.
    fn refused(&self, verdict: &Verdict) -> Option<Hold> {
        let (choice, address) = (self.choice, &verdict.address);
        if let Some(pattern) = choice.exclude.iter().find(|pattern| address.matches(pattern)) {
            return Some(Hold::new(NOT_CHOSEN, format!("left out by `--exclude {pattern}`")));
        }
        if matches!(verdict.decision, Decision::Delete(_) | Decision::Replace { .. })
            && let Some(user) = self.users_elsewhere.get(address)
        {
            let reason = format!("`{user}` depended on it when it was applied, and is left out");
            return Some(Hold::new(NOT_CHOSEN, reason).help("run without `--only-target`"));
        }
        let mode = match (choice.mode, &verdict.decision) {
            (Mode::CreateUpdate, Decision::Delete(_)) => Some("removes nothing"),
            (Mode::CreateUpdate, Decision::Replace { .. }) => Some("makes nothing anew"),
            _ => None,
        };
        if let Some(what) = mode {
            return Some(Hold::new(DEFERRED, format!("deferred: `--mode {}` {what}", choice.mode.as_str())));
        }
        let disruption = self.disruptions.get(address).copied()?;
        if let Some(hold) = outside(self.policy, self.moment, address, disruption) {
            return Some(hold);
        }
        let up_to = choice.up_to.filter(|up_to| disruption > *up_to)?;
        let (word, up_to) = (disruption.word(), up_to.word());
        Some(Hold::new(DEFERRED, format!("deferred: `{word}` is more than `--auto-approve-up-to {up_to}`")))
    }

    /// What is not chosen and is needed.
    fn taken_along(&self, chosen: BTreeSet<Address>, out: &Holds) -> Vec<TakenAlong> {
        let mut passed = BTreeSet::new();
        let mut along: Vec<TakenAlong> = Vec::new();
        let mut open: VecDeque<usize> = chosen.iter().flat_map(|address| self.ties.steps(address)).collect();
        let mut taken = chosen;
        while let Some(n) = open.pop_front() {
            for (first, why) in self.ties.brought(n, &mut passed) {
                let address = &self.plan.steps[first].address;
                if out.contains_key(address) || !taken.insert(address.clone()) {
                    continue;
                }
                open.extend(self.ties.steps(address));
                let needed_by = self.plan.steps[n].address.clone();
                along.push(TakenAlong { address: address.clone(), needed_by, why });
            }
        }
        let is_change = |along: &TakenAlong| {
            let mut steps = self.ties.steps(&along.address);
            steps.any(|n| !matches!(self.plan.steps[n].verb, Verb::Issue | Verb::Find))
        };
        along.retain(is_change);
        along
    }

    /// Leaves out what can't be done without what is left out.
    fn follow(&self, out: &mut Holds) {
        let places = |address: &Address| {
            let verdicts = &self.plan.verdicts;
            verdicts.binary_search_by(|verdict| verdict.address.cmp(address)).ok()
        };
        let is_open = |address: &Address| places(address).is_some_and(|at| is_open(&self.plan.verdicts[at].decision));
        let (mut passed, mut reached) = (BTreeSet::new(), BTreeSet::new());
        let mut open: VecDeque<usize> = out.keys().flat_map(|address| self.ties.steps(address)).collect();
        let mut causes: BTreeMap<Address, (Address, Hold)> =
            out.iter().map(|(address, hold)| (address.clone(), (address.clone(), hold.clone()))).collect();
        while let Some(n) = open.pop_front() {
            if !reached.insert(n) {
                continue;
            }
            let own = &self.plan.steps[n].address;
            let Some(cause) = causes.get(own).cloned() else { continue };
            for (next, why) in self.ties.undone(n, &mut passed) {
                let address = &self.plan.steps[next].address;
                open.extend(self.ties.steps(address));
                if causes.contains_key(address) {
                    continue;
                }
                if is_open(address) {
                    let hold = self.follower(own, &cause.1, &why);
                    out.insert(address.clone(), hold.clone());
                    causes.insert(address.clone(), (own.clone(), hold));
                } else {
                    // It only looks, or asks: what waits for that waits for the cause.
                    causes.insert(address.clone(), cause.clone());
                }
            }
        }
    }

    /// The hold on what can't be done without something that is left out.
    fn follower(&self, first: &Address, of: &Hold, why: &str) -> Hold {
        let what = if of.code == DEFERRED { "deferred" } else { "left out" };
        let hold = Hold::new(of.code, format!("it can't be done without `{first}`, which is {what}: {why}"));
        let is_excluded = self.choice.exclude.iter().any(|pattern| first.matches(pattern));
        match (of.code, &of.allow) {
            (NOT_CHOSEN, _) if !is_excluded && !self.choice.only.is_empty() => {
                hold.help(format!("choose that as well: `--only {first}`"))
            }
            (_, Some(_)) => hold.help(format!("what lets `{first}` through lets it through")),
            _ => hold,
        }
    }
}
