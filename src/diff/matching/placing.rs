//! One collection: which of its objects is which declared resource, whose the others are, and what they are called.
//!
//! | the declared identity | the object that its entry owns | the resource is |
//! |---|---|---|
//! | an object has it | any | that object; owned by another entry, it is taken over with what was applied of it |
//! | another resource has that object already, or is to have it | any | a duplicate, and held |
//! | several have it | one of them | that one; with none of them, a name is ambiguous |
//! | nothing there has it, or it is not known yet | is nobody else's | that object, which changed |
//! | nothing there has it | is somebody else's, or gone | absent |
//!
//! An object whose label means another one by now keeps its owner, under a name of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::index::{Adrift, Index, Placement};
use crate::diff::naming::{aliases, given_name};
use crate::diff::ownership::{Claimant, Located, locate};
use crate::diff::relabel::Moves;
use crate::spec::{IdScheme, Identity, Kind};
use crate::state::IdentityKey;
use crate::state::live::Live;
use crate::topology::Resource;

/// Where a collection is.
#[derive(Clone, Copy)]
pub(in crate::diff) struct CollectionPlace<'p> {
    /// The target.
    pub target: &'p str,
    /// Whether ids last there.
    pub ids: IdScheme,
    /// The object that it is in, by the address that it has now.
    pub parent: Option<&'p Address>,
    /// The kind.
    pub kind: &'static Kind,
}

impl CollectionPlace<'_> {
    /// The address of what is called so.
    pub(in crate::diff) fn address(&self, name: Option<&str>) -> Address {
        match self.parent {
            Some(parent) => parent.child(self.kind.name, name),
            None => Address::new(self.target, self.kind.name, name),
        }
    }

    /// Says whether ids tell content apart.
    fn is_content(&self) -> bool {
        self.kind.identity.file_in_id().is_some()
    }

    fn is_named(&self) -> bool {
        matches!(self.kind.identity, Identity::Name(_) | Identity::CaselessName(_))
    }
}

/// An object with what tells it apart, which is worked out once for all who ask.
pub(in crate::diff) struct Identified<'a> {
    /// The object.
    pub live: &'a Live,
    /// Its key; `None` where a part of it is secret or not known.
    pub identity: Option<IdentityKey>,
}

impl<'a> Identified<'a> {
    /// The objects of a collection.
    pub(in crate::diff) fn all(kind: &'static Kind, objects: &'a [Live]) -> Vec<Identified<'a>> {
        objects.iter().map(|live| Identified { live, identity: live.identity(kind) }).collect()
    }
}

/// An object with its address, and the address of its owner in the ledger.
pub(in crate::diff) struct Placed<'a, 'b> {
    /// The object.
    pub live: &'a Live,
    /// Its address.
    pub address: Address,
    /// The address that its owner has in the ledger.
    pub owner: Option<&'b Address>,
}

/// One collection on its way into the index.
pub(in crate::diff) struct Placing<'a, 'b, 'i> {
    place: CollectionPlace<'i>,
    objects: &'i [Identified<'a>],
    entries: Vec<Claimant<'b>>,
    /// What each entry's object is; with the object where it is here.
    located: Vec<(Located, Option<&'a Live>)>,
    /// The entry that owns an object.
    owners: BTreeMap<*const Live, usize>,
    /// The declared resource that an object is.
    taken: BTreeMap<*const Live, Address>,
    /// The addresses that objects have by now.
    called: BTreeMap<*const Live, Address>,
    index: &'i mut Index<'a>,
    moves: &'i mut Moves,
}

impl<'a, 'b, 'i> Placing<'a, 'b, 'i> {
    /// Finds out whose the objects are.
    pub(in crate::diff) fn new(
        place: CollectionPlace<'i>,
        objects: &'i [Identified<'a>],
        entries: Vec<Claimant<'b>>,
        is_wanted: &dyn Fn(&IdentityKey) -> bool,
        index: &'i mut Index<'a>,
        moves: &'i mut Moves,
    ) -> Placing<'a, 'b, 'i> {
        let (kind, ids) = (place.kind, place.ids);
        let whole: Vec<&Identified<'a>> = objects.iter().filter(|object| !object.live.is_gone(kind)).collect();
        let found = locate(kind, ids, &entries, &whole, is_wanted);
        let here = |located: Located, objects: &[&Identified<'a>]| match located {
            Located::Here(n) | Located::Overtaken(n) => (located, objects.get(n).map(|object| object.live)),
            Located::Gone | Located::Several | Located::Unproven => (located, None),
        };
        let mut located: Vec<_> = found.into_iter().map(|located| here(located, &whole)).collect();
        // What was never made whole is ours where nothing better is.
        let tainted: Vec<&Identified<'a>> = objects.iter().filter(|object| object.live.is_tainted(kind)).collect();
        if !tainted.is_empty() {
            let found = locate(kind, ids, &entries, &tainted, is_wanted);
            for (known, found) in located.iter_mut().zip(found).filter(|(known, _)| known.0 == Located::Gone) {
                *known = here(found, &tainted);
            }
        }
        let owned = located.iter().enumerate().filter(|(_, (located, _))| matches!(located, Located::Here(_)));
        let owners = owned.filter_map(|(n, (_, live))| Some(((*live)? as *const Live, n))).collect();
        let (taken, called) = (BTreeMap::new(), BTreeMap::new());
        Placing { place, objects, entries, located, owners, taken, called, index, moves }
    }

    /// Places what is declared and what is there. Gives the objects in their order.
    pub(in crate::diff) fn run(
        mut self,
        wanted: &[&Resource],
        identities: &BTreeMap<&Address, IdentityKey>,
    ) -> Vec<Placed<'a, 'b>> {
        self.declared(wanted, identities);
        let placed = self.others();
        self.adrift();
        placed
    }

    /// The entry that goes by a name.
    fn entry(&self, name: Option<&str>) -> Option<usize> {
        // In the ledger's order, which is that of names.
        self.entries.binary_search_by(|claimant| claimant.address.name().cmp(&name)).ok()
    }

    fn owner(&self, live: &Live) -> Option<&Claimant<'b>> {
        self.owners.get(&(live as *const Live)).and_then(|&n| self.entries.get(n))
    }

    fn is_owned_as(&self, live: &Live, name: Option<&str>) -> bool {
        self.owner(live).is_some_and(|claimant| claimant.address.name() == name)
    }

    fn declared(&mut self, wanted: &[&Resource], identities: &BTreeMap<&Address, IdentityKey>) {
        let kind = self.place.kind;
        let mut by_identity: BTreeMap<&IdentityKey, Vec<&'a Live>> = BTreeMap::new();
        for Identified { live, identity } in self.objects.iter().filter(|object| !object.live.is_gone(kind)) {
            if let Some(identity) = identity {
                by_identity.entry(identity).or_default().push(live);
            }
        }
        let same = |resource: &Resource| identities.get(&resource.address).and_then(|key| by_identity.get(key));
        // Whoever owns an object comes before others that mean the same one.
        let owns = |resource: &&&Resource| {
            let name = resource.address.name();
            same(resource).is_some_and(|objects| objects.iter().any(|live| self.is_owned_as(live, name)))
        };
        let (first, then): (Vec<&Resource>, Vec<&Resource>) = wanted.iter().partition(|resource| owns(resource));
        let mut left = Vec::new();
        for resource in first.into_iter().chain(then) {
            match same(resource) {
                Some(objects) => {
                    let placement = self.by_identity(resource, objects);
                    self.put(resource, placement);
                }
                None => left.push(resource),
            }
        }
        // Nothing there has their identity yet: the first of those that mean the same one is to have it.
        let mut to_come: BTreeMap<&IdentityKey, &Address> = BTreeMap::new();
        for resource in left {
            let identity = identities.get(&resource.address);
            let placement = match identity.and_then(|key| to_come.get(key)) {
                Some(first) => Placement::Duplicate((*first).clone()),
                // Other content is another object, beside the one that was applied.
                None if self.place.is_content() || self.place.kind.identity.is_content() && identity.is_some() => {
                    Placement::Absent
                }
                None => self.by_entry(resource),
            };
            if let Some(key) = identity {
                to_come.entry(key).or_insert(&resource.address);
            }
            self.put(resource, placement);
        }
    }

    /// Which of the objects that have its identity a resource is.
    fn by_identity(&self, resource: &Resource, objects: &[&'a Live]) -> Placement<'a> {
        let taker = |live: &&&'a Live| self.taken.get(&(**live as *const Live));
        let free = || objects.iter().filter(|live| taker(live).is_none());
        let name = resource.address.name();
        let owned =
            free().find(|live| self.is_owned_as(live, name)).or_else(|| free().find(|live| self.owner(live).is_some()));
        match (owned.or_else(|| free().next()), objects.iter().find_map(|live| taker(&live))) {
            (Some(_), _) if owned.is_none() && self.place.is_named() && objects.len() > 1 => Placement::Ambiguous,
            (Some(live), _) => Placement::Present(live),
            (None, Some(first)) => Placement::Duplicate(first.clone()),
            (None, None) => Placement::Absent,
        }
    }

    /// What a resource is whose identity nothing there has: what it was when it was applied, or was renamed to, else what
    /// has the name that the files say it had.
    fn by_entry(&self, resource: &Resource) -> Placement<'a> {
        let names = [resource.address.name(), resource.renamed_from.as_deref()];
        let entries = names.into_iter().flatten().filter_map(|name| self.entry(Some(name)));
        let own = resource.address.name().is_none().then(|| self.entry(None)).flatten();
        let located = own.into_iter().chain(entries).filter_map(|n| self.located.get(n));
        let mut found = located.filter_map(|(located, live)| live.filter(|_| matches!(located, Located::Here(_))));
        let owned = found.find(|live| self.is_free(live));
        match owned.or_else(|| self.by_old_name(resource)) {
            Some(live) if !live.is_gone(self.place.kind) => Placement::Present(live),
            _ => Placement::Absent,
        }
    }

    /// The one object that has the name which a resource had, and that nobody owns.
    fn by_old_name(&self, resource: &Resource) -> Option<&'a Live> {
        let old = IdentityKey::called(self.place.kind, resource.renamed_from.as_deref()?)?;
        let mut named = self.objects.iter().filter(|object| object.identity.as_ref() == Some(&old));
        let first = named.next()?.live;
        let is_only = named.next().is_none() && self.owner(first).is_none() && self.is_free(first);
        is_only.then_some(first)
    }

    fn is_free(&self, live: &Live) -> bool {
        !self.taken.contains_key(&(live as *const Live))
    }

    fn put(&mut self, resource: &Resource, placement: Placement<'a>) {
        if let Placement::Present(live) = placement {
            self.taken.insert(live, resource.address.clone());
        }
        self.index.declared.insert(resource.address.clone(), placement);
    }

    /// Gives every object its address, and remembers what others may call it.
    fn others(&mut self) -> Vec<Placed<'a, 'b>> {
        let kind = self.place.kind;
        let mut counts: BTreeMap<&IdentityKey, usize> = BTreeMap::new();
        let whole = self.objects.iter().filter(|object| !object.live.is_gone(kind));
        whole.filter_map(|object| object.identity.as_ref()).for_each(|key| *counts.entry(key).or_default() += 1);
        let mut placed = Vec::new();
        for object in self.objects.iter().filter(|it| !it.live.is_gone(kind) || it.live.is_tainted(kind)) {
            let live = object.live;
            let owner = self.owner(live).map(|claimant| claimant.address);
            let is_one_of_several =
                object.identity.as_ref().and_then(|key| counts.get(key)).is_some_and(|&count| count > 1);
            let address = match self.taken.get(&(live as *const Live)) {
                Some(address) => Some(address.clone()),
                None => self.undeclared(object, owner, is_one_of_several),
            };
            let Some(address) = address else { continue };
            self.remember(live, &address, owner);
            placed.push(Placed { live, address, owner });
        }
        placed
    }

    /// The address of an object that nothing declares. `None` for what counts as not there.
    fn undeclared(
        &mut self,
        object: &Identified<'a>,
        owner: Option<&Address>,
        is_one_of_several: bool,
    ) -> Option<Address> {
        let (kind, live) = (self.place.kind, object.live);
        let name = match owner {
            Some(owner) => owner.name().map(str::to_owned),
            // Objects that have the same name are addressed by their ids.
            None if self.place.is_named() && is_one_of_several => Some(live.id.clone()),
            None => given_name(kind, live),
        };
        let called = self.place.address(name.as_deref());
        // The name may be another one's by now: that of the declared object which took its place.
        let is_displaced = matches!(self.index.declared.get(&called), Some(Placement::Present(_)));
        // What was never made whole counts where it is ours to remove, and nowhere else.
        if live.is_tainted(kind) && (self.index.declared.contains_key(&called) || owner.is_none()) {
            return None;
        }
        // What is declared has been looked for: the content that it replaces, or left behind, is not undeclared, though
        // others still refer to it by this address.
        if is_displaced && self.place.is_content() {
            return Some(self.place.address(Some(&live.id)));
        }
        let is_anothers = owner.is_none() && !self.place.is_content() && self.entry(name.as_deref()).is_some();
        let address = if is_displaced || is_anothers { self.own_name(live) } else { called };
        if let (Identity::CaselessName(_), Some(identity)) = (kind.identity, &object.identity) {
            let place = (self.place.parent.cloned(), self.place.target.to_owned(), kind.name, identity.clone());
            self.index.identities.insert(place, address.clone());
            self.index.kinds.insert(kind.name, kind);
        }
        if !self.index.declared.contains_key(&address) {
            self.index.undeclared.insert(address.clone(), (kind, live));
        }
        Some(address)
    }

    /// An address that nothing else has: by what tells the object apart, else by its id.
    fn own_name(&self, live: &Live) -> Address {
        let id = || (1..).map(|n| if n == 1 { live.id.clone() } else { format!("{}-{n}", live.id) });
        let names = given_name(self.place.kind, live).into_iter().chain(id());
        let addresses = names.map(|name| self.place.address(Some(&name)));
        let is_free = |address: &Address| {
            let is_known = self.index.declared.contains_key(address) || self.index.undeclared.contains_key(address);
            !is_known && self.entry(address.name()).is_none()
        };
        let mut free = addresses.filter(is_free);
        free.next().unwrap_or_else(|| self.place.address(Some(&live.id)))
    }

    fn remember(&mut self, live: &'a Live, address: &Address, owner: Option<&Address>) {
        let CollectionPlace { target, parent, kind, .. } = self.place;
        for id in aliases(kind, live) {
            let anywhere = self.index.anywhere.entry((target.to_owned(), kind.name, id.clone()));
            anywhere.and_modify(|known| *known = None).or_insert_with(|| Some(address.clone()));
            self.index.names.insert((target.to_owned(), parent.cloned(), kind.name, id), address.clone());
        }
        self.called.insert(live, address.clone());
        let Some(owner) = owner else { return };
        self.index.owned.insert(address.clone());
        let entry = self.owner(live).map(|claimant| claimant.entry);
        if entry.is_some_and(|entry| entry.made) {
            self.index.made.insert(address.clone());
        }
        let is_new = owner != address || entry.is_some_and(|entry| entry.id != live.id);
        if is_new && !self.place.is_content() {
            self.moves.insert(owner.clone(), (Some(address.clone()), live.id.clone()));
        }
    }

    /// What becomes of the entries whose object is not here.
    fn adrift(&mut self) {
        if self.place.is_content() {
            return;
        }
        let mut dropped = BTreeSet::new();
        for (claimant, (located, live)) in self.entries.iter().zip(&self.located) {
            let address = self.place.address(claimant.address.name());
            let adrift = match (located, live) {
                (Located::Here(_), _) | (Located::Gone, _) => None,
                (Located::Overtaken(_), live) => {
                    let by = live.and_then(|live| self.called.get(&(live as *const Live)));
                    Some(Adrift::Overtaken(by.cloned().unwrap_or_else(|| address.clone())))
                }
                (Located::Several, _) => Some(Adrift::Several),
                (Located::Unproven, _) => Some(Adrift::Unproven),
            };
            let is_here = matches!(located, Located::Here(_) | Located::Several);
            let means_another = match self.index.declared.get(&address) {
                Some(Placement::Present(_)) => !is_here,
                Some(Placement::Absent) => matches!(adrift, Some(Adrift::Overtaken(_))),
                Some(Placement::Ambiguous | Placement::Duplicate(_) | Placement::Unseen(_)) | None => false,
            };
            if means_another {
                dropped.insert(claimant.address.clone());
            }
            self.index.adrift.extend(adrift.map(|adrift| (address, adrift)));
        }
        self.moves.extend(dropped.into_iter().map(|address| (address, (None, String::new()))));
    }
}
