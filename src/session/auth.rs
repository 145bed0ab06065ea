//! Proving who asks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::attr::Attr;
use crate::secret::{Piece, Secret};
use crate::session::{CallError, Session, What, encode};
use crate::spec::Auth;
use crate::topology::Target;
use crate::wire::{Method, Request};

/// How a session proves who asks.
pub enum Login {
    /// A password.
    Password(Passwords),
    /// A token that is fetched, and renewed in time.
    Token(Box<Grant>),
}

/// The passwords that may open: the one that is wanted, and the one before it where the workspace sets a new one.
///
/// Which of them holds is found out by asking. So a run that ended right after the change is no harm: the next one is let
/// in by the new password, as the run itself is by the call after the change.
pub struct Passwords {
    user: String,
    all: Vec<Secret>,
    /// The one to try first; the one that opened last.
    current: AtomicUsize,
}

/// A header, and which of the passwords it is made of.
pub struct Proof {
    /// Name and value.
    pub header: (String, String),
    of: usize,
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
            Auth::Basic { user, password, .. } => {
                let wanted = target.new_password.as_ref().map(encode::text).transpose()?;
                let mut all: Vec<String> = wanted.into_iter().chain([need(password)?]).collect();
                all.dedup();
                let all = all.into_iter().map(|text| Secret::new("credentials", text)).collect();
                Ok(Login::Password(Passwords { user: need(user)?, all, current: AtomicUsize::new(0) }))
            }
            Auth::ClientCredentials { client, password, url, scope } => Ok(Login::Token(Box::new(Grant {
                url: need(url)?,
                basic: basic(&need(client)?, &need(password)?),
                scope,
                current: Mutex::new(None),
            }))),
        }
    }

    /// How many further tries a refused login is worth.
    pub fn further_tries(&self) -> usize {
        match self {
            Login::Password(passwords) => passwords.all.len() - 1,
            Login::Token(_) => 1,
        }
    }

    /// Turns to what comes after a proof that was refused: the next password, or another token.
    pub async fn turn_from(&self, refused: &Proof) {
        match self {
            Login::Password(passwords) => {
                let next = (refused.of + 1) % passwords.all.len();
                // Somebody else may have turned already.
                let _ = passwords.current.compare_exchange(refused.of, next, Ordering::Relaxed, Ordering::Relaxed);
            }
            Login::Token(grant) => *grant.current.lock().await = None,
        }
    }

    /// The password that opened last, if it is passwords that open.
    pub fn password(&self) -> Option<&Secret> {
        match self {
            Login::Password(passwords) => passwords.all.get(passwords.current.load(Ordering::Relaxed)),
            Login::Token(_) => None,
        }
    }

    /// What proves who asks.
    ///
    /// # Errors
    /// When no token is given.
    pub async fn proof(&self, session: &Session) -> Result<Proof, CallError> {
        let (value, of) = match self {
            Login::Password(passwords) => passwords.proof(),
            Login::Token(grant) => (grant.token(session).await?, 0),
        };
        let text = encode::text(&Attr::Secret(value)).unwrap_or_default();
        Ok(Proof { header: ("Authorization".into(), text), of })
    }
}

impl Passwords {
    fn proof(&self) -> (Secret, usize) {
        let of = self.current.load(Ordering::Relaxed);
        let password = self.all.get(of).map(|secret| encode::text(&Attr::Secret(secret.clone())).unwrap_or_default());
        (basic(&self.user, &password.unwrap_or_default()), of)
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
        let basic = encode::text(&Attr::Secret(self.basic.clone())).unwrap_or_default();
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
    let text = encode::text(&Attr::Secret(pair)).unwrap_or_default();
    Secret::new("credentials", format!("Basic {}", BASE64_STANDARD.encode(text)))
}
