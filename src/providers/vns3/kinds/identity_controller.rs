//! Where the controller looks up who may log in to it. See [`identity`](super::identity) for the settings.

use super::identity::{ENABLED, SHARED, join, name_provider};
use crate::spec::{Api, Body, Envelope, Field, Kind, List, Type, call, field};
use wire::Method::Put;

/// `identity-controller`.
pub(crate) static KIND: Kind = Kind {
    name: "identity-controller",
    doc: "Where the controller looks up who may log in to it",
    source: "GET /identity/controller, PUT /identity/controller; vns3.md#identity-controller",
    fields: &FIELDS,
    api: Api {
        list: List::at("/identity/controller", Envelope::One("response")),
        id: "",
        update: &[call(Put, "/identity/controller", Body::Changed)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(name_provider),
    ..Kind::NEW
};

const PROVIDER: Field =
    field("provider", Type::Enum(&["ldap", "oidc"]), "What is asked").required().always().inferred();

static FIELDS: [Field; 39] = join([PROVIDER, ENABLED], SHARED);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::shown;

    #[test]
    fn a_reply_without_provider_reads_and_shows_no_password() {
        let live = json!({
            "host": "ldap.example.com",
            "port": 389,
            "encrypt": true,
            "encrypt_auth_cert": false,
            "binddn": "cn=vns3",
            "bindpw": "canary",
            "group_search_scope": "subtree"
        });
        let found = shown(&KIND, &live);
        assert_eq!(found["provider"], "ldap");
        assert_eq!(found["group_search_scope"], "subtree");
        assert!(!found.to_string().contains("canary"));
    }
}
