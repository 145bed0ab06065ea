//! The syntax of a rule's text: a table first, then iptables' options.
//!
//! Checked is what the text's examples show to be checked, the form of addresses, and what goes wrong otherwise: tables
//! that do not exist, ports that are none, sets that are missing, a rule without a target.

use crate::vns3::net;

/// The chains that customers' rules go into; `_CUST` may follow.
const TABLES: &[&str] = &["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"];

/// A chain of version 1 that has no table of version 2.
const MACRO: &str = "MACRO_CUST";

/// The beginning of iptables' complaints.
const COMPLAINT: &str = "Parse Error - iptables v1.4.21:";

/// The table of a rule in lower case, or the subtable's name; `None` if the rule begins with neither.
pub(super) fn table(rule: &str, subtables: &[&str]) -> Option<String> {
    let first = rule.split_whitespace().next()?;
    if subtables.contains(&first) {
        return Some(first.to_owned());
    }
    if first == MACRO {
        return Some("macro".to_owned());
    }
    let plain = first.strip_suffix("_CUST").unwrap_or(first);
    TABLES.contains(&plain).then(|| plain.to_ascii_lowercase())
}

/// Says whether that is the name of a main table, in lower case.
pub(super) fn is_table(name: &str) -> bool {
    TABLES.iter().any(|table| table.to_ascii_lowercase() == name)
}

/// The rule as the operating system has it, and the system's table.
pub(super) fn os_rule(resolved: &str) -> (String, &'static str) {
    let (first, rest) = resolved.split_once(char::is_whitespace).unwrap_or((resolved, ""));
    let plain = first.strip_suffix("_CUST").unwrap_or(first);
    let table = if matches!(plain, "PREROUTING" | "POSTROUTING" | "MACRO") { "nat" } else { "filter" };
    (format!("{plain}_CUST {}", rest.trim()), table)
}

/// Checks the options of a resolved rule; the error is what the API answers.
pub(super) fn check(resolved: &str, fwsets: &[&str], subtables: &[&str]) -> Result<(), String> {
    let words: Vec<&str> = resolved.split_whitespace().skip(1).collect();
    // Behind a chain stand options: a chain's name once more is none.
    if let Some(word) = words.first().filter(|word| !word.starts_with(['-', '!'])) {
        return Err(format!("{COMPLAINT} Bad argument `{word}'"));
    }
    let mut has_target = false;
    for (index, word) in words.iter().enumerate() {
        let value = || words.iter().skip(index + 1).find(|next| **next != "!").copied().unwrap_or_default();
        match *word {
            "-s" | "-d" | "--source" | "--destination" => check_hosts(value())?,
            "--dport" | "--sport" | "--dports" | "--sports" => check_ports(value())?,
            "--match-set" if !fwsets.contains(&value()) => {
                return Err(format!("{COMPLAINT} Set {} doesn't exist.", value()));
            }
            "-j" | "--jump" if value().is_empty() => {
                return Err(format!("{COMPLAINT} option \"-j\" requires an argument"));
            }
            "-j" | "--jump" if !is_target(value(), subtables) => {
                return Err(format!("{COMPLAINT} Couldn't load target `{}'", value()));
            }
            "-j" | "--jump" => has_target = true,
            _ => {}
        }
    }
    if has_target { Ok(()) } else { Err("Invalid rule".to_owned()) }
}

/// iptables' own targets are in capitals; any other is a subtable's name.
fn is_target(name: &str, subtables: &[&str]) -> bool {
    subtables.contains(&name)
        || name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
}

fn check_hosts(hosts: &str) -> Result<(), String> {
    let good = |host: &str| net::is_ip(host) || net::is_cidr(host) || net::is_host(host);
    match hosts.split(',').find(|host| !good(host)) {
        Some(host) => Err(format!("{COMPLAINT} host/network `{host}' not found")),
        None => Ok(()),
    }
}

fn check_ports(ports: &str) -> Result<(), String> {
    match ports.split([',', ':']).find(|port| !is_port(port)) {
        Some(port) => Err(format!("{COMPLAINT} invalid port/service `{port}' specified")),
        None => Ok(()),
    }
}

/// A port's number.
pub(super) fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Says whether a text names a set or subtable: as a word of its own, or through the variable made for it.
pub(super) fn mentions(text: &str, kind: &str, name: &str) -> bool {
    text.contains(&format!("${{{kind}_{name}}}")) || text.split_whitespace().skip(1).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_in_both_spellings() {
        assert_eq!(table("FORWARD -j ACCEPT", &[]).as_deref(), Some("forward"));
        assert_eq!(table("PREROUTING_CUST -j ACCEPT", &[]).as_deref(), Some("prerouting"));
        assert_eq!(table("mine -j ACCEPT", &["mine"]).as_deref(), Some("mine"));
        assert_eq!(table("forward -j ACCEPT", &[]), None);
        assert_eq!(os_rule("FORWARD -i eth0 -j ACCEPT"), ("FORWARD_CUST -i eth0 -j ACCEPT".to_owned(), "filter"));
    }

    #[test]
    fn every_rule_of_the_texts_example_passes_and_its_bad_one_does_not() {
        let good = [
            "POSTROUTING -s 100.64.0.0/19 -o eth0 ! -d 100.64.0.0/19 -j MASQUERADE-ONCE",
            "FORWARD -o eth0 -ctrack NEW,ESTABLISHED,RELATED -j ACCEPT",
            "FORWARD -i eth0 -ctrack NEW, ESTABLISHED,RELATED -j ACCEPT",
            "INPUT -p tcp -m multiport --dports 22,8000:8010 -j DROP",
        ];
        for rule in good {
            assert_eq!(check(rule, &[], &[]), Ok(()), "{rule}");
        }
        let bad = check("FORWARD -s 10.199.2.0. -j DROP", &[], &[]);
        assert_eq!(bad.unwrap_err(), "Parse Error - iptables v1.4.21: host/network `10.199.2.0.' not found");
        assert_eq!(check("FORWARD -s 10.0.0.0/8", &[], &[]).unwrap_err(), "Invalid rule");
        assert!(check("FORWARD -j mine", &[], &[]).is_err());
        assert!(check("mine mine -j DROP", &[], &["mine"]).unwrap_err().ends_with("Bad argument `mine'"));
        assert!(check("FORWARD -j mine", &[], &["mine"]).is_ok());
        assert!(check("FORWARD --dport 99999 -j DROP", &[], &[]).is_err());
        assert!(check("FORWARD -m set --match-set humans src -j DROP", &[], &[]).is_err());
        assert!(check("FORWARD -m set --match-set humans src -j DROP", &["humans"], &[]).is_ok());
    }
}
