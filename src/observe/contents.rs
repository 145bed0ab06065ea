//! Reads of content: what others uploaded under the name that the files give may be what the files hold.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::address::Address;
use crate::diff::content_ids::may_be;
use crate::observe::look::Look;
use crate::session::{CallError, RequestBody};
use crate::spec::{Identity, Kind, canonical};
use crate::state::live::Live;
use crate::topology::{ContentDigest, Resource};

/// How much is read side by side: each of it is held in memory.
const PARALLEL: usize = 4;

impl Look<'_> {
    /// Reads the content of the objects that may hold what a declared resource does, where neither ledger nor id says so.
    /// What the server does not hand out stays unknown.
    pub(super) async fn contents(
        &self,
        kind: &'static Kind,
        objects: &mut [Live],
        parent: Option<&Address>,
    ) -> Result<(), CallError> {
        let Some(field) = kind.identity.content_file() else { return Ok(()) };
        let mut artifacts = self.target.provider.artifacts.iter();
        let Some(artifact) = artifacts.find(|artifact| artifact.hands_out(kind.name, field)) else { return Ok(()) };
        let wanted = match kind.identity {
            Identity::Content(_, told_by @ [_, ..]) => self.told_by(kind, field, told_by, objects, parent),
            _ => self.named(kind, field, objects, parent),
        };
        let session = self.session;
        let reads = objects.iter_mut().filter(|live| wanted.contains(&live.id)).map(async |live| {
            let path = artifact.path(&live.id);
            match session.download(artifact.call.method, &path, &RequestBody::Nothing).await {
                Ok(bytes) => live.content = Some(ContentDigest::of(&bytes)),
                Err(error) if error.refuses_to_show() => {}
                Err(error) => return Err(error),
            }
            Ok(())
        });
        stream::iter(reads).buffer_unordered(PARALLEL).try_collect::<()>().await
    }

    /// The ids of the objects whose id says that they may be what is declared under a name and not owned yet.
    fn named(&self, kind: &'static Kind, field: &str, objects: &[Live], parent: Option<&Address>) -> BTreeSet<String> {
        let ids: BTreeSet<&str> = objects.iter().map(|live| live.id.as_str()).collect();
        self.declared(kind, parent)
            .filter(|resource| self.observer.base.entry(&resource.address).is_none())
            .filter_map(|resource| Some((resource.address.name()?, resource.files.get(field)?)))
            .filter(|(name, content)| !content.ids(name).any(|id| ids.contains(id.as_str())))
            .flat_map(|(name, _)| {
                let alike = ids.range(name..).take_while(move |id| id.starts_with(name));
                alike.filter(move |id| may_be(name, id)).map(|id| (*id).to_owned())
            })
            .collect()
    }

    /// The ids of the objects that other fields tell to be what is declared, where nothing is remembered of the content.
    fn told_by(
        &self,
        kind: &'static Kind,
        field: &str,
        told_by: &[&str],
        objects: &[Live],
        parent: Option<&Address>,
    ) -> BTreeSet<String> {
        let entry = |resource: &Resource| self.observer.base.entry(&resource.address);
        let is_unknown = |resource: &&Resource| entry(resource).and_then(|entry| entry.value(field)).is_none();
        let unknown: Vec<&Resource> = self.declared(kind, parent).filter(is_unknown).collect();
        let is_it = |resource: &Resource, live: &Live| {
            told_by.iter().all(|name| match (kind.field(name), resource.fields.get(*name)) {
                (Some(field), Some(given)) => canonical(&field.ty, given) == live.value(kind, name),
                _ => false,
            })
        };
        let wanted = objects.iter().filter(|live| unknown.iter().any(|resource| is_it(resource, live)));
        wanted.map(|live| live.id.clone()).collect()
    }
}
