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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::Attr;
    use crate::diff::verdict::{Cause, DeleteCause, Hold, ReplaceOrder};
    use crate::spec::{Kind, Type, field, output};

    static THINGS: Kind = Kind {
        name: "things",
        fields: &[
            field("size", Type::Int, "Declared"),
            field("other", Type::Int, "Declared, and does not change"),
            output("grown", Type::Int, "Follows the size").follows(&["size"]),
            output("fixed", Type::Int, "Follows nothing"),
        ],
        ..Kind::NEW
    };

    #[test]
    fn what_becomes_of_ids_outputs_and_declared_fields() {
        use Move::{AsWanted, Later, Stays};
        let change = FieldChange {
            field: THINGS.field("size"),
            name: "size".into(),
            before: Attr::Null,
            after: Attr::Null,
            edits: Vec::new(),
            cause: Cause::Change,
        };
        let update = Decision::Update { fields: vec![change], adopt: false };
        let replace = Decision::Replace { fields: Vec::new(), order: ReplaceOrder::DeleteFirst, because: None };
        // The decision; its id, an output that follows, one that does not, the field that changes, another one; a child's id.
        for (decision, id, grown, fixed, size, other, child) in [
            (Decision::Create(Cause::Change), Later, Later, Later, Later, Later, Later),
            (replace, Later, Later, Later, Later, Later, Later),
            (update, Stays, Later, Stays, AsWanted, Stays, Stays),
            (Decision::Same, Stays, Stays, Stays, Stays, Stays, Stays),
            (Decision::Adopt, Stays, Stays, Stays, Stays, Stays, Stays),
            (Decision::Delete(DeleteCause::Undeclared), Stays, Stays, Stays, Stays, Stays, Stays),
            (Decision::Release(String::new()), Stays, Stays, Stays, Stays, Stays, Stays),
            (Decision::Hold(Hold::new("x", "y")), Stays, Stays, Stays, Stays, Stays, Stays),
        ] {
            let told = format!("{decision:?}");
            let address = Address::new("t", "things", Some("a"));
            let verdict = Verdict {
                address: address.clone(),
                kind: &THINGS,
                decision,
                id: None,
                unverified: Vec::new(),
                place: None,
            };
            let mut moving = Moving::default();
            let grew = moving.grow(std::slice::from_ref(&verdict));
            assert_eq!(grew, id == Later || size == AsWanted, "{told}");
            assert!(!moving.grow(&[verdict]), "the same again is nothing new: {told}");
            let of = |address: &Address, field: &str| {
                moving.of(&Output { address: address.clone(), field: field.into(), encoding: Default::default() })
            };
            let found = ["id", "grown.deep", "fixed", "size", "other"].map(|field| of(&address, field));
            assert_eq!(found, [id, grown, fixed, size, other], "{told}");
            assert_eq!(of(&address.child("parts", Some("b")), "id"), child, "{told}");
            assert_eq!(of(&Address::new("t", "things", Some("z")), "id"), Stays, "{told}");
        }
    }
}
