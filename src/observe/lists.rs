//! The lists in which some resources show, and what they refer to: all that a look for a few of them has to read.
//!
//! | to look for | these are read |
//! |---|---|
//! | `east/routes/office` | the routes of `east` |
//! | `east/ipsec-endpoints/to-west/tunnels/lan` | the endpoints of `east`, the tunnels of that one |
//! | `nf/networks/acme/app-wans/crm` | the networks, and of that one the AppWANs and the lists of what the AppWAN names |

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diff::matching::identity_of;
use crate::spec::Provider;
use crate::topology::Topology;
use crate::topology::references::References;

/// A few resources of a topology, and what has to be read to find them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lists {
    /// The resources, what they live in, and what they refer to.
    objects: BTreeSet<Address>,
    /// The kinds of all these, by target.
    kinds: BTreeMap<String, BTreeSet<String>>,
}

impl Lists {
    /// The lists of these resources. What tells one of them apart may come from another, which then has to be found, too.
    pub(crate) fn of<'a>(
        topology: &Topology,
        references: &References<'_>,
        resources: impl IntoIterator<Item = &'a Address>,
    ) -> Lists {
        let mut lists = Lists::default();
        let mut open: Vec<(Address, bool)> = resources.into_iter().map(|address| (address.clone(), true)).collect();
        while let Some((address, is_asked_for)) = open.pop() {
            if !lists.add(&address) && !is_asked_for {
                continue;
            }
            let declared = topology.resources.get(&address);
            let needs_others = |resource| is_asked_for || identity_of(resource).is_none();
            if let Some(resource) = declared.filter(|resource| needs_others(resource)) {
                open.extend(references.of(resource).into_iter().map(|reference| (reference.to, false)));
            }
        }
        lists
    }

    /// Adds a resource and what it lives in. Says whether it was not there yet.
    fn add(&mut self, address: &Address) -> bool {
        let kinds = self.kinds.entry(address.target().to_owned()).or_default();
        kinds.extend(address.kinds().map(str::to_owned));
        self.objects.extend(References::parents(address));
        self.objects.insert(address.clone())
    }

    /// The targets at which something has to be read.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    /// Says whether something has to be read at a target.
    pub(crate) fn concern_target(&self, target: &str) -> bool {
        self.kinds.contains_key(target)
    }

    /// The kinds of which a target's lists have to be read.
    pub(super) fn kinds_at(&self, target: &str, provider: &Provider) -> BTreeSet<&'static str> {
        let kinds = self.kinds.get(target).into_iter().flatten();
        kinds.filter_map(|kind| provider.kind(kind)).map(|kind| kind.name).collect()
    }

    /// Says whether a resource is one of them, or something lives in it that is.
    pub(super) fn concern(&self, address: &Address) -> bool {
        self.objects.contains(address)
    }
}
