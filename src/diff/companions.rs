//! What comes along with something else: nobody makes it, it shows a while after what it belongs to.

use crate::address::Address;
use crate::diff::compare::compare;
use crate::diff::index::Index;
use crate::diff::live::{Live, named};
use crate::diff::resolve::{ResolvedFields, Resolver};
use crate::diff::verdict::{Decision, FieldChange};
use crate::spec::{Change, Identity};
use crate::topology::{Resource, Topology};

/// What becomes of a resource that comes along and is not there yet: it is taken when it shows, and what is declared of it
/// is set then.
pub(crate) fn taken(resolver: &Resolver<'_>, resource: &Resource, resolved: &ResolvedFields) -> Decision {
    let mut fields = compare(resolver, resource, resolved, &expected(resource), &Default::default()).changes;
    fields.retain(|change| can_be_set(change) && !is_name(resource, change));
    if fields.is_empty() { Decision::Adopt } else { Decision::Update { fields, adopt: true } }
}

/// What comes along, as far as it is known before it shows: its name, which it has from its maker.
pub(crate) fn expected(resource: &Resource) -> Live {
    Live::new(resource.kind, named(resource.kind, resource.address.name()))
}

/// Says whether a change can be made to what is there already.
fn can_be_set(change: &FieldChange) -> bool {
    let change = change.field.map(|field| field.change);
    matches!(change, Some(Change::InPlace | Change::DedicatedCall(_) | Change::Switch(_)))
}

fn is_name(resource: &Resource, change: &FieldChange) -> bool {
    matches!(resource.kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == change.name)
}

/// The parent that something built in comes with, which is about to be made.
pub(crate) fn parent_to_come(
    topology: &Topology,
    index: &Index<'_>,
    address: &Address,
    is_made: &dyn Fn(&Address) -> bool,
) -> Option<Address> {
    let kind = topology.targets.get(address.target())?.provider.kind(address.kind())?;
    let parent = address.parent().filter(|_| kind.is_built_in(address.name().unwrap_or_default()))?;
    let is_to_come = index.live(&parent).is_none() || is_made(&parent);
    (is_to_come && topology.resources.contains_key(&parent)).then_some(parent)
}
