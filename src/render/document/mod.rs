//! The plan as a versioned document: what every way of showing a plan is made from, so that no two can disagree.
//!
//! Nothing in it is secret: secrets stand as `(secret label)`. Values that are known only later stand as expressions,
//! `${address.field}`. Everything is in a fixed order, so that the same plan gives the same bytes.

mod build;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diff::verdict::Cause;
use crate::plan::{Summary, Verb};
use crate::spec::Disruption;
use wire::Method;

/// The number of the document's form. It changes when a reader of the old form would misread the new one.
pub(crate) const FORMAT: u32 = 1;

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// The number of the document's form: 1.
    pub format: u32,
    /// The workspace's name.
    pub workspace: String,
    /// Digest of the files that the plan was made from.
    pub config: String,
    /// The commit that was checked out, with `+` behind it when files differed from it.
    pub commit: Option<String>,
    /// How many resources of each sort there are.
    pub summary: Summary,
    /// The steps, each after what it waits for.
    pub steps: Vec<StepDocument>,
    /// Points that many steps wait for.
    pub gates: Vec<GateDocument>,
    /// Resources that become owned without a call.
    pub adopts: Vec<String>,
    /// Resources that are let go of without a call.
    pub releases: Vec<ReleaseDocument>,
    /// Resources that are deliberately left alone.
    pub holds: Vec<HoldDocument>,
    /// Fields that cannot be verified, because the API never shows them.
    pub unverified: Vec<UnverifiedDocument>,
    /// Live objects that nobody declares or owns; they are left alone.
    pub unmanaged: Vec<String>,
}

/// One change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepDocument {
    /// The resource.
    pub address: String,
    /// The target that it lives at.
    pub target: String,
    /// Its kind.
    pub kind: String,
    /// What people call it within its target and kind: the names along its address. Empty for a lone one.
    pub name: String,
    /// What is done. A replacement is two steps.
    pub verb: Verb,
    /// Why it differs: the files moved, somebody moved the controller, or both.
    pub cause: Option<Cause>,
    /// Why it is done, when no field says so.
    pub because: Option<String>,
    /// What it does to traffic.
    pub disruption: Disruption,
    /// The fields that change; for a create, all that are declared.
    pub fields: Vec<FieldDocument>,
    /// The requests, one after the other.
    pub calls: Vec<CallDocument>,
    /// What it waits for.
    pub after: Vec<AfterDocument>,
    /// Digest of the live object that it relies on.
    pub relies_on: Option<String>,
}

/// One field that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDocument {
    /// Its name.
    pub name: String,
    /// The live value.
    pub before: Value,
    /// The wanted value.
    pub after: Value,
    /// Who moved.
    pub cause: Cause,
    /// Says whether a part of it is secret.
    #[serde(default, skip_serializing_if = "is_false")]
    pub secret: bool,
    /// Says whether a part of the wanted value is known only when other steps are done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub later: bool,
    /// Says whether it is what forces a replacement.
    #[serde(default, skip_serializing_if = "is_false")]
    pub forces: bool,
    /// For an ordered list: the item's field that tells items apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// For an ordered list: the smallest edit from one to the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<EditDocument>,
}

/// One edit of an ordered list. Places count from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "edit", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EditDocument {
    /// A new item.
    Insert {
        /// Its place in the new list.
        at: usize,
        /// The item.
        item: Value,
    },
    /// An item goes.
    Delete {
        /// Its place in the old list.
        at: usize,
        /// The item.
        item: Value,
    },
    /// An item moves.
    Move {
        /// Its place in the old list.
        from: usize,
        /// Its place in the new list.
        to: usize,
        /// The item.
        item: Value,
    },
    /// An item changes.
    Change {
        /// Its place in the new list.
        at: usize,
        /// Before.
        before: Value,
        /// After.
        after: Value,
    },
}

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallDocument {
    /// The verb.
    pub method: Method,
    /// Path with query below the target's URL.
    pub path: String,
    /// The JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The file whose bytes are the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileDocument>,
    /// What it is for.
    pub purpose: PurposeDocument,
    /// The field that it is for, when it is for one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is waited for afterwards, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitDocument>,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PurposeDocument {
    /// It makes the object.
    Create,
    /// It changes fields in place.
    Update,
    /// It sets one field.
    Field,
    /// It gives the request before it its effect.
    Then,
    /// It removes the object.
    Remove,
    /// It asks for a one-time output.
    Issue,
}

/// A file that is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileDocument {
    /// The path or URL as the workspace says it.
    pub path: String,
    /// SHA-256 of what is sent, in hexadecimal.
    pub sha256: String,
    /// The number of bytes; it is not known of what was not fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
}

/// Something that is looked at until it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitDocument {
    /// Path with query that is read again and again; `{job}` is filled from the reply before it.
    pub path: String,
    /// When it is done, in words.
    pub until: String,
}

/// Something that a step or gate waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AfterDocument {
    /// The step's place among the steps, from 0. Missing for a gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// The step's address, or the gate's name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// A point that many steps wait for: all steps of one kind at one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateDocument {
    /// Its name.
    pub name: String,
    /// What it waits for.
    pub after: Vec<AfterDocument>,
}

/// A resource that is let go of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseDocument {
    /// The resource.
    pub address: String,
    /// Why.
    pub reason: String,
}

/// A resource that is deliberately left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldDocument {
    /// The resource.
    pub address: String,
    /// A stable code.
    pub code: String,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What lets it through if it is meant, as `--allow` takes it: `destroy=nf/networks/acme`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
    /// Why it differs from what is wanted, where it is known to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Says whether it is not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// The fields that differ, and would change otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldDocument>,
}

/// A resource with fields that cannot be verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnverifiedDocument {
    /// The resource.
    pub address: String,
    /// The fields.
    pub fields: Vec<String>,
}

impl PlanDocument {
    /// The document as JSON text: the same plan gives the same bytes.
    pub fn to_json(&self) -> String {
        super::json(self)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// It is no plan, or one of a form that this program does not know.
    pub fn from_json(text: &str) -> Result<PlanDocument, String> {
        #[derive(Deserialize)]
        struct Envelope {
            format: u32,
        }
        let envelope: Envelope =
            serde_json::from_str(text).map_err(|error| format!("it is not a plan in JSON: {error}"))?;
        if envelope.format != FORMAT {
            return Err(format!("it has format {}, this program reads format {FORMAT}", envelope.format));
        }
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Says whether nothing is to be written to any controller.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// The JSON Schema of [`PlanDocument`].
pub(crate) fn plan_schema() -> Value {
    schemars::schema_for!(PlanDocument).to_value()
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::busy;
    use crate::render::validate::faults;

    #[test]
    fn the_same_world_gives_the_same_bytes_and_they_read_back() {
        let document = busy().document();
        assert_eq!(document.to_json(), busy().document().to_json());
        assert_eq!(PlanDocument::from_json(&document.to_json()), Ok(document));
    }

    #[test]
    fn a_document_of_another_form_is_refused() {
        let newer = busy().document().to_json().replacen("\"format\": 1", "\"format\": 2", 1);
        assert_eq!(PlanDocument::from_json(&newer), Err("it has format 2, this program reads format 1".into()));
        assert!(PlanDocument::from_json("steps: []").is_err_and(|error| error.starts_with("it is not a plan in JSON")));
    }

    #[test]
    fn documents_are_as_the_schema_says() {
        let document = serde_json::to_value(busy().document()).unwrap();
        assert_eq!(faults(&plan_schema(), &document), Vec::<String>::new());
        let mut wrong = document;
        wrong["steps"][0]["verb"] = "destroy".into();
        wrong["steps"][1]["surprise"] = 1.into();
        assert_eq!(faults(&plan_schema(), &wrong).len(), 2);
    }

    #[test]
    fn the_schema_in_the_repository_is_this_one() {
        let kept: Value = serde_json::from_str(include_str!("../../../schemas/plan.schema.json")).unwrap();
        assert_eq!(kept, plan_schema(), "write it anew: `trueup schema plan > schemas/plan.schema.json`");
    }
}
