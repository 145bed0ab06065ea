//! The command line: one file a command. The only floor that sees `providers` and `sim`.
//!
//! What commands share: `common` (read, connect, look, plan), `allow`, `choice`, `looked`, `run_clock`, `contents` (content at URLs), `installations`,
//! `troubles`, `facts` and `exit` (how they end), `talk` (the door to stderr), `output`, `halt` and `stop`, `simulated`
//! (rehearsals); `adopt --drift` is `write_back`; `run` and `get` share `one`, `plan`, `show` and `apply` a `plan_file`, `history`, `show`
//! and `undo` what is `past`. `explain` has more pages:
//! `topics`, `not_mine`.

// First, so that what follows says everything through it.
#[macro_use]
mod talk;

mod adopt;
mod allow;
mod apply;
mod asking;
mod blame;
mod choice;
mod codes;
mod common;
mod completions;
mod contents;
mod demo;
mod destroy;
mod drift;
mod exit;
mod expand;
mod explain;
mod export;
mod fabric;
mod facts;
mod field_origins;
mod fmt;
mod folded;
mod get;
mod graph;
mod halt;
mod history;
mod init;
mod installations;
mod kinds;
mod ledger;
mod log;
mod looked;
mod not_mine;
mod one;
mod output;
mod past;
mod plan;
mod plan_file;
mod reading;
mod rebuild;
mod revisions;
mod run;
mod run_clock;
mod scaffold;
mod schema;
mod secrets;
mod show;
mod sim;
mod simulated;
mod snapshot;
mod stop;
mod topics;
mod troubles;
mod undo;
mod validate;
mod write_back;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::suggest;

pub use exit::Exit;
pub use stop::CommandError;

use allow::Allow;
use choice::{PartOptions, SelectOptions};

/// Keeps whole network topologies true to git.
///
/// Reads a topology from YAML, looks at every controller, and shows or carries out one ordered plan of API calls.
#[derive(Debug, Parser)]
#[command(name = "trueup", version, about, long_about, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Rehearse on simulated controllers: in this process, with stand-ins for all secrets and their state kept in
    /// .trueup/sim, or at a URL, which gets the secrets that are there.
    #[arg(long, global = true, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    sim: Option<String>,
    /// The version that simulated controllers of a provider behave like where the files do not say one, as in vns3=fresh or
    /// cloudify=4.5; may be given several times. What is there already stays as it is.
    #[arg(long, global = true, value_name = "PROVIDER=VERSION", requires = "sim")]
    sim_version: Vec<String>,
    /// The time at which a rehearsal takes place, which decides which windows are open, as in 2026-12-05T02:00:00+01:00.
    #[arg(long, global = true, value_name = "TIME", requires = "sim")]
    sim_time: Option<jiff::Timestamp>,
    /// Sets a variable of the workspace.
    #[arg(long = "var", global = true, value_name = "NAME=VALUE")]
    vars: Vec<String>,
    /// Sets variables from a file of YAML or JSON, a map of values by name; `--var` goes before.
    #[arg(long = "vars", global = true, value_name = "FILE")]
    var_files: Vec<PathBuf>,
    /// The environment that is meant: its file in `environments` is laid over the others, and its ledger is its own. By
    /// default what TRUEUP_ENV says.
    #[arg(long = "env", global = true, value_name = "NAME")]
    environment: Option<String>,
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
    /// The time that the command may take, as in 90s or 10m. What is under way then is stopped as by a signal.
    #[arg(long, global = true, value_name = "TIME", value_parser = TimeLimit::parse)]
    timeout: Option<TimeLimit>,
    /// Says less: no progress on stderr.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Says more: each request, without what it carries. Twice: all that there is to say.
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// A time limit, and how it was written.
#[derive(Debug, Clone)]
pub(crate) struct TimeLimit {
    pub(crate) time: std::time::Duration,
    text: String,
}

impl TimeLimit {
    fn parse(text: &str) -> Result<TimeLimit, String> {
        Ok(TimeLimit { time: crate::topology::time(text)?, text: text.to_owned() })
    }
}

/// When to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// When it is a terminal, and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For programs; versioned.
    Json,
    /// For pull requests.
    Markdown,
}

/// The workspace that a command is about.
#[derive(Debug, Clone, Args)]
pub struct Dir {
    /// The workspace's folder: the one that holds trueup.yaml.
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begins a workspace: asks for the targets, or takes them from flags, and writes over nothing.
    Init(init::InitOptions),
    /// Reads a workspace and says everything that is wrong with it, without looking at any controller.
    Validate(validate::ValidateOptions),
    /// Indents the files of a workspace. Comments, order, quotes and anchors stay as they are.
    Fmt(fmt::FmtOptions),
    /// Shows what would be done, call by call if asked.
    Plan(plan::PlanOptions),
    /// Brings the controllers in line with the files.
    Apply(apply::ApplyOptions),
    /// Shows a plan that was kept, as it was, or a run of the past. Looks at nothing.
    Show(show::ShowOptions),
    /// Takes back what a run did: plans the way back to what it found, shows it, asks, and goes it.
    Undo(undo::UndoOptions),
    /// Lists the runs of the past, the newest first: who, when, at which commit, and what they did.
    History(history::HistoryOptions),
    /// Says which runs touched a resource.
    Log(log::LogOptions),
    /// Says which run gave a resource each of its values.
    Blame(blame::BlameOptions),
    /// Says what somebody changed at the controllers. Never writes.
    Drift(drift::DriftOptions),
    /// Writes live controllers as YAML: some targets, as one workspace.
    Export(export::ExportOptions),
    /// Keeps what the targets hold in a file, secrets as keyed fingerprints.
    Snapshot(snapshot::SnapshotOptions),
    /// Takes live resources into ownership, or what somebody changed into the files, without writing to a controller.
    Adopt(adopt::AdoptOptions),
    /// Removes everything that the workspace owns.
    Destroy(destroy::DestroyOptions),
    /// Says where the ledger is and who holds it, moves it, frees it.
    Ledger(ledger::LedgerOptions),
    /// Asks a controller to do something: reboot, restart, reset; `--list` shows what.
    Run(run::RunOptions),
    /// Fetches a file or an output from a controller, for its owner's eyes only.
    Get(get::GetOptions),
    /// Lists the secrets that the files declare: where each comes from and goes to, and whether it is what was applied.
    Secrets(secrets::SecretsOptions),
    /// Prints the resources that a fabric comes to, and what gateways of others have to set.
    Expand(expand::ExpandOptions),
    /// Draws the references between resources, or the order of a plan.
    Graph(graph::GraphOptions),
    /// Prints a JSON Schema: of workspaces, or of what commands print.
    Schema(schema::SchemaOptions),
    /// Lists what can be declared, and the endpoints that it covers.
    Kinds(kinds::KindsOptions),
    /// Prints a starter for a kind: what it needs first, the rest as comments.
    Scaffold(scaffold::ScaffoldOptions),
    /// Explains a kind or a field.
    Explain(explain::ExplainOptions),
    /// Serves simulated controllers on loopback.
    Sim(sim::SimOptions),
    /// Walks through the whole story on simulated controllers.
    Demo(demo::DemoOptions),
    /// Prints a completion script for a shell.
    Completions(completions::CompletionsOptions),
}

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(mut error) => {
            without_far_fetched_tip(&mut error);
            // Help and version are answers, everything else is a usage error.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return code;
        }
    };
    common::start_log(cli.global.verbose);
    if let Some(TimeLimit { time, text }) = &cli.global.timeout {
        halt::limit(*time, text.clone());
    }
    obey(cli)
}

/// Takes out a tip that is no slip of the fingers: who asks for `repair` does not mean `drift`.
fn without_far_fetched_tip(error: &mut clap::Error) {
    let words = |value: Option<&ContextValue>| match value {
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    };
    let tips = words(error.get(ContextKind::SuggestedSubcommand));
    let asked = words(error.get(ContextKind::InvalidSubcommand));
    let is_near = |word: &String| suggest::closest(word, tips.iter().map(String::as_str)).is_some();
    if !tips.is_empty() && !asked.iter().any(is_near) {
        error.remove(ContextKind::SuggestedSubcommand);
    }
}

/// Does what a command line says, and tells why it stopped where it could not go on.
fn obey(cli: Cli) -> Exit {
    let outcome = match cli.command {
        Command::Init(options) => init::run(&cli.global, &options),
        Command::Validate(options) => validate::run(&cli.global, &options),
        Command::Fmt(options) => fmt::run(&cli.global, &options),
        Command::Plan(options) => common::block_on(plan::run(&cli.global, &options)),
        Command::Apply(options) => common::block_on(apply::run(&cli.global, &options)),
        Command::Show(options) => show::run(&cli.global, &options),
        Command::Undo(options) => common::block_on(undo::run(&cli.global, &options)),
        Command::History(options) => history::run(&cli.global, &options),
        Command::Log(options) => log::run(&cli.global, &options),
        Command::Blame(options) => blame::run(&cli.global, &options),
        Command::Drift(options) => common::block_on(drift::run(&cli.global, &options)),
        Command::Export(options) => common::block_on(export::run(&cli.global, &options)),
        Command::Snapshot(options) => common::block_on(snapshot::run(&cli.global, &options)),
        Command::Adopt(options) => common::block_on(adopt::run(&cli.global, &options)),
        Command::Destroy(options) => common::block_on(destroy::run(&cli.global, &options)),
        Command::Ledger(options) => common::block_on(ledger::run(&cli.global, &options)),
        Command::Run(options) => common::block_on(run::run(&cli.global, &options)),
        Command::Get(options) => common::block_on(get::run(&cli.global, &options)),
        Command::Secrets(options) => secrets::run(&cli.global, &options),
        Command::Expand(options) => expand::run(&cli.global, &options),
        Command::Graph(options) => graph::run(&cli.global, &options),
        Command::Schema(options) => schema::run(&options),
        Command::Kinds(options) => kinds::run(&options),
        Command::Scaffold(options) => scaffold::run(&options),
        Command::Explain(options) => explain::run(&cli.global, &options),
        Command::Sim(options) => common::block_on(sim::run(&cli.global, &options)),
        Command::Demo(options) => demo::run(&cli.global, &options),
        Command::Completions(options) => completions::run(&options),
    };
    outcome.unwrap_or_else(|stop| stop.tell(&cli.global))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_slip_of_the_fingers_is_corrected() {
        for (word, tip) in [("revert", None), ("rollback", None), ("plna", Some("plan")), ("valdate", Some("validate"))]
        {
            let Err(mut error) = Cli::try_parse_from(["trueup", word]) else { panic!("{word}") };
            without_far_fetched_tip(&mut error);
            let told = error.to_string();
            assert!(told.contains(word) && told.contains("Usage"), "{told}");
            assert_eq!(told.contains("similar"), tip.is_some(), "{told}");
            assert!(tip.is_none_or(|tip| told.contains(tip)), "{told}");
        }
    }
}
