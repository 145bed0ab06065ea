//! One target and one live object of it: what `run` and `get` are about.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::attr::Attr;
use crate::cli::common::Workspace;
use crate::cli::{Exit, Stop};
use crate::diff::base::Base;
use crate::diff::live::{Live, caseless};
use crate::diff::matching::{self, given_name};
use crate::observe::Scope;
use crate::plan::fill_text;
use crate::session::Session;
use crate::spec::{Field, canonical, check};
use crate::topology::Topology;

/// The object that a command is about, if it is about one.
#[derive(Debug, Default)]
pub struct Chosen {
    name: Option<String>,
    parents: Vec<String>,
    /// The live object.
    pub live: Option<Live>,
}

/// The topology with one target only.
pub fn target_only(mut topology: Topology, name: &str) -> Result<Topology, Stop> {
    if !topology.targets.contains_key(name) {
        let hint = crate::suggest::hint(name, topology.targets.keys().map(String::as_str));
        return Err(Stop::failed(format!("the workspace has no target `{name}`")).help(hint));
    }
    topology.targets.retain(|other, _| other == name);
    topology.resources.retain(|address, _| address.target() == name);
    Ok(topology)
}

/// The arguments that the command line gives, checked against what is taken.
pub fn arguments(fields: &[Field], pairs: &[String]) -> Result<BTreeMap<String, Attr>, Stop> {
    let usage = |message: String| Stop::Message(message, None, Exit::Usage);
    let mut given = BTreeMap::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').ok_or_else(|| usage(format!("`--param {pair}` is not NAME=VALUE")))?;
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let hint = crate::suggest::hint(name, fields.iter().map(|field| field.name));
            return Err(usage(format!("there is no parameter `{name}`")).help(hint));
        };
        // JSON where it is JSON, text where it is not: 7, true, [1], or a word.
        let attr = serde_json::from_str(value).map_or_else(|_| Attr::text(value), |json| Attr::from_json(&json));
        if let Some(mismatch) = check(&field.ty, &attr).first() {
            return Err(usage(format!("`{name}`: {}", mismatch.message)));
        }
        given.insert(name.to_owned(), canonical(&field.ty, &attr));
    }
    match fields.iter().find(|field| field.required && !given.contains_key(field.name)) {
        Some(missing) => Err(usage(format!("`--param {}=…` is missing: {}", missing.name, missing.doc))),
        None => Ok(given),
    }
}

/// The session of a target, or why there is none.
pub fn session(workspace: &Workspace, target: &str) -> Result<Arc<Session>, Stop> {
    match workspace.sessions.get(target) {
        Some(session) => Ok(session.clone()),
        None => {
            workspace.tell_troubles();
            Err(Stop::Said(Exit::Failed))
        }
    }
}

/// Finds the live object that a command names. Without a kind, a name is free: it fills `{name}`.
pub async fn choose(
    workspace: &mut Workspace,
    target: &str,
    kind: Option<&str>,
    name: Option<&str>,
) -> Result<Chosen, Stop> {
    let Some(kind) = kind else { return Ok(Chosen { name: name.map(str::to_owned), ..Chosen::default() }) };
    session(workspace, target)?;
    let single = workspace.topology.targets[target].provider.kind(kind).is_some_and(|kind| kind.identity.is_single());
    let Some(wanted) = name.or(if single { Some("") } else { None }) else {
        return Err(Stop::Message(format!("name one of `{kind}`"), None, Exit::Usage));
    };
    let observed = workspace.observe(&Base::default(), Scope::Everything).await;
    let index = matching::index(&workspace.topology, &observed, &Base::default());
    let mut names = Vec::new();
    for (address, live) in index.all() {
        let own = address.name().unwrap_or_default();
        if address.kind() != kind {
            continue;
        }
        let path = address.to_string();
        let below = path.strip_prefix(&format!("{target}/")).unwrap_or(&path);
        if caseless(own) == caseless(wanted) || below == wanted || live.id == wanted {
            let declared = workspace.topology.targets[target].provider.kind(kind);
            let parents = std::iter::successors(address.parent(), |above| above.parent());
            return Ok(Chosen {
                name: declared.and_then(|kind| given_name(kind, live)),
                parents: parents.filter_map(|parent| Some(index.live(&parent)?.id.clone())).collect(),
                live: Some(live.clone()),
            });
        }
        names.push(own.to_owned());
    }
    let hint = crate::suggest::hint(wanted, names.iter().map(String::as_str));
    Err(Stop::failed(format!("`{target}` has no `{kind}` named `{wanted}`")).help(hint))
}

impl Chosen {
    /// A path with its placeholders filled.
    pub fn fill(&self, path: &str, arguments: &BTreeMap<String, Attr>) -> String {
        fill_text(path, &|word| match self.word(word, arguments) {
            // What names the job is filled in when the job is known.
            None if word == "job" => Some("{job}".to_owned()),
            found => found,
        })
        .replace("%7Bjob%7D", "{job}")
    }

    /// A JSON body with its placeholders filled; keys whose argument was not given are left out.
    pub fn json(&self, template: &str, arguments: &BTreeMap<String, Attr>) -> Attr {
        let template = serde_json::from_str(template).unwrap_or_default();
        self.value(&Attr::from_json(&template), arguments).unwrap_or(Attr::Null)
    }

    fn value(&self, attr: &Attr, arguments: &BTreeMap<String, Attr>) -> Option<Attr> {
        Some(match attr {
            Attr::Text(text) => match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(word) => match arguments.get(word) {
                    Some(given) => given.clone(),
                    None => Attr::Text(self.word(word, arguments)?),
                },
                None => attr.clone(),
            },
            Attr::Map(map) => Attr::Map(
                map.iter().filter_map(|(key, value)| Some((key.clone(), self.value(value, arguments)?))).collect(),
            ),
            Attr::List(items) => Attr::List(items.iter().filter_map(|item| self.value(item, arguments)).collect()),
            other => other.clone(),
        })
    }

    fn word(&self, word: &str, arguments: &BTreeMap<String, Attr>) -> Option<String> {
        match word {
            "id" => self.live.as_ref().map(|live| live.id.clone()).or_else(|| self.name.clone()),
            "name" => self.name.clone(),
            "parent.id" => self.parents.first().cloned(),
            _ => arguments.get(word).and_then(Attr::to_text),
        }
    }
}
