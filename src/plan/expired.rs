//! What can't be used any more by the server's own clock, such as a token by which nobody has enrolled.
//!
//! That is neither a change nor drift: it is told, and a person decides. No other clock is asked.

use crate::address::Address;
use crate::diff::index::Index;
use crate::diff::verdict::Verdict;
use crate::spec::EXPIRY;
use crate::state::live::Observed;

/// Something declared or owned that can't be used any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The resource.
    pub address: Address,
    /// The field that says until when.
    pub field: &'static str,
    /// The time that it says.
    pub at: String,
}

impl Expired {
    /// All that has expired of what there are verdicts on.
    pub(crate) fn of(observed: &Observed, index: &Index<'_>, verdicts: &[Verdict]) -> Vec<Expired> {
        let of_verdict = |verdict: &Verdict| {
            let live = index.live(&verdict.address)?;
            let now = observed.targets.get(verdict.address.target())?.date?;
            let fields = verdict.kind.fields.iter().filter(|field| field.ty.is(&EXPIRY));
            let passed = fields.filter_map(|field| {
                let at = live.value(verdict.kind, field.name).to_text()?;
                let until: jiff::Timestamp = at.parse().ok()?;
                let has_passed = u64::try_from(until.as_second()).is_ok_and(|until| until < now);
                has_passed.then(|| Expired { address: verdict.address.clone(), field: field.name, at })
            });
            Some(passed.collect::<Vec<_>>())
        };
        verdicts.iter().filter_map(of_verdict).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::diff;
    use crate::plan::testing::World;

    #[test]
    fn what_has_passed_by_the_servers_clock_is_told_and_nothing_else() {
        let world = |date: Option<u64>, until: &str| {
            let shown = json!({ "id": "7", "name": "a", "address": "192.0.2.1", "good_until": until });
            let world = World::lab().wants("east/endpoints/a", json!({ "address": "192.0.2.1" }));
            let world = world.shows("east/endpoints", shown);
            let mut observed = world.observed();
            observed.targets.get_mut("east").unwrap().date = date;
            let diff = diff(&world.topology, &observed, &world.base);
            Expired::of(&observed, &diff.index, &diff.verdicts)
                .into_iter()
                .map(|it| format!("{} {} {}", it.address, it.field, it.at))
                .collect::<Vec<_>>()
        };
        let (before, after) = (1_741_252_350, 1_741_252_352);
        let told = |until: &str| vec![format!("east/endpoints/a good_until {until}")];
        assert_eq!(world(Some(after), "2025-03-06T09:12:31Z"), told("2025-03-06T09:12:31Z"));
        assert_eq!(world(Some(after), "2025-03-06T11:12:31.5+02:00"), told("2025-03-06T11:12:31.5+02:00"));
        for (date, until) in [
            (Some(before), "2025-03-06T09:12:31Z"),
            (None, "2025-03-06T09:12:31Z"),
            (Some(after), "tomorrow"),
            (Some(after), ""),
            (Some(after), "-009999-01-01T00:00:00Z"),
        ] {
            assert!(world(date, until).is_empty(), "{date:?} {until}");
        }
    }
}
