//! What another one shows to all, and something told refers to: it is told to be there, so that the reference leads somewhere.

use serde_json::{Map, Value, json};

use super::{Exporter, literal};
use crate::address::Address;
use crate::attr::Attr;
use crate::diff::external;
use crate::spec::{Field, Identity, swap_references};
use crate::state::live::{Live, OF_ANOTHER};

impl Exporter<'_> {
    /// Takes note of what a value refers to that is another one's.
    pub(super) fn refers(&mut self, address: &Address, field: &Field, value: &Attr) {
        let (index, target) = (self.resolver.index, self.resolver.topology.targets.get(self.target));
        swap_references(&field.ty, value, &mut |_, kinds, id| {
            let to = index.by_id(address, kinds, id)?;
            let kind = target?.provider.kind(to.kind())?;
            if index.live(to).is_some_and(Live::is_of_another) {
                self.referred.insert(to.clone(), kind);
            }
            None
        });
    }

    /// Tells what is another one's and referred to, that it is there.
    pub(super) fn tell_referred(&mut self, kinds: &mut Map<String, Value>) {
        for (address, kind) in std::mem::take(&mut self.referred) {
            let told = match kind.identity {
                // It is called by its id.
                Identity::Content(_, []) => Some(json!({ external::EXTERNAL: true })),
                _ => external::exported(kind, Map::new()),
            };
            let (Some(name), Some(told)) = (address.name(), told) else { continue };
            let of_kind = kinds.entry(kind.name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(resources) = of_kind {
                resources.insert(literal(name), told);
                self.export.external.push((address.clone(), OF_ANOTHER.to_owned()));
                self.export.told.insert(address);
            }
        }
    }
}
