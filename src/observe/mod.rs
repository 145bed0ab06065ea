//! Looking at the targets: one list for each kind, whatever the number of objects.
//!
//! A list that could not be read makes its collection unseen; it never reads as empty.

mod details;
mod look;
mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use crate::address::Address;
use crate::diff::base::Base;
use crate::diff::live::{Observed, View};
use crate::observe::look::Look;
use crate::session::{CallError, Session};
use crate::spec::{Descend, Identity, Kind, Provider, kinds_named};
use crate::topology::{Resource, Target, Topology};

/// What is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What is declared, owned, or referred to.
    Declared,
    /// Everything that can be declared, or that such a thing refers to.
    Everything,
    /// All objects of this kind, and what they live in.
    Kind(&'static str),
}

/// What looking needs.
pub struct Observer<'o> {
    topology: &'o Topology,
    base: &'o Base,
    scope: Scope,
    /// The declared resources by where they live: target, parent, kind.
    groups: BTreeMap<(&'o str, Option<Address>, &'static str), Vec<&'o Resource>>,
    /// The outputs that expressions take: address and field.
    outputs: BTreeSet<(Address, String)>,
}

/// A call that failed while looking. The collection is unseen; the reason is told here once.
pub type Trouble = CallError;

impl<'o> Observer<'o> {
    /// Prepares to look at what a topology declares and a ledger owns, or at everything.
    pub fn new(topology: &'o Topology, base: &'o Base, scope: Scope) -> Observer<'o> {
        let mut groups: BTreeMap<_, Vec<&Resource>> = BTreeMap::new();
        let mut outputs = BTreeSet::new();
        for resource in topology.resources.values() {
            for attr in resource.fields.values() {
                attr.for_each_output(&mut |output| {
                    let head = output.field.split('.').next().unwrap_or_default();
                    outputs.insert((output.address.clone(), head.to_owned()));
                });
            }
            let place = (resource.address.target(), resource.address.parent(), resource.kind.name);
            groups.entry(place).or_default().push(resource);
        }
        Observer { topology, base, scope, groups, outputs }
    }

    /// Looks at every target that there is a session for.
    pub async fn observe(&self, sessions: &BTreeMap<String, Arc<Session>>) -> (Observed, Vec<Trouble>) {
        let views =
            join_all(sessions.iter().map(|(name, session)| async move { (name.clone(), self.look(session).await) }));
        let mut observed = Observed::default();
        let mut troubles = Vec::new();
        for (name, (view, mut trouble)) in views.await {
            observed.targets.insert(name, view);
            troubles.append(&mut trouble);
        }
        (observed, troubles)
    }

    /// Looks at one target.
    pub async fn look(&self, session: &Session) -> (View, Vec<Trouble>) {
        let Some(target) = self.topology.targets.get(session.name()) else { return (View::default(), Vec::new()) };
        let wanted = self.kinds(target);
        let mut look = Look { observer: self, session, target, wanted: &wanted, troubles: Vec::new() };
        let collections = look.level(None, None).await;
        (View { version: session.version().map(str::to_owned), collections }, look.troubles)
    }

    /// The kinds to be looked at: declared, owned, referred to by a declared kind, and the parents of all these.
    fn kinds(&self, target: &Target) -> BTreeSet<&'static str> {
        let provider = target.provider;
        let mut kinds = BTreeSet::new();
        if let Scope::Kind(kind) = self.scope {
            kinds.insert(kind);
            kinds.extend(ancestors(provider, kind));
            return kinds;
        }
        if self.scope == Scope::Everything {
            // What can only be read is looked at where something that can be declared refers to it.
            for kind in provider.kinds.iter().filter(|kind| kind.is_declarative()) {
                kinds.insert(kind.name);
                kinds.extend(kind.fields.iter().flat_map(|field| kinds_named(&field.ty, Descend::Into)));
            }
        }
        for resource in self.topology.resources.values().filter(|resource| resource.address.target() == target.name) {
            kinds.insert(resource.kind.name);
        }
        for (address, _) in self.base.owned_at(&target.name) {
            kinds.extend(address.kinds().filter_map(|kind| provider.kind(kind)).map(|kind| kind.name));
        }
        kinds.extend(self.referred(target));
        // Whose a thing is says who made it: that has to be known before anything is pruned, or a list written anew.
        let at_stake = |made: &str| {
            let is_list = provider.kind(made).is_some_and(|kind| matches!(kind.identity, Identity::Sequence { .. }));
            kinds.contains(made) && (is_list || target.prune.includes(made))
        };
        let makes = |kind: &&&Kind| kind.makes.iter().any(|(made, _)| at_stake(made));
        let makers: Vec<&str> = provider.kinds.iter().filter(makes).map(|kind| kind.name).collect();
        kinds.extend(makers);
        for kind in kinds.clone() {
            kinds.extend(ancestors(provider, kind));
        }
        kinds
    }

    /// The kinds of what declared fields and expressions name.
    fn referred(&self, target: &Target) -> BTreeSet<&'static str> {
        let mut kinds = BTreeSet::new();
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        for resource in self.topology.resources.values() {
            for (name, attr) in &resource.fields {
                attr.for_each_output(&mut |output| {
                    if output.address.target() == target.name {
                        kinds.extend(target.provider.kind(output.address.kind()).map(|kind| kind.name));
                    }
                });
                let here = resource.address.target() == target.name;
                if here && seen.insert((resource.kind.name, name)) {
                    match resource.kind.field(name) {
                        Some(field) => kinds.extend(kinds_named(&field.ty, Descend::Into)),
                        None => {
                            let fields = resource.kind.fields.iter();
                            kinds.extend(fields.flat_map(|field| kinds_named(&field.ty, Descend::Into)));
                        }
                    }
                }
            }
        }
        kinds
    }
}

fn ancestors(provider: &Provider, kind: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut parent = provider.kind(kind).and_then(|kind| kind.parent);
    while let Some(name) = parent {
        found.push(name);
        parent = provider.kind(name).and_then(|kind| kind.parent);
    }
    found
}
