//! The course of a run: the plan's steps as nodes of a schedule, and what became of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::address::Address;
use crate::apply::lookout::Lookout;
use crate::apply::schedule::{Schedule, ScheduleNode, SlotClass, Slots, Turn};
use crate::apply::{Executor, Outcome};
use crate::plan::{Plan, Step, Timing, Verb};
use crate::session::Session;

/// How many steps may wait for one target at the same time. That is as many as were ever under way together when a run had
/// one limit for all targets: no controller is asked for more work at once than it was then.
const WAITING: usize = 32;

/// The longest time for which nobody looks whether the run is to stop.
const NAP: Duration = Duration::from_millis(200);

/// The steps of a run, in the order in which targets let them begin.
pub(super) struct Course<'c> {
    executor: &'c Executor<'c>,
    lookout: Arc<Lookout>,
    schedule: Schedule,
    outcomes: Vec<Option<Outcome>>,
    /// When each step began, and the milliseconds that it took.
    times: Vec<(Option<Instant>, Option<u64>)>,
    /// For each step the one that needs some time after it: a new object gets ready to be asked for what it gives once.
    rests: BTreeMap<usize, (usize, Duration)>,
    began: Instant,
    /// The steps that have begun.
    begun: BTreeSet<usize>,
}

impl<'c> Course<'c> {
    /// The course of a plan, with what is left out of it.
    pub(super) fn of(executor: &'c Executor<'c>, lookout: Arc<Lookout>) -> Course<'c> {
        let plan = executor.plan;
        let targets: BTreeSet<&str> = plan.steps.iter().map(|step| step.address.target()).collect();
        let numbers: BTreeMap<&str, usize> = targets.iter().enumerate().map(|(n, target)| (*target, n)).collect();
        let slots: Vec<Slots> =
            targets.iter().map(|target| slots(executor.sessions.get(*target).map(Arc::as_ref))).collect();
        let updates = || plan.steps.iter().enumerate().filter(|(_, step)| step.verb == Verb::Update);
        let updates: BTreeMap<&Address, usize> = updates().map(|(n, step)| (&step.address, n)).collect();
        let nodes = plan.steps.iter().map(|step| ScheduleNode::Step {
            target: numbers.get(step.address.target()).copied().unwrap_or_default(),
            slot: slot(step),
            turn: turn(step, &updates),
        });
        let nodes = nodes.chain(plan.gates.iter().map(|_| ScheduleNode::Gate)).collect();
        let mut course = Course {
            executor,
            lookout,
            schedule: Schedule::new(nodes, &plan.graph, &slots, executor.parallel),
            outcomes: vec![None; plan.steps.len()],
            times: vec![(None, None); plan.steps.len()],
            rests: rests(plan),
            began: Instant::now(),
            begun: BTreeSet::new(),
        };
        for &n in executor.leave_out {
            let skipped = course.schedule.leave_out(n);
            course.outcomes[n] = Some(Outcome::Stopped);
            course.pass_on(&Outcome::Skipped(n), &skipped);
        }
        course
    }

    /// The step that is to begin now, if any.
    pub(super) fn next(&mut self) -> Option<usize> {
        let next = self.schedule.next(self.now());
        match next {
            Some(n) => {
                self.times[n].0 = Some(Instant::now());
                self.lookout.begins(n);
            }
            None => self.lookout.rests(),
        }
        next
    }

    /// Says whether steps wait for nothing but their time.
    pub(super) fn is_resting(&self) -> bool {
        self.schedule.due().is_some()
    }

    /// Sleeps until the next step's time, or for a while.
    pub(super) async fn rest(&self) {
        let due = self.schedule.due().map_or(NAP, |due| Duration::from_millis(due.saturating_sub(self.now())));
        tokio::time::sleep(due.min(NAP)).await;
    }

    /// Takes down that a step takes up something else at its target from now on.
    ///
    /// Whether a slot of that class is free makes no difference to the step, which is under way: the limits of its session
    /// hold for each request, whatever the step has a slot for. A controller that takes one write at a time gets one at a
    /// time; while a step waits for it, which sends reads alone, the next one writes.
    pub(super) fn turn(&mut self, n: usize, to: SlotClass) {
        self.lookout.is_through(n);
        self.schedule.turn(n, to);
    }

    /// Takes down what happened to a step. Gives the steps that are skipped for it.
    pub(super) fn ended(&mut self, n: usize, outcome: Outcome) -> Vec<usize> {
        self.lookout.is_through(n);
        let (began, took) = &mut self.times[n];
        *took = began.map(|began| began.elapsed().as_millis() as u64);
        let done = matches!(outcome, Outcome::Done);
        if let Some((next, rest)) = self.rests.get(&n).filter(|_| done) {
            let session = self.executor.sessions.get(self.executor.plan.steps[*next].address.target());
            let rest = session.map_or(Duration::ZERO, |session| session.lasts(*rest));
            // Rounded up: not even a part of a millisecond too early.
            self.schedule.not_before(*next, self.now() + rest.as_millis() as u64 + 1);
        }
        let why = outcome.passed_on(n);
        self.outcomes[n] = Some(outcome);
        let skipped = self.schedule.ended(n, done);
        self.pass_on(&why, &skipped);
        skipped
    }

    /// The outcome of each step, in the plan's order, and the milliseconds that it took.
    pub(super) fn outcomes(self) -> (Vec<Outcome>, Vec<Option<u64>>) {
        let outcomes = self.outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Stopped)).collect();
        (outcomes, self.times.into_iter().map(|(_, took)| took).collect())
    }

    fn pass_on(&mut self, why: &Outcome, skipped: &[usize]) {
        for &step in skipped {
            self.outcomes[step].get_or_insert_with(|| why.clone());
        }
    }

    /// Takes down that a step begins.
    pub(super) fn began(&mut self, n: usize) {
        self.begun.insert(n);
    }

    /// Says whether a step belongs together with one that has begun.
    pub(super) fn has_begun_other_half(&self, n: usize) -> bool {
        let Timing::With(other) = &self.executor.plan.steps[n].timing else { return false };
        self.begun.iter().any(|&begun| self.executor.plan.steps[begun].address == *other)
    }

    /// Milliseconds since the run began.
    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }
}

/// How many steps of each class a target takes: as many as its API takes requests of that kind.
fn slots(session: Option<&Session>) -> Slots {
    let (write, list) = session.map_or((1, 1), Session::width);
    Slots { write, poll: WAITING, list }
}

/// The room that a step takes up when it begins: one that has to find its object first does so by lists.
fn slot(step: &Step) -> SlotClass {
    let looks_first = step.verb == Verb::Find || step.verb == Verb::Update && step.id.is_none();
    if looks_first { SlotClass::List } else { SlotClass::Write }
}

/// When the turn of a step comes. `updates` are the numbers of the steps that change something.
fn turn(step: &Step, updates: &BTreeMap<&Address, usize>) -> Turn {
    match &step.timing {
        Timing::Any => Turn::Any,
        Timing::Alone => Turn::Alone,
        Timing::Last => Turn::Last,
        Timing::With(other) => updates.get(other).map_or(Turn::Any, |other| Turn::With(*other)),
    }
}

/// The time that a new object is given to get ready for being asked. Practice has shown it to be enough
/// (netfoundry.md#edge-routers).
const READY_AFTER: Duration = Duration::from_secs(15);

/// The steps that ask a new object for what it gives once, by the step that makes it, with the time in between.
fn rests(plan: &Plan) -> BTreeMap<usize, (usize, Duration)> {
    let steps = || plan.steps.iter().enumerate();
    let asks = steps().filter(|(_, step)| step.verb == Verb::Issue);
    let asking: BTreeMap<&Address, usize> = asks.map(|(n, step)| (&step.address, n)).collect();
    let makers = steps().filter(|(_, step)| step.verb.creates());
    makers.filter_map(|(n, step)| Some((n, (*asking.get(&step.address)?, READY_AFTER)))).collect()
}
