//! Which live object is which resource.
//!
//! An object is found by its identity. If nothing has it, it is found by the identity that was applied last, which is how
//! a changed one shows, or by the id that the ledger remembers, which is how a rename at the console shows. Ids alone are
//! not trusted: some products hand them out anew after a restore.
//!
//! * `index`: the result, live objects by address; `placing`: one collection; `ownership`: what proves an object ours
//! * `naming`, `relabel`: the address of what nobody declares; entries that go by another address from now on
//! * `content_ids`: content that goes by another id than it would be given now

pub(crate) mod content_ids;
pub(crate) mod index;
pub(crate) mod naming;
pub(crate) mod ownership;
pub(in crate::diff) mod placing;
pub(crate) mod relabel;
use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::diff::index::{Index, Placement};
use crate::diff::ownership::Claimant;
use crate::diff::placing::{CollectionPlace, Identified, Placed, Placing};
use crate::diff::relabel::{Moves, complete};
use crate::spec::{IdScheme, Kind, swap_references};
use crate::state::IdentityKey;
use crate::state::base::Base;
use crate::state::live::{Collection, Live, Observed, Seen};
use crate::topology::{Resource, Topology};

/// Matches everything declared with everything seen.
///
/// What tells a resource apart may come from another one, which has to be found first: each round finds some.
pub fn index<'a>(topology: &Topology, observed: &'a Observed, base: &Base) -> Index<'a> {
    let mut identities: BTreeMap<&Address, IdentityKey> = BTreeMap::new();
    let mut open = Vec::new();
    for resource in topology.resources.values() {
        match identity_of(resource) {
            Some(identity) => {
                identities.insert(&resource.address, identity);
            }
            None => open.push(resource),
        }
    }
    loop {
        let index = round(topology, observed, base, &identities);
        let before = open.len();
        open.retain(|resource| match filled_identity(topology, &index, resource) {
            Some(identity) => identities.insert(&resource.address, identity).is_some(),
            None => true,
        });
        if open.len() == before {
            return index;
        }
    }
}

/// The identity of a resource that takes some of it from others, where those show.
fn filled_identity(topology: &Topology, index: &Index<'_>, resource: &Resource) -> Option<IdentityKey> {
    let output = |output: &Output| {
        let provider = topology.targets.get(output.address.target())?.provider;
        index.output(output, provider.kind(output.address.kind())?)
    };
    let provider = topology.targets.get(resource.address.target())?.provider;
    // Files refer by name, and live objects by id.
    let id = |kinds: &[&'static str], name: &str| {
        topology.referred(&resource.address, provider, kinds, name).map(|address| Attr::output(address, "id"))
    };
    IdentityKey::wanted(resource.kind, None, &|name| {
        let attr = resource.fields.get(name)?;
        let resolved = match resource.kind.field(name) {
            Some(field) => swap_references(&field.ty, attr, &mut |_, kinds, name| id(kinds, name)),
            None => attr.clone(),
        };
        Some(resolved.fill(&output))
    })
}

fn round<'a>(
    topology: &Topology,
    observed: &'a Observed,
    base: &Base,
    identities: &BTreeMap<&Address, IdentityKey>,
) -> Index<'a> {
    let mut groups: BTreeMap<(String, Option<Address>, &'static str), Vec<&Resource>> = BTreeMap::new();
    for resource in topology.resources.values() {
        let key = (resource.address.target().to_owned(), resource.address.parent(), resource.kind.name);
        groups.entry(key).or_default().push(resource);
    }
    let versions = observed.targets.iter().filter_map(|(name, view)| Some((name.clone(), view.version.clone()?)));
    let unseen = observed.targets.iter().map(|(name, view)| (name.clone(), view.dark_kinds())).collect();
    let mut index = Index { versions: versions.collect(), unseen, ..Index::default() };
    let mut matcher = Matcher { base, groups, identities, index: &mut index, moves: Moves::new() };
    for (name, view) in &observed.targets {
        let ids = topology.targets.get(name).map_or(IdScheme::Reissued, |target| target.provider.dialect.ids);
        matcher.collections(Surroundings { target: name, ids, parent: None, owner: None }, &view.collections);
    }
    let relabels = complete(base, &matcher.moves);
    index.relabels = relabels;
    for resource in topology.resources.values() {
        if index.declared.contains_key(&resource.address) {
            continue;
        }
        let place = unplaced(&resource.address, &index, observed);
        index.declared.insert(resource.address.clone(), place);
    }
    index
}

/// A declared resource whose collection does not show: its parent is absent, or something could not be looked at.
fn unplaced<'a>(address: &Address, index: &Index<'a>, observed: &Observed) -> Placement<'a> {
    if !observed.targets.contains_key(address.target()) {
        return Placement::Unseen(observed.why_unseen(address.target()));
    }
    match address.parent().and_then(|parent| index.declared.get(&parent)) {
        Some(Placement::Absent) => Placement::Absent,
        Some(Placement::Unseen(why)) => Placement::Unseen(why.clone()),
        Some(Placement::Ambiguous) => Placement::Unseen("several objects have its parent's name".into()),
        Some(Placement::Duplicate(first)) => Placement::Unseen(format!("its parent is the same object as `{first}`")),
        Some(Placement::Present(_)) | None => Placement::Unseen("its collection was not looked at".into()),
    }
}

/// Where collections are: directly below a target, or in an object.
#[derive(Clone, Copy)]
struct Surroundings<'p> {
    target: &'p str,
    ids: IdScheme,
    /// The object that they are in, by the address that it has now.
    parent: Option<&'p Address>,
    /// The same object by the address that it has in the ledger, where it has one.
    owner: Option<&'p Address>,
}

struct Matcher<'a, 'i> {
    base: &'i Base,
    groups: BTreeMap<(String, Option<Address>, &'static str), Vec<&'i Resource>>,
    identities: &'i BTreeMap<&'i Address, IdentityKey>,
    index: &'i mut Index<'a>,
    moves: Moves,
}

impl<'a, 'i> Matcher<'a, 'i> {
    fn collections(&mut self, around: Surroundings<'_>, collections: &'a [Collection]) {
        for collection in collections {
            let key = (around.target.to_owned(), around.parent.cloned(), collection.kind.name);
            let wanted = self.groups.remove(&key).unwrap_or_default();
            if around.parent.is_none() {
                let why = match &collection.seen {
                    Seen::Unseen(why) => Some(why.clone()),
                    Seen::Objects(_) => None,
                };
                self.index.looked.insert((around.target.to_owned(), collection.kind.name), why);
            }
            match &collection.seen {
                Seen::Unseen(why) => {
                    for resource in wanted {
                        self.index.declared.insert(resource.address.clone(), Placement::Unseen(why.clone()));
                    }
                }
                Seen::Objects(objects) => self.objects(around, collection.kind, objects, &wanted),
            }
        }
    }

    fn objects(&mut self, around: Surroundings<'_>, kind: &'static Kind, objects: &'a [Live], wanted: &[&'i Resource]) {
        let Surroundings { target, ids, parent, .. } = around;
        let place = CollectionPlace { target, ids, parent, kind };
        let entries = self.claimants(around, place);
        let identities: BTreeSet<&IdentityKey> =
            wanted.iter().filter_map(|resource| self.identities.get(&resource.address)).collect();
        let is_wanted = |identity: &IdentityKey| identities.contains(identity);
        let objects = Identified::all(kind, objects);
        let placing = Placing::new(place, &objects, entries, &is_wanted, self.index, &mut self.moves);
        for Placed { live, address, owner } in placing.run(wanted, self.identities) {
            let in_ledger = owner.cloned().or_else(|| self.unowned(around, &address));
            let inside = Surroundings { target, ids, parent: Some(&address), owner: in_ledger.as_ref() };
            self.collections(inside, &live.children);
        }
    }

    /// The address in the ledger under which things in an object are owned that is not owned itself. None where the ledger
    /// has another object there: what lives in something else is something else.
    fn unowned(&self, around: Surroundings<'_>, address: &Address) -> Option<Address> {
        let in_ledger = match (around.parent, around.owner) {
            (None, _) => address.clone(),
            (Some(_), owner) => owner?.child(address.kind(), address.name()),
        };
        self.base.entry(&in_ledger).is_none().then_some(in_ledger)
    }

    /// What is owned in a place, in the ledger's order.
    fn claimants(&self, around: Surroundings<'_>, place: CollectionPlace<'_>) -> Vec<Claimant<'i>> {
        let Surroundings { target, parent, owner, .. } = around;
        if parent.is_some() && owner.is_none() {
            return Vec::new();
        }
        let kind = place.kind.name;
        let from = owner.map_or_else(|| Address::new(target, kind, None), |owner| owner.child(kind, None));
        let within = self.base.entries.range(from..).take_while(|(address, _)| address.is_within(target, owner, kind));
        let here = within.filter(|(address, _)| address.kind() == kind && address.parent().as_ref() == owner);
        here.map(|(address, entry)| {
            let wanted = self.identities.get(&place.address(address.name()));
            Claimant { address, entry, wanted }
        })
        .collect()
    }
}

/// What tells a declared resource from the others of its collection. `None` while it takes some of it from others: files
/// refer by name, and live objects by id.
pub(crate) fn identity_of(resource: &Resource) -> Option<IdentityKey> {
    IdentityKey::wanted(resource.kind, resource.content_id().as_deref(), &|name| {
        let attr = resource.fields.get(name)?;
        let Some(field) = resource.kind.field(name) else { return Some(attr.clone()) };
        let later = || Some(Attr::output(resource.address.clone(), name));
        Some(swap_references(&field.ty, attr, &mut |_, _, _| later()))
    })
}

#[cfg(test)]
mod tests;
