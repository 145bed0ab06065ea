//! `trueup run`: what a controller does when asked. Never part of a diff.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::cli::common::ConnectedWorkspace;
use crate::cli::one::{self, Arguments, Chosen, Taken};
use crate::cli::{CommandError, Exit, Global, TimeLimit, common, halt, output};
use crate::session::{AnsweredCall, Session, WaitResult, Waiting, Watch, job_id};
use crate::spec::{Action, Disruption, Poll, Provider, lookup};
use crate::state::live::text;
use crate::suggest;
use wire::Method;

/// Options of `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunOptions {
    /// The target.
    #[arg(value_name = "TARGET")]
    target: String,
    /// The action; `--list` shows what there is.
    #[arg(value_name = "ACTION", required_unless_present = "list")]
    action: Option<String>,
    /// The resource that it is about, where there is one: its name, or its address below the target.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Values of the arguments that the action can't do without, in the order in which `--list` shows them.
    #[arg(value_name = "VALUE")]
    values: Vec<String>,
    /// A parameter of the action; may be given several times.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// The file to write the answer to instead of printing it, made for its owner's eyes only; `-` prints a secret, too.
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Lists the target's actions.
    #[arg(long)]
    list: bool,
    /// Does not ask before something that interrupts traffic.
    #[arg(long, short)]
    yes: bool,
    /// How long another run is waited for that holds the lease, as in 10m. What only reads waits for nobody.
    #[arg(long, value_name = "TIME", value_parser = TimeLimit::parse)]
    wait_for_lease: Option<TimeLimit>,
    /// The workspace's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

/// Runs one action and prints what the controller answers.
pub(crate) async fn run(global: &Global, options: &RunOptions) -> Result<Exit, CommandError> {
    let topology = one::target_only(common::load(global, &options.workspace)?, &options.target)?;
    let provider = topology.targets[&options.target].provider;
    let Some(name) = options.action.as_deref().filter(|_| !options.list) else {
        return list(provider);
    };
    let Some(action) = provider.actions.iter().find(|action| action.name == name) else {
        let hint = suggest::hint(name, provider.actions.iter().map(|action| action.name));
        return Err(CommandError::failed(format!("{} has no action `{name}`", provider.title)).help(hint));
    };
    let (named, values) = one::split(action.is_named(), action.on, options.name.as_deref(), &options.values)?;
    let taken = Taken { fields: action.arguments, others: action.extra_arguments };
    let arguments = Arguments::read(&taken, &options.parameters, &values)?;
    allow(action, options)?;
    let writes = action.call.method != Method::Get;
    let hold = writes.then(|| common::hold(&topology, options.wait_for_lease.as_ref())).transpose()?;
    let mut workspace = ConnectedWorkspace::connect(global, topology).await?;
    hold.iter().for_each(|hold| workspace.sessions.values().for_each(|session| hold.fences(session)));
    let answer = answer(&mut workspace, options, action, named, &arguments).await;
    workspace.close().await;
    tell(action, options, &answer?)
}

/// Refuses what interrupts traffic, and what hands out a secret to whoever looks on, unless it is meant.
fn allow(action: &Action, options: &RunOptions) -> Result<(), CommandError> {
    let name = action.name;
    if action.disruption > Disruption::None && !options.yes {
        let message = format!("`{name}` means: {}", action.disruption.as_str());
        return Err(CommandError::failed(message).help("run it with `--yes`"));
    }
    if action.secret && options.out.is_none() {
        let message = format!("`{name}` answers with a secret, which is not printed");
        return Err(CommandError::failed(message).help("name a file for it with `--out FILE`"));
    }
    Ok(())
}

async fn answer(
    workspace: &mut ConnectedWorkspace,
    options: &RunOptions,
    action: &'static Action,
    named: Option<&str>,
    arguments: &Arguments,
) -> Result<Value, CommandError> {
    let chosen = one::choose(workspace, &options.target, action.on, named).await?;
    if let (Some((key, words)), Some(live)) = (action.only, &chosen.live) {
        let state = lookup(&live.raw, key).map(text).unwrap_or_default();
        if !words.contains(&state.as_str()) {
            let message = format!("`{}` is not for one whose `{key}` is `{state}`", action.name);
            return Err(CommandError::failed(message).help(format!("it is for {}", words.join(", "))));
        }
    }
    let session = one::session(workspace, &options.target)?;
    let call = &action.call;
    let (path, body) = (chosen.path(call.path, arguments), chosen.body(call, arguments)?);
    let heeding = halt::heed("stopping: what can be given up is given up, the rest is looked at for 30 s more");
    let (since, sent) = (session.now(), body.sent());
    let work = async {
        let reply = session.send(call.method, &path, &sent).await?;
        session.check_partial(call, &path, &reply)?;
        let sending = AnsweredCall { spec: call, path: &path, body: &sent, since, reply: &reply };
        follow(&session, call.wait, &chosen, arguments, &sending, &heeding.switch).await
    };
    halt::within_grace(work).await.unwrap_or_else(|| Err(one::given_up()))
}

/// Waits for what a call started, and says on stderr how it goes.
async fn follow(
    session: &Session,
    polls: &'static [Poll],
    chosen: &Chosen,
    arguments: &Arguments,
    call: &AnsweredCall<'_>,
    stop: &AtomicBool,
) -> Result<Value, CommandError> {
    let mut last = call.reply.clone();
    for poll in polls {
        if let Some(job) = job_id(poll, call.reply) {
            eprintln!("following `{job}`");
        }
        let said = Mutex::new(String::new());
        let tell = |waiting: Waiting| {
            let count = waiting.progress.map(|(done, all)| format!(", {done} of {all}")).unwrap_or_default();
            let line = format!("{}{count}", waiting.state);
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            if *said != line {
                eprintln!("  {line}");
                *said = line;
            }
        };
        let watch = Watch { tell: &tell, stop };
        let path = chosen.open_path(poll.path, arguments)?;
        if let WaitResult::Done(object) = session.wait(poll, &path, call, watch).await? {
            last = object;
        }
    }
    Ok(last)
}

/// Prints what an answer holds, or writes it to the file.
fn tell(action: &Action, options: &RunOptions, reply: &Value) -> Result<Exit, CommandError> {
    let name = action.name;
    let shown = match lookup(reply, action.shows).unwrap_or(&Value::Null) {
        Value::Null => format!("{name}: done\n"),
        tree @ (Value::Object(_) | Value::Array(_)) => format!("{tree:#}\n"),
        scalar => format!("{}\n", text(scalar)),
    };
    match &options.out {
        Some(out) if output::is_stdout(out) => output::print(&shown)?,
        Some(out) => {
            common::save(out, shown.as_bytes())?;
            eprintln!("wrote {} bytes to `{}`", shown.len(), out.display());
        }
        None => output::print(&shown)?,
    }
    let failed = |(key, word): &&(&str, &str)| lookup(reply, key).is_some_and(|value| text(value) == *word);
    match action.fails.iter().find(failed) {
        Some((key, word)) => Err(CommandError::failed(format!("`{name}` did not succeed: `{key}` is `{word}`"))),
        None => Ok(Exit::Done),
    }
}

fn list(provider: &Provider) -> Result<Exit, CommandError> {
    let mut text = String::new();
    for action in provider.actions {
        let on = one::list_name(action.is_named(), action.on);
        let disrupts = match action.disruption {
            Disruption::None => String::new(),
            disruption => format!(" [{}]", disruption.as_str()),
        };
        text.push_str(&format!("{:<42}{}{disrupts}\n", format!("{}{on}", action.name), action.doc));
        text.push_str(&one::list_arguments(action.arguments));
    }
    output::print(&text)?;
    Ok(Exit::Done)
}
