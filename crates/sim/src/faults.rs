//! Faults: what goes wrong between a client and a simulated controller.
//!
//! A fault befalls requests before the installation sees them or answers after it has worked, so that a client meets
//! both halves of every ambiguity: the call that had no effect and the one whose answer was lost. Faults are flat
//! records, readable from YAML and JSON alike, and are checked as a whole when they are armed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::world::Place;
use wire::{Method, Request, Response};

/// One fault: the requests that it befalls, the turns when it does, and the one thing that it does.
///
/// A field that is left out matches everything. Of several faults, the first whose turn it is befalls a request; all
/// that match count it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Only requests to this provider.
    pub provider: Option<String>,
    /// Only requests to this installation.
    pub installation: Option<String>,
    /// Only requests with this verb.
    pub method: Option<Method>,
    /// Only paths that start so; with a `*` in it, only paths that fit as a whole, `*` standing for any text.
    ///
    /// The path is the one below the installation, still percent-encoded, without its query: `/api/routes`.
    pub path: Option<String>,

    /// Only the nth matching request, counted from 1.
    pub nth: Option<u64>,
    /// Only each nth matching request.
    pub every: Option<u64>,
    /// Only the first n matching requests.
    pub times: Option<u64>,
    /// Only this share of the requests whose turn it is, from 0 to 1.
    ///
    /// The dice are the seed, the request's line and how often it came: the same run meets the same faults, however
    /// requests to different places interleave.
    pub probability: Option<f64>,

    /// Answers with this status; the request has no effect. A success without effect is a failure that nobody is told of;
    /// with a `body` it may be an error all the same.
    pub status: Option<u16>,
    /// Answers with this status although the request has its effect, as a gateway does that lost patience.
    pub status_after: Option<u16>,
    /// Headers of the answer that `status` or `status_after` makes, such as `Retry-After`.
    pub headers: BTreeMap<String, String>,
    /// The body of that answer; without it, the answer has none.
    pub body: Option<String>,
    /// The content type of that body; without it, `text/html`, as proxies answer.
    pub content_type: Option<String>,
    /// Never answers; the request has no effect. The connection breaks after so many milliseconds, with 0 when the
    /// client gives up.
    pub timeout_before: Option<u64>,
    /// Never answers, but the request has its effect. The connection breaks as with `timeout_before`.
    pub timeout_after: Option<u64>,
    /// Resets the connection; the request has no effect.
    pub reset_before: bool,
    /// Resets the connection after the request had its effect.
    pub reset_after: bool,
    /// Sends only so many bytes of the answer's body and closes the connection.
    pub truncate: Option<usize>,
    /// Makes the cut of `truncate` invisible to HTTP: the answer announces the shorter length.
    pub short_length: bool,
    /// Pads the answer's body, if it has one, with blanks to so many bytes; JSON means the same with them.
    pub inflate: Option<usize>,
    /// Answers so many milliseconds later. Goes with any of the others, or alone.
    pub delay_ms: Option<u64>,
}

/// How an answer travels back to the client.
#[derive(Debug, Clone)]
pub(crate) enum Delivery {
    /// As it is.
    Answer(Response),
    /// Its headers announce so many bytes, more than follow.
    Cut(Response, usize),
    /// Not at all; the connection breaks after that time, without one when the client gives up.
    Silence(Option<Duration>),
    /// Not at all; the connection is reset.
    Reset,
}

impl Delivery {
    /// The status that the client sees, if it sees one.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Delivery::Answer(response) | Delivery::Cut(response, _) => Some(response.status),
            Delivery::Silence(_) | Delivery::Reset => None,
        }
    }
}

/// What a fault does, once it is known to make sense.
#[derive(Debug, Clone)]
enum Effect {
    /// This reaches the client in place of the answer, before the installation has worked or after.
    Instead {
        delivery: Delivery,
        after: bool,
    },
    Truncate {
        bytes: usize,
        short_length: bool,
    },
    Inflate {
        bytes: usize,
    },
    DelayOnly,
}

/// When it is a fault's turn, among the requests that match it.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Always,
    Nth(u64),
    Every(u64),
    Times(u64),
}

impl Fault {
    fn effect(&self) -> Result<Effect, String> {
        let before = |delivery| Effect::Instead { delivery, after: false };
        let after = |delivery| Effect::Instead { delivery, after: true };
        let answer = |status: u16| Delivery::Answer(self.response(status));
        let silence = |ms: u64| Delivery::Silence((ms > 0).then(|| Duration::from_millis(ms)));
        let mut effects = [
            self.status.map(answer).map(before),
            self.status_after.map(answer).map(after),
            self.timeout_before.map(silence).map(before),
            self.timeout_after.map(silence).map(after),
            self.reset_before.then_some(Delivery::Reset).map(before),
            self.reset_after.then_some(Delivery::Reset).map(after),
            self.truncate.map(|bytes| Effect::Truncate { bytes, short_length: self.short_length }),
            self.inflate.map(|bytes| Effect::Inflate { bytes }),
        ]
        .into_iter()
        .flatten();
        match (effects.next(), effects.next()) {
            (Some(effect), None) => Ok(effect),
            (None, _) if self.delay_ms.is_some() => Ok(Effect::DelayOnly),
            (None, _) => Err("does nothing: give one of `status`, `status_after`, `timeout_before`, `timeout_after`, \
                `reset_before`, `reset_after`, `truncate`, `inflate`, `delay_ms`"
                .to_owned()),
            (Some(_), Some(_)) => Err("does two things; write it as two faults".to_owned()),
        }
    }

    fn response(&self, status: u16) -> Response {
        let response = match &self.body {
            Some(body) => Response::text(status, self.content_type.as_deref().unwrap_or("text/html"), body.as_str()),
            None => Response::empty(status),
        };
        self.headers.iter().fold(response, |response, (name, value)| response.header(name, value.as_str()))
    }

    fn turn(&self) -> Result<Turn, String> {
        let mut turns =
            [self.nth.map(Turn::Nth), self.every.map(Turn::Every), self.times.map(Turn::Times)].into_iter().flatten();
        match (turns.next(), turns.next()) {
            (None, _) => Ok(Turn::Always),
            (Some(Turn::Nth(0) | Turn::Every(0) | Turn::Times(0)), _) => Err("counts from 1, not from 0".to_owned()),
            (Some(turn), None) => Ok(turn),
            (Some(_), Some(_)) => Err("has more than one of `nth`, `every`, `times`".to_owned()),
        }
    }

    /// Checks what the types cannot: that no field is out of range or without its partner.
    fn check(&self) -> Result<(), String> {
        let answers = self.status.or(self.status_after);
        if let Some(status) = answers.filter(|status| !(200..600).contains(status)) {
            return Err(format!("answers with the status `{status}`, which is none"));
        }
        if answers.is_none() && (self.body.is_some() || !self.headers.is_empty()) {
            return Err("has `headers` or a `body` for no `status`".to_owned());
        }
        if self.body.is_none() && self.content_type.is_some() {
            return Err("has a `content_type` for no `body`".to_owned());
        }
        if self.truncate.is_none() && self.short_length {
            return Err("has a `short_length` for nothing that it would `truncate`".to_owned());
        }
        if self.probability.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("has a `probability` that is not between 0 and 1".to_owned());
        }
        Ok(())
    }

    fn matches(&self, place: &Place, request: &Request) -> bool {
        self.provider.as_deref().is_none_or(|provider| provider == place.provider)
            && self.installation.as_deref().is_none_or(|installation| installation == place.installation)
            && self.method.is_none_or(|method| method == request.method)
            && self.path.as_deref().is_none_or(|pattern| fits(pattern, request.path()))
    }
}

/// A fault that is armed, and what it has met so far.
#[derive(Debug)]
struct Rule {
    fault: Fault,
    effect: Effect,
    turn: Turn,
    /// Requests that matched.
    seen: u64,
    /// Requests that it befell.
    hits: u64,
    /// How often the dice were thrown for each request line.
    throws: BTreeMap<String, u64>,
}

impl Rule {
    fn arm(fault: Fault) -> Result<Rule, String> {
        fault.check()?;
        Ok(Rule { effect: fault.effect()?, turn: fault.turn()?, fault, seen: 0, hits: 0, throws: BTreeMap::new() })
    }

    fn is_due(&self) -> bool {
        match self.turn {
            Turn::Always => true,
            Turn::Nth(n) => self.seen == n,
            Turn::Every(n) => self.seen.is_multiple_of(n),
            Turn::Times(n) => self.seen <= n,
        }
    }

    /// Throws the dice, if the fault has any.
    fn is_lucky(&mut self, dice: &str, place: &Place, request: &Request) -> bool {
        let Some(share) = self.fault.probability else { return true };
        let line = format!("{} {} {} {}", place.provider, place.installation, request.method, request.url);
        let throws = self.throws.entry(line.clone()).or_default();
        *throws += 1;
        throw(&format!("{dice} {throws} {line}")) < share
    }
}

/// The armed faults of a server, in order.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    seed: u64,
}

impl Faults {
    /// Arms the faults.
    ///
    /// # Errors
    /// A sentence that names the first fault that makes no sense, counted from 1.
    pub(crate) fn arm(faults: Vec<Fault>, seed: u64) -> Result<Faults, String> {
        let arm = |(index, fault)| Rule::arm(fault).map_err(|why| format!("fault {} {why}", index + 1));
        Ok(Faults { rules: faults.into_iter().enumerate().map(arm).collect::<Result<_, _>>()?, seed })
    }

    /// Arms other faults instead, with the same seed.
    ///
    /// # Errors
    /// As [`Faults::arm`]; the old ones then stay.
    pub(crate) fn replace(&mut self, faults: Vec<Fault>) -> Result<(), String> {
        *self = Faults::arm(faults, self.seed)?;
        Ok(())
    }

    /// The faults as they were written, each with `seen` (the requests that matched) and `hits` (those befallen).
    pub(crate) fn list(&self) -> Value {
        let show = |rule: &Rule| {
            let mut shown = json!(rule.fault);
            if let Value::Object(fields) = &mut shown {
                fields.retain(|_, value| !matches!(value, Value::Null | Value::Bool(false)) && *value != json!({}));
                fields.insert("seen".to_owned(), rule.seen.into());
                fields.insert("hits".to_owned(), rule.hits.into());
            }
            shown
        };
        self.rules.iter().map(show).collect()
    }

    /// Counts the request with every fault that matches it, and picks what befalls it.
    pub(crate) fn strike(&mut self, place: &Place, request: &Request) -> Strike {
        let mut strike = Strike { effect: Effect::DelayOnly, delay: Duration::ZERO };
        let mut struck = false;
        for (index, rule) in self.rules.iter_mut().enumerate() {
            if !rule.fault.matches(place, request) {
                continue;
            }
            rule.seen += 1;
            if rule.is_due() && rule.is_lucky(&format!("{} {index}", self.seed), place, request) && !struck {
                rule.hits += 1;
                struck = true;
                strike.effect = rule.effect.clone();
                strike.delay = Duration::from_millis(rule.fault.delay_ms.unwrap_or_default());
            }
        }
        strike
    }
}

/// What befalls one request; often nothing.
#[derive(Debug)]
pub(crate) struct Strike {
    effect: Effect,
    /// How much later the answer leaves.
    pub delay: Duration,
}

impl Strike {
    /// Lets the installation work, unless the fault comes before, and says how the answer travels.
    pub(crate) fn deliver(self, work: impl FnOnce() -> Response) -> Delivery {
        match self.effect {
            Effect::Instead { delivery, after } => {
                if after {
                    work();
                }
                delivery
            }
            Effect::Truncate { bytes, short_length } => {
                let mut response = work();
                let whole = response.body.len();
                response.body.truncate(bytes);
                if short_length || whole <= bytes { Delivery::Answer(response) } else { Delivery::Cut(response, whole) }
            }
            Effect::Inflate { bytes } => {
                let mut response = work();
                if !response.body.is_empty() && response.body.len() < bytes {
                    response.body.resize(bytes, b' ');
                }
                Delivery::Answer(response)
            }
            Effect::DelayOnly => Delivery::Answer(work()),
        }
    }
}

/// Says whether a path starts with the pattern, or fits it as a whole if there is a `*` in it.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => path.starts_with(pattern),
        Some((head, tail)) => path.strip_prefix(head).is_some_and(|rest| ends_as(tail, rest)),
    }
}

/// Says whether a text fits what follows a `*`. The first place where a part fits is as good as any later one.
fn ends_as(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => text.ends_with(pattern),
        Some((part, tail)) => text.split_once(part).is_some_and(|(_, rest)| ends_as(tail, rest)),
    }
}

/// A number from 0 up to, but not including, 1 that is made from the text alone.
fn throw(dice: &str) -> f64 {
    // 32 bits convert to `f64` without loss and are fine enough for a share.
    let bits = Sha256::digest(dice).iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(installation: &str) -> Place {
        Place { provider: "vns3", installation: installation.to_owned() }
    }

    /// The number of each of the first `count` requests that the fault befalls.
    fn hits(fault: Fault, seed: u64, count: u64) -> Vec<u64> {
        let mut faults = Faults::arm(vec![fault], seed).unwrap();
        let request = Request::new(Method::Get, "/api/routes");
        (1..=count)
            .filter(|_| {
                let before = faults.rules[0].hits;
                faults.strike(&place("east"), &request);
                faults.rules[0].hits > before
            })
            .collect()
    }

    #[test]
    fn turns() {
        let fault = |nth, every, times| Fault { nth, every, times, delay_ms: Some(1), ..Fault::default() };
        assert_eq!(hits(fault(None, None, None), 0, 3), [1, 2, 3]);
        assert_eq!(hits(fault(Some(2), None, None), 0, 4), [2]);
        assert_eq!(hits(fault(None, Some(2), None), 0, 5), [2, 4]);
        assert_eq!(hits(fault(None, None, Some(2)), 0, 4), [1, 2]);
    }

    #[test]
    fn dice_depend_on_the_seed_and_on_the_request_only() {
        let fault = || Fault { probability: Some(0.3), delay_ms: Some(1), ..Fault::default() };
        let first = hits(fault(), 7, 1000);
        assert_eq!(first, hits(fault(), 7, 1000));
        assert_ne!(first, hits(fault(), 8, 1000));
        assert!((250..350).contains(&first.len()), "{}", first.len());

        let strikes = |lines: &[(&str, &str)]| {
            let mut faults = Faults::arm(vec![Fault { probability: Some(0.5), ..fault() }], 7).unwrap();
            let mut strike = |installation: &str, url: &str| {
                let strike = faults.strike(&place(installation), &Request::new(Method::Get, url));
                (installation.to_owned(), url.to_owned(), strike.delay > Duration::ZERO)
            };
            let mut struck: Vec<_> = lines.iter().map(|(installation, url)| strike(installation, url)).collect();
            struck.sort();
            struck
        };
        let lines = [("east", "/a"), ("east", "/b"), ("west", "/a"), ("east", "/a"), ("west", "/c"), ("west", "/a")];
        let mut backwards = lines;
        backwards.reverse();
        assert_eq!(strikes(&lines), strikes(&backwards));
    }

    #[test]
    fn the_first_in_turn_strikes_and_all_that_match_count() {
        let fault = |nth, status| Fault { nth, status: Some(status), ..Fault::default() };
        let mut faults = Faults::arm(vec![fault(Some(2), 503), fault(None, 429)], 0).unwrap();
        let request = Request::new(Method::Get, "/");
        let statuses: Vec<_> = (0..3)
            .map(|_| {
                faults.strike(&place("east"), &request).deliver(|| unreachable!("the fault comes before")).status()
            })
            .collect();
        assert_eq!(statuses, [Some(429), Some(503), Some(429)]);
        assert_eq!(
            faults.list(),
            json!([{"nth": 2, "status": 503, "seen": 3, "hits": 1}, {"status": 429, "seen": 3, "hits": 2}])
        );
    }

    #[test]
    fn paths_match_by_prefix_or_as_a_glob() {
        assert!(fits("/api/routes", "/api/routes/7"));
        assert!(!fits("/api/routes/7", "/api/routes"));
        assert!(fits("/api/*/7", "/api/routes/a/7"));
        assert!(!fits("/api/*/7", "/api/routes/7/enable"));
        assert!(fits("/api/*/7*", "/api/routes/7/enable"));
        assert!(fits("*", "/"));
        assert!(fits("*/a*b", "/x/a/a/cb"));
        assert!(!fits("/api*api", "/api"));
    }

    #[test]
    fn other_places_and_verbs_are_left_alone() {
        let fault = Fault {
            provider: Some("vns3".into()),
            installation: Some("east".into()),
            method: Some(Method::Post),
            ..Fault::default()
        };
        let request = |method| Request::new(method, "/api/routes");
        assert!(fault.matches(&place("east"), &request(Method::Post)));
        assert!(!fault.matches(&place("east"), &request(Method::Get)));
        assert!(!fault.matches(&place("west"), &request(Method::Post)));
        let elsewhere = Place { provider: "cloudify", installation: "east".into() };
        assert!(!fault.matches(&elsewhere, &request(Method::Post)));
    }

    #[test]
    fn nonsense_is_refused() {
        let refuse = |text: &str| match Faults::arm(serde_yaml::from_str(text).unwrap(), 0) {
            Ok(faults) => panic!("{text} was armed: {faults:?}"),
            Err(why) => why,
        };
        assert!(refuse("[{provider: vns3}]").starts_with("fault 1 does nothing"));
        assert!(refuse("[{delay_ms: 1}, {status: 500, reset_after: true}]").starts_with("fault 2 does two things"));
        assert!(refuse("[{status: 600}]").contains("which is none"));
        assert!(refuse("[{status: 500, nth: 0}]").contains("from 1"));
        assert!(refuse("[{status: 500, nth: 1, times: 1}]").contains("more than one"));
        assert!(refuse("[{status: 500, content_type: text/html}]").contains("no `body`"));
        assert!(refuse("[{inflate: 5, body: x}]").contains("no `status`"));
        assert!(refuse("[{inflate: 5, short_length: true}]").contains("truncate"));
        assert!(refuse("[{status: 500, probability: 1.5}]").contains("between"));
        assert!(serde_yaml::from_str::<Vec<Fault>>("[{stattus: 500}]").is_err());
    }
}
