use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const ONE: Slots = Slots { write: 1, poll: 8, list: 2 };

fn step(target: usize) -> ScheduleNode {
    ScheduleNode::Step { target, slot: SlotClass::Write, turn: Turn::Any }
}

fn list(target: usize) -> ScheduleNode {
    ScheduleNode::Step { target, slot: SlotClass::List, turn: Turn::Any }
}

fn alone(target: usize) -> ScheduleNode {
    ScheduleNode::Step { target, slot: SlotClass::Write, turn: Turn::Alone }
}

fn last(target: usize) -> ScheduleNode {
    ScheduleNode::Step { target, slot: SlotClass::Write, turn: Turn::Last }
}

fn with(other: usize, target: usize) -> ScheduleNode {
    ScheduleNode::Step { target, slot: SlotClass::Write, turn: Turn::With(other) }
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
    let turned = (0..20).take_while(|_| schedule.next(0).is_some_and(|n| schedule.turn(n, SlotClass::Poll))).count();
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
fn what_is_to_be_the_last_waits_for_all_but_what_comes_after_it() {
    let nodes = [last(0), step(0), step(0), step(1), step(0), step(1)];
    // 4 comes after the last one, 2 after a step at another target, and 5 is nobody's business.
    let mut schedule = schedule(&nodes, &[(4, 0), (2, 3)], 2, 100);
    schedule.not_before(1, 50);
    assert_eq!(all(&mut schedule, 0), [3]);
    schedule.ended(3, true);
    assert_eq!(all(&mut schedule, 0), [2, 5]);
    schedule.ended(2, true);
    assert_eq!(all(&mut schedule, 49), Vec::<usize>::new(), "one is left that rests");
    assert_eq!(all(&mut schedule, 50), [1]);
    schedule.ended(1, false);
    assert_eq!(all(&mut schedule, 50), [0], "that another one failed is no reason");
    schedule.ended(0, true);
    assert_eq!(all(&mut schedule, 50), [4]);
}

#[test]
fn what_is_skipped_or_left_out_keeps_nobody_from_being_the_last() {
    let mut schedule = schedule(&[last(0), step(0), step(0), step(0)], &[(2, 1)], 1, 100);
    schedule.leave_out(3);
    assert_eq!(all(&mut schedule, 0), [1]);
    assert_eq!(schedule.ended(1, false), [2]);
    assert_eq!(all(&mut schedule, 0), [0]);
}

#[test]
fn those_that_wait_for_each_other_to_be_the_last_come_to_an_end() {
    let mut schedule = schedule(&[last(0), step(1), last(1), step(0)], &[(1, 0), (3, 2)], 2, 100);
    assert_eq!(all(&mut schedule, 0), [0]);
    schedule.ended(0, true);
    assert_eq!(all(&mut schedule, 0), [1]);
    schedule.ended(1, true);
    assert_eq!(all(&mut schedule, 0), [2]);
    schedule.ended(2, true);
    assert_eq!(all(&mut schedule, 0), [3]);
}

#[test]
fn two_halves_begin_together() {
    // 1 and 4 are a pair; at target 1 something is under way.
    let nodes = [step(1), with(4, 0), step(0), step(2), with(1, 1), step(1)];
    let mut schedule = schedule(&nodes, &[(1, 3)], 3, 100);
    assert_eq!(all(&mut schedule, 0), [0, 2, 3]);
    schedule.ended(3, true);
    schedule.ended(2, true);
    assert_eq!(all(&mut schedule, 0), Vec::<usize>::new(), "the other half has no slot yet");
    schedule.ended(0, true);
    assert_eq!(all(&mut schedule, 0), [1, 4], "before all others there");
    schedule.ended(1, true);
    schedule.ended(4, true);
    assert_eq!(all(&mut schedule, 0), [5]);
}

#[test]
fn two_halves_begin_one_after_the_other_where_there_is_no_room_for_both() {
    let nodes = [with(3, 0), step(0), step(1), with(0, 1)];
    let mut one_at_a_time = schedule(&nodes, &[], 2, 1);
    let mut order = Vec::new();
    while let Some(n) = one_at_a_time.next(0) {
        order.push(n);
        one_at_a_time.ended(n, true);
    }
    assert_eq!(order, [0, 3, 1, 2]);
    let mut at_one_target = schedule(&[with(2, 0), step(0), with(0, 0)], &[], 1, 100);
    assert_eq!(all(&mut at_one_target, 0), [0]);
    at_one_target.ended(0, true);
    assert_eq!(all(&mut at_one_target, 0), [2]);
}

#[test]
fn a_half_is_not_begun_without_the_other() {
    let nodes = [step(0), with(2, 0), with(1, 1), step(1)];
    let mut schedule = schedule(&nodes, &[(1, 0), (3, 2)], 2, 100);
    assert_eq!(all(&mut schedule, 0), [0]);
    assert_eq!(schedule.ended(0, false), [1, 2, 3]);
    assert_eq!(schedule.next(0), None);
    let mut left = self::schedule(&nodes, &[], 2, 100);
    assert_eq!(left.leave_out(2), [1]);
    assert_eq!(all(&mut left, 0), [0, 3]);
    let mut refused = self::schedule(&[with(1, 0), with(0, 1)], &[], 2, 1);
    assert_eq!(refused.next(0), Some(0));
    assert_eq!(refused.ended(0, false), [1], "the connection stays as it is");
}

#[test]
fn a_half_that_rests_lets_others_begin() {
    let mut schedule = schedule(&[with(1, 0), with(0, 1), step(0), step(1)], &[], 2, 100);
    schedule.not_before(1, 10);
    assert_eq!(all(&mut schedule, 0), [2, 3]);
    schedule.ended(2, true);
    schedule.ended(3, true);
    assert_eq!((all(&mut schedule, 9), all(&mut schedule, 10)), (vec![], vec![0, 1]));
}

#[test]
fn pairs_that_wait_for_each_other_come_to_an_end() {
    let mut schedule = schedule(&[with(1, 0), with(0, 1), with(3, 0), with(2, 1)], &[(1, 2), (3, 0)], 2, 100);
    let mut order = Vec::new();
    while let Some(n) = schedule.next(0) {
        order.push(n);
        schedule.ended(n, true);
    }
    assert_eq!(order, [0, 2, 1, 3]);
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

/// How many of the last nodes of a case are halves of pairs.
const PAIRED: usize = 6;

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
        .prop_map(move |(mut nodes, edges, slots, parallel, mut fates)| {
            // The last nodes are pairs, and one is to be the last at its target.
            for n in (count - PAIRED..count).step_by(2) {
                (nodes[n], nodes[n + 1]) = (with(n + 1, n % 4), with(n, (n + 1) % 4));
                (fates[n].2, fates[n + 1].2) = (true, true);
            }
            nodes[3] = last(0);
            let is_sound = |(node, first): &(usize, usize)| first < node && *first < count - PAIRED;
            let edges = edges.into_iter().filter(is_sound).collect();
            Case { nodes, edges, slots, parallel, fates }
        })
}

/// Plays a case to its end: for each step when it began and ended, in the order in which they began.
fn play(case: &Case) -> Vec<(usize, u64, u64)> {
    let slots = Slots { write: case.slots, poll: 2, list: case.slots };
    let graph = graph(case.nodes.len(), &case.edges);
    let mut schedule = Schedule::new(case.nodes.clone(), &graph, &[slots; 4], case.parallel);
    for (n, fate) in case.fates.iter().enumerate().filter(|(n, _)| matches!(case.nodes[*n], ScheduleNode::Step { .. }))
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

/// The steps that are to begin: all but those that come after a failure, and their other halves.
fn expected(case: &Case) -> BTreeSet<usize> {
    let mut fine = vec![true; case.nodes.len()];
    for n in 0..case.nodes.len() {
        let is_done =
            |first: usize| fine[first] && (matches!(case.nodes[first], ScheduleNode::Gate) || case.fates[first].2);
        fine[n] = case.edges.iter().filter(|(node, _)| *node == n).all(|(_, first)| is_done(*first));
    }
    let (count, is_fine) = (case.nodes.len(), fine.clone());
    (count - PAIRED..count).for_each(|n| fine[n] &= is_fine[if n % 2 == 0 { n + 1 } else { n - 1 }]);
    (0..case.nodes.len()).filter(|&n| fine[n] && matches!(case.nodes[n], ScheduleNode::Step { .. })).collect()
}

/// The steps that come after a step, with their other halves.
fn behind(case: &Case, n: usize) -> BTreeSet<usize> {
    let mut behind = BTreeSet::from([n]);
    loop {
        let after = case.edges.iter().filter(|(_, first)| behind.contains(first)).map(|(node, _)| *node);
        let halves = behind.iter().filter_map(|n| match case.nodes[*n] {
            ScheduleNode::Step { turn: Turn::With(other), .. } => Some(other),
            _ => None,
        });
        let more: BTreeSet<usize> = after.chain(halves).chain(behind.iter().copied()).collect();
        if more == behind {
            return behind;
        }
        behind = more;
    }
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
            let ScheduleNode::Step { target: own, turn, .. } = case.nodes[n] else { unreachable!() };
            let beside: Vec<usize> =
                at.iter().filter(|(m, (b, e))| **m != n && *b <= begin && begin < *e).map(|(m, _)| *m).collect();
            prop_assert!(beside.len() < case.parallel);
            let here = |m: &&usize| matches!(case.nodes[**m], ScheduleNode::Step { target, .. } if target == own);
            let here: Vec<&usize> = beside.iter().filter(here).collect();
            let others_alone = here.iter().any(|m| matches!(case.nodes[**m], ScheduleNode::Step { turn: Turn::Alone, .. }));
            prop_assert!(!(turn == Turn::Alone || others_alone) || here.is_empty());
            prop_assert!(here.len() < 2 * case.slots + 2);
            if let ScheduleNode::Step { turn: Turn::With(other), .. } = case.nodes[n] {
                prop_assert!(case.parallel == 1 || at[&other].0 == begin, "halves begin together");
            }
            if let ScheduleNode::Step { turn: Turn::Last, .. } = case.nodes[n] {
                let behind = behind(&case, n);
                let before = at.iter().filter(|(m, _)| **m != n && !behind.contains(m));
                for (m, (_, end)) in before {
                    let is_here = matches!(case.nodes[*m], ScheduleNode::Step { target: 0, .. });
                    prop_assert!(!is_here || *end <= begin, "{m} before {n}");
                }
            }
        }
    }
}
