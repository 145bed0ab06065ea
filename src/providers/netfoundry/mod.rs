//! NetFoundry: the orchestration platform's core, identity and authorization APIs.
//!
//! Ids of this API are UUIDs; `zitiId` names the same object on the network's controller, and either may stand behind
//! an `@` in what is read. Policies reach objects by `#tag` and `@name`; only a `@name` has to exist first.

mod actions;
mod endpoints;
#[cfg(test)]
mod examples;
mod kinds;
mod login;
mod shared;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod waits;

use std::time::Duration;

use self::shared::PAGES;
use crate::spec::{
    Auth, Dialect, Envelope, Extent, IdScheme, InstallationProof, Provider, ServerVersion, TrafficTable, Type, field,
};

/// The NetFoundry platform.
pub(crate) static PROVIDER: Provider = Provider {
    name: "netfoundry",
    title: "NetFoundry",
    doc: "NetFoundry's orchestration platform: zero-trust networks of edge routers, endpoints, services and policies",
    dialect: DIALECT,
    kinds: kinds::ALL,
    actions: actions::ACTIONS,
    artifacts: &[],
    halves: None,
    fabric: None,
    documented: include_str!("endpoints.txt"),
    endpoints: endpoints::ENDPOINTS,
    traffic: TRAFFIC,
};

/// Who may use services, and who may host them.
const TRAFFIC: TrafficTable = TrafficTable {
    lets_in: &[("app-wans", "endpointAttributes"), ("service-policies", "endpointAttributes")],
    ..TrafficTable::NONE
};

/// The organization that the account is a member of, and its groups of networks (netfoundry.md#network-groups,
/// netfoundry.md#organizations).
const PROOFS: &[InstallationProof] = &[
    InstallationProof::id("organization", "/identity/v1/organizations", &[("", "id")]).at(Envelope::Items("")),
    InstallationProof {
        paging: PAGES,
        ..InstallationProof::id("network-group", "/core/v2/network-groups", &[("", "id")])
            .at(Envelope::Items("_embedded.networkGroupList"))
    },
];

const DIALECT: Dialect = Dialect {
    example: "https://gateway.production.netfoundry.io",
    auth: Auth::ClientCredentials(&login::LOGIN),
    credentials: &[
        field("clientId", Type::Text, "Id of the API account, from its `credentials.json`").required(),
        field("password", Type::Text, "Password of the API account, from the same file").required().secret(),
        field("authenticationUrl", Type::Text, "Where tokens are issued, from the same file").required(),
    ],
    settings: &[],
    headers: &[],
    // Three shapes (netfoundry.md#errors): a list of errors, one message with the status' name beside it, a list of
    // messages.
    file_type: "text/plain",
    messages: &["errors.0", "message", "0.message", "error"],
    errors: &[&["errors.0"], &["timestamp", "status", "error"], &["0.message"]],
    errors_in_success: &[],
    // A network has a version; the platform has none.
    version: ServerVersion::Irrelevant,
    proofs: PROOFS,
    renewed_proofs: &[],
    within: &[],
    extent: Extent::Declared,
    // The vendor's own demo makes five writes at once; no limit is published (netfoundry.md#consistency).
    writers: 5,
    readers: 4,
    // The gateway itself gives up after 30 seconds (netfoundry.md#gateway); its answer is worth waiting for.
    timeout: Duration::from_secs(40),
    // 503 for reads alone: the gateway stopped waiting, and a write may have had its effect all the same
    // (netfoundry.md#consistency).
    retry_statuses: &[429, 503],
    // A new object may answer 403 or 404 before it is seen everywhere (netfoundry.md#consistency).
    restart_window: Duration::ZERO,
    visibility_lag: Duration::from_secs(30),
    // UUIDs.
    ids: IdScheme::Lasting,
    remedies: &[
        (
            401,
            "",
            "check `clientId`, `password` and `authenticationUrl` against the API account's `credentials.json`; \
             a token in `NETFOUNDRY_API_TOKEN` lasts an hour",
        ),
        (403, "", "give the API account a role that may do this: the network's admin, or the network group's"),
        (503, "", "the gateway stopped waiting, and the request may still take effect: plan again to see"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_together() {
        assert_eq!(crate::spec::lint(&PROVIDER), Vec::<String>::new());
    }
}
