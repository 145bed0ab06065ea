//! Checks: rules over a finished topology, one file each.
//!
//! A rule reads what the kinds' tables say and nothing else: it names no provider. Each is told in one sentence, the
//! comment of its `RULE`. What one value can't be is told by its type, in `spec`; what can't be read, where it is read.

pub(crate) mod content;
pub(crate) mod cycles;
pub(crate) mod declared;
mod environments;
mod fitting;
mod installations;
pub(crate) mod literals;
mod names;
mod no_default;
mod own_names;
pub(crate) mod plain_http;
mod references;
mod required;
pub(crate) mod schemas;
mod tags;
mod twins;
mod unknown_words;
mod unused;
mod views;
pub(crate) mod walk;
mod windows;

use crate::finding::{Finding, PathKey, Place};
use crate::topology::Topology;

/// The workspace as rules look at it.
#[derive(Debug)]
pub(crate) struct Subject<'t> {
    /// The topology.
    pub topology: &'t Topology,
    /// Says whether everything was read and understood: if not, what seems to be missing may stand in the rest.
    pub complete: bool,
    /// Variables that nothing uses, with where they are declared.
    pub unused_variables: Vec<(String, Place)>,
    /// Secrets that nothing uses, with where they are declared.
    pub unused_secrets: Vec<(String, Place)>,
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// The code of its findings.
    pub code: &'static str,
    /// Finds.
    pub run: fn(&Subject) -> Vec<Finding>,
}

/// Places in words, for findings that have more of them than can be shown.
pub(crate) fn places<'p>(places: impl Iterator<Item = &'p Place>) -> String {
    let shown = places.map(|place| {
        let keys = place.path.iter().map(|key| match key {
            PathKey::Name(name) => name.to_string(),
            PathKey::Index(index) => index.to_string(),
        });
        format!("`{}` in {}", keys.collect::<Vec<_>>().join(" / "), place.file)
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Every rule.
pub(crate) static RULES: &[Rule] = &[
    required::RULE,
    fitting::RULE,
    schemas::RULE,
    unknown_words::RULE,
    no_default::RULE,
    references::RULE,
    cycles::RULE,
    literals::RULE,
    tags::RULE,
    unused::RULE,
    views::RULE,
    environments::RULE,
    plain_http::RULE,
    content::RULE,
    declared::RULE,
    own_names::RULE,
    names::RULE,
    twins::RULE,
    installations::RULE,
    windows::RULE,
];

/// The findings of all rules.
pub(crate) fn run(subject: &Subject) -> Vec<Finding> {
    RULES.iter().flat_map(|rule| (rule.run)(subject)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_code_of_its_own() {
        let codes: BTreeSet<&str> = RULES.iter().map(|rule| rule.code).collect();
        assert_eq!(codes.len(), RULES.len());
        for rule in RULES {
            assert!(rule.code.bytes().all(|c| c.is_ascii_lowercase() || c == b'-'), "{}", rule.code);
        }
    }
}
