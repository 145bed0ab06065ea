//! Proving who asks.

mod cache;
mod grant;
mod passwords;

use self::grant::Grant;
use self::passwords::Passwords;
use crate::secret::Secret;
use crate::session::{CallError, Session, encode};
use crate::spec::Auth;
use crate::topology::Target;

/// The header of HTTP's own ways to prove who asks.
const AUTHORIZATION: &str = "Authorization";

/// How a session proves who asks.
pub(crate) enum Login {
    /// A password.
    Password(Passwords),
    /// A token that is given, and the header that it is sent in.
    Given(Secret, &'static str),
    /// A token that is fetched, and renewed in time.
    Token(Box<Grant>),
}

/// A header that proves who asks.
pub(crate) struct Proof {
    /// The header.
    pub header: &'static str,
    /// Its value.
    pub value: Secret,
    /// Which of the passwords it is made of.
    of: usize,
}

impl Login {
    /// The login of a target.
    ///
    /// # Errors
    /// The name of a credential that is missing.
    pub(crate) fn new(target: &Target, rehearses: bool) -> Result<Login, String> {
        match target.provider.dialect.auth {
            Auth::Basic { token: Some((field, header)), .. } if target.credentials.fields.contains_key(field) => {
                Ok(Login::Given(credential(target, field)?, header))
            }
            Auth::Basic { user, password, .. } => {
                Ok(Login::Password(Passwords::new(target, credential(target, user)?, credential(target, password)?)?))
            }
            Auth::ClientCredentials(asked) => Ok(Login::Token(Box::new(Grant::new(target, asked, rehearses)?))),
        }
    }

    /// How many further tries a refused login is worth.
    pub(crate) fn further_tries(&self) -> usize {
        match self {
            Login::Password(passwords) => passwords.further_tries(),
            Login::Token(grant) => usize::from(grant.can_renew()),
            Login::Given(..) => 0,
        }
    }

    /// Turns to what comes after a proof that was refused: the next password, or another token. Somebody else may have
    /// turned already.
    pub(crate) async fn turn_from(&self, refused: &Proof) {
        match self {
            Login::Password(passwords) => passwords.turn_from(refused.of),
            Login::Token(grant) => grant.forget(&refused.value).await,
            Login::Given(..) => {}
        }
    }

    /// The password that opened last, if it is passwords that open.
    pub(crate) fn password(&self) -> Option<&Secret> {
        match self {
            Login::Password(passwords) => passwords.current(),
            Login::Token(_) | Login::Given(..) => None,
        }
    }

    /// The proof of who asks.
    ///
    /// # Errors
    /// When no token is given.
    pub(crate) async fn proof(&self, session: &Session) -> Result<Proof, CallError> {
        match self {
            Login::Password(passwords) => Ok(passwords.proof()),
            Login::Token(grant) => Ok(Proof { header: AUTHORIZATION, value: grant.proof(session).await?, of: 0 }),
            Login::Given(token, header) => Ok(Proof { header, value: token.clone(), of: 0 }),
        }
    }
}

/// A credential of a target.
fn credential(target: &Target, field: &str) -> Result<Secret, String> {
    let attr = target.credentials.fields.get(field).ok_or_else(|| format!("{}.credentials.{field}", target.name))?;
    encode::secret(attr)
}
