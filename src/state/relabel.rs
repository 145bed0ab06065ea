//! New addresses of the ledger's entries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::state::base::Base;

/// A new place for an entry, as in `east/routes/net-2` to `east/routes/net-1` for a route whose label moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Relabel {
    /// Its address in the ledger.
    pub from: Address,
    /// The id that the ledger has of it: an entry with another one has been moved already.
    pub id: String,
    /// Its address from now on. `None`: its object is gone, and the address means another one by now.
    pub to: Option<Address>,
    /// The id that its object has by now.
    pub now: String,
}

impl Base {
    /// Gives entries their new places, and tells those that depend on them. Doing it again changes nothing.
    pub(crate) fn relabel(&mut self, relabels: &[Relabel]) {
        let mut places: BTreeMap<&Address, &Address> = BTreeMap::new();
        let mut moved = Vec::new();
        for Relabel { from, id, to, now } in relabels {
            let Some(mut entry) = self.entries.remove(from) else { continue };
            if entry.id != *id {
                self.entries.insert(from.clone(), entry);
                continue;
            }
            entry.id.clone_from(now);
            places.extend(to.as_ref().filter(|to| *to != from).map(|to| (from, to)));
            moved.extend(to.clone().map(|to| (to, entry)));
        }
        self.entries.extend(moved);
        if !places.is_empty() {
            for entry in self.entries.values_mut() {
                let after = std::mem::take(&mut entry.after);
                entry.after = after.into_iter().map(|at| places.get(&at).map_or(at, |to| (*to).clone())).collect();
            }
        }
    }
}
