//! The content of files: compared by the digest that the ledger remembers, since no API shows it.

use crate::attr::Attr;
use crate::diff::base::Entry;
use crate::diff::verdict::{Cause, FieldChange};
use crate::spec::{Field, Identity};
use crate::topology::{DIGEST, FileContent, Resource};

/// Other content than was sent last. What has the digest in its id is another object then, and told apart by that.
pub(crate) fn content_change(
    resource: &Resource,
    field: &'static Field,
    content: &FileContent,
    entry: Option<&Entry>,
) -> Option<FieldChange> {
    let before = entry?.value(field.name)?.as_str().filter(|kept| kept.starts_with(DIGEST))?;
    let after = content.stamp();
    let differs = !matches!(resource.kind.identity, Identity::Content(_)) && before != after;
    differs.then(|| FieldChange {
        field: Some(field),
        name: field.name.to_owned(),
        before: Attr::text(before),
        after: Attr::Text(after),
        edits: Vec::new(),
        cause: Cause::Change,
    })
}
