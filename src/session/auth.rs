//! Proving who asks.

use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::secret::{Piece, Secret};
use crate::session::{CallError, Session, What, encode};
use crate::spec::Auth;
use crate::topology::Target;
use crate::wire::{Method, Request};

/// How a session proves who asks.
pub enum Login {
    /// The same header every time.
    Fixed(Secret),
    /// A token that is fetched, and renewed in time.
    Token(Box<Grant>),
}

/// A token and how to get the next one.
pub struct Grant {
    url: String,
    basic: Secret,
    scope: &'static str,
    current: Mutex<Option<(Secret, Instant)>>,
}

/// A token is renewed when less than this is left, so that a long wait does not outlive it.
const MARGIN: Duration = Duration::from_secs(600);

impl Login {
    /// The login of a target.
    ///
    /// # Errors
    /// The name of a credential that is missing.
    pub fn new(target: &Target) -> Result<Login, String> {
        let need = |field: &str| {
            let attr = target.credentials.get(field).ok_or_else(|| format!("{}.credentials.{field}", target.name))?;
            encode::text(attr)
        };
        match target.provider.dialect.auth {
            Auth::Basic { user, password } => Ok(Login::Fixed(basic(&need(user)?, &need(password)?))),
            Auth::ClientCredentials { client, password, url, scope } => Ok(Login::Token(Box::new(Grant {
                url: need(url)?,
                basic: basic(&need(client)?, &need(password)?),
                scope,
                current: Mutex::new(None),
            }))),
        }
    }

    /// Says whether a refused login is worth another one.
    pub fn can_renew(&self) -> bool {
        matches!(self, Login::Token(_))
    }

    /// Drops what was fetched.
    pub async fn forget(&self) {
        if let Login::Token(grant) = self {
            *grant.current.lock().await = None;
        }
    }

    /// The header that proves who asks.
    ///
    /// # Errors
    /// When no token is given.
    pub async fn header(&self, session: &Session) -> Result<(String, String), CallError> {
        let value = match self {
            Login::Fixed(secret) => secret.clone(),
            Login::Token(grant) => grant.token(session).await?,
        };
        let text = encode::text(&crate::attr::Attr::Secret(value)).unwrap_or_default();
        Ok(("Authorization".into(), text))
    }
}

impl Grant {
    async fn token(&self, session: &Session) -> Result<Secret, CallError> {
        let mut current = self.current.lock().await;
        if let Some((token, until)) = current.as_ref()
            && *until > Instant::now()
        {
            return Ok(token.clone());
        }
        let whither = session.whither(Method::Post, &self.url);
        let basic = encode::text(&crate::attr::Attr::Secret(self.basic.clone())).unwrap_or_default();
        let mut request = Request::new(Method::Post, self.url.clone())
            .header("Authorization", basic)
            .header("Content-Type", "application/x-www-form-urlencoded");
        request.body = format!("grant_type=client_credentials&scope={}", crate::wire::encode(self.scope)).into_bytes();
        let response = session.transport.send(request).await.map_err(|failure| whither.error(What::Failed(failure)))?;
        if !response.is_success() {
            return Err(whither.refused(&response));
        }
        let reply: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let Some(token) = reply.get("access_token").and_then(Value::as_str) else {
            return Err(whither.error(What::Unreadable("there is no `access_token` in it".into())));
        };
        let lifetime = Duration::from_secs(reply.get("expires_in").and_then(Value::as_u64).unwrap_or(3600));
        // A token that lives no longer than the margin is used for half its life.
        let use_for = lifetime.checked_sub(MARGIN).unwrap_or(lifetime / 2);
        let bearer = Secret::new("token", format!("Bearer {token}"));
        *current = Some((bearer.clone(), Instant::now() + use_for));
        Ok(bearer)
    }
}

fn basic(user: &str, password: &str) -> Secret {
    let pair = Secret::concat("credentials", [Piece::Plain(user), Piece::Plain(":"), Piece::Plain(password)]);
    let text = encode::text(&crate::attr::Attr::Secret(pair)).unwrap_or_default();
    Secret::new("credentials", format!("Basic {}", BASE64_STANDARD.encode(text)))
}
