//! Identity: no two declared resources may mean the same object, whatever their names in YAML.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::address::Address;
use crate::attr::Attr;
use crate::finding::Finding;
use crate::spec::{Identity, Kind, canonical};
use crate::topology::Resource;

/// A name in the one form in which names that ignore case are compared. Upper case comes first: some letters are two of
/// them, and some that look alike at the end of a word are one.
pub(crate) fn fold(name: &str) -> String {
    name.nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Finds resources that mean the same object, and names that contradict the field that they stand for.
pub(crate) fn check<'r>(resources: impl Iterator<Item = &'r Resource>, findings: &mut Vec<Finding>) {
    let mut seen: HashMap<(&str, Option<Address>, &str, String), &Resource> = HashMap::new();
    for resource in resources {
        contradiction(resource, findings);
        let Some(identity) = identity(resource) else { continue };
        let key = (resource.address.target(), resource.address.parent(), resource.kind.name, identity);
        if let Some(first) = seen.get(&key) {
            let why = why_same(resource.kind);
            let message = format!("`{}` is the same object as `{}`", resource.address, first.address);
            let finding = Finding::error("duplicate-identity", message).help(why);
            findings.push(finding.at(&resource.place).also(&first.place, "declared here first"));
        } else {
            seen.insert(key, resource);
        }
    }
}

/// What tells an object from others beside it; `None` where addresses tell enough or values are not known yet.
fn identity(resource: &Resource) -> Option<String> {
    match resource.kind.identity {
        Identity::CaselessName(_) => resource.address.name().map(fold),
        Identity::Natural(names) => {
            let mut text = String::new();
            for name in names {
                let field = resource.kind.field(name)?;
                let value = match resource.fields.get(*name) {
                    Some(value) => value.clone(),
                    None => field.default_value(),
                };
                // A required field that is null has a finding of its own.
                if value.is_later() || value.has_secret() || (value.is_null() && field.required) {
                    return None;
                }
                text.push_str(&canonical(&field.ty, &value).to_shown().to_string());
                text.push('\n');
            }
            Some(text)
        }
        Identity::Singleton | Identity::Name(_) | Identity::Content(_) | Identity::Sequence { .. } => None,
    }
}

fn why_same(kind: &Kind) -> String {
    match kind.identity {
        Identity::Natural(names) => {
            format!("objects of `{}` are told apart by `{}` alone", kind.name, names.join("`, `"))
        }
        _ => format!("`{}` compares names without case and in one Unicode form", kind.name),
    }
}

/// The field that the name stands for may be given too, but not differently.
fn contradiction(resource: &Resource, findings: &mut Vec<Finding>) {
    let (Identity::Name(name) | Identity::CaselessName(name)) = resource.kind.identity else { return };
    let (Some(field), Some(label)) = (resource.kind.field(name), resource.address.name()) else { return };
    let given = resource.fields.get(name).map(|value| canonical(&field.ty, value));
    let same = match (&given, resource.kind.identity) {
        (None | Some(Attr::Later(_)), _) => true,
        (Some(value), Identity::CaselessName(_)) => value.to_text().is_some_and(|text| fold(&text) == fold(label)),
        (Some(value), _) => *value == canonical(&field.ty, &Attr::text(label)),
    };
    if !same {
        let shown = given.map_or_else(String::new, |value| value.to_shown().to_string());
        let message = format!("`{}` has `{name}` {shown}", resource.address);
        let help = format!("the name in YAML is the value of `{name}`: leave the field out, or rename the resource");
        let place = resource.place.below(name);
        findings.push(Finding::error("name-differs", message).help(help).at(&place));
    }
}
