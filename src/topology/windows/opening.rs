//! When a window opens and closes: a cron expression on the clocks of a zone, and how long from then.
//!
//! Where the clock is put forward over the time at which one opens, it opens as much later; where it is put back, it opens
//! at the first of the two. How long it is open is time that passes, whatever clocks say.

use std::cmp::Ordering;
use std::time::Duration;

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::{CivilDate, CivilDateTime, CivilTime, Cron, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Windows that open before one has closed are one, up to this long after now: longer is as good as always.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Clocks are put forward and back by less than this.
const SHIFT: SignedDuration = SignedDuration::from_hours(3);

/// When a window opens, and how long it is open.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    cron: Cron,
    lasts: SignedDuration,
    /// Whose clocks count.
    pub(super) zone: TimeZone,
}

impl Opening {
    /// A window that opens by a cron expression of five fields.
    ///
    /// # Errors
    /// What is wrong with the expression.
    pub(super) fn parse(expression: &str, lasts: Duration, zone: TimeZone) -> Result<Opening, String> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|error| error.to_string())?;
        let lasts = SignedDuration::try_from(lasts).map_err(|error| error.to_string())?;
        Ok(Opening { cron, lasts, zone })
    }

    /// When it closes, if it is open.
    pub(super) fn closes(&self, now: Timestamp) -> Option<Timestamp> {
        let from = now.checked_sub(self.lasts).ok()?.checked_sub(SHIFT).ok()?;
        let mut end: Option<Timestamp> = None;
        for start in self.starts(from) {
            let closes = start.checked_add(self.lasts).ok()?;
            match end {
                _ if start <= now && closes > now => end = end.max(Some(closes)),
                Some(until) if start <= until && until.duration_since(now) < AHEAD => end = end.max(Some(closes)),
                _ if start > now => break,
                _ => {}
            }
        }
        end
    }

    /// When it opens next.
    pub(super) fn opens(&self, now: Timestamp) -> Option<Timestamp> {
        self.starts(now.checked_sub(SHIFT).ok()?).find(|start| *start > now)
    }

    /// The times at which it opens, from one on.
    fn starts(&self, from: Timestamp) -> impl Iterator<Item = Timestamp> {
        let first = WallTime(from.to_zoned_datetime(self.zone.clone()).datetime());
        let times = std::iter::successors(self.cron.find_next_occurrence(&first, true).ok(), |time| {
            self.cron.find_next_occurrence(time, false).ok()
        });
        times.map_while(|time| Some(self.zone.to_ambiguous_zoned_datetime(time.0).compatible().ok()?.timestamp()))
    }
}

/// What a clock on the wall shows: to it, all days are alike.
#[derive(Debug, Clone, Copy)]
struct WallTime(DateTime);

impl CronDateTime for WallTime {
    fn to_civil(&self) -> CivilDateTime {
        let time = self.0;
        let part = |part: i8| u32::from(part.unsigned_abs());
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(i32::from(time.year()), part(time.month()), part(time.day())),
            CivilTime::from_parts_unchecked(part(time.hour()), part(time.minute()), part(time.second())),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(u32::from(self.0.weekday().to_sunday_zero_offset().unsigned_abs()))
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<WallTime>, CronError> {
        let small = |part: u32| i8::try_from(part).map_err(|_| CronError::InvalidDate);
        let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
        let (month, day) = (small(civil.month())?, small(civil.day())?);
        let (hour, minute, second) = (small(civil.hour())?, small(civil.minute())?, small(civil.second())?);
        let time = DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| CronError::InvalidDate)?;
        Ok(Resolution::Single(WallTime(time)))
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<WallTime> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(WallTime)
    }

    fn cmp_instant(&self, other: &WallTime) -> Ordering {
        self.0.cmp(&other.0)
    }
}
