//! What can't be used any more by the server's own clock, such as a token by which nobody has enrolled.
//!
//! That is neither a change nor drift: it is told, and a person decides. No other clock is asked. What is valid for years,
//! such as a certificate, is told some weeks before.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::address::Address;
use crate::diff::index::Index;
use crate::diff::verdict::Verdict;
use crate::spec::{EXPIRY, Field, VALIDITY};
use crate::state::live::Observed;

/// Seconds before its end from which on a certificate is told: 30 days, in which another one can be had.
const AHEAD: u64 = 30 * 24 * 60 * 60;

/// Something declared or owned that can't be used any more, or not for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The resource.
    pub address: Address,
    /// The field that says until when.
    pub field: &'static str,
    /// The time that it says.
    pub at: String,
    /// Says whether it can still be used.
    pub is_ahead: bool,
}

impl Expired {
    /// All that has expired of what there are verdicts on.
    pub(crate) fn of(observed: &Observed, index: &Index<'_>, verdicts: &[Verdict]) -> Vec<Expired> {
        let of_verdict = |verdict: &Verdict| {
            let live = index.live(&verdict.address)?;
            let now = observed.targets.get(verdict.address.target())?.date?;
            let told = verdict.kind.fields.iter().filter_map(|field| {
                let ahead = ahead(field)?;
                let at = live.value(verdict.kind, field.name).to_text()?;
                let until = u64::try_from(time(&at)?.as_second()).ok()?;
                let expired = |is_ahead| Expired { address: verdict.address.clone(), field: field.name, at, is_ahead };
                (until < now.saturating_add(ahead)).then(|| expired(until >= now))
            });
            Some(told.collect::<Vec<_>>())
        };
        verdicts.iter().filter_map(of_verdict).flatten().collect()
    }
}

/// How long before its end the object of a field is told; `None` of a field that says no such end.
fn ahead(field: &Field) -> Option<u64> {
    match field.ty {
        ty if ty.is(&EXPIRY) => Some(0),
        ty if ty.is(&VALIDITY) => Some(AHEAD),
        _ => None,
    }
}

/// A time as servers write it: with a zone, or as tools that show certificates print it, which is UTC.
fn time(text: &str) -> Option<Timestamp> {
    let utc = |form: &str| TimeZone::UTC.to_timestamp(DateTime::strptime(form, text).ok()?).ok();
    let forms = ["%Y-%m-%d %H:%M:%S UTC", "%b %d %H:%M:%S %Y GMT"];
    text.parse().ok().or_else(|| forms.into_iter().find_map(utc))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::diff;
    use crate::plan::testing::World;

    #[test]
    fn times_are_read_as_servers_and_tools_write_them() {
        for text in
            ["2034-01-01T00:00:00Z", "2034-01-01T01:00:00+01:00", "2034-01-01 00:00:00 UTC", "Jan  1 00:00:00 2034 GMT"]
        {
            assert_eq!(time(text).map(Timestamp::as_second), Some(2_019_686_400), "{text}");
        }
        for text in ["", "soon", "2034-13-01 00:00:00 UTC", "2034-01-01"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

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
