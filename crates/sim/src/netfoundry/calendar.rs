//! The logical clock as dates: a fixed first day plus the milliseconds since the installation was made.

use serde_json::{Value, json};

/// 2025-03-04T09:00:00Z, the morning of the documented examples. Fixed, so that transcripts repeat.
const EPOCH_SECONDS: u64 = 1_741_078_800;

/// Milliseconds in an hour.
pub(super) const HOUR: u64 = 3_600_000;

/// The seconds since 1970.
pub(super) fn seconds(now: u64) -> u64 {
    EPOCH_SECONDS + now / 1000
}

/// A core timestamp: ISO-8601 text (netfoundry.md#requests).
pub(super) fn stamp(now: u64) -> String {
    let seconds = seconds(now);
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", now % 1000)
}

/// An identity timestamp: seconds and nanoseconds (netfoundry.md#requests).
pub(super) fn instant(now: u64) -> Value {
    json!({ "epochSecond": EPOCH_SECONDS + now / 1000, "nano": now % 1000 * 1_000_000 })
}

/// Days since 1970 as year, month and day: eras of 400 years, years that start in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_starts_on_the_examples_morning() {
        assert_eq!(stamp(0), "2025-03-04T09:00:00.000Z");
        assert_eq!(stamp(61_250), "2025-03-04T09:01:01.250Z");
        assert_eq!(stamp(24 * HOUR), "2025-03-05T09:00:00.000Z");
        assert_eq!(instant(1500), json!({ "epochSecond": 1_741_078_801, "nano": 500_000_000 }));
    }

    #[test]
    fn leap_days_exist() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(19_783), (2024, 3, 1));
    }
}
