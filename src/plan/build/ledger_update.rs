//! What the ledger is to remember of each declared resource once it is as it should be.

use std::collections::BTreeSet;

use crate::attr::Attr;
use crate::diff::compare::expression;
use crate::diff::verdict::{Cause, Verdict};
use crate::plan::LedgerUpdate;
use crate::plan::build::Builder;
use crate::plan::lists::live_lists;
use crate::spec::{Field, lookup};
use crate::state::live::text;
use crate::topology::Resource;

impl Builder<'_> {
    /// All that it takes to write the ledger's row of a resource.
    pub(super) fn ledger_update(&self, resource: &Resource) -> LedgerUpdate {
        let wanted = self.diff.resolved.get(&resource.address).cloned().unwrap_or_default();
        let live = self.diff.index.live(&resource.address).filter(|_| !self.comes_anew(resource));
        let from_others = resource.fields.iter().filter(|(_, attr)| attr.is_later());
        let references = self.references.of(resource);
        let made_with = self.diff.made_with.get(&resource.address).into_iter().flatten().cloned();
        let is_at_default = |field: &&Field| {
            let value = live.map_or(Attr::Null, |live| live.value(resource.kind, field.name));
            field.is_read_back() && field.is_at_default(&value)
        };
        let cleared = resource.cleared.iter().filter_map(|name| resource.kind.field(name)).filter(is_at_default);
        LedgerUpdate {
            kind: resource.kind,
            wanted,
            files: resource.files.clone(),
            content_id: resource.content_id(),
            partial: resource.partial.clone(),
            unknown: self.verdict(&resource.address).map(not_known).unwrap_or_default(),
            cleared: cleared.map(|field| field.name.to_owned()).collect(),
            live_lists: live_lists(self.diff, resource),
            expressions: from_others.map(|(name, attr)| (name.clone(), expression(attr))).collect(),
            after: references.into_iter().map(|reference| reference.to).chain(made_with).collect(),
            id: resource.content_id().or_else(|| live.map(|live| live.id.clone())),
            stamp: live.and_then(|live| Some(text(lookup(&live.raw, resource.kind.api.stamp()?)?))),
            origin: resource.origin.as_ref().map(|origin| origin.path()),
        }
    }
}

/// The declared fields of which nobody can say that they are as wanted.
fn not_known(verdict: &Verdict) -> BTreeSet<String> {
    let differing = verdict.decision.fields().iter().filter(|change| change.cause != Cause::Undeclared);
    let unverified = verdict.unverified.iter().map(|name| (*name).to_owned());
    differing.map(|change| change.name.clone()).chain(unverified).collect()
}
