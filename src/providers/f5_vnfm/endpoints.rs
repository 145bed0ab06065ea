//! The endpoints of the reference text, v3.1, that no kind, action or artifact covers: why
//! (cloudify.md#calls-outside-the-texts).

use crate::spec::Coverage::Unused;
use crate::spec::{Endpoint, endpoint};
use wire::Method::{Delete, Get, Patch, Put};

const SAME: &str = "the list shows the same";
const CLUSTER: &str = "clusters are joined on the managers' hosts, which can't be taken back";
const SLIP: &str = "a slip of the heading: the example uses `/users/`";
const GLOBAL: &str = "`set-visibility` does the same, and still exists on newer servers";

/// These endpoints.
pub(crate) static ENDPOINTS: &[Endpoint] = &[
    endpoint(Patch, "/blueprints/{blueprint-id}/set-global", Unused(GLOBAL)),
    endpoint(Put, "/cluster", Unused(CLUSTER)),
    endpoint(Patch, "/cluster", Unused(CLUSTER)),
    endpoint(Get, "/cluster/nodes/{node-id}", Unused(SAME)),
    endpoint(Put, "/cluster/nodes/{node-name}", Unused(CLUSTER)),
    endpoint(Delete, "/cluster/nodes/{node-id}", Unused(CLUSTER)),
    endpoint(Patch, "/executions/{execution-id}", Unused("it rewrites what workflows report themselves")),
    endpoint(Patch, "/node-instances/{node-instance-id}", Unused("plugins write it: a hand in it is drift")),
    endpoint(Get, "/plugins/{plugin-id}", Unused(SAME)),
    endpoint(Patch, "/plugins/{plugin-id}/set-global", Unused(GLOBAL)),
    endpoint(Patch, "/secrets/{secret_key}/set-global", Unused(GLOBAL)),
    endpoint(Get, "/tenants/{tenant_name}", Unused("it shows the message broker's password; the list shows the rest")),
    endpoint(Get, "/tokens", Unused("the password is sent with each request")),
    endpoint(Get, "/user-groups/{group_name}", Unused(SAME)),
    endpoint(Get, "/users/{username}", Unused(SAME)),
    endpoint(Delete, "/tenants/{username_to_delete}", Unused(SLIP)),
];
