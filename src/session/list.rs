//! Lists: all pages, whatever the envelope.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::session::pages::Pages;
use crate::session::{CallError, CallFailure, Session};
use crate::spec::{Envelope, Paging, by_first_word, lookup};
use wire::Method;

/// More pages than this are a server that pages in a circle, not a list.
const MAX_PAGES: usize = 10_000;

/// More objects than this in one list are no network: the largest known has a tenth of it.
const MAX_OBJECTS: usize = 500_000;

/// How often a list is read from its beginning. One that moves faster than three times it can be read is not known.
const READINGS: usize = 3;

/// The pause before a list is read again: who writes has a moment to come to an end.
const BETWEEN_READINGS: Duration = Duration::from_secs(1);

impl Session {
    /// Every object of a list.
    ///
    /// A list of several pages that moves while it is read is read again: an object that slipped from one page to
    /// another between two reads shows on neither, and would count as gone.
    ///
    /// # Errors
    /// When a page can't be read, the server does not keep to its own paging, or the list never comes to rest.
    pub async fn list(&self, path: &str, at: Envelope, paging: Option<Paging>) -> Result<Vec<Value>, CallError> {
        self.list_expecting(path, at, paging, &|_| BTreeSet::new()).await
    }

    /// Every object of a list in which some should be: `missing` says which of them do not show.
    ///
    /// Where one goes while another one comes, the total stays, and nothing tells that a third slipped between two pages. What
    /// is missing from a list of several pages counts as gone when two readings agree about it.
    ///
    /// # Errors
    /// As [`Session::list`], and when no two readings agree.
    pub(crate) async fn list_expecting(
        &self,
        path: &str,
        at: Envelope,
        paging: Option<Paging>,
        missing: &(dyn Fn(&[Value]) -> BTreeSet<String> + Sync),
    ) -> Result<Vec<Value>, CallError> {
        let (mut why, mut missed) = (String::new(), None);
        for reading in 0..READINGS {
            if reading > 0 {
                self.pause(BETWEEN_READINGS).await;
            }
            let pages = match paging {
                None => return self.objects(path, at, &mut self.get(path).await?),
                Some(Paging::Hal { size }) => self.hal(path, at, size).await?,
                Some(Paging::Offset { size }) => self.offset(path, at, size).await?,
            };
            let has_several = pages.has_several();
            match pages.whole() {
                Ok(found) => {
                    let gone = if has_several { missing(&found) } else { BTreeSet::new() };
                    if gone.is_empty() || missed.as_ref() == Some(&gone) {
                        return Ok(found);
                    }
                    why = format!("{} of ours missing, and others in the next reading", gone.len());
                    missed = Some(gone);
                }
                Err(moved) => why = moved,
            }
        }
        let what = format!("the list is not the same from one page to the next: {why}");
        Err(self.site(Method::Get, path).error(CallFailure::Unreadable(what)))
    }

    async fn hal(&self, path: &str, at: Envelope, size: usize) -> Result<Pages, CallError> {
        let (mut found, mut bytes) = (Pages::default(), 0);
        for page in 0..MAX_PAGES {
            let path = with(path, &format!("page={page}&size={size}"));
            let (mut reply, more) = self.get_measured(&path).await?;
            let says = |key: &str| lookup(&reply, key).and_then(Value::as_u64);
            let (pages, total) = (says("page.totalPages").unwrap_or(1), says("page.totalElements"));
            // An empty list is left out, but not the page that says that it is empty.
            if reply.get("page").is_none() && lookup(&reply, at.place()).is_none() {
                let what = format!("expected {} under `{}`, found neither that nor a `page`", words(at), at.place());
                return Err(self.site(Method::Get, &path).error(CallFailure::Unreadable(what)));
            }
            found.add(self.objects(&path, at, &mut reply)?, total);
            bytes += more;
            self.bounded(&path, found.len(), bytes)?;
            if (page as u64) + 1 >= pages || found.has_moved() {
                return Ok(found);
            }
        }
        Err(self.endless(path))
    }

    async fn offset(&self, path: &str, at: Envelope, size: usize) -> Result<Pages, CallError> {
        let (mut found, mut bytes) = (Pages::default(), 0);
        for _ in 0..MAX_PAGES {
            // Where no page says how many there are, each begins with the last object of the one before it: another one
            // there tells that the list moved.
            let overlap = usize::from(found.total().is_none() && found.len() > 0);
            let path = with(path, &format!("_size={size}&_offset={}", found.len() - overlap));
            let (mut reply, more) = self.get_measured(&path).await?;
            let total = lookup(&reply, "metadata.pagination.total").and_then(Value::as_u64);
            let page = self.objects(&path, at, &mut reply)?;
            let count = page.len();
            match overlap {
                0 => found.add(page, total),
                _ => found.add_overlapping(page, total),
            }
            bytes += more;
            self.bounded(&path, found.len(), bytes)?;
            // Some servers give no total: a page that is not full is the last one.
            let done = total.map_or(count < size, |total| found.len() as u64 >= total);
            if done || count <= overlap || found.has_moved() {
                return Ok(found);
            }
        }
        Err(self.endless(path))
    }

    /// Makes sure that a list is not larger than anybody has use for.
    fn bounded(&self, path: &str, objects: usize, bytes: u64) -> Result<(), CallError> {
        let most = self.attention.max_list_bytes;
        let what = match (objects > MAX_OBJECTS, bytes > most) {
            (true, _) => format!("{MAX_OBJECTS} objects"),
            (_, true) => format!("{most} bytes"),
            (false, false) => return Ok(()),
        };
        Err(self.site(Method::Get, path).error(CallFailure::Endless(what)))
    }

    fn endless(&self, path: &str) -> CallError {
        self.site(Method::Get, path).error(CallFailure::Endless(format!("{MAX_PAGES} pages")))
    }

    /// The objects of one reply, taken out of it.
    ///
    /// # Errors
    /// When the reply holds something else there, or is no reply of this API: an empty list still comes in its envelope.
    pub fn objects(&self, path: &str, at: Envelope, reply: &mut Value) -> Result<Vec<Value>, CallError> {
        let place = at.place();
        let unreadable = |found: &Value| {
            let what = format!("expected {} under `{place}`, found {}", words(at), name(found));
            self.site(Method::Get, path).error(CallFailure::Unreadable(what))
        };
        if !is_envelope(reply, place) {
            let what = format!("expected {} under `{place}`, found nothing like it", words(at));
            return Err(self.site(Method::Get, path).error(CallFailure::Unreadable(what)));
        }
        match (at, take(reply, place)) {
            (Envelope::One(_), Some(one @ (Value::Object(_) | Value::Array(_) | Value::String(_)))) => Ok(vec![one]),
            (_, None) => Ok(Vec::new()),
            (_, Some(Value::Null)) if reply.get("page").is_some() => Ok(Vec::new()),
            (Envelope::Items(_) | Envelope::Keyed(_), Some(Value::Array(items))) => {
                self.bounded(path, items.len(), 0).map(|()| items)
            }
            (Envelope::Lines(_), Some(Value::Array(lines))) => by_first_word(&lines).map_err(unreadable),
            (Envelope::Keyed(_), Some(Value::Object(map))) => Ok(map.into_iter().map(|(_, value)| value).collect()),
            (_, Some(other)) => Err(unreadable(&other)),
        }
    }
}

/// Says whether a reply is one that may hold objects at a place. Any server may answer with JSON; only the API answers
/// with its envelope, of which no more than the innermost key may be missing. HAL leaves out what is empty altogether,
/// and says in `page` how much there is.
fn is_envelope(reply: &Value, place: &str) -> bool {
    let mut value = reply;
    for (depth, key) in place.split('.').filter(|key| !key.is_empty()).enumerate() {
        match value {
            Value::Object(map) => match map.get(key) {
                Some(next) => value = next,
                None => return depth > 0 || map.contains_key("page"),
            },
            // Nothing under a key is no list: only HAL says beside it that the list is empty.
            Value::Null => return depth > 0 && reply.get("page").is_some(),
            // Some servers have but one way to say that there is nothing.
            Value::Array(items) => return depth > 0 && items.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => return false,
        }
    }
    true
}

fn words(at: Envelope) -> &'static str {
    match at {
        Envelope::Items(_) => "a list",
        Envelope::Keyed(_) => "a map of objects",
        Envelope::Lines(_) => "a list of lines",
        Envelope::One(_) => "an object",
    }
}

fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The value under keys joined by dots, moved out.
fn take(reply: &mut Value, place: &str) -> Option<Value> {
    let mut keys = place.split('.').filter(|key| !key.is_empty());
    keys.try_fold(reply, |value, key| value.get_mut(key)).map(Value::take)
}

fn with(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::*;
    use crate::attr::Attr;
    use crate::finding::Place;
    use crate::providers::CATALOGUE;
    use crate::redact::Redactor;
    use crate::session::SkippingClock;
    use crate::topology::{Credentials, Prune, Target, Tls};
    use wire::{Answer, Request, Response, Transport};

    /// How a collection says how much there is.
    #[derive(Clone, Copy, PartialEq)]
    enum Says {
        Pages,
        Total,
        Nothing,
    }

    /// A collection that is served in pages of two, and changes after some of the answers.
    struct Moving {
        says: Says,
        objects: Mutex<Vec<u32>>,
        changes: Mutex<Vec<Vec<u32>>>,
        asked: Mutex<u32>,
    }

    impl Moving {
        fn answer(&self, url: &str) -> Response {
            let number = |key: &str| {
                let pairs = url.split_once('?').map(|(_, query)| query).unwrap_or_default().split('&');
                pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key)?.1.parse::<usize>().ok()
            };
            let mut objects = self.objects.lock().unwrap();
            let from = number("page").map(|page| page * 2).or_else(|| number("_offset"));
            let Some(from) = from else { return Response::json(200, &json!({ "version": "7.1.0" })) };
            *self.asked.lock().unwrap() += 1;
            let rows: Vec<Value> = objects.iter().skip(from).take(2).map(|n| json!({ "id": n })).collect();
            let total = objects.len();
            let reply = match self.says {
                Says::Pages => {
                    json!({ "items": rows, "page": { "totalPages": total.div_ceil(2), "totalElements": total } })
                }
                Says::Total => json!({ "items": rows, "metadata": { "pagination": { "total": total } } }),
                Says::Nothing => json!({ "items": rows }),
            };
            let mut changes = self.changes.lock().unwrap();
            for change in if changes.is_empty() { Vec::new() } else { changes.remove(0) } {
                // Objects that are there go, those that are not come first, or last if they are large.
                match objects.iter().position(|n| *n == change) {
                    Some(at) => drop(objects.remove(at)),
                    None if change > 90 => objects.push(change),
                    None => objects.insert(0, change),
                }
            }
            Response::json(200, &reply)
        }
    }

    impl Transport for Moving {
        fn send(&self, request: Request) -> Answer<'_> {
            let answer = self.answer(&request.url);
            Box::pin(async move { Ok(answer) })
        }
    }

    async fn session(transport: Arc<Moving>) -> Session {
        let word = |name: &str| (name.to_owned(), Attr::text("admin"));
        let target = Target {
            name: "cfy".into(),
            provider: CATALOGUE.iter().find(|provider| provider.name == "cloudify").unwrap(),
            at: "http://manager".into(),
            credentials: Credentials { fields: [word("username"), word("password")].into(), ..Credentials::default() },
            new_password: None,
            settings: BTreeMap::new(),
            tls: Tls::default(),
            prune: Prune::Nothing,
            wait: Duration::ZERO,
            retired: false,
            sim_version: None,
            place: Place::file("trueup.yaml"),
        };
        Session::open(&target, &Redactor::default(), transport, Arc::new(SkippingClock::default())).await.unwrap()
    }

    /// Reads six objects while they change so: the ids that were found, and how many pages were asked for.
    async fn read(says: Says, changes: &[Vec<u32>], ours: &[u64]) -> (Result<Vec<u64>, String>, u32) {
        let moving = Arc::new(Moving {
            says,
            objects: Mutex::new((1..=6).collect()),
            changes: Mutex::new(changes.to_vec()),
            asked: Mutex::default(),
        });
        let session = session(moving.clone()).await;
        let paging = if says == Says::Pages { Paging::Hal { size: 2 } } else { Paging::Offset { size: 2 } };
        let missing = |found: &[Value]| {
            let is_missing = |n: &&u64| !found.iter().any(|object| object["id"] == **n);
            ours.iter().filter(is_missing).map(u64::to_string).collect()
        };
        let found = session.list_expecting("/things", Envelope::Items("items"), Some(paging), &missing).await;
        let ids = found.map(|found| found.iter().map(|object| object["id"].as_u64().unwrap()).collect());
        let asked = *moving.asked.lock().unwrap();
        (ids.map_err(|error| error.to_string()), asked)
    }

    #[tokio::test]
    async fn what_slips_between_two_pages_is_not_gone() {
        for says in [Says::Pages, Says::Total, Says::Nothing] {
            let (still, asked) = read(says, &[], &[]).await;
            assert_eq!(still, Ok(vec![1, 2, 3, 4, 5, 6]));
            assert!(asked <= 6, "{asked} pages");
            // Removed, or added, after the first page or the second one.
            for (change, left) in [(1, vec![2, 3, 4, 5, 6]), (9, vec![9, 1, 2, 3, 4, 5, 6])] {
                for before in [&[][..], &[vec![]]] {
                    let changes = [before, &[vec![change]]].concat();
                    assert_eq!(read(says, &changes, &[]).await.0, Ok(left.clone()), "{change} {before:?}");
                }
            }
        }
    }

    /// One goes from the first page, and one comes behind the last: the total is the same, and 3 shows on no page.
    #[tokio::test]
    async fn what_is_missing_counts_as_gone_when_two_readings_agree() {
        let swapped = [vec![2, 91]];
        for says in [Says::Pages, Says::Total] {
            assert_eq!(read(says, &swapped, &[]).await.0, Ok(vec![1, 2, 4, 5, 6, 91]), "nobody misses it");
            assert_eq!(read(says, &swapped, &[3]).await, (Ok(vec![1, 3, 4, 5, 6, 91]), 6));
            let gone = read(says, &[], &[3, 7]).await;
            assert_eq!(gone, (Ok(vec![1, 2, 3, 4, 5, 6]), 6), "it is gone in both");
            // Another one is missing each time: nobody knows.
            let swaps = [vec![2, 91], vec![], vec![], vec![3, 92], vec![], vec![], vec![4, 93]];
            let (found, _) = read(says, &swaps, &[3, 4, 5]).await;
            assert!(found.unwrap_err().contains("is not the same from one page to the next"));
        }
    }

    #[tokio::test]
    async fn a_list_that_never_comes_to_rest_is_not_known() {
        let restless: Vec<Vec<u32>> = (0..40).map(|n| vec![9 + n % 2]).collect();
        for says in [Says::Pages, Says::Total] {
            let (found, asked) = read(says, &restless, &[]).await;
            assert!(found.unwrap_err().contains("is not the same from one page to the next"));
            assert!(asked <= 3 * 4, "{asked} pages");
        }
    }

    #[tokio::test]
    async fn nothing_is_no_empty_list() {
        let session_of = |body: Value| async move {
            let mut reply = body;
            let nothing = Moving {
                says: Says::Nothing,
                objects: Mutex::default(),
                changes: Mutex::default(),
                asked: Mutex::default(),
            };
            let session = session(Arc::new(nothing)).await;
            session.objects("/things", Envelope::Items("response.things"), &mut reply).map(|found| found.len()).ok()
        };
        for (body, found) in [
            (json!({ "response": { "things": [1, 2] } }), Some(2)),
            (json!({ "response": { "things": [] } }), Some(0)),
            (json!({ "response": {} }), Some(0)),
            (json!({ "response": [] }), Some(0)),
            (json!({ "response": null }), None),
            (json!({ "response": { "things": null } }), None),
            (json!({ "page": { "totalElements": 0 }, "response": null }), Some(0)),
            (json!({ "page": { "totalElements": 0 } }), Some(0)),
            (json!({}), None),
            (json!(null), None),
            (json!([]), None),
        ] {
            assert_eq!(session_of(body.clone()).await, found, "{body}");
        }
    }
}
