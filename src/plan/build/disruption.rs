//! What a step does to traffic: by its fields, by what it removes, and by what goes along with it.

use crate::diff::companions;
use crate::diff::verdict::{FieldChange, Verdict};
use crate::plan::Verb;
use crate::plan::build::Builder;
use crate::spec::{Disruption, Kind};
use crate::state::live::Live;

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
        if !verb.removes() && verb != Verb::Update {
            return changed;
        }
        let mut all = changed.max(self.taken_along(verdict));
        if verb.removes() {
            let left = self.left_behind(verdict, live).into_iter();
            all = all.max(removal(verdict.kind, live));
            all = left.map(|(kind, _, _)| removal(kind, None)).fold(all, Disruption::max);
        }
        all
    }

    /// What goes along is as good as removed: it counts with the disruption that its removal would have.
    fn taken_along(&self, verdict: &Verdict) -> Disruption {
        let Some(target) = self.topology.targets.get(verdict.address.target()) else { return Disruption::None };
        let gone = companions::changes(self.topology, &self.diff.index, verdict).filter(|change| change.goes);
        let disruption = |change: companions::CompanionChange| {
            Some(removal(target.provider.kind(change.companion.kind())?, self.diff.index.live(&change.companion)))
        };
        gone.filter_map(disruption).max().unwrap_or(Disruption::None)
    }
}

/// What removing an object does to traffic: of one that nobody looked at, the worst.
fn removal(kind: &'static Kind, live: Option<&Live>) -> Disruption {
    let carries = |when| live.is_none_or(|live| live.fits(kind, when) != Some(false));
    if kind.carries_traffic.is_some_and(carries) { Disruption::Outage } else { Disruption::None }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::providers::CATALOGUE;

    #[test]
    fn a_removal_cuts_what_the_object_carries_or_may_carry() {
        let mut switched = 0;
        for kind in CATALOGUE.iter().flat_map(|provider| provider.kinds).copied() {
            let Some(when) = kind.carries_traffic else {
                assert_eq!(removal(kind, None), Disruption::None, "{}", kind.name);
                continue;
            };
            assert_eq!(removal(kind, None), Disruption::Outage, "{}: nobody looked at it", kind.name);
            for (name, _) in when.given() {
                let shown = |value: Value| {
                    let mut live = Live::new(kind, json!({}));
                    live.raw = json!({ kind.field(name).unwrap().read_path(): value });
                    removal(kind, Some(&live))
                };
                assert_eq!(shown(json!(true)), Disruption::Outage, "{}", kind.name);
                assert_eq!(shown(json!(false)), Disruption::None, "{}", kind.name);
                assert_eq!(shown(json!("partial")), Disruption::Outage, "{}", kind.name);
                switched += 1;
            }
        }
        assert!(switched > 5, "{switched} kinds say which of their objects");
    }
}
