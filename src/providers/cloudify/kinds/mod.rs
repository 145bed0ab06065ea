//! The kinds of a manager: the declared ones, then those that are only read.

pub mod blueprints;
pub mod cluster;
pub mod cluster_nodes;
pub mod deployment_updates;
pub mod deployments;
pub mod events;
pub mod executions;
pub mod members;
pub mod node_instances;
pub mod nodes;
pub mod plugins;
pub mod secrets;
pub mod snapshots;
pub mod status;
pub mod tenant_user_groups;
pub mod tenant_users;
pub mod tenants;
pub mod user_groups;
pub mod users;
pub mod version;

use crate::spec::Kind;

/// Every kind, parents before their children.
pub static ALL: &[&Kind] = &[
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
