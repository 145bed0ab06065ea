//! What is left alone on purpose although it differs: rules that turn a decision into a hold.
//!
//! A hold keeps the decision that it stands for, so that drift which may not be healed is still told.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::compare::Wired;
use crate::diff::index::Index;
use crate::diff::leads::leads_to;
use crate::diff::live::Live;
use crate::diff::removals::referred_by;
use crate::diff::verdict::{Decision, FieldChange, Hold, Verdict};
use crate::spec::{Change, Destroys, Disruption, Field, Kind, canonical};
use crate::topology::{Resource, Topology};

/// What a rule looks at.
pub struct Case<'c> {
    /// Whose policy holds.
    pub topology: &'c Topology,
    /// What is decided on.
    pub address: &'c Address,
    /// Its kind.
    pub kind: &'c Kind,
    /// What is declared, unless it is to go.
    pub resource: Option<&'c Resource>,
    /// What is there, if anything.
    pub live: Option<&'c Live>,
    /// The server's version, where it tells one.
    pub version: Option<&'c str>,
}

/// A reason to leave something alone.
type Rule = fn(&Case<'_>, &Decision) -> Option<Hold>;

/// The rules. The first that has something to say decides.
const RULES: [Rule; 8] = [without_id, state, create_only, version, foreign, precious, protected, irreversible];

impl Case<'_> {
    /// The decision, or the hold that takes its place.
    pub fn restrain(&self, decision: Decision) -> Decision {
        match RULES.iter().find_map(|rule| rule(self, &decision)) {
            Some(hold) => Decision::Hold(hold.instead_of(decision)),
            None => decision,
        }
    }
}

/// An object that is shown without the id which its calls need: a path with a hole in it means another thing.
fn without_id(case: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let touches = matches!(decision, Decision::Update { .. } | Decision::Replace { .. } | Decision::Delete(_));
    if !touches || !lacks_id(case.kind, case.live?) {
        return None;
    }
    let hold = Hold::new("no-id", format!("the API does not show its `{}`, which the call needs", case.kind.api.id));
    Some(hold.help("change it at the controller's console"))
}

fn lacks_id(kind: &Kind, live: &Live) -> bool {
    let mut calls = kind.api.update.iter().chain(kind.api.remove);
    live.id.is_empty() && calls.any(|call| call.path.contains("{id}"))
}

/// The code of what is held because of the state that it is in.
const STATE: &str = "state";

/// What is in a state that no change finds an answer in, or that the controller is still at work on. What is broken or
/// about to go is not as wanted, even if it does not differ.
fn state(case: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let (live, states) = (case.live?, case.kind.api.states?);
    let word = live.state(case.kind)?;
    let is = |other: &str| other.eq_ignore_ascii_case(word);
    let differs = match decision {
        Decision::Update { .. } | Decision::Replace { .. } => true,
        Decision::Same | Decision::Adopt => false,
        Decision::Create(_) | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => return None,
    };
    let mut stuck = states.held.iter().chain(states.failed);
    if let Some((_, help)) = stuck.find(|(stuck, _)| is(stuck)) {
        return Some(Hold::new(STATE, format!("it is in state `{word}`")).help(*help));
    }
    let matters = if differs { live.is_busy(case.kind) } else { states.leaving.iter().any(|leaving| is(leaving)) };
    matters.then(|| {
        Hold::new("busy", format!("the controller is still at work on it: state `{word}`"))
            .help("run again when it is done")
    })
}

/// A create-only field that has no value yet may be given one.
fn create_only(_: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let is_fixed = |change: &&FieldChange| {
        change.field.is_some_and(|field| matches!(field.change, Change::Fixed)) && !change.before.is_null()
    };
    let change = decision.fields().iter().find(is_fixed)?;
    let hold = Hold::new("create-only", format!("`{}` can't be changed after create", change.name));
    Some(hold.help("put the live value back into the file, or declare a new resource beside it"))
}

/// The server may be too old for a field, or lack the call that changes it.
fn version(case: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let field = match decision {
        Decision::Create(_) => {
            let declared = case.resource?.fields.iter();
            let mut fields = declared.filter_map(|(name, wanted)| Some((case.kind.field(name)?, wanted)));
            let is_beyond = |(field, wanted): &(&Field, &Attr)| {
                !field.is_known(case.version)
                    && field.default_value() != canonical(&field.ty, wanted)
                    && !(field.required && field.default.is_none())
            };
            fields.find(is_beyond)?.0
        }
        _ => decision.fields().iter().filter_map(|change| change.field).find(|field| lacks_call(case, field))?,
    };
    let version = case.version.unwrap_or("an unknown version");
    let hold = Hold::new("version", format!("the server ({version}) has no call that sets `{}`", field.name));
    Some(hold.help("take the field out of the file, or upgrade the server"))
}

fn lacks_call(case: &Case<'_>, field: &Field) -> bool {
    let updates = case.kind.api.update;
    let by_update = matches!(field.change, Change::InPlace | Change::Fixed) && !updates.is_empty();
    !field.is_known(case.version) || by_update && !updates.iter().any(|call| call.versions.include(case.version))
}

/// What the controller made itself would not come back.
fn foreign(case: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let why = case.live?.foreign?;
    let replaces = matches!(decision, Decision::Replace { .. });
    replaces.then(|| Hold::new("foreign", format!("it would have to be made anew, but it is not ours: {why}")))
}

/// What takes a lot with it goes only if that is meant.
fn precious(case: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let why = match decision {
        Decision::Delete(cause) => cause.as_str(),
        Decision::Replace { .. } => "it would be made anew",
        _ => return None,
    };
    let allowed = case.topology.policy.allow_destroy.iter().any(|pattern| case.address.matches(pattern));
    if case.kind.removal != Destroys::Everything || allowed {
        return None;
    }
    let hold = Hold::new("precious", format!("removing it destroys everything in it ({why})"));
    Some(hold.help(format!("if that is meant, run with `--allow-destroy {}`", case.address)))
}

/// The policy may forbid that something is removed.
fn protected(case: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let pattern = case.topology.policy.protect.iter().find(|pattern| case.address.matches(pattern))?;
    let removes = matches!(decision, Decision::Replace { .. } | Decision::Delete(_));
    removes.then(|| {
        let hold = Hold::new("protected", format!("it would be removed, but `{pattern}` protects it"));
        hold.help("take the pattern out of `policy.protect` in a commit of its own")
    })
}

/// The code of what is held because it can't be taken back. What comes after it needs it done, there or not.
const IRREVERSIBLE: &str = "irreversible";

/// What can't be taken back is done where the policy says so: in the file, or on the command line for this once.
fn irreversible(case: &Case<'_>, decision: &Decision) -> Option<Hold> {
    let is_final = |field: &Field| field.disruption == Disruption::Irreversible;
    let field = match decision {
        Decision::Create(_) => {
            let set = &case.resource?.fields;
            case.kind.fields.iter().find(|field| is_final(field) && set.contains_key(field.name))
        }
        _ => decision.fields().iter().filter_map(|change| change.field).find(|field| is_final(field)),
    }?;
    if case.topology.policy.allow_irreversible.iter().any(|pattern| case.address.matches(pattern)) {
        return None;
    }
    let hold = Hold::new(IRREVERSIBLE, format!("setting `{}` can't be taken back", field.name));
    Some(hold.help(format!(
        "if that is meant, run with `--allow-irreversible {}`, or name it in `policy.allow-irreversible`",
        case.address
    )))
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
            if let Some(needs) = needed_of(topology, verdict, wired, &missing) {
                verdict.hold(Hold::new("waits", format!("it needs `{needs}`, which is held")));
                more.insert(verdict.address.clone());
            }
        }
        missing = more;
    }
}

/// Nobody gets a one-time output of something that has had its use of one.
pub fn hold_spent(index: &Index<'_>, wired: &BTreeMap<Address, Wired>, verdicts: &mut [Verdict]) {
    let is_made_anew = |verdict: &&Verdict| matches!(verdict.decision, Decision::Replace { .. });
    let sources = verdicts.iter().filter(|verdict| !is_made_anew(verdict));
    let spent: BTreeMap<Address, (&str, &str)> = sources
        .filter_map(|verdict| {
            let issue = verdict.kind.issues?;
            let why = issue.refusal(&index.live(&verdict.address)?.raw)?;
            Some((verdict.address.clone(), (issue.field, why)))
        })
        .collect();
    for verdict in verdicts.iter_mut().filter(|_| !spent.is_empty()) {
        let Some(fields) = wired.get(&verdict.address) else { continue };
        let changed: Vec<&str> = match &verdict.decision {
            Decision::Create(_) => fields.keys().map(String::as_str).collect(),
            decision => decision.fields().iter().map(|change| change.name.as_str()).collect(),
        };
        let mut needs = None;
        for attr in changed.into_iter().filter_map(|name| fields.get(name)) {
            attr.for_each_output(&mut |output| {
                if let Some((_, why)) = spent.get(&output.address).filter(|(field, _)| *field == output.field) {
                    needs.get_or_insert_with(|| (output.address.clone(), output.field.clone(), *why));
                }
            });
        }
        if let Some((address, field, why)) = needs.filter(|_| !matches!(verdict.decision, Decision::Hold(_))) {
            let hold = Hold::new("spent", format!("it needs `{address}.{field}`, and {why}"));
            verdict.hold(hold.help("remove what has enrolled and declare it anew, or give the value as a secret"));
        }
    }
}

/// Nothing is written to what lives in something that takes no change.
pub fn hold_within(verdicts: &mut [Verdict]) {
    let is_stuck = |verdict: &&Verdict| matches!(&verdict.decision, Decision::Hold(hold) if hold.code == STATE);
    let stuck: BTreeSet<Address> = verdicts.iter().filter(is_stuck).map(|verdict| verdict.address.clone()).collect();
    for verdict in verdicts.iter_mut() {
        let writes = matches!(
            verdict.decision,
            Decision::Create(_) | Decision::Update { .. } | Decision::Replace { .. } | Decision::Delete(_)
        );
        let mut above = std::iter::successors(verdict.address.parent(), Address::parent);
        if writes && let Some(parent) = above.find(|parent| stuck.contains(parent)) {
            verdict.hold(Hold::new("waits", format!("it lives in `{parent}`, which takes no change now")));
        }
    }
}

/// Which of these a verdict's resource needs.
fn needed_of(
    topology: &Topology,
    verdict: &Verdict,
    wired: &BTreeMap<Address, Wired>,
    missing: &BTreeSet<Address>,
) -> Option<Address> {
    let mut needs = verdict.address.parent().filter(|parent| missing.contains(parent));
    for attr in wired.get(&verdict.address).into_iter().flat_map(BTreeMap::values) {
        attr.for_each_output(&mut |output| {
            if missing.contains(&output.address) {
                needs.get_or_insert(output.address.clone());
            }
        });
    }
    // Of what comes first whatever it is, a thing of which there is one is needed by all that come after it.
    let target = verdict.address.target();
    let single = verdict.kind.after.iter().map(|(first, _)| Address::new(target, first, None));
    let resource = topology.resources.get(&verdict.address);
    let led_to = resource.map(|resource| leads_to(topology, resource)).unwrap_or_default();
    let mut first = single.chain(led_to.into_iter().map(|(address, _)| address));
    needs.or_else(|| first.find(|address| missing.contains(address)))
}

/// What a live object that stays as it is still needs can't be removed: no server would, or the object would break.
pub fn keep_what_is_needed(topology: &Topology, index: &Index<'_>, verdicts: &mut [Verdict]) {
    let is_held = |verdict: &&Verdict| matches!(verdict.decision, Decision::Hold(_));
    let mut stays: Vec<(Address, &'static Kind)> =
        verdicts.iter().filter(is_held).map(|verdict| (verdict.address.clone(), verdict.kind)).collect();
    while !stays.is_empty() {
        let mut needed: BTreeMap<Address, Address> = BTreeMap::new();
        for (address, kind) in &stays {
            let Some(live) = index.live(address) else { continue };
            for other in referred_by(topology, index, address, kind, live).into_iter().chain(address.parent()) {
                needed.entry(other).or_insert_with(|| address.clone());
            }
        }
        stays.clear();
        for verdict in verdicts.iter_mut().filter(|verdict| matches!(verdict.decision, Decision::Delete(_))) {
            if let Some(referrer) = needed.get(&verdict.address) {
                verdict.hold(Hold::new("needed", format!("`{referrer}` needs it and is held")));
                stays.push((verdict.address.clone(), verdict.kind));
            }
        }
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
        let lacks = |kind: &'static Kind, raw| lacks_id(kind, &Live::new(kind, raw));
        assert!(lacks(&BY_ID, json!({"address": "192.0.2.1"})));
        assert!(!lacks(&BY_ID, json!({"id": 4})));
        assert!(!lacks(&BY_NAME, json!({"address": "192.0.2.1"})));
    }
}
