//! The members of a mesh: whether each knows the other, and all have the same keys.

use std::collections::{BTreeMap, BTreeSet};

use super::{FabricFinding, changed, has_moved, is_gone, is_there, some};
use crate::address::Address;
use crate::diff::Diff;
use crate::diff::verdict::Verdict;
use crate::fabric::FabricOrigin;
use crate::spec::Halves;
use crate::topology::Topology;

/// What is wrong with one mesh.
pub(super) fn judge(topology: &Topology, diff: &Diff<'_>, verdicts: &[&Verdict]) -> Vec<FabricFinding> {
    let Some(first) = verdicts.first() else { return Vec::new() };
    let table = topology.targets.get(first.address.target()).and_then(|target| target.provider.halves.as_ref());
    let (Some(table), Some(origin)) = (table, first.origin.as_deref()) else { return Vec::new() };
    let case = MeshCase { topology, diff, table, origin, verdicts };
    let mut found = case.one_sided();
    found.extend(case.other_keys());
    found.extend(case.rest(&found));
    found
}

struct MeshCase<'m> {
    topology: &'m Topology,
    diff: &'m Diff<'m>,
    table: &'m Halves,
    origin: &'m FabricOrigin,
    verdicts: &'m [&'m Verdict],
}

impl MeshCase<'_> {
    fn finding(&self, code: &'static str, words: String, explains: Vec<Address>) -> FabricFinding {
        FabricFinding { code, origin: self.origin.whole(), words, explains }
    }

    fn of_kind<'k>(&'k self, kind: &'k str) -> impl Iterator<Item = &'k &'k Verdict> {
        self.verdicts.iter().filter(move |verdict| verdict.kind.name == kind)
    }

    /// Peers of which one has lost the other.
    fn one_sided(&self) -> Vec<FabricFinding> {
        let known: BTreeMap<(&str, &str), &Verdict> = self
            .of_kind(self.table.peers)
            .filter_map(|verdict| Some(((verdict.address.target(), verdict.address.name()?), *verdict)))
            .collect();
        let mut found = Vec::new();
        for ((at, to), verdict) in known.iter().filter(|(_, verdict)| is_gone(verdict)) {
            let back = known.get(&(*to, *at));
            let mut pair = [*at, *to];
            pair.sort_unstable();
            let [one, other] = pair;
            let (words, explains) = match back {
                Some(back) if is_gone(back) && at > to => continue,
                Some(back) if is_gone(back) => {
                    let words = format!("mesh {}: {one} and {other} have lost each other", self.origin.name);
                    (words, vec![verdict.address.clone(), back.address.clone()])
                }
                _ => (format!("one-sided peer {one}, {other}: missing on {at}"), vec![verdict.address.clone()]),
            };
            found.push(self.finding("one-sided-peer", words, explains));
        }
        found
    }

    /// Members whose keys are not those of the member that has made them: the one that takes them from nobody.
    fn other_keys(&self) -> Option<FabricFinding> {
        let (kind, field) = self.table.keys;
        let shown: Vec<(&Verdict, String)> = self
            .of_kind(kind)
            .filter(|verdict| is_there(self.diff, verdict))
            .filter_map(|verdict| {
                let live = self.diff.index.live(&verdict.address)?;
                Some((*verdict, live.value(verdict.kind, field).to_text().filter(|sum| !sum.is_empty())?))
            })
            .collect();
        let makes = |verdict: &Verdict| {
            let resource = self.topology.resources.get(&verdict.address);
            resource.is_some_and(|resource| !resource.fields.contains_key(field))
        };
        let (_, own) = shown.iter().find(|(verdict, _)| makes(verdict))?;
        let others: Vec<&Verdict> = shown.iter().filter(|(_, sum)| sum != own).map(|(verdict, _)| *verdict).collect();
        if others.is_empty() {
            return None;
        }
        let names: Vec<String> = others.iter().map(|verdict| verdict.address.target().to_owned()).collect();
        let has = if names.len() == 1 { "has" } else { "have" };
        let words = format!("mesh {}: {} {has} other keys", self.origin.name, some(&names));
        Some(self.finding("other-keys", words, others.iter().map(|verdict| verdict.address.clone()).collect()))
    }

    /// Whatever else somebody moved.
    fn rest(&self, found: &[FabricFinding]) -> Vec<FabricFinding> {
        let told: BTreeSet<&Address> = found.iter().flat_map(|finding| &finding.explains).collect();
        let mut left: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
        for verdict in self.verdicts.iter().filter(|verdict| has_moved(verdict) && !told.contains(&verdict.address)) {
            left.entry(verdict.address.target()).or_default().push(verdict);
        }
        let tell = |(at, verdicts): (&str, Vec<&Verdict>)| {
            let what: Vec<String> = verdicts.iter().map(|verdict| changed(verdict, "")).collect();
            let words = format!("mesh {}: changed on {at}: {}", self.origin.name, some(&what));
            let explains = verdicts.iter().map(|verdict| verdict.address.clone()).collect();
            self.finding("mesh-changed", words, explains)
        };
        left.into_iter().map(tell).collect()
    }
}
