//! Where the controller looks up the users of the overlay. See [`identity`](super::identity) for the settings.
//!
//! The reference text lost the operation that reads it; the vendor's published description and clients have it
//! (vns3.md#identity-vpn).

use super::PORT;
use super::identity::{ENABLED, SHARED, join, name_provider};
use crate::spec::{Api, Body, Condition, Envelope, Field, Kind, List, Type, call, field};
use wire::Method::{Get, Put};

/// `identity-vpn`.
pub(crate) static KIND: Kind = Kind {
    name: "identity-vpn",
    doc: "Where the controller looks up the users of the overlay",
    source: "PUT /identity/vpn; vns3.md#identity-vpn",
    fields: &FIELDS,
    api: Api {
        list: List::at("/identity/vpn", Envelope::One("response")),
        id: "",
        update: &[call(Put, "/identity/vpn", Body::Changed)],
        ..super::super::API
    },
    relations: &[super::LICENSED, super::KEYED],
    read: Some(name_provider),
    documented_at: &[(Get, "/identity/vpn", "the vendor's published description and clients")],
    ..Kind::NEW
};

const PROVIDER: Field =
    field("provider", Type::Enum(&["ldap", "oidc", "radius"]), "What is asked").required().always().inferred();

const fn radius(field: Field) -> Field {
    field.writable_on(Condition::is("provider", &["radius"]))
}

const RADIUS: [Field; 4] = [
    radius(field("server", Type::Text, "RADIUS: address or name of the server").stays()),
    radius(field("auth_port", PORT, "RADIUS: port for authentication").default("1812")),
    radius(field("accounting_port", PORT, "RADIUS: port for accounting")),
    radius(field("pass", Type::Text, "RADIUS: shared password").write_only().secret().stays()),
];

static FIELDS: [Field; 43] = join(join::<2, 37, 39>([PROVIDER, ENABLED], SHARED), RADIUS);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::vns3::reading::shown;

    #[test]
    fn radius_is_known_by_its_server() {
        let live = json!({"server": "203.0.113.9", "auth_port": "1812", "pass": "canary"});
        let found = shown(&KIND, &live);
        assert_eq!((&found["provider"], &found["auth_port"]), (&json!("radius"), &json!(1812)));
        assert!(!found.to_string().contains("canary"));
    }
}
