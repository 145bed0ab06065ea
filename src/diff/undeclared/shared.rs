//! Lists that others share: which of the live items are ours, and how the list is with ours where they belong.
//!
//! Ours are the items that the files declare, and those that we brought. Of equal items those are ours that stand nearest to
//! the place that is ours: so nothing of ours ever passes an equal item of theirs, and each keeps its neighbours.

use std::collections::{BTreeMap, BTreeSet};

use crate::attr::Attr;
use crate::diff::sequence::{Edit, Script, Slot, script_of};
use crate::diff::verdict::Hold;
use crate::spec::{ItemWord, Type, item_of_text, item_words};
use crate::state::base::{Basis, Stored};
use crate::topology::ItemPlace;

/// The code of what is held because the place of ours among the items of others can't be told.
pub(crate) const NO_PLACE: &str = "no-place";

/// A live list, parted in ours and theirs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SharedList {
    /// For each live item, whether it is ours.
    is_ours: Vec<bool>,
    /// How many of theirs ours stand behind; `None` where the list has no order.
    behind: Option<usize>,
}

/// A list that others share, as it is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedWrite {
    /// All of it, ours among theirs, as it goes to the wire.
    pub items: Vec<Attr>,
    /// For each of these, the place of the live item that it is.
    pub counterparts: Vec<Option<usize>>,
    /// What becomes of ours.
    pub edits: Vec<Edit>,
}

impl SharedList {
    /// A list that is ours as a whole.
    pub(in crate::diff) fn whole(live: &[Attr]) -> SharedList {
        SharedList { is_ours: vec![true; live.len()], behind: Some(0) }
    }

    /// Parts a live list.
    ///
    /// # Errors
    /// Where ours stand can't be told.
    pub(in crate::diff) fn part(
        list: &Type,
        wanted: &[Attr],
        stored: Option<&Stored>,
        live: &[Attr],
        among: &ItemPlace,
    ) -> Result<SharedList, Box<Hold>> {
        let words: Vec<Option<String>> = item_words(list, live).into_iter().map(|(word, _)| word).collect();
        let own: BTreeSet<ItemWord> = item_words(list, wanted).into_iter().chain(brought(list, stored)).collect();
        let mut left: BTreeMap<Option<String>, usize> = BTreeMap::new();
        own.into_iter().for_each(|(word, _)| *left.entry(word).or_default() += 1);
        let anchor = match among.anchor() {
            // What only goes needs no place.
            Some(_) if wanted.is_empty() => None,
            Some(text) => Some(anchor(list, text, &words, &left).map_err(|why| no_place(among, why))?),
            None => None,
        };
        let mut is_ours = vec![false; live.len()];
        for n in nearest_first(among, anchor, live.len()) {
            if let Some(count) = left.get_mut(&words[n]).filter(|count| **count > 0) {
                *count -= 1;
                is_ours[n] = true;
            }
        }
        let theirs_before = |end: usize| is_ours.iter().take(end).filter(|is_ours| !**is_ours).count();
        let behind = match (among, anchor) {
            (ItemPlace::Anywhere, _) => None,
            (ItemPlace::First, _) => Some(0),
            (ItemPlace::Before(_), Some(at)) => Some(theirs_before(at)),
            (ItemPlace::After(_), Some(at)) => Some(theirs_before(at) + 1),
            (ItemPlace::Last | ItemPlace::Before(_) | ItemPlace::After(_), _) => Some(theirs_before(live.len())),
        };
        Ok(SharedList { is_ours, behind })
    }

    /// Of things that there is one of for each live item, those of ours.
    pub(in crate::diff) fn ours<T: Clone>(&self, of_live: &[T]) -> Vec<T> {
        self.those(true, of_live)
    }

    /// The same for theirs.
    pub(in crate::diff) fn theirs<T: Clone>(&self, of_live: &[T]) -> Vec<T> {
        self.those(false, of_live)
    }

    fn those<T: Clone>(&self, ours: bool, of_live: &[T]) -> Vec<T> {
        of_live.iter().zip(&self.is_ours).filter(|(_, is_ours)| **is_ours == ours).map(|(it, _)| it.clone()).collect()
    }

    /// Ours put among theirs, at their place. In a list without order they come first.
    pub(in crate::diff) fn among<T>(&self, ours: Vec<T>, theirs: Vec<T>) -> Vec<T> {
        let mut all = theirs;
        let at = self.behind.unwrap_or_default().min(all.len());
        all.splice(at..at, ours);
        all
    }

    /// Says whether all that is ours stands together at its place.
    pub(in crate::diff) fn is_in_place(&self) -> bool {
        let Some(behind) = self.behind else { return true };
        let mut theirs = 0;
        self.is_ours.iter().all(|is_ours| {
            theirs += usize::from(!is_ours);
            !is_ours || theirs == behind
        })
    }

    /// What leads from the live list to the one with these items of ours: theirs stay where they are.
    pub(in crate::diff) fn script(
        &self,
        live: &[Attr],
        ours: &[Attr],
        key: &dyn Fn(&Attr) -> String,
        same: &dyn Fn(&Attr, &Attr) -> bool,
    ) -> (Vec<Attr>, Script) {
        let behind = self.behind.unwrap_or_default();
        let own = |items: &[Attr]| Slot::numbered(items, key);
        let mut own_live = own(&self.ours(live)).into_iter();
        let mut theirs = 0;
        let slot = |is_ours: &bool| match is_ours {
            true => own_live.next().map(|slot| slot.in_lane(theirs)),
            false => {
                theirs += 1;
                Some(Slot::fixed(theirs))
            }
        };
        let old_slots: Vec<Slot> = self.is_ours.iter().filter_map(slot).collect();
        let fixed = (1..=theirs).map(Slot::fixed).collect();
        let new_slots = self.among(own(ours).into_iter().map(|slot| slot.in_lane(behind)).collect(), fixed);
        let new = self.among(ours.to_vec(), self.theirs(live));
        let script = script_of((live, &old_slots), (&new, &new_slots), same);
        (new, script)
    }

    /// The removal of ours, where theirs, as they go to the wire, are all that stays.
    pub(crate) fn without_ours(&self, live: &[Attr], on_the_wire: &[Attr]) -> SharedWrite {
        let places: Vec<usize> = (0..live.len()).collect();
        let edits = self.ours(&places).into_iter().map(|at| Edit::Delete { at, item: live[at].clone() }).collect();
        let counterparts = self.theirs(&places).into_iter().map(Some).collect();
        SharedWrite { items: self.theirs(on_the_wire), counterparts, edits }
    }
}

/// What tells the items apart that we brought, as the ledger remembers them.
pub(in crate::diff) fn brought(list: &Type, stored: Option<&Stored>) -> Vec<ItemWord> {
    let is_brought = |n: usize| stored.is_some_and(|stored| stored.basis_at(&format!("/{n}")) == Basis::Applied);
    let words = item_words(list, &remembered(stored));
    words.into_iter().enumerate().filter(|(n, _)| is_brought(*n)).map(|(_, word)| word).collect()
}

/// The items that the ledger remembers.
pub(in crate::diff) fn remembered(stored: Option<&Stored>) -> Vec<Attr> {
    stored.and_then(|stored| stored.value.as_array()).into_iter().flatten().map(Attr::from_json).collect()
}

/// The place of the one item of others that a text tells; `own` is how many of each word are ours.
fn anchor(
    list: &Type,
    text: &str,
    words: &[Option<String>],
    own: &BTreeMap<Option<String>, usize>,
) -> Result<usize, &'static str> {
    let Some((word, _)) = item_words(list, &[item_of_text(list, text)]).pop() else { return Err(GONE) };
    let mut found = words.iter().enumerate().filter(|(_, other)| **other == word && !own.contains_key(&word));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => Err("several items of others are that"),
        (None, _) => Err(GONE),
    }
}

/// What is said of an item of others that a place is told by, and that does not show.
const GONE: &str = "no item of others is that";

/// The hold on a list in which the place of ours can't be told.
fn no_place(among: &ItemPlace, why: &str) -> Box<Hold> {
    let hold = Hold::new(NO_PLACE, format!("ours stand {among}, and {why}"));
    Box::new(hold.help("name another item of others in `partial`, or write `first` or `last`"))
}

/// The places of a list, those nearest to ours first.
fn nearest_first(among: &ItemPlace, anchor: Option<usize>, len: usize) -> Vec<usize> {
    match (among, anchor) {
        (ItemPlace::Last, _) => (0..len).rev().collect(),
        (ItemPlace::Before(_), Some(at)) => (0..at).rev().chain(at + 1..len).collect(),
        (ItemPlace::After(_), Some(at)) => (at + 1..len).chain((0..at).rev()).collect(),
        (ItemPlace::Anywhere | ItemPlace::First | ItemPlace::Before(_) | ItemPlace::After(_), _) => (0..len).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::sequence::agrees;

    const LIST: Type = Type::List(&Type::Text);

    fn items(text: &str) -> Vec<Attr> {
        text.split_whitespace().map(Attr::text).collect()
    }

    fn spelt(items: &[Attr]) -> String {
        items.iter().filter_map(Attr::to_text).collect::<Vec<_>>().join(" ")
    }

    fn place(text: &str) -> ItemPlace {
        match text.split_once(' ') {
            Some(("before", text)) => ItemPlace::Before(text.into()),
            Some(("after", text)) => ItemPlace::After(text.into()),
            _ if text == "first" => ItemPlace::First,
            _ if text == "last" => ItemPlace::Last,
            _ => ItemPlace::Anywhere,
        }
    }

    #[test]
    fn ours_stand_where_they_belong_and_theirs_stay() {
        // Wanted, brought, live, where; the list that comes of it, and what is told.
        for (wanted, brought, live, among, new, edits) in [
            ("a b", "", "x y", "first", "a b x y", "+0 +1"),
            ("a b", "", "x y", "last", "x y a b", "+2 +3"),
            ("a b", "", "x y", "before y", "x a b y", "+1 +2"),
            ("a b", "", "x y", "after x", "x a b y", "+1 +2"),
            ("a b", "a b", "x a b y", "after x", "x a b y", ""),
            ("a b", "a b", "x b a y", "after x", "x a b y", ">2:1"),
            ("a b", "a b", "a x b y", "after x", "x a b y", ">0:1"),
            ("a b", "a b", "x a b", "first", "a b x", ">1:0 >2:1"),
            ("a b", "a b", "a n b x", "first", "a b n x", ">2:1"),
            ("a b", "a b", "x a b n", "last", "x n a b", ">1:2 >2:3"),
            ("b", "a b", "x a b", "last", "x b", "-1"),
            ("", "a b", "a x b", "last", "x", "-0 -2"),
            // What goes needs no place.
            ("", "a", "a x", "before gone", "x", "-0"),
            // Equal ones: those next to the place are ours.
            ("a", "a", "a x a", "last", "a x a", ""),
            ("a", "a", "a x a", "first", "a x a", ""),
            ("", "a", "a x a", "last", "a x", "-2"),
            ("", "a", "a x a", "first", "x a", "-0"),
            ("a", "", "a x y a", "before y", "x a y a", ">0:1"),
        ] {
            let told = format!("{wanted} | {brought} | {live} | {among}");
            let stored = Stored::new(serde_json::json!(brought.split_whitespace().collect::<Vec<_>>()), Basis::Applied);
            let (wanted, live) = (items(wanted), items(live));
            let shared = SharedList::part(&LIST, &wanted, Some(&stored), &live, &place(among)).unwrap();
            let (whole, script) = shared.script(&live, &wanted, &|item| item.to_text().unwrap(), &agrees);
            assert_eq!(spelt(&whole), new, "{told}");
            let edit = |edit: &Edit| match edit {
                Edit::Insert { at, .. } => format!("+{at}"),
                Edit::Delete { at, .. } => format!("-{at}"),
                Edit::Move { from, to, .. } => format!(">{from}:{to}"),
                Edit::Change { at, .. } => format!("~{at}"),
            };
            assert_eq!(script.edits.iter().map(edit).collect::<Vec<_>>().join(" "), edits, "{told}");
            let left = SharedList::part(&LIST, &wanted, None, &whole, &place(among)).unwrap();
            assert!(left.is_in_place(), "{told}");
            assert_eq!(spelt(&left.theirs(&whole)), spelt(&shared.theirs(&live)), "{told}: theirs are as they were");
        }
    }

    #[test]
    fn where_the_place_can_t_be_told_the_list_is_held() {
        for (live, among, why) in [
            ("x", "before y", "ours stand before `y`, and no item of others is that"),
            ("x y y", "after y", "ours stand after `y`, and several items of others are that"),
            ("x b", "after b", "ours stand after `b`, and no item of others is that"),
        ] {
            let stored = Stored::new(serde_json::json!(["b"]), Basis::Applied);
            let held = SharedList::part(&LIST, &items("a"), Some(&stored), &items(live), &place(among)).unwrap_err();
            assert_eq!((held.code, held.reason.as_str()), (NO_PLACE, why), "{live}");
            assert!(held.help.is_some());
        }
    }
}
