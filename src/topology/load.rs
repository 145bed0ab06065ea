//! Loading: from a folder to a topology, with everything that is wrong told at once.

mod ground;
mod input;
mod options;
mod own_settings;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::evaluate::Evaluator;
use super::read::Reader;
use super::secrets::Secrets;
use super::texts::Texts;
use super::variables::Variables;
use super::{expansion, identity, logins, renamed, resolve};
use crate::check::{self, Subject};
use crate::digest::hex;
use crate::fabric::Expansion;
use crate::finding::{Finding, PathKey, Place};
use crate::secret::Secret;
use crate::source::{DecodeError, Folder, Revision, SourceFile, Tree, TreeError, YamlError, head, spot, twice};
use crate::spec::Provider;
use crate::topology::{Drafts, Resource, SecretStatus, Sources, Target, Topology};

use ground::secrets_and_places;
use input::Input;
pub use options::{FileSource, Options};
use own_settings::OwnSettings;

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
    /// What its fabric comes to besides resources.
    pub(crate) expansion: Expansion,
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
    let mut input = Input::read(&*tree, catalogue, options);
    input.drop_content(catalogue);
    findings.append(&mut input.findings());
    let complete = input.is_complete();
    let has_envelope = input.workspace().is_some();
    let own = OwnSettings::read(&input, &*tree, options, &mut findings);
    let sources = own.secret_sources();
    let OwnSettings { envelope, place: workspace_place, variables, .. } = own;
    let (secrets, today) = secrets_and_places((folder, catalogue, options), sources, &mut findings)?;
    let layers = Arc::new(std::mem::take(&mut input.layers));
    let (files, drafts, expansion, is_sound) = declared(catalogue, &variables, input, &mut findings);
    let complete = complete && is_sound;
    let texts = Texts::new(&*tree, options.max_file_bytes, layers.clone());
    let mut evaluator = Evaluator::new(&drafts, &variables, &secrets, texts, complete);
    evaluator.evaluate_all();
    let known = today.iter().flat_map(|today| today.targets.clone()).collect();
    let mut targets = beside(folder, resolve::targets(&drafts, &mut evaluator, &known));
    let resources = resolve::resources(&drafts, &mut evaluator, &*tree, options.max_file_bytes);
    logins::new_passwords(&mut targets, &resources, &mut evaluator.findings);
    findings.append(&mut evaluator.findings);
    identity::check(resources.values(), &mut findings);
    renamed::check(&resources, &mut findings);
    let (name, settings) = (envelope.workspace, envelope.ledger.unwrap_or_default());
    let of_files = || settings.places(&secrets, options.ledger_file(), &workspace_place.below("ledger"), &mut findings);
    let (workspace, (ledger, key, keep_runs)) =
        today.map_or_else(|| (name, of_files()), |today| (today.workspace, today.ledger));
    // Without an envelope every name that it would declare is unknown: that has been told by what keeps it from being read.
    findings.retain(|finding| has_envelope || !matches!(finding.code, "unknown-variable" | "unknown-secret"));

    let (unused_secrets, spare) = idle_secrets(&secrets, options);
    let topology = Topology {
        workspace,
        environment: options.environment.clone(),
        folder: folder.to_owned(),
        policy: envelope.policy.policy(&workspace_place.below("policy"), options.today, &mut findings),
        ledger,
        key,
        keep_runs,
        digest: digest(&files, &resources, &evaluator.texts, &variables),
        targets,
        resources,
        is_given_up: false,
        secrets: secrets.redactor(),
        commit,
        sources: Sources::new(files).made_into(layers, evaluator.spreads),
    };
    let subject = Subject {
        topology: &topology,
        is_fabric_sound: is_sound,
        complete: complete && !findings.iter().any(|finding| HIDING.contains(&finding.code)),
        unused_variables: variables.unused(),
        unused_secrets,
    };
    findings.append(&mut check::run(&subject));
    let statuses = secrets.statuses();
    findings.append(&mut secrets.into_findings());
    finish(Loaded { topology, findings, secrets: statuses, spare, expansion })
}

/// The files of a workspace, without those that are content.
///
/// # Errors
/// There is no workspace.
pub(crate) fn files(
    folder: &Path,
    catalogue: &'static [&'static Provider],
    options: &Options,
) -> Result<Vec<SourceFile>, Vec<Finding>> {
    let tree = Folder::open(folder).map_err(|trouble| vec![*no_folder(folder, &trouble)])?;
    let mut input = Input::read(&tree, catalogue, options);
    input.drop_content(catalogue);
    let missing: Vec<Finding> = input.findings().into_iter().filter(|finding| finding.code == "no-workspace").collect();
    let (files, environment) = input.into_files();
    let files = files.into_iter().map(|(file, _)| file).chain(environment);
    if missing.is_empty() { Ok(files.collect()) } else { Err(missing) }
}

/// The names of the secrets that nothing uses, as far as files of today say so; and those secrets, where somebody asks for all.
fn idle_secrets(secrets: &Secrets, options: &Options) -> (Vec<(String, Place)>, Vec<Secret>) {
    let is_now = options.source.revision().is_none();
    (if is_now { secrets.unused() } else { Vec::new() }, if options.all_secrets { secrets.spare() } else { Vec::new() })
}

/// What the files declare, with what their fabric comes to, which may be without a mistake; and the files themselves.
fn declared(
    catalogue: &'static [&'static Provider],
    variables: &Variables,
    input: Input,
    findings: &mut Vec<Finding>,
) -> (Vec<SourceFile>, Drafts, Expansion, bool) {
    let mut reader = Reader::new(catalogue, variables);
    let files = read_files(&mut reader, input);
    findings.append(&mut reader.findings);
    let (mut drafts, written) = (reader.drafts, reader.fabric);
    let (expansion, is_sound) = expansion::expanded(&mut drafts, written, (catalogue, variables), findings);
    (files, drafts, expansion, is_sound)
}

/// Reads what the files declare, and gives the files themselves.
fn read_files(reader: &mut Reader<'_>, input: Input) -> Vec<SourceFile> {
    let mut files = Vec::new();
    let (read, environment) = input.into_files();
    for (file, documents) in read {
        if let Ok(documents) = documents {
            reader.file(&file, documents);
        }
        files.push(file);
    }
    files.extend(environment);
    files
}

fn finish(loaded: Loaded) -> Result<Loaded, Vec<Finding>> {
    let Loaded { mut topology, mut findings, secrets, spare, expansion } = loaded;
    findings.append(&mut check::judge(&topology.policy.rules, &findings));
    let findings = check::settle(&topology.policy.rules, topology.sources.show(findings));
    if findings.iter().any(Finding::is_error) {
        Err(findings)
    } else {
        Ok(Loaded { topology, findings, secrets, spare, expansion })
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
    let mut tree = Folder::open(folder).map_err(|trouble| no_folder(folder, &trouble))?;
    if let FileSource::Edited(texts) = &options.source {
        tree = tree.with(texts);
    }
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
