//! Drafts: what the files declare, before any expression is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::given_at::GivenAt;
use super::item_place::ItemPlace;
use crate::address::Address;
use crate::attr::Attr;
use crate::fabric::FabricOrigin;
use crate::finding::Place;
use crate::source::Node;
use crate::spec::{Field, Kind, Provider, Type};

/// A resource as a file declares it.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// The declared fields.
    pub fields: Vec<DraftField>,
    /// How much of it is ours.
    pub owned_parts: OwnedParts,
    /// Where it is declared.
    pub place: Place,
    /// What `${each.…}` means within.
    pub each: Option<Arc<Each>>,
    /// The declaration of the fabric that it came from; `None` if files declare it one by one.
    pub origin: Option<Arc<FabricOrigin>>,
    /// The name that it had until now.
    pub renamed_from: Option<String>,
    /// Where files say that it is not to be, although a fabric has it.
    pub absent: Option<Place>,
}

/// How much of a resource is ours, by fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnedParts {
    /// Whether it is somebody else's.
    pub external: bool,
    /// The fields that are left alone.
    pub unmanaged: BTreeSet<String>,
    /// The fields of which only the declared items are ours.
    pub partial: BTreeMap<String, PartialDraft>,
}

/// A field of which only the declared items are ours.
#[derive(Debug, Clone)]
pub(crate) struct PartialDraft {
    /// Where ours stand among those of others, its text as the file gives it.
    pub among: ItemPlace,
    /// Where that is said.
    pub place: Place,
}

impl Draft {
    /// What values one of its fields takes.
    pub(crate) fn type_of(&self, field: &'static Field) -> &'static Type {
        let is_given = |other: &str| self.fields.iter().any(|given| &*given.name == other);
        field.type_among(self.kind.fields, &|other| if is_given(other) { Attr::Bool(true) } else { Attr::Null })
    }
}

/// A declared field.
#[derive(Debug, Clone)]
pub(crate) struct DraftField {
    /// The field's name.
    pub name: Arc<str>,
    /// What the file gives.
    pub value: Node,
    /// Where, if not below the resource.
    pub given_at: Option<GivenAt>,
}

impl DraftField {
    /// The field that a resource's name stands for. It counts as given: outputs may name it.
    pub(crate) fn own_name(field: &str, name: &str) -> DraftField {
        DraftField { name: field.into(), value: Node::Text(name.replace("${", "$${")), given_at: None }
    }
}

/// What `${each.key}` and `${each.value}` mean in one of the things that an `each` makes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Each {
    /// The map's key, the list's item where that is a text, or the value in it that is named.
    pub key: String,
    /// The map's value or the list's item.
    pub value: Node,
}

/// What a file gives one of a target's own keys.
#[derive(Debug, Clone)]
pub(crate) struct TargetSetting {
    /// What it gives.
    pub node: Node,
    /// Where.
    pub place: Place,
    /// What `${each.…}` means there.
    pub each: Option<Arc<Each>>,
}

/// Says whether a value retires a target; `None` where it is no answer. Tables hold texts.
pub(crate) fn retires(node: &Node) -> Option<bool> {
    match node.to_text()?.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// A target as the files declare it, from any number of places.
#[derive(Debug, Clone)]
pub(crate) struct TargetDraft {
    /// Its provider.
    pub provider: &'static Provider,
    /// Its own keys.
    pub keys: BTreeMap<Arc<str>, TargetSetting>,
    /// Where it is declared first.
    pub place: Place,
}

/// Everything that the files declare.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drafts {
    /// Targets by name.
    pub targets: BTreeMap<String, TargetDraft>,
    /// Resources in order of the files.
    pub resources: Vec<Draft>,
}
