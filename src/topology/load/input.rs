//! What is read before anything is understood: the files of a workspace, the documents in them, and the envelope.

use std::collections::BTreeSet;

use super::{MAX_YAML_BYTES, Options, given_twice, syntax};
use crate::finding::{Finding, Place};
use crate::source::{
    Node, Selection, SourceFile, Tree, TreeError, WORKSPACE_FILE, YamlDocument, YamlError, find, open, parse,
};
use crate::spec::Provider;
use crate::topology::environment;
use crate::topology::layers::{BaseDocument, Layers, lay};
use crate::topology::named_content::{claims, covers};
use crate::topology::read::document_place;
use crate::topology::{texts, variable_files};

/// The files as far as they could be read.
pub(super) struct Input {
    pub(super) files: ReadFiles,
    unread: Vec<Finding>,
    /// The file of the environment.
    environment: Option<SourceFile>,
    /// What it gave.
    pub(super) layers: Layers,
}

/// The finding of a workspace that is larger than anybody writes.
fn too_large(path: &str) -> Finding {
    let limit = MAX_YAML_BYTES >> 20;
    Finding::error("too-large", format!("the workspace's YAML is larger than {limit} MB in all; `{path}` is not read"))
        .help("name what does not belong to it under `exclude`, or make several workspaces of it")
        .at(&Place::file(path))
}

impl Input {
    pub(super) fn read(tree: &dyn Tree, catalogue: &'static [&'static Provider], options: &Options) -> Input {
        let (files, unread, environment, layers) = (Vec::new(), Vec::new(), None, Layers::default());
        let mut input = Input { files, unread, environment, layers };
        match tree.entry(WORKSPACE_FILE) {
            Err(TreeError::Missing) => {
                let finding = Finding::error("no-workspace", format!("there is no `{WORKSPACE_FILE}` here"));
                let help = "name the folder that holds it, or create it with `workspace: NAME` in it";
                input.unread.push(finding.help(help));
                return input;
            }
            _ => drop(input.add(tree, WORKSPACE_FILE, options.max_file_bytes, MAX_YAML_BYTES)),
        }
        let selection = input.selection();
        let mut findings = Vec::new();
        let mut total = 0;
        for path in find(tree, &selection, &mut findings) {
            if path != WORKSPACE_FILE {
                total += input.add(tree, &path, options.max_file_bytes, MAX_YAML_BYTES.saturating_sub(total));
            }
            if total > MAX_YAML_BYTES {
                input.unread.push(too_large(&path));
                break;
            }
        }
        input.unread.append(&mut findings);
        if let Some(name) = &options.environment
            && let Err(finding) = input.lay_over(tree, name, catalogue, options.max_file_bytes)
        {
            input.unread.push(*finding);
        }
        input
    }

    /// Lays the file of an environment over the others.
    fn lay_over(
        &mut self,
        tree: &dyn Tree,
        name: &str,
        catalogue: &'static [&'static Provider],
        limit: u64,
    ) -> Result<(), Box<Finding>> {
        let file = open(tree, &environment::file(tree, name)?, limit)?;
        let documents = parse(file.text());
        let (mut layers, mut findings) = (Layers::default(), told_of(&file, &documents));
        for (number, document) in documents.into_iter().flatten().enumerate() {
            let base = self.files.iter_mut().flat_map(|(file, documents)| {
                let documents = documents.iter_mut().flatten().enumerate();
                let path = file.path.clone();
                documents.map(move |(number, document)| BaseDocument {
                    root: &mut document.root,
                    place: document_place(&path, number),
                })
            });
            let place = document_place(&file.path, number);
            findings.append(&mut lay(base.collect(), document.root, &place, catalogue, &mut layers));
        }
        self.unread.append(&mut findings);
        (self.layers, self.environment) = (layers, Some(file));
        Ok(())
    }

    /// Reads a file, and its documents where not more than `room` bytes are to be understood. Gives its size.
    pub(super) fn add(&mut self, tree: &dyn Tree, path: &str, limit: u64, room: u64) -> u64 {
        match open(tree, path, limit) {
            Ok(file) => {
                let size = file.text().len() as u64;
                if size <= room {
                    let documents = parse(file.text());
                    self.files.push((file, documents));
                }
                size
            }
            Err(finding) => {
                self.unread.push(*finding);
                0
            }
        }
    }

    /// Patterns are taken as they are: whatever is wrong with them is told when the envelope is read.
    pub(super) fn selection(&self) -> Selection {
        let texts = |key: &str| match self.workspace().and_then(|root| root.get(key)) {
            Some(Node::List(items)) => items.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Selection { files: texts("files"), exclude: texts("exclude") }
    }

    /// The document that holds the envelope.
    pub(super) fn workspace(&self) -> Option<&Node> {
        let (_, documents) = self.files.iter().find(|(file, _)| &*file.path == WORKSPACE_FILE)?;
        documents.as_ref().ok()?.first().map(|document| &document.root)
    }

    /// Drops files that are content: those that a field names, and those that say so themselves.
    pub(super) fn drop_content(&mut self, catalogue: &'static [&'static Provider]) {
        let (mut claimed, mut texts) = (Vec::new(), BTreeSet::new());
        for (file, documents) in &self.files {
            for document in documents.iter().flatten() {
                claims(catalogue, &file.path, &document.root, &mut claimed);
                texts::named(&file.path, &document.root, &mut texts);
                variable_files::named(&file.path, &document.root, &mut texts);
            }
        }
        claimed.sort();
        claimed.dedup();
        let is_content = |path: &str| {
            path != WORKSPACE_FILE && (texts.contains(path) || claimed.iter().any(|claim| covers(claim, path)))
        };
        let fields = catalogue.iter().flat_map(|provider| provider.kinds).flat_map(|kind| kind.fields);
        let keys: BTreeSet<&str> = fields.filter_map(|field| Some(field.documents_in?.top_key)).collect();
        let says_so = |document: &YamlDocument| keys.iter().any(|key| document.root.get(key).is_some());
        self.files.retain(|(file, documents)| {
            !is_content(&file.path) && (&*file.path == WORKSPACE_FILE || !documents.iter().flatten().any(says_so))
        });
        self.unread.retain(|finding| !finding.place.as_ref().is_some_and(|place| is_content(&place.file)));
    }

    /// Says whether everything could be read.
    pub(super) fn is_complete(&self) -> bool {
        !self.unread.iter().any(Finding::is_error) && self.files.iter().all(|(_, documents)| documents.is_ok())
    }

    /// What kept files from being understood, and keys that are given twice.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = self.unread.clone();
        for (file, documents) in &self.files {
            findings.append(&mut told_of(file, documents));
        }
        findings
    }

    /// The files, that of the environment among them.
    pub(super) fn into_files(self) -> (ReadFiles, Option<SourceFile>) {
        (self.files, self.environment)
    }
}

/// Files with what could be read of them.
pub(super) type ReadFiles = Vec<(SourceFile, Result<Vec<YamlDocument>, YamlError>)>;

/// What keeps a file from being understood, and keys that are given twice.
fn told_of(file: &SourceFile, documents: &Result<Vec<YamlDocument>, YamlError>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match documents {
        Err(broken) => findings.push(syntax(file, broken)),
        Ok(documents) => {
            for (number, document) in documents.iter().enumerate() {
                for path in &document.duplicates {
                    let place = document_place(&file.path, number).further(path.iter().cloned());
                    findings.push(given_twice(file, place.key()));
                }
            }
        }
    }
    findings
}
