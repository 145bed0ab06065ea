//! A live controller as a desired state: ids become names and references, what is generated or default is left out, and
//! secrets become expressions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::address::Address;
use crate::attr::Attr;
use crate::diff::compare::live_items;
use crate::diff::index::Index;
use crate::diff::live::{Collection, Live, View};
use crate::diff::matching::is_gone;
use crate::diff::naming::given_name;
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::Resolver;
use crate::secret::Piece;
use crate::spec::{
    AtCreate, Change, Class, Field, Flow, Identity, Kind, List, Type, TypeSlot, canonical, edit_up, read,
};
use crate::topology::Topology;

/// What an export gives.
#[derive(Debug, Default)]
pub struct Export {
    /// The target's collections, as a workspace declares them: kind, name, fields.
    pub kinds: Map<String, Value>,
    /// The secrets that its expressions name, with what each is.
    pub secrets: BTreeMap<String, String>,
    /// What could not be exported, and why.
    pub left_out: Vec<(Address, String)>,
    /// The files that fields name, by path, with whose content they are.
    pub files: BTreeMap<String, FileOf>,
}

/// Whose content a file is.
#[derive(Debug)]
pub struct FileOf {
    /// The resource.
    pub address: Address,
    /// The field that names the file.
    pub field: &'static str,
    /// The provider's id of the object.
    pub id: String,
}

/// Exports one target.
pub fn export(topology: &Topology, target: &str, view: &View, index: &Index<'_>) -> Export {
    let planned = PlannedValues::default();
    let resolver = Resolver { topology, index, planned: &planned };
    let mut exporter = Exporter { target, resolver, export: Export::default() };
    let kinds = exporter.collections(None, &view.collections);
    Export { kinds, ..exporter.export }
}

struct Exporter<'e> {
    target: &'e str,
    resolver: Resolver<'e>,
    export: Export,
}

impl Exporter<'_> {
    fn collections(&mut self, parent: Option<&Address>, collections: &[Collection]) -> Map<String, Value> {
        let mut kinds = Map::new();
        for collection in collections.iter().filter(|collection| is_told(collection.kind)) {
            let mut resources = Map::new();
            let mut names = BTreeSet::new();
            let own = |live: &&Live| live.foreign.is_none() && !is_gone(collection.kind, live);
            for live in collection.objects().iter().filter(own) {
                let name = given_name(collection.kind, live).map(|name| unique(name, &mut names));
                let address = match parent {
                    Some(parent) => parent.child(collection.kind.name, name.as_deref()),
                    None => Address::new(self.target, collection.kind.name, name.as_deref()),
                };
                let Some(value) = self.resource(&address, collection.kind, live) else { continue };
                match name {
                    Some(name) => resources.insert(name, value),
                    None => kinds.insert(collection.kind.name.to_owned(), value),
                };
            }
            if !resources.is_empty() {
                kinds.insert(collection.kind.name.to_owned(), Value::Object(resources));
            }
        }
        kinds
    }

    fn resource(&mut self, address: &Address, kind: &'static Kind, live: &Live) -> Option<Value> {
        if let Identity::Sequence { .. } = kind.identity {
            let items: Vec<Value> = live_items(kind, live).iter().map(|item| self.item(address, kind, item)).collect();
            return (!items.is_empty()).then_some(Value::Array(items));
        }
        let mut fields = Map::new();
        for field in kind.fields.iter().filter(|field| field.flow == Flow::Both || matches!(field.ty, Type::File(_))) {
            if let Some(value) = self.field(address, kind, field, live) {
                fields.insert(field.name.to_owned(), value);
            }
        }
        fields.extend(self.collections(Some(address), &live.children));
        if let Some(missing) = kind.fields.iter().find(|field| field.required && !has(kind, field, &fields)) {
            let why = format!("the API does not give back `{}`, which it needs", missing.name);
            self.export.left_out.push((address.clone(), why));
            return None;
        }
        (!fields.is_empty() || !kind.identity.is_single()).then_some(Value::Object(fields))
    }

    /// Says whether the controller gives back the content of a field's file.
    fn is_handed_out(&self, kind: &Kind, field: &Field) -> bool {
        let target = self.resolver.topology.targets.get(self.target);
        let artifacts = target.map_or(&[][..], |target| target.provider.artifacts);
        artifacts.iter().any(|artifact| artifact.of == Some(kind.name) && artifact.content_of == Some(field.name))
    }

    fn item(&mut self, address: &Address, kind: &Kind, item: &Attr) -> Value {
        let Attr::Map(map) = item else { return item.to_shown() };
        let told = kind.fields.iter().filter_map(|field| {
            let told = |value: &&Attr| !is_default(field, value) && !is_nothing(value) && field.flow == Flow::Both;
            let value = map.get(field.name).filter(told)?;
            Some((field.name.to_owned(), self.shown(address, field, value)))
        });
        Value::Object(told.collect::<Vec<_>>().into_iter().collect())
    }

    fn field(&mut self, address: &Address, kind: &Kind, field: &'static Field, live: &Live) -> Option<Value> {
        if let Type::File(_) = field.ty {
            self.is_handed_out(kind, field).then_some(())?;
            let file = FileOf { address: address.clone(), field: field.name, id: live.id.clone() };
            let path = format!("{}/{}", address.kind(), live.id);
            self.export.files.insert(path.clone(), file);
            return Some(Value::String(path));
        }
        // The YAML name says it already.
        if matches!(kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name) {
            return None;
        }
        let value = canonical(&field.ty, &read(field, &live.raw));
        let own_call_only = field.at_create == AtCreate::Afterwards && matches!(field.change, Change::Switch(_));
        if is_nothing(&value) || is_default(field, &value) && !(own_call_only && field.required) {
            return None;
        }
        let named = self.resolver.with_names(address, field, &value);
        Some(self.shown(address, field, &known(&field.ty, named)))
    }

    /// A value as YAML says it: secrets as expressions, and a literal `${` escaped.
    fn shown(&mut self, address: &Address, field: &Field, attr: &Attr) -> Value {
        match attr {
            Attr::Secret(_) => {
                let name = secret_name(address, field.name);
                self.export.secrets.insert(name.clone(), format!("`{}` of {address}", field.name));
                Value::String(format!("${{secret.{name}}}"))
            }
            Attr::Text(text) => Value::String(self.text(text)),
            Attr::List(items) => Value::Array(items.iter().map(|item| self.shown(address, field, item)).collect()),
            Attr::Map(map) => {
                let told = map.iter().filter(|(_, value)| !is_nothing(value));
                let pairs: Vec<(String, Value)> =
                    told.map(|(key, value)| (key.clone(), self.shown(address, field, value))).collect();
                Value::Object(pairs.into_iter().collect())
            }
            other => other.to_shown(),
        }
    }
}

impl Exporter<'_> {
    /// A text as YAML says it. A secret of the workspace that stands in it stays the workspace's secret.
    fn text(&mut self, text: &str) -> String {
        let mut told = String::new();
        for piece in self.resolver.topology.secrets.pieces(text) {
            match piece {
                Piece::Plain(text) => told.push_str(&text.replace("${", "$${")),
                Piece::Secret(secret) => {
                    let name = secret.label().trim_start_matches("secret.").to_owned();
                    told.push_str(&format!("${{secret.{name}}}"));
                    self.export.secrets.insert(name, "a secret of the workspace that it was exported by".into());
                }
            }
        }
        told
    }
}

/// An export tells what can be declared, and each object once. What opens is told among the credentials, and of a
/// certificate too little is shown.
fn is_told(kind: &Kind) -> bool {
    let is_shown = !matches!(kind.api.list, List::Login(_))
        && !kind.fields.iter().any(|field| matches!(field.ty, Type::Certificate));
    kind.class == Class::Declarative && kind.older_view_of.is_none() && is_shown
}

/// A value without what the provider puts into it: of an object, the fields that can be declared.
fn known(ty: &Type, mut attr: Attr) -> Attr {
    edit_up(TypeSlot::typed(*ty), &mut attr, &mut |slot, value| {
        if let (Type::Object(fields), Attr::Map(map)) = (slot.ty, value) {
            map.retain(|key, _| fields.iter().any(|field| field.name == key && field.is_writable()));
        }
    });
    attr
}

/// Says whether an exported resource has a field, in its fields or in its name.
fn has(kind: &Kind, field: &Field, fields: &Map<String, Value>) -> bool {
    fields.contains_key(field.name)
        || field.default.is_some()
        || matches!(kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name)
}

fn is_default(field: &Field, value: &Attr) -> bool {
    field.default.is_some() && field.default_value() == *value
}

fn is_nothing(value: &Attr) -> bool {
    match value {
        Attr::Null => true,
        Attr::Text(text) => text.is_empty(),
        Attr::List(items) => items.is_empty(),
        Attr::Map(map) => map.is_empty(),
        Attr::Bool(_) | Attr::Number(_) | Attr::Secret(_) | Attr::Later(_) => false,
    }
}

fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.clone();
    let mut n = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}-{n}");
        n += 1;
    }
    candidate
}

/// A secret's name in `trueup.yaml`, from the resource and the field.
fn secret_name(address: &Address, field: &str) -> String {
    let text = format!("{address}-{field}").to_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}
