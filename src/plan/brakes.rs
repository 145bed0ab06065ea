//! Brakes: so many removals at once have to be meant before anything is written, whatever led to them.
//!
//! A file that was emptied, a variable that lost its items and the wrong branch all read like the wish to remove. Only a
//! person can tell them from a clean-up, so the plan says how many go, and waits until somebody says the same number.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::verdict::{Decision, DeleteCause, UNDECLARED_TARGET, Verdict};
use crate::state::base::Base;
use crate::topology::{Allowance, Policy, Reason};

/// Removals of a kind at a target for which its share does not count: a third of three is one, which people do every day.
const FEW: usize = 3;

/// The share of a kind at a target, in percent, that may go: a clean-up takes less, an emptied file takes all.
const SHARE: usize = 30;

/// Removals and replacements in all that may be in one plan: more than a screen of them is not read one by one.
const MANY: usize = 20;

/// The removals of a plan, and the limits that they go beyond.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brakes {
    /// Resources that would go or be made anew. Those of a target that left the files are among them.
    pub(crate) removals: usize,
    /// How many may go at once, as somebody said.
    allowed: Option<usize>,
    /// Each limit that they go beyond, in words.
    touched: Vec<String>,
    /// The targets that left the files.
    left: BTreeSet<String>,
}

/// Of one kind at one target: what there is of ours, and what would go.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    owned: usize,
    going: usize,
    /// Not to be removed yet: they are at a target that left the files.
    left: usize,
}

impl Brakes {
    /// The brakes of a plan with these verdicts.
    pub(crate) fn of(verdicts: &[Verdict], base: &Base, policy: &Policy) -> Brakes {
        let mut tallies: BTreeMap<(&str, &str), Tally> = BTreeMap::new();
        for address in base.entries.keys() {
            tallies.entry((address.target(), address.kind())).or_default().owned += 1;
        }
        let (mut removals, mut left) = (0, BTreeSet::new());
        for verdict in verdicts {
            removals += verdict.decision.takes_over().count();
            let Some(removal) = Removed::by(&verdict.decision) else { continue };
            removals += 1;
            let tally = tallies.entry((verdict.address.target(), verdict.address.kind())).or_default();
            match removal {
                Removed::Owned => tally.going += 1,
                Removed::Pruned => (tally.owned, tally.going) = (tally.owned + 1, tally.going + 1),
                Removed::WithTarget => {
                    (tally.going, tally.left) = (tally.going + 1, tally.left + 1);
                    left.insert(verdict.address.target().to_owned());
                }
                Removed::Remade => {}
            }
        }
        let mut touched: Vec<String> = tallies.iter().filter_map(|(of, tally)| tally.told(*of)).collect();
        let left_behind = tallies.values().map(|tally| tally.left).sum();
        touched.extend(in_all(removals, left_behind, policy.max_deletes));
        Brakes { removals, allowed: policy.allow.deletes(), touched, left }
    }

    /// Each limit that the plan goes beyond, in words; none if somebody said that so many are meant.
    pub(crate) fn broken(&self) -> &[String] {
        if self.allowed.is_some_and(|allowed| self.removals <= allowed) { &[] } else { &self.touched }
    }

    /// What to do about it. What is owned at a target that left the files is not touched before somebody says what is to
    /// become of it.
    pub(crate) fn remedy(&self) -> String {
        let allowance = self.allowance();
        let (target, each) = match self.left.iter().collect::<Vec<_>>().as_slice() {
            [] => return allowance.remedy(),
            [target] => (target.as_str(), String::new()),
            several => ("TARGET", format!(" for each of the {} targets that left the files", several.len())),
        };
        let flag = allowance.flag();
        format!(
            "to keep what is at the controller, let go of it: `trueup adopt --forget '{target}/**'`; to remove it, declare \
             `{target}` again with `retired: true`{each}; to apply the rest first, and leave it as it is, run with `{flag}`"
        )
    }

    /// What lets it through.
    pub(crate) fn allowance(&self) -> Allowance {
        Allowance::new(Reason::Deletes, self.removals)
    }

    /// Says whether a number of removals has to be meant for this plan to be carried out.
    pub(crate) fn need_a_number(&self) -> bool {
        !self.touched.is_empty()
    }
}

/// What kind of removal something is.
enum Removed {
    /// Something of ours goes.
    Owned,
    /// Something of others goes from a collection that the files speak for.
    Pruned,
    /// Something of ours stands at a target that left the files.
    WithTarget,
    /// A new object takes the place of the old one, or of one that an earlier run left.
    Remade,
}

impl Removed {
    fn by(decision: &Decision) -> Option<Removed> {
        match decision {
            Decision::Delete(
                DeleteCause::Undeclared | DeleteCause::GivenUp | DeleteCause::Retired | DeleteCause::TakenBack,
            ) => Some(Removed::Owned),
            Decision::Delete(DeleteCause::Pruned) => Some(Removed::Pruned),
            Decision::Delete(DeleteCause::Leftover) | Decision::Replace { .. } => Some(Removed::Remade),
            Decision::Hold(hold) if hold.code == UNDECLARED_TARGET => Some(Removed::WithTarget),
            Decision::Same
            | Decision::Adopt
            | Decision::Create(_)
            | Decision::Update { .. }
            | Decision::Release(_)
            | Decision::Hold(_) => None,
        }
    }
}

impl Tally {
    /// The limit that it goes beyond, in words.
    fn told(self, (target, kind): (&str, &str)) -> Option<String> {
        let Tally { owned, going, left } = self;
        let what = format!("`{target}/{kind}`");
        let goes = if left > 0 { "left the files with their target" } else { "would go" };
        if going == owned && going > 1 {
            let all = if going == 2 { "both".to_owned() } else { format!("all {going}") };
            return Some(format!("{all} {what} {goes}"));
        }
        (going > FEW && going * 100 > owned * SHARE)
            .then(|| format!("{going} of {owned} {what} {goes}, more than {SHARE} %"))
    }
}

/// The limit on all removals that they go beyond, in words: the one in the files, else the built-in one.
fn in_all(removals: usize, left: usize, max: Option<usize>) -> Option<String> {
    let what = if removals == 1 { "1 resource".to_owned() } else { format!("{removals} resources") };
    let told = match (removals - left.min(removals), left) {
        (_, 0) => format!("{what} would be removed or replaced"),
        (0, _) => format!("{what} left the files with their target"),
        _ => format!("{what} would be removed or replaced, or left the files with their target"),
    };
    match max {
        Some(max) => (removals > max).then(|| format!("{told}; `policy.max-deletes` is {max}")),
        None => (removals > MANY).then(|| format!("{told}, more than {MANY} at once")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::diff::verdict::{Hold, ReplaceOrder};
    use crate::spec::Kind;
    use crate::state::base::Entry;
    use crate::topology::Allowed;

    static KIND: Kind = Kind::NEW;

    fn verdict(address: &Address, decision: Decision) -> Verdict {
        Verdict {
            address: address.clone(),
            kind: &KIND,
            decision,
            id: None,
            unverified: Vec::new(),
            notes: Default::default(),
            place: None,
            origin: None,
        }
    }

    fn at(place: &str, n: usize) -> Address {
        let (target, kind) = place.split_once('/').unwrap();
        Address::new(target, kind, Some(&format!("n{n}")))
    }

    /// What is owned and what becomes of it: `east/routes 10 -4 ±2`, and for a target that left the files `west/routes 3 !3`.
    fn brakes(world: &str, policy: Policy) -> Brakes {
        let (mut base, mut verdicts) = (Base::default(), Vec::new());
        for line in world.split(", ").filter(|line| !line.is_empty()) {
            let mut words = line.split(' ');
            let place = words.next().unwrap();
            let owned: usize = words.next().unwrap().parse().unwrap();
            (0..owned).for_each(|n| drop(base.entries.insert(at(place, n), Entry::default())));
            let mut next = 0;
            for word in words {
                let (sign, count) = word.split_at(word.chars().next().unwrap().len_utf8());
                for _ in 0..count.parse().unwrap() {
                    let decision = match sign {
                        "-" => Decision::Delete(DeleteCause::Undeclared),
                        "x" => Decision::Delete(DeleteCause::Pruned),
                        "o" => Decision::Delete(DeleteCause::Leftover),
                        "!" => Decision::Hold(Hold::new(UNDECLARED_TARGET, "")),
                        "p" => Decision::Hold(
                            Hold::new("protected", "").instead_of(Decision::Delete(DeleteCause::Undeclared)),
                        ),
                        _ => {
                            let order = ReplaceOrder::DeleteFirst;
                            Decision::Replace { fields: Vec::new(), order, because: None }
                        }
                    };
                    // What is pruned is nobody's.
                    let at = at(place, if sign == "x" { 1000 + next } else { next });
                    verdicts.push(verdict(&at, decision));
                    next += 1;
                }
            }
        }
        Brakes::of(&verdicts, &base, &policy)
    }

    #[test]
    fn what_has_to_be_meant() {
        let max = |max| Policy { max_deletes: Some(max), ..Policy::default() };
        for (world, policy, expected) in [
            ("", Policy::default(), &[][..]),
            // The only one of its kind goes every day; the last of several does not.
            ("east/routes 1 -1", Policy::default(), &[]),
            ("east/routes 2 -1", Policy::default(), &[]),
            ("east/routes 2 -2", Policy::default(), &["both `east/routes` would go"]),
            ("east/routes 5 -5", Policy::default(), &["all 5 `east/routes` would go"]),
            ("east/routes 2 -1, west/routes 2 -1", Policy::default(), &[]),
            // A share counts from the fourth on, and has to be more than 30 %.
            ("east/routes 4 -3", Policy::default(), &[]),
            ("east/routes 13 -4", Policy::default(), &["4 of 13 `east/routes` would go, more than 30 %"]),
            ("east/routes 14 -4", Policy::default(), &[]),
            ("east/routes 20 -6", Policy::default(), &[]),
            ("east/routes 400 -200", max(500), &["200 of 400 `east/routes` would go, more than 30 %"]),
            // What is protected stays. What is made anew is there afterwards.
            ("east/routes 5 p5", Policy::default(), &[]),
            ("east/routes 10 ±10", Policy::default(), &[]),
            (
                "east/routes 9 ±9, west/routes 12 ±12",
                Policy::default(),
                &["21 resources would be removed or replaced, more than 20 at once"],
            ),
            ("east/blueprints 2 ±2 o2", Policy::default(), &[]),
            // What others made counts like ours where it is pruned.
            ("east/routes 10 x4", Policy::default(), &[]),
            ("east/routes 9 x4", Policy::default(), &["4 of 13 `east/routes` would go, more than 30 %"]),
            ("east/routes 0 x2", Policy::default(), &["both `east/routes` would go"]),
            // A target that leaves the files counts as what is owned there.
            (
                "west/config 1 !1, west/routes 3 !3",
                Policy::default(),
                &["all 3 `west/routes` left the files with their target"],
            ),
            (
                "west/routes 1 !1, west/links 1 !1",
                max(1),
                &["2 resources left the files with their target; `policy.max-deletes` is 1"],
            ),
            (
                "west/routes 1 !1, east/links 1 -1",
                max(1),
                &["2 resources would be removed or replaced, or left the files with their target; \
                     `policy.max-deletes` is 1"],
            ),
            ("east/routes 1 -1", max(0), &["1 resource would be removed or replaced; `policy.max-deletes` is 0"]),
            ("east/routes 90 -21", max(21), &[]),
        ] {
            assert_eq!(brakes(world, policy).broken(), expected, "{world}");
        }
    }

    #[test]
    fn a_number_that_is_meant_lets_so_many_through_and_no_more() {
        let allowing = |text: &str| {
            let mut allow = Allowed::default();
            allow.add(text.parse().unwrap());
            Policy { allow, ..Policy::default() }
        };
        let world = "east/routes 30 -25, west/routes 9 ±2, west/links 2 !2";
        let braked = brakes(world, Policy::default());
        assert_eq!((braked.removals, braked.broken().len(), braked.need_a_number()), (29, 3, true));
        for way in ["adopt --forget 'west/**'", "declare `west` again with `retired: true`", "`--allow deletes=29`"] {
            assert!(braked.remedy().contains(way), "{way}: {}", braked.remedy());
        }
        let two = brakes("east/links 2 !2, west/links 2 !2", Policy::default()).remedy();
        assert!(two.contains("for each of the 2 targets"), "{two}");
        assert_eq!(brakes(world, allowing("deletes=28")).broken().len(), 3);
        assert_eq!(brakes(world, allowing("deletes=29")).broken(), [""; 0]);
        assert!(!brakes("east/routes 30 -1", allowing("deletes=29")).need_a_number());
    }
}
