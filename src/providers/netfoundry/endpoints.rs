//! Every endpoint that the fact sheet names, and what covers it.
//!
//! The management API that each network's own controller speaks (section 2.16) is another API, and not listed.

use crate::spec::Coverage::{Action, Kind, Session, Unused};
use crate::spec::{Coverage, Endpoint, endpoint};
use wire::Method::{Delete, Get, Patch, Post, Put};

/// Why no update replaces a whole object (section 2.4).
const NO_PUT: Coverage = Unused("PATCH leaves alone what it does not name; PUT resets it");
/// Why single objects of a collection are not read.
const IN_LIST: Coverage = Unused("the list holds the same");
/// Why users and API accounts are not written (section 2.15).
const PEOPLE: Coverage = Unused("the body is not documented, and the reply holds a password that is shown once");
/// Endpoints of an edge router's own machine (section 5).
const ROUTERS_OWN: Coverage = Unused("the edge router's own machine calls it to enrol");
/// Endpoints that take an object of another API (section 2.16).
const CONTROLLERS: Coverage = Unused("it takes a router that was made at the network's own controller before");
/// Endpoints that should not be read by accident (section 2.18).
const PRIVILEGED: Coverage = Unused("it shows credentials of the network's controller");
/// Endpoints for browsers alone (section 0.1).
const FOR_PEOPLE: Coverage = Unused("documentation for people");
/// The generation before (section 0.2).
const LEGACY: Coverage = Unused("the generation before; `core/v2` shows the same");
/// Executions as they were called before (section 1.7).
const OLDER_EXECUTION: Coverage = Unused("where a reply names only one of these, the object itself is waited for");

macro_rules! endpoints {
    (
        declared: [$($declared:literal),* $(,)?],
        listed: [$($listed:literal),* $(,)?],
        others: [$($other:expr),* $(,)?]
    ) => {
        &[
            $(
                endpoint(Get, concat!("/core/v2/", $declared), Kind($declared)),
                endpoint(Post, concat!("/core/v2/", $declared), Kind($declared)),
                endpoint(Get, concat!("/core/v2/", $declared, "/{id}"), Kind($declared)),
                endpoint(Patch, concat!("/core/v2/", $declared, "/{id}"), Kind($declared)),
                endpoint(Put, concat!("/core/v2/", $declared, "/{id}"), NO_PUT),
                endpoint(Delete, concat!("/core/v2/", $declared, "/{id}"), Kind($declared)),
            )*
            $(
                endpoint(Get, concat!("/core/v2/", $listed), Kind($listed)),
                endpoint(Get, concat!("/core/v2/", $listed, "/{id}"), IN_LIST),
            )*
            $($other),*
        ]
    };
}

/// The endpoints.
pub(crate) const ENDPOINTS: &[Endpoint] = endpoints! {
    declared: [
        "certificate-authorities",
        "auth-policies",
        "config-types",
        "posture-checks",
        "edge-routers",
        "endpoints",
        "configs",
        "services",
        "edge-router-policies",
        "service-edge-router-policies",
        "service-policies",
        "app-wans",
    ],
    listed: ["network-groups", "network-controllers", "hosts", "terminators"],
    others: [
        endpoint(Get, "/core/v2/networks", Kind("networks")),
        endpoint(Post, "/core/v2/networks", Kind("networks")),
        endpoint(Get, "/core/v2/networks/{id}", Kind("networks")),
        endpoint(Delete, "/core/v2/networks/{id}", Kind("networks")),
        endpoint(Post, "/core/v2/networks/{id}/suspend", Action("suspend")),
        endpoint(Post, "/core/v2/networks/{id}/resume", Action("resume")),
        endpoint(Post, "/core/v2/edge-routers/{id}/registration-key", Kind("edge-routers")),
        endpoint(Post, "/core/v2/edge-routers/register/{key}", ROUTERS_OWN),
        endpoint(Post, "/core/v2/edge-routers/register/{key}/registered", ROUTERS_OWN),
        endpoint(Post, "/core/v2/endpoints/share", Action("share")),
        endpoint(Post, "/core/v2/certificate-authorities/{id}/verify", Action("verify")),
        endpoint(Get, "/core/v2/regions", Kind("regions")),
        endpoint(Get, "/core/v2/regions/{provider}/{locationCode}", IN_LIST),
        endpoint(Get, "/core/v2/network-versions", Kind("network-versions")),
        endpoint(Get, "/core/v2/network-configs", Kind("network-configs")),
        endpoint(Get, "/core/v2/cloud-providers", Unused("regions name their cloud")),
        endpoint(Get, "/core/v2/data-centers", Unused("deprecated; regions have replaced it")),
        endpoint(Get, "/core/v2/executions", Unused("each write names its own")),
        endpoint(Get, "/core/v2/executions/{id}", Session("waits for what a write started")),
        endpoint(Get, "/core/v2/process-executions", OLDER_EXECUTION),
        endpoint(Get, "/core/v2/process-executions/{id}", OLDER_EXECUTION),
        endpoint(Get, "/core/v2/network-controllers/{id}/secrets", PRIVILEGED),
        endpoint(Get, "/core/v2/network-controllers/{id}/session", PRIVILEGED),
        endpoint(Get, "/core/v2/network-support/{id}", PRIVILEGED),
        endpoint(Get, "/core/v2/docs/openapi-v3.yaml", FOR_PEOPLE),
        endpoint(Get, "/core/v2/docs/index.html", FOR_PEOPLE),
        endpoint(Get, "/identity/v1/docs/index.html", FOR_PEOPLE),
        endpoint(Get, "/auth/v1/docs/index.html", FOR_PEOPLE),
        // Networks of product version 8 and later (section 2.16).
        endpoint(Post, "/core/v3/networks/{id}/exchange", Action("exchange")),
        endpoint(Post, "/core/v3/edge-routers", CONTROLLERS),
        endpoint(Post, "/core/v3/edge-router-registrations/{key}", ROUTERS_OWN),
        endpoint(Delete, "/core/v3/edge-router-registrations/{key}", ROUTERS_OWN),
        endpoint(Get, "/product-metadata/v2/download-urls.json", LEGACY),
        endpoint(Get, "/rest/v1/*", LEGACY),
        endpoint(Post, "{authenticationUrl}", Session("fetches a token")),
        endpoint(Post, "/identity/v1/logout", Action("logout")),
        endpoint(Get, "/identity/v1/organizations", Kind("organizations")),
        endpoint(Get, "/identity/v1/organizations/{id}", IN_LIST),
        endpoint(Get, "/identity/v1/identities", Kind("identities")),
        endpoint(Get, "/identity/v1/identities/{id}", IN_LIST),
        endpoint(Get, "/identity/v1/identities/self", IN_LIST),
        endpoint(Get, "/identity/v1/user-identities", Kind("user-identities")),
        endpoint(Get, "/identity/v1/user-identities/self", IN_LIST),
        endpoint(Get, "/identity/v1/api-account-identities", Kind("api-accounts")),
        endpoint(Get, "/identity/v1/api-account-identities/self", IN_LIST),
        endpoint(Post, "/identity/v1/api-account-identities", PEOPLE),
        endpoint(Put, "/identity/v1/api-account-identities/{id}", PEOPLE),
        endpoint(Delete, "/identity/v1/api-account-identities/{id}", Unused("identities are never removed")),
        endpoint(Get, "/auth/v1/roles", Kind("roles")),
        endpoint(Get, "/auth/v1/roles/{id}", IN_LIST),
        endpoint(Get, "/auth/v1/resource-types", Kind("resource-types")),
        endpoint(Get, "/auth/v1/resource-actions", Kind("resource-actions")),
        endpoint(Get, "/auth/v1/grants", Kind("grants")),
        endpoint(Post, "/auth/v1/identity-resource-actions", Kind("grants")),
        endpoint(Delete, "/auth/v1/identity-resource-actions/{id}", Kind("grants")),
    ]
};
