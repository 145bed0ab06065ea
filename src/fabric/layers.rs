//! Layers: what a resource's fields are given, from weak to strong, and where.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::Place;
use crate::source::Node;

/// What a field is given by the strongest layer that says something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LayeredField {
    /// The value.
    pub value: Node,
    /// Where.
    pub place: Arc<Place>,
}

/// The fields of a resource as layers give them, one over the other: profile, vpn, connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldLayers {
    fields: BTreeMap<Arc<str>, LayeredField>,
}

impl FieldLayers {
    /// Lays a value over what is there. Nothing takes it away.
    pub(crate) fn give(&mut self, name: impl Into<Arc<str>>, value: impl Into<LayeredValue>, place: &Arc<Place>) {
        let name = name.into();
        match value.into().0 {
            Node::Null => drop(self.fields.remove(&name)),
            value => drop(self.fields.insert(name, LayeredField { value, place: place.clone() })),
        }
    }

    /// The same, if there is a value.
    pub(crate) fn give_some(&mut self, name: &str, value: Option<impl Into<LayeredValue>>, place: &Arc<Place>) {
        if let Some(value) = value {
            self.give(name, value, place);
        }
    }

    /// What a field is given.
    pub(crate) fn get(&self, name: &str) -> Option<&LayeredField> {
        self.fields.get(name)
    }

    /// The text that a field is given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.as_text()
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &LayeredField)> {
        self.fields.iter()
    }

    /// The same with a word in the texts replaced by another one.
    pub(crate) fn named(&self, word: &str, name: &str) -> FieldLayers {
        let fields = self.fields.iter().map(|(key, field)| {
            (key.clone(), LayeredField { value: replaced(&field.value, word, name), place: field.place.clone() })
        });
        FieldLayers { fields: fields.collect() }
    }
}

/// A value with a word in its texts replaced by another one.
pub(crate) fn replaced(node: &Node, word: &str, name: &str) -> Node {
    match node {
        Node::Text(text) => Node::Text(text.replace(word, name)),
        Node::List(items) => Node::List(items.iter().map(|item| replaced(item, word, name)).collect()),
        Node::Map(entries) => {
            Node::Map(entries.iter().map(|(key, value)| (key.clone(), replaced(value, word, name))).collect())
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Spelt(_) => node.clone(),
    }
}

/// A value that a layer gives.
pub(crate) struct LayeredValue(Node);

impl From<Node> for LayeredValue {
    fn from(value: Node) -> LayeredValue {
        LayeredValue(value)
    }
}

impl From<String> for LayeredValue {
    fn from(text: String) -> LayeredValue {
        LayeredValue(Node::Text(text))
    }
}

impl From<&str> for LayeredValue {
    fn from(text: &str) -> LayeredValue {
        LayeredValue(Node::Text(text.to_owned()))
    }
}

impl From<bool> for LayeredValue {
    fn from(value: bool) -> LayeredValue {
        LayeredValue(Node::Bool(value))
    }
}

impl From<u32> for LayeredValue {
    fn from(number: u32) -> LayeredValue {
        LayeredValue(Node::Number(number.into()))
    }
}

impl From<Vec<String>> for LayeredValue {
    fn from(texts: Vec<String>) -> LayeredValue {
        LayeredValue(Node::List(texts.into_iter().map(Node::Text).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_layer_decides_and_nothing_takes_away() {
        let at = |name: &str| Arc::new(Place::file("f.yaml").below(name));
        let mut fields = FieldLayers::default();
        fields.give("pfs", true, &at("profile"));
        fields.give("psk", "${secret.a-${pair}}", &at("vpn"));
        fields.give("pfs", false, &at("vpn"));
        fields.give("nat", true, &at("profile"));
        fields.give("nat", Node::Null, &at("connection"));
        let named = fields.named("${pair}", "bern-oslo");
        assert_eq!(named.text("psk"), Some("${secret.a-bern-oslo}"));
        let pfs = named.get("pfs").unwrap();
        assert_eq!((&pfs.value, &pfs.place), (&Node::Bool(false), &at("vpn")));
        assert!(named.get("nat").is_none());
        assert_eq!(named.iter().count(), 2);
    }
}
