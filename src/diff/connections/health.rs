//! Connections and peers that are as declared at both ends, and down.

use std::collections::BTreeMap;

use super::FabricFinding;
use crate::address::Address;
use crate::fabric::{FabricOrigin, FabricWord};
use crate::topology::Topology;

/// What a controller says of a half, or of a peer, of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Liveness {
    /// It is up.
    Up,
    /// It is down.
    Down,
    /// It could not be told.
    Unknown,
}

/// The halves and peers of the declarations that a test picks: whose health a controller can tell.
pub(crate) fn to_ask<'t>(
    topology: &'t Topology,
    is_meant: &dyn Fn(&FabricOrigin) -> bool,
) -> BTreeMap<&'t Address, &'t FabricOrigin> {
    let asked = topology.resources.values().filter_map(|resource| {
        let origin = resource.origin.as_deref().filter(|origin| is_meant(&origin.whole()))?;
        let table = topology.targets.get(resource.address.target())?.provider.halves.as_ref()?;
        let kind = match origin.fabric {
            FabricWord::Connection => table.kind,
            FabricWord::Mesh => table.peers,
            FabricWord::Site => return None,
        };
        (resource.kind.name == kind).then_some((&resource.address, origin))
    });
    asked.collect()
}

/// What is down, of what was asked.
pub(crate) fn down(
    asked: &BTreeMap<&Address, &FabricOrigin>,
    standings: &BTreeMap<Address, Liveness>,
) -> Vec<FabricFinding> {
    let mut found: BTreeMap<FabricOrigin, Vec<(&Address, Liveness)>> = BTreeMap::new();
    for (address, origin) in asked {
        let standing = standings.get(*address).copied().unwrap_or(Liveness::Unknown);
        found.entry(origin.whole()).or_default().push((address, standing));
    }
    found.into_iter().filter_map(|(origin, halves)| finding(origin, &halves)).collect()
}

fn finding(origin: FabricOrigin, halves: &[(&Address, Liveness)]) -> Option<FabricFinding> {
    let down: Vec<&Address> =
        halves.iter().filter(|(_, standing)| *standing == Liveness::Down).map(|(address, _)| *address).collect();
    if down.is_empty() {
        return None;
    }
    let name = format!("{} {}", origin.fabric.word(), origin.name);
    let vpn = origin.vpn.iter().map(|vpn| format!(" ({vpn})")).collect::<String>();
    let words = match origin.fabric {
        FabricWord::Mesh => {
            let pairs: Vec<String> = down
                .iter()
                .map(|address| format!("{} of {}", address.name().unwrap_or_default(), address.target()))
                .collect();
            format!("{name}: peers as declared, and not reachable: {}", super::some(&pairs))
        }
        _ if halves.len() == 1 => format!("{name}{vpn}: as declared, and down"),
        _ if down.len() == halves.len() => format!("{name}{vpn}: both halves as declared, and down"),
        _ => {
            let at: Vec<String> = down.iter().map(|address| address.target().to_owned()).collect();
            format!("{name}{vpn}: both halves as declared, and down on {}", super::some(&at))
        }
    };
    Some(FabricFinding { code: "down", origin, words, explains: down.into_iter().cloned().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(at: &[&str]) -> Vec<(Address, FabricOrigin)> {
        let origin =
            |half: &str| FabricOrigin::from_path(&format!("fabric/vpns/core/london-paris/{half}")).expect("an origin");
        at.iter().map(|half| (Address::new(half, "endpoints", Some("x")), origin(half))).collect()
    }

    fn told(at: &[(&str, Liveness)]) -> Vec<String> {
        let names: Vec<&str> = at.iter().map(|(half, _)| *half).collect();
        let halves = halves(&names);
        let asked: BTreeMap<&Address, &FabricOrigin> =
            halves.iter().map(|(address, origin)| (address, origin)).collect();
        let standings =
            halves.iter().zip(at).map(|((address, _), (_, standing))| (address.clone(), *standing)).collect();
        down(&asked, &standings).into_iter().map(|finding| finding.words).collect()
    }

    #[test]
    fn what_is_down_is_told_once_for_both_halves() {
        use Liveness::{Down, Unknown, Up};
        const NAME: &str = "connection london-paris (core)";
        for (halves, words) in [
            (vec![("london", Up), ("paris", Up)], None),
            (vec![("london", Down), ("paris", Down)], Some(": both halves as declared, and down")),
            (vec![("london", Up), ("paris", Down)], Some(": both halves as declared, and down on paris")),
            (vec![("london", Down), ("paris", Unknown)], Some(": both halves as declared, and down on london")),
            (vec![("london", Unknown), ("paris", Unknown)], None),
            (vec![("london", Down)], Some(": as declared, and down")),
        ] {
            let expected: Vec<String> = words.into_iter().map(|words| format!("{NAME}{words}")).collect();
            assert_eq!(told(&halves), expected, "{halves:?}");
        }
    }
}
