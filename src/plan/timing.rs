//! When the turn of a step comes that waits for no other step.
//!
//! | timing | steps | why |
//! |---|---|---|
//! | alone | take the controller itself down, as a reboot | whatever else is under way there would fail with it |
//! | last | set the password that opens their own target | what is under way there would be refused, and a run that is stopped leaves the old one valid |
//! | together | two at two targets that send the same new key of a connection, or change both halves of one of a fabric | between the first and the second the connection is down |

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, reach};
use crate::plan::{Step, Timing, Verb};
use crate::spec::{Auth, Disruption, Field, Until};
use crate::topology::Topology;

/// Words of secrets are compared with each other only, within one run.
const WITHIN_A_RUN: &[u8] = b"timing";

/// Gives each step its timing.
pub(super) fn set(topology: &Topology, steps: &mut [Step]) {
    for step in steps.iter_mut() {
        step.timing = match () {
            () if restarts(step) => Timing::Alone,
            () if sets_own_password(topology, step) => Timing::Last,
            () => Timing::Any,
        };
    }
    let halves = halves(steps);
    let taken = halves.iter().flat_map(|(one, other)| [*one, *other]).collect();
    let pairs = pairs(topology, steps, taken);
    for (one, other) in halves.into_iter().chain(pairs) {
        for (n, with) in [(one, other), (other, one)] {
            let why = format!("together with `{}`: {}", steps[with].address, steps[n].why_together());
            steps[n].because.get_or_insert(why);
            steps[n].timing = Timing::With(steps[with].address.clone());
        }
    }
}

impl Step {
    /// Why it is done together with another one, if it is.
    pub(super) fn why_together(&self) -> String {
        match self.half() {
            Some((origin, _)) => format!("they are the halves of {origin}"),
            None => "both take the same new secret".to_owned(),
        }
    }
}

/// The pairs of steps that change both halves of one connection of a fabric, where that interrupts something.
fn halves(steps: &[Step]) -> Vec<(usize, usize)> {
    let mut found: BTreeMap<(&str, Option<&str>, &str), Vec<usize>> = BTreeMap::new();
    let interrupts = |step: &Step| step.fields.iter().any(|change| change.field.is_some_and(interrupts));
    for (n, step) in steps.iter().enumerate().filter(|(_, step)| step.verb == Verb::Update && interrupts(step)) {
        if let Some((origin, _)) = step.half().filter(|_| step.timing.is_any()) {
            found.entry((&origin.name, origin.vpn.as_deref(), step.kind.name)).or_default().push(n);
        }
    }
    let pair = |members: Vec<usize>| match members[..] {
        [one, other] if steps[one].address.target() != steps[other].address.target() => Some((one, other)),
        _ => None,
    };
    found.into_values().filter_map(pair).collect()
}

/// Says whether a change of a field interrupts something that comes back.
fn interrupts(field: &Field) -> bool {
    !matches!(field.disruption, Disruption::None | Disruption::Irreversible)
}

/// An order of the steps as they are carried out one after the other: those that are to be last at their target are so in
/// it, too, unless they wait for each other to be.
///
/// # Errors
/// A cycle: each node waits for the next one, the last for the first.
pub(super) fn order(graph: &Graph<String>, steps: &[Step]) -> Result<Vec<usize>, Vec<usize>> {
    let last: Vec<usize> = (0..steps.len()).filter(|n| steps[*n].timing == Timing::Last).collect();
    if last.is_empty() {
        return graph.order();
    }
    let (mut timed, then) = (graph.clone(), graph.then());
    let mut at_target: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (n, step) in steps.iter().enumerate() {
        at_target.entry(step.address.target()).or_default().push(n);
    }
    for n in last {
        let behind = reach(n, |node| then[node].iter().copied());
        let here = at_target.get(steps[n].address.target()).into_iter().flatten();
        here.filter(|m| !behind.contains(m)).for_each(|&m| timed.add(n, m, String::new()));
    }
    timed.order().or_else(|_| graph.order())
}

/// Says whether a step takes the controller itself down.
fn restarts(step: &Step) -> bool {
    let polls = step.calls.iter().flat_map(|call| call.spec.wait);
    polls.into_iter().any(|poll| matches!(poll.until, Until::Restarted(_)))
}

/// Says whether a step sets the password with which its own target is entered.
fn sets_own_password(topology: &Topology, step: &Step) -> bool {
    let Some(target) = topology.targets.get(step.address.target()) else { return false };
    match target.provider.dialect.auth {
        Auth::Basic { password, set_by: Some(kind), .. } => step.kind.name == kind && step.writes(password),
        _ => false,
    }
}

/// The pairs of steps that change one secret at two targets, where that interrupts something: nobody else takes it.
fn pairs(topology: &Topology, steps: &[Step], mut taken: BTreeSet<usize>) -> Vec<(usize, usize)> {
    let mut takers: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (n, step) in steps.iter().enumerate().filter(|(_, step)| step.verb == Verb::Update) {
        let Some(resource) = topology.resources.get(&step.address).filter(|_| step.timing == Timing::Any) else {
            continue;
        };
        for change in &step.fields {
            let interrupts = change.field.is_some_and(interrupts);
            if let Some(value) = resource.fields.get(&change.name).filter(|_| interrupts) {
                value.for_each_secret(&mut |secret| {
                    takers.entry(secret.fingerprint(WITHIN_A_RUN)).or_default().insert(n);
                });
            }
        }
    }
    let mut pair = |takers: &BTreeSet<usize>| {
        let (&one, &other) = (takers.first()?, takers.last()?);
        let is_pair = takers.len() == 2 && steps[one].address.target() != steps[other].address.target();
        (is_pair && taken.insert(one) && taken.insert(other)).then_some((one, other))
    };
    takers.values().filter_map(&mut pair).collect()
}
