//! What leads from one revision of the files to another: resource by resource, with no controller, no secret and no ledger.
//!
//! It is what a pull request means, not what a run would do: nobody looked at what is there. So there are no calls and no
//! order; what a change does to traffic, and whether it takes a new object, is known from the tables.
//!
//! * `fields`: one resource, field by field
//! * `settings`: whom a run asks, with what, and what it may

mod fields;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::address::Address;
use crate::diff::verdict::{Cause, Decision, DeleteCause, FieldChange, ReplaceOrder, Verdict};
use crate::graph::Graph;
use crate::plan::halves::half_kinds;
use crate::plan::{Brakes, Plan, Step, Timing, Verb};
use crate::spec::{Disruption, Kind};
use crate::topology::{Resource, Topology};

pub(crate) use settings::{SettingChange, setting_changes, settings};

/// What leads from one topology to another.
pub(crate) fn between(from: &Topology, to: &Topology) -> Plan {
    let both: BTreeSet<&Address> = from.resources.keys().chain(to.resources.keys()).collect();
    let verdicts: Vec<Verdict> = both
        .into_iter()
        .filter_map(|address| verdict(from.resources.get(address), to.resources.get(address)))
        .collect();
    let mut steps: Vec<Step> = Vec::new();
    for verdict in &verdicts {
        let address = &verdict.address;
        steps.extend(step(verdict, from.resources.get(address), to.resources.get(address)));
    }
    let rank = |step: &Step| {
        let target = to.targets.get(step.address.target()).or_else(|| from.targets.get(step.address.target()));
        target.and_then(|target| target.provider.kinds.iter().position(|kind| kind.name == step.kind.name))
    };
    steps.sort_by_cached_key(|step| {
        (step.verb == Verb::Delete, step.address.target().to_owned(), rank(step), step.address.clone())
    });
    Plan {
        workspace: to.workspace.clone(),
        config: to.digest.clone(),
        commit: to.commit.clone(),
        environment: to.environment.clone(),
        fabric_findings: Vec::new(),
        half_kinds: half_kinds(to),
        key_id: None,
        is_whole: true,
        versions: Default::default(),
        graph: Graph::new(steps.len()),
        steps,
        gates: Vec::new(),
        relabels: Vec::new(),
        verdicts,
        unmanaged: Vec::new(),
        under_way: BTreeSet::new(),
        brakes: Brakes::default(),
        gaps: Vec::new(),
        expired: Vec::new(),
        chosen: None,
        ledger_updates: Default::default(),
        before: Default::default(),
    }
}

/// What becomes of one address.
fn verdict(before: Option<&Resource>, after: Option<&Resource>) -> Option<Verdict> {
    let resource = after.or(before)?;
    Some(Verdict::of(resource, decision(before, after)?, None))
}

/// What is external is never made, changed or removed.
fn decision(before: Option<&Resource>, after: Option<&Resource>) -> Option<Decision> {
    let ours = |resource: Option<&Resource>| resource.filter(|resource| !resource.external).is_some();
    Some(match (before, after) {
        (_, Some(_)) if !ours(after) => match ours(before) {
            true => Decision::Release("it is external from now on".to_owned()),
            false => Decision::Same,
        },
        (_, Some(_)) if !ours(before) => Decision::Create(Cause::Change),
        (Some(before), Some(after)) => changed(before, after),
        (Some(_), None) if ours(before) => Decision::Delete(DeleteCause::Undeclared),
        (Some(_), None) => Decision::Same,
        (None, _) => return None,
    })
}

fn changed(before: &Resource, after: &Resource) -> Decision {
    let fields = fields::changes(before, after);
    let is_replaced = fields.iter().any(|change| change.replaces(after.kind));
    match (fields.is_empty(), is_replaced) {
        (true, _) => Decision::Same,
        (false, true) => Decision::Replace { fields, order: ReplaceOrder::DeleteFirst, because: None },
        (false, false) => Decision::Update { fields, adopt: false },
    }
}

/// The line of the plan for a verdict by which something is to change; of a replacement there is one.
fn step(verdict: &Verdict, before: Option<&Resource>, after: Option<&Resource>) -> Option<Step> {
    let (verb, fields, because) = match &verdict.decision {
        Decision::Create(_) => (Verb::Create, after.map(fields::given).unwrap_or_default(), None),
        Decision::Update { fields, .. } => (Verb::Update, fields.clone(), None),
        Decision::Replace { fields, .. } => (Verb::ReplaceCreate, fields.clone(), None),
        Decision::Delete(cause) => (Verb::Delete, Vec::new(), Some(cause.as_str().to_owned())),
        Decision::Same | Decision::Adopt | Decision::Release(_) | Decision::Hold(_) => return None,
    };
    Some(Step {
        address: verdict.address.clone(),
        kind: verdict.kind,
        verb,
        cause: verdict.decision.cause(),
        because,
        disruption: disruption(verb, &fields, before),
        fields,
        calls: Vec::new(),
        leaves: Vec::new(),
        relies_on: None,
        found: Default::default(),
        shared: None,
        id: None,
        timing: Timing::Any,
        not_after: None,
        place: verdict.place.clone(),
        origin: verdict.origin.clone(),
    })
}

/// What a change does to traffic, as far as the tables and the files say it.
fn disruption(verb: Verb, fields: &[FieldChange], before: Option<&Resource>) -> Disruption {
    let changed = fields.iter().map(FieldChange::disruption).max().unwrap_or(Disruption::None);
    match verb {
        Verb::Create if changed == Disruption::Irreversible => changed,
        Verb::Create => Disruption::None,
        Verb::Update => changed,
        _ => before.map_or(changed, |before| changed.max(removal(before.kind, before))),
    }
}

/// What the removal of a resource does: one of which the files don't say whether it carries anything counts as one that does.
fn removal(kind: &'static Kind, resource: &Resource) -> Disruption {
    let find = |name: &str| {
        let field = kind.field(name)?;
        Some((field, resource.fields.get(name).cloned().unwrap_or_else(|| field.default_value())))
    };
    let carries = kind.carries_traffic.is_some_and(|when| when.holds_for(&find) != Some(false));
    if carries { Disruption::Outage } else { Disruption::None }
}
