//! What does nothing unless a filter names it is named by one, where the files have the whole filter.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::topology::words::TextNames;
use crate::topology::{ITEMS, Resource};

rule! {
    /// A set or a table of one's own is declared, and no declared rule or set names it.
    "unused-set" is Warned;
    bad: "
firewall-fwsets: { offices: { type: net, entries: [{ entry: 10.1.0.0/16 }] } }
firewall-rules: [{ rule: FORWARD_CUST -s 10.1.0.0/16 -j DROP }]
";
    good: "
firewall-fwsets: { offices: { type: net, entries: [{ entry: 10.1.0.0/16 }] } }
firewall-rules: [{ rule: FORWARD_CUST -m set --match-set offices src -j DROP }]
";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let topology = subject.topology;
    if !subject.complete {
        return Vec::new();
    }
    let mut told: Vec<&Resource> = Vec::new();
    let mut targets: BTreeSet<&str> = BTreeSet::new();
    for target in topology.targets.values() {
        let only_named = target.provider.traffic.only_named;
        let is_whole =
            |filter: &str| topology.resources.get(&Address::new(&target.name, filter, None)).is_some_and(is_whole);
        let kinds: Vec<&str> =
            only_named.iter().filter(|(_, filter)| is_whole(filter)).map(|(kind, _)| *kind).collect();
        let here = topology.resources_at(&target.name);
        let before = told.len();
        told.extend(here.filter(|resource| !resource.external && kinds.contains(&resource.kind.name)));
        if told.len() > before {
            targets.insert(&target.name);
        }
    }
    if told.is_empty() {
        return Vec::new();
    }
    let words = TextNames::new(topology);
    let naming = topology.resources.values().filter(|resource| targets.contains(resource.address.target()));
    let named: BTreeSet<Address> = naming
        .flat_map(|from| {
            let meant = |word| words.meant(&from.address, &word);
            words.of(from).into_iter().flat_map(meant).collect::<Vec<_>>()
        })
        .collect();
    told.into_iter().filter(|resource| !named.contains(&resource.address)).map(tell).collect()
}

/// Says whether the files have all of a filter: what they don't name may be named by nobody.
fn is_whole(filter: &Resource) -> bool {
    !filter.external && !filter.partial.contains_key(ITEMS) && filter.fields.contains_key(ITEMS)
}

fn tell(resource: &Resource) -> Finding {
    let finding = Finding::warning(RULE.code, format!("no declared rule or set names `{}`", resource.address));
    finding.help("name it where it belongs, or take it out").at(&resource.place).about(&resource.address)
}

#[cfg(test)]
mod tests {
    use crate::check::samples::found;

    #[test]
    fn where_others_have_a_part_of_the_filter_a_set_may_be_theirs() {
        let set = "firewall-fwsets: { offices: { type: net, entries: [{ entry: 10.1.0.0/16 }] } }\n";
        let rule = "{ rule: FORWARD_CUST -s 10.1.0.0/16 -j DROP }";
        for (rules, is_told) in [
            (format!("firewall-rules: [{rule}]\n"), true),
            (format!("firewall-rules: {{ partial: last, items: [{rule}] }}\n"), false),
            (String::new(), false),
        ] {
            let told = found(&format!("{set}{rules}"));
            assert_eq!(told.iter().any(|finding| finding.code == super::RULE.code), is_told, "{rules}: {told:?}");
        }
    }
}
