//! What carries nothing by itself is led to: a tunnel that no route enters is up, and empty.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::attr::Attr;
use crate::check::neighbours::{holds, within};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::{LeadingTable, Type};
use crate::topology::{Resource, Topology};

rule! {
    /// A neighbour that carries only what is led through it, and no declared route or session leads there.
    "nothing-leads-through" is Warned;
    bad: "ipsec-endpoints: { paris: { ipaddress: 192.0.2.1, secret: '${secret.psk}', vpn_type: vti, tunnels: { auto: { local_subnet: 0.0.0.0/0, remote_subnet: 0.0.0.0/0 } } } }";
    good: "
ipsec-endpoints: { paris: { ipaddress: 192.0.2.1, secret: '${secret.psk}', vpn_type: vti, tunnels: { auto: { local_subnet: 0.0.0.0/0, remote_subnet: 0.0.0.0/0 } } } }
routes: { lan: { cidr: 10.2.0.0/16, tunnel: paris/auto } }
";
}

fn run(subject: &Subject) -> Vec<Finding> {
    if !subject.complete {
        return Vec::new();
    }
    let mut found = Vec::new();
    for target in subject.topology.targets.values() {
        for (table, led) in target.provider.traffic.neighbours.iter().filter_map(|table| Some((table, table.led?))) {
            let Some(ways) = LeadingWays::of(subject.topology, &target.name, led) else { continue };
            let neighbours = subject.topology.resources_at(&target.name).filter(|it| it.kind.name == table.kind);
            let needing = neighbours.filter(|it| !it.external && holds(it, led.needed));
            found.extend(needing.filter(|it| !ways.lead_to(subject.topology, it, led)).map(|it| tell(it, led)));
        }
    }
    found
}

/// What a target's routes lead through.
struct LeadingWays<'t> {
    /// The resources that they name.
    named: BTreeSet<Address>,
    /// What they name, where it is declared by others than these files, by its first word.
    words: BTreeSet<&'t str>,
}

impl<'t> LeadingWays<'t> {
    /// Those of a target; `None` where a route may lead anywhere.
    fn of(topology: &'t Topology, target: &'t str, led: LeadingTable) -> Option<LeadingWays<'t>> {
        let provider = topology.targets.get(target)?.provider;
        let (kind, field) = led.by;
        let Type::Ref(within) = provider.kind(kind)?.field(field)?.ty else { return None };
        let mut ways = LeadingWays { named: BTreeSet::new(), words: BTreeSet::new() };
        for route in topology.resources_at(target).filter(|route| route.kind.name == kind) {
            let (device, may_be) = led.device;
            match route.fields.get(device) {
                Some(Attr::Text(name)) if !may_be(name) => {}
                Some(value) if !value.is_nothing() => return None,
                _ => {}
            }
            match route.fields.get(field) {
                Some(Attr::Text(name)) => {
                    ways.named.extend(topology.referred(&route.address, provider, &[within], name));
                    ways.words.extend(name.split('/').next());
                }
                Some(value) if !value.is_nothing() => return None,
                _ => {}
            }
        }
        Some(ways)
    }

    fn lead_to(&self, topology: &Topology, neighbour: &Resource, led: LeadingTable) -> bool {
        let lets_in = led.within.iter().any(|kind| within(topology, neighbour, kind).next().is_some());
        let is_named = || self.named.iter().any(|address| address.is_below(&neighbour.address));
        lets_in || neighbour.address.name().is_some_and(|name| self.words.contains(name)) || is_named()
    }
}

fn tell(neighbour: &Resource, led: LeadingTable) -> Finding {
    let (kind, field) = led.by;
    let message = format!("nothing leads through `{}`: it carries no packet", neighbour.address);
    let help =
        format!("declare one of `{kind}` whose `{field}` is in it, or one of its `{}`", led.within.join("` or `"));
    Finding::warning(RULE.code, message).help(help).at(&neighbour.place).about(&neighbour.address)
}
