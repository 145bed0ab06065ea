//! Certificate authorities with their verification, and auth policies (netfoundry.md#certificate-authorities,
//! netfoundry.md#auth-policies).

use serde_json::{Value, json};

use super::Platform;
use super::call::{Call, hal};
use super::kind::{Kind, Traits};
use super::proof;
use super::refusal::Refusal;
use super::shape::{Field, NAME, NETWORK_ID, Shape};
use super::store::Owner;
use super::write::Draft;
use wire::Response;

/// `core/v2/certificate-authorities`.
pub(super) static CERTIFICATE_AUTHORITY: Traits = Traits {
    path: "certificate-authorities",
    singular: "certificate-authority",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::required("certPem", Shape::Text).fixed(),
        Field::optional("authEnabled", Shape::Flag).unset("false"),
        Field::optional("autoCaEnrollmentEnabled", Shape::Flag).unset("false"),
        Field::optional("ottCaEnrollmentEnabled", Shape::Flag).unset("false"),
        Field::optional("identityNameFormat", Shape::Text).unset("\"[caName]-[commonName]\""),
        Field::optional("endpointAttributes", Shape::Tags).unset("[]"),
        Field::optional(
            "externalIdClaim",
            Shape::Record(&[
                Field::required("location", Shape::Word(&["COMMON_NAME", "SAN_URI", "SAN_EMAIL"])),
                Field::required("matcher", Shape::Word(&["ALL", "PREFIX", "SUFFIX", "SCHEME"])),
                Field::optional("matcherCriteria", Shape::Text),
                Field::required("parser", Shape::Word(&["NONE", "SPLIT"])),
                Field::optional("parserCriteria", Shape::Text),
                Field::optional("index", Shape::Number(0, 255)),
            ]),
        ),
    ],
    facts: &["verified", "verificationToken", "jwt"],
    check: check_authority,
    built: authority_built,
    ..Traits::COMMON
};

/// `core/v2/auth-policies`; the write form is inferred from the overlay.
pub(super) static AUTH_POLICY: Traits = Traits {
    path: "auth-policies",
    singular: "auth-policy",
    fields: &[
        NETWORK_ID,
        NAME,
        Field::required(
            "primary",
            Shape::Record(&[
                Field::required(
                    "cert",
                    Shape::Record(&[
                        Field::required("allowed", Shape::Flag),
                        Field::optional("allowExpiredCerts", Shape::Flag).unset("false"),
                    ]),
                ),
                Field::required(
                    "extJwt",
                    Shape::Record(&[
                        Field::required("allowed", Shape::Flag),
                        Field::optional("allowedSigners", Shape::List(&Shape::Text)).unset("[]"),
                    ]),
                ),
                Field::required(
                    "updb",
                    Shape::Record(&[
                        Field::required("allowed", Shape::Flag),
                        Field::optional("lockoutDurationMinutes", Shape::Number(0, i64::MAX)),
                        Field::optional("maxAttempts", Shape::Number(0, i64::MAX)),
                        Field::optional("minPasswordLength", Shape::Number(0, i64::MAX)),
                        Field::optional("requireMixedCase", Shape::Flag),
                        Field::optional("requireNumberChar", Shape::Flag),
                        Field::optional("requireSpecialChar", Shape::Flag),
                    ]),
                ),
            ]),
        ),
        Field::required(
            "secondary",
            Shape::Record(&[
                Field::required("requireTotp", Shape::Flag),
                Field::optional("requireExtJwtSigner", Shape::Text).unset("null"),
            ]),
        ),
    ],
    ..Traits::COMMON
};

fn check_authority(platform: &Platform, draft: &mut Draft) -> Result<(), Refusal> {
    let pem = draft.text("certPem").unwrap_or_default();
    if !pem.contains("-----BEGIN CERTIFICATE-----") || !pem.contains("-----END CERTIFICATE-----") {
        return Err(Refusal::invalid("`certPem` is no certificate in PEM form"));
    }
    let claim =
        |name: &str| draft.shown.get("externalIdClaim").and_then(|claim| claim.get(name)).and_then(Value::as_str);
    for (chosen, simple, needed) in [("matcher", "ALL", "matcherCriteria"), ("parser", "NONE", "parserCriteria")] {
        if claim(chosen).is_some_and(|word| word != simple) && claim(needed).is_none_or(str::is_empty) {
            return Err(Refusal::invalid(format!("`externalIdClaim.{needed}` is required for this `{chosen}`")));
        }
    }
    if draft.id.is_none() {
        let token = platform.mint.word(&["verification", &draft.network, draft.text("name").unwrap_or_default()], 8);
        draft.shown.insert("verificationToken".to_owned(), json!(token));
        draft.shown.insert("verified".to_owned(), json!(false));
        draft.shown.insert("jwt".to_owned(), Value::Null);
    }
    Ok(())
}

/// The token by which a fleet of devices enrolls (netfoundry.md#certificate-authorities).
fn authority_built(platform: &mut Platform, id: &str, now: u64) {
    let token = platform.enrollment(id, "ca", now);
    platform.store.update(id, |authority| {
        authority.body.insert("jwt".to_owned(), json!(token));
    });
}

impl Platform {
    /// `POST certificate-authorities/{id}/verify` (netfoundry.md#certificate-authorities).
    pub(super) fn verify(&mut self, id: &str, call: &Call) -> Result<Response, Refusal> {
        let authority = self.find(Kind::CertificateAuthority, id, call.now)?;
        if !authority.is_live() {
            return Err(Refusal::Absent(format!("there is no certificate authority `{id}`")));
        }
        let content_type = call.request.header_value("Content-Type").unwrap_or_default();
        if !content_type.starts_with("text/plain") {
            return Err(Refusal::Spring(415, format!("Content type '{content_type}' not supported")));
        }
        let text = |field: &str| authority.text(field).unwrap_or_default();
        proof::check(text("certPem"), &call.request.body, text("verificationToken")).map_err(Refusal::invalid)?;
        self.store.update(id, |authority| {
            authority.body.insert("verified".to_owned(), json!(true));
        });
        match self.store.get(id) {
            Some(authority) => Ok(hal(200, &self.read(authority, Kind::CertificateAuthority, call))),
            None => Err(Refusal::no_route()),
        }
    }

    /// A `default` policy is built in (netfoundry.md#auth-policies).
    pub(super) fn add_default_auth_policy(&mut self, network: &str, now: u64) {
        let body = json!({
            "name": "default",
            "primary": {
                "cert": { "allowed": true, "allowExpiredCerts": true },
                "extJwt": { "allowed": true, "allowedSigners": [] },
                "updb": { "allowed": true },
            },
            "secondary": { "requireTotp": false, "requireExtJwtSigner": null },
        });
        let id = self.place(Kind::AuthPolicy, network, Owner::BuiltIn, body, now);
        self.store.update(&id, |policy| policy.ziti = Some("default".to_owned()));
    }
}
