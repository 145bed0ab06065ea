//! Every endpoint of the reference text, v3, in its order, and what covers it (sheet 4).

use crate::spec::Coverage::{Action, Artifact, Kind, Unused};
use crate::spec::{Endpoint, endpoint};
use wire::Method::{Delete, Get, Patch, Post, Put};

const SAME: &str = "the list shows the same";
const CLUSTER: &str = "clusters are joined on the managers' hosts, which can't be taken back";
const SLIP: &str = "a slip of the heading: the example uses `/users/`";

/// Every endpoint.
pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(Get, "/blueprints?id={blueprint-id}", Kind("blueprints")),
    endpoint(
        Put,
        "/blueprints/{blueprint-id}?application_file_name={blueprint-id}.yaml&blueprint_archive_url={url}",
        Kind("blueprints"),
    ),
    endpoint(Get, "/blueprints", Kind("blueprints")),
    endpoint(Delete, "/blueprints/{blueprint-id}", Kind("blueprints")),
    endpoint(Get, "/blueprints/{blueprint-id}/archive", Artifact("blueprint")),
    endpoint(Get, "/cluster", Kind("cluster")),
    endpoint(Put, "/cluster", Unused(CLUSTER)),
    endpoint(Patch, "/cluster", Unused(CLUSTER)),
    endpoint(Get, "/cluster/nodes", Kind("cluster-nodes")),
    endpoint(Get, "/cluster/nodes/{node-id}", Unused(SAME)),
    endpoint(Put, "/cluster/nodes/{node-name}", Unused(CLUSTER)),
    endpoint(Delete, "/cluster/nodes/{node-id}", Unused(CLUSTER)),
    endpoint(Get, "/deployments", Kind("deployments")),
    endpoint(Get, "/deployments?id={deployment-id}", Kind("deployments")),
    endpoint(Put, "/deployments/{deployment-id}", Kind("deployments")),
    endpoint(Delete, "/deployments/{deployment-id}", Kind("deployments")),
    endpoint(Get, "/events", Kind("events")),
    endpoint(Get, "/events?_range=timestamp,{time_start},{time_end}", Kind("events")),
    endpoint(Get, "/events?{filter}", Kind("events")),
    endpoint(Get, "/executions", Kind("executions")),
    endpoint(Get, "/executions/{execution-id}", Kind("deployments")),
    endpoint(Post, "/executions", Kind("deployments")),
    endpoint(Post, "/executions/{execution-id}", Action("cancel")),
    endpoint(Patch, "/executions/{execution-id}", Unused("it rewrites what workflows report themselves")),
    endpoint(Get, "/status", Kind("status")),
    endpoint(Get, "/version", Kind("version")),
    endpoint(Get, "/node-instances", Kind("deployments")),
    endpoint(Get, "/node-instances/{node-instance-id}", Kind("node-instances")),
    endpoint(Patch, "/node-instances/{node-instance-id}", Unused("plugins write it: a hand in it is drift")),
    endpoint(Get, "/nodes", Kind("nodes")),
    endpoint(Get, "/plugins", Kind("plugins")),
    endpoint(Get, "/plugins/{plugin-id}", Unused(SAME)),
    endpoint(Delete, "/plugins/{plugin-id}", Kind("plugins")),
    endpoint(Post, "/plugins", Kind("plugins")),
    endpoint(Get, "/plugins/{plugin-id}/archive", Artifact("plugin")),
    endpoint(Get, "/secrets", Kind("secrets")),
    endpoint(Get, "/secrets/{secret-key}", Kind("secrets")),
    endpoint(Put, "/secrets/{new-secret-key}", Kind("secrets")),
    endpoint(Patch, "/secrets/{secret-key}", Kind("secrets")),
    endpoint(Delete, "/secrets/{secret-key}", Kind("secrets")),
    endpoint(Get, "/snapshots", Kind("snapshots")),
    endpoint(Put, "/snapshots/{snapshot-id}", Action("snapshot-create")),
    endpoint(Delete, "/snapshots/{snapshot-id}", Action("snapshot-delete")),
    endpoint(Post, "/snapshots/{snapshot-id}/restore", Action("snapshot-restore")),
    endpoint(Get, "/snapshots/{snapshot-id}/archive", Artifact("snapshot")),
    endpoint(Put, "/snapshots/{snapshot-id}/archive", Action("snapshot-upload")),
    endpoint(Get, "/tenants", Kind("tenants")),
    endpoint(Get, "/tenants?name={tenant-name}", Kind("tenants")),
    endpoint(Get, "/tenants/{tenant-name}", Unused("it shows the message broker's password; the list shows the rest")),
    endpoint(Post, "/tenants/{new-tenant-name}", Kind("tenants")),
    endpoint(Delete, "/tenants/{tenant-name-to-delete}", Kind("tenants")),
    endpoint(Put, "/tenants/users", Kind("tenant-users")),
    endpoint(Delete, "/tenants/users", Kind("tenant-users")),
    endpoint(Put, "/tenants/user-groups", Kind("tenant-user-groups")),
    endpoint(Delete, "/tenants/user-groups", Kind("tenant-user-groups")),
    endpoint(Get, "/tokens", Unused("the password is sent with each request")),
    endpoint(Get, "/user-groups", Kind("user-groups")),
    endpoint(Get, "/user-groups/{group-name}", Unused(SAME)),
    endpoint(Post, "/user-groups", Kind("user-groups")),
    endpoint(Delete, "/user-groups/{user-group-to-delete}", Kind("user-groups")),
    endpoint(Put, "/user-groups/users", Kind("members")),
    endpoint(Delete, "/user-groups/users", Kind("members")),
    endpoint(Get, "/users", Kind("users")),
    endpoint(Get, "/users/{user-name}", Unused(SAME)),
    endpoint(Put, "/users", Kind("users")),
    endpoint(Delete, "/users/{user-name-to-delete}", Kind("users")),
    endpoint(Delete, "/tenants/{user-name-to-delete}", Unused(SLIP)),
    endpoint(Post, "/users/{user-name}", Kind("users")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::cloudify::PROVIDER;
    use crate::providers::cloudify::testing::{NOT_IN_THE_TEXTS, covered_but_unused, used_but_unlisted};
    use wire::Method;

    /// Endpoints that version 3.1 adds (sheet 3). Where `at` ends in `v3`, visibility and updates can't be changed.
    const SINCE_V3_1: &[(Method, &str)] = &[
        (Patch, "/blueprints/{blueprint-id}/set-visibility"),
        (Patch, "/deployments/{deployment-id}/set-visibility"),
        (Put, "/deployment-updates/{deployment-id}/update/initiate"),
        (Get, "/deployment-updates/{deployment-update-id}"),
        (Get, "/deployment-updates"),
        (Patch, "/plugins/{plugin-id}/set-visibility"),
        (Patch, "/secrets/{secret-key}/set-visibility"),
        (Patch, "/tenants/users"),
        (Patch, "/tenants/user-groups"),
    ];

    #[test]
    fn every_endpoint_is_listed() {
        assert_eq!(ENDPOINTS.len(), 68);
    }

    #[test]
    fn what_a_kind_covers_it_uses() {
        assert_eq!(covered_but_unused(&PROVIDER), Vec::<String>::new());
    }

    #[test]
    fn what_a_kind_uses_is_listed() {
        assert_eq!(used_but_unlisted(&PROVIDER, &[SINCE_V3_1, NOT_IN_THE_TEXTS]), Vec::<String>::new());
    }
}
