//! The order of steps, in one place.
//!
//! ```text
//! parent made ──► child made            child removed ──► parent removed
//! referred made or changed ──► referrer made or changed
//! referrer moved away or removed ──► referred removed        (detach before delete; from live and from ledger)
//! all at a target removed ──► the tenant that it is in removed
//! old removed ──► new made              or, side by side: new made ──► referrers moved ──► old removed
//! kind A made ──► kind B made           where B's table says so; removed the other way round
//! kind B changed ──► kind A removed     likewise: B may have let go of it
//! kind A made ──► referrer made         where nobody can tell which one of A the referrer's words mean
//! left by an earlier run removed ──► its like made
//! in the way removed ──► field changed ──► made again        where the field's table says that it undoes
//! what an output is evaluated from made or changed ──► looked at anew ──► whoever takes it made or changed
//! both halves of a connection made ──► made what lives in one      one half removed ──► all of the other removed
//! name given up ──► made what comes along under it           companion let go of ──► taken along
//! ```

mod gates;
mod halves;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::Diff;
use crate::diff::companions;
use crate::diff::removals::referred_by;
use crate::diff::verdict::{Decision, ReplaceOrder};
use crate::graph::Graph;
use crate::plan::edges::gates::Gates;
use crate::plan::edges::halves::between_halves;
use crate::plan::{Step, Verb};
use crate::topology::Topology;
use crate::topology::cycle::{CycleError, Link};
use crate::topology::references::{References, Why, home_at, homes_of, maker_at};

/// The graph of the steps, and the names of its gates.
pub(crate) fn edges<'d>(
    topology: &'d Topology,
    references: &'d References<'d>,
    diff: &'d Diff<'d>,
    steps: &'d [Step],
) -> (Graph<String>, Vec<String>) {
    let mut gates = Gates::default();
    let (kind_edges, gate_names) = gates.collect(topology, references, steps);
    let mut drawing = EdgeBuilder {
        topology,
        references,
        diff,
        steps,
        graph: Graph::new(steps.len() + gate_names.len()),
        making: BTreeMap::new(),
        removing: BTreeMap::new(),
        side_by_side: side_by_side(diff),
        referrers: BTreeMap::new(),
        remembered: Vec::new(),
    };
    for (n, step) in steps.iter().enumerate() {
        let map = if step.verb.removes() { &mut drawing.removing } else { &mut drawing.making };
        // An issue, and a look, come after the step that makes or changes its resource and count as the last word on it.
        let last = map.entry(step.address.clone()).or_insert(n);
        if matches!(step.verb, Verb::Issue | Verb::Find) && *last != n {
            drawing.graph.add(n, *last, "the resource comes first".into());
            *last = n;
        }
    }
    drawing.looks_anew();
    for n in 0..steps.len() {
        drawing.lives_in(n);
        drawing.refers_to(n);
    }
    for n in 0..steps.len() {
        drawing.replaces(n);
        drawing.makes_way(n);
    }
    drawing.issue_order();
    drawing.makes_room();
    drawing.companions();
    for (node, first, why) in kind_edges {
        drawing.graph.add(node, first, why);
    }
    drawing.homes();
    drawing.remembered.extend(between_halves(topology, steps));
    (with_remembered(drawing.graph, drawing.remembered), gate_names)
}

/// The graph with what the ledger remembers of it, which may be older than what is there: where it makes a circle, it is out
/// of date. The order of halves at two controllers gives way likewise.
fn with_remembered(graph: Graph<String>, mut remembered: Vec<(usize, usize, String)>) -> Graph<String> {
    while !remembered.is_empty() {
        let mut whole = graph.clone();
        remembered.iter().for_each(|(node, first, why)| whole.add(*node, *first, why.clone()));
        let Err(ring) = whole.order() else { return whole };
        let edges: BTreeSet<(usize, usize)> = ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)).collect();
        let before = remembered.len();
        remembered.retain(|(node, first, _)| !edges.contains(&(*node, *first)));
        if remembered.len() == before {
            return whole;
        }
    }
    graph
}

/// The addresses whose old and new object stand side by side for a while.
fn side_by_side(diff: &Diff<'_>) -> BTreeSet<Address> {
    let create_first =
        |decision: &Decision| matches!(decision, Decision::Replace { order: ReplaceOrder::CreateFirst, .. });
    diff.verdicts.iter().filter(|v| create_first(&v.decision)).map(|v| v.address.clone()).collect()
}

struct EdgeBuilder<'d> {
    topology: &'d Topology,
    references: &'d References<'d>,
    diff: &'d Diff<'d>,
    steps: &'d [Step],
    graph: Graph<String>,
    making: BTreeMap<Address, usize>,
    removing: BTreeMap<Address, usize>,
    side_by_side: BTreeSet<Address>,
    /// The steps that make or change something that refers to an address.
    referrers: BTreeMap<Address, Vec<usize>>,
    /// What gives way where it makes a circle: what the ledger remembers, and the order of halves. Steps, what they wait
    /// for, and why.
    remembered: Vec<(usize, usize, String)>,
}

impl EdgeBuilder<'_> {
    fn lives_in(&mut self, n: usize) {
        let step = &self.steps[n];
        for parent in References::parents(&step.address) {
            if step.verb.removes() {
                if let Some(&removal) = self.removing.get(&parent) {
                    self.graph.add(removal, n, format!("`{}` lives in it", step.address));
                }
            } else if let Some(&maker) = self.making.get(&parent) {
                self.graph.add(n, maker, format!("it lives in `{parent}`"));
            }
        }
    }

    /// A step that makes or changes waits for what it refers to; one that removes lets go first.
    fn refers_to(&mut self, n: usize) {
        let step = &self.steps[n];
        if let Some(resource) = self.topology.resources.get(&step.address)
            && !step.verb.removes()
        {
            for reference in self.references.of(resource) {
                if let Some(&maker) = self.making.get(&reference.to) {
                    self.graph.add(n, maker, reference.why.to_string());
                }
                self.referrers.entry(reference.to).or_default().push(n);
            }
        }
        if let Some(&making) = maker_at(self.topology, &step.address)
            .filter(|_| step.verb == Verb::Find)
            .and_then(|maker| self.making.get(&maker.address))
        {
            self.graph.add(n, making, Why::ComesWith.to_string());
        }
        if step.verb == Verb::Issue || step.verb == Verb::Create || step.verb == Verb::ReplaceCreate {
            return;
        }
        for address in self.diff.after.get(&step.address).into_iter().flatten() {
            let Some(&removal) = self.removing.get(address) else { continue };
            // What is made anew comes back, and is there again when this changes: only what goes for good waits for that. What
            // goes itself, for good or not, goes first.
            let lets_go = self.steps[removal].verb == Verb::Delete || step.verb.removes();
            if lets_go && self.steps[removal].address != step.address {
                self.remembered.push((removal, n, format!("`{}` depended on it", step.address)));
            }
        }
        for address in self.held_references(step) {
            // What nobody declares goes with what it is in.
            let around = std::iter::successors(Some(address), Address::parent);
            let Some(&removal) = around.into_iter().find_map(|address| self.removing.get(&address)) else { continue };
            // Moving away from, or removing, something that refers to what is about to go.
            if self.steps[removal].address != step.address {
                self.graph.add(removal, n, format!("`{}` refers to it", step.address));
            }
        }
    }

    /// Outputs that follow another kind are looked at when that is done.
    fn looks_anew(&mut self) {
        for (n, step) in self.steps.iter().enumerate().filter(|(_, step)| step.verb == Verb::Find) {
            for first in step.kind.fields.iter().flat_map(|field| field.recomputed_from) {
                let first = Address::new(step.address.target(), first, None);
                if let Some(&maker) = self.making.get(&first) {
                    self.graph.add(n, maker, format!("its outputs follow `{first}`"));
                }
            }
        }
    }

    /// What a target is in goes after all that is at the target.
    fn homes(&mut self) {
        let home = |(address, &removal): (&Address, &usize)| Some((home_at(self.topology, address)?, removal));
        let going: BTreeMap<_, usize> = self.removing.iter().filter_map(home).collect();
        for (n, step) in self.steps.iter().enumerate().filter(|(_, step)| step.verb.removes() && !going.is_empty()) {
            let target = self.topology.targets.get(step.address.target());
            for (setting, home) in target.into_iter().flat_map(homes_of) {
                if let Some(&removal) = going.get(&home)
                    && self.steps[removal].address.target() != step.address.target()
                {
                    self.graph.add(removal, n, format!("`{}` is in it by its `{setting}`", step.address));
                }
            }
        }
    }

    /// What a live object refers to now. A mention may stand there by id or, as it was written, by name.
    fn held_references(&self, step: &Step) -> BTreeSet<Address> {
        let live = self.diff.index.live(&step.address);
        live.map(|live| referred_by(self.topology, &self.diff.index, &step.address, step.kind, live))
            .unwrap_or_default()
    }

    fn replaces(&mut self, n: usize) {
        let step = &self.steps[n];
        if step.verb != Verb::ReplaceCreate {
            return;
        }
        let Some(&removal) = self.removing.get(&step.address) else { return };
        if self.side_by_side.contains(&step.address) {
            self.graph.add(removal, n, "the new one comes first".into());
            // Whoever refers to the old one has to have moved over.
            for &m in self.referrers.get(&step.address).into_iter().flatten() {
                self.graph.add(removal, m, format!("`{}` moves over first", self.steps[m].address));
            }
        } else {
            self.graph.add(n, removal, "the old one goes first".into());
        }
    }

    /// What an earlier run left behind goes by its id. It may be in the way of what makes its like.
    fn makes_room(&mut self) {
        let is_left = |step: &&Step| step.verb == Verb::Delete && step.address.name() == step.id.as_deref();
        let left: Vec<&Step> = self.steps.iter().filter(is_left).collect();
        for (n, step) in self.steps.iter().enumerate().filter(|(_, step)| step.verb.creates() && !left.is_empty()) {
            let is_like = |other: &&&Step| {
                let made = step.kind.creates().any(|(made, _)| made == other.kind.name);
                made && step.address.sibling(other.kind.name, other.address.name()) == other.address
            };
            for other in left.iter().filter(is_like) {
                self.graph.add(n, self.removing[&other.address], format!("`{}` may be in the way", other.address));
            }
        }
    }

    /// What comes along with a step needs its name, and what goes along with one is let go of first. Who lets go of it may
    /// need the same step for something else: then nobody can.
    fn companions(&mut self) {
        for verdict in self.diff.verdicts.iter().filter(|verdict| verdict.kind.creates().next().is_some()) {
            for change in companions::changes(self.topology, &self.diff.index, verdict) {
                let making = self.making.get(&verdict.address).filter(|_| change.comes && !change.goes);
                if let (Some(&maker), Some(&removal)) = (making, self.removing.get(&change.companion)) {
                    self.graph.add(maker, removal, format!("`{}` has the name of what comes along", change.companion));
                }
                let steps = self.removing.get(&verdict.address).or_else(|| self.making.get(&verdict.address));
                if let Some(&taker) = steps.filter(|_| change.goes) {
                    self.let_go_first(taker, &change.companion);
                }
            }
        }
    }

    fn let_go_first(&mut self, taker: usize, companion: &Address) {
        for (n, step) in self.steps.iter().enumerate().filter(|(n, step)| *n != taker && step.verb == Verb::Update) {
            if self.held_references(step).contains(companion) {
                self.remembered.push((taker, n, format!("`{}` refers to `{companion}`", step.address)));
            }
        }
    }

    /// What a field that changes would undo goes before it, and is made again after it.
    fn makes_way(&mut self, n: usize) {
        let step = &self.steps[n];
        let Some(target) = self.topology.targets.get(step.address.target()) else { return };
        let fields = step.fields.iter();
        let kinds: BTreeSet<&str> =
            fields.flat_map(|change| target.provider.in_the_way_of(step.kind, &change.name)).collect();
        if kinds.is_empty() || step.verb != Verb::Update {
            return;
        }
        for (m, other) in self.steps.iter().enumerate() {
            if other.address.target() != step.address.target() || !kinds.contains(other.kind.name) {
                continue;
            }
            if other.verb.removes() {
                self.graph.add(n, m, format!("`{}` is in the way", other.address));
            } else {
                self.graph.add(m, n, format!("`{}` changes first", step.address));
            }
        }
    }

    /// A one-time output is asked for as late as possible: after all else that its receivers wait for would be ideal, but
    /// the receiver itself waits for it, so the resource's own steps are what it waits for.
    fn issue_order(&mut self) {
        for (n, step) in self.steps.iter().enumerate().filter(|(_, step)| step.verb == Verb::Issue) {
            let makers = self
                .steps
                .iter()
                .enumerate()
                .filter(|(m, other)| *m != n && other.address == step.address && !other.verb.removes());
            for (m, _) in makers {
                self.graph.add(n, m, "the resource comes first".into());
            }
        }
    }
}

/// The circle that some nodes are in, each with where it stands in the files.
pub(crate) fn cycle(
    topology: &Topology,
    references: &References<'_>,
    steps: &[Step],
    gates: &[String],
    graph: &Graph<String>,
    ring: &[usize],
) -> CycleError {
    let link = |(node, first): (usize, usize)| {
        let step = steps.get(node);
        let name = step.map_or_else(|| gates[node - steps.len()].clone(), |step| step.address.to_string());
        let why = graph.after(node).find(|(next, _)| *next == first).map_or_else(String::new, |(_, why)| why.clone());
        let next = steps.get(first);
        let resource = step.and_then(|step| topology.resources.get(&step.address));
        let mut said = resource.into_iter().flat_map(|resource| references.of(resource));
        let said = said.find(|said| next.is_some_and(|next| next.address == said.to) && said.why.to_string() == why);
        // An edge of a live object stands where that is declared; of one that goes, where the other one is.
        let place = said.map(|said| said.place).or_else(|| step?.place.clone()).or_else(|| next?.place.clone());
        Link { name, why, place }
    };
    CycleError(ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)).map(link).collect())
}

#[cfg(test)]
mod tests;
