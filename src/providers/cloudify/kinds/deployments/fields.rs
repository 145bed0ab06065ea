//! Fields of a deployment, declared and shown, on which servers of all products agree.

use super::{INSTALL, UNINSTALL};
use crate::providers::cloudify::dsl::{DEPLOYED, FUNCTIONS};
use crate::providers::cloudify::shared::name;
use crate::spec::{Disruption, Field, Type, field, output};

/// How updates are made, with what every server that makes them knows (cloudify.md#deployment-updates), and more.
macro_rules! update_parameters {
    ($($more:expr),*) => {
        $crate::providers::cloudify::kinds::deployments::fields::option(field(
            "update_parameters",
            Type::Object(&[
                field("skip_install", Type::Bool, "Leave out to install what is new"),
                field("skip_uninstall", Type::Bool, "Leave out to uninstall what goes"),
                field("skip_reinstall", Type::Bool, "Leave out to reinstall nodes that changed"),
                field("reinstall_list", Type::List(&Type::Text), "Ids of node instances to reinstall in any case"),
                field("install_first", Type::Bool, "Install what is new before what goes is uninstalled"),
                field("ignore_failure", Type::Bool, "Go on when an operation fails in what is uninstalled"),
                field("force", Type::Bool, "Update although an earlier update failed and was left as it was"),
                $($more),*
            ]),
            "How a change of blueprint or inputs treats the nodes, whenever there is one",
        ))
        .default("{}")
    };
}
pub(crate) use update_parameters;

/// A field that is no reason for a call, and rides along with those that name it.
pub(crate) const fn option(field: Field) -> Field {
    field.dedicated_call(&[]).afterwards().write_only()
}

/// Its name.
pub(crate) const ID: Field = name("id", "Name of the deployment");

/// The blueprint that it is made from.
pub(crate) const BLUEPRINT_ID: Field = field("blueprint_id", Type::Ref("blueprints"), "Blueprint that it is made from")
    .required()
    .documents_in(DEPLOYED)
    .disrupts(Disruption::Restart);

/// A value, in which functions may take others.
static EVALUATED: Type = Type::Phrase(&FUNCTIONS);

/// The inputs that it is made with.
pub(crate) const INPUTS: Field = field(
    "inputs",
    Type::Map(&EVALUATED),
    "Values for the blueprint's inputs; the others keep the value that they have",
)
.default("{}")
.stays()
.disrupts(Disruption::Restart);

/// Whether it runs.
pub(crate) const INSTALLED: Field = field(
    "installed",
    Type::Bool,
    "Whether its nodes are installed, and kept so; what failed half-way goes on, on servers up to 5.0 from the start",
)
.default("false")
.switch(&INSTALL, &UNINSTALL)
.recomputed_from(&["blueprint_id"])
.disrupts(Disruption::Outage);

/// Parameters of `install`.
pub(crate) const INSTALL_PARAMETERS: Field = option(field(
    "install_parameters",
    Type::Map(&Type::Any),
    "Parameters of the workflow `install`, whenever it is run",
))
.default("{}");

/// Parameters of `uninstall`.
pub(crate) const UNINSTALL_PARAMETERS: Field = option(field(
    "uninstall_parameters",
    Type::Map(&Type::Any),
    "Parameters of the workflow `uninstall`, whenever it is run, before a removal too; such as `ignore_failure: true`",
))
.default("{}");

/// Whether the two may be run with more than they declare.
pub(crate) const ALLOW_CUSTOM_PARAMETERS: Field =
    option(field("allow_custom_parameters", Type::Bool, "Give workflows parameters that they don't declare, too"))
        .default("false");

/// A check to leave out.
pub(crate) const SKIP_PLUGINS_VALIDATION: Field =
    field("skip_plugins_validation", Type::Bool, "Make it although plugins of its blueprint are missing")
        .default("false")
        .write_only()
        .fixed();

/// The outputs, for others to take.
pub(crate) const OUTPUTS: Field =
    output("outputs", Type::Map(&Type::Any), "Values of the blueprint's outputs").recomputed_from(EVALUATED_FROM);

/// The fields that evaluated values come from.
pub(crate) const EVALUATED_FROM: &[&str] = &["blueprint_id", "inputs", "installed"];

/// The blueprint's description.
pub(crate) const DESCRIPTION: Field = output("description", Type::Text, "What its blueprint says about itself");
