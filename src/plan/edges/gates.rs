//! Edges between kinds. A gate stands between all steps of one kind and all that wait for them, so that a thousand steps
//! behind a thousand others are two thousand edges and not a million.

use std::collections::BTreeMap;

use crate::plan::{Step, Verb};
use crate::topology::Topology;
use crate::topology::references::References;

/// The gates of a plan.
#[derive(Default)]
pub(super) struct Gates {
    names: Vec<String>,
    edges: Vec<(usize, usize, String)>,
}

impl Gates {
    /// The edges of all gates, and the names of these.
    pub(super) fn collect(
        &mut self,
        topology: &Topology,
        references: &References<'_>,
        steps: &[Step],
    ) -> (Vec<(usize, usize, String)>, Vec<String>) {
        let mut groups: BTreeMap<(&str, &str, bool), Vec<usize>> = BTreeMap::new();
        for (n, step) in steps.iter().enumerate() {
            groups.entry((step.address.target(), step.kind.name, step.verb.removes())).or_default().push(n);
        }
        for (&(target, kind, removes), members) in &groups {
            let Some(kind) = topology.targets.get(target).and_then(|target| target.provider.kind(kind)) else {
                continue;
            };
            for (first, why) in kind.after() {
                let Some(others) = groups.get(&(target, first, removes)) else { continue };
                // Making goes with the table, removing against it.
                match removes {
                    true => self.gate(steps, format!("{target}/{} gone", kind.name), members, others, why),
                    false => self.gate(steps, format!("{target}/{first} done"), others, members, why),
                }
            }
            for (first, why) in kind.after().filter(|_| !removes) {
                let Some(others) = groups.get(&(target, first, true)) else { continue };
                // What is replaced comes back, and has to be there before this changes: only what goes for good waits.
                let gone: Vec<usize> = others.iter().copied().filter(|&n| steps[n].verb == Verb::Delete).collect();
                let changed: Vec<usize> = members.iter().copied().filter(|&n| steps[n].verb == Verb::Update).collect();
                if !gone.is_empty() && !changed.is_empty() {
                    self.gate(steps, format!("{target}/{} changed", kind.name), &changed, &gone, why);
                }
            }
            if !removes {
                self.unclear(topology, references, steps, target, members, &groups);
            }
        }
        (std::mem::take(&mut self.edges), std::mem::take(&mut self.names))
    }

    /// Steps whose resources may name any of a kind wait for the whole kind: nobody can tell which one is meant.
    fn unclear(
        &mut self,
        topology: &Topology,
        references: &References<'_>,
        steps: &[Step],
        target: &str,
        members: &[usize],
        groups: &BTreeMap<(&str, &str, bool), Vec<usize>>,
    ) {
        let mut waits: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for &n in members {
            let resource = topology.resources.get(&steps[n].address);
            for named in resource.map(|resource| references.words.unclear(resource)).into_iter().flatten() {
                waits.entry(named).or_default().push(n);
            }
        }
        for ((first, why), members) in waits {
            if let Some(others) = groups.get(&(target, first, false)) {
                self.gate(steps, format!("{target}/{first} done"), others, &members, why);
            }
        }
    }

    /// Makes some steps wait for all of some others.
    fn gate(&mut self, steps: &[Step], name: String, before: &[usize], after: &[usize], why: &str) {
        let gate = steps.len() + self.names.len();
        self.names.push(name);
        self.edges.extend(before.iter().map(|&n| (gate, n, why.to_owned())));
        self.edges.extend(after.iter().map(|&n| (n, gate, why.to_owned())));
    }
}
