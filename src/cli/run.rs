//! `trueup run`: what a controller does when asked. Never part of a diff.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::attr::Attr;
use crate::cli::common::Workspace;
use crate::cli::one::{self, Chosen};
use crate::cli::{Exit, Global, Stop, common};
use crate::diff::live::text;
use crate::session::{Sent, Waiting, encode};
use crate::spec::{Action, Body, Disruption, Provider, lookup};
use crate::suggest;

/// Options of `run`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The target.
    #[arg(value_name = "TARGET")]
    target: String,
    /// The action; `--list` shows what there is.
    #[arg(value_name = "ACTION", required_unless_present = "list")]
    action: Option<String>,
    /// The resource that it is about, where there is one: its name, or its address below the target.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// What the action takes besides; may be given several times.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Lists the target's actions.
    #[arg(long)]
    list: bool,
    /// Does not ask before something that interrupts traffic.
    #[arg(long, short)]
    yes: bool,
    /// The workspace's folder.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

/// Runs one action and prints what the controller answers.
pub async fn run(global: &Global, options: &Options) -> Result<Exit, Stop> {
    let topology = one::target_only(common::load(global, &options.workspace)?, &options.target)?;
    let provider = topology.targets[&options.target].provider;
    let Some(name) = options.action.as_deref().filter(|_| !options.list) else {
        return list(provider);
    };
    let Some(action) = provider.actions.iter().find(|action| action.name == name) else {
        let hint = suggest::hint(name, provider.actions.iter().map(|action| action.name));
        return Err(Stop::failed(format!("{} has no action `{name}`", provider.title)).help(hint));
    };
    let arguments = one::arguments(action.arguments, &options.parameters)?;
    if action.disruption > Disruption::None && !options.yes {
        let message = format!("`{name}` means: {}", action.disruption.as_str());
        return Err(Stop::failed(message).help("run it with `--yes`"));
    }
    let mut workspace = Workspace::connect(global, topology).await?;
    let chosen = one::choose(&mut workspace, &options.target, action.on, options.name.as_deref()).await?;
    let reply = send(&workspace, &options.target, action, &chosen, &arguments).await;
    workspace.close().await;
    let reply = reply?;
    let shown = lookup(&reply, action.shows).unwrap_or(&Value::Null);
    match shown {
        Value::Null => common::print(&format!("{name}: done\n"))?,
        Value::Object(_) | Value::Array(_) => common::print(&format!("{shown:#}\n"))?,
        scalar => common::print(&format!("{}\n", text(scalar)))?,
    }
    Ok(Exit::Done)
}

async fn send(
    workspace: &Workspace,
    target: &str,
    action: &'static Action,
    chosen: &Chosen,
    arguments: &BTreeMap<String, Attr>,
) -> Result<Value, Stop> {
    let session = one::session(workspace, target)?;
    let path = chosen.fill(action.call.path, arguments);
    let body = match action.call.body {
        Body::Json(template) => Some(chosen.json(template, arguments)),
        // What it takes is what it sends.
        Body::Fields | Body::Changed => Some(Attr::Map(arguments.clone())),
        Body::None | Body::File(_) | Body::Sequence(_) => None,
    };
    let body = body.map(|body| encode::json(&body)).transpose().map_err(Stop::failed)?;
    let sent = body.as_ref().map_or(Sent::Nothing, Sent::Json);
    let reply = session.send(action.call.method, &path, &sent).await?;
    let tell = |waiting: Waiting| tracing::info!("{}", waiting.state);
    let mut last = reply.clone();
    for poll in action.call.settle {
        if let crate::session::Settled::Done(object) =
            session.settle(poll, &chosen.fill(poll.path, arguments), &reply, &tell).await?
        {
            last = object;
        }
    }
    Ok(if action.call.settle.is_empty() { reply } else { last })
}

fn list(provider: &Provider) -> Result<Exit, Stop> {
    let mut text = String::new();
    for action in provider.actions {
        let on = action.on.map(|kind| format!(" <{kind}>")).unwrap_or_default();
        let disrupts = match action.disruption {
            Disruption::None => String::new(),
            disruption => format!(" [{}]", disruption.as_str()),
        };
        text.push_str(&format!("{:<42}{}{disrupts}\n", format!("{}{on}", action.name), action.doc));
        for argument in action.arguments {
            let required = if argument.required { " (required)" } else { "" };
            text.push_str(&format!("    --param {}=…{required}: {}\n", argument.name, argument.doc));
        }
    }
    common::print(&text)?;
    Ok(Exit::Done)
}
