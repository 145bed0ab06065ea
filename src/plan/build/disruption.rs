//! What a step does to traffic: by its fields, and by what it removes.

use crate::diff::live::Live;
use crate::diff::verdict::{FieldChange, Verdict};
use crate::plan::Verb;
use crate::plan::build::Builder;
use crate::spec::Disruption;

impl Builder<'_> {
    /// The worst that a step does to traffic. A new object disturbs nobody, but it may be there for good.
    pub(super) fn disruption(
        &self,
        verdict: &Verdict,
        verb: Verb,
        fields: &[FieldChange],
        live: Option<&Live>,
    ) -> Disruption {
        let changed = fields.iter().map(FieldChange::disruption).max().unwrap_or(Disruption::None);
        if verb == Verb::Create {
            return if changed == Disruption::Irreversible { changed } else { Disruption::None };
        }
        if !verb.removes() {
            return changed;
        }
        changed.max(verdict.kind.removal.disruption(live.map(|live| &live.raw)))
    }
}
