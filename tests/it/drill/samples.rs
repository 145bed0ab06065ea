//! The drill's samples: for each kind what it needs around it, and two declarations that differ in every field.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use trueup::parts::{Field, Identity, Kind, Provider, source};

/// The samples of one provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Samples {
    /// Declared around every kind: collections as in a workspace.
    #[serde(default)]
    pub around: Map<String, Value>,
    /// Made at the console before anything else: what can't be declared.
    #[serde(default)]
    pub console: Vec<Value>,
    /// Content for fields that take files, below `files/`.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The samples of each kind: one, unless its fields exclude each other.
    kinds: BTreeMap<String, Vec<Sample>>,
}

/// One sample of a kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sample {
    /// Where in the target it stands, as `networks/acme`; for kinds with a parent.
    #[serde(default, rename = "in")]
    pub place: Option<String>,
    /// What else has to be there.
    #[serde(default)]
    pub around: Map<String, Value>,
    /// An object: a map of one name, the fields of what there is one of, or a list for a sequence.
    pub first: Value,
    /// Another one, every field of which is different.
    pub second: Value,
    /// Fields that can only change together.
    #[serde(default)]
    pub together: Vec<Vec<String>>,
    /// Fields whose change can't be exercised alone, with the reason.
    #[serde(default)]
    pub skip: BTreeMap<String, String>,
    /// Why two objects can't stand side by side.
    #[serde(default)]
    pub alone: Option<String>,
    /// Why something is left when it is removed.
    #[serde(default)]
    pub leaves: Option<String>,
    /// The server that it is for, where that is not the usual one.
    #[serde(default)]
    pub server: Option<String>,
}

/// Reads a provider's samples.
pub(crate) fn read(provider: &str) -> Samples {
    let path = format!("{}/tests/it/drill/{provider}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    source::read_as(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The word by which samples ask for a server of that version: those of VNS3 differ by what they hold, those of the others
/// take every sample.
pub(crate) fn server<'v>(provider: &Provider, version: Option<&'v str>) -> Option<&'v str> {
    version.filter(|_| provider.name == "vns3")
}

impl Samples {
    /// The samples of a kind.
    pub(crate) fn of(&self, kind: &Kind) -> &[Sample] {
        self.kinds.get(kind.name).map_or(&[], Vec::as_slice)
    }

    /// What a kind's samples lack.
    pub(crate) fn gaps(&self, kind: &Kind) -> Vec<String> {
        let samples = self.of(kind);
        if samples.is_empty() {
            return vec!["no sample".to_owned()];
        }
        let named = |field: &Field| matches!(kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name);
        let is_covered = |field: &Field| {
            samples.iter().any(|sample| sample.skip.contains_key(field.name) || sample.changes(kind, field.name))
        };
        let gaps = kind.fields.iter().filter(|field| field.is_writable() && !named(field) && !is_covered(field));
        let unknown = samples.iter().flat_map(|sample| sample.skip.keys()).filter(|name| kind.field(name).is_none());
        gaps.map(|field| format!("`{}` never changes", field.name))
            .chain(unknown.map(|name| format!("there is no `{name}` to skip")))
            .collect()
    }
}

impl Sample {
    /// Says whether a field is in both objects, and differs.
    fn changes(&self, kind: &Kind, field: &str) -> bool {
        if let Identity::Sequence { .. } = kind.identity {
            let values = |list: &Value| -> Vec<Value> {
                list.as_array().into_iter().flatten().filter_map(|item| item.get(field)).cloned().collect()
            };
            return values(&self.first) != values(&self.second);
        }
        let value = |object: &Value| {
            let object = object.as_object()?;
            let fields = if kind.identity.is_single() { Some(object) } else { object.values().next()?.as_object() };
            fields?.get(field).cloned()
        };
        let (first, second) = (value(&self.first), value(&self.second));
        first.is_some() && second.is_some() && first != second
    }
}

/// Adds collections to collections, down to the fields.
pub(crate) fn merge(into: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (key, value) in more {
        match (into.get_mut(key), value) {
            (Some(Value::Object(into)), Value::Object(more)) => merge(into, more),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}
