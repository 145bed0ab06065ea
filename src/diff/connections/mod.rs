//! What is wrong with the connections and meshes of a fabric, from what was found at their controllers: a phrase that names
//! the connection, before the plain drift of each resource that it explains.
//!
//! * here: one connection, half by half
//! * `added`: what nobody declares in it
//! * `meshes`: peers and keys
//! * `health`: what is as declared, and down

mod added;
mod health;
mod meshes;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::Diff;
use crate::diff::verdict::{Cause, Decision, FieldChange, Verdict};
use crate::fabric::{FabricOrigin, FabricWord};
use crate::spec::{Halves, canonical};
use crate::topology::Topology;

use added::{StrangePairs, strangers};
pub(crate) use health::{Liveness, down, to_ask};

/// Something that is wrong with a connection or a mesh.
#[derive(Debug, Clone, PartialEq)]
pub struct FabricFinding {
    /// A stable code.
    pub code: &'static str,
    /// The declaration; of a connection both halves.
    pub origin: FabricOrigin,
    /// What was seen.
    pub words: String,
    /// The resources whose drift it explains.
    pub explains: Vec<Address>,
}

/// All that is wrong with connections and meshes, as far as somebody moved a controller.
pub(crate) fn judge(topology: &Topology, diff: &Diff<'_>) -> Vec<FabricFinding> {
    let mut connections: BTreeMap<(&str, Option<&str>), Vec<&Verdict>> = BTreeMap::new();
    let mut meshes: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
    for verdict in &diff.verdicts {
        let Some(origin) = verdict.origin.as_deref() else { continue };
        match origin.fabric {
            FabricWord::Connection => {
                connections.entry((&origin.name, origin.vpn.as_deref())).or_default().push(verdict);
            }
            FabricWord::Mesh => meshes.entry(&origin.name).or_default().push(verdict),
            FabricWord::Site => {}
        }
    }
    if connections.is_empty() && meshes.is_empty() {
        return Vec::new();
    }
    let strangers = strangers(topology, diff);
    let is_odd = |verdict: &&Verdict| has_moved(verdict) || strangers.contains_key(&verdict.address);
    let mut found = Vec::new();
    for verdicts in connections.into_values().filter(|verdicts| verdicts.iter().any(&is_odd)) {
        let case = ConnectionCase::of(topology, (diff, &strangers), verdicts);
        found.extend(case.map(ConnectionCase::judge).unwrap_or_default());
    }
    found.extend(meshes.into_values().flat_map(|verdicts| meshes::judge(topology, diff, &verdicts)));
    found
}

/// Says whether somebody moved the controller, or a failed run left it so.
fn is_moved(cause: Cause) -> bool {
    matches!(cause, Cause::Left | Cause::Drift | Cause::Conflict)
}

fn has_moved(verdict: &Verdict) -> bool {
    verdict.decision.cause().is_some_and(is_moved)
}

/// Says whether an object is gone at the controller.
fn is_gone(verdict: &Verdict) -> bool {
    fn made(decision: &Decision) -> bool {
        match decision {
            Decision::Create(cause) => is_moved(*cause),
            Decision::Hold(hold) => hold.instead_of.as_deref().is_some_and(made),
            _ => false,
        }
    }
    made(&verdict.decision)
}

/// Says whether an object was seen to be there.
fn is_there(diff: &Diff<'_>, verdict: &Verdict) -> bool {
    diff.index.live(&verdict.address).is_some()
}

/// The changes that somebody else made to the fields of an object.
fn moved(verdict: &Verdict) -> impl Iterator<Item = &FieldChange> {
    verdict.decision.fields().iter().filter(|change| is_moved(change.cause))
}

/// The controller whose half a resource is part of.
fn half_of(verdict: &Verdict) -> &str {
    verdict.origin.as_deref().and_then(|origin| origin.half.as_deref()).unwrap_or(verdict.address.target())
}

/// One connection, with what was decided on each resource of its halves.
struct ConnectionCase<'c> {
    diff: &'c Diff<'c>,
    strangers: &'c StrangePairs<'c>,
    table: &'c Halves,
    origin: &'c FabricOrigin,
    halves: BTreeMap<&'c str, Vec<&'c Verdict>>,
    found: Vec<FabricFinding>,
    /// The resources of which enough is said.
    explained: BTreeSet<&'c Address>,
}

impl<'c> ConnectionCase<'c> {
    fn of(
        topology: &'c Topology,
        (diff, strangers): (&'c Diff<'c>, &'c StrangePairs<'c>),
        verdicts: Vec<&'c Verdict>,
    ) -> Option<ConnectionCase<'c>> {
        let first = verdicts.first()?;
        let table = topology.targets.get(first.address.target())?.provider.halves.as_ref()?;
        let origin = first.origin.as_deref()?;
        let mut halves: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
        for verdict in verdicts {
            halves.entry(half_of(verdict)).or_default().push(verdict);
        }
        Some(ConnectionCase { diff, strangers, table, origin, halves, found: Vec::new(), explained: BTreeSet::new() })
    }

    fn judge(mut self) -> Vec<FabricFinding> {
        // Of what is missing as a whole nothing else has to be said.
        if !self.missing() {
            self.differing();
            self.not_mirrored();
            self.added();
            self.no_way_back();
            self.rest();
        }
        self.found
    }

    /// The connection's name for people.
    fn name(&self) -> String {
        let vpn = self.origin.vpn.iter().map(|vpn| format!(" ({vpn})")).collect::<String>();
        format!("{}{vpn}", self.origin.name)
    }

    fn tell(&mut self, code: &'static str, words: String, explains: Vec<&'c Verdict>) {
        let origin = self.origin.whole();
        self.explained.extend(explains.iter().map(|verdict| &verdict.address));
        let explains = explains.iter().map(|verdict| verdict.address.clone()).collect();
        self.found.push(FabricFinding { code, origin, words, explains });
    }

    /// The other half, where it is one of ours.
    fn other(&self, half: &str) -> Option<&'c str> {
        self.halves.keys().find(|other| **other != half).copied()
    }

    /// The resources of one kind in a half.
    fn of_kind(&self, half: &str, kind: &str) -> Vec<&'c Verdict> {
        let verdicts = self.halves.get(half).into_iter().flatten();
        verdicts.filter(|verdict| verdict.kind.name == kind).copied().collect()
    }

    /// Halves that are gone. Says whether any is.
    fn missing(&mut self) -> bool {
        let is_half = |verdict: &&&Verdict| verdict.kind.name == self.table.kind;
        let gone: Vec<&str> = self
            .halves
            .iter()
            .filter(|(_, verdicts)| verdicts.iter().find(is_half).is_some_and(|verdict| is_gone(verdict)))
            .map(|(half, _)| *half)
            .collect();
        if gone.is_empty() {
            return false;
        }
        let explains: Vec<&Verdict> = gone
            .iter()
            .filter_map(|half| self.halves.get(half))
            .flatten()
            .filter(|verdict| has_moved(verdict))
            .copied()
            .collect();
        let is_open = self.halves.len() > gone.len();
        let (code, words) = match (is_open, self.halves.len()) {
            (true, _) => ("half-open", format!("half-open connection {}: missing on {}", self.name(), gone.join(", "))),
            (false, 1) => ("connection-missing", format!("connection {}: missing on {}", self.name(), gone.join(", "))),
            (false, _) => ("connection-missing", format!("connection {}: missing on both halves", self.name())),
        };
        self.tell(code, words, explains);
        true
    }

    /// Fields in which both halves have to agree, and do not.
    fn differing(&mut self) {
        let halves: Vec<&str> = self.halves.keys().copied().collect();
        let [one, other] = halves[..] else { return };
        let mut names = BTreeSet::new();
        let mut explains = Vec::new();
        for (kind, fields) in self.table.agrees {
            let pair: Vec<&Verdict> = [self.of_kind(one, kind), self.of_kind(other, kind)].concat();
            let [a, b] = pair[..] else { continue };
            for field in *fields {
                let is_changed = |verdict: &&Verdict| moved(verdict).any(|change| change.name == **field);
                if ![a, b].iter().any(&is_changed) {
                    continue;
                }
                let differ = differences(field, self.table.options, &self.value(a, field), &self.value(b, field));
                if !differ.is_empty() {
                    names.extend(differ);
                    explains.extend([a, b].into_iter().filter(|verdict| is_changed(verdict)));
                }
            }
        }
        if !names.is_empty() {
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            explains.dedup_by(|a, b| a.address == b.address);
            self.tell("halves-differ", format!("connection {}: the halves differ: {names}", self.name()), explains);
        }
    }

    /// The value that a controller has of a field: the live one where it differs, else the wanted one.
    fn value(&self, verdict: &Verdict, field: &str) -> Attr {
        let change = verdict.decision.fields().iter().find(|change| change.name == field);
        let value = change.map(|change| change.before.clone()).or_else(|| {
            let wanted = self.diff.resolved.get(&verdict.address)?.get(field)?;
            Some(canonical(&verdict.kind.field(field)?.ty, wanted))
        });
        let default = || Some(verdict.kind.field(field)?.default?.value().clone());
        value.or_else(default).unwrap_or(Attr::Null)
    }

    /// Pairs of networks that one half has and the other one has no more.
    fn not_mirrored(&mut self) {
        let halves: Vec<&str> = self.halves.keys().copied().collect();
        for (kind, fields) in self.table.mirrored {
            for half in &halves {
                let Some(other) = self.other(half) else { continue };
                let mut gone = self.of_kind(half, kind);
                gone.retain(|verdict| is_gone(verdict));
                let mirror: BTreeMap<(String, String), &Verdict> = self
                    .of_kind(other, kind)
                    .into_iter()
                    .filter(|verdict| is_there(self.diff, verdict))
                    .map(|verdict| (self.pair(verdict, fields), verdict))
                    .collect();
                let mirrored = gone.iter().filter_map(|verdict| {
                    let (near, far) = self.pair(verdict, fields);
                    mirror.get(&(far, near)).map(|mirror| (*verdict, self.pair(mirror, fields)))
                });
                let (explains, pairs): (Vec<&Verdict>, Vec<_>) = mirrored.unzip();
                if !pairs.is_empty() {
                    let pairs: Vec<String> = pairs.iter().map(|(near, far)| format!("{near} to {far}")).collect();
                    let words = format!("connection {}: not mirrored: {} only on {other}", self.name(), some(&pairs));
                    self.tell("not-mirrored", words, explains);
                }
            }
        }
    }

    /// The near and the far network of a pair.
    fn pair(&self, verdict: &Verdict, fields: &[&str; 2]) -> (String, String) {
        let [near, far] = fields.map(|field| self.value(verdict, field).to_text().unwrap_or_default());
        (near, far)
    }

    /// Networks to which a controller has no route any more.
    fn no_way_back(&mut self) {
        let (routes, cidr) = self.table.routes;
        let (learned, lines) = self.table.learned;
        let mut lost: BTreeMap<String, (BTreeSet<String>, Vec<&'c Verdict>)> = BTreeMap::new();
        let halves: Vec<&'c str> = self.halves.keys().copied().collect();
        for half in halves {
            for route in self.of_kind(half, routes).into_iter().filter(|route| is_gone(route)) {
                let (networks, explains) = lost.entry(half.to_owned()).or_default();
                networks.extend(self.value(route, cidr).to_text());
                explains.push(route);
            }
            for peer in self.of_kind(half, learned) {
                if is_gone(peer) {
                    let name = peer.address.name().unwrap_or_default();
                    let words = format!("connection {}: no way back: {half} has no {learned} {name}", self.name());
                    self.tell("no-way-back", words, vec![peer]);
                    continue;
                }
                let Some(change) = moved(peer).find(|change| change.name == lines) else { continue };
                let there: BTreeSet<String> = texts(&change.before).into_iter().collect();
                for line in texts(&change.after).iter().filter(|line| !there.contains(*line)) {
                    let far = || self.other(half).unwrap_or("the other side");
                    let at = match line.split_whitespace().collect::<Vec<_>>()[..] {
                        ["in", "permit", network] => Some((half, network)),
                        ["out", "permit", network] => Some((far(), network)),
                        _ => None,
                    };
                    let Some((at, network)) = at else { continue };
                    let (networks, explains) = lost.entry(at.to_owned()).or_default();
                    networks.insert(network.to_owned());
                    explains.push(peer);
                }
            }
        }
        for (at, (networks, mut explains)) in lost {
            explains.dedup_by(|a, b| a.address == b.address);
            let networks: Vec<String> = networks.into_iter().collect();
            let words = format!("connection {}: no way back: {at} has no route to {}", self.name(), some(&networks));
            self.tell("no-way-back", words, explains);
        }
    }

    /// Whatever else somebody moved.
    fn rest(&mut self) {
        let halves: Vec<(&'c str, Vec<&'c Verdict>)> =
            self.halves.iter().map(|(half, verdicts)| (*half, verdicts.clone())).collect();
        for (half, verdicts) in halves {
            let left = |verdict: &&&Verdict| has_moved(verdict) && !self.explained.contains(&verdict.address);
            let left: Vec<&Verdict> = verdicts.iter().filter(left).copied().collect();
            if left.is_empty() {
                continue;
            }
            let what: Vec<String> = left.iter().map(|verdict| changed(verdict, self.table.kind)).collect();
            let words = format!("connection {}: changed on {half}: {}", self.name(), some(&what));
            self.tell("connection-changed", words, left);
        }
    }
}

/// What was changed of an object, in words. The fields of `own` need no word before them.
fn changed(verdict: &Verdict, own: &str) -> String {
    let kind = verdict.kind.name;
    let fields: Vec<&str> = moved(verdict).map(|change| change.name.as_str()).collect();
    let name = verdict.address.name().unwrap_or_default();
    match (is_gone(verdict), fields.is_empty()) {
        (true, _) => format!("{kind} {name} is gone"),
        (false, true) => format!("{kind} {name} is there"),
        (false, false) if kind == own => fields.join(", "),
        (false, false) => format!("{} of {kind} {name}", fields.join(", ")),
    }
}

/// How many of many are told by name.
const SOME: usize = 3;

/// The first few, and how many more there are.
fn some(names: &[String]) -> String {
    match names.len().checked_sub(SOME).filter(|more| *more > 1) {
        Some(more) => format!("{} and {more} more", names[..SOME].join(", ")),
        None => names.join(", "),
    }
}

/// The names of what differs between two values: the field, or the options in it that have to agree.
fn differences(field: &str, options: &[&str], one: &Attr, other: &Attr) -> Vec<String> {
    let is_list = matches!((one, other), (Attr::List(_), _) | (_, Attr::List(_)));
    if !is_list {
        return if one == other { Vec::new() } else { vec![field.to_owned()] };
    }
    let given = |value: &Attr, option: &str| {
        let items = texts(value).into_iter();
        items
            .filter_map(|item| {
                item.split_once('=').filter(|(name, _)| *name == option).map(|(_, given)| given.to_owned())
            })
            .collect::<BTreeSet<_>>()
    };
    options
        .iter()
        .filter(|option| given(one, option) != given(other, option))
        .map(|option| (*option).to_owned())
        .collect()
}

/// The items of a list, or the lines of a text.
fn texts(value: &Attr) -> Vec<String> {
    match value {
        Attr::List(items) => items.iter().filter_map(Attr::to_text).collect(),
        other => other.to_text().map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
