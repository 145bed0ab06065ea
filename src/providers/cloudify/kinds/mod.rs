//! The kinds of a manager: the declared ones, then those that are only read.

pub(crate) mod blueprints;
pub(crate) mod cluster;
pub(crate) mod cluster_nodes;
pub(crate) mod deployment_updates;
pub(crate) mod deployments;
pub(crate) mod events;
pub(crate) mod executions;
pub(crate) mod members;
pub(crate) mod node_instances;
pub(crate) mod nodes;
pub(crate) mod plugins;
pub(crate) mod secrets;
pub(crate) mod snapshots;
pub(crate) mod status;
pub(crate) mod tenant_user_groups;
pub(crate) mod tenant_users;
pub(crate) mod tenants;
pub(crate) mod user_groups;
pub(crate) mod users;
pub(crate) mod version;

use crate::spec::Kind;

/// Every kind, parents before their children.
pub(crate) static ALL: &[&Kind] = &[
    &users::KIND,
    &user_groups::KIND,
    &members::KIND,
    &tenants::KIND,
    &tenant_users::KIND,
    &tenant_user_groups::KIND,
    &secrets::KIND,
    &plugins::KIND,
    &blueprints::KIND,
    &deployments::KIND,
    &nodes::KIND,
    &node_instances::KIND,
    &deployment_updates::KIND,
    &executions::KIND,
    &events::KIND,
    &snapshots::KIND,
    &version::KIND,
    &status::KIND,
    &cluster::KIND,
    &cluster_nodes::KIND,
];
