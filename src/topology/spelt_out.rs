//! Resources that a field spells out where it would name them: `configs: [{ name: a, … }]` declares `a` beside the
//! resource that has the field.

use std::sync::Arc;

use super::read::{Above, Reader};
use crate::finding::{PathKey, Place};
use crate::source::Node;
use crate::spec::{Field, Identity, Kind};

impl Reader<'_> {
    /// Declares the resources that a field spells out where it would name them, and leaves their names.
    pub(super) fn named_by(
        &mut self,
        above: &Above,
        kind: &'static Kind,
        field: &Field,
        value: Node,
        place: &Place,
    ) -> Node {
        let Some(other) = above.provider.spelt_out_in(kind, field) else { return value };
        let (left, taken) = take(other, value);
        for SpeltOut { index, name, fields } in taken {
            let mut here = place.clone();
            here.path.push(PathKey::Index(index));
            self.named(above, other, &name, fields, &here);
        }
        left
    }
}

/// A resource that an item of a list spells out.
struct SpeltOut {
    index: usize,
    name: Arc<str>,
    fields: Node,
}

/// Takes the resources of a kind out of a list, and leaves their names.
fn take(kind: &Kind, value: Node) -> (Node, Vec<SpeltOut>) {
    let (Identity::Name(by) | Identity::CaselessName(by)) = kind.identity else { return (value, Vec::new()) };
    let Node::List(items) = value else { return (value, Vec::new()) };
    let mut taken = Vec::new();
    let mut left = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let name = item.get(by).and_then(text);
        match (item, name) {
            (Node::Map(entries), Some(name)) => {
                let own = |key: Arc<str>| kind.field_by_name(&key).map_or(key, |field| field.name.into());
                let rest = entries.into_iter().filter(|(key, _)| &**key != by);
                let fields = Node::Map(rest.map(|(key, value)| (own(key), value)).collect());
                left.push(Node::Text(name.clone()));
                taken.push(SpeltOut { index, name: name.into(), fields });
            }
            (item, _) => left.push(item),
        }
    }
    (Node::List(left), taken)
}

fn text(node: &Node) -> Option<String> {
    match node {
        Node::Text(text) => Some(text.clone()),
        Node::Number(number) => Some(number.to_string()),
        Node::Spelt(spelt) => Some(spelt.text.clone()),
        Node::Null | Node::Bool(_) | Node::List(_) | Node::Map(_) => None,
    }
}
