//! Reading secrets from Vault, or from OpenBao: KV version 2 over HTTP.
//!
//! Whoever reads a workspace waits for it. No redirect is followed: a token goes to the server that was named, and to no other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::attr::Attr;
use crate::redact::Redactor;
use crate::secret::Secret;
use crate::session::{Aside, Http, encode};
use crate::spec::lookup;
use crate::topology::{PlainText, SecretError, Tls, VaultAnswer, VaultDoor, VaultLogin, VaultPath, variable};
use wire::{Method, Request, Response, Transport, TransportError, encode as segment};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What Vault takes in one secret is half of this by default.
const MAX_ANSWER: u64 = 2 << 20;

/// What is told of an answer that refuses.
const TOLD: usize = 200;

/// Who reads from Vault.
#[derive(Default)]
pub(crate) struct Vault {
    aside: Aside,
    /// The tokens that roles were given, by server and namespace.
    tokens: Mutex<BTreeMap<(String, Option<String>), Secret>>,
}

impl Vault {
    /// A door to Vault for whoever reads a workspace.
    pub(crate) fn door() -> Arc<dyn VaultDoor> {
        Arc::new(Vault::default())
    }

    async fn ask(&self, path: &VaultPath) -> Result<VaultAnswer, SecretError> {
        let ca_file = variable("VAULT_CACERT").map(Into::into);
        let tls = Tls { pin_sha256: None, ca_file };
        let http = Http::new(&tls, TIMEOUT, MAX_ANSWER)
            .map_err(|why| error(format!("can't be had from Vault: {why}"), "correct `VAULT_CACERT`, or unset it"))?;
        let token = self.token(&http, path).await?;
        let parts = path.path.split('/').map(segment).collect::<Vec<_>>().join("/");
        let query = path.version.map(|version| format!("?version={version}")).unwrap_or_default();
        let request = Request::new(Method::Get, format!("{}/v1/{parts}{query}", path.address));
        let request = encode::header(in_namespace(request, path), "X-Vault-Token", &token);
        let response = send(&http, request, path).await?;
        match response.status {
            200 => answer(&response.body).ok_or_else(|| no_kv(path)),
            _ => Err(refused(&response, path, &token)),
        }
    }

    /// The token to ask with.
    async fn token(&self, http: &Http, path: &VaultPath) -> Result<Secret, SecretError> {
        let (role, proof) = match VaultLogin::of_machine()? {
            VaultLogin::Token(token) => return Ok(token),
            VaultLogin::AppRole { role, proof } => (role, proof),
        };
        let place = (path.address.clone(), path.namespace.clone());
        let known = || self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = known().get(&place) {
            return Ok(token.clone());
        }
        let body = [("role_id".to_owned(), Attr::Secret(role)), ("secret_id".to_owned(), Attr::Secret(proof.clone()))];
        let body = encode::json(&Attr::Map(body.into_iter().collect()))
            .map_err(|what| error(format!("can't be had from Vault: {what}"), "correct `VAULT_ROLE_ID`"))?;
        let request = Request::new(Method::Post, format!("{}/v1/auth/approle/login", path.address));
        let response = send(http, body.put_into(in_namespace(request, path)), path).await?;
        let given: Option<Value> = serde_json::from_slice(&response.body).ok().filter(|_| response.status == 200);
        let token = given.as_ref().and_then(|given| lookup(given, "auth.client_token")).and_then(Value::as_str);
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            let words = words(&response, &proof);
            let what = format!("can't be had from Vault: `{}` gives the role no token: {words}", path.address);
            return Err(error(what, "check `VAULT_ROLE_ID` and `VAULT_SECRET_ID`: a secret id may have been used up"));
        };
        let token = Secret::new("Vault's token", token);
        known().insert(place, token.clone());
        Ok(token)
    }
}

impl VaultDoor for Vault {
    fn read(&self, path: &VaultPath) -> Result<VaultAnswer, SecretError> {
        let failed = |why: std::io::Error| error(format!("can't be had from Vault: {why}"), "try again");
        // A login and a read, each of which may take its time.
        self.aside.wait(TIMEOUT * 2, self.ask(path)).map_err(failed)?
    }
}

fn error(what: impl Into<String>, remedy: impl Into<String>) -> SecretError {
    SecretError { what: what.into(), remedy: remedy.into() }
}

/// The request with what Vault's own client says, too.
fn in_namespace(request: Request, path: &VaultPath) -> Request {
    let request = request.header("X-Vault-Request", "true");
    match &path.namespace {
        Some(namespace) => request.header("X-Vault-Namespace", namespace.as_str()),
        None => request,
    }
}

async fn send(http: &Http, request: Request, path: &VaultPath) -> Result<Response, SecretError> {
    let at = &path.address;
    http.send(request).await.map_err(|failure| match failure {
        TransportError::TooLarge(most) => {
            error(format!("is not in what `{at}` answers: that is more than {most} bytes"), "check that Vault is there")
        }
        TransportError::Tls(why) => error(
            format!("can't be had from Vault at `{at}`: {why}"),
            "`VAULT_CACERT` names a file of certificates to trust",
        ),
        failure => error(
            format!("can't be had from Vault at `{at}`: {failure}"),
            "check that it is up, and `VAULT_ADDR` or `address`",
        ),
    })
}

/// What an answer of KV version 2 holds.
fn answer(body: &[u8]) -> Option<VaultAnswer> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let (data, about) = (lookup(&body, "data.data")?, lookup(&body, "data.metadata")?);
    let plain = |value: &Value| match value {
        Value::String(text) => Some(PlainText(text.clone())),
        Value::Number(_) | Value::Bool(_) => Some(PlainText(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let fields: &Map<String, Value> = data.as_object()?;
    let fields = fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
    let created = about.get("created_time").and_then(Value::as_str).map(str::to_owned);
    Some(VaultAnswer { fields, created })
}

fn no_kv(path: &VaultPath) -> SecretError {
    let what = format!("is not in what Vault answers for `{}`: that is no secret of KV version 2", path.path);
    error(what, with_data(path).unwrap_or_else(|| "name a path in an engine of KV version 2".into()))
}

/// The remedy where the part is missing that the HTTP API has and the command line leaves out.
fn with_data(path: &VaultPath) -> Option<String> {
    let (mount, rest) = path.path.split_once('/')?;
    let lacks = !path.path.split('/').any(|part| part == "data");
    lacks.then(|| format!("behind the mount stands `data`: `{mount}/data/{rest}`"))
}

/// What an answer that refuses means.
fn refused(response: &Response, path: &VaultPath, token: &Secret) -> SecretError {
    let (at, where_) = (&path.address, &path.path);
    let told = words(response, token);
    match response.status {
        301 | 302 | 303 | 307 | 308 => {
            let to = response.header_value("Location").unwrap_or_default();
            let host = to.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            let host: String = host.chars().filter(|letter| !letter.is_control()).take(TOLD).collect();
            error(
                format!("can't be had from Vault: `{at}` sends us on to `{host}`, where no token goes"),
                "if that is yours, name it as `address` or in `VAULT_ADDR`",
            )
        }
        403 => error(
            format!("can't be had from Vault: `{at}` refuses to show `{where_}`: {told}"),
            "the token needs `read` on that path, and may have expired: `vault token lookup`",
        ),
        404 => gone(response, path),
        503 if told.contains("sealed") => {
            error(format!("can't be had from Vault: `{at}` is sealed"), "have it unsealed: `vault operator unseal`")
        }
        status => error(
            format!("can't be had from Vault: `{at}` answers {status} for `{where_}`: {told}"),
            "check that Vault is there and well: `vault status`",
        ),
    }
}

/// What is not there, or not there any more.
fn gone(response: &Response, path: &VaultPath) -> SecretError {
    let where_ = &path.path;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let about = lookup(&body, "data.metadata");
    let text = |key: &str| about.and_then(|about| about.get(key)).and_then(Value::as_str).unwrap_or_default();
    let is_destroyed = about.and_then(|about| about.get("destroyed")) == Some(&Value::Bool(true));
    let version = path.version.map_or("the latest version".to_owned(), |version| format!("version {version}"));
    if is_destroyed || !text("deletion_time").is_empty() {
        let (how, remedy) = match is_destroyed {
            true => ("destroyed", "write it anew, or name another `version`"),
            false => ("deleted", "`vault kv undelete`, or name another `version`"),
        };
        return error(format!("is not in Vault any more: {version} at `{where_}` was {how}"), remedy);
    }
    let remedy = with_data(path).unwrap_or_else(|| "check the path, the namespace and the version".into());
    error(format!("is not in Vault: there is nothing at `{where_}`"), remedy)
}

/// What a server says of a refusal, in one line that repeats no token.
fn words(response: &Response, secret: &Secret) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let told = errors.map(str::trim).filter(|error| !error.is_empty()).collect::<Vec<_>>().join("; ");
    let told = Redactor::new([secret.clone()]).redact(&told);
    let told: String = told.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(TOLD).collect();
    if told.is_empty() { format!("status {}", response.status) } else { told }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> VaultPath {
        VaultPath { address: "https://vault.example".into(), namespace: None, path: text.into(), version: None }
    }

    fn told(status: u16, body: Value, at: &str) -> String {
        let response = Response::json(status, &body).header("Location", "https://other.example/v1/x?token=t");
        let SecretError { what, remedy } = refused(&response, &path(at), &Secret::new("t", "canary-token"));
        format!("{what} | {remedy}")
    }

    #[test]
    fn each_refusal_has_its_remedy_and_repeats_no_token() {
        let denied = json!({ "errors": ["1 error occurred:\n\t* permission denied for canary-token\n\n"] });
        let deleted = json!({ "data": { "data": null, "metadata": { "deletion_time": "2026-03-01T09:00:00Z", "destroyed": false } } });
        let destroyed = json!({ "data": { "data": null, "metadata": { "deletion_time": "", "destroyed": true } } });
        for (status, body, at, says) in [
            (403, denied, "secret/data/x", vec!["refuses to show `secret/data/x`", "needs `read` on that path"]),
            (404, json!({ "errors": [] }), "secret/x", vec!["there is nothing at `secret/x`", "`secret/data/x`"]),
            (404, json!({ "errors": [] }), "secret/data/x", vec!["there is nothing", "check the path, the namespace"]),
            (404, deleted, "secret/data/x", vec!["the latest version at `secret/data/x` was deleted", "undelete"]),
            (404, destroyed, "secret/data/x", vec!["was destroyed"]),
            (503, json!({ "errors": ["Vault is sealed"] }), "secret/data/x", vec!["is sealed", "unseal"]),
            (500, json!({ "errors": ["internal"] }), "secret/data/x", vec!["answers 500", "internal"]),
            (307, json!(null), "secret/data/x", vec!["sends us on to `https://other.example`, where no token goes"]),
        ] {
            let told = told(status, body, at);
            assert!(says.iter().all(|words| told.contains(words)), "{status}: {told}");
            assert!(!told.contains("canary") && !told.contains("token=t") && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn an_answer_of_kv_version_2_is_read_and_no_other() {
        let read = |body: Value| answer(body.to_string().as_bytes());
        let metadata = json!({ "created_time": "2026-03-01T09:00:00.123Z", "version": 3 });
        let body =
            json!({ "data": { "data": { "a": "x", "n": 5, "b": true, "l": [], "z": null }, "metadata": metadata } });
        let found = read(body).unwrap();
        let texts = found.fields.iter().map(|(name, text)| (name.as_str(), text.as_ref().map(|text| text.0.as_str())));
        let expected = [("a", Some("x")), ("b", Some("true")), ("l", None), ("n", Some("5")), ("z", None)];
        assert_eq!(texts.collect::<Vec<_>>(), expected);
        assert_eq!(found.created.as_deref(), Some("2026-03-01T09:00:00.123Z"));
        for other in [json!({ "data": { "a": "x" } }), json!({}), json!([]), json!({ "data": { "data": null } })] {
            assert!(read(other).is_none());
        }
        assert!(answer(b"<html>").is_none());
    }
}
