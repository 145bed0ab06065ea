//! The part of a plan file that is carried out: each step with its calls as templates, what it waits for, what it relies
//! on, and the ledger's rows that come of it.
//!
//! It holds no target's address, no credentials and no secret: these come from the workspace that it is carried out with,
//! whose digest has to be the file's. Content of files stands as its digest.
//!
//! * `sealed`: values, with marks for secrets and later values
//! * `restore`: from the file back to the plan
//! * `without_calls`: what takes no call
//! * `moved`: whether what its steps rely on still is as it was

mod moved;
mod restore;
mod sealed;
mod without_calls;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::{Cause, Decision};
use crate::fabric::FabricOrigin;
use crate::plan::file::without_calls::{AdoptWork, ReleaseWork};
use crate::plan::relied::SharedContent;
use crate::plan::{Call, LedgerUpdate, Payload, Plan, PurposeWord, Step, Timing, Verb};
use crate::secret::FingerprintKey;
use crate::spec::{CallSpec, Disruption, Kind};
use crate::state::base::{Base, Entry};
use crate::state::relabel::Relabel;
use crate::topology::{Allowance, ItemPlace, Reason, Topology};
use wire::Method;

pub(crate) use moved::{Moved, moved};
pub(crate) use restore::{Restored, restore};
pub(crate) use sealed::{SecretsByPrint, open, seal};

/// All that carrying a plan out takes, beside the workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Work {
    /// The servers' versions, by target: another one may take other calls.
    versions: BTreeMap<String, String>,
    /// The targets of which somebody said that another installation is the same network.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    moved: BTreeSet<String>,
    /// The steps, in the plan's order.
    steps: Vec<StepWork>,
    /// What each gate waits for: the numbers of steps and, behind these, of gates, with the reasons.
    gates: Vec<GateWork>,
    /// The entries of the ledger that go by other addresses from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Value>")]
    relabels: Vec<Relabel>,
    /// The objects that become owned as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    adopts: Vec<AdoptWork>,
    /// What is let go of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    releases: Vec<ReleaseWork>,
    /// What the ledger is to remember of the resources of all these.
    rows: BTreeMap<String, RowWork>,
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct GateWork {
    name: String,
    after: Vec<(usize, String)>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct StepWork {
    #[schemars(with = "String")]
    address: Address,
    verb: Verb,
    cause: Option<Cause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    disruption: Disruption,
    fields: Vec<FieldWork>,
    calls: Vec<CallWork>,
    /// What it waits for, with the reasons.
    after: Vec<(usize, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What its object leaves behind, with the ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<(String, String)>")]
    leaves: Vec<(Address, String)>,
    #[serde(default, skip_serializing_if = "Timing::is_any")]
    #[schemars(with = "Value")]
    timing: Timing,
    /// The fields of the live object that it relies on, as keyed digests; empty where there was no object.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    found: BTreeMap<String, String>,
    /// The keyed digest of the ledger's row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<String>,
    /// What others share of its object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared: Option<SharedWork>,
    /// The declaration of the fabric that its resource comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Value>")]
    origin: Option<FabricOrigin>,
}

/// What others share of an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SharedWork {
    fields: BTreeSet<String>,
    print: String,
}

/// A field that a step writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct FieldWork {
    name: String,
    before: Value,
    after: Value,
    cause: Cause,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CallWork {
    /// The kind whose table declares it, and its number among the calls that this kind declares.
    declared: (String, usize),
    method: Method,
    path: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// The digest of the file that is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    purpose: PurposeWord,
    /// The field that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The pieces of the paths that are looked at until it is done, the job's id between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    polls: Vec<Vec<Value>>,
    /// The path of the list in which its result shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shows_in: Option<Value>,
}

/// What the ledger is to remember of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RowWork {
    wanted: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    cleared: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    live_lists: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    expressions: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(with = "BTreeSet<String>")]
    after: BTreeSet<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unknown: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Value>")]
    partial: BTreeMap<String, ItemPlace>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

impl Work {
    /// The work of a plan that was made beside what is owned. Its digests are under the ledger's key.
    pub(crate) fn of(topology: &Topology, plan: &Plan, base: &Base) -> Work {
        let mut owned = base.clone();
        owned.relabel(&plan.relabels);
        let writer = WorkWriter { topology, plan, owned: &owned, key: &base.key };
        let adopted = |decision: &Decision| matches!(decision, Decision::Adopt);
        let adopts = plan.verdicts.iter().filter(|verdict| adopted(&verdict.decision));
        let releases = plan.verdicts.iter().filter_map(|verdict| match &verdict.decision {
            Decision::Release(reason) => Some((verdict, reason)),
            _ => None,
        });
        let written: BTreeSet<&Address> =
            plan.steps.iter().map(|step| &step.address).chain(adopts.clone().map(|verdict| &verdict.address)).collect();
        Work {
            versions: plan.versions.clone(),
            moved: topology
                .targets
                .keys()
                .filter(|target| topology.policy.allow.covers(Reason::Moved, &Address::first_of(target)))
                .cloned()
                .collect(),
            steps: plan.steps.iter().enumerate().map(|(n, step)| writer.step(n, step)).collect(),
            gates: plan
                .gates
                .iter()
                .enumerate()
                .map(|(n, name)| GateWork { name: name.clone(), after: writer.after(plan.steps.len() + n) })
                .collect(),
            relabels: plan.relabels.clone(),
            adopts: adopts
                .map(|verdict| AdoptWork {
                    address: verdict.address.clone(),
                    id: verdict.id.clone(),
                    row: writer.row_digest(&verdict.address),
                })
                .collect(),
            releases: releases
                .map(|(verdict, reason)| ReleaseWork {
                    address: verdict.address.clone(),
                    id: verdict.id.clone(),
                    reason: reason.clone(),
                    row: writer.row_digest(&verdict.address),
                })
                .collect(),
            rows: written
                .into_iter()
                .filter_map(|address| Some((address.to_string(), writer.row(plan.ledger_updates.get(address)?))))
                .collect(),
        }
    }

    /// What was allowed of installations when it was made.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = Allowance> {
        self.moved.iter().map(|target| Allowance::new(Reason::Moved, target))
    }

    /// The resources that it changes, takes over and lets go of.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        let steps = self
            .steps
            .iter()
            .flat_map(|step| std::iter::once(&step.address).chain(step.leaves.iter().map(|(address, _)| address)));
        let adopts = self.adopts.iter().map(|adopt| &adopt.address);
        steps.chain(adopts).chain(self.releases.iter().map(|release| &release.address))
    }
}

/// The keyed digest of what a row of the ledger says of an object. When and by which run it was written makes no difference.
fn row_digest(row: Option<&Entry>, key: &FingerprintKey) -> Option<String> {
    let row = Entry { stamp: None, commit: None, run: None, ..row?.clone() };
    // A row is text, numbers and JSON: writing it can't fail.
    Some(key.print(&serde_json::to_string(&row).unwrap_or_default()))
}

/// What a plan's work is written from.
struct WorkWriter<'w> {
    topology: &'w Topology,
    plan: &'w Plan,
    owned: &'w Base,
    key: &'w FingerprintKey,
}

impl WorkWriter<'_> {
    fn after(&self, node: usize) -> Vec<(usize, String)> {
        self.plan.graph.after(node).map(|(first, why)| (first, why.clone())).collect()
    }

    fn row_digest(&self, address: &Address) -> Option<String> {
        row_digest(self.owned.entry(address), self.key)
    }

    fn step(&self, n: usize, step: &Step) -> StepWork {
        let shared = |content: &SharedContent| {
            let (fields, print) = content.printed(self.key);
            SharedWork { fields, print }
        };
        StepWork {
            address: step.address.clone(),
            verb: step.verb,
            cause: step.cause,
            because: step.because.clone(),
            disruption: step.disruption,
            fields: step
                .fields
                .iter()
                .map(|change| FieldWork {
                    name: change.name.clone(),
                    before: sealed::seal(&change.before, self.key),
                    after: sealed::seal(&change.after, self.key),
                    cause: change.cause,
                })
                .collect(),
            calls: step.calls.iter().filter_map(|call| self.call(step, call)).collect(),
            after: self.after(n),
            id: step.id.clone(),
            leaves: step.leaves.clone(),
            timing: step.timing.clone(),
            found: step.found.clone(),
            row: self.row_digest(&step.address),
            shared: step.shared.as_ref().map(shared),
            origin: step.origin.as_deref().cloned(),
        }
    }

    fn call(&self, step: &Step, call: &Call) -> Option<CallWork> {
        let seal = |attr| sealed::seal(attr, self.key);
        let (purpose, field) = call.purpose.words();
        let (body, file) = match &call.body {
            Payload::None => (None, None),
            Payload::Json(body) => (Some(seal(body)), None),
            Payload::File(file) => (None, Some(file.sha256.clone())),
        };
        Some(CallWork {
            declared: self.declared(step, call.spec)?,
            method: call.method,
            path: seal(&call.path),
            body,
            file,
            purpose,
            field: field.map(str::to_owned),
            polls: call.polls.iter().map(|path| path.pieces().iter().map(seal).collect()).collect(),
            shows_in: call.shows_in.as_ref().map(|list| seal(&list.path)),
        })
    }

    /// The place of a call in the tables: of the step's kind, or of what its object leaves behind.
    fn declared(&self, step: &Step, spec: &'static CallSpec) -> Option<(String, usize)> {
        let provider = self.topology.targets.get(step.address.target())?.provider;
        let left = step.leaves.iter().filter_map(|(address, _)| provider.kind(address.kind()));
        std::iter::once(step.kind).chain(left).find_map(|kind| Some((kind.name.to_owned(), number(kind, spec)?)))
    }

    fn row(&self, update: &LedgerUpdate) -> RowWork {
        let seal = |fields: &ResolvedFields| {
            fields.iter().map(|(name, attr)| (name.clone(), sealed::seal(attr, self.key))).collect()
        };
        // Destructured, so that nothing new is forgotten: kind and content come from the workspace.
        let LedgerUpdate {
            kind: _,
            files: _,
            wanted,
            content_id,
            partial,
            unknown,
            cleared,
            live_lists,
            expressions,
            after,
            id,
            stamp,
            origin,
        } = update;
        RowWork {
            wanted: seal(wanted),
            cleared: cleared.clone(),
            live_lists: seal(live_lists),
            expressions: expressions.clone(),
            after: after.clone(),
            id: id.clone(),
            content_id: content_id.clone(),
            stamp: stamp.clone(),
            unknown: unknown.clone(),
            partial: partial.clone(),
            origin: origin.clone(),
        }
    }
}

/// The number of a call among those that a kind declares.
fn number(kind: &'static Kind, spec: &'static CallSpec) -> Option<usize> {
    declared_calls(kind).position(|other| std::ptr::eq(other, spec))
}

fn declared_calls(kind: &'static Kind) -> impl Iterator<Item = &'static CallSpec> {
    kind.calls().into_iter().filter_map(|call| call.spec)
}
