//! What a plan moves: the values that others take from a resource and that are not what they are now once it is carried
//! out.
//!
//! | the resource is | its id, its outputs | its declared fields |
//! |---|---|---|
//! | made, or made anew, or lives in such a one | known later | known later |
//! | updated | known later, where they follow a field that changes; else as they are | as wanted |
//! | left as it is, and a kind that its outputs follow is made or updated | known later, where they follow it | as they are |
//! | left as it is | as they are | as they are |

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Output;
use crate::diff::verdict::{Decision, FieldChange, Verdict};
use crate::spec::Provider;

/// What moves, as far as it is known yet.
#[derive(Debug, Default)]
pub(crate) struct PlannedValues {
    /// The resources that are made, or made anew.
    anew: BTreeSet<Address>,
    /// The fields that change in place.
    changed: BTreeMap<Address, BTreeSet<&'static str>>,
    /// The outputs that follow them.
    following: BTreeMap<Address, BTreeSet<&'static str>>,
    /// What can't be made anew, with what refers to each.
    in_use: BTreeMap<Address, Address>,
}

/// The API that a target speaks, by the target's name.
type SpokenAt<'s> = dyn Fn(&str) -> Option<&'static Provider> + 's;

/// What becomes of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlannedValue {
    /// It stays what it is.
    Unchanged,
    /// It becomes what is wanted.
    Planned,
    /// Only the run will tell.
    Unknown,
}

impl PlannedValues {
    /// Nothing moves yet, and these can't be made anew while those refer to them.
    pub(crate) fn where_in_use(in_use: &BTreeMap<Address, Address>) -> PlannedValues {
        PlannedValues { in_use: in_use.clone(), ..PlannedValues::default() }
    }

    /// The resource that keeps another one from being made anew.
    pub(crate) fn user_of(&self, address: &Address) -> Option<&Address> {
        self.in_use.get(address)
    }

    /// Adds what these verdicts move, at targets that speak these APIs. Says whether that is anything new.
    pub(crate) fn grow(&mut self, spoken: &SpokenAt<'_>, verdicts: &[Verdict]) -> bool {
        let before = self.len();
        for verdict in verdicts {
            match &verdict.decision {
                Decision::Create(_) | Decision::Replace { .. } => {
                    self.anew.insert(verdict.address.clone());
                    self.followed(spoken, verdict);
                }
                Decision::Update { fields, .. } => {
                    self.updated(verdict, fields);
                    self.followed(spoken, verdict);
                }
                Decision::Same | Decision::Adopt | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => {}
            }
        }
        self.len() > before
    }

    fn updated(&mut self, verdict: &Verdict, fields: &[FieldChange]) {
        for name in fields.iter().filter_map(|change| change.field).map(|field| field.name) {
            self.changed.entry(verdict.address.clone()).or_default().insert(name);
            let followers = verdict.kind.fields.iter().filter(|field| field.recomputed_from.contains(&name));
            self.following.entry(verdict.address.clone()).or_default().extend(followers.map(|field| field.name));
        }
    }

    /// What other kinds of the target evaluate from the one that is written.
    fn followed(&mut self, spoken: &SpokenAt<'_>, verdict: &Verdict) {
        let provider = spoken(verdict.address.target()).filter(|_| verdict.kind.identity.is_single());
        for kind in provider.into_iter().flat_map(|provider| provider.kinds) {
            let following = Address::new(verdict.address.target(), kind.name, None);
            let followers = kind.followers_of(verdict.kind).map(|field| field.name);
            self.following.entry(following).or_default().extend(followers);
        }
    }

    /// Says whether a resource is made, or made anew.
    pub(crate) fn is_anew(&self, address: &Address) -> bool {
        self.anew.contains(address)
    }

    /// What becomes of the value that an output names.
    pub(crate) fn of(&self, output: &Output) -> PlannedValue {
        let head = output.field.split('.').next().unwrap_or_default();
        let is_in = |fields: &BTreeMap<Address, BTreeSet<&'static str>>| {
            fields.get(&output.address).is_some_and(|fields| fields.contains(head))
        };
        let mut around = std::iter::successors(Some(output.address.clone()), Address::parent);
        if around.any(|address| self.is_anew(&address)) || is_in(&self.following) {
            PlannedValue::Unknown
        } else if is_in(&self.changed) {
            PlannedValue::Planned
        } else {
            PlannedValue::Unchanged
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
            output("grown", Type::Int, "Follows the size").recomputed_from(&["size"]),
            output("fixed", Type::Int, "Follows nothing"),
        ],
        ..Kind::NEW
    };

    #[test]
    fn what_becomes_of_ids_outputs_and_declared_fields() {
        use PlannedValue::{Planned, Unchanged, Unknown};
        let change = FieldChange {
            field: THINGS.field("size"),
            name: "size".into(),
            before: Attr::Null,
            after: Attr::Null,
            edits: Vec::new(),
            cause: Cause::Change,
            others: Default::default(),
        };
        let update = Decision::Update { fields: vec![change], adopt: false };
        let replace = Decision::Replace { fields: Vec::new(), order: ReplaceOrder::DeleteFirst, because: None };
        // The decision; its id, an output that follows, one that does not, the field that changes, another one; a child's id.
        for (decision, id, grown, fixed, size, other, child) in [
            (Decision::Create(Cause::Change), Unknown, Unknown, Unknown, Unknown, Unknown, Unknown),
            (replace, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown),
            (update, Unchanged, Unknown, Unchanged, Planned, Unchanged, Unchanged),
            (Decision::Same, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged),
            (Decision::Adopt, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged),
            (
                Decision::Delete(DeleteCause::Undeclared),
                Unchanged,
                Unchanged,
                Unchanged,
                Unchanged,
                Unchanged,
                Unchanged,
            ),
            (Decision::Release(String::new()), Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged),
            (Decision::Hold(Hold::new("x", "y")), Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged),
        ] {
            let told = format!("{decision:?}");
            let address = Address::new("t", "things", Some("a"));
            let verdict = Verdict {
                address: address.clone(),
                kind: &THINGS,
                decision,
                id: None,
                unverified: Vec::new(),
                notes: Default::default(),
                place: None,
                origin: None,
            };
            let mut planned = PlannedValues::default();
            let grew = planned.grow(&|_| None, std::slice::from_ref(&verdict));
            assert_eq!(grew, id == Unknown || size == Planned, "{told}");
            assert!(!planned.grow(&|_| None, &[verdict]), "the same again is nothing new: {told}");
            let of = |address: &Address, field: &str| {
                planned.of(&Output { address: address.clone(), field: field.into(), encoding: Default::default() })
            };
            let found = ["id", "grown.deep", "fixed", "size", "other"].map(|field| of(&address, field));
            assert_eq!(found, [id, grown, fixed, size, other], "{told}");
            assert_eq!(of(&address.child("parts", Some("b")), "id"), child, "{told}");
            assert_eq!(of(&Address::new("t", "things", Some("z")), "id"), Unchanged, "{told}");
        }
    }
}
