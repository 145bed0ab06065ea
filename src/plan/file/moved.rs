//! Whether what a plan's steps rely on still is as it was when the plan was made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::diff::compare::compare;
use crate::diff::index::{Index, Placement};
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::Resolver;
use crate::diff::standing;
use crate::plan::file::{Work, row_digest};
use crate::plan::relied::prints;
use crate::plan::{Plan, Step, Verb};
use crate::state::base::Base;
use crate::state::live::{Collection, Live, Observed};
use crate::state::output::taken_output;
use crate::topology::Topology;

/// What has moved since a plan was made.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    /// The resources that are held, each with the reason.
    pub held: BTreeMap<Address, String>,
    /// The resources that are as the plan wants them already, since it was carried out before; with the object, if there is
    /// to be one.
    pub done: BTreeMap<Address, Option<Live>>,
    /// The steps of these, by their places, that need not be done. What is asked for once is asked for as long as a step
    /// that takes it is open.
    pub settled: BTreeSet<usize>,
}

/// Looks at all that a plan relies on, in lists that were read for it. `work` is what the file says, `plan` the same
/// restored.
pub(crate) fn moved(
    topology: &Topology,
    observed: &Observed,
    index: &Index<'_>,
    base: &Base,
    (work, plan): (&Work, &Plan),
) -> Moved {
    let mut owned = base.clone();
    owned.relabel(&plan.relabels);
    let mut by_id = ObjectsById::new();
    for (target, view) in &observed.targets {
        add_by_id(target, &view.collections, &mut by_id);
    }
    let case = Case { topology, observed, index, by_id, owned: &owned, base, plan };
    let mut moved = Moved::default();
    for (step, was) in plan.steps.iter().zip(&work.steps) {
        let is_beside = matches!(step.verb, Verb::Issue | Verb::Find) && moved.done.contains_key(&step.address);
        if moved.held.contains_key(&step.address) || is_beside {
            continue;
        }
        if case.is_done(step) {
            moved.done.insert(step.address.clone(), case.live(step).cloned());
        } else if let Some(why) = case.of_target(&step.address).or_else(|| case.of_step(step, was.row.as_deref())) {
            moved.held.insert(step.address.clone(), why);
        }
    }
    // A replacement is two steps, and one is nothing without the other.
    moved.done.retain(|address, _| !moved.held.contains_key(address));
    moved.settled = settled(plan, &moved.done);
    for adopt in &work.adopts {
        let address = &adopt.address;
        if owned.entry(address).is_some() && case.of_adoption(address, adopt.id.as_deref()).is_none() {
            moved.done.insert(address.clone(), None);
            continue;
        }
        let why = case.of_target(address).or_else(|| case.of_row(address, adopt.row.as_deref()));
        let why = why.or_else(|| case.of_adoption(address, adopt.id.as_deref()));
        moved.held.extend(why.map(|why| (address.clone(), why)));
    }
    for release in &work.releases {
        if owned.entry(&release.address).is_none() {
            moved.done.insert(release.address.clone(), None);
            continue;
        }
        let why = case.of_row(&release.address, release.row.as_deref());
        moved.held.extend(why.map(|why| (release.address.clone(), why)));
    }
    moved
}

/// The steps of what is done that nobody needs any more.
fn settled(plan: &Plan, done: &BTreeMap<Address, Option<Live>>) -> BTreeSet<usize> {
    let then = plan.graph.then();
    let is_done = |n: &usize| plan.steps.get(*n).is_some_and(|step| done.contains_key(&step.address));
    let is_beside = |n: usize| matches!(plan.steps[n].verb, Verb::Issue | Verb::Find);
    let is_needed = |n: usize| then[n].iter().any(|next| *next < plan.steps.len() && !is_done(next));
    (0..plan.steps.len()).filter(|n| is_done(n) && !(is_beside(*n) && is_needed(*n))).collect()
}

/// The live objects by target, kind and id.
type ObjectsById<'o> = HashMap<(&'o str, &'static str, &'o str), &'o Live>;

fn add_by_id<'o>(target: &'o str, collections: &'o [Collection], all: &mut ObjectsById<'o>) {
    for collection in collections {
        for live in collection.objects() {
            all.entry((target, collection.kind.name, &live.id)).or_insert(live);
            add_by_id(target, &live.children, all);
        }
    }
}

struct Case<'c> {
    topology: &'c Topology,
    observed: &'c Observed,
    index: &'c Index<'c>,
    by_id: ObjectsById<'c>,
    /// The ledger with the labels of the plan.
    owned: &'c Base,
    base: &'c Base,
    plan: &'c Plan,
}

impl Case<'_> {
    /// Why nothing can be done at a target now.
    fn of_target(&self, address: &Address) -> Option<String> {
        let target = address.target();
        let Some(view) = self.observed.targets.get(target) else { return Some(self.observed.why_unseen(target)) };
        if let Some(hold) = standing::hold(target, &view.standing) {
            return Some(hold.reason);
        }
        let was = self.plan.versions.get(target);
        (view.version.as_ref() != was).then(|| {
            let words = |version: Option<&String>| version.map_or("none".to_owned(), |version| format!("`{version}`"));
            format!("the server's version was {}, and is {} now", words(was), words(view.version.as_ref()))
        })
    }

    /// Why a step is held.
    fn of_step(&self, step: &Step, row: Option<&str>) -> Option<String> {
        self.of_row(&step.address, row).or_else(|| self.of_object(step))
    }

    fn of_row(&self, address: &Address, was: Option<&str>) -> Option<String> {
        let now = row_digest(self.owned.entry(address), &self.base.key);
        let why = match (was, now.as_deref()) {
            (None, None) => return None,
            (Some(was), Some(now)) if was == now => return None,
            (None, Some(_)) => "it was not owned, and is now",
            (Some(_), None) => "it was owned, and is not any more",
            (Some(_), Some(_)) => "the ledger says something else of it now",
        };
        Some(why.to_owned())
    }

    fn of_object(&self, step: &Step) -> Option<String> {
        // What is made in another step's place, or comes along with it, is looked at with that step.
        if matches!(step.verb, Verb::ReplaceCreate | Verb::Find) {
            return None;
        }
        if let Some(Placement::Unseen(why)) = self.index.declared.get(&step.address) {
            return Some(format!("it could not be looked at: {why}"));
        }
        let live = self.live(step);
        match (step.found.is_empty(), live) {
            (true, None) => None,
            (true, Some(_)) if step.verb == Verb::Create => Some("it was not there, and is now".into()),
            (true, Some(_)) => None,
            (false, None) => Some("it was there, and is not any more".into()),
            (false, Some(live)) => {
                let now = prints(step.kind, live, &self.base.key);
                let names = step.found.keys().chain(now.keys()).collect::<BTreeSet<_>>();
                let other = names.into_iter().filter(|name| step.found.get(*name) != now.get(*name));
                let told: Vec<String> = other.map(|name| self.told(step, live, name)).collect();
                (!told.is_empty()).then(|| told.join(", "))
            }
        }
    }

    /// The words for a field that changed: with its values, where the plan shows the field and they are no secrets.
    fn told(&self, step: &Step, live: &Live, name: &str) -> String {
        if name.is_empty() {
            return "it is another object than the one that was planned with".to_owned();
        }
        let shown = step.fields.iter().find(|change| change.name == name && !change.before.has_secret());
        let field = step.kind.field(name).filter(|field| !field.holds_secrets());
        match shown.zip(field) {
            Some((change, field)) => {
                let now = self.topology.secrets.conceal(name, live.value(step.kind, field.name));
                format!("`{name}` was {}, and is {} now", words(&change.before), words(&now))
            }
            None => format!("`{name}` changed"),
        }
    }

    /// Why something is not taken over.
    fn of_adoption(&self, address: &Address, id: Option<&str>) -> Option<String> {
        let live = self.index.live(address);
        let is_it = |live: &&Live| id.is_none_or(|id| live.id == id);
        match live.filter(is_it) {
            None => Some("it is not there any more".into()),
            Some(live) => {
                let fields = self.differing(address, live);
                (!fields.is_empty()).then(|| format!("{} differs now from what the files want", fields.join(", ")))
            }
        }
    }

    /// Says whether what a step is for is so already, and owned.
    fn is_done(&self, step: &Step) -> bool {
        let is_owned = self.owned.entry(&step.address).is_some();
        match (step.verb, self.live(step)) {
            (Verb::Delete, None) => !is_owned && self.was_looked_at(step),
            (Verb::Create | Verb::Update, Some(live)) => is_owned && self.differing(&step.address, live).is_empty(),
            _ => false,
        }
    }

    fn was_looked_at(&self, step: &Step) -> bool {
        !self.index.is_unseen(&step.address)
    }

    /// The fields in which an object is not as wanted.
    fn differing(&self, address: &Address, live: &Live) -> Vec<String> {
        let resource = self.topology.resources.get(address);
        let Some((resource, row)) = resource.zip(self.plan.ledger_updates.get(address)) else { return Vec::new() };
        let resolver = Resolver { topology: self.topology, index: self.index, planned: &PlannedValues::default() };
        let filled = row.wanted.iter().map(|(name, attr)| (name.clone(), attr.fill(&|output| self.output(output))));
        let found = compare(&resolver, resource, &filled.collect(), live, self.owned);
        let names = found.changes.iter().map(|change| format!("`{}`", change.name));
        names.chain(found.held.map(|hold| hold.reason)).collect()
    }

    /// The value of an output, where its object shows.
    fn output(&self, output: &Output) -> Option<Attr> {
        let kind = self.topology.targets.get(output.address.target())?.provider.kind(output.address.kind())?;
        taken_output(self.index.live(&output.address)?, kind, output, &self.topology.secrets)
    }

    fn live(&self, step: &Step) -> Option<&Live> {
        let by_id = || {
            let id = step.id.as_deref().filter(|id| !id.is_empty())?;
            self.by_id.get(&(step.address.target(), step.kind.name, id)).copied()
        };
        match step.verb.removes() {
            true => by_id().or_else(|| self.index.live(&step.address)),
            false => self.index.live(&step.address).or_else(by_id),
        }
    }
}

/// A value as people write it.
fn words(value: &Attr) -> String {
    match value.to_text() {
        Some(text) if !text.is_empty() => text,
        Some(_) => "nothing".to_owned(),
        None => value.to_shown().to_string(),
    }
}
