//! The run-time contract: what a run yields must agree with what its plan said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::diff::base::Base;
use crate::diff::verdict::{Decision, Verdict};
use crate::observe::{Observer, Scope};
use crate::session::Session;
use crate::spec::lookup;
use crate::topology::Topology;

/// A field that is not what its step said it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The resource.
    pub address: Address,
    /// The field; empty when the whole object is not there.
    pub field: String,
    /// What the plan said.
    pub planned: String,
    /// What the controller says.
    pub found: String,
}

/// Looks at the targets once more and compares what was done with what was meant. Also brings the ledger's stamps up to
/// date, so that the next run need not read one by one.
pub async fn verify(
    topology: &Topology,
    base: &mut Base,
    sessions: &BTreeMap<String, Arc<Session>>,
    done: &BTreeSet<Address>,
) -> Vec<Contradiction> {
    let targets: BTreeSet<&str> = done.iter().map(Address::target).collect();
    let sessions: BTreeMap<String, Arc<Session>> = sessions
        .iter()
        .filter(|(name, _)| targets.contains(name.as_str()))
        .map(|(n, s)| (n.clone(), s.clone()))
        .collect();
    let (observed, _) = Observer::new(topology, base, Scope::Declared).observe(&sessions).await;
    let diff = crate::diff::diff(topology, &observed, base);
    let mut found = Vec::new();
    for verdict in diff.verdicts.iter().filter(|verdict| done.contains(&verdict.address)) {
        match &verdict.decision {
            Decision::Update { fields, .. } | Decision::Replace { fields, .. } => {
                found.extend(fields.iter().map(|change| Contradiction {
                    address: verdict.address.clone(),
                    field: change.name.clone(),
                    planned: change.after.to_shown().to_string(),
                    found: change.before.to_shown().to_string(),
                }));
            }
            Decision::Create(_) => found.push(Contradiction {
                address: verdict.address.clone(),
                field: String::new(),
                planned: "there".into(),
                found: "not there".into(),
            }),
            Decision::Same | Decision::Adopt | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => {}
        }
        forget_taken_back(topology, base, verdict);
        if let (Some(live), Some(stamp)) = (diff.index.live(&verdict.address), verdict.kind.api.stamp())
            && let Some(entry) = base.entries.get_mut(&verdict.address)
        {
            entry.stamp = lookup(&live.raw, stamp).map(crate::diff::live::text);
        }
    }
    found
}

/// What was taken back, and was seen to be, is no concern of the ledger's any more.
fn forget_taken_back(topology: &Topology, base: &mut Base, verdict: &Verdict) {
    let (Some(resource), Some(entry)) =
        (topology.resources.get(&verdict.address), base.entries.get_mut(&verdict.address))
    else {
        return;
    };
    let differs = |name: &str| verdict.decision.fields().iter().any(|change| change.name == name);
    let is_given = |name: &String| resource.fields.contains_key(name) || resource.cleared.contains(name);
    entry.fields.retain(|name, _| is_given(name) || differs(name));
}
