//! What one resource sets anew that others have declared differently: it is set again, in the same plan.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::{Cause, Decision, FieldChange, Verdict};
use crate::spec::{Kind, canonical};

/// The values that a plan sets everywhere: by target, kind and field.
type Everywhere = BTreeMap<(String, &'static str, &'static str), Attr>;

/// Adds to verdicts on what is as wanted what will not be so any more.
pub(crate) fn set_again(resolved: &BTreeMap<Address, ResolvedFields>, verdicts: &mut [Verdict]) {
    let mut everywhere = Everywhere::new();
    for verdict in verdicts.iter().filter(|verdict| verdict.kind.undoes().next().is_some()) {
        for (field, value) in written(verdict, resolved) {
            for (kind, _) in verdict.kind.undoes().filter(|(_, fields)| fields.contains(&field)) {
                everywhere.insert((verdict.address.target().to_owned(), kind, field), value.clone());
            }
        }
    }
    if everywhere.is_empty() {
        return;
    }
    for verdict in verdicts {
        let changes = overwritten(verdict.kind, &verdict.address, resolved, &everywhere);
        add(&mut verdict.decision, changes);
    }
}

/// The fields that a verdict's step writes, with their values.
fn written(verdict: &Verdict, resolved: &BTreeMap<Address, ResolvedFields>) -> Vec<(&'static str, Attr)> {
    let is_written = |name: &str| match &verdict.decision {
        Decision::Create(_) => true,
        Decision::Update { fields, .. } => fields.iter().any(|change| change.name == name),
        _ => false,
    };
    let fields = verdict.kind.fields.iter().filter(|field| is_written(field.name));
    let value = |name: &str| resolved.get(&verdict.address)?.get(name);
    fields.filter_map(|field| Some((field.name, canonical(&field.ty, value(field.name)?)))).collect()
}

/// The declared fields of a resource that will have another value.
fn overwritten(
    kind: &'static Kind,
    address: &Address,
    resolved: &BTreeMap<Address, ResolvedFields>,
    everywhere: &Everywhere,
) -> Vec<FieldChange> {
    let change = |field: &'static crate::spec::Field| {
        let before = everywhere.get(&(address.target().to_owned(), kind.name, field.name))?;
        let after = canonical(&field.ty, resolved.get(address)?.get(field.name)?);
        (after != *before).then(|| FieldChange {
            field: Some(field),
            name: field.name.to_owned(),
            before: before.clone(),
            after,
            edits: Vec::new(),
            cause: Cause::Change,
            others: Default::default(),
        })
    };
    kind.fields.iter().filter_map(change).collect()
}

/// Makes an update of what would have been left as it is. What is made is made with all of its fields.
fn add(decision: &mut Decision, changes: Vec<FieldChange>) {
    if changes.is_empty() {
        return;
    }
    match decision {
        Decision::Same => *decision = Decision::Update { fields: changes, adopt: false },
        Decision::Adopt => *decision = Decision::Update { fields: changes, adopt: true },
        Decision::Update { fields, .. } => {
            let new = |change: &FieldChange| fields.iter().all(|known| known.name != change.name);
            let more: Vec<FieldChange> = changes.into_iter().filter(new).collect();
            fields.extend(more);
        }
        Decision::Create(_)
        | Decision::Replace { .. }
        | Decision::Delete(_)
        | Decision::Release(_)
        | Decision::Hold(_) => {}
    }
}
