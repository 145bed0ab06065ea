//! No resource waits for itself, however long the way round.
//!
//! These are the edges that a plan draws when nothing is there yet. As in a plan, a gate stands between a whole kind and
//! all that wait for it, so that a thousand resources behind a thousand others are two thousand edges and not a million.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::check::{Subject, rule};
use crate::finding::{Finding, Level};
use crate::graph::Graph;
use crate::spec::Kind;
use crate::topology::Topology;
use crate::topology::cycle::{CODE, CycleError, Link};
use crate::topology::references::{Reference, References, Why, comes_with_parent};

rule! {
    /// Resources wait for each other in a circle.
    CODE is Mixed;
    bad: "
firewall-fwsets:
  a: { type: list, entries: [{ entry: b }] }
  b: { type: list, entries: [{ entry: a }] }
";
    good: "
firewall-fwsets:
  a: { type: list, entries: [{ entry: b }] }
  b: { type: net, entries: [{ entry: 10.1.0.0/16 }] }
";
}

/// Circles that are told: behind the first few the others are mostly the same ones again.
const SHOWN: usize = 10;

fn run(subject: &Subject) -> Vec<Finding> {
    let tell = |(cycle, is_certain): (CycleError, bool)| match is_certain {
        true => cycle.finding(Level::Error, "let one of them do without the other", &subject.topology.sources),
        // Something that is there already does not have to be waited for.
        false => {
            let remedy = "let one of them do without the other, or declare one of them in a second step";
            cycle.finding(Level::Warning, remedy, &subject.topology.sources)
        }
    };
    cycles(subject.topology).into_iter().map(tell).collect()
}

/// The circles of a topology, each with whether all of its members surely wait: whatever there is already, it is one.
pub(crate) fn cycles(topology: &Topology) -> Vec<(CycleError, bool)> {
    let references = References::new(topology);
    let mut waits = Waits::of(&references, topology);
    let mut found = Vec::new();
    // The sure ones first: another one may share an edge with them.
    for is_certain in [true, false] {
        while found.len() < SHOWN
            && let Err(ring) = waits.graph(is_certain).order()
        {
            let edges: Vec<(usize, usize)> = ring.iter().copied().zip(ring.iter().copied().cycle().skip(1)).collect();
            found.push((CycleError(edges.iter().map(|edge| waits.link(*edge)).collect()), is_certain));
            waits.edges.retain(|edge, _| !edges.contains(edge));
        }
    }
    found
}

/// The resources that a plan may have to make, and what each has to wait for.
struct Waits<'t> {
    references: &'t References<'t>,
    topology: &'t Topology,
    /// The resources that are declared, and those that are built into one and referred to.
    addresses: Vec<Address>,
    /// Past the addresses: the kinds that others wait for as a whole, by target.
    gates: Vec<(String, &'static str)>,
    /// Who waits for whom; where that is not certain, why.
    edges: BTreeMap<(usize, usize), Option<&'static str>>,
}

impl<'t> Waits<'t> {
    fn of(references: &'t References<'t>, topology: &'t Topology) -> Waits<'t> {
        let referred: Vec<(&Address, Vec<Reference>)> =
            topology.resources.values().map(|resource| (&resource.address, references.of(resource))).collect();
        let to_come = referred.iter().flat_map(|(_, references)| references).map(|reference| &reference.to);
        let to_come = to_come.filter(|address| comes_with_parent(topology, address).is_some());
        let addresses: BTreeSet<&Address> = topology.resources.keys().chain(to_come).collect();
        let numbers: BTreeMap<&Address, usize> = addresses.iter().enumerate().map(|(n, a)| (*a, n)).collect();
        let mut edges: BTreeMap<(usize, usize), Option<&'static str>> = BTreeMap::new();
        for (address, references) in &referred {
            for Reference { to, why, .. } in references {
                let Some(first) = numbers.get(to) else { continue };
                let doubt = match why {
                    Why::Mentions(_) => Some("a text names it"),
                    _ => None,
                };
                let edge = edges.entry((numbers[*address], *first)).or_insert(doubt);
                *edge = edge.and(doubt);
            }
        }
        for (address, node) in &numbers {
            let parents = References::parents(address).filter_map(|parent| numbers.get(&parent).copied());
            edges.extend(parents.map(|first| ((*node, first), None)));
        }
        edges.retain(|(node, first), _| node != first);
        let addresses: Vec<Address> = addresses.into_iter().cloned().collect();
        let mut waits = Waits { references, topology, addresses, gates: Vec::new(), edges };
        waits.whole_kinds();
        waits
    }

    fn whole_kinds(&mut self) {
        let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (node, address) in self.addresses.iter().enumerate() {
            groups.entry((address.target(), address.kind())).or_default().push(node);
        }
        let mut gates: BTreeMap<(&str, &'static str), usize> = BTreeMap::new();
        for (&(target, name), members) in &groups {
            let Some(kind) = self.kind(target, name) else { continue };
            let mut firsts: BTreeMap<(&'static str, &'static str), Vec<usize>> = BTreeMap::new();
            for &member in members {
                let resource = self.topology.resources.get(&self.addresses[member]);
                for named in resource.map(|resource| self.references.words.unclear(resource)).into_iter().flatten() {
                    firsts.entry(named).or_default().push(member);
                }
            }
            firsts.extend(kind.after().map(|after| (after, members.clone())));
            for ((first, why), members) in firsts {
                let Some(others) = groups.get(&(target, first)) else { continue };
                let count = gates.len();
                let gate = *gates.entry((target, first)).or_insert(self.addresses.len() + count);
                if gate == self.addresses.len() + count {
                    self.gates.push((target.to_owned(), first));
                    self.edges.extend(others.iter().map(|other| ((gate, *other), Some(why))));
                }
                self.edges.extend(members.iter().map(|member| ((*member, gate), Some(why))));
            }
        }
    }

    fn kind(&self, target: &str, name: &str) -> Option<&'static Kind> {
        self.topology.targets.get(target)?.provider.kind(name)
    }

    /// All edges, or those that are certain.
    fn graph(&self, certain_only: bool) -> Graph<()> {
        let mut graph = Graph::new(self.addresses.len() + self.gates.len());
        let edges = self.edges.iter().filter(|(_, doubt)| !certain_only || doubt.is_none());
        edges.for_each(|((node, first), _)| graph.add(*node, *first, ()));
        graph
    }

    /// One member of a circle, and why it waits for the next one.
    fn link(&self, (node, first): (usize, usize)) -> Link {
        let name = |node: usize| match self.addresses.get(node) {
            Some(address) => address.to_string(),
            None => {
                let (target, kind) = &self.gates[node - self.addresses.len()];
                format!("{target}/{kind} done")
            }
        };
        let resource = self.addresses.get(node).and_then(|address| self.topology.resources.get(address));
        let next = self.addresses.get(first);
        let reference = resource.into_iter().flat_map(|resource| self.references.of(resource));
        let reference = reference.into_iter().find(|reference| Some(&reference.to) == next);
        let (why, place) = match reference {
            Some(Reference { why, place, .. }) => (why, Some(place)),
            None => {
                let doubt = self.edges.get(&(node, first)).copied().flatten();
                (doubt.map_or(Why::LivesIn, Why::KindFirst), resource.map(|resource| resource.place.clone()))
            }
        };
        Link { name: name(node), why: why.to_string(), place }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::providers::CATALOGUE;
    use crate::topology::testing::{TRUEUP, told, workspace};
    use crate::topology::{Loaded, Options, SecretMode, load};

    /// The outcome of reading a workspace; `PINNED` stands for the URL of some content.
    fn read(text: &str) -> Result<Loaded, Vec<Finding>> {
        let text = text.replace("PINNED", &format!("https://host.example/r.zip#sha256={}", "0a".repeat(32)));
        load(workspace(&[("trueup.yaml", TRUEUP), ("all.yaml", &text)]).path(), CATALOGUE, &Options::default())
    }

    /// The findings about circles, a line each.
    fn circles(text: &str) -> String {
        let told = told(read(text));
        told.lines().filter(|line| line.contains(" cycle: ")).map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn addresses_that_lead_to_each_other_are_told_with_their_places() {
        let text = "
vns3:
  a:
    at: https://203.0.113.11:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}', source: 203.0.113.12 }
  b:
    at: https://203.0.113.12:8000/api
    credentials: { password: '${var.pw}' }
    keyset: { token: '${var.pw}', source: '${a/config.private_ipaddress}' }
";
        let told = circles(text);
        assert_eq!(told.lines().count(), 1, "{told}");
        for said in [
            "all.yaml:6:43 <203.0.113.12> cycle: these wait for each other in a circle: `a/keyset` (`source` leads to it)",
            "→ `b/keyset` (`source` leads to it) → `a/keyset` again",
            "[which waits for this: all.yaml:10:43]",
            "they stand at all.yaml:6:43, all.yaml:10:43",
        ] {
            assert!(told.contains(said), "{said}\n{told}");
        }
    }

    #[test]
    fn what_an_untyped_value_takes_counts_too() {
        let text = "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: { username: admin, password: '${var.pw}' }
    blueprints: { r: { source: 'PINNED' } }
    deployments:
      one: { blueprint_id: r, inputs: { deep: [{ er: '${m/deployments/two.capabilities.x}' }] } }
      two: { blueprint_id: r, inputs: { x: '${m/deployments/one.capabilities.x}' } }
";
        let told = circles(text);
        assert!(told.contains("they stand at all.yaml:8:54, all.yaml:9:44"), "{told}");
    }

    #[test]
    fn whole_kinds_that_wait_are_a_warning_since_some_may_be_there() {
        let text = "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: { username: admin, password: '${var.pw}' }
    secrets: { id: { value: '${m/deployments/one.capabilities.x}' } }
    blueprints: { r: { source: 'PINNED' } }
    deployments: { one: { blueprint_id: r } }
";
        let loaded = read(text).unwrap_or_else(|findings| panic!("{findings:?}"));
        let found: Vec<&Finding> = loaded.findings.iter().filter(|finding| finding.code == CODE).collect();
        assert_eq!(found.len(), 1, "{:?}", loaded.findings);
        assert!(!found[0].is_error());
        assert!(found[0].message.contains("`m/secrets done`"), "{}", found[0].message);
        assert!(found[0].help.as_ref().is_some_and(|help| help.contains("all.yaml:6:29")), "{:?}", found[0].help);
    }

    #[test]
    fn a_sure_circle_is_an_error_even_where_another_one_shares_an_edge() {
        let text = "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: { username: admin, password: '${var.pw}' }
    secrets: { id: { value: '${m/deployments/one.capabilities.x}' } }
    blueprints: { r: { source: 'PINNED' } }
    deployments:
      one: { blueprint_id: r, inputs: { x: '${m/deployments/two.capabilities.x}' } }
      two: { blueprint_id: r, inputs: { x: '${m/deployments/one.capabilities.x}' } }
";
        let findings = read(text).err().unwrap_or_default();
        let errors = findings.iter().filter(|finding| finding.code == CODE && finding.is_error()).count();
        assert_eq!(errors, 1, "{findings:?}");
    }

    #[test]
    fn no_example_waits_for_itself() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        for folder in examples.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            let options = Options { secrets: SecretMode::StandIn, ..Options::default() };
            let loaded = load(&folder, CATALOGUE, &options).unwrap_or_else(|findings| panic!("{findings:?}"));
            assert!(!loaded.topology.resources.is_empty());
            assert!(cycles(&loaded.topology).is_empty(), "{}: {:?}", folder.display(), cycles(&loaded.topology));
        }
    }
}
