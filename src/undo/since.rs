//! What a later run or a hand has touched since a run: that is nobody's to take back unasked.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::compare::{live_value, narrow};
use crate::diff::index::Index;
use crate::diff::list::live_items;
use crate::diff::verdict::Hold;
use crate::spec::{Identity, Kind, lookup};
use crate::state::base::{Base, Entry, Stored};
use crate::state::live::{Live, Observed};
use crate::topology::{Resource, Topology};
use crate::undo::{PastChange, SINCE};

/// The addresses that are not as a run left them, each with who or what touched them.
pub(crate) fn since(
    topology: &Topology,
    observed: &Observed,
    index: &Index<'_>,
    base: &Base,
    run: u64,
    changes: &[PastChange],
) -> BTreeMap<Address, Hold> {
    let look = Since { topology, observed, index, base, run };
    let touched = |change: &PastChange| Some((change.address.clone(), Hold::new(SINCE, look.of(change)?)));
    changes.iter().filter_map(touched).collect()
}

struct Since<'s> {
    topology: &'s Topology,
    observed: &'s Observed,
    index: &'s Index<'s>,
    base: &'s Base,
    run: u64,
}

impl Since<'_> {
    /// Why an address is not as the run left it, if so.
    fn of(&self, change: &PastChange) -> Option<String> {
        let row = self.base.entry(&change.address);
        let live = self.index.live(&change.address).or_else(|| self.by_id(&change.address, row?));
        if let Some(later) = row.and_then(|row| row.run).filter(|run| *run > self.run) {
            return Some(format!("run {later} changed it since"));
        }
        if self.index.is_unseen(&change.address) {
            // What could not be looked at is held for that.
            return None;
        }
        match (change.removed(), row, live) {
            (true, Some(_), _) => Some("it is owned again".to_owned()),
            (true, None, Some(live)) => {
                self.is_anew(&change.address, live).then(|| "somebody made it anew since".to_owned())
            }
            (true, None, None) => None,
            // What is gone already needs no way back, unless there was something before it.
            (false, _, None) => change.before.is_some().then(|| "somebody removed it since".to_owned()),
            (false, None, Some(_)) => change.left_owned.then(|| "it is not owned any more".to_owned()),
            (false, Some(row), Some(live)) => self.field(&change.address, row, live),
        }
    }

    /// The object of a row, where its address is to have other content.
    fn by_id(&self, address: &Address, row: &Entry) -> Option<&Live> {
        let kind = self.topology.targets.get(address.target())?.provider.kind(address.kind())?;
        let view = self.observed.targets.get(address.target()).filter(|_| kind.identity.is_content())?;
        view.by_id(kind.name, &row.id)
    }

    /// Says whether an object that is there was made since: what there is one of is always there.
    fn is_anew(&self, address: &Address, live: &Live) -> bool {
        let target = self.topology.targets.get(address.target());
        let Some(kind) = target.and_then(|target| target.provider.kind(address.kind())) else { return true };
        match kind.identity {
            Identity::Singleton => false,
            Identity::Sequence { .. } => !live_items(kind, live).is_empty(),
            Identity::Name(_) | Identity::CaselessName(_) | Identity::Natural(_) | Identity::Content(..) => true,
        }
    }

    /// The first field that somebody changed.
    fn field(&self, address: &Address, row: &Entry, live: &Live) -> Option<String> {
        let kind = self.topology.targets.get(address.target())?.provider.kind(address.kind())?;
        let resource = Resource::bare(address, kind);
        let mut own = row.fields.iter().filter(|(name, _)| !row.partial.contains_key(*name));
        let moved = own.find(|(name, stored)| self.is_moved(&resource, name, stored, live))?;
        Some(format!("`{}` was changed at the controller since", moved.0))
    }

    fn is_moved(&self, resource: &Resource, name: &str, stored: &Stored, live: &Live) -> bool {
        let field = resource.kind.field(name);
        if field.is_some_and(|field| !field.is_read_back() || is_read_apart(resource.kind, name, live)) {
            return false;
        }
        let version = self.index.versions.get(resource.address.target()).map(String::as_str);
        if field.is_some_and(|field| !field.is_readable_on(version)) {
            return false;
        }
        let Some(now) = live_value(self.topology, self.index, resource, name, live) else { return false };
        match stored.value.is_null() {
            true => !now.is_nothing() && !field.is_some_and(|field| field.is_at_default(&now)),
            false => now != Attr::Null && !self.base.matches_stored(&narrow(&now, &stored.value), &stored.value),
        }
    }
}

/// Says whether a read of its own would show a field, which was not made.
fn is_read_apart(kind: &Kind, name: &str, live: &Live) -> bool {
    let path = kind.field(name).map_or(name, |field| field.read_path());
    kind.api.details.iter().any(|detail| detail.fields.contains(&name)) && lookup(&live.raw, path).is_none()
}
