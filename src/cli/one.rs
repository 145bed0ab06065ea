//! One target and one live object of it: what `run` and `get` are about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Address, Escaped};
use crate::attr::Attr;
use crate::cli::common::ConnectedWorkspace;
use crate::cli::{CommandError, Exit};
use crate::diff::matching;
use crate::diff::naming::given_name;
use crate::observe::Scope;
use crate::render::document::own_name;
use crate::session::{RequestBody, Session, encode};
use crate::source::parse_value;
use crate::spec::{Body, BodyTemplate, CallSpec, Field, OpenPath, PathTemplate, Type, Word, canonical, check};
use crate::state::base::Base;
use crate::state::fold;
use crate::state::live::Live;
use crate::topology::Topology;

/// The object that a command is about, if it is about one.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    name: Option<String>,
    parents: Vec<String>,
    /// Its address.
    pub address: Option<Address>,
    /// The live object.
    pub live: Option<Live>,
}

/// The topology with one target only.
pub(crate) fn target_only(mut topology: Topology, name: &str) -> Result<Topology, CommandError> {
    if !topology.targets.contains_key(name) {
        let hint = crate::suggest::hint(name, topology.targets.keys().map(String::as_str));
        return Err(CommandError::failed(format!("the workspace has no target `{name}`")).help(hint));
    }
    topology.targets.retain(|other, _| other == name);
    topology.resources.retain(|address, _| address.target() == name);
    Ok(topology)
}

/// The parameters of an action or an artifact.
pub(crate) struct Taken {
    /// The declared arguments.
    pub fields: &'static [Field],
    /// The one that collects all others.
    pub others: Option<&'static str>,
}

/// The arguments that the command line gives, checked against what is taken.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    values: BTreeMap<String, Attr>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Arguments {
    /// Reads `name=value` pairs, and bare values for the required arguments in their order.
    pub(crate) fn read(taken: &Taken, pairs: &[String], bare: &[String]) -> Result<Arguments, CommandError> {
        let mut arguments = Arguments::default();
        for pair in pairs {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| usage(format!("`--param {pair}` is not NAME=VALUE")))?;
            match (taken.fields.iter().find(|field| field.name == name), taken.others) {
                (Some(field), _) => arguments.give(field, value)?,
                (None, Some(others)) => arguments.collect(others, name, untyped(value)),
                (None, None) => {
                    let hint = crate::suggest::hint(name, taken.fields.iter().map(|field| field.name));
                    return Err(usage(format!("there is no parameter `{name}`")).help(hint));
                }
            }
        }
        let open: Vec<&Field> =
            taken.fields.iter().filter(|field| field.is_required() && !arguments.has(field)).collect();
        for (n, value) in bare.iter().enumerate() {
            let field = open.get(n).ok_or_else(|| usage(format!("`{value}` is one value too many")))?;
            arguments.give(field, value)?;
        }
        match open.get(bare.len()) {
            Some(missing) => Err(usage(format!("`--param {}=…` is missing: {}", missing.name, missing.doc))),
            None => Ok(arguments),
        }
    }

    fn has(&self, field: &Field) -> bool {
        self.values.contains_key(field.name) || self.files.contains_key(field.name)
    }

    fn give(&mut self, field: &Field, value: &str) -> Result<(), CommandError> {
        if matches!(field.ty, Type::File(_)) {
            let bytes = std::fs::read(value)
                .map_err(|error| usage(format!("`{}`: could not read `{value}`: {error}", field.name)))?;
            self.files.insert(field.name.to_owned(), bytes);
            return Ok(());
        }
        let attr = match field.ty.plain() {
            Type::Text | Type::Enum(_) | Type::OpenEnum(_) => Attr::text(value),
            Type::Any | Type::Json(_) => untyped(value),
            _ => parse_value(value).to_typed(Some(field.ty)),
        };
        if let Some(mismatch) = check(&field.ty, &attr).first() {
            return Err(usage(format!("`{}`: {}", field.name, mismatch.message)));
        }
        self.values.insert(field.name.to_owned(), canonical(&field.ty, &attr));
        Ok(())
    }

    fn collect(&mut self, others: &str, name: &str, value: Attr) {
        let collected = self.values.entry(others.to_owned()).or_insert_with(|| Attr::Map(BTreeMap::new()));
        if let Attr::Map(map) = collected {
            map.insert(name.to_owned(), value);
        }
    }

    /// An argument as part of a path or of a body of JSON. A file is text there, without the line's end behind it.
    fn value(&self, name: &str) -> Option<Attr> {
        let file = |bytes: &Vec<u8>| Attr::text(String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']));
        self.values.get(name).cloned().or_else(|| self.files.get(name).map(file))
    }

    /// All of them but those that a path names.
    fn beside(&self, path: &'static str) -> Attr {
        let names = self.values.keys().chain(self.files.keys());
        let words: Vec<&str> = PathTemplate::of(path).words().filter_map(Word::field).collect();
        let rest = names.filter(|name| !words.contains(&name.as_str()));
        Attr::Map(rest.filter_map(|name| Some((name.clone(), self.value(name)?))).collect())
    }
}

/// A value of which no type is known: JSON where it is JSON, text where it is not, since a sentence may well read as YAML.
fn untyped(value: &str) -> Attr {
    serde_json::from_str(value).map_or_else(|_| Attr::text(value), |json| Attr::from_json(&json))
}

fn usage(message: String) -> CommandError {
    CommandError::Message(message, None, Exit::Usage)
}

/// The name on the command line, and the bare values behind it. An action that takes no name begins with its values.
pub(crate) fn split<'a>(
    is_named: bool,
    kind: Option<&str>,
    name: Option<&'a str>,
    values: &[String],
) -> Result<(Option<&'a str>, Vec<String>), CommandError> {
    match (is_named, name) {
        (false, Some(first)) => Ok((None, std::iter::once(first.to_owned()).chain(values.iter().cloned()).collect())),
        (true, None) if kind.is_none() => Err(usage("a name is missing behind it".to_owned())),
        (_, name) => Ok((name, values.to_vec())),
    }
}

/// How a list says what is to be named.
pub(crate) fn list_name(is_named: bool, kind: Option<&str>) -> String {
    match (is_named, kind) {
        (_, Some(kind)) => format!(" <{kind}>"),
        (true, None) => " <name>".to_owned(),
        (false, None) => String::new(),
    }
}

/// How a list says what is taken besides.
pub(crate) fn list_arguments(fields: &[Field]) -> String {
    let line = |field: &Field| {
        let required = if field.is_required() { " (required)" } else { "" };
        let file = if matches!(field.ty, Type::File(_)) { "FILE" } else { "…" };
        format!("    --param {}={file}{required}: {}\n", field.name, field.doc)
    };
    fields.iter().map(line).collect()
}

/// A request's body, ready to send.
pub(crate) enum Outgoing<'a> {
    /// None.
    Nothing,
    /// JSON.
    Json(encode::Json),
    /// A file, sent as the call's body says.
    File(&'a [u8]),
}

impl Outgoing<'_> {
    /// As the session takes it.
    pub(crate) fn sent(&self) -> RequestBody<'_> {
        match self {
            Outgoing::Nothing => RequestBody::Nothing,
            Outgoing::Json(json) => RequestBody::Json(json),
            Outgoing::File(bytes) => RequestBody::File(bytes),
        }
    }
}

/// The session of a target, or why there is none.
pub(crate) fn session(workspace: &ConnectedWorkspace, target: &str) -> Result<Arc<Session>, CommandError> {
    match workspace.sessions.get(target) {
        Some(session) => Ok(session.clone()),
        None => {
            workspace.tell_troubles(None);
            Err(CommandError::Said(Exit::Failed))
        }
    }
}

/// The end of a command that was stopped before the controller had said that it is done.
pub(crate) fn given_up() -> CommandError {
    let message = "stopped: what was asked for may go on at the controller".to_owned();
    CommandError::Message(message, None, Exit::Partial)
}

/// The end of a command that could not find out something, when it has told why.
pub(crate) fn unseen(workspace: &ConnectedWorkspace, what: &str) -> CommandError {
    workspace.tell_troubles(None);
    CommandError::failed(format!("could not look whether {what}"))
}

/// Finds the live object that a command names. Without a kind, a name is free: it fills `{name}`.
pub(crate) async fn choose(
    workspace: &mut ConnectedWorkspace,
    target: &str,
    kind: Option<&str>,
    name: Option<&str>,
) -> Result<Chosen, CommandError> {
    let Some(kind) = kind else { return Ok(Chosen { name: name.map(str::to_owned), ..Chosen::default() }) };
    session(workspace, target)?;
    let Some(declared) = workspace.topology.targets[target].provider.kind(kind) else {
        return Err(CommandError::failed(format!("there is no kind `{kind}`")));
    };
    let single = declared.identity.is_single();
    let Some(wanted) = name.or(if single { Some("") } else { None }) else {
        return Err(CommandError::Message(format!("name one of `{kind}`"), None, Exit::Usage));
    };
    let observed = workspace.observe(&Base::default(), Scope::Kind(declared.name)).await;
    let index = matching::index(&workspace.topology, &observed, &Base::default());
    let all: Vec<(&Address, &Live)> = index.all().filter(|(address, _)| address.kind() == kind).collect();
    let below = |address: &Address| address.path().to_string();
    // Objects that share a name are addressed by their ids, and still have the name.
    let own = |live: &Live| given_name(declared, live).unwrap_or_default();
    let is_exact = |(address, live): &&(&Address, &Live)| {
        address.name().unwrap_or_default() == wanted
            || own(live) == wanted
            || own_name(address) == wanted
            || spellings(address).contains(wanted)
            || live.id == wanted
    };
    let mut found: Vec<_> = all.iter().filter(is_exact).collect();
    if found.is_empty() {
        found = all.iter().filter(|(_, live)| fold(&own(live)) == fold(wanted)).collect();
    }
    let (address, live) = match found.as_slice() {
        [one] => **one,
        // Not seen is not absent.
        [] if !workspace.troubles.is_empty() => {
            return Err(unseen(workspace, &format!("`{target}` has `{kind}` named `{wanted}`")));
        }
        [] => {
            let hint = crate::suggest::hint(wanted, all.iter().filter_map(|(address, _)| address.name()));
            return Err(CommandError::failed(format!("`{target}` has no `{kind}` named `{wanted}`")).help(hint));
        }
        several => {
            let paths: Vec<String> =
                several.iter().take(5).map(|(address, _)| format!("`{}`", below(address))).collect();
            let stop = CommandError::failed(format!("`{target}` has {} `{kind}` named `{wanted}`", several.len()));
            return Err(stop.help(format!("say which one: {}", paths.join(", "))));
        }
    };
    let parents = std::iter::successors(address.parent(), |above| above.parent());
    Ok(Chosen {
        name: given_name(declared, live),
        parents: parents.filter_map(|parent| Some(index.live(&parent)?.id.clone())).collect(),
        address: Some(address.clone()),
        live: Some(live.clone()),
    })
}

/// The ways to write an address: with its target before it or not, and each name with its kind or not, as plans, files and
/// the names of nested resources have them: `ipsec-endpoints/a/tunnels/b`, `a/tunnels/b`, `a/b`.
fn spellings(address: &Address) -> BTreeSet<String> {
    let above: Vec<Address> = std::iter::successors(Some(address.clone()), Address::parent).collect();
    let mut found = BTreeSet::from([String::new(), format!("{}/", address.target())]);
    for part in above.iter().rev() {
        let name = part.name().unwrap_or_default();
        // Whole addresses are shown with their names escaped.
        let names = BTreeSet::from([name.to_owned(), Escaped(name).to_string()]);
        let ways = names.iter().flat_map(|name| [name.clone(), format!("{}/{name}", part.kind())]);
        let ways: Vec<String> = ways.collect();
        let join = |before: &String| ways.iter().map(|way| format!("{before}{way}/")).collect::<Vec<_>>();
        found = found.iter().flat_map(join).collect();
    }
    found.iter().map(|way| way.trim_end_matches('/').to_owned()).collect()
}

impl Chosen {
    /// A path, filled.
    pub(crate) fn path(&self, path: &'static str, arguments: &Arguments) -> String {
        PathTemplate::of(path).text(&|word| self.word(word, arguments)?.to_text())
    }

    /// The path of a poll, its job still to be named.
    pub(crate) fn open_path(
        &self,
        path: &'static str,
        arguments: &Arguments,
    ) -> Result<OpenPath<String>, CommandError> {
        PathTemplate::of(path)
            .open(&|word| self.word(word, arguments))
            .try_map(encode::path)
            .map_err(CommandError::failed)
    }

    /// The body of a call.
    pub(crate) fn body<'a>(&self, call: &CallSpec, arguments: &'a Arguments) -> Result<Outgoing<'a>, CommandError> {
        let attr = match call.body {
            Body::None | Body::Sequence(_) => return Ok(Outgoing::Nothing),
            Body::File(name) => {
                let bytes = arguments.files.get(name).map_or(&[][..], Vec::as_slice);
                return Ok(Outgoing::File(bytes));
            }
            Body::Fields | Body::Changed => arguments.beside(call.path),
            Body::Json(json) => BodyTemplate::of(json).fill(&|word| self.word(word, arguments)).unwrap_or(Attr::Null),
        };
        Ok(Outgoing::Json(encode::json(&attr).map_err(CommandError::failed)?))
    }

    fn word(&self, word: &Word, arguments: &Arguments) -> Option<Attr> {
        match word {
            Word::Id => self.live.as_ref().map(|live| &live.id).or(self.name.as_ref()).map(Attr::text),
            Word::Name => self.name.as_ref().map(Attr::text),
            Word::Parent(levels, word) if word == "id" => self.parents.get(levels.checked_sub(1)?).map(Attr::text),
            Word::Parent(..) | Word::Target(_) | Word::Job => None,
            Word::Field(name) => arguments.value(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::{NUMBER, field};

    static FIELDS: [Field; 6] = [
        field("text", Type::Text, ""),
        field("number", Type::Format(&NUMBER), ""),
        field("any", Type::Any, ""),
        field("texts", Type::List(&Type::Text), ""),
        field("numbers", Type::List(&Type::Format(&NUMBER)), ""),
        field("tags", Type::Map(&Type::Text), ""),
    ];

    #[test]
    fn an_address_may_be_written_in_every_way_that_it_is_shown_in() {
        let address = Address::new("full", "ipsec-endpoints", Some("pol")).child("tunnels", Some("t1"));
        let found = spellings(&address);
        for way in ["pol/t1", "pol/tunnels/t1", "ipsec-endpoints/pol/tunnels/t1", "full/ipsec-endpoints/pol/tunnels/t1"]
        {
            assert!(found.contains(way), "{way}: {found:?}");
        }
        for way in ["t1", "pol", "t1/pol", "tunnels/t1", "pol/t1/", "other/pol/t1", ""] {
            assert!(!found.contains(way), "{way}");
        }
        assert!(spellings(&Address::new("full", "config", None)).contains("full/config"));
        let odd = spellings(&Address::new("full", "tunnels", Some("50%/a")));
        assert!(odd.contains("50%/a") && odd.contains("full/tunnels/50%25%2Fa"), "{odd:?}");
    }

    #[test]
    fn digits_stay_as_they_are_typed_where_text_is_wanted() {
        let taken = Taken { fields: &FIELDS, others: Some("others") };
        for (name, value, sent) in [
            ("text", "1.10", json!("1.10")),
            ("number", "1.10", json!(1.1)),
            ("any", "1.10", json!(1.1)),
            ("any", "see: this", json!("see: this")),
            ("texts", "[1.10, 010, 0x1F, True, '7']", json!(["1.10", "010", "0x1F", "True", "7"])),
            ("texts", r#"["1.10", 2]"#, json!(["1.10", "2"])),
            ("numbers", "[1.10, 2]", json!([1.1, 2])),
            ("tags", "{ release: 1.10, on: true }", json!({ "release": "1.10", "on": "true" })),
        ] {
            let arguments = Arguments::read(&taken, &[format!("{name}={value}")], &[]).unwrap();
            assert_eq!(arguments.value(name).unwrap().to_shown(), sent, "{name}={value}");
        }
        let others = Arguments::read(&taken, &["size=1.10".to_owned(), "note=see: this".to_owned()], &[]).unwrap();
        assert_eq!(others.value("others").unwrap().to_shown(), json!({ "size": 1.1, "note": "see: this" }));
        let wrong = Arguments::read(&taken, &["numbers=[a]".to_owned()], &[]);
        assert!(wrong.is_err());
    }
}
