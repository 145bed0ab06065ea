//! Secrets in HashiCorp Vault, or in OpenBao, which speaks the same: what a source may say, and what is asked for it.
//!
//! Who asks is [`VaultDoor`]: nothing here knows of a network. What is at one path is asked for once, however many of its
//! fields are secrets.

use std::collections::BTreeMap;
use std::fmt;

use url::{Host, Url};

use super::SecretError;
use crate::finding::{Finding, Place};
use crate::secret::Secret;
use crate::topology::base_url;
use crate::topology::envelope::VaultSource;
use crate::topology::machine::variable;

/// What there is at one path of one server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct VaultPath {
    /// The server's URL, without a trailing slash.
    pub address: String,
    /// The namespace, where the server has such.
    pub namespace: Option<String>,
    /// The path, from its mount on, as in `secret/data/wan/east`.
    pub path: String,
    /// The version; the latest one without.
    pub version: Option<u64>,
}

/// What Vault holds at a path. It can't be printed.
pub(crate) struct VaultAnswer {
    /// The fields that are text, or a number, or true or false; `None` for what is none of these.
    pub fields: BTreeMap<String, Option<PlainText>>,
    /// When this version was written, as Vault says it.
    pub created: Option<String>,
}

/// A text that is a secret and not yet a [`Secret`]. It can't be printed.
#[derive(Clone)]
pub(crate) struct PlainText(pub String);

/// Whoever asks Vault.
pub(crate) trait VaultDoor: Send + Sync {
    /// Reads what is at a path.
    ///
    /// # Errors
    /// Why it can't be had.
    fn read(&self, path: &VaultPath) -> Result<VaultAnswer, SecretError>;
}

impl fmt::Debug for dyn VaultDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a door to Vault)")
    }
}

/// What was asked already.
#[derive(Default)]
pub(super) struct KnownPaths(BTreeMap<VaultPath, Result<VaultAnswer, SecretError>>);

impl fmt::Debug for KnownPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} paths)", self.0.len())
    }
}

impl KnownPaths {
    /// The value of a source, and when it was written.
    pub(super) fn field(
        &mut self,
        source: &VaultSource,
        door: Option<&dyn VaultDoor>,
    ) -> Result<(String, Option<String>), SecretError> {
        let path = path_of(source)?;
        let ask = || match door {
            Some(door) => door.read(&path),
            None => {
                Err(error("is in Vault, which nobody can ask here", "look at the workspace by a command of its own"))
            }
        };
        let answer = self.0.entry(path.clone()).or_insert_with(ask).as_ref().map_err(Clone::clone)?;
        let (field, at) = (&source.field, &path.path);
        match answer.fields.get(field) {
            Some(Some(text)) => Ok((text.0.clone(), answer.created.clone())),
            Some(None) => Err(error(
                format!("is no text: `{field}` at `{at}` in Vault is a list, a map or nothing"),
                "name a field that holds text",
            )),
            None => {
                let names = answer.fields.keys().map(String::as_str).collect::<Vec<_>>();
                let help = crate::suggest::hint(field, names);
                Err(error(format!("is not there: what Vault has at `{at}` has no field `{field}`"), help))
            }
        }
    }
}

fn error(what: impl Into<String>, remedy: impl Into<String>) -> SecretError {
    SecretError { what: what.into(), remedy: remedy.into() }
}

/// What is asked for a source: what it does not say is the machine's to say.
fn path_of(source: &VaultSource) -> Result<VaultPath, SecretError> {
    let from_machine = || variable("VAULT_ADDR");
    let Some(address) = source.address.clone().or_else(from_machine) else {
        return Err(error(
            "is in Vault, and nobody says where that is",
            "set `VAULT_ADDR`, or `address` beside `path`",
        ));
    };
    if let Some((what, remedy)) = address_mistake(&address) {
        return Err(error(format!("can't be had from Vault: {what}"), remedy));
    }
    Ok(VaultPath {
        address: address.trim_end_matches('/').to_owned(),
        namespace: source.namespace.clone().or_else(|| variable("VAULT_NAMESPACE")),
        path: source.path.trim_matches('/').to_owned(),
        version: source.version,
    })
}

/// What is wrong with the address of a server, and what to do about it. What is sent there opens everything: in clear it goes
/// to this machine alone.
fn address_mistake(address: &str) -> Option<(String, String)> {
    if let Err(bad) = base_url::check("address", address) {
        return Some((bad.message, bad.remedy.unwrap_or_else(|| "as in `https://vault.example:8200`".into())));
    }
    let url = Url::parse(address).ok()?;
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let in_clear = url.scheme() == "http" && !is_here;
    in_clear.then(|| {
        let what = format!("`{address}` would get the token and the secrets in clear");
        (what, "begin it with `https://`; `VAULT_CACERT` names a file of certificates to trust".to_owned())
    })
}

/// What is wrong with what a source says, before anybody is asked.
pub(super) fn mistakes(name: &str, source: &VaultSource, place: &Place) -> Vec<Finding> {
    let VaultSource { path, field, address, namespace, version: _ } = source;
    let mut found = Vec::new();
    let mut say = |key: &str, message: String, help: &str| {
        found.push(Finding::error("bad-secret-source", message).help(help).at(&place.below("vault").below(key)));
    };
    let is_odd = |part: &str| {
        part.is_empty() || base_url::is_dots(part) || part.contains(|c: char| c.is_control() || "?#\\%".contains(c))
    };
    let bare = path.trim_matches('/');
    if bare.split('/').any(is_odd) || bare.split('/').count() < 2 {
        let message = format!("`{path}` is no path of Vault's for secret `{name}`");
        say("path", message, "mount, `data` and path, as in `secret/data/wan/east`");
    } else if bare.starts_with("v1/") {
        say("path", format!("`{path}` holds the API's version"), "begin with the mount, as in `secret/data/wan/east`");
    }
    if field.is_empty() {
        say("field", format!("secret `{name}` names no field"), "a field of what is at the path, as in `password`");
    }
    if let Some((what, remedy)) = address.as_deref().and_then(address_mistake) {
        say("address", format!("Vault of secret `{name}`: {what}"), &remedy);
    }
    if namespace.as_deref().is_some_and(|namespace| namespace.trim_matches('/').split('/').any(is_odd)) {
        say("namespace", format!("the namespace of secret `{name}` is none"), "as in `team/network`, or leave it out");
    }
    found
}

/// The place of a source in words.
pub(super) fn describe(source: &VaultSource) -> String {
    let VaultSource { path, field, address, namespace, version } = source;
    let mut words = format!("Vault `{path}`, field `{field}`");
    if let Some(version) = version {
        words.push_str(&format!(", version {version}"));
    }
    if let Some(address) = address {
        words.push_str(&format!(", at `{address}`"));
    }
    if let Some(namespace) = namespace {
        words.push_str(&format!(", namespace `{namespace}`"));
    }
    words
}

/// How whoever asks proves who they are, as Vault's own client finds it.
pub(crate) enum VaultLogin {
    /// A token.
    Token(Secret),
    /// A role and its secret, for which there is a token.
    AppRole {
        /// The role.
        role: Secret,
        /// What proves it.
        proof: Secret,
    },
}

impl VaultLogin {
    /// What the machine has: `VAULT_TOKEN`, or `VAULT_ROLE_ID` and `VAULT_SECRET_ID`, or the token that `vault login` left.
    ///
    /// # Errors
    /// It has nothing.
    pub(crate) fn of_machine() -> Result<VaultLogin, SecretError> {
        let secret = |name: &str| variable(name).map(|text| Secret::new(name, text));
        if let Some(token) = secret("VAULT_TOKEN") {
            return Ok(VaultLogin::Token(token));
        }
        if let (Some(role), Some(proof)) = (secret("VAULT_ROLE_ID"), secret("VAULT_SECRET_ID")) {
            return Ok(VaultLogin::AppRole { role, proof });
        }
        let file = variable("HOME").map(|home| std::path::Path::new(&home).join(".vault-token"));
        let kept = file.and_then(|file| std::fs::read_to_string(file).ok()).map(|text| text.trim().to_owned());
        match kept.filter(|token| !token.is_empty()) {
            Some(token) => Ok(VaultLogin::Token(Secret::new(".vault-token", token))),
            None => Err(error(
                "can't be had from Vault: there is no token",
                "`vault login`, or set `VAULT_TOKEN`, or `VAULT_ROLE_ID` and `VAULT_SECRET_ID`",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str) -> VaultSource {
        VaultSource {
            path: path.to_owned(),
            field: "password".into(),
            address: Some("https://vault.example:8200".into()),
            namespace: None,
            version: None,
        }
    }

    fn codes(source: &VaultSource) -> usize {
        mistakes("s", source, &Place::file("trueup.yaml")).len()
    }

    #[test]
    fn a_path_leads_where_it_says_and_nowhere_else() {
        for path in ["secret/data/wan/east", "/secret/data/wan/east/", "kv/data/a b", "team/kv/data/é"] {
            assert_eq!(codes(&source(path)), 0, "{path}");
        }
        for path in [
            "",
            "/",
            "secret",
            "v1/secret/data/x",
            "secret/data/../x",
            "secret/data/%2e%2e/x",
            "secret/data//x",
            "secret/data/x?version=1",
            "secret/data/x#y",
            "secret\\data",
            "secret/data/x\n",
            "./data/x",
        ] {
            assert_eq!(codes(&source(path)), 1, "{path}");
        }
    }

    #[test]
    fn a_token_goes_in_clear_to_this_machine_alone() {
        for (address, fits) in [
            ("https://vault.example:8200", true),
            ("https://vault.example/behind/a/proxy", true),
            ("http://127.0.0.1:8200", true),
            ("http://[::1]:8200", true),
            ("http://localhost:8200", true),
            ("http://vault.example:8200", false),
            ("http://192.0.2.1:8200", false),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
            ("vault.example", false),
            ("https://user:pw@vault.example", false),
            ("https://vault.example?x", false),
            ("ftp://vault.example", false),
        ] {
            assert_eq!(address_mistake(address).is_none(), fits, "{address}");
            let declared = VaultSource { address: Some(address.into()), ..source("secret/data/x") };
            assert_eq!(codes(&declared) == 0, fits, "{address}");
        }
    }

    struct Counting(std::sync::atomic::AtomicUsize);

    impl VaultDoor for Counting {
        fn read(&self, _: &VaultPath) -> Result<VaultAnswer, SecretError> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let text = |text: &str| Some(PlainText(text.to_owned()));
            let fields = BTreeMap::from([
                ("password".to_owned(), text("canary")),
                ("user".to_owned(), text("api")),
                ("more".to_owned(), None),
            ]);
            Ok(VaultAnswer { fields, created: Some("2026-03-01T09:00:00Z".into()) })
        }
    }

    #[test]
    fn one_path_is_asked_for_once_whatever_its_fields() {
        let (door, mut known) = (Counting(Default::default()), KnownPaths::default());
        let mut field = |path: &str, field: &str, version| {
            let source = VaultSource { field: field.into(), version, ..source(path) };
            known.field(&source, Some(&door)).map_err(|error| error.what)
        };
        let created = || Some("2026-03-01T09:00:00Z".to_owned());
        assert_eq!(field("secret/data/x", "password", None), Ok(("canary".into(), created())));
        assert_eq!(field("/secret/data/x/", "user", None), Ok(("api".into(), created())));
        assert!(field("secret/data/x", "more", None).is_err_and(|what| what.contains("is no text")));
        assert!(field("secret/data/x", "pasword", None).is_err_and(|what| what.contains("no field `pasword`")));
        assert_eq!(door.0.load(std::sync::atomic::Ordering::Relaxed), 1);
        let _ = field("secret/data/x", "user", Some(2));
        let _ = field("secret/data/y", "user", None);
        assert_eq!(door.0.load(std::sync::atomic::Ordering::Relaxed), 3);
        assert!(format!("{known:?}").len() < 20);
    }
}
