//! What is known of each secret without its value: where it comes from, and how old it is.

use super::{Secrets, vault};
use crate::finding::Place;
use crate::topology::envelope::SecretSource;

/// What is known of a secret.
#[derive(Debug, Clone)]
pub(crate) struct SecretStatus {
    /// Its name.
    pub name: String,
    /// The word for its source, as in `env`.
    pub sort: &'static str,
    /// The source in words.
    pub source: String,
    /// Where it is declared.
    pub place: Place,
    /// Says whether anything refers to it.
    pub used: bool,
    /// Says whether it is the key of the ledger's fingerprints.
    pub is_key: bool,
    /// What was found.
    pub seen: SecretSight,
}

/// What a look at a source found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretSight {
    /// Nothing refers to it, or no source is asked: it was not looked at.
    NotAsked,
    /// It is there, and when it was written, where the source says that.
    There(Option<String>),
    /// It is not: why.
    Missing(String),
}

impl Secrets {
    /// What is known of each, in the order of their names.
    pub(crate) fn statuses(&self) -> Vec<SecretStatus> {
        let (seen, known, keys) = (self.seen.borrow(), self.known.borrow(), self.keys.borrow());
        let status = |(name, (source, place)): (&String, &(SecretSource, Place))| SecretStatus {
            name: name.clone(),
            sort: sort(source),
            source: describe(source),
            place: place.clone(),
            used: known.contains_key(name),
            is_key: keys.contains(name),
            seen: match seen.get(name) {
                None => SecretSight::NotAsked,
                Some(Ok(since)) => SecretSight::There(since.clone()),
                Some(Err(why)) => SecretSight::Missing(why.clone()),
            },
        };
        self.sources.iter().map(status).collect()
    }
}

/// The word for a source.
fn sort(source: &SecretSource) -> &'static str {
    match source {
        SecretSource::Env(_) => "env",
        SecretSource::File(_) => "file",
        SecretSource::Command(_) => "command",
        SecretSource::Vault(_) => "vault",
        SecretSource::Age(_) => "age",
    }
}

/// A source in words. What a program is called with may be as secret as what it prints.
fn describe(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(variable) => format!("environment `{variable}`"),
        SecretSource::File(path) => format!("file `{}`", path.display()),
        SecretSource::Command(line) => format!("command `{}`", line.first().map_or("", String::as_str)),
        SecretSource::Vault(source) => vault::describe(source),
        SecretSource::Age(_) => "encrypted with age in `trueup.yaml`".into(),
    }
}
