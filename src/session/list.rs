//! Lists: all pages, whatever the envelope.

use serde_json::Value;

use crate::session::{CallError, CallFailure, Session};
use crate::spec::{Envelope, Paging, by_first_word, lookup};
use wire::Method;

/// More pages than this are a server that pages in a circle, not a list.
const MAX_PAGES: usize = 10_000;

/// More objects than this in one list are no network: the largest known has a tenth of it.
const MAX_OBJECTS: usize = 500_000;

/// What the pages of a list came to.
#[derive(Debug, Default)]
struct Pages {
    objects: Vec<Value>,
    bytes: u64,
}

impl Session {
    /// Every object of a list.
    ///
    /// # Errors
    /// When a page can't be read, or the server does not keep to its own paging.
    pub async fn list(&self, path: &str, at: Envelope, paging: Paging) -> Result<Vec<Value>, CallError> {
        match paging {
            Paging::None => self.objects(path, at, &mut self.get(path).await?),
            Paging::Hal { size } => self.hal(path, at, size).await,
            Paging::Offset { size } => self.offset(path, at, size).await,
        }
    }

    async fn hal(&self, path: &str, at: Envelope, size: usize) -> Result<Vec<Value>, CallError> {
        let mut found = Pages::default();
        for page in 0..MAX_PAGES {
            let path = with(path, &format!("page={page}&size={size}"));
            let (mut reply, bytes) = self.get_measured(&path).await?;
            let pages = lookup(&reply, "page.totalPages").and_then(Value::as_u64).unwrap_or(1);
            self.gather(&mut found, self.objects(&path, at, &mut reply)?, bytes, &path)?;
            if (page as u64) + 1 >= pages {
                return Ok(found.objects);
            }
        }
        Err(self.endless(path))
    }

    async fn offset(&self, path: &str, at: Envelope, size: usize) -> Result<Vec<Value>, CallError> {
        let mut found = Pages::default();
        for _ in 0..MAX_PAGES {
            let path = with(path, &format!("_size={size}&_offset={}", found.objects.len()));
            let (mut reply, bytes) = self.get_measured(&path).await?;
            let total = lookup(&reply, "metadata.pagination.total").and_then(Value::as_u64);
            let page = self.objects(&path, at, &mut reply)?;
            let count = page.len();
            self.gather(&mut found, page, bytes, &path)?;
            // Some servers give no total: a page that is not full is the last one.
            let done = total.map_or(count < size, |total| found.objects.len() as u64 >= total);
            if done || count == 0 {
                return Ok(found.objects);
            }
        }
        Err(self.endless(path))
    }

    /// Adds a page, unless the list is larger than anybody has use for.
    fn gather(&self, found: &mut Pages, mut page: Vec<Value>, bytes: u64, path: &str) -> Result<(), CallError> {
        found.objects.append(&mut page);
        found.bytes += bytes;
        let most = self.attention.max_list_bytes;
        if found.bytes > most {
            return Err(self.site(Method::Get, path).error(CallFailure::Endless(format!("{most} bytes"))));
        }
        self.bounded(path, &found.objects)
    }

    fn bounded(&self, path: &str, objects: &[Value]) -> Result<(), CallError> {
        if objects.len() > MAX_OBJECTS {
            return Err(self.site(Method::Get, path).error(CallFailure::Endless(format!("{MAX_OBJECTS} objects"))));
        }
        Ok(())
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
            (_, None | Some(Value::Null)) => Ok(Vec::new()),
            (Envelope::Items(_) | Envelope::Keyed(_), Some(Value::Array(items))) => {
                self.bounded(path, &items).map(|()| items)
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
            // Some servers have but one way to say that there is nothing.
            Value::Null => return depth > 0,
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
