//! The lint of actions and artifacts: what the command line offers beside the kinds.

use std::collections::BTreeSet;

use super::{lint_call, lint_fields};
use crate::spec::{
    Action, Artifact, Body, BodyTemplate, CallSpec, Field, PathTemplate, Provider, TableCall, Type, Word,
};

/// What actions and artifacts have in common.
struct Command {
    doc: &'static str,
    about: Option<&'static str>,
    arguments: &'static [Field],
    extra_arguments: Option<&'static str>,
    call: &'static CallSpec,
    calls: Vec<TableCall>,
}

impl From<&'static Action> for Command {
    fn from(action: &'static Action) -> Command {
        let Action { doc, on, arguments, extra_arguments, ref call, .. } = *action;
        Command { doc, about: on, arguments, extra_arguments, call, calls: action.calls() }
    }
}

impl From<&'static Artifact> for Command {
    fn from(artifact: &'static Artifact) -> Command {
        let Artifact { doc, of, arguments, ref call, .. } = *artifact;
        Command { doc, about: of, arguments, extra_arguments: None, call, calls: artifact.calls() }
    }
}

/// Adds what is wrong with a provider's actions and artifacts.
pub(crate) fn lint(provider: &Provider, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for action in provider.actions {
        let mut say = |text: String| found.push(format!("{}: action `{}`: {text}", provider.name, action.name));
        let is_documented = |call: &TableCall| provider.documented().any(|(method, path)| call.is_at(method, path));
        if action.documented_at.is_some() && action.calls().iter().all(is_documented) {
            say("it names a source beside the texts, but they have its calls".into());
        }
        if !seen.insert(action.name) {
            say("declared twice".into());
        }
        lint_command(provider, &action.into(), &mut say);
    }
    let mut seen = BTreeSet::new();
    for artifact in provider.artifacts {
        let mut say = |text: String| found.push(format!("{}: artifact `{}`: {text}", provider.name, artifact.name));
        if !seen.insert(artifact.name) {
            say("declared twice".into());
        }
        lint_command(provider, &artifact.into(), &mut say);
    }
}

fn lint_command(provider: &Provider, command: &Command, say: &mut dyn FnMut(String)) {
    if command.doc.is_empty() || command.doc.ends_with('.') {
        say("doc is missing or ends with a period".into());
    }
    if let Some(kind) = command.about
        && provider.kind(kind).is_none()
    {
        say(format!("it is about `{kind}`, which is no kind"));
    }
    lint_fields(provider, command.arguments, say);
    for name in command.extra_arguments.into_iter().chain(command.call.body.file()) {
        if !command.arguments.iter().any(|field| field.name == name) {
            say(format!("`{name}` is no argument"));
        }
    }
    for call in &command.calls {
        lint_call(call, &|word| fills(provider, command, word), say);
    }
    for field in command.arguments.iter().filter(|field| !is_sent(command, field)) {
        say(format!("argument `{}` goes nowhere", field.name));
    }
}

/// Says whether an argument is a part of the request.
fn is_sent(command: &Command, field: &Field) -> bool {
    let is_field = |word: &Word| word.field() == Some(field.name);
    PathTemplate::of(command.call.path).words().any(is_field)
        || match command.call.body {
            Body::Fields => true,
            Body::Json(text) => BodyTemplate::of(text).words().into_iter().any(is_field),
            body => body.file() == Some(field.name) && matches!(field.ty, Type::File(_)),
        }
}

/// Says whether something fills a word in a command's call: what is named, what is around it, or an argument.
fn fills(provider: &Provider, command: &Command, word: &Word) -> bool {
    match word {
        Word::Id | Word::Name => true,
        Word::Job | Word::Target(_) => false,
        Word::Parent(levels, word) => {
            let above = |name: &str| provider.kind(name)?.parent;
            let around = command.about.and_then(above);
            word == "id" && std::iter::successors(around, |name| above(name)).count() >= *levels
        }
        Word::Field(name) => command.arguments.iter().any(|field| field.name == name),
    }
}
