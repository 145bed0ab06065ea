//! The known endpoints that no kind, action or artifact covers: why.
//!
//! The management API that each network's own controller speaks (netfoundry.md#sessions-at-the-controller) is another
//! API, and not listed.

use crate::spec::Coverage::{Session, Unused};
use crate::spec::{Coverage, Endpoint, endpoint};
use wire::Method::{Delete, Get, Post, Put};

/// Why no update replaces a whole object (netfoundry.md#writes).
const NO_PUT: Coverage = Unused("PATCH leaves alone what it does not name; PUT resets it");
/// Why single objects of a collection are not read.
const IN_LIST: Coverage = Unused("the list holds the same");
/// Why users and API accounts are not written (netfoundry.md#api-accounts).
const PEOPLE: Coverage = Unused("the body is not documented, and the reply holds a password that is shown once");
/// Endpoints of an edge router's own machine (netfoundry.md#router-registration).
const ROUTERS_OWN: Coverage = Unused("the edge router's own machine calls it to enrol");
/// Endpoints that take an object of another API (netfoundry.md#sessions-at-the-controller).
const CONTROLLERS: Coverage = Unused("it takes a router that was made at the network's own controller before");
/// Endpoints that should not be read by accident (netfoundry.md#network-controllers).
const PRIVILEGED: Coverage = Unused("it shows credentials of the network's controller");
/// Endpoints for browsers alone (netfoundry.md#generations).
const FOR_PEOPLE: Coverage = Unused("documentation for people");
/// The generation before (netfoundry.md#generations).
const LEGACY: Coverage = Unused("the generation before; `core/v2` shows the same");
/// Executions as they were called before (netfoundry.md#executions).
const OLDER_EXECUTION: Coverage = Unused("where a reply names only one of these, the object itself is waited for");

/// These endpoints.
pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(Put, "/core/v2/certificate-authorities/{id}", NO_PUT),
    endpoint(Put, "/core/v2/auth-policies/{id}", NO_PUT),
    endpoint(Put, "/core/v2/config-types/{id}", NO_PUT),
    endpoint(Put, "/core/v2/posture-checks/{id}", NO_PUT),
    endpoint(Put, "/core/v2/edge-routers/{id}", NO_PUT),
    endpoint(Put, "/core/v2/endpoints/{id}", NO_PUT),
    endpoint(Put, "/core/v2/configs/{id}", NO_PUT),
    endpoint(Put, "/core/v2/services/{id}", NO_PUT),
    endpoint(Put, "/core/v2/edge-router-policies/{id}", NO_PUT),
    endpoint(Put, "/core/v2/service-edge-router-policies/{id}", NO_PUT),
    endpoint(Put, "/core/v2/service-policies/{id}", NO_PUT),
    endpoint(Put, "/core/v2/app-wans/{id}", NO_PUT),
    endpoint(Get, "/core/v2/network-groups/{id}", IN_LIST),
    endpoint(Get, "/core/v2/network-controllers/{id}", IN_LIST),
    endpoint(Get, "/core/v2/hosts/{id}", IN_LIST),
    endpoint(Get, "/core/v2/terminators/{id}", IN_LIST),
    endpoint(Post, "/core/v2/edge-routers/register/{key}", ROUTERS_OWN),
    endpoint(Post, "/core/v2/edge-routers/register/{key}/registered", ROUTERS_OWN),
    endpoint(Get, "/core/v2/regions/{provider}/{locationCode}", IN_LIST),
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
    endpoint(Post, "/core/v3/edge-routers", CONTROLLERS),
    endpoint(Post, "/core/v3/edge-router-registrations/{key}", ROUTERS_OWN),
    endpoint(Delete, "/core/v3/edge-router-registrations/{key}", ROUTERS_OWN),
    endpoint(Get, "/product-metadata/v2/download-urls.json", LEGACY),
    endpoint(Get, "/rest/v1/*", LEGACY),
    endpoint(Post, "{authenticationUrl}", Session("fetches a token")),
    endpoint(Get, "/identity/v1/organizations/{id}", IN_LIST),
    endpoint(Get, "/identity/v1/identities/{id}", IN_LIST),
    endpoint(Get, "/identity/v1/identities/self", IN_LIST),
    endpoint(Get, "/identity/v1/user-identities/self", IN_LIST),
    endpoint(Get, "/identity/v1/api-account-identities/self", IN_LIST),
    endpoint(Post, "/identity/v1/api-account-identities", PEOPLE),
    endpoint(Put, "/identity/v1/api-account-identities/{id}", PEOPLE),
    endpoint(Delete, "/identity/v1/api-account-identities/{id}", Unused("identities are never removed")),
    endpoint(Get, "/auth/v1/roles/{id}", IN_LIST),
];
