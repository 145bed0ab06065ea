//! The fields of the two identity kinds: the settings of each provider of identities.
//!
//! The body is one of three variants, chosen by `provider`; their fields have different names, so they stand side by
//! side. Secrets are read masked or not at all, and so are never compared with a reply (vns3.md#identity-controller).

use serde_json::Value;

use super::PORT;
use crate::spec::{Condition, Field, Type, field, output};

/// Says whether it is in use. The reference prints it in the body only; other sources read it too.
pub(crate) const ENABLED: Field = field("enabled", Type::Bool, "In use").required().always().inferred();

const fn ldap(field: Field) -> Field {
    field.writable_on(Condition::is("provider", &["ldap"]))
}

const fn oidc(field: Field) -> Field {
    field.writable_on(Condition::is("provider", &["oidc"]))
}

const fn asked(field: Field) -> Field {
    field.writable_on(Condition::is("provider", &["ldap", "oidc"]))
}

/// Settings of LDAP and OpenID Connect.
pub(crate) static SHARED: [Field; 37] = [
    ldap(field("host", Type::Text, "LDAP: address or name of the server").stays()),
    ldap(field("port", PORT, "LDAP: port of the server")),
    ldap(field("encrypt", Type::Bool, "LDAP: use TLS")),
    ldap(field("encrypt_ldaps", Type::Bool, "LDAP: TLS from the start, or else StartTLS")),
    ldap(field("encrypt_auth", Type::Bool, "LDAP: authenticate with a certificate")),
    ldap(field("encrypt_auth_cert_data", Type::Text, "LDAP: the certificate, PEM; empty removes it").write_only()),
    ldap(field("encrypt_auth_cert_filename", Type::Text, "LDAP: file name of the certificate").default("\"tls.cert\"")),
    ldap(
        field("encrypt_auth_key_data", Type::Text, "LDAP: the certificate's key, PEM; empty removes it")
            .write_only()
            .secret(),
    ),
    ldap(field("encrypt_auth_key_filename", Type::Text, "LDAP: file name of the key").default("\"tls.key\"")),
    ldap(field("encrypt_verify_ca", Type::Bool, "LDAP: check the server's certificate")),
    ldap(
        field("encrypt_ca_cert_data", Type::Text, "LDAP: the authority to check it with, PEM; empty removes it")
            .write_only(),
    ),
    ldap(field("encrypt_ca_cert_filename", Type::Text, "LDAP: file name of the authority").default("\"ca.pem\"")),
    output("encrypt_auth_cert", Type::Bool, "LDAP: whether a certificate is there"),
    output("encrypt_auth_key", Type::Bool, "LDAP: whether a key is there"),
    output("encrypt_ca_cert", Type::Bool, "LDAP: whether an authority is there"),
    ldap(field("binddn", Type::Text, "LDAP: user to bind as")),
    ldap(field("bindpw", Type::Text, "LDAP: password to bind with").write_only().secret()),
    ldap(field("user_base", Type::Text, "LDAP: where to look for users")),
    ldap(field("user_id_attribute", Type::Text, "LDAP: attribute that names a user")),
    ldap(field("user_list_filter", Type::Text, "LDAP: filter for users")),
    ldap(field("group_base", Type::Text, "LDAP: where to look for groups")),
    ldap(field("group_id_attribute", Type::Text, "LDAP: attribute that names a group")),
    ldap(field("group_list_filter", Type::Text, "LDAP: filter for groups")),
    ldap(field("group_member_attribute", Type::Text, "LDAP: attribute of a group that lists its members")),
    ldap(field("group_member_attr_format", Type::Enum(&["UserID", "UserDN"]), "LDAP: how members are listed").stays()),
    ldap(
        field("group_search_scope", Type::Enum(&["base", "single", "subtree"]), "LDAP: how deep to look for groups")
            .stays(),
    ),
    ldap(field("otp", Type::Bool, "LDAP: ask for a one-time password")),
    asked(field("otp_url", Type::Text, "Where one-time passwords are checked").stays()),
    oidc(field("identifier", Type::Text, "OIDC: id of the client").stays()),
    oidc(field("secret", Type::Text, "OIDC: secret of the client").write_only().secret().stays()),
    oidc(field("redirect_hostname", Type::Text, "OIDC: name of the controller in redirects").stays()),
    oidc(field("authorization_endpoint", Type::Text, "OIDC: authorization endpoint").stays()),
    oidc(field("token_endpoint", Type::Text, "OIDC: token endpoint").stays()),
    oidc(field("userinfo_endpoint", Type::Text, "OIDC: user info endpoint").stays()),
    oidc(field("jwks_uri", Type::Text, "OIDC: where the provider's keys are").stays()),
    oidc(field("issuer", Type::Text, "OIDC: the issuer").stays()),
    output("keys", Type::Any, "OIDC: the provider's keys"),
];

/// One list made of two.
pub(crate) const fn join<const A: usize, const B: usize, const N: usize>(
    first: [Field; A],
    then: [Field; B],
) -> [Field; N] {
    assert!(A + B == N);
    let mut joined = [ENABLED; N];
    let mut n = 0;
    while n < N {
        joined[n] = if n < A { first[n] } else { then[n - A] };
        n += 1;
    }
    joined
}

/// Some replies leave the provider out; the fields tell which one it is.
pub(crate) fn name_provider(settings: &mut Value) {
    let has = |name: &str| settings.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if has("provider") {
        return;
    }
    let provider = [("host", "ldap"), ("issuer", "oidc"), ("server", "radius")].iter().find(|(name, _)| has(name));
    if let Some((_, provider)) = provider {
        settings["provider"] = (*provider).into();
    }
}
