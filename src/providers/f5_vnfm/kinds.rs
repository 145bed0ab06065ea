//! The kinds: Cloudify's, and two with fields of their own.

use crate::providers::cloudify::kinds::deployments::fields;
use crate::providers::cloudify::kinds::{
    blueprints, cluster, cluster_nodes, deployment_updates, deployments, events, executions, members, node_instances,
    nodes, plugins, secrets, snapshots, status, tenant_user_groups, tenant_users, tenants, user_groups, users, version,
};
use crate::providers::cloudify::shared::{NAMES, VISIBILITY};
use crate::spec::{Api, Detail, Field, Kind, Type, field};

/// Every kind, parents before their children.
pub(crate) static ALL: &[&Kind] = &[
    &users::KIND,
    &user_groups::KIND,
    &members::KIND,
    &tenants::KIND,
    &tenant_users::KIND,
    &tenant_user_groups::KIND,
    &SECRETS,
    &plugins::KIND,
    &BLUEPRINTS,
    &DEPLOYMENTS,
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

/// Secrets without a schema: text.
static SECRETS: Kind = Kind {
    fields: &[
        secrets::KEY,
        Field { ty: Type::Text, ..secrets::VALUE },
        secrets::IS_HIDDEN_VALUE,
        secrets::VISIBLE,
        secrets::UPDATED_AT,
    ],
    api: Api { details: &[secrets::one(&["value"])], update: &[secrets::TEXT_UPDATE], ..secrets::KIND.api },
    ..secrets::KIND
};

/// Blueprints without labels and states.
static BLUEPRINTS: Kind = Kind {
    fields: &[blueprints::SOURCE, blueprints::MAIN_FILE_NAME, blueprints::VISIBILITY, blueprints::DESCRIPTION],
    ..blueprints::KIND
};

/// Deployments without labels, display name, site and capabilities.
static DEPLOYMENTS: Kind = Kind {
    fields: &[
        fields::ID,
        fields::BLUEPRINT_ID,
        fields::INPUTS,
        fields::INSTALLED,
        fields::INSTALL_PARAMETERS,
        fields::UNINSTALL_PARAMETERS,
        fields::ALLOW_CUSTOM_PARAMETERS,
        fields::update_parameters!(),
        NEVER_GLOBAL,
        fields::SKIP_PLUGINS_VALIDATION,
        fields::OUTPUTS,
        fields::DESCRIPTION,
    ],
    api: Api { details: DETAILS, ..deployments::KIND.api },
    names: NAMES,
    ..deployments::KIND
};

/// What is read besides the list; there are no capabilities.
const DETAILS: &[Detail] = &[
    deployments::ROWS_OF_INSTANCES,
    deployments::ROWS_UNDER_WAY_OLD,
    deployments::ROWS_UNDER_WAY,
    deployments::EVALUATED_OUTPUTS,
];

/// A deployment at F5 VNF Manager is shown to its tenant at most (cloudify.md#f5-vnf-manager).
const NEVER_GLOBAL: Field = field("visibility", Type::Enum(UP_TO_TENANT), "Who sees it: its creator or its tenant")
    .default("\"tenant\"")
    .widens(UP_TO_TENANT, deployments::WIDEN);

const UP_TO_TENANT: &[&str] = &[VISIBILITY[0], VISIBILITY[1]];
