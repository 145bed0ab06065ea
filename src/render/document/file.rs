//! A plan as a file: what it belongs to, what it shows, and what is carried out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CallDocument, FieldDocument, PlanDocument, StepDocument};
use crate::digest::sha256;
use crate::plan::file::Work;

/// The number of the document's form. It changes when a reader of the old form would misread the new one. Form 1 was that
/// of version 0.1: it had no envelope, and the digests in it had no key.
pub(crate) const FORMAT: u32 = 2;

/// The program that writes it.
const TOOL: &str = concat!("trueup ", env!("CARGO_PKG_VERSION"));

/// A plan as a file: an envelope, which says what it belongs to, and the plan itself. What is kept for an apply also holds
/// the work that is carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFile {
    /// The number of the document's form: 2.
    format: u32,
    /// The program that wrote it, with its version.
    tool: String,
    /// The workspace's name.
    workspace: String,
    /// Digest of the files that the plan was made from.
    config: String,
    /// The environment that it is for, where the workspace has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    /// The commit that was checked out, with `+` behind it when files differed from it.
    commit: Option<String>,
    /// The mark that tells the key of the plan's digests from other keys. Missing where there was none, and nothing is
    /// digested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    /// SHA-256 of what it does: addresses, verbs, fields and calls. Two plans that do the same have the same one.
    meaning: String,
    /// How long it holds, where it is kept for an apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<KeptDocument>,
    /// The plan itself.
    body: PlanDocument,
    /// What is carried out, where it is kept for an apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) work: Option<Work>,
}

/// When a plan was made, how long it holds, and on what ledger it rests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptDocument {
    /// When it was made.
    pub made: String,
    /// From when on it is not carried out any more.
    pub expires: String,
    /// The number of the ledger's last save.
    pub serial: u64,
}

impl PlanFile {
    /// The file of a plan that is only shown.
    pub(crate) fn shown(body: &PlanDocument) -> PlanFile {
        PlanFile {
            format: FORMAT,
            tool: TOOL.to_owned(),
            workspace: body.workspace.clone(),
            environment: body.environment.clone(),
            config: body.config.clone(),
            commit: body.commit.clone(),
            key_id: body.key_id.clone(),
            meaning: body.meaning(),
            kept: None,
            body: body.clone(),
            work: None,
        }
    }

    /// The file of a plan that is kept for an apply.
    pub(crate) fn kept(body: &PlanDocument, kept: KeptDocument, work: Work) -> PlanFile {
        PlanFile { kept: Some(kept), work: Some(work), ..PlanFile::shown(body) }
    }

    /// The file as JSON text.
    pub(crate) fn to_json(&self) -> String {
        crate::render::json(self)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// It is no plan, one of a form that this program does not know, or not as it was written.
    pub(crate) fn from_json(text: &str) -> Result<PlanFile, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not a plan in JSON: {error}"))?;
        // The format is looked at first: another one need not look like this one.
        match value.get("format").and_then(Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {}
            // Its digests can't be compared: they were made without a key.
            Some(1) => return Err("it has format 1, that of Trueup 0.1: plan again, and look at it again".into()),
            Some(format) => return Err(format!("it has format {format}, this program reads format {FORMAT}")),
            None => return Err("it is not a plan in JSON: it does not say its `format`".into()),
        }
        let file: PlanFile = serde_path_to_error::deserialize(value)
            .map_err(|error| format!("`{}`: {}", error.path(), error.inner()))?;
        match file.body.meaning() == file.meaning {
            true => Ok(file),
            false => Err("it is not as it was written: what it shows is not what its digest says".into()),
        }
    }

    /// The plan, with what the envelope says of it.
    pub(crate) fn document(&self) -> PlanDocument {
        PlanDocument {
            workspace: self.workspace.clone(),
            environment: self.environment.clone(),
            config: self.config.clone(),
            commit: self.commit.clone(),
            key_id: self.key_id.clone(),
            ..self.body.clone()
        }
    }

    /// The program that wrote it, if it is not this one.
    pub(crate) fn other_tool(&self) -> Option<&str> {
        (self.tool != TOOL).then_some(self.tool.as_str())
    }
}

impl PlanDocument {
    /// SHA-256 of what the plan does, in hexadecimal: for each step its address, its verb, the fields that it shows and the
    /// calls that it sends, and what is taken over or let go of. Who moved, and when, makes no difference.
    pub(crate) fn meaning(&self) -> String {
        let field = |field: &FieldDocument| json!([field.name, field.before, field.after]);
        let step = |step: &StepDocument| {
            let fields: Vec<Value> = step.fields.iter().map(field).collect();
            json!([step.address, step.verb, fields, step.calls])
        };
        let steps: Vec<Value> = self.steps.iter().map(step).collect();
        let releases: Vec<&String> = self.releases.iter().map(|release| &release.address).collect();
        sha256(json!([steps, self.adopts, releases]).to_string().as_bytes())
    }

    /// Says whether another plan sends the same calls, one after the other as this one.
    pub(crate) fn does_the_same_as(&self, other: &PlanDocument) -> bool {
        let same = |(a, b): (&StepDocument, &StepDocument)| {
            let calls = |step: &StepDocument| step.calls.iter().map(CallDocument::sized_or_not).collect::<Vec<_>>();
            a.address == b.address && a.verb == b.verb && calls(a) == calls(b) && a.after == b.after
        };
        self.steps.len() == other.steps.len()
            && self.steps.iter().zip(&other.steps).all(same)
            && self.adopts == other.adopts
    }
}

/// The JSON Schema of a plan's file.
pub(crate) fn plan_schema() -> Value {
    schemars::schema_for!(PlanFile).to_value()
}
