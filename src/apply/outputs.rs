//! Values that became known during a run: the objects that were made, and one-time outputs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::address::Address;
use crate::attr::{Attr, Output};
use crate::redact::Redactor;
use crate::spec::Kind;
use crate::state::live::Live;
use crate::state::output::taken_output;

/// The objects of this run, by address.
pub(crate) struct Outputs {
    /// The secrets that the run knows: one that comes back through an output stays one.
    secrets: Redactor,
    known: Mutex<BTreeMap<Address, KnownObject>>,
}

struct KnownObject {
    kind: &'static Kind,
    live: Live,
    issued: BTreeMap<&'static str, Attr>,
}

impl Outputs {
    /// None yet.
    pub(crate) fn new(secrets: Redactor) -> Outputs {
        Outputs { secrets, known: Mutex::default() }
    }

    /// Remembers an object as it is now. What was issued for it stays.
    pub(crate) fn set(&self, address: &Address, kind: &'static Kind, raw: Value) -> String {
        let live = Live::new(kind, raw);
        let id = live.id.clone();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(address) {
            // A reply may leave out what an earlier one had said, the id before all.
            Some(before) if live.id.is_empty() => merge(&mut before.live.raw, live.raw),
            Some(before) => before.live = live,
            None => {
                known.insert(address.clone(), KnownObject { kind, live, issued: BTreeMap::new() });
            }
        }
        id
    }

    /// Remembers a one-time output.
    pub(crate) fn issue(&self, address: &Address, kind: &'static Kind, field: &'static str, value: Attr) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing =
            || KnownObject { kind, live: Live::new(kind, Value::Object(Default::default())), issued: BTreeMap::new() };
        known.entry(address.clone()).or_insert_with(nothing).issued.insert(field, value);
    }

    /// An object of this run as it was last shown.
    pub(crate) fn raw(&self, address: &Address) -> Option<Value> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(address).map(|known| known.live.raw.clone())
    }

    /// The id of an object of this run.
    pub(crate) fn id(&self, address: &Address) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(address).map(|known| known.live.id.clone()).filter(|id| !id.is_empty())
    }

    /// The value that fills a hole.
    pub(crate) fn find(&self, output: &Output) -> Option<Attr> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&output.address)?;
        match known.issued.get(output.field.as_str()) {
            Some(value) => Some(value.clone()),
            None => taken_output(&known.live, known.kind, output, &self.secrets),
        }
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
}
