//! What is outside of its window, and when what is inside has to begin.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::address::Address;
use crate::diff::verdict::{DEFERRED, Hold};
use crate::plan::choice::ties::Ties;
use crate::plan::{Plan, Step, Verb};
use crate::spec::Disruption;
use crate::topology::windows::{Closed, Moment};
use crate::topology::{Allowance, Policy, Reason};

/// The worst that the steps of each resource do to traffic: a replacement is one change.
pub(super) fn disruptions(plan: &Plan) -> BTreeMap<Address, Disruption> {
    let mut disruptions: BTreeMap<Address, Disruption> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| !matches!(step.verb, Verb::Issue | Verb::Find)) {
        let worst = disruptions.entry(step.address.clone()).or_insert(Disruption::None);
        *worst = step.disruption.max(*worst);
    }
    disruptions
}

/// The hold on a change that may not begin at a time.
pub(super) fn outside(policy: &Policy, moment: &Moment<'_>, address: &Address, disruption: Disruption) -> Option<Hold> {
    let Closed { opens, why } = moment.closed(address, disruption)?;
    if policy.allow.covers(Reason::Window, address) {
        return None;
    }
    let until = match opens {
        Some(time) => format!("deferred until {time}"),
        None => "deferred, and no window of it opens any more".to_owned(),
    };
    Some(Hold::new(DEFERRED, format!("{until}: {why}")).until(Allowance::new(Reason::Window, address)))
}

/// Says of each step when it must have begun. What goes on with something that was removed to be made anew is not bound: to
/// stop there would be worse than to be late.
pub(super) fn close(plan: &mut Plan, policy: &Policy, moment: &Moment<'_>) {
    let disruptions = disruptions(plan);
    let closes = |address: &Address| {
        let disruption = disruptions.get(address).copied()?;
        if policy.allow.covers(Reason::Window, address) { None } else { moment.closes(address, disruption) }
    };
    let mut times: Vec<Option<Timestamp>> = plan.steps.iter().map(|step| closes(&step.address)).collect();
    let mut goes_on = BTreeSet::new();
    // Each stands after what it waits for.
    for (n, step) in plan.steps.iter().enumerate() {
        let is_begun = |first: &Step| first.verb == Verb::ReplaceRemove || first.address == step.address;
        let mut firsts = plan.graph.after(n).filter(|(first, _)| *first < plan.steps.len());
        if firsts.any(|(first, _)| is_begun(&plan.steps[first]) || goes_on.contains(&first)) {
            goes_on.insert(n);
            times[n] = None;
        }
    }
    plan.steps.iter_mut().zip(times).for_each(|(step, time)| step.not_after = time);
}

/// Takes down, in a plan that was kept, what may not begin at a time, or can't be done without such a step: it is late from
/// the start. Gives the reasons.
pub(crate) fn defer(plan: &mut Plan, policy: &Policy, now: Timestamp) -> BTreeMap<Address, String> {
    if policy.windows.is_empty() {
        return BTreeMap::new();
    }
    let moment = policy.windows.at(now);
    close(plan, policy, &moment);
    let outside = |(address, disruption): (Address, Disruption)| {
        let hold = outside(policy, &moment, &address, disruption)?;
        Some((address, hold.reason))
    };
    let mut reasons: BTreeMap<Address, String> = disruptions(plan).into_iter().filter_map(outside).collect();
    let ties = Ties::of(plan);
    let mut passed = BTreeSet::new();
    let mut open: Vec<usize> = reasons.keys().flat_map(|address| ties.steps(address)).collect();
    while let Some(n) = open.pop() {
        for (next, why) in ties.undone(n, &mut passed) {
            let (first, address) = (&plan.steps[n].address, &plan.steps[next].address);
            if !reasons.contains_key(address) {
                let reason = format!("it can't be done without `{first}`, which is deferred: {why}");
                reasons.insert(address.clone(), reason);
                open.extend(ties.steps(address));
            }
        }
    }
    for step in plan.steps.iter_mut().filter(|step| reasons.contains_key(&step.address)) {
        step.not_after = Some(now);
    }
    reasons
}
