//! Certificate authorities whose certificates let devices in (netfoundry.md#certificate-authorities).
//!
//! An authority works once it is verified: with a certificate that it signed for the `verificationToken`. That takes
//! its private key, so it is an action and no part of a plan.

use crate::providers::netfoundry::shared::{NAME, ZITI_ID, in_network};
use crate::spec::{Condition, Field, Identity, Kind, Type, field, output, whole_numbers};

const CLAIM: &[Field] = &[
    field("location", Type::Enum(&["COMMON_NAME", "SAN_URI", "SAN_EMAIL"]), "Part of the certificate").required(),
    field("matcher", Type::Enum(&["ALL", "PREFIX", "SUFFIX", "SCHEME"]), "Which values count").required(),
    field("matcherCriteria", Type::Text, "What the matcher compares with")
        .required_if(Condition::is_not("matcher", &["ALL"]))
        .cleared_by("null"),
    field("parser", Type::Enum(&["NONE", "SPLIT"]), "How a value is taken apart").required(),
    field("parserCriteria", Type::Text, "What the parser splits at")
        .required_if(Condition::is("parser", &["SPLIT"]))
        .cleared_by("null"),
    field("index", Type::Format(&INDEX), "Which of several values counts").cleared_by("null"),
];

whole_numbers!(
    /// A place in a list, from 0.
    INDEX, 0..=255
);

pub(crate) static KIND: Kind = Kind {
    name: "certificate-authorities",
    doc: "Certificate authorities whose certificates let devices in",
    source: "netfoundry.md#certificate-authorities",
    parent: Some("networks"),
    identity: Identity::CaselessName("name"),
    fields: &[
        NAME,
        field("certPem", Type::Text, "Certificate of the authority, PEM").required().replaces(),
        field("authEnabled", Type::Bool, "Devices may log in with its certificates").default("false"),
        field("autoCaEnrollmentEnabled", Type::Bool, "Devices enrol themselves with its certificates").default("false"),
        field("ottCaEnrollmentEnabled", Type::Bool, "Devices enrol with a token and its certificates")
            .default("false")
            .inferred(),
        field("identityNameFormat", Type::Text, "Names of endpoints that enrol themselves")
            .default("\"[caName]-[commonName]\""),
        field("endpointAttributes", Type::Set(&Type::Role(&[])), "Tags of endpoints that enrol themselves"),
        field("externalIdClaim", Type::Open(CLAIM), "What of a certificate is the endpoint's `externalId`")
            .cleared_by("null")
            .inferred(),
        output("verified", Type::Bool, "It has been verified, and works"),
        output("verificationToken", Type::Text, "Common name of the certificate that verifies it"),
        output("jwt", Type::Text, "Enrolment token for devices").secret(),
        ZITI_ID,
    ],
    api: in_network!("certificate-authorities", "certificateAuthorityList"),
    ..Kind::NEW
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::netfoundry::testing::{reads_back, shows, writes};

    #[test]
    fn an_authority_as_documented() {
        let create = json!({
            "name": "acme-device-ca", "authEnabled": true, "autoCaEnrollmentEnabled": true,
            "certPem": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "ottCaEnrollmentEnabled": false, "identityNameFormat": "[caName]-[commonName]",
            "endpointAttributes": ["#iot"]
        });
        let mut live = create.clone();
        live["verified"] = json!(false);
        live["verificationToken"] = json!("hV2n0Qk7");
        live["jwt"] = json!("eyJhbGciOi");
        reads_back(&KIND, &create, &live);
        shows(&KIND, &live, json!({ "verificationToken": "hV2n0Qk7", "jwt": "(secret jwt)" }));
        writes(&KIND, create.clone(), create);
    }
}
