//! Users who may log in to a plugin instance by SSH.
//!
//! The password is read as true or false, so it is not compared with a reply. Replies to writes show the manager, not
//! the user (vns3.md#plugin-instance-users).

use crate::spec::{Api, Body, Envelope, Identity, Kind, List, Type, call, field};
use wire::Method::{Delete, Put};

/// `plugin-instance-users`.
pub(crate) static KIND: Kind = Kind {
    name: "plugin-instance-users",
    doc: "Users who may log in to a plugin instance by SSH",
    source: "GET /plugin-instances/{id}/users; vns3.md#plugin-instance-users",
    parent: Some("plugin-instances"),
    identity: Identity::Name("username"),
    fields: &[
        field("username", Type::Text, "Name of the user").required().always(),
        field("password", Type::Text, "Password for SSH").write_only().secret().stays(),
        field("public_key", Type::Text, "Public key for SSH"),
        field("require_public_key", Type::Bool, "The password alone is not enough").write_only(),
    ],
    api: Api {
        list: List::at("/plugin-instances/{parent.id}/users", Envelope::Items("response")),
        id: "",
        create: &[call(Put, "/plugin-instances/{parent.id}/users", Body::Fields).retry_on(super::STARTING)],
        update: &[call(Put, "/plugin-instances/{parent.id}/users", Body::Changed).retry_on(super::STARTING)],
        remove: &[call(Delete, "/plugin-instances/{parent.id}/users/{name}", Body::None)],
        ..super::super::API
    },
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::listed;

    #[test]
    fn the_example_reply_reads() {
        let reply = json!({"response": [{"username": "ops", "password": true, "public_key": "ssh-ed25519 AAAA"}]});
        let mut found = listed(&KIND, &reply);
        found[0]["password"].take();
        assert_eq!(found, [json!({"username": "ops", "password": null, "public_key": "ssh-ed25519 AAAA"})]);
    }
}
