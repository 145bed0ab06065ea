//! Carrying out a plan: ready steps side by side, as far as graph and targets allow.
//!
//! The plan decides everything; nothing in here knows what a route is. A step that fails takes with it only what depends
//! on it. Not confirmed is not done; not seen is not absent: after a create without an answer, we look before trying again.
//!
//! * `schedule`, `course`: which step may begin, and what became of each
//! * `step`, `outputs`: its calls, with what is known by now
//! * `lookout`: one look for all whose result no reply shows
//! * `effect`: did it happen
//! * `run_log`: what journal and ledger keep of it

mod course;
mod effect;
mod lookout;
mod outputs;
mod run_log;
mod schedule;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Duration, Instant, sleep};

use crate::address::Address;
use crate::apply::course::Course;
use crate::apply::lookout::Lookout;
use crate::apply::run_log::RunLog;
use crate::apply::schedule::SlotClass;
use crate::attr::{Attr, Output};
use crate::journal::{self, Journal, JournalLine};
use crate::observe::Sights;
use crate::plan::{Plan, Recording, Settled, Step};
use crate::redact::Redactor;
use crate::session::{CallError, CallFailure, Session, Waiting};
use crate::spec::Kind;
use crate::state::base::{Base, Claim, Entry};

pub(crate) use outputs::Outputs;

/// How long what is under way is looked at after a run was asked to stop: long enough for a controller to say that it has
/// given up, short enough for whoever stops runs to wait for it.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// The longest time for which nobody looks whether the run is to stop.
const NAP: Duration = Duration::from_millis(200);

/// The outcome of a step.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It failed.
    Failed(Box<CallError>),
    /// It was not tried, because of a step that failed: that step's place.
    Skipped(usize),
    /// It was not tried, or not finished, because the run was asked to stop.
    Stopped,
    /// It was not tried, because the time in which it may begin was over, or that of a step before it.
    Late,
}

impl Outcome {
    /// The outcome of the steps that waited for one with this outcome, by its place.
    fn passed_on(&self, n: usize) -> Outcome {
        match self {
            // They did not fail either.
            Outcome::Stopped => Outcome::Stopped,
            Outcome::Late => Outcome::Late,
            Outcome::Done | Outcome::Failed(_) | Outcome::Skipped(_) => Outcome::Skipped(n),
        }
    }
}

impl Outcome {
    /// Says whether it is done.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Outcome::Done)
    }
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

/// The outcome of carrying out a plan.
#[derive(Debug, Default)]
pub struct Report {
    /// The outcome of each step, in the plan's order.
    pub outcomes: Vec<Outcome>,
    /// The steps that were stopped after some of their requests had been sent.
    pub part_way: BTreeSet<usize>,
    /// Milliseconds that each step took; none of what did not begin.
    pub(crate) took: Vec<Option<u64>>,
    /// Requests with an effect that were sent.
    pub(crate) calls: u64,
    /// The controllers' words when they accepted a step's last call.
    pub(crate) said: BTreeMap<Address, String>,
    /// The journal could not be written: the run stopped at once.
    pub journal_error: Option<String>,
}

impl Report {
    /// Says whether every step is done that there was time for.
    pub fn is_complete(&self) -> bool {
        let is_over = |outcome: &Outcome| matches!(outcome, Outcome::Done | Outcome::Late);
        self.journal_error.is_none() && self.outcomes.iter().all(is_over)
    }

    /// Says whether the time of some steps was over before they began.
    pub fn is_late(&self) -> bool {
        self.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Late))
    }

    /// The number of steps that are done.
    pub fn done(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Done)).count()
    }
}

/// Objects as they were last shown, each with its kind.
pub(crate) type KnownObjects = BTreeMap<Address, (&'static Kind, Value)>;

/// All that carrying out a plan needs.
pub struct Executor<'e> {
    /// The plan.
    pub plan: &'e Plan,
    /// Looks for the objects of its steps.
    pub sights: &'e Sights<'e>,
    /// The secrets that the run knows: one that comes back through an output stays one.
    pub secrets: &'e Redactor,
    /// A connection to each target.
    pub sessions: &'e BTreeMap<String, Arc<Session>>,
    /// Is told how things go.
    pub progress: &'e dyn Progress,
    /// Set when nothing is to begin any more.
    pub stop: &'e AtomicBool,
    /// Steps that are left out, with what depends on them.
    pub leave_out: &'e BTreeSet<usize>,
    /// Objects that are known already, as an earlier run of the same plan left them.
    pub known: &'e BTreeMap<Address, (&'static Kind, Value)>,
    /// The time.
    pub now: &'e (dyn Fn() -> Timestamp + Sync),
    /// How many steps may be under way at once.
    pub parallel: usize,
}

/// The state that a step shares with the other steps of its run.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) outputs: Arc<Outputs>,
    pub(crate) log: Arc<Mutex<RunLog>>,
    lookout: Arc<Lookout>,
    /// Is told what steps take up at their targets: their numbers and the slot.
    turns: UnboundedSender<(usize, SlotClass)>,
    /// The step's own number.
    n: usize,
}

impl Shared {
    /// Takes up another slot at the target from now on, such as that of one who waits.
    fn turn(&self, to: SlotClass) {
        // Nobody listens any more once the run is over.
        let _ = self.turns.send((self.n, to));
    }

    fn is_broken(&self) -> bool {
        self.log(|log| log.broken().is_some())
    }

    /// Reads or changes the journal and the ledger's content.
    fn log<T>(&self, change: impl FnOnce(&mut RunLog) -> T) -> T {
        change(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Executor<'_> {
    /// Carries out the plan. `base` is what is owned; it is brought up to date with all that was done.
    pub async fn run(&self, journal: Journal, base: &mut Base) -> Report {
        let mut log = RunLog::start(journal, std::mem::take(base));
        log.relabel(&self.plan.relabels);
        self.take_over(&mut log);
        let (turns, mut turned) = unbounded_channel();
        let outputs = Arc::new(Outputs::new(self.secrets.clone()));
        for (address, (kind, raw)) in self.known {
            outputs.set(address, kind, raw.clone());
        }
        let lookout = Arc::new(Lookout::of(self.plan));
        let shared = Shared { outputs, log: Arc::new(Mutex::new(log)), lookout, turns, n: 0 };
        let mut course = Course::of(self, shared.lookout.clone());
        let mut running = FuturesUnordered::new();
        let mut end = None;
        loop {
            let begins = || !self.is_stopped() && !shared.is_broken();
            while begins()
                && let Some(n) = course.next()
            {
                if self.is_late(n, &course) {
                    self.ended(&mut course, n, Outcome::Late);
                    continue;
                }
                course.began(n);
                self.progress.begins(&self.plan.steps[n]);
                running.push(self.one(Shared { n, ..shared.clone() }));
            }
            let rests = course.is_resting() && begins();
            if running.is_empty() && !rests {
                break;
            }
            if self.is_stopped() && Instant::now() > *end.get_or_insert_with(|| Instant::now() + GRACE) {
                // As after a kill: the next run looks at what these had begun.
                break;
            }
            tokio::select! {
                Some((n, outcome)) = running.next() => self.ended(&mut course, n, outcome),
                Some((n, slot)) = turned.recv() => course.turn(n, slot),
                () = course.rest(), if rests => {}
                () = sleep(NAP), if !rests => {}
            }
        }
        drop(running);
        let (outcomes, took) = course.outcomes();
        let left = outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Done)).count();
        // Whether the last lines are on disk shows below.
        let _ = shared.log(|log| log.write_ahead(&JournalLine::End { left })).written().await;
        shared.log(|log| {
            self.record_unchanged(&mut log.base);
            *base = std::mem::take(&mut log.base);
            let said = std::mem::take(&mut log.said);
            let is_stopped = |n: &usize| matches!(outcomes.get(*n), Some(Outcome::Stopped));
            let part_way = log.begun.iter().copied().filter(is_stopped).collect();
            let journal_error = log.broken().map(str::to_owned);
            Report { outcomes, part_way, took, calls: log.calls, said, journal_error }
        })
    }

    /// Carries out the step that has this share.
    async fn one(&self, shared: Shared) -> (usize, Outcome) {
        let outcome = match self.step(&shared, &self.plan.steps[shared.n]).await {
            Ok(()) => Outcome::Done,
            Err(CallError { what: CallFailure::Stopped, .. }) => Outcome::Stopped,
            Err(error) => Outcome::Failed(Box::new(error)),
        };
        (shared.n, outcome)
    }

    fn ended(&self, course: &mut Course<'_>, n: usize, outcome: Outcome) {
        self.progress.ends(&self.plan.steps[n], &outcome);
        let why = outcome.passed_on(n);
        for skipped in course.ended(n, outcome) {
            self.progress.ends(&self.plan.steps[skipped], &why);
        }
    }

    /// Says whether the time in which a step may begin is over. What belongs together is not torn apart: the second half of two
    /// goes on when the first has begun.
    fn is_late(&self, n: usize, course: &Course<'_>) -> bool {
        let step = &self.plan.steps[n];
        step.not_after.is_some_and(|time| (self.now)() >= time) && !course.has_begun_other_half(n)
    }

    /// Says whether nothing is to begin any more.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Other content that is there already is ours from the start: what it took the place of is left to be removed.
    fn take_over(&self, log: &mut RunLog) {
        for (address, id) in self.plan.content_taken_over() {
            log.take_ownership(address.clone(), id.clone(), Some(id), false);
        }
    }

    /// The outcome of a plan without steps: new labels, and all that needs no call.
    pub fn record_without_steps(&self, base: &mut Base) {
        base.relabel(&self.plan.relabels);
        self.record_unchanged(base);
    }

    /// All that needs no call: adoptions, releases, and values on which file and controller agree by now.
    fn record_unchanged(&self, base: &mut Base) {
        // Where nothing is wanted any more, nothing is missing.
        base.vacated.retain(|address| !self.plan.is_whole || self.plan.ledger_updates.contains_key(address));
        for settled in self.plan.settled() {
            match settled {
                Settled::Agreed { address, kind, id } => {
                    renumber(base, kind, address, &id);
                    if let Some(entry) = self.entry(address, id, base, &|_| None, None) {
                        journal::record(base, address.clone(), entry);
                    }
                }
                Settled::LetGo { address, id } => {
                    let is_entry = base.entries.remove(address).is_some();
                    let leftover = id.filter(|_| !is_entry);
                    leftover.into_iter().for_each(|id| journal::forget_leftover(base, address, &id));
                }
            }
        }
    }
}

/// Takes down that an object which was not made anew has another id by now. The id that it had may be anybody's, unless
/// content gives it.
pub(crate) fn renumber(base: &mut Base, kind: &Kind, address: &Address, id: &str) {
    if kind.identity.file_in_id().is_some() {
        journal::take_ownership(base, address.clone(), id.to_owned(), Some(id.to_owned()), false, None);
    } else if let Some(entry) = base.entries.get_mut(address) {
        entry.id = id.to_owned();
    }
}

impl Executor<'_> {
    /// The ledger's row of a resource, once `step` is done or, without one, where nothing was to be done.
    pub(crate) fn entry(
        &self,
        address: &Address,
        id: String,
        base: &Base,
        find: &dyn Fn(&Output) -> Option<Attr>,
        step: Option<&Step>,
    ) -> Option<Entry> {
        Recording { plan: self.plan, base, find }.entry(address, id, step)
    }

    /// What a step's create is about to make, where that can be known again.
    fn claim(&self, shared: &Shared, step: &Step) -> Option<Claim> {
        let find = |output: &Output| shared.outputs.find(output);
        shared.log(|log| Recording { plan: self.plan, base: &log.base, find: &find }.claim(step))
    }
}
