//! A window that is about nothing binds nothing: what it was to keep for the night is changed by day.

use std::collections::BTreeSet;

use crate::address::glob;
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::suggest::hint;

rule! {
    /// A window or a freeze names a target that is not declared.
    "window-of-nothing" is Fixed;
    bad: "
workspace: acme
policy: { freezes: [{ targets: [wset], from: '2027-01-01', until: '2027-01-02', reason: New Year }] }
";
    good: "workspace: acme";
}

fn run(subject: &Subject) -> Vec<Finding> {
    let targets = &subject.topology.targets;
    let patterns = subject.topology.policy.windows.reaches().flat_map(|reach| &reach.patterns);
    let told = patterns.filter(|_| subject.complete).filter_map(|(pattern, place)| {
        let name = pattern.split('/').next().unwrap_or_default();
        let is_known = name == "**" || targets.keys().any(|target| glob(name.as_bytes(), target.as_bytes()));
        let declared: BTreeSet<&str> = targets.keys().map(String::as_str).collect();
        let finding =
            || Finding::error(RULE.code, format!("no target `{name}` is declared")).help(hint(name, declared));
        (!is_known).then(|| finding().at(place))
    });
    told.collect()
}
