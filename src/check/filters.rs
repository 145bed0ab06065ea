//! The rules of filters, read as far as their words are understood.

use crate::attr::Attr;
use crate::check::walk::{WalkStep, place};
use crate::finding::Place;
use crate::spec::{FilterRule, FilterTable};
use crate::topology::{ITEMS, Resource, Topology};

/// A filter's rule, and where it stands.
pub(crate) struct ReadRule<'t> {
    /// The resource.
    pub resource: &'t Resource,
    /// Its words.
    pub text: &'t str,
    /// What they mean.
    pub rule: FilterRule,
    /// Where it stands among the others.
    pub place: Place,
}

/// The filters of a topology, each with its rules in order: those in use that are understood.
pub(crate) fn filters(topology: &Topology) -> impl Iterator<Item = Vec<ReadRule<'_>>> {
    let table = |resource: &Resource| {
        let target = topology.targets.get(resource.address.target())?;
        target.provider.traffic.filters.iter().find(|filter| filter.kind == resource.kind.name)
    };
    topology.resources.values().filter_map(move |resource| Some(rules(resource, table(resource)?)))
}

fn rules<'t>(resource: &'t Resource, table: &FilterTable) -> Vec<ReadRule<'t>> {
    let list = if table.list.is_empty() { ITEMS } else { table.list };
    let Some(Attr::List(items)) = resource.fields.get(list) else { return Vec::new() };
    let read = |(index, item): (usize, &'t Attr)| {
        let is_off = matches!(item.get(table.disabled), Some(value) if *value != Attr::Bool(false));
        let text = item.get(table.rule)?.as_text().filter(|_| !is_off)?;
        // Below a resource that is the list itself, its place is the list's.
        let path = [WalkStep::Name(list), WalkStep::Index(index)];
        let below = if table.list.is_empty() { item_place(resource, index) } else { place(resource, &path) };
        Some(ReadRule { resource, text, rule: (table.read)(text)?, place: below })
    };
    items.iter().enumerate().filter_map(read).collect()
}

/// The place of an item of a resource that is the whole list.
fn item_place(resource: &Resource, index: usize) -> Place {
    place(resource, &[WalkStep::Index(index)])
}
