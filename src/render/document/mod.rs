//! The plan as a versioned document: what every way of showing a plan is made from, so that no two can disagree.
//!
//! Nothing in it is secret: secrets stand as `(secret label)`, live ones as `(secret)`. Values that are known only later
//! stand as expressions, `${address.field}`. Everything is in a fixed order, so that the same plan gives the same bytes.

mod between;
mod build;
mod call;
mod fabric;
mod file;
mod left_alone;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diff::verdict::Cause;
use crate::plan::{Mode, Summary, Verb};
use crate::render::words::counted;
use crate::spec::Disruption;

pub(crate) use between::BetweenDocument;
pub(crate) use build::own_name;
pub(crate) use call::{CallDocument, FileDocument, WaitDocument};
pub(crate) use fabric::{FabricChange, FabricFindingDocument, FabricVerb, OriginDocument};
pub(crate) use file::{KeptDocument, PlanFile, plan_schema};
pub(crate) use left_alone::{HoldDocument, LetGoDocument, ReleaseDocument, UnverifiedDocument};

/// A plan. What a file's envelope says is not in its JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// The workspace's name.
    #[serde(skip)]
    pub workspace: String,
    /// The environment that it is for, where the workspace has several.
    #[serde(skip)]
    pub environment: Option<String>,
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
    /// The choice that it was made with. The resources that it leaves out are among the holds, as `not-chosen` or `deferred`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<ChoiceDocument>,
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
    /// What can't be used any more, by the controller's own clock, such as a token by which nobody has enrolled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<ExpiredDocument>,
    /// The revisions that it leads between, where it is about files alone and nobody looked at a controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) between: Option<BetweenDocument>,
    /// What it does to each declaration of the fabric, connections first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fabric: Vec<FabricChange>,
    /// What is wrong with connections and meshes of the fabric at the controllers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fabric_findings: Vec<FabricFindingDocument>,
    /// The way back from it, the last step first, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Vec<BackDocument>>,
}

/// Something that can't be used any more, or not for long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiredDocument {
    /// The resource.
    pub address: String,
    /// The field that says until when.
    pub field: String,
    /// The time that it says.
    pub at: String,
    /// Says whether it can still be used.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_ahead: bool,
}

/// The part of all changes that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceDocument {
    /// The options that made it.
    pub words: String,
    /// Patterns of what was chosen; without any, all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Patterns of what was left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// The one target that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_target: Option<String>,
    /// The way in which objects that are there may be changed.
    pub mode: Mode,
    /// The worst that a change may do to traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Disruption>,
    /// The resources that were not chosen, and that something chosen needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<AlongDocument>,
}

/// Something that was not chosen, and that something chosen needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlongDocument {
    /// The resource.
    pub address: String,
    /// The resource that needs it.
    pub needed_by: String,
    /// Why.
    pub why: String,
}

/// One thing that an undo of the plan would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackDocument {
    /// The resource.
    pub address: String,
    /// What would be done.
    pub verb: Verb,
    /// The fields that would be set back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// What would not be as it was, a phrase each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cannot: Vec<String>,
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
    /// From when on it must not begin any more, as its window closes then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// The declaration of the fabric that its resource comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginDocument>,
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
