//! Resolving: from drafts to the resources and targets of a topology.

mod settings;

use super::account;
use super::base_url::{self, BadUrl};
use super::contents::Contents;
use super::draft::{Draft, Drafts, OwnedParts, TargetDraft, TargetSetting};
use super::envelope::{SimSettings, TlsSettings};
use super::evaluate::Evaluator;
use super::json_secrets;
use super::logins::check_password_or_token;
use super::own_name::without_own_name;
use super::owned_parts;
use super::prune::prune;
use super::site::{Site, ValuePurpose};
pub(super) use settings::part;
use settings::{is_retired, wait};
use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::attr::Attr;
use crate::check::literals;
use crate::finding::{Finding, PathKey, Place};
use crate::source::{Node, Tree};
use crate::spec::{Auth, Field, Folders, Kind, Provider, Type, TypeError, check, gives_something, without_nothing};
use crate::suggest::hint;
use crate::topology::{Credentials, FileContent, ITEMS, Resource, Target, Tls};

/// Makes the resources of all drafts, whose fields are settled.
pub(crate) fn resources(
    drafts: &Drafts,
    evaluator: &mut Evaluator,
    tree: &dyn Tree,
    limit: u64,
) -> BTreeMap<Address, Resource> {
    let mut contents = Contents::new(tree, limit);
    let resource = |(number, draft): (usize, &Draft)| {
        let values = evaluator.take(number);
        let mut fields: BTreeMap<String, Attr> =
            draft.fields.iter().zip(values).map(|(field, value)| (field.name.to_string(), value)).collect();
        for (name, value) in &mut fields {
            if let (Some(field), Some(own)) = (draft.kind.field(name), draft.address.name()) {
                without_own_name(field, own, value);
            }
        }
        json_secrets::read_as_json(draft.kind, &mut fields);
        let lost: BTreeSet<&str> = (0..draft.fields.len())
            .filter(|field| evaluator.is_lost((number, *field)))
            .filter_map(|field| Some(&*draft.fields.get(field)?.name))
            .collect();
        let files = checked(draft, &fields, &lost, (&mut contents, evaluator));
        let cleared = take_cleared(draft.kind, &mut fields, &lost);
        let (address, kind, place) = (draft.address.clone(), draft.kind, draft.place.clone());
        let partial = owned_parts::settled(draft, &fields, evaluator);
        let OwnedParts { external, ref unmanaged, partial: _ } = draft.owned_parts;
        let unmanaged = unmanaged.clone();
        let given = draft.fields.iter().filter_map(|field| Some((field.name.to_string(), field.given_at.clone()?)));
        let given_at = given.collect();
        let (origin, renamed_from) = (draft.origin.clone(), draft.renamed_from.clone());
        (
            address.clone(),
            Resource {
                address,
                kind,
                fields,
                cleared,
                external,
                unmanaged,
                partial,
                files,
                place,
                given_at,
                origin,
                renamed_from,
            },
        )
    };
    drafts.resources.iter().enumerate().map(resource).collect()
}

/// Checks the fields of a draft, and gives the content that they name.
fn checked(
    draft: &Draft,
    fields: &BTreeMap<String, Attr>,
    lost: &BTreeSet<&str>,
    (contents, evaluator): (&mut Contents<'_>, &mut Evaluator<'_>),
) -> BTreeMap<String, FileContent> {
    let mut files = BTreeMap::new();
    for (name, value) in fields {
        let mut found = Vec::new();
        check_field(draft, name, value, &mut found);
        // Where something could not be told, nothing is missing.
        found.retain(|finding| finding.code != "missing-field" || !lost.contains(name.as_str()));
        evaluator.findings.append(&mut found);
        if let Some(Type::File(folders)) = draft.kind.field(name).map(|field| field.ty) {
            let place = evaluator.texts.given_at(&draft.place_of(name));
            match content(contents, &place, folders, value) {
                Ok(content) => files.extend(content.map(|content| (name.clone(), content))),
                Err(finding) => evaluator.findings.push(*finding),
            }
        }
    }
    files
}

/// Takes the fields that are given nothing out of those that are declared, and what is given nothing within them.
/// What could not be told counts as given.
fn take_cleared(kind: &Kind, fields: &mut BTreeMap<String, Attr>, lost: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut cleared = BTreeSet::new();
    fields.retain(|name, value| match kind.field(name) {
        _ if lost.contains(name.as_str()) => true,
        Some(field) if !gives_something(&field.ty, value) => {
            cleared.insert(name.clone());
            false
        }
        Some(field) => {
            without_nothing(&field.ty, value);
            true
        }
        None => {
            without_nothing(&Type::Table(kind.fields, ""), value);
            true
        }
    });
    cleared
}

/// The content that a field names, if it names any. Without it there is nothing to compare, and nothing to send.
fn content(
    contents: &mut Contents<'_>,
    place: &Place,
    folders: Folders,
    value: &Attr,
) -> Result<Option<FileContent>, Box<Finding>> {
    let (code, message, help) = match value {
        Attr::Text(path) => return contents.get(place, path, folders).map(Some),
        Attr::Later(_) => (
            "not-known-yet",
            "a path or URL has to be known before anything is looked at",
            "use a variable, or a field that the files give",
        ),
        Attr::Secret(_) => (
            "secret-path",
            "a path or URL is shown everywhere and can't hold a secret",
            "what needs a login is downloaded into the workspace before a run, and named by its path",
        ),
        // Nothing is named; what is of another type has been told.
        _ => return Ok(None),
    };
    Err(Box::new(Finding::error(code, message).help(help).at(place)))
}

fn check_field(draft: &Draft, name: &str, value: &Attr, findings: &mut Vec<Finding>) {
    if let Some(field) = draft.kind.field(name) {
        for mismatch in check(draft.type_of(field), value) {
            let other = |other| format!("with `{other}` it may be any JSON");
            let help = mismatch.help.or_else(|| field.json_if_declared().map(other));
            findings.push(misfit(TypeError { help, ..mismatch }, value, &draft.place_of(name)));
        }
    } else if name == ITEMS {
        let place = Place { at_key: false, ..draft.place.clone() };
        if !matches!(value, Attr::List(_) | Attr::Null) {
            let message =
                format!("`{}` is an ordered list that has to be known before anything is looked at", draft.kind.name);
            findings.push(Finding::error("wrong-type", message).help("write `- …` for each item").at(&place));
            return;
        }
        let ty = Type::Table(draft.kind.fields, "");
        findings.extend(check(&ty, value).into_iter().map(|mismatch| draft.at_item(misfit(mismatch, value, &place))));
    }
}

/// A mismatch as a finding. The path is told in words; the value knows which of them are indexes.
fn misfit(mismatch: TypeError, value: &Attr, place: &Place) -> Finding {
    let TypeError { path, code, message, help } = mismatch;
    let mut place = place.clone();
    let mut here = Some(value);
    for word in path {
        let index = word.parse::<usize>().ok();
        let (key, next) = match (here, index) {
            (Some(Attr::List(items)), Some(index)) => (PathKey::Index(index), items.get(index)),
            (other, _) => (PathKey::Name(word.as_str().into()), other.and_then(|value| value.get(&word))),
        };
        place.path.push(key);
        here = next;
    }
    place.at_key = matches!(code, "unknown-field" | "provider-chosen" | "missing-field");
    let finding = Finding::error(code, message).at(&place);
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// Makes the targets of all drafts. Of those that are known, the drafts say what they speak for, and nothing else.
pub(crate) fn targets(
    drafts: &Drafts,
    evaluator: &mut Evaluator,
    known: &BTreeMap<String, Target>,
) -> BTreeMap<String, Target> {
    let mut one = |(name, draft): (&String, &TargetDraft)| {
        let known = known.get(name).filter(|known| known.provider.name == draft.provider.name);
        let target = match known {
            Some(known) => {
                let (prune, place) = (prune(draft, evaluator), draft.place.clone());
                let retired = is_retired(draft, evaluator);
                Target { prune, retired, place, ..known.clone() }
            }
            None => target(name, draft, evaluator),
        };
        (name.clone(), target)
    };
    drafts.targets.iter().map(&mut one).collect()
}

fn target(name: &str, draft: &TargetDraft, evaluator: &mut Evaluator) -> Target {
    let dialect = &draft.provider.dialect;
    let at = match draft.keys.get("at") {
        Some(setting) => at(setting, draft.provider, evaluator),
        None => {
            let finding = Finding::error("missing-field", format!("target `{name}` does not say where it is"));
            evaluator.findings.push(finding.help(format!("add `at: {}`", dialect.example)).at(&draft.place));
            String::new()
        }
    };
    let credentials = match draft.keys.get("credentials") {
        Some(setting) => {
            let given = object(dialect.credentials, setting, evaluator);
            check_password_or_token(draft.provider, &given, &setting.place, evaluator);
            Credentials { fields: or_default(dialect.credentials, given), ..Credentials::default() }
        }
        None => found_credentials(draft, evaluator),
    };
    account::check_issuer(&credentials, draft, evaluator);
    let mut settings = BTreeMap::new();
    for field in dialect.settings {
        if let Some(setting) = draft.keys.get(field.name) {
            settings.insert(field.name.to_owned(), known_value(field, setting, evaluator));
        }
    }
    missing(dialect.settings, &settings, "", &draft.place, evaluator);
    let settings = or_default(dialect.settings, settings);
    let tls = part::<TlsSettings>(draft, "tls", evaluator).map(Tls::from).unwrap_or_default();
    if let (Some(pin), Some(TargetSetting { place, .. })) = (&tls.pin_sha256, draft.keys.get("tls"))
        && !(pin.len() == 64 && pin.bytes().all(|digit| digit.is_ascii_hexdigit()))
    {
        let message = format!("`pin-sha256` takes 64 hexadecimal digits, found {}", pin.chars().count());
        let help = "`openssl x509 -noout -fingerprint -sha256` prints it";
        evaluator.findings.push(Finding::error("wrong-value", message).help(help).at(&place.below("pin-sha256")));
    }
    let prune = prune(draft, evaluator);
    let (name, provider, place) = (name.to_owned(), draft.provider, draft.place.clone());
    let (wait, retired) = (wait(draft, evaluator), is_retired(draft, evaluator));
    let sim_version = part::<SimSettings>(draft, "sim", evaluator).and_then(|settings| settings.version);
    let new_password = None;
    Target { name, provider, at, credentials, new_password, settings, tls, prune, wait, retired, sim_version, place }
}

/// The credentials of a target that gives none.
fn found_credentials(draft: &TargetDraft, evaluator: &mut Evaluator) -> Credentials {
    let dialect = &draft.provider.dialect;
    let found = match dialect.auth {
        Auth::ClientCredentials(asked) => account::find(asked, dialect.credentials, evaluator.secrets, &draft.place),
        Auth::Basic { .. } => {
            missing(dialect.credentials, &BTreeMap::new(), "credentials.", &draft.place, evaluator);
            check_password_or_token(draft.provider, &BTreeMap::new(), &draft.place, evaluator);
            return Credentials::default();
        }
    };
    found.unwrap_or_else(|finding| {
        evaluator.findings.push(finding.at(&draft.place));
        Credentials::default()
    })
}

/// What a target is spoken to with is sent as it is: a value that is left out is the default here, not at the server.
fn or_default(fields: &[Field], mut given: BTreeMap<String, Attr>) -> BTreeMap<String, Attr> {
    for field in fields {
        if let Some(default) = field.default {
            given.entry(field.name.to_owned()).or_insert_with(|| default.value().clone());
        }
    }
    given
}

fn at(setting: &TargetSetting, provider: &Provider, evaluator: &mut Evaluator) -> String {
    let TargetSetting { node, place, each: _ } = setting;
    let example = provider.dialect.example;
    let count = evaluator.findings.len();
    let value = evaluator.value(node, ValuePurpose::of(&AT), &mut Site::of_target(setting));
    let bad = |message: String| Finding::error("bad-url", message).help(format!("as in `{example}`")).at(place);
    let text = match &value {
        Attr::Text(text) => text,
        _ if evaluator.findings.len() > count => return String::new(),
        Attr::Secret(_) => {
            evaluator.findings.push(bad("`at` is shown everywhere and can't hold a secret".into()));
            return String::new();
        }
        Attr::Later(_) => {
            evaluator.findings.push(not_known("at", place));
            return String::new();
        }
        other => {
            evaluator.findings.push(bad(format!("`at` takes a URL, found `{}`", other.to_shown())));
            return String::new();
        }
    };
    base_url::base_url(text).unwrap_or_else(|BadUrl { code, message, remedy }| {
        let remedy = remedy.map(|remedy| format!("{remedy}; ")).unwrap_or_default();
        let finding = Finding::error(code, message).help(format!("{remedy}as in `{example}`"));
        evaluator.findings.push(finding.at(place));
        String::new()
    })
}

/// What `at` takes.
static AT: Field = crate::spec::field("at", Type::Text, "The API's base URL");

fn not_known(name: &str, place: &Place) -> Finding {
    Finding::error("not-known-yet", format!("`{name}` has to be known before anything is looked at"))
        .help("use a variable, a secret, or a field that the files give")
        .at(place)
}

/// The members of a map whose fields are known.
fn object(fields: &'static [Field], setting: &TargetSetting, evaluator: &mut Evaluator) -> BTreeMap<String, Attr> {
    let TargetSetting { node, place, each } = setting;
    let mut found = BTreeMap::new();
    let entries = match node {
        Node::Map(entries) => entries.as_slice(),
        Node::Null => &[],
        other => {
            let message = format!("expected a map, found {}", other.describe());
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let help = format!("its keys are `{}`", names.join("`, `"));
            evaluator.findings.push(Finding::error("wrong-type", message).help(help).at(place));
            return found;
        }
    };
    for (key, node) in entries {
        let here = place.below(key);
        match fields.iter().find(|field| field.name == &**key) {
            Some(field) => {
                let setting = TargetSetting { node: node.clone(), place: here, each: each.clone() };
                found.insert(key.to_string(), known_value(field, &setting, evaluator));
            }
            None => {
                let finding = Finding::error("unknown-field", format!("unknown key `{key}`"));
                let help = hint(key, fields.iter().map(|field| field.name));
                evaluator.findings.push(finding.help(help).at(&here.key()));
            }
        }
    }
    missing(fields, &found, "credentials.", &place.clone().key(), evaluator);
    found
}

/// A value that has to be known now.
fn known_value(field: &Field, setting: &TargetSetting, evaluator: &mut Evaluator) -> Attr {
    let TargetSetting { node, place, each: _ } = setting;
    let value = evaluator.value(node, ValuePurpose::of(field), &mut Site::of_target(setting));
    if value.is_later() {
        evaluator.findings.push(not_known(field.name, place));
    }
    if literals::is_literal(&value) {
        let message = format!("the `{}` stands here as plain text", field.name);
        evaluator.findings.push(literals::finding(message).at(place));
    }
    evaluator.findings.extend(check(&field.ty, &value).into_iter().map(|mismatch| misfit(mismatch, &value, place)));
    value
}

fn missing(fields: &[Field], given: &BTreeMap<String, Attr>, prefix: &str, place: &Place, evaluator: &mut Evaluator) {
    for field in fields.iter().filter(|field| field.is_required() && !given.contains_key(field.name)) {
        let finding = Finding::error("missing-field", format!("`{prefix}{}` is missing", field.name));
        evaluator.findings.push(finding.help(format!("{}: {}", field.ty.describe(), field.doc)).at(place));
    }
}
