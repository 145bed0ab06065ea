//! Which step may begin next: a pure value that knows neither network nor clock.
//!
//! A step waits for those before it, and then in the queue of its target until that has a slot of its class free. A cap on
//! all that is under way alone would not do: it fills up with the steps of the first few targets, which then wait for each
//! other there, and a hundred controllers are worked off one after another. Among what could begin, the step with the
//! smallest number comes first, so the order is a function of what was asked and told; and where one step is under way at a
//! time, it is the plan's.

use std::collections::BTreeSet;

use crate::graph::Graph;

/// The room that a step takes up at its target while it is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SlotClass {
    /// It changes something.
    Write,
    /// It waits for what was changed, looking now and then.
    Poll,
    /// It reads lists.
    List,
}

/// The number of classes of slots.
const CLASSES: usize = 3;

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

/// A node of the graph: a step, or a gate between steps, which takes no time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ScheduleNode {
    /// A step.
    Step {
        /// The number of its target.
        target: usize,
        /// The room that it takes up when it begins.
        slot: SlotClass,
        /// Says whether nothing else may be under way at its target meanwhile. When it is the first there that could begin,
        /// nothing that comes after it does.
        alone: bool,
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
    open: BTreeSet<(usize, usize)>,
    /// The steps that wait for nothing but their time, by that.
    delayed: BTreeSet<(u64, usize)>,
    /// The same by their numbers.
    resting: BTreeSet<usize>,
    under_way: usize,
    parallel: usize,
}

/// The steps of one target.
#[derive(Debug, Default)]
struct Lane {
    slots: [usize; CLASSES],
    used: [usize; CLASSES],
    /// The steps that wait for a slot, by class.
    ready: [BTreeSet<usize>; CLASSES],
    /// Those that wait to be alone.
    alone: BTreeSet<usize>,
    /// The one that could begin at once.
    first: Option<usize>,
    /// Says whether one that has to be alone is under way.
    is_taken: bool,
}

impl Lane {
    fn of(slots: Slots) -> Lane {
        let Slots { write, poll, list } = slots;
        // A target without a slot would never come to an end.
        Lane { slots: [write.max(1), poll.max(1), list.max(1)], ..Lane::default() }
    }

    /// The step that could begin at once.
    fn first(&self) -> Option<usize> {
        if self.is_taken {
            return None;
        }
        let classes = self.ready.iter().zip(self.used.iter().zip(&self.slots));
        let free = classes.filter(|(_, (used, slots))| used < slots).filter_map(|(ready, _)| ready.first()).min();
        match (self.alone.first(), self.ready.iter().filter_map(BTreeSet::first).min()) {
            (Some(alone), first) if first.is_none_or(|first| alone < first) => {
                Some(*alone).filter(|_| self.used == [0; CLASSES])
            }
            _ => free.copied(),
        }
    }
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
        let mut then = vec![Vec::new(); nodes.len()];
        let mut waiting = vec![0; nodes.len()];
        for (node, count) in waiting.iter_mut().enumerate() {
            for (first, _) in graph.after(node) {
                *count += 1;
                then[first].push(node);
            }
        }
        let free: Vec<usize> = (0..nodes.len()).filter(|&node| waiting[node] == 0).collect();
        let mut schedule = Schedule {
            waiting,
            then,
            times: vec![0; nodes.len()],
            holds: vec![None; nodes.len()],
            over: vec![false; nodes.len()],
            targets: targets.iter().map(|slots| Lane::of(*slots)).collect(),
            open: BTreeSet::new(),
            delayed: BTreeSet::new(),
            resting: BTreeSet::new(),
            under_way: 0,
            parallel: parallel.max(1),
            nodes,
        };
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
        let (n, _) = self.open.first().copied().filter(|_| self.under_way < self.parallel)?;
        // Whoever wants one at a time gets them in the plan's order: nothing overtakes a step that rests.
        if self.parallel == 1 && self.resting.first().is_some_and(|first| *first < n) {
            return None;
        }
        self.under_way += 1;
        self.over[n] = true;
        self.lane(n, |lane, slot, alone| {
            lane.ready[slot as usize].remove(&n);
            lane.alone.remove(&n);
            lane.used[slot as usize] += 1;
            lane.is_taken = alone;
        });
        if let ScheduleNode::Step { slot, .. } = self.nodes[n] {
            self.holds[n] = Some(slot);
        }
        Some(n)
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
        self.lane(n, |lane, _, _| {
            if !has_turned && lane.used[to as usize] < lane.slots[to as usize] {
                lane.used[from as usize] -= 1;
                lane.used[to as usize] += 1;
                has_turned = true;
            }
        });
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
            self.lane(n, |lane, _, alone| {
                lane.used[held as usize] -= 1;
                lane.is_taken &= !alone;
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
                ScheduleNode::Step { .. } => self.lane(node, |lane, slot, alone| {
                    let queue = if alone { &mut lane.alone } else { &mut lane.ready[slot as usize] };
                    queue.insert(node);
                }),
            }
        }
    }

    /// Takes a step out of what could begin. Says whether it was there.
    fn withdraw(&mut self, n: usize) -> bool {
        let was_delayed = self.delayed.remove(&(self.times[n], n)) | self.resting.remove(&n);
        let mut was_ready = false;
        self.lane(n, |lane, slot, _| {
            was_ready = lane.ready[slot as usize].remove(&n) | lane.alone.remove(&n);
        });
        was_delayed || was_ready
    }

    fn skip_after(&mut self, n: usize) -> Vec<usize> {
        let mut skipped = BTreeSet::new();
        let mut reached = std::mem::take(&mut self.then[n]);
        while let Some(node) = reached.pop() {
            // Reached before, it has none left.
            reached.append(&mut self.then[node]);
            if matches!(self.nodes[node], ScheduleNode::Step { .. }) && !std::mem::replace(&mut self.over[node], true) {
                skipped.insert(node);
            }
        }
        skipped.into_iter().collect()
    }

    /// Changes the state of a step's target, and finds out whether another step could begin there.
    fn lane(&mut self, n: usize, change: impl FnOnce(&mut Lane, SlotClass, bool)) {
        let ScheduleNode::Step { target, slot, alone } = self.nodes[n] else { return };
        let Some(lane) = self.targets.get_mut(target) else { return };
        change(lane, slot, alone);
        let first = lane.first();
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
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const ONE: Slots = Slots { write: 1, poll: 8, list: 2 };

    fn step(target: usize) -> ScheduleNode {
        ScheduleNode::Step { target, slot: SlotClass::Write, alone: false }
    }

    fn list(target: usize) -> ScheduleNode {
        ScheduleNode::Step { target, slot: SlotClass::List, alone: false }
    }

    fn alone(target: usize) -> ScheduleNode {
        ScheduleNode::Step { target, slot: SlotClass::Write, alone: true }
    }

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph<()> {
        let mut graph = Graph::new(nodes);
        edges.iter().for_each(|&(node, first)| graph.add(node, first, ()));
        graph
    }

    fn schedule(nodes: &[ScheduleNode], edges: &[(usize, usize)], targets: usize, parallel: usize) -> Schedule {
        Schedule::new(nodes.to_vec(), &graph(nodes.len(), edges), &vec![ONE; targets], parallel)
    }

    /// All that may begin at a time.
    fn all(schedule: &mut Schedule, now: u64) -> Vec<usize> {
        std::iter::from_fn(|| schedule.next(now)).collect()
    }

    #[test]
    fn a_step_waits_for_a_slot_of_its_target_and_keeps_no_other_target_waiting() {
        let nodes = [step(0), step(0), step(0), step(1), step(2), step(2)];
        let mut schedule = schedule(&nodes, &[], 3, 100);
        assert_eq!(all(&mut schedule, 0), [0, 3, 4]);
        schedule.ended(4, true);
        schedule.ended(0, true);
        assert_eq!(all(&mut schedule, 0), [1, 5]);
    }

    #[test]
    fn no_more_begin_than_may_be_under_way_over_all_targets() {
        let nodes = [step(0), step(0), step(1), step(1), step(2)];
        let mut schedule = schedule(&nodes, &[], 3, 2);
        assert_eq!(all(&mut schedule, 0), [0, 2]);
        schedule.ended(2, true);
        assert_eq!(all(&mut schedule, 0), [3], "the plan's order, but for targets without a free slot");
    }

    #[test]
    fn one_at_a_time_the_plan_s_order_is_kept() {
        let nodes = [step(1), step(0), alone(1), step(1), list(0), step(0)];
        let mut schedule = schedule(&nodes, &[(3, 1)], 2, 1);
        schedule.not_before(4, 100);
        let mut order = Vec::new();
        for now in [0, 0, 0, 0, 99, 100, 100] {
            if let Some(n) = schedule.next(now) {
                order.push((n, now));
                schedule.ended(n, true);
            }
        }
        assert_eq!(order, [(0, 0), (1, 0), (2, 0), (3, 0), (4, 100), (5, 100)]);
    }

    #[test]
    fn a_step_that_waits_makes_room_for_the_next_writer() {
        let mut schedule = schedule(&[step(0), step(0), list(0)], &[], 1, 100);
        assert_eq!(all(&mut schedule, 0), [0, 2], "lists have slots of their own");
        assert!(schedule.turn(0, SlotClass::Poll));
        assert_eq!(all(&mut schedule, 0), [1]);
        assert!(!schedule.turn(0, SlotClass::Write), "somebody else writes by now");
        schedule.ended(1, true);
        assert!(schedule.turn(0, SlotClass::Write));
        assert!(schedule.turn(0, SlotClass::Write), "it has that already");
    }

    #[test]
    fn no_more_wait_at_a_target_than_it_has_slots_for() {
        let nodes: Vec<ScheduleNode> = (0..20).map(|_| step(0)).collect();
        let mut schedule = schedule(&nodes, &[], 1, 100);
        let turned =
            (0..20).take_while(|_| schedule.next(0).is_some_and(|n| schedule.turn(n, SlotClass::Poll))).count();
        assert_eq!(turned, ONE.poll);
        assert_eq!(schedule.next(0), None, "the last one waits where it writes");
    }

    #[test]
    fn what_is_to_be_alone_is_so() {
        let nodes = [step(0), alone(0), step(0), step(1), list(0)];
        let mut schedule = schedule(&nodes, &[], 2, 100);
        assert_eq!(all(&mut schedule, 0), [0, 3]);
        schedule.turn(0, SlotClass::Poll);
        assert_eq!(schedule.next(0), None, "nothing that comes after it gets before it");
        schedule.ended(0, true);
        assert_eq!(all(&mut schedule, 0), [1]);
        schedule.turn(1, SlotClass::Poll);
        assert_eq!(schedule.next(0), None, "nothing else while it waits, either");
        schedule.ended(1, true);
        assert_eq!(all(&mut schedule, 0), [2, 4]);
    }

    #[test]
    fn nothing_begins_before_its_time() {
        let mut schedule = schedule(&[step(0), step(0), step(0)], &[(1, 0), (2, 1)], 1, 100);
        assert_eq!(all(&mut schedule, 0), [0]);
        schedule.not_before(1, 500);
        schedule.ended(0, true);
        assert_eq!((all(&mut schedule, 499), schedule.due()), (vec![], Some(500)));
        assert_eq!((all(&mut schedule, 500), schedule.due()), (vec![1], None));
        let mut schedule = self::schedule(&[step(0)], &[], 1, 1);
        schedule.not_before(0, 7);
        assert_eq!((schedule.next(0), schedule.next(7)), (None, Some(0)), "it was ready before that was said");
    }

    #[test]
    fn what_waits_for_a_failure_is_skipped_and_what_is_left_out_never_begins() {
        let nodes = [step(0), step(0), step(0), step(0), ScheduleNode::Gate];
        let edges = [(4, 0), (1, 4), (2, 1), (3, 2)];
        let mut failing = schedule(&nodes, &edges, 1, 100);
        assert_eq!(all(&mut failing, 0), [0]);
        assert_eq!(failing.ended(0, false), [1, 2, 3]);
        assert_eq!(failing.next(0), None);
        let mut left = schedule(&nodes, &edges, 1, 100);
        assert_eq!(left.leave_out(2), [3]);
        assert_eq!(all(&mut left, 0), [0]);
        left.ended(0, true);
        assert_eq!(all(&mut left, 0), [1]);
        left.ended(1, true);
        assert_eq!(left.next(0), None);
    }

    #[test]
    fn ten_thousand_steps_at_a_thousand_targets_are_dealt_out_in_no_time() {
        let nodes: Vec<ScheduleNode> = (0..10_000).map(|n| step(n / 10)).collect();
        let mut schedule = schedule(&nodes, &[], 1_000, 10_000);
        let mut rounds = 0;
        while let began @ [_, ..] = all(&mut schedule, 0).as_slice() {
            assert_eq!(began.len(), 1_000);
            began.iter().for_each(|&n| drop(schedule.ended(n, true)));
            rounds += 1;
        }
        assert_eq!(rounds, 10);
    }

    /// A case: nodes, edges to earlier nodes, and what happens to each step.
    #[derive(Debug, Clone)]
    struct Case {
        nodes: Vec<ScheduleNode>,
        edges: Vec<(usize, usize)>,
        slots: usize,
        parallel: usize,
        /// For each step: how long it takes, whether it waits in between, whether it is done, and its time.
        fates: Vec<(u64, bool, bool, u64)>,
    }

    fn cases() -> impl Strategy<Value = Case> {
        let node = (0usize..10, 0usize..4).prop_map(|(what, target)| match what {
            0 => ScheduleNode::Gate,
            1 => alone(target),
            2 => list(target),
            _ => step(target),
        });
        let fate = (1u64..20, any::<bool>(), prop::bool::weighted(0.9), prop_oneof![Just(0), 0u64..40]);
        let count = 30usize;
        (
            prop::collection::vec(node, count),
            prop::collection::vec((0..count, 0..count), 0..40),
            1usize..3,
            1usize..12,
            prop::collection::vec(fate, count),
        )
            .prop_map(|(nodes, edges, slots, parallel, fates)| Case {
                nodes,
                edges: edges.into_iter().filter(|(node, first)| first < node).collect(),
                slots,
                parallel,
                fates,
            })
    }

    /// Plays a case to its end: for each step when it began and ended, in the order in which they began.
    fn play(case: &Case) -> Vec<(usize, u64, u64)> {
        let slots = Slots { write: case.slots, poll: 2, list: case.slots };
        let graph = graph(case.nodes.len(), &case.edges);
        let mut schedule = Schedule::new(case.nodes.clone(), &graph, &[slots; 4], case.parallel);
        for (n, fate) in
            case.fates.iter().enumerate().filter(|(n, _)| matches!(case.nodes[*n], ScheduleNode::Step { .. }))
        {
            schedule.not_before(n, fate.3);
        }
        let (mut now, mut running, mut played) = (0, BTreeSet::new(), Vec::new());
        loop {
            while let Some(n) = schedule.next(now) {
                running.insert((now + case.fates[n].0, n));
                played.push((n, now, now + case.fates[n].0));
                if case.fates[n].1 {
                    schedule.turn(n, SlotClass::Poll);
                }
            }
            match (running.pop_first(), schedule.due()) {
                (Some((end, n)), due) if due.is_none_or(|due| due <= now || end <= due) => {
                    now = end;
                    schedule.ended(n, case.fates[n].2);
                }
                (Some(first), Some(due)) => {
                    running.insert(first);
                    now = due;
                }
                (None, Some(due)) if due > now => now = due,
                _ => return played,
            }
        }
    }

    /// The steps that are to begin: all but those that come after a failure.
    fn expected(case: &Case) -> BTreeSet<usize> {
        let mut fine = vec![true; case.nodes.len()];
        for n in 0..case.nodes.len() {
            let is_done =
                |first: usize| fine[first] && (matches!(case.nodes[first], ScheduleNode::Gate) || case.fates[first].2);
            fine[n] = case.edges.iter().filter(|(node, _)| *node == n).all(|(_, first)| is_done(*first));
        }
        (0..case.nodes.len()).filter(|&n| fine[n] && matches!(case.nodes[n], ScheduleNode::Step { .. })).collect()
    }

    proptest! {
        #[test]
        fn any_schedule_respects_edges_slots_and_times_and_ends(case in cases()) {
            let played = play(&case);
            prop_assert_eq!(&played, &play(&case), "the same each time");
            let began: BTreeSet<usize> = played.iter().map(|(n, ..)| *n).collect();
            prop_assert_eq!(began.len(), played.len(), "each once");
            prop_assert_eq!(&began, &expected(&case));
            let at: BTreeMap<usize, (u64, u64)> = played.iter().map(|&(n, begin, end)| (n, (begin, end))).collect();
            for (node, first) in &case.edges {
                if let (Some(later), Some(sooner)) = (at.get(node), at.get(first)) {
                    prop_assert!(sooner.1 <= later.0);
                }
            }
            for (&n, &(begin, _)) in &at {
                prop_assert!(case.fates[n].3 <= begin);
                let ScheduleNode::Step { target: own, alone: is_alone, .. } = case.nodes[n] else { unreachable!() };
                let beside: Vec<usize> =
                    at.iter().filter(|(m, (b, e))| **m != n && *b <= begin && begin < *e).map(|(m, _)| *m).collect();
                prop_assert!(beside.len() < case.parallel);
                let here = |m: &&usize| matches!(case.nodes[**m], ScheduleNode::Step { target, .. } if target == own);
                let here: Vec<&usize> = beside.iter().filter(here).collect();
                let others_alone = here.iter().any(|m| matches!(case.nodes[**m], ScheduleNode::Step { alone: true, .. }));
                prop_assert!(!(is_alone || others_alone) || here.is_empty());
                prop_assert!(here.len() < 2 * case.slots + 2);
            }
        }
    }
}
