//! Looks for the object of one step while a plan is carried out: in the lists where it shows, and in no others.

use crate::attr::{Attr, Output};
use crate::diff::compare::compare;
use crate::diff::matching::index;
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::standing::hold;
use crate::diff::verdict::FieldChange;
use crate::observe::{Lists, Observer, Scope, proofs};
use crate::plan::{LedgerUpdate, Step};
use crate::session::{CallError, CallFailure, Session};
use crate::state::base::Base;
use crate::state::installation::ShownProofs;
use crate::state::live::{Live, Observed, View};
use crate::topology::Topology;
use crate::topology::references::References;
use wire::Method;

/// Looks for the objects of steps.
pub struct Sights<'s> {
    topology: &'s Topology,
    references: References<'s>,
}

/// The state of a step's object as one look shows it.
pub(crate) struct Sight {
    /// The object, if it is there.
    pub live: Option<Live>,
    /// The differences from what is wanted, where the two can be compared.
    pub differs: Option<Vec<FieldChange>>,
}

impl<'s> Sights<'s> {
    /// Prepares to look for what a topology declares.
    pub fn new(topology: &'s Topology) -> Sights<'s> {
        Sights { topology, references: References::new(topology) }
    }

    /// The lists in which a step's object shows.
    fn lists(&self, step: &Step) -> Lists {
        Lists::of(self.topology, &self.references, [&step.address])
    }

    /// One look for a step's object, compared with what is wanted of it, as far as `find` knows it. What can't be seen is an
    /// error, unless the object shows all the same.
    pub(crate) async fn of(
        &self,
        session: &Session,
        base: &Base,
        step: &Step,
        wanted: Option<&LedgerUpdate>,
        find: &dyn Fn(&Output) -> Option<Attr>,
    ) -> Result<Sight, CallError> {
        let lists = self.lists(step);
        let (view, troubles) = Observer::new(self.topology, base, Scope::Lists(&lists)).look(session).await;
        // An object that does not show at another installation is not gone.
        if let Some(hold) = hold(session.name(), &view.standing) {
            return Err(session.site(Method::Get, "").error(CallFailure::job(hold.reason)));
        }
        let observed = Observed { targets: [(session.name().to_owned(), view)].into(), ..Observed::default() };
        let index = index(self.topology, &observed, base);
        let live = match &step.id {
            Some(id) if step.verb.removes() => {
                observed.targets.values().flat_map(|view| view.all(step.kind.name)).find(|live| live.id == *id)
            }
            _ => index.live(&step.address),
        };
        if live.is_none()
            && let Some(trouble) = troubles.into_iter().next()
        {
            return Err(trouble);
        }
        let resource = self.topology.resources.get(&step.address);
        let differs = live.zip(resource).zip(wanted).and_then(|((live, resource), wanted)| {
            let filled = wanted.wanted.iter().map(|(name, attr)| (name.clone(), attr.fill(find)));
            let resolver = Resolver { topology: self.topology, index: &index, planned: &PlannedValues::default() };
            let found = compare(&resolver, resource, &filled.collect::<ResolvedFields>(), live, base);
            found.held.is_none().then_some(found.changes)
        });
        Ok(Sight { live: live.cloned(), differs })
    }

    /// The collections among which a step's object is, as they are now.
    pub(crate) async fn around(&self, session: &Session, base: &Base, step: &Step) -> (View, Vec<CallError>) {
        let lists = self.lists(step);
        Observer::new(self.topology, base, Scope::Lists(&lists)).look(session).await
    }

    /// The proofs of the installation, as they are now; `None` of a target that is not declared.
    pub(crate) async fn proofs(&self, session: &Session) -> Option<ShownProofs> {
        Some(proofs::read(session, self.topology.targets.get(session.name())?).await)
    }
}
