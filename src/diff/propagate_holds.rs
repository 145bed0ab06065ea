//! How holds spread: to what needs something that is held, lives in it, or is needed by it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::base::Base;
use crate::diff::call_options::call_options;
use crate::diff::guards::{IRREVERSIBLE, STATE};
use crate::diff::index::Index;
use crate::diff::mentions;
use crate::diff::removals::referred_by;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::{Decision, Hold, Verdict};
use crate::spec::{Field, Kind};
use crate::topology::Topology;
use crate::topology::references::{References, Why, home_at};

/// What needs something that is held and not there has to wait as well.
pub(crate) fn hold_back(
    topology: &Topology,
    references: &References<'_>,
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
    if missing.is_empty() {
        return;
    }
    let mut users: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
    for (n, verdict) in verdicts.iter().enumerate() {
        for needed in needs_of(topology, references, index, verdict, resolved) {
            users.entry(needed).or_default().push(n);
        }
    }
    while !missing.is_empty() {
        let mut more = BTreeSet::new();
        for needs in missing {
            for &n in users.get(&needs).into_iter().flatten() {
                let verdict = &mut verdicts[n];
                if !matches!(verdict.decision, Decision::Hold(_)) {
                    verdict.hold(Hold::new("waits", format!("it needs `{needs}`, which is held")));
                    more.insert(verdict.address.clone());
                }
            }
        }
        missing = more;
    }
}

/// A text names what is neither declared nor there: no server would take it, and some take the rest of it.
pub(crate) fn hold_unknown_names(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    verdicts: &mut [Verdict],
) {
    for verdict in verdicts.iter_mut().filter(|verdict| writes_what_is_declared(&verdict.decision)) {
        let Some(resource) = topology.resources.get(&verdict.address) else { continue };
        let named = mentions::undeclared(references, index, resource).into_iter();
        let mut unknown = named.filter(|(word, live)| live.is_none() && word.is_mistake(topology, &resource.address));
        let hold = unknown.find_map(|(word, _)| {
            let target = verdict.address.target();
            let named = format!("`{}` names `{target}/{}/{}`", word.field, word.called.kind, word.name);
            match index.looked.get(&(target.to_owned(), word.called.kind))? {
                None => {
                    let hold = Hold::new("missing-reference", format!("{named}, which is neither declared nor there"));
                    Some(hold.help("declare it, or correct the name"))
                }
                Some(why) => Some(Hold::new(
                    "missing-reference",
                    format!("{named}, which is not declared, and whether it is there could not be looked at: {why}"),
                )),
            }
        });
        if let Some(hold) = hold {
            verdict.hold(hold);
        }
    }
}

fn writes_what_is_declared(decision: &Decision) -> bool {
    matches!(decision, Decision::Create(_) | Decision::Update { .. } | Decision::Replace { .. })
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

/// Everything that a verdict's resource can't do without, the nearest first.
fn needs_of(
    topology: &Topology,
    references: &References<'_>,
    index: &Index<'_>,
    verdict: &Verdict,
    resolved: &BTreeMap<Address, ResolvedFields>,
) -> Vec<Address> {
    let mut needs: Vec<Address> = verdict.address.parent().into_iter().collect();
    for attr in resolved.get(&verdict.address).into_iter().flat_map(BTreeMap::values) {
        attr.for_each_output(&mut |output| needs.push(output.address.clone()));
    }
    // Of what comes first whatever it is, a thing of which there is one is needed by all that come after it.
    let target = verdict.address.target();
    needs.extend(verdict.kind.after.iter().map(|(first, _)| Address::new(target, first, None)));
    let referred = topology.resources.get(&verdict.address).map(|resource| references.of(resource));
    needs.extend(referred.into_iter().flatten().filter_map(|reference| match reference.why {
        Why::LeadsTo(_) | Why::ComesWith | Why::Home(_) => Some(reference.to),
        // What is called by its name and is there is found, whatever becomes of it.
        Why::Mentions(_) | Why::Names(_) if index.live(&reference.to).is_none() => Some(reference.to),
        Why::Mentions(_) | Why::Names(_) | Why::Takes { .. } | Why::LivesIn | Why::KindFirst(_) => None,
    }));
    needs
}

/// What a declared resource still names can't be removed, nor what that lives in.
pub(crate) fn keep_what_is_named(topology: &Topology, index: &Index<'_>, verdicts: &mut [Verdict]) {
    let goes = |verdict: &&mut Verdict| matches!(verdict.decision, Decision::Delete(_));
    let going: BTreeSet<Address> = verdicts.iter_mut().filter(goes).map(|verdict| verdict.address.clone()).collect();
    if going.is_empty() {
        return;
    }
    let references = References::new(topology);
    let mut named: BTreeMap<Address, (Address, String)> = BTreeMap::new();
    for resource in topology.resources.values() {
        let mut see = |to: &Address, field: &str| {
            let around = std::iter::successors(Some(to.clone()), Address::parent);
            for address in around.filter(|address| going.contains(address)) {
                named.entry(address).or_insert_with(|| (resource.address.clone(), field.to_owned()));
            }
        };
        for reference in references.of(resource) {
            if let Why::Names(field) | Why::Mentions(field) | Why::Takes { field, .. } = &reference.why {
                see(&reference.to, field);
            }
        }
        for (word, live) in mentions::undeclared(&references, index, resource) {
            live.into_iter().for_each(|live| see(live, &word.field));
        }
    }
    for verdict in verdicts.iter_mut().filter(goes) {
        if let Some((referrer, field)) = named.get(&verdict.address) {
            let hold = Hold::new("named", format!("`{referrer}` still names it in `{field}`"));
            verdict.hold(hold.help(format!("declare it, or take it out of `{referrer}` first")));
        }
    }
}

/// Nothing can be looked at in a tenant that is not there: it takes a second run once it is made.
pub(crate) fn tell_of_homes(topology: &Topology, verdicts: &mut [Verdict]) {
    let made: BTreeSet<Address> = verdicts
        .iter()
        .filter(|verdict| matches!(verdict.decision, Decision::Create(_)))
        .filter(|verdict| home_at(topology, &verdict.address).is_some())
        .map(|verdict| verdict.address.clone())
        .collect();
    if made.is_empty() {
        return;
    }
    let references = References::new(topology);
    for verdict in verdicts.iter_mut() {
        let Decision::Hold(hold) = &mut verdict.decision else { continue };
        let home = references.homes(&verdict.address).map(|(_, home)| home).find(|home| made.contains(home));
        if let Some(home) = home.filter(|_| hold.is_absent_on()) {
            hold.reason = format!("it is at a target in `{home}`, which is made first");
            hold.help = Some("run `trueup apply` again when that is there".into());
        }
    }
}

/// What a live object that stays as it is still needs can't be removed: no server would, or the object would break.
pub(crate) fn keep_what_is_needed(topology: &Topology, index: &Index<'_>, base: &Base, verdicts: &mut [Verdict]) {
    let is_held = |verdict: &&Verdict| matches!(verdict.decision, Decision::Hold(_));
    let mut stays: Vec<(Address, &'static Kind)> =
        verdicts.iter().filter(is_held).map(|verdict| (verdict.address.clone(), verdict.kind)).collect();
    while !stays.is_empty() {
        let mut needed: BTreeMap<Address, Address> = BTreeMap::new();
        for (address, kind) in &stays {
            let Some(live) = index.live(address) else { continue };
            let refers = referred_by(topology, index, address, kind, live);
            let depended = base.entry(address).into_iter().flat_map(|entry| entry.after.iter().cloned());
            for other in refers.into_iter().chain(address.parent()).chain(depended) {
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
