//! Look-alikes: a resource that goes, and one of its kind that comes with the same values. It may be the same one, renamed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::verdict::{Decision, DeleteCause, Verdict};
use crate::spec::canonical;
use crate::state::base::{Base, Entry};
use crate::topology::{RENAMED_FROM, Resource, Topology};

/// A resource that goes, one that comes, and in what they are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookAlike {
    from: Address,
    to: Address,
    alike: Vec<String>,
}

/// Pairs in one collection that are compared: where more goes and comes, nobody renamed that by hand.
const MOST_PAIRS: usize = 10_000;

impl LookAlike {
    /// The look-alikes of a plan, in the order of what comes; each resource is in one pair at most.
    pub(crate) fn among(topology: &Topology, verdicts: &[Verdict], base: &Base) -> Vec<LookAlike> {
        type Collections<'p> = BTreeMap<Address, (Vec<(&'p Address, &'p Entry)>, Vec<&'p Resource>)>;
        let mut collections: Collections<'_> = BTreeMap::new();
        for verdict in verdicts.iter().filter(|verdict| !verdict.kind.identity.is_single()) {
            let address = &verdict.address;
            let collection = || address.sibling(address.kind(), None);
            match &verdict.decision {
                Decision::Delete(DeleteCause::Undeclared) => {
                    let goes = base.entry(address).map(|entry| (address, entry));
                    collections.entry(collection()).or_default().0.extend(goes);
                }
                Decision::Create(_) => {
                    let comes = topology.resources.get(address).filter(|it| it.renamed_from.is_none());
                    collections.entry(collection()).or_default().1.extend(comes);
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        for (goes, comes) in collections.values() {
            if goes.len().saturating_mul(comes.len()) > MOST_PAIRS {
                continue;
            }
            let mut taken = BTreeSet::new();
            for resource in comes {
                let alike = |(address, entry): &(&Address, &Entry)| {
                    let alike = alike(base, entry, resource).filter(|_| !taken.contains(*address))?;
                    Some(((*address).clone(), alike))
                };
                let mut all: Vec<(Address, Vec<String>)> = goes.iter().filter_map(alike).collect();
                all.sort_by_key(|(_, alike)| std::cmp::Reverse(alike.len()));
                let is_clear = |all: &[(Address, Vec<String>)]| match all {
                    [first, second, ..] => first.1.len() > second.1.len(),
                    _ => true,
                };
                if is_clear(&all)
                    && let Some((from, alike)) = all.into_iter().next()
                {
                    taken.insert(from.clone());
                    found.push(LookAlike { from, to: resource.address.clone(), alike });
                }
            }
        }
        found
    }
}

/// The fields in which a resource is as one was that goes; `None` where they differ in as many, or where what is alike goes
/// for many.
fn alike(base: &Base, entry: &Entry, resource: &Resource) -> Option<Vec<String>> {
    let (mut alike, mut other) = (Vec::new(), 0);
    for (name, wanted) in &resource.fields {
        let Some(field) = resource.kind.field(name).filter(|field| !resource.kind.is_told_apart_by(field.name)) else {
            continue;
        };
        let Some(kept) = entry.value(name) else { continue };
        let wanted = canonical(&field.ty, wanted);
        let says_little = matches!(wanted, Attr::Null | Attr::Bool(_)) || wanted == field.default_value();
        match base.matches_stored(&wanted, kept) {
            true if says_little => {}
            true => alike.push(name.clone()),
            false => other += 1,
        }
    }
    (alike.len() > other).then_some(alike)
}

impl fmt::Display for LookAlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LookAlike { from, to, alike } = self;
        let alike: Vec<String> = alike.iter().map(|name| format!("`{name}`")).collect();
        let old = from.name().unwrap_or_default();
        write!(
            f,
            "`{from}` goes and `{to}` comes, alike in {}: if it is the same one, write `{RENAMED_FROM}: {old}` in `{to}`",
            alike.join(", ")
        )
    }
}
