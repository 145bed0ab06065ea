//! A resource has the fields that its kind needs.

use crate::check::{Rule, Subject};
use crate::finding::Finding;
use crate::spec::Identity;

/// A resource lacks a field without which its kind can't be made.
pub(crate) const RULE: Rule = Rule { code: "missing-field", run };

fn run(subject: &Subject) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        // The items of a sequence are objects, whose fields were checked with their types.
        if let Identity::Sequence { .. } = resource.kind.identity {
            continue;
        }
        for field in resource.kind.fields.iter().filter(|field| field.required && field.is_writable()) {
            if resource.cleared.contains(field.name) {
                let message = format!("`{}` is empty, and `{}` needs it", field.name, resource.address);
                let help = format!("{}: {}", field.ty.describe(), field.doc);
                found.push(Finding::error(RULE.code, message).help(help).at(&resource.place.below(field.name)));
            } else if !resource.fields.contains_key(field.name) {
                let finding = Finding::error(RULE.code, format!("`{}` lacks `{}`", resource.address, field.name));
                let help = format!("add `{}: …` — {} ({})", field.name, field.doc, field.ty.describe());
                found.push(finding.help(help).at(&resource.place));
            }
        }
    }
    found
}
