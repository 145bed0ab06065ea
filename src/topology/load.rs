//! Loading: from a folder to a topology, with everything that is wrong told at once.

mod ground;
mod options;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::envelope::Workspace;
use super::evaluate::Evaluator;
use super::read::{Reader, claims, covers, document_place};
use super::texts::{self, Texts};
use super::variables::Variables;
use super::{identity, logins, resolve};
use crate::check::{self, Subject};
use crate::digest::hex;
use crate::finding::{Finding, PathKey, Place};
use crate::secret::Secret;
use crate::source::{
    DecodeError, Folder, Node, Revision, Selection, SourceFile, Tree, TreeError, WORKSPACE_FILE, YamlDocument,
    YamlError, decode, find, head, open, parse, spot, twice,
};
use crate::spec::Provider;
use crate::topology::{Resource, SecretStatus, Sources, Target, Topology};

use ground::{secret_sources, secrets_and_places};
pub use options::{FileSource, Options};

/// Bytes of YAML in all that are read: some 200,000 resources, which no file of that size is written for by hand.
const MAX_YAML_BYTES: u64 = 16 << 20;

/// A workspace that can be worked with.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it wants.
    pub topology: Topology,
    /// Warnings.
    pub findings: Vec<Finding>,
    /// What is known of its secrets, without their values.
    pub(crate) secrets: Vec<SecretStatus>,
    /// The secrets that nothing uses, where somebody asked for all.
    pub(crate) spare: Vec<Secret>,
}

/// Findings that may hide a resource which others name: what is missing after them is no finding of its own.
const HIDING: &[&str] = &[
    "unknown-kind",
    "unknown-key",
    "misplaced-key",
    "bad-name",
    "each-name",
    "no-each",
    "duplicate-key",
    "duplicate-address",
    "read-only-kind",
];

/// Reads a workspace, resolves what files can say, and checks it.
///
/// # Errors
/// Everything that is wrong, warnings included, with the places in the files, in their order.
pub fn load(folder: &Path, catalogue: &'static [&'static Provider], options: &Options) -> Result<Loaded, Vec<Finding>> {
    let (tree, commit, mut findings) = open_tree(folder, options).map_err(|finding| vec![*finding])?;
    let mut input = Input::read(&*tree, options);
    input.drop_content(catalogue);
    findings.append(&mut input.findings());
    let complete = input.is_complete();
    let has_envelope = input.workspace().is_some();
    let (envelope, workspace_place) = input.envelope(&mut findings);
    findings.append(&mut envelope.idle_expressions(&workspace_place));

    let variables = Variables::new(&envelope.vars, input.vars(), &options.vars, &workspace_place, &mut findings);
    let sources = secret_sources(&envelope, &workspace_place);
    let (secrets, today) = secrets_and_places((folder, catalogue, options), sources, &mut findings)?;
    let mut reader = Reader::new(catalogue, &variables);
    let files = read_files(&mut reader, input.files);
    findings.append(&mut reader.findings);
    let drafts = reader.drafts;

    let mut evaluator =
        Evaluator::new(&drafts, &variables, &secrets, Texts::new(&*tree, options.max_file_bytes), complete);
    evaluator.evaluate_all();
    let known = today.iter().flat_map(|today| today.targets.clone()).collect();
    let mut targets = beside(folder, resolve::targets(&drafts, &mut evaluator, &known));
    let resources = resolve::resources(&drafts, &mut evaluator, &*tree, options.max_file_bytes);
    logins::new_passwords(&mut targets, &resources, &mut evaluator.findings);
    findings.append(&mut evaluator.findings);
    identity::check(resources.values(), &mut findings);
    let (name, settings) = (envelope.workspace, envelope.ledger.unwrap_or_default());
    let of_files = || settings.places(&secrets, &workspace_place.below("ledger"), &mut findings);
    let (workspace, (ledger, key, keep_runs)) =
        today.map_or_else(|| (name, of_files()), |today| (today.workspace, today.ledger));
    // Without an envelope every name that it would declare is unknown: that has been told by what keeps it from being read.
    findings.retain(|finding| has_envelope || !matches!(finding.code, "unknown-variable" | "unknown-secret"));

    let is_now = options.source.revision().is_none();
    let unused_secrets = if is_now { secrets.unused() } else { Vec::new() };
    let spare = if options.all_secrets { secrets.spare() } else { Vec::new() };
    let topology = Topology {
        workspace,
        folder: folder.to_owned(),
        policy: envelope.policy.policy(&workspace_place.below("policy"), &mut findings),
        ledger,
        key,
        keep_runs,
        digest: digest(&files, &resources, &evaluator.texts, &variables),
        targets,
        resources,
        is_given_up: false,
        secrets: secrets.redactor(),
        commit,
        sources: Sources::new(files),
    };
    let subject = Subject {
        topology: &topology,
        complete: complete && !findings.iter().any(|finding| HIDING.contains(&finding.code)),
        unused_variables: variables.unused(),
        unused_secrets,
    };
    findings.append(&mut check::run(&subject));
    let statuses = secrets.statuses();
    findings.append(&mut secrets.into_findings());
    finish(Loaded { topology, findings, secrets: statuses, spare })
}

/// Reads what the files declare, and gives the files themselves.
fn read_files(
    reader: &mut Reader<'_>,
    input: Vec<(SourceFile, Result<Vec<YamlDocument>, YamlError>)>,
) -> Vec<SourceFile> {
    let mut files = Vec::new();
    for (file, documents) in input {
        if let Ok(documents) = documents {
            reader.file(&file, documents);
        }
        files.push(file);
    }
    files
}

fn finish(loaded: Loaded) -> Result<Loaded, Vec<Finding>> {
    let Loaded { mut topology, findings, secrets, spare } = loaded;
    let findings = topology.sources.show(findings);
    if findings.iter().any(Finding::is_error) {
        Err(findings)
    } else {
        Ok(Loaded { topology, findings, secrets, spare })
    }
}

type Opened = (Box<dyn Tree>, Option<String>, Vec<Finding>);

/// The targets with their files where the workspace is: whoever runs the program, and from wherever, means those.
fn beside(folder: &Path, mut targets: BTreeMap<String, Target>) -> BTreeMap<String, Target> {
    for file in targets.values_mut().filter_map(|target| target.tls.ca_file.as_mut()) {
        *file = folder.join(&*file);
    }
    targets
}

/// The place to read from, and the commit that it is at.
fn open_tree(folder: &Path, options: &Options) -> Result<Opened, Box<Finding>> {
    let shown = folder.display();
    if let Some(revision) = options.source.revision() {
        let tree = Revision::open(folder, revision).map_err(|trouble| {
            let finding = Finding::error("no-revision", format!("`{shown}` can't be read at `{revision}`: {trouble}"));
            Box::new(finding.help("name a commit, branch or tag at which the folder exists"))
        })?;
        let commit = Some(tree.commit().to_owned());
        return Ok((Box::new(tree), commit, Vec::new()));
    }
    let tree = Folder::open(folder).map_err(|trouble| no_folder(folder, &trouble))?;
    let mut findings = Vec::new();
    let commit = head(folder).unwrap_or_else(|trouble| {
        let finding = Finding::warning("git", format!("the git repository around `{shown}` can't be read: {trouble}"));
        findings.push(finding.help("plans and the ledger will not name a commit"));
        None
    });
    Ok((Box::new(tree), commit, findings))
}

fn no_folder(folder: &Path, trouble: &TreeError) -> Box<Finding> {
    let message = format!("there is no folder `{}`: {trouble}", folder.display());
    Box::new(Finding::error("no-workspace", message).help("name the folder that holds `trueup.yaml`"))
}

/// The files as far as they could be read.
struct Input {
    files: Vec<(SourceFile, Result<Vec<YamlDocument>, YamlError>)>,
    unread: Vec<Finding>,
}

/// The finding of a workspace that is larger than anybody writes.
fn too_large(path: &str) -> Finding {
    let limit = MAX_YAML_BYTES >> 20;
    Finding::error("too-large", format!("the workspace's YAML is larger than {limit} MB in all; `{path}` is not read"))
        .help("name what does not belong to it under `exclude`, or make several workspaces of it")
        .at(&Place::file(path))
}

impl Input {
    fn read(tree: &dyn Tree, options: &Options) -> Input {
        let mut input = Input { files: Vec::new(), unread: Vec::new() };
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
        input
    }

    /// Reads a file, and its documents where not more than `room` bytes are to be understood. Gives its size.
    fn add(&mut self, tree: &dyn Tree, path: &str, limit: u64, room: u64) -> u64 {
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
    fn selection(&self) -> Selection {
        let texts = |key: &str| match self.workspace().and_then(|root| root.get(key)) {
            Some(Node::List(items)) => items.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Selection { files: texts("files"), exclude: texts("exclude") }
    }

    /// The document that holds the envelope.
    fn workspace(&self) -> Option<&Node> {
        let (_, documents) = self.files.iter().find(|(file, _)| &*file.path == WORKSPACE_FILE)?;
        documents.as_ref().ok()?.first().map(|document| &document.root)
    }

    /// Drops files that are content: those that a field names, and those that say so themselves.
    fn drop_content(&mut self, catalogue: &'static [&'static Provider]) {
        let (mut claimed, mut texts) = (Vec::new(), BTreeSet::new());
        for (file, documents) in &self.files {
            for document in documents.iter().flatten() {
                claims(catalogue, &file.path, &document.root, &mut claimed);
                texts::named(&file.path, &document.root, &mut texts);
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
    fn is_complete(&self) -> bool {
        !self.unread.iter().any(Finding::is_error) && self.files.iter().all(|(_, documents)| documents.is_ok())
    }

    /// What kept files from being understood, and keys that are given twice.
    fn findings(&self) -> Vec<Finding> {
        let mut findings = self.unread.clone();
        for (file, documents) in &self.files {
            match documents {
                Err(broken) => findings.push(syntax(file, broken)),
                Ok(documents) => {
                    for (number, document) in documents.iter().enumerate() {
                        for path in &document.duplicates {
                            let mut place = document_place(&file.path, number);
                            place.path.extend(path.iter().cloned());
                            findings.push(given_twice(file, place.key()));
                        }
                    }
                }
            }
        }
        findings
    }

    /// The variables as they are spelt.
    fn vars(&self) -> Option<&Node> {
        self.workspace()?.get("vars")
    }

    /// The envelope, and the place that its keys stand below.
    fn envelope(&self, findings: &mut Vec<Finding>) -> (Workspace, Place) {
        let place = Place::file(WORKSPACE_FILE);
        let Some(root) = self.workspace() else { return (Workspace::default(), place) };
        let entries = match root {
            Node::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        let own = entries.iter().filter(|(key, _)| Workspace::KEYS.contains(&&**key)).cloned();
        let (workspace, misfits) = decode::<Workspace>(Node::Map(own.collect()));
        let is_told = misfits.iter().any(|misfit| misfit.path == [PathKey::Name("workspace".into())]);
        findings.extend(misfits.into_iter().map(|found| misfit(found, &place)));
        let workspace = workspace.unwrap_or_default();
        if workspace.workspace.is_empty() && !is_told {
            let finding = Finding::error("missing-field", "the workspace has no name");
            findings.push(finding.help("add `workspace: NAME`: it marks what belongs to it").at(&place));
        }
        (workspace, place)
    }
}

/// Something that does not fit the envelope, as a finding.
pub(crate) fn misfit(misfit: DecodeError, below: &Place) -> Finding {
    let DecodeError { path, code, message, help } = misfit;
    let mut place = below.clone();
    place.path.extend(path);
    place.at_key = matches!(code, "unknown-field" | "missing-field");
    let finding = Finding::error(code, message).at(&place);
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

fn syntax(file: &SourceFile, broken: &YamlError) -> Finding {
    let mut finding = Finding::error(broken.code, broken.message.clone()).at(&Place::file(&file.path));
    finding.spot = broken.offset.map(|offset| spot(file, offset));
    match broken.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

fn given_twice(file: &SourceFile, place: Place) -> Finding {
    let name = match place.path.last() {
        Some(PathKey::Name(name)) => name.to_string(),
        _ => String::new(),
    };
    let (again, first) = twice(file, &place.path);
    let mut finding = Finding::error("duplicate-key", format!("`{name}` is given twice"))
        .help("a key stands once in its map: rename one, or put what they hold together")
        .at(&place)
        .also(&place, "given here first");
    finding.spot = again;
    finding.also_spot = first;
    finding
}

/// SHA-256 over everything that was read from files, and over the variables' values. Secrets are left out: a digest that
/// is shown would let short ones be guessed.
fn digest(
    files: &[SourceFile],
    resources: &BTreeMap<crate::address::Address, Resource>,
    texts: &Texts<'_>,
    variables: &Variables,
) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    let mut files: Vec<&SourceFile> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in files {
        add(&file.path);
        add(file.text());
    }
    for content in resources.values().flat_map(|resource| resource.files.values()) {
        add(&content.path);
        add(&content.sha256);
    }
    for (path, text) in texts.read() {
        add(path);
        add(text);
    }
    for (name, value) in variables.values() {
        add(name);
        add(&value.to_attr().to_shown().to_string());
    }
    hex(&hash.finalize())
}
