//! Which live object is which resource.
//!
//! An object is found by its identity. If nothing has it, it is found by the identity that was applied last, which is how
//! a changed one shows, or by the id that the ledger remembers, which is how a rename at the console shows. Ids alone are
//! not trusted: some products hand them out anew after a restore.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::diff::base::{Base, Entry};
use crate::diff::index::{Index, Place};
use crate::diff::live::{Collection, Live, Observed, Seen, View, identity_text, text};
use crate::spec::{Change, Identity, Kind, Type, canonical, lookup, swap_references};
use crate::topology::{Resource, Topology};

/// Matches everything declared with everything seen.
///
/// What tells a resource apart may come from another one, which has to be found first: each round finds some.
pub fn index<'a>(topology: &Topology, observed: &'a Observed, base: &Base) -> Index<'a> {
    let mut identities: BTreeMap<&Address, String> = BTreeMap::new();
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
fn filled_identity(topology: &Topology, index: &Index<'_>, resource: &Resource) -> Option<String> {
    let output = |output: &Output| {
        let provider = topology.targets.get(output.address.target())?.provider;
        index.output(output, provider.kind(output.address.kind())?)
    };
    let provider = topology.targets.get(resource.address.target())?.provider;
    // Files refer by name, and live objects by id.
    let id = |kinds: &[&'static str], name: &str| {
        topology.referred(&resource.address, provider, kinds, name).map(|address| Attr::output(address, "id"))
    };
    wanted_identity(resource.kind, &|name| {
        let attr = resource.fields.get(name)?;
        let wired = match resource.kind.field(name) {
            Some(field) => swap_references(&field.ty, attr, &mut |_, kinds, name| id(kinds, name)),
            None => attr.clone(),
        };
        Some(wired.fill(&output))
    })
}

fn round<'a>(
    topology: &Topology,
    observed: &'a Observed,
    base: &Base,
    identities: &BTreeMap<&Address, String>,
) -> Index<'a> {
    let mut groups: BTreeMap<(String, Option<Address>, &'static str), Vec<&Resource>> = BTreeMap::new();
    for resource in topology.resources.values() {
        let key = (resource.address.target().to_owned(), resource.address.parent(), resource.kind.name);
        groups.entry(key).or_default().push(resource);
    }
    let versions = observed.targets.iter().filter_map(|(name, view)| Some((name.clone(), view.version.clone()?)));
    let mut index = Index { versions: versions.collect(), ..Index::default() };
    let mut matcher = Matcher { base, groups, identities, index: &mut index };
    for (target, view) in &observed.targets {
        matcher.collections(target, None, &view.collections);
    }
    let reachable: BTreeSet<&str> = observed.targets.keys().map(String::as_str).collect();
    for resource in topology.resources.values() {
        if index.declared.contains_key(&resource.address) {
            continue;
        }
        let place = unplaced(&resource.address, &index, &reachable);
        index.declared.insert(resource.address.clone(), place);
    }
    index
}

/// A declared resource whose collection does not show: its parent is absent, or something could not be looked at.
fn unplaced<'a>(address: &Address, index: &Index<'a>, reachable: &BTreeSet<&str>) -> Place<'a> {
    if !reachable.contains(address.target()) {
        return Place::Unseen(format!("target `{}` was not looked at", address.target()));
    }
    match address.parent().and_then(|parent| index.declared.get(&parent)) {
        Some(Place::Absent) => Place::Absent,
        Some(Place::Unseen(why)) => Place::Unseen(why.clone()),
        Some(Place::Ambiguous) => Place::Unseen("several objects have its parent's name".into()),
        Some(Place::Present(_)) | None => Place::Unseen("its collection was not looked at".into()),
    }
}

/// What the live objects of a collection are known by.
struct Words<'a> {
    by_identity: BTreeMap<String, &'a Live>,
    by_id: BTreeMap<&'a str, &'a Live>,
    /// The identities that several have.
    ambiguous: BTreeSet<String>,
}

impl<'a> Words<'a> {
    fn of(kind: &Kind, objects: impl Iterator<Item = &'a Live>) -> Words<'a> {
        let mut words = Words { by_identity: BTreeMap::new(), by_id: BTreeMap::new(), ambiguous: BTreeSet::new() };
        for live in objects {
            words.by_id.entry(&live.id).or_insert(live);
            match live.identity(kind) {
                Some(identity) if words.by_identity.contains_key(&identity) => drop(words.ambiguous.insert(identity)),
                Some(identity) => drop(words.by_identity.insert(identity, live)),
                None => {}
            }
        }
        words
    }
}

/// What an object that nothing declares is called by.
enum Naming {
    ByName,
    ById,
}

struct Matcher<'a, 'i> {
    base: &'i Base,
    groups: BTreeMap<(String, Option<Address>, &'static str), Vec<&'i Resource>>,
    identities: &'i BTreeMap<&'i Address, String>,
    index: &'i mut Index<'a>,
}

impl<'a> Matcher<'a, '_> {
    fn collections(&mut self, target: &str, parent: Option<&Address>, collections: &'a [Collection]) {
        for collection in collections {
            let key = (target.to_owned(), parent.cloned(), collection.kind.name);
            let wanted = self.groups.remove(&key).unwrap_or_default();
            match &collection.seen {
                Seen::Unseen(why) => {
                    for resource in wanted {
                        self.index.declared.insert(resource.address.clone(), Place::Unseen(why.clone()));
                    }
                }
                Seen::Objects(objects) => self.objects(target, parent, collection.kind, objects, &wanted),
            }
        }
    }

    fn objects(
        &mut self,
        target: &str,
        parent: Option<&Address>,
        kind: &'static Kind,
        objects: &'a [Live],
        wanted: &[&Resource],
    ) {
        let here = |live: &&Live| !is_gone(kind, live);
        let Words { by_identity, by_id, ambiguous } = Words::of(kind, objects.iter().filter(here));
        let is_named = matches!(kind.identity, Identity::Name(_) | Identity::CaselessName(_));
        let mut taken: BTreeMap<*const Live, Address> = BTreeMap::new();
        let mut left = Vec::new();
        for resource in wanted {
            let identity = self.identities.get(&resource.address);
            if is_named && identity.is_some_and(|identity| ambiguous.contains(identity)) {
                // Which one is meant only the ledger can know.
                let owned = self.base.entry(&resource.address).and_then(|entry| by_id.get(entry.id.as_str()));
                let place = owned.map_or(Place::Ambiguous, |live| Place::Present(live));
                taken.extend(owned.map(|live| (*live as *const Live, resource.address.clone())));
                self.index.declared.insert(resource.address.clone(), place);
                continue;
            }
            match identity.and_then(|identity| by_identity.get(identity)) {
                Some(live) => {
                    taken.insert(*live, resource.address.clone());
                    self.index.declared.insert(resource.address.clone(), Place::Present(live));
                }
                None => left.push(*resource),
            }
        }
        for resource in left {
            let entry = self.base.entry(&resource.address);
            let name = resource.address.name().unwrap_or_default();
            // Other content is another object, beside the one that was applied.
            let same_content = !matches!(kind.identity, Identity::Content(_));
            let applied = entry.filter(|_| same_content);
            let applied = applied.and_then(|entry| by_identity.get(&applied_identity(kind, name, entry)?));
            let renamed = || entry.filter(|_| may_be_renamed(kind)).and_then(|entry| by_id.get(entry.id.as_str()));
            let live = applied.or_else(renamed).copied();
            let place = match live.filter(|live| !taken.contains_key(&(*live as *const Live))) {
                Some(live) => {
                    taken.insert(live, resource.address.clone());
                    Place::Present(live)
                }
                None => Place::Absent,
            };
            self.index.declared.insert(resource.address.clone(), place);
        }
        let others = objects.iter().filter(|live| here(live) || live.is_tainted(kind)).map(|live| {
            // Objects that have the same name are addressed by their ids.
            let is_one_of_several = live.identity(kind).is_some_and(|identity| ambiguous.contains(&identity));
            (live, if is_named && is_one_of_several { Naming::ById } else { Naming::ByName })
        });
        self.name_objects(target, parent, kind, others, &taken);
    }

    /// Gives every object an address, remembers what others may call it, and goes down.
    fn name_objects(
        &mut self,
        target: &str,
        parent: Option<&Address>,
        kind: &'static Kind,
        objects: impl Iterator<Item = (&'a Live, Naming)>,
        taken: &BTreeMap<*const Live, Address>,
    ) {
        let owned = self.owned_names(target, parent, kind);
        for (live, naming) in objects {
            let address = match taken.get(&(live as *const Live)) {
                Some(address) => address.clone(),
                None => {
                    let known = live.identity(kind).and_then(|identity| owned.by_identity.get(&identity));
                    let known = known.or_else(|| owned.by_id.get(&live.id)).cloned();
                    let name = match naming {
                        Naming::ByName => known.or_else(|| given_name(kind, live)),
                        Naming::ById => Some(live.id.clone()),
                    };
                    let named = |name: Option<&str>| match parent {
                        Some(parent) => parent.child(kind.name, name),
                        None => Address::new(target, kind.name, name),
                    };
                    let called = named(name.as_deref());
                    // The name may be another one's by now: that of the declared object which took its place.
                    let is_displaced = matches!(self.index.declared.get(&called), Some(Place::Present(_)));
                    let address = if is_displaced { named(Some(&live.id)) } else { called };
                    // What was never made whole counts where it is ours to remove, and nowhere else.
                    let is_ours = || self.base.entry(&address).is_some_and(|entry| entry.id == live.id);
                    if live.is_tainted(kind) && (self.index.declared.contains_key(&address) || !is_ours()) {
                        continue;
                    }
                    if let (Identity::CaselessName(_), Some(identity)) = (kind.identity, live.identity(kind)) {
                        let place = (parent.cloned(), target.to_owned(), kind.name, identity);
                        self.index.identities.insert(place, address.clone());
                        self.index.kinds.insert(kind.name);
                    }
                    // What is declared has been looked for: what it replaces, or left behind, is not undeclared, though
                    // others still refer to it by this address.
                    let is_left = is_displaced && matches!(kind.identity, Identity::Content(_));
                    if !is_left && !self.index.declared.contains_key(&address) {
                        self.index.undeclared.insert(address.clone(), (kind, live));
                    }
                    address
                }
            };
            for id in aliases(kind, live) {
                let anywhere = self.index.anywhere.entry((target.to_owned(), kind.name, id.clone()));
                anywhere.and_modify(|known| *known = None).or_insert_with(|| Some(address.clone()));
                let place = (target.to_owned(), parent.cloned(), kind.name, id);
                self.index.names.insert(place, address.clone());
            }
            self.collections(target, Some(&address), &live.children);
        }
    }

    /// The names of owned objects of a collection: an owned object that is not declared any more keeps its address.
    fn owned_names(&self, target: &str, parent: Option<&Address>, kind: &Kind) -> OwnedNames {
        let mut owned = OwnedNames::default();
        let here = |address: &Address| address.kind() == kind.name && address.parent().as_ref() == parent;
        for (address, entry) in self.base.owned_within(target, parent, kind.name).filter(|(address, _)| here(address)) {
            let Some(name) = address.name().map(str::to_owned) else { continue };
            let applied = applied_identity(kind, &name, entry);
            if applied.is_none() || may_be_renamed(kind) {
                owned.by_id.insert(entry.id.clone(), name.clone());
            }
            owned.by_identity.extend(applied.map(|identity| (identity, name)));
        }
        owned
    }
}

/// The names of owned objects that nothing declares.
#[derive(Default)]
struct OwnedNames {
    by_identity: BTreeMap<String, String>,
    /// Only where the identity may be another one by now, or was never taken down.
    by_id: BTreeMap<String, String>,
}

/// What tells a declared resource from the others of its collection. `None` while it takes some of it from others.
pub(crate) fn identity_of(resource: &Resource) -> Option<String> {
    if let Identity::Content(_) = resource.kind.identity {
        return resource.content_id();
    }
    wanted_identity(resource.kind, &|name| {
        let attr = resource.fields.get(name)?;
        let refers = !attr.is_null() && matches!(resource.kind.field(name)?.ty, Type::Ref(_));
        Some(if refers { Attr::output(resource.address.clone(), name) } else { attr.clone() })
    })
}

/// The same from any source of values.
fn wanted_identity(kind: &Kind, value: &dyn Fn(&str) -> Option<Attr>) -> Option<String> {
    identity_text(kind, &|name| {
        let Some(field) = kind.field(name) else { return Attr::Null };
        let default = || field.default.and_then(|json| serde_json::from_str(json).ok()).as_ref().map(Attr::from_json);
        value(name).or_else(default).map_or(Attr::Null, |attr| canonical(&field.ty, &attr))
    })
}

/// What told an object from the others when it was applied, as far as the ledger says.
fn applied_identity(kind: &Kind, name: &str, entry: &Entry) -> Option<String> {
    match kind.identity {
        Identity::Content(_) => Some(entry.id.clone()),
        // The address says it, even of what was adopted.
        Identity::Name(_) | Identity::CaselessName(_) => wanted_identity(kind, &|_| Some(Attr::text(name))),
        Identity::Natural(fields) if !fields.iter().any(|field| entry.fields.contains_key(*field)) => None,
        Identity::Natural(_) => wanted_identity(kind, &|field| entry.value(field).map(Attr::from_json)),
        Identity::Singleton | Identity::Sequence { .. } => None,
    }
}

/// A name can only be changed at the console where an update could change it back.
fn may_be_renamed(kind: &Kind) -> bool {
    match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => {
            kind.field(field).is_some_and(|field| matches!(field.change, Change::InPlace))
                && !kind.api.update.is_empty()
        }
        Identity::Singleton | Identity::Natural(_) | Identity::Content(_) | Identity::Sequence { .. } => false,
    }
}

/// Says whether an object is gone although it still shows.
pub(crate) fn is_gone(kind: &Kind, live: &Live) -> bool {
    kind.api.states.is_some_and(|states| live.is_in(kind, states.gone) || live.is_in(kind, states.tainted))
}

/// The name that an undeclared object gets: its own, or its natural key in one word.
pub(crate) fn given_name(kind: &Kind, live: &Live) -> Option<String> {
    match kind.identity {
        Identity::Singleton | Identity::Sequence { .. } => None,
        Identity::Name(field) | Identity::CaselessName(field) => live.value(kind, field).to_text(),
        Identity::Content(_) => Some(content_name(&live.id).to_owned()),
        Identity::Natural(fields) => {
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

/// The name in an id that is a name and a digest.
fn content_name(id: &str) -> &str {
    let is_digest = |tail: &str| tail.len() == 12 && tail.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match id.rsplit_once('-') {
        Some((name, tail)) if is_digest(tail) && !name.is_empty() => name,
        _ => id,
    }
}

/// Every word by which other objects may refer to this one.
fn aliases(kind: &Kind, live: &Live) -> impl Iterator<Item = String> {
    let further = kind.api.aliases.iter().filter_map(|path| lookup(&live.raw, path)).map(text);
    std::iter::once(live.id.clone()).chain(further).filter(|id| !id.is_empty())
}

impl View {
    /// The live objects of a kind, wherever they live.
    pub fn all<'v>(&'v self, kind: &str) -> Vec<&'v Live> {
        fn collect<'v>(collections: &'v [Collection], kind: &str, found: &mut Vec<&'v Live>) {
            for collection in collections {
                for live in collection.objects() {
                    if collection.kind.name == kind {
                        found.push(live);
                    }
                    collect(&live.children, kind, found);
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.collections, kind, &mut found);
        found
    }
}
