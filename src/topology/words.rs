//! Words: the names of other resources in what a declared one says, taken apart by the grammars of its fields.
//!
//! What is declared is looked up here, once for a whole topology; what only a controller knows is looked up by the diff.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::address::Address;
use crate::attr::Attr;
use crate::check::walk::{WalkStep, place, walk};
use crate::finding::Place;
use crate::spec::{By, Called, DocumentsIn, Field, Grammar, Identity, Named, Provider, Type, canonical};
use crate::topology::{Resource, Topology};

/// A word of a declared resource that names another object.
#[derive(Debug, Clone)]
pub(crate) struct TextName {
    /// What it may be called by.
    pub called: &'static Called,
    /// The word as it stands there: `lnk6`.
    pub text: String,
    /// The part of it by which the object is known: `6`.
    pub name: String,
    /// The field in which it stands.
    pub field: String,
    /// Where the files say so.
    pub place: Place,
}

impl TextName {
    /// Says whether the word can't be right where nothing is called by it.
    pub(crate) fn is_mistake(&self, topology: &Topology, from: &Address) -> bool {
        self.called.is_mistake(&self.text) && self.is_anothers(topology, from)
    }

    /// Says whether it is worth telling that nothing is called by it.
    pub(crate) fn is_told(&self, topology: &Topology, from: &Address) -> bool {
        self.called.is_told(&self.text) && self.is_anothers(topology, from)
    }

    /// Says whether it is the name of neither the resource in which it stands nor of what comes with the product.
    fn is_anothers(&self, topology: &Topology, from: &Address) -> bool {
        let kind = || topology.targets.get(from.target())?.provider.kind(self.called.kind);
        self.name != from.name().unwrap_or_default() && kind().is_some_and(|kind| !kind.is_built_in(&self.name))
    }
}

/// The words of a document, or of several: each with its grammar, and whether there may be more of them.
struct DocumentWords {
    named: Vec<Named>,
    is_open: bool,
}

/// What tells the words of two files apart: digest, document, grammar.
type DocumentKey = (String, String, *const Grammar);

/// The words of a topology's resources.
pub(crate) struct TextNames<'t> {
    topology: &'t Topology,
    /// The declared resources by what texts know them by: target, kind, field, value.
    called: BTreeMap<(&'t str, &'static str, &'static str, String), Vec<&'t Address>>,
    documents: RefCell<BTreeMap<DocumentKey, Rc<DocumentWords>>>,
}

impl<'t> TextNames<'t> {
    /// Prepares to tell the words of a topology.
    pub(crate) fn new(topology: &'t Topology) -> TextNames<'t> {
        let mut known: BTreeMap<&str, BTreeSet<(&str, &'static str)>> = BTreeMap::new();
        for target in topology.targets.values() {
            known.entry(target.provider.name).or_insert_with(|| keys(target.provider));
        }
        let mut called: BTreeMap<_, Vec<&Address>> = BTreeMap::new();
        for resource in topology.resources.values() {
            let target = resource.address.target();
            let Some(keys) = topology.targets.get(target).and_then(|target| known.get(target.provider.name)) else {
                continue;
            };
            let kind = resource.kind.name;
            for (_, field) in keys.range((kind, "")..).take_while(|(of, _)| *of == kind) {
                if let Some(value) = value(resource, field) {
                    called.entry((target, kind, *field, value)).or_default().push(&resource.address);
                }
            }
        }
        TextNames { topology, called, documents: RefCell::default() }
    }

    /// The words of a resource: those of its fields, and those of the documents that it brings or is made from.
    pub(crate) fn of(&self, resource: &Resource) -> Vec<TextName> {
        let mut found = Vec::new();
        let has = |field: &str, value: &str| has(resource, field, value);
        walk(resource, &mut |field, ty, value, path| {
            let Type::Phrase(grammar) = ty else { return };
            for named in grammar.names(value, &has) {
                found.extend(word(grammar, named, field, || place(resource, path)));
            }
        });
        for (field, documents) in documents(resource) {
            let Some(words) = self.read(resource, field, documents) else { continue };
            let at = || place(resource, &[WalkStep::Name(field.name)]);
            found.extend(words.named.iter().filter_map(|named| word(documents.grammar, named.clone(), field, at)));
        }
        found
    }

    /// The declared resources that a word of a resource means.
    pub(crate) fn meant(&self, from: &Address, word: &TextName) -> Vec<Address> {
        let called = word.called;
        let key = match called.by {
            By::Output(_) | By::Any => return Vec::new(),
            By::Field(field) => Some(field),
            By::Name => self.name_of(from, called.kind),
        };
        let Some(key) = key else {
            let address = Address::new(from.target(), called.kind, Some(&word.name));
            let is_other = address != *from && self.topology.resources.contains_key(&address);
            return is_other.then_some(address).into_iter().collect();
        };
        let found = self.target(from).and_then(|(target, provider)| {
            let ty = provider.kind(called.kind)?.field(key)?.ty;
            let value = canonical(&ty, &Attr::text(word.name.as_str())).to_text()?;
            self.called.get(&(target, called.kind, key, value))
        });
        found.into_iter().flatten().filter(|address| **address != from).map(|address| (*address).clone()).collect()
    }

    /// The kinds of which a resource may name any object, in words that only a controller can tell, or in documents that
    /// can't be read here: each with the reason.
    pub(crate) fn unclear(&self, resource: &Resource) -> BTreeMap<&'static str, &'static str> {
        let mut kinds = BTreeMap::new();
        for word in self.of(resource) {
            if matches!(word.called.by, By::Output(_) | By::Any) && word.called.kind != resource.kind.name {
                kinds.insert(word.called.kind, word.called.why);
            }
        }
        for (field, documents) in documents(resource) {
            if self.read(resource, field, documents).is_none_or(|words| words.is_open) {
                kinds.extend(documents.grammar.kinds().map(|called| (called.kind, called.why)));
            }
        }
        kinds.remove(resource.kind.name);
        kinds
    }

    fn target(&self, from: &Address) -> Option<(&'t str, &'static Provider)> {
        let (name, target) = self.topology.targets.get_key_value(from.target())?;
        Some((name, target.provider))
    }

    /// The field that holds the name of a kind whose resources live in others; `None` where the address says it.
    fn name_of(&self, from: &Address, kind: &str) -> Option<&'static str> {
        let kind = self.target(from)?.1.kind(kind)?;
        kind.parent.and(name_field(kind.identity))
    }

    /// The words of the documents that a resource brings or is made from; `None` where they can't be read.
    fn read(&self, resource: &Resource, field: &Field, documents: DocumentsIn) -> Option<Rc<DocumentWords>> {
        let source = match field.ty {
            Type::Ref(kind) => self.source(resource, field.name, kind)?,
            _ => resource,
        };
        let content = source.content()?;
        let main = source.text_of(documents.document)?;
        let key = (content.sha256.clone(), main.clone(), std::ptr::from_ref(documents.grammar));
        if let Some(known) = self.documents.borrow().get(&key) {
            return Some(Rc::clone(known));
        }
        let files = content.documents()?;
        let read = (documents.read)(&main, &|path| files.get(path).cloned())?;
        let mut named = Vec::new();
        for document in &read.found {
            let names = documents.grammar.names(&Attr::from_json(document), &|_, _| false);
            named.extend(names);
        }
        let words = Rc::new(DocumentWords { named, is_open: read.is_open });
        self.documents.borrow_mut().insert(key, Rc::clone(&words));
        Some(words)
    }

    /// The declared resource that a field names.
    fn source(&self, resource: &Resource, field: &str, kind: &'static str) -> Option<&'t Resource> {
        let name = resource.fields.get(field)?.to_text()?;
        let provider = self.target(&resource.address)?.1;
        self.topology.resources.get(&self.topology.referred(&resource.address, provider, &[kind], &name)?)
    }
}

fn word(grammar: &'static Grammar, named: Named, field: &Field, place: impl Fn() -> Place) -> Option<TextName> {
    let called = named.called(grammar)?;
    Some(TextName { called, text: named.word, name: named.name, field: field.name.to_owned(), place: place() })
}

/// The documents whose names count as a resource's own, with the fields that say so.
fn documents(resource: &Resource) -> impl Iterator<Item = (&'static Field, DocumentsIn)> {
    resource.kind.fields.iter().filter_map(|field| Some((field, field.documents_in?)))
}

/// Says whether a field of a resource has a value, given or by default.
fn has(resource: &Resource, field: &str, wanted: &str) -> bool {
    value(resource, field).as_deref() == Some(wanted)
}

/// The value of a field as one word, in the form in which values are compared.
fn value(resource: &Resource, field: &str) -> Option<String> {
    let declared = resource.kind.field(field)?;
    let value = match resource.fields.get(field) {
        Some(attr) => canonical(&declared.ty, attr),
        None => declared.default_value(),
    };
    value.to_text()
}

/// The fields by which texts at a provider know objects, with their kinds.
fn keys(provider: &'static Provider) -> BTreeSet<(&'static str, &'static str)> {
    let mut keys = BTreeSet::new();
    let fields = provider.kinds.iter().flat_map(|kind| kind.fields);
    for called in fields.flat_map(Field::grammars).flat_map(Grammar::kinds) {
        let Some(kind) = provider.kind(called.kind) else { continue };
        let key = match called.by {
            By::Field(field) => Some(field),
            By::Name => kind.parent.and(name_field(kind.identity)),
            By::Output(_) | By::Any => None,
        };
        keys.extend(key.map(|key| (kind.name, key)));
    }
    keys
}

/// The field that holds the name in YAML.
fn name_field(identity: Identity) -> Option<&'static str> {
    match identity {
        Identity::Name(field) | Identity::CaselessName(field) => Some(field),
        Identity::Singleton | Identity::Natural(_) | Identity::Content(..) | Identity::Sequence { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::CATALOGUE;
    use crate::topology::references::References;
    use crate::topology::testing::{TRUEUP, workspace};
    use crate::topology::{Options, load};

    #[test]
    fn a_deployment_waits_for_what_its_blueprint_reads_and_a_blueprint_for_what_it_imports() {
        let text = "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: { username: admin, password: '${var.pw}' }
    secrets: { main: { value: '${var.pw}' }, mai: { value: '${var.pw}' }, own: { value: '${var.pw}' } }
    plugins:
      one: { package_name: fabric, package_version: '1', source: plug.wgn }
      two: { package_name: lab, package_version: '1', source: plug.wgn }
    blueprints:
      read: { source: bp }
      far: { source: 'PINNED' }
    deployments:
      d: { blueprint_id: read, inputs: { k: { get_secret: own } } }
      f: { blueprint_id: far }
";
        let pinned = format!("https://host.example/r.zip#sha256={}", "0a".repeat(32));
        let blueprint = "tosca_definitions_version: cloudify_dsl_1_3\n\
                         imports: [cloudify/types/types.yaml, 'plugin:fabric?version=1']\n\
                         inputs: { k: {} }\noutputs: { o: { value: { get_secret: main } } }\n";
        let files = [
            ("trueup.yaml", TRUEUP),
            ("all.yaml", &text.replace("PINNED", &pinned)),
            ("bp/blueprint.yaml", blueprint),
            ("plug.wgn", "BZh wagon"),
        ];
        let loaded = load(workspace(&files).path(), CATALOGUE, &Options::default());
        let topology = loaded.unwrap_or_else(|findings| panic!("{findings:?}")).topology;
        let references = References::new(&topology);
        let told = |kind: &str, name: &str| {
            let resource = &topology.resources[&Address::new("m", kind, Some(name))];
            let told =
                |reference: crate::topology::references::Reference| format!("{} · {}", reference.to, reference.why);
            let mut told: Vec<String> = references.of(resource).into_iter().map(told).collect();
            told.extend(references.words.unclear(resource).into_keys().map(|kind| format!("any of {kind}")));
            told
        };
        assert_eq!(told("blueprints", "read"), ["m/plugins/one · `source` names it"]);
        assert_eq!(
            told("deployments", "d"),
            [
                "m/blueprints/read · `blueprint_id` names it",
                "m/secrets/main · `blueprint_id` names it",
                "m/secrets/own · `inputs` names it",
            ]
        );
        assert_eq!(told("blueprints", "far"), ["any of plugins"], "what can't be read may import any");
        assert_eq!(told("deployments", "f"), ["m/blueprints/far · `blueprint_id` names it", "any of secrets"]);
    }
}
