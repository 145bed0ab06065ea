//! One pair of networks goes through one neighbour: of two that carry it, whichever comes up first has it.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::check::neighbours::{holds, network};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::topology::Resource;

rule! {
    /// Two neighbours of one target carry the same pair of networks.
    "shared-selector" is Warned;
    bad: "
ipsec-endpoints:
  paris:
    ipaddress: 192.0.2.1
    secret: '${secret.psk}'
    tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16 } }
  lyon:
    ipaddress: 192.0.2.2
    secret: '${secret.psk}'
    tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16 } }
";
    good: "
ipsec-endpoints:
  paris:
    ipaddress: 192.0.2.1
    secret: '${secret.psk}'
    tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.2.0.0/16 } }
  lyon:
    ipaddress: 192.0.2.2
    secret: '${secret.psk}'
    tunnels: { lan: { local_subnet: 10.1.0.0/16, remote_subnet: 10.3.0.0/16 } }
";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let mut first: BTreeMap<(&str, IpNet, IpNet), &Resource> = BTreeMap::new();
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        let Some((local, remote)) = pair(subject, resource) else { continue };
        let known = first.entry((resource.address.target(), local, remote)).or_insert(resource);
        if known.address.parent() == resource.address.parent() {
            continue;
        }
        let message = format!("`{}` and `{}` both carry `{local}` to `{remote}`", known.address, resource.address);
        let help = "let one of them carry it, or set one of them out of use";
        let finding = Finding::warning(RULE.code, message).help(help).about(&resource.address);
        found.push(finding.at(&resource.place).also(&known.place, "the first one"));
    }
    found
}

/// The pair of networks that a resource carries, where it is in use and does not carry everything.
fn pair(subject: &Subject, resource: &Resource) -> Option<(IpNet, IpNet)> {
    let target = subject.topology.targets.get(resource.address.target())?;
    let mut tables = target.provider.traffic.neighbours.iter().filter_map(|table| table.selectors);
    let table = tables.find(|table| table.kind == resource.kind.name && holds(resource, table.used))?;
    let (local, remote) = (network(resource, table.local)?, network(resource, table.remote)?);
    (local.prefix_len() > 0 || remote.prefix_len() > 0).then_some((local, remote))
}
