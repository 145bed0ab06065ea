//! The content of files: compared by the digest that the ledger remembers, since no API shows it.

use crate::attr::Attr;
use crate::diff::compare::{Judged, is_sent_late};
use crate::diff::verdict::{Cause, FieldChange, never_sent};
use crate::spec::{Field, Folders, Type};
use crate::state::base::Entry;
use crate::state::live::Live;
use crate::topology::{DIGEST, FileContent, Resource};

/// Other content than was sent last. What has the digest in its id is another object then, and told apart by that.
pub(in crate::diff) fn content_change(
    resource: &Resource,
    field: &'static Field,
    content: &FileContent,
    live: &Live,
    entry: Option<&Entry>,
) -> Judged {
    if resource.kind.identity.file_in_id().is_some() {
        return Judged::Same;
    }
    let kept = entry.and_then(|entry| entry.value(field.name)?.as_str());
    let after = content.stamp();
    let before = match kept.filter(|kept| kept.starts_with(DIGEST)) {
        Some(kept) if content.is_remembered_as(kept, entry.and_then(|entry| entry.packing)) => return Judged::Same,
        Some(kept) => Attr::text(kept),
        None if is_read(field, content, live) => return Judged::Same,
        None if is_sent_late(field, entry) => never_sent(),
        None => return Judged::Unverified,
    };
    Judged::Differs(Box::new(FieldChange {
        field: Some(field),
        name: field.name.to_owned(),
        before,
        after: Attr::Text(after),
        edits: Vec::new(),
        cause: Cause::Change,
        others: Default::default(),
    }))
}

/// Says whether what was read of the live object is that content, or what its archive is made around.
fn is_read(field: &Field, content: &FileContent, live: &Live) -> bool {
    let Some(read) = &live.content else { return false };
    let declared = content.digest();
    let endings = match field.ty {
        Type::File(Folders::Packed { holds, .. }) => holds,
        _ => &[],
    };
    declared.is_same(read) || declared.holds(read, endings)
}
