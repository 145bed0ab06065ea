//! Help for tests: texts of the reference and of the observation, led through a kind; and endpoints against kinds.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::spec::{Change, Coverage, Kind, List, Provider, canonical, read, written};
use wire::Method;

/// A live object as the kind sees it.
pub(crate) fn reshaped(kind: &Kind, live: &Value) -> Value {
    let mut live = live.clone();
    if let Some(read) = kind.hooks.read {
        read(&mut live);
    }
    live
}

/// Checks what a kind reads from a live object: the named fields, as they would be shown.
pub(crate) fn shows(kind: &Kind, live: &Value, expected: &Value) {
    let live = reshaped(kind, live);
    let shown = |name: &String| {
        let field = kind.field(name).unwrap_or_else(|| panic!("no field `{name}`"));
        (name.clone(), canonical(&field.ty, &read(field, &live)).to_shown())
    };
    let names = expected.as_object().expect("an object").keys();
    assert_eq!(Value::Object(names.map(shown).collect::<Map<_, _>>()), *expected);
}

/// The body that a kind makes of declared fields, with the live object where there is one.
pub(crate) fn body(kind: &Kind, declared: &Value, live: Option<&Value>) -> Value {
    let sent = |(name, value): (&String, &Value)| {
        let field = kind.field(name).unwrap_or_else(|| panic!("no field `{name}`"));
        (name.clone(), written(&field.ty, &Attr::from_json(value)))
    };
    let mut body = Attr::Map(declared.as_object().expect("an object").iter().map(sent).collect());
    if let Some(write) = kind.hooks.write {
        write(&mut body, live.map(|live| reshaped(kind, live)).as_ref());
    }
    body.to_shown()
}

/// Endpoints that neither reference text has (sheet 4, end): seen on a running server, or in the server's source.
pub(crate) const NOT_IN_THE_TEXTS: &[(Method, &str)] = &[
    (Method::Get, "/blueprints/{id}"),
    (Method::Get, "/deployments/{id}/outputs"),
    (Method::Get, "/deployments/{id}/capabilities"),
    (Method::Patch, "/deployments/{id}"),
    (Method::Post, "/deployments/{id}/set-site"),
    (Method::Post, "/deployment-updates/{id}/update/initiate"),
    (Method::Patch, "/blueprints/{id}"),
    (Method::Post, "/users/active/{username}"),
    (Method::Post, "/user-groups/{name}"),
];

/// A path without its query, its placeholders without their names.
fn plain(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Every operation that a kind makes use of.
fn used(kind: &Kind) -> BTreeSet<(Method, String)> {
    let lists = std::iter::once(&kind.api.list).chain(kind.api.lists.iter().map(|(_, list)| list));
    let mut reads: Vec<&str> = lists
        .filter_map(|list| match list {
            List::Call { path, .. } => Some(*path),
            List::Nowhere | List::Inside(_) | List::Login(_) => None,
        })
        .collect();
    reads.extend(kind.api.joins.iter().map(|join| join.path));
    reads.extend(kind.api.details.iter().map(|detail| detail.path));
    let own = kind.fields.iter().flat_map(|field| match &field.change {
        Change::Own(calls) | Change::Widens(_, calls) => calls.iter().collect(),
        Change::Switch(switch) => vec![&switch.on, &switch.off],
        Change::InPlace | Change::Replaces | Change::Fixed | Change::Rides => Vec::new(),
    });
    let mut used = BTreeSet::new();
    for call in kind.api.create.iter().chain(kind.api.update).chain(kind.api.remove).chain(own) {
        used.insert((call.method, plain(call.path)));
        reads.extend(call.settle.iter().map(|poll| poll.path));
    }
    used.extend(reads.into_iter().map(|path| (Method::Get, plain(path))));
    used
}

/// Endpoints that are said to be covered by a kind which does not use them.
pub(crate) fn covered_but_unused(provider: &Provider) -> Vec<String> {
    let is_used =
        |kind: &str, method, path| provider.kind(kind).is_some_and(|kind| used(kind).contains(&(method, plain(path))));
    provider
        .endpoints
        .iter()
        .filter(
            |endpoint| matches!(endpoint.by, Coverage::Kind(kind) if !is_used(kind, endpoint.method, endpoint.path)),
        )
        .map(|endpoint| format!("{} {}", endpoint.method, endpoint.path))
        .collect()
}

/// Operations that a kind uses and no list has.
pub(crate) fn used_but_unlisted(provider: &Provider, beside: &[&[(Method, &str)]]) -> Vec<String> {
    let listed = provider.endpoints.iter().map(|endpoint| (endpoint.method, endpoint.path));
    let known: BTreeSet<(Method, String)> =
        listed.chain(beside.iter().copied().flatten().copied()).map(|(method, path)| (method, plain(path))).collect();
    let used = provider.kinds.iter().flat_map(|kind| used(kind));
    used.filter(|operation| !known.contains(operation)).map(|(method, path)| format!("{method} {path}")).collect()
}
