//! `trueup init`: the beginning of a workspace, which validates, and writes over nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::cli::asking::answer;
use crate::cli::schema::SchemaSubject;
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Exit, Global, common, output, schema};
use crate::finding::Finding;
use crate::providers::CATALOGUE;
use crate::source::inline;
use crate::spec::{Auth, Dialect, Field, Provider};
use crate::suggest;
use crate::topology;

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitOptions {
    /// The workspace's folder; it is made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// The workspace's name; without it, the folder's.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A target's provider; for several targets it is given several times, each with its `--at` and `--target`. Without it,
    /// whoever is at the terminal is asked.
    #[arg(long, value_name = "PROVIDER")]
    provider: Vec<String>,
    /// Where the target's API is.
    #[arg(long, value_name = "URL")]
    at: Vec<String>,
    /// The target's name.
    #[arg(long, value_name = "NAME")]
    target: Vec<String>,
    /// The user who asks there, where the API wants one.
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,
}

/// A target to begin with.
struct FirstTarget {
    provider: &'static Provider,
    name: String,
    at: String,
    user: String,
}

/// The file of the schema that editors complete by.
const SCHEMA: &str = "workspace.schema.json";

/// The line by which the YAML language server finds it.
const MODELINE: &str = "# yaml-language-server: $schema=workspace.schema.json\n";

/// What git is to leave out.
const IGNORED: &str = "# What belongs to this machine: ledger and journals unless a store is shared, rehearsals, and secrets.\n\
                       .trueup/\nsecrets/\n.env\n";

/// Asks what is not said, and writes the files.
pub(crate) fn run(global: &Global, options: &InitOptions) -> Result<Exit, CommandError> {
    let targets = if options.provider.is_empty() { ask()? } else { told(options)? };
    let name = match &options.name {
        Some(name) => name.clone(),
        None => folder_name(&options.dir),
    };
    let files = files(&name, &targets)?;
    check(global, &files)?;
    write(&options.dir, &files)?;
    let first = targets.first().map(|target| target.name.as_str()).unwrap_or_default();
    eprintln!("next: set the secrets that `trueup.yaml` names, then `trueup export --help` for what is there already,");
    eprintln!("      or `trueup kinds` and `trueup scaffold KIND --target {first}` for what is to be");
    Ok(Exit::Done)
}

fn folder_name(folder: &Path) -> String {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "network".to_owned())
}

fn provider(name: &str) -> Result<&'static Provider, CommandError> {
    CATALOGUE.iter().find(|provider| provider.name == name).copied().ok_or_else(|| {
        let names = CATALOGUE.iter().map(|provider| provider.name);
        CommandError::Message(format!("there is no provider `{name}`"), Some(suggest::hint(name, names)), Exit::Usage)
    })
}

/// The targets that the command line says.
fn told(options: &InitOptions) -> Result<Vec<FirstTarget>, CommandError> {
    let count = options.provider.len();
    if options.at.len() != count || options.target.len() > count || (count > 1 && options.target.len() != count) {
        let message = format!("{count} of `--provider`, and not as many of `--at` and `--target`");
        let help = "as in `trueup init --provider vns3 --at https://203.0.113.10:8000/api --target east`";
        return Err(CommandError::Message(message, Some(help.to_owned()), Exit::Usage));
    }
    let mut targets = Vec::new();
    for (n, (name, at)) in options.provider.iter().zip(&options.at).enumerate() {
        let provider = provider(name)?;
        let user = options.user.get(n).or(options.user.first()).cloned();
        targets.push(FirstTarget {
            provider,
            name: options.target.get(n).cloned().unwrap_or_else(|| provider.name.to_owned()),
            at: at.clone(),
            user: user.unwrap_or_else(|| usual_user(provider)),
        });
    }
    Ok(targets)
}

/// The user that a fresh installation has, as far as its table says.
fn usual_user(provider: &Provider) -> String {
    let Auth::Basic { user, .. } = provider.dialect.auth else { return String::new() };
    let field = provider.dialect.credentials.iter().find(|field| field.name == user);
    let default = field.and_then(|field| field.default).and_then(|default| default.value().to_text());
    default.unwrap_or_else(|| "admin".to_owned())
}

/// The targets that whoever is at the terminal says, one after another.
fn ask() -> Result<Vec<FirstTarget>, CommandError> {
    if !std::io::stdin().is_terminal() {
        let stop = CommandError::Message("nobody is here to ask".to_owned(), None, Exit::Usage);
        return Err(stop.help("say `--provider`, `--at` and `--target`; `trueup init --help` says more"));
    }
    let names: Vec<&str> = CATALOGUE.iter().map(|provider| provider.name).collect();
    let mut targets: Vec<FirstTarget> = Vec::new();
    loop {
        let more = if targets.is_empty() { "provider" } else { "another provider, or nothing" };
        let word = answer(&format!("{more} ({}): ", names.join(", ")))?;
        if word.is_empty() && !targets.is_empty() {
            return Ok(targets);
        }
        let Ok(provider) = provider(&word) else {
            eprintln!("  there is no provider `{word}`");
            continue;
        };
        let at = answer(&format!("its address, as in {}: ", provider.dialect.example))?;
        let name = or(answer(&format!("a name for it [{}]: ", provider.name))?, provider.name);
        let usual = usual_user(provider);
        let user = match provider.dialect.auth {
            Auth::Basic { .. } => or(answer(&format!("its user [{usual}]: "))?, &usual),
            Auth::ClientCredentials(_) => usual,
        };
        targets.push(FirstTarget { provider, name, at, user });
    }
}

fn or(answer: String, usual: &str) -> String {
    if answer.is_empty() { usual.to_owned() } else { answer }
}

/// The files by their names.
fn files(name: &str, targets: &[FirstTarget]) -> Result<BTreeMap<String, String>, CommandError> {
    let mut files = BTreeMap::new();
    let mut secrets = String::new();
    for target in targets {
        let file = format!("{}.yaml", target.name);
        if matches!(file.as_str(), "trueup.yaml") || target.name.contains(['/', '\\']) || target.name.starts_with('.') {
            let message = format!("`{}` is no name for a target here: a file is called by it", target.name);
            return Err(CommandError::Message(message, None, Exit::Usage));
        }
        if files.insert(file, target_file(target, &mut secrets)).is_some() {
            let message = format!("two targets are called `{}`", target.name);
            return Err(CommandError::Message(message, None, Exit::Usage));
        }
    }
    let mut text = format!("{MODELINE}workspace: {}\n\n", inline(&name.into()));
    text.push_str("# Where each value comes from: `env`, `file`, `command`, `vault` or `age`.\nsecrets:\n");
    text.push_str(&secrets);
    text.push_str(
        "\npolicy:\n  # A plan that removes or replaces more than so many resources is refused.\n  max-deletes: 5\n",
    );
    files.insert("trueup.yaml".to_owned(), text);
    files.insert(".gitignore".to_owned(), IGNORED.to_owned());
    files.insert(SCHEMA.to_owned(), schema::pretty(&schema::generate(SchemaSubject::Workspace)));
    Ok(files)
}

/// A target's file; its secrets are added to the others.
fn target_file(target: &FirstTarget, secrets: &mut String) -> String {
    let FirstTarget { provider, name, at, user } = target;
    let mut text = format!("{MODELINE}# {}: {}\n", provider.title, provider.doc);
    text.push_str(&format!(
        "{}:\n  {}:\n    at: {}\n",
        provider.name,
        inline(&name.as_str().into()),
        inline(&at.as_str().into())
    ));
    for setting in provider.dialect.settings {
        match setting.default {
            Some(default) => text.push_str(&format!("    {}: {default}\n", setting.name)),
            None => text.push_str(&format!("    # {}:  # {}\n", setting.name, setting.doc)),
        }
    }
    text.push_str("    credentials:\n");
    for field in needed(&provider.dialect) {
        let is_user = matches!(provider.dialect.auth, Auth::Basic { user, .. } if user == field.name);
        if is_user {
            text.push_str(&format!("      {}: {}\n", field.name, inline(&user.as_str().into())));
            continue;
        }
        let secret = words(&format!("{name}-{}", field.name)).join("-").to_lowercase();
        text.push_str(&format!("      {}: \"${{secret.{secret}}}\"\n", field.name));
        let variable = words(&secret).join("_").to_uppercase();
        secrets.push_str(&format!("  {secret}: {{ env: {variable} }}  # {}\n", field.doc));
    }
    text
}

/// The fields of credentials that are given: one way to prove who asks is enough.
fn needed(dialect: &Dialect) -> impl Iterator<Item = &'static Field> {
    let auth = dialect.auth;
    dialect.credentials.iter().filter(move |field| match auth {
        Auth::Basic { user, password, .. } => field.name == user || field.name == password,
        Auth::ClientCredentials(_) => true,
    })
}

/// The words of a name, where `clientId` has two.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut was_small = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && was_small {
            spaced.push(' ');
        }
        was_small = letter.is_ascii_lowercase();
        spaced.push(if letter.is_ascii_alphanumeric() { letter } else { ' ' });
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// Reads the files as if they were there: what is wrong with a name or an address is told before anything is written.
fn check(global: &Global, files: &BTreeMap<String, String>) -> Result<(), CommandError> {
    let folder = tempfile::tempdir().while_doing("make a folder")?;
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::write(&path, text).doing("write", &path)?;
    }
    match topology::load(folder.path(), CATALOGUE, &common::file_options(global)?) {
        Ok(_) => Ok(()),
        Err(findings) => {
            let errors = findings.into_iter().filter(Finding::is_error).collect();
            Err(CommandError::Findings(errors, Exit::Failed))
        }
    }
}

/// Writes the files, all or none: each has to be new.
fn write(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), CommandError> {
    let there: Vec<String> =
        files.keys().filter(|name| folder.join(name).exists()).map(|name| format!("`{name}`")).collect();
    if !there.is_empty() {
        let message = format!("{} would be written over: nothing was written", there.join(", "));
        return Err(CommandError::failed(message).help("name a folder that does not have them, or move them away"));
    }
    fs::create_dir_all(folder).doing("make the folder", folder)?;
    let mut lines = String::new();
    for (name, text) in files {
        let path = folder.join(name);
        let written = fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.doing("write", &path)?;
        lines.push_str(&format!("{}\n", path.display()));
    }
    output::print(&lines)
}
