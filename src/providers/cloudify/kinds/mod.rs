//! The kinds of a manager: the declared ones, then those that are only read.

kinds! {
    users: KIND;
    user_groups: KIND;
    members: KIND;
    tenants: KIND;
    tenant_users: KIND;
    tenant_user_groups: KIND;
    secrets: KIND;
    plugins: KIND;
    sites: KIND;
    blueprints: KIND;
    deployments: KIND;
    execution_schedules: KIND;
    deployment_groups: KIND;
    filters: BLUEPRINTS, DEPLOYMENTS;
    nodes: KIND;
    node_instances: KIND;
    deployment_updates: KIND;
    executions: KIND;
    events: KIND;
    snapshots: KIND;
    version: KIND;
    status: KIND;
    cluster: KIND;
    cluster_nodes: KIND;
}
