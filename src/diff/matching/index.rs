//! The live objects by address, and what others call them.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::spec::Kind;
use crate::state::IdentityKey;
use crate::state::live::Live;
use crate::state::output::live_output;
use crate::state::relabel::Relabel;

/// Where a resource stands among the live objects.
#[derive(Debug, Clone)]
pub enum Placement<'a> {
    /// This object is it.
    Present(&'a Live),
    /// Its collection was seen, and it is not there.
    Absent,
    /// Several objects have its name, and nothing tells which one is meant.
    Ambiguous,
    /// Its object is another resource's already: that one.
    Duplicate(Address),
    /// We could not look: why.
    Unseen(String),
}

/// What keeps the object of an entry from being found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Adrift {
    /// It goes by this address by now.
    Overtaken(Address),
    /// Several objects have its identity, and no id tells which one is it.
    Several,
    /// An object has its id, which proves nothing, and nothing in the ledger says more of it.
    Unproven,
}

/// The live objects by address, and the names by id.
#[derive(Debug, Default)]
pub struct Index<'a> {
    /// The declared resources.
    pub declared: BTreeMap<Address, Placement<'a>>,
    /// Live objects that nothing declares, under the address that they would have.
    pub undeclared: BTreeMap<Address, (&'static Kind, &'a Live)>,
    /// The addresses, declared or not, whose live object is one that the ledger has.
    pub(in crate::diff) owned: BTreeSet<Address>,
    /// Those of them that a call of ours made.
    pub(in crate::diff) made: BTreeSet<Address>,
    /// What is owned and was not found in a collection that was seen, unless it is plainly gone.
    pub(in crate::diff) adrift: BTreeMap<Address, Adrift>,
    /// The entries of the ledger that go by another address, or whose object has another id, from now on.
    pub(crate) relabels: Vec<Relabel>,
    /// The address that a live object of a kind has, by kind and any id that other objects may use for it.
    pub(in crate::diff) names: BTreeMap<(String, Option<Address>, &'static str, String), Address>,
    /// The same without the place: what lives deeper than the one that refers to it. `None` where an id is not unique.
    pub(in crate::diff) anywhere: BTreeMap<(String, &'static str, String), Option<Address>>,
    /// Undeclared objects by what tells them apart, so that a name is found whatever its case where case means nothing.
    pub(in crate::diff) identities: BTreeMap<(Option<Address>, String, &'static str, IdentityKey), Address>,
    /// The collections directly below a target that were looked at; why one could not be.
    pub(in crate::diff) looked: BTreeMap<(String, &'static str), Option<String>>,
    /// The targets that were looked at, and the kinds of which a collection there was not seen.
    pub(in crate::diff) unseen: BTreeMap<String, BTreeSet<&'static str>>,
    /// The servers' versions, by target.
    pub versions: BTreeMap<String, String>,
    /// The kinds that were seen and whose names are compared without case.
    pub(in crate::diff) kinds: BTreeMap<&'static str, &'static Kind>,
}

impl<'a> Index<'a> {
    /// Says whether an object may be there although it does not show: its target, its collection, or that of what it lives
    /// in was not seen.
    pub(crate) fn is_unseen(&self, address: &Address) -> bool {
        address.kinds().any(|kind| self.is_dark(address.target(), kind))
    }

    /// Says whether a collection of a kind, or its whole target, was not seen.
    pub(in crate::diff) fn is_dark(&self, target: &str, kind: &str) -> bool {
        self.unseen.get(target).is_none_or(|dark| dark.contains(kind))
    }

    /// The live object at an address, declared or not.
    pub fn live(&self, address: &Address) -> Option<&'a Live> {
        match self.declared.get(address) {
            Some(Placement::Present(live)) => Some(live),
            Some(Placement::Absent | Placement::Ambiguous | Placement::Duplicate(_) | Placement::Unseen(_)) => None,
            None => self.undeclared.get(address).or_else(|| self.similar(address)).map(|(_, live)| *live),
        }
    }

    /// Why an object is not the user's to declare. The ledger knows better than what its text looks like: what we made is
    /// ours.
    pub(in crate::diff) fn foreign(&self, address: &Address, live: &Live) -> Option<&'static str> {
        live.foreign.filter(|_| !self.made.contains(address))
    }

    /// Every live object with its address.
    pub fn all(&self) -> impl Iterator<Item = (&Address, &'a Live)> {
        let declared = self.declared.iter().filter_map(|(address, place)| match place {
            Placement::Present(live) => Some((address, *live)),
            Placement::Absent | Placement::Ambiguous | Placement::Duplicate(_) | Placement::Unseen(_) => None,
        });
        declared.chain(self.undeclared.iter().map(|(address, (_, live))| (address, *live)))
    }

    /// The undeclared object that an address means where names are compared without case.
    fn similar(&self, address: &Address) -> Option<&(&'static Kind, &'a Live)> {
        let kind = *self.kinds.get(address.kind())?;
        let key = IdentityKey::called(kind, address.name().unwrap_or_default())?;
        let place = (address.parent(), address.target().to_owned(), kind.name, key);
        self.undeclared.get(self.identities.get(&place)?)
    }

    /// The address of the live object that others call by this id, looked for beside `from` and upwards.
    pub fn by_id(&self, from: &Address, kinds: &[&'static str], id: &str) -> Option<&Address> {
        let target = from.target().to_owned();
        let place =
            |around: &Option<Address>, kind: &&'static str| (target.clone(), around.clone(), *kind, id.to_owned());
        let mut around = from.parent();
        loop {
            let found = kinds.iter().find_map(|kind| self.names.get(&place(&around, kind)));
            match (found, &around) {
                (Some(found), _) => return Some(found),
                (None, Some(place)) => around = place.parent(),
                (None, None) => break,
            }
        }
        let anywhere = |kind: &&'static str| (target.clone(), *kind, id.to_owned());
        kinds.iter().find_map(|kind| self.anywhere.get(&anywhere(kind))?.as_ref())
    }

    /// The value of an output, where a live object has it.
    pub fn output(&self, output: &Output, kind: &Kind) -> Option<Attr> {
        let live = self.live(&output.address)?;
        live_output(live, kind, &output.field)
    }
}
