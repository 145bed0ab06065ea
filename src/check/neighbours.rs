//! Targets that name each other: which declared resource means which other target, as far as files say.
//!
//! An address is another target's if it is one of its outputs, or the host that its `at` names. One that is neither may be
//! any target's, so that nothing is said about what is missing there.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use url::Url;

use crate::attr::{Attr, Template, TemplatePart};
use crate::check::walk::{WalkStep, place};
use crate::finding::Place;
use crate::spec::{Condition, Field, NeighbourTable, canonical};
use crate::topology::{Resource, Topology};

/// A resource that means another target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neighbour<'t> {
    /// How its kind names others.
    pub table: &'static NeighbourTable,
    /// The resource.
    pub resource: &'t Resource,
}

/// The targets that name each other, and by what.
#[derive(Debug, Default)]
pub(crate) struct Neighbours<'t> {
    /// By kind, by the target that names and the one that is named.
    named: BTreeMap<(&'static str, &'t str, &'t str), Vec<Neighbour<'t>>>,
    /// Kinds and targets of which something names nobody that is known.
    unclear: BTreeSet<(&'static str, &'t str)>,
}

impl<'t> Neighbours<'t> {
    /// Those of a topology.
    pub(crate) fn of(topology: &'t Topology) -> Neighbours<'t> {
        let hosts = hosts(topology);
        let mut found = Neighbours::default();
        for resource in topology.resources.values() {
            let own = resource.address.target();
            let Some(target) = topology.targets.get(own) else { continue };
            let tables = target.provider.traffic.neighbours.iter();
            for table in tables.filter(|table| table.kind == resource.kind.name) {
                match named(topology, &hosts, resource, table.address).filter(|other| *other != own) {
                    Some(other) => {
                        let key = (table.kind, own, other);
                        found.named.entry(key).or_default().push(Neighbour { table, resource });
                    }
                    None => {
                        found.unclear.insert((table.kind, own));
                    }
                }
            }
        }
        found
    }

    /// Every resource that names another target, with the name of that one.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'t str, Neighbour<'t>)> {
        self.named.iter().flat_map(|((_, _, other), all)| all.iter().map(move |neighbour| (*other, *neighbour)))
    }

    /// Says whether a target names another one in a kind; where it may, that counts.
    pub(crate) fn may_name(&self, kind: &'static str, from: &'t str, to: &'t str) -> bool {
        self.named.contains_key(&(kind, from, to)) || self.unclear.contains(&(kind, from))
    }

    /// The pairs of resources that mean each other: each names the other's target, and nothing else there does.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Neighbour<'t>, Neighbour<'t>)> {
        let each = self.named.iter().filter(|((_, from, to), _)| from < to);
        each.filter_map(|((kind, from, to), ours)| {
            match (ours.as_slice(), self.named.get(&(*kind, *to, *from))?.as_slice()) {
                ([one], [other]) => Some((*one, *other)),
                _ => None,
            }
        })
    }
}

/// The hosts at which targets are, each of one target alone.
fn hosts(topology: &Topology) -> BTreeMap<String, Option<&str>> {
    let mut hosts: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for target in topology.targets.values() {
        let Some(host) = Url::parse(&target.at).ok().and_then(|url| url.host_str().map(str::to_owned)) else {
            continue;
        };
        hosts.entry(host).and_modify(|known| *known = None).or_insert(Some(&target.name));
    }
    hosts
}

/// The target whose address a field holds.
fn named<'t>(
    topology: &'t Topology,
    hosts: &BTreeMap<String, Option<&'t str>>,
    resource: &Resource,
    field: &str,
) -> Option<&'t str> {
    match resource.fields.get(field)? {
        Attr::Later(Template { parts }) => match parts.as_slice() {
            [TemplatePart::Output(output)] => {
                topology.targets.get_key_value(output.address.target()).map(|(name, _)| name.as_str())
            }
            _ => None,
        },
        value => *hosts.get(&value.to_text()?)?,
    }
}

/// The value of a field in the form in which values are compared, given or by default; `None` where files don't say it.
pub(crate) fn known(resource: &Resource, name: &str) -> Option<Attr> {
    let field = resource.kind.field(name)?;
    let value = match resource.fields.get(name) {
        Some(value) if value.is_later() || value.has_secret() => return None,
        Some(value) => canonical(&field.ty, value),
        None if resource.unmanaged.contains(name) => return None,
        None => field.default_value(),
    };
    (!value.is_nothing()).then_some(value)
}

/// The network that a field holds.
pub(crate) fn network(resource: &Resource, name: &str) -> Option<IpNet> {
    known(resource, name)?.to_text()?.parse::<IpNet>().ok()
}

/// Says whether a condition surely holds for a resource.
pub(crate) fn holds(resource: &Resource, when: Condition) -> bool {
    let find = |name: &str| -> Option<(&'static Field, Attr)> {
        let field = resource.kind.field(name)?;
        Some((field, resource.fields.get(name).cloned().unwrap_or(Attr::Null)))
    };
    when.holds_for(&find) == Some(true)
}

/// The place of a field, or that of the resource where files don't give it.
pub(crate) fn place_of(resource: &Resource, field: &str) -> Place {
    match resource.fields.contains_key(field) {
        true => place(resource, &[WalkStep::Name(field)]),
        false => resource.place.clone(),
    }
}

/// The resources of a kind that live in one.
pub(crate) fn within<'t>(
    topology: &'t Topology,
    parent: &'t Resource,
    kind: &'static str,
) -> impl Iterator<Item = &'t Resource> {
    let from = topology.resources.range(parent.address.clone()..);
    let below = from.skip(1).take_while(move |(address, _)| address.is_below(&parent.address));
    below.map(|(_, resource)| resource).filter(move |resource| resource.kind.name == kind)
}
