//! The run-time contract: what a run yields must agree with what its plan said.
//!
//! After a run its targets are looked at once more, list by list. What is not as its step said is told, and the ledger
//! says what is there, not what was meant: the next plan shows the difference, and nobody else is blamed for it.
//!
//! * `health`: whether connections and peers are up
//! * `removed`: the removals, held against what shows

mod health;
mod removed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::address::Address;
use crate::apply::{Outcome, Report};
use crate::attr::Attr;
use crate::diff::Diff;
use crate::diff::compare::live_value;
use crate::diff::verdict::{Cause, Decision, FieldChange, Verdict};
use crate::observe::{Lists, Observer, Scope};
use crate::plan::{Plan, Step, Verb};
use crate::secret::Secret;
use crate::session::{CallError, Session};
use crate::spec::{as_declared, canonical, lookup};
use crate::state::base::{Base, Basis, Entry, Stored};
use crate::state::live::Observed;
use crate::topology::references::References;
use crate::topology::{Resource, Topology};
use crate::verify::removed::Removals;

pub use health::{FabricHealth, HealthLook};

/// How often the targets are looked at while objects are missing or still there: a list may lag behind for a moment.
const LOOKS: usize = 2;

/// The pause between these looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// Something that is not what its step said it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The resource.
    pub address: Address,
    /// The field; empty when the whole object is not there, or still is.
    pub field: String,
    /// The value that the plan said.
    pub planned: String,
    /// The value that the controller says.
    pub found: String,
    /// The words with which the controller had accepted it, if it used any.
    pub said: Option<String>,
}

/// The claims of a run, which the look after it has to confirm.
pub struct RunClaims {
    /// The resources whose steps are done and that should now be as declared, with the fields that others had changed.
    made: BTreeMap<Address, BTreeSet<String>>,
    /// The resources that had a step which failed.
    failed: BTreeMap<Address, FailedStep>,
    removals: Removals,
    /// The controllers' words when they accepted it.
    said: BTreeMap<Address, String>,
}

/// A step that failed.
#[derive(Default)]
struct FailedStep {
    /// The fields that others had changed before it.
    moved: BTreeSet<String>,
    /// The fields that it was to change in place, with what it found there.
    found: BTreeMap<String, Attr>,
    /// Says whether it was to make the object.
    creates: bool,
    /// Says whether nobody knows if the call had its effect, which may show later.
    is_ambiguous: bool,
}

impl FailedStep {
    fn add(&mut self, step: &Step, error: &CallError) {
        let moved = step.fields.iter().filter(|change| is_moved(change));
        self.moved.extend(moved.map(|change| change.name.clone()));
        if step.verb == Verb::Update {
            self.found.extend(step.fields.iter().map(|change| (change.name.clone(), change.before.clone())));
        }
        self.creates |= step.verb.creates();
        self.is_ambiguous |= error.is_ambiguous();
    }

    /// Says whether the step left a field other than it found it, though not as it was meant to.
    fn moved_on(&self, change: &FieldChange) -> bool {
        self.found.get(&change.name).is_some_and(|found| *found != change.before)
    }
}

impl RunClaims {
    /// The claims of a run. `before` is what was owned when it began.
    pub fn of(topology: &Topology, plan: &Plan, report: &Report, before: &Base) -> RunClaims {
        let mut claims = RunClaims {
            made: BTreeMap::new(),
            failed: BTreeMap::new(),
            removals: Removals::of(topology, plan, report, before),
            said: report.said.clone(),
        };
        for (step, outcome) in plan.steps.iter().zip(&report.outcomes) {
            let moved = step.fields.iter().filter(|change| is_moved(change)).map(|change| change.name.clone());
            match outcome {
                _ if step.verb.removes() => {}
                Outcome::Done => claims.made.entry(step.address.clone()).or_default().extend(moved),
                Outcome::Failed(error) => claims.failed.entry(step.address.clone()).or_default().add(step, error),
                Outcome::Skipped(_) | Outcome::Stopped | Outcome::Late => {}
            }
        }
        // Of what is half done nothing is claimed.
        let undone = plan.steps.iter().zip(&report.outcomes).filter(|(_, outcome)| !matches!(outcome, Outcome::Done));
        undone.for_each(|(step, _)| drop(claims.made.remove(&step.address)));
        claims
    }

    /// Says whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.addresses().next().is_none()
    }

    fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.made.keys().chain(self.failed.keys()).chain(self.removals.addresses())
    }
}

/// Looks at the targets once more and compares what was done with what was meant. Also brings the ledger up to date: what
/// is there in place of what was meant, and the stamps, so that the next run need not read one by one.
pub async fn verify(
    topology: &Topology,
    base: &mut Base,
    sessions: &BTreeMap<String, Arc<Session>>,
    claims: &RunClaims,
) -> Vec<Contradiction> {
    let lists = Lists::of(topology, &References::new(topology), claims.addresses());
    let sessions: BTreeMap<String, Arc<Session>> =
        lists.targets().filter_map(|name| Some((name.to_owned(), sessions.get(name)?.clone()))).collect();
    let looked_for = claims.removals.put_back(base);
    let mut look = 1;
    loop {
        let (observed, _) = Observer::new(topology, &looked_for, Scope::Lists(&lists)).observe(&sessions).await;
        let case = Afterwards {
            topology,
            claims,
            observed: &observed,
            diff: crate::diff::diff(topology, &observed, &looked_for),
        };
        let mut after = base.clone();
        let mut found = case.compare(&mut after);
        if look == LOOKS || found.iter().all(|contradiction| !contradiction.field.is_empty()) {
            *base = after;
            for contradiction in &mut found {
                contradiction.said = claims.said.get(&contradiction.address).cloned();
            }
            return found;
        }
        look += 1;
        if let Some(session) = sessions.values().next() {
            session.pause(BETWEEN_LOOKS).await;
        }
    }
}

/// The state that one look after a run shows.
struct Afterwards<'a> {
    topology: &'a Topology,
    claims: &'a RunClaims,
    observed: &'a Observed,
    diff: Diff<'a>,
}

impl Afterwards<'_> {
    /// The resources that are not as their steps said. The ledger is brought up to date.
    fn compare(&self, base: &mut Base) -> Vec<Contradiction> {
        let mut found = Vec::new();
        for verdict in &self.diff.verdicts {
            if self.diff.index.live(&verdict.address).is_some() {
                base.vacated.remove(&verdict.address);
            }
            if let Some(failed) = self.claims.failed.get(&verdict.address) {
                let is_ours = |change: &FieldChange| match is_moved(change) {
                    true => !failed.moved.contains(&change.name),
                    false => failed.moved_on(change),
                };
                self.take_down(base, verdict, &is_ours);
                self.take_down_half_made(base, verdict, failed);
            }
            let Some(moved) = self.claims.made.get(&verdict.address) else { continue };
            match &verdict.decision {
                Decision::Update { fields, .. } | Decision::Replace { fields, .. } => {
                    found.extend(fields.iter().map(|change| not_as_planned(&verdict.address, change)));
                    let is_ours = |change: &FieldChange| is_moved(change) && !moved.contains(&change.name);
                    self.take_down(base, verdict, &is_ours);
                }
                Decision::Create(_) => {
                    found.push(Contradiction {
                        address: verdict.address.clone(),
                        field: String::new(),
                        planned: "there".into(),
                        found: "not there".into(),
                        said: None,
                    });
                    self.forget(base, verdict);
                }
                Decision::Same | Decision::Adopt | Decision::Delete(_) | Decision::Release(_) | Decision::Hold(_) => {}
            }
            forget_taken_back(self.topology, base, verdict);
            self.stamp(base, verdict);
        }
        found.extend(self.claims.removals.still_there(self.observed, &self.diff.index, base));
        found
    }

    /// The ledger says what is there: what our step left, and nobody else changed. What somebody else had changed before
    /// it is still theirs.
    fn take_down(&self, base: &mut Base, verdict: &Verdict, is_ours: &dyn Fn(&FieldChange) -> bool) {
        let (Some(live), Some(resource)) =
            (self.diff.index.live(&verdict.address), self.topology.resources.get(&verdict.address))
        else {
            return;
        };
        let changes = verdict.decision.fields().iter();
        for change in changes.filter(|change| is_ours(change)) {
            let Some(value) = live_value(self.topology, &self.diff.index, resource, &change.name, live) else {
                continue;
            };
            let value = self.topology.secrets.conceal(&change.name, value);
            let stored = kept(base, change, &value);
            let Some(entry) = base.entries.get_mut(&verdict.address) else { continue };
            let before = entry.fields.remove(&change.name);
            if let Some(stored) = stored {
                let basis = before.map_or(Basis::Agreed, |before| before.basis);
                entry.fields.insert(change.name.clone(), Stored::new(stored, basis));
                entry.left.insert(change.name.clone());
            }
        }
    }

    /// What a create brought that failed: what shows is ours, as it is; what does not was not made, unless that may show later.
    fn take_down_half_made(&self, base: &mut Base, verdict: &Verdict, failed: &FailedStep) {
        let address = &verdict.address;
        let is_open = base.entry(address).is_some_and(|entry| entry.made && !entry.is_confirmed());
        let Some(resource) = self.topology.resources.get(address).filter(|_| failed.creates && is_open) else { return };
        let Some(live) = self.diff.index.live(address) else {
            let was_seen = matches!(verdict.decision, Decision::Create(_));
            let is_unknown = |entry: &Entry| entry.id.is_empty();
            if was_seen && !failed.is_ambiguous && base.entry(address).is_some_and(is_unknown) {
                base.entries.remove(address);
            }
            return;
        };
        let mut fields = BTreeMap::new();
        let mut left = BTreeSet::new();
        let is_hidden = |name: &str| {
            verdict.unverified.contains(&name)
                || verdict.notes.trusted.contains(&name)
                || resource.files.contains_key(name)
        };
        for name in resource.fields.keys().filter(|name| !is_hidden(name)) {
            let Some(value) = live_value(self.topology, &self.diff.index, resource, name, live) else { continue };
            let value = resource.kind.field(name).map_or(value.clone(), |field| as_declared(&field.ty, &value));
            let value = self.topology.secrets.conceal(name, value);
            let change = verdict.decision.fields().iter().find(|change| change.name == *name);
            let stored = match change {
                Some(change) => kept(base, change, &value),
                None => self.wanted(resource, name).map(|wanted| base.stored(&wanted)),
            };
            if let Some(stored) = stored.filter(|stored| !stored.is_null()) {
                left.extend(change.map(|change| change.name.clone()));
                fields.insert(name.clone(), Stored::new(stored, Basis::Applied));
            }
        }
        let Some(entry) = base.entries.get_mut(address) else { return };
        entry.id.clone_from(&live.id);
        entry.fields.extend(fields);
        entry.left.extend(left);
    }

    /// The wanted value of a field in the form in which it is compared, once it is known.
    fn wanted(&self, resource: &Resource, name: &str) -> Option<Attr> {
        let (field, wanted) = (resource.kind.field(name)?, self.diff.resolved.get(&resource.address)?.get(name)?);
        (!wanted.is_later()).then(|| canonical(&field.ty, wanted))
    }

    /// An object that does not show was not made, whatever the answer said. Where new objects take their time to show, the
    /// id that the answer gave is kept.
    fn forget(&self, base: &mut Base, verdict: &Verdict) {
        let lags = self.topology.targets.get(verdict.address.target());
        let lags = lags.is_some_and(|target| !target.provider.dialect.visibility_lag.is_zero());
        let Some(entry) = base.entries.get_mut(&verdict.address) else { return };
        if entry.leftovers.is_empty() && (entry.id.is_empty() || !lags) {
            base.entries.remove(&verdict.address);
        } else {
            entry.fields.clear();
        }
    }

    fn stamp(&self, base: &mut Base, verdict: &Verdict) {
        if let (Some(live), Some(stamp)) = (self.diff.index.live(&verdict.address), verdict.kind.api.stamp())
            && let Some(entry) = base.entries.get_mut(&verdict.address)
        {
            entry.stamp = lookup(&live.raw, stamp).map(crate::state::live::text);
        }
    }
}

/// A live value as it is kept, if it may be: in a field that is none of secrets the controller does not say which part of
/// a value is secret, though the files do.
fn kept(base: &Base, change: &FieldChange, live: &Attr) -> Option<Value> {
    let is_secret = change.field.is_some_and(|field| field.is_secret());
    match (change.before.has_secret() || change.after.has_secret(), live.to_text()) {
        (true, Some(text)) => Some(base.stored(&Attr::Secret(Secret::new(change.name.as_str(), text)))),
        (true, None) if !is_secret => None,
        (true | false, _) => Some(base.stored(live)),
    }
}

fn not_as_planned(address: &Address, change: &FieldChange) -> Contradiction {
    Contradiction {
        address: address.clone(),
        field: change.name.clone(),
        planned: change.after.to_shown().to_string(),
        found: change.before.to_shown().to_string(),
        said: None,
    }
}

/// Says whether the controller's value is not the one that the ledger says.
fn is_moved(change: &FieldChange) -> bool {
    matches!(change.cause, Cause::Drift | Cause::Conflict)
}

/// A field that was taken back, and was seen to be, is no concern of the ledger's any more.
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
