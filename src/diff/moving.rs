//! What a plan moves: the values that others take from a resource and that are not what they are now once it is carried
//! out.
//!
//! | the resource is | its id, its outputs | its declared fields |
//! |---|---|---|
//! | made, or made anew, or lives in such a one | known later | known later |
//! | updated | known later, where they follow a field that changes; else as they are | as wanted |
//! | left as it is | as they are | as they are |

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Output;
use crate::diff::verdict::{Decision, FieldChange, Verdict};

/// What moves, as far as it is known yet.
#[derive(Debug, Default)]
pub(crate) struct Moving {
    /// The resources that are made, or made anew.
    anew: BTreeSet<Address>,
    /// The fields that change in place.
    changed: BTreeMap<Address, BTreeSet<&'static str>>,
    /// The outputs that follow them.
    following: BTreeMap<Address, BTreeSet<&'static str>>,
}

/// What becomes of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// It stays what it is.
    Stays,
    /// It becomes what is wanted.
    AsWanted,
    /// Only the run will tell.
    Later,
}

impl Moving {
    /// Adds what these verdicts move. Says whether that is anything new.
    pub(crate) fn grow(&mut self, verdicts: &[Verdict]) -> bool {
        let before = self.len();
        for verdict in verdicts {
            match &verdict.decision {
                Decision::Create(_) | Decision::Replace { .. } => {
                    self.anew.insert(verdict.address.clone());
                }
                Decision::Update { fields, .. } => self.updated(verdict, fields),
                Decision::Same | Decision::Adopt | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => {}
            }
        }
        self.len() > before
    }

    fn updated(&mut self, verdict: &Verdict, fields: &[FieldChange]) {
        for name in fields.iter().filter_map(|change| change.field).map(|field| field.name) {
            self.changed.entry(verdict.address.clone()).or_default().insert(name);
            let followers = verdict.kind.fields.iter().filter(|field| field.follows.contains(&name));
            self.following.entry(verdict.address.clone()).or_default().extend(followers.map(|field| field.name));
        }
    }

    /// Says whether a resource is made, or made anew.
    pub(crate) fn is_anew(&self, address: &Address) -> bool {
        self.anew.contains(address)
    }

    /// What becomes of the value that an output names.
    pub(crate) fn of(&self, output: &Output) -> Move {
        let head = output.field.split('.').next().unwrap_or_default();
        let is_in = |fields: &BTreeMap<Address, BTreeSet<&'static str>>| {
            fields.get(&output.address).is_some_and(|fields| fields.contains(head))
        };
        let mut around = std::iter::successors(Some(output.address.clone()), Address::parent);
        if around.any(|address| self.is_anew(&address)) || is_in(&self.following) {
            Move::Later
        } else if is_in(&self.changed) {
            Move::AsWanted
        } else {
            Move::Stays
        }
    }

    fn len(&self) -> usize {
        let count =
            |fields: &BTreeMap<Address, BTreeSet<&'static str>>| fields.values().map(BTreeSet::len).sum::<usize>();
        self.anew.len() + count(&self.changed) + count(&self.following)
    }
}
