//! Where secrets come from, as the files say it.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Where a secret comes from. It is looked up only when something uses it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file in the workspace, or an absolute path. A line break at its end does not belong to the secret.
    File(PathBuf),
    /// What a program prints: the program and its arguments; there is no shell in between.
    Command(Vec<String>),
    /// A field of what Vault or OpenBao holds at a path, in an engine of KV version 2. The server, the token and the namespace
    /// are those of the machine's `VAULT_ADDR`, `VAULT_TOKEN` and `VAULT_NAMESPACE`.
    Vault(VaultSource),
    /// The value itself, encrypted with age for those who may read it.
    Age(AgeSource),
}

/// A field of what Vault or OpenBao holds at a path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct VaultSource {
    /// The path from the mount on, as in `secret/data/wan/east`.
    pub path: String,
    /// The field, as in `password`.
    pub field: String,
    /// The server's URL, in place of `VAULT_ADDR`.
    #[serde(default)]
    pub address: Option<String>,
    /// The namespace, in place of `VAULT_NAMESPACE`.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The version; the latest one without.
    #[serde(default)]
    pub version: Option<u64>,
}

/// A value that is encrypted with age.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "an armored text of age's, or a map of `value` and `identity-file`")]
pub(crate) enum AgeSource {
    /// The armored text alone.
    Short(String),
    /// With more about it.
    Full {
        /// The armored text, from `-----BEGIN AGE ENCRYPTED FILE-----` on.
        value: String,
        /// The file of the identity that reads it, relative to the workspace; by default the machine's.
        #[serde(default, rename = "identity-file")]
        identity_file: Option<PathBuf>,
    },
}

impl AgeSource {
    /// The armored text.
    pub(crate) fn value(&self) -> &str {
        match self {
            AgeSource::Short(value) | AgeSource::Full { value, .. } => value,
        }
    }

    /// The file of the identity, where the source names one.
    pub(crate) fn identity_file(&self) -> Option<&PathBuf> {
        match self {
            AgeSource::Short(_) => None,
            AgeSource::Full { identity_file, .. } => identity_file.as_ref(),
        }
    }
}
