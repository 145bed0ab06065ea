//! What is left alone on purpose although it differs: by the policy, or because something else is left alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::compare::Wired;
use crate::diff::index::Index;
use crate::diff::leads::leads_to;
use crate::diff::live::Live;
use crate::diff::verdict::{Decision, Hold, Verdict};
use crate::spec::{Disruption, Field, Kind};
use crate::topology::{Resource, Topology};

/// What the workspace's policy and the kind's weight leave of a decision.
pub fn protect(topology: &Topology, address: &Address, decision: Decision) -> Decision {
    let removes = matches!(decision, Decision::Replace { .. } | Decision::Delete(_));
    match topology.policy.protect.iter().find(|pattern| address.matches(pattern)) {
        Some(pattern) if removes => {
            let hold = Hold::new("protected", format!("it would be removed, but `{pattern}` protects it"));
            Decision::Hold(hold.help("take the pattern out of `policy.protect` in a commit of its own"))
        }
        _ => decision,
    }
}

/// The code of what is held because it can't be taken back. What comes after it needs it done, there or not.
const IRREVERSIBLE: &str = "irreversible";

/// What can't be taken back is done where the policy says so: in the file, or on the command line for this once.
pub fn irreversible(topology: &Topology, resource: &Resource, decision: Decision) -> Decision {
    let is_final = |field: &Field| field.disruption == Disruption::Irreversible;
    let field = match &decision {
        Decision::Create(_) => {
            resource.kind.fields.iter().find(|field| is_final(field) && resource.fields.contains_key(field.name))
        }
        Decision::Update { fields, .. } | Decision::Replace { fields, .. } => {
            fields.iter().filter_map(|change| change.field).find(|field| is_final(field))
        }
        Decision::Same | Decision::Adopt | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => None,
    };
    let address = &resource.address;
    let allowed = topology.policy.allow_irreversible.iter().any(|pattern| address.matches(pattern));
    match field {
        Some(field) if !allowed => {
            let hold = Hold::new(IRREVERSIBLE, format!("setting `{}` can't be taken back", field.name));
            Decision::Hold(hold.help(format!(
                "if that is meant, run with `--allow-irreversible {address}`, or name it in `policy.allow-irreversible`"
            )))
        }
        _ => decision,
    }
}

/// An object that is shown without the id which its calls need is left alone: a path with a hole in it means another thing.
pub fn without_id(kind: &Kind, live: &Live) -> Option<Hold> {
    let mut calls = kind.api.update.iter().chain(kind.api.remove);
    (live.id.is_empty() && calls.any(|call| call.path.contains("{id}"))).then(|| {
        let hold = Hold::new("no-id", format!("the API does not show its `{}`, which the call needs", kind.api.id));
        hold.help("change it at the controller's console")
    })
}

/// What needs something that is held and not there has to wait as well.
pub fn hold_back(topology: &Topology, index: &Index<'_>, wired: &BTreeMap<Address, Wired>, verdicts: &mut [Verdict]) {
    let is_missing = |verdict: &Verdict| match &verdict.decision {
        Decision::Hold(hold) => hold.code == IRREVERSIBLE || index.live(&verdict.address).is_none(),
        _ => false,
    };
    let mut missing: BTreeSet<Address> =
        verdicts.iter().filter(|verdict| is_missing(verdict)).map(|verdict| verdict.address.clone()).collect();
    while !missing.is_empty() {
        let mut more = BTreeSet::new();
        for verdict in verdicts.iter_mut().filter(|verdict| !matches!(verdict.decision, Decision::Hold(_))) {
            let mut needs = verdict.address.parent().filter(|parent| missing.contains(parent));
            for attr in wired.get(&verdict.address).into_iter().flat_map(BTreeMap::values) {
                attr.for_each_output(&mut |output| {
                    if missing.contains(&output.address) {
                        needs.get_or_insert(output.address.clone());
                    }
                });
            }
            // Of what comes first whatever it is, a thing of which there is one is needed by all that come after it.
            let single =
                verdict.kind.after.iter().map(|(first, _)| Address::new(verdict.address.target(), first, None));
            let resource = topology.resources.get(&verdict.address);
            let led_to = resource.map(|resource| leads_to(topology, resource)).unwrap_or_default();
            let mut first = single.chain(led_to.into_iter().map(|(address, _)| address));
            let needs = needs.or_else(|| first.find(|address| missing.contains(address)));
            if let Some(needs) = needs {
                verdict.decision = Decision::Hold(Hold::new("waits", format!("it needs `{needs}`, which is held")));
                more.insert(verdict.address.clone());
            }
        }
        missing = more;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::{Api, Body, call};
    use crate::wire::Method;

    #[test]
    fn what_shows_no_id_is_left_alone_where_its_calls_need_one() {
        static BY_ID: Kind =
            Kind { api: Api { remove: &[call(Method::Delete, "/things/{id}", Body::None)], ..Api::NONE }, ..Kind::NEW };
        static BY_NAME: Kind = Kind {
            api: Api { remove: &[call(Method::Delete, "/things/{name}", Body::None)], ..Api::NONE },
            ..Kind::NEW
        };
        let held = |kind: &'static Kind, raw| without_id(kind, &Live::new(kind, raw)).map(|hold| hold.code);
        assert_eq!(held(&BY_ID, json!({"address": "192.0.2.1"})), Some("no-id"));
        assert_eq!(held(&BY_ID, json!({"id": 4})), None);
        assert_eq!(held(&BY_NAME, json!({"address": "192.0.2.1"})), None);
    }
}
