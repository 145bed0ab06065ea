//! Reads of one object each, for what a list leaves out: only where something needs it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::Value;

use crate::address::Address;
use crate::diff::matching::identity_of;
use crate::observe::Scope;
use crate::observe::ids::Ids;
use crate::observe::look::Look;
use crate::session::{CallError, tells_no_outputs};
use crate::spec::{Detail, Identity, Kind, PathTemplate, Word, lookup};
use crate::state::IdentityKey;
use crate::state::live::{Live, text};
use crate::topology::Resource;

/// Why an object's detail is needed.
enum Need {
    /// To compare a declared field: not if the ledger knows that nothing moved.
    Compared,
    /// To compare a field of which the ledger remembers nothing.
    Unknown,
    /// Because somebody takes an output from it.
    Output,
}

impl Look<'_> {
    /// Reads one by one what the list leaves out, for declared objects whose stamp moved.
    pub(super) async fn details(
        &mut self,
        kind: &'static Kind,
        objects: &mut [Live],
        parent: Option<&Address>,
        ids: Option<&Ids<'_>>,
    ) {
        // One is chosen by what the list shows.
        if let Scope::Kind(_) = self.observer.scope {
            return;
        }
        let version = self.session.version();
        let is_own = |detail: &&Detail| detail.row_key().is_none() && detail.read.when.holds_on(version);
        for detail in kind.api.details.iter().filter(is_own) {
            self.detail(kind, detail, objects, parent, ids).await;
        }
    }

    /// One of these reads.
    async fn detail(
        &mut self,
        kind: &'static Kind,
        detail: &Detail,
        objects: &mut [Live],
        parent: Option<&Address>,
        ids: Option<&Ids<'_>>,
    ) {
        let wanted: BTreeMap<IdentityKey, (&Resource, Need)> = self
            .declared(kind, parent)
            .filter(|resource| self.concerns(&resource.address))
            .filter_map(|resource| Some((identity_of(resource)?, (resource, self.need(detail, resource)?))))
            .collect();
        let everything = self.observer.scope.is_for_all();
        let session = self.session;
        let is_of_outputs = kind.shows_outputs(detail);
        let reads = objects.iter_mut().filter_map(|live| {
            match wanted.get(&live.identity(kind)?) {
                Some((resource, Need::Compared)) => {
                    let stamp = lookup(&live.raw, detail.stamp).map(text);
                    let known = self.observer.base.entry(&resource.address).and_then(|entry| entry.stamp.clone());
                    if stamp.is_some() && stamp == known {
                        return None;
                    }
                }
                Some((_, Need::Output | Need::Unknown)) => {}
                None if everything && live.foreign.is_none() => {}
                None => return None,
            }
            let path = PathTemplate::of(detail.read.path).text(&|word| match word {
                Word::Id => Some(live.id.clone()),
                Word::Name => live.value(kind, name_field(kind)?).to_text(),
                Word::Parent(levels, word) => ids?.word(*levels, word),
                Word::Target(setting) => self.setting(setting),
                Word::Field(name) => live.value(kind, name).to_text(),
                Word::Job => None,
            });
            Some(async move {
                let reply = match session.get(&path).await {
                    Err(error) if is_of_outputs && tells_no_outputs(&error) => return Ok(()),
                    reply => reply?,
                };
                let Value::Object(map) = &mut live.raw else { return Ok(()) };
                match (lookup(&reply, detail.read.at().place()), detail.fields) {
                    (Some(Value::Object(more)), _) => map.extend(more.clone()),
                    // A reply that is one text is the one field.
                    (Some(text @ Value::String(_)), [field]) => {
                        map.insert((*field).to_owned(), text.clone());
                    }
                    _ => {}
                }
                *live = Live::new(kind, live.raw.take());
                Ok(())
            })
        });
        let failed: Vec<CallError> = join_all(reads).await.into_iter().filter_map(Result::err).collect();
        self.troubles.extend(failed);
    }

    /// Why an object's detail is needed, if it is.
    fn need(&self, detail: &Detail, resource: &Resource) -> Option<Need> {
        let asked =
            |field: &str| self.observer.interests.outputs.contains(&(resource.address.clone(), field.to_owned()));
        if detail.fields.iter().any(|field| asked(field)) {
            return Some(Need::Output);
        }
        let kept = |field: &str| {
            let entry = self.observer.base.entry(&resource.address);
            entry.is_some_and(|entry| entry.fields.contains_key(field))
        };
        let given = |field: &str| resource.fields.contains_key(field) || resource.cleared.contains(field);
        if detail.fields.iter().any(|field| given(field) && !kept(field)) {
            return Some(Need::Unknown);
        }
        detail.fields.iter().any(|field| kept(field)).then_some(Need::Compared)
    }
}

fn name_field(kind: &Kind) -> Option<&'static str> {
    match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => Some(field),
        _ => None,
    }
}
