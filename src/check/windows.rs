//! A window that is about nothing binds nothing: what it was to keep for the night is changed by day.

use std::collections::BTreeSet;

use crate::address::glob;
use crate::check::{Rule, Subject};
use crate::finding::Finding;
use crate::suggest::hint;

/// A window or a freeze names a target that is not declared.
pub(crate) const RULE: Rule = Rule { code: "window-of-nothing", run };

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
