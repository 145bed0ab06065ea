//! The house has floors: a module uses its own floor and those below it. Some things pass through few doors.

use std::collections::BTreeSet;

use crate::sources::{Source, sources, sources_of_all_crates};

/// The floors, from the ground up. A module that is not here has no place yet: give it one.
pub(crate) const FLOORS: &[(&str, &[&str])] = &[
    (
        "ground",
        &["graph", "wire", "address", "secret", "attr", "finding", "suggest", "digest", "private", "program", "redact"],
    ),
    ("spec", &["spec"]),
    ("catalogue", &["providers"]),
    ("sides", &["source", "topology", "fabric", "schema", "check", "state"]),
    ("thinking", &["diff", "plan", "undo"]),
    ("doing", &["session", "observe", "apply", "verify", "journal", "ledger", "snapshot"]),
    ("top", &["cli", "gitops", "render", "main"]),
];

/// Beside the floors, a crate of its own: what it may use is held by its `Cargo.toml`.
const BESIDE: &str = "sim";

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|(_, modules)| modules.contains(&module))
}

/// Says why one module may not name another; `None` if it may.
fn objection(module: &str, other: &str) -> Option<String> {
    let name = |floor: usize| FLOORS[floor].0;
    if module == other {
        return None;
    }
    let Some(own) = floor(module) else { return Some(format!("`{module}` stands on no floor")) };
    if other == BESIDE || other == "providers" {
        return (module != "cli").then(|| format!("`cli` alone may name `{other}`"));
    }
    match floor(other) {
        None => Some(format!("`{other}` stands on no floor")),
        Some(above) if above > own => Some(format!("`{other}` stands above ({}, not {})", name(above), name(own))),
        Some(_) => None,
    }
}

/// What the file names that it may not.
fn objections(source: &Source) -> Vec<String> {
    let Some(top) = source.top() else { return Vec::new() };
    let object = |other: String| Some(format!("{}: `{other}`: {}", source.path, objection(top, &other)?));
    source.modules_named(&source.product).into_iter().filter_map(object).collect()
}

#[test]
fn the_table_means_what_it_says() {
    let pairs = [
        ("diff", "source", true),
        ("diff", "plan", true),
        ("diff", "wire", true),
        ("diff", "apply", false),
        ("wire", "wire", true),
        ("wire", "spec", false),
        ("providers", "spec", true),
        ("providers", "attr", true),
        ("providers", "topology", false),
        ("topology", "providers", false),
        ("gitops", "providers", false),
        ("cli", "providers", true),
        ("cli", "sim", true),
        ("render", "sim", false),
        ("attic", "wire", false),
        ("cli", "attic", false),
    ];
    for (module, other, may) in pairs {
        assert_eq!(objection(module, other).is_none(), may, "{module} -> {other}");
    }
    let source = Source::parse("src/diff/mod.rs", "use crate::attr; use super::apply; fn f() { crate::session::g() }");
    assert_eq!(objections(&source).len(), 2, "{:?}", objections(&source));
}

#[test]
fn floors() {
    let sources = sources();
    let tops: BTreeSet<&str> = sources.iter().filter_map(Source::top).collect();
    let homeless: Vec<_> = tops.into_iter().filter(|top| floor(top).is_none()).collect();
    assert!(homeless.is_empty(), "modules that stand on no floor: {homeless:?}");
    let objections: Vec<_> = sources.iter().flat_map(objections).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

/// The outermost modules that have the word as a name.
fn users(word: &str) -> BTreeSet<String> {
    sources().iter().filter(|source| source.has_name(word)).filter_map(|s| s.top().map(str::to_owned)).collect()
}

/// What a plan says is all that its executor knows: it neither compares nor asks what is declared.
#[test]
fn a_plan_is_carried_out_without_what_it_was_made_from() {
    let sources = sources();
    let executor: Vec<&Source> = sources.iter().filter(|source| source.top() == Some("apply")).collect();
    assert!(executor.len() > 5, "the executor is elsewhere");
    for source in executor {
        let made_from = ["diff", "topology", "source", "check"];
        let named: Vec<String> = source.modules_named(&source.product).into_iter().collect();
        let beside: Vec<_> = named.iter().filter(|module| made_from.contains(&module.as_str())).collect();
        assert!(beside.is_empty(), "{}: {beside:?}", source.path);
    }
}

#[test]
fn doors() {
    let only = |word: &str, doors: &[&str]| {
        let users = users(word);
        let others: Vec<_> = users.iter().filter(|user| !doors.contains(&user.as_str())).collect();
        assert!(others.is_empty(), "`{word}` is named in {others:?}, but its door is {doors:?}");
    };
    only("reqwest", &["session"]);
    only("serde_yaml", &["source"]);
    only("boon", &["spec"]);
    only("age", &["topology"]);
    let users = users("git2");
    assert!(users.len() <= 1, "`git2` is named in more than one module: {users:?}");
}

/// Words that reach stderr past the door: the standard macros by their full names, and the stream itself.
const PAST_THE_DOOR: [&str; 3] = ["std::eprint", "stderr().lock", "stderr().write"];

/// What the command line says on stderr goes through one door: it keeps secrets and escapes from passing. There the
/// standard macros have a new meaning, which holds for what is declared behind it.
#[test]
fn all_talk_goes_through_one_door() {
    let said = |source: &Source| source.product.iter().map(|token| format!("{token} ")).collect::<String>();
    let passes = |source: &Source| {
        let text: String = said(source).split_whitespace().collect();
        PAST_THE_DOOR.iter().any(|word| text.contains(word))
    };
    assert!(passes(&Source::parse("src/cli/x.rs", "fn f() { std::eprintln!(\"a\"); }")));
    assert!(passes(&Source::parse("src/cli/x.rs", "fn f() { io::stderr().lock().flush(); }")));
    assert!(!passes(&Source::parse("src/cli/x.rs", "fn f() { eprintln!(\"a\"); io::stderr().is_terminal(); }")));
    let sources = sources();
    let past: Vec<_> = sources.iter().filter(|source| passes(source)).map(|source| source.path.as_str()).collect();
    assert_eq!(past, ["src/cli/talk.rs"]);
    let talking = |source: &&Source| source.has_name("eprintln") || source.has_name("eprint");
    let elsewhere: Vec<_> = sources.iter().filter(talking).filter(|source| source.top() != Some("cli")).collect();
    assert!(elsewhere.is_empty(), "{:?}", elsewhere.iter().map(|source| &source.path).collect::<Vec<_>>());
    let cli = sources.iter().find(|source| source.path == "src/cli/mod.rs").unwrap();
    let text = said(cli).replace(' ', "");
    let first = text.find("mod").and_then(|at| text.get(at..));
    assert!(text.contains("#[macro_use]modtalk;") && first.is_some_and(|text| text.starts_with("modtalk;")), "{text}");
}

/// The files that put the debugging form of something into words, with the reason.
const DEBUGGING_FORMS: [(&str, &str); 4] = [
    ("src/attr.rs", "a secret's is its name"),
    ("src/redact/mod.rs", "a secret's is its name"),
    ("src/session/encode.rs", "a secret's is its name"),
    ("src/session/handshake.rs", "a library's has the only words there are: they are taken apart"),
];

/// The debugging form of a value is for those who have the source.
#[test]
fn no_message_has_a_debugging_form() {
    let has_one = |source: &Source| {
        let text: String = source.product.iter().map(ToString::to_string).collect();
        text.contains(":?}") || text.contains(":#?}")
    };
    assert!(has_one(&Source::parse("src/x.rs", "fn f() -> String { format!(\"{a:?}\") }")));
    assert!(!has_one(&Source::parse("src/x.rs", "fn f() -> String { format!(\"{a}\") } // {a:?}")));
    let sources = sources();
    let found: Vec<_> = sources.iter().filter(|source| has_one(source)).map(|source| source.path.as_str()).collect();
    assert_eq!(found, DEBUGGING_FORMS.map(|(path, _)| path));
}

/// The files that may call these methods of a secret.
const DOORS: [(&str, &[&str]); 2] = [
    ("expose", &["src/session/encode.rs"]),
    ("public_part", &["src/session/auth/grant.rs", "src/spec/certificate.rs"]),
];

/// The functions that other files may call and that give a secret's value back, or something made of it, with the reason.
const EXPOSING: [(&str, &str, &str); 6] = [
    ("src/secret.rs", "expose", "the door itself"),
    ("src/secret.rs", "public_part", "the other one"),
    ("src/secret.rs", "fingerprint", "keyed: it says nothing without the key"),
    ("src/secret.rs", "print", "keyed, too"),
    ("src/secret.rs", "id", "the keyed fingerprint of a constant: it tells keys apart, and says nothing of one"),
    ("src/session/encode.rs", "login", "stands for a reply that no API gives, and is read as one"),
];

/// Says whether the product has a statement that parses a field's default by itself.
fn parses_a_default(source: &Source) -> bool {
    let text: String = source.product.iter().map(|token| format!("{token} ")).collect();
    let asks = |statement: &str| {
        statement.match_indices("default").any(|(at, word)| {
            let (before, after) = (statement[..at].trim_end(), statement[at + word.len()..].trim_start());
            before.ends_with('.') && !after.starts_with(|c: char| c == '(' || c == '_' || c.is_alphanumeric())
        })
    };
    text.split(';').any(|statement| statement.contains("from_str") && asks(statement))
}

/// A default is JSON text in the tables. Who wants its value asks for it, and nobody parses it again.
#[test]
fn defaults_are_parsed_in_one_file() {
    let by_hand = "fn f(field: &Field) { let v = field.default.and_then(|json| serde_json::from_str(json).ok()); }";
    assert!(parses_a_default(&Source::parse("src/diff/mod.rs", by_hand)));
    let parsing: Vec<_> = sources().into_iter().filter(parses_a_default).map(|source| source.path).collect();
    assert!(parsing.is_empty(), "{parsing:?} parse defaults: `DefaultValue` has the value");
}

#[test]
fn secrets_pass_through_their_doors() {
    let sources = sources_of_all_crates();
    for (method, doors) in DOORS {
        let callers = sources.iter().filter(|source| source.calls(method)).map(|source| source.path.as_str());
        let callers: BTreeSet<&str> = callers.collect();
        assert_eq!(callers, doors.iter().copied().collect(), "`.{method}(` is called elsewhere, or not at all");
    }
}

/// The functions of a file that other files may call and that give text which an exposing function, or one of the file's
/// own that calls such a one, may have made of a secret.
fn giving_away(source: &Source, exposing: &[&str]) -> BTreeSet<String> {
    let signatures = source.signatures();
    let mut inner: BTreeSet<String> = BTreeSet::new();
    loop {
        let exposes = |signature: &&crate::sources::Signature| {
            exposing.iter().any(|member| signature.uses(member)) || inner.iter().any(|name| signature.names(name))
        };
        let gives_text = |signature: &&crate::sources::Signature| {
            ["String", "str", "Value", "Vec", "Cow", "T"].iter().any(|name| signature.gives.contains(*name))
        };
        let found: Vec<_> = signatures.iter().filter(exposes).filter(gives_text).collect();
        let names: BTreeSet<String> = found.iter().map(|signature| signature.name.clone()).collect();
        if names == inner {
            return found.into_iter().filter(|found| found.is_public).map(|found| found.name.clone()).collect();
        }
        inner = names;
    }
}

#[test]
fn no_function_goes_round_the_doors() {
    let sample = Source::parse(
        "src/session/encode.rs",
        "fn bare(s: &Secret) -> Value { s.expose().into() } pub(crate) fn json(s: &Secret) -> Result<Value, u8> { bare(s) }
         pub fn put(s: &Secret) -> Result<Request, String> { bare(s) } pub fn text(s: &Secret) -> String { String::new() }",
    );
    assert_eq!(giving_away(&sample, &["expose"]), BTreeSet::from(["json".to_owned()]));
    let mut found = BTreeSet::new();
    for source in sources_of_all_crates() {
        let members: &[&str] = if source.path == "src/secret.rs" { &["value"] } else { &["expose"] };
        let concerns = source.path == "src/secret.rs" || source.calls("expose");
        let names = if concerns { giving_away(&source, members) } else { BTreeSet::new() };
        found.extend(names.into_iter().map(|name| (source.path.clone(), name)));
    }
    let known = EXPOSING.iter().map(|(path, name, _)| ((*path).to_owned(), (*name).to_owned())).collect();
    assert_eq!(found, known, "functions that give a secret's value back");
}
