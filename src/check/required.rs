//! A resource has the fields that its kind needs.

use crate::check::{Rule, Subject};
use crate::finding::Finding;
use crate::spec::{Field, Identity};

/// A resource lacks a field without which its kind can't be made.
pub(crate) const RULE: Rule = Rule { code: "missing-field", run };

fn run(subject: &Subject) -> Vec<Finding> {
    let mut found = Vec::new();
    for resource in subject.topology.resources.values() {
        // The items of a sequence are objects, whose fields were checked with their types.
        if let Identity::Sequence { .. } = resource.kind.identity {
            continue;
        }
        // What is external needs what it is found by. Content is found by its name alone.
        let is_by_name = matches!(resource.kind.identity, Identity::Content(_));
        let has_to = |field: &&Field| {
            let is_needed = !resource.external || !is_by_name && resource.kind.is_told_apart_by(field.name);
            field.required && field.is_writable() && is_needed
        };
        for field in resource.kind.fields.iter().filter(has_to) {
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
