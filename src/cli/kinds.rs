//! `trueup kinds`: what can be declared, and the endpoints that it covers.

use serde_json::{Value, json};

use crate::cli::{CommandError, Exit, Format, output};
use crate::providers::CATALOGUE;
use crate::spec::{Change, Condition, Coverage, Endpoint, Field, Identity, Kind, Provider};
use crate::suggest;

/// Options of `kinds`.
#[derive(Debug, clap::Args)]
pub(crate) struct KindsOptions {
    /// Only this provider.
    #[arg(value_name = "PROVIDER")]
    provider: Option<String>,
    /// Lists every endpoint of the reference texts with what covers it.
    #[arg(long)]
    endpoints: bool,
    /// The form of what is printed.
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Format,
}

/// Lists kinds or endpoints.
pub(crate) fn run(options: &KindsOptions) -> Result<Exit, CommandError> {
    let mut providers = CATALOGUE.to_vec();
    if let Some(name) = &options.provider {
        providers.retain(|provider| provider.name == name);
        if providers.is_empty() {
            let names = CATALOGUE.iter().map(|provider| provider.name);
            return Err(CommandError::failed(format!("there is no provider `{name}`")).help(suggest::hint(name, names)));
        }
    }
    let text = match (options.format, options.endpoints) {
        (Format::Json, false) => {
            format!("{:#}\n", json!(providers.iter().map(|p| provider_json(p)).collect::<Vec<_>>()))
        }
        (Format::Json, true) => {
            format!("{:#}\n", json!(providers.iter().map(|p| endpoints_json(p)).collect::<Vec<_>>()))
        }
        (Format::Text | Format::Markdown, false) => providers.iter().map(|provider| kinds_text(provider)).collect(),
        (Format::Text | Format::Markdown, true) => providers.iter().map(|provider| endpoints_text(provider)).collect(),
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

fn kinds_text(provider: &Provider) -> String {
    let name = |kind: &Kind| {
        let depth = std::iter::successors(kind.parent, |parent| provider.kind(parent)?.parent).count();
        format!("{}{}", "  ".repeat(depth + 1), kind.name)
    };
    let names: Vec<String> = provider.kinds.iter().map(|kind| name(kind)).collect();
    let width = names.iter().map(String::len).max().unwrap_or_default() + 2;
    let mut text = format!("{} ({})\n", provider.name, provider.title);
    for (kind, name) in provider.kinds.iter().zip(names) {
        let class = if kind.is_declarative() { "" } else { " (read-only)" };
        text.push_str(&format!("{name:<width$}{}{class}\n", kind.doc));
    }
    text.push('\n');
    text
}

fn endpoints_text(provider: &Provider) -> String {
    let endpoints = provider.coverage();
    let mut text = format!("{}: {} endpoints\n", provider.name, endpoints.len());
    for endpoint in endpoints {
        let (word, what) = coverage(endpoint.by);
        text.push_str(&format!("  {:<7}{:<62} {word:<10} {what}\n", endpoint.method, endpoint.path));
    }
    text.push('\n');
    text
}

fn coverage(by: Coverage) -> (&'static str, &'static str) {
    match by {
        Coverage::Kind(name) => ("kind", name),
        Coverage::Action(name) => ("action", name),
        Coverage::Artifact(name) => ("artifact", name),
        Coverage::Session(why) => ("session", why),
        Coverage::Unused(why) => ("unused", why),
    }
}

fn endpoints_json(provider: &Provider) -> Value {
    let endpoints = provider.coverage().into_iter().map(|endpoint| {
        let (word, what) = coverage(endpoint.by);
        json!({ "method": endpoint.method, "path": endpoint.path, "covered-by": word, "what": what })
    });
    json!({ "provider": provider.name, "endpoints": endpoints.collect::<Vec<_>>() })
}

fn provider_json(provider: &Provider) -> Value {
    let endpoints = provider.coverage();
    let mut kinds: Vec<Value> = provider.kinds.iter().map(|kind| kind_json(&endpoints, kind)).collect();
    kinds.extend(commands(&endpoints));
    json!({ "provider": provider.name, "title": provider.title, "kinds": kinds })
}

/// Actions and artifacts: not declared, but there.
fn commands(endpoints: &[Endpoint]) -> Vec<Value> {
    let mut found = std::collections::BTreeMap::<(&str, &str), Vec<String>>::new();
    for endpoint in endpoints {
        if let Coverage::Action(name) | Coverage::Artifact(name) = endpoint.by {
            let class = coverage(endpoint.by).0;
            found.entry((class, name)).or_default().push(format!("{} {}", endpoint.method, endpoint.path));
        }
    }
    found
        .into_iter()
        .map(|((class, name), endpoints)| json!({ "name": name, "class": class, "endpoints": endpoints }))
        .collect()
}

fn kind_json(endpoints: &[Endpoint], kind: &Kind) -> Value {
    let endpoints: Vec<String> = endpoints
        .iter()
        .filter(|endpoint| endpoint.by == Coverage::Kind(kind.name))
        .map(|endpoint| format!("{} {}", endpoint.method, endpoint.path))
        .collect();
    json!({
        "name": kind.name,
        "doc": kind.doc,
        "source": kind.source,
        "class": if kind.is_declarative() { "declarative" } else { "read-only" },
        "parent": kind.parent,
        "identity": identity_json(kind.identity),
        "fields": kind.fields.iter().map(field_json).collect::<Vec<_>>(),
        "endpoints": endpoints,
    })
}

/// How the kind's objects are told apart: a word for the manner, and the fields.
fn identity_json(identity: Identity) -> Value {
    match identity {
        Identity::Singleton => json!({ "by": "kind" }),
        Identity::Name(field) => json!({ "by": "name", "fields": [field] }),
        Identity::CaselessName(field) => json!({ "by": "caseless-name", "fields": [field] }),
        Identity::Natural(fields) => json!({ "by": "fields", "fields": fields }),
        Identity::Content(field, []) => json!({ "by": "content", "fields": [field] }),
        Identity::Content(_, fields) => json!({ "by": "fields", "fields": fields }),
        Identity::Sequence { key, .. } => json!({ "by": "order", "fields": [key] }),
    }
}

fn field_json(field: &Field) -> Value {
    json!({
        "name": field.name,
        "type": field.ty.describe(),
        "doc": field.doc,
        "required": field.is_required(),
        "required_where": field.required.and_then(Condition::objects),
        "only_where": field.writable_on.and_then(Condition::objects),
        "default": field.default.map(|default| default.value().to_shown()),
        "marks": marks(field),
        "fields": field.ty.fields().map(|fields| fields.iter().map(field_json).collect::<Vec<_>>()),
    })
}

/// The words that say what a field means to a reconciler.
pub(crate) fn marks(field: &Field) -> Vec<&'static str> {
    let mut marks = Vec::new();
    if !field.is_writable() {
        marks.push("output");
    } else if field.is_write_only() {
        marks.push("write-only");
    }
    if field.is_secret() {
        marks.push("secret");
    }
    match field.change {
        _ if !field.is_writable() => {}
        Change::InPlace => marks.push("in-place"),
        Change::Replaces => marks.push("replaces"),
        Change::Fixed => marks.push("create-only"),
        Change::Switch { .. } => marks.push("switch"),
        Change::DedicatedCall([]) => marks.push("rides-along"),
        Change::DedicatedCall(_) => marks.push("own-call"),
        Change::Widens(..) => marks.push("widens-only"),
    }
    if field.inferred {
        marks.push("inferred");
    }
    marks
}
