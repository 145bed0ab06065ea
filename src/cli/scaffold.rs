//! `trueup scaffold`: a starter for a kind, from its table: what it needs first, the rest as comments.

use std::fmt::Write;

use crate::attr::Attr;
use crate::cli::{CommandError, Exit, output};
use crate::providers::CATALOGUE;
use crate::spec::{Condition, Field, Identity, Kind, Provider, Shape, Type};
use crate::suggest;

/// Options of `scaffold`.
#[derive(Debug, clap::Args)]
pub(crate) struct ScaffoldOptions {
    /// The kind, with the provider before it where several have one of that name: routes, vns3/routes.
    #[arg(value_name = "KIND")]
    kind: String,
    /// The target that it is for.
    #[arg(long, value_name = "NAME", default_value = "TARGET")]
    target: String,
    /// The resource's name.
    #[arg(long, value_name = "NAME", default_value = "NAME")]
    name: String,
}

/// Prints the starter.
pub(crate) fn run(options: &ScaffoldOptions) -> Result<Exit, CommandError> {
    let (provider, kind) = find(&options.kind)?;
    if !kind.is_declarative() {
        let stop = CommandError::failed(format!("`{}` can be referred to, not declared", kind.name));
        return Err(stop.help(format!("`trueup explain {}/{}` says what it shows", provider.name, kind.name)));
    }
    output::print(&starter(provider, kind, &options.target, &options.name))?;
    Ok(Exit::Done)
}

/// The one kind of a name.
fn find(what: &str) -> Result<(&'static Provider, &'static Kind), CommandError> {
    let (of, name) = what.split_once('/').map_or((None, what), |(of, name)| (Some(of), name));
    let providers = CATALOGUE.iter().filter(|provider| of.is_none_or(|of| of == provider.name));
    let found: Vec<_> = providers.filter_map(|provider| Some((*provider, provider.kind(name)?))).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let known = CATALOGUE.iter().flat_map(|provider| provider.kinds.iter().map(|kind| kind.name));
            Err(CommandError::failed(format!("there is no kind `{what}`"))
                .help(suggest::hint_by_beginning(name, known)))
        }
        several => {
            let names: Vec<String> = several.iter().map(|(of, kind)| format!("`{}/{}`", of.name, kind.name)).collect();
            Err(CommandError::failed(format!("several providers have a kind `{name}`"))
                .help(format!("write {}", names.join(" or "))))
        }
    }
}

/// A file that declares one resource, and what it lives in.
fn starter(provider: &Provider, kind: &'static Kind, target: &str, name: &str) -> String {
    let mut around: Vec<&'static Kind> =
        std::iter::successors(Some(kind), |kind| provider.kind(kind.parent.unwrap_or_default())).collect();
    around.reverse();
    let mut page = StarterPage { provider, text: String::new() };
    let _ = writeln!(page.text, "# {}/{}: {}.", provider.name, kind.name, kind.doc.trim_end_matches('.'));
    page.text.push_str("# What stands here as a key without a value is needed; what is a comment may be left out.\n");
    let _ = writeln!(page.text, "{}:\n  {target}:", provider.name);
    let mut depth = 2;
    for step in &around {
        let is_last = step.name == kind.name;
        page.line(depth, &format!("{}:", step.name));
        depth += 1;
        if !step.identity.is_single() {
            let label = match (is_last, step.identity) {
                (true, _) => name.to_owned(),
                (false, _) => format!("{name}-OF-{}", step.name.to_uppercase()),
            };
            page.line(depth, &format!("{label}:{}", of_name(step)));
            depth += 1;
        }
        page.fields(step, depth, is_last);
    }
    page.text
}

/// What a resource's name means, as a comment.
fn of_name(kind: &Kind) -> String {
    match kind.identity {
        Identity::Name(field) | Identity::CaselessName(field) => format!("  # the name is its `{field}`"),
        Identity::Natural(_) | Identity::Content(..) => "  # a name of your own".to_owned(),
        Identity::Singleton | Identity::Sequence { .. } => String::new(),
    }
}

struct StarterPage<'p> {
    provider: &'p Provider,
    text: String,
}

impl StarterPage<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "  ".repeat(depth));
    }

    /// The fields of a kind: what it needs, then the rest.
    fn fields(&mut self, kind: &'static Kind, depth: usize, is_whole: bool) {
        let is_named = |field: &Field| matches!(kind.identity, Identity::Name(name) | Identity::CaselessName(name) if name == field.name);
        let writable = kind.fields.iter().filter(|field| field.is_writable() && !is_named(field));
        let (needed, rest): (Vec<&'static Field>, Vec<&'static Field>) =
            writable.partition(|field| is_needed(kind.fields, field));
        if let Identity::Sequence { .. } = kind.identity {
            self.item(&needed, depth);
        } else {
            needed.iter().for_each(|field| self.needed(field, depth, ""));
        }
        // What lives in something is told where the thing itself is asked for.
        if !is_whole {
            return;
        }
        let depth = depth + usize::from(matches!(kind.identity, Identity::Sequence { .. }));
        rest.iter().for_each(|field| self.optional(field, depth));
        let children: Vec<&str> = self
            .provider
            .children(Some(kind.name))
            .filter(|child| child.is_declarative())
            .map(|child| child.name)
            .collect();
        if !children.is_empty() {
            self.line(depth, &format!("# may hold: {}", children.join(", ")));
        }
    }

    /// An item of a list with what it needs.
    fn item(&mut self, needed: &[&'static Field], depth: usize) {
        for (n, field) in needed.iter().enumerate() {
            let dash = if n == 0 { "- " } else { "  " };
            self.needed(field, depth, dash);
        }
    }

    fn needed(&mut self, field: &'static Field, depth: usize, dash: &str) {
        self.line(depth, &format!("{dash}{}:  # needed; {}", field.name, words(field)));
        let depth = depth + 1 + usize::from(!dash.is_empty());
        let below = |fields: &'static [Field]| -> Vec<&'static Field> {
            fields.iter().filter(|field| field.is_writable() && is_needed(fields, field)).collect()
        };
        match (field.ty.plain(), field.ty.shape()) {
            (Type::Joined(..), _) => {}
            (_, Shape::Members(fields)) => below(fields).iter().for_each(|field| self.needed(field, depth, "")),
            (_, Shape::Items(item)) => {
                if let Shape::Members(fields) = item.shape() {
                    self.item(&below(fields), depth);
                }
            }
            (_, Shape::Entries(_) | Shape::Piece) => {}
        }
    }

    fn optional(&mut self, field: &'static Field, depth: usize) {
        let value = field.default.map(|default| format!(" {default}")).unwrap_or_default();
        let when = [field.required, field.writable_on];
        let when = when.into_iter().flatten().find_map(|when| Some((when, when.objects()?)));
        let when = match (when, field.required) {
            (Some((when, whose)), Some(required)) if when == required => format!(" (needed where {whose})"),
            (Some((_, whose)), _) => format!(" (only where {whose})"),
            (None, _) => String::new(),
        };
        self.line(depth, &format!("# {}:{value}  # {}{when}", field.name, words(field)));
    }
}

/// Says whether an object is in need of a field while it says nothing else.
fn is_needed(fields: &'static [Field], field: &Field) -> bool {
    let nothing = |name: &str| Some((fields.iter().find(|field| field.name == name)?, Attr::Null));
    field.required.is_some_and(|when: Condition| when.holds_for(&nothing) == Some(true))
}

/// A field in words, on one line.
fn words(field: &Field) -> String {
    let secret = if field.is_secret() { ", as in \"${secret.NAME}\"" } else { "" };
    let words = format!("{}{secret}: {}", field.ty.describe(), field.doc);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
