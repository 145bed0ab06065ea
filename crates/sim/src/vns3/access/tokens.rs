//! API tokens. Expired ones stay in the list until somebody deletes them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::lifetime;
use crate::vns3::answer::{Fault, Outcome, created, ok};
use crate::vns3::call::Call;
use crate::vns3::clock::Moment;
use crate::vns3::state::State;

/// Bounds of a token's life in seconds, "expires range must be between 60 and 31,536,000".
pub(super) const LIFETIMES: std::ops::RangeInclusive<u64> = 60..=31_536_000;

/// An API token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) id: u64,
    pub(super) token: String,
    name: String,
    pub(super) refreshes: bool,
    expired: bool,
    pub(super) lifetime_seconds: u64,
    created: Moment,
    pub(super) expires: Moment,
    pub(super) last_accessed: Option<Moment>,
}

impl Token {
    /// Says whether the token admits nobody any more.
    pub(super) fn is_expired(&self, now: Moment) -> bool {
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

/// "Get API access tokens".
pub(super) fn list(state: &State, call: &Call) -> Outcome {
    ok(state.access.tokens.iter().map(|token| token.show(call.now)).collect::<Vec<_>>())
}

/// "Get API access token": also an expired one.
pub(super) fn read(state: &mut State, call: &Call, id: u64) -> Outcome {
    ok(find(state, id)?.show(call.now))
}

/// "Create API token".
pub(super) fn create(state: &mut State, call: &Call) -> Outcome {
    let fields = call.fields()?;
    let lifetime: u64 = fields.get("expires")?.unwrap_or(3600);
    if !LIFETIMES.contains(&lifetime) {
        return Err(Fault::argument("expires range must be between 60 and 31,536,000"));
    }
    let name: Option<String> = fields.get("name")?;
    let old_name: Option<String> = fields.get("token_name")?;
    let refreshes: bool = fields.get("refreshes")?.unwrap_or_default();
    let token = issue(state, name.or(old_name).unwrap_or_default(), lifetime, refreshes);
    created(find(state, token)?.show(call.now))
}

/// Adds a token and gives its id.
pub(super) fn issue(state: &mut State, name: String, lifetime_seconds: u64, refreshes: bool) -> u64 {
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

fn find(state: &mut State, id: u64) -> Result<&mut Token, Fault> {
    let unknown = || Fault::not_found("Requested api token does not exist");
    state.access.tokens.iter_mut().find(|token| token.id == id).ok_or_else(unknown)
}

/// "Expire API token". There is no way back: `false` leaves the token as it is.
pub(super) fn expire(state: &mut State, call: &Call, id: u64) -> Outcome {
    let expire: bool = call.fields()?.get("expired")?.unwrap_or_default();
    let token = find(state, id)?;
    token.expired |= expire;
    ok(token.show(call.now))
}

/// "Delete API token".
pub(super) fn delete(state: &mut State, id: u64) -> Outcome {
    find(state, id)?;
    state.access.tokens.retain(|token| token.id != id);
    ok("Token deleted")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vns3::testing::{Bench, has_keys_of};
    use wire::Method::{Delete, Post, Put};

    const REFUSED: &str = "UnauthorizedError: Invalid or expired token";

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
}
