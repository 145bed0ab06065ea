//! Shapes: the form of each field of a write, and how it is stored. Every complaint is collected, none hides another.

use serde_json::{Map, Value};

use super::kind::Kind;
use super::mention;
use super::store::Store;

/// The form of a value.
pub(super) enum Shape {
    /// Any text that is not blank.
    Text,
    /// True or false.
    Flag,
    /// A whole number; within these bounds.
    Number(i64, i64),
    /// A port; text is read as a number, as the platform does (netfoundry.md#values).
    Port,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The id of a live object of that kind in the network.
    Id(Kind),
    /// The same, or the object itself, spelt out.
    IdOrWhole(Kind),
    /// Role attributes of the object itself: `#tag` only (netfoundry.md#roles-and-mentions).
    Tags,
    /// Role attributes and mentions of objects of that kind (netfoundry.md#roles-and-mentions).
    Mentions(Kind),
    /// An object with these fields.
    Record(&'static [Field]),
    /// A list of such values.
    List(&'static Shape),
    /// Any object.
    Map,
}

/// The way in which a field's value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Reads show it.
    Shown,
    /// Only the create form shows it.
    Hidden,
    /// It is accepted and forgotten.
    Dropped,
}

/// One field of a write form.
pub(super) struct Field {
    /// Its name.
    pub name: &'static str,
    /// The form of its value.
    pub shape: Shape,
    /// Says whether a create form must have it.
    pub required: bool,
    /// Says whether it can be set at creation only.
    pub fixed: bool,
    /// Says whether a change may repeat it although it is fixed.
    pub repeatable: bool,
    /// The value that reads show when it was not given, as JSON; `None` leaves the key out.
    pub unset: Option<&'static str>,
    /// The way in which its value is stored.
    pub keep: Keep,
}

impl Field {
    const fn new(name: &'static str, shape: Shape, required: bool) -> Field {
        Field { name, shape, required, fixed: false, repeatable: false, unset: None, keep: Keep::Shown }
    }

    /// A field that a create form must have.
    pub(crate) const fn required(name: &'static str, shape: Shape) -> Field {
        Field::new(name, shape, true)
    }

    /// A field that may be left out.
    pub(crate) const fn optional(name: &'static str, shape: Shape) -> Field {
        Field::new(name, shape, false)
    }

    /// Can be set at creation only.
    pub(crate) const fn fixed(mut self) -> Field {
        self.fixed = true;
        self
    }

    /// Can be set at creation only, but a change may repeat it.
    pub(crate) const fn repeatable(mut self) -> Field {
        self.fixed = true;
        self.repeatable = true;
        self
    }

    /// The value that reads show when it was not given, as JSON.
    pub(crate) const fn unset(mut self, json: &'static str) -> Field {
        self.unset = Some(json);
        self
    }

    /// Only the create form shows it.
    pub(crate) const fn hidden(mut self) -> Field {
        self.keep = Keep::Hidden;
        self
    }

    /// It is accepted and forgotten.
    pub(crate) const fn dropped(mut self) -> Field {
        self.keep = Keep::Dropped;
        self
    }

    /// The value that is stored when it was not given.
    pub(crate) fn unset_value(&self) -> Option<Value> {
        serde_json::from_str(self.unset?).ok()
    }
}

/// `networkId`: on every object of a network (netfoundry.md#lists). The store keeps it beside the body.
pub(super) const NETWORK_ID: Field = Field::required("networkId", Shape::Text).repeatable().dropped();

/// `name`: on every object (netfoundry.md#requests).
pub(super) const NAME: Field = Field::required("name", Shape::Text);

/// Reads values: where mentions and ids are looked up, and what was wrong so far.
pub(super) struct Reader<'a> {
    /// Where objects are looked up.
    pub store: &'a Store,
    /// The network in which they are looked up.
    pub network: &'a str,
    /// The complaints so far.
    pub complaints: Vec<String>,
}

impl Reader<'_> {
    fn complain(&mut self, message: String) -> Value {
        self.complaints.push(message);
        Value::Null
    }

    /// Reads one value into its stored form.
    pub(crate) fn value(&mut self, shape: &Shape, value: &Value, place: &str) -> Value {
        match (shape, value) {
            (Shape::Text, Value::String(text)) if !text.trim().is_empty() => value.clone(),
            (Shape::Text, _) => self.complain(format!("`{place}` must be a text that is not blank")),
            (Shape::Flag, Value::Bool(_)) => value.clone(),
            (Shape::Flag, _) => self.complain(format!("`{place}` must be true or false")),
            (Shape::Number(low, high), _) => match value.as_i64() {
                Some(number) if (*low..=*high).contains(&number) => value.clone(),
                _ => self.complain(format!("`{place}` must be a whole number from {low} to {high}")),
            },
            (Shape::Port, _) => match value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok())) {
                Some(port) if (1..=65_535).contains(&port) => Value::from(port),
                _ => self.complain(format!("`{place}` must be a port from 1 to 65535")),
            },
            (Shape::Word(words), Value::String(text)) if words.contains(&text.as_str()) => value.clone(),
            (Shape::Word(words), _) => self.complain(format!("`{place}` must be one of {}", words.join(", "))),
            (Shape::IdOrWhole(_), Value::Object(_)) => value.clone(),
            (Shape::Id(kind) | Shape::IdOrWhole(kind), _) => {
                let found = value.as_str().and_then(|id| self.store.get(id));
                match found.filter(|object| object.kind == *kind && object.is_live()) {
                    Some(object) if object.network.as_deref() == Some(self.network) => value.clone(),
                    _ => self.complain(format!("`{place}` names no {} of this network", kind.title())),
                }
            }
            (Shape::Tags, Value::Array(items)) => mention::tags(self, items, place),
            (Shape::Mentions(kind), Value::Array(items)) => mention::mentions(self, *kind, items, place),
            (Shape::Tags | Shape::Mentions(_), _) => self.complain(format!("`{place}` must be a list of texts")),
            (Shape::Record(fields), Value::Object(map)) => Value::Object(self.record(fields, map, place)),
            (Shape::Map, Value::Object(_)) => value.clone(),
            (Shape::Record(_) | Shape::Map, _) => self.complain(format!("`{place}` must be an object")),
            (Shape::List(shape), Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.value(shape, item, &format!("{place}[{index}]")))
                .collect(),
            (Shape::List(_), _) => self.complain(format!("`{place}` must be a list")),
        }
    }

    /// Reads a nested object: required fields are there, others are known, null counts as left out.
    pub(crate) fn record(&mut self, fields: &[Field], map: &Map<String, Value>, place: &str) -> Map<String, Value> {
        for key in map.keys().filter(|key| !fields.iter().any(|field| field.name == *key)) {
            self.complaints.push(format!("`{place}.{key}` is not known"));
        }
        let mut stored = Map::new();
        for field in fields {
            let place = format!("{place}.{}", field.name);
            match map.get(field.name).filter(|value| !value.is_null()) {
                Some(value) => {
                    stored.insert(field.name.to_owned(), self.value(&field.shape, value, &place));
                }
                None if field.required => self.complaints.push(format!("`{place}` is required")),
                None => stored.extend(field.unset_value().map(|value| (field.name.to_owned(), value))),
            }
        }
        stored
    }
}
