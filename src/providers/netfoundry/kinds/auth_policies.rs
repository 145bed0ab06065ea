//! Auth policies: how endpoints may prove who they are (netfoundry.md#auth-policies).
//!
//! The list is documented, what is written is inferred from the ziti controller. One, `default`, is built in.

use crate::providers::netfoundry::shared::{NAME, ZITI_ID, in_network};
use crate::spec::{Field, Identity, Kind, Type, field, whole_numbers};

whole_numbers!(
    /// A count.
    NUMBER_OF_TIMES, 0..
);
const COUNT: Type = Type::Format(&NUMBER_OF_TIMES);

const CERT: &[Field] = &[
    field("allowed", Type::Bool, "Endpoints may use a certificate").required(),
    field("allowExpiredCerts", Type::Bool, "Even one that has expired"),
];

const EXT_JWT: &[Field] = &[
    field("allowed", Type::Bool, "Endpoints may use a token of another issuer").required(),
    field("allowedSigners", Type::Set(&Type::Text), "Ids of the issuers"),
];

const UPDB: &[Field] = &[
    field("allowed", Type::Bool, "Endpoints may use a user name and a password").required(),
    field("lockoutDurationMinutes", COUNT, "How long too many attempts lock out"),
    field("maxAttempts", COUNT, "How many attempts are too many"),
    field("minPasswordLength", COUNT, "Shortest password"),
];

const PRIMARY: &[Field] = &[
    field("cert", Type::Open(CERT), "By certificate").required(),
    field("extJwt", Type::Open(EXT_JWT), "By a token of another issuer").required(),
    field("updb", Type::Open(UPDB), "By user name and password").required(),
];

const SECONDARY: &[Field] = &[
    field("requireTotp", Type::Bool, "A one-time code").required(),
    field("requireExtJwtSigner", Type::Text, "A token of the issuer with this id"),
];

pub(crate) static KIND: Kind = Kind {
    name: "auth-policies",
    doc: "How endpoints may prove who they are",
    source: "netfoundry.md#auth-policies",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field("primary", Type::Open(PRIMARY), "What an endpoint may use").required().inferred(),
        field("secondary", Type::Open(SECONDARY), "What it needs besides").required().inferred(),
        ZITI_ID,
    ],
    api: in_network!("auth-policies", "authPolicyList"),
    built_in: &["default"],
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, writes};

    #[test]
    fn a_policy_as_documented() {
        let create = json!({
            "name": "sso-only",
            "primary": {
                "cert": { "allowed": true, "allowExpiredCerts": false },
                "extJwt": { "allowed": true, "allowedSigners": ["4Wm.oP1qs"] }, "updb": { "allowed": false }
            },
            "secondary": { "requireTotp": false, "requireExtJwtSigner": null }
        });
        reads_back(&KIND, &create, &create);
        writes(&KIND, create.clone(), create);
    }
}
