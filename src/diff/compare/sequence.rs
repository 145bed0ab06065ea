//! Ordered lists that are one resource: the smallest edit, told as a person would tell it.
//!
//! Items are told apart by one field; equal ones by their order. The longest run of items that keep their order stays;
//! what leaves one place and turns up at another has moved; the rest is inserted or deleted. Index shifts are not told.

use std::collections::BTreeMap;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::attr::Attr;
use crate::secret::Secret;

/// One edit of an ordered list.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A new item, at this place of the new list.
    Insert {
        /// Where, from 0.
        at: usize,
        /// The item.
        item: Attr,
    },
    /// An item goes, from this place of the old list.
    Delete {
        /// Where, from 0.
        at: usize,
        /// The item.
        item: Attr,
    },
    /// An item moves.
    Move {
        /// Where it was.
        from: usize,
        /// Where it will be.
        to: usize,
        /// The item.
        item: Attr,
    },
    /// An item stays where it is among the others, and changes.
    Change {
        /// Its place in the new list.
        at: usize,
        /// Before.
        before: Attr,
        /// After.
        after: Attr,
    },
}

/// What leads from one list to another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Script {
    /// The edits, in the order of the new list; deletions at the place where they were.
    pub edits: Vec<Edit>,
    /// For each item of the new list, the place of its counterpart in the old one.
    pub counterparts: Vec<Option<usize>>,
}

/// Compares two lists. `key` tells items apart; `same` says whether two items with the same key are equal as far as the
/// new one declares.
pub(crate) fn script(
    old: &[Attr],
    new: &[Attr],
    key: &dyn Fn(&Attr) -> String,
    same: &dyn Fn(&Attr, &Attr) -> bool,
) -> Script {
    script_of((old, &Slot::numbered(old, key)), (new, &Slot::numbered(new, key)), same)
}

/// The same for lists whose items come with their slots.
pub(crate) fn script_of(
    (old, old_slots): (&[Attr], &[Slot]),
    (new, new_slots): (&[Attr], &[Slot]),
    same: &dyn Fn(&Attr, &Attr) -> bool,
) -> Script {
    let places: BTreeMap<_, usize> = old_slots.iter().enumerate().map(|(n, slot)| (slot.item(), n)).collect();
    let counterparts: Vec<Option<usize>> = new_slots.iter().map(|slot| places.get(&slot.item()).copied()).collect();
    let mut leaving: BTreeMap<usize, ()> = BTreeMap::new();
    let mut arriving: Vec<usize> = Vec::new();
    let mut edits: Vec<((usize, usize), Edit)> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old_slots, new_slots) {
        let (tag, before, after): (DiffTag, Range<usize>, Range<usize>) = op.as_tag_tuple();
        match tag {
            DiffTag::Equal => {
                for (o, n) in before.zip(after) {
                    change(old, new, o, n, same, &mut edits);
                }
            }
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                leaving.extend(before.map(|o| (o, ())));
                arriving.extend(after);
            }
        }
    }
    for n in arriving {
        match counterparts[n] {
            Some(o) if leaving.remove(&o).is_some() => {
                edits.push(((n, 0), Edit::Move { from: o, to: n, item: new[n].clone() }));
                change(old, new, o, n, same, &mut edits);
            }
            _ => edits.push(((n, 0), Edit::Insert { at: n, item: new[n].clone() })),
        }
    }
    edits.extend(leaving.into_keys().map(|o| ((o, 2), Edit::Delete { at: o, item: old[o].clone() })));
    edits.sort_by_key(|(at, _)| *at);
    Script { edits: edits.into_iter().map(|(_, edit)| edit).collect(), counterparts }
}

fn change(
    old: &[Attr],
    new: &[Attr],
    o: usize,
    n: usize,
    same: &dyn Fn(&Attr, &Attr) -> bool,
    edits: &mut Vec<((usize, usize), Edit)>,
) {
    if !same(&old[o], &new[n]) {
        edits.push(((n, 1), Edit::Change { at: n, before: old[o].clone(), after: new[n].clone() }));
    }
}

/// An item's slot in its list: what tells it from the others, and where it may stand among those that never move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot {
    /// Its key; `None` for what never moves.
    key: Option<String>,
    /// Its number among those with the same key.
    number: usize,
    /// How many of those that never move it stands behind. An item stays only within its lane.
    lane: usize,
}

impl Slot {
    /// The slots of a list in which everything may move.
    pub(crate) fn numbered(items: &[Attr], key: &dyn Fn(&Attr) -> String) -> Vec<Slot> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let slot = |item: &Attr| {
            let key = key(item);
            let count = seen.entry(key.clone()).or_default();
            *count += 1;
            Slot { key: Some(key), number: *count, lane: 0 }
        };
        items.iter().map(slot).collect()
    }

    /// The slot of the item of that number among those that never move.
    pub(crate) fn fixed(number: usize) -> Slot {
        Slot { key: None, number, lane: 0 }
    }

    /// The same behind so many that never move.
    pub(crate) fn in_lane(self, lane: usize) -> Slot {
        Slot { lane, ..self }
    }

    /// What tells its item, wherever that stands.
    fn item(&self) -> (Option<&str>, usize) {
        (self.key.as_deref(), self.number)
    }
}

/// Says whether a live value is the wanted one: maps by the wanted keys only, a secret by its value.
pub(crate) fn agrees(live: &Attr, wanted: &Attr) -> bool {
    match (live, wanted) {
        (Attr::Map(live), Attr::Map(wanted)) => wanted.iter().all(|(key, value)| match live.get(key) {
            Some(live) => agrees(live, value),
            // Missing, null and empty are the same.
            None => value.is_nothing(),
        }),
        (Attr::List(live), Attr::List(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| agrees(live, wanted))
        }
        (Attr::Text(text), Attr::Secret(secret)) | (Attr::Secret(secret), Attr::Text(text)) => {
            *secret == Secret::new("", text.as_str())
        }
        (Attr::Number(live), Attr::Number(wanted)) => live == wanted || live.as_f64() == wanted.as_f64(),
        _ => live == wanted,
    }
}

/// Says whether a live value is the wanted one as a whole: with no key more than that.
pub(crate) fn agrees_wholly(live: &Attr, wanted: &Attr) -> bool {
    match (live, wanted) {
        (Attr::Map(live), Attr::Map(wanted)) => {
            live.len() == wanted.len()
                && wanted.iter().all(|(key, value)| live.get(key).is_some_and(|live| agrees_wholly(live, value)))
        }
        (Attr::List(live), Attr::List(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| agrees_wholly(live, wanted))
        }
        _ => agrees(live, wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<Attr> {
        text.split_whitespace().map(Attr::text).collect()
    }

    fn edits(old: &str, new: &str) -> Vec<String> {
        let script =
            script(&rules(old), &rules(new), &|item| item.as_text().unwrap_or_default()[..1].to_owned(), &agrees);
        let shown = |edit: &Edit| match edit {
            Edit::Insert { at, item } => format!("+{at} {}", item.to_text().unwrap()),
            Edit::Delete { at, item } => format!("-{at} {}", item.to_text().unwrap()),
            Edit::Move { from, to, item } => format!(">{from}:{to} {}", item.to_text().unwrap()),
            Edit::Change { at, before, after } => {
                format!("~{at} {} {}", before.to_text().unwrap(), after.to_text().unwrap())
            }
        };
        script.edits.iter().map(shown).collect()
    }

    #[test]
    fn edits_read_as_a_person_would_tell_them() {
        assert_eq!(edits("a b c d", "a b c d"), [""; 0]);
        assert_eq!(edits("a b c d", "a x b c d"), ["+1 x"]);
        assert_eq!(edits("a b c d", "a c d"), ["-1 b"]);
        assert_eq!(edits("a b c d e", "b c d a e"), [">0:3 a"]);
        assert_eq!(edits("a b c", "a b2 c"), ["~1 b b2"]);
        assert_eq!(edits("a a b", "a b"), ["-1 a"]);
        assert_eq!(edits("a b c d", "d1 a b c"), [">3:0 d1", "~0 d d1"]);
    }

    #[test]
    fn two_thousand_rules_with_six_edits_are_six_edits() {
        let old: Vec<Attr> = (0..2000).map(|n| Attr::Text(format!("rule {n}"))).collect();
        let mut new = old.clone();
        for (from, to) in [(100, 1500), (700, 3), (1900, 20)] {
            let item = new.remove(from);
            new.insert(to, item);
        }
        new.insert(50, Attr::text("fresh"));
        new.retain(|item| !["rule 42", "rule 1234"].contains(&item.as_text().unwrap()));
        let script = script(&old, &new, &|item| item.as_text().unwrap_or_default().to_owned(), &agrees);
        assert_eq!(script.edits.len(), 6, "{:?}", script.edits);
    }
}
