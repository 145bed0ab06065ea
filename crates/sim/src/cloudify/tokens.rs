//! Tokens (cloudify.md#tokens).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use super::fields::{Field, answer, field};
use super::list::list;
use super::made_up::stamp;
use super::refusal::{Outcome, internal, no_such};
use super::release::{BEFORE_TENANT_ROLES, SYSTEMD_STATUS, TOKEN_LIST};
use super::route::{Need, Route, route};
use super::users::User;
use super::world::World;
use wire::{Method, Response};

/// The area's routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::Get, "tokens", "token_get", Need::Login, get).untenanted().v3_only(SYSTEMD_STATUS),
    route(Method::Post, "tokens", "create_token", Need::Login, create).untenanted().v31().only(TOKEN_LIST),
    route(Method::Delete, "tokens/{}", "delete_token", Need::Login, delete).untenanted().v31().only(TOKEN_LIST),
];

/// A token of the releases that list them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    /// Its public half.
    pub id: String,
    /// Its secret half, shown once.
    pub secret: String,
    /// Whose it is.
    pub username: String,
    role: String,
    expires: Option<u64>,
    /// When it was last used.
    pub last_used: Option<u64>,
    description: Option<String>,
}

impl Token {
    /// Says whether the token is not expired.
    pub(crate) fn is_valid(&self, now: u64) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

static FIELDS: &[Field<Token>] = &[
    field("id", |token, _| json!(token.id)),
    field("username", |token, _| json!(token.username)),
    field("value", |token, _| json!(format!("ctok-{}-********", token.id))),
    field("role", |token, _| json!(token.role)),
    field("expiration_date", |token, _| json!(token.expires.map(stamp))),
    field("last_used", |token, _| json!(token.last_used.map(stamp))),
    field("description", |token, _| json!(token.description)),
];

/// The table with the secret shown: the answer of a create only.
static SHOWN: &[Field<Token>] = &[
    field("id", |token, _| json!(token.id)),
    field("username", |token, _| json!(token.username)),
    field("value", |token, _| json!(format!("ctok-{}-{}", token.id, token.secret))),
    field("role", |token, _| json!(token.role)),
    field("expiration_date", |token, _| json!(token.expires.map(stamp))),
    field("last_used", |token, _| json!(token.last_used.map(stamp))),
    field("description", |token, _| json!(token.description)),
];

fn get(world: &mut World, call: &Call) -> Outcome {
    if call.release.has(TOKEN_LIST) {
        let mine = |token: &&Token| call.viewer.sys_admin || token.username == call.viewer.username;
        return list(world, call, FIELDS, world.tokens.iter().filter(mine));
    }
    let Some(user) = world.users.iter().find(|user| user.username == call.viewer.username) else {
        return Err(internal());
    };
    let mut body = json!({"role": user.role, "value": world.signed_token(user)});
    if !call.release.has(BEFORE_TENANT_ROLES) {
        body["username"] = json!(user.username);
    }
    Ok(Response::json(200, &body))
}

fn create(world: &mut World, call: &Call) -> Outcome {
    let input = call.optional_json()?;
    let expires = match input.nullable_text("expiration_date")? {
        Some(text) => Some(world.now + delay(text).ok_or_else(internal)?),
        None => None,
    };
    let token = Token {
        id: world.source.letters(10),
        secret: world.source.letters(40),
        username: call.viewer.username.clone(),
        role: world.system_role(&call.viewer.username),
        expires,
        last_used: None,
        description: input.nullable_text("description")?.map(str::to_owned),
    };
    let response = answer(world, call, 200, SHOWN, &token);
    world.tokens.push(token);
    response
}

/// A relative expiry such as `+1h`, in milliseconds; another one is a 500 (cloudify.md#errors).
fn delay(text: &str) -> Option<u64> {
    let text = text.strip_prefix('+')?.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(digits);
    let unit = match unit.trim() {
        "min" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        _ => return None,
    };
    Some(count.parse::<u64>().ok()? * unit)
}

fn delete(world: &mut World, call: &Call) -> Outcome {
    let mine =
        |token: &Token| token.id == call.id() && (call.viewer.sys_admin || token.username == call.viewer.username);
    if !world.tokens.iter().any(mine) {
        return Err(no_such("Token", call.id()));
    }
    world.tokens.retain(|token| !mine(token));
    Ok(Response::empty(204))
}

impl World {
    /// The one token of a user on servers that do not list tokens: it changes with the password only.
    pub(crate) fn signed_token(&self, user: &User) -> String {
        self.source.signed(&format!("{}:{}", user.username, user.password))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries_are_relative() {
        assert_eq!(delay("+1h"), Some(3_600_000));
        assert_eq!(delay("+10 min"), Some(600_000));
        assert_eq!(delay("tomorrow"), None);
    }
}
