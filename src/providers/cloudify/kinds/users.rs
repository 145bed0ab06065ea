//! Users of the manager. Premium edition, only for a `sys_admin`, and not where a directory knows the users
//! (cloudify.md#users).
//!
//! One call changes one thing: password and role together are refused. The password can't be read back. The first
//! administrator comes with the manager and can't be removed. The time of the last login is not read: it moves with every
//! request.

use crate::providers::cloudify::formats::PASSWORD;
use crate::providers::cloudify::shared::{NAMED, NAMES, SEEN, SYSTEM_ROLE, list, name};
use crate::spec::{Api, Body, CallSpec, Envelope, Identity, Kind, Type, call, field};
use wire::Method::{Delete, Post, Put};

/// `users`.
pub(crate) static KIND: Kind = Kind {
    name: "users",
    doc: "Users of the manager",
    source: "Users; cloudify.md#users",
    identity: Identity::CaselessName("username"),
    names: NAMES,
    fields: &[
        name("username", "Name of the user, whatever its case"),
        field("password", Type::Format(&PASSWORD), "Password, of 5 to 256 letters")
            .required()
            .write_only()
            .secret()
            .dedicated_call(&[set(r#"{"password": "{password}"}"#)]),
        SYSTEM_ROLE.dedicated_call(&[set(r#"{"role": "{role}"}"#)]),
        field("active", Type::Bool, "Whether the user may log in").default("true").switch(&ACTIVATE, &DEACTIVATE),
    ],
    api: Api {
        list: list("/users?_sort=username"),
        create: &[call(Put, "/users", Body::Fields).reply(Envelope::One(""))],
        remove: &[call(Delete, "/users/{name}", Body::None)],
        ..NAMED
    },
    built_in: &["admin"],
    documented_at: &[(Post, "/users/active/{name}", SEEN)],
    ..Kind::NEW
};

const fn set(body: &'static str) -> CallSpec {
    call(Post, "/users/{name}", Body::Json(body)).reply(Envelope::One(""))
}

/// Any other action than `activate` deactivates; both are refused when there is nothing to do (cloudify.md#users).
static ACTIVATE: CallSpec =
    call(Post, "/users/active/{name}", Body::Json(r#"{"action": "activate"}"#)).reply(Envelope::One(""));
static DEACTIVATE: CallSpec =
    call(Post, "/users/active/{name}", Body::Json(r#"{"action": "deactivate"}"#)).reply(Envelope::One(""));

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::cloudify::testing::{body, shows};

    #[test]
    fn a_user_as_it_was_seen() {
        let live = json!({
            "username": "rob", "tenants": 0, "groups": 0, "role": "default", "active": false,
            "created_at": "2026-11-21T06:18:22.065Z", "last_login_at": null, "password_hash": null
        });
        let expected = json!({ "username": "rob", "role": "default", "active": false, "password": null });
        shows(&KIND, &live, &expected);
    }

    #[test]
    fn a_create_names_the_user_in_its_body() {
        let declared = json!({ "username": "ned", "password": "nedned", "role": "default" });
        assert_eq!(body(&KIND, &declared, None), declared);
    }
}
