//! The lint: tables are strings, so a net under them.

mod commands;
mod conditions;
mod endpoints;
mod traffic;

use std::collections::BTreeSet;

use crate::spec::{
    Auth, AutoCreated, Body, BodyTemplate, By, CallPlace, Change, Descend, Detail, Field, Folders, Grammar, Identity,
    Kind, List, PathTemplate, Poll, Provider, Relation, Sent, TableCall, Type, Word, kinds_named,
};

/// Everything that is wrong with a provider's tables, a phrase each; empty when all is well.
pub(crate) fn lint(provider: &'static Provider) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (n, kind) in provider.kinds.iter().enumerate() {
        let mut say = |text: String| found.push(format!("{}/{}: {text}", provider.name, kind.name));
        if !seen.insert(kind.name) {
            say("declared twice".into());
        }
        if let Some(parent) = kind.parent
            && !provider.kinds.iter().take(n).any(|other| other.name == parent)
        {
            say(format!("parent `{parent}` does not stand before it"));
        }
        if let Some(parent) = kind.parent.and_then(|parent| provider.kind(parent))
            && parent.identity.is_single()
        {
            say(format!(
                "it lives in `{}`, of which there is one without a name: its addresses don't read back",
                parent.name
            ));
        }
        lint_naming(kind, &mut say);
        lint_fields(provider, kind.fields, &mut say);
        lint_identity(kind, &mut say);
        lint_call_options(kind, &mut say);
        conditions::lint_conditions(kind, &mut say);
        lint_calls(provider, kind, &mut say);
        lint_relations(provider, kind, &mut say);
        for grammar in kind.fields.iter().flat_map(Field::grammars) {
            lint_grammar(provider, grammar, &mut say);
        }
    }
    lint_login(provider, &mut found);
    endpoints::lint(provider, &mut found);
    commands::lint(provider, &mut found);
    traffic::lint(provider, &mut found);
    found
}

/// A kind that sets the password of the login is there, and asks for something that only the right one is answered.
fn lint_login(provider: &Provider, found: &mut Vec<String>) {
    let Auth::Basic { password, set_by: Some(name), .. } = provider.dialect.auth else { return };
    let sets =
        |kind: &Kind| matches!(kind.api.list, List::Call { .. }) && kind.field(password).is_some_and(Field::is_secret);
    if !provider.kind(name).is_some_and(sets) {
        found.push(format!("{}: the login's password is set by `{name}`, which is no such kind", provider.name));
    }
}

/// The kinds that a kind has to do with are there, others than itself, and what is said of its fields is about fields.
fn lint_relations(provider: &Provider, kind: &Kind, say: &mut dyn FnMut(String)) {
    for relation in kind.relations {
        let (other, fields) = match relation {
            Relation::After(other, "") => {
                say(format!("comes after `{other}` without a reason"));
                (other, Vec::new())
            }
            Relation::After(other, _) | Relation::OlderViewOf(other) => (other, Vec::new()),
            Relation::Undoes(other, fields) => (other, fields.to_vec()),
            Relation::Creates(other, AutoCreated::Named { where_set, .. }) => (other, vec![*where_set]),
            Relation::Creates(other, AutoCreated::Listed { goes_if_set, .. }) => (other, Vec::from_iter(*goes_if_set)),
        };
        if provider.kind(other).is_none() || *other == kind.name {
            say(format!("has to do with `{other}`, which is no kind, or is itself"));
        }
        for name in fields.iter().filter(|name| kind.field(name).is_none()) {
            say(format!("has to do with `{other}` by `{name}`, which is no field"));
        }
    }
}

fn lint_naming(kind: &Kind, say: &mut dyn FnMut(String)) {
    if kind.name.is_empty() || kind.name.chars().any(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')) {
        say("name is not kebab-case".into());
    }
    if kind.doc.is_empty() || kind.doc.ends_with('.') {
        say("doc is missing or ends with a period".into());
    }
    if kind.source.is_empty() {
        say("source is missing".into());
    }
}

fn lint_fields(provider: &Provider, fields: &[Field], say: &mut dyn FnMut(String)) {
    let mut seen = BTreeSet::new();
    for field in fields {
        if !seen.insert(field.name) {
            say(format!("field `{}` is declared twice", field.name));
        }
        if field.doc.is_empty() || field.doc.ends_with('.') {
            say(format!("field `{}`: doc is missing or ends with a period", field.name));
        }
        if let Some(default) = field.default {
            match default.parse() {
                Err(_) => say(format!("field `{}`: default `{default}` is no JSON", field.name)),
                Ok(value) => {
                    for mismatch in crate::spec::check(&field.ty, &value) {
                        say(format!("field `{}`: default: {}", field.name, mismatch.message));
                    }
                }
            }
        }
        for kind in kinds_named(&field.ty, Descend::Past) {
            if provider.kind(kind).is_none() {
                say(format!("field `{}` refers to `{kind}`, which is no kind", field.name));
            }
        }
        for kind in field.depends_on_remote {
            if provider.kind(kind).is_none() {
                say(format!("field `{}` leads to `{kind}`, which is no kind", field.name));
            }
        }
        let is_field = |name: &&str| fields.iter().any(|other| other.name == *name);
        let is_one = |name: &str| provider.kind(name).is_some_and(|kind| kind.identity.is_single());
        for name in field.recomputed_from.iter().filter(|name| !is_field(name) && !is_one(name)) {
            say(format!(
                "field `{}` follows `{name}`, which is no field, nor a kind of which there is one",
                field.name
            ));
        }
        if let Some(other) = field.json_if_declared()
            && !(matches!(field.ty, Type::Json(_)) && fields.iter().any(|known| known.name == other))
        {
            say(format!(
                "field `{}`: what it takes is said by `{other}`, which is no field, or it can't be any JSON",
                field.name
            ));
        }
        if let Type::File(Folders::Packed { ending, .. }) = field.ty
            && !["tar.gz", "zip"].contains(&ending)
        {
            say(format!("field `{}`: nothing packs a folder as `{ending}`", field.name));
        }
        if let Some(nested) = field.ty.fields() {
            lint_fields(provider, nested, say);
        }
    }
}

/// What a grammar names is there, under what it is called by, and shows under it.
fn lint_grammar(provider: &Provider, grammar: &'static Grammar, say: &mut dyn FnMut(String)) {
    for called in grammar.kinds() {
        let Some(kind) = provider.kind(called.kind) else {
            say(format!("a text names `{}`, which is no kind", called.kind));
            continue;
        };
        if called.why.is_empty() {
            say(format!("a text names `{}` for no reason", called.kind));
        }
        let key = match (called.by, kind.identity) {
            (By::Field(field) | By::Output(field), _) | (By::Name, Identity::Name(field)) => field,
            (By::Name, _) => {
                say(format!("a text names `{}`, which has no names", called.kind));
                continue;
            }
            (By::Any, _) => continue,
        };
        let Some(field) = kind.field(key) else {
            say(format!("a text names `{}` by `{key}`, which is no field", called.kind));
            continue;
        };
        let is_id = matches!((kind.api.id, kind.identity), ("", Identity::Name(name)) if name == key);
        if !is_id && kind.api.id != field.read_path() && !kind.api.aliases.contains(&field.read_path()) {
            say(format!("a text names `{}` by `{key}`, by which no live object is found", called.kind));
        }
    }
}

fn lint_identity(kind: &Kind, say: &mut dyn FnMut(String)) {
    let mut need = |name: &str| {
        if kind.field(name).is_none() {
            say(format!("identity names `{name}`, which is no field"));
        }
    };
    match kind.identity {
        Identity::Singleton => {}
        Identity::Name(name) | Identity::CaselessName(name) => need(name),
        Identity::Content(file, names) => std::iter::once(&file).chain(names).for_each(|name| need(name)),
        Identity::Natural(names) => names.iter().for_each(|name| need(name)),
        Identity::Sequence { key, .. } => need(key),
    }
    let can_update = !kind.api.update.is_empty();
    for field in kind.fields.iter().filter(|field| kind.is_declarative() && field.is_writable()) {
        if matches!(field.change, Change::InPlace) && !can_update && kind.identity != Identity::Name(field.name) {
            say(format!("field `{}` changes in place, but there is no update call", field.name));
        }
    }
}

/// What rides along does so in some call, is not read back, and is sent with nothing else.
fn lint_call_options(kind: &'static Kind, say: &mut dyn FnMut(String)) {
    let calls = kind.calls();
    let named: BTreeSet<&str> =
        calls.iter().filter_map(|call| call.spec).flat_map(|call| call.options(kind)).map(|field| field.name).collect();
    for field in kind.fields.iter().filter(|field| field.is_call_option()) {
        if !named.contains(field.name) {
            say(format!("field `{}` rides along with no call", field.name));
        }
        if !field.is_write_only() || field.sent != Sent::ByItself {
            say(format!("field `{}` rides along, but is read back, or sent with others", field.name));
        }
        if field.is_required() {
            say(format!("field `{}` rides along, and can't be required", field.name));
        }
    }
}

fn lint_calls(provider: &Provider, kind: &'static Kind, say: &mut dyn FnMut(String)) {
    let is_known = |word: &Word| fills(provider, kind, word);
    if matches!(kind.api.list, List::Nowhere) && kind.fields.iter().any(|field| field.is_read_back()) {
        say("fields are read back, but nothing reads them".into());
    }
    if let Some((_, setting)) = kind.api.scope
        && !provider.dialect.settings.iter().any(|field| field.name == setting)
    {
        say(format!("scope names `{setting}`, which is no setting"));
    }
    let own = |detail: &&Detail| detail.row_key().is_none();
    for field in kind.api.details.iter().filter(own).flat_map(|detail| detail.fields) {
        if kind.field(field).is_none() {
            say(format!("detail shows `{field}`, which is no field"));
        }
    }
    for call in kind.calls() {
        lint_call(&call, &is_known, say);
        let Some(spec) = call.spec else { continue };
        for (name, what) in spec
            .body
            .file()
            .map(|name| (name, "body is the file"))
            .into_iter()
            .chain(spec.when.given().map(|(name, _)| (name, "it is for objects that have")))
        {
            if kind.field(name).is_none() {
                say(format!("{what} `{name}`, which is no field"));
            }
        }
    }
}

/// The words of a request's path and body, and what is waited for after it.
fn lint_call(call: &TableCall, is_known: &dyn Fn(&Word) -> bool, say: &mut dyn FnMut(String)) {
    // What explains a job or gives it up is about the job, and about nothing else.
    let is_known = |word: &Word| match (word, call.place) {
        (Word::Job, place) => place.knows_job(),
        (_, CallPlace::Log | CallPlace::Cancel) => false,
        (word, _) => is_known(word),
    };
    lint_path(call.path, &is_known, say);
    let Some(spec) = call.spec else { return };
    let body = if let Body::Json(text) = spec.body { text } else { "" };
    for text in [body, spec.adds].into_iter().filter(|text| !text.is_empty()) {
        match BodyTemplate::parse(text) {
            Ok(template) => lint_words(text, template.words().into_iter(), &is_known, say),
            Err(error) => say(format!("body `{text}` is no JSON: {error}")),
        }
    }
    let adds_names = |template| matches!(template, BodyTemplate::Map(_) | BodyTemplate::Text(_));
    if !spec.adds.is_empty() && !BodyTemplate::parse(spec.adds).is_ok_and(adds_names) {
        say(format!("`{}` adds nothing by name", spec.adds));
    }
    let is_json = matches!(spec.body, Body::Json(_) | Body::Fields | Body::Changed | Body::Sequence(_));
    let is_reshaped = spec.reshape.is_some() && spec.body != Body::None;
    if !is_json && (!spec.adds.is_empty() || is_reshaped) {
        say(format!("`{} {}`: there is no body of JSON to add to, or to reshape", spec.method, spec.path));
    }
    spec.wait.iter().for_each(|poll| lint_poll(poll, say));
}

fn lint_path(path: &'static str, is_known: &dyn Fn(&Word) -> bool, say: &mut dyn FnMut(String)) {
    let template = PathTemplate::of(path);
    if let Some(stray) = template.stray_brace() {
        say(format!("`{path}`: no word begins or ends at `{stray}`"));
    }
    lint_words(path, template.words(), is_known, say);
}

fn lint_words<'w>(
    text: &str,
    words: impl Iterator<Item = &'w Word>,
    is_known: &dyn Fn(&Word) -> bool,
    say: &mut dyn FnMut(String),
) {
    for word in words.filter(|word| !is_known(word)) {
        say(format!("`{text}`: nothing fills `{{{word}}}`"));
    }
}

/// Says whether something fills a word in a kind's calls.
fn fills(provider: &Provider, kind: &Kind, word: &Word) -> bool {
    match word {
        Word::Id | Word::Name => true,
        Word::Job => false,
        Word::Target(setting) => provider.dialect.settings.iter().any(|field| field.name == setting),
        Word::Parent(levels, word) => {
            let above = |kind: &Kind| kind.parent.and_then(|parent| provider.kind(parent));
            let around = std::iter::successors(above(kind), |kind| above(kind)).nth(levels.saturating_sub(1));
            around.is_some_and(|parent| matches!(word.as_str(), "id" | "name") || parent.field(word).is_some())
        }
        Word::Field(name) => kind.field(name).is_some(),
    }
}

fn lint_poll(poll: &'static Poll, say: &mut dyn FnMut(String)) {
    if poll.path.is_empty() != poll.repeats_the_call() {
        say(format!("poll `{}`: it has nothing to read, or reads what is not looked at", poll.path));
    }
    let is_job = |word: &Word| *word == Word::Job;
    if let Some(log) = poll.log
        && (log.fields.is_empty() || poll.job.is_empty())
    {
        say(format!("log `{}`: it is about a job, and tells texts", log.read.path));
    }
    if PathTemplate::of(poll.path).words().any(is_job) == poll.job.is_empty() {
        say(format!("poll `{}`: `{{job}}` and where to find it do not go together", poll.path));
    }
    if poll.every > poll.budget {
        say(format!("poll `{}` looks less often than it may last", poll.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Api, Condition, call, field};
    use wire::Method::Post;

    const fn option(name: &'static str, doc: &'static str) -> Field {
        field(name, Type::Text, doc).dedicated_call(&[]).afterwards().write_only()
    }

    #[test]
    fn what_rides_along_needs_a_call_that_takes_it() {
        static LOST: Kind = Kind {
            fields: &[
                option("lost", "Sent by nobody"),
                option("kept", "Sent in a body"),
                option("read", "Read back").readable_on(Condition::ALWAYS),
            ],
            api: Api {
                update: &[call(Post, "/things", Body::Json(r#"{"kept": "{kept}", "as": "{read}"}"#))],
                ..Api::NONE
            },
            ..Kind::NEW
        };
        let mut said = Vec::new();
        lint_call_options(&LOST, &mut |text| said.push(text));
        assert_eq!(
            said,
            [
                "field `lost` rides along with no call",
                "field `read` rides along, but is read back, or sent with others",
            ]
        );
    }

    static LOOSE: Kind = Kind {
        name: "things",
        fields: &[field("size", Type::Int, "Size")],
        api: Api {
            list: List::at("/{target.nowhere}/things/{parent.id}", crate::spec::Envelope::Items("")),
            create: &[call(Post, "/things/{size", Body::Json(r#"{"a": "{nobody}"}"#))],
            remove: &[call(Post, "/things/{job}", Body::Json("{"))],
            ..Api::NONE
        },
        ..Kind::NEW
    };

    #[test]
    fn what_no_template_is_and_nothing_fills_is_told() {
        let mut said = Vec::new();
        lint_calls(crate::providers::CATALOGUE[0], &LOOSE, &mut |text| said.push(text));
        assert_eq!(
            said,
            [
                "`/{target.nowhere}/things/{parent.id}`: nothing fills `{target.nowhere}`",
                "`/{target.nowhere}/things/{parent.id}`: nothing fills `{parent.id}`",
                "`/things/{size`: no word begins or ends at `{size`",
                r#"`{"a": "{nobody}"}`: nothing fills `{nobody}`"#,
                "`/things/{job}`: nothing fills `{job}`",
                "body `{` is no JSON: EOF while parsing an object at line 1 column 1",
            ]
        );
    }
}
