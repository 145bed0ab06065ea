//! Whose the live objects of one collection are, by the ledger.
//!
//! An object is ours if it has the identity that we applied. For each object there is at most one owner, an entry of the
//! ledger, and for each entry at most one object:
//!
//! | the applied identity | the id | the object is the entry's |
//! |---|---|---|
//! | the object's | any | yes; of several entries or objects, those go together first whose ids agree |
//! | another one, which nothing there has, or a namesake | the object's | where ids last and names can change: renamed at the console |
//! | another one | the object's | no: the id was handed out anew, to somebody else |
//! | not known, of an old ledger | the object's | where ids last, or where that very object is declared under its address |

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::placing::Identified;
use crate::spec::{Change, IdScheme, Identity, Kind};
use crate::state::IdentityKey;
use crate::state::base::Entry;

/// An entry of the ledger in one collection.
pub(in crate::diff) struct Claimant<'b> {
    /// Its address in the ledger.
    pub address: &'b Address,
    /// The entry.
    pub entry: &'b Entry,
    /// The identity that the files give its address, where they declare it and it is known.
    pub wanted: Option<&'b IdentityKey>,
}

/// Where the object of an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::diff) enum Located {
    /// It is this one of the objects.
    Here(usize),
    /// Nothing there is it.
    Gone,
    /// Another entry has it by now: the object.
    Overtaken(usize),
    /// Several objects have its identity, and no id tells which one is it.
    Several,
    /// An object has its id, and nothing in the ledger says more of it.
    Unproven,
}

/// Finds the object of each entry. `is_wanted` says whether the files declare an identity.
pub(in crate::diff) fn locate(
    kind: &'static Kind,
    ids: IdScheme,
    entries: &[Claimant<'_>],
    objects: &[&Identified<'_>],
    is_wanted: &dyn Fn(&IdentityKey) -> bool,
) -> Vec<Located> {
    let mut by_identity: BTreeMap<&IdentityKey, Group> = BTreeMap::new();
    for (n, object) in objects.iter().enumerate() {
        if let Some(identity) = &object.identity {
            by_identity.entry(identity).or_default().objects.push(n);
        }
    }
    let mut located = vec![Located::Gone; entries.len()];
    let mut unknown = Vec::new();
    for (n, Claimant { address, entry, .. }) in entries.iter().enumerate() {
        let mut has_any = false;
        let mut applied = applied_identities(kind, address, entry).inspect(|_| has_any = true);
        match applied.find(|key| by_identity.contains_key(key)).and_then(|key| by_identity.get_mut(&key)) {
            Some(group) => group.entries.push(n),
            // What another object left behind is called by its id, for want of a name.
            None => {
                let is_bare = entry.identity.is_none() && address.name() == Some(entry.id.as_str());
                unknown.push((n, !has_any || is_bare));
            }
        }
    }
    let mut taken = vec![false; objects.len()];
    for (identity, group) in by_identity {
        group.pair(identity, entries, objects, &mut located, &mut taken);
    }
    let by_id: BTreeMap<&str, usize> =
        objects.iter().enumerate().rev().map(|(n, object)| (object.live.id.as_str(), n)).collect();
    // What lost its object to a namesake may have been renamed.
    let overtaken = (0..entries.len()).filter(|&n| matches!(located[n], Located::Overtaken(_))).map(|n| (n, false));
    unknown.extend(overtaken.collect::<Vec<_>>());
    for (n, is_unknown) in unknown {
        let claimant = &entries[n];
        let Some(&object) = by_id.get(claimant.entry.id.as_str()).filter(|&&object| !taken[object]) else { continue };
        let identity = objects[object].identity.as_ref();
        let is_its_own = identity.is_some() && claimant.wanted == identity;
        let id_proves = ids == IdScheme::Lasting && !identity.is_some_and(is_wanted);
        located[n] = match (is_unknown && is_its_own, id_proves, is_unknown || may_be_renamed(kind)) {
            (true, ..) | (_, true, true) => Located::Here(object),
            _ if is_unknown => Located::Unproven,
            _ => located[n],
        };
        taken[object] |= located[n] == Located::Here(object);
    }
    located
}

/// The objects of one identity, and the entries that were applied with it.
#[derive(Default)]
struct Group {
    objects: Vec<usize>,
    entries: Vec<usize>,
}

impl Group {
    /// Gives each entry its object: first where ids agree, then the one that is left. What the files declare with that
    /// identity comes before what they declare with another one, or not at all.
    fn pair(
        self,
        identity: &IdentityKey,
        entries: &[Claimant<'_>],
        objects: &[&Identified<'_>],
        located: &mut [Located],
        taken: &mut [bool],
    ) {
        let Group { objects: mut left, entries: mut claims } = self;
        claims.sort_by_key(|&n| entries[n].wanted != Some(identity));
        let mut by_id: BTreeMap<&str, usize> = left.iter().rev().map(|&n| (objects[n].live.id.as_str(), n)).collect();
        claims.retain(|&n| match by_id.remove(entries[n].entry.id.as_str()) {
            Some(object) => {
                (located[n], taken[object]) = (Located::Here(object), true);
                false
            }
            None => true,
        });
        let first = left.first().copied();
        left.retain(|&object| !taken[object]);
        for n in claims {
            located[n] = match (left.as_slice(), first) {
                (&[object], _) if !taken[object] => {
                    taken[object] = true;
                    Located::Here(object)
                }
                (&[object], _) | (&[], Some(object)) => Located::Overtaken(object),
                (&[], None) => Located::Gone,
                (_, _) => Located::Several,
            };
        }
    }
}

/// What told the entry's object from the others when it was applied, as far as the ledger says: what it wrote down comes
/// before what its fields amount to. None for old rows that hold too little.
pub(crate) fn applied_identities<'e>(
    kind: &'static Kind,
    address: &'e Address,
    entry: &'e Entry,
) -> impl Iterator<Item = IdentityKey> + 'e {
    let is_natural = kind.identity.telling_fields().is_some();
    let recorded = entry.identity.as_deref().filter(|_| is_natural).map(IdentityKey::recorded);
    // Worked out only for whoever is not content with the first.
    recorded.into_iter().chain(std::iter::once_with(move || rebuilt_identity(kind, address, entry)).flatten())
}

/// What tells the entry's object from the others by the rest of its row.
fn rebuilt_identity(kind: &'static Kind, address: &Address, entry: &Entry) -> Option<IdentityKey> {
    match kind.identity {
        Identity::Content(_, []) => IdentityKey::of(kind, Some(&entry.id), &|_| Attr::Null),
        // The address says it, even of what was adopted.
        Identity::Name(_) | Identity::CaselessName(_) => IdentityKey::called(kind, address.name().unwrap_or_default()),
        // There is just one in each place.
        Identity::Singleton | Identity::Sequence { .. } => Some(IdentityKey::recorded("")),
        Identity::Natural(fields) | Identity::Content(_, fields) => {
            let is_known = fields.iter().any(|field| entry.fields.contains_key(*field));
            let value = |field: &str| entry.value(field).map(Attr::from_json);
            is_known.then(|| IdentityKey::wanted(kind, None, &value)).flatten()
        }
    }
}

/// Says whether a name can be changed at the console, which it can where an update could change it back.
fn may_be_renamed(kind: &Kind) -> bool {
    match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => {
            kind.field(field).is_some_and(|field| matches!(field.change, Change::InPlace))
                && !kind.api.update.is_empty()
        }
        Identity::Singleton | Identity::Natural(_) | Identity::Content(..) | Identity::Sequence { .. } => false,
    }
}
