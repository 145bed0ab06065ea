//! Users of an instance's SSH server. Writing one answers with the manager.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::bad_request;
use super::instances::find;
use crate::vns3::answer::{Fault, Outcome, ok};
use crate::vns3::call::Call;
use crate::vns3::state::State;

/// A user.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct User {
    username: String,
    password: String,
    public_key: String,
    require_public_key: bool,
}

/// "Get list of plugin instance users": a password shows as being there.
pub(super) fn list(state: &mut State, id: u64) -> Outcome {
    let users = find(state, id)?.users.iter();
    let show = |user: &User| json!({"username": user.username, "password": !user.password.is_empty(), "public_key": user.public_key});
    ok(users.map(show).collect::<Vec<_>>())
}

/// "Update or create a plugin instance user".
pub(super) fn upsert(state: &mut State, call: &Call, id: u64) -> Outcome {
    let fields = call.fields()?;
    let instance = find(state, id)?;
    if !instance.manager.runs("ssh") {
        return Err(bad_request("No SSH server process running in plugin."));
    }
    let username = fields.need_text("username")?;
    let known = instance.users.iter().find(|user| user.username == username).cloned();
    let mut user = known.unwrap_or_else(|| User { username: username.clone(), ..User::default() });
    fields.over("password", &mut user.password)?;
    fields.over("public_key", &mut user.public_key)?;
    fields.over("require_public_key", &mut user.require_public_key)?;
    instance.users.retain(|other| other.username != username);
    instance.users.push(user);
    ok(instance.manager.show())
}

/// "Delete plugin instance SSH user". The example of its 404 speaks of an exported image.
pub(super) fn delete(state: &mut State, id: u64, username: &str) -> Outcome {
    let instance = find(state, id)?;
    if !instance.users.iter().any(|user| user.username == username) {
        return Err(Fault::not_found("User does not exist"));
    }
    instance.users.retain(|user| user.username != username);
    ok(instance.manager.show())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::vns3::plugins::instances::tests::with_instance;
    use wire::Method::{Delete, Put};

    const USERS: &str = "/plugin-instances/1/users";

    #[test]
    fn a_password_shows_as_being_there() {
        let mut bench = with_instance(json!({"process_manager": {"name": "supervisor", "subprocesses": ["sshd"]}}));
        bench.ok(Put, USERS, json!({"username": "ops", "password": "secret", "require_public_key": true}));
        bench.ok(Put, USERS, json!({"username": "ops", "public_key": "ssh-ed25519 AAAA"}));
        let shown = json!([{"username": "ops", "password": true, "public_key": "ssh-ed25519 AAAA"}]);
        assert_eq!(bench.get(USERS), Ok(shown));
        bench.ok(Delete, &format!("{USERS}/ops"), json!({}));
        assert_eq!(bench.refused(Delete, &format!("{USERS}/ops"), json!({})).0, 404);
        let mut without = with_instance(Value::Null);
        let none = without.refused(Put, USERS, json!({"username": "ops"}));
        let text = "VPNCubed::API::APIBadRequestError: No SSH server process running in plugin.";
        assert_eq!(none, (400, text.to_owned()));
    }
}
