//! Pairs of networks that somebody added to a half, and that nobody declares.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConnectionCase, FabricFinding, some};
use crate::address::Address;
use crate::diff::Diff;
use crate::spec::{Halves, Kind};
use crate::state::live::Live;
use crate::topology::Topology;

/// Pairs of networks that nobody declares, by the half that they are in.
pub(super) type StrangePairs<'s> = BTreeMap<Address, Vec<(&'s Address, &'s Kind, &'s Live)>>;

/// The pairs of networks that somebody added to a half.
pub(super) fn strangers<'s>(topology: &Topology, diff: &'s Diff<'_>) -> StrangePairs<'s> {
    let mut found: StrangePairs<'s> = BTreeMap::new();
    for (address, (kind, live)) in diff.index.undeclared.iter().filter(|(_, (_, live))| live.foreign.is_none()) {
        let table = topology.targets.get(address.target()).and_then(|target| target.provider.halves.as_ref());
        let is_pair = |table: &Halves| table.mirrored.iter().any(|(mirrored, _)| *mirrored == kind.name);
        if let Some(half) = address.parent().filter(|_| table.is_some_and(is_pair)) {
            found.entry(half).or_default().push((address, kind, live));
        }
    }
    found
}

impl ConnectionCase<'_> {
    /// Pairs of networks that somebody added to one half alone.
    pub(super) fn added(&mut self) {
        let strange = |half: &str| {
            let own = self.of_kind(half, self.table.kind).into_iter();
            own.filter_map(|verdict| self.strangers.get(&verdict.address)).flatten().collect::<Vec<_>>()
        };
        let pair = |kind: &Kind, live: &Live| {
            let (_, fields) = self.table.mirrored.iter().find(|(name, _)| *name == kind.name)?;
            let [near, far] = fields.map(|field| live.value(kind, field).to_text().unwrap_or_default());
            Some((near, far))
        };
        let mut told = Vec::new();
        for half in self.halves.keys() {
            let other: BTreeSet<(String, String)> = self
                .other(half)
                .into_iter()
                .flat_map(strange)
                .filter_map(|(_, kind, live)| pair(kind, live).map(|(near, far)| (far, near)))
                .collect();
            let lonely = strange(half).into_iter().filter_map(|(address, kind, live)| {
                pair(kind, live)
                    .filter(|pair| !other.contains(pair))
                    .map(|(near, far)| (address, format!("{near} to {far}")))
            });
            let (addresses, pairs): (Vec<Address>, Vec<String>) =
                lonely.map(|(address, pair)| ((*address).clone(), pair)).unzip();
            if !pairs.is_empty() {
                let words = format!("connection {}: not mirrored: {} only on {half}", self.name(), some(&pairs));
                told.push((words, addresses));
            }
        }
        let origin = self.origin.whole();
        let finding =
            |(words, explains)| FabricFinding { code: "not-mirrored", origin: origin.clone(), words, explains };
        self.found.extend(told.into_iter().map(finding));
    }
}
