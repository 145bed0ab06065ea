//! `trueup schema`: JSON Schemas.

use clap::ValueEnum;
use serde_json::Value;

use crate::cli::{CommandError, Exit, output};
use crate::providers::CATALOGUE;
use crate::{render, schema};

/// The document that a schema is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaSubject {
    /// The YAML files of a workspace.
    Workspace,
    /// The document of `plan --format json`.
    Plan,
    /// The document of `apply --format json`.
    Apply,
}

/// Options of `schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct SchemaOptions {
    /// The document that the schema is of.
    #[arg(value_name = "WHAT", default_value = "workspace")]
    what: SchemaSubject,
}

/// Prints the schema.
pub(crate) fn run(options: &SchemaOptions) -> Result<Exit, CommandError> {
    output::print(&pretty(&generate(options.what)))?;
    Ok(Exit::Done)
}

/// The schema as a value.
pub(crate) fn generate(what: SchemaSubject) -> Value {
    match what {
        SchemaSubject::Workspace => schema::workspace_schema(CATALOGUE),
        SchemaSubject::Plan => render::plan_schema(),
        SchemaSubject::Apply => render::apply_schema(),
    }
}

/// A schema as text.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_schema_is_checked_in() {
        let kept: Value = serde_json::from_str(include_str!("../../schemas/workspace.schema.json")).unwrap();
        let remedy = "write it anew: `trueup schema workspace > schemas/workspace.schema.json`";
        assert!(kept == generate(SchemaSubject::Workspace), "{remedy}");
    }
}
