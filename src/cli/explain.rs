//! `trueup explain`: a kind or a field, from its table; a code; or a declared resource.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use crate::cli::kinds::marks;
use crate::cli::{CommandError, Exit, Global, codes, field_origins, output, topics};
use crate::providers::CATALOGUE;
use crate::spec::{Change, Condition, Disruption, Field, Grammar, Identity, Kind, Provider, Type};
use crate::suggest;
use crate::topology::{ITEMS, PARTIAL, has_order, has_parts};

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainOptions {
    /// A kind, a field of it, or either with the provider before it: routes, routes.cidr, vns3/routes;
    /// a rule or the code of a finding; the address of a declared resource: which line gave each field;
    /// or `allow`, `content`, `exit-codes`, `external`, `findings`, `functions`, `partial`, `rules`, `unmanaged`, `windows`.
    #[arg(value_name = "KIND[.FIELD]|CODE|ADDRESS")]
    what: String,
    /// The workspace's folder, where an address is explained.
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

/// Explains it; of several providers' kinds of that name, all.
pub(crate) fn run(global: &Global, options: &ExplainOptions) -> Result<Exit, CommandError> {
    if let Some(text) = topics::text(&options.what).or_else(|| codes::text(&options.what)) {
        output::print(&text)?;
        return Ok(Exit::Done);
    }
    let (provider, rest) = match options.what.split_once('/') {
        Some((provider, rest)) => (Some(provider), rest),
        None => (None, options.what.as_str()),
    };
    let (name, path) = rest.split_once('.').unwrap_or((rest, ""));
    let kinds: Vec<(&Provider, &Kind)> = CATALOGUE
        .iter()
        .filter(|candidate| provider.is_none_or(|name| name == candidate.name))
        .filter_map(|provider| Some((*provider, provider.kind(name)?)))
        .collect();
    if kinds.is_empty() {
        // A provider and a word is a kind that is misspelt, whatever targets are called.
        let is_a_kind = CATALOGUE.iter().any(|known| Some(known.name) == provider) && !rest.contains('/');
        let of_resource = || field_origins::text(global, &options.workspace, &options.what);
        if let Some(text) = (!is_a_kind).then(of_resource).transpose()?.flatten() {
            output::print(&text)?;
            return Ok(Exit::Done);
        }
        let known = CATALOGUE.iter().flat_map(|provider| provider.kinds.iter().map(|kind| kind.name));
        let known = known.chain(topics::names()).chain(codes::names());
        return Err(
            CommandError::failed(format!("there is no kind `{name}`")).help(suggest::hint_by_beginning(name, known))
        );
    }
    let mut text = String::new();
    for (provider, kind) in kinds {
        match path {
            "" => explain_kind(provider, kind, &mut text),
            path => explain_field(provider, kind, path, &mut text)?,
        }
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

fn explain_kind(provider: &Provider, kind: &Kind, text: &mut String) {
    let _ = writeln!(text, "{}/{}: {}", provider.name, kind.name, kind.doc);
    let _ = writeln!(text, "  told apart by: {}", identity(kind));
    if let Some(parent) = kind.parent {
        let _ = writeln!(text, "  lives in: {parent}");
    }
    if kind.is_declarative() && !kind.is_removable() {
        text.push_str("  removal: the API has none; it is let go of\n");
    } else if kind.removed_by_address {
        text.push_str("  removal: destroys everything in it; has to be allowed by address\n");
    }
    order(provider, kind, text);
    shared(kind, text);
    let _ = writeln!(text, "  source: {}", kind.source);
    for field in kind.fields {
        line(field, 1, text);
    }
    text.push('\n');
}

/// The lists of which a part may be ours.
fn shared(kind: &Kind, text: &mut String) {
    if !kind.is_declarative() {
        return;
    }
    if let Identity::Sequence { .. } = kind.identity {
        let _ = writeln!(text, "  may be shared: `{PARTIAL}: PLACE` beside `{ITEMS}`; see `trueup explain {PARTIAL}`");
        return;
    }
    let parts = kind.fields.iter().filter(|field| field.is_writable() && has_parts(kind, field));
    let form = |field: &Field| match has_order(field) {
        true => format!("`{PARTIAL}: {{ {}: PLACE }}`", field.name),
        false => format!("`{PARTIAL}: [{}]`", field.name),
    };
    let forms: Vec<String> = parts.map(form).collect();
    if !forms.is_empty() {
        let _ = writeln!(text, "  may be shared: {}; see `trueup explain {PARTIAL}`", forms.join(", "));
    }
}

/// The kinds that come before a kind's resources and after them, each with the reason.
fn order(provider: &Provider, kind: &Kind, text: &mut String) {
    for (first, why) in kind.after() {
        let _ = writeln!(text, "  comes after: {first}: {why}");
    }
    for (first, why) in named(kind) {
        let first = if first == kind.name { "those of its own" } else { first };
        let _ = writeln!(text, "  comes after: {first} that it names: {why}");
    }
    for field in kind.fields.iter().filter(|field| !field.depends_on_remote.is_empty()) {
        let kinds = field.depends_on_remote.join(", ");
        let _ = writeln!(text, "  comes after: {kinds} of the target that `{}` leads to", field.name);
    }
    for other in provider.kinds.iter().filter(|other| other.name != kind.name) {
        for (_, why) in other.after().filter(|(first, _)| *first == kind.name) {
            let _ = writeln!(text, "  comes before: {}: {why}", other.name);
        }
        for (_, why) in named(other).into_iter().filter(|(first, _)| *first == kind.name) {
            let _ = writeln!(text, "  comes before: {} that name it: {why}", other.name);
        }
    }
}

/// The kinds whose objects the texts of a kind name, each with the reason.
fn named(kind: &Kind) -> BTreeSet<(&'static str, &'static str)> {
    let called = kind.fields.iter().flat_map(Field::grammars).flat_map(Grammar::kinds);
    called.map(|called| (called.kind, called.why)).collect()
}

fn identity(kind: &Kind) -> String {
    match kind.identity {
        Identity::Singleton => "there is one".into(),
        Identity::Name(field) => format!("`{field}`, which is the name in YAML"),
        Identity::CaselessName(field) => format!("`{field}` whatever its case, which is the name in YAML"),
        Identity::Natural(fields) => format!("{}; the name in YAML is a label of your own", fields.join(", ")),
        Identity::Content(field, []) => format!("the content of `{field}`: other content is another object"),
        Identity::Content(field, told_by) => {
            format!("the content of `{field}`, by {}; the name in YAML is a label of your own", told_by.join(", "))
        }
        Identity::Sequence { key, .. } => format!("the whole ordered list is the resource; its items by `{key}`"),
    }
}

fn line(field: &Field, depth: usize, text: &mut String) {
    let required = if field.is_required() { " (required)" } else { "" };
    let default = field.default.map(|json| format!(" [{json}]")).unwrap_or_default();
    let name = format!("{}{}{required}", "  ".repeat(depth), field.name);
    let needed = field.required.and_then(Condition::objects).map(|whose| format!(" (required where {whose})"));
    let only = field
        .writable_on
        .and_then(Condition::objects)
        .filter(|_| needed.is_none())
        .map(|whose| format!(" (only where {whose})"));
    let when = needed.or(only).unwrap_or_default();
    let inferred = if field.inferred { " (inferred, not documented)" } else { "" };
    let _ = writeln!(text, "{name:<34} {}{default}: {}{when}{inferred}", field.ty.describe(), field.doc);
}

fn explain_field(provider: &Provider, kind: &Kind, path: &str, text: &mut String) -> Result<(), CommandError> {
    let mut fields = kind.fields;
    let mut found: Option<&Field> = None;
    for name in path.split('.') {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let names = fields.iter().map(|field| field.name);
            let stop = CommandError::failed(format!("{}/{} has no field `{path}`", provider.name, kind.name));
            return Err(stop.help(suggest::hint(name, names)));
        };
        found = Some(field);
        fields = field.ty.fields().unwrap_or_default();
    }
    let Some(field) = found else { return Ok(()) };
    let _ = writeln!(text, "{}/{}.{path}: {}", provider.name, kind.name, field.doc);
    let _ = writeln!(text, "  type: {}", field.ty.describe());
    if let Some(other) = field.json_if_declared() {
        let _ = writeln!(text, "  without `{other}`: {}", Type::Text.describe());
    }
    if let Some(default) = field.default {
        let _ = writeln!(text, "  when left out: {default}");
    }
    if field.is_chosen() {
        let _ = writeln!(text, "  when left out, or null: the API chooses");
    }
    if let Some(whose) = field.required.and_then(Condition::objects) {
        let _ = writeln!(text, "  required where {whose}");
    }
    if let Some(whose) = field.writable_on.and_then(Condition::objects) {
        let _ = writeln!(text, "  only where {whose}");
    }
    let _ = writeln!(text, "  marks: {}", marks(field).join(", "));
    let change = match field.change {
        _ if !field.is_writable() => "chosen by the provider",
        Change::InPlace => "changes in place",
        Change::Replaces => "a different value means a new object",
        Change::Fixed => "can't be changed after create: a difference is held and explained",
        Change::Switch { .. } => "turned on and off by calls of its own",
        Change::DedicatedCall([]) => "no reason for a call: it rides along with those that something else has made",
        Change::DedicatedCall(_) => "changed by a call of its own",
        Change::Widens(..) => "widened by a call of its own; narrowing it means a new object",
    };
    let _ = writeln!(text, "  change: {change}");
    if field.disruption > Disruption::None {
        let _ = writeln!(text, "  a change means: {}", field.disruption.as_str());
    }
    for nested in fields {
        line(nested, 2, text);
    }
    text.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(name: &str) -> String {
        let provider = CATALOGUE.iter().find(|provider| provider.kind(name).is_some()).unwrap();
        let mut text = String::new();
        explain_kind(provider, provider.kind(name).unwrap(), &mut text);
        text
    }

    #[test]
    fn a_kind_tells_its_source_and_the_order_in_both_directions() {
        let subtables = explained("firewall-subtables");
        assert!(
            subtables
                .contains("\n  comes after: system-variables that it names: rules and entries may name variables\n"),
            "{subtables}"
        );
        assert!(subtables.contains("\n  source: "), "{subtables}");
        let variables = explained("system-variables");
        assert!(
            variables
                .contains("\n  comes before: firewall-subtables that name it: rules and entries may name variables\n"),
            "{variables}"
        );
        let keyset = explained("keyset");
        assert!(keyset.contains("\n  comes after: keyset of the target that `source` leads to\n"), "{keyset}");
    }

    #[test]
    fn every_order_of_the_tables_is_told() {
        for provider in CATALOGUE {
            for (kind, (first, why)) in provider.kinds.iter().flat_map(|kind| kind.after().map(move |it| (kind, it))) {
                let text = explained(kind.name);
                assert!(text.contains(&format!(": {why}\n")), "{} after {first}: {text}", kind.name);
            }
        }
    }
}
