//! Reading: from documents to drafts. Every key's meaning follows from its path: provider, target, kind, name, field.

mod made;

use std::collections::HashMap;
use std::sync::Arc;

use super::draft::{Draft, DraftField, Drafts, Each, OwnedParts, TargetDraft, TargetSetting};
use super::each;
use super::envelope::{TargetEnvelope, Workspace};
use super::expansion;
use super::owned_parts;
use super::renamed::{self, RENAMED_FROM};
use super::variables::Variables;
use crate::address::Address;
use crate::fabric::FABRIC;
use crate::finding::{Finding, PathKey, Place};
use crate::source::{Node, SourceFile, WORKSPACE_FILE, YamlDocument};
use crate::spec::{Identity, Kind, Provider};
use crate::suggest::hint;
use crate::topology::{ITEMS, is_dots};

/// Resources that one workspace may declare: more are a mistake, such as one `each` in another.
const MAX_RESOURCES: usize = 1_000_000;

/// Keys that begin with it mean nothing: a place for anchors.
const ASIDE: &str = "x-";

type Entries = Vec<(Arc<str>, Node)>;

/// Collects drafts from any number of documents.
pub(crate) struct Reader<'v> {
    catalogue: &'static [&'static Provider],
    variables: &'v Variables,
    /// The number of the draft at an address.
    seen: HashMap<Address, usize>,
    /// What the documents declare.
    pub drafts: Drafts,
    /// What they say of a fabric, each with its place.
    pub fabric: Vec<(Node, Place)>,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
}

/// What stands above a kind.
#[derive(Clone)]
pub(super) struct Above {
    /// The target's provider.
    pub provider: &'static Provider,
    target: Arc<str>,
    resource: Option<(Address, &'static Kind)>,
    each: Option<Arc<Each>>,
}

impl Above {
    fn address(&self, kind: &Kind, name: Option<&str>) -> Address {
        match &self.resource {
            Some((address, _)) => address.child(kind.name, name),
            None => Address::new(&self.target, kind.name, name),
        }
    }
}

impl<'v> Reader<'v> {
    /// A reader that has read nothing yet.
    pub(crate) fn new(catalogue: &'static [&'static Provider], variables: &'v Variables) -> Reader<'v> {
        Reader {
            catalogue,
            variables,
            seen: HashMap::new(),
            drafts: Drafts::default(),
            fabric: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Reads the documents of a file.
    pub(crate) fn file(&mut self, file: &SourceFile, documents: Vec<YamlDocument>) {
        if documents.iter().all(|document| document.root == Node::Null) {
            let finding = Finding::warning("empty-file", format!("`{}` is empty", file.path));
            self.findings.push(finding.help("delete it, or say what it is to declare").at(&Place::file(&file.path)));
        }
        for (number, document) in documents.into_iter().enumerate() {
            let place = document_place(&file.path, number);
            match document.root {
                Node::Null => {}
                Node::Map(entries) => self.top(entries, &place),
                other => {
                    let message = format!("expected a map of providers, found {}", other.describe());
                    self.findings.push(Finding::error("wrong-type", message).help(self.example()).at(&place));
                }
            }
        }
    }

    fn example(&self) -> String {
        match self.catalogue.first() {
            Some(provider) => format!("a file starts as in `{}: {{ TARGET: {{ at: … }} }}`", provider.name),
            None => "no provider is known".into(),
        }
    }

    fn top(&mut self, entries: Entries, place: &Place) {
        for (key, value) in entries {
            let here = below(place, &key);
            if let Some(provider) = self.catalogue.iter().find(|provider| provider.name == &*key) {
                let what = format!("a map of targets in `{key}`");
                for (name, target) in self.map(value, &here, &what) {
                    self.target(provider, &name, target, &below(&here, &name));
                }
            } else if *key == *FABRIC {
                self.fabric.push((value, here));
            } else if Workspace::KEYS.contains(&&*key) {
                if *place != Place::file(WORKSPACE_FILE) {
                    let finding = Finding::error("misplaced-key", format!("`{key}` does not belong here"));
                    let help =
                        format!("it belongs in the first document of `{WORKSPACE_FILE}`, which speaks for all files");
                    self.findings.push(finding.help(help).at(&here.key()));
                }
            } else if !key.starts_with(ASIDE) {
                let names = self.catalogue.iter().map(|provider| provider.name).chain([FABRIC]).chain(Workspace::KEYS);
                let finding = Finding::error("unknown-key", format!("unknown key `{key}`"));
                self.findings.push(finding.help(hint(&key, names.collect::<Vec<_>>())).at(&here.key()));
            }
        }
    }

    /// Reads what is declared under one name: a target, or one for each of others.
    fn target(&mut self, provider: &'static Provider, label: &Arc<str>, value: Node, place: &Place) {
        let mut entries = self.map(value, place, &format!("a map in target `{label}`"));
        for (name, each, place) in self.made(label, each::take(&mut entries, false), None, place, "targets") {
            self.one_target(provider, &name.into(), each, entries.clone(), &place);
        }
    }

    fn one_target(
        &mut self,
        provider: &'static Provider,
        name: &Arc<str>,
        each: Option<Arc<Each>>,
        entries: Entries,
        place: &Place,
    ) {
        if name.is_empty() || name.contains('/') || is_dots(name) {
            let finding = Finding::error("bad-name", format!("`{name}` is no name for a target"));
            let help = "addresses and file names start with it: use a word without `/`";
            self.findings.push(finding.help(help).at(&place.clone().key()));
            return;
        }
        match self.drafts.targets.get(&**name) {
            Some(other) if other.provider.name != provider.name => {
                let message =
                    format!("target `{name}` is declared for `{}` and for `{}`", other.provider.name, provider.name);
                let finding = Finding::error("duplicate-target", message).help("give one of them another name");
                self.findings.push(finding.at(&place.clone().key()).also(&other.place, "declared here first"));
                return;
            }
            Some(_) => {}
            None => {
                let draft = TargetDraft { provider, keys: Default::default(), place: place.clone().key() };
                self.drafts.targets.insert(name.to_string(), draft);
            }
        }
        let is_retired = self.is_retired(&entries, each.as_deref());
        let above = Above { provider, target: name.clone(), resource: None, each: each.clone() };
        for (key, value) in entries {
            let here = below(place, &key);
            let is_setting = provider.dialect.settings.iter().any(|field| field.name == &*key);
            if is_setting || TargetEnvelope::KEYS.contains(&&*key) {
                self.setting(name, key, TargetSetting { node: value, place: here, each: each.clone() });
            } else if let Some(kind) = provider.children(None).find(|kind| kind.name == &*key) {
                if !is_retired {
                    self.kind(&above, kind, value, &here);
                }
            } else {
                let settings = provider.dialect.settings.iter().map(|field| field.name);
                let kinds = provider.children(None).map(|kind| kind.name);
                let names: Vec<&str> = kinds.chain(TargetEnvelope::KEYS).chain(settings).collect();
                self.unknown("unknown-kind", "kind or key", provider, &key, &names, &here);
            }
        }
    }

    fn setting(&mut self, target: &str, key: Arc<str>, setting: TargetSetting) {
        let Some(draft) = self.drafts.targets.get_mut(target) else { return };
        if let Some(first) = draft.keys.get(&key) {
            let finding = Finding::error("duplicate-key", format!("`{key}` of target `{target}` is given twice"));
            let finding = finding.help("keep one of the two").at(&setting.place.key());
            self.findings.push(finding.also(&first.place, "given here first"));
        } else {
            draft.keys.insert(key, setting);
        }
    }

    fn kind(&mut self, above: &Above, kind: &'static Kind, value: Node, place: &Place) {
        if !kind.is_declarative() {
            let finding = Finding::error("read-only-kind", format!("`{}` can be referred to, not declared", kind.name));
            self.findings.push(
                finding.help("the provider keeps these; use them in references and outputs").at(&place.clone().key()),
            );
            return;
        }
        match kind.identity {
            Identity::Sequence { .. } => self.sequence(above, kind, value, place),
            Identity::Singleton => {
                if let Some(entries) = self.fields_map(value, place, kind) {
                    self.resource(above, kind, None, entries, place);
                }
            }
            Identity::Name(_) | Identity::CaselessName(_) | Identity::Natural(_) | Identity::Content(..) => {
                let what = format!("names with their fields in `{}`", kind.name);
                for (name, value) in self.map(value, place, &what) {
                    self.named(above, kind, &name, value, &below(place, &name));
                }
            }
        }
    }

    fn sequence(&mut self, above: &Above, kind: &'static Kind, value: Node, place: &Place) {
        match value {
            Node::List(_) | Node::Text(_) => {
                let entries = vec![(Arc::from(ITEMS), value)];
                self.draft(above, kind, None, entries, OwnedParts::default(), place);
            }
            Node::Map(entries) => {
                let (owned_parts, items) = owned_parts::take_list(kind, entries, place, &mut self.findings);
                let Some(items) = items else { return };
                let entries = vec![(Arc::from(ITEMS), items)];
                // The items stand below a key of their own: so does what is told of them.
                self.draft(above, kind, None, entries, owned_parts, &place.below(ITEMS));
            }
            other => {
                let message = format!("`{}` is an ordered list, found {}", kind.name, other.describe());
                let finding = Finding::error("wrong-type", message);
                self.findings.push(finding.help("write `- …` for each item, or `[]` for an empty list").at(place));
            }
        }
    }

    /// Reads what is declared under one name: a resource, or one for each of a list.
    pub(super) fn named(&mut self, above: &Above, kind: &'static Kind, label: &Arc<str>, value: Node, place: &Place) {
        let Some(mut entries) = self.fields_map(value, place, kind) else { return };
        let source = each::take(&mut entries, kind.field(each::NAMED_BY).is_some());
        for (name, each, place) in self.made(label, source, above.each.as_ref(), place, "resources") {
            if name.is_empty() {
                let finding = Finding::error("bad-name", format!("a resource in `{}` has an empty name", kind.name));
                let finding = finding.help("write `NAME: …`; what an expression in it means must not be empty");
                self.findings.push(finding.at(&place.key()));
            } else {
                let above = Above { each, ..above.clone() };
                self.resource(&above, kind, Some(&name), entries.clone(), &place);
            }
        }
    }

    fn resource(&mut self, above: &Above, kind: &'static Kind, name: Option<&str>, entries: Entries, place: &Place) {
        let (absent, entries) = expansion::take_absent(kind, entries, place, &mut self.findings);
        let (owned_parts, mut entries) = owned_parts::take(kind, entries, place, &mut self.findings);
        let (each, said) = (above.each.as_deref(), (&mut entries, place));
        let renamed_from = renamed::take(kind, each, self.variables, said, &mut self.findings);
        let mut fields = Vec::with_capacity(entries.len() + 1);
        let mut nested = Vec::new();
        for (key, value) in entries {
            if let Some(field) = kind.field(&key) {
                if field.is_writable() {
                    let value = self.named_by(above, kind, field, value, &below(place, &key));
                    fields.push((key, value));
                } else {
                    let finding = Finding::error("provider-chosen", format!("`{key}` is chosen by the provider"));
                    let help = "remove it; others can refer to it as an output";
                    self.findings.push(finding.help(help).at(&below(place, &key).key()));
                }
            } else if let Some(child) = above.provider.children(Some(kind.name)).find(|child| child.name == &*key) {
                nested.push((child, key, value));
            } else {
                let children = above.provider.children(Some(kind.name)).map(|child| child.name);
                let writable = kind.fields.iter().filter(|field| field.is_writable()).map(|field| field.name);
                let names: Vec<&str> =
                    writable.chain(children).chain(owned_parts::KEYS).chain([RENAMED_FROM]).collect();
                self.unknown("unknown-field", "field", above.provider, &key, &names, &below(place, &key));
            }
        }
        let Some(address) = self.draft(above, kind, name, fields, owned_parts, place) else { return };
        if let Some(draft) = self.seen.get(&address).and_then(|number| self.drafts.resources.get_mut(*number)) {
            (draft.absent, draft.renamed_from) = (absent, renamed_from);
        }
        let inner = Above { resource: Some((address, kind)), ..above.clone() };
        for (child, key, value) in nested {
            self.kind(&inner, child, value, &below(place, &key));
        }
    }

    /// Adds a draft, unless its address is taken.
    fn draft(
        &mut self,
        above: &Above,
        kind: &'static Kind,
        name: Option<&str>,
        fields: Entries,
        owned_parts: OwnedParts,
        place: &Place,
    ) -> Option<Address> {
        let address = above.address(kind, name);
        let place = place.clone().key();
        if let Some(first) = self.seen.get(&address).and_then(|number| self.drafts.resources.get(*number)) {
            let finding = Finding::error("duplicate-address", format!("`{address}` is declared twice"));
            let help = "keep one of the two; what one file declares another does not extend";
            self.findings.push(finding.help(help).at(&place).also(&first.place, "declared here first"));
            return None;
        }
        if self.drafts.resources.len() >= MAX_RESOURCES {
            if self.drafts.resources.len() == MAX_RESOURCES {
                let finding = Finding::error("too-many", format!("more than {MAX_RESOURCES} resources are declared"));
                self.findings.push(finding.help("look for one `each` inside another").at(&place));
            }
            return None;
        }
        self.seen.insert(address.clone(), self.drafts.resources.len());
        let mut fields: Vec<DraftField> =
            fields.into_iter().map(|(name, value)| DraftField { name, value, given_at: None }).collect();
        // The field that the name stands for counts as given: outputs may name it.
        if let (Identity::Name(field) | Identity::CaselessName(field), Some(name)) = (kind.identity, name)
            && !fields.iter().any(|given| &*given.name == field)
        {
            fields.push(DraftField::own_name(field, name));
        }
        let each = above.each.clone();
        self.drafts.resources.push(Draft {
            address: address.clone(),
            kind,
            fields,
            owned_parts,
            place,
            each,
            origin: None,
            renamed_from: None,
            absent: None,
        });
        Some(address)
    }

    fn fields_map(&mut self, value: Node, place: &Place, kind: &Kind) -> Option<Entries> {
        match value {
            Node::Map(entries) => Some(entries),
            Node::Null => Some(Vec::new()),
            other => {
                let message = format!("expected the fields of one of `{}`, found {}", kind.name, other.describe());
                let finding = Finding::error("wrong-type", message);
                self.findings.push(finding.help("fields stand below, as in `FIELD: VALUE`").at(place));
                None
            }
        }
    }

    fn map(&mut self, value: Node, place: &Place, what: &str) -> Entries {
        match value {
            Node::Map(entries) => entries,
            Node::Null => Vec::new(),
            other => {
                let finding = Finding::error("wrong-type", format!("expected {what}, found {}", other.describe()));
                self.findings.push(finding.help("write `NAME: …` for each, without a dash").at(place));
                Vec::new()
            }
        }
    }

    fn unknown(
        &mut self,
        code: &'static str,
        what: &str,
        provider: &'static Provider,
        key: &str,
        names: &[&str],
        place: &Place,
    ) {
        let finding = Finding::error(code, format!("unknown {what} `{key}`"));
        let elsewhere = provider.kind(key).and_then(|kind| kind.parent);
        let help = match elsewhere {
            Some(parent) => format!("`{key}` lives in `{parent}`: move it below one of those"),
            None => hint(key, names.iter().copied()),
        };
        self.findings.push(finding.help(help).at(&place.clone().key()));
    }
}

/// The place of a document in a file: an index in front is the document's number.
pub(crate) fn document_place(file: &Arc<str>, number: usize) -> Place {
    let path = if number == 0 { Vec::new() } else { vec![PathKey::Index(number)] };
    Place { file: file.clone(), path, at_key: false, item: None }
}

fn below(place: &Place, key: &Arc<str>) -> Place {
    place.further([PathKey::Name(key.clone())])
}
