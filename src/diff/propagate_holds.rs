//! How holds spread: to what needs something that is held, lives in it, or is needed by it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::call_options::call_options;
use crate::diff::guards::{IRREVERSIBLE, STATE};
use crate::diff::index::Index;
use crate::diff::removals::referred_by;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::{Decision, Hold, Verdict};
use crate::spec::{Field, Kind};
use crate::topology::Topology;
use crate::topology::references::{References, maker};

/// What needs something that is held and not there has to wait as well.
pub(crate) fn hold_back(
    topology: &Topology,
    index: &Index<'_>,
    resolved: &BTreeMap<Address, ResolvedFields>,
    verdicts: &mut [Verdict],
) {
    let is_missing = |verdict: &Verdict| match &verdict.decision {
        Decision::Hold(hold) => hold.code == IRREVERSIBLE || index.live(&verdict.address).is_none(),
        _ => false,
    };
    let mut missing: BTreeSet<Address> =
        verdicts.iter().filter(|verdict| is_missing(verdict)).map(|verdict| verdict.address.clone()).collect();
    let references = References::new(topology);
    while !missing.is_empty() {
        let mut more = BTreeSet::new();
        for verdict in verdicts.iter_mut().filter(|verdict| !matches!(verdict.decision, Decision::Hold(_))) {
            if let Some(needs) = needed_of(topology, &references, verdict, resolved, &missing) {
                verdict.hold(Hold::new("waits", format!("it needs `{needs}`, which is held")));
                more.insert(verdict.address.clone());
            }
        }
        missing = more;
    }
}

/// Nobody gets a one-time output of something that has had its use of one.
pub(crate) fn hold_used(index: &Index<'_>, resolved: &BTreeMap<Address, ResolvedFields>, verdicts: &mut [Verdict]) {
    let is_made_anew = |verdict: &&Verdict| matches!(verdict.decision, Decision::Replace { .. });
    let sources = verdicts.iter().filter(|verdict| !is_made_anew(verdict));
    let spent: BTreeMap<Address, (&str, &str)> = sources
        .filter_map(|verdict| {
            let issue = verdict.kind.one_time_output?;
            let why = issue.refusal(&index.live(&verdict.address)?.raw)?;
            Some((verdict.address.clone(), (issue.field, why)))
        })
        .collect();
    for verdict in verdicts.iter_mut().filter(|_| !spent.is_empty()) {
        let Some(fields) = resolved.get(&verdict.address) else { continue };
        let is_call_option = |name: &&str| verdict.kind.field(name).is_some_and(Field::is_call_option);
        let changed: Vec<&str> = match &verdict.decision {
            Decision::Create(_) => fields.keys().map(String::as_str).filter(|name| !is_call_option(name)).collect(),
            decision => decision.fields().iter().map(|change| change.name.as_str()).collect(),
        };
        let version = index.versions.get(verdict.address.target()).map(String::as_str);
        let call_options =
            call_options(verdict.kind, &verdict.decision, fields, version).into_iter().map(|field| field.name);
        let mut needs = None;
        for attr in changed.into_iter().chain(call_options).filter_map(|name| fields.get(name)) {
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
pub(crate) fn hold_within(verdicts: &mut [Verdict]) {
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
    references: &References<'_>,
    verdict: &Verdict,
    resolved: &BTreeMap<Address, ResolvedFields>,
    missing: &BTreeSet<Address>,
) -> Option<Address> {
    let mut needs = verdict.address.parent().filter(|parent| missing.contains(parent));
    for attr in resolved.get(&verdict.address).into_iter().flat_map(BTreeMap::values) {
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
    let led_to = resource.map(|resource| references.depends_on_remote(resource)).unwrap_or_default();
    let maker = resource.and_then(|resource| maker(topology, resource)).map(|maker| maker.address.clone());
    let mut first = single.chain(led_to.into_iter().map(|reference| reference.to)).chain(maker);
    needs.or_else(|| first.find(|address| missing.contains(address)))
}

/// What a live object that stays as it is still needs can't be removed: no server would, or the object would break.
pub(crate) fn keep_what_is_needed(topology: &Topology, index: &Index<'_>, verdicts: &mut [Verdict]) {
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
