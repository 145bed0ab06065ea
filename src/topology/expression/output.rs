//! Outputs: an address with a field behind it, as in `${oslo/config.public_ipaddress}`, taken apart.

use crate::address::{Address, AddressError, unescape};
use crate::spec::{Kind, Provider};
use crate::suggest::hint;

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
