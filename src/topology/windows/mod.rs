//! Windows and freezes: when what may be changed.
//!
//! What a change does to traffic decides which windows it is bound to: of those for its target, the ones for the worst class
//! that is not worse than its own. If one of them is open, it may begin. Where there is none, it may begin at any time. A
//! freeze closes all windows that it is about, and binds what no window does.
//!
//! * `settings`: as the files say it
//! * `opening`: when a window opens and closes
//!
//! The time is an argument. The same time and files give the same answer on every machine: [`jiff`] brings its time zones.

mod opening;
mod settings;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::address::{Address, glob};
use crate::finding::Place;
use crate::spec::Disruption;

use opening::Opening;
pub(crate) use settings::{FreezeRule, WindowRule};

/// When what may be changed.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    windows: Vec<Window>,
    freezes: Vec<Freeze>,
}

/// What a window or a freeze is about.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// Names of targets and patterns of addresses, each with its place; without any, all.
    pub(crate) patterns: Vec<(String, Place)>,
    /// The least that a change does to traffic which it is about.
    disruption: Disruption,
}

/// A time that comes again and again, in which something may be changed.
#[derive(Debug, Clone)]
struct Window {
    reach: Reach,
    opening: Opening,
    /// When it opens and for how long, as the files say it.
    words: String,
}

/// A time in which something must not be changed.
#[derive(Debug, Clone)]
struct Freeze {
    reach: Reach,
    from: Timestamp,
    until: Timestamp,
    zone: TimeZone,
    reason: String,
}

/// Why a change may not begin now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closed {
    /// When it may; `None` if it never may.
    pub(crate) opens: Option<String>,
    /// Why it may not.
    pub(crate) why: String,
}

/// What may be changed at one time.
pub(crate) struct Moment<'w> {
    windows: &'w Windows,
    now: Timestamp,
    /// For each window the time at which it closes, if it is open.
    open: Vec<Option<Timestamp>>,
}

/// How often the next time at which nothing is closed is looked for: freezes and windows take turns, and a year has fewer.
const TURNS: usize = 100;

impl Reach {
    /// What it is about, in words.
    fn words(&self) -> String {
        let patterns: Vec<&str> = self.patterns.iter().map(|(pattern, _)| pattern.as_str()).collect();
        let targets = if patterns.is_empty() { "all".to_owned() } else { patterns.join(", ") };
        format!("{targets} ({})", self.disruption.word())
    }

    fn covers(&self, address: &Address, disruption: Disruption) -> bool {
        let matches = |pattern: &str| match pattern.contains('/') {
            true => address.matches(pattern),
            false => glob(pattern.as_bytes(), address.target().as_bytes()),
        };
        disruption >= self.disruption
            && (self.patterns.is_empty() || self.patterns.iter().any(|(pattern, _)| matches(pattern)))
    }
}

impl Windows {
    /// Says whether everything may be changed at any time.
    pub(crate) fn is_empty(&self) -> bool {
        self.windows.is_empty() && self.freezes.is_empty()
    }

    /// What windows and freezes are about.
    pub(crate) fn reaches(&self) -> impl Iterator<Item = &Reach> {
        let windows = self.windows.iter().map(|window| &window.reach);
        windows.chain(self.freezes.iter().map(|freeze| &freeze.reach))
    }

    /// Windows and freezes as the files say them, a line each.
    pub(crate) fn words(&self) -> Vec<String> {
        let windows = self.windows.iter().map(|window| format!("{}: open {}", window.reach.words(), window.words));
        let frozen = |freeze: &Freeze| {
            let (from, until) = (told(freeze.from, &freeze.zone), told(freeze.until, &freeze.zone));
            format!("{}: frozen from {from} until {until}, {}", freeze.reach.words(), freeze.reason)
        };
        windows.chain(self.freezes.iter().map(frozen)).collect()
    }

    /// What may be changed at a time.
    pub(crate) fn at(&self, now: Timestamp) -> Moment<'_> {
        Moment { windows: self, now, open: self.windows.iter().map(|window| window.opening.closes(now)).collect() }
    }

    /// The windows that a change is bound to, with their numbers.
    fn binding(&self, address: &Address, disruption: Disruption) -> Vec<(usize, &Window)> {
        let windows = self.windows.iter().enumerate();
        let mut bound: Vec<_> = windows.filter(|(_, window)| window.reach.covers(address, disruption)).collect();
        let worst = bound.iter().map(|(_, window)| window.reach.disruption).max();
        bound.retain(|(_, window)| Some(window.reach.disruption) == worst);
        bound
    }

    /// The freezes of a change that are not over.
    fn frozen<'f>(
        &'f self,
        address: &'f Address,
        disruption: Disruption,
        now: Timestamp,
    ) -> impl Iterator<Item = &'f Freeze> {
        let freezes = self.freezes.iter();
        freezes.filter(move |freeze| freeze.until > now && freeze.reach.covers(address, disruption))
    }
}

impl Moment<'_> {
    /// Why a change may not begin, if it may not.
    pub(crate) fn closed(&self, address: &Address, disruption: Disruption) -> Option<Closed> {
        let bound = self.windows.binding(address, disruption);
        let freeze = self.windows.frozen(address, disruption, self.now).find(|freeze| freeze.from <= self.now);
        let is_open = bound.is_empty() || bound.iter().any(|(n, _)| self.open[*n].is_some());
        let why = match (freeze, is_open) {
            (None, true) => return None,
            (Some(freeze), _) => format!("frozen, {}", freeze.reason),
            (None, false) => format!("outside of its window (`{}`)", disruption.word()),
        };
        let zone = match (bound.first(), freeze) {
            (Some((_, window)), _) => window.opening.zone.clone(),
            (None, Some(freeze)) => freeze.zone.clone(),
            (None, None) => TimeZone::UTC,
        };
        let opens = self.opens(address, disruption, &bound).map(|time| told(time, &zone));
        Some(Closed { opens, why })
    }

    /// When a change may begin next.
    fn opens(&self, address: &Address, disruption: Disruption, bound: &[(usize, &Window)]) -> Option<Timestamp> {
        let mut time = self.now;
        for _ in 0..TURNS {
            let mut freezes = self.windows.frozen(address, disruption, time).filter(|freeze| freeze.from <= time);
            if let Some(freeze) = freezes.next() {
                time = freeze.until;
            } else if bound.is_empty() || bound.iter().any(|(_, window)| window.opening.closes(time).is_some()) {
                return Some(time);
            } else {
                time = bound.iter().filter_map(|(_, window)| window.opening.opens(time)).min()?;
            }
        }
        None
    }

    /// The time after which a change must not begin any more that may begin now.
    pub(crate) fn closes(&self, address: &Address, disruption: Disruption) -> Option<Timestamp> {
        let bound = self.windows.binding(address, disruption);
        let window = bound.iter().filter_map(|(n, _)| self.open[*n]).max();
        let freeze = self.windows.frozen(address, disruption, self.now).map(|freeze| freeze.from).min();
        [window, freeze].into_iter().flatten().min()
    }
}

/// A time as people in a zone say it.
fn told(time: Timestamp, zone: &TimeZone) -> String {
    let name = zone.iana_name().unwrap_or("UTC");
    format!("{} {name}", time.to_zoned_datetime(zone.clone()).strftime("%a %Y-%m-%d %H:%M"))
}

/// What there is to say about windows.
pub(crate) fn text() -> String {
    let classes: String =
        Disruption::ALL.iter().map(|class| format!("  {:<14}  {}\n", class.word(), class.as_str())).collect();
    format!(
        "When changes may begin. What is outside of its window, or frozen, is deferred and listed with the time at which it\n\
         may begin; the next run within makes it. When a window closes, no step begins any more that is bound to it: what was\n\
         taken away to be made anew is still made.\n\n\
         policy:\n  windows:\n    - {{ targets: [west, \"nf/**\"], disruption: tunnel-bounce, open: \"0 2 * * 6\", for: 4h, zone: Europe/Berlin }}\n  \
         freezes:\n    - {{ from: 2026-12-18, until: 2027-01-07, reason: the end of the year, zone: Europe/Berlin }}\n\n\
         `targets` are names of targets or patterns of addresses, by default all. `disruption` is what a change does to\n\
         traffic at least, by default every change:\n\n{classes}\n\
         Of the windows about a change, those for the worst class that is not worse than its own count; one of them has to be\n\
         open. A change that no window is about may begin at any time. `open` is cron: minute, hour, day of the month, month,\n\
         day of the week, on the clocks of `zone`. A date is its beginning.\n\n\
         All the same, for one run:  trueup apply --allow 'window=west/**'\n\
         What would be done then:    trueup plan --sim --sim-time 2026-12-05T02:00:00+01:00\n"
    )
}

#[cfg(test)]
mod tests;
