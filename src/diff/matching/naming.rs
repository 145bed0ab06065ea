//! What live objects are called: the name that one gets that nothing declares, and the words by which others refer to it.

use std::collections::BTreeSet;

use crate::spec::{Identity, Kind, lookup};
use crate::state::live::{Live, text};

/// The name that an undeclared object gets: its own, or its natural key in one word.
pub(crate) fn given_name(kind: &Kind, live: &Live) -> Option<String> {
    match kind.identity {
        Identity::Singleton | Identity::Sequence { .. } => None,
        Identity::Name(field) | Identity::CaselessName(field) => live.value(kind, field).to_text(),
        // What is somebody else's is called by its id.
        Identity::Content(_, []) if live.is_of_another() => Some(live.id.clone()),
        Identity::Content(_, []) => Some(content_name(&live.id).to_owned()),
        Identity::Natural(fields) | Identity::Content(_, fields) => {
            let parts: Vec<String> = fields
                .iter()
                .map(|field| text(&live.value(kind, field).to_shown()))
                .filter(|part| !part.is_empty())
                .map(|part| part.replace('/', "-"))
                .collect();
            Some(parts.join("_"))
        }
    }
}

/// The name, or one made of it that nothing has yet, which is taken then.
pub(crate) fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.clone();
    let mut n = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}-{n}");
        n += 1;
    }
    candidate
}

/// The name in an id that is a name and a digest.
fn content_name(id: &str) -> &str {
    let is_digest = |tail: &str| tail.len() == 12 && tail.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match id.rsplit_once('-') {
        Some((name, tail)) if is_digest(tail) && !name.is_empty() => name,
        _ => id,
    }
}

/// Every word by which other objects may refer to this one.
pub(in crate::diff) fn aliases(kind: &Kind, live: &Live) -> impl Iterator<Item = String> {
    let further = kind.api.aliases.iter().filter_map(|path| lookup(&live.raw, path)).map(text);
    std::iter::once(live.id.clone()).chain(further).filter(|id| !id.is_empty())
}
