//! The whole state of one installation. Everything in it is saved; nothing is kept beside it.

use serde::{Deserialize, Serialize};

use super::blueprints::Blueprint;
use super::cluster::Cluster;
use super::deployment_groups::DeploymentGroup;
use super::deployments::Deployment;
use super::events::Event;
use super::executions::Execution;
use super::filters::Filter;
use super::grouped::Grouped;
use super::groups::Group;
use super::made_up::Source;
use super::maintenance::Maintenance;
use super::nodes::{Instance, Node};
use super::plugins::Plugin;
use super::release::Release;
use super::schedules::Schedule;
use super::secrets::Secret;
use super::sites::Site;
use super::snapshots::Snapshot;
use super::tenants::{DEFAULT_TENANT, Tenant};
use super::tokens::Token;
use super::updates::Update;
use super::users::User;
use super::workflow::Run;
use crate::Setup;

/// The state of an installation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct World {
    /// Product and version.
    pub release: Release,
    /// Where ids come from.
    pub source: Source,
    /// Its host's name.
    #[serde(default)]
    pub host: String,
    /// Tells it from others of its host's name.
    #[serde(default)]
    pub birth: u64,
    /// The logical clock at the request being answered.
    pub now: u64,
    /// How far the server's clock is behind this one.
    pub behind: u64,
    /// Users; the first is the bootstrap administrator.
    pub users: Vec<User>,
    /// User groups.
    pub groups: Vec<Group>,
    /// Tenants; the first is the default tenant.
    pub tenants: Vec<Tenant>,
    /// Tokens.
    pub tokens: Vec<Token>,
    /// Maintenance mode.
    pub maintenance: Maintenance,
    /// The cluster of 4.x.
    pub cluster: Cluster,
    /// Secrets.
    pub secrets: Vec<Secret>,
    /// Blueprints.
    pub blueprints: Vec<Blueprint>,
    /// Plugins.
    pub plugins: Vec<Plugin>,
    /// Sites.
    pub sites: Vec<Site>,
    /// Filters of blueprints.
    #[serde(default)]
    pub blueprint_filters: Vec<Filter>,
    /// Filters of deployments; the first come with the manager.
    #[serde(default)]
    pub deployment_filters: Vec<Filter>,
    /// Groups of deployments.
    #[serde(default)]
    pub deployment_groups: Vec<DeploymentGroup>,
    /// Schedules of deployments.
    #[serde(default)]
    pub schedules: Vec<Schedule>,
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// Nodes of deployments.
    pub nodes: Grouped<Node>,
    /// Instances of nodes.
    pub instances: Grouped<Instance>,
    /// Deployment updates.
    pub updates: Vec<Update>,
    /// Executions.
    pub executions: Vec<Execution>,
    /// Events and log lines, oldest first.
    pub events: Vec<Event>,
    /// Snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Workflows that are running.
    pub runs: Vec<Run>,
}

impl World {
    /// A fresh installation: no users yet, the default tenant only (cloudify.md#tenants).
    pub(crate) fn new(release: Release, setup: &Setup) -> World {
        let mut source = Source::new(&setup.name, setup.seed);
        let default_tenant = Tenant::new(DEFAULT_TENANT, &mut source);
        World {
            release,
            host: setup.name.clone(),
            birth: setup.birth,
            source,
            now: 0,
            behind: 0,
            users: Vec::new(),
            groups: Vec::new(),
            tenants: vec![default_tenant],
            tokens: Vec::new(),
            maintenance: Maintenance::default(),
            cluster: Cluster::born(release, setup),
            secrets: Vec::new(),
            blueprints: Vec::new(),
            plugins: Vec::new(),
            sites: Vec::new(),
            blueprint_filters: Vec::new(),
            deployment_filters: Filter::of_the_system("admin"),
            deployment_groups: Vec::new(),
            schedules: Vec::new(),
            deployments: Vec::new(),
            nodes: Grouped::new(),
            instances: Grouped::new(),
            updates: Vec::new(),
            executions: Vec::new(),
            events: Vec::new(),
            snapshots: Vec::new(),
            runs: Vec::new(),
        }
    }
}
