//! Cloudify Manager: its REST API v3 on servers before 4.3, and v3.1 from 4.3 on.
//!
//! The version in the path is not the server's: one server speaks several, and `v3.1` is the fullest wherever it exists
//! (cloudify.md#versions). What differs between servers is said by version, so that the same tables serve old and new
//! ones.

pub(crate) mod actions;
pub(crate) mod artifacts;
pub(crate) mod dsl;
pub(crate) mod endpoints;
pub(crate) mod formats;
pub(crate) mod kinds;
#[cfg(test)]
mod observed;
pub(crate) mod shared;
#[cfg(test)]
pub(crate) mod testing;

use std::time::Duration;

use crate::spec::{
    Auth, Condition, Dialect, Envelope, Extent, Field, IdScheme, InstallationProof, Provider, ServerVersion,
    TrafficTable, Type, field,
};

/// Cloudify Manager.
pub(crate) static PROVIDER: Provider = Provider {
    name: "cloudify",
    title: "Cloudify Manager",
    doc: "Cloudify Manager: blueprints, and deployments that orchestrate what they describe",
    dialect: DIALECT,
    kinds: kinds::ALL,
    actions: actions::ACTIONS,
    artifacts: artifacts::ARTIFACTS,
    halves: None,
    fabric: None,
    documented: include_str!("endpoints.txt"),
    endpoints: endpoints::ENDPOINTS,
    traffic: TrafficTable::NONE,
};

/// How a manager is spoken to.
pub(crate) const DIALECT: Dialect = Dialect {
    example: "https://cloudify.example.com/api/v3.1",
    auth: Auth::Basic { user: "username", password: "password", set_by: None, token: None },
    credentials: CREDENTIALS,
    settings: SETTINGS,
    // A tenant that is unknown is refused everywhere, even where none is needed (cloudify.md#requests).
    headers: &[("Tenant", "{target.tenant}")],
    // Proxies, unknown routes and bad JSON answer in HTML; there the status has to do (cloudify.md#errors).
    file_type: "application/octet-stream",
    messages: &["message"],
    errors: &[&["message", "error_code"]],
    errors_in_success: &[],
    version: ServerVersion::Read { path: "/version", at: "version" },
    proofs: PROOFS,
    renewed_proofs: &[],
    within: &["tenant"],
    extent: Extent::Whole,
    // The server runs twenty workflows at once and queues the rest (cloudify.md#executions); this leaves room for
    // people.
    writers: 4,
    readers: 4,
    // A blueprint is parsed before its upload is answered, for which the server takes up to two minutes
    // (cloudify.md#blueprints).
    timeout: Duration::from_secs(150),
    // Maintenance, a restore or lack of memory: nothing was done (cloudify.md#errors).
    retry_statuses: &[503],
    // The REST service and the proxy before it are restarted apart from the workflows, which go on meanwhile.
    restart_window: Duration::from_secs(180),
    // An object that was made can be read at once (cloudify.md#deployments).
    visibility_lag: Duration::ZERO,
    // UUIDs, or the names themselves.
    ids: IdScheme::Lasting,
    remedies: REMEDIES,
};

/// The managers by name, and the authority that each makes for itself when it is installed (cloudify.md#managers);
/// before 5.0, the names in the cluster, which are made up when it is (cloudify.md#cluster-nodes). A manager of 4.x
/// that is in none has no id.
const PROOFS: &[InstallationProof] = &[
    manager("manager", &[("", "hostname")]),
    manager("authority", &[("", "ca_cert_content")]),
    InstallationProof {
        when: Condition::before("5.0"),
        ..InstallationProof::id("manager", "/cluster/nodes", &[("", "name")]).at(Envelope::Items("items"))
    },
];

const fn manager(name: &'static str, parts: &'static [(&'static str, &'static str)]) -> InstallationProof {
    InstallationProof {
        when: Condition::since("5.0.5"),
        ..InstallationProof::id(name, "/managers", parts).at(Envelope::Items("items"))
    }
}

const CREDENTIALS: &[Field] = &[
    field("username", Type::Text, "Name of a user of the manager").required(),
    field("password", Type::Text, "Password of that user").required().secret(),
];

const SETTINGS: &[Field] =
    &[field("tenant", Type::Ref("tenants"), "Tenant that the resources belong to").default("\"default_tenant\"")];

/// Remedies of errors (cloudify.md#errors), by fragments that servers were heard to say.
const REMEDIES: &[(u16, &str, &str)] = &[
    (401, "", "check `username` and `password`; after four wrong passwords the account may be locked"),
    (403, "invalid tenant name", "the tenant does not exist, or the user is not in it: check `tenant`"),
    (403, "tenant not provided", "set `tenant` on the target"),
    (403, "global", "only a `sys_admin` makes global resources, and only from a global blueprint"),
    (403, "", "give the user a role in the tenant that may do this: `user` or `manager`; for tenants, `sys_admin`"),
    (404, "premium edition", "tenants, users and groups can only be written in the premium edition"),
    (400, "currently running for this deployment", "wait until the execution is over, or cancel it, and plan again"),
    (400, "running or queued executions", "wait until the executions are over, or cancel them, and plan again"),
    (400, "other executions running", "a snapshot is being made, or the like: wait until it is over, and plan again"),
    (400, "depend on it", "other deployments use it: remove them, or let them use another one, first"),
    (400, "live nodes", "the deployment has to be uninstalled first"),
    (
        400,
        "There exist deployments",
        "move its deployments to another blueprint, or remove them, first; what a failed create left behind is one too",
    ),
    (400, "outside its tenant", "it is a global object of another tenant: change it there"),
    (400, "Workflow not available", "look at the states of the node instances: the workflow has nothing to do"),
    (400, "environment creation", "remove the deployment, so that it is made anew"),
    (400, "unknown inputs", "correct the inputs: the blueprint does not declare these"),
    (400, "missing inputs", "declare the inputs that the blueprint requires"),
    (400, "is not installed on the manager", "upload the plugin first: declare it under `plugins`"),
    (400, "exactly 1 directory", "pack the archive so that it holds one folder, with the blueprint in it"),
    (
        400,
        "Include keys",
        "the server lacks a field of its version: check that `at` is the manager, not something before it",
    ),
    (405, "in use", "remove the blueprints that use it first"),
    (
        409,
        "global visibility",
        "the id is taken, in this tenant or by a global object of another one: choose another name",
    ),
    (409, "also exists in other tenants", "other tenants have an object of that id, so that it can't become global"),
    (500, "", "some servers answer so to plain mistakes: plan again to see what happened"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::lint;

    #[test]
    fn the_tables_hold_together() {
        assert_eq!(lint(&PROVIDER), Vec::<String>::new());
    }
}
