//! The steps of one target: which of them wait for a slot there, and which one comes first.

use std::collections::BTreeSet;

use super::{SlotClass, Slots, Turn};

/// The number of classes of slots.
const CLASSES: usize = 4;

/// The place of a step among those that could begin, and its number. Both halves of a pair have the place of the smaller
/// one, so that no two pairs wait for each other.
pub(super) type QueuePlace = (usize, usize);

/// The steps of one target.
#[derive(Debug, Default)]
pub(super) struct Lane {
    slots: [usize; CLASSES],
    used: [usize; CLASSES],
    /// The steps that wait for a slot, by class.
    ready: [BTreeSet<QueuePlace>; CLASSES],
    /// Those that wait to be alone.
    alone: BTreeSet<QueuePlace>,
    /// Those that wait to be the last.
    last: BTreeSet<QueuePlace>,
    /// The steps that come after one of these, and themselves: the only ones that may be left when one begins.
    behind: BTreeSet<usize>,
    /// The steps that have neither ended nor been skipped.
    left: BTreeSet<usize>,
    /// Says whether one that has to be alone is under way.
    is_taken: bool,
    /// The one that could begin at once.
    pub(super) first: Option<QueuePlace>,
}

impl Lane {
    pub(super) fn of(slots: Slots) -> Lane {
        let Slots { write, poll, list } = slots;
        // A target without a slot would never come to an end.
        Lane { slots: [write.max(1), poll.max(1), list.max(1), usize::MAX], ..Lane::default() }
    }

    /// Takes note of a step of the target.
    pub(super) fn expect(&mut self, n: usize) {
        self.left.insert(n);
    }

    /// A step waits for a slot. `behind`: those that come after it, where it is to be the last.
    pub(super) fn queue(&mut self, place: QueuePlace, turn: Turn, slot: SlotClass, behind: BTreeSet<usize>) {
        self.behind.extend(behind);
        self.queue_of(turn, slot).insert(place);
    }

    /// A step does not wait for a slot any more. Says whether it did.
    pub(super) fn withdraw(&mut self, place: QueuePlace, turn: Turn, slot: SlotClass) -> bool {
        self.queue_of(turn, slot).remove(&place)
    }

    fn queue_of(&mut self, turn: Turn, slot: SlotClass) -> &mut BTreeSet<QueuePlace> {
        match turn {
            Turn::Alone => &mut self.alone,
            Turn::Last => &mut self.last,
            Turn::Any | Turn::With(_) => &mut self.ready[slot as usize],
        }
    }

    /// A step begins.
    pub(super) fn begin(&mut self, place: QueuePlace, turn: Turn, slot: SlotClass) {
        self.withdraw(place, turn, slot);
        self.used[slot as usize] += 1;
        self.is_taken = turn == Turn::Alone;
    }

    /// A step under way takes up a slot of another class. Says whether one was free.
    pub(super) fn turn(&mut self, from: SlotClass, to: SlotClass) -> bool {
        let is_free = self.used[to as usize] < self.slots[to as usize];
        if is_free {
            self.used[from as usize] -= 1;
            self.used[to as usize] += 1;
        }
        is_free
    }

    /// A step that was under way is not any more.
    pub(super) fn end(&mut self, turn: Turn, held: SlotClass) {
        self.used[held as usize] -= 1;
        self.is_taken &= turn != Turn::Alone;
    }

    /// A step has ended or will not begin.
    pub(super) fn settle(&mut self, n: usize) {
        self.left.remove(&n);
    }

    /// The step that could begin at once.
    pub(super) fn find_first(&self) -> Option<QueuePlace> {
        if self.is_taken {
            return None;
        }
        let classes = self.ready.iter().zip(self.used.iter().zip(&self.slots));
        let free = classes.filter(|(_, (used, slots))| used < slots).filter_map(|(ready, _)| ready.first()).min();
        let is_idle = self.used == [0; CLASSES];
        match (self.alone.first(), self.ready.iter().filter_map(BTreeSet::first).min()) {
            (Some(alone), first) if first.is_none_or(|first| alone < first) => Some(*alone).filter(|_| is_idle),
            (None, None) => self.last_one().filter(|_| is_idle && self.left.is_subset(&self.behind)),
            _ => free.copied(),
        }
    }

    /// The first of those that wait to be the last.
    pub(super) fn last_one(&self) -> Option<QueuePlace> {
        self.last.first().copied()
    }
}
