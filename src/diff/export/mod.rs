//! A live controller as a desired state: ids become names and references, what is generated or default is left out, and
//! secrets become expressions.
//!
//! * `untold`: what is left out; `referred`: what is told although it is another one's
//! * `names`: those that it makes of files and secrets
//! * `declared`: what the workspace says of it, by which an export is made

mod declared;
mod names;
mod referred;
mod untold;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::address::Address;
use crate::attr::Attr;
pub use crate::diff::export::declared::DeclaredObjects;
use crate::diff::export::declared::{TakenValue, ToldSecret, counterpart, may_hold_secrets, written};
use crate::diff::export::names::{file_name, secret_name};
use crate::diff::export::untold::{goes_without_saying, is_nothing, is_others};
use crate::diff::external;
use crate::diff::index::Index;
use crate::diff::list::live_items;
use crate::diff::naming::{given_name, unique};
use crate::diff::planned::PlannedValues;
use crate::diff::resolve::Resolver;
use crate::spec::{
    CERTIFICATE, Change, Field, Identity, Kind, Provider, Sent, Type, TypeSlot, canonical, edit_up, read,
};
use crate::state::live::{Collection, Live, View};
use crate::topology::{ITEMS, Topology};

/// How an expression begins that makes one secret of another.
const DERIVED: &str = "derive(secret.";

/// What an export gives.
#[derive(Debug, Default)]
pub struct Export {
    /// The target's collections, as a workspace declares them: kind, name, fields.
    pub kinds: Map<String, Value>,
    /// The secrets that its expressions name, with what each is.
    pub secrets: BTreeMap<String, String>,
    /// What could not be exported, and why.
    pub left_out: Vec<(Address, String)>,
    /// What is only told to be there, so that others can refer to it and live in it, and why.
    pub external: Vec<(Address, String)>,
    /// The files that fields name, by path, with whose content they are.
    pub files: BTreeMap<String, FileOf>,
    /// All that is told of.
    told: BTreeSet<Address>,
}

impl Export {
    /// The kinds that are told with fields that the API never gives back, and those fields.
    pub(crate) fn never_given_back(&self, provider: &Provider) -> Vec<(&'static str, Vec<&'static str>)> {
        let is_told = |kind: &&&'static Kind| self.told.iter().any(|address| address.kind() == kind.name);
        let is_kept = |field: &&'static Field| {
            let is_told = self.files.values().any(|file| file.field == field.name);
            field.is_writable() && !field.is_read_back() && !is_told
        };
        let fields = |kind: &&'static Kind| {
            let names: Vec<&str> = kind.fields.iter().filter(is_kept).map(|field| field.name).collect();
            (!names.is_empty()).then_some((kind.name, names))
        };
        provider.kinds.iter().filter(is_told).filter_map(fields).collect()
    }
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

/// Exports some targets: the name of each, and what it holds. No two secrets of theirs have one name, and what one takes from
/// another is told as the expression that the files have.
pub fn export(
    topology: &Topology,
    targets: &[(&str, &View)],
    index: &Index<'_>,
    declared: &DeclaredObjects<'_>,
) -> BTreeMap<String, Export> {
    let planned = PlannedValues::default();
    // What nothing is told of can't be taken from.
    let mut untold = BTreeSet::new();
    loop {
        let mut secret_names = BTreeMap::new();
        let mut taken = BTreeSet::new();
        let mut exports = BTreeMap::new();
        for (target, view) in targets {
            let resolver = Resolver { topology, index, planned: &planned };
            let mut exporter = Exporter {
                target,
                resolver,
                export: Export::default(),
                declared,
                names: std::mem::take(&mut secret_names),
                untold: &untold,
                taken: std::mem::take(&mut taken),
                referred: BTreeMap::new(),
            };
            let mut kinds = exporter.collections(None, &view.collections);
            exporter.tell_referred(&mut kinds);
            (secret_names, taken) = (exporter.names, exporter.taken);
            exports.insert((*target).to_owned(), Export { kinds, ..exporter.export });
        }
        let is_told = |address: &&Address| exports.values().any(|export| export.told.contains(*address));
        let missing: Vec<Address> = taken.iter().filter(|address| !is_told(address)).cloned().collect();
        if missing.is_empty() {
            return exports;
        }
        untold.extend(missing);
    }
}

struct Exporter<'e> {
    target: &'e str,
    resolver: Resolver<'e>,
    export: Export,
    declared: &'e DeclaredObjects<'e>,
    /// The secrets' names, with whose each is: different values never share one.
    names: BTreeMap<String, String>,
    /// What can't be taken from, as nothing is told of it.
    untold: &'e BTreeSet<Address>,
    /// What was taken from.
    taken: BTreeSet<Address>,
    /// What is another one's and referred to, with its kind.
    referred: BTreeMap<Address, &'static Kind>,
}

/// Where a value stands: the resource, and the path from its field on.
struct ValueSpot<'s> {
    address: &'s Address,
    path: String,
    /// Says whether the files put secrets there, or what others give: then not even a text without a counterpart in the
    /// files may repeat one.
    may_hold_secrets: bool,
    /// What the files take from other resources there.
    taken: &'s [TakenValue<'s>],
}

impl ValueSpot<'_> {
    fn below(&self, key: &str) -> Self {
        ValueSpot { path: format!("{}.{key}", self.path), ..*self }
    }
}

impl Exporter<'_> {
    /// An export tells what can be declared, and each object once. What opens is told among the credentials, and of a
    /// certificate too little is shown.
    fn is_told(&self, kind: &Kind) -> bool {
        let target = self.resolver.topology.targets.get(self.target);
        let is_login = target.is_some_and(|target| target.provider.dialect.is_login(kind));
        let is_shown = !is_login && !kind.fields.iter().any(|field| field.ty.is(&CERTIFICATE));
        kind.is_declarative() && kind.newer_view().is_none() && is_shown
    }

    fn collections(&mut self, parent: Option<&Address>, collections: &[Collection]) -> Map<String, Value> {
        let mut kinds = Map::new();
        for collection in collections {
            if !self.is_told(collection.kind) {
                continue;
            }
            let mut resources = Map::new();
            let mut names = BTreeSet::new();
            let own = |live: &&Live| live.foreign.is_none() && !live.is_gone(collection.kind);
            for live in collection.objects().iter().filter(own) {
                let name = given_name(collection.kind, live).map(|name| unique(name, &mut names));
                let address = match parent {
                    Some(parent) => parent.child(collection.kind.name, name.as_deref()),
                    None => Address::new(self.target, collection.kind.name, name.as_deref()),
                };
                let Some(value) = self.resource(&address, collection.kind, live) else { continue };
                self.export.told.insert(address);
                match name {
                    Some(name) => resources.insert(literal(&name), value),
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
            let declared = self.declared.get(self.target, kind, live).and_then(|resource| resource.fields.get(ITEMS));
            let items = live_items(kind, live);
            let (may_hold_secrets, taken) = (may_hold_secrets(declared), self.declared.taken(declared));
            let items: Vec<Value> = items
                .iter()
                .enumerate()
                .map(|(n, item)| {
                    let declared = counterpart(declared, items.len(), n);
                    let spot = ValueSpot { address, path: n.to_string(), may_hold_secrets, taken: &taken };
                    self.item(&spot, kind, item, declared)
                })
                .collect();
            return (!items.is_empty()).then_some(Value::Array(items));
        }
        let mut fields = Map::new();
        for field in kind.fields.iter().filter(|field| field.is_read_back() || matches!(field.ty, Type::File(_))) {
            if let Some(value) = self.field(address, kind, field, live) {
                fields.insert(field.name.to_owned(), value);
            }
        }
        fields.extend(self.collections(Some(address), &live.children));
        if let Some(missing) = kind.fields.iter().find(|field| external::lacks(kind, field, &fields)) {
            let why = format!("the API does not give back `{}`, which it needs", missing.name);
            let external = external::exported(kind, fields);
            let told = if external.is_some() { &mut self.export.external } else { &mut self.export.left_out };
            told.push((address.clone(), why));
            return external;
        }
        (!fields.is_empty() || !kind.identity.is_single()).then_some(Value::Object(fields))
    }

    /// Says whether the controller gives back the content of a field's file.
    fn is_handed_out(&self, kind: &Kind, field: &Field) -> bool {
        let target = self.resolver.topology.targets.get(self.target);
        let artifacts = target.map_or(&[][..], |target| target.provider.artifacts);
        artifacts.iter().any(|artifact| artifact.of == Some(kind.name) && artifact.content_of == Some(field.name))
    }

    fn item(&mut self, spot: &ValueSpot<'_>, kind: &Kind, item: &Attr, declared: Option<&Attr>) -> Value {
        let Attr::Map(map) = item else { return item.to_shown() };
        let told = kind.fields.iter().filter_map(|field| {
            let is_untold = |value: &Attr| is_nothing(value) || goes_without_saying(field, value);
            let told = |value: &&Attr| !is_untold(value) && field.is_read_back();
            let value = map.get(field.name).filter(told)?;
            let declared = declared.and_then(|item| item.get(field.name));
            Some((field.name.to_owned(), self.shown(&spot.below(field.name), value, declared)))
        });
        Value::Object(told.collect::<Vec<_>>().into_iter().collect())
    }

    fn field(&mut self, address: &Address, kind: &Kind, field: &'static Field, live: &Live) -> Option<Value> {
        if let Type::File(_) = field.ty {
            self.is_handed_out(kind, field).then_some(())?;
            let file = FileOf { address: address.clone(), field: field.name, id: live.id.clone() };
            let path = format!("{}/{}/{}", self.target, address.kind(), file_name(&live.id));
            self.export.files.insert(path.clone(), file);
            return Some(Value::String(path));
        }
        // The YAML name says it already.
        if matches!(kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name) {
            return None;
        }
        let value = canonical(&field.ty, &read(field, &live.raw));
        let own_call_only = field.sent == Sent::ByItself && matches!(field.change, Change::Switch { .. });
        let is_needed = own_call_only && field.is_required();
        if is_nothing(&value)
            || !is_needed && goes_without_saying(field, &value)
            || is_others(kind, field, &value, live)
        {
            return None;
        }
        self.refers(address, field, &value);
        let named = self.resolver.with_names(address, field, &value);
        let declared = self.declared.get(self.target, kind, live);
        let declared = declared.and_then(|resource| resource.fields.get(field.name));
        let (may_hold_secrets, taken) = (may_hold_secrets(declared), self.declared.taken(declared));
        let spot = ValueSpot { address, path: field.name.to_owned(), may_hold_secrets, taken: &taken };
        Some(self.shown(&spot, &known(&field.ty, named), declared))
    }

    /// A value as YAML says it: a whole value that is secret as an expression, and a literal `${` escaped.
    fn shown(&mut self, spot: &ValueSpot<'_>, attr: &Attr, declared: Option<&Attr>) -> Value {
        if let Some(expression) = self.taken_from(spot, attr) {
            return Value::String(expression);
        }
        let told = match (attr, declared) {
            (Attr::Secret(secret), declared) => Some(self.declared.told_secret(declared, secret)),
            (Attr::Text(text), Some(declared)) => self.declared.told(declared, text),
            (Attr::Text(text), None) if spot.may_hold_secrets && self.declared.knows_secret_in(text) => {
                Some(ToldSecret::Own)
            }
            _ => None,
        };
        match (attr, told) {
            (_, Some(ToldSecret::Own)) => Value::String(format!("${{secret.{}}}", self.secret(spot))),
            (_, Some(ToldSecret::By(expression))) => Value::String(self.expression(&expression)),
            (Attr::Text(text), None) => Value::String(literal(text)),
            (Attr::List(items), None) => {
                let item = |(n, item): (usize, &Attr)| {
                    self.shown(&spot.below(&n.to_string()), item, counterpart(declared, items.len(), n))
                };
                Value::Array(items.iter().enumerate().map(item).collect())
            }
            (Attr::Map(map), None) => {
                let told = map.iter().filter(|(_, value)| !is_nothing(value));
                let pairs: Vec<(String, Value)> = told
                    .map(|(key, value)| {
                        let declared = declared.and_then(|declared| declared.get(key));
                        (key.clone(), self.shown(&spot.below(key), value, declared))
                    })
                    .collect();
                Value::Object(pairs.into_iter().collect())
            }
            (other, None) => other.to_shown(),
        }
    }

    /// The expression of the files that gives a value, where what it takes from is told, too.
    fn taken_from(&mut self, spot: &ValueSpot<'_>, attr: &Attr) -> Option<String> {
        let template = spot.taken.iter().find(|taken| taken.is(attr))?.template;
        let mut taken = Vec::new();
        let expression = written(template, &mut |declared| {
            let kind = self.resolver.topology.targets.get(declared.target())?.provider.kind(declared.kind())?;
            let address = match kind.identity.is_single() && declared.parent().is_none() {
                true => declared.clone(),
                false => self.resolver.index.by_id(declared, &[kind.name], &self.declared.live(declared)?.id)?.clone(),
            };
            if kind.is_declarative() {
                taken.push(address.clone());
            }
            Some(address)
        })?;
        let is_told = taken.iter().all(|address| !self.untold.contains(address));
        self.taken.extend(taken.into_iter().filter(|_| is_told));
        is_told.then_some(expression)
    }

    /// The name of the secret for a value.
    fn secret(&mut self, spot: &ValueSpot<'_>) -> String {
        let whose = format!("`{}` of {}", spot.path, spot.address);
        let name = secret_name(spot.address, &spot.path);
        let mut candidate = name.clone();
        let mut n = 2;
        while self.names.get(&candidate).is_some_and(|known| *known != whose) {
            candidate = format!("{name}-{n}");
            n += 1;
        }
        self.names.insert(candidate.clone(), whose.clone());
        self.export.secrets.insert(candidate.clone(), whose);
        candidate
    }

    /// Notes a secret of the workspace that an expression names.
    fn names_secret(&mut self, name: &str) {
        let whose = "a secret of the workspace that it was exported by";
        self.names.insert(name.to_owned(), whose.to_owned());
        self.export.secrets.insert(name.to_owned(), whose.to_owned());
    }

    /// An expression of the workspace, with the secrets that it names; what only looks like one is text.
    fn expression(&mut self, expression: &str) -> String {
        let begins = |text: &str| text.starts_with("secret.") || text.starts_with(DERIVED);
        let is_bare = |text: &str| begins(text) && !text.contains("${");
        let text = if is_bare(expression) { format!("${{{expression}}}") } else { expression.to_owned() };
        let mut told = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            told.push_str(before);
            if let Some((name, _)) = after.strip_prefix(DERIVED).and_then(|after| after.split_once(',')) {
                self.names_secret(name);
                told.push_str("${");
                rest = after;
                continue;
            }
            match after.strip_prefix("secret.").and_then(|after| after.split_once('}')) {
                Some((name, left)) => {
                    told.push_str(&format!("${{secret.{name}}}"));
                    self.names_secret(name);
                    rest = left;
                }
                None => {
                    told.push_str("$${");
                    rest = after;
                }
            }
        }
        told.push_str(rest);
        told
    }
}

/// A text as YAML says it, where expressions are carried out.
pub(crate) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// A value without what the provider puts into it: of an object, the fields that can be declared.
pub(crate) fn known(ty: &Type, mut attr: Attr) -> Attr {
    edit_up(TypeSlot::typed(*ty), &mut attr, &mut |slot, value| {
        if let (Type::Object(fields), Attr::Map(map)) = (slot.ty, value) {
            map.retain(|key, _| fields.iter().any(|field| field.name == key && field.is_writable()));
        }
    });
    attr
}
