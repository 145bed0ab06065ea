//! Of a list whose first match decides, each rule can be reached.
//!
//! A rule is shadowed if an earlier one of its table decides about all that it matches: that one has no condition which it
//! lacks, and its networks hold those of this one. What is not understood shadows nothing.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::check::filters::{ReadRule, filters};
use crate::check::{Subject, rule};
use crate::finding::Finding;

rule! {
    /// An earlier rule of a filter decides about everything that a rule matches: it never does anything.
    "shadowed-rule" is Warned;
    bad: "
firewall-rules:
  - { rule: FORWARD_CUST -d 10.0.0.0/8 -j DROP }
  - { rule: FORWARD_CUST -s 10.2.0.0/16 -d 10.1.0.0/16 -j ACCEPT }
";
    good: "
firewall-rules:
  - { rule: FORWARD_CUST -s 10.2.0.0/16 -d 10.1.0.0/16 -j ACCEPT }
  - { rule: FORWARD_CUST -d 10.0.0.0/8 -j DROP }
";
}

/// Conditions of a rule of which all selections are looked up: with more, only all of them and none.
const CONDITIONS: usize = 5;

/// Looks that may be taken all in all: past them, a list is longer than anybody reads.
const LOOKS: usize = 2_000_000;

fn run(subject: &Subject) -> Vec<Finding> {
    let mut left = LOOKS;
    filters(subject.topology).flat_map(|rules| of(&rules, &mut left)).collect()
}

fn of(rules: &[ReadRule<'_>], left: &mut usize) -> Vec<Finding> {
    let mut deciding: BTreeMap<(&str, Vec<&str>), Ends> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let table = rule.rule.table.as_str();
        let ends = (rule.rule.source, rule.rule.destination);
        let earlier = selections(&rule.rule.matches).into_iter().filter_map(|selection| {
            *left = left.saturating_sub(1);
            deciding.get(&(table, selection))?.around(ends, left)
        });
        if let Some(first) = earlier.min().and_then(|first| rules.get(first)) {
            let message = format!("`{}` is never reached: `{}` decides before it", rule.text, first.text);
            let help = "move it up, make the earlier one narrower, or take it out";
            let finding = Finding::warning(RULE.code, message).help(help).about(&rule.resource.address);
            found.push(finding.at(&rule.place).also(&first.place, "this one decides"));
        } else if rule.rule.decides {
            let all = rule.rule.matches.iter().map(String::as_str).collect();
            deciding.entry((table, all)).or_default().add(ends, number);
        }
        if *left == 0 {
            break;
        }
    }
    found
}

/// Every selection of conditions; of many, all of them and none.
fn selections(conditions: &[String]) -> Vec<Vec<&str>> {
    let all: Vec<&str> = conditions.iter().map(String::as_str).collect();
    if all.len() > CONDITIONS {
        return vec![Vec::new(), all];
    }
    let chosen = |set: usize| all.iter().enumerate().filter(move |(n, _)| set >> n & 1 == 1).map(|(_, word)| *word);
    (0..1 << all.len()).map(|set| chosen(set).collect()).collect()
}

/// Both ends of what a rule matches.
type TwoEnds = (Option<IpNet>, Option<IpNet>);

/// The ends of rules with the same conditions, and the lengths of their prefixes, by which those around others are found.
#[derive(Default)]
struct Ends {
    first: BTreeMap<TwoEnds, usize>,
    lengths: BTreeSet<(Option<u8>, Option<u8>)>,
}

impl Ends {
    fn add(&mut self, ends: TwoEnds, number: usize) {
        self.first.entry(ends).or_insert(number);
        self.lengths.insert((ends.0.map(|end| end.prefix_len()), ends.1.map(|end| end.prefix_len())));
    }

    /// The first rule whose ends hold these.
    fn around(&self, ends: TwoEnds, left: &mut usize) -> Option<usize> {
        let around = self.lengths.iter().filter_map(|(source, destination)| {
            *left = left.saturating_sub(1);
            self.first.get(&(widened(ends.0, *source)?, widened(ends.1, *destination)?))
        });
        around.min().copied()
    }
}

/// The network of a length around one; `None` where there is none.
fn widened(end: Option<IpNet>, length: Option<u8>) -> Option<Option<IpNet>> {
    let Some(length) = length else { return Some(None) };
    let end = end.filter(|end| end.prefix_len() >= length)?;
    Some(Some(IpNet::new(end.addr(), length).ok()?.trunc()))
}

#[cfg(test)]
mod tests {
    use crate::check::samples::found;

    /// The numbers of the rules that are told, counted from 1.
    fn told(rules: &[&str]) -> Vec<usize> {
        let lines: String = rules.iter().map(|rule| format!("  - {{ rule: \"{rule}\" }}\n")).collect();
        let own = found(&format!("firewall-rules:\n{lines}"));
        let own = own.iter().filter(|finding| finding.code == super::RULE.code);
        // The sample's head has so many lines before the first rule.
        let first = 5;
        own.map(|finding| finding.spot.as_ref().unwrap().line - first).collect()
    }

    #[test]
    fn what_an_earlier_rule_decides_about_is_never_reached() {
        assert_eq!(told(&["FORWARD -j DROP", "FORWARD -s 10.0.0.0/8 -j ACCEPT", "INPUT -j ACCEPT"]), [2]);
        assert_eq!(told(&["FORWARD -s 10.0.0.0/8 -j DROP", "FORWARD_CUST -s 10.1.0.0/16 -p tcp -j ACCEPT"]), [2]);
        assert_eq!(told(&["FORWARD -p tcp -s 10.0.0.0/8 -j DROP", "FORWARD -s 10.1.2.3 -p tcp -j DROP"]), [2]);
        assert_eq!(told(&["FORWARD -s 10.1.0.0/16 -j DROP", "FORWARD -s 10.0.0.0/8 -j ACCEPT"]), [0; 0]);
        assert_eq!(told(&["FORWARD -p tcp -j DROP", "FORWARD -j ACCEPT"]), [0; 0]);
        assert_eq!(told(&["FORWARD -j LOG", "FORWARD -s 10.0.0.0/8 -j ACCEPT"]), [0; 0]);
        assert_eq!(told(&["FORWARD -m limit --limit 1/s -j ACCEPT", "FORWARD -s 10.0.0.0/8 -j DROP"]), [0; 0]);
        assert_eq!(told(&["FORWARD -s 10.0.0.0/8 -j web", "FORWARD -s 10.0.0.0/8 -j DROP"]), [0; 0]);
    }

    #[test]
    fn many_conditions_and_long_lists_are_read_to_their_end() {
        let many = "FORWARD -p tcp --dport 1 --sport 2 -i eth0 -o eth1 -m state --state NEW -m mark --mark 7 -j DROP";
        assert_eq!(told(&[many, "FORWARD -j ACCEPT", many]), [3]);
        let rules: Vec<String> =
            (0..4_000).map(|n| format!("FORWARD -s 10.{}.{}.0/24 -j DROP", n / 256, n % 256)).collect();
        let mut rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        rules.push("FORWARD -s 10.15.0.7 -p udp -j ACCEPT");
        assert_eq!(told(&rules), [4_001]);
    }
}
