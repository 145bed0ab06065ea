//! `trueup schema`: JSON Schemas.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

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

/// A schema as text, indented by one blank: it is so deep that the usual two would be most of it.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = Vec::new();
    let mut writer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b" "));
    // Writing a value into memory can't fail.
    let _ = value.serialize(&mut writer);
    String::from_utf8_lossy(&text).into_owned() + "\n"
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

    #[test]
    fn an_editor_that_reads_the_workspace_schema_has_little_to_read() {
        let size = pretty(&generate(SchemaSubject::Workspace)).len();
        assert!(size <= 800_000, "{size} bytes");
    }
}
