//! `trueup secrets`: where each secret comes from and goes to, and whether it is still what was applied; never what it is.

use std::io::{IsTerminal, Read};
use std::path::Path;

use clap::Subcommand;
use serde_json::Value;

use crate::cli::exit::{ExitRow, Fact, Findings};
use crate::cli::stop::Doing;
use crate::cli::{CommandError, Dir, Exit, Format, Global, common, output, talk};
use crate::diff::secret_uses::{Applied, secret_uses};
use crate::finding::Finding;
use crate::ledger::record_folder;
use crate::providers::CATALOGUE;
use crate::render::secrets::{self, ListedSecret, ListedUse, SecretsDocument};
use crate::topology::{self, ABOUT_VALUES, KeyPlace, Loaded, SecretMode, SecretSight, SecretStatus, encrypted};

/// Options of `secrets`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct SecretsOptions {
    #[command(subcommand)]
    task: Option<SecretsTask>,
    #[command(flatten)]
    workspace: Dir,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// What else is done about secrets.
#[derive(Debug, Subcommand)]
enum SecretsTask {
    /// Encrypts what it reads on stdin, and prints what stands under `age` in the files.
    Encrypt {
        /// Who may read it: a recipient of age's, as `age-keygen -y` prints it.
        #[arg(long, value_name = "AGE1…")]
        recipient: String,
    },
}

/// What a secret may hold, and a byte more.
const MOST: u64 = (1 << 20) + 1;

/// Lists them, each source asked once, or encrypts one.
pub(crate) fn run(global: &Global, options: &SecretsOptions) -> Result<Exit, CommandError> {
    match &options.task {
        Some(SecretsTask::Encrypt { recipient }) => encrypt(recipient),
        None => list(global, options),
    }
}

fn encrypt(recipient: &str) -> Result<Exit, CommandError> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("note: type the secret, then Ctrl-D; better, `< file`: what is typed can be seen");
    }
    let mut bytes = Vec::new();
    stdin.take(MOST).read_to_end(&mut bytes).doing("read", Path::new("stdin"))?;
    let what = match bytes.len() as u64 {
        0 => Some("there is nothing on stdin"),
        MOST => Some("that is more than a secret may hold"),
        _ => None,
    };
    if let Some(what) = what {
        return Err(CommandError::failed(what).help("trueup secrets encrypt --recipient age1… < file"));
    }
    let text = encrypted(recipient, &bytes).map_err(CommandError::failed)?;
    output::print(&format!("{}\n", text.trim_end()))?;
    Ok(Exit::Done)
}

fn list(global: &Global, options: &SecretsOptions) -> Result<Exit, CommandError> {
    let mut reading = common::load_options(global)?;
    if reading.secrets == SecretMode::Required {
        // Those that are not there are told, and the others all the same.
        reading.secrets = SecretMode::StandIn;
    }
    let loaded = topology::load(&options.workspace.dir, CATALOGUE, &reading);
    let Loaded { mut topology, findings, secrets, spare: _, expansion: _ } =
        loaded.map_err(|findings| CommandError::Findings(findings, Exit::Failed))?;
    talk::keep(&topology.secrets);
    let is_told_here = |finding: &&Finding| finding.code == "missing-secret";
    let others: Vec<Finding> = findings.iter().filter(|finding| !is_told_here(finding)).cloned().collect();
    let about_values: Vec<Finding> = others.into_iter().filter(|it| ABOUT_VALUES.contains(&it.code)).collect();
    common::tell_warnings(global, &about_values);
    common::rehearse_ownership(global, &mut topology);
    let ledger = common::open_ledger(&topology)?;
    let mut uses = secret_uses(&topology, &ledger.base);
    let records = record_folder(&topology);
    let is_keyed = matches!(topology.key, KeyPlace::Secret(_));
    let listed = secrets.iter().map(|status| {
        let used = uses.remove(&status.name).unwrap_or_default();
        let uses = used.into_iter().map(|used| {
            let (state, run) = match used.applied {
                Applied::NotKept => ("not-kept", None),
                Applied::Never => ("never-applied", None),
                Applied::Same(run) => ("matches", run),
                Applied::Other(run) => ("differs", run),
            };
            let when = run.and_then(|run| ended(&records, run));
            ListedUse { at: used.at, field: used.field, state: state.to_owned(), run, when }
        });
        let mut uses: Vec<ListedUse> = uses.collect();
        if status.is_key && is_keyed {
            let (at, field) = ("ledger".to_owned(), "key".to_owned());
            uses.push(ListedUse { at, field, state: "not-kept".into(), run: None, when: None });
        }
        self::listed(&topology, status, uses)
    });
    let document = SecretsDocument::of(&topology.workspace, listed.collect());
    output::print(&match options.format {
        Format::Json => secrets::json(&document),
        Format::Markdown => secrets::markdown(&document),
        Format::Text => secrets::text(&document, output::stdout_style(global)),
    })?;
    let mut found = Findings::default();
    found.add_if(document.secrets.iter().any(|secret| secret.trouble.is_some()), Fact::CouldNotLook);
    Ok(found.exit(ExitRow::Other))
}

fn listed(topology: &topology::Topology, status: &SecretStatus, uses: Vec<ListedUse>) -> ListedSecret {
    let (written, trouble) = match &status.seen {
        SecretSight::NotAsked => (None, None),
        SecretSight::There(since) => (since.clone(), None),
        SecretSight::Missing(why) => (None, Some(why.clone())),
    };
    ListedSecret {
        name: status.name.clone(),
        sort: status.sort.to_owned(),
        source: status.source.clone(),
        declared: topology.sources.locations(&[&status.place]).into_iter().next(),
        used: status.used,
        written,
        trouble,
        uses,
    }
}

/// When a run ended, as its record says.
fn ended(records: &Path, run: u64) -> Option<String> {
    let text = std::fs::read_to_string(records.join(format!("{run:06}.json"))).ok()?;
    let record: Value = serde_json::from_str(&text).ok()?;
    record.get("ended").and_then(Value::as_str).filter(|ended| !ended.is_empty()).map(str::to_owned)
}
