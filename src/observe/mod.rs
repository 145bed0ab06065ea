//! Looking at the targets: one list for each kind, whatever the number of objects.
//!
//! A list that could not be read makes its collection unseen; it never reads as empty.
//!
//! * `interests`: what a workspace wants to know of a target
//! * `lists`, `sight`: what has to be read for a few resources; the look for the object of one step
//! * `look`, `ids`, `details`, `contents`, `proofs`: its lists, level by level; single objects; content; who answers
//! * `auto_created`, `others`: what objects made for themselves; what is shown and is somebody else's

mod auto_created;
mod contents;
mod details;
mod ids;
mod interests;
mod lists;
mod look;
mod others;
pub(crate) mod proofs;
mod sight;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use crate::diff::standing::judge;
use crate::observe::interests::Interests;
pub use crate::observe::lists::Lists;
use crate::observe::look::Look;
pub(crate) use crate::observe::sight::Sight;
pub use crate::observe::sight::Sights;
use crate::session::{CallError, Session};
use crate::spec::{Descend, Identity, Kind, Provider, kinds_named};
use crate::state::base::Base;
use crate::state::installation::ShownProofs;
use crate::state::live::{Observed, View};
use crate::topology::{Target, Topology};

/// The extent of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'o> {
    /// Resources that are declared, owned, or referred to.
    Declared,
    /// Everything that can be declared, or that such a thing refers to.
    Everything,
    /// The same, and what others show to all, so that what refers to it is told.
    EverythingShown,
    /// All objects of this kind, and what they live in.
    Kind(&'static str),
    /// Some resources, and what they refer to.
    Lists(&'o Lists),
}

impl Scope<'_> {
    /// Says whether objects are looked at in full that nobody declares.
    fn is_for_all(self) -> bool {
        matches!(self, Scope::Everything | Scope::EverythingShown | Scope::Kind(_))
    }
}

/// All that a look needs.
pub struct Observer<'o> {
    topology: &'o Topology,
    base: &'o Base,
    scope: Scope<'o>,
    interests: Interests<'o>,
}

/// A call that failed while looking. The collection is unseen; the reason is told here once.
pub type ObserveError = CallError;

impl<'o> Observer<'o> {
    /// Prepares to look at what a topology declares and a ledger owns, or at everything.
    pub fn new(topology: &'o Topology, base: &'o Base, scope: Scope<'o>) -> Observer<'o> {
        Observer { topology, base, scope, interests: Interests::of(topology, base) }
    }

    /// Looks at every target that there is a session for.
    pub async fn observe(&self, sessions: &BTreeMap<String, Arc<Session>>) -> (Observed, Vec<ObserveError>) {
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
    pub async fn look(&self, session: &Session) -> (View, Vec<ObserveError>) {
        let Some(target) = self.topology.targets.get(session.name()) else { return (View::default(), Vec::new()) };
        let (wanted, optional) = (self.kinds(target), self.optional(target));
        let (wanted, optional, proofs) = (&wanted, &optional, ShownProofs::default());
        let mut look = Look { observer: self, session, target, wanted, optional, proofs, troubles: Vec::new() };
        let collections = look.level(None, None).await;
        let Look { proofs, troubles, .. } = look;
        let (version, date) = (session.version().map(str::to_owned), session.date());
        let view = View { version, date, proofs, collections, ..View::default() };
        // Whoever looks at everything wants to see what is there.
        match self.scope {
            Scope::Declared | Scope::Lists(_) => (judge(self.topology, self.base, session.name(), view), troubles),
            Scope::Everything | Scope::EverythingShown | Scope::Kind(_) => (view, troubles),
        }
    }

    /// The kinds to be looked at: declared, owned, referred to by a declared kind, pruned, and the parents of all these.
    fn kinds(&self, target: &Target) -> BTreeSet<&'static str> {
        let provider = target.provider;
        let mut kinds = BTreeSet::new();
        if let Scope::Kind(kind) = self.scope {
            kinds.insert(kind);
            kinds.extend(ancestors(provider, kind));
            return kinds;
        }
        if matches!(self.scope, Scope::Everything | Scope::EverythingShown) {
            // A kind that can only be read is looked at where something that can be declared refers to it.
            for kind in provider.kinds.iter().filter(|kind| kind.is_declarative()) {
                kinds.insert(kind.name);
                kinds.extend(kind.fields.iter().flat_map(|field| kinds_named(&field.ty, Descend::Into)));
            }
        }
        let mut pruned = BTreeSet::new();
        if let Scope::Lists(lists) = self.scope {
            kinds.extend(lists.kinds_at(&target.name, provider));
        } else {
            kinds.extend(self.concerned(target));
            pruned = self.topology.pruned_kinds(target);
            kinds.extend(&pruned);
        }
        // Whose a thing is says who made it: that has to be known before anything is pruned, or a list written anew.
        let at_stake = |made: &str| {
            let is_list = provider.kind(made).is_some_and(|kind| matches!(kind.identity, Identity::Sequence { .. }));
            kinds.contains(made) && (is_list || pruned.contains(made))
        };
        let makes = |kind: &&&Kind| kind.creates().any(|(made, _)| at_stake(made));
        let makers: Vec<&str> = provider.kinds.iter().filter(makes).map(|kind| kind.name).collect();
        kinds.extend(makers);
        for kind in kinds.clone() {
            kinds.extend(ancestors(provider, kind));
        }
        kinds
    }

    /// The kinds that are looked at for nothing but `prune: all`: a server or a user that has nothing to do with them may
    /// refuse to show them.
    fn optional(&self, target: &Target) -> BTreeSet<&'static str> {
        if self.scope != Scope::Declared {
            return BTreeSet::new();
        }
        let mut optional = self.topology.pruned_kinds(target);
        let concerned = self.concerned(target);
        let is_concerned = |kind: &str| {
            concerned.contains(kind) || concerned.iter().any(|of| ancestors(target.provider, of).contains(&kind))
        };
        optional.retain(|kind| !target.prune.names(kind) && !is_concerned(kind));
        optional
    }

    /// The kinds that resources of the workspace have or name at a target.
    fn concerned(&self, target: &Target) -> BTreeSet<&'static str> {
        let mut kinds = self.interests.kinds.get(target.name.as_str()).cloned().unwrap_or_default();
        for (address, _) in self.base.owned_at(&target.name) {
            kinds.extend(address.kinds().filter_map(|kind| target.provider.kind(kind)).map(|kind| kind.name));
        }
        kinds
    }
}

/// Adds to what is told of a certificate that is not the pinned one what the ledger knows of its key.
pub(crate) fn tell_known_key(base: &Base, error: &mut CallError) {
    let known = base.targets.get(&error.target);
    if let (Some(known), Some(other)) = (known, error.other_certificate()) {
        other.known = other.key.as_ref().and_then(|key| known.known_key(key));
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
