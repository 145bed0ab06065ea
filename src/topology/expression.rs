//! Expressions: `${…}` in texts, and the addresses within.
//!
//! There is one form. `var.NAME`, `secret.NAME` and `each.key` or `each.value` come with a dot, and may go on by dots into
//! a map or list; `file("PATH")` is the text of a file; `address.field` is told from them by its slash. `$${` is a literal
//! `${`.

use crate::address::{Address, AddressError, unescape};
use crate::spec::{Kind, Provider};
use crate::suggest::hint;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment<'t> {
    /// Literal text.
    Text(String),
    /// What stands between `${` and `}`.
    Expression(&'t str),
}

/// What an expression names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExpressionName<'t> {
    /// A variable, and a path into it.
    Variable(&'t str, Option<&'t str>),
    /// A secret.
    Secret(&'t str),
    /// The key of an `each`.
    EachKey,
    /// The value of an `each`, and a path into it.
    EachValue(Option<&'t str>),
    /// The text of a file.
    File(&'t str),
    /// The output of a resource: to be taken apart with [`output`].
    Output(&'t str),
}

/// Says whether a text holds anything that [`segments`] would treat specially.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains("${")
}

/// The segments of a text.
///
/// # Errors
/// An expression is not closed, or empty.
pub(crate) fn segments(text: &str) -> Result<Vec<Segment<'_>>, String> {
    let mut found = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let inner = from.get(2..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            literal.push_str(before);
            literal.push_str("${");
            rest = inner;
            continue;
        }
        literal.push_str(before);
        let (expression, after) =
            inner.split_once('}').ok_or_else(|| format!("`${{{}` is not closed by `}}`", shortened(inner)))?;
        let expression = expression.trim();
        if expression.is_empty() {
            return Err("`${}` names nothing".into());
        }
        if !literal.is_empty() {
            found.push(Segment::Text(std::mem::take(&mut literal)));
        }
        found.push(Segment::Expression(expression));
        rest = after;
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        found.push(Segment::Text(literal));
    }
    Ok(found)
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > 40 { line.chars().take(40).chain(['…']).collect() } else { line.to_owned() }
}

/// What an expression names.
///
/// # Errors
/// It has none of the forms; the message says which there are.
pub(crate) fn name(expression: &str) -> Result<ExpressionName<'_>, String> {
    if let Some(argument) = argument_of("file", expression) {
        let path = quoted(argument).filter(|path| !path.is_empty());
        return path.map(ExpressionName::File).ok_or_else(|| {
            format!("`${{{expression}}}` names no file: write its path in quotes, as in `${{file(\"rules.yaml\")}}`")
        });
    }
    if expression.contains('/') {
        return Ok(ExpressionName::Output(expression));
    }
    let (head, rest) = match expression.split_once('.') {
        Some((head, rest)) if !rest.is_empty() => (head, rest),
        _ => return Err(format!("`${{{expression}}}` is no expression: {FORMS}")),
    };
    let (first, path) = match rest.split_once('.') {
        Some((first, path)) => (first, Some(path)),
        None => (rest, None),
    };
    match (head, first, path) {
        ("var", ..) => Ok(ExpressionName::Variable(first, path)),
        // A secret is one text: a dot belongs to its name.
        ("secret", ..) => Ok(ExpressionName::Secret(rest)),
        ("each", "key", None) => Ok(ExpressionName::EachKey),
        ("each", "value", _) => Ok(ExpressionName::EachValue(path)),
        _ => Err(format!("`${{{expression}}}` is no expression: {FORMS}")),
    }
}

/// What stands between the brackets behind a function's name.
fn argument_of<'t>(function: &str, expression: &'t str) -> Option<&'t str> {
    let rest = expression.strip_prefix(function)?.trim_start().strip_prefix('(')?;
    Some(rest.trim_end().strip_suffix(')').unwrap_or(rest).trim())
}

/// What stands between quotes.
fn quoted(text: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    })
}

/// The forms that there are, for messages.
const FORMS: &str = "there are `${var.NAME}`, `${secret.NAME}`, `${each.key}`, `${each.value}`, `${file(\"PATH\")}` and \
                     `${target/kind/name.field}`; write `$${` for a literal `${`";

/// An output, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct OutputName {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// The field, or a path into it.
    pub field: String,
}

/// Why an output can't be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// What the catalogue and the files know: needed to take an address apart.
pub(crate) trait DeclaredNames {
    /// The provider of a target.
    fn provider(&self, target: &str) -> Option<&'static Provider>;
    /// The names of all targets.
    fn targets(&self) -> Vec<&str>;
    /// Says whether the files declare a resource.
    fn declares(&self, address: &Address) -> bool;
}

/// Takes `target/kind/name.field` apart.
///
/// Names may hold dots, so where the last name ends is found by looking: the longest name that is declared; else the
/// longest behind which a field of the kind stands; else the last dot.
///
/// # Errors
/// There is no such target or kind, or no field is named.
pub(crate) fn output(text: &str, declared: &dyn DeclaredNames) -> Result<OutputName, OutputError> {
    let target = unescape(text.split('/').next().unwrap_or_default());
    let provider = declared.provider(&target).ok_or_else(|| OutputError {
        message: format!("`${{{text}}}`: there is no target `{target}`"),
        help: hint(&target, declared.targets()),
    })?;
    let (path, last) = text.rsplit_once('/').unwrap_or((text, ""));
    // Target, kind, name, kind, name …: behind a kind comes a name, with the field behind it.
    if path.split('/').count() % 2 == 0 {
        let collection = address(text, path)?;
        let kind = known(provider, &collection.sibling(collection.kind(), Some(last)), text)?;
        let place = |name: &str| collection.sibling(kind.name, Some(&unescape(name)));
        let (name, field) = split(last, kind, |name| declared.declares(&place(name)));
        return named(text, place(name), kind, field);
    }
    let (lone, field) = last.split_once('.').unwrap_or((last, ""));
    let address = address(text, &format!("{path}/{lone}"))?;
    let kind = known(provider, &address, text)?;
    if !kind.identity.is_single() {
        return Err(OutputError {
            message: format!("`${{{text}}}` names no resource of the kind `{}`", kind.name),
            help: format!("write `${{{target}/…/{}/NAME.FIELD}}`", kind.name),
        });
    }
    named(text, address, kind, field)
}

fn address(text: &str, part: &str) -> Result<Address, OutputError> {
    part.parse()
        .map_err(|error: AddressError| OutputError { message: format!("`${{{text}}}`: {error}"), help: String::new() })
}

/// The kind of an address, of which every kind has to be known and to live in the one before it.
fn known(provider: &'static Provider, address: &Address, text: &str) -> Result<&'static Kind, OutputError> {
    let mut above = None;
    for (kind, name) in address.steps() {
        let kind = kind_of(provider, above.map(|kind: &Kind| kind.name), kind, text)?;
        above = Some(match name {
            // Nothing lives in what has no name.
            Some(name) if kind.identity.is_single() => kind_of(provider, Some(kind.name), head(name), text)?,
            _ => kind,
        });
    }
    above.ok_or_else(|| OutputError { message: format!("`${{{text}}}` names no kind"), help: String::new() })
}

/// What stands before the first dot.
fn head(text: &str) -> &str {
    text.split('.').next().unwrap_or_default()
}

fn named(text: &str, address: Address, kind: &'static Kind, field: &str) -> Result<OutputName, OutputError> {
    if field.is_empty() {
        return Err(OutputError {
            message: format!("`${{{text}}}` names a resource but none of its fields"),
            help: format!("write `${{{address}.FIELD}}`; {}", fields_hint(kind, "")),
        });
    }
    Ok(OutputName { address, kind, field: field.to_owned() })
}

/// The fields that can be referred to, for messages.
pub(crate) fn fields_hint(kind: &Kind, field: &str) -> String {
    hint(field, kind.fields.iter().map(|field| field.name).chain(["id"]))
}

fn kind_of(
    provider: &'static Provider,
    parent: Option<&str>,
    name: &str,
    text: &str,
) -> Result<&'static Kind, OutputError> {
    provider.children(parent).find(|kind| kind.name == name).ok_or_else(|| OutputError {
        message: match parent {
            Some(parent) => format!("`${{{text}}}`: there is no kind `{name}` in `{parent}`"),
            None => format!("`${{{text}}}`: `{}` has no kind `{name}`", provider.name),
        },
        help: match provider.kind(name).and_then(|kind| kind.parent) {
            Some(other) if Some(other) != parent => format!("`{name}` lives in `{other}`"),
            _ => hint(name, provider.children(parent).map(|kind| kind.name).collect::<Vec<_>>()),
        },
    })
}

/// Splits the last name from the field behind it.
fn split<'t>(text: &'t str, kind: &Kind, is_declared: impl Fn(&str) -> bool) -> (&'t str, &'t str) {
    let cuts = || text.rmatch_indices('.').filter_map(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?)));
    let knows = |field: &str| {
        let first = field.split('.').next().unwrap_or_default();
        first == "id" || kind.field(first).is_some()
    };
    cuts()
        .find(|(name, _)| is_declared(name))
        .or_else(|| cuts().find(|(_, field)| knows(field)))
        .or_else(|| cuts().next())
        .unwrap_or((text, ""))
}

/// The names in a text's expressions, as in `secret.user + secret.domain`: the label of a secret made of them, whereas the
/// text around them may not be shown.
pub(crate) fn secret_label(text: &str) -> String {
    let names: Vec<&str> = segments(text)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|segment| match segment {
            Segment::Expression(expression) => Some(expression),
            Segment::Text(_) => None,
        })
        .collect();
    names.join(" + ")
}

/// Says whether an expression in a text names a file.
pub(crate) fn names_a_file(text: &str) -> bool {
    let is_file =
        |segment| matches!(segment, Segment::Expression(text) if matches!(name(text), Ok(ExpressionName::File(_))));
    segments(text).unwrap_or_default().into_iter().any(is_file)
}

/// Says whether a text is one expression and nothing else.
pub(crate) fn is_alone(text: &str) -> bool {
    matches!(segments(text).as_deref(), Ok([Segment::Expression(_)]))
}
