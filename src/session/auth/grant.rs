//! OAuth2 client credentials: a token, and how to get the next one.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::sync::Mutex;

use super::cache::Cache;
use super::credential;
use crate::attr::Attr;
use crate::secret::{Piece, Secret};
use crate::session::{CallError, CallFailure, Session, encode};
use crate::spec::{ClientCredentials, TextTemplate, TokenForm, Word};
use crate::topology::{Claims, Target};
use wire::{Method, Request};

/// A token and how to get the next one.
pub(crate) struct Grant {
    account: Option<TokenAccount>,
    current: Mutex<Option<HeldToken>>,
    cache: Option<Cache>,
}

/// Who asks for tokens.
pub(super) struct TokenAccount {
    form: TokenForm,
    /// The issuer's URL.
    pub url: Secret,
    /// The account.
    pub client: Secret,
    /// Its password.
    pub password: Secret,
    /// The URL as errors show it.
    shown_url: String,
    /// The vendor's environment that the token is for.
    environment: String,
}

/// A token, and how long it is used.
struct HeldToken {
    secret: Secret,
    /// `None`: as long as the server takes it.
    until: Option<SystemTime>,
}

/// A token is renewed when less than this is left, so that a long wait does not outlive it.
const MARGIN: Duration = Duration::from_secs(600);

/// How long a token lives that says nothing about it.
const USUAL: Duration = Duration::from_secs(3600);

impl Grant {
    /// The grant of a target: a token that is there already, an account that gets one, or both.
    ///
    /// # Errors
    /// The name of a credential that is missing.
    pub(crate) fn new(target: &Target, asked: &'static ClientCredentials, rehearses: bool) -> Result<Grant, String> {
        let given = &target.credentials.token;
        let account = match given.is_some() && target.credentials.fields.is_empty() {
            true => None,
            false => Some(TokenAccount::new(target, asked)?),
        };
        // A token of a simulated platform would outlive it.
        let place = |account: &TokenAccount| Cache::of(account, &target.at);
        let cache = account.as_ref().filter(|_| !rehearses).and_then(place);
        let token = given.as_ref().map(|token| {
            let expiry =
                token.public_part(|text| Claims::of(text).expiry()).unwrap_or_else(|| SystemTime::now() + USUAL);
            let until = account.is_some().then(|| last_use(SystemTime::now(), expiry));
            HeldToken { secret: token.clone(), until }
        });
        Ok(Grant { account, current: Mutex::new(token), cache })
    }

    /// Says whether there is an account to ask with.
    pub(crate) fn can_renew(&self) -> bool {
        self.account.is_some()
    }

    /// Drops the token that was refused. Of several requests that were refused with it, only the first one drops it: what
    /// is there for the others is new.
    pub(crate) async fn forget(&self, refused: &Secret) {
        let mut current = self.current.lock().await;
        if let Some(token) = current.take_if(|token| bearer(&token.secret) == *refused)
            && let Some(cache) = &self.cache
        {
            cache.forget(&token.secret);
        }
    }

    /// The value of the `Authorization` header.
    ///
    /// # Errors
    /// When no token is given.
    pub(crate) async fn proof(&self, session: &Session) -> Result<Secret, CallError> {
        let mut current = self.current.lock().await;
        let now = SystemTime::now();
        if let Some(token) = current.as_ref()
            && token.until.is_none_or(|until| until > now)
        {
            return Ok(bearer(&token.secret));
        }
        let kept = self.cache.as_ref().and_then(Cache::read).filter(|(_, expiry)| *expiry > now + MARGIN);
        let (secret, expiry) = match (kept, &self.account) {
            (Some(kept), _) => kept,
            (None, Some(account)) => self.fetch(account, session, now).await?,
            (None, None) => return Err(session.site(Method::Post, "").error(CallFailure::Unknown("token".into()))),
        };
        let proof = bearer(&secret);
        *current = Some(HeldToken { secret, until: Some(last_use(now, expiry)) });
        Ok(proof)
    }

    async fn fetch(
        &self,
        account: &TokenAccount,
        session: &Session,
        now: SystemTime,
    ) -> Result<(Secret, SystemTime), CallError> {
        let site = session.site(Method::Post, &account.shown_url);
        let request = account.request().map_err(|what| site.error(CallFailure::Unknown(what)))?;
        let what = || format!("{}: no answer to POST {}", session.name(), account.shown_url);
        let answer = session.attention.wait_for(session.transport.send(request), &what).await;
        let response = answer.map_err(|failure| site.error(CallFailure::Failed(failure)))?;
        if !response.is_success() {
            return Err(site.refused(&response));
        }
        let reply: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let Some(token) = reply.get("access_token").and_then(Value::as_str) else {
            return Err(site.error(CallFailure::Unreadable("there is no `access_token` in it".into())));
        };
        let lifetime = reply.get("expires_in").and_then(Value::as_u64).map_or(USUAL, Duration::from_secs);
        let (secret, expiry) = (Secret::new("token", token), now + lifetime);
        if let Some(cache) = &self.cache {
            cache.write(&secret, expiry);
        }
        Ok((secret, expiry))
    }
}

impl TokenAccount {
    fn new(target: &Target, asked: &'static ClientCredentials) -> Result<TokenAccount, String> {
        let url = credential(target, asked.url)?;
        let environments = &asked.environments;
        let named = url.public_part(|url| environments.of(url).map(str::to_owned));
        let environment = named.or_else(|| environments.of(&target.at).map(str::to_owned));
        let shown_url = target.credentials.fields.get(asked.url).map(Attr::to_shown);
        Ok(TokenAccount {
            form: url.public_part(|url| asked.form(url)),
            shown_url: shown_url.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            client: credential(target, asked.client)?,
            password: credential(target, asked.password)?,
            environment: environment.unwrap_or_else(|| environments.default.to_owned()),
            url,
        })
    }

    /// The request for a token, as its issuer wants it.
    fn request(&self) -> Result<Request, String> {
        let request = encode::request(Method::Post, &self.url);
        let environment = |word: &Word| (word.field() == Some("environment")).then(|| Attr::text(&self.environment));
        let filled =
            |text| TextTemplate::of(text).fill(&environment).and_then(|text| text.to_text()).unwrap_or_default();
        Ok(match self.form {
            TokenForm::Basic(scope) => {
                let proof = encode::basic(&self.client, &self.password);
                let mut request = encode::header(request, "Authorization", &proof)
                    .header("Content-Type", "application/x-www-form-urlencoded");
                let scope = wire::encode(&filled(scope));
                request.body = format!("grant_type=client_credentials&scope={scope}").into_bytes();
                request
            }
            TokenForm::Json(audience) => {
                let body = [
                    ("grant_type", Attr::text("client_credentials")),
                    ("client_id", Attr::Secret(self.client.clone())),
                    ("client_secret", Attr::Secret(self.password.clone())),
                    ("audience", Attr::Text(filled(audience))),
                ];
                let body = Attr::Map(body.map(|(key, value)| (key.to_owned(), value)).into());
                encode::json(&body)?.put_into(request)
            }
        })
    }
}

fn bearer(token: &Secret) -> Secret {
    Secret::concat("token", [Piece::Plain("Bearer "), Piece::Secret(token)])
}

/// Until when a token is used. One that lives no longer than the margin is used for half its life.
fn last_use(now: SystemTime, expiry: SystemTime) -> SystemTime {
    let left = expiry.duration_since(now).unwrap_or_default();
    now + left.checked_sub(MARGIN).unwrap_or(left / 2)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::CATALOGUE;
    use crate::spec::Auth;

    fn account(url: &str, environment: &str) -> TokenAccount {
        let asked = CATALOGUE.iter().find_map(|provider| match provider.dialect.auth {
            Auth::ClientCredentials(asked) => Some(asked),
            Auth::Basic { .. } => None,
        });
        let secret = |text: &str| Secret::new("credentials", text);
        TokenAccount {
            form: asked.unwrap().form(url),
            url: secret(url),
            client: secret("ci"),
            password: secret("pw"),
            shown_url: url.into(),
            environment: environment.into(),
        }
    }

    #[test]
    fn each_issuer_is_asked_in_its_own_form() {
        let request = account("https://netfoundry-staging-x.auth.example/oauth2/token", "staging").request().unwrap();
        assert_eq!(request.header_value("Authorization"), Some("Basic Y2k6cHc="));
        let scope = "https%3A%2F%2Fgateway.staging.netfoundry.io%2F%2Fignore-scope";
        let body = String::from_utf8(request.body).unwrap();
        assert_eq!(body, format!("grant_type=client_credentials&scope={scope}"));

        let request = account("https://netfoundry-sandbox.auth0.com/oauth/token", "sandbox").request().unwrap();
        assert_eq!(request.header_value("Authorization"), None);
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let audience = "https://gateway.sandbox.netfoundry.io/";
        let expected = json!({
            "grant_type": "client_credentials", "client_id": "ci", "client_secret": "pw", "audience": audience
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_kept_token_is_found_by_who_got_it_and_where_it_was_got_for_only() {
        let folder = tempfile::tempdir().unwrap();
        let place =
            |account: &TokenAccount, at: &str| Cache::within(folder.path().join("tokens"), account, at).unwrap();
        let own = account("https://a.auth.example/oauth2/token", "production");
        let at = "https://gateway.example/core/v2";
        let token = Secret::new("token", "canary");
        place(&own, at).write(&token, SystemTime::now() + USUAL);
        let found = |account: &TokenAccount, at: &str| place(account, at).read().is_some_and(|(kept, _)| kept == token);
        assert!(found(&own, at) && found(&own, "https://gateway.example:443/other/path"));
        assert!(!found(&own, "https://stranger.example/core/v2"));
        assert!(!found(&own, "http://gateway.example/core/v2"));
        assert!(!found(&own, "https://gateway.example:8443/core/v2"));
        let other = |change: fn(&mut TokenAccount)| {
            let mut other = account("https://a.auth.example/oauth2/token", "production");
            change(&mut other);
            found(&other, at)
        };
        assert!(!other(|account| account.password = Secret::new("", "a wrong one")));
        assert!(!other(|account| account.client = Secret::new("", "another")));
        assert!(!other(|account| account.url = Secret::new("", "https://b.auth.example/oauth2/token")));
    }

    #[test]
    fn a_token_is_not_used_until_its_end() {
        let now = SystemTime::now();
        let used = |lifetime| last_use(now, now + Duration::from_secs(lifetime)).duration_since(now).unwrap().as_secs();
        assert_eq!([used(3600), used(601), used(300), used(0)], [3000, 1, 150, 0]);
    }
}
