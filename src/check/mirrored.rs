//! A pair of networks on one half stands the other way round on the other half: else one side drops what the other sends.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::check::neighbours::{Neighbours, holds, network, within};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::SelectorTable;
use crate::topology::{Resource, Topology};

rule! {
    /// A pair of networks that one half carries is not mirrored on the other half.
    "not-mirrored" is Warned;
    bad: "
east:
  ipsec-endpoints:
    west:
      ipaddress: '${west/config.public_ipaddress}'
      secret: '${secret.psk}'
      tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16 } }
west:
  ipsec-endpoints:
    east:
      ipaddress: '${east/config.public_ipaddress}'
      secret: '${secret.psk}'
      tunnels: { lan: { local_subnet: 10.2.0.0/16, remote_subnet: 10.3.0.0/16 } }
";
    good: "
east:
  ipsec-endpoints:
    west:
      ipaddress: '${west/config.public_ipaddress}'
      secret: '${secret.psk}'
      tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16 } }
west:
  ipsec-endpoints:
    east:
      ipaddress: '${east/config.public_ipaddress}'
      secret: '${secret.psk}'
      tunnels: { lan: { local_subnet: 10.2.0.0/16, remote_subnet: 10.1.0.0/16 } }
";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let neighbours = Neighbours::of(subject.topology);
    let mut found = Vec::new();
    for (one, other) in neighbours.pairs() {
        let Some(table) = one.table.selectors.filter(|_| subject.complete) else { continue };
        let (ours, theirs) =
            (selectors(subject.topology, one.resource, table), selectors(subject.topology, other.resource, table));
        found.extend(alone(&ours, &theirs, other.resource));
        found.extend(alone(&theirs, &ours, one.resource));
    }
    found
}

/// The pairs of networks in use, local first, with what declares them.
type Selectors<'t> = BTreeMap<(IpNet, IpNet), &'t Resource>;

fn selectors<'t>(topology: &'t Topology, half: &'t Resource, table: SelectorTable) -> Selectors<'t> {
    let used = within(topology, half, table.kind).filter(|resource| holds(resource, table.used));
    let pair = |resource: &'t Resource| Some((network(resource, table.local)?, network(resource, table.remote)?));
    // Everything to everything is what a half has by itself, declared or not.
    let pairs = used.filter_map(|resource| Some((pair(resource)?, resource)));
    pairs.filter(|((local, remote), _)| local.prefix_len() > 0 || remote.prefix_len() > 0).collect()
}

fn alone(ours: &Selectors<'_>, theirs: &Selectors<'_>, other: &Resource) -> Vec<Finding> {
    let alone = ours.iter().filter(|((local, remote), _)| !theirs.contains_key(&(*remote, *local)));
    let tell = |((local, remote), resource): (&(IpNet, IpNet), &&Resource)| {
        let message = format!("`{local}` to `{remote}` is not mirrored in `{}`", other.address);
        let help = format!("declare `{remote}` to `{local}` there, or take it out here");
        let finding = Finding::warning(RULE.code, message).help(help).about(&resource.address);
        finding.at(&resource.place).also(&other.place, "the other half")
    };
    alone.map(tell).collect()
}
