//! Renamed: what had another name until now, and is the same object still.
//!
//! `renamed-from: OLD` stands in a resource as long as somebody's ledger may have it under the old name. Where nothing has
//! that name any more it means nothing, so it may stay until all have applied it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::draft::Each;
use super::each;
use super::variables::Variables;
use crate::address::Address;
use crate::finding::{Finding, Place};
use crate::source::Node;
use crate::spec::Kind;
use crate::topology::Resource;

/// The key in a resource that holds the name that it had.
pub(crate) const RENAMED_FROM: &str = "renamed-from";

/// Takes the name that a resource had out of its entries. What is wrong with it is a finding.
pub(super) fn take(
    kind: &Kind,
    each: Option<&Each>,
    variables: &Variables,
    (entries, place): (&mut Vec<(Arc<str>, Node)>, &Place),
    findings: &mut Vec<Finding>,
) -> Option<String> {
    if kind.identity.is_single() || kind.field(RENAMED_FROM).is_some() {
        return None;
    }
    let at = entries.iter().position(|(key, _)| &**key == RENAMED_FROM)?;
    let (_, value) = entries.remove(at);
    let here = place.below(RENAMED_FROM);
    let name = match &value {
        Node::Text(text) => {
            each::name(text, each, variables).map_err(|finding| findings.push(finding.at(&here))).ok()?
        }
        other => other.spelling().unwrap_or_default(),
    };
    if name.is_empty() {
        let message = format!("`{RENAMED_FROM}` is the name that it had, found {}", value.describe());
        findings.push(Finding::error("wrong-type", message).help("as in `renamed-from: office-old`").at(&here));
        return None;
    }
    Some(name)
}

impl Resource {
    /// The address that it had until now, if it was renamed.
    fn old_address(&self) -> Option<Address> {
        Some(self.address.sibling(self.address.kind(), Some(self.renamed_from.as_deref()?)))
    }
}

/// Finds names that can't have been another one's: that of itself, of what is declared still, and of two at once.
pub(super) fn check(resources: &BTreeMap<Address, Resource>, findings: &mut Vec<Finding>) {
    let mut heirs: BTreeMap<Address, &Resource> = BTreeMap::new();
    for resource in resources.values() {
        let Some(old) = resource.old_address() else { continue };
        let here = resource.place.below(RENAMED_FROM);
        let finding = |message: String, help: &str| Finding::error(RENAMED_FROM, message).help(help).at(&here);
        if old == resource.address {
            let message = format!("`{old}` was renamed from the name that it has");
            findings.push(finding(message, "name the one that it had before, or take the line out"));
        } else if let Some(other) = resources.get(&old) {
            let message = format!("`{}` was renamed from `{old}`, which is declared still", resource.address);
            let help = "one of the two is a new resource: take out the line, or the other declaration";
            findings.push(finding(message, help).also(&other.place, "declared here"));
        } else if let Some(first) = heirs.insert(old.clone(), resource) {
            let message = format!("`{old}` can't have become both `{}` and `{}`", first.address, resource.address);
            let help = "one of the two is a new resource: take its line out";
            findings.push(finding(message, help).also(&first.place.below(RENAMED_FROM), "said here first"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::topology::testing::east;

    fn told(variables: &str) -> Vec<String> {
        let loaded = east(&format!("groups: {{ {variables} }}"));
        loaded.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_is_handed_on_once_and_by_nobody_who_has_it() {
        for (variables, words) in [
            ("a: { renamed-from: a }", "`east/groups/a` was renamed from the name that it has"),
            ("a: { renamed-from: b }, b: {}", "which is declared still"),
            ("a: { renamed-from: c }, b: { renamed-from: c }", "can't have become both"),
            ("a: { renamed-from: [c] }", "`renamed-from` is the name that it had, found a list"),
            ("a: { renamed-from: \"${var.none}\" }", "none"),
        ] {
            let found = told(variables);
            assert!(found.iter().any(|told| told.contains(words)), "{variables}: {found:?}");
        }
        for variables in [
            "a: { renamed-from: b }",
            "a: { renamed-from: 7 }",
            "\"a-${each.key}\": { each: [p, q], renamed-from: \"b-${each.key}\" }",
        ] {
            assert_eq!(told(variables), [] as [&str; 0], "{variables}");
        }
    }
}
