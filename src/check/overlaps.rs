//! Networks that meet lie in one place: else packets for one of them take the way of the other.
//!
//! The same network behind two targets is how two controllers of one site share it, and a wider route beside narrower ones
//! at one target is how routing works. What is told is a part of one target's network behind another target that it
//! shares an overlay with, a network that is the overlay's own, and two equal ways that nothing prefers.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::attr::Attr;
use crate::check::neighbours::{Neighbours, holds, known, network, place_of};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::AnnouncedNetworks;
use crate::topology::{Resource, Topology};

rule! {
    /// Networks behind two neighbours overlap, or one overlaps the overlay, or two ways to one network are equal.
    "overlapping-networks" is Warned;
    bad: "
east:
  peers: { west: { id: 2, name: '${west/config.public_ipaddress}' } }
  routes: { lan: { cidr: 10.1.0.0/16, interface: eth0, advertise: true } }
west:
  peers: { east: { id: 1, name: '${east/config.public_ipaddress}' } }
  routes: { lan: { cidr: 10.1.7.0/24, interface: eth0, advertise: true } }
";
    good: "
east:
  peers: { west: { id: 2, name: '${west/config.public_ipaddress}' } }
  routes: { lan: { cidr: 10.1.0.0/16, interface: eth0, advertise: true } }
west:
  peers: { east: { id: 1, name: '${east/config.public_ipaddress}' } }
  routes: { lan: { cidr: 10.2.7.0/24, interface: eth0, advertise: true } }
";
}

/// A network, and what says that it is there.
#[derive(Clone, Copy)]
struct LocatedNetwork<'t> {
    network: IpNet,
    resource: &'t Resource,
    field: &'static str,
}

fn run(subject: &Subject) -> Vec<Finding> {
    let topology = subject.topology;
    let meshes = Meshes::of(topology);
    let mut networks: BTreeMap<usize, Vec<LocatedNetwork<'_>>> = BTreeMap::new();
    let mut overlays: BTreeMap<usize, Vec<LocatedNetwork<'_>>> = BTreeMap::new();
    let mut found = Vec::new();
    for target in topology.targets.values() {
        let table = &target.provider.traffic;
        let mesh = meshes.of_target(&target.name);
        for resource in topology.resources_at(&target.name) {
            let announced = table.networks.iter().find(|networks| networks.kind == resource.kind.name);
            let here = announced.filter(|announced| lies_here(resource, announced)).map(|announced| announced.network);
            networks.entry(mesh).or_default().extend(here.and_then(|field| located(resource, field)));
            let overlay = table.overlays.iter().find(|(kind, _)| *kind == resource.kind.name);
            overlays.entry(mesh).or_default().extend(overlay.and_then(|(_, field)| located(resource, field)));
        }
        for announced in table.networks {
            found.extend(equal_ways(topology, &target.name, announced));
        }
    }
    for (mesh, networks) in networks {
        found.extend(nested(&networks));
        let overlays = overlays.get(&mesh).map(Vec::as_slice).unwrap_or_default();
        found.extend(overlays.iter().take(1).flat_map(|overlay| on_overlay(*overlay, &networks)));
    }
    found
}

fn located<'t>(resource: &'t Resource, field: &'static str) -> Option<LocatedNetwork<'t>> {
    // Everywhere is a way out, and no network that lies anywhere.
    let network = network(resource, field).filter(|network| network.prefix_len() > 0)?;
    Some(LocatedNetwork { network: network.trunc(), resource, field })
}

/// Says whether others are told of a network as one that lies here.
fn lies_here(resource: &Resource, table: &AnnouncedNetworks) -> bool {
    let is_through = resource.fields.get(table.through).is_some_and(|value| !value.is_nothing());
    !is_through && holds(resource, table.told)
}

/// Networks within another one that lies behind another target.
fn nested(networks: &[LocatedNetwork<'_>]) -> Vec<Finding> {
    let mut sorted = networks.to_vec();
    sorted.sort_by_key(|located| (located.network.network(), located.network.prefix_len()));
    let mut around: Vec<LocatedNetwork<'_>> = Vec::new();
    let mut found = Vec::new();
    for located in sorted {
        while around.last().is_some_and(|outer| !outer.network.contains(&located.network)) {
            around.pop();
        }
        let own = located.resource.address.target();
        if let Some(outer) = around.last().filter(|outer| outer.network != located.network)
            && outer.resource.address.target() != own
        {
            let message = format!(
                "`{}` of `{}` is a part of `{}` of `{}`",
                located.network, located.resource.address, outer.network, outer.resource.address
            );
            let help = "give them networks apart, or let one of them announce what is its own alone";
            found.push(tell(message, help, located, *outer));
        }
        around.push(located);
    }
    found
}

/// Networks that overlap the one of their overlay.
fn on_overlay<'t>(overlay: LocatedNetwork<'t>, networks: &[LocatedNetwork<'t>]) -> Vec<Finding> {
    let meets = |one: &IpNet, other: &IpNet| one.contains(other) || other.contains(one);
    let meeting = networks.iter().filter(|located| meets(&located.network, &overlay.network));
    let tell_one = |located: &LocatedNetwork<'t>| {
        let message = format!("`{}` of `{}` overlaps the overlay", located.network, located.resource.address);
        tell(
            message,
            "the overlay's addresses are the controllers' and clients' own: use another network",
            *located,
            overlay,
        )
    };
    meeting.map(tell_one).collect()
}

fn tell(message: String, help: &str, here: LocatedNetwork<'_>, there: LocatedNetwork<'_>) -> Finding {
    let finding = Finding::warning(RULE.code, message).help(help).about(&here.resource.address);
    finding.at(&place_of(here.resource, here.field)).also(&place_of(there.resource, there.field), "the other one")
}

/// What is preferred by the same values, and leads to the same network.
type SameWay = (IpNet, Vec<Option<String>>);

/// Two ways of one target to one network, of which nothing prefers one.
fn equal_ways(topology: &Topology, target: &str, table: &AnnouncedNetworks) -> Vec<Finding> {
    let mut first: BTreeMap<SameWay, &Resource> = BTreeMap::new();
    let mut found = Vec::new();
    let is_used = |resource: &Resource| resource.kind.carries_traffic.is_none_or(|when| holds(resource, when));
    for resource in topology.resources_at(target).filter(|it| it.kind.name == table.kind && is_used(it)) {
        let Some(network) = network(resource, table.network) else { continue };
        let is_known = |name: &&str| resource.fields.get(*name).is_none_or(|value| !value.is_later());
        if !table.preferred_by.iter().all(is_known) {
            continue;
        }
        let preferred = table.preferred_by.iter().map(|name| known(resource, name).as_ref().and_then(Attr::to_text));
        let other = *first.entry((network.trunc(), preferred.collect())).or_insert(resource);
        if other.address != resource.address {
            let message =
                format!("`{}` and `{}` lead to `{network}`, and nothing prefers one", other.address, resource.address);
            let help = format!("give them another of `{}`", table.preferred_by.join("` or `"));
            let finding = Finding::warning(RULE.code, message).help(help).about(&resource.address);
            found.push(finding.at(&place_of(resource, table.network)).also(&other.place, "the other way"));
        }
    }
    found
}

/// Targets that are one overlay, as far as they name each other.
struct Meshes<'t> {
    numbers: BTreeMap<&'t str, usize>,
}

impl<'t> Meshes<'t> {
    fn of(topology: &'t Topology) -> Meshes<'t> {
        let names: Vec<&str> = topology.targets.keys().map(String::as_str).collect();
        let numbers: BTreeMap<&str, usize> = names.iter().enumerate().map(|(number, name)| (*name, number)).collect();
        let mut above: Vec<usize> = (0..names.len()).collect();
        for (other, neighbour) in Neighbours::of(topology).all() {
            let own = neighbour.resource.address.target();
            if let (Some(one), Some(other)) = (numbers.get(own), numbers.get(other)) {
                let (one, other) = (root(&mut above, *one), root(&mut above, *other));
                if let Some(of) = above.get_mut(one.max(other)) {
                    *of = one.min(other);
                }
            }
        }
        Meshes { numbers: numbers.into_iter().map(|(name, number)| (name, root(&mut above, number))).collect() }
    }

    fn of_target(&self, name: &str) -> usize {
        self.numbers.get(name).copied().unwrap_or_default()
    }
}

/// The first of those that a number is one with. The way there gets shorter each time.
fn root(above: &mut [usize], mut number: usize) -> usize {
    while let Some(next) = above.get(number).copied().filter(|next| *next != number) {
        let further = above.get(next).copied().unwrap_or(next);
        if let Some(own) = above.get_mut(number) {
            *own = further;
        }
        number = further;
    }
    number
}

#[cfg(test)]
mod tests {
    use crate::check::samples::found;

    fn told(text: &str) -> Vec<String> {
        let own = found(text).into_iter().filter(|finding| finding.code == super::RULE.code);
        own.map(|finding| finding.message).collect()
    }

    #[test]
    fn ways_of_one_target_differ_in_what_prefers_them() {
        let two = |first: &str, second: &str| {
            format!(
                "routes:\n  a: {{ cidr: 10.9.0.0/16, interface: eth0, {first} }}\n  b: {{ cidr: 10.9.0.0/16, interface: eth1, \
                 {second} }}\n"
            )
        };
        assert_eq!(told(&two("", "")).len(), 1);
        assert_eq!(told(&two("metric: 5", "metric: 0")).len(), 0);
        assert_eq!(told(&two("table: other", "")).len(), 0);
        assert_eq!(told(&two("enabled: false", "")).len(), 0);
        assert_eq!(
            told("routes:\n  a: { cidr: 10.0.0.0/8, interface: eth0 }\n  b: { cidr: 10.9.0.0/16, interface: eth1 }\n")
                .len(),
            0
        );
    }

    #[test]
    fn targets_that_are_no_neighbours_may_have_the_same_networks() {
        let target = |name: &str, other: &str, more: &str| {
            let peer = match other {
                "" => String::new(),
                other => format!("  peers: {{ p: {{ id: 9, name: '${{{other}/config.public_ipaddress}}' }} }}\n"),
            };
            format!("{name}:\n{peer}  routes: {{ lan: {{ {more}, interface: eth0, advertise: true }} }}\n")
        };
        let (wide, narrow) = ("cidr: 10.1.0.0/16", "cidr: 10.1.7.0/24");
        assert_eq!(told(&(target("a", "", wide) + &target("b", "", narrow))).len(), 0);
        assert_eq!(told(&(target("a", "b", wide) + &target("b", "a", wide))).len(), 0);
        // By way of a third one.
        let three = target("a", "b", wide) + &target("b", "a", "cidr: 10.5.0.0/16") + &target("c", "b", narrow);
        assert_eq!(told(&three).len(), 1);
        let everywhere = target("a", "b", "cidr: 0.0.0.0/0") + &target("b", "a", narrow);
        assert_eq!(told(&everywhere).len(), 0);
    }

    #[test]
    fn the_overlay_has_addresses_of_its_own() {
        let text = |network: &str| {
            format!(
                "license-parameters: {{ default: false, subnet: 100.127.0.0/24, managers: [100.127.0.1], asns: ['65001'], \
                 clients: [100.127.0.9], my_manager_vip: 100.127.0.250 }}\nroutes: {{ lan: {{ cidr: {network}, interface: eth0, \
                 advertise: true }} }}\n"
            )
        };
        assert_eq!(told(&text("100.127.0.128/25")).len(), 1);
        assert_eq!(told(&text("100.0.0.0/8")).len(), 1);
        assert_eq!(told(&text("10.0.0.0/8")).len(), 0);
    }
}
