//! The engine: moves uploads, executions and removals along as the logical clock goes.
//!
//! An execution is pending for one poll, works for three, and shows its end at the fifth. Everything that is due happens
//! in the order of its due times, so that the outcome does not depend on how often somebody looks.

use serde::{Deserialize, Serialize};

use super::events::{Event, Told};
use super::executions::{Execution, Status};
use super::scope::Scoped;
use super::steps::{self, Step};
use super::world::World;

/// How many polls the work of an execution is spread over.
const WORK: usize = 3;

/// What an execution is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// A workflow of a deployment.
    Workflow,
    /// The environment of a deployment.
    Environment,
    /// The deployment update of that id.
    Update(String),
    /// The snapshot of that id.
    Snapshot(String),
    /// Restoring the snapshot of that id.
    Restore(String),
}

/// An execution that is under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The execution's id.
    pub execution: String,
    due: u64,
    steps: Vec<Step>,
    polls: usize,
}

impl Run {
    /// A run that starts with the next poll.
    pub(crate) fn new(execution: &str, now: u64) -> Run {
        Run { execution: execution.to_owned(), due: now + super::POLL, steps: Vec::new(), polls: 0 }
    }

    /// Takes note of a status that somebody set: a cancel waits for the running operation, a kill does not.
    pub(crate) fn interrupt(&mut self, status: Status, now: u64) {
        match status {
            Status::Cancelling | Status::ForceCancelling => self.due = now + 2 * super::POLL,
            Status::KillCancelling => self.due = now + super::POLL,
            _ => {}
        }
    }
}

impl World {
    /// Does everything that is due.
    pub(crate) fn advance(&mut self, now: u64) {
        // A server that loads a state may start its clock again; time here never goes back.
        self.behind = self.behind.max(self.now.saturating_sub(now));
        let now = now + self.behind;
        loop {
            let next = self.runs.iter().enumerate().map(|(at, run)| (run.due, at)).min();
            let Some((due, at)) = next.filter(|(due, _)| *due <= now) else { break };
            self.now = due;
            let run = self.runs.remove(at);
            if let Some(run) = self.tick(run) {
                self.runs.push(run);
            }
        }
        self.now = now;
        self.advance_uploads();
        self.advance_removals();
    }

    /// Moves a run by one poll; none when it is over.
    fn tick(&mut self, run: Run) -> Option<Run> {
        match self.execution(&run.execution)?.status {
            Status::Pending => self.begin(run),
            Status::Started => self.work(run),
            Status::Cancelling | Status::ForceCancelling | Status::KillCancelling => {
                self.end(run, Status::Cancelled, String::new());
                None
            }
            Status::Queued | Status::Terminated | Status::Failed | Status::Cancelled => None,
        }
    }

    fn begin(&mut self, mut run: Run) -> Option<Run> {
        let now = self.now;
        let execution = self.execution_mut(&run.execution)?;
        execution.status = Status::Started;
        execution.started_at.get_or_insert(now);
        let resumed = std::mem::take(&mut execution.left);
        let execution = execution.clone();
        let message = format!("Starting '{}' workflow execution", execution.workflow);
        self.events.push(Event::of(&execution, now, Told::Event("workflow_started".to_owned(), None), message));
        let fresh = resumed.is_empty();
        let prepared = if fresh { self.prepare(&execution) } else { Ok(resumed) };
        match prepared {
            Ok(steps) => {
                let execution = self.execution_mut(&run.execution)?;
                if fresh {
                    execution.total = steps.len();
                }
                run.polls = if execution.purpose == Purpose::Environment { 0 } else { WORK };
                run.steps = steps;
                run.due = now + super::POLL;
                Some(run)
            }
            Err(error) => {
                self.end(run, Status::Failed, error);
                None
            }
        }
    }

    /// The operations of an execution.
    fn prepare(&mut self, execution: &Execution) -> Result<Vec<Step>, String> {
        match &execution.purpose {
            Purpose::Workflow => Ok(steps::of(self, execution)),
            Purpose::Environment => self.build_environment(execution).map(|()| Vec::new()),
            Purpose::Update(id) => self.prepare_update(id),
            Purpose::Snapshot(_) | Purpose::Restore(_) => Ok(Vec::new()),
        }
    }

    fn work(&mut self, mut run: Run) -> Option<Run> {
        if run.polls == 0 {
            self.end(run, Status::Terminated, String::new());
            return None;
        }
        let execution = self.execution(&run.execution)?.clone();
        let ignores = execution.parameters.get("ignore_failure") == Some(&true.into());
        for _ in 0..run.steps.len().div_ceil(run.polls) {
            let Some(step) = run.steps.first().cloned() else { break };
            if let Err(error) = steps::perform(self, &execution, &step)
                && !ignores
            {
                self.end(run, Status::Failed, error);
                return None;
            }
            run.steps.remove(0);
            self.execution_mut(&run.execution)?.finished += 1;
        }
        run.polls -= 1;
        run.due = self.now + super::POLL;
        if run.polls == 0
            && let Purpose::Update(id) = &execution.purpose
        {
            // The update's state flips before its execution ends (cloudify.md#deployment-updates).
            self.finish_update(id, true);
        }
        Some(run)
    }

    /// Ends a run: the execution's record, its last event, and what it was for.
    fn end(&mut self, run: Run, status: Status, error: String) {
        let now = self.now;
        let Run { execution: id, due: _, steps, polls: _ } = run;
        let Some(execution) = self.execution_mut(&id) else { return };
        let text = error.lines().next().unwrap_or_default().to_owned();
        if status != Status::Terminated {
            execution.left = steps;
        }
        execution.end(status, error.clone(), now);
        let execution = execution.clone();
        let (event_type, word, cause) = match status {
            Status::Terminated => ("workflow_succeeded", "succeeded".to_owned(), None),
            Status::Cancelled => ("workflow_cancelled", "cancelled".to_owned(), None),
            _ => ("workflow_failed", format!("failed: {text}"), Some(error.clone())),
        };
        let message = format!("'{}' workflow execution {word}", execution.workflow);
        self.events.push(Event::of(&execution, now, Told::Event(event_type.to_owned(), cause), message));
        let good = status == Status::Terminated;
        match &execution.purpose {
            Purpose::Workflow | Purpose::Environment => {}
            Purpose::Update(id) if good => self.settle_updated(id),
            Purpose::Update(id) => self.finish_update(id, false),
            Purpose::Snapshot(id) => self.finish_snapshot(id, &error),
            Purpose::Restore(id) if good => self.restore(id),
            Purpose::Restore(_) => {}
        }
        if let Some(deployment) = &execution.deployment {
            if execution.purpose == Purpose::Environment && !good {
                self.break_environment(&execution.meta().tenant, deployment, &error);
            }
            self.settle(&execution.meta().tenant, deployment, Some(&id));
            self.dequeue(&execution.meta().tenant, deployment);
        } else {
            self.dequeue_all();
        }
    }

    /// Lets start what waited for a system workflow.
    fn dequeue_all(&mut self) {
        let waits = |row: &&Execution| row.status == Status::Queued;
        let waiting: Vec<(String, String)> = self
            .executions
            .iter()
            .filter(waits)
            .filter_map(|row| Some((row.meta.tenant.clone(), row.deployment.clone()?)))
            .collect();
        for (tenant, deployment) in waiting {
            self.dequeue(&tenant, &deployment);
        }
    }

    /// Lets the oldest queued execution of a deployment start, if nothing else runs.
    fn dequeue(&mut self, tenant: &str, deployment: &str) {
        let own = |row: &&mut Execution| row.is_of(tenant, deployment) && !row.status.is_end();
        let mut open: Vec<&mut Execution> = self.executions.iter_mut().filter(own).collect();
        if open.iter().any(|row| row.status != Status::Queued) {
            return;
        }
        if let Some(next) = open.first_mut() {
            next.status = Status::Pending;
            let run = Run::new(&next.meta.id, self.now);
            self.runs.push(run);
        }
    }
}
