//! What `export --fold` folds: what controllers hold, with their addresses and keys as they are there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::export::Export;
use crate::fabric::{self, FoldedController, Folding};
use crate::spec::FabricTable;
use crate::state::live::{Live, View};
use crate::topology::Topology;

/// Folds what the targets hold that can be parts of a fabric.
pub(crate) fn fold(topology: &Topology, views: &[(&str, &View)], exports: &BTreeMap<String, Export>) -> Folding {
    let controller = |(name, view): &(&str, &View)| {
        let table = topology.targets.get(*name)?.provider.fabric?;
        let export = exports.get(*name)?;
        let own = &table.controller;
        let addresses = [own.public, own.private].map(|field| {
            let seen = view.all(own.kind);
            let plain = seen.iter().filter_map(|live| live.raw.get(field).and_then(Value::as_str).map(str::to_owned));
            plain.chain([format!("${{{name}/{}.{field}}}", own.kind)]).collect()
        });
        let keys = view.all(table.half.kind).into_iter().filter_map(|live| keys(table, topology, name, live)).collect();
        Some(((*name).to_owned(), FoldedController { table, addresses, kinds: export.kinds.clone(), keys }))
    };
    fabric::fold(&views.iter().filter_map(controller).collect())
}

/// The keys of an endpoint and its neighbours. They are compared, and never told.
fn keys(table: &FabricTable, topology: &Topology, target: &str, live: &Live) -> Option<(String, Vec<Attr>)> {
    let provider = topology.targets.get(target)?.provider;
    let (half, neighbour) = (provider.kind(table.half.kind)?, provider.kind(table.neighbour.kind)?);
    let name = crate::diff::naming::given_name(half, live)?;
    let neighbours = live.collection(neighbour.name).map_or(&[][..], |seen| seen.objects());
    let passwords = neighbours.iter().map(|live| live.value(neighbour, table.neighbour.password));
    Some((name, std::iter::once(live.value(half, table.half.key)).chain(passwords).collect()))
}
