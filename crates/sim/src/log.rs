//! The log of all requests to a server's installations.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::world::Place;
use wire::{Method, Request};

/// How many requests the log keeps; the oldest make room. More than a rehearsal makes, and some 30 MB.
const LOG_LIMIT: usize = 100_000;

/// One request in the log. Bodies are not kept, for they may hold secrets.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    place: Place,
    method: Method,
    path: String,
    query: Option<String>,
    /// The status that was answered; `None` if the answer never left.
    status: Option<u16>,
    body_sha256: Option<String>,
    /// Counts the installation's requests from 1.
    n: u64,
}

/// The requests that were answered, in order.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    counts: BTreeMap<Place, u64>,
}

impl Log {
    /// Adds a request to that place, with the status that was answered if the answer left.
    pub(crate) fn push(&mut self, place: &Place, request: &Request, status: Option<u16>) {
        let n = self.counts.entry(place.clone()).or_default();
        *n += 1;
        if self.entries.len() == LOG_LIMIT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            place: place.clone(),
            method: request.method,
            path: request.path().to_owned(),
            query: request.url.split_once('?').map(|(_, query)| query.to_owned()),
            status,
            body_sha256: (!request.body.is_empty()).then(|| hexadecimal(&Sha256::digest(&request.body))),
            n: *n,
        });
    }

    /// Every request.
    pub(crate) fn list(&self) -> Value {
        json!(self.entries)
    }

    /// How often each path was asked for with each verb.
    pub(crate) fn summary(&self) -> Value {
        let mut counts: BTreeMap<(&Place, Method, &str), u64> = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry((&entry.place, entry.method, &entry.path)).or_default() += 1;
        }
        let show = |((place, method, path), count): ((&Place, Method, &str), u64)| {
            json!({
                "provider": place.provider,
                "installation": place.installation,
                "method": method,
                "path": path,
                "count": count,
            })
        };
        counts.into_iter().map(show).collect()
    }

    /// Forgets everything and counts from 1 again.
    pub(crate) fn clear(&mut self) {
        *self = Log::default();
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
