//! Checks: rules over a finished topology, one file each.
//!
//! A rule reads what the kinds' tables say and nothing else: it names no provider. Each is told in one sentence, the
//! comment of its `RULE`. What one value can't be is told by its type, in `spec`; what can't be read, where it is read.

pub(crate) mod content;
pub(crate) mod cycles;
pub(crate) mod declared;
mod differing;
mod environments;
mod everybody;
mod filters;
mod fitting;
mod installations;
pub(crate) mod literals;
mod mirrored;
mod names;
mod neighbours;
mod no_default;
mod one_sided;
mod open_filters;
mod overlaps;
mod own_names;
pub(crate) mod plain_http;
mod references;
mod required;
#[cfg(test)]
mod samples;
pub(crate) mod schemas;
mod severity;
mod shadowed;
mod shared_selectors;
mod tags;
mod twins;
mod unknown_words;
mod unled;
mod unused;
mod unused_sets;
mod views;
pub(crate) mod walk;
mod windows;

use crate::finding::{CodeLevel, Finding, PathKey, Place};
use crate::topology::Topology;

pub(crate) use severity::{judge, settle};

/// The workspace as rules look at it.
#[derive(Debug)]
pub(crate) struct Subject<'t> {
    /// The topology.
    pub topology: &'t Topology,
    /// Says whether everything was read and understood: if not, what seems to be missing may stand in the rest.
    pub complete: bool,
    /// Says whether nothing was wrong with the fabric: if not, what is wrong with its resources follows from that, which was told.
    pub is_fabric_sound: bool,
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
    /// What it finds, in one sentence.
    pub says: &'static str,
    /// How bad that is, and who decides it.
    pub severity: RuleSeverity,
    /// Files in which it finds something; empty where no text alone shows it.
    pub bad: &'static str,
    /// The same, put right.
    pub good: &'static str,
    /// Finds.
    pub run: fn(&Subject) -> Vec<Finding>,
}

/// How bad it is what a rule finds, and who decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleSeverity {
    /// Errors that no policy sets: what they tell of can't be carried out.
    Fixed,
    /// The same, and warnings that a policy may set.
    Mixed,
    /// Warnings that a policy may set.
    Warned,
    /// Errors that a policy may set: it could be carried out, and would not work.
    Judged,
}

impl RuleSeverity {
    /// How it is told where no policy says otherwise.
    pub(crate) fn told(self) -> CodeLevel {
        match self {
            RuleSeverity::Fixed | RuleSeverity::Judged => CodeLevel::Error,
            RuleSeverity::Mixed => CodeLevel::Either,
            RuleSeverity::Warned => CodeLevel::Warning,
        }
    }
}

/// Declares the rule of a file: its sentence, which is all that is said of it anywhere, its code and severity, and files
/// that break it and that keep it. A sample holds the kinds of one target, or targets with theirs, or a whole file.
macro_rules! rule {
    ($(#[doc = $says:literal])+ $code:tt is $severity:ident; bad: $bad:literal; good: $good:literal;) => {
        $(#[doc = $says])+
        pub(crate) const RULE: $crate::check::Rule = $crate::check::Rule {
            code: $code,
            says: concat!($($says),+),
            severity: $crate::check::RuleSeverity::$severity,
            bad: $bad,
            good: $good,
            run,
        };
    };
}
pub(crate) use rule;

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
    everybody::RULE,
    overlaps::RULE,
    one_sided::RULE,
    differing::RULE,
    mirrored::RULE,
    shared_selectors::RULE,
    unled::RULE,
    shadowed::RULE,
    open_filters::RULE,
    unused_sets::RULE,
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
    let told = RULES.iter().flat_map(|rule| (rule.run)(subject));
    let resources = &subject.topology.resources;
    let is_of_fabric = |finding: &Finding| {
        let about = finding.about.as_ref().and_then(|address| resources.get(address));
        about.is_some_and(|resource| resource.origin.is_some())
    };
    told.filter(|finding| subject.is_fabric_sound || !is_of_fabric(finding)).collect()
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
