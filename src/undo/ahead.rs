//! The way back from a plan, before anything of it is done: what would be taken back, and what could not be.
//!
//! What was made is removed, what changes is set back, what goes is made again. What the tables, the policy or the lack of
//! a secret or of content forbid is told with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::guards::GuardCase;
use crate::diff::take_back;
use crate::diff::verdict::{Decision, DeleteCause};
use crate::plan::file::seal;
use crate::plan::{FieldChange, Plan, Step, Verb};
use crate::spec::{Change, Disruption, Kind};
use crate::state::base::Base;
use crate::topology::Topology;
use crate::topology::references::References;
use crate::undo::{Givers, PastChange, way_back};

/// One thing that the way back would do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StepBack {
    /// The resource.
    pub address: Address,
    /// What would be done.
    pub verb: Verb,
    /// The fields that would be set back.
    pub fields: Vec<String>,
    /// What would not be as it was, a phrase each.
    pub cannot: Vec<String>,
}

/// The way back from a plan, the last step first.
pub(crate) fn ahead(topology: &Topology, plan: &Plan, base: &Base, givers: &Givers<'_>) -> Vec<StepBack> {
    let changes = changes(plan, base);
    let way = way_back(topology, &changes, givers, base, BTreeMap::new());
    let held = way.held.iter().map(|(address, hold)| (address, hold.reason.clone()));
    let mut cannot: BTreeMap<&Address, Vec<String>> = BTreeMap::new();
    let stays = way.stays.iter().map(|(address, why)| (address, why.clone()));
    held.chain(stays).for_each(|(address, why)| cannot.entry(address).or_default().push(why));
    let references = References::new(topology);
    let mut told = BTreeSet::new();
    let mut back = Vec::new();
    for step in plan.steps.iter().rev().filter(|step| step.verb != Verb::Find) {
        // The two halves of a replacement are one.
        if !told.insert((&step.address, step.verb == Verb::Issue)) {
            continue;
        }
        let look = LookAhead { topology, plan, references: &references };
        let mut why = look.cannot(step);
        why.extend(cannot.get(&step.address).into_iter().flatten().filter(|_| step.verb != Verb::Issue).cloned());
        let fields = step.fields.iter().map(|change| change.name.clone()).collect();
        let verb = reverse(step.verb);
        let fields = if verb == Verb::Update { fields } else { Vec::new() };
        back.push(StepBack { address: step.address.clone(), verb, fields, cannot: why });
    }
    back
}

/// What a plan would do, as what would be taken back.
fn changes(plan: &Plan, base: &Base) -> Vec<PastChange> {
    let mut by: BTreeMap<&Address, PastChange> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| !matches!(step.verb, Verb::Issue | Verb::Find)) {
        let found = plan.before.get(&step.address).filter(|_| step.verb != Verb::Create);
        let sealed = found.map(|image| {
            image.fields.iter().map(|(name, attr)| (name.clone(), seal(attr, &base.key))).collect::<BTreeMap<_, _>>()
        });
        let change = by.entry(&step.address).or_insert_with(|| PastChange {
            address: step.address.clone(),
            verb: step.verb,
            before: sealed,
            row: base.entry(&step.address).cloned(),
            changed: BTreeSet::new(),
            left_owned: true,
            let_go: false,
        });
        change.changed.extend(step.fields.iter().map(|change| change.name.clone()));
        if step.verb.creates() {
            change.verb = step.verb;
        }
    }
    by.into_values().collect()
}

fn reverse(verb: Verb) -> Verb {
    match verb {
        Verb::Create => Verb::Delete,
        Verb::Update | Verb::Issue | Verb::Find => Verb::Update,
        Verb::ReplaceRemove | Verb::ReplaceCreate => Verb::ReplaceCreate,
        Verb::Delete => Verb::Create,
    }
}

struct LookAhead<'l> {
    topology: &'l Topology,
    plan: &'l Plan,
    references: &'l References<'l>,
}

impl LookAhead<'_> {
    /// What of a step could not be taken back, as far as tables and policy tell.
    fn cannot(&self, step: &Step) -> Vec<String> {
        match step.verb {
            Verb::Create => self.removal(&step.address, step.kind).into_iter().collect(),
            Verb::Update => step.fields.iter().filter_map(|change| self.setting(step, change)).collect(),
            Verb::Delete | Verb::ReplaceRemove | Verb::ReplaceCreate => self.new_id(step).into_iter().collect(),
            Verb::Issue => vec!["what it gives once can't be asked back".to_owned()],
            Verb::Find => Vec::new(),
        }
    }

    /// Why an object that was made would stay.
    fn removal(&self, address: &Address, kind: &'static Kind) -> Option<String> {
        if !kind.is_removable() {
            return Some("the API can't remove it: it stays, with what the controller made of it".to_owned());
        }
        let case = GuardCase {
            topology: self.topology,
            address,
            kind,
            resource: None,
            live: None,
            foreign: None,
            owned: true,
            version: self.plan.versions.get(address.target()).map(String::as_str),
        };
        match case.guard(Decision::Delete(DeleteCause::TakenBack)) {
            Decision::Hold(hold) => Some(match hold.allow {
                Some(allow) => format!("{}, until `--allow {allow}` says that it is meant", hold.reason),
                None => hold.reason,
            }),
            _ => None,
        }
    }

    /// Why a field would not be set back.
    fn setting(&self, step: &Step, change: &FieldChange) -> Option<String> {
        let (field, name) = (change.field?, &change.name);
        let before = self.plan.before.get(&step.address).and_then(|image| image.fields.get(name));
        if before.is_none_or(Attr::is_nothing) {
            let why = take_back::stays(step.kind, field)?;
            return Some(format!("`{name}`: {why}"));
        }
        let is_final = field.disruption == Disruption::Irreversible || matches!(field.change, Change::Fixed);
        is_final.then(|| format!("`{name}`: it can't be set back once it is set"))
    }

    /// Whoever holds the id of what would come again with another one.
    fn new_id(&self, step: &Step) -> Option<String> {
        let is_chosen = !step.kind.api.id.is_empty() && !step.kind.identity.is_content();
        let going: BTreeSet<&Address> = self.plan.steps.iter().map(|step| &step.address).collect();
        let mut others = self.topology.resources.values().filter(|it| !going.contains(&it.address));
        let names = |other: &&crate::topology::Resource| {
            self.references.of(other).into_iter().any(|reference| reference.to == step.address)
        };
        let other = others.find(names).filter(|_| is_chosen)?;
        Some(format!("`{}` holds its id, and it would come with another one", other.address))
    }
}
