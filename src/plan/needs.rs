//! Steps that no verdict asks for: they bring what other steps need.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::companions;
use crate::diff::verdict::Cause;
use crate::plan::build::Builder;
use crate::plan::{Step, Timing, Verb};
use crate::spec::{Disruption, Kind};
use crate::topology::references::deciding;

impl Builder<'_> {
    /// Steps that ask for one-time outputs which other steps wait for.
    pub(super) fn one_time_outputs(&self, steps: &[Step]) -> Vec<Step> {
        let mut wanted: BTreeSet<Address> = BTreeSet::new();
        for step in steps.iter().filter(|step| !step.verb.removes()) {
            let used = step.fields.iter().map(|change| &change.name);
            for attr in used.filter_map(|name| self.diff.resolved.get(&step.address)?.get(name)) {
                attr.for_each_output(&mut |output| {
                    let maker = self.topology.resources.get(&output.address).filter(|resource| !resource.external);
                    let kind = maker.map(|resource| resource.kind);
                    if kind.and_then(Kind::one_time_output).is_some_and(|issue| issue.field == output.field) {
                        wanted.insert(output.address.clone());
                    }
                });
            }
        }
        let verdicts = self.diff.verdicts.iter().filter(|verdict| wanted.contains(&verdict.address));
        verdicts
            .map(|verdict| {
                let because = Some("somebody needs its one-time output".to_owned());
                self.step(verdict, Verb::Issue, Some(Cause::Change), Vec::new(), because)
            })
            .collect()
    }

    /// Steps that wait for what is built into something that the plan makes, or comes along with something, and that other
    /// steps need; and steps that look anew at what shows an output that follows something which the plan makes or changes.
    pub(super) fn finds(&self, steps: &[Step]) -> Vec<Step> {
        let made: BTreeSet<&Address> =
            steps.iter().filter(|step| step.verb.creates()).map(|step| &step.address).collect();
        let written: BTreeSet<&Address> =
            steps.iter().filter(|step| !step.verb.removes()).map(|step| &step.address).collect();
        let mut wanted: BTreeMap<Address, String> = BTreeMap::new();
        let comes_with = |parent: Address| format!("it comes with `{parent}`");
        for fields in steps.iter().filter_map(|step| self.diff.resolved.get(&step.address)) {
            for attr in fields.values() {
                attr.for_each_output(&mut |output| {
                    let is_made = |parent: &Address| made.contains(parent);
                    let parent = companions::parent_to_come(self.topology, &self.diff.index, &output.address, &is_made);
                    wanted.extend(parent.map(|parent| (output.address.clone(), comes_with(parent))));
                    let first = deciding(self.topology, output).find(|first| written.contains(first));
                    let why = first.map(|first| format!("its `{}` follows `{first}`", output.field));
                    wanted.extend(why.map(|why| (output.address.clone(), why)));
                });
            }
        }
        for resource in steps.iter().filter_map(|step| self.topology.resources.get(&step.address)) {
            for reference in self.references.of(resource) {
                let is_anew = |maker: &Address| self.is_made_anew(maker);
                let maker = companions::awaited(self.topology, &self.diff.index, &reference.to, &is_anew);
                wanted.extend(maker.map(|maker| (reference.to, comes_with(maker.address.clone()))));
            }
        }
        let step = |(address, because): (Address, String)| {
            let kind = self.topology.targets.get(address.target())?.provider.kind(address.kind())?;
            let origin = self.topology.resources.get(&address).and_then(|resource| resource.origin.clone());
            Some(Step {
                address,
                kind,
                verb: Verb::Find,
                cause: None,
                because: Some(because),
                fields: Vec::new(),
                calls: Vec::new(),
                leaves: Vec::new(),
                disruption: Disruption::None,
                relies_on: None,
                found: BTreeMap::new(),
                shared: None,
                timing: Timing::Any,
                not_after: None,
                id: None,
                place: None,
                origin,
            })
        };
        wanted.into_iter().filter_map(step).collect()
    }
}
