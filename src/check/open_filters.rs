//! A filter filters: a rule that lets everything through leaves nothing to the others.

use crate::check::filters::{ReadRule, filters};
use crate::check::{Subject, rule};
use crate::finding::Finding;

rule! {
    /// A rule of a filter lets everything through, from anywhere to anywhere.
    "opens-everything" is Warned;
    bad: "firewall-rules: [{ rule: FORWARD_CUST -s 0.0.0.0/0 -j ACCEPT }]";
    good: "firewall-rules: [{ rule: FORWARD_CUST -s 10.0.0.0/8 -j ACCEPT }]";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let rules = filters(subject.topology).flatten();
    let open = rules.filter(|read| {
        let rule = &read.rule;
        rule.opens && rule.matches.is_empty() && rule.source.is_none() && rule.destination.is_none()
    });
    let tell = |read: ReadRule<'_>| {
        let message = format!("`{}` lets everything through", read.text);
        let help = "say where from, where to, or what; what no rule decides about has its own way";
        Finding::warning(RULE.code, message).help(help).at(&read.place).about(&read.resource.address)
    };
    open.map(tell).collect()
}
