//! How much of a resource is ours: its keys `unmanaged` and `partial`.

use std::sync::Arc;

use super::draft::OwnedParts;
use crate::finding::{Finding, Place};
use crate::source::Node;
use crate::spec::{Field, Kind, Type};
use crate::suggest::hint;

/// The key for fields that are left alone.
pub(crate) const UNMANAGED: &str = "unmanaged";

/// The key for lists of which only the declared items are ours.
pub(crate) const PARTIAL: &str = "partial";

/// Both keys.
pub(super) const KEYS: [&str; 2] = [UNMANAGED, PARTIAL];

/// Takes the two keys out of the entries of a resource. What is wrong is a finding.
pub(super) fn take(
    kind: &Kind,
    mut entries: Vec<(Arc<str>, Node)>,
    place: &Place,
    findings: &mut Vec<Finding>,
) -> (OwnedParts, Vec<(Arc<str>, Node)>) {
    let mut parts = OwnedParts::default();
    for (word, into) in [(UNMANAGED, &mut parts.unmanaged), (PARTIAL, &mut parts.partial)] {
        // A vendor's own field of that name is a field.
        let Some(at) = entries.iter().position(|(key, _)| &**key == word && kind.field(key).is_none()) else {
            continue;
        };
        let (_, value) = entries.remove(at);
        let here = place.below(word);
        let Node::List(items) = value else {
            let message = format!("`{word}` is a list of fields, found {}", value.describe());
            findings.push(Finding::error("wrong-type", message).help(format!("as in `{word}: [FIELD]`")).at(&here));
            continue;
        };
        for (n, item) in items.iter().enumerate() {
            let is_declared = |name: &str| entries.iter().any(|(key, _)| &**key == name);
            match judge(kind, word, item, &is_declared) {
                Ok(name) => drop(into.insert(name)),
                Err(finding) => findings.push((*finding).at(&here.item(n))),
            }
        }
    }
    (parts, entries)
}

/// The field that an item names, if the key may say that of it.
fn judge(kind: &Kind, word: &str, item: &Node, is_declared: &dyn Fn(&str) -> bool) -> Result<String, Box<Finding>> {
    let name = item.as_text().unwrap_or_default();
    let Some(field) = kind.field(name).filter(|field| field.is_writable()) else {
        let names = kind.fields.iter().filter(|field| field.is_writable()).map(|field| field.name);
        let finding = Finding::error("unknown-field", format!("`{word}` names no field of `{}`", kind.name));
        return Err(Box::new(finding.help(hint(name, names))));
    };
    let (code, message, help) = match (word == UNMANAGED, is_declared(name)) {
        (true, false) => return Ok(name.to_owned()),
        (true, true) => {
            ("unmanaged-field", format!("`{name}` is declared and `unmanaged`"), "keep one of the two".into())
        }
        (false, true) if has_parts(field) => return Ok(name.to_owned()),
        (false, true) => {
            let message = format!("`{name}` can't be partial: it is no set, table or map");
            ("no-list", message, format!("it is: {}", field.ty.describe()))
        }
        (false, false) => {
            let message = format!("`{name}` is partial, and nothing in it is declared");
            ("undeclared-field", message, format!("write `{name}: []`, or `unmanaged: [{name}]`"))
        }
    };
    Err(Box::new(Finding::error(code, message).help(help)))
}

/// Says whether a part of a field's value can be ours: what has no order.
pub(crate) fn has_parts(field: &Field) -> bool {
    matches!(field.ty.plain(), Type::Set(_) | Type::Table(..) | Type::Roles(_) | Type::Map(_))
}
