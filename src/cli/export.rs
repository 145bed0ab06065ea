//! `trueup export`: live controllers as YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::attr::Attr;
use crate::cli::common::ConnectedWorkspace;
use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Exit, Global, common, folded};
use crate::diff::content_ids::settle_ids;
use crate::diff::export::{DeclaredObjects, Export, export, literal};
use crate::diff::kept_secrets;
use crate::diff::matching;
use crate::diff::naming::unique;
use crate::fabric::{FABRIC, Folding};
use crate::observe::Scope;
use crate::render;
use crate::session::RequestBody;
use crate::source;
use crate::spec::Artifact;
use crate::state::base::Base;
use crate::state::live::View;
use crate::topology::{Origin, Target, Tls, Topology, spelt_time};

/// Options of `export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportOptions {
    /// The targets, by their names in the workspace.
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    /// The folder to write a workspace to; it must not hold one yet.
    #[arg(short = 'o', long = "out", value_name = "DIR")]
    out: PathBuf,
    /// Write what is a vpn between the targets as a fabric; the rest stays as it is, with the reason.
    #[arg(long)]
    fold: bool,
    /// The workspace that declares the targets.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

/// Looks at everything that the targets hold, and writes it down as one workspace.
pub(crate) async fn run(global: &Global, options: &ExportOptions) -> Result<Exit, CommandError> {
    let mut topology = common::load(global, &options.workspace)?;
    for name in &options.targets {
        if !topology.targets.contains_key(name) {
            let known = topology.targets.keys().cloned().collect::<Vec<_>>().join("`, `");
            let message = format!("the workspace has no target `{name}`");
            return Err(CommandError::failed(message).help(format!("it has `{known}`")));
        }
    }
    let mut declared = topology.clone();
    let ledger = common::open_ledger(&declared)?;
    topology.targets.retain(|name, _| options.targets.contains(name));
    topology.resources.clear();
    let mut workspace = ConnectedWorkspace::connect(global, topology).await?;
    let observed = workspace.observe(&Base::default(), Scope::EverythingShown).await;
    workspace.tell_troubles(None);
    if let Some(headline) = workspace.blind() {
        return Err(CommandError::failed(headline));
    }
    let index = matching::index(&workspace.topology, &observed, &Base::default());
    settle_ids(&mut declared, &observed, &ledger.base);
    let matched = matching::index(&declared, &observed, &Base::default());
    // What was sent as a secret is one, though no file gives it any more.
    kept_secrets::learn(&declared, &matching::index(&declared, &observed, &ledger.base), &ledger.base);
    let unseen = View::default();
    let view = |name: &String| observed.targets.get(name).unwrap_or(&unseen);
    let views: Vec<(&str, &View)> = workspace.topology.targets.keys().map(|name| (name.as_str(), view(name))).collect();
    let exports = export(&workspace.topology, &views, &index, &DeclaredObjects::of(&declared, &matched));
    let folding = if options.fold { folded::fold(&workspace.topology, &views, &exports) } else { Folding::default() };
    // A rehearsal goes elsewhere: what is written down is where the files say that the target is.
    let secrets = write(&options.out, &declared, &exports, &folding)?;
    for (name, exported) in &exports {
        fetch(&workspace, &workspace.topology.targets[name], &options.out, exported).await?;
    }
    tell(options, &exports, secrets);
    let mut found = Findings::default();
    found.add_if(!workspace.troubles.is_empty(), Fact::PartWay);
    workspace.close().await;
    Ok(found.exit(ExitRow::Other))
}

fn tell(options: &ExportOptions, exports: &BTreeMap<String, Export>, secrets: usize) {
    for (address, why) in exports.values().flat_map(|exported| &exported.left_out) {
        eprintln!("note: `{address}` is left out: {why}");
    }
    for (address, why) in exports.values().flat_map(|exported| &exported.external) {
        eprintln!("note: `{address}` is written as `external: true`, which nothing manages: {why}");
    }
    let kinds = render::counted(exports.values().map(|exported| exported.kinds.len()).sum(), "kind");
    eprintln!("wrote {kinds} to `{}`", options.out.display());
    if secrets > 0 {
        let (what, are) = (render::counted(secrets, "secret"), render::are(secrets));
        eprintln!("{what} {are} named in `trueup.yaml`: say there where the values come from");
    }
    eprintln!("next: trueup plan {}", options.out.display());
}

/// Writes what all of the workspace shares to one file, and each target to one of its own; gives the number of its secrets.
fn write(
    out: &Path,
    topology: &Topology,
    exports: &BTreeMap<String, Export>,
    folding: &Folding,
) -> Result<usize, CommandError> {
    let main = out.join("trueup.yaml");
    if main.exists() {
        return Err(CommandError::failed(format!("`{}` is there already", main.display())).help("name an empty folder"));
    }
    std::fs::create_dir_all(out).doing("make the folder", out)?;
    let mut secrets: BTreeMap<String, Value> = BTreeMap::new();
    for name in exports.values().flat_map(|exported| exported.secrets.keys()) {
        secrets.insert(name.clone(), json!({ "env": environment(name) }));
    }
    let mut files = BTreeSet::from(["trueup".to_owned()]);
    for (name, exported) in exports {
        let target = &topology.targets[name];
        // Where the target is comes first, then what it holds.
        let mut text = format!("{}:\n  {name}:\n", target.provider.name);
        text.push_str(&part(&head(target, &mut secrets)));
        text.push_str(&comment(&exported.never_given_back(target.provider)));
        for (endpoint, why) in folding.plain.get(name).into_iter().flatten() {
            text.push_str(&format!("    # Not folded: `{}`: {why}\n", crate::address::Escaped(endpoint)));
        }
        text.push_str(&part(folding.kinds.get(name).unwrap_or(&exported.kinds)));
        let path = out.join(format!("{}.yaml", unique(name.clone(), &mut files)));
        std::fs::write(&path, text).doing("write", &path)?;
    }
    let name = match exports.keys().next() {
        Some(only) if exports.len() == 1 => only,
        _ => "export",
    };
    let mut text = source::yaml(&json!({ "workspace": format!("{}-{name}", topology.workspace) }));
    if !secrets.is_empty() {
        text.push_str("\n# Say here where each value comes from: `env`, `file`, `command`, `vault` or `age`.\n");
        text.push_str(&source::yaml(&json!({ "secrets": secrets })));
    }
    if !folding.fabric.is_empty() {
        text.push_str(&format!("\n{}", source::yaml(&json!({ FABRIC: folding.fabric }))));
    }
    std::fs::write(&main, text).doing("write", &main)?;
    Ok(secrets.len())
}

/// A part of what is said of a target, below its name.
fn part(said: &Map<String, Value>) -> String {
    if said.is_empty() {
        return String::new();
    }
    source::yaml(&Value::Object(said.clone())).lines().map(|line| format!("    {line}\n")).collect()
}

/// What the files can say and the API never does, so that whoever reads them knows what nobody looks after.
fn comment(never_given_back: &[(&str, Vec<&str>)]) -> String {
    if never_given_back.is_empty() {
        return String::new();
    }
    let lines = never_given_back.iter().map(|(kind, fields)| format!("    #   {kind}: {}\n", fields.join(", ")));
    format!("    # Never given back, and as it is until it is declared here:\n{}", lines.collect::<String>())
}

/// Where a target is, and who asks there.
fn head(target: &Target, secrets: &mut BTreeMap<String, Value>) -> Map<String, Value> {
    let mut head = Map::new();
    head.insert("at".into(), Value::String(target.at.clone()));
    if target.credentials.origin == Origin::Workspace {
        head.insert("credentials".into(), credentials(target, secrets));
    }
    for (setting, value) in &target.settings {
        head.insert(setting.clone(), plain(value));
    }
    if !target.wait.is_zero() {
        head.insert("wait".into(), spelt_time(target.wait).into());
    }
    let Tls { pin_sha256, ca_file } = &target.tls;
    let ca_file = ca_file.as_ref().map(|file| std::path::absolute(file).unwrap_or(file.clone()).display().to_string());
    let tls = [("pin-sha256", pin_sha256.clone()), ("ca-file", ca_file)];
    let tls: Map<String, Value> = tls.into_iter().filter_map(|(key, it)| Some((key.to_owned(), it?.into()))).collect();
    if !tls.is_empty() {
        head.insert("tls".into(), tls.into());
    }
    head
}

/// Fetches the files that fields name.
async fn fetch(
    workspace: &ConnectedWorkspace,
    target: &Target,
    out: &Path,
    exported: &Export,
) -> Result<(), CommandError> {
    let Some(session) = workspace.sessions.get(&target.name) else { return Ok(()) };
    for (path, file) in &exported.files {
        let hands_out = |artifact: &&Artifact| artifact.hands_out(file.address.kind(), file.field);
        let Some(artifact) = target.provider.artifacts.iter().find(hands_out) else { continue };
        let bytes = session.download(artifact.call.method, &artifact.path(&file.id), &RequestBody::Nothing).await?;
        let place = out.join(path);
        let folder = place.parent().unwrap_or(out);
        std::fs::create_dir_all(folder).doing("make the folder", folder)?;
        std::fs::write(&place, bytes).doing("write", &place)?;
    }
    Ok(())
}

/// The credentials: plain ones as they are, secret ones as secrets of their own.
fn credentials(target: &Target, secrets: &mut BTreeMap<String, Value>) -> Value {
    let mut told = Map::new();
    for (field, value) in &target.credentials.fields {
        let value = match value {
            Attr::Secret(_) => {
                let mut taken: BTreeSet<String> = secrets.keys().cloned().collect();
                let name = unique(format!("{}-{}", target.name, field.to_lowercase()), &mut taken);
                secrets.insert(name.clone(), json!({ "env": environment(&name) }));
                Value::String(format!("${{secret.{name}}}"))
            }
            other => plain(other),
        };
        told.insert(field.clone(), value);
    }
    Value::Object(told)
}

/// A value that is no secret, as YAML says it.
fn plain(value: &Attr) -> Value {
    match value {
        Attr::Text(text) => Value::String(literal(text)),
        other => other.to_shown(),
    }
}

fn environment(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}
