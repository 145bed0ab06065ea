//! No resource waits for itself, however long the way round.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::Attr;
use crate::check::walk::{place, walk};
use crate::check::{Rule, Subject, places as words};
use crate::finding::{Finding, Place};
use crate::graph::Graph;
use crate::spec::Type;
use crate::topology::Topology;

/// Resources wait for each other in a circle.
pub(crate) const RULE: Rule = Rule { code: "cycle", run };

/// Circles that are told: behind the first few the others are mostly the same ones again.
const SHOWN: usize = 10;

/// Why one resource waits for another.
#[derive(Clone)]
struct Why {
    field: String,
    place: Place,
}

fn run(subject: &Subject) -> Vec<Finding> {
    let addresses: Vec<&Address> = subject.topology.resources.keys().collect();
    let mut edges = edges(subject.topology);
    let mut found = Vec::new();
    while found.len() < SHOWN {
        let mut graph = Graph::new(addresses.len());
        for ((node, first), why) in &edges {
            graph.add(*node, *first, why.clone());
        }
        let Err(ring) = graph.order() else { break };
        found.extend(tell(&addresses, &graph, &ring));
        let ring_edges = ring.iter().zip(ring.iter().cycle().skip(1));
        let before = edges.len();
        for (node, first) in ring_edges {
            edges.remove(&(*node, *first));
        }
        if edges.len() == before {
            break;
        }
    }
    found
}

fn edges(topology: &Topology) -> BTreeMap<(usize, usize), Option<Why>> {
    let numbers: BTreeMap<&Address, usize> = topology.resources.keys().enumerate().map(|(n, a)| (a, n)).collect();
    let mut edges = BTreeMap::new();
    for (node, resource) in topology.resources.values().enumerate() {
        let provider = topology.targets.get(resource.address.target()).map(|target| target.provider);
        if let Some(parent) = resource.address.parent().and_then(|parent| numbers.get(&parent).copied()) {
            edges.entry((node, parent)).or_insert(None);
        }
        walk(resource, &mut |field, ty, value, path| {
            let mut wait = |address: &Address| {
                if let Some(&first) = numbers.get(address)
                    && first != node
                {
                    let why = || Some(Why { field: field.name.to_owned(), place: place(resource, path) });
                    edges.entry((node, first)).or_insert_with(why);
                }
            };
            if let Attr::Later(_) = value {
                value.for_each_output(&mut |output| wait(&output.address));
            }
            let referred = match (ty, value) {
                (Type::Ref(kind), value) => value.to_text().map(|name| (vec![*kind], name)),
                (Type::Roles(kinds), Attr::Text(text)) => {
                    text.strip_prefix('@').map(|name| (kinds.to_vec(), name.to_owned()))
                }
                _ => None,
            };
            if let (Some((kinds, name)), Some(provider)) = (referred, provider) {
                topology.referred(&resource.address, provider, &kinds, &name).iter().for_each(wait);
            }
        });
    }
    edges
}

fn tell(addresses: &[&Address], graph: &Graph<Option<Why>>, ring: &[usize]) -> Option<Finding> {
    let mut shown = Vec::new();
    let mut places = Vec::new();
    for (node, first) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let why = graph.after(*node).find(|(other, _)| other == first).and_then(|(_, why)| why.clone());
        let own = addresses.get(*node)?;
        match why {
            Some(why) => {
                shown.push(format!("`{own}` by its `{}`", why.field));
                places.push(why.place);
            }
            None => shown.push(format!("`{own}`, which lives in the next")),
        }
    }
    shown.push(format!("`{}` again", addresses.get(*ring.first()?)?));
    let mut finding = Finding::error(RULE.code, format!("resources wait for each other: {}", shown.join(" → ")))
        .help(format!("let one of them do without the other; they stand at {}", words(places.iter())));
    let mut places = places.iter();
    if let Some(first) = places.next() {
        finding = finding.at(first);
    }
    if let Some(second) = places.next() {
        finding = finding.also(second, "which waits for this");
    }
    Some(finding)
}
