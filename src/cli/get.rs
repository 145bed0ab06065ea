//! `trueup get`: files that a controller hands out, and outputs, written for their owner's eyes only.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::common::ConnectedWorkspace;
use crate::cli::one::{self, Arguments, Taken};
use crate::cli::{CommandError, Exit, Global, common, halt, output};
use crate::session::{RequestBody, encode};
use crate::spec::{Kind, OneTimeOutput, PathTemplate, Provider, Word, lookup};
use crate::state::base::Entry;
use crate::state::live::text;
use crate::state::output::live_output;
use crate::suggest;

/// Options of `get`.
#[derive(Debug, clap::Args)]
pub(crate) struct GetOptions {
    /// The target.
    #[arg(value_name = "TARGET")]
    target: String,
    /// The artifact, or the kind whose output is wanted; `--list` shows the artifacts.
    #[arg(value_name = "KIND", required_unless_present = "list")]
    kind: Option<String>,
    /// The name: of the artifact, or of the resource, or its address below the target.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// The output, where a resource's output is wanted: as in `jwt`.
    #[arg(long, value_name = "FIELD")]
    field: Option<String>,
    /// The file to write, made for its owner's eyes only; `-` for stdout.
    #[arg(short = 'o', long = "out", value_name = "FILE", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// A parameter of the artifact; may be given several times.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Lists the target's artifacts.
    #[arg(long)]
    list: bool,
    /// The workspace's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

/// Fetches one thing and writes it to a file.
pub(crate) async fn run(global: &Global, options: &GetOptions) -> Result<Exit, CommandError> {
    let topology = one::target_only(common::load(global, &options.workspace)?, &options.target)?;
    let provider = topology.targets[&options.target].provider;
    let (Some(kind), Some(out)) = (options.kind.as_deref().filter(|_| !options.list), options.out.as_deref()) else {
        return list(provider);
    };
    let mut workspace = ConnectedWorkspace::connect(global, topology).await?;
    let got = match &options.field {
        Some(field) => output(&mut workspace, options, provider, kind, field).await,
        None => artifact(&mut workspace, options, provider, kind).await.map(Got::Bytes),
    };
    workspace.close().await;
    let got = got?;
    if output::is_stdout(out) {
        return output::to_reader(got.hand_over(&mut std::io::stdout().lock())).map(|()| Exit::Done);
    }
    let count = got.save(out)?;
    eprintln!("wrote {count} bytes to `{}`", out.display());
    Ok(Exit::Done)
}

/// Something to write to a file.
enum Got {
    /// A file that the controller handed out.
    Bytes(Vec<u8>),
    /// An output.
    Output(encode::Json),
}

impl Got {
    /// Writes it to whom somebody has named as its reader.
    fn hand_over(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Got::Bytes(bytes) => out.write_all(bytes).and_then(|()| out.flush()),
            Got::Output(json) => json.hand_over(out),
        }
    }

    /// Writes it for its owner's eyes only. Gives the number of bytes.
    fn save(&self, out: &Path) -> Result<usize, CommandError> {
        match self {
            Got::Bytes(bytes) => common::save(out, bytes).map(|()| bytes.len()),
            Got::Output(json) => json.save(out).map_err(|error| common::not_written(out, &error)),
        }
    }
}

async fn artifact(
    workspace: &mut ConnectedWorkspace,
    options: &GetOptions,
    provider: &Provider,
    name: &str,
) -> Result<Vec<u8>, CommandError> {
    let Some(artifact) = provider.artifacts.iter().find(|artifact| artifact.name == name) else {
        let hint = suggest::hint(name, provider.artifacts.iter().map(|artifact| artifact.name));
        let stop = CommandError::failed(format!("{} hands out no `{name}`", provider.title));
        return Err(stop.help(format!("{hint} For a resource's output, give `--field`")));
    };
    let taken = Taken { fields: artifact.arguments, others: None };
    let (named, values) = one::split(artifact.is_named(), artifact.of, options.name.as_deref(), &[])?;
    let arguments = Arguments::read(&taken, &options.parameters, &values)?;
    let chosen = one::choose(workspace, &options.target, artifact.of, named).await?;
    let session = one::session(workspace, &options.target)?;
    let (path, body) = (chosen.path(artifact.call.path, &arguments), chosen.body(&artifact.call, &arguments)?);
    Ok(session.download(artifact.call.method, &path, &body.sent()).await?)
}

/// A resource's output. Reading never asks for a new one: what the API gives once and no more is gone.
async fn output(
    workspace: &mut ConnectedWorkspace,
    options: &GetOptions,
    provider: &Provider,
    kind: &str,
    field: &str,
) -> Result<Got, CommandError> {
    let last = kind.rsplit('/').next().unwrap_or(kind);
    let Some(declared) = provider.kind(last) else {
        return Err(CommandError::failed(format!("there is no kind `{last}`"))
            .help(suggest::hint(last, provider.kinds.iter().map(|kind| kind.name))));
    };
    if let Some(issue) = declared.one_time_output().filter(|issue| issue.field == field) {
        return issued(workspace, options, declared, &issue).await.map(Got::Output);
    }
    let chosen = one::choose(workspace, &options.target, Some(declared.name), options.name.as_deref()).await?;
    let value = chosen.live.as_ref().and_then(|live| live_output(live, declared, field));
    let value = value.ok_or_else(|| match workspace.troubles.is_empty() {
        true => CommandError::failed(format!("it has no `{field}` (any more)")),
        false => one::unseen(workspace, &format!("it has a `{field}`")),
    })?;
    encode::json(&value).map(Got::Output).map_err(CommandError::failed)
}

/// A one-time output, asked for. Each one ends the one before it: none is asked for where that may be in use.
async fn issued(
    workspace: &mut ConnectedWorkspace,
    options: &GetOptions,
    kind: &Kind,
    issue: &OneTimeOutput,
) -> Result<encode::Json, CommandError> {
    let chosen = one::choose(workspace, &options.target, Some(kind.name), options.name.as_deref()).await?;
    let field = issue.field;
    let (Some(address), Some(live)) = (chosen.address, chosen.live) else {
        return Err(CommandError::failed(format!("there is nothing that has a `{field}`")));
    };
    if let Some(why) = issue.call.refusal(&live.raw) {
        return Err(CommandError::failed(format!("`{address}` gets no `{field}`: {why}")));
    }
    let output = format!("{address}.{field}");
    let ledger = common::open_ledger(&workspace.topology)?;
    let has_it = |entry: &Entry| entry.expressions.values().any(|expression| expression.contains(&output));
    if let Some((taker, _)) = ledger.base.entries.iter().find(|(_, entry)| has_it(entry)) {
        let stop = CommandError::failed(format!(
            "`{taker}` was given the `{field}` of `{address}`: another one would end that"
        ));
        return Err(stop.help("run the action that rotates it if that is meant: `trueup run TARGET --list`"));
    }
    let session = one::session(workspace, &options.target)?;
    let path = PathTemplate::of(issue.call.path).text(&|word| (*word == Word::Id).then(|| live.id.clone()));
    let _heeding = halt::heed("stopping: the answer is waited for 30 s more");
    let reply = session.send(issue.call.method, &path, &RequestBody::Nothing);
    let reply = halt::within_grace(reply).await.ok_or_else(one::given_up)??;
    let value = lookup(&reply, issue.at()).filter(|value| !value.is_null());
    let value = value.ok_or_else(|| CommandError::failed(format!("the reply holds no `{field}`")))?;
    Ok(encode::Json::plain(Value::String(text(value))))
}

fn list(provider: &Provider) -> Result<Exit, CommandError> {
    let mut text = String::new();
    for artifact in provider.artifacts {
        let of = one::list_name(artifact.is_named(), artifact.of);
        text.push_str(&format!("{:<42}{}\n", format!("{}{of}", artifact.name), artifact.doc));
        text.push_str(&one::list_arguments(artifact.arguments));
    }
    output::print(&text)?;
    Ok(Exit::Done)
}
