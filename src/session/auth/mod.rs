//! Proving who asks.

mod cache;
mod grant;

use base64::prelude::{BASE64_STANDARD, Engine};

use self::grant::Grant;
use crate::secret::{Piece, Secret};
use crate::session::{CallError, Pace, Session, encode};
use crate::spec::Auth;
use crate::topology::Target;

/// How a session proves who asks.
pub enum Login {
    /// The same header every time.
    Fixed(Secret),
    /// A token that is fetched, and renewed in time.
    Token(Box<Grant>),
}

impl Login {
    /// The login of a target.
    ///
    /// # Errors
    /// The name of a credential that is missing.
    pub fn new(target: &Target, pace: Pace) -> Result<Login, String> {
        match target.provider.dialect.auth {
            Auth::Basic { user, password } => {
                Ok(Login::Fixed(basic(&credential(target, user)?, &credential(target, password)?)))
            }
            Auth::ClientCredentials(asked) => Ok(Login::Token(Box::new(Grant::new(target, asked, pace)?))),
        }
    }

    /// Says whether a refused login is worth another one.
    pub fn can_renew(&self) -> bool {
        matches!(self, Login::Token(grant) if grant.can_renew())
    }

    /// Drops what was refused, unless something else has taken its place already.
    pub async fn forget(&self, refused: &Secret) {
        if let Login::Token(grant) = self {
            grant.forget(refused).await;
        }
    }

    /// What proves who asks: the value of the `Authorization` header.
    ///
    /// # Errors
    /// When no token is given.
    pub async fn proof(&self, session: &Session) -> Result<Secret, CallError> {
        match self {
            Login::Fixed(secret) => Ok(secret.clone()),
            Login::Token(grant) => grant.proof(session).await,
        }
    }
}

/// A credential of a target, as text.
fn credential(target: &Target, field: &str) -> Result<String, String> {
    let attr = target.credentials.fields.get(field).ok_or_else(|| format!("{}.credentials.{field}", target.name))?;
    encode::text(attr)
}

/// HTTP Basic.
fn basic(user: &str, password: &str) -> Secret {
    let pair = Secret::concat("credentials", [Piece::Plain(user), Piece::Plain(":"), Piece::Plain(password)]);
    Secret::new("credentials", format!("Basic {}", BASE64_STANDARD.encode(encode::secret(&pair))))
}
