//! A live value in the form in which it is compared.

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::index::Index;
use crate::diff::list::live_items;
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::Resolver;
use crate::spec::{canonical, read};
use crate::state::live::Live;
use crate::topology::{ITEMS, Resource, Topology};

/// A live value cut down to the keys that were kept: others were never declared.
pub(crate) fn narrow(live: &Attr, kept: &Value) -> Attr {
    match (live, kept) {
        (Attr::Map(live), Value::Object(kept)) => {
            Attr::Map(kept.iter().filter_map(|(key, kept)| Some((key.clone(), narrow(live.get(key)?, kept)))).collect())
        }
        (Attr::List(live), Value::Array(kept)) if live.len() == kept.len() => {
            Attr::List(live.iter().zip(kept).map(|(live, kept)| narrow(live, kept)).collect())
        }
        _ => live.clone(),
    }
}

/// The live value of a field in the form in which it is compared; of a list that is a resource, its items.
pub(crate) fn live_value(
    topology: &Topology,
    index: &Index<'_>,
    resource: &Resource,
    name: &str,
    live: &Live,
) -> Option<Attr> {
    if name == ITEMS && resource.kind.field(name).is_none() {
        return Some(Attr::List(live_items(resource.kind, live)));
    }
    let field = resource.kind.field(name)?;
    let resolver = Resolver { topology, index, planned: &PlannedValues::default() };
    Some(canonical(&field.ty, &resolver.for_compare(&resource.address, field, &read(field, &live.raw))))
}
