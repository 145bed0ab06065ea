//! Snapshots: what a look saw, kept in a file. `docs/FORMATS.md` shows one.
//!
//! A value stands in it in the form in which values are compared and kept: of what tables, files or ledger call a secret,
//! there is its keyed fingerprint. Two looks at the same network give the same file but for the time.

mod difference;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diff::{kept_secrets, matching};
use crate::spec::{Field, Identity, Kind, canonical, read};
use crate::state::base::Base;
use crate::state::installation::Installation;
use crate::state::live::{Collection, Live, Observed, Seen, View};
use crate::topology::{ITEMS, Target, Topology};

pub(crate) use difference::Difference;

/// The format's number. A snapshot of a later one is not touched.
const FORMAT: u32 = 1;

/// What a look at the targets of a workspace saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snapshot {
    format: u32,
    workspace: String,
    /// When the look began, as in `2026-03-01T09:00:00Z`.
    pub(crate) taken: String,
    /// The mark that tells the key of the fingerprints from other keys.
    key_id: String,
    targets: BTreeMap<String, SeenTarget>,
}

/// What was seen of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenTarget {
    provider: String,
    at: String,
    /// Why nothing was seen of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreached: Option<String>,
    /// The server's version, where it makes a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// What proves which installation it is.
    #[serde(default)]
    installation: Installation,
    #[serde(default)]
    collections: Vec<SeenCollection>,
}

/// All objects of one kind in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenCollection {
    kind: String,
    /// Why they could not be looked at: then nothing is known of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unseen: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    objects: Vec<SeenObject>,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenObject {
    /// The provider's id, where it has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    id: String,
    /// What tells it from the others of its collection, where that shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    /// The values of its fields; of an ordered list, `items`.
    fields: BTreeMap<String, Value>,
    /// The word for the state that it is in, where its kind shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// Why it is not the user's to declare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    foreign: Option<String>,
    /// Of an ordered list: the places of the items that other objects made for themselves.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    foreign_items: BTreeSet<usize>,
    /// The collections that live in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    collections: Vec<SeenCollection>,
}

/// Why a file is no snapshot that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    /// It is something else, or damaged.
    #[error("`{0}` is no snapshot: {1}")]
    NotASnapshot(String, String),
    /// A later version wrote it.
    #[error("`{0}` was written by a later version of Trueup (format {1})")]
    Later(String, u64),
    /// It is about something else.
    #[error("`{0}` is a snapshot of workspace `{1}`")]
    Other(String, String),
    /// Its fingerprints say nothing here.
    #[error("`{0}` was taken with another key: its secrets can't be compared")]
    Key(String),
}

impl Snapshot {
    /// What was seen at a time. The fingerprints are those of the ledger's key.
    pub(crate) fn of(topology: &Topology, observed: &Observed, base: &Base, taken: &str) -> Snapshot {
        // What was sent as a secret is one, though no file gives it any more.
        kept_secrets::learn(topology, &matching::index(topology, observed, base), base);
        let taking = Taking { topology, base, taken };
        let target = |target: &Target| match observed.targets.get(&target.name) {
            Some(view) => taking.target(target, view),
            None => taking.unreached(target, observed.why_unseen(&target.name)),
        };
        let targets = topology.targets.iter().map(|(name, it)| (name.clone(), target(it))).collect();
        let (workspace, key_id) = (topology.workspace.clone(), base.key.id());
        Snapshot { format: FORMAT, workspace, taken: taken.to_owned(), key_id, targets }
    }

    /// Reads the content of a file that is to be a snapshot of a workspace.
    ///
    /// # Errors
    /// It is none, or a later version's, or another workspace's, or made with another key.
    pub(crate) fn read(bytes: &[u8], file: &str, workspace: &str, key_id: &str) -> Result<Snapshot, SnapshotError> {
        let no_snapshot = |error: serde_json::Error| SnapshotError::NotASnapshot(file.into(), error.to_string());
        let value: Value = serde_json::from_slice(bytes).map_err(no_snapshot)?;
        // The format is looked at first: a later one need not look like this one.
        match value.get("format").and_then(Value::as_u64) {
            Some(format) if format > u64::from(FORMAT) => return Err(SnapshotError::Later(file.into(), format)),
            _ => {}
        }
        let snapshot: Snapshot = serde_json::from_value(value).map_err(no_snapshot)?;
        if snapshot.workspace != workspace {
            return Err(SnapshotError::Other(file.into(), snapshot.workspace));
        }
        if snapshot.key_id != key_id {
            return Err(SnapshotError::Key(file.into()));
        }
        Ok(snapshot)
    }

    /// The content of its file.
    ///
    /// # Errors
    /// When JSON can't hold it.
    pub(crate) fn text(&self) -> serde_json::Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }
}

/// What goes from a look into a snapshot.
struct Taking<'t> {
    topology: &'t Topology,
    base: &'t Base,
    taken: &'t str,
}

impl Taking<'_> {
    fn target(&self, target: &Target, view: &View) -> SeenTarget {
        let mut installation = Installation::default();
        installation.learn(&view.proofs, self.taken);
        let collections = self.collections(&view.collections);
        SeenTarget { version: view.version.clone(), installation, collections, ..self.bare(target) }
    }

    fn unreached(&self, target: &Target, why: String) -> SeenTarget {
        SeenTarget { unreached: Some(self.redact(&why)), ..self.bare(target) }
    }

    fn bare(&self, target: &Target) -> SeenTarget {
        let (provider, at) = (target.provider.name.to_owned(), self.redact(&target.at));
        let (installation, collections) = (Installation::default(), Vec::new());
        SeenTarget { provider, at, unreached: None, version: None, installation, collections }
    }

    fn collections(&self, collections: &[Collection]) -> Vec<SeenCollection> {
        let seen = |collection: &Collection| {
            let kind = collection.kind.name.to_owned();
            match &collection.seen {
                Seen::Unseen(why) => SeenCollection { kind, unseen: Some(self.redact(why)), objects: Vec::new() },
                Seen::Objects(objects) => {
                    let mut objects: Vec<SeenObject> =
                        objects.iter().map(|live| self.object(collection.kind, live)).collect();
                    // APIs promise no order of objects, and some hand ids out anew.
                    objects.sort_by_cached_key(|object| (object.identity.clone(), object.id.clone()));
                    SeenCollection { kind, unseen: None, objects }
                }
            }
        };
        collections.iter().map(seen).collect()
    }

    fn object(&self, kind: &'static Kind, live: &Live) -> SeenObject {
        let fields = match kind.identity {
            Identity::Sequence { .. } => {
                let items = live.items(kind).map(|(item, _)| Value::from_iter(self.fields(kind, item)));
                BTreeMap::from([(ITEMS.to_owned(), Value::Array(items.collect()))])
            }
            _ => self.fields(kind, &live.raw),
        };
        SeenObject {
            id: self.redact(&live.id),
            identity: live.identity(kind).map(|key| self.redact(&key.to_string())).filter(|key| !key.is_empty()),
            fields,
            state: live.state(kind).map(|word| self.redact(word)),
            foreign: live.foreign.map(str::to_owned),
            foreign_items: live.foreign_items.clone(),
            collections: self.collections(&live.children),
        }
    }

    /// The fields that an object shows.
    fn fields(&self, kind: &'static Kind, raw: &Value) -> BTreeMap<String, Value> {
        let value = |field: &Field| {
            let value = canonical(&field.ty, &read(field, raw));
            let kept = self.base.stored(&self.topology.secrets.redact_attr(&value));
            (!kept.is_null()).then(|| (field.name.to_owned(), kept))
        };
        kind.fields.iter().filter_map(value).collect()
    }

    fn redact(&self, text: &str) -> String {
        self.topology.secrets.redact(text)
    }
}

#[cfg(test)]
mod tests;
