//! What a list shows although it is somebody else's, as the global objects of other tenants.

use crate::address::Address;
use crate::diff::matching::identity_of;
use crate::observe::Scope;
use crate::observe::look::Look;
use crate::spec::{Kind, lookup};
use crate::state::live::{Live, OF_ANOTHER, text};

impl Look<'_> {
    /// Leaves out what the API shows although it is somebody else's, unless the files say that it is another one's and there,
    /// or that is asked for.
    pub(super) fn retain_managed(&self, kind: &'static Kind, objects: &mut Vec<Live>, parent: Option<&Address>) {
        let Some((key, setting)) = kind.api.scope else { return };
        let Some(owner) = self.setting(setting) else { return };
        let is_named = |live: &Live| {
            let name = if kind.identity.file_in_id().is_some() { Some(live.id.as_str()) } else { None };
            self.declared(kind, parent).filter(|resource| resource.external).any(|resource| match name {
                Some(id) => resource.address.name() == Some(id),
                None => identity_of(resource).is_some_and(|identity| live.identity(kind) == Some(identity)),
            })
        };
        let is_all = self.observer.scope == Scope::EverythingShown;
        objects.retain_mut(|live| {
            let is_own = lookup(&live.raw, key).is_none_or(|found| text(found) == owner);
            if !is_own && (is_all || is_named(live)) {
                live.foreign = Some(OF_ANOTHER);
            }
            is_own || live.foreign.is_some()
        });
    }
}
