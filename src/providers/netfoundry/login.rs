//! Logging in: who issues tokens, and where users keep their API accounts (netfoundry.md#login, netfoundry.md#gateway,
//! netfoundry.md#where-accounts-are-found).

use crate::spec::{ClientCredentials, Elsewhere, Environments, TokenForm, UserFolder};

pub(crate) static LOGIN: ClientCredentials = ClientCredentials {
    client: "clientId",
    password: "password",
    url: "authenticationUrl",
    environments: Environments {
        around: &[
            ("https://gateway.", ".netfoundry.io"),
            ("https://netfoundry-", "-"),
            ("https://netfoundry-", ".auth0.com"),
        ],
        default: "production",
    },
    forms: &[
        (".auth0.com", TokenForm::Json("https://gateway.{environment}.netfoundry.io/")),
        // Cognito; and others that follow the standard. The scope is a dummy, double slash included; but there has to be
        // one.
        ("", TokenForm::Basic("https://gateway.{environment}.netfoundry.io//ignore-scope")),
    ],
    elsewhere: Elsewhere {
        token: "NETFOUNDRY_API_TOKEN",
        claim: "client_id",
        file: "NETFOUNDRY_API_ACCOUNT",
        variables: &[
            ("clientId", "NETFOUNDRY_CLIENT_ID"),
            ("password", "NETFOUNDRY_PASSWORD"),
            ("authenticationUrl", "NETFOUNDRY_OAUTH_URL"),
        ],
        name: "credentials.json",
        folders: &[
            UserFolder::Current,
            UserFolder::Home(".netfoundry"),
            UserFolder::At("/netfoundry"),
            UserFolder::Settings("netfoundry"),
        ],
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_tell_their_environment_and_issuers_their_form() {
        let environment = |url| LOGIN.environments.of(url);
        let cognito = "https://netfoundry-staging-mlvyyc.auth.us-east-1.amazoncognito.com/oauth2/token";
        assert_eq!(environment("https://gateway.sandbox.netfoundry.io"), Some("sandbox"));
        assert_eq!(environment(cognito), Some("staging"));
        assert_eq!(environment("https://netfoundry-production.auth0.com/oauth/token"), Some("production"));
        assert_eq!(environment("https://sso.acme.example/netfoundry-production-x"), None);
        assert!(matches!(LOGIN.form(cognito), TokenForm::Basic(_)));
        assert!(matches!(LOGIN.form("https://acme.okta.com/oauth2/v1/token"), TokenForm::Basic(_)));
        assert!(matches!(LOGIN.form("https://netfoundry-production.auth0.com/oauth/token"), TokenForm::Json(_)));
    }
}
