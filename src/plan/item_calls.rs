//! The calls that change single items of a list that others share: nothing of theirs is so much as sent.
//!
//! What comes new is put in first, each behind the item that it is to follow; what moves is taken out and put in again on the
//! way; what goes, goes last. Places are told as they are when the call is made: all calls before it have had their effect.

use serde_json::Value;

use crate::attr::Attr;
use crate::diff::list::as_read;
use crate::diff::sequence::Edit;
use crate::diff::shared::SharedWrite;
use crate::plan::calls::Writer;
use crate::plan::fill::Filler;
use crate::plan::{Call, CallPurpose, Payload};
use crate::spec::{Body, CallSpec, Identity, Type, TypeSlot, keep_undeclared, lookup, written};
use crate::state::live::Live;

/// An item as the list stands at some point between the calls.
#[derive(Debug, Clone, Copy, PartialEq)]
enum StandingItem {
    /// The live item of that number.
    Live(usize),
    /// The wanted item of that number, which a call has put in.
    New(usize),
}

/// The list between the calls.
struct ListUnderway<'c> {
    writer: &'c Writer<'c>,
    write: &'c SharedWrite,
    /// The live items, those that are nobody's to declare among them.
    live: Vec<&'c Value>,
    /// For each live item that is the user's to declare, its number among all.
    managed: Vec<usize>,
    standing: Vec<StandingItem>,
    calls: Vec<Call>,
}

impl Writer<'_> {
    /// The calls that make a list what it is to be, item by item.
    pub(super) fn item_calls(&self, write: &SharedWrite) -> Vec<Call> {
        let all: Vec<(&Value, bool)> =
            self.live.into_iter().flat_map(|live: &Live| live.items(self.filler.kind)).collect();
        let managed = all.iter().enumerate().filter(|(_, (_, is_managed))| *is_managed).map(|(n, _)| n).collect();
        let standing = (0..all.len()).map(StandingItem::Live).collect();
        let live = all.into_iter().map(|(item, _)| item).collect();
        let mut list = ListUnderway { writer: self, write, live, managed, standing, calls: Vec::new() };
        list.run();
        list.calls
    }
}

impl ListUnderway<'_> {
    fn run(&mut self) {
        let write = self.write;
        for edit in &write.edits {
            match edit {
                Edit::Insert { at, .. } => self.insert(*at),
                Edit::Move { from, to, .. } => {
                    self.remove(*from);
                    self.insert(*to);
                }
                Edit::Change { .. } | Edit::Delete { .. } => {}
            }
        }
        for edit in &write.edits {
            match edit {
                Edit::Change { at, .. } => self.change(*at),
                Edit::Delete { at, .. } => self.remove(*at),
                Edit::Insert { .. } | Edit::Move { .. } => {}
            }
        }
    }

    /// Puts a wanted item in behind the one that it follows.
    fn insert(&mut self, n: usize) {
        let before = n.checked_sub(1).and_then(|before| self.place_of(before));
        let at = before.map_or(0, |before| before + 1);
        let mut body = self.body(n);
        let kind = self.writer.filler.kind;
        if let (Attr::Map(map), Identity::Sequence { position, .. }) = (&mut body, kind.identity) {
            map.insert(position.to_owned(), Attr::Number(at.into()));
        }
        self.standing.insert(at, StandingItem::New(n));
        self.send(kind.api.create, None, body);
    }

    /// Changes a wanted item that stands where it stood. What was put in is as it is wanted.
    fn change(&mut self, n: usize) {
        if self.standing.contains(&StandingItem::New(n)) {
            return;
        }
        let counterpart = self.write.counterparts.get(n).copied().flatten();
        if let Some(at) = counterpart {
            let id = self.id(at);
            self.send(self.writer.filler.kind.api.update, id, self.body(n));
        }
    }

    /// Takes a live item out.
    fn remove(&mut self, at: usize) {
        let id = self.id(at);
        let item = self.managed.get(at).map(|n| StandingItem::Live(*n));
        self.standing.retain(|standing| Some(*standing) != item);
        self.send(self.writer.filler.kind.api.remove, id, Attr::Null);
    }

    /// Where a wanted item stands now.
    fn place_of(&self, n: usize) -> Option<usize> {
        let live = self.write.counterparts.get(n).copied().flatten().and_then(|at| self.managed.get(at));
        let is_it = |standing: &StandingItem| match standing {
            StandingItem::New(new) => *new == n,
            StandingItem::Live(number) => live == Some(number),
        };
        self.standing.iter().position(is_it)
    }

    /// What names a live item in a call: its id or, where items have none, the place where it stands now.
    fn id(&self, at: usize) -> Option<Attr> {
        let number = *self.managed.get(at)?;
        match self.writer.filler.kind.identity {
            Identity::Sequence { id, .. } if !id.is_empty() => lookup(self.live.get(number)?, id).map(Attr::from_json),
            _ => {
                let place = self.standing.iter().position(|standing| *standing == StandingItem::Live(number))?;
                Some(Attr::Number(place.into()))
            }
        }
    }

    /// A wanted item as it is sent, with what nobody declares of it as it is live.
    fn body(&self, n: usize) -> Attr {
        let kind = self.writer.filler.kind;
        let mut item = self.write.items.get(n).cloned().unwrap_or(Attr::Null);
        let counterpart = self.write.counterparts.get(n).copied().flatten().and_then(|at| self.managed.get(at));
        if let Some(raw) = counterpart.and_then(|number| self.live.get(*number)) {
            keep_undeclared(TypeSlot::typed(Type::Object(kind.fields)), &mut item, &as_read(kind, raw));
        }
        written(&Type::Object(kind.fields), &item)
    }

    /// Sends the one of some calls that is about an item. Where there is none, nothing can differ.
    fn send(&mut self, specs: &'static [CallSpec], id: Option<Attr>, body: Attr) {
        let Some(spec) = CallSpec::about_an_item(specs) else { return };
        let filler = Filler { id, ..self.writer.filler };
        let polls = spec.wait.iter().map(|poll| filler.open_path(poll.path)).collect();
        let body = if spec.body == Body::None { Payload::None } else { Payload::Json(body) };
        let (method, path) = (spec.method, filler.path(spec.path));
        self.calls.push(Call { method, path, body, spec, purpose: CallPurpose::Item, polls, shows_in: None });
    }
}
