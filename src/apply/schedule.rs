//! Which step may begin next: a pure value that knows neither network nor clock.
//!
//! A step waits for those before it, and then in the queue of its target until that has a slot of its class free. A cap on
//! all that is under way alone would not do: it fills up with the steps of the first few targets, which then wait for each
//! other there, and a hundred controllers are worked off one after another. Among what could begin, the step with the
//! smallest number comes first, so the order is a function of what was asked and told; and where one step is under way at a
//! time, it is the plan's.
//!
//! Some steps wait for their [`Turn`] besides. None of that makes a step wait for ever: whoever waits to be the last at two
//! targets at once is let in when nothing else can begin.

mod lane;

use std::collections::BTreeSet;

use self::lane::{Lane, QueuePlace};
use crate::graph::{Graph, reach};

/// The room that a step takes up at its target while it is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SlotClass {
    /// It changes something.
    Write,
    /// It waits for what was changed, looking now and then.
    Poll,
    /// It reads lists.
    List,
    /// It waits for what others read, which asks no work of the target: as many as there are.
    Idle,
}

/// How many steps of each class a target takes at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slots {
    /// Steps that change something.
    pub(crate) write: usize,
    /// Steps that wait.
    pub(crate) poll: usize,
    /// Steps that read lists.
    pub(crate) list: usize,
}

/// When the turn of a step comes that waits for no other step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As soon as its target has a slot free.
    Any,
    /// When nothing else is under way at its target, and nothing else is until it has ended. When it is the first there that
    /// could begin, nothing that comes after it does.
    Alone,
    /// When all others at its target have ended or been skipped, but for those that come after it.
    Last,
    /// Together with this step, whose turn comes with it: the two halves of a connection. If one of them is not begun, the
    /// other one is not either.
    With(usize),
}

/// A node of the graph: a step, or a gate between steps, which takes no time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ScheduleNode {
    /// A step.
    Step {
        /// The number of its target.
        target: usize,
        /// The room that it takes up when it begins.
        slot: SlotClass,
        /// When its turn comes, once it waits for no other step.
        turn: Turn,
    },
    /// A gate.
    Gate,
}

/// Where the steps of a run stand.
#[derive(Debug)]
pub(crate) struct Schedule {
    nodes: Vec<ScheduleNode>,
    /// How many nodes each node still waits for.
    waiting: Vec<usize>,
    /// The nodes that wait for each node.
    then: Vec<Vec<usize>>,
    /// The time before which a node does not begin.
    times: Vec<u64>,
    /// The room that a step under way takes up.
    holds: Vec<Option<SlotClass>>,
    /// The steps that will not begin any more: they are under way, ended, skipped or left out.
    over: Vec<bool>,
    targets: Vec<Lane>,
    /// The first step of each target that could begin at once, with the target.
    open: BTreeSet<(QueuePlace, usize)>,
    /// The steps that wait for nothing but the step that they begin together with.
    halves: BTreeSet<usize>,
    /// The halves of which the other one is under way or has been.
    hurried: BTreeSet<usize>,
    /// The steps that wait for nothing but their time, by that.
    delayed: BTreeSet<(u64, usize)>,
    /// The same by their numbers.
    resting: BTreeSet<usize>,
    under_way: usize,
    parallel: usize,
}

impl Schedule {
    /// The schedule of a graph's nodes. `targets` says how many slots each target has, by its number; at most `parallel`
    /// steps are under way at once, over all targets.
    pub(crate) fn new<W: Clone>(
        nodes: Vec<ScheduleNode>,
        graph: &Graph<W>,
        targets: &[Slots],
        parallel: usize,
    ) -> Schedule {
        let then = graph.then();
        let waiting: Vec<usize> = (0..nodes.len()).map(|node| graph.after(node).count()).collect();
        let free: Vec<usize> = (0..nodes.len()).filter(|&node| waiting[node] == 0).collect();
        let mut schedule = Schedule {
            waiting,
            then,
            times: vec![0; nodes.len()],
            holds: vec![None; nodes.len()],
            over: vec![false; nodes.len()],
            targets: targets.iter().map(|slots| Lane::of(*slots)).collect(),
            open: BTreeSet::new(),
            halves: BTreeSet::new(),
            hurried: BTreeSet::new(),
            delayed: BTreeSet::new(),
            resting: BTreeSet::new(),
            under_way: 0,
            parallel: parallel.max(1),
            nodes,
        };
        (0..schedule.nodes.len()).for_each(|n| schedule.lane(n, |lane, _, _| lane.expect(n)));
        free.into_iter().for_each(|node| schedule.free(node));
        schedule
    }

    /// The step that is to begin now, if any. From then on it is under way, until [`Schedule::ended`].
    pub(crate) fn next(&mut self, now: u64) -> Option<usize> {
        while let Some((time, n)) = self.delayed.first().copied().filter(|(time, _)| *time <= now) {
            self.delayed.remove(&(time, n));
            self.resting.remove(&n);
            self.times[n] = 0;
            self.free(n);
        }
        if self.under_way >= self.parallel {
            return None;
        }
        let n = self.first_open().or_else(|| self.last_resort())?;
        // Whoever wants one at a time gets them in the plan's order: nothing overtakes a step that rests.
        if self.parallel == 1 && self.resting.first().is_some_and(|first| *first < n) {
            return None;
        }
        self.begin(n);
        Some(n)
    }

    fn begin(&mut self, n: usize) {
        self.under_way += 1;
        self.over[n] = true;
        let place = self.place(n);
        self.lane(n, |lane, slot, turn| lane.begin(place, turn, slot));
        if let ScheduleNode::Step { slot, turn, .. } = self.nodes[n] {
            self.holds[n] = Some(slot);
            // The other half is the next one.
            if let Turn::With(other) = turn
                && !self.over[other]
                && self.withdraw(other)
            {
                self.hurried.insert(other);
                self.queue(other);
            }
        }
    }

    /// The first step that could begin at once.
    fn first_open(&self) -> Option<usize> {
        self.open.iter().map(|((_, n), _)| *n).find(|n| self.can_begin(*n))
    }

    /// Says whether the other half of a step, if it is one, could begin as well.
    fn can_begin(&self, n: usize) -> bool {
        let ScheduleNode::Step { target: own, turn: Turn::With(other), .. } = self.nodes[n] else { return true };
        let ScheduleNode::Step { target, .. } = self.nodes[other] else { return true };
        let has_room = self.parallel == 1 || self.under_way + 2 <= self.parallel;
        let is_first = || self.targets.get(target).and_then(|lane| lane.first).is_some_and(|(_, first)| first == other);
        self.over[other] || has_room && (own == target || is_first())
    }

    /// Where nothing is under way and nothing rests, steps wait for each other to be the last, or to begin together: one of
    /// them does not.
    fn last_resort(&mut self) -> Option<usize> {
        if self.under_way > 0 || !self.delayed.is_empty() {
            return None;
        }
        let last = self.targets.iter().filter_map(Lane::last_one).min().map(|(_, n)| n);
        last.or_else(|| self.halves.pop_first())
    }

    /// The time at which a step may begin that waits for nothing else.
    pub(crate) fn due(&self) -> Option<u64> {
        self.delayed.first().map(|(time, _)| *time)
    }

    /// Says that a step that has not begun must not begin before a time.
    pub(crate) fn not_before(&mut self, n: usize, time: u64) {
        let was_free = self.withdraw(n);
        self.times[n] = self.times[n].max(time);
        if was_free {
            self.free(n);
        }
    }

    /// Lets a step that is under way take up a slot of another class from now on. Where none is free it keeps what it has:
    /// `false`.
    pub(crate) fn turn(&mut self, n: usize, to: SlotClass) -> bool {
        let Some(from) = self.holds[n] else { return false };
        let mut has_turned = from == to;
        self.lane(n, |lane, _, _| has_turned = has_turned || lane.turn(from, to));
        if has_turned {
            self.holds[n] = Some(to);
        }
        has_turned
    }

    /// Takes down that a step that was under way is done, or is not and will not be. Gives the steps that are skipped for
    /// it: all that waited for it, through gates and other steps.
    pub(crate) fn ended(&mut self, n: usize, done: bool) -> Vec<usize> {
        if let Some(held) = self.holds[n].take() {
            self.under_way -= 1;
            self.lane(n, |lane, _, turn| {
                lane.end(turn, held);
                lane.settle(n);
            });
        }
        if done {
            self.release(n);
            return Vec::new();
        }
        self.skip_after(n)
    }

    /// Leaves a step out that has not begun. Gives the steps that are skipped for it.
    pub(crate) fn leave_out(&mut self, n: usize) -> Vec<usize> {
        self.withdraw(n);
        self.over[n] = true;
        self.lane(n, |lane, _, _| lane.settle(n));
        self.skip_after(n)
    }

    /// Nothing waits for a node any more.
    fn release(&mut self, node: usize) {
        for next in std::mem::take(&mut self.then[node]) {
            self.waiting[next] -= 1;
            if self.waiting[next] == 0 {
                self.free(next);
            }
        }
    }

    /// A node waits for no other one any more. A gate is passed at once; a step waits for its time, then for a slot.
    fn free(&mut self, node: usize) {
        let mut freed = vec![node];
        while let Some(node) = freed.pop() {
            match self.nodes[node] {
                // No gate waits for another one, but if one did, there would still be no recursion.
                ScheduleNode::Gate => {
                    for next in std::mem::take(&mut self.then[node]) {
                        self.waiting[next] -= 1;
                        if self.waiting[next] == 0 {
                            freed.push(next);
                        }
                    }
                }
                ScheduleNode::Step { .. } if self.over[node] => {}
                ScheduleNode::Step { .. } if self.times[node] > 0 => {
                    self.delayed.insert((self.times[node], node));
                    self.resting.insert(node);
                }
                ScheduleNode::Step { turn: Turn::With(other), .. } if !self.over[other] => {
                    match self.halves.remove(&other) {
                        true => [node, other].into_iter().for_each(|half| self.queue(half)),
                        false => drop(self.halves.insert(node)),
                    }
                }
                ScheduleNode::Step { .. } => self.queue(node),
            }
        }
    }

    /// A step waits for a slot of its target.
    fn queue(&mut self, n: usize) {
        let is_last = matches!(self.nodes[n], ScheduleNode::Step { turn: Turn::Last, .. });
        let behind = if is_last { self.behind(n) } else { BTreeSet::new() };
        let place = self.place(n);
        self.lane(n, |lane, slot, turn| lane.queue(place, turn, slot, behind));
    }

    /// A step and all that come after it, or begin together with such a one.
    fn behind(&self, n: usize) -> BTreeSet<usize> {
        reach(n, |node| self.then[node].iter().copied().chain(self.other_half(node)))
    }

    /// The place of a step among those that could begin.
    fn place(&self, n: usize) -> QueuePlace {
        match self.nodes[n] {
            _ if self.hurried.contains(&n) => (0, n),
            ScheduleNode::Step { turn: Turn::With(other), .. } => (n.min(other), n),
            ScheduleNode::Step { .. } | ScheduleNode::Gate => (n, n),
        }
    }

    /// Takes a step out of what could begin. Says whether it was there. Its other half waits for it again.
    fn withdraw(&mut self, n: usize) -> bool {
        let was_delayed = self.delayed.remove(&(self.times[n], n)) | self.resting.remove(&n);
        let was_queued = self.dequeue(n);
        if was_queued
            && let ScheduleNode::Step { turn: Turn::With(other), .. } = self.nodes[n]
            && self.dequeue(other)
        {
            self.halves.insert(other);
        }
        self.halves.remove(&n) | was_delayed | was_queued
    }

    fn dequeue(&mut self, n: usize) -> bool {
        let place = self.place(n);
        let mut was_queued = false;
        self.lane(n, |lane, slot, turn| was_queued = lane.withdraw(place, turn, slot));
        was_queued
    }

    fn skip_after(&mut self, n: usize) -> Vec<usize> {
        let mut skipped = BTreeSet::new();
        let mut reached = std::mem::take(&mut self.then[n]);
        reached.extend(self.other_half(n));
        while let Some(node) = reached.pop() {
            // Reached before, it has none left.
            reached.append(&mut self.then[node]);
            if matches!(self.nodes[node], ScheduleNode::Step { .. }) && !self.over[node] {
                self.withdraw(node);
                self.over[node] = true;
                self.lane(node, |lane, _, _| lane.settle(node));
                reached.extend(self.other_half(node));
                skipped.insert(node);
            }
        }
        skipped.into_iter().collect()
    }

    /// The step that does not begin without this one, as long as it has not begun.
    fn other_half(&self, n: usize) -> Option<usize> {
        match self.nodes[n] {
            ScheduleNode::Step { turn: Turn::With(other), .. } => Some(other).filter(|other| !self.over[*other]),
            ScheduleNode::Step { .. } | ScheduleNode::Gate => None,
        }
    }

    /// Changes the state of a step's target, and finds out whether another step could begin there.
    fn lane(&mut self, n: usize, change: impl FnOnce(&mut Lane, SlotClass, Turn)) {
        let ScheduleNode::Step { target, slot, turn } = self.nodes[n] else { return };
        let Some(lane) = self.targets.get_mut(target) else { return };
        change(lane, slot, turn);
        let first = lane.find_first();
        let before = std::mem::replace(&mut lane.first, first);
        if let Some(before) = before.filter(|_| before != first) {
            self.open.remove(&(before, target));
        }
        if let Some(first) = first {
            self.open.insert((first, target));
        }
    }
}

#[cfg(test)]
mod tests;
