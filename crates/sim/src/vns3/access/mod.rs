//! Who may call: Basic credentials of the user `api`, and API tokens.
//!
//! A controller has a password before anybody calls it, which nobody told the simulator: the first one that it sees is
//! taken for it, and another is refused from then on. The same holds for an `Api-Token` that comes before anything else.

mod passwords;
mod tokens;
mod urls;

use serde::{Deserialize, Serialize};

use self::passwords::AdminUi;
use self::tokens::Token;
use self::urls::AccessUrl;
use super::Area;
use super::answer::{Fault, Outcome};
use super::call::{Call, id};
use super::clock::Moment;
use super::console::Collection;
use super::state::State;
use wire::Method::{Delete, Get, Post, Put};
use wire::Request;

/// The only user of the API.
const USER: &str = "api";

pub(super) static AREA: Area = Area { answer, console: CONSOLE };

const CONSOLE: &[Collection] = &[
    Collection {
        kind: "access-tokens",
        at: "/access/tokens/*",
        key: &[],
        create: "/access/token",
        remove: "/access/token/{id}",
    },
    Collection {
        kind: "access-urls",
        at: "/access/urls/*",
        key: &[],
        create: "/access/url",
        remove: "/access/url/{id}",
    },
    Collection::single("admin-ui", "/access/admin_ui"),
    Collection::single("api-password", "/access"),
];

/// Credentials.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Access {
    /// The password of the user `api`; none until somebody has used one.
    password: Option<String>,
    admin_ui: AdminUi,
    tokens: Vec<Token>,
    urls: Vec<AccessUrl>,
}

impl Access {
    /// Says whether somebody is let in who asks for another controller. One whose password nobody has used yet takes any.
    pub(super) fn admits(&self, auth_type: &str, auth: &str, now: Moment) -> bool {
        if auth_type == "bearer" {
            return self.tokens.iter().any(|token| token.token == auth && !token.is_expired(now));
        }
        let decoded = base64(auth).and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| text.contains(':'));
        let pair = decoded.unwrap_or_else(|| auth.to_owned());
        let known = |password: &str| self.password.as_deref().is_none_or(|own| own == password);
        pair.split_once(':').is_some_and(|(user, password)| user == USER && known(password))
    }
}

/// Lets a request in, or answers 401 as the text does for every wrong credential.
pub(super) fn admit(state: &mut State, request: &Request) -> Result<(), Fault> {
    if let Some(token) = request.header_value("Api-Token") {
        return admit_token(state, token);
    }
    let header = request.header_value("Authorization").ok_or_else(Fault::unauthorized)?;
    let encoded = header.strip_prefix("Basic ").ok_or_else(Fault::unauthorized)?;
    let pair =
        base64(encoded.trim()).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(Fault::unauthorized)?;
    let (user, password) = pair.split_once(':').ok_or_else(Fault::unauthorized)?;
    let known = state.access.password.get_or_insert_with(|| password.to_owned());
    if user == USER && known == password { Ok(()) } else { Err(Fault::unauthorized()) }
}

fn admit_token(state: &mut State, text: &str) -> Result<(), Fault> {
    let now = state.clock;
    if state.access.password.is_none() && state.access.tokens.is_empty() && !text.is_empty() {
        let token = tokens::issue(state, String::new(), *tokens::LIFETIMES.end(), false);
        if let Some(token) = state.access.tokens.iter_mut().find(|known| known.id == token) {
            token.token = text.to_owned();
        }
    }
    let mut valid = state.access.tokens.iter_mut().filter(|token| !token.is_expired(now));
    let token = valid.find(|token| token.token == text).ok_or_else(Fault::unauthorized)?;
    token.last_accessed = Some(now);
    if token.refreshes {
        token.expires = now.plus_seconds(token.lifetime_seconds);
    }
    Ok(())
}

fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["access", "tokens"]) => tokens::list(state, call),
        (Post, ["access", "token"]) => tokens::create(state, call),
        (Get, ["access", "token", token]) => tokens::read(state, call, id(token)),
        (Put, ["access", "token", token]) => tokens::expire(state, call, id(token)),
        (Delete, ["access", "token", token]) => tokens::delete(state, id(token)),
        (Get, ["access", "urls"]) => urls::list(state, call),
        (Post, ["access", "url"]) => urls::create(state, call),
        (Delete, ["access", "url"]) => urls::delete_by_body(state, call),
        (Get, ["access", "url", url]) => urls::read(state, call, id(url)),
        (Put, ["access", "url", url]) => urls::expire(state, call, id(url)),
        (Delete, ["access", "url", url]) => urls::delete(state, id(url)),
        (Put, ["admin_ui"]) => passwords::update_ui(state, call),
        (Put, ["api_password"]) => passwords::update_api(state, call),
        _ => return None,
    })
}

/// A life in the largest unit that measures it wholly, as `1h`.
fn lifetime(seconds: u64) -> String {
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds.is_multiple_of(*size)).unwrap_or((1, 's'));
    format!("{}{unit}", seconds / size)
}

/// Decodes base64 with the standard alphabet, padded or not.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut pending, mut bits) = (0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        pending = pending << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((pending >> bits) as u8);
            pending &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use crate::vns3::testing::Bench;

    const REFUSED: &str = "UnauthorizedError: Invalid or expired token";

    #[test]
    fn the_first_password_is_the_password() {
        let mut bench = Bench::new();
        assert!(bench.get("/config").is_ok());
        bench.credential.1 = "Basic YXBpOm90aGVy".to_owned();
        assert_eq!(bench.get("/config"), Err((401, REFUSED.to_owned())));
        let mut bench = Bench::new();
        bench.credential.1 = "Basic cm9vdDpwdw==".to_owned();
        assert_eq!(bench.get("/config"), Err((401, REFUSED.to_owned())), "only the user api");
        for header in ["Bearer abc", "Basic ?", "Basic YXBp"] {
            bench.credential.1 = header.to_owned();
            assert_eq!(bench.get("/config"), Err((401, REFUSED.to_owned())), "{header}");
        }
    }

    #[test]
    fn a_token_that_comes_first_is_taken_over() {
        let mut bench = Bench::new();
        bench.credential = ("Api-Token".to_owned(), "from-elsewhere".to_owned());
        assert!(bench.get("/config").is_ok());
        bench.credential.1 = "another".to_owned();
        assert_eq!(bench.get("/config"), Err((401, REFUSED.to_owned())));
    }
}
