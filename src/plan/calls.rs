//! The calls of a step, written from the kind's table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::call_options::says_something;
use crate::diff::items::item_key;
use crate::diff::list::{as_read, live_items, managed_items, wanted_items};
use crate::diff::resolve::ResolvedFields;
use crate::diff::sequence::script;
use crate::diff::shared::SharedWrite;
use crate::diff::verdict::FieldChange;
use crate::plan::fill::Filler;
use crate::plan::{Call, CallPurpose, Payload, ResultList};
use crate::spec::{
    Body, CallSpec, Change, Detail, Field, Identity, Kind, List, Sent, Type, TypeSlot, keep_undeclared, lookup, read,
    written,
};
use crate::state::live::{Live, text};
use crate::topology::{FileContent, ITEMS};

/// What the calls of one object are written from.
pub(crate) struct Writer<'w> {
    /// What fills placeholders.
    pub filler: Filler<'w>,
    /// The wanted fields as they go to the wire.
    pub resolved: &'w ResolvedFields,
    /// The content of files.
    pub files: &'w BTreeMap<String, FileContent>,
    /// The live object.
    pub live: Option<&'w Live>,
    /// How the list is written, where it is one that others share.
    pub shared: Option<&'w SharedWrite>,
    /// Of a sequence: the keys of the items that are others' and go with them.
    pub going: &'w BTreeSet<String>,
    /// The server's version.
    pub version: Option<&'w str>,
}

impl Writer<'_> {
    /// Makes the object, then sets what the create call does not take.
    pub(crate) fn create(&self) -> Vec<Call> {
        let kind = self.filler.kind;
        let mut calls: Vec<Call> = Vec::new();
        if let Some(spec) = self.choose(kind.api.create) {
            calls = self.prepared(spec, CallPurpose::Create, &|field| field.sent != Sent::ByItself);
        }
        for field in kind.fields.iter().filter(|field| field.sent == Sent::ByItself) {
            if let Some(wanted) = self.resolved.get(field.name)
                && says_something(field, wanted)
            {
                calls.extend(self.dedicated_call(field, wanted));
            }
        }
        calls
    }

    /// Changes fields in place: one update for all that share it, and a call for each that has its own.
    pub(crate) fn update(&self, changes: &[FieldChange]) -> Vec<Call> {
        let kind = self.filler.kind;
        if let Some(write) = self.shared.filter(|_| is_sequence(kind) && kind.api.has_item_calls()) {
            return self.item_calls(write);
        }
        let shared = |field: &Field| matches!(field.change, Change::InPlace | Change::Fixed);
        let in_place = changes.iter().any(|change| change.field.is_none_or(shared));
        let mut calls = Vec::new();
        if in_place && let Some(spec) = self.choose(kind.api.update) {
            let changed = |field: &Field| {
                changes.iter().any(|change| change.name == field.name) && shared(field)
                    || field.sent == Sent::Always && shared(field)
            };
            calls = self.prepared(spec, CallPurpose::Update, &changed);
        }
        for change in changes {
            if let Some(field) = change.field.filter(|field| !shared(field))
                && let Some(wanted) = self.resolved.get(field.name)
            {
                calls.extend(self.dedicated_call(field, wanted));
            }
        }
        calls
    }

    /// Removes the object.
    pub(crate) fn remove(&self) -> Vec<Call> {
        let kind = self.filler.kind;
        if let Some(write) = self.shared.filter(|_| is_sequence(kind) && kind.api.has_item_calls()) {
            return self.item_calls(write);
        }
        let spec = self.choose(kind.api.remove);
        spec.map(|spec| self.prepared(spec, CallPurpose::Remove, &|_| false)).unwrap_or_default()
    }

    /// A call behind those that prepare it, which take the same fields.
    fn prepared(&self, spec: &'static CallSpec, purpose: CallPurpose, takes: &dyn Fn(&Field) -> bool) -> Vec<Call> {
        let kind = self.filler.kind;
        let needed = |before: &&'static CallSpec| match (&purpose, self.live) {
            (CallPurpose::Remove, live) => live.is_some_and(|live| live.needs(kind, before)),
            _ => before.fits(self.version, kind.fields, &|field| self.value(field)),
        };
        let before = spec.preceded_by.iter().filter(needed);
        let before = before.map(|before| {
            let call = self.call(before, purpose.clone(), takes);
            Call { purpose: CallPurpose::Prepare, ..call }
        });
        let mut calls: Vec<Call> = before.collect();
        calls.push(self.call(spec, purpose, takes));
        calls
    }

    fn value(&self, field: &str) -> Attr {
        self.resolved.get(field).cloned().unwrap_or(Attr::Null)
    }

    /// Removes another object that lives beside this one.
    pub(crate) fn remove_beside(&self, kind: &'static Kind, id: &str) -> Vec<Call> {
        let filler = Filler { kind, id: Some(Attr::text(id)), called: None, field: &|_| None, ..self.filler };
        Writer { filler, live: None, shared: None, ..*self }.remove()
    }

    /// Asks for the one-time output.
    pub(crate) fn issue(&self) -> Vec<Call> {
        let Some(issue) = self.filler.kind.one_time_output() else { return Vec::new() };
        let purpose = CallPurpose::Issue { field: issue.field, at: issue.at() };
        vec![self.call(issue.call, purpose, &|_| false)]
    }

    fn choose(&self, specs: &'static [CallSpec]) -> Option<&'static CallSpec> {
        CallSpec::fitting(specs, self.version, self.filler.kind.fields, &|field| self.value(field))
    }

    /// The call that sets one field alone.
    fn dedicated_call(&self, field: &'static Field, wanted: &Attr) -> Option<Call> {
        let spec = self.filler.kind.setter(field, wanted, self.version, &|field| self.value(field))?;
        Some(self.call(spec, CallPurpose::Field(field.name), &|other| other.name == field.name))
    }

    fn call(&self, spec: &'static CallSpec, purpose: CallPurpose, takes: &dyn Fn(&Field) -> bool) -> Call {
        let polls = spec.wait.iter().map(|poll| poll.path).chain(self.outputs_behind(spec, &purpose));
        let polls = polls.map(|path| self.filler.open_path(path)).collect();
        let body = self.payload(spec, takes, &purpose);
        let shows_in = self.shows_in(spec).filter(|_| purpose == CallPurpose::Create);
        Call { method: spec.method, path: self.filler.path(spec.path), body, spec, purpose, polls, shows_in }
    }

    /// Where outputs are looked at that no list shows, once all is over that a call waits for.
    fn outputs_behind(&self, spec: &CallSpec, purpose: &CallPurpose) -> Vec<&'static str> {
        let kind = self.filler.kind;
        if spec.wait.is_empty() || *purpose == CallPurpose::Remove {
            return Vec::new();
        }
        let shown = |detail: &&Detail| kind.shows_outputs(detail) && detail.read.when.holds_on(self.version);
        kind.api.details.iter().filter(shown).map(|detail| detail.read.path).collect()
    }

    /// The list in which the object shows that a create makes, where neither reply nor name tells its id.
    fn shows_in(&self, spec: &CallSpec) -> Option<ResultList> {
        let api = &self.filler.kind.api;
        let is_told = spec.reply.is_some() || api.id.is_empty() || self.filler.kind.identity.is_single();
        match api.list_on(self.version) {
            List::Call { path, at, paging } if !is_told && api.scope.is_none() => {
                Some(ResultList { path: self.filler.path(path), at, paging })
            }
            _ => None,
        }
    }

    fn payload(&self, spec: &CallSpec, takes: &dyn Fn(&Field) -> bool, purpose: &CallPurpose) -> Payload {
        let mut body = match spec.body {
            Body::None => return Payload::None,
            Body::File(field) => {
                return self.files.get(field).map_or(Payload::None, |file| Payload::File(file.clone()));
            }
            Body::Json(text) => self.filler.json(text),
            Body::Fields | Body::Changed => self.fields(takes, purpose),
            Body::Sequence(key) => Attr::Map([(key.to_owned(), self.sequence())].into()),
        };
        if let Attr::Map(map) = &mut body
            && !spec.adds.is_empty()
            && let Attr::Map(adds) = self.filler.json(spec.adds)
        {
            for (name, value) in adds {
                map.entry(name).or_insert(value);
            }
        }
        if let Some(reshape) = spec.reshape {
            // What must not be made was held.
            reshape(&mut body, self.live.map(|live| &live.raw)).ok();
        }
        Payload::Json(body)
    }

    fn fields(&self, takes: &dyn Fn(&Field) -> bool, purpose: &CallPurpose) -> Attr {
        let mut map = BTreeMap::new();
        for field in self.filler.kind.fields.iter().filter(|field| field.is_writable() && takes(field)) {
            if !field.is_writable_on(self.version) {
                continue;
            }
            let value = match self.resolved.get(field.name) {
                Some(wanted) => written(&field.ty, wanted),
                None if *purpose == CallPurpose::Update => match self.unchanged(field) {
                    Some(value) => value,
                    None => continue,
                },
                None => continue,
            };
            map.insert(field.name.to_owned(), value);
        }
        Attr::Map(map)
    }

    /// What an update sends for a field that nobody declares but that it always has to send.
    fn unchanged(&self, field: &Field) -> Option<Attr> {
        let live = self.live.map(|live| read(field, &live.raw)).filter(|attr| !attr.is_null());
        live.or_else(|| Some(field.default_value()).filter(|attr| !attr.is_null()))
            .map(|attr| written(&field.ty, &attr))
    }

    /// The whole list: the wanted items in order, each with the id of its live counterpart.
    fn sequence(&self) -> Attr {
        let kind = self.filler.kind;
        let Identity::Sequence { key, id, .. } = kind.identity else { return Attr::List(Vec::new()) };
        let raw: Vec<_> = self.live.map(|live| managed_items(kind, live).collect()).unwrap_or_default();
        let (items, counterparts) = match (self.shared, self.resolved.get(ITEMS)) {
            (Some(SharedWrite { items, counterparts, .. }), _) => (items.as_slice(), counterparts.clone()),
            (None, Some(Attr::List(items))) => {
                let live = self.live.map(|live| live_items(kind, live)).unwrap_or_default();
                let wanted = wanted_items(kind, self.resolved);
                (items.as_slice(), script(&live, &wanted, &|item| item_key(item, key), &|_, _| true).counterparts)
            }
            (None, _) => Default::default(),
        };
        let ty = Type::Object(kind.fields);
        let item = |(n, item): (usize, &Attr)| {
            let counterpart = counterparts.get(n).copied().flatten().and_then(|at| raw.get(at));
            let mut full = item.clone();
            if let Some(raw) = counterpart {
                keep_undeclared(TypeSlot::typed(ty), &mut full, &as_read(kind, raw));
            }
            let mut item = written(&ty, &full);
            if let (Attr::Map(map), Some(known)) = (&mut item, counterpart.and_then(|raw| lookup(raw, id))) {
                map.insert(id.to_owned(), Attr::from_json(known));
            }
            item
        };
        let items: Vec<Attr> = items.iter().enumerate().map(item).collect();
        Attr::List(self.among_foreign(items, &counterparts))
    }

    /// The items with those of others between them. A rewrite of the whole list must not lose what others put there: each
    /// stays before the item that followed it, or at the end.
    fn among_foreign(&self, items: Vec<Attr>, counterparts: &[Option<usize>]) -> Vec<Attr> {
        let Some(live) = self.live else { return items };
        let mut waiting: Vec<Attr> = Vec::new();
        let mut before: BTreeMap<usize, Vec<Attr>> = BTreeMap::new();
        let mut own = 0;
        for (raw, is_managed) in live.items(self.filler.kind) {
            if !is_managed {
                waiting.extend((!self.is_going(raw)).then(|| self.as_written(raw)));
            } else {
                if counterparts.contains(&Some(own)) && !waiting.is_empty() {
                    before.entry(own).or_default().append(&mut waiting);
                }
                own += 1;
            }
        }
        let mut all = Vec::with_capacity(items.len());
        for (n, item) in items.into_iter().enumerate() {
            all.extend(counterparts.get(n).copied().flatten().and_then(|at| before.remove(&at)).into_iter().flatten());
            all.push(item);
        }
        all.extend(waiting);
        all
    }

    /// Says whether an item of somebody else's goes with whom it belongs to: written back, it would outlive them.
    fn is_going(&self, raw: &Value) -> bool {
        let Identity::Sequence { key, .. } = self.filler.kind.identity else { return false };
        lookup(raw, key).is_some_and(|word| self.going.contains(&text(word)))
    }

    /// A live item in the form in which it is written back.
    fn as_written(&self, raw: &Value) -> Attr {
        let kind = self.filler.kind;
        let fields = kind.fields.iter().filter(|field| field.is_writable());
        let mut map: BTreeMap<String, Attr> = fields
            .map(|field| (field.name.to_owned(), written(&field.ty, &read(field, raw))))
            .filter(|(_, attr)| !attr.is_null())
            .collect();
        if let Identity::Sequence { id, .. } = kind.identity
            && let Some(known) = lookup(raw, id)
        {
            map.insert(id.to_owned(), Attr::from_json(known));
        }
        Attr::Map(map)
    }
}

/// Says whether a kind is one whose whole list is the resource.
pub(crate) fn is_sequence(kind: &Kind) -> bool {
    matches!(kind.identity, Identity::Sequence { .. })
}
