//! From verdicts to the plan: steps, then edges, then one order.

mod disruption;
mod given_nothing;
mod ledger_update;
mod renumber;
mod under_way;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::Diff;
use crate::diff::auto_created::{auto_created_by, listed};
use crate::diff::call_options::call_options;
use crate::diff::companions;
use crate::diff::connections::judge;
use crate::diff::resolve::ResolvedFields;
use crate::diff::verdict::{Cause, Decision, FieldChange, ReplaceOrder, Verdict};
use crate::plan::build::given_nothing::{given_nothing, with_nothing};
use crate::plan::build::renumber::renumber;
use crate::plan::calls::{Writer, is_sequence};
use crate::plan::edges::{cycle, edges};
use crate::plan::fill::{Filler, called};
use crate::plan::halves::half_kinds;
use crate::plan::lists::keep_live;
use crate::plan::relied::{SharedContent, digest, prints};
use crate::plan::{Brakes, Expired, Plan, Step, Timing, Verb, images, timing};
use crate::spec::{Kind, read};
use crate::state::live::{Live, Observed};
use crate::state::output::live_output;
use crate::topology::references::{References, maker};
use crate::topology::{CycleError, Resource, Topology};

/// Makes the plan.
///
/// # Errors
/// A cycle: changes that wait for each other.
pub fn plan(topology: &Topology, observed: &Observed, diff: Diff<'_>) -> Result<Plan, CycleError> {
    let builder = Builder { topology, references: References::new(topology), observed, diff: &diff };
    let mut steps: Vec<Step> = diff.verdicts.iter().flat_map(|verdict| builder.steps(verdict)).collect();
    steps.extend(builder.one_time_outputs(&steps));
    steps.extend(builder.finds(&steps));
    // Removals come last unless an edge wants them earlier; within that, targets, then the catalogue's order of kinds.
    steps.sort_by_cached_key(|step| {
        (
            step.verb == Verb::Delete,
            step.address.target().to_owned(),
            builder.rank(step),
            step.address.clone(),
            step.verb,
        )
    });
    timing::set(topology, &mut steps);
    let (graph, gates) = edges(topology, &builder.references, &diff, &steps);
    let order = timing::order(&graph, &steps)
        .map_err(|ring| cycle(topology, &builder.references, &steps, &gates, &graph, &ring))?;
    let (steps, graph) = renumber(steps, &graph, gates.len(), &order);
    let ledger_updates = topology
        .resources
        .values()
        // What is external is never owned.
        .filter(|resource| !resource.external)
        .map(|resource| (resource.address.clone(), builder.ledger_update(resource)))
        .collect();
    let under_way = builder.under_way(&steps);
    let expired = Expired::of(observed, &diff.index, &diff.verdicts);
    let fabric_findings = judge(topology, &diff);
    Ok(Plan {
        before: images(topology, observed, &diff.index, &steps, &diff.verdicts),
        ledger_updates,
        under_way,
        workspace: topology.workspace.clone(),
        environment: topology.environment.clone(),
        config: topology.digest.clone(),
        commit: topology.commit.clone(),
        key_id: (!diff.key.is_empty()).then(|| diff.key.id()),
        steps,
        graph,
        gates,
        is_whole: true,
        versions: diff.index.versions,
        relabels: diff.index.relabels,
        verdicts: diff.verdicts,
        unmanaged: diff.unmanaged,
        brakes: Brakes::default(),
        gaps: Vec::new(),
        expired,
        chosen: None,
        fabric_findings,
        half_kinds: half_kinds(topology),
    })
}

pub(super) struct Builder<'b> {
    pub(super) topology: &'b Topology,
    pub(super) references: References<'b>,
    observed: &'b Observed,
    pub(super) diff: &'b Diff<'b>,
}

impl Builder<'_> {
    /// The place of a step's kind in the catalogue.
    fn rank(&self, step: &Step) -> usize {
        let target = self.topology.targets.get(step.address.target());
        target.map_or(0, |target| {
            target.provider.kinds.iter().position(|kind| kind.name == step.kind.name).unwrap_or(usize::MAX)
        })
    }

    fn steps(&self, verdict: &Verdict) -> Vec<Step> {
        match &verdict.decision {
            Decision::Create(cause) => {
                let fields = self.with_call_options(verdict, self.declared_fields(&verdict.address));
                vec![self.step(verdict, Verb::Create, Some(*cause), fields, None)]
            }
            Decision::Update { fields, .. } => {
                let because = self.comes_along(verdict);
                let fields = self.with_call_options(verdict, fields.clone());
                vec![self.step(verdict, Verb::Update, verdict.decision.cause(), fields, because)]
            }
            Decision::Adopt => {
                let because = self.comes_along(verdict);
                because.map(|why| self.step(verdict, Verb::Find, None, Vec::new(), Some(why))).into_iter().collect()
            }
            Decision::Replace { fields, because, order } => {
                let cause = verdict.decision.cause();
                let made = self.with_call_options(verdict, fields.clone());
                let make = self.step(verdict, Verb::ReplaceCreate, cause, made, because.clone());
                let remove =
                    self.step(verdict, Verb::ReplaceRemove, verdict.decision.cause(), Vec::new(), because.clone());
                match order {
                    ReplaceOrder::DeleteFirst => vec![remove, make],
                    ReplaceOrder::CreateFirst => vec![make, remove],
                }
            }
            Decision::Delete(cause) => {
                vec![self.step(
                    verdict,
                    Verb::Delete,
                    verdict.decision.cause(),
                    Vec::new(),
                    Some(cause.as_str().to_owned()),
                )]
            }
            Decision::Same | Decision::Release(_) | Decision::Hold(_) => Vec::new(),
        }
    }

    /// What something that is not there yet comes along with.
    fn comes_along(&self, verdict: &Verdict) -> Option<String> {
        let resource = self.topology.resources.get(&verdict.address)?;
        let maker = maker(self.topology, resource).filter(|_| self.live(verdict).is_none())?;
        Some(format!("it comes with `{}`", maker.address))
    }

    pub(super) fn step(
        &self,
        verdict: &Verdict,
        verb: Verb,
        cause: Option<Cause>,
        fields: Vec<FieldChange>,
        because: Option<String>,
    ) -> Step {
        let live = self.live(verdict);
        let relied = live.filter(|_| verb != Verb::ReplaceCreate);
        let found = relied.map(|live| prints(verdict.kind, live, &self.diff.key)).unwrap_or_default();
        Step {
            address: verdict.address.clone(),
            kind: verdict.kind,
            verb,
            cause,
            because,
            calls: self.calls(verdict, verb, &fields, live),
            leaves: match verb.removes() {
                true => self.left_behind(verdict, live).into_iter().map(|(_, address, id)| (address, id)).collect(),
                false => Vec::new(),
            },
            disruption: self.disruption(verdict, verb, &fields, live),
            fields,
            relies_on: (!found.is_empty()).then(|| digest(&found, &self.diff.key)),
            found,
            shared: self.shared_content(verdict, verb, live),
            id: verdict.id.clone(),
            timing: Timing::Any,
            not_after: None,
            place: verdict.place.clone(),
            origin: verdict.origin.clone(),
        }
    }

    /// What others share of an object that is written: nothing of it may have changed when that is done.
    fn shared_content(&self, verdict: &Verdict, verb: Verb, live: Option<&Live>) -> Option<SharedContent> {
        let resource = self.topology.resources.get(&verdict.address);
        let partial = resource.into_iter().flat_map(|resource| resource.partial.keys());
        let taken_back = verdict.decision.fields().iter().filter(|change| change.others.stay > 0);
        let fields: BTreeSet<String> = partial.chain(taken_back.map(|change| &change.name)).cloned().collect();
        match verb {
            Verb::Create | Verb::Update if !fields.is_empty() => {}
            Verb::Delete if self.diff.shared.contains_key(&verdict.address) => {}
            _ => return None,
        }
        let is_whole = is_sequence(verdict.kind);
        (is_whole || live.is_some()).then(|| SharedContent::of(verdict.kind, live, fields))
    }

    fn live(&self, verdict: &Verdict) -> Option<&Live> {
        let resource = self.topology.resources.get(&verdict.address);
        if resource.is_some_and(|resource| self.comes_anew(resource)) {
            return None;
        }
        self.diff.index.live(&verdict.address).or_else(|| {
            let id = verdict.id.as_deref()?;
            let view = self.observed.targets.get(verdict.address.target())?;
            view.all(verdict.kind.name).into_iter().find(|live| live.id == id)
        })
    }

    /// The fields of a resource as they go to the wire. An update takes back what the files no longer give, and leaves as it
    /// is what nobody declares within a value.
    fn sent(&self, verdict: &Verdict) -> Cow<'_, ResolvedFields> {
        let Some(resolved) = self.diff.resolved.get(&verdict.address) else { return Cow::default() };
        if matches!(verdict.decision, Decision::Create(_) | Decision::Replace { .. }) {
            return self
                .topology
                .resources
                .get(&verdict.address)
                .map_or(Cow::Borrowed(resolved), |resource| with_nothing(resource, resolved));
        }
        if !matches!(verdict.decision, Decision::Update { .. }) {
            return Cow::Borrowed(resolved);
        }
        let mut all = resolved.clone();
        let taken_back = self.diff.taken_back.get(&verdict.address).into_iter().flatten();
        all.extend(taken_back.map(|(name, value)| (name.clone(), value.clone())));
        if let Some(live) = self.live(verdict) {
            keep_live(verdict.kind, live, resolved, &mut all);
        }
        Cow::Owned(all)
    }

    /// What changes, and what rides along with that.
    fn with_call_options(&self, verdict: &Verdict, mut fields: Vec<FieldChange>) -> Vec<FieldChange> {
        let resolved = self.sent(verdict);
        let version = self.observed.targets.get(verdict.address.target()).and_then(|view| view.version.as_deref());
        for call_option in call_options(verdict.kind, &verdict.decision, &resolved, version) {
            fields.extend(
                resolved
                    .get(call_option.name)
                    .map(|attr| FieldChange::given(Some(call_option), call_option.name, attr)),
            );
        }
        fields
    }

    /// All that a new object is made with.
    fn declared_fields(&self, address: &Address) -> Vec<FieldChange> {
        let Some(resource) = self.topology.resources.get(address) else { return Vec::new() };
        // In the kind's order, as its documentation reads.
        let known = resource.kind.fields.iter().filter(|declared| !declared.is_call_option());
        let nothing = given_nothing(resource);
        let known = known.filter_map(|declared| match nothing.get(declared.name) {
            Some(empty) => Some(FieldChange::emptied(declared, empty)),
            None => Some(FieldChange::given(Some(declared), declared.name, resource.fields.get(declared.name)?)),
        });
        let other = resource.fields.iter().filter(|(name, _)| resource.kind.field(name).is_none());
        known.chain(other.map(|(name, attr)| FieldChange::given(None, name, attr))).collect()
    }

    fn calls(
        &self,
        verdict: &Verdict,
        verb: Verb,
        fields: &[FieldChange],
        live: Option<&Live>,
    ) -> Vec<crate::plan::Call> {
        let Some(target) = self.topology.targets.get(verdict.address.target()) else { return Vec::new() };
        let resource = self.topology.resources.get(&verdict.address);
        let resolved = self.sent(verdict);
        let no_files = BTreeMap::new();
        let field = |name: &str| {
            resolved.get(name).cloned().or_else(|| {
                let declared = verdict.kind.field(name)?;
                // A new object has nothing of the old one that the files do not give.
                let shown = live.filter(|_| verb != Verb::ReplaceCreate).map(|live| read(declared, &live.raw));
                let shown = shown.filter(|attr| !attr.is_null());
                shown.or_else(|| Some(declared.default?.value().clone()))
            })
        };
        let going = self.going(verdict);
        // A change of what does not show yet is a change all the same, and no create.
        let expected = resource.filter(|_| verb == Verb::Update && live.is_none()).map(companions::expected);
        let called = live.filter(|_| !verb.creates()).and_then(|live| called(verdict.kind, live));
        let writer = Writer {
            filler: Filler {
                address: &verdict.address,
                kind: verdict.kind,
                target,
                id: self.known_own_id(verdict, verb, resource, live),
                called: called.as_ref(),
                known_id: &|address| self.known_id(address, verb),
                field: &field,
            },
            resolved: &resolved,
            files: resource.map_or(&no_files, |resource| &resource.files),
            live: if verb == Verb::ReplaceCreate { None } else { live.or(expected.as_ref()) },
            shared: self.diff.shared.get(&verdict.address).filter(|_| !verb.creates()),
            going: &going,
            version: self.observed.targets.get(&target.name).and_then(|view| view.version.as_deref()),
        };
        match verb {
            Verb::Create | Verb::ReplaceCreate => writer.create(),
            Verb::Update => writer.update(fields),
            Verb::Delete | Verb::ReplaceRemove => {
                let left = self.left_behind(verdict, live).into_iter();
                let mut calls = writer.remove();
                calls.extend(left.flat_map(|(kind, _, id)| writer.remove_beside(kind, &id)));
                calls
            }
            Verb::Issue => writer.issue(),
            Verb::Find => Vec::new(),
        }
    }

    /// What an object made for itself and would leave behind: kind, address, and the provider's id, which stands for the
    /// name of what was not looked at. What somebody declares stays.
    fn left_behind(&self, verdict: &Verdict, live: Option<&Live>) -> Vec<(&'static Kind, Address, String)> {
        let (Some(live), Some(target)) = (live, self.topology.targets.get(verdict.address.target())) else {
            return Vec::new();
        };
        let left_by = verdict.kind.creates().filter(|(_, made)| made.is_left_by(&live.raw));
        let left =
            left_by.filter_map(|(name, made)| Some((target.provider.kind(name)?, made))).flat_map(|(kind, made)| {
                let known = move |id: &str| self.diff.index.by_id(&verdict.address, &[kind.name], id).cloned();
                let place = move |id: &str| known(id).unwrap_or_else(|| verdict.address.sibling(kind.name, Some(id)));
                listed(made, live, kind).into_iter().map(move |id| (kind, place(&id), id))
            });
        left.filter(|(_, address, _)| !self.topology.resources.contains_key(address)).collect()
    }

    /// What the plan's removals take along of a sequence: the items that belonged to what is removed.
    fn going(&self, list: &Verdict) -> BTreeSet<String> {
        if !is_sequence(list.kind) {
            return BTreeSet::new();
        }
        let here = |verdict: &&Verdict| {
            verdict.address.target() == list.address.target()
                && verdict.kind.creates().next().is_some()
                && matches!(verdict.decision, Decision::Delete(_) | Decision::Replace { .. })
        };
        let removed = self.diff.verdicts.iter().filter(here);
        removed
            .flat_map(|verdict| self.live(verdict).map(|live| auto_created_by(verdict.kind, live, list.kind)))
            .flatten()
            .collect()
    }

    fn verdict(&self, address: &Address) -> Option<&Verdict> {
        let verdicts = &self.diff.verdicts;
        verdicts.binary_search_by(|verdict| verdict.address.cmp(address)).ok().map(|at| &verdicts[at])
    }

    /// Says whether the plan makes something anew.
    pub(super) fn is_made_anew(&self, address: &Address) -> bool {
        self.verdict(address).is_some_and(|verdict| matches!(verdict.decision, Decision::Replace { .. }))
    }

    /// Says whether the object that is there goes, and another one comes along with what is made anew.
    fn comes_anew(&self, resource: &Resource) -> bool {
        companions::comes_anew(self.topology, &self.diff.index, resource, &|address| self.is_made_anew(address))
    }

    /// The id of the object around one, unless the plan makes that anew.
    fn known_id(&self, address: &Address, verb: Verb) -> Option<Attr> {
        if self.is_made_anew(address) && !verb.removes() {
            return None;
        }
        let kind = self.topology.targets.get(address.target())?.provider.kind(address.kind())?;
        live_output(self.diff.index.live(address)?, kind, "id")
    }

    fn known_own_id(
        &self,
        verdict: &Verdict,
        verb: Verb,
        resource: Option<&Resource>,
        live: Option<&Live>,
    ) -> Option<Attr> {
        if verb.creates() {
            return resource.and_then(Resource::content_id).map(Attr::Text);
        }
        let known = live.and_then(|live| live_output(live, verdict.kind, "id"));
        known.or_else(|| verdict.id.as_deref().filter(|id| !id.is_empty()).map(Attr::text))
    }
}
