//! The token grant and the door: OAuth2 client credentials (netfoundry.md#login), a bearer on every other call
//! (netfoundry.md#requests).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Platform;
use super::call::Call;
use super::refusal::Refusal;
use wire::{Method, Response};

/// `expires_in` is 3600 (netfoundry.md#login).
const LIFETIME_SECONDS: u64 = 3600;

/// Who may come in.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Door {
    /// The API account: the first one that was seen.
    account: Option<Account>,
    /// Tokens given out, with the moment at which each expires.
    tokens: BTreeMap<String, u64>,
    given: u64,
}

/// The password is kept as a digest, so that a saved state holds no secret of the user's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Account {
    client_id: String,
    password_digest: String,
}

impl Door {
    /// The client id of the API account; a fixed word before anybody asked for a token.
    pub(crate) fn client_id(&self) -> &str {
        self.account.as_ref().map_or("unused", |account| &account.client_id)
    }
}

impl Platform {
    /// `POST /oauth2/token` (netfoundry.md#login).
    pub(super) fn token(&mut self, call: &Call) -> Result<Response, Refusal> {
        if call.request.method != Method::Post {
            return Err(Refusal::no_verb(call));
        }
        let form = String::from_utf8_lossy(&call.request.body);
        let form = wire::Request::new(Method::Post, format!("/?{form}"));
        if form.query_value("grant_type").as_deref() != Some("client_credentials") {
            return Ok(oauth_error(400, "unsupported_grant_type"));
        }
        let Some((client_id, password)) = basic(call) else { return Ok(oauth_error(401, "invalid_client")) };
        let account = Account { password_digest: digest(&client_id, &password), client_id };
        if *self.door.account.get_or_insert_with(|| account.clone()) != account {
            return Ok(oauth_error(401, "invalid_client"));
        }
        self.door.given += 1;
        let label = ["token", &self.door.given.to_string()];
        // No `exp`: clients compare it with the wall clock, which the logical clock does not follow.
        let claims = json!({
            "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_simulated",
            "client_id": account.client_id,
            "token_use": "access",
            "scope": form.query_value("scope").unwrap_or_else(|| "https://gateway.production.netfoundry.io//ignore-scope".to_owned()),
            "jti": self.mint.uuid(&label),
        });
        let token = self.mint.jwt(&claims, &label);
        self.door.tokens.retain(|_, expiry| *expiry > call.now);
        self.door.tokens.insert(token.clone(), call.now + LIFETIME_SECONDS * 1000);
        Ok(Response::json(
            200,
            &json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_SECONDS }),
        ))
    }

    /// Lets a call with a valid bearer pass (netfoundry.md#requests).
    pub(super) fn admit(&self, call: &Call) -> Result<(), Refusal> {
        let bearer = bearer(call).ok_or_else(|| Refusal::Spring(401, "a bearer token is required".to_owned()))?;
        match self.door.tokens.get(bearer) {
            Some(expiry) if *expiry > call.now => Ok(()),
            Some(_) => Err(Refusal::Spring(401, "the token has expired".to_owned())),
            None => Err(Refusal::Spring(401, "the token is unknown".to_owned())),
        }
    }

    /// `POST identity/v1/logout` (netfoundry.md#login).
    pub(super) fn logout(&mut self, call: &Call) -> Response {
        let known = bearer(call).is_some_and(|token| self.door.tokens.remove(token).is_some());
        Response::json(200, &json!({ "loggedOut": known }))
    }
}

fn bearer<'a>(call: &'a Call) -> Option<&'a str> {
    let (scheme, token) = call.request.header_value("Authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// RFC 6749, section 5.2.
fn oauth_error(status: u16, error: &str) -> Response {
    Response::json(status, &json!({ "error": error }))
}

fn basic(call: &Call) -> Option<(String, String)> {
    let (scheme, text) = call.request.header_value("Authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(base64(text.trim())?).ok()?;
    let (client_id, password) = decoded.split_once(':')?;
    (!client_id.is_empty() && !password.is_empty()).then(|| (client_id.to_owned(), password.to_owned()))
}

fn digest(client_id: &str, password: &str) -> String {
    Sha256::digest(format!("{client_id}:{password}")).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes standard base64; `None` on a letter that does not belong.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut block, mut bits) = (0u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        block = (block << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((block >> bits) as u8);
            block &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}
