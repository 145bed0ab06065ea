//! Who may call: Basic credentials of the user `api`, and API tokens.
//!
//! A controller has a password before anybody calls it, which nobody told the simulator: the first one that it sees is
//! taken for it, and another is refused from then on. The same holds for an `Api-Token` that comes before anything else.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Fault, Outcome, created, ok};
use super::call::{Call, id};
use super::clock::Moment;
use super::console::Collection;
use super::state::State;
use crate::wire::Method::{Delete, Get, Post, Put};
use crate::wire::Request;

/// The only user of the API.
const USER: &str = "api";

/// Bounds of a token's life in seconds, "expires range must be between 60 and 31,536,000".
const LIFETIMES: std::ops::RangeInclusive<u64> = 60..=31_536_000;

pub(super) const CONSOLE: &[Collection] = &[Collection {
    kind: "access-tokens",
    at: "/access/tokens/*",
    key: &[],
    create: "/access/token",
    remove: "/access/token/{id}",
}];

/// Credentials.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Access {
    /// The password of the user `api`; none until somebody has used one.
    pub password: Option<String>,
    pub tokens: Vec<Token>,
}

/// An API token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    id: u64,
    token: String,
    name: String,
    refreshes: bool,
    expired: bool,
    lifetime_seconds: u64,
    created: Moment,
    expires: Moment,
    last_accessed: Option<Moment>,
}

impl Token {
    fn is_expired(&self, now: Moment) -> bool {
        self.expired || self.expires <= now
    }

    /// The read form. Every caller is on this machine.
    fn show(&self, now: Moment) -> Value {
        json!({
            "id": self.id,
            "created_at": self.created.zulu(),
            "token": self.token,
            "name": self.name,
            "created_ip": "127.0.0.1",
            "expires_at": self.expires.zulu(),
            "lifetime": lifetime(self.lifetime_seconds),
            "refreshes": self.refreshes,
            "expired": self.is_expired(now),
            "last_accessed_at": self.last_accessed.map(Moment::zulu),
            "last_accessed_ip": self.last_accessed.map(|_| "127.0.0.1"),
        })
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
        let token = issue(state, String::new(), *LIFETIMES.end(), false);
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

pub(super) fn answer(state: &mut State, call: &Call) -> Option<Outcome> {
    Some(match (call.method, call.path().as_slice()) {
        (Get, ["access", "tokens"]) => {
            ok(state.access.tokens.iter().map(|token| token.show(call.now)).collect::<Vec<_>>())
        }
        (Post, ["access", "token"]) => create_token(state, call),
        (Get, ["access", "token", token]) => find_token(state, id(token)).and_then(|token| ok(token.show(call.now))),
        (Put, ["access", "token", token]) => expire_token(state, call, id(token)),
        (Delete, ["access", "token", token]) => delete_token(state, id(token)),
        _ => return None,
    })
}

/// "Create API token".
fn create_token(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let lifetime: u64 = fields.get("expires")?.unwrap_or(3600);
    if !LIFETIMES.contains(&lifetime) {
        return Err(Fault::argument("expires range must be between 60 and 31,536,000"));
    }
    let name: Option<String> = fields.get("name")?;
    let old_name: Option<String> = fields.get("token_name")?;
    let refreshes: bool = fields.get("refreshes")?.unwrap_or_default();
    let token = issue(state, name.or(old_name).unwrap_or_default(), lifetime, refreshes);
    created(find_token(state, token)?.show(call.now))
}

/// Adds a token and gives its id.
fn issue(state: &mut State, name: String, lifetime_seconds: u64, refreshes: bool) -> u64 {
    let id = state.next_id("access-tokens");
    let token = Token {
        id,
        token: state.generator.hex(64),
        name,
        refreshes,
        expired: false,
        lifetime_seconds,
        created: state.clock,
        expires: state.clock.plus_seconds(lifetime_seconds),
        last_accessed: None,
    };
    state.access.tokens.push(token);
    id
}

/// "Get API access token" finds expired ones too.
fn find_token(state: &mut State, id: u64) -> Result<&mut Token, Fault> {
    let unknown = || Fault::not_found("Requested api token does not exist");
    state.access.tokens.iter_mut().find(|token| token.id == id).ok_or_else(unknown)
}

/// "Expire API token". There is no way back: `false` leaves the token as it is.
fn expire_token(state: &mut State, call: &Call, id: u64) -> Outcome {
    let expire: bool = call.fields()?.get("expired")?.unwrap_or_default();
    let token = find_token(state, id)?;
    token.expired |= expire;
    ok(token.show(call.now))
}

/// "Delete API token".
fn delete_token(state: &mut State, id: u64) -> Outcome {
    find_token(state, id)?;
    state.access.tokens.retain(|token| token.id != id);
    ok("Token deleted")
}

/// A life in the largest unit that measures it wholly, as `1h`.
fn lifetime(seconds: u64) -> String {
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds.is_multiple_of(*size)).unwrap_or((1, 's'));
    format!("{}{unit}", seconds / size)
}

/// Decodes base64 with the standard alphabet, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
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
    use super::*;
    use crate::sim::vns3::testing::{Bench, has_keys_of};

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
    fn a_token_lives_as_long_as_it_says() {
        let mut bench = Bench::new();
        let token = bench.ok(Post, "/access/token", json!({"expires": "60", "name": "ci"}));
        let example = json!({
            "id": 1, "created_at": "2019-08-24T14:15:22Z", "token": "string", "name": "string", "created_ip": "string",
            "expires_at": "2019-08-24T14:15:22Z", "lifetime": "string", "refreshes": true, "expired": true,
            "last_accessed_at": "string", "last_accessed_ip": "string",
        });
        assert!(has_keys_of(&token, &example), "{token}");
        assert_eq!(token["lifetime"], "1m");
        let basic = std::mem::replace(
            &mut bench.credential,
            ("api-token".to_owned(), token["token"].as_str().expect("token").to_owned()),
        );
        assert!(bench.get("/config").is_ok());
        bench.wait(61_000);
        assert_eq!(bench.get("/config"), Err((401, REFUSED.to_owned())));
        bench.credential = basic;
        assert_eq!(bench.get("/access/token/1").expect("still listed")["expired"], true);
        assert_eq!(bench.ok(Delete, "/access/token/1", json!({})), "Token deleted");
        let gone = bench.refused(Delete, "/access/token/1", json!({}));
        assert_eq!(gone, (404, "APINotFoundError: Requested api token does not exist".to_owned()));
    }

    #[test]
    fn a_token_refreshes_if_it_was_made_so_and_can_be_ended() {
        let mut bench = Bench::new();
        let token = bench.ok(Post, "/access/token", json!({"expires": 60, "refreshes": true, "token_name": "old"}));
        assert_eq!(token["name"], "old");
        let basic = std::mem::replace(
            &mut bench.credential,
            ("Api-Token".to_owned(), token["token"].as_str().expect("token").to_owned()),
        );
        for _ in 0..3 {
            bench.wait(50_000);
            assert!(bench.get("/config").is_ok());
        }
        bench.ok(Put, "/access/token/1", json!({"expired": true}));
        assert!(bench.get("/config").is_err());
        bench.credential = basic;
        let range = bench.refused(Post, "/access/token", json!({"expires": 59}));
        assert_eq!(range, (400, "APIArgumentError: expires range must be between 60 and 31,536,000".to_owned()));
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
