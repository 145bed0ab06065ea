//! A map has the keys that the file which it is for declares.
//!
//! Servers drop undeclared keys and report success, and find out about missing ones when the rest is done.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::attr::Attr;
use crate::check::walk::{WalkStep, place};
use crate::check::{Subject, rule};
use crate::finding::Finding;
use crate::spec::{DeclaredKeys, DocumentsIn, Field, Type};
use crate::suggest::hint;
use crate::topology::{FileContent, Resource, Topology};

rule! {
    /// A map gives a value that the file it is for does not declare so, or lacks one that it needs.
    "undeclared-input" is Fixed;
    bad: "";
    good: "";
}

fn run(subject: &Subject) -> Vec<Finding> {
    find(subject.topology)
}

/// The keys that a file declares for a map.
type Keys = Option<(&'static str, DeclaredKeys)>;

/// The findings on maps whose files are here.
pub(crate) fn find(topology: &Topology) -> Vec<Finding> {
    let mut known: BTreeMap<Address, Keys> = BTreeMap::new();
    let mut found = Vec::new();
    for resource in topology.resources.values() {
        for (documents, source) in sources(topology, resource) {
            let declared = known.entry(source.address.clone()).or_insert_with(|| declared(source, documents));
            if let Some((map, declared)) = declared
                && let Some(field) = resource.kind.field(map)
            {
                found.extend(compare(resource, field, source, declared));
            }
        }
    }
    found
}

/// The files that declare keys of a resource's maps.
pub(crate) fn read_for<'t>(topology: &'t Topology, resource: &'t Resource) -> impl Iterator<Item = &'t FileContent> {
    sources(topology, resource).filter_map(|(_, source)| source.content())
}

/// Where keys of a resource's maps may be declared, each with the resource that brings the file.
fn sources<'t>(topology: &'t Topology, resource: &'t Resource) -> impl Iterator<Item = (DocumentsIn, &'t Resource)> {
    resource.kind.fields.iter().filter_map(|field| Some((field.documents_in?, source(topology, resource, field)?)))
}

/// The resource that brings the file.
fn source<'t>(topology: &'t Topology, resource: &Resource, field: &Field) -> Option<&'t Resource> {
    let Type::Ref(kind) = field.ty else { return None };
    let name = resource.fields.get(field.name)?.to_text()?;
    let provider = topology.targets.get(resource.address.target())?.provider;
    topology.resources.get(&topology.referred(&resource.address, provider, &[kind], &name)?)
}

/// The map whose keys the file declares, and the keys; `None` where they can't be told.
fn declared(source: &Resource, documents: DocumentsIn) -> Keys {
    let content = source.content()?;
    let main = source.text_of(documents.document)?;
    let files = content.documents()?;
    (documents.read)(&main, &|path| files.get(path).cloned())?.keys
}

fn compare(resource: &Resource, field: &Field, source: &Resource, declared: &DeclaredKeys) -> Vec<Finding> {
    let nothing = BTreeMap::new();
    let given = match resource.fields.get(field.name) {
        Some(Attr::Map(map)) => map,
        None => &nothing,
        // An expression's value is not known yet.
        Some(_) => return Vec::new(),
    };
    let mut found = Vec::new();
    for (name, value) in given {
        let path = [WalkStep::Name(field.name), WalkStep::Name(name)];
        let mut place = place(resource, &path);
        let finding = match declared.keys.get(name) {
            None if declared.is_open => continue,
            None => {
                place.at_key = true;
                let message = format!("`{}` declares no `{name}`, which `{}` gives", source.address, resource.address);
                Finding::error(RULE.code, message).help(hint(name, declared.keys.keys().map(String::as_str)))
            }
            Some(key) => {
                let Some(ty) = key.ty.filter(|ty| !is_unknown(value) && !ty.takes(&value.to_shown())) else { continue };
                let message = format!("`{name}` of `{}` has to be {}", resource.address, ty.as_str());
                let help = format!("`{}` declares it so, and the server converts nothing", source.address);
                Finding::error(RULE.code, message).help(help)
            }
        };
        found.push(finding.at(&place));
    }
    for (name, _) in declared.keys.iter().filter(|(name, key)| key.is_needed && !given.contains_key(*name)) {
        let message = format!("`{}` lacks `{name}`, which `{}` needs", resource.address, source.address);
        let mut at = place(resource, &[]);
        if resource.fields.contains_key(field.name) {
            at = place(resource, &[WalkStep::Name(field.name)]);
            at.at_key = true;
        }
        found.push(Finding::error(RULE.code, message).help(format!("add `{name}` to `{}`", field.name)).at(&at));
    }
    found
}

/// Says whether a value can't be judged yet.
fn is_unknown(value: &Attr) -> bool {
    value.is_later() || matches!(value, Attr::Secret(_))
}
