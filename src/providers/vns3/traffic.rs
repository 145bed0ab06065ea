//! What objects of a controller mean to packets (vns3.md#firewall-rules, vns3.md#routes, vns3.md#ipsec-endpoints).

use std::net::IpAddr;

use ipnet::IpNet;

use crate::spec::{
    AnnouncedNetworks, Condition, FilterRule, FilterTable, LeadingTable, NeighbourTable, SelectorTable, SessionTable,
    TrafficTable,
};

/// What its objects mean to packets.
pub(super) const TRAFFIC: TrafficTable = TrafficTable {
    networks: &[AnnouncedNetworks {
        kind: "routes",
        network: "cidr",
        told: Condition::is("advertise", &["true"]).and(IN_USE),
        through: "tunnel",
        preferred_by: &["table", "metric"],
    }],
    overlays: &[("license-parameters", "subnet")],
    neighbours: &[
        NeighbourTable { agree: &["overlay_mtu"], ..NeighbourTable::of("peers", "name") },
        NeighbourTable {
            agree: &["ike_version", "pfs", "vpn_type"],
            words: Some(("extra_config", &["phase1=", "phase2="])),
            inner: Some("route_based_int_address"),
            selectors: Some(SelectorTable {
                kind: "tunnels",
                local: "local_subnet",
                remote: "remote_subnet",
                used: IN_USE,
            }),
            sessions: Some(SessionTable { kind: "ebgp-peers", theirs: "asn", ours: "local_asn_alias" }),
            led: Some(LeadingTable {
                needed: Condition::is("vpn_type", &["vti"]),
                within: &["ebgp-peers", "traffic-pairs"],
                by: ("routes", "tunnel"),
                // What is neither a device of the machine's own nor the plugins' may be a tunnel's.
                device: ("interface", |name| !name.starts_with("eth") && !name.starts_with("plugin")),
            }),
            ..NeighbourTable::of("ipsec-endpoints", "ipaddress")
        },
    ],
    filters: &[filter("firewall-rules", ""), filter("firewall-v1-rules", ""), filter("firewall-subtables", "rules")],
    only_named: &[
        ("firewall-fwsets", "firewall-rules"),
        ("firewall-subtables", "firewall-rules"),
        ("firewall-v1-fwsets", "firewall-v1-rules"),
        ("firewall-v1-subgroups", "firewall-v1-rules"),
    ],
    lets_in: &[],
};

const IN_USE: Condition = Condition::is_not("enabled", &["false"]);

const fn filter(kind: &'static str, list: &'static str) -> FilterTable {
    FilterTable { kind, list, rule: "rule", disabled: "disabled", read }
}

/// What ends the way of a packet through the tables; other targets count, mark or log it.
const DECIDING: &[&str] =
    &["ACCEPT", "DROP", "REJECT", "RETURN", "SNAT", "DNAT", "MASQUERADE", "NETMAP", "REDIRECT", "NOTRACK"];

/// The tables in which to let everything through is to have no firewall.
const GUARDED: &[&str] = &["INPUT", "FORWARD"];

/// The modules that look at the packet alone. Others match once in a while, so that a later rule may still be reached.
const PLAIN_MODULES: &[&str] = &[
    "state",
    "conntrack",
    "tcp",
    "udp",
    "icmp",
    "set",
    "multiport",
    "iprange",
    "mark",
    "mac",
    "policy",
    "addrtype",
    "dscp",
    "tos",
    "length",
    "esp",
    "ah",
    "physdev",
];

/// The options that match nothing.
const REMARKS: &[&str] = &["--comment"];

/// Reads a rule: its table, then options with their arguments.
fn read(rule: &str) -> Option<FilterRule> {
    // What stands in quotes may look like an option.
    if rule.contains(['"', '\'']) {
        return None;
    }
    let mut words = rule.split_whitespace().peekable();
    let table = words.next()?;
    let table = table.strip_suffix("_CUST").unwrap_or(table).to_owned();
    if table.starts_with(['-', '!']) || table == "MACRO" {
        return None;
    }
    let mut read =
        FilterRule { table, matches: Vec::new(), source: None, destination: None, decides: false, opens: false };
    let mut is_plain = true;
    while let Some(first) = words.next() {
        let (negated, option) = if first == "!" { (true, words.next()?) } else { (false, first) };
        if !option.starts_with('-') {
            return None;
        }
        let mut arguments = Vec::new();
        while let Some(word) = words.next_if(|word| !word.starts_with('-') && *word != "!") {
            arguments.push(word);
        }
        let argument = arguments.join(" ");
        match option {
            "-j" | "--jump" if !negated => {
                read.decides = DECIDING.contains(&argument.split(' ').next().unwrap_or_default());
                read.opens = argument == "ACCEPT" && GUARDED.contains(&read.table.as_str());
            }
            // Options of the target follow it; a rule that goes elsewhere may come back.
            "-g" | "--goto" => {}
            "-m" | "--match" => {
                is_plain &= PLAIN_MODULES.contains(&argument.as_str()) || argument == "comment";
            }
            _ if REMARKS.contains(&option) => {}
            "-s" | "--source" | "--src" if !negated && read.source.is_none() => end(&argument, &mut read, Side::Source),
            "-d" | "--destination" | "--dst" if !negated && read.destination.is_none() => {
                end(&argument, &mut read, Side::Destination);
            }
            _ => {
                let sign = if negated { "! " } else { "" };
                read.matches.push(format!("{sign}{option} {argument}").trim_end().to_owned());
            }
        }
    }
    read.decides &= is_plain;
    read.opens &= is_plain;
    read.matches.sort();
    read.matches.dedup();
    Some(read)
}

/// One end of a packet's way.
#[derive(Debug, Clone, Copy)]
enum Side {
    Source,
    Destination,
}

/// Takes one end of the way: a network where it is one, else a condition like others.
fn end(argument: &str, rule: &mut FilterRule, side: Side) {
    let parsed = argument.parse::<IpNet>().ok().or_else(|| argument.parse::<IpAddr>().ok().map(IpNet::from));
    match (parsed, side) {
        // Everywhere is no condition.
        (Some(network), _) if network.prefix_len() == 0 => {}
        (Some(network), Side::Source) => rule.source = Some(network.trunc()),
        (Some(network), Side::Destination) => rule.destination = Some(network.trunc()),
        (None, Side::Source) => rule.matches.push(format!("-s {argument}")),
        (None, Side::Destination) => rule.matches.push(format!("-d {argument}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rule: &str) -> String {
        let Some(rule) = read(rule) else { return "not understood".into() };
        let FilterRule { table, matches, source, destination, decides, opens } = rule;
        let end = |end: Option<IpNet>| end.map_or("*".to_owned(), |network| network.to_string());
        format!("{table} {} {} [{}] {decides} {opens}", end(source), end(destination), matches.join(", "))
    }

    #[test]
    fn rules_are_read_as_far_as_they_are_understood() {
        for (rule, expected) in [
            ("FORWARD_CUST -j ACCEPT", "FORWARD * * [] true true"),
            ("FORWARD_CUST -s 0.0.0.0/0 -j ACCEPT", "FORWARD * * [] true true"),
            ("INPUT -s 10.1.2.3/8 -d 10.9.0.1 -j DROP", "INPUT 10.0.0.0/8 10.9.0.1/32 [] true false"),
            ("FORWARD_CUST --dport 22 -p tcp -j ACCEPT", "FORWARD * * [--dport 22, -p tcp] true true"),
            ("FORWARD_CUST ! -s 10.0.0.0/8 -j DROP", "FORWARD * * [! -s 10.0.0.0/8] true false"),
            ("FORWARD_CUST -s ${vns3_overlay} -j DROP", "FORWARD * * [-s ${vns3_overlay}] true false"),
            ("FORWARD_CUST -s 10.0.0.0/8 -j LOG", "FORWARD 10.0.0.0/8 * [] false false"),
            ("FORWARD_CUST -m limit --limit 5/s -j ACCEPT", "FORWARD * * [--limit 5/s] false false"),
            ("FORWARD_CUST -m comment --comment x -j DROP", "FORWARD * * [] true false"),
            ("OUTPUT_CUST -j ACCEPT", "OUTPUT * * [] true false"),
            ("web -j ACCEPT", "web * * [] true false"),
            ("MACRO_CUST -j ACCEPT", "not understood"),
            ("FORWARD_CUST -m comment --comment 'a -j b' -j DROP", "not understood"),
            ("-j DROP", "not understood"),
            ("", "not understood"),
        ] {
            assert_eq!(told(rule), expected, "{rule}");
        }
    }
}
