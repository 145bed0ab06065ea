//! Points in time, and the several ways in which the reference text writes them.

use serde::{Deserialize, Serialize};

use crate::Now;

/// 2024-01-01T00:00:00Z: every installation is made at this moment, so that no test depends on the day it runs.
const EPOCH: u64 = 1_704_067_200_000;

/// Milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub(super) struct Moment(u64);

impl From<Now> for Moment {
    fn from(now: Now) -> Moment {
        Moment(EPOCH + now.0)
    }
}

impl Moment {
    /// The moment so many seconds later.
    pub(crate) fn plus_seconds(self, seconds: u64) -> Moment {
        Moment(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The moment so many milliseconds later.
    pub(crate) fn plus_millis(self, millis: u64) -> Moment {
        Moment(self.0.saturating_add(millis))
    }

    /// The milliseconds from an earlier moment to this one; none if that is no earlier one.
    pub(crate) fn millis_after(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds since 1970, as in `created_at_i`.
    pub(crate) fn seconds(self) -> u64 {
        self.0 / 1000
    }

    /// `2019-08-24T14:15:22Z`, the text's `date-time`.
    pub(crate) fn zulu(self) -> String {
        format!("{}T{}Z", self.date(), self.time())
    }

    /// `2022-06-06T18:44:14.343Z`, as the firewall of version 2 writes it.
    pub(crate) fn zulu_millis(self) -> String {
        format!("{}T{}.{:03}Z", self.date(), self.time(), self.0 % 1000)
    }

    /// `2019-07-19T19:44:02.191+00:00`, as the keyset writes it.
    pub(crate) fn offset(self) -> String {
        format!("{}T{}.{:03}+00:00", self.date(), self.time(), self.0 % 1000)
    }

    /// `2019-07-19 19:44:02`, as links write it.
    pub(crate) fn plain(self) -> String {
        format!("{} {}", self.date(), self.time())
    }

    /// `2014/01/17 01:20:58 -0600`, as the list of snapshots writes it.
    pub(crate) fn slashed(self) -> String {
        format!("{} {} +0000", self.date().replace('-', "/"), self.time())
    }

    /// `20140117`, as names of snapshots have it.
    pub(crate) fn digits(self) -> String {
        self.date().replace('-', "")
    }

    fn date(self) -> String {
        let (year, month, day) = civil(self.0 / 86_400_000);
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn time(self) -> String {
        let seconds = self.seconds() % 86_400;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// Year, month and day of a number of days since 1970, in the proleptic Gregorian calendar: years are counted from
/// March, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_and_a_leap_day_are_written_in_every_form() {
        assert_eq!(Moment::from(Now(0)).zulu(), "2024-01-01T00:00:00Z");
        let leap = Moment::from(Now(59 * 86_400_000 + 3_723_004));
        assert_eq!(leap.zulu_millis(), "2024-02-29T01:02:03.004Z");
        assert_eq!(leap.offset(), "2024-02-29T01:02:03.004+00:00");
        assert_eq!(leap.seconds(), 1_704_067_200 + 59 * 86_400 + 3723);
    }
}
