//! Renaming: one update where the API changes a name in place; elsewhere a new object, held until what is lost is meant.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::diff::guards::{GuardCase, unless};
use crate::diff::index::Index;
use crate::diff::verdict::{Decision, FieldChange, Hold, Verdict};
use crate::spec::{Change, Field, Kind, Provider};
use crate::topology::{Reason, Resource, Topology};

/// Why a renamed resource is made anew although none of its fields asks for that: the API never changes a name.
pub(super) fn made_anew(resource: &Resource, fields: &[FieldChange]) -> Option<String> {
    let old = resource.renamed_from.as_deref()?;
    let is_fixed = |change: &FieldChange| {
        let is_name = resource.kind.is_told_apart_by(&change.name) && !change.before.is_null();
        is_name && change.field.is_some_and(|field| matches!(field.change, Change::Fixed))
    };
    fields.iter().any(is_fixed).then(|| format!("`{old}` has another name now, and the API changes none"))
}

/// What is renamed and would be made anew for that: it says what is lost.
pub(super) fn anew(case: &GuardCase<'_>, decision: &Decision) -> Option<Hold> {
    let old = case.resource?.renamed_from.as_deref()?;
    let Decision::Replace { fields, .. } = decision else { return None };
    let name = fields.iter().find(|change| case.kind.is_told_apart_by(&change.name))?;
    let provider = case.topology.targets.get(case.address.target()).map(|target| target.provider);
    let lost = lost(provider, case.kind).join(", and ");
    let reason = format!("renaming `{old}` makes it anew, as the API can't change its `{}`: {lost}", name.name);
    unless(case, Reason::Replace, Hold::new("renamed", reason))
}

/// Leaves the ledger's rows of what is held under the old name: it is called so until it is renamed, and known by it.
pub(in crate::diff) fn keep_rows(topology: &Topology, index: &mut Index<'_>, verdicts: &mut Vec<Verdict>) {
    let is_renamed = |address: &Address| topology.resources.get(address).is_some_and(|it| it.renamed_from.is_some());
    let waits = |verdict: &&Verdict| matches!(verdict.decision, Decision::Hold(_)) && is_renamed(&verdict.address);
    let held: BTreeSet<&Address> = verdicts.iter().filter(waits).map(|verdict| &verdict.address).collect();
    let moves = |to: &Option<Address>| to.as_ref().is_some_and(|to| held.contains(to));
    let stay: BTreeSet<Address> =
        index.relabels.iter().filter(|relabel| moves(&relabel.to)).map(|relabel| relabel.from.clone()).collect();
    let stays = |address: &Address| {
        std::iter::successors(Some(address.clone()), Address::parent).any(|around| stay.contains(&around))
    };
    if !stay.is_empty() {
        index.relabels.retain(|relabel| !stays(&relabel.from));
        verdicts.retain(|verdict| !matches!(verdict.decision, Decision::Release(_)) || !stays(&verdict.address));
    }
}

/// What is lost with an object that is made anew, in phrases.
fn lost(provider: Option<&Provider>, kind: &Kind) -> Vec<String> {
    let mut lost = vec![match kind.carries_traffic {
        Some(_) => "what goes through it is cut until the new one stands".to_owned(),
        None => "it is gone until the new one is there".to_owned(),
    }];
    let is_handed_out = |field: &&Field| !field.is_writable() && field.is_secret();
    let handed_out: Vec<String> =
        kind.fields.iter().filter(is_handed_out).map(|field| format!("`{}`", field.name)).collect();
    if !handed_out.is_empty() {
        lost.push(format!("whoever has its {} has to be given another, or enrol again", handed_out.join(", ")));
    }
    if provider.is_some_and(|provider| provider.children(Some(kind.name)).any(Kind::is_declarative)) {
        lost.push("what lives in it goes with it".to_owned());
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Condition, Type, field, output};

    #[test]
    fn what_is_lost_follows_from_the_table() {
        static PLAIN: Kind = Kind { fields: &[field("name", Type::Text, "Name")], ..Kind::NEW };
        static ENROLLED: Kind = Kind {
            fields: &[output("jwt", Type::Text, "Enrolment token").secret()],
            carries_traffic: Some(Condition::ALWAYS),
            ..Kind::NEW
        };
        assert_eq!(lost(None, &PLAIN), ["it is gone until the new one is there"]);
        let cut = "what goes through it is cut until the new one stands";
        assert_eq!(lost(None, &ENROLLED), [cut, "whoever has its `jwt` has to be given another, or enrol again"]);
    }
}
