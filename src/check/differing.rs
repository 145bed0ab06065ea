//! Two halves that have to agree do: else they never come up, or drop what is too large for one of them.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::attr::Attr;
use crate::check::neighbours::{Neighbour, Neighbours, known, place_of, within};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::SessionTable;
use crate::topology::{Resource, Topology};

rule! {
    /// Two targets name each other, and say different things of what has to be the same on both sides.
    "halves-differ" is Judged;
    bad: "
east:
  peers: { west: { id: 2, name: '${west/config.public_ipaddress}', overlay_mtu: 1500 } }
west:
  peers: { east: { id: 1, name: '${east/config.public_ipaddress}', overlay_mtu: 1400 } }
";
    good: "
east:
  peers: { west: { id: 2, name: '${west/config.public_ipaddress}', overlay_mtu: 1400 } }
west:
  peers: { east: { id: 1, name: '${east/config.public_ipaddress}', overlay_mtu: 1400 } }
";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let neighbours = Neighbours::of(subject.topology);
    neighbours.pairs().flat_map(|(one, other)| of(subject.topology, one, other)).collect()
}

fn of(topology: &Topology, one: Neighbour<'_>, other: Neighbour<'_>) -> Vec<Finding> {
    let table = one.table;
    let (one, other) = (one.resource, other.resource);
    let mut found: Vec<Finding> = table
        .agree
        .iter()
        .filter_map(|name| differs(one, other, name, known(one, name)?, known(other, name)?))
        .collect();
    if let Some((name, beginnings)) = table.words {
        let word = |resource, beginning| first_word(resource, name, beginning);
        let differing =
            beginnings.iter().filter_map(|begin| differs(one, other, name, word(one, begin)?, word(other, begin)?));
        found.extend(differing);
    }
    if let Some(name) = table.inner {
        found.extend(apart(one, other, name));
    }
    if let Some(table) = table.sessions {
        found.extend(numbers(topology, one, other, table));
        found.extend(numbers(topology, other, one, table));
    }
    found
}

fn differs(one: &Resource, other: &Resource, name: &str, ours: Attr, theirs: Attr) -> Option<Finding> {
    if ours == theirs {
        return None;
    }
    let shown = |value: Attr| value.to_text().unwrap_or_else(|| value.to_shown().to_string());
    let message = format!(
        "the halves `{}` and `{}` differ: `{name}` is `{}` here and `{}` there",
        one.address,
        other.address,
        shown(ours),
        shown(theirs)
    );
    Some(tell(message, format!("give both the same `{name}`"), (one, name), (other, name)))
}

fn tell(message: String, help: String, here: (&Resource, &str), there: (&Resource, &str)) -> Finding {
    let finding = Finding::error(RULE.code, message).help(help).about(&here.0.address);
    finding.at(&place_of(here.0, here.1)).also(&place_of(there.0, there.1), "the other half")
}

/// The word of a field that begins so, where there is one of them.
fn first_word(resource: &Resource, name: &str, beginning: &str) -> Option<Attr> {
    let Attr::List(words) = known(resource, name)? else { return None };
    let mut fitting = words.into_iter().filter(|word| word.as_text().is_some_and(|text| text.starts_with(beginning)));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// The addresses within are two of one network.
fn apart(one: &Resource, other: &Resource, name: &str) -> Option<Finding> {
    let inner = |resource: &Resource| known(resource, name)?.to_text()?.parse::<IpNet>().ok();
    let (ours, theirs) = (inner(one)?, inner(other)?);
    let why = match (ours.addr() == theirs.addr(), ours.trunc() == theirs.trunc()) {
        (true, _) => "is the same address on both",
        (false, false) => "is not in one network on both",
        (false, true) => return None,
    };
    let message =
        format!("the halves `{}` and `{}` differ: `{name}` {why}: `{ours}` and `{theirs}`", one.address, other.address);
    Some(tell(message, "give each half an address of one network".into(), (one, name), (other, name)))
}

/// The number that one half expects is the one that the other shows, where each has one session.
fn numbers(topology: &Topology, one: &Resource, other: &Resource, table: SessionTable) -> Option<Finding> {
    let only = |resource| {
        let mut sessions = within(topology, resource, table.kind);
        sessions.next().filter(|_| sessions.next().is_none())
    };
    let (ours, theirs) = (only(one)?, only(other)?);
    let (expected, shown) = (known(ours, table.theirs)?.to_text()?, known(theirs, table.ours)?.to_text()?);
    // 0 is none, and what the target has by itself is not known from files.
    if shown == "0" || BTreeSet::from([&expected, &shown]).len() == 1 {
        return None;
    }
    let message = format!(
        "the halves `{}` and `{}` differ: `{}` is `{expected}` here, and the other side shows `{shown}`",
        ours.address, theirs.address, table.theirs
    );
    let help = format!("give `{}` here and `{}` there the same number", table.theirs, table.ours);
    Some(tell(message, help, (ours, table.theirs), (theirs, table.ours)))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::found;

    /// The findings on two halves with those fields, and what stands in them.
    fn told(east: &str, west: &str) -> Vec<String> {
        let half = |other: &str, fields: &str| {
            format!("{{ ipaddress: '${{{other}/config.public_ipaddress}}', secret: '${{secret.psk}}', {fields} }}")
        };
        let text = format!(
            "east:\n  ipsec-endpoints: {{ w: {} }}\nwest:\n  ipsec-endpoints: {{ e: {} }}\n",
            half("west", east),
            half("east", west)
        );
        let own = found(&text).into_iter().filter(|finding| finding.code == super::RULE.code);
        own.map(|finding| finding.message).collect()
    }

    #[test]
    fn what_has_to_agree_does() {
        let vti = |inner: &str, sessions: &str| {
            format!("vpn_type: vti, route_based_int_address: {inner}, ebgp-peers: {{ {sessions} }}")
        };
        let (asn, alias) = ("169.254.1.2: { asn: 65002 }", "169.254.1.1: { asn: 65001, local_asn_alias: 65002 }");
        for (east, west, count) in [
            ("ike_version: 2", "ike_version: 2", 0),
            ("ike_version: 2", "ike_version: 1", 1),
            // A default counts.
            ("ike_version: 1, pfs: true", "", 0),
            ("pfs: false", "", 1),
            ("extra_config: [phase1=aes256, dpd=on]", "extra_config: [phase1=aes256, dpd=off]", 0),
            ("extra_config: [phase1=aes256, phase2=aes256]", "extra_config: [phase1=aes128, phase2=aes128]", 2),
            (&vti("169.254.1.1/30", asn), &vti("169.254.1.2/30", alias), 0),
            (&vti("169.254.1.1/30", ""), &vti("169.254.1.1/30", ""), 1),
            (&vti("169.254.1.1/30", ""), &vti("169.254.9.2/30", ""), 1),
            (&vti("169.254.1.1/30", "169.254.1.2: { asn: 65009 }"), &vti("169.254.1.2/30", alias), 1),
        ] {
            assert_eq!(told(east, west).len(), count, "{east} | {west}: {:?}", told(east, west));
        }
    }

    #[test]
    fn two_ways_between_the_same_targets_are_not_held_to_each_other() {
        let half = |other: &str, version: u8| {
            format!("{{ ipaddress: {other}.example, secret: '${{secret.psk}}', ike_version: {version} }}")
        };
        let text = format!(
            "east:\n  ipsec-endpoints: {{ a: {}, b: {} }}\nwest:\n  ipsec-endpoints: {{ a: {}, b: {} }}\n",
            half("west", 1),
            half("west", 2),
            half("east", 1),
            half("east", 2)
        );
        assert!(!found(&text).iter().any(|finding| finding.code == super::RULE.code));
    }
}
