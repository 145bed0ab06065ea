//! The plan as a versioned document: what every way of showing a plan is made from, so that no two can disagree.
//!
//! Nothing in it is secret: secrets stand as `(secret label)`. Values that are known only later stand as expressions,
//! `${address.field}`. Everything is in a fixed order, so that the same plan gives the same bytes.

mod build;
mod call;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::diff::verdict::Cause;
use crate::digest::sha256;
use crate::plan::file::Work;
use crate::plan::{Summary, Verb};
use crate::render::words::counted;
use crate::spec::Disruption;

pub(crate) use build::own_name;
pub(crate) use call::{CallDocument, FileDocument, WaitDocument};

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
        super::json(self)
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

/// A plan. What a file's envelope says is not in its JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// The workspace's name.
    #[serde(skip)]
    pub workspace: String,
    /// Digest of the files that the plan was made from.
    #[serde(skip)]
    pub config: String,
    /// The commit that was checked out, with `+` behind it when files differed from it.
    #[serde(skip)]
    pub commit: Option<String>,
    /// The mark that tells the key of the plan's digests from other keys.
    #[serde(skip)]
    pub key_id: Option<String>,
    /// How many resources of each sort there are.
    pub summary: Summary,
    /// The steps, each after what it waits for.
    pub steps: Vec<StepDocument>,
    /// Points that many steps wait for.
    pub gates: Vec<GateDocument>,
    /// The policy that it breaks; nothing of it is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<BrokenDocument>,
    /// Resources that become owned without a call.
    pub adopts: Vec<String>,
    /// Resources that are let go of without a call.
    pub releases: Vec<ReleaseDocument>,
    /// Resources that are deliberately left alone.
    pub holds: Vec<HoldDocument>,
    /// Fields that cannot be verified, because the API never shows them.
    pub unverified: Vec<UnverifiedDocument>,
    /// Fields that the API never shows, taken to be as they were sent last, or as the user vouched for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted: Vec<UnverifiedDocument>,
    /// Fields that the files no longer give, and that stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub let_go: Vec<LetGoDocument>,
    /// Live objects that nobody declares or owns; they are left alone.
    pub unmanaged: Vec<String>,
    /// How many of these there are of each kind at each target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OthersDocument>,
    /// The gaps: all that was not compared, besides what was not seen, and makes this no all-clear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
}

/// Objects of others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OthersDocument {
    /// The target.
    pub target: String,
    /// Their kind.
    pub kind: String,
    /// How many there are.
    pub count: usize,
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
    /// The name by which people call it within its target and kind: the names along its address. Empty for a lone one.
    pub name: String,
    /// The verb. A replacement is two steps.
    pub verb: Verb,
    /// Why it differs: the files moved, somebody moved the controller, or both.
    pub cause: Option<Cause>,
    /// Why it is done, when no field says so.
    pub because: Option<String>,
    /// The effect on traffic.
    pub disruption: Disruption,
    /// The fields that change; for a create, all that are declared.
    pub fields: Vec<FieldDocument>,
    /// The requests, one after the other.
    pub calls: Vec<CallDocument>,
    /// The steps and gates that it waits for.
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
    /// For a list that is taken over: the items of others that go, each as what tells it from the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes_over: Vec<Value>,
    /// For a list of which only a part is ours: how many items of others stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<usize>,
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
    /// The steps and gates that it waits for.
    pub after: Vec<AfterDocument>,
}

/// A policy that a plan breaks: more would go than goes unasked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokenDocument {
    /// Each limit that it goes beyond.
    pub limits: Vec<String>,
    /// The remedy.
    pub help: String,
    /// The allowance that lets it through if it is meant, as `--allow` takes it: `deletes=37`.
    pub allow: String,
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
    /// The remedy.
    pub help: Option<String>,
    /// The allowance that lets it through if it is meant, as `--allow` takes it: `destroy=nf/networks/acme`.
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

/// A field that the files no longer give, and that stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetGoDocument {
    /// The resource.
    pub address: String,
    /// The field.
    pub field: String,
    /// Why it stays.
    pub reason: String,
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
        PlanFile::shown(self).to_json()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// It is no plan, or one of a form that this program does not know.
    pub fn from_json(text: &str) -> Result<PlanDocument, String> {
        Ok(PlanFile::from_json(text)?.document())
    }

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
            a.address == b.address && a.verb == b.verb && a.calls == b.calls && a.after == b.after
        };
        self.steps.len() == other.steps.len()
            && self.steps.iter().zip(&other.steps).all(same)
            && self.adopts == other.adopts
    }

    /// The number of fields that are taken on trust, in words; none where there are none.
    pub(crate) fn trust(&self) -> Option<String> {
        let count: usize = self.trusted.iter().map(|it| it.fields.len()).sum();
        (count > 0).then(|| format!("taken on trust: {}", counted(count, "write-only field")))
    }

    /// The values that are let go of, a line each.
    pub(crate) fn let_go_lines(&self) -> Vec<String> {
        self.let_go.iter().map(|it| format!("{}: {}: {}", it.address, it.field, it.reason)).collect()
    }

    /// Says whether nothing is to be written to any controller.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// The JSON Schema of a plan's file.
pub(crate) fn plan_schema() -> Value {
    schemars::schema_for!(PlanFile).to_value()
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
        let now = busy().document().to_json();
        let newer = now.replacen("\"format\": 2", "\"format\": 3", 1);
        assert_eq!(PlanDocument::from_json(&newer), Err("it has format 3, this program reads format 2".into()));
        let first = include_str!("../../../tests/fixtures/0.1/vns3-site/plan.json");
        assert!(PlanDocument::from_json(first).is_err_and(|error| error.contains("that of Trueup 0.1: plan again")));
        let unknown = now.replacen("\"because\"", "\"surprise\"", 1);
        let error = PlanDocument::from_json(&unknown).unwrap_err();
        assert!(error.starts_with("`body.steps[0].surprise`: unknown field"), "{error}");
        assert!(PlanDocument::from_json("steps: []").is_err_and(|error| error.starts_with("it is not a plan in JSON")));
    }

    #[test]
    fn documents_are_as_the_schema_says() {
        let document: Value = serde_json::from_str(&busy().document().to_json()).unwrap();
        assert_eq!(faults(&plan_schema(), &document), Vec::<String>::new());
        let mut wrong = document;
        wrong["body"]["steps"][0]["verb"] = "destroy".into();
        wrong["body"]["steps"][1]["surprise"] = 1.into();
        assert_eq!(faults(&plan_schema(), &wrong).len(), 2);
    }

    #[test]
    fn the_schema_in_the_repository_is_this_one() {
        let kept: Value = serde_json::from_str(include_str!("../../../schemas/plan.schema.json")).unwrap();
        assert_eq!(kept, plan_schema(), "write it anew: `trueup schema plan > schemas/plan.schema.json`");
    }
}
