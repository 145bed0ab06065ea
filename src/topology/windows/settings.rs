//! Windows and freezes as the files say them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::finding::{Finding, Place};
use crate::spec::Disruption;
use crate::topology::time::time;
use crate::topology::windows::opening::Opening;
use crate::topology::windows::{Freeze, Reach, Window, Windows};

/// When changes may begin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct WindowRule {
    /// The targets, or patterns of addresses, as `west` or `nf/networks/**`; by default all.
    #[serde(default)]
    pub targets: Vec<String>,
    /// The changes that wait for it: those that do this to traffic, or worse, unless a window for worse ones is about them;
    /// by default all.
    #[serde(default = "all")]
    pub disruption: Disruption,
    /// When it opens, as cron says it: minute, hour, day of the month, month, day of the week, as in `0 2 * * 6`.
    pub open: String,
    /// How long it is open, as in `4h`.
    #[serde(rename = "for")]
    pub lasts: String,
    /// The time zone, as in `Europe/Berlin`; by default UTC.
    #[serde(default)]
    pub zone: Option<String>,
}

/// When no change may begin.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct FreezeRule {
    /// The targets, or patterns of addresses; by default all.
    #[serde(default)]
    pub targets: Vec<String>,
    /// The changes that it is about: those that do this to traffic, or worse; by default all.
    #[serde(default = "all")]
    pub disruption: Disruption,
    /// When it begins: `2026-12-18`, which is the beginning of that day, or `2026-12-18T17:00`.
    pub from: String,
    /// When it is over.
    pub until: String,
    /// Why.
    pub reason: String,
    /// The time zone of the two times, as in `Europe/Berlin`; by default UTC.
    #[serde(default)]
    pub zone: Option<String>,
}

fn all() -> Disruption {
    Disruption::None
}

/// The code of what is wrong with a window or a freeze.
const BAD_WINDOW: &str = "bad-window";

impl Windows {
    /// The windows and freezes of a policy. The place is that of the policy's rules; what is wrong is a finding.
    pub(crate) fn of(
        windows: Vec<WindowRule>,
        freezes: Vec<FreezeRule>,
        place: &Place,
        findings: &mut Vec<Finding>,
    ) -> Windows {
        let mut all = Windows::default();
        for (n, rule) in windows.into_iter().enumerate() {
            let at = place.below("windows").item(n);
            all.windows.extend(window(rule, &at).map_err(|finding| findings.push(*finding)));
        }
        for (n, rule) in freezes.into_iter().enumerate() {
            let at = place.below("freezes").item(n);
            all.freezes.extend(freeze(rule, &at).map_err(|finding| findings.push(*finding)));
        }
        all
    }
}

fn window(rule: WindowRule, at: &Place) -> Result<Window, Box<Finding>> {
    let WindowRule { targets, disruption, open, lasts, zone } = rule;
    let words = format!("`{open}` for {lasts}, {}", zone.as_deref().unwrap_or("UTC"));
    let zone = time_zone(zone.as_deref(), at)?;
    let lasts = time(&lasts).map_err(|why| wrong(why, &at.below("for")))?;
    if lasts.is_zero() {
        return Err(wrong("a window that is never open lets nothing through".into(), &at.below("for")));
    }
    let opening = Opening::parse(&open, lasts, zone).map_err(|why| {
        let finding = wrong(format!("`{open}` says no time: {why}"), &at.below("open"));
        let help = "write minute, hour, day of the month, month and day of the week, as in `0 2 * * 6`";
        Box::new(finding.help(help))
    })?;
    Ok(Window { reach: reach(targets, disruption, at), opening, words })
}

fn freeze(rule: FreezeRule, at: &Place) -> Result<Freeze, Box<Finding>> {
    let FreezeRule { targets, disruption, from, until, reason, zone } = rule;
    let zone = time_zone(zone.as_deref(), at)?;
    let moment = |text: &str, key| instant(text, &zone).map_err(|why| wrong(why, &at.below(key)));
    let (from, until) = (moment(&from, "from")?, moment(&until, "until")?);
    if until <= from {
        return Err(wrong("it is over before it begins".into(), &at.below("until")));
    }
    Ok(Freeze { reach: reach(targets, disruption, at), from, until, zone, reason })
}

fn reach(patterns: Vec<String>, disruption: Disruption, at: &Place) -> Reach {
    let at = at.below("targets");
    let patterns = patterns.into_iter().enumerate().map(|(n, pattern)| (pattern, at.item(n))).collect();
    Reach { patterns, disruption }
}

fn time_zone(name: Option<&str>, at: &Place) -> Result<TimeZone, Box<Finding>> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    TimeZone::get(name).map_err(|_| {
        let finding = wrong(format!("there is no time zone `{name}`"), &at.below("zone"));
        Box::new(finding.help("name it as the tz database does, as in `Europe/Berlin`"))
    })
}

/// A date, a time on the clocks of a zone, or a time that says its offset itself.
fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let date = || text.parse::<civil::Date>().ok().filter(|_| !text.contains([':', 'T', ' ']));
    let time = date().map(|date| date.to_datetime(civil::Time::midnight())).or_else(|| text.parse::<DateTime>().ok());
    let zoned = time.and_then(|time| zone.to_ambiguous_zoned_datetime(time).compatible().ok());
    let wrong = || format!("`{text}` is no time; say it like 2026-12-18, 2026-12-18T17:00 or 2026-12-18T17:00:00Z");
    zoned.map(|zoned| zoned.timestamp()).ok_or_else(wrong)
}

fn wrong(message: String, at: &Place) -> Box<Finding> {
    Box::new(Finding::error(BAD_WINDOW, message).at(at))
}
