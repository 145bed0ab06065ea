//! Expansion: the resources that a fabric comes to, before files override them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::layers::FieldLayers;
use super::model::Controller;
use super::origin::FabricOrigin;
use crate::address::Address;
use crate::finding::Place;
use crate::source::Node;
use crate::spec::Kind;

/// A resource that a fabric comes to.
#[derive(Debug, Clone)]
pub(crate) struct ExpandedResource {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its fields, each with the place that gives it.
    pub fields: FieldLayers,
    /// The declaration that it comes from.
    pub origin: Arc<FabricOrigin>,
    /// Where that is.
    pub place: Arc<Place>,
    /// The fields in which another resource has to agree, which is ours, too.
    pub agreed: AgreedFields,
}

/// Fields in which two halves have to agree.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AgreedFields {
    /// The fields.
    pub fields: &'static [&'static str],
    /// A list of `WORD=VALUE` with the words of which it is true.
    pub options: Option<(&'static str, &'static [&'static str])>,
}

impl AgreedFields {
    /// Nothing.
    pub(super) const NONE: AgreedFields = AgreedFields { fields: &[], options: None };

    /// Says whether a field may have another value on one half alone.
    pub(crate) fn allows(self, field: &str, below: Option<&Node>, over: &Node) -> bool {
        if let Some((list, words)) = self.options
            && list == field
        {
            let of = |node: Option<&Node>| -> BTreeSet<String> {
                let items = match node {
                    Some(Node::List(items)) => items.as_slice(),
                    _ => &[],
                };
                let begins = |text: &&str| text.split_once('=').is_some_and(|(word, _)| words.contains(&word));
                items.iter().filter_map(Node::as_text).filter(begins).map(str::to_owned).collect()
            };
            return of(below) == of(Some(over));
        }
        !self.fields.contains(&field) || below == Some(over)
    }
}

/// An item of a list that files declare, at the place that they mark for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExpandedItem {
    /// The item.
    pub value: Node,
    /// Where the fabric says so.
    pub place: Arc<Place>,
}

/// What a fabric comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expansion {
    /// The resources, each once.
    pub resources: BTreeMap<Address, ExpandedResource>,
    /// The items for lists: by the address of the list.
    pub items: BTreeMap<Address, (&'static Kind, Vec<ExpandedItem>)>,
    /// What tells the items of a controller's lists apart.
    texts: HashSet<(String, String)>,
    /// The lists of files in which such items stand, once they do.
    pub lists: BTreeSet<Address>,
    /// What the other sides have to set, which are not ours.
    pub others: Vec<OtherSide>,
    /// The controllers that are given up, each with the place that says so.
    pub retired: Vec<(String, Place)>,
    /// What clouds have to let in, by controller.
    pub let_in: BTreeMap<String, Vec<&'static str>>,
}

/// What a gateway that is not ours has to set for a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OtherSide {
    /// The connection.
    pub connection: String,
    /// The vpn that it belongs to.
    pub vpn: String,
    /// What, and to which value.
    pub settings: Vec<(&'static str, String)>,
}

impl Expansion {
    /// Adds a resource; one that is there already stays.
    pub(super) fn add(
        &mut self,
        (controller, kind): (&Controller, &str),
        address: Address,
        fields: FieldLayers,
        (origin, place): (&Arc<FabricOrigin>, &Arc<Place>),
        agreed: AgreedFields,
    ) {
        let Some(kind) = controller.kind(kind) else { return };
        let (origin, place) = (origin.clone(), place.clone());
        let resource = ExpandedResource { address: address.clone(), kind, fields, origin, place, agreed };
        self.resources.entry(address).or_insert(resource);
    }

    /// Adds an item to a list of a controller; one that is there already stays.
    pub(super) fn add_item(
        &mut self,
        controller: &Controller,
        (kind, key): (&str, &str),
        value: Node,
        place: &Arc<Place>,
    ) {
        let text = value.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
        let Some(kind) = controller.kind(kind) else { return };
        let (_, items) = self.items.entry(controller.address(kind.name, None)).or_insert((kind, Vec::new()));
        if self.texts.insert((controller.name.clone(), text)) {
            items.push(ExpandedItem { value, place: place.clone() });
        }
    }

    /// Notes what the cloud of a controller has to let in.
    pub(super) fn let_in(&mut self, controller: &Controller, words: &'static [&'static str]) {
        let known = self.let_in.entry(controller.name.clone()).or_default();
        for word in words {
            if !known.contains(word) {
                known.push(word);
            }
        }
    }
}
