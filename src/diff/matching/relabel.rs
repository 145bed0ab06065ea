//! Entries of the ledger that go by another address from now on, since the files say so: the objects are the same.
//!
//! Labels that are swapped or renamed, an object that lost its label to another one, an id that the API renewed: nothing of
//! that is written to a controller, and all of it is worked out from identities. A run does it first of all.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::state::base::Base;
use crate::state::relabel::Relabel;

/// The new places that matching has found: address and id by the address in the ledger.
pub(in crate::diff) type Moves = BTreeMap<Address, (Option<Address>, String)>;

/// Adds to what was found that whatever lives in something goes along with it.
pub(in crate::diff) fn complete(base: &Base, moves: &Moves) -> Vec<Relabel> {
    if moves.is_empty() {
        return Vec::new();
    }
    let taken: BTreeSet<&Address> = moves.values().filter_map(|(to, _)| to.as_ref()).collect();
    let relabel = |(from, entry): (&Address, &crate::state::base::Entry)| {
        let (to, now) = match moves.get(from) {
            Some((to, now)) => (to.clone(), now.clone()),
            None => {
                let mut around = std::iter::successors(from.parent(), Address::parent);
                let (above, (to, _)) = around.find_map(|above| Some((above.clone(), moves.get(&above)?)))?;
                let to = to.as_ref().map(|to| from.moved(&above, to)).filter(|to| !taken.contains(to));
                (to, entry.id.clone())
            }
        };
        let id = entry.id.clone();
        (to.as_ref() != Some(from) || now != id).then(|| Relabel { from: from.clone(), id, to, now })
    };
    base.entries.iter().filter_map(relabel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::base::Entry;

    fn at(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn base(entries: &[(&str, &str)]) -> Base {
        let entry = |id: &str| Entry { id: id.into(), ..Entry::default() };
        let entries = entries.iter().map(|(address, id)| (at(address), entry(id))).collect();
        Base { entries, ..Base::default() }
    }

    #[test]
    fn what_depends_on_a_moved_one_depends_on_it_still() {
        let mut base = base(&[("e/links/a", "1"), ("e/routes/r", "2")]);
        base.entries.get_mut(&at("e/routes/r")).unwrap().after = [at("e/links/a")].into();
        let relabels = complete(&base, &[(at("e/links/a"), (Some(at("e/links/b")), "1".to_owned()))].into());
        for _ in 0..2 {
            base.relabel(&relabels);
            assert_eq!(base.entries[&at("e/routes/r")].after, [at("e/links/b")].into());
        }
    }

    fn told(base: &Base) -> Vec<String> {
        base.entries.iter().map(|(address, entry)| format!("{address} {}", entry.id)).collect()
    }

    #[test]
    fn entries_move_once_and_take_along_what_lives_in_them() {
        let before = [("e/links/a", "1"), ("e/links/a/tags/x", "7"), ("e/links/b", "2"), ("e/routes/r", "1")];
        // Moves: from, to, id by now.
        for (why, moves, after) in [
            ("nothing", vec![], vec!["e/links/a 1", "e/links/a/tags/x 7", "e/links/b 2", "e/routes/r 1"]),
            (
                "a new label",
                vec![("e/links/a", Some("e/links/c"), "1")],
                vec!["e/links/b 2", "e/links/c 1", "e/links/c/tags/x 7", "e/routes/r 1"],
            ),
            (
                "swapped",
                vec![("e/links/a", Some("e/links/b"), "1"), ("e/links/b", Some("e/links/a"), "2")],
                vec!["e/links/a 2", "e/links/b 1", "e/links/b/tags/x 7", "e/routes/r 1"],
            ),
            ("let go of, with what lived in it", vec![("e/links/a", None, "1")], vec!["e/links/b 2", "e/routes/r 1"]),
            (
                "a new id",
                vec![("e/routes/r", Some("e/routes/r"), "9")],
                vec!["e/links/a 1", "e/links/a/tags/x 7", "e/links/b 2", "e/routes/r 9"],
            ),
        ] {
            let moves: Moves = moves
                .into_iter()
                .map(|(from, to, id): (&str, Option<&str>, &str)| (at(from), (to.map(at), id.to_owned())))
                .collect();
            let mut base = base(&before);
            let relabels = complete(&base, &moves);
            base.relabel(&relabels);
            assert_eq!(told(&base), after, "{why}");
            base.relabel(&relabels);
            assert_eq!(told(&base), after, "{why}, and once more");
        }
    }
}
