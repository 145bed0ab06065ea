//! Ties: what the edges of a plan mean to whoever wants a part of it.
//!
//! | a step waits for | and is itself | so |
//! |---|---|---|
//! | something that is made, asked for or looked for | what makes or changes | it brings that along |
//! | something that goes: in the way, or under the name that it takes | what makes or changes | it brings that along |
//! | something that goes and lives in it | a removal | it brings that along |
//! | something else that goes, or lets go of it | a removal | it can't be without that |
//! | a change whose outcome it sends, or looks at | what makes or changes | it brings that along |
//! | any other change | what makes or changes | it may be without that: what it needs is there |
//! | one that takes the same new secret, or the other half of a connection | the other half | each brings the other |
//!
//! And what is made anew can't be without the steps that move over to the new object.

use std::collections::{BTreeSet, HashMap};

use crate::address::Address;
use crate::plan::{Call, Payload, Plan, Step, Timing, Verb};

/// What a step has to do with one that it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// Who wants it wants that as well.
    Brings,
    /// It can't be done without that, which is another matter: who wants it has to want that, too.
    Needs,
    /// It comes after that, if both are done.
    Follows,
}

/// The ties of a plan's steps.
pub(super) struct Ties<'p> {
    plan: &'p Plan,
    then: Vec<Vec<usize>>,
    /// The places of the steps of each resource.
    places: HashMap<&'p Address, Vec<usize>>,
}

impl<'p> Ties<'p> {
    pub(super) fn of(plan: &'p Plan) -> Ties<'p> {
        let mut places: HashMap<&Address, Vec<usize>> = HashMap::new();
        plan.steps.iter().enumerate().for_each(|(n, step)| places.entry(&step.address).or_default().push(n));
        Ties { plan, then: plan.graph.then(), places }
    }

    /// The steps of a resource.
    pub(super) fn steps(&self, address: &Address) -> impl Iterator<Item = usize> + use<'_, 'p> {
        self.places.get(address).into_iter().flatten().copied()
    }

    /// The steps that a step brings along, each with the reason. Gates that were passed by one like it are not passed again.
    pub(super) fn brought(&self, n: usize, passed: &mut BTreeSet<(usize, Verb)>) -> Vec<(usize, String)> {
        let step = &self.plan.steps[n];
        let mut brought = Vec::new();
        for (first, why) in self.plan.graph.after(n) {
            if first < self.plan.steps.len() {
                brought.push((first, why.clone()));
            } else if passed.insert((first, step.verb)) {
                brought.extend(self.plan.graph.after(first).map(|(first, why)| (first, why.clone())));
            }
        }
        brought.retain(|(first, _)| tie(step, &self.plan.steps[*first]) == Tie::Brings);
        brought.extend(self.other_half(step).map(|other| (other, step.why_together())));
        brought
    }

    /// The steps that can't be done without a step, each with the reason.
    pub(super) fn undone(&self, n: usize, passed: &mut BTreeSet<(usize, Verb)>) -> Vec<(usize, String)> {
        let (plan, step) = (self.plan, &self.plan.steps[n]);
        let why = |node: usize, first: usize| {
            let found = plan.graph.after(node).find(|(before, _)| *before == first);
            found.map(|(_, why)| why.clone()).unwrap_or_default()
        };
        let mut undone = Vec::new();
        for &next in &self.then[n] {
            if next < plan.steps.len() {
                undone.push((next, why(next, n)));
            } else if passed.insert((next, step.verb)) {
                undone.extend(self.then[next].iter().map(|&behind| (behind, why(behind, next))));
            }
        }
        undone.retain(|(next, _)| tie(&plan.steps[*next], step) != Tie::Follows);
        // Who refers to what is made anew has to move over.
        let moves_over = matches!(step.verb, Verb::Update | Verb::ReplaceCreate);
        let firsts = plan.graph.after(n).filter(|(first, _)| moves_over && *first < plan.steps.len());
        let is_anew = |first: &usize| plan.steps[*first].verb == Verb::ReplaceCreate;
        let anew = firsts.map(|(first, _)| first).filter(is_anew);
        undone.extend(anew.map(|first| (first, format!("`{}` would be left with the old one", step.address))));
        undone.extend(self.other_half(step).map(|other| (other, step.why_together())));
        undone.retain(|(other, _)| plan.steps[*other].address != step.address);
        undone
    }

    /// The step that is done together with a step and not without it.
    fn other_half(&self, step: &Step) -> Option<usize> {
        let Timing::With(other) = &step.timing else { return None };
        self.steps(other).find(|&n| self.plan.steps[n].verb == Verb::Update)
    }
}

/// What a step has to do with one that it waits for.
fn tie(step: &Step, first: &Step) -> Tie {
    let removes = step.verb.removes();
    match first.verb {
        _ if step.address == first.address => Tie::Follows,
        Verb::Delete | Verb::ReplaceRemove if !removes || first.address.is_below(&step.address) => Tie::Brings,
        Verb::Delete | Verb::ReplaceRemove => Tie::Needs,
        Verb::Update | Verb::ReplaceCreate if removes => Tie::Needs,
        // What is not there yet refers to nothing that goes.
        Verb::Create | Verb::Issue | Verb::Find if removes => Tie::Follows,
        Verb::Create | Verb::ReplaceCreate | Verb::Issue | Verb::Find => Tie::Brings,
        Verb::Update if step.verb == Verb::Find || sends_outcome(step, &first.address) => Tie::Brings,
        Verb::Update => Tie::Follows,
    }
}

/// Says whether the calls of a step send what is known of a resource only when that is done.
fn sends_outcome(step: &Step, of: &Address) -> bool {
    let mut sends = false;
    let mut see = |call: &Call| {
        let body = match &call.body {
            Payload::Json(body) => Some(body),
            Payload::None | Payload::File(_) => None,
        };
        for attr in std::iter::once(&call.path).chain(body) {
            attr.for_each_output(&mut |output| sends |= output.address == *of);
        }
    };
    step.calls.iter().for_each(&mut see);
    sends
}
