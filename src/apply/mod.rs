//! Carrying out a plan: ready steps side by side, as far as graph and targets allow.
//!
//! The plan decides everything; nothing in here knows what a route is. A step that fails takes with it only what depends
//! on it. Not confirmed is not done; not seen is not absent: after a create without an answer, we look before trying again.

mod effect;
mod outputs;
mod step;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::address::Address;
use crate::diff::base::{Base, Basis, Entry, Stored};
use crate::diff::matching::identity_of;
use crate::diff::verdict::{Decision, Verdict};
use crate::journal::{self, Journal, Line};
use crate::plan::{Plan, Step};
use crate::session::{CallError, Session, Waiting};
use crate::spec::{Identity, Kind};
use crate::topology::Topology;

pub(crate) use outputs::Outputs;
pub use verify::{Contradiction, verify};

/// What happened to a step.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It failed.
    Failed(Box<CallError>),
    /// It was not tried, because of a step that failed: that step's place.
    Skipped(usize),
    /// It was not tried, because the run was asked to stop.
    Stopped,
}

/// Is told how things go.
pub trait Progress: Send + Sync {
    /// A step begins.
    fn begins(&self, step: &Step);
    /// A step waits for the controller.
    fn waits(&self, step: &Step, waiting: &Waiting);
    /// A step ended.
    fn ends(&self, step: &Step, outcome: &Outcome);
}

/// What carrying out a plan came to.
#[derive(Debug)]
pub struct Report {
    /// What happened to each step, in the plan's order.
    pub outcomes: Vec<Outcome>,
    /// Requests with an effect that were sent.
    pub(crate) calls: u64,
    /// The journal could not be written: the run stopped at once.
    pub journal_error: Option<String>,
}

impl Report {
    /// Says whether every step is done.
    pub fn is_complete(&self) -> bool {
        self.journal_error.is_none() && self.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done))
    }

    /// The number of steps that are done.
    pub fn done(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Done)).count()
    }
}

/// What carrying out a plan needs.
pub struct Executor<'e> {
    /// What is wanted.
    pub topology: &'e Topology,
    /// The plan.
    pub plan: &'e Plan,
    /// A connection to each target.
    pub sessions: &'e BTreeMap<String, Arc<Session>>,
    /// Is told how things go.
    pub progress: &'e dyn Progress,
    /// Set when no new step is to begin.
    pub stop: &'e AtomicBool,
    /// Steps that are left out, with what depends on them.
    pub leave_out: &'e BTreeSet<usize>,
    /// How many steps may be under way at once.
    pub parallel: usize,
}

/// What the steps of a run share.
pub(crate) struct Shared {
    pub(crate) outputs: Outputs,
    pub(crate) log: Mutex<Log>,
}

/// The journal and the ledger's content, which change together.
pub(crate) struct Log {
    pub(crate) journal: Journal,
    pub(crate) base: Base,
    pub(crate) calls: u64,
    pub(crate) broken: Option<String>,
}

impl Log {
    /// Writes a line ahead. After a line that could not be written nothing must be sent any more.
    pub(crate) fn write(&mut self, line: &Line) -> bool {
        if self.broken.is_none()
            && let Err(error) = self.journal.write(line)
        {
            self.broken = Some(format!("could not write `{}`: {error}", self.journal.path().display()));
        }
        self.broken.is_none()
    }

    /// Takes down that an object is ours though its step is not done yet.
    pub(crate) fn own(&mut self, address: Address, id: String) {
        self.write(&Line::Made { address: address.clone(), id: id.clone() });
        journal::own(&mut self.base, address, id);
    }

    /// Takes down that an object is gone.
    pub(crate) fn remove(&mut self, address: Address, id: String) {
        journal::remove(&mut self.base, &address, &id);
        self.write(&Line::Removed { address, id });
    }
}

impl Executor<'_> {
    /// Carries out the plan. `base` is what is owned; it is brought up to date with all that was done.
    pub async fn run(&self, journal: Journal, base: &mut Base) -> Report {
        let mut log = Log { journal, base: base.clone(), calls: 0, broken: None };
        self.take_over(&mut log);
        let shared = Shared { outputs: Outputs::default(), log: Mutex::new(log) };
        let mut schedule = Schedule::new(self.plan, self.leave_out);
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.parallel.max(1)
                && !self.stop.load(Ordering::Relaxed)
                && shared.log.lock().unwrap_or_else(PoisonError::into_inner).broken.is_none()
            {
                let Some(n) = schedule.next() else { break };
                let step = &self.plan.steps[n];
                self.progress.begins(step);
                let shared = &shared;
                running.push(async move { (n, self.step(shared, step).await) });
            }
            let Some((n, result)) = running.next().await else { break };
            let outcome = match result {
                Ok(()) => Outcome::Done,
                Err(error) => Outcome::Failed(Box::new(error)),
            };
            self.progress.ends(&self.plan.steps[n], &outcome);
            for skipped in schedule.ended(n, outcome) {
                self.progress.ends(&self.plan.steps[skipped], &Outcome::Skipped(n));
            }
        }
        drop(running);
        let mut log = shared.log.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.settle_unchanged(&mut log.base);
        let outcomes = schedule.outcomes();
        let left = outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Done)).count();
        log.write(&Line::End { left });
        *base = log.base;
        Report { outcomes, calls: log.calls, journal_error: log.broken }
    }

    /// Other content that is there already is ours from the start: what it took the place of is left to be removed.
    fn take_over(&self, log: &mut Log) {
        let is_content = |verdict: &&Verdict| matches!(verdict.kind.identity, Identity::Content(_));
        let adopted = self
            .plan
            .verdicts
            .iter()
            .filter(is_content)
            .filter(|verdict| matches!(verdict.decision, Decision::Adopt | Decision::Update { adopt: true, .. }));
        for (verdict, id) in adopted.filter_map(|verdict| Some((verdict, verdict.id.clone()?))) {
            log.own(verdict.address.clone(), id);
        }
    }

    /// What needs no call: adoptions, releases, and values on which file and controller agree by now.
    pub fn settle_unchanged(&self, base: &mut Base) {
        for verdict in &self.plan.verdicts {
            let address = &verdict.address;
            match &verdict.decision {
                Decision::Same | Decision::Adopt => {
                    // What is still to show is taken down by the step that waits for it.
                    let Some(known) = verdict.id.clone() else { continue };
                    renumber(base, verdict.kind, address, &known);
                    if let Some(entry) = self.entry(address, known, base, &|_| None, None) {
                        journal::settle(base, address.clone(), entry);
                    }
                }
                Decision::Release(_) => {
                    base.entries.remove(address);
                }
                Decision::Create(_)
                | Decision::Update { .. }
                | Decision::Replace { .. }
                | Decision::Delete(_)
                | Decision::Hold(_) => {}
            }
        }
    }
}

/// Takes down that an object which was not made anew has another id by now. The id that it had may be anybody's, unless
/// content gives it.
pub(crate) fn renumber(base: &mut Base, kind: &Kind, address: &Address, id: &str) {
    if let Identity::Content(_) = kind.identity {
        journal::own(base, address.clone(), id.to_owned());
    } else if let Some(entry) = base.entries.get_mut(address) {
        entry.id = id.to_owned();
    }
}

/// A field's value as it is to be remembered. What was not written keeps how it came there, as long as it is the same.
fn remembered(value: serde_json::Value, is_written: bool, earlier: Option<&Stored>) -> Stored {
    match earlier {
        _ if is_written => Stored::new(value, Basis::Applied),
        Some(earlier) if earlier.value == value => earlier.clone(),
        _ => Stored::new(value, Basis::Agreed),
    }
}

/// Which steps may begin.
struct Schedule<'s> {
    plan: &'s Plan,
    /// How many nodes each node still waits for.
    waiting: Vec<usize>,
    /// The nodes that wait for each node.
    then: Vec<Vec<usize>>,
    ready: BTreeSet<usize>,
    outcomes: Vec<Option<Outcome>>,
}

impl<'s> Schedule<'s> {
    fn new(plan: &'s Plan, leave_out: &BTreeSet<usize>) -> Schedule<'s> {
        let nodes = plan.steps.len() + plan.gates.len();
        let mut then = vec![Vec::new(); nodes];
        let mut waiting = vec![0; nodes];
        for (node, count) in waiting.iter_mut().enumerate() {
            for (first, _) in plan.graph.after(node) {
                *count += 1;
                then[first].push(node);
            }
        }
        let ready = (0..nodes).filter(|&node| waiting[node] == 0).collect();
        let mut schedule = Schedule { plan, waiting, then, ready, outcomes: vec![None; plan.steps.len()] };
        for &n in leave_out {
            schedule.outcomes[n] = Some(Outcome::Stopped);
            schedule.skip_after(n);
        }
        schedule.pass_gates();
        schedule
    }

    /// The first step, in the plan's order, that waits for nothing any more.
    fn next(&mut self) -> Option<usize> {
        loop {
            let node = self.ready.pop_first()?;
            if self.outcomes.get(node).is_some_and(Option::is_none) {
                return Some(node);
            }
        }
    }

    /// Takes down what happened to a step. Gives the steps that are skipped for it.
    fn ended(&mut self, n: usize, outcome: Outcome) -> Vec<usize> {
        let done = matches!(outcome, Outcome::Done);
        self.outcomes[n] = Some(outcome);
        if !done {
            return self.skip_after(n);
        }
        self.release(n);
        self.pass_gates();
        Vec::new()
    }

    fn release(&mut self, node: usize) {
        for next in std::mem::take(&mut self.then[node]) {
            self.waiting[next] -= 1;
            if self.waiting[next] == 0 {
                self.ready.insert(next);
            }
        }
    }

    /// A gate that waits for nothing is passed at once. Gates have the highest numbers.
    fn pass_gates(&mut self) {
        while let Some(&node) = self.ready.last() {
            if node < self.plan.steps.len() {
                break;
            }
            self.ready.remove(&node);
            self.release(node);
        }
    }

    /// Skips all that waits for a step, through gates and other steps. Nobody has released them: it is not done.
    fn skip_after(&mut self, n: usize) -> Vec<usize> {
        let mut skipped = BTreeSet::new();
        let mut reached = std::mem::take(&mut self.then[n]);
        while let Some(node) = reached.pop() {
            // Reached before, it has none left.
            reached.append(&mut self.then[node]);
            if let Some(slot @ None) = self.outcomes.get_mut(node) {
                *slot = Some(Outcome::Skipped(n));
                skipped.insert(node);
            }
        }
        skipped.into_iter().collect()
    }

    fn outcomes(self) -> Vec<Outcome> {
        self.outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Stopped)).collect()
    }
}

impl Executor<'_> {
    /// What the ledger is to say about a resource, once `step` is done or, without one, where nothing was to be done.
    pub(crate) fn entry(
        &self,
        address: &crate::address::Address,
        id: String,
        base: &Base,
        find: &dyn Fn(&crate::attr::Output) -> Option<crate::attr::Attr>,
        step: Option<&Step>,
    ) -> Option<Entry> {
        let keep = self.plan.keeps.get(address)?;
        let before = base.entry(address);
        let mut fields = BTreeMap::new();
        for (name, attr) in &keep.wanted {
            let filled = attr.fill(find);
            // A value that is still not known was left as it was: so is what we remember of it.
            let earlier = before.and_then(|entry| entry.fields.get(name));
            let stored = match filled.is_later() {
                true => earlier.cloned(),
                false => {
                    let value = base.kept(&self.comparable(address, name, &filled));
                    let is_written = step.is_some_and(|step| step.writes(name));
                    Some(remembered(value, is_written, earlier))
                }
            };
            fields.extend(stored.map(|stored| (name.clone(), stored)));
        }
        let resource = self.topology.resources.get(address);
        let before = before.cloned().unwrap_or_default();
        Some(Entry {
            id,
            identity: resource.and_then(identity_of).map(|key| key.to_string()).or(before.identity),
            fields,
            expressions: keep.expressions.clone(),
            after: keep.after.clone(),
            stamp: keep.stamp.clone(),
            leftovers: before.leftovers,
            commit: self.plan.commit.clone(),
            run: if step.is_some() { base.run } else { before.run },
            origin: before.origin,
            packing: before.packing,
        })
    }

    /// A value in the form in which the next comparison will see it.
    fn comparable(&self, address: &crate::address::Address, name: &str, attr: &crate::attr::Attr) -> crate::attr::Attr {
        let Some(resource) = self.topology.resources.get(address) else { return attr.clone() };
        if let Some(content) = resource.files.get(name) {
            return crate::attr::Attr::Text(content.stamp());
        }
        match resource.kind.field(name) {
            Some(field) => crate::spec::canonical(&field.ty, attr),
            None => crate::attr::Attr::List(crate::diff::compare::wanted_items(
                resource.kind,
                &BTreeMap::from([(name.to_owned(), attr.clone())]),
            )),
        }
    }
}
