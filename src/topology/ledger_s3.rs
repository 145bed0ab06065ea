//! A bucket that holds the ledger: where it is stands in the file, whose it is in secrets or in the environment.

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::check::plain_http::is_this_machine;
use crate::finding::{Finding, Place};
use crate::secret::Secret;
use crate::topology::ledger_place::secret_name;
use crate::topology::secrets::Secrets;
use crate::topology::{SecretMode, machine};

/// The region that servers take which are none of Amazon's.
const ANY_REGION: &str = "us-east-1";

/// A bucket that holds the ledger, or a place in it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct S3Ledger {
    /// The bucket.
    pub bucket: String,
    /// The place in it, as in `trueup/acme-wan`; several workspaces may share one.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The region of Amazon's that the bucket is in. Where `endpoint` says which server it is, `us-east-1` unless said
    /// otherwise.
    #[serde(default)]
    pub region: Option<String>,
    /// The server, where it is none of Amazon's, as in `https://minio.example`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The id of the access key, as `${secret.NAME}`; by default that of the environment, `AWS_ACCESS_KEY_ID`.
    #[serde(default)]
    pub access_key: Option<String>,
    /// The access key, as `${secret.NAME}`; by default that of the environment, `AWS_SECRET_ACCESS_KEY`, with
    /// `AWS_SESSION_TOKEN`.
    #[serde(default)]
    pub secret_key: Option<String>,
}

/// Where in which bucket the ledger is kept, and by whose right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Place {
    /// The bucket.
    pub(crate) bucket: String,
    /// The place in it.
    pub(crate) prefix: Option<String>,
    /// The region.
    pub(crate) region: String,
    /// The server, where it is none of Amazon's.
    pub(crate) endpoint: Option<String>,
    /// The id of the access key.
    pub(crate) access: Secret,
    /// The access key.
    pub(crate) key: Secret,
    /// What a key that was lent for a while needs beside.
    pub(crate) session: Option<Secret>,
}

impl S3Place {
    /// The place for people, as in `s3://acme/trueup`.
    pub(crate) fn name(&self) -> String {
        let place: Vec<&str> = std::iter::once(self.bucket.as_str()).chain(self.prefix.as_deref()).collect();
        let server = self.endpoint.as_ref().map(|endpoint| format!(" at {endpoint}")).unwrap_or_default();
        format!("s3://{}{server}", place.join("/"))
    }
}

impl S3Ledger {
    /// The place that it says. What is wrong is a finding.
    pub(crate) fn place(self, secrets: &Secrets, at: &Place, findings: &mut Vec<Finding>) -> Option<S3Place> {
        let wrong: Vec<Finding> = self.wrong().into_iter().map(|(key, finding)| finding.at(&at.below(key))).collect();
        let region = self.region.clone().or_else(|| self.endpoint.is_some().then(|| ANY_REGION.to_owned()));
        let is_sound = wrong.is_empty();
        findings.extend(wrong);
        let keys = match (&self.access_key, &self.secret_key) {
            (None, None) => from_environment(secrets).map_err(|finding| findings.push(finding.at(at))).ok(),
            (access, key) => {
                let mut secret = |text: &Option<String>, key: &str, told| {
                    let text = text.as_deref().unwrap_or_default();
                    let secret = secret_name(text, told).and_then(|name| secrets.get_of_store(&name));
                    let secret = secret.map_err(|finding| finding.at(&at.below(key)));
                    secret.map_err(|finding| findings.push(finding)).ok().flatten()
                };
                let access = secret(access, "access-key", "the id of the bucket's key is no secret");
                let key = secret(key, "secret-key", "the bucket's key is no secret");
                access.zip(key).map(|(access, key)| (access, key, None))
            }
        };
        let ((access, key, session), region) = keys.zip(region).filter(|_| is_sound)?;
        let S3Ledger { bucket, prefix, endpoint, .. } = self;
        Some(S3Place { bucket, prefix, region, endpoint, access, key, session })
    }

    /// What is wrong with where it is, with the key that says it.
    fn wrong(&self) -> Vec<(&'static str, Finding)> {
        let mut wrong = Vec::new();
        let mut say = |key, told: String, help: &str| {
            wrong.push((key, Finding::error("bad-ledger-bucket", told).help(help)));
        };
        let is_word = |word: &str| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !word.is_empty() && word.bytes().all(is_letter) && word.bytes().any(|byte| byte != b'.')
        };
        if !is_word(&self.bucket) {
            say("bucket", format!("`{}` is no name of a bucket", self.bucket), "write its name alone");
        }
        if let Some(prefix) = self.prefix.as_ref().filter(|prefix| !prefix.split('/').all(is_word)) {
            let help = "letters, digits, `-`, `_` and `.`, with single slashes between, as in `trueup/acme-wan`";
            say("prefix", format!("`{prefix}` is no place in a bucket"), help);
        }
        match (&self.region, &self.endpoint) {
            (None, None) => say("region", "nobody says where the bucket is".into(), "write its `region`"),
            (Some(region), _) if !is_word(region) => {
                say("region", format!("`{region}` is no region"), "as in `eu-central-1`");
            }
            _ => {}
        }
        if let Some(endpoint) = &self.endpoint {
            let url = Url::parse(endpoint).ok().filter(|url| {
                let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
                ["http", "https"].contains(&url.scheme()) && url.has_host() && is_bare && url.password().is_none()
            });
            match url {
                None => say("endpoint", format!("`{endpoint}` is no server"), "as in `https://minio.example`"),
                Some(url) if url.scheme() == "http" && !is_this_machine(&url) => {
                    let told = format!("the ledger would go over the network in clear: `{endpoint}` is `http://`");
                    say("endpoint", told, "write `https://`");
                }
                Some(_) => {}
            }
        }
        wrong
    }
}

/// The keys of the environment; whoever asks for no secret gets what stands for them.
fn from_environment(secrets: &Secrets) -> Result<(Secret, Secret, Option<Secret>), Box<Finding>> {
    const NAMES: (&str, &str, &str) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN");
    let variable = |name: &str| {
        let value =
            machine::variable(name).filter(|_| secrets.are_asked_for() || secrets.mode() == SecretMode::OfStore)?;
        let secret = Secret::new(name, value);
        secrets.learn(secret.clone());
        Some(secret)
    };
    match (variable(NAMES.0), variable(NAMES.1)) {
        (Some(access), Some(key)) => Ok((access, key, variable(NAMES.2))),
        _ if !matches!(secrets.mode(), SecretMode::Required | SecretMode::OfStore) => {
            Ok((Secret::new(NAMES.0, "stand-in"), Secret::new(NAMES.1, "stand-in"), None))
        }
        _ => {
            let told =
                format!("nobody says by whose right the bucket is used: `{}` or `{}` is not set", NAMES.0, NAMES.1);
            let help = "set them, or write `access-key: \"${secret.NAME}\"` and `secret-key: \"${secret.NAME}\"`";
            Err(Box::new(Finding::error("missing-secret", told).help(help)))
        }
    }
}
